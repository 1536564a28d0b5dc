package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/payment/stripetest"
	"regulars/internal/pricing"
	"regulars/internal/value"
)

// promotions are what the simulated shops give away: a tenth off everything
// for everybody, a coupon good once, one good once a person, and a batch.
func (s *shop) promotions() []string {
	s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 1000}, "")
	s.promote(pricing.Promotion{Kind: pricing.Amount, Value: 200, Currency: "USD", LimitAll: 1}, "ONCE")
	s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 500, LimitPerson: 1}, "MINE")
	batch := s.promote(pricing.Promotion{Kind: pricing.Delivery}, "")
	codes := []string{"ONCE", "MINE"}
	s.tx(func(tx *db.Tx) error {
		batch.NeedsCode = true
		if err := pricing.Put(ctx, tx, batch, s.now()); err != nil {
			return err
		}
		name, err := pricing.AddBatch(ctx, tx, batch.ID, 2, s.now())
		if err != nil {
			return err
		}
		all, err := pricing.Codes(ctx, tx, batch.ID, name)
		for _, c := range all {
			codes = append(codes, c.Code)
		}
		return err
	})
	return codes
}

// usedUp is a coupon refused: nothing is wrong with that.
func usedUp(err error) bool { return strings.HasPrefix(couponError(err), "pricing.coupon.") }

// form is a checkout form of one of few people, half of them with a coupon.
func (w *world) form() checkout.Form {
	f := form()
	f.Email = fmt.Sprintf("li%d@mail.example", w.r.IntN(3))
	if w.till != nil {
		f.Payment = "stripe"
	}
	if w.byHand() {
		f.Payment = []string{f.Payment, f.Payment, payment.TransferCode, payment.DoorCode}[w.r.IntN(4)]
	}
	if i := w.r.IntN(2 * len(w.coupons)); i < len(w.coupons) {
		f.Coupon = w.coupons[i]
	}
	return f
}

func (w *world) sweep(c context.Context) error {
	if err := w.desk.Pay.Sweep(c, w.db, w.at); err != nil {
		return err
	}
	if _, err := w.desk.Sweep(c); err != nil {
		return err
	}
	return value.TurnTiers(c, w.db, w.desk.Settings.Now(), w.at)
}

// change is what becomes of an order after it was placed, by its shopper or
// by staff.
func (w *world) change(c context.Context) (string, error) {
	part, kinds := w.r.IntN(3), 8
	if w.byHand() {
		kinds = 14
	}
	switch w.r.IntN(kinds) {
	case 8:
		return "refused at the door", w.comesBack(c)
	case 9, 10, 11, 12, 13:
		return w.moneyCame(c)
	case 6, 7:
		return w.comeBack(c)
	case 0:
		return "withdraw", w.with(c, func(id order.ID) error { return w.desk.Withdraw(c, id) })
	case 1:
		return "readdress", w.with(c, func(id order.ID) error {
			return w.desk.Readdress(c, id, checkout.Address{Name: "Li Na", Line1: fmt.Sprintf("Bank Street %d", w.steps), City: "Berlin", Postcode: "10115"})
		})
	case 2:
		return "pack", w.with(c, func(id order.ID) error {
			return w.db.InTx(c, func(tx *db.Tx) error { return w.desk.PackIn(c, tx, id, "staff:1", w.at) })
		})
	case 3:
		return "parcel", w.with(c, func(id order.ID) error {
			return w.db.InTx(c, func(tx *db.Tx) error {
				return w.desk.SendIn(c, tx, id, checkout.Parcel{Units: map[int]int{1: 1}}, "staff:1", w.at)
			})
		})
	case 4:
		return "part back", w.with(c, func(id order.ID) error {
			return w.db.InTx(c, func(tx *db.Tx) error {
				o, err := order.Lock(c, tx, id)
				if err != nil {
					return err
				}
				_, err = payment.Give(c, tx, o, payment.Refund{Key: fmt.Sprint("part-", part), Amount: 100, Tax: o.TaxOf(100), Actor: "staff:1", Reason: "simulated"}, w.at)
				return err
			})
		})
	}
	return "return page", w.with(c, func(id order.ID) error {
		o, err := order.ByID(c, w.db, id)
		if err == nil {
			_, err = w.desk.Pay.Catch(c, w.db, o, w.at)
		}
		return err
	})
}

// simTill is a Stripe with its events on the way. A nil one does nothing: the
// world pays at the test gateway.
type simTill struct {
	stripe  *stripetest.Server
	letters []letter
	sent    [][]byte // all events there ever were
}

// letter is an event that Stripe sends until it was taken times times.
type letter struct {
	body  []byte
	times int
}

