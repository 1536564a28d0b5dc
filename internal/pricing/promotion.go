package pricing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// PromotionID names a promotion inside the shop.
type PromotionID int64

// Kind is what a promotion does.
type Kind string

const (
	Percent  Kind = "percent"  // Value basis points off its goods
	Amount   Kind = "amount"   // Value off its goods together
	Fixed    Kind = "fixed"    // Value is what a piece of its goods costs
	Bundle   Kind = "bundle"   // of each Buy+Free pieces the Free cheapest cost nothing
	Delivery Kind = "delivery" // delivery costs nothing
)

// Kinds lists every kind in the order of the form.
var Kinds = []Kind{Percent, Amount, Fixed, Bundle, Delivery}

// Live and Stopped are the states of a promotion. Stopped is for good: an
// order that has it keeps it.
const (
	Live    = "live"
	Stopped = "stopped"
)

// Promotion is a rule by which a basket costs less. What it is bound to is
// empty or 0 where it is not bound. Days are the shop's own, both inclusive.
// Of several that apply, higher Priority goes first; those of one priority all
// see the same amounts, so that their order does not matter. An Exclusive one
// applies alone or not at all.
type Promotion struct {
	ID          PromotionID
	Token       string // its name in addresses
	Name        i18n.Text
	State       string
	Kind        Kind
	Value       int64
	Currency    money.Currency
	Buy         int
	Free        int
	MinSubtotal money.Amount
	Categories  []catalog.CategoryID `gorm:"serializer:json"` // with all below them, as Find reads it
	Products    []catalog.ProductID  `gorm:"serializer:json"`
	Segments    []string             `gorm:"serializer:json"`
	Tiers       []string             `gorm:"serializer:json"`
	StartsOn    string
	EndsOn      string
	NeedsCode   bool
	LimitAll    int
	LimitPerson int
	Priority    int
	Exclusive   bool
	Used        int     // orders that stand with it
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt   db.Time `gorm:"autoUpdateTime:false"`

	least map[catalog.VariantID]money.Amount // of a bound code: its goods, and what a piece must bring
}

// Code lets a shopper have a promotion that needs one. A code of a batch is
// good for one order; LimitAll 0 leaves the count to the promotion.
type Code struct {
	ID          int64
	PromotionID PromotionID
	Code        string // as CodeKey writes it
	Batch       string
	LimitAll    int
	Used        int
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
}

// CodeKey is a code as it is kept and compared: capitals, plain letters and
// digits, without blanks and hyphens.
func CodeKey(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' || r == '\t' {
			return -1
		}
		return r
	}, strings.ToUpper(norm.NFKC.String(strings.TrimSpace(s))))
}

// Day is the day of the shop at an instant, as promotions are dated.
func Day(now time.Time, zone *time.Location) string { return now.In(zone).Format(time.DateOnly) }

// Deals are the promotions that may apply to a basket, and the facts about the
// shopper they ask for. They come in as values; Make reads nothing.
type Deals struct {
	Promotions []Promotion
	Lists      []PriceList // live ones, with entries for what is in the basket
	Code       *Code       // what the coupon stands for; nil: nothing
	Day        string
	Segment    string   // of the shopper's home page; "" = none
	Segments   []string // all that the shopper is in
	Tier       string
	Reached    []string            // that tier and those below: price lists for them are for the shopper, too
	Mine       map[PromotionID]int // orders of this shopper that stand with it

	bound *Bound // whom the code was given to; nil: to everybody
	bar   string // why it does nothing for this shopper, as a message; "" it may
}

// in reports whether the shopper is in a segment.
func (d *Deals) in(segment string) bool {
	return segment == d.Segment || slices.Contains(d.Segments, segment)
}

// Applied is a promotion at work in a quote. Of free delivery, Amount is what
// delivery would have cost; it is in no line's discount.
type Applied struct {
	Promotion
	CodeID int64
	Amount money.Amount
}

// Part is what one promotion, or one price list, takes off a line.
type Part struct {
	Promotion PromotionID
	List      ListID
	Name      i18n.Text
	Amount    money.Amount
}

// Refused is a coupon that does nothing here: which rule failed and what would
// satisfy it, as a message.
type Refused struct {
	Code  string
	Words string
	Args  []any
}

func (p *Promotion) holds(id catalog.CategoryID, product catalog.ProductID) bool {
	if len(p.Categories) == 0 && len(p.Products) == 0 {
		return true
	}
	return slices.Contains(p.Products, product) || id != 0 && slices.Contains(p.Categories, id)
}

