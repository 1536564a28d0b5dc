package customer

import (
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
)

// What is heard of a mail address.
const (
	NewsHard  = "hard"  // it came back, for good
	NewsSoft  = "soft"  // it came back, for now: full, away
	NewsWorks = "works" // somebody read mail there
	NewsAgain = "again" // its owner, or staff, asks to try it once more
)

// Where such news comes from.
const (
	FromServer = "smtp"   // the mail server's own answer
	FromReport = "report" // a delivery report that came back later
	FromStaff  = "staff"
	FromPerson = "person" // they followed a link that was mailed there
)

// News is one thing heard of an address, under the key it is counted once by.
type News struct {
	Key    string
	Email  string
	Kind   string
	Code   string // of the mail server: "5.1.1", or "550" where it said no more
	Source string
	SendID int64
	At     db.Time
}

// Standing is what the news of an address add up to.
type Standing struct {
	State     string // "", bouncing, dead
	Reason    string // the message admin.contact.reason.<reason>: no-such-user, hard, twice, soft
	Since     db.Time
	RestUntil db.Time // no offers before
}

// An address rests from offers after so many mails that came back for now.
const (
	softMost = 3
	softRest = 30 * 24 * time.Hour
)

// The codes (RFC 3463, and 5.1.10 of RFC 7505) by which a server says that
// there is nobody of that name, or no such place.
var nobodyThere = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.10"}

// judge adds up what was heard, in its order. The first hard answer makes an
// address bouncing, the second dead; one that says there is nobody is enough.
func judge(heard []News) Standing {
	var s Standing
	strikes := 0
	var soft []db.Time
	for _, n := range heard {
		switch n.Kind {
		case NewsWorks:
			s, strikes, soft = Standing{}, 0, nil
		case NewsAgain:
			if s.State == "dead" {
				s.State, s.Reason, s.Since, strikes = "bouncing", "again", n.At, 1
			}
		case NewsHard:
			strikes++
			reason := "hard"
			if slices.Contains(nobodyThere, n.Code) {
				strikes, reason = max(strikes, 2), "no-such-user"
			} else if strikes > 1 {
				reason = "twice"
			}
			if s.State != "dead" {
				s.State, s.Reason, s.Since = "bouncing", reason, n.At
				if strikes > 1 {
					s.State = "dead"
				}
			}
		case NewsSoft:
			soft = slices.DeleteFunc(append(soft, n.At), func(at db.Time) bool { return n.At.Sub(at.Time) > softRest })
			if len(soft) >= softMost {
				s.RestUntil = db.At(n.At.Add(softRest))
				if s.State == "" {
					s.Reason, s.Since = "soft", n.At
				}
			}
		}
	}
	return s
}

// Rests reports whether the address gets no offers at the moment.
func (s Standing) Rests(now time.Time) bool { return s.RestUntil.After(now) }

// PhoneState is what is known of the number: dead or verified if that was found
// out about this very number, unverified before, and "" without one.
func (c *Customer) PhoneState() string {
	switch {
	case c.Phone == "":
		return ""
	case c.PhoneContact != "" && c.PhoneJudged == c.Phone:
		return c.PhoneContact
	}
	return "unverified"
}

// Reachable reports whether any way to the person is left. What was never tried
// counts as one.
func (c *Customer) Reachable() bool {
	return c.Contact != "dead" || c.PhoneState() != "" && c.PhoneState() != "dead"
}

// MailboxOf is the mailbox that an address most likely leads to: providers that
// ignore dots and what follows a plus sign have many ways to write one. sure is
// false where the provider's rule is not known and the plus sign is a guess.
func MailboxOf(email string) (mailbox string, sure bool) {
	local, domain, ok := strings.Cut(EmailKey(email), "@")
	if !ok {
		return EmailKey(email), false
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	tag, dots := "", false
	switch domain {
	case "gmail.com":
		tag, dots = "+", true
	case "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "fastmail.com", "proton.me", "protonmail.com", "pm.me":
		tag = "+"
	case "yahoo.com", "ymail.com", "rocketmail.com":
		tag = "-"
	default:
		plain, _, tagged := strings.Cut(local, "+")
		return plain + "@" + domain, !tagged
	}
	if plain, _, _ := strings.Cut(local, tag); plain != "" {
		local = plain
	}
	if dots {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + domain, true
}
