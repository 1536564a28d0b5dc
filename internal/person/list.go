package person

import (
	"cmp"
	"slices"

	"regulars/internal/customer"
	"regulars/internal/money"
	"regulars/internal/value"
)

// Lists of people whom the shop looks after by name.
const (
	Gold       = "gold"       // A, and likely still here
	Wanted     = "wanted"     // no A yet, and expected to bring what an A brings
	Fading     = "fading"     // of last year's best fifth, half or less this year
	Complained = "complained" // A or very loyal, and wrote or sent back again and again
	Narrow     = "narrow"     // come often, to one department only
	Costly     = "costly"     // cost more than they bring
)

// Lists in the order of the page.
var Lists = []string{Gold, Wanted, Fading, Complained, Narrow, Costly}

// Complaints is from how many letters and returns in 365 days on somebody
// complained again and again.
const Complaints = 3

// Listed is somebody in a list with the numbers that put them there.
type Listed struct {
	Customer                              customer.ID
	Number, Email, Name                   string
	Simulated                             bool
	Class                                 value.Class
	Tier                                  value.Tier
	Recency, Frequency, Departments       int
	Net, NetBefore, NetEver, Contribution money.Amount
	Spending                              money.Amount // forecast of 365 days
	Alive                                 float64
	Letters, Returns                      int         // in 365 days
	Misses                                []value.Gap `gorm:"-"`
}

// cuts are what some lists are measured by, from everybody's values.
type cuts struct {
	big    money.Amount // the least of the best fifth of the year before
	lastA  money.Amount // the least contribution of an A
	margin money.BasisPoints
}

// in reports whether somebody's values put them into a list. Complained is not
// asked here: values know nothing of letters.
func (c cuts) in(list string, l *Listed) bool {
	switch list {
	case Gold:
		return l.Class == value.ClassA && l.Alive >= .5
	case Wanted:
		return l.Class != value.ClassA && l.Class != value.ClassD && c.lastA > 0 && c.margin.Of(l.Spending) >= c.lastA
	case Fading:
		return l.NetBefore > 0 && l.NetBefore >= c.big && l.Net*2 <= l.NetBefore
	case Narrow:
		return l.Departments == 1 && l.Frequency >= 2
	case Costly:
		return l.Class == value.ClassD
	}
	return false
}

// bigOf is the least that the best fifth of the year before spent.
func bigOf(before []money.Amount) money.Amount {
	before = slices.DeleteFunc(before, func(a money.Amount) bool { return a <= 0 })
	if len(before) == 0 {
		return 0
	}
	slices.SortFunc(before, func(a, b money.Amount) int { return cmp.Compare(b, a) })
	return before[(len(before)+4)/5-1]
}

// Drop is by how many percent somebody spends less than the year before.
func (l *Listed) Drop() int {
	if l.NetBefore <= 0 {
		return 0
	}
	return int(((l.NetBefore-l.Net)*200 + l.NetBefore) / (2 * l.NetBefore))
}

// order puts a list into its order, whoever matters most first.
func order(list string, all []Listed) {
	by := func(l *Listed) money.Amount {
		switch list {
		case Wanted:
			return l.Spending
		case Fading:
			return l.NetBefore - l.Net
		case Complained:
			return money.Amount(l.Letters + l.Returns)
		case Narrow:
			return money.Amount(l.Frequency)
		case Costly:
			return -l.Contribution
		}
		return l.Net
	}
	slices.SortFunc(all, func(a, b Listed) int { return cmp.Or(cmp.Compare(by(&b), by(&a)), cmp.Compare(a.Customer, b.Customer)) })
}
