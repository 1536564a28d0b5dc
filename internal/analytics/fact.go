package analytics

import (
	"cmp"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/money"
)

// Fact is what one cart adds to every figure of the report, and its row. It is
// made from the cart's story by one function and never patched; it names
// nobody. Flags are 0 or 1, so that figures are sums of them.
type Fact struct {
	CartID                                int64
	Day                                   string // of the start, in the shop's zone
	Hour, Weekday                         int    // Monday is 1
	Simulated                             bool
	Excluded                              string // why it is in no figure: staff, test, bot, merged, void, empty; "" of those that count
	Definition                            int64
	Started, Checkout, Abandoned          int
	Converted, Recovered, ByMail, ByLink  int
	Lost                                  int     // abandoned, and no order to this day
	Reach                                 int     // the furthest step within Window, see Steps
	StartedAt, CheckoutAt, ContactAt      db.Time // first times; zero of never
	DeliveryAt, PaymentAt                 db.Time
	ConvertedAt, LeftAt                   db.Time
	Value, Net, Refunded                  money.Amount // in the shop's currency; Net is what stayed paid
	Items                                 int
	Band, Lang, Currency, Device, Country string
	Buyer                                 string // new, returning, guest, unknown
	Login                                 string // account, guest
	Department                            string // of the dearest line
	ProductID                             int64  // of the dearest line
	Delivery, Payment, Coupon, Shortage   string
	Asked                                 string // none, quick, hours, late, never: how long the answer took
	Waited                                int64  // the longest wait for an answer that came, milliseconds
	Cause, Rule                           string // of a lost cart
	About                                 string
	Amount                                money.Amount
	Region                                string // of the order, else of the account's first address, with its country
	Channel, Referrer, Campaign           string // what led the visit here, see cart.Arrival
	Landing, Entry                        string
	Promise                               string // the days until delivery that were said last, see promises
	Browser, Version, Arm                 string
	Followup                              string // the side of the follow-up's test, "" of carts it did not reach
}

// TableName is cart_facts.
func (Fact) TableName() string { return "cart_facts" }

// Steps of the funnel within the cart; a later one implies those before.
var Steps = []string{"added", "checkout", "contact", "delivery", "payment", "bought"}

const (
	reachCheckout = iota + 1
	reachContact
	reachDelivery
	reachPayment
	reachBought
)

// bands are the lower ends of the classes by value, in whole units of the
// shop's currency.
var bands = []struct {
	from int64
	code string
}{{1000, "1000"}, {250, "250"}, {100, "100"}, {50, "50"}, {25, "25"}, {0, "0"}}

func bandOf(a money.Amount, c money.Currency) string {
	unit := int64(1)
	for range c.Digits() {
		unit *= 10
	}
	for _, b := range bands {
		if int64(a) >= b.from*unit {
			return b.code
		}
	}
	return bands[len(bands)-1].code
}

// left out says why a cart is in no figure, "" if it is in them.
func (s *story) leftOut() string {
	switch {
	case s.kind != "shopper":
		return s.kind
	case s.state == "merged" || s.state == "void":
		return s.state
	case s.excluded():
		return "empty"
	}
	return ""
}

// fact makes the row of a cart.
func (s *story) fact(d Definition, zone *time.Location, currency money.Currency, now int64) *Fact {
	start := time.UnixMilli(cmp.Or(s.started, s.created)).In(zone)
	f := &Fact{CartID: s.id, Day: start.Format(time.DateOnly), Hour: start.Hour(), Weekday: (int(start.Weekday())+6)%7 + 1, Simulated: s.simulated,
		Excluded: s.leftOut(), Definition: d.code(), StartedAt: millis(s.started), Lang: s.lang, Currency: s.currency, Device: s.device,
		Channel: s.arrived.channel, Referrer: s.arrived.referrer, Campaign: s.arrived.campaign, Landing: s.arrived.landing, Entry: s.arrived.entry,
		Browser: s.arrived.browser, Version: s.arrived.version, Arm: s.arrived.arm, Followup: s.arrived.followup, Items: s.pieces, Value: s.value, Band: bandOf(s.value, currency), Login: "guest", Department: s.dearDepartment, ProductID: s.dearProduct}
	if f.Excluded != "" {
		return f
	}
	l := d.limits()
	c := s.figures(l, now)
	converted := s.convertedAt()
	f.Started, f.Checkout, f.Abandoned, f.Converted, f.Recovered, f.ByLink = c.Started, c.Checkout, c.Abandoned, c.Converted, c.Recovered, c.ByLink
	if c.Recovered == 1 && (c.ByLink == 1 || s.mailed > 0 && s.mailed <= converted) { // the link came in a mail
		f.ByMail = 1
	}
	s.walk(f, l)
	f.ConvertedAt, f.LeftAt = millis(converted), millis(s.leftAt())
	f.money(s)
	f.who(s)
	f.asked(s, now)
	if f.Abandoned == 1 && converted == 0 {
		f.Lost = 1
		w := s.cause(now)
		f.Cause, f.Rule, f.About, f.Amount = w.cause, w.rule, w.about, w.amount
		if !s.inShopCurrency {
			f.Amount = s.value.Part(int64(w.amount), int64(max(w.of, 1)))
		}
	}
	return f
}

