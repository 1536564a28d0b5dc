package review_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/review"
	"regulars/internal/shoptest"
)

var ctx = context.Background()

// bought is a guest's order of a bottle, paid and delivered, and what opens it.
func bought(t *testing.T, s *shoptest.Shop, email string) *order.Order {
	t.Helper()
	b := s.Browser()
	b.Post("/cart/items", "sku", "BB01-240-AQUA")
	placed := b.Submit(b.Get("/checkout"), "/checkout", "email", email, "name", "Wren Gull", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "92501")
	b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
	var id int64
	if err := s.DB.Query(ctx).Raw("SELECT max(id) FROM orders WHERE lower(email) = ?", strings.ToLower(email)).Scan(&id).Error; err != nil {
		t.Fatal(err)
	}
	o, err := order.ByID(ctx, s.DB, order.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func deliver(s *shoptest.Shop, o *order.Order) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		for _, to := range []string{"shipped", "delivered"} {
			k, err := order.Lock(ctx, tx, o.ID)
			if err != nil {
				return err
			}
			if _, err := k.Move(ctx, tx, order.DeliveryAxis, to, "staff:1", "", s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func product(t *testing.T, s *shoptest.Shop) *catalog.Product {
	p, err := catalog.BySlug(ctx, s.DB, "calm-bottle")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, s *shoptest.Shop, p *catalog.Product, by review.Author, w review.Words) *review.Review {
	t.Helper()
	var r *review.Review
	s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = review.Write(ctx, tx, p.ID, by, w, s.Now())
		return err
	})
	return r
}

// Somebody is a buyer by a paid, received order of that product that was not
// given back, and by nothing else; the mark goes when the goods do.
func TestWhoIsABuyer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		p, o := product(t, s), bought(t, s, "Wren@example.com")
		by := review.Author{Order: o}
		is := func(want bool, when string) {
			t.Helper()
			id, err := review.Bought(ctx, d, p.ID, by, s.Now())
			if err != nil || (id != 0) != want {
				t.Errorf("%s: a buyer %v, %v", when, id != 0, err)
			}
		}
		is(false, "paid, not there")
		r := write(t, s, p, by, review.Words{Stars: 5, Lang: i18n.English})
		if r.Verified {
			t.Error("marked before anything arrived")
		}
		deliver(s, o)
		is(true, "delivered")
		r = write(t, s, p, by, review.Words{Stars: 4, Lang: i18n.English})
		if !r.Verified || r.Version != 2 {
			t.Errorf("said again it is %+v", r)
		}
		other, err := catalog.BySlug(ctx, d, s.Text("SELECT slug FROM products WHERE id <> ? AND published = TRUE ORDER BY id LIMIT 1", int64(p.ID)))
		if err != nil {
			t.Fatal(err)
		}
		if id, _ := review.Bought(ctx, d, other.ID, by, s.Now()); id != 0 {
			t.Error("a buyer of what they did not buy")
		}
		if id, _ := review.Bought(ctx, d, p.ID, review.Author{}, s.Now()); id != 0 {
			t.Error("nobody is a buyer")
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE order_lines SET refunded_qty = qty WHERE order_id = ?", int64(o.ID)).Error
		})
		is(false, "refunded")
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return review.Recheck(ctx, tx, s.Now()) })
		if n := s.Count("SELECT count(*) FROM reviews WHERE verified = TRUE"); n != 0 {
			t.Error("the mark outlived the refund")
		}
	})
}