// bars says which of a promotion's conditions fails for a basket; "" = none.
func (p *Promotion) bars(q *Quote, wanted []Wanted, d Deals) (words string, args []any) {
	switch {
	case d.bar != "" && p.coded(d):
		return d.bar, nil
	case p.StartsOn != "" && d.Day < p.StartsOn:
		return "pricing.coupon.early", []any{"day", p.StartsOn}
	case p.EndsOn != "" && d.Day > p.EndsOn:
		return "pricing.coupon.ended", []any{"day", p.EndsOn}
	case p.Currency != "" && p.Currency != q.Currency:
		return "pricing.coupon.currency", []any{"currency", string(p.Currency)}
	case len(p.Segments) > 0 && !slices.ContainsFunc(p.Segments, d.in), len(p.Tiers) > 0 && !slices.Contains(p.Tiers, d.Tier):
		return "pricing.coupon.others", []any{"name", p.Name}
	case p.LimitAll > 0 && p.Used >= p.LimitAll, p.coded(d) && d.Code.LimitAll > 0 && d.Code.Used >= d.Code.LimitAll:
		return "pricing.coupon.used-up", nil
	case p.LimitPerson > 0 && d.Mine[p.ID] >= p.LimitPerson:
		return "pricing.coupon.yours", []any{"count", p.LimitPerson}
	case q.Subtotal < p.MinSubtotal:
		return "pricing.coupon.min", []any{"more", money.Price{Amount: p.MinSubtotal - q.Subtotal, Currency: q.Currency},
			"least", money.Price{Amount: p.MinSubtotal, Currency: q.Currency}}
	}
	if p.Kind == Delivery && len(p.Categories) == 0 && len(p.Products) == 0 {
		return "", nil
	}
	for i := range q.Lines {
		if p.takes(wanted[i].Buyable) {
			return "", nil
		}
	}
	return "pricing.coupon.goods", []any{"name", p.Name}
}

// takes reports whether a promotion may make this cheaper. Sensitive goods
// cost what they cost (invariant P4).
func (p *Promotion) takes(b catalog.Buyable) bool {
	if _, tied := p.least[b.VariantID]; p.least != nil && !tied {
		return false
	}
	return !b.Sensitive && !b.GiftCard && p.holds(b.CategoryID, b.ProductID)
}

func (p *Promotion) coded(d Deals) bool { return d.Code != nil && d.Code.PromotionID == p.ID }

// apply takes off the lines what the deals give, and names what it did.
func (q *Quote) apply(wanted []Wanted, coupon string, d Deals) {
	var fit, free []Promotion
	for _, p := range d.Promotions {
		if p.State != Live || p.NeedsCode && !p.coded(d) {
			continue
		}
		words, args := p.bars(q, wanted, d)
		switch {
		case words == "":
			fit = append(fit, p)
		case p.coded(d):
			q.Refused = &Refused{coupon, words, args}
		}
	}
	slices.SortFunc(fit, func(a, b Promotion) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.ID, b.ID))
	})
	alone := false
	for len(fit) > 0 && !alone {
		n := 1
		for n < len(fit) && fit[n].Priority == fit[0].Priority {
			n++
		}
		var more []Promotion
		more, alone = q.level(wanted, fit[:n], len(free) > 0 && q.carriage() > 0, d)
		if alone {
			free = nil
		}
		free, fit = append(free, more...), fit[n:]
	}
	q.deliver(free, d)
	q.couponDone(coupon, d)
}

// level applies the promotions of one priority and returns those that make
// delivery free; alone says that an exclusive one went in, beside which
// nothing else may. spared says that delivery is free by an earlier one.
func (q *Quote) level(wanted []Wanted, all []Promotion, spared bool, d Deals) (free []Promotion, alone bool) {
	var best *Promotion
	var most money.Amount
	if len(q.Applied) == 0 && !spared {
		for i, p := range all {
			if saves := q.saves(wanted, p); p.Exclusive && saves > most {
				best, most = &all[i], saves
			}
		}
	}
	if best != nil {
		if best.Kind == Delivery {
			return []Promotion{*best}, true
		}
		q.take(d, *best, best.off(q.Lines, wanted))
		return nil, true
	}
	offs := make([][]money.Amount, len(all))
	for i, p := range all { // all of them before any is taken: their order must not matter
		if !p.Exclusive && p.Kind != Delivery {
			offs[i] = p.off(q.Lines, wanted)
		}
	}
	for i, p := range all {
		switch {
		case p.Exclusive:
		case p.Kind == Delivery:
			free = append(free, p)
		default:
			q.take(d, p, offs[i])
		}
	}
	return free, false
}

