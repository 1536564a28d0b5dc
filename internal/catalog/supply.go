package catalog

import (
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// The policies of a variant of which nothing is left.
const (
	Deny      = "deny"      // it is sold out
	Backorder = "backorder" // it is sold up to a limit, and sent when it arrives
	Preorder  = "preorder"  // it is sold up to a limit before it exists, and sent from a day on
)

// Supply says how much of a variant can be had, and when. Pages, lists, cart,
// checkout, feed and search all read this one answer.
type Supply struct {
	Available int  // can be bought now; -1 = not counted
	Now       int  // of these, there to be sent at once; -1 = not counted
	Preorder  bool // the others are sold ahead of their first day
	// Due is when the others are expected, and where none can be bought, when
	// some can again; never = nobody knows.
	Due db.Time
}

// Uncounted is the supply of what can always be had.
var Uncounted = Supply{Available: -1, Now: -1}

// The availabilities, named as feeds name them.
const (
	InStock     = "in_stock"
	OutOfStock  = "out_of_stock"
	OnBackorder = "backorder"
	OnPreorder  = "preorder"
)

// State says how qty units can be had.
func (s Supply) State(qty int) string {
	switch {
	case s.Available >= 0 && s.Available < qty:
		return OutOfStock
	case !s.Waits(qty):
		return InStock
	case s.Preorder:
		return OnPreorder
	}
	return OnBackorder
}

// Waits reports whether some of qty units are not there yet.
func (s Supply) Waits(qty int) bool { return s.Now >= 0 && qty > s.Now }

// DueAfter is the expected day, if it is known and still ahead: a day that is
// over promises nothing.
func (s Supply) DueAfter(now time.Time) (time.Time, bool) {
	return s.Due.Time, !s.Due.IsZero() && s.Due.After(now)
}

// Listed is State of one unit as those read it who want a day with what ships
// later: without one it is out of stock to them. due is that day.
func (s Supply) Listed(now time.Time) (state string, due time.Time) {
	state = s.State(1)
	if state != OnBackorder && state != OnPreorder {
		return state, time.Time{}
	}
	due, known := s.DueAfter(now)
	if !known {
		return OutOfStock, time.Time{}
	}
	return state, due
}

// both is what two things that are sold together leave: the shorter decides.
func (s Supply) both(o Supply) Supply {
	switch {
	case s.Now < 0:
		return o
	case o.Now < 0:
		return s
	}
	sum := Supply{Available: min(s.Available, o.Available), Now: min(s.Now, o.Now), Preorder: s.Preorder || o.Preorder}
	switch {
	case s.Now < o.Now:
		sum.Due = s.Due
	case o.Now < s.Now:
		sum.Due = o.Due
	case s.Due.IsZero() || o.Due.IsZero(): // both run out together, and of one nobody knows
	case s.Due.After(o.Due.Time):
		sum.Due = s.Due
	default:
		sum.Due = o.Due
	}
	return sum
}

// Component is a variant inside a bundle, Qty units in one of it.
type Component struct {
	Variant  VariantID
	Product  ProductID
	SKU      string
	Slug     string
	Name     i18n.Text
	Choices  i18n.Text
	Image    Image
	Qty      int
	Position int
}
