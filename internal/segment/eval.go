package segment

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"regulars/internal/catalog"
	"regulars/internal/db"
)

// Known is what a decision about one person may look at, read from the rows
// that say it. The days of its Now are the shop's. Done is kept by the deed's rows: several fields count the same.
type Known struct {
	Now          time.Time
	Personalized bool // the person's pages may be personal
	History      bool // and past purchases may shape them
	Simulated    bool

	Occupation, BirthDate, Lang, Country, Zone, Contact string
	Joined                                              db.Time
	Said                                                map[string][]string // life, interest, hobby, for
	Consents, Traits                                    []string
	Orders                                              []Paid // the oldest first
	Cart                                                Carted
	Questions                                           int64
	Done                                                map[string][]Done
	Segments                                            []string // those decided already
	book                                                *Book
	in                                                  []Member         // decided with the book
	More                                                map[string]value // of registered fields
}

// Paid is an order that was paid for, and what of its money stayed.
type Paid struct {
	At       db.Time
	Net      int64
	Currency string
}

// Carted is the open cart, if there is something in it.
type Carted struct {
	Pieces, Worth    int64
	Currency         string
	Active, Checkout db.Time
}

// Done is one deed. One names what is counted (an order, a look).
type Done struct {
	At             int64 // Unix milliseconds
	One            int64
	Product, Brand string
	Category       catalog.CategoryID
}

// truth is true, false, or unknown.
type truth int8

const (
	unknown truth = iota
	no
	yes
)

