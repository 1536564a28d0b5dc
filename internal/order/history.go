package order

import (
	"cmp"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// LongAgo is what is left of somebody's purchases from before Through for the
// shop's pages: how many orders, and of each product how often and how many.
// The orders themselves stay for the books.
type LongAgo struct {
	CustomerID customer.ID
	Through    db.Time // orders placed before are counted here; never: none is
	Orders     int
	CountedAt  db.Time
	Goods      []LongAgoGoods `gorm:"-"` // those first that were bought last
}

// TableName is history_people.
func (LongAgo) TableName() string { return "history_people" }

// LongAgoGoods is a product among them. Months are written 202405.
type LongAgoGoods struct {
	CustomerID            customer.ID
	ProductID             catalog.ProductID
	Times                 int // in so many orders
	Units                 int
	FirstMonth, LastMonth int
	Name                  i18n.Text // as the catalog has it now, with Slug and whether it can be seen
	Slug                  string
	Published             bool
}

// Month is the month of a moment in the shop's zone, written 202405.
func Month(at time.Time, zone *time.Location) int {
	y, m, _ := at.In(zone).Date()
	return y*100 + int(m)
}

// MonthStart is the first moment of a month that Month wrote.
func MonthStart(month int, zone *time.Location) time.Time {
	return time.Date(month/100, time.Month(month%100), 1, 0, 0, 0, 0, zone)
}

// Often is a variant that somebody bought on more than one day.
type Often struct {
	Variant catalog.VariantID
	Days    int // on so many
	Gap     int // days between two of them, the median
	Qty     int // the last time
	Last    time.Time
}

// usual makes of purchases, the oldest first, what was bought on more than one
// day of the shop: what was bought most often first.
func usual(buys []buy, zone *time.Location) (all []Often) {
	by := map[catalog.VariantID][]buy{}
	for _, b := range buys {
		at := by[b.VariantID]
		y, m, d := b.PlacedAt.In(zone).Date()
		b.day = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		if n := len(at); n > 0 && at[n-1].day.Equal(b.day) {
			at[n-1].Qty += b.Qty
			continue
		}
		by[b.VariantID] = append(at, b)
	}
	for v, at := range by {
		if len(at) < 2 {
			continue
		}
		var gaps []int
		for i := 1; i < len(at); i++ {
			gaps = append(gaps, int(at[i].day.Sub(at[i-1].day).Hours()/24))
		}
		slices.Sort(gaps)
		last := at[len(at)-1]
		all = append(all, Often{v, len(at), gaps[len(gaps)/2], last.Qty, last.PlacedAt.Time})
	}
	slices.SortFunc(all, func(a, b Often) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), b.Last.Compare(a.Last), cmp.Compare(a.Variant, b.Variant))
	})
	return all
}

// buy is one line of an order that was kept.
type buy struct {
	CustomerID customer.ID
	OrderID    ID
	ProductID  catalog.ProductID
	VariantID  catalog.VariantID
	Qty        int
	PlacedAt   db.Time
	day        time.Time
}
