package checkout_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/search"
	"regulars/internal/setting"
)

var ctx = context.Background()

// shop is a small shop with a clock that only the test moves.
type shop struct {
	t    testing.TB
	db   *db.DB
	desk *checkout.Desk
	mu   sync.Mutex
	at   time.Time
}

func open(t testing.TB, d *db.DB) *shop {
	s := &shop{t: t, db: d, at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	live := &setting.Live{}
	s.tx(func(tx *db.Tx) error {
		if err := setting.Set(ctx, tx, "tax.percent", "20", s.now()); err != nil {
			return err
		}
		return pricing.PutMethod(ctx, tx, pricing.Method{Code: "standard", Currency: "USD", Name: i18n.Text{En: "Standard", Zh: "普通"},
			Price: 420, FreeFrom: 10_000, DaysMin: 2, DaysMax: 5, Active: true})
	})
	if err := live.Refresh(ctx, d); err != nil {
		t.Fatal(err)
	}
	s.desk = &checkout.Desk{DB: d, Now: s.now, Settings: live, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Secret: []byte("a secret of this test")}
	return s
}

func (s *shop) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *shop) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

func (s *shop) tx(fn func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(ctx, fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.db.Query(ctx).Raw(query, args...).Scan(&n).Error; err != nil {
		s.t.Fatal(err)
	}
	return n
}

// sell puts a product on the shelf; onHand < 0 leaves it uncounted.
func (s *shop) sell(sku string, price money.Amount, onHand int) (v catalog.VariantID) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{
			Product:  catalog.Product{Code: sku, Slug: "p-" + strings.ToLower(sku), Name: i18n.Text{En: "Thing " + sku, Zh: "东西 " + sku}, Published: true, Tier: "good"},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: sku, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: price}}}},
		}, s.now())
		if err != nil {
			return err
		}
		v = ids[sku]
		if onHand < 0 {
			return nil
		}
		return inventory.Count(ctx, tx, v, onHand, "opening:"+sku, s.now())
	})
	return v
}

func (s *shop) guest() *customer.Person {
	s.t.Helper()
	var visitor *customer.Visitor
	s.tx(func(tx *db.Tx) (err error) {
		_, visitor, err = customer.NewVisitor(ctx, tx, i18n.English, s.now())
		return err
	})
	return customer.NewPerson(visitor, nil, nil, nil)
}

// fill puts qty of each variant into the person's cart.
func (s *shop) fill(p *customer.Person, qty int, variants ...catalog.VariantID) *cart.Cart {
	s.t.Helper()
	var c *cart.Cart
	s.tx(func(tx *db.Tx) (err error) {
		if c, err = cart.Ensure(ctx, tx, p, "USD", i18n.English, "desktop", s.now()); err != nil {
			return err
		}
		for _, v := range variants {
			if err := cart.Add(ctx, tx, c.ID, v, qty, s.now()); err != nil {
				return err
			}
		}
		return nil
	})
	return c
}

func form() checkout.Form {
	return checkout.Form{Key: checkout.NewKey(), Email: "li@mail.example", Name: "Li Na", Country: "DE", Line1: "Bank Street 1",
		City: "Berlin", Postcode: "10115", Delivery: "standard", Payment: "test"}
}

func (s *shop) place(p *customer.Person, c *cart.Cart, f checkout.Form) *checkout.Placed {
	s.t.Helper()
	done, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown)
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

// tell settles the order's newest payment as the gateway's page does.
func (s *shop) tell(id order.ID, outcome payment.Outcome) *payment.Settled {
	s.t.Helper()
	p, err := payment.Latest(ctx, s.db, id)
	if err != nil || p == nil {
		s.t.Fatalf("order %d has no payment: %v", id, err)
	}
	return s.tellOf(p.Token, outcome)
}

