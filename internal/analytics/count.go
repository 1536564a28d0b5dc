package analytics

import (
	"cmp"
	"maps"
	"slices"

	"regulars/internal/money"
)

// moment is one sign of life of a cart.
type moment struct {
	kind   string
	at     int64 // Unix milliseconds
	detail string
}

// story is a cart with everything that decides how it counts.
type story struct {
	id                       int64
	state, kind              string
	simulated                bool
	created, started, active int64
	checkout, closed         int64
	ordered, orderFailed     bool // an order exists; it was cancelled and never paid
	moments                  []moment
	lines                    int
	value                    money.Amount
	departments              []string
	inShopCurrency           bool

	// What only the facts of a cart need.
	visitor, customer      int64
	lang, currency, device string
	coupon, country        string
	payment, delivery      string
	gone                   bool  // whose it was is forgotten
	noHistory              bool  // their purchases may not be looked at
	firstPaid, mailed      int64 // the account's first payment; the first mail about this cart
	orderTotal             money.Amount
	captured, refunded     money.Amount // in the order's currency
	pieces                 int
	dearest                money.Amount
	dearDepartment         string
	dearProduct            int64
	frictions              []met
	questions              []question
	changed                int64 // the last moment that anything of it was written
	region                 string
	arrived                arrival
}

// limits are the definition in milliseconds.
type limits struct{ idle, checkoutIdle, lost, window int64 }

func (d Definition) limits() limits {
	return limits{d.Idle.Milliseconds(), d.CheckoutIdle.Milliseconds(), d.Lost.Milliseconds(), Window.Milliseconds()}
}

// began is when checkout began first, 0 = never.
func (s *story) began() int64 {
	began := s.checkout
	for _, m := range s.moments {
		if m.kind == "checkout" && (began == 0 || m.at < began) {
			began = m.at
		}
	}
	return began
}

// excluded: such a cart is in no figure but its own count.
func (s *story) excluded() bool {
	return s.kind != "shopper" || s.state == "merged" || s.state == "void" || s.started == 0 || s.lines == 0 && s.state != "converted"
}

// convertedAt is when the cart became an order that stands, 0 = never. An
// order that was cancelled before anybody paid it is no conversion; one that
// was refunded is.
func (s *story) convertedAt() int64 {
	if s.state != "converted" || s.orderFailed {
		return 0
	}
	return s.closed
}

// moves reports activity: what moves a cart's clock. Looking at it does not, since
// the follow-up's clock does not move either.
func (m moment) moves() bool { return m.kind != "seen" && m.kind != "converted" && m.kind != "void" }

// abandonedAt is when the cart first crossed its idle limit, 0 = not yet:
// the first gap between two signs of life, or between the last and the order
// or now, that is at least the limit and begins to count within lost of the
// start.
func (s *story) abandonedAt(l limits, now int64) int64 {
	end := s.convertedAt()
	if end == 0 {
		end = now
	}
	signs := []int64{s.started}
	began := s.began()
	for _, m := range s.moments {
		if m.moves() && m.at < end {
			signs = append(signs, m.at)
		}
	}
	if s.active < end {
		signs = append(signs, s.active)
	}
	if s.orderFailed && s.closed < end {
		signs = append(signs, s.closed)
	}
	slices.Sort(signs)
	signs = append(signs, end)
	for i := range len(signs) - 1 {
		limit := l.idle
		if began > 0 && began <= signs[i] {
			limit = l.checkoutIdle
		}
		crossed := signs[i] + limit
		if signs[i+1] >= crossed && crossed <= s.started+l.lost {
			return crossed
		}
	}
	return 0
}

// figures is what one cart adds to the counts of its day, but for its value.
func (s *story) figures(l limits, now int64) Figures {
	if s.excluded() {
		return Figures{Excluded: 1}
	}
	f := Figures{Started: 1}
	converted, abandoned := s.convertedAt(), s.abandonedAt(l, now)
	within := func(at, span int64) bool { return at > 0 && at-s.started <= span }
	if within(converted, l.window) {
		f.Converted = 1
	}
	began := s.began()
	link := false
	for _, m := range s.moments {
		link = link || m.kind == "restored" && abandoned > 0 && m.at >= abandoned
	}
	if f.Converted == 1 || within(began, l.window) {
		f.Checkout = 1 // an order implies a checkout, also one without its page
	}
	if abandoned == 0 {
		return f
	}
	f.Abandoned = 1
	if within(converted, l.lost) {
		f.Recovered = 1
		if link {
			f.ByLink = 1
		}
	}
	return f
}

// bucket is one row of cart_days.
type bucket struct {
	day, department string
	simulated       bool
}

func (b bucket) compare(c bucket) int {
	order := func(x bool) int {
		if x {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(b.day, c.day), cmp.Compare(b.department, c.department), cmp.Compare(order(b.simulated), order(c.simulated)))
}

// fold counts the facts of carts into days; the departments are the stories'.
func fold(into map[bucket]Figures, stories []*story, facts []*Fact) {
	for i, s := range stories {
		f := facts[i].figures()
		for _, department := range append([]string{""}, s.departments...) {
			b := bucket{facts[i].Day, department, s.simulated}
			sum := into[b]
			sum.add(f)
			into[b] = sum
		}
	}
}

// figures is the part of the facts that is counted by the day.
func (f *Fact) figures() Figures {
	if f.Excluded != "" {
		return Figures{Excluded: 1}
	}
	c := Figures{Started: f.Started, Checkout: f.Checkout, Abandoned: f.Abandoned, Converted: f.Converted, Recovered: f.Recovered, ByLink: f.ByLink}
	if f.Abandoned == 1 && f.Recovered == 0 {
		c.AbandonedValue = f.Value
	}
	return c
}

func sorted(m map[bucket]Figures) []bucket {
	return slices.SortedFunc(maps.Keys(m), bucket.compare)
}
