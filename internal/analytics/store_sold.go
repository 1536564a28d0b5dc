package analytics

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
)

// Sale is a paid order as the shop earned it: net of tax and of what was given
// back, in the shop's currency, gift cards and what has no price in that
// currency left out. Costed is the part of Revenue whose cost is known, Margin
// is of that part.
type Sale struct {
	Order     int64
	At        time.Time
	Who       int64 // the account; negative: a browser nobody signed in with; 0: nobody known
	Simulated bool
	Revenue   money.Amount
	Margin    money.Amount
	Costed    money.Amount
}

// Sales lists the paid orders placed in a span, in the order of their ids.
func Sales(ctx context.Context, q db.Q, from, to time.Time, currency money.Currency) ([]Sale, error) {
	lines, err := sales(ctx, q, from, to, currency)
	if err != nil {
		return nil, err
	}
	var all []Sale
	for _, l := range lines {
		if len(all) == 0 || all[len(all)-1].Order != l.order {
			all = append(all, Sale{Order: l.order, At: time.UnixMilli(l.at), Who: l.who, Simulated: l.simulated})
		}
		s := &all[len(all)-1]
		s.Revenue, s.Margin, s.Costed = s.Revenue+l.revenue, s.Margin+l.margin, s.Costed+l.costed
	}
	return all, nil
}
