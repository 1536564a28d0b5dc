package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// TestBrokenAtEveryPoint breaks placing, settling, and cancelling with its
// refund at each of their statements, before the commit and after it, by an
// error and by a shopper who goes away. Before the commit nothing has
// happened; after it, everything; and told again it comes to the same once.
func TestBrokenAtEveryPoint(t *testing.T) {
	for name, story := range map[string]func(s *shop) (do func(context.Context) error, happened func() bool){
		"place": func(s *shop) (func(context.Context) error, func() bool) {
			bottle, spoon := s.sell("BOTTLE", 1200, 5), s.sell("SPOON", 300, 5)
			p, f := s.guest(), form()
			c := s.fill(p, 1, bottle, spoon)
			return func(c2 context.Context) error {
				_, err := s.desk.Place(c2, p, i18n.English, c.ID, f, checkout.NotShown)
				return err
			}, func() bool { return s.count("SELECT count(*) FROM orders") == 1 }
		},
		"place with a card":    brokenCard,
		"refund a card's part": brokenReturn,
		"settle": func(s *shop) (func(context.Context) error, func() bool) {
			p := s.guest()
			placed := s.place(p, s.fill(p, 1, s.sell("BOTTLE", 1200, 5)), form())
			token := placed.Payment.Token
			return func(c context.Context) error {
				_, err := s.desk.Settle(c, payment.TestCode, payment.EventID(token, payment.OutcomePaid), token, payment.OutcomePaid)
				return err
			}, func() bool { return s.count("SELECT count(*) FROM payments WHERE captured > 0") == 1 }
		},
		"refund": func(s *shop) (func(context.Context) error, func() bool) {
			p := s.guest()
			id := s.place(p, s.fill(p, 1, s.sell("BOTTLE", 1200, 5)), form()).Order.ID
			s.tell(id, payment.OutcomePaid)
			refunded := func() bool {
				return s.count("SELECT count(*) FROM orders WHERE state = 'cancelled' AND payment_state = 'refunded'") == 1
			}
			return func(c context.Context) error {
				if refunded() {
					return nil // staff see that it is cancelled
				}
				return s.desk.Cancel(c, id, "staff:1", "broken")
			}, refunded
		},
		"refund a part": func(s *shop) (func(context.Context) error, func() bool) {
			id := s.arrived(2, "BOTTLE")
			part := payment.Part{Units: map[int]int{1: 1}, Delivery: true}
			return func(c context.Context) error {
				return s.db.InTx(c, func(tx *db.Tx) error {
					_, err := s.desk.RefundIn(c, tx, id, part, "14.20", "the-form-of-this-test", "staff:1", "late", s.now())
					return err
				})
			}, func() bool { return s.count("SELECT count(*) FROM payments WHERE refunded = 1420") == 1 }
		},
		"ask to return": func(s *shop) (func(context.Context) error, func() bool) {
			id := s.arrived(2, "BOTTLE")
			f := checkout.ReturnForm{Key: checkout.NewKey(), Units: map[int]int{1: 1}, Reason: "mind"}
			return func(c context.Context) error {
				_, err := s.desk.AskReturn(c, id, f)
				return err
			}, func() bool { return s.count("SELECT count(*) FROM returns") == 1 }
		},
		"withdraw": func(s *shop) (func(context.Context) error, func() bool) {
			p := s.guest()
			id := s.place(p, s.fill(p, 1, s.sell("BOTTLE", 1200, 5)), form()).Order.ID
			s.tell(id, payment.OutcomePaid)
			f := checkout.WithdrawForm{Key: checkout.NewKey(), Name: "Li Na", Email: "li@mail.example"}
			return func(c context.Context) error {
					_, err := s.desk.WithdrawContract(c, id, f)
					return err
				}, func() bool {
					return s.count("SELECT count(*) FROM orders WHERE state = 'cancelled' AND payment_state = 'refunded'") == 1
				}
		},
		"receive a return": func(s *shop) (func(context.Context) error, func() bool) {
			number := s.sentBack(s.arrived(2, "BOTTLE", "SPOON"), order.Approved)
			return s.told(func(c context.Context, tx *db.Tx) error {
				return s.desk.ReceiveReturnIn(c, tx, number, map[int]checkout.Came{1: {Good: 1, Lost: 1}, 2: {Good: 1}}, "staff:1", s.now())
			}), func() bool { return s.count("SELECT count(*) FROM returns WHERE state = 'received'") == 1 }
		},
		"refund a return": func(s *shop) (func(context.Context) error, func() bool) {
			number := s.sentBack(s.arrived(2, "BOTTLE", "SPOON"), order.ReturnReceived)
			return s.told(func(c context.Context, tx *db.Tx) error {
				return s.desk.ResolveReturnIn(c, tx, number, checkout.Resolution{Outcome: order.EndRefund, Amount: 2500}, "staff:1", s.now())
			}), func() bool { return s.count("SELECT count(*) FROM payments WHERE refunded = 2500") == 1 }
		},
		"credit a return": func(s *shop) (func(context.Context) error, func() bool) {
			number := s.sentBack(s.arrived(2, "BOTTLE", "SPOON"), order.ReturnReceived)
			return s.told(func(c context.Context, tx *db.Tx) error {
					return s.desk.ResolveReturnIn(c, tx, number, checkout.Resolution{Outcome: order.EndCredit, Amount: 2500}, "staff:1", s.now())
				}), func() bool {
					return s.count("SELECT count(*) FROM payments WHERE refunded = 2500") == 1 && s.count("SELECT count(*) FROM credits WHERE balance = 2500") == 1
				}
		},
		"replace a return": func(s *shop) (func(context.Context) error, func() bool) {
			number := s.sentBack(s.arrived(2, "BOTTLE", "SPOON"), order.ReturnReceived)
			return s.told(func(c context.Context, tx *db.Tx) error {
				return s.desk.ResolveReturnIn(c, tx, number, checkout.Resolution{Outcome: order.EndReplacement}, "staff:1", s.now())
			}), func() bool { return s.count("SELECT count(*) FROM orders WHERE replaces <> 0") == 1 }
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := open(t, d)
				do, happened := story(s)
				before := s.rows()
				points := 0
				for _, at := range []db.Moment{db.BeforeStatement, db.BeforeCommit} {
					for _, cancel := range []bool{false, true} {
						for nth := 1; ; nth++ {
							broken := &dbtest.Fault{At: at, Nth: nth, Cancel: cancel, Hold: true}
							if at == db.BeforeCommit && nth > 1 {
								break
							}
							c, stop := broken.In(ctx)
							err := do(c)
							stop()
							if !broken.Struck() {
								break
							}
							points++
							if err == nil || happened() || s.rows() != before {
								t.Fatalf("broken at %d/%d (cancelled: %v): %v; happened: %v; rows %s, before %s", at, nth, cancel, err, happened(), s.rows(), before)
							}
						}
					}
				}
				broken := &dbtest.Fault{At: db.AfterCommit, Nth: 1}
				c, stop := broken.In(ctx)
				defer stop()
				// Placing finds by its key what it did; the others are told again.
				if err := do(c); (err == nil) != strings.HasPrefix(name, "place") || !broken.Struck() || !happened() {
					t.Fatalf("answer lost after the commit: %v; happened: %v", err, happened())
				}
				once := s.rows()
				if err := do(ctx); err != nil || s.rows() != once {
					t.Errorf("told again: %v; rows %s, want %s", err, s.rows(), once)
				}
				report, err := doctor.Check(ctx, d, doctor.Options{Now: s.now()})
				if err != nil || !report.OK {
					t.Errorf("the doctor finds %+v, %v", report, err)
				}
				if points < 12 {
					t.Errorf("only %d points were broken", points)
				}
				t.Logf("%d points", points)
			})
		})
	}
}

