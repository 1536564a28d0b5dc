package value_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
	"regulars/internal/value"
)

var ctx = context.Background()

// till is a shop in which people have only bought.
type till struct {
	t   *testing.T
	d   *db.DB
	set setting.Values
	cup order.Line
}

func open(t *testing.T, d *db.DB) *till {
	w := &till{t: t, d: d}
	w.tx(func(tx *db.Tx) error {
		p, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "cup", Name: i18n.Text{En: "Cup"}, Published: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "CUP", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}, "CNY": {Amount: 7000}}}}}, day(2024, 1, 1))
		w.cup = order.Line{ProductID: p, VariantID: ids["CUP"], SKU: "CUP", Name: i18n.Text{En: "Cup"}}
		return err
	})
	return w
}

func (w *till) tx(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.d.InTx(ctx, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *till) person(email string) customer.ID {
	w.t.Helper()
	var id customer.ID
	w.tx(func(tx *db.Tx) error {
		c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "Somebody", Verified: true}, day(2024, 1, 1))
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

// buys writes paid orders of another shop, an amount each.
func (w *till) buys(who customer.ID, amount money.Amount, days ...time.Time) {
	w.t.Helper()
	w.tx(func(tx *db.Tx) error {
		for _, at := range days {
			external := at.String() + string(rune('a'+who))
			l := w.cup
			l.Qty, l.UnitPrice, l.Total = 1, amount, amount
			o := order.Order{ExternalID: &external, CustomerID: &who, Currency: "USD", Subtotal: amount, Total: amount, TaxIncluded: true, State: order.Completed,
				PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(at), PaidAt: db.At(at), ClosedAt: db.At(at), Imported: true}
			if err := order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{l}}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *till) tier(who customer.ID, now time.Time) value.Tier {
	w.t.Helper()
	p := customer.NewPerson(nil, &customer.Customer{ID: who}, nil, nil)
	tier, err := value.TierOf(ctx, w.d, w.set, p, now)
	if err != nil {
		w.t.Fatal(err)
	}
	return tier
}

func (w *till) sound(now time.Time) {
	w.t.Helper()
	wrong, err := value.WrongTiers(ctx, w.d, w.set, now)
	if err != nil || len(wrong) > 0 {
		w.t.Fatalf("at %v the copy is wrong: %v %v", now, wrong, err)
	}
}

// The copy follows a year of the shop's clock: each day's turn leaves it where
// a rebuild would put it.
func TestTheCopyOfTiersTurnsWithTheClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		ann, bob := w.person("ann@mail.test"), w.person("bob@mail.test")
		w.buys(ann, 40_00, day(2025, 1, 10), day(2025, 1, 20))
		w.buys(bob, 1000_00, day(2025, 2, 10))
		w.tx(func(tx *db.Tx) error { return value.RebuildTiers(ctx, tx, w.set, day(2025, 2, 11)) })
		counts, err := value.TierCounts(ctx, d)
		if err != nil || counts[value.Loyal] != 1 || counts[value.VeryLoyal] != 1 {
			t.Fatalf("%v %v", counts, err)
		}
		var falls []time.Time
		last := value.Loyal
		for now := day(2025, 2, 11); now.Before(day(2026, 6, 15)); now = now.AddDate(0, 0, 5) {
			if err := value.TurnTiers(ctx, d, w.set, now); err != nil {
				t.Fatal(err)
			}
			w.sound(now)
			if tier := w.tier(ann, now); tier != last {
				falls, last = append(falls, now), tier
			}
		}
		if len(falls) != 1 || last != value.Occasional || falls[0].Before(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("ann fell at %v to %s", falls, last)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return value.Forget(ctx, tx, bob, "", day(2026, 7, 1)) }); err != nil {
			t.Fatal(err)
		}
	})
}

