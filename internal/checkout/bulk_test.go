package checkout_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/payment"
	"regulars/internal/pricing"
)

// books is every row a purchase leaves behind, without ids and tokens.
func (s *shop) books() []string {
	s.t.Helper()
	var all []string
	for _, query := range []string{
		`SELECT 'order ' || email || ' ' || name || ' ' || country || ' ' || currency || ' ' || subtotal || ' ' || delivery || ' ' || tax || ' ' || total || ' ' || delivery_code
			|| ' ' || delivery_name || ' ' || delivery_by || ' ' || payment_code || ' ' || state || ' ' || payment_state || ' ' || delivery_state || ' ' || placed_at || ' ' || paid_at || ' ' || closed_at || ' ' || place_hash FROM orders`,
		"SELECT 'line ' || position || ' ' || sku || ' ' || qty || ' ' || unit_price || ' ' || tax || ' ' || total FROM order_lines ORDER BY 1",
		"SELECT 'step ' || axis || ' ' || from_state || '>' || to_state || ' ' || actor || ' ' || note || ' ' || at FROM order_history ORDER BY id",
		"SELECT 'payment ' || provider || ' ' || attempt || ' ' || amount || ' ' || state || ' ' || captured || ' ' || refunded || ' ' || created_at || ' ' || updated_at FROM payments ORDER BY attempt",
		"SELECT 'news ' || kind || ' ' || at FROM payment_events ORDER BY at",
		"SELECT 'hold ' || qty || ' ' || state || ' ' || expires_at || ' ' || created_at || ' ' || ended_at FROM holds",
		"SELECT 'stock ' || on_hand || ' ' || reserved FROM stock",
		"SELECT 'moved ' || qty || ' ' || reason || ' ' || at FROM stock_movements ORDER BY id",
		"SELECT 'cart ' || state || ' ' || version || ' ' || email || ' ' || started_at || ' ' || active_at || ' ' || checkout_at || ' ' || closed_at FROM carts",
		"SELECT 'cart step ' || kind || ' ' || qty || ' ' || CASE WHEN kind = 'converted' THEN '' ELSE detail END || ' ' || at FROM cart_steps ORDER BY id",
	} {
		var rows []string
		if err := s.db.Query(ctx).Raw(query).Scan(&rows).Error; err != nil {
			s.t.Fatalf("%s: %v", query, err)
		}
		all = append(all, rows...)
	}
	return all
}

func (s *shop) settle(o *checkout.Placed, outcome payment.Outcome) {
	s.t.Helper()
	p, err := payment.Latest(ctx, s.db, o.Order.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.desk.Settle(ctx, payment.TestCode, payment.EventID(p.Token, outcome), p.Token, outcome); err != nil {
		s.t.Fatal(err)
	}
}

func TestAPurchaseToldIsAPurchaseMade(t *testing.T) {
	const by = "staff:1"
	for _, story := range []struct {
		name string
		live func(s *shop, o *checkout.Placed, p *checkout.Past)
	}{
		{"paid and brought", func(s *shop, o *checkout.Placed, p *checkout.Past) {
			s.pass(2 * time.Minute)
			p.Paid = s.now()
			s.settle(o, payment.OutcomePaid)
			s.pass(26 * time.Hour)
			p.Shipped = s.now()
			s.try(s.desk.Ship(ctx, o.Order.ID, by))
			s.pass(50 * time.Hour)
			p.Delivered = s.now()
			s.try(s.desk.Deliver(ctx, o.Order.ID, by))
		}},
		{"declined, then paid", func(s *shop, o *checkout.Placed, p *checkout.Past) {
			s.pass(time.Minute)
			p.Declined = s.now()
			s.settle(o, payment.OutcomeDeclined)
			s.pass(time.Minute)
			p.Paid = s.now()
			_, err := s.desk.Retry(ctx, o.Order.ID)
			s.try(err)
			s.settle(o, payment.OutcomePaid)
		}},
		{"never paid", func(s *shop, _ *checkout.Placed, p *checkout.Past) {
			s.pass(31 * time.Minute)
			p.Ended = s.now()
			_, err := s.desk.Sweep(ctx)
			s.try(err)
		}},
		{"paid and cancelled", func(s *shop, o *checkout.Placed, p *checkout.Past) {
			s.pass(time.Minute)
			p.Paid = s.now()
			s.settle(o, payment.OutcomePaid)
			s.pass(time.Hour)
			p.Ended = s.now()
			s.try(s.desk.Cancel(ctx, o.Order.ID, by, ""))
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				made := open(t, d)
				v := made.sell("A1", 20_00, 5)
				who := made.guest()
				c := made.fill(who, 2, v)
				f := form()
				past := checkout.Past{Form: f, Lang: i18n.English, Placed: made.now()}
				var placed *checkout.Placed
				made.tx(func(tx *db.Tx) (err error) {
					placed, err = made.desk.PlaceIn(ctx, tx, who, i18n.English, c.ID, f, checkout.NotShown, made.now())
					return err
				})
				story.live(made, placed, &past)
				told := open(t, dbtest.SQLite(t))
				told.recount(&past, told.sell("A1", 20_00, 5), told.guest(), by, made.now())
				if diff := cmp.Diff(made.books(), told.books()); diff != "" {
					t.Errorf("made (-) and told (+) differ:\n%s", diff)
				}
			})
		})
	}
}