func (w *world) openTill() {
	w.till = &simTill{stripe: stripetest.New(func() time.Time { return w.at })}
	gateway, err := payment.NewStripe(payment.StripeKeys{Key: "sk_test_1", Webhook: stripetest.Secret, Base: w.till.stripe.URL,
		HTTP: &http.Client{Transport: w.till.stripe.Transport()}})
	if err != nil {
		panic(err)
	}
	w.desk.Pay = &payment.Providers{Stripe: gateway, Back: func(n string) string { return "https://shop.example/orders/" + n + "?key=k&back=1" }}
}

func (w *world) closeTill() {
	if w.till != nil {
		w.till.stripe.Close()
	}
}

// spoil has the first request of one step in three go wrong, if there is one.
func (s *simTill) spoil(w *world) {
	if s != nil && w.r.IntN(3) == 0 {
		w.done["request spoilt"]++
		s.stripe.Fail("", []stripetest.Fault{stripetest.DropBefore, stripetest.DropAfter, stripetest.Busy, stripetest.Broken, stripetest.BrokenDone}[w.r.IntN(5)])
	}
}

// collect takes what Stripe sends onto its way: each event up to three times.
func (s *simTill) collect(w *world) {
	if s == nil {
		return
	}
	s.stripe.Calm()
	for _, e := range s.stripe.Events() {
		s.letters = append(s.letters, letter{e.Body, 1 + w.r.IntN(3)})
		s.sent = append(s.sent, e.Body)
	}
}

// deliver posts any event to the webhook.
func (s *simTill) deliver(c context.Context, w *world) error {
	if len(s.letters) == 0 {
		return nil
	}
	i := w.r.IntN(len(s.letters))
	w.done["event of Stripe"]++
	body := s.letters[i].body
	err := w.desk.Pay.Receive(c, w.db, body, stripetest.Sign(body, stripetest.Secret, w.at), w.at)
	if err == nil {
		if s.letters[i].times--; s.letters[i].times <= 0 {
			s.letters = slices.Delete(s.letters, i, i+1)
		}
	}
	return err
}

// atStripe is a shopper on a hosted page whose address the shop knows, or the
// bank behind it.
func (w *world) atStripe(c context.Context) error {
	var all []payment.Payment
	if err := w.db.Query(ctx).Where("provider_ref <> ''").Order("id").Find(&all).Error; err != nil || len(all) == 0 {
		return err
	}
	p := all[w.r.IntN(len(all))]
	page := w.till.page(p.ProviderRef)
	waits := page.Status == "complete" && page.IntentState == "processing"
	switch n := w.r.IntN(8); {
	case waits && n < 4:
		w.till.stripe.Clear(page)
		w.paid[p.Token] = true
		w.done["paid at Stripe"]++
	case waits:
		w.till.stripe.Bounce(page)
	case n < 5:
		if w.till.stripe.Pay(page) {
			w.paid[p.Token] = true
			w.done["paid at Stripe"]++
		}
	case n < 6:
		w.till.stripe.PayLater(page)
	case page.Status == "open":
		w.till.stripe.Decline(page)
	}
	if w.r.IntN(3) > 0 {
		return nil
	}
	o, err := order.ByID(ctx, w.db, p.OrderID) // the browser comes back
	if err == nil {
		_, err = w.desk.Pay.Catch(c, w.db, o, w.at)
	}
	return err
}

func (s *simTill) page(ref string) *stripetest.Session {
	i := slices.IndexFunc(s.stripe.Sessions, func(x *stripetest.Session) bool { return x.ID == ref })
	if i < 0 {
		return &stripetest.Session{}
	}
	return s.stripe.Sessions[i]
}

// calm lets Stripe be well, the banks decide, and a third of what it still has
// to tell get lost.
func (s *simTill) calm(w *world) {
	if s == nil {
		return
	}
	for _, page := range s.stripe.Sessions {
		if page.Status == "complete" && page.IntentState == "processing" {
			if w.r.IntN(2) == 0 {
				s.stripe.Clear(page)
				w.paid[page.Token] = true
			} else {
				s.stripe.Bounce(page)
			}
		}
	}
	s.collect(w)
	s.letters = slices.DeleteFunc(s.letters, func(letter) bool { return w.r.IntN(3) == 0 })
	for i := 0; len(s.letters) > 0 && i < 1000; i++ {
		if err := s.deliver(ctx, w); err != nil && !errors.Is(err, fault.Conflict) {
			w.wrong("in the calm, an event: %v", err)
		}
	}
}

// settle lets sweep and jobs ask about what is open, a few times.
func (s *simTill) settle(w *world, times int, must func(string, error)) {
	if s == nil {
		return
	}
	for range times {
		w.at = w.at.Add(6 * time.Minute)
		must("sweep", w.sweep(ctx))
		_, err := w.jobs.RunDue(ctx, w.at)
		must("jobs", err)
	}
}