func millis(at int64) db.Time {
	if at == 0 {
		return db.Time{}
	}
	return db.At(time.UnixMilli(at))
}

// walk says how far the cart came and when it was where first.
func (s *story) walk(f *Fact, l limits) {
	at := [reachBought + 1]int64{reachCheckout: s.began()}
	for _, m := range s.moments {
		for reach, kind := range map[int]string{reachContact: "contact", reachDelivery: "delivery", reachPayment: "payment"} {
			if m.kind == kind && (at[reach] == 0 || m.at < at[reach]) {
				at[reach] = m.at
			}
		}
		switch m.kind {
		case "delivery":
			f.Delivery = m.detail
		case "payment":
			f.Payment = m.detail
		}
	}
	f.CheckoutAt, f.ContactAt, f.DeliveryAt, f.PaymentAt = millis(at[reachCheckout]), millis(at[reachContact]), millis(at[reachDelivery]), millis(at[reachPayment])
	for reach, when := range at {
		if when > 0 && when-s.started <= l.window {
			f.Reach = reach
		}
	}
	switch {
	case f.Converted == 1:
		f.Reach = reachBought
	case f.Checkout == 0:
		f.Reach = 0
	}
	f.Delivery, f.Payment = cmp.Or(s.delivery, f.Delivery), cmp.Or(s.payment, f.Payment)
}

// money says what came of it: other currencies count by the share that stayed
// paid of what the goods cost in the shop's own.
func (f *Fact) money(s *story) {
	net, back := s.captured-s.refunded, s.refunded
	if !s.inShopCurrency {
		net, back = 0, 0
		if s.orderTotal > 0 {
			net, back = s.value.Part(int64(s.captured-s.refunded), int64(s.orderTotal)), s.value.Part(int64(s.refunded), int64(s.orderTotal))
		}
	}
	f.Net, f.Refunded = net, back
}

func (f *Fact) who(s *story) {
	f.Country, f.Region, f.Promise, f.Buyer, f.Coupon, f.Shortage = s.country, s.region, s.promised(), "guest", "none", "none"
	if s.customer != 0 {
		f.Login = "account"
		switch {
		case s.noHistory:
			f.Buyer = "unknown"
		case s.firstPaid > 0 && s.firstPaid < s.started:
			f.Buyer = "returning"
		default:
			f.Buyer = "new"
		}
	}
	for _, m := range s.frictions {
		switch m.kind {
		case cart.CouponRefused:
			f.Coupon = "refused"
		case cart.StockLost:
			f.Shortage = "short"
		}
	}
	if s.coupon != "" {
		f.Coupon = "used"
	}
}

func (f *Fact) asked(s *story, now int64) {
	f.Asked = "none"
	worst := int64(-1)
	for _, q := range s.questions {
		if q.answered == 0 {
			f.Asked, worst = "never", now
			continue
		}
		f.Waited = max(f.Waited, q.answered-q.at)
		worst = max(worst, q.answered-q.at)
	}
	switch {
	case len(s.questions) == 0 || f.Asked == "never":
	case worst <= swift:
		f.Asked = "quick"
	case worst <= 24*3_600_000:
		f.Asked = "hours"
	default:
		f.Asked = "late"
	}
}