func known(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// never is a flip that time alone does not bring.
var never = time.Time{}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// holds reports whether a rule is true of somebody, and when the answer may
// change although nothing happens.
func (r Rule) holds(b *Book, k *Known) (truth, time.Time) {
	r = r.normal()
	is, flips := r.When.holds(b, k)
	if len(r.Except.Items) == 0 {
		return is, flips
	}
	but, again := r.Except.holds(b, k)
	return both(is, but.not()), sooner(flips, again)
}

func both(a, b truth) truth {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return unknown
}

func (g *Group) holds(b *Book, k *Known) (truth, time.Time) {
	if len(g.Items) == 0 {
		return no, never
	}
	all, any, flips := yes, no, never
	for _, i := range g.Items {
		is, at := i.holds(b, k)
		all, any, flips = both(all, is), both(any.not(), is.not()).not(), sooner(flips, at)
	}
	switch g.Op {
	case All:
		return all, flips
	case Any:
		return any, flips
	}
	return any.not(), flips
}

func (i Item) holds(b *Book, k *Known) (truth, time.Time) {
	if i.Group != nil {
		return i.Group.holds(b, k)
	}
	return i.Clause.holds(b, k)
}

// allowed reports whether a field of this person may be looked at.
func (f *Field) allowed(k *Known) bool {
	return f.Gate == Open || f.Gate == Personal && k.Personalized || f.Gate == Past && k.Personalized && k.History
}

func (c *Clause) holds(b *Book, k *Known) (truth, time.Time) {
	f := FieldOf(c.Field)
	if f == nil || !f.allowed(k) {
		return unknown, never
	}
	switch f.Kind {
	case DeedKind:
		return c.did(b, k)
	case SetKind:
		return c.inSet(f, k), never
	}
	v, has := f.of(k, c)
	flips := never
	if f.Key == "age" {
		flips = nextBirthday(k.BirthDate, k.Now)
	}
	switch {
	case c.Op == Set:
		return known(has), flips
	case c.Op == NotSet:
		return known(!has), flips
	case !has && c.Unknown:
		return yes, flips
	case !has:
		return unknown, flips
	}
	switch f.Kind {
	case TextKind:
		return known(c.text(v.text)), never
	case MomentKind:
		return c.moment(v.n, k.Now)
	case DayKind:
		return c.comes(v.text, k.Now)
	}
	return known(c.number(f, v.n, k)), flips
}

func (f *Field) of(k *Known, c *Clause) (value, bool) {
	if f.fact != nil {
		return f.fact(k, c)
	}
	v, ok := k.More[f.Key]
	return v, ok
}

func (c *Clause) inSet(f *Field, k *Known) truth {
	has := f.set(k)
	switch {
	case c.Op == Set:
		return known(len(has) > 0)
	case c.Op == NotSet:
		return known(len(has) == 0)
	case len(has) == 0 && !f.Sure && c.Unknown:
		return yes
	case len(has) == 0 && !f.Sure:
		return unknown
	}
	in := slices.ContainsFunc(c.Values, func(v string) bool { return slices.Contains(has, v) })
	return known(in == (c.Op == In))
}

func (c *Clause) text(v string) bool {
	switch c.Op {
	case Equal, In:
		return slices.Contains(c.Values, v)
	case Unlike, NotIn:
		return !slices.Contains(c.Values, v)
	case Holds:
		return strings.Contains(v, c.Values[0])
	}
	return strings.HasPrefix(v, c.Values[0])
}

// number compares. An average is compared as a sum with as many times the
// value, so that nothing is rounded.
func (c *Clause) number(f *Field, v int64, k *Known) bool {
	bounds := make([]int64, len(c.Values))
	times := int64(1)
	if f.Key == "average-order" {
		v, times = k.spent(c)
	}
	for i, s := range c.Values {
		if f.Kind == MoneyKind {
			a, _, _ := sum(s)
			bounds[i] = int64(a) * times
		} else {
			bounds[i], _ = number(s)
		}
	}
	return compare(c.Op, v, bounds)
}

func compare(op string, v int64, bounds []int64) bool {
	switch op {
	case Equal:
		return v == bounds[0]
	case Unlike:
		return v != bounds[0]
	case Less:
		return v < bounds[0]
	case AtMost:
		return v <= bounds[0]
	case More:
		return v > bounds[0]
	case AtLeast:
		return v >= bounds[0]
	}
	return v >= bounds[0] && v <= bounds[1]
}

func (c *Clause) moment(v int64, now time.Time) (truth, time.Time) {
	switch c.Op {
	case Before, After:
		from, to := bounds(c.Values[0], now.Location())
		if c.Op == Before {
			return known(v < from), never
		}
		return known(v >= to), never
	}
	d, _ := span(c.Values[0])
	recent, flips := v > now.UnixMilli()-d.Milliseconds(), never
	if recent {
		flips = time.UnixMilli(v + d.Milliseconds())
	}
	return known(recent == (c.Op == InLast)), flips
}

// spent sums the orders in the clause's currency.
func (k *Known) spent(c *Clause) (net, orders int64) {
	currency := currencyOf(c)
	for _, o := range k.Orders {
		if o.Currency == currency {
			net, orders = net+o.Net, orders+1
		}
	}
	return net, orders
}

// did counts a deed within its time, or looks for one that another did not
// follow.
func (c *Clause) did(b *Book, k *Known) (truth, time.Time) {
	now, since := k.Now.UnixMilli(), int64(-1)<<62
	last, limited := span(c.Last)
	if limited {
		since = now - last.Milliseconds()
	}
	flips := never
	f := FieldOf(c.Field)
	deeds := slices.DeleteFunc(slices.Clone(k.Done[f.deed.name]), func(d Done) bool { return d.At <= since || !b.concerns(c.Where, d) })
	if limited {
		for _, d := range deeds {
			flips = sooner(flips, time.UnixMilli(d.At+last.Milliseconds()))
		}
	}
	if c.Op == ThenNot {
		is, at := c.missed(b, k, deeds)
		return is, sooner(flips, at)
	}
	bounds := make([]int64, len(c.Values))
	for i, v := range c.Values {
		bounds[i], _ = number(v)
	}
	return known(compare(c.Op, int64(f.deed.count(deeds, k.Now.Location())), bounds)), flips
}

// count is how often something was done: in orders, looks or days of a zone.
func (d *deedSource) count(deeds []Done, zone *time.Location) int {
	counted := map[int64]bool{}
	for _, one := range deeds {
		if d.byDay {
			y, m, on := time.UnixMilli(one.At).In(zone).Date()
			counted[int64(y)*10_000+int64(m)*100+int64(on)] = true
		} else {
			counted[one.One] = true
		}
	}
	return len(counted)
}

// counted is how often a clause's deed was done within its time, and last when.
func (b *Book) counted(c *Clause, k *Known) (n int, last time.Time) {
	f := FieldOf(c.Field)
	var deeds []Done
	d, limited := span(c.Last)
	for _, one := range k.Done[f.deed.name] {
		if b.concerns(c.Where, one) && (!limited || one.At > k.Now.UnixMilli()-d.Milliseconds()) {
			deeds = append(deeds, one)
			if at := time.UnixMilli(one.At); at.After(last) {
				last = at
			}
		}
	}
	return f.deed.count(deeds, k.Now.Location()), last
}

func (c *Clause) missed(b *Book, k *Known, deeds []Done) (truth, time.Time) {
	t, _ := span(c.Values[0])
	now, within, flips, is := k.Now.UnixMilli(), t.Milliseconds(), never, no
	then := k.Done[FieldOf(c.Then.Field).deed.name]
	if !FieldOf(c.Then.Field).allowed(k) {
		return unknown, never
	}
	for _, d := range deeds {
		if d.At > now-within {
			flips = sooner(flips, time.UnixMilli(d.At+within))
		} else if !slices.ContainsFunc(then, func(e Done) bool { return e.At > d.At && e.At <= d.At+within && b.concerns(c.Then.Where, e) }) {
			is = yes
		}
	}
	return is, flips
}

// concerns reports whether a deed is of what the filters name.
func (b *Book) concerns(where []Filter, d Done) bool {
	for _, f := range where {
		ok := false
		switch f.By {
		case "product":
			ok = slices.Contains(f.In, d.Product)
		case "brand":
			ok = slices.Contains(f.In, d.Brand)
		default:
			ok = slices.Contains(b.shelves(f), d.Category)
		}
		if !ok {
			return false
		}
	}
	return true
}

// nextBirthday is when the first birthday after today begins, zero where none
// is known. Who was born on 29 February has it on 1 March in other years, as
// customer.Age counts.
func nextBirthday(born string, now time.Time) time.Time {
	b, err := time.Parse(time.DateOnly, born)
	if err != nil {
		return never
	}
	next := begins(now.Year(), b.Month(), b.Day(), now.Location())
	if !next.After(day(now)) {
		next = begins(now.Year()+1, b.Month(), b.Day(), now.Location())
	}
	return next
}

// comes reports whether a day of the year comes round within the next days,
// today and the last one included.
func (c *Clause) comes(born string, now time.Time) (truth, time.Time) {
	d, _ := span(c.Values[0])
	days := int(d / (24 * time.Hour))
	in := slices.Contains(ahead(now, days), born[min(len(born), 5):])
	next := nextBirthday(born, now)
	if next.IsZero() {
		return known(in), never
	}
	// The window reaches it, or it is over: whichever comes first.
	flips := daysOn(next, 1)
	if open := daysOn(next, -days); open.After(now) {
		flips = open
	}
	if tomorrow := daysOn(now, 1); in && !slices.Contains(ahead(tomorrow, days), born[min(len(born), 5):]) {
		flips = tomorrow
	}
	return known(in), flips
}

// ahead lists the days of the year ("05-20") from today on.
func ahead(now time.Time, days int) []string {
	var all []string
	y, m, d := now.Date()
	for i, t := 0, time.Date(y, m, d, 0, 0, 0, 0, time.UTC); i <= min(days, 366); i, t = i+1, t.AddDate(0, 0, 1) {
		all = append(all, t.Format("01-02"))
		if t.Month() == time.March && t.Day() == 1 && t.AddDate(0, 0, -1).Day() == 28 {
			all = append(all, "02-29")
		}
	}
	return all
}

func runes(s string) int { return utf8.RuneCountInString(s) }
