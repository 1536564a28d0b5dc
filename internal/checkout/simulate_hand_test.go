package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/setting"
)

// slip is money that a member of staff saw arrive for an order by bank or from
// a courier, and the form by which they told the shop. An unanswered one is
// sent again, an answered one now and then, too: a double click.
type slip struct {
	order    order.ID
	receipt  payment.Receipt
	answered bool
	noted    bool // it counts: the answer was no refusal
}

// payByHand opens a shop's bank account and its door.
func payByHand(t testing.TB, s *shop) {
	s.tx(func(tx *db.Tx) error {
		for k, v := range map[string]string{"payments.offered": "auto,transfer,cod", "payment.transfer.details": "Holder: Willowmere Ltd; IBAN: DE12 3456", "payment.cod.countries": "DE"} {
			if err := setting.Set(ctx, tx, k, v, s.now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.desk.Settings.Refresh(ctx, s.db); err != nil {
		t.Fatal(err)
	}
}

// byHand reports whether this world also pays by bank and at the door: one in
// three does, of either provider.
func (w *world) byHand() bool { return w.seed%3 == 1 }

func handPaid(p *payment.Payment) bool {
	return p.Provider == payment.TransferCode || p.Provider == payment.DoorCode
}

// handed is the payment by hand of an order, newest first; nil if it has none.
func (w *world) handed(id order.ID) (*payment.Payment, error) {
	all, err := payment.Of(ctx, w.db, id)
	for i := range slices.Backward(all) {
		if handPaid(&all[i]) {
			return &all[i], err
		}
	}
	return nil, err
}

// withHanded is with for an order that is paid by hand, if there is one.
func (w *world) withHanded(c context.Context, do func(order.ID) error) error {
	var ids []order.ID
	if err := w.db.Query(ctx).Raw("SELECT DISTINCT order_id FROM payments WHERE provider IN ('transfer','cod') ORDER BY order_id").Scan(&ids).Error; err != nil || len(ids) == 0 {
		return err
	}
	return do(ids[w.r.IntN(len(ids))])
}

// moneyCame is money of some amount for an order, as it happens: what was
// asked, less, more, in two parts, for an order that ended, or a form sent
// twice.
func (w *world) moneyCame(c context.Context) (string, error) {
	if len(w.slips) > 0 && w.r.IntN(4) == 0 {
		return "slip again", w.hand(c, w.slips[w.r.IntN(len(w.slips))])
	}
	return "money by hand", w.withHanded(c, func(id order.ID) error {
		p, err := w.handed(id)
		if err != nil || p == nil {
			return err
		}
		r := payment.Receipt{Key: fmt.Sprintf("slip-of-step-%d-%d", w.seed, w.steps), By: "staff:1"}
		switch w.r.IntN(7) {
		case 0:
			r.Amount = p.Amount / 2
		case 1:
			r.Amount = p.Amount - p.Amount/2 // with the half it is exact
		case 2:
			r.Amount = p.Amount + 5
		case 3:
			r.Amount, r.Whole = p.Amount+5, true
		default:
			r.Amount = p.Amount
		}
		if r.Amount <= 0 {
			return nil
		}
		s := &slip{order: id, receipt: r}
		w.slips = append(w.slips, s)
		return w.hand(c, s)
	})
}

// hand sends a slip's form.
func (w *world) hand(c context.Context, s *slip) error {
	var noted payment.Noted
	err := w.db.InTx(c, func(tx *db.Tx) (err error) {
		noted, err = w.desk.ReceiveIn(c, tx, s.order, s.receipt, w.at)
		return err
	})
	if err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	if s.answered && s.noted && noted != payment.NotedSeen && err == nil {
		w.wrong("the slip %s counted twice", s.receipt.Key)
	}
	s.answered, s.noted = true, s.noted || err == nil
	return err
}

// comesBack is a parcel that nobody at the door paid for.
func (w *world) comesBack(c context.Context) error {
	return w.withHanded(c, func(id order.ID) error {
		if w.r.IntN(2) == 0 { // most have to be sent first
			if err := late(w.desk.Ship(c, id, "staff:1")); err != nil {
				return err
			}
		}
		return w.db.InTx(c, func(tx *db.Tx) error { return w.desk.RefusedIn(c, tx, id, "staff:1", "nobody paid", w.at) })
	})
}

// handsCalm has staff answer every slip, send what may be sent, take what the
// courier brings or what comes back, and lets the time of transfers pass.
func (w *world) handsCalm(must func(string, error)) {
	if !w.byHand() {
		return
	}
	for _, s := range w.slips {
		if !s.answered {
			must("a slip again", w.hand(ctx, s))
		}
	}
	for _, o := range w.orders() {
		if !o.AtDoor || o.State != order.StatePlaced || o.PaymentState != order.Pending {
			continue
		}
		if o.DeliveryState == order.Unshipped {
			if err := w.desk.Ship(ctx, o.ID, "staff:1"); err != nil {
				w.wrong("order %s is for the door and cannot go out: %v", o.Number, err)
			}
		}
		if o.ID%2 == 0 {
			err := w.db.InTx(ctx, func(tx *db.Tx) error { return w.desk.RefusedIn(ctx, tx, o.ID, "staff:1", "nobody paid", w.at) })
			if err != nil {
				w.wrong("order %s was refused at the door and cannot come back: %v", o.Number, err)
			}
			continue
		}
		must("the courier", w.desk.Deliver(ctx, o.ID, "staff:1"))
		p, err := w.handed(o.ID)
		if err != nil || p == nil {
			w.wrong("order %s is for the door and asks for nothing: %v", o.Number, err)
			continue
		}
		rest := p.Amount - w.came(p.ID)
		if rest < 0 { // more came already, and a person says that it is enough
			must("enough", w.db.InTx(ctx, func(tx *db.Tx) error {
				_, err := w.desk.ReceiveIn(ctx, tx, o.ID, payment.Receipt{Key: fmt.Sprintf("enough-of-the-calm-%d", o.ID), By: "staff:1", Whole: true}, w.at)
				return err
			}))
			w.enough = append(w.enough, p.ID)
			continue
		}
		s := &slip{order: o.ID, receipt: payment.Receipt{Key: fmt.Sprintf("slip-of-the-calm-%d-%d", w.seed, o.ID), By: "staff:1", Amount: max(rest, 1), Whole: true}}
		w.slips = append(w.slips, s)
		must("the courier's money", w.hand(ctx, s))
	}
	for range 3 { // longer than a transfer may take
		w.at = w.at.Add(72 * time.Hour)
		must("sweep", w.sweep(ctx))
		_, err := w.jobs.RunDue(ctx, w.at)
		must("jobs", err)
	}
}

// came is what the shop's receipts of a payment add up to.
func (w *world) came(id payment.ID) money.Amount {
	return money.Amount(w.count("SELECT coalesce(sum(amount), 0) FROM payment_receipts WHERE payment_id = ?", int64(id)))
}

// examineHand holds a payment by hand against the slips: each answered one
// counts once, and the order is paid exactly where the sum was right or a
// person said that more is right.
func (w *world) examineHand(p *payment.Payment, ended bool, when string) {
	var rows []struct {
		Key    string
		Amount money.Amount
	}
	if err := w.db.Query(ctx).Raw("SELECT key, amount FROM payment_receipts WHERE payment_id = ? ORDER BY id", int64(p.ID)).Scan(&rows).Error; err != nil {
		w.wrong("%s: %v", when, err)
	}
	var sum money.Amount
	paid := false
	for _, r := range rows {
		i := slices.IndexFunc(w.slips, func(s *slip) bool { return s.receipt.Key == r.Key })
		if i < 0 || w.slips[i].order != p.OrderID || w.slips[i].receipt.Amount != r.Amount {
			w.wrong("%s: payment %d counts a slip %s that nobody wrote so", when, p.ID, r.Key)
			return
		}
		sum += r.Amount
		paid = paid || sum == p.Amount || sum > p.Amount && w.slips[i].receipt.Whole
	}
	paid = paid || slices.Contains(w.enough, p.ID) && sum > p.Amount
	if (p.Captured > 0) != paid {
		w.wrong("%s: payment %d of %d has receipts of %d, right at some time: %v, and captured %d", when, p.ID, p.Amount, sum, paid, p.Captured)
	}
	if flags := w.count("SELECT count(*) FROM order_history WHERE order_id = ? AND note LIKE ?", int64(p.OrderID), order.Flag+"%"); sum > 0 && flags == 0 && (!paid || sum != p.Amount || ended) {
		w.wrong("%s: %d came for payment %d of %d, and nobody is told", when, sum, p.ID, p.Amount)
	}
}

// examineSlips wants every slip that counted to be there.
func (w *world) examineSlips(when string) {
	for _, s := range w.slips {
		n := w.count("SELECT count(*) FROM payment_receipts WHERE key = ?", s.receipt.Key)
		if s.noted && n != 1 || n > 1 {
			w.wrong("%s: the slip %s stands %d times", when, s.receipt.Key, n)
		}
	}
}
