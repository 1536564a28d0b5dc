package customer

import (
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
)

// Fact is one thing an account holds about its person, with where and when it
// was said and when the person last said that it still holds.
type Fact struct {
	Key    string // name, birth_date, …; life, interest, for, hobby; date:TOKEN, address:TOKEN
	Value  string // as it is stored; of tiles the values, in one line; "" of dates and addresses
	Place  Place
	SaidAt db.Time
	KeptAt db.Time
	Guess  bool // estimated from something said, such as a birth month from a size
}

// Place is where a fact was said.
type Place string

const (
	AtSignUp   Place = "sign-up"
	AtAccount  Place = "account"
	AtCheckout Place = "checkout"
	AtQuestion Place = "question"
	AtImport   Place = "import"
)

// Places lists them all.
var Places = []Place{AtSignUp, AtAccount, AtCheckout, AtQuestion, AtImport}

// The facts that stand in the account's own row, in the order pages show them.
// lang and currency are choices of a page, and not asked about again.
var fields = []string{"name", "birth_date", "occupation", "phone", "country", "channel"}

// Channels are the ways a person may ask to be answered by.
var Channels = []string{"mail", "phone"}

func (c *Customer) field(key string) string {
	switch key {
	case "name":
		return c.Name
	case "birth_date":
		return c.BirthDate
	case "occupation":
		return c.Occupation
	case "phone":
		return c.Phone
	case "country":
		return c.Country
	case "channel":
		return c.Channel
	}
	return ""
}

// Since is from when a fact's age counts: when it was said, or said to hold.
func (f *Fact) Since() time.Time {
	if f.KeptAt.After(f.SaidAt.Time) {
		return f.KeptAt.Time
	}
	return f.SaidAt.Time
}

// Trust is how sure a fact is: "sure", "guess" (estimated), or "old" (nobody
// said for longer than old that it still holds).
func (f *Fact) Trust(now time.Time, old time.Duration) string {
	switch {
	case now.Sub(f.Since()) > old:
		return "old"
	case f.Guess:
		return "guess"
	}
	return "sure"
}

// Kind is the key without what names one of several: "date" of "date:TOKEN".
func (f *Fact) Kind() string {
	kind, _, _ := strings.Cut(f.Key, ":")
	return kind
}

// Token names the one date or address.
func (f *Fact) Token() string {
	_, token, _ := strings.Cut(f.Key, ":")
	return token
}

// IsFact reports whether a key may name a fact of an account.
func IsFact(key string) bool {
	kind, token, more := strings.Cut(key, ":")
	if more {
		return (kind == "date" || kind == "address") && token != ""
	}
	return slices.Contains(fields, kind) || slices.Contains(Kinds, kind) || kind == "hour"
}

// FactKinds lists what can be known of everybody, for counts.
func FactKinds() []string { return slices.Concat(fields, Kinds, []string{"date", "address"}) }