// quiet lets the sweep's pause pass with Stripe reachable, before anybody is
// asked whether something waits too long.
func (s *simTill) quiet(w *world) {
	if s != nil {
		w.at = w.at.Add(3 * time.Minute)
	}
}

// examine compares what Stripe did with what the shop saved before it asked,
// and in the calm its money with the shop's.
func (s *simTill) examine(w *world, when string) {
	if s == nil {
		return
	}
	var keys []string
	if err := w.db.Query(ctx).Raw("SELECT key FROM payment_ops").Scan(&keys).Error; err != nil {
		w.wrong("%s: %v", when, err)
	}
	saved := func(asked string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return asked == key || strings.HasPrefix(asked, key+":") })
	}
	for _, page := range s.stripe.Sessions {
		if !saved(page.Key) {
			w.wrong("%s: Stripe was asked for a page under %s, which is not saved", when, page.Key)
		}
	}
	done := map[string]bool{}
	for _, r := range s.stripe.Refunds {
		if !saved(r.Op) || done[r.Op] {
			w.wrong("%s: Stripe refunded %s, saved %v, before %v", when, r.Op, saved(r.Op), done[r.Op])
		}
		done[r.Op] = true
	}
	if when != calmly {
		return
	}
	var rows []struct {
		ProviderRef                       string
		Captured, Refunded, Refused, Kept int64
	}
	err := w.db.Query(ctx).Raw(`SELECT p.provider_ref, p.captured, p.refunded, coalesce(sum(CASE WHEN x.state = 'refused' THEN x.amount ELSE 0 END), 0) AS refused,
		coalesce(sum(CASE WHEN r.credited > 0 THEN x.amount ELSE 0 END), 0) AS kept FROM payments p
		LEFT JOIN payment_ops x ON x.payment_id = p.id AND x.kind = 'refund' LEFT JOIN refunds r ON r.id = x.refund_id
		WHERE p.provider_ref <> '' GROUP BY p.id, p.provider_ref, p.captured, p.refunded`).Scan(&rows).Error
	if err != nil {
		w.wrong("%s: %v", when, err)
	}
	for _, p := range rows { // what had no answer for days was left to staff, done or not
		page := s.page(p.ProviderRef)
		if page.Received != p.Captured || page.Returned > p.Refunded-p.Kept || page.Returned < p.Refunded-p.Kept-p.Refused {
			w.wrong("%s: Stripe has %d of page %s and sent %d back, the shop says %d and %d", when, page.Received, page.ID, page.Returned, p.Captured, p.Refunded)
		}
	}
}

// tellAllAgain tells all that was ever told of payments three times more, in
// another order: the shop must stay as it is.
func (w *world) tellAllAgain() {
	before := w.dump()
	var again []func() error
	for _, n := range w.everTold {
		again = append(again, func() error { return w.tell(ctx, n) })
	}
	if w.till != nil {
		for _, body := range w.till.sent {
			again = append(again, func() error {
				return w.desk.Pay.Receive(ctx, w.db, body, stripetest.Sign(body, stripetest.Secret, w.at), w.at)
			})
		}
	}
	for _, s := range w.slips {
		again = append(again, func() error { return w.hand(ctx, s) })
	}
	again = slices.Concat(again, again, again)
	w.r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	for _, tell := range again {
		if err := tell(); err != nil && !errors.Is(err, fault.Conflict) {
			w.wrong("told again: %v", err)
		}
	}
	if _, err := w.jobs.RunDue(ctx, w.at); err != nil {
		w.wrong("told again, jobs: %v", err)
	}
	after := w.dump()
	for table := range before {
		if before[table] != after[table] {
			w.wrong("told again, %s was\n%s\nand is\n%s", table, before[table], after[table])
		}
	}
	w.done["told again"] += len(again)
}

// dump writes down every row that says what became of orders, goods and money.
func (w *world) dump() map[string]string {
	all := map[string]string{}
	for _, table := range []string{"orders", "order_history", "holds", "stock", "stock_movements", "payments", "payment_events", "payment_ops",
		"redemptions", "promotions", "promotion_codes", "invoices", "shipments", "events", "sends", "refunds", "credit_notes", "returns", "credits", "credit_entries", "payment_receipts"} {
		var rows []map[string]any
		if err := w.db.Query(ctx).Table(table).Find(&rows).Error; err != nil {
			w.wrong("write down %s: %v", table, err)
		}
		lines := make([]string, len(rows))
		for i, row := range rows {
			delete(row, "asked_at") // asking is no news
			lines[i] = fmt.Sprint(row)
		}
		slices.Sort(lines)
		all[table] = strings.Join(lines, "\n")
	}
	return all
}
