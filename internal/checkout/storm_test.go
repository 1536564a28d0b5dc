package checkout_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// storm is a bad day: several hands at once do whatever a shop allows, on few
// people, few goods and few forms, so that they meet.
type storm struct {
	*shop
	people   []*customer.Person
	accounts []*customer.Customer
	goods    []catalog.VariantID
	forms    []checkout.Form

	mu     sync.Mutex
	orders []order.ID
	done   map[string]int // what went through, by its name
}

// Both are bounds of one run; a failure names the seed, which repeats each
// hand's choices (not the moments at which the hands meet).
const (
	stormHands = 4
	stormSteps = 300
)

func TestStorm(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const seed = 20261122
		s := &storm{shop: open(t, d), done: map[string]int{}}
		for i := range 6 {
			s.people = append(s.people, s.guest())
			s.forms = append(s.forms, form(), form())
			if i < 2 {
				s.accounts = append(s.accounts, s.account(fmt.Sprintf("storm%d@mail.example", i)))
			}
		}
		for i, units := range []int{3, 5, 8, 20, -1} {
			s.goods = append(s.goods, s.sell(fmt.Sprintf("GOOD%d", i), 1000, units))
		}
		var wg sync.WaitGroup
		for hand := range stormHands {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(hand)))
				for step := range stormSteps {
					name, err := s.step(r, fmt.Sprintf("%d-%d", hand, step))
					switch {
					case err == nil:
						s.count1(name)
					case !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound):
						t.Errorf("seed %d, hand %d, step %d: %s: %v", seed, hand, step, name, err)
					}
				}
			})
		}
		wg.Wait()
		t.Logf("went through: %v; orders %d", s.done, len(s.orders))
		for _, name := range []string{"place", "settle", "return", "retry", "cancel", "ship", "sweep", "sign in", "receive"} {
			if s.done[name] == 0 {
				t.Errorf("seed %d: no %s went through; the storm proves nothing about it", seed, name)
			}
		}
		s.sound(seed)
		// Calm: what is paid goes out, what still waits is decided by time alone.
		s.finish(seed)
		for range 3 {
			s.pass(payment.Patience)
			s.sweep()
		}
		if n := s.count("SELECT count(*) FROM holds WHERE state = 'open'"); n != 0 {
			t.Errorf("seed %d: %d holds are left open in the calm", seed, n)
		}
		if n := s.count("SELECT count(*) FROM orders WHERE state = 'placed' AND payment_state IN ('pending','processing','failed')"); n != 0 {
			t.Errorf("seed %d: %d orders wait for ever", seed, n)
		}
		s.sound(seed)
	})
}

// finish sends and delivers every order that is paid: a shop that cannot has
// lost goods.
func (s *storm) finish(seed int) {
	s.t.Helper()
	for _, id := range s.orders {
		o, err := order.ByID(ctx, s.db, id)
		if err != nil {
			s.t.Fatal(err)
		}
		if o.State != order.StatePlaced || o.PaymentState != order.Paid {
			continue
		}
		if o.DeliveryState == order.Unshipped {
			err = s.desk.Ship(ctx, id, "staff:1")
		}
		if err == nil {
			err = s.desk.Deliver(ctx, id, "staff:1")
		}
		if err != nil {
			s.t.Errorf("seed %d: order %s is paid and cannot go out: %v", seed, o.Number, err)
		}
	}
}

// sound asks the doctor, and walks each order's story besides.
func (s *storm) sound(seed int) {
	s.t.Helper()
	if _, err := s.desk.Sweep(ctx); err != nil {
		s.t.Fatal(err)
	}
	report, err := doctor.Check(ctx, s.db, doctor.Options{Now: s.now()})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, b := range report.Broken {
		s.t.Errorf("seed %d: %s: not so that %s: %d, such as %v", seed, b.Code, b.Means, b.Count, b.IDs)
	}
	if wrong, err := inventory.Check(ctx, s.db, s.now()); err != nil || len(wrong) > 0 {
		s.t.Errorf("seed %d: inventory finds %v %v", seed, wrong, err)
	}
	if n := s.count("SELECT count(*) FROM (SELECT order_id FROM payments WHERE captured > refunded GROUP BY order_id HAVING count(*) > 1) twice"); n != 0 {
		s.t.Errorf("seed %d: %d orders were paid twice", seed, n)
	}
	if n := s.count(`SELECT count(*) FROM order_history h WHERE h.axis = 'payment' AND h.from_state IN ('paid','refunded') AND h.to_state NOT IN ('refunded','partly-refunded')`); n != 0 {
		s.t.Errorf("seed %d: %d payments moved backwards", seed, n)
	}
	bought := s.count("SELECT count(*) FROM events WHERE kind = 'bought'")
	if paid := s.count("SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.state IN ('committed','shipped'))"); bought < paid {
		s.t.Errorf("seed %d: %d orders have their goods, %d purchases are in the log", seed, paid, bought)
	}
}

func (s *storm) count1(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[name]++
}

