package pricing

import (
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// Bound ties a code to one person, to goods, and to an end. Least is what a
// piece of each of the goods must still bring: the discount stops there.
type Bound struct {
	ID         int64
	CodeID     int64
	Ref        string
	CustomerID customer.ID
	Person     string       // as in redemptions: names nobody by itself
	Goods      []BoundGoods `gorm:"-"`
	MadeAt     db.Time
	Until      db.Time
}

// TableName is code_bounds.
func (Bound) TableName() string { return "code_bounds" }

// BoundGoods is one variant that a bound code makes cheaper.
type BoundGoods struct {
	Variant catalog.VariantID
	Least   money.Amount
}

// Given is a bound code with what it takes off.
type Given struct {
	Bound
	Code    string
	Percent int
}

// names reports whether the code was given to this buyer. Of somebody nobody
// knows yet it is not known; known says so. Whoever places an order is known.
func (b *Bound) names(who Buyer) (his, known bool) {
	if who == (Buyer{}) {
		return false, false
	}
	return b.CustomerID != 0 && b.CustomerID == who.Customer || b.Person != "" && b.Person == personKey(who), true
}

// Bind judges a code that was given to one person, at a moment: until it is
// asked such a code does nothing.
func (d *Deals) Bind(who Buyer, now time.Time) {
	if d.bound == nil {
		return
	}
	d.bar = ""
	if his, known := d.bound.names(who); known && !his {
		d.bar = "pricing.coupon.given"
	} else if !d.bound.Until.After(now) {
		d.bar = "pricing.coupon.over"
	}
}

// tie makes the promotion of a bound code one for its goods alone, each no
// lower than what it must bring.
func (d *Deals) tie() {
	for i := range d.Promotions {
		if p := &d.Promotions[i]; d.bound != nil && p.coded(*d) {
			p.least = map[catalog.VariantID]money.Amount{}
			for _, g := range d.bound.Goods {
				p.least[g.Variant] = g.Least
			}
		}
	}
}