func (q *Quote) saves(wanted []Wanted, p Promotion) (sum money.Amount) {
	if p.Kind == Delivery {
		return q.carriage()
	}
	for _, a := range p.off(q.Lines, wanted) {
		sum += a
	}
	return sum
}

// carriage is what delivery of the goods as they cost now would cost.
func (q *Quote) carriage() money.Amount {
	if q.Method == nil {
		return 0
	}
	return q.Method.Cost(q.Subtotal - q.Discount)
}

// take writes amounts off the lines, none below nothing.
func (q *Quote) take(d Deals, p Promotion, offs []money.Amount) {
	var sum money.Amount
	for i, off := range offs {
		l := &q.Lines[i]
		if off = min(off, l.Total); off <= 0 {
			continue
		}
		l.Discount, l.Total, sum = l.Discount+off, l.Total-off, sum+off
		l.Parts = append(l.Parts, Part{Promotion: p.ID, Name: p.Name, Amount: off})
	}
	if sum > 0 {
		q.Discount += sum
		q.applied(d, p, sum)
	}
}

func (q *Quote) applied(d Deals, p Promotion, amount money.Amount) {
	a := Applied{Promotion: p, Amount: amount}
	if p.coded(d) {
		a.CodeID = d.Code.ID
	}
	q.Applied = append(q.Applied, a)
}

// off is what a promotion would take off each line as the lines stand now.
func (p *Promotion) off(lines []Line, wanted []Wanted) []money.Amount {
	offs := make([]money.Amount, len(lines))
	weights := make([]int64, len(lines))
	var goods money.Amount
	for i, l := range lines {
		if !p.takes(wanted[i].Buyable) {
			continue
		}
		weights[i] = int64(l.Total)
		goods += l.Total
		switch p.Kind {
		case Percent:
			offs[i] = min(money.BasisPoints(p.Value).Of(l.Total), l.Total, (l.Total - p.least[l.Variant].Times(l.Qty)).Clamp0())
		case Fixed:
			offs[i] = (l.Total - money.Amount(p.Value).Times(l.Qty)).Clamp0()
		}
	}
	switch {
	case p.Kind == Amount && goods > 0:
		return money.Split(min(money.Amount(p.Value), goods), weights)
	case p.Kind == Bundle:
		p.cheapest(lines, wanted, offs)
	}
	return offs
}

// cheapest gives away the cheapest pieces: Free of each Buy+Free there are.
func (p *Promotion) cheapest(lines []Line, wanted []Wanted, offs []money.Amount) {
	var order []int
	pieces := 0
	for i, l := range lines {
		if p.takes(wanted[i].Buyable) {
			order = append(order, i)
			pieces += l.Qty
		}
	}
	if p.Buy < 1 || p.Free < 1 {
		return
	}
	gifts := pieces / (p.Buy + p.Free) * p.Free
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lines[a].pays, lines[b].pays) })
	for _, i := range order {
		n := min(gifts, lines[i].Qty)
		offs[i] = min(lines[i].pays.Times(n), lines[i].Total)
		gifts -= n
	}
}

// deliver prices the delivery of the goods as they cost now.
func (q *Quote) deliver(free []Promotion, d Deals) {
	q.Delivery = q.carriage()
	if len(free) > 0 && q.Delivery > 0 {
		q.applied(d, free[0], q.Delivery)
		q.Delivery = 0
	}
}

// couponDone says why a coupon that could apply did not.
func (q *Quote) couponDone(coupon string, d Deals) {
	if coupon == "" || q.Refused != nil {
		return
	}
	at := slices.IndexFunc(d.Promotions, func(p Promotion) bool { return p.coded(d) && p.State == Live })
	if at < 0 {
		q.Refused = &Refused{coupon, "pricing.coupon.unknown", []any{"code", coupon}}
		return
	}
	mine := d.Promotions[at]
	if slices.ContainsFunc(q.Applied, func(a Applied) bool { return a.ID == mine.ID }) {
		return
	}
	q.Refused = &Refused{coupon, "pricing.coupon.nothing", []any{"name", mine.Name}}
	for _, a := range q.Applied {
		if a.Exclusive || mine.Exclusive {
			q.Refused = &Refused{coupon, "pricing.coupon.alone", []any{"name", mine.Name, "other", a.Name}}
		}
	}
}
