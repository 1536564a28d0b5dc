package checkout_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// member signs somebody up and returns them.
func (s *shop) member(email string) *customer.Person {
	s.t.Helper()
	p := s.guest()
	s.tx(func(tx *db.Tx) error {
		k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "Li Na"}, s.now())
		p = customer.NewPerson(p.Visitor, k, nil, nil)
		return err
	})
	return p
}

// back brings two units of an order to the desk, to be resolved.
func (s *shop) back(id order.ID, units int) string {
	s.t.Helper()
	r, err := s.ask(id, map[int]int{1: units})
	if err == nil {
		err = errors.Join(s.decide(r.Number, true), s.took(r.Number, map[int]checkout.Came{1: {Good: units}}))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Number
}

// Two staff, one for money and one for credit, and each clicking twice.
func TestAReturnEndsInCreditOnce(t *testing.T) {
	for who, account := range map[string]bool{"account": true, "guest": false} {
		t.Run(who, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := open(t, d)
				p := s.guest()
				if account {
					p = s.member("li@mail.example")
				}
				id := s.place(p, s.fill(p, 3, s.sell("BOTTLE", 1000, 20)), form()).Order.ID
				s.tell(id, payment.OutcomePaid)
				if err := errors.Join(s.desk.Ship(ctx, id, "staff:1"), s.desk.Deliver(ctx, id, "staff:1")); err != nil {
					t.Fatal(err)
				}
				number := s.back(id, 2)
				var wg sync.WaitGroup
				var mu sync.Mutex
				done := map[string]int{}
				for i := range 8 {
					z := checkout.Resolution{Outcome: order.EndCredit, Amount: 2000}
					if i%2 == 1 {
						z.Outcome = order.EndRefund
					}
					wg.Go(func() {
						err := s.resolve(number, z)
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							done[z.Outcome]++
						} else if !errors.Is(err, fault.Conflict) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if done[order.EndCredit]+done[order.EndRefund] != 1 {
					t.Fatalf("ended %v", done)
				}
				owed := s.count("SELECT coalesce(sum(balance), 0) FROM credits")
				if want := 2000 * done[order.EndCredit]; owed != want || s.count("SELECT refunded FROM payments") != 2000 {
					t.Errorf("%d owed as credit, want %d", owed, want)
				}
				sound(t, d, s.now())

				last := s.back(id, 1) // and what is left of the money is all there is
				if err := s.resolve(last, checkout.Resolution{Outcome: order.EndCredit, Amount: 1421}); !errors.Is(err, fault.Conflict) {
					t.Errorf("credit above what was paid: %v", err)
				}
				if err := s.resolve(last, checkout.Resolution{Outcome: order.EndCredit}); !errors.Is(err, fault.Invalid) {
					t.Errorf("credit of nothing: %v", err)
				}
				if err := s.resolve(last, checkout.Resolution{Outcome: order.EndCredit, Amount: 1420}); err != nil {
					t.Fatal(err)
				}
				s.stands(id, "completed refunded returned")
				if got := s.count("SELECT coalesce(sum(balance), 0) FROM credits"); got != owed+1420 {
					t.Errorf("%d owed in the end, want %d", got, owed+1420)
				}
				if n := s.count("SELECT count(*) FROM credits WHERE kind = ?", map[bool]string{true: "card", false: "credit"}[account]); n != 0 {
					t.Errorf("%d accounts of the wrong kind", n)
				}
				if n, want := s.count("SELECT count(*) FROM river_job WHERE kind = ?", credit.Mail{}.Kind()), 1+done[order.EndCredit]; !account && n != want {
					t.Errorf("%d cards are mailed, want %d", n, want)
				}
				if n := s.count("SELECT count(*) FROM credit_notes"); n != 2 {
					t.Errorf("%d credit notes", n)
				}
				sound(t, d, s.now())
			})
		})
	}
}

