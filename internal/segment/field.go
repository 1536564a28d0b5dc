package segment

import (
	"slices"
	"strconv"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Kind is what a field holds, and so which operators it takes.
type Kind string

const (
	TextKind   Kind = "text"
	NumberKind Kind = "number"
	MoneyKind  Kind = "money"  // an amount in one currency; each clause names its own
	MomentKind Kind = "moment" // an instant
	DayKind    Kind = "day"    // a day that comes round each year
	SetKind    Kind = "set"    // several values, or none
	DeedKind   Kind = "deed"   // something done, any number of times
)

// Ops lists the operators of a kind, in the order in which a form offers them.
func (k Kind) Ops() []string {
	switch k {
	case TextKind:
		return []string{Equal, Unlike, In, NotIn, Holds, Starts, Set, NotSet}
	case NumberKind:
		return []string{AtLeast, AtMost, Equal, Unlike, More, Less, Between, Set, NotSet}
	case MoneyKind:
		return []string{AtLeast, AtMost, Equal, Unlike, More, Less, Between}
	case MomentKind:
		return []string{InLast, Over, Before, After, Set, NotSet}
	case DayKind:
		return []string{InNext, Set, NotSet}
	case SetKind:
		return []string{In, NotIn, Set, NotSet}
	case DeedKind:
		return []string{AtLeast, AtMost, Equal, Unlike, More, Less, Between, ThenNot}
	}
	return nil
}

// Gate is what a person must allow before a field of theirs is known at all.
type Gate int

const (
	Open     Gate = iota // what the account itself says
	Personal             // needs personal pages
	Past                 // needs personal pages and the use of history
)

// Field is something a rule may ask. A field that another noun counts, one row
// a customer, names its Table and Column and needs nothing else (AddField): the
// statement and the facts both come from there. Column is NULL, "" or absent
// where nothing is known.
type Field struct {
	Key     string
	Group   string // person, orders, cart, behaviour, service, other
	Kind    Kind
	Gate    Gate
	Sure    bool            // always known: no rows mean none
	Free    bool            // other values than Choices are possible
	Choices func() []string // values to choose from
	Filters []string        // of a deed

	Table, Column string

	sql  func(b *builder, c *Clause) string      // a column of the joined statement
	fact func(k *Known, c *Clause) (value, bool) // the same of one person
	set  func(k *Known) []string                 // of a SetKind
	rows func(values []string) (string, []any)   // of a SetKind: customer_id of who has any of the values (nil: any at all)
	bit  func(value string) int64                // of a SetKind kept in person_facts.allowed
	deed *deedSource
}

// value is a text, or a number, amount or instant (Unix milliseconds).
type value struct {
	text string
	n    int64
}

// FieldOf finds a field by its key, nil if there is none.
func FieldOf(key string) *Field {
	if i := slices.IndexFunc(fields, func(f *Field) bool { return f.Key == key }); i >= 0 {
		return fields[i]
	}
	return nil
}

// Fields lists every field in the order in which a form offers them.
func Fields() []*Field { return fields }

// AddField adds a field that another noun counts; for init functions and the
// wiring, before the first rule is read.
func AddField(f Field) { fields = append(fields, &f) }

func list(values ...string) func() []string { return func() []string { return values } }

var fields = []*Field{
	{Key: "occupation", Group: "person", Kind: TextKind, Gate: Personal, Free: true, Choices: func() []string { return customer.Occupations },
		sql: column("f.occupation"), fact: text(func(k *Known) string { return k.Occupation })},
	said("life"), said("interest"), said("hobby"), said("for"),
	{Key: "age", Group: "person", Kind: NumberKind, Gate: Personal, sql: nil, fact: func(k *Known, _ *Clause) (value, bool) {
		n, ok := (&customer.Customer{BirthDate: k.BirthDate}).Age(k.Now)
		return value{n: int64(n)}, ok
	}},
	{Key: "birth-month", Group: "person", Kind: NumberKind, Gate: Personal, sql: nil, fact: func(k *Known, _ *Clause) (value, bool) {
		born, err := time.Parse(time.DateOnly, k.BirthDate)
		return value{n: int64(born.Month())}, err == nil
	}},
	{Key: "birthday", Group: "person", Kind: DayKind, Gate: Personal, sql: nil, fact: func(k *Known, _ *Clause) (value, bool) {
		return value{text: k.BirthDate}, k.BirthDate != ""
	}},
	{Key: "language", Group: "person", Kind: TextKind, Choices: list("en", "zh"), sql: column("f.lang"), fact: text(func(k *Known) string { return k.Lang })},
	{Key: "country", Group: "person", Kind: TextKind, Free: true, sql: column("f.country"), fact: text(func(k *Known) string { return k.Country })},
	{Key: "zone", Group: "person", Kind: TextKind, Free: true, sql: column("f.zone"), fact: text(func(k *Known) string { return k.Zone })},
	{Key: "address", Group: "person", Kind: TextKind, Choices: list("unverified", "verified", "bouncing", "dead"), sql: column("f.contact"), fact: text(func(k *Known) string { return k.Contact })},
	{Key: "consent", Group: "person", Kind: SetKind, Sure: true, Choices: purposes, set: func(k *Known) []string { return k.Consents }, bit: consentBit},
	{Key: "joined", Group: "person", Kind: MomentKind, sql: column("nullif(f.joined_at, 0)"), fact: moment(func(k *Known) db.Time { return k.Joined })},

	{Key: "orders", Group: "orders", Kind: NumberKind, Gate: Past, Sure: true, sql: column("f.order_count"), fact: func(k *Known, _ *Clause) (value, bool) {
		return value{n: int64(len(k.Orders))}, true
	}},
	{Key: "first-order", Group: "orders", Kind: MomentKind, Gate: Past, sql: column("f.first_at"), fact: func(k *Known, _ *Clause) (value, bool) {
		if len(k.Orders) == 0 {
			return value{}, false
		}
		return value{n: k.Orders[0].At.Milli()}, true
	}},
	{Key: "last-order", Group: "orders", Kind: MomentKind, Gate: Past, sql: column("f.last_at"), fact: func(k *Known, _ *Clause) (value, bool) {
		if len(k.Orders) == 0 {
			return value{}, false
		}
		return value{n: k.Orders[len(k.Orders)-1].At.Milli()}, true
	}},
	{Key: "spent", Group: "orders", Kind: MoneyKind, Gate: Past, Sure: true, sql: spent("coalesce(%s.net, 0)"), fact: func(k *Known, c *Clause) (value, bool) {
		net, _ := k.spent(c)
		return value{n: net}, true
	}},
	{Key: "average-order", Group: "orders", Kind: MoneyKind, Gate: Past, sql: spent("%s.net / %s.order_count"), fact: func(k *Known, c *Clause) (value, bool) {
		net, n := k.spent(c)
		if n == 0 {
			return value{}, false
		}
		return value{n: net / n}, true
	}},
	{Key: "bought", Group: "orders", Kind: DeedKind, Gate: Past, Sure: true, Filters: filterKinds, deed: &bought},
	{Key: "bought-days", Group: "orders", Kind: DeedKind, Gate: Past, Sure: true, Filters: filterKinds, deed: &boughtDays},
	{Key: "ordered", Group: "orders", Kind: DeedKind, Gate: Past, Sure: true, deed: &ordered},
	{Key: "returned", Group: "orders", Kind: DeedKind, Gate: Past, Sure: true, deed: &returned},

	{Key: "cart-pieces", Group: "cart", Kind: NumberKind, Gate: Personal, Sure: true, sql: column("f.cart_pieces"), fact: func(k *Known, _ *Clause) (value, bool) {
		return value{n: k.Cart.Pieces}, true
	}},
	{Key: "cart-value", Group: "cart", Kind: MoneyKind, Gate: Personal, fact: func(k *Known, c *Clause) (value, bool) {
		return value{n: k.Cart.Worth}, k.Cart.Pieces > 0 && len(c.Values) > 0 && k.Cart.Currency == currencyOf(c)
	}},
	{Key: "cart-touched", Group: "cart", Kind: MomentKind, Gate: Personal, sql: column("f.cart_at"), fact: moment(func(k *Known) db.Time { return k.Cart.Active })},
	{Key: "checkout-begun", Group: "cart", Kind: MomentKind, Gate: Personal, sql: column("f.checkout_at"), fact: moment(func(k *Known) db.Time { return k.Cart.Checkout })},

	{Key: "viewed", Group: "behaviour", Kind: DeedKind, Gate: Personal, Sure: true, Filters: filterKinds, deed: &viewed},
	{Key: "searched", Group: "behaviour", Kind: DeedKind, Gate: Personal, Sure: true, deed: &searched},

	{Key: "questions-open", Group: "service", Kind: NumberKind, Sure: true, sql: column("f.open_questions"), fact: func(k *Known, _ *Clause) (value, bool) {
		return value{n: k.Questions}, true
	}},
	{Key: "trait", Group: "other", Kind: SetKind, Gate: Past, Sure: true, Free: true, set: func(k *Known) []string { return k.Traits },
		rows: setRows("SELECT customer_id FROM customer_traits WHERE deleted_at = 0", "trait")},
	{Key: "tier", Group: "other", Kind: TextKind, Choices: list("occasional", "loyal", "very-loyal"), Table: "customer_tiers", Column: "tier"},
	{Key: "class", Group: "other", Kind: TextKind, Gate: Past, Choices: list("A", "B", "C", "N", "D"), Table: "customer_values", Column: "class"},
	{Key: "segment", Group: "other", Kind: SetKind, Sure: true, Free: true, set: func(k *Known) []string { return k.Segments }},
}

var filterKinds = []string{"category", "department", "product", "brand"}

func purposes() []string {
	var all []string
	for _, p := range customer.Purposes {
		all = append(all, string(p))
	}
	return all
}

func said(kind string) *Field {
	return &Field{Key: kind, Group: "person", Kind: SetKind, Gate: Personal, Choices: func() []string { return customer.Tiles(kind) },
		set:  func(k *Known) []string { return k.Said[kind] },
		rows: setRows("SELECT customer_id FROM interests WHERE source = 'said' AND kind = '"+kind+"'", "value")}
}

func text(of func(*Known) string) func(*Known, *Clause) (value, bool) {
	return func(k *Known, _ *Clause) (value, bool) { v := of(k); return value{text: v}, v != "" }
}

func moment(of func(*Known) db.Time) func(*Known, *Clause) (value, bool) {
	return func(k *Known, _ *Clause) (value, bool) { v := of(k); return value{n: v.Milli()}, !v.IsZero() }
}

func itoa(n int) string { return strconv.Itoa(n) }

func currencyOf(c *Clause) string {
	if len(c.Values) == 0 {
		return ""
	}
	_, currency, _ := sum(c.Values[0])
	return string(currency)
}
