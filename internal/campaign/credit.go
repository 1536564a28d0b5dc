package campaign

import (
	"cmp"
	"slices"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
)

// How an order came to a campaign, the surest last.
const (
	ByMail = "mail" // its mail went out to the buyer before
	ByLink = "link" // a link of it led to the shop before
	ByCode = "code" // its code is on the order
)

var touches = []string{ByMail, ByLink, ByCode}

// touch is one thing of a campaign that came before an order.
type touch struct {
	order int64
	of    ID
	at    int64
	how   string
}

// last is the touch to which an order belongs: the latest; of several at one
// moment the surest, then that of the newer campaign.
func last(all []touch) map[int64]touch {
	out := map[int64]touch{}
	for _, t := range all {
		was, has := out[t.order]
		if !has || cmp.Or(cmp.Compare(t.at, was.at), cmp.Compare(slices.Index(touches, t.how), slices.Index(touches, was.how)), cmp.Compare(t.of, was.of)) > 0 {
			out[t.order] = t
		}
	}
	return out
}

// Sum is money that came back, of how many orders. Margin is of the part of the
// revenue whose cost is known, Costed.
type Sum struct {
	Orders                  int
	Revenue, Margin, Costed money.Amount
}

func (s *Sum) add(o analytics.Sale) {
	s.Orders++
	s.Revenue, s.Margin, s.Costed = s.Revenue+o.Revenue, s.Margin+o.Margin, s.Costed+o.Costed
}

// Result is what one campaign cost and brought. Orders are credited to it, not
// caused by it; what it caused is Effect.
type Result struct {
	Campaign
	Sum
	How      map[string]int // orders by the touch they belong to it by
	People   int            // it was for
	Mails    int            // that went out
	Waits    int
	Withheld int
	Without  int // who go without
	Clicks   int // by its links, also of people nobody knows
	Clickers int // people known to have followed one
	Cost     money.Amount
	Effect   experiment.Result // of a person's net revenue within CreditDays
	Young    int               // people of the test whose days are not over
	LetGo    db.Time           // when it stopped naming its people; 0: it names them
}

// Return is what so much money is to the cost: 3.98 is 3.98 of each unit spent.
// false where nothing was spent.
func (r *Result) Return(a money.Amount) (float64, bool) {
	if r.Cost <= 0 {
		return 0, false
	}
	return float64(a) / float64(r.Cost), true
}

// Caused is the revenue that it brought, which would not have come without it.
func (r *Result) Caused() experiment.Interval { return r.Effect.Lift.Times(float64(r.Effect.Shown.N)) }

// Report is what campaigns brought in a span of time. Every paid order placed
// in it is of one campaign or of none: the sums of all and None are Total.
type Report struct {
	From, To  time.Time
	Simulated bool
	Rows      []Result // the newest first
	Earlier   Sum      // of campaigns that are not among the rows
	None      Sum
	Total     Sum
}