func (s *storm) account(email string) (c *customer.Customer) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) (err error) {
		c, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "Storm", PasswordHash: "none", Lang: i18n.English}, s.now())
		return err
	})
	return c
}

// somebody is a guest, or the same browser signed in.
func (s *storm) somebody(r *rand.Rand) *customer.Person {
	p := s.people[r.IntN(len(s.people))]
	if r.IntN(4) == 0 {
		return customer.NewPerson(p.Visitor, s.accounts[r.IntN(len(s.accounts))], nil, nil)
	}
	return p
}

// some is an order placed before, mostly one of the last; 0 if there is none.
func (s *storm) some(r *rand.Rand) order.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.orders) == 0 {
		return 0
	}
	if recent := min(5, len(s.orders)); r.IntN(8) > 0 {
		return s.orders[len(s.orders)-1-r.IntN(recent)]
	}
	return s.orders[r.IntN(len(s.orders))]
}

func (s *storm) step(r *rand.Rand, key string) (string, error) {
	id := s.some(r)
	switch n := r.IntN(100); {
	case n < 22:
		return "place", s.order(r)
	case n < 26:
		return "sign in", s.db.InTx(ctx, func(tx *db.Tx) error {
			_, err := cart.Merge(ctx, tx, s.people[r.IntN(len(s.people))].Visitor.ID, s.accounts[r.IntN(len(s.accounts))].ID, s.now())
			return err
		})
	case n < 29:
		s.pass(time.Duration(r.IntN(12)) * time.Minute)
		return "time", nil
	case n < 33:
		_, err := s.desk.Sweep(ctx)
		return "sweep", err
	case n < 38:
		return "receive", s.db.InTx(ctx, func(tx *db.Tx) error {
			return inventory.ReceiveAt(ctx, tx, 0, s.goods[r.IntN(4)], 1+r.IntN(3), key, s.now())
		})
	case n < 40:
		return "count", s.db.InTx(ctx, func(tx *db.Tx) error {
			return inventory.Count(ctx, tx, s.goods[r.IntN(4)], r.IntN(12), key, s.now())
		})
	case id == 0:
		return "nothing", nil
	case n < 72:
		return s.news(r, id, key)
	case n < 84:
		_, err := s.desk.Retry(ctx, id)
		return "retry", err
	case n < 88:
		return "cancel", s.desk.Cancel(ctx, id, "staff:1", "storm")
	case n < 96:
		return "ship", s.desk.Ship(ctx, id, "staff:1")
	}
	return "deliver", s.desk.Deliver(ctx, id, "staff:1")
}

// order fills somebody's cart, looks at it and places it, now and then with a
// form that was used before.
func (s *storm) order(r *rand.Rand) error {
	p := s.somebody(r)
	var c *cart.Cart
	err := s.db.InTx(ctx, func(tx *db.Tx) (err error) {
		if c, err = cart.Ensure(ctx, tx, p, "USD", i18n.English, "desktop", s.now()); err != nil {
			return err
		}
		for _, i := range r.Perm(len(s.goods))[:1+r.IntN(3)] {
			if err := cart.Add(ctx, tx, c.ID, s.goods[i], 1, s.now()); err != nil && !errors.Is(err, fault.Conflict) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	v, err := cart.Items(ctx, s.db, c)
	if err != nil {
		return err
	}
	if err := s.db.InTx(ctx, func(tx *db.Tx) error { return cart.Seen(ctx, tx, v, s.now()) }); err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	f := form()
	if r.IntN(4) == 0 {
		f = s.forms[r.IntN(len(s.forms))]
	}
	done, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown)
	if err != nil {
		if v.Blocked() { // what cannot be bought must not block the cart for the rest of the storm
			return errors.Join(err, s.clear(c.ID, v))
		}
		return err
	}
	if !done.Again {
		s.mu.Lock()
		s.orders = append(s.orders, done.Order.ID)
		s.mu.Unlock()
	}
	return nil
}

func (s *storm) clear(id cart.ID, v *cart.View) error {
	for _, item := range v.Items {
		err := s.db.InTx(ctx, func(tx *db.Tx) error { return cart.Set(ctx, tx, id, item.Line.Token, 0, s.now()) })
		if err != nil && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// news is told about any attempt, in any order, any number of times, and now
// and then the same under another name.
func (s *storm) news(r *rand.Rand, id order.ID, key string) (string, error) {
	all, err := payment.Of(ctx, s.db, id)
	if err != nil || len(all) == 0 {
		return "nothing", err
	}
	token := all[r.IntN(len(all))].Token
	outcome := []payment.Outcome{payment.OutcomePaid, payment.OutcomePaid, payment.OutcomeDeclined, payment.OutcomeDeclined, payment.OutcomeLater}[r.IntN(5)]
	name := payment.EventID(token, outcome)
	if r.IntN(3) == 0 {
		name = key
	}
	done, err := s.desk.Settle(ctx, payment.TestCode, name, token, outcome)
	if err == nil && done.Returned {
		return "return", nil
	}
	return "settle", err
}
