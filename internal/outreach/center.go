package outreach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Shunned is an occasion that somebody may ask not to be reminded of.
type Shunned struct {
	Key  string
	Name i18n.Text
}

// Shunnable lists them. A candidate names its own by the key (Candidate.Occasion);
// alike are days that mean the same elsewhere.
var Shunnable = []Shunned{
	{"mothers-day", i18n.Text{En: "Mother’s Day", Zh: "母亲节"}},
	{"fathers-day", i18n.Text{En: "Father’s Day", Zh: "父亲节"}},
	{"valentine", i18n.Text{En: "Valentine’s Day and Qixi", Zh: "情人节和七夕"}},
	{"birthday", i18n.Text{En: "Birthdays", Zh: "生日"}},
	{"anniversary", i18n.Text{En: "Anniversaries", Zh: "纪念日"}},
	{"easter", i18n.Text{En: "Easter", Zh: "复活节"}},
	{"christmas", i18n.Text{En: "Christmas", Zh: "圣诞节"}},
	{"lunar-new-year", i18n.Text{En: "Lunar New Year", Zh: "春节"}},
	{"qingming", i18n.Text{En: "Qingming", Zh: "清明节"}},
	{"mid-autumn", i18n.Text{En: "Mid-Autumn Festival", Zh: "中秋节"}},
	{"double-ninth", i18n.Text{En: "Double Ninth", Zh: "重阳节"}},
	{"eid", i18n.Text{En: "Eid", Zh: "开斋节和宰牲节"}},
}

var sameOccasion = map[string]string{"mothering-sunday": "mothers-day", "mothers-day-fr": "mothers-day", "orthodox-easter": "easter", "qixi": "valentine",
	"eid-al-fitr": "eid", "eid-al-adha": "eid"}

// Shuns reports whether somebody asked not to be reminded of an occasion.
func (p Preference) Shuns(occasion string) bool {
	if same, ok := sameOccasion[occasion]; ok && slices.Contains(p.Avoid, same) {
		return true
	}
	return occasion != "" && slices.Contains(p.Avoid, occasion)
}

// Least is the lowest limit that somebody can choose: "less" in one click.
const Least = 1

// Check says what of a preference nobody can choose.
func (p Preference) Check() error {
	for _, t := range slices.Concat(p.Off, p.On) {
		if !slices.Contains(Topics, t) {
			return fmt.Errorf("no topic %q", t)
		}
	}
	for _, key := range p.Avoid {
		if !slices.ContainsFunc(Shunnable, func(s Shunned) bool { return s.Key == key }) {
			return fmt.Errorf("no occasion %q", key)
		}
	}
	if p.PerMonth < 0 || p.PerMonth > 12 || p.Hour < AnyHour || p.Hour > 23 {
		return fmt.Errorf("%d a month at hour %d", p.PerMonth, p.Hour)
	}
	return nil
}

// Blocked is a message that was not sent: its kind, day and reason, nothing else.
type Blocked struct {
	Topic  Topic
	At     db.Time
	Reason string
}

// whys are the reasons as their reader is told them.
var whys = map[string][]string{
	"stopped": {"suppressed", "stopped", "no-consent", "refused", "unconfirmed"},
	"wished":  {"topic-off", "not-asked", "occasion-avoided"},
	"open":    {"complaint", "letter-open", "answer-late", "return-open", "dispute-open", "bad-review", "complaint-rest", "return-rest"},
	"lot":     {KeptOut, HeldOut},
	"told":    {"same-content"},
	"late":    {"expired"},
	"done":    {"ordered", "reopened", "newer-cart", "closed", "empty", "nothing-to-buy", "lost", "question-answered"},
}

// Words is the reason in l, to the person it concerns.
func (b *Blocked) Words(l i18n.Lang) string {
	code, _, _ := strings.Cut(b.Reason, ": ")
	for why, codes := range whys {
		if slices.Contains(codes, code) {
			return i18n.T(l, "wish.why."+why)
		}
	}
	return i18n.T(l, "wish.why.other")
}

// Center is what somebody may choose of the mails they get, and what was kept
// back. Address is masked: a mail can be forwarded.
type Center struct {
	Leaving
	Topics  []Topic // that can reach them: what they allow, and what they switched off or may ask for
	Wish    Preference
	Blocked []Blocked // the newest of a year
	Total   int       // of them
	Zone    string    // of the address's account; "": none
	Known   bool      // the address is known; an old link only stops
}

// CenterOf is that of whoever a link in a mail is of. It changes nothing.
func CenterOf(ctx context.Context, q db.Q, token string, now time.Time) (*Center, error) {
	l, err := findLink(ctx, q, token, linkUnsubscribe)
	if err != nil {
		return nil, err
	}
	leaving, err := l.leaving(ctx, q)
	if err != nil {
		return nil, err
	}
	c, err := centerOf(ctx, q, l.EmailKey, leaving.Purpose, now)
	if err == nil {
		c.Leaving = *leaving
	}
	return c, err
}

// CenterOfAddress is the same for the owner of an account.
func CenterOfAddress(ctx context.Context, q db.Q, email string, now time.Time) (*Center, error) {
	return centerOf(ctx, q, customer.EmailKey(email), "", now)
}

// mostBlocked is how many kept-back messages a page lists.
const mostBlocked = 20

func centerOf(ctx context.Context, q db.Q, key string, came customer.Purpose, now time.Time) (*Center, error) {
	c := &Center{Known: strings.Contains(key, "@")}
	if !c.Known {
		return c, nil
	}
	var err error
	if c.Wish, err = PreferenceOf(ctx, q, key); err != nil {
		return nil, err
	}
	given, err := allowedBy(ctx, q, key)
	if err != nil {
		return nil, err
	}
	if owner, err := customer.ByEmail(ctx, q, key); err == nil {
		c.Zone = owner.Zone
	} else if !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	for _, t := range Topics {
		if t.Sends() && (given[t.purpose()] || came == t.purpose() && len(given) == 0) || slices.Contains(c.Wish.Off, t) || slices.Contains(c.Wish.On, t) {
			c.Topics = append(c.Topics, t)
		}
	}
	c.Blocked, c.Total, err = blockedOf(ctx, q, key, now.AddDate(-1, 0, 0), mostBlocked)
	return c, err
}

// Choose keeps what the person of a link in a mail wishes. change gets what
// they wished before.
func Choose(ctx context.Context, tx *db.Tx, token string, change func(*Preference), now time.Time) error {
	l, err := findLink(ctx, tx, token, linkUnsubscribe)
	if err != nil {
		return err
	}
	if !strings.Contains(l.EmailKey, "@") {
		return noLink()
	}
	if err := customer.Works(ctx, tx, l.EmailKey, customer.FromPerson, now); err != nil {
		return err
	}
	return ChooseFor(ctx, tx, l.EmailKey, change, now)
}

// ChooseFor keeps what an address wishes.
func ChooseFor(ctx context.Context, tx *db.Tx, email string, change func(*Preference), now time.Time) error {
	if err := oneAtATime(ctx, tx, email); err != nil {
		return err
	}
	p, err := PreferenceOf(ctx, tx, email)
	if err != nil {
		return err
	}
	change(&p)
	if err := p.Check(); err != nil {
		return fmt.Errorf("keep how somebody wants to hear from us: %w", err)
	}
	return Prefer(ctx, tx, email, p, now)
}