func TestCreditAfterARefundAndInPlaceOfIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		p := s.member("li@mail.example")
		id := s.place(p, s.fill(p, 2, s.sell("BOTTLE", 1000, 20)), form()).Order.ID
		s.tell(id, payment.OutcomePaid)
		if err := errors.Join(s.desk.Ship(ctx, id, "staff:1"), s.desk.Deliver(ctx, id, "staff:1")); err != nil {
			t.Fatal(err)
		}
		one, two := s.back(id, 1), s.back(id, 1)
		if done, err := s.refund(id, payment.Part{Units: map[int]int{1: 2}, Delivery: true}, "24.20", "all-of-it"); err != nil || !done {
			t.Fatal(done, err)
		}
		if err := s.resolve(one, checkout.Resolution{Outcome: order.EndCredit, Amount: 1000}); !errors.Is(err, fault.Conflict) {
			t.Errorf("credit after all was refunded: %v", err)
		}
		s.returned(one, "received ")
		if n := s.count("SELECT count(*) FROM credits"); n != 0 {
			t.Errorf("%d credits", n)
		}

		id = s.place(p, s.fill(p, 2, s.variant("BOTTLE")), form()).Order.ID
		s.tell(id, payment.OutcomePaid)
		if err := errors.Join(s.desk.Ship(ctx, id, "staff:1"), s.desk.Deliver(ctx, id, "staff:1")); err != nil {
			t.Fatal(err)
		}
		three := s.back(id, 1)
		if err := s.resolve(three, checkout.Resolution{Outcome: order.EndCredit, Amount: 900}); err != nil { // staff agreed on less
			t.Fatal(err)
		}
		o, err := order.ByID(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		s.returned(three, "closed credit")
		if n := s.count("SELECT refunded_qty FROM order_lines WHERE order_id = ?", int64(id)); n != 1 {
			t.Errorf("%d units count as refunded", n)
		}
		a, err := credit.Of(ctx, d, *o.CustomerID, "USD")
		if err != nil || a == nil || a.Balance != 900 {
			t.Fatal(a, err)
		}
		if err := s.resolve(two, checkout.Resolution{Outcome: order.EndNone, Words: "refunded before"}); err != nil {
			t.Fatal(err)
		}
		sound(t, d, s.now())
	})
}

// What a gift card paid goes back to it; only the rest becomes credit.
func TestCreditForAMixedOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, p := s.sell("BOTTLE", 1000, 20), s.member("li@mail.example")
		card := s.give("mixed", 1500)
		c := s.fill(p, 2, bottle)
		id := s.place(p, c, s.with(c, form(), card)).Order.ID
		s.tell(id, payment.OutcomePaid) // 9.20 in money
		if err := errors.Join(s.desk.Ship(ctx, id, "staff:1"), s.desk.Deliver(ctx, id, "staff:1")); err != nil {
			t.Fatal(err)
		}
		number := s.back(id, 2)
		if err := s.resolve(number, checkout.Resolution{Outcome: order.EndCredit, Amount: 2000}); err != nil {
			t.Fatal(err)
		}
		if got := s.left(card); got != 1080 {
			t.Errorf("%d on the card, want 1080", got)
		}
		if got := s.count("SELECT balance FROM credits WHERE kind = 'credit'"); got != 920 {
			t.Errorf("%d owed, want 920", got)
		}
		sound(t, d, s.now())
	})
}

// The law wants the money of a withdrawal sent the way it came; and nobody is
// owed to who was erased.
func TestCreditIsNotForEverybody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		id := s.arrived(2, "BOTTLE")
		r, err := s.desk.WithdrawContract(ctx, id, checkout.WithdrawForm{Key: checkout.NewKey(), Name: "Li Na", Email: "li@mail.example", Units: map[int]int{1: 1}})
		if err == nil {
			err = s.took(r.Number, map[int]checkout.Came{1: {Good: 1}})
		}
		if err != nil {
			t.Fatal(err)
		}
		z := checkout.Resolution{Outcome: order.EndCredit, Amount: 1000}
		if err := s.resolve(r.Number, z); !errors.Is(err, fault.Invalid) || fault.Fields(err)[0].Name != "outcome" {
			t.Errorf("a withdrawal ended in credit: %v", err)
		}
		number := s.back(id, 1)
		s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE orders SET email = ''").Error })
		if err := s.resolve(number, z); !errors.Is(err, fault.Conflict) {
			t.Errorf("credit for nobody: %v", err)
		}
		if _, err := s.desk.AskReturn(context.Background(), id, checkout.ReturnForm{Key: checkout.NewKey(), Units: map[int]int{1: 1}, Reason: "mind", Wish: "gold"}); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.Conflict) {
			t.Errorf("wished for gold: %v", err)
		}
	})
}