// sentBack brings a return of two bottles and a spoon to a state.
func (s *shop) sentBack(id order.ID, to order.ReturnState) string {
	s.t.Helper()
	r, err := s.ask(id, map[int]int{1: 2, 2: 1})
	if err == nil {
		err = s.decide(r.Number, true)
	}
	if err == nil && to == order.ReturnReceived {
		err = s.took(r.Number, map[int]checkout.Came{1: {Good: 2}, 2: {Good: 1}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Number
}

// told is a step that says, told again, that it was taken.
func (s *shop) told(step func(context.Context, *db.Tx) error) func(context.Context) error {
	done := false
	return func(c context.Context) error {
		err := s.db.InTx(c, func(tx *db.Tx) error { return step(c, tx) })
		if done = done || c != ctx; errors.Is(err, fault.Conflict) && done {
			return nil
		}
		return err
	}
}

// rows is everything that placing, paying and cancelling write, counted.
func (s *shop) rows() string {
	text := ""
	for _, table := range []string{"orders", "order_lines", "order_history", "payments", "payment_events", "holds", "cart_steps", "events", "river_job",
		"payment_ops", "refunds", "refund_lines", "credit_notes", "returns", "return_lines", "return_steps", "stock_movements", "credits", "credit_entries"} {
		text += fmt.Sprintf("%s %d, ", table, s.count("SELECT count(*) FROM "+table))
	}
	return text + fmt.Sprintf("returning %d, on hand %d, ", s.count("SELECT coalesce(sum(returned_qty), 0) FROM order_lines"), s.count("SELECT coalesce(sum(on_hand), 0) FROM stock")) +
		fmt.Sprintf("reserved %d, credit %d, open carts %d", s.count("SELECT coalesce(sum(reserved), 0) FROM stock"), s.count("SELECT coalesce(sum(balance), 0) FROM credits"), s.count("SELECT count(*) FROM carts WHERE state = 'open'"))
}
