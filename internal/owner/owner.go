// Package owner is the time after the sale: what a person owns, with version
// and warranty, what follows it, and what its owners are told. That somebody
// owns a thing is never stored: it follows from their orders, minus what came
// back. Only what no order says has rows of its own: owned from elsewhere,
// given away, and whom a notice was for.
package owner

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
)

// Kind says what a notice is, and with that which rules its mails obey.
type Kind string

const (
	Release Kind = "release" // a new version, an offer: only to who allowed such mail
	Fix     Kind = "fix"     // a free update or a service: owed, without any promotion
	Recall  Kind = "recall"  // about safety: owed, also to who gave it away
)

// Kinds lists them.
var Kinds = []Kind{Release, Fix, Recall}

// Owed reports whether everybody is told whatever they wish.
func (k Kind) Owed() bool { return k == Fix || k == Recall }

// State says how far a notice is.
type State string

const (
	Draft   State = "draft"
	Sending State = "sending"
	Stopped State = "stopped"
	Done    State = "done"
)

// Remedies are what a recall offers; EU 2023/988 article 37 asks for a choice
// of two.
var Remedies = []string{"repair", "replacement", "refund"}

// Notice is what the owners of a product are told.
type Notice struct {
	ID          int64
	Token       string // names it outside the shop
	Kind        Kind
	ProductID   catalog.ProductID // whose owners
	Version     string            // only of this older version, which people told us of; "": what the shop sold
	ToID        catalog.ProductID // of a release: what is new
	VariantID   catalog.VariantID // only this one; 0: all
	BoughtFrom  db.Time           // only orders of these days; never: open
	BoughtUntil db.Time
	Title       i18n.Text
	Body        i18n.Text // what is new; what is wrong
	Steps       i18n.Text // how to upgrade; what to do now
	Facts       string    // keys of facts whose difference is told, by commas
	Remedies    string    // of a recall, by commas
	State       State
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	CreatedBy   string
	UpdatedAt   db.Time `gorm:"autoUpdateTime:false"`
	StartedAt   db.Time
	StartedBy   string
}

// TableName is notices.
func (Notice) TableName() string { return "notices" }

// FactKeys are the differences that are told.
func (n *Notice) FactKeys() []string { return split(n.Facts) }

// Offers are the remedies of a recall.
func (n *Notice) Offers() []string { return split(n.Remedies) }

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

// promotes finds what has no place in a mail that nobody can refuse.
var promotes = regexp.MustCompile(`(?i)\d\s*[%％]|\bdiscount|\bcoupons?\b|\bvouchers?\b|\bpromo|special offer|优惠|折扣|促销|特价|打折|满减|立减`)

// Check notes what is missing before a notice may start.
func (n *Notice) Check() error {
	var form fault.Form
	for name, text := range map[string]i18n.Text{"title": n.Title, "body": n.Body, "steps": n.Steps} {
		for _, l := range i18n.Langs {
			said := text.En
			if l == i18n.Chinese {
				said = text.Zh
			}
			field := name + "_" + string(l)
			switch {
			case strings.TrimSpace(said) == "":
				form.Wrong(field, "owner.wrong.empty")
			case len([]rune(said)) > 4000 || name == "title" && len([]rune(said)) > 120:
				form.Wrong(field, "owner.wrong.long")
			case n.Kind.Owed() && promotes.MatchString(said):
				form.Wrong(field, "owner.wrong.promotion", "words", promotes.FindString(said))
			}
		}
	}
	if n.Kind == Release && (n.ToID == 0 || n.ToID == n.ProductID && n.Version == "") {
		form.Wrong("to", "owner.wrong.to")
	}
	if n.Kind == Recall && len(n.Offers()) == 0 {
		form.Wrong("remedies", "owner.wrong.remedies")
	}
	if !n.BoughtFrom.IsZero() && !n.BoughtUntil.IsZero() && !n.BoughtFrom.Before(n.BoughtUntil.Time) {
		form.Wrong("until", "owner.wrong.days")
	}
	return form.Err()
}