// One person has one review of a product: what was said before stays as a
// version, and the copies on the product follow what is shown.
func TestOneReviewAPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		p, o := product(t, s), bought(t, s, "wren@example.com")
		by := review.Author{Order: o}
		rating := func(count, sum int) {
			t.Helper()
			if got := product(t, s).Rating(); got != (catalog.Rating{Count: count, Sum: sum}) {
				t.Errorf("the product says %+v, not %d and %d", got, count, sum)
			}
		}
		publish := func(r *review.Review, reason string) *review.Review {
			t.Helper()
			s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
				r, err = review.Decide(ctx, tx, r.Token, r.Version, 1, reason, s.Now())
				return err
			})
			return r
		}
		first := write(t, s, p, by, review.Words{Stars: 2, Body: "leaks, card 4111 1111 1111 1111", Less: []string{"quality", "nonsense"}, Lang: i18n.English})
		if strings.Contains(first.Body, "4111 1111 1111") || first.Less != "quality" {
			t.Errorf("kept is %q, %q", first.Body, first.Less)
		}
		rating(0, 0)
		publish(first, "")
		rating(1, 2)
		s.Pass(time.Hour)
		if again := write(t, s, p, by, review.Words{Stars: 2, Body: "leaks, card 4111 1111 1111 1111", Less: []string{"quality"}, Lang: i18n.English}); again.Version != 1 || again.State != review.Published {
			t.Errorf("the same words again made %+v", again)
		}
		second := write(t, s, p, by, review.Words{Stars: 5, Body: "they sent a new one", Lang: i18n.English})
		rating(0, 0)
		err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := review.Decide(ctx, tx, second.Token, 1, 1, "", s.Now())
			return err
		})
		if fault.Kind(err) != fault.Conflict {
			t.Errorf("a version nobody read was decided: %v", err)
		}
		rating(0, 0)
		publish(second, "")
		rating(1, 5)
		versions, err := review.Versions(ctx, d, second.ID)
		if err != nil || len(versions) != 1 || versions[0].Stars != 2 || versions[0].State != review.Published {
			t.Errorf("versions %+v, %v", versions, err)
		}
		err = d.InTx(ctx, func(tx *db.Tx) error {
			_, err := review.Decide(ctx, tx, second.Token, 2, 1, "bad", s.Now())
			return err
		})
		if fault.Kind(err) != fault.Invalid {
			t.Errorf("refused for a reason that is none: %v", err)
		}
		publish(second, "insult")
		rating(0, 0)
		shares, err := review.Shares(ctx, d)
		if err != nil || shares[0].Refused != 1 || shares[0].RefusedShare() != 100 || shares[4].RefusedShare() != 0 {
			t.Errorf("shares %+v, %v", shares, err)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return review.Drop(ctx, tx, p.ID, by) })
		if n := s.Count("SELECT count(*) FROM reviews") + s.Count("SELECT count(*) FROM review_versions"); n != 0 {
			t.Error("taken back, something is left")
		}
	})
}

func TestWhatCannotBeSaid(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	p, o := product(t, s), bought(t, s, "wren@example.com")
	for field, w := range map[string]review.Words{
		"stars": {Stars: 6}, "less": {Stars: 3, Good: []string{"price"}, Less: []string{"price"}}, "body": {Stars: 3, Body: strings.Repeat("x", 2001)}, "title": {Stars: 3, Title: "a\nb"},
	} {
		err := s.DB.InTx(ctx, func(tx *db.Tx) error {
			_, err := review.Write(ctx, tx, p.ID, review.Author{Order: o}, w, s.Now())
			return err
		})
		if fields := fault.Fields(err); len(fields) != 1 || fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := review.Write(ctx, tx, p.ID, review.Author{}, review.Words{Stars: 5}, s.Now())
		return err
	})
	if fault.Kind(err) != fault.SignIn {
		t.Errorf("nobody wrote: %v", err)
	}
}

// Two accounts that are one person have one review; an erased person's stays
// as nobody's, unless it names them.
func TestReviewsOfWhoLeaves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		p := product(t, s)
		var people []*customer.Customer
		for _, email := range []string{"ada@example.com", "bea@example.com"} {
			b := s.Browser()
			b.Post("/signup", "email", email, "password", "three words long")
			k, err := customer.ByEmail(ctx, d, email)
			if err != nil {
				t.Fatal(err)
			}
			people = append(people, k)
		}
		publish := func(by *customer.Customer, w review.Words) {
			r := write(t, s, p, review.Author{Customer: by}, w)
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				_, err := review.Decide(ctx, tx, r.Token, r.Version, 1, "", s.Now())
				return err
			})
		}
		publish(people[0], review.Words{Stars: 1, Body: "not for me", Name: "Ada"})
		s.Pass(time.Minute)
		publish(people[1], review.Words{Stars: 5, Body: "fine, says bea@example.com", Name: "Bea"})
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return review.Merge(ctx, tx, people[0].ID, people[1].ID, s.Now())
		})
		if got := product(t, s).Rating(); got != (catalog.Rating{Count: 1, Sum: 5}) {
			t.Errorf("two accounts of one person: %+v", got)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return review.Forget(ctx, tx, people[1].ID, "bea@example.com", s.Now())
		})
		if n := s.Count("SELECT count(*) FROM reviews"); n != 0 || product(t, s).RatingCount != 0 {
			t.Errorf("%d reviews still name the erased", n)
		}
		publish(people[0], review.Words{Stars: 3, Body: "will do", Name: "Ada"})
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return review.Forget(ctx, tx, people[0].ID, "", s.Now()) })
		if n := s.Count("SELECT count(*) FROM reviews WHERE customer_id IS NULL AND name = '' AND body = 'will do'"); n != 1 {
			t.Error("what names nobody is gone, or still somebody's")
		}
	})
}