func (s *shop) try(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// recount tells a purchase of two of v whose times and form are given.
func (s *shop) recount(p *checkout.Past, v catalog.VariantID, who *customer.Person, by string, now time.Time) {
	s.t.Helper()
	at := db.At(p.Placed)
	p.Cart = cart.Cart{VisitorID: &who.Visitor.ID, State: cart.StateOpen, Currency: "USD", Lang: i18n.English, Version: 2, CreatedAt: at, StartedAt: at,
		ActiveAt: at, Kind: "shopper", Device: "desktop"}
	p.Lines = []cart.Line{{VariantID: v, Qty: 2, SeenPrice: 20_00, AddedAt: at}}
	p.Steps = []cart.Trace{{Kind: cart.StepAdd, VariantID: v, Qty: 2, At: at}}
	buyables, err := catalog.Buyables(ctx, s.db, []catalog.VariantID{v}, "USD")
	s.try(err)
	methods, err := pricing.Methods(ctx, s.db, "USD", "DE", "")
	s.try(err)
	p.Quote, err = pricing.Make(pricing.Input{Lines: []pricing.Wanted{{Buyable: buyables[v], Qty: 2}}, Currency: "USD", Method: &methods[0],
		Country: "DE", Taxes: pricing.Taxes{Standard: 20_000, Reduced: 20_000}})
	s.try(err)
	s.tx(func(tx *db.Tx) error { return s.desk.Tell(ctx, tx, []checkout.Past{*p}, by, now) })
}

func TestAStoryThatCannotBeIsRefused(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	v, who := s.sell("A1", 20_00, 5), s.guest()
	at := s.now()
	for what, bend := range map[string]func(p *checkout.Past){
		"shipped, not paid":              func(p *checkout.Past) { p.Shipped = at.Add(time.Hour) },
		"paid before it was placed":      func(p *checkout.Past) { p.Paid = at.Add(-time.Hour) },
		"no address":                     func(p *checkout.Past) { p.Form.Line1 = "" },
		"a delivery that was not priced": func(p *checkout.Past) { p.Form.Delivery = "express" },
	} {
		p := checkout.Past{Form: form(), Lang: i18n.English, Placed: at}
		p.Cart = cart.Cart{VisitorID: &who.Visitor.ID, State: cart.StateOpen, Currency: "USD", StartedAt: db.At(at), Kind: "shopper"}
		p.Quote = &pricing.Quote{Currency: "USD", Total: 1, Method: &pricing.Method{Code: "standard", Currency: "USD"},
			Lines: []pricing.Line{{Variant: v, SKU: "A1", Qty: 1, Unit: 1, Total: 1}}}
		bend(&p)
		err := s.db.InTx(ctx, func(tx *db.Tx) error { return s.desk.Tell(ctx, tx, []checkout.Past{p}, "staff:1", at) })
		if err == nil {
			t.Errorf("%s: was told", what)
		}
	}
	if n := s.count("SELECT count(*) FROM carts"); n != 0 {
		t.Errorf("%d carts of refused stories", n)
	}
}