// Owned is one thing somebody owns: units of a line of an order, or what they,
// or staff, say they have from elsewhere.
type Owned struct {
	LineID    int64
	OrderID   order.ID
	Number    string
	ProductID catalog.ProductID
	VariantID catalog.VariantID
	Slug      string
	Published bool
	Name      i18n.Text // as it was bought
	Choices   i18n.Text
	Units     int     // kept
	Coming    int     // of these on their way back
	Since     db.Time // bought
	Arrived   db.Time // delivered, where somebody said so
	Months    int     // of warranty, 0: the law's alone
	Away      bool    // given to somebody else
	Token     string  // of what is from elsewhere
	Version   string
	Proved    bool
}

// Elsewhere reports whether no order of the shop says that it is owned.
func (o *Owned) Elsewhere() bool { return o.LineID == 0 }

// Until is when the warranty ends: whole months counted from the day it
// arrived, or was ordered; zero where none is promised.
func (o *Owned) Until() time.Time {
	from := o.Arrived.Time
	if o.Arrived.IsZero() {
		from = o.Since.Time
	}
	if o.Months <= 0 || o.Elsewhere() {
		return time.Time{}
	}
	day := from.UTC()
	end := day.AddDate(0, o.Months, 0)
	if end.Day() != day.Day() { // the 31st of a month that has none
		end = end.AddDate(0, 0, -end.Day())
	}
	return end
}

// Rule says that a variant is for owners alone.
type Rule struct {
	VariantID catalog.VariantID
	FromID    catalog.ProductID
	Version   string
	From      i18n.Text // the product's name
	Slug      string
}

// Name is what has to be owned, in words.
func (r Rule) Name(l i18n.Lang) string {
	if r.Version == "" {
		return r.From.In(l)
	}
	return i18n.T(l, "owner.version", "name", r.From.In(l), "version", r.Version)
}

// Right is what somebody may do with a variant for owners.
type Right struct {
	Rules []Rule
	Units int // owned that give the right
	Used  int // ordered already
}

// Left is how many more may be bought.
func (r Right) Left() int { return max(0, r.Units-r.Used) }

// Difference is a fact that is not the same of two versions.
type Difference struct {
	Key      string
	Name     i18n.Text
	Was, Now i18n.Text // Was is empty where the older one says nothing
}

// Differences compares what the catalog says of two versions, in the order of
// the newer one.
func Differences(old, new []catalog.Fact) []Difference {
	was, now, names, keys := map[string]i18n.Text{}, map[string]i18n.Text{}, map[string]i18n.Text{}, []string{}
	add := func(to map[string]i18n.Text, f catalog.Fact) {
		if has, ok := to[f.Key]; ok {
			f.Value = i18n.Text{En: has.En + ", " + f.Value.En, Zh: has.In(i18n.Chinese) + "、" + f.Value.In(i18n.Chinese)}
		}
		to[f.Key] = f.Value
	}
	for _, f := range old {
		add(was, f)
	}
	for _, f := range new {
		if !slices.Contains(keys, f.Key) {
			keys = append(keys, f.Key)
		}
		names[f.Key] = f.Name
		add(now, f)
	}
	var out []Difference
	for _, k := range keys {
		if now[k] != was[k] {
			out = append(out, Difference{k, names[k], was[k], now[k]})
		}
	}
	return out
}

// Told says what became of telling somebody.
type Told string

const (
	Waiting  Told = "waiting"
	Sent     Told = "told"
	Withheld Told = "withheld" // the gate, or the mail server, said no
	Gone     Told = "gone"     // they do not own it any more, or have the newer one
)

// Person is somebody a notice is for, and their row.
type Person struct {
	ID         int64
	NoticeID   int64
	CustomerID *customer.ID
	OrderID    order.ID
	State      Told
	Reason     string
	DueAt      db.Time
	DecidedAt  db.Time
	ReadAt     db.Time
	CalledAt   db.Time
}

// TableName is notice_people.
func (Person) TableName() string { return "notice_people" }

// Step is one part of a subtraction: whom a reason takes away, or at the end,
// with "", who is left.
type Step struct {
	Reason string
	Count  int
}

// reasons lists what takes people away, in the order in which it is asked.
var reasons = []string{"gave-back", "gave-away", "newer", "simulated", "no-address", "guest", "dead", "no-consent", "suppressed"}
