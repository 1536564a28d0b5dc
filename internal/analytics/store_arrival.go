package analytics

import (
	"cmp"
	"database/sql"

	"regulars/internal/cart"
)

// arrival is what led the visit of a cart to the shop, as facts keep it. A
// campaign's own name for itself stands where there was no site.
type arrival struct {
	channel, referrer, campaign, landing, entry, browser, version, arm, followup string
}

func (r *reader) arrivals() error {
	err := r.each(`SELECT a.cart_id, a.channel, a.referrer, a.source, a.campaign, a.landing, a.entry, a.browser, a.version, a.arm
		FROM cart_arrivals a JOIN carts c ON c.id = a.cart_id WHERE `+chosen, r.span, func(rows *sql.Rows) error {
		var id int64
		var source string
		var a arrival
		if err := rows.Scan(&id, &a.channel, &a.referrer, &source, &a.campaign, &a.landing, &a.entry, &a.browser, &a.version, &a.arm); err != nil {
			return err
		}
		a.referrer = cmp.Or(a.referrer, source)
		if s := r.by[id]; s != nil {
			s.arrived = a
		}
		return nil
	})
	if err != nil {
		return err
	}
	// The side that the cart was on when it rested first.
	return r.each("SELECT a.cart_id, a.arm, a.assigned_at FROM followup_arms a JOIN carts c ON c.id = a.cart_id WHERE "+chosen+" ORDER BY a.id", r.span, func(rows *sql.Rows) error {
		var id, at int64
		var arm string
		if err := rows.Scan(&id, &arm, &at); err != nil {
			return err
		}
		if s := r.by[id]; s != nil {
			s.arrived.followup, s.changed = cmp.Or(s.arrived.followup, arm), max(s.changed, at)
		}
		return nil
	})
}

// promises are the upper ends of the classes of days until delivery.
var promises = []struct {
	most int
	code string
}{{1, "1"}, {3, "3"}, {7, "7"}, {14, "14"}}

// promised is the class of the days that the cart's pages said last, "" where
// none said any.
func (s *story) promised() string {
	days := 0
	for _, f := range s.frictions {
		if f.kind == cart.Shown && f.days > 0 {
			days = f.days
		}
	}
	if days == 0 {
		return ""
	}
	for _, p := range promises {
		if days <= p.most {
			return p.code
		}
	}
	return "15"
}