func (s *shop) tellOf(token string, outcome payment.Outcome) *payment.Settled {
	s.t.Helper()
	done, err := s.desk.Settle(ctx, payment.TestCode, payment.EventID(token, outcome), token, outcome)
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

// stands checks the three axes of an order.
func (s *shop) stands(id order.ID, want string) {
	s.t.Helper()
	o, err := order.ByID(ctx, s.db, id)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := fmt.Sprintf("%s %s %s", o.State, o.PaymentState, o.DeliveryState); got != want {
		s.t.Errorf("order stands at %q, want %q", got, want)
	}
}

// stock checks what lies on the shelf and what of it is promised.
func (s *shop) stock(v catalog.VariantID, onHand, reserved int) {
	s.t.Helper()
	got, kept := s.count("SELECT on_hand FROM stock WHERE variant_id = ?", v), s.count("SELECT reserved FROM stock WHERE variant_id = ?", v)
	if got != onHand || kept != reserved {
		s.t.Errorf("stock is %d with %d reserved, want %d with %d", got, kept, onHand, reserved)
	}
	if wrong, err := inventory.Check(ctx, s.db, s.now()); err != nil || len(wrong) > 0 {
		s.t.Errorf("inventory finds %v %v", wrong, err)
	}
}

func (s *shop) runJobs() int {
	s.t.Helper()
	r := jobs.NewRunner(s.db, slog.New(slog.NewTextHandler(io.Discard, nil)))
	s.desk.Register(r)
	jobs.Work(r, func(context.Context, order.Placed) error { return nil })
	jobs.Work(r, func(context.Context, order.Sent) error { return nil })
	jobs.Work(r, func(context.Context, order.Moved) error { return nil })
	search.Register(r, s.db)
	n, err := r.RunDue(ctx, s.now())
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *shop) steps(id cart.ID) (kinds string) {
	s.t.Helper()
	all, err := cart.Steps(ctx, s.db, id)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, step := range all {
		kinds += string(step.Kind) + " "
	}
	return kinds
}

// crowd fills n simulated carts with two things each, in bulk.
func (s *shop) crowd(n int) []cart.Cart {
	bottle, spoon := s.sell("BOTTLE", 1200, 1_000_000), s.sell("SPOON", 350, 1_000_000)
	at := db.At(s.now().AddDate(0, -6, 0))
	carts, lines, steps := make([]cart.Cart, n), make([][]cart.Line, n), make([][]cart.Trace, n)
	s.tx(func(tx *db.Tx) error {
		ids, err := tx.NextIDs(ctx, "visitors", n)
		if err != nil {
			return err
		}
		rows := make([][]any, n)
		for i, id := range ids {
			rows[i] = []any{id, fmt.Sprint("simulated ", id), true, at, at}
			visitor := customer.VisitorID(id)
			carts[i] = cart.Cart{VisitorID: &visitor, State: cart.StateOpen, Currency: "USD", Lang: i18n.English, Kind: "shopper",
				CreatedAt: at, StartedAt: at, ActiveAt: at, Simulated: true}
			lines[i] = []cart.Line{{VariantID: bottle, Qty: 1, AddedAt: at}, {VariantID: spoon, Qty: 2, AddedAt: at}}
			steps[i] = []cart.Trace{{Kind: cart.StepAdd, VariantID: bottle, Qty: 1, At: at}, {Kind: cart.StepAdd, VariantID: spoon, Qty: 2, At: at}}
		}
		if _, err := tx.Insert(ctx, "visitors", []string{"id", "token_hash", "simulated", "created_at", "seen_at"}, rows, false); err != nil {
			return err
		}
		return cart.CreateMany(ctx, tx, carts, lines, steps)
	})
	return carts
}

// owner is whose browser filled the cart.
func (s *shop) owner(c *cart.Cart) *customer.Person {
	return customer.NewPerson(&customer.Visitor{ID: *c.VisitorID, Simulated: c.Simulated}, nil, nil, nil)
}
