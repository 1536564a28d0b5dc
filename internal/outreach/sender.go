package outreach

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
)

// Resolver asks the names of the net. It is handed in, and asked only when
// somebody at the office asks for it; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Finding is one line of the checklist: State is ok, warn, error, or "" for
// what is only said.
type Finding struct {
	Key   string // what was looked at: its words are sender.check.KEY
	Why   string // its words are sender.why.WHY
	State string
	Found string // as it was found
}

// The limits of bulk mail that large mailboxes set, in parts of delivered mail.
const (
	AimComplaints   = 0.001
	NeverComplaints = 0.003
	neverBounces    = 0.02 // no provider names one; what is more is a list that was not kept
)

// SenderDomain is the domain of the address that mail comes from.
func (d *Desk) SenderDomain() string {
	_, domain, _ := strings.Cut(d.Settings.Now().Get("shop.email"), "@")
	return strings.ToLower(domain)
}

// SenderSettings says of the shop's own settings what a bulk sender owes, and
// asks nobody.
func (d *Desk) SenderSettings() []Finding {
	set := d.Settings.Now()
	u, err := url.Parse(d.BaseURL)
	secure := err == nil && u.Scheme == "https" && u.Hostname() != "localhost"
	is := func(key string, ok bool, bad, found string) Finding {
		if ok {
			return Finding{key, key + ".ok", "ok", found}
		}
		return Finding{key, key + "." + bad, bad, found}
	}
	s, server := d.Mailer.(*SMTP)
	host := ""
	if server {
		host = s.host
	}
	address := strings.TrimSpace(set.Get("shop.address"))
	_, errBack := os.Stat(d.Back)
	stop := set.Get("mail.stop")
	return []Finding{
		is("server", server, "warn", host),
		is("from", d.SenderDomain() != "" && !reserved(d.SenderDomain()), "error", set.Get("shop.email")),
		is("base", secure, "error", d.BaseURL),
		is("post", address != "", "error", address),
		is("oneclick", secure, "error", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
		is("mailto", stop != "", "warn", stop),
		is("back", d.Back != "" && errBack == nil, "warn", ""),
	}
}

// reserved reports a domain that nobody can send from.
func reserved(domain string) bool {
	for _, end := range []string{".example", ".test", ".invalid", ".localhost", ".local"} {
		if strings.HasSuffix("."+domain, end) {
			return true
		}
	}
	return slices.Contains([]string{"example.com", "example.org", "example.net"}, domain)
}

// lookFor is how long all questions together may take.
const lookFor = 8 * time.Second

// SenderNames asks the names of the net what the domain of the sender says:
// SPF, DKIM under a selector, DMARC, and the way back from the server's
// addresses to its name.
func (d *Desk) SenderNames(ctx context.Context, r Resolver, selector string) []Finding {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	domain := d.SenderDomain()
	if domain == "" || reserved(domain) {
		return []Finding{{"names", "names.none", "warn", domain}}
	}
	all := []Finding{spf(ctx, r, domain), dkim(ctx, r, domain, selector), dmarc(ctx, r, domain)}
	if s, ok := d.Mailer.(*SMTP); ok {
		all = append(all, ptr(ctx, r, s.host))
	}
	return all
}

// texts are the records of a name that begin with a word. No such name is no
// record; an answer that did not come is unknown.
func texts(ctx context.Context, r Resolver, name, begins string) (found []string, known bool) {
	all, err := r.LookupTXT(ctx, name)
	var gone *net.DNSError
	if err != nil && !(errors.As(err, &gone) && gone.IsNotFound) {
		return nil, false
	}
	for _, one := range all {
		if strings.HasPrefix(strings.ToLower(one), begins) {
			found = append(found, one)
		}
	}
	return found, true
}

func spf(ctx context.Context, r Resolver, domain string) Finding {
	all, known := texts(ctx, r, domain, "v=spf1")
	switch {
	case !known:
		return Finding{"spf", "unknown", "warn", domain}
	case len(all) == 0:
		return Finding{"spf", "spf.none", "error", domain}
	case len(all) > 1:
		return Finding{"spf", "spf.several", "error", strings.Join(all, " | ")}
	}
	words := strings.Fields(strings.ToLower(all[0]))
	switch last := words[len(words)-1]; {
	case slices.Contains(words, "+all"), slices.Contains(words, "all"):
		return Finding{"spf", "spf.anybody", "error", all[0]}
	case last == "-all", last == "~all", strings.HasPrefix(last, "redirect="):
		return Finding{"spf", "spf.ok", "ok", all[0]}
	}
	return Finding{"spf", "spf.open", "warn", all[0]}
}

func dkim(ctx context.Context, r Resolver, domain, selector string) Finding {
	if selector == "" {
		return Finding{"dkim", "dkim.selector", "warn", ""}
	}
	name := selector + "._domainkey." + domain
	all, known := texts(ctx, r, name, "")
	if !known {
		return Finding{"dkim", "unknown", "warn", name}
	}
	for _, one := range all {
		for part := range strings.SplitSeq(one, ";") {
			if key, ok := strings.CutPrefix(strings.TrimSpace(part), "p="); ok && key != "" {
				return Finding{"dkim", "dkim.ok", "ok", name}
			}
		}
	}
	return Finding{"dkim", "dkim.none", "error", name}
}

func dmarc(ctx context.Context, r Resolver, domain string) Finding {
	name := "_dmarc." + domain
	all, known := texts(ctx, r, name, "v=dmarc1")
	switch {
	case !known:
		return Finding{"dmarc", "unknown", "warn", name}
	case len(all) != 1:
		return Finding{"dmarc", "dmarc.none", "error", name}
	}
	for part := range strings.SplitSeq(strings.ToLower(all[0]), ";") {
		if policy, ok := strings.CutPrefix(strings.TrimSpace(part), "p="); ok {
			switch strings.TrimSpace(policy) {
			case "quarantine", "reject":
				return Finding{"dmarc", "dmarc.ok", "ok", all[0]}
			case "none":
				return Finding{"dmarc", "dmarc.watches", "ok", all[0]}
			}
		}
	}
	return Finding{"dmarc", "dmarc.none", "error", all[0]}
}

// ptr asks whether an address of the server has a name that leads back to it.
func ptr(ctx context.Context, r Resolver, host string) Finding {
	addrs, err := r.LookupHost(ctx, host)
	if err != nil || len(addrs) == 0 {
		return Finding{"ptr", "unknown", "warn", host}
	}
	for _, addr := range addrs[:min(len(addrs), 4)] {
		names, err := r.LookupAddr(ctx, addr)
		if err != nil {
			continue
		}
		for _, name := range names[:min(len(names), 4)] {
			if back, err := r.LookupHost(ctx, strings.TrimSuffix(name, ".")); err == nil && slices.Contains(back, addr) {
				return Finding{"ptr", "ptr.ok", "ok", addr + " ↔ " + strings.TrimSuffix(name, ".")}
			}
		}
	}
	return Finding{"ptr", "ptr.none", "warn", strings.Join(addrs[:min(len(addrs), 4)], ", ")}
}

// SenderWeek is what came of the mail of the last seven days.
type SenderWeek struct{ Sent, Complaints, Bounces int }

// States says of complaints and bounces how they stand against the limits; ""
// where nothing was sent.
func (w SenderWeek) States() (complaints, bounces string) {
	if w.Sent == 0 {
		return "", ""
	}
	complaints, bounces = "ok", "ok"
	switch part := float64(w.Complaints) / float64(w.Sent); {
	case part >= NeverComplaints:
		complaints = "error"
	case part >= AimComplaints:
		complaints = "warn"
	}
	if float64(w.Bounces)/float64(w.Sent) >= neverBounces {
		bounces = "warn"
	}
	return complaints, bounces
}

// SenderWeekOf counts it: mails that went out, people who called one junk, and
// addresses from which one came back for good.
func SenderWeekOf(ctx context.Context, q db.Q, now time.Time) (SenderWeek, error) {
	return senderWeek(ctx, q, now.Add(-7*24*time.Hour))
}