// New thresholds are noted once; who they lift is lifted at the next turn, and
// on pages at once.
func TestThresholdsAreNotedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		ann := w.person("ann@mail.test")
		w.buys(ann, 40_00, day(2025, 1, 10))
		now := day(2025, 2, 1)
		for range 3 {
			if err := value.TurnTiers(ctx, d, w.set, now); err != nil {
				t.Fatal(err)
			}
		}
		w.set = setting.Of(map[string]string{"loyalty.loyal.orders": "1"})
		now = now.Add(time.Hour)
		if tier := w.tier(ann, now); tier != value.Loyal {
			t.Errorf("the page of that moment: %s", tier)
		}
		for range 3 {
			if err := value.TurnTiers(ctx, d, w.set, now); err != nil {
				t.Fatal(err)
			}
		}
		w.sound(now)
		var noted int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM tier_rules").Scan(&noted).Error; err != nil || noted != 2 {
			t.Errorf("%d rules are noted: %v", noted, err)
		}
		w.set = setting.Of(map[string]string{"loyalty.loyal.orders": "5"})
		now = now.Add(time.Hour)
		if err := value.TurnTiers(ctx, d, w.set, now); err != nil {
			t.Fatal(err)
		}
		if tier := w.tier(ann, now); tier != value.Loyal {
			t.Errorf("harder thresholds took a tier at once: %s", tier)
		}
		w.sound(now)
	})
}

func TestAGrantWantsAReasonAndAnEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		ann, now := w.person("ann@mail.test"), day(2025, 2, 1)
		give := func(g value.Grant) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return value.Give(ctx, tx, w.set, ann, g, now) })
		}
		good := value.Grant{Key: "a key of this form", Tier: value.VeryLoyal, Reason: "two lost parcels", Actor: "staff:1", Until: now.AddDate(0, 1, 0)}
		for field, spoil := range map[string]func(g *value.Grant){
			"tier":   func(g *value.Grant) { g.Tier = value.Occasional },
			"reason": func(g *value.Grant) { g.Reason = "" },
			"until":  func(g *value.Grant) { g.Until = now },
			"key":    func(g *value.Grant) { g.Key = "" },
		} {
			g := good
			spoil(&g)
			var f *fault.Fault
			if err := give(g); !errors.As(err, &f) || !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Name == field }) {
				t.Errorf("a grant without a %s: %v", field, err)
			}
		}
		for range 2 { // a double click
			if err := give(good); err != nil {
				t.Fatal(err)
			}
		}
		f, err := value.FactsOf(ctx, d, w.set, ann, now)
		if err != nil || len(f.Grants) != 1 || w.tier(ann, now) != value.VeryLoyal {
			t.Errorf("%+v %v", f.Grants, err)
		}
		w.sound(now)
		later := now.AddDate(0, 1, 0)
		if err := value.TurnTiers(ctx, d, w.set, later); err != nil || w.tier(ann, later) != value.Occasional {
			t.Errorf("after its end: %s %v", w.tier(ann, later), err)
		}
		w.sound(later)
		w.tx(func(tx *db.Tx) error {
			for i, want := range []bool{true, false} {
				if ended, err := value.EndGrant(ctx, tx, w.set, ann, good.Key, now.Add(time.Hour)); err != nil || ended != want {
					t.Errorf("ended %d: %v %v", i, ended, err)
				}
			}
			return nil
		})
	})
}

// A clock that is set back takes no purchase away: it was paid.
func TestAClockSetBackKeepsTheTier(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		ann := w.person("ann@mail.test")
		paid := day(2025, 2, 10)
		w.buys(ann, 1000_00, paid)
		for _, now := range []time.Time{paid, paid.Add(-time.Hour), paid.Add(time.Minute)} {
			w.tx(func(tx *db.Tx) error { return value.RefreshTier(ctx, tx, w.set, ann, now) })
			if tier := w.tier(ann, now); tier != value.VeryLoyal {
				t.Errorf("at %v: %s", now, tier)
			}
			w.sound(now)
		}
		w.tx(func(tx *db.Tx) error { return value.RefreshTier(ctx, tx, w.set, ann, paid.Add(-time.Hour)) })
		w.sound(paid.Add(time.Minute)) // nobody has to come back for it
	})
}
