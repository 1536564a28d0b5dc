package analytics

import (
	"slices"

	"regulars/internal/fault"
	"regulars/internal/money"
)

// Dimension is something carts are told apart by. Most are columns of their
// facts; what names a person today (tier, class, segment) is read from where
// it is kept, so that a no to it counts at once.
type Dimension struct {
	Key    string
	column string // of f, the facts, or of a joined table
	joins  []string
	number bool // the column is a number
}

const (
	joinProduct = " LEFT JOIN products p ON p.id = f.product_id"
	joinCart    = " LEFT JOIN carts ct ON ct.id = f.cart_id"
)

// Dimensions in the order of the form.
var Dimensions = []Dimension{
	{Key: "cause", column: "f.cause"},
	{Key: "step", column: "f.reach", number: true},
	{Key: "department", column: "f.department"},
	{Key: "product", column: "coalesce(p.code, '')", joins: []string{joinProduct}},
	{Key: "brand", column: "coalesce(p.brand, '')", joins: []string{joinProduct}},
	{Key: "channel", column: "f.channel"},
	{Key: "referrer", column: "f.referrer"},
	{Key: "campaign", column: "f.campaign"},
	{Key: "landing", column: "f.landing"},
	{Key: "entry", column: "f.entry"},
	{Key: "device", column: "f.device"},
	{Key: "browser", column: "f.browser"},
	{Key: "lang", column: "f.lang"},
	{Key: "country", column: "f.country"},
	{Key: "region", column: "f.region"},
	{Key: "currency", column: "f.currency"},
	{Key: "buyer", column: "f.buyer"},
	{Key: "login", column: "f.login"},
	{Key: "tier", column: "coalesce(t.tier, '')", joins: []string{joinCart, " LEFT JOIN customer_tiers t ON t.customer_id = ct.customer_id"}},
	{Key: "class", column: "coalesce(v.class, '')", joins: []string{joinCart, " LEFT JOIN customer_values v ON v.customer_id = ct.customer_id"}},
	{Key: "segment", column: "coalesce(m.segment, '')", joins: []string{joinCart, ` LEFT JOIN (
		SELECT x.customer_id, min(x.segment) AS segment FROM segment_members x JOIN segments s ON s.key = x.segment
		WHERE s.pageless = FALSE AND s.archived_at = 0 AND s.position = (SELECT min(s2.position) FROM segment_members y JOIN segments s2 ON s2.key = y.segment
			WHERE y.customer_id = x.customer_id AND s2.pageless = FALSE AND s2.archived_at = 0) GROUP BY x.customer_id) m ON m.customer_id = ct.customer_id`}},
	{Key: "band", column: "f.band"},
	{Key: "items", column: "CASE WHEN f.items >= 5 THEN '5' WHEN f.items >= 3 THEN '3' WHEN f.items = 2 THEN '2' WHEN f.items = 1 THEN '1' ELSE '' END"},
	{Key: "delivery", column: "f.delivery"},
	{Key: "promise", column: "f.promise"},
	{Key: "payment", column: "f.payment"},
	{Key: "coupon", column: "f.coupon"},
	{Key: "shortage", column: "f.shortage"},
	{Key: "asked", column: "f.asked"},
	{Key: "rule", column: "f.rule"},
	{Key: "arm", column: "f.arm"},
	{Key: "followup", column: "f.followup"},
	{Key: "version", column: "f.version"},
	{Key: "weekday", column: "f.weekday", number: true},
	{Key: "hour", column: "f.hour", number: true},
	{Key: "day", column: "f.day"},
	{Key: "month", column: "substr(f.day, 1, 7)"},
}

func dimension(key string) (Dimension, error) {
	i := slices.IndexFunc(Dimensions, func(d Dimension) bool { return d.Key == key })
	if i < 0 {
		return Dimension{}, fault.New(fault.Invalid, "analytics.dimension")
	}
	return Dimensions[i], nil
}

// Filter keeps carts of one value of a dimension.
type Filter struct{ Key, Value string }

// Question is what is asked of the facts: the carts started on the days
// From..To, of real or of simulated shoppers, that pass every filter.
type Question struct {
	From, To  string
	Simulated bool
	Filters   []Filter
}

// Sums are figures of a set of carts; each is a sum of their facts.
type Sums struct {
	Figures
	ByMail                          int
	Lost, LostCheckout              int // abandoned and without an order to this day; of these, begun checkout
	Contact, Delivery, Payment      int // carts that came so far within Window
	Value, LostValue, LostAtPayment money.Amount
	Net, Refunded                   money.Amount
	RecoveredValue                  money.Amount
}

// Cell is one value of each dimension asked for, and its figures.
type Cell struct {
	A, B string
	Sums
}

// Reached is how many carts came to a step of the funnel.
func (s Sums) Reached(step int) int {
	return [...]int{s.Started, s.Checkout, s.Contact, s.Delivery, s.Payment, s.Converted}[step]
}

// Merge adds cells up to one.
func Merge(cells []Cell) (all Cell) {
	for _, c := range cells {
		all.Figures.add(c.Figures)
		all.ByMail += c.ByMail
		all.Lost += c.Lost
		all.LostCheckout += c.LostCheckout
		all.Contact += c.Contact
		all.Delivery += c.Delivery
		all.Payment += c.Payment
		all.Value += c.Value
		all.LostValue += c.LostValue
		all.LostAtPayment += c.LostAtPayment
		all.Net += c.Net
		all.Refunded += c.Refunded
		all.RecoveredValue += c.RecoveredValue
	}
	return all
}
