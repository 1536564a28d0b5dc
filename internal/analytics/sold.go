package analytics

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"regulars/internal/money"
)

// Dim is what sales are told apart by.
type Dim string

// The dimensions of a report of sales. Whole has one key, "".
const (
	Whole       Dim = "all"
	ByProduct   Dim = "product"   // by its id
	ByCategory  Dim = "category"  // of the product, by its id; "" for none
	BySegment   Dim = "segment"   // the first with a home page that the buyer is in today; "" for none
	ByPromotion Dim = "promotion" // by its id; a line under two counts for both, so that these do not add up
)

// Sold are sums over lines of paid orders: net of tax and of what was given
// back, in the shop's currency. Margin is of Costed, the part whose cost is
// known; Off is what promotions took off before.
type Sold struct {
	Orders, Units                int
	Revenue, Margin, Costed, Off money.Amount
}

func (s *Sold) add(o Sold) {
	s.Orders += o.Orders
	s.Units += o.Units
	s.Revenue += o.Revenue
	s.Margin += o.Margin
	s.Costed += o.Costed
	s.Off += o.Off
}

// Plus is both together. Orders add up only along one key and different days.
func (s Sold) Plus(o Sold) Sold {
	s.add(o)
	return s
}

// Mean is the worth of one order, 0 without any.
func (s Sold) Mean() money.Amount {
	if s.Orders == 0 {
		return 0
	}
	return s.Revenue.Part(1, int64(s.Orders))
}

// SoldDay is one day of one key.
type SoldDay struct {
	Day string
	Key string
	Sold
}

type soldBucket struct {
	day       string
	dim       Dim
	key       string
	simulated bool
}

func (b soldBucket) compare(o soldBucket) int {
	return cmp.Or(cmp.Compare(b.day, o.day), cmp.Compare(b.dim, o.dim), cmp.Compare(b.key, o.key), cmp.Compare(strconv.FormatBool(b.simulated), strconv.FormatBool(o.simulated)))
}

// taken is what one promotion took off one line, in the order's currency.
type taken struct {
	promotion int64
	amount    money.Amount
}

// foldSales adds lines up by day and along every dimension; segments names the
// segment of accounts, off what was taken off by order and position. An order
// counts once for each key under which something of it stayed sold.
func foldSales(lines []sold, off map[[2]int64][]taken, segments map[int64]string, zone *time.Location) map[soldBucket]Sold {
	sums := map[soldBucket]Sold{}
	type once struct {
		order int64
		soldBucket
	}
	counted := map[once]bool{}
	for _, l := range lines {
		day := time.UnixMilli(l.at).In(zone).Format(time.DateOnly)
		put := func(dim Dim, key string, s Sold) {
			b := soldBucket{day, dim, key, l.simulated}
			if !counted[once{l.order, b}] {
				counted[once{l.order, b}], s.Orders = true, 1
			}
			sum := sums[b]
			sum.add(s)
			sums[b] = sum
		}
		if l.units == 0 {
			continue // all of it was given back
		}
		s := Sold{Units: l.units, Revenue: l.revenue, Margin: l.margin, Costed: l.costed}
		under := off[[2]int64{l.order, l.position}]
		for _, t := range under {
			s.Off += l.here(t.amount)
		}
		category := ""
		if l.category != 0 {
			category = strconv.FormatInt(l.category, 10)
		}
		put(Whole, "", s)
		put(ByProduct, strconv.FormatInt(l.product, 10), s)
		put(ByCategory, category, s)
		put(BySegment, segments[l.who], s)
		for _, t := range under {
			one := s
			one.Off = l.here(t.amount)
			put(ByPromotion, strconv.FormatInt(t.promotion, 10), one)
		}
	}
	return sums
}

// Fold adds days up by key, the largest revenue first.
func Fold(days []SoldDay) []SoldDay {
	at := map[string]int{}
	var all []SoldDay
	for _, d := range days {
		i, ok := at[d.Key]
		if !ok {
			i = len(all)
			at[d.Key], all = i, append(all, SoldDay{Key: d.Key})
		}
		all[i].add(d.Sold)
	}
	slices.SortStableFunc(all, func(a, b SoldDay) int {
		return cmp.Or(cmp.Compare(b.Revenue, a.Revenue), cmp.Compare(b.Units, a.Units), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// Sum adds the days of one key up.
func Sum(days []SoldDay) (all Sold) {
	for _, d := range days {
		all.add(d.Sold)
	}
	return all
}
