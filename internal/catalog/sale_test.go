package catalog_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/money"
)

func TestEarlierIsTheLowestOfThirtyDaysBeforeTheReduction(t *testing.T) {
	at := func(day int, amount money.Amount, sale catalog.SaleID) catalog.Asked {
		return catalog.Asked{At: db.At(now.AddDate(0, 0, day)), Amount: amount, Sale: sale}
	}
	for name, c := range map[string]struct {
		past  []catalog.Asked
		want  money.Amount
		known bool
	}{
		"nothing was asked":                    {nil, 0, false},
		"one price only":                       {[]catalog.Asked{at(-90, 1000, 0)}, 0, false},
		"a plain sale":                         {[]catalog.Asked{at(-90, 1000, 0), at(-5, 800, 1)}, 1000, true},
		"raised shortly before":                {[]catalog.Asked{at(-90, 1000, 0), at(-10, 1300, 0), at(-5, 1100, 1)}, 1000, true},
		"raised long before":                   {[]catalog.Asked{at(-90, 1000, 0), at(-50, 1300, 0), at(-5, 1100, 1)}, 1300, true},
		"another sale in these days":           {[]catalog.Asked{at(-90, 1000, 0), at(-20, 700, 1), at(-15, 1000, 0), at(-5, 800, 2)}, 700, true},
		"that sale was over 30 days ago":       {[]catalog.Asked{at(-90, 1000, 0), at(-50, 700, 1), at(-36, 1000, 0), at(-5, 800, 2)}, 1000, true},
		"ended a moment more than 30 days ago": {[]catalog.Asked{at(-90, 700, 1), at(-35, 1000, 0), at(-5, 800, 2)}, 1000, true},
		"it goes further in one go":            {[]catalog.Asked{at(-90, 1000, 0), at(-40, 900, 1), at(-5, 800, 1)}, 1000, true},
		"further, but not from a sale":         {[]catalog.Asked{at(-90, 1000, 0), at(-20, 900, 0), at(-5, 800, 1)}, 900, true},
		"a smaller sale after a bigger":        {[]catalog.Asked{at(-90, 1000, 0), at(-5, 700, 1), at(-2, 800, 2)}, 700, true},
		"two prices of one moment":             {[]catalog.Asked{at(-5, 1000, 0), at(-5, 800, 1)}, 0, false},
		"half a month of history":              {[]catalog.Asked{at(-15, 1000, 0), at(-5, 800, 1)}, 1000, true},
	} {
		if got, known := catalog.Earlier(c.past); got != c.want || known != c.known {
			t.Errorf("%s: %d %v, not %d %v", name, got, known, c.want, c.known)
		}
	}
}

// saleShop is a tree of two shelves with three things on them.
type saleShop struct {
	*testing.T
	d       *db.DB
	at      time.Time
	variant map[string]catalog.VariantID
	product map[string]catalog.ProductID
	shelf   map[string]catalog.CategoryID
}

func openSale(t *testing.T, d *db.DB) *saleShop {
	s := &saleShop{t, d, now, map[string]catalog.VariantID{}, map[string]catalog.ProductID{}, map[string]catalog.CategoryID{}}
	s.tx(func(tx *db.Tx) error {
		var err error
		home := func(slug string, parent *catalog.CategoryID) {
			if err == nil {
				s.shelf[slug], err = catalog.PutCategory(ctx, tx, catalog.Category{Slug: slug, ParentID: parent, Name: text(slug, slug)}, s.at)
			}
		}
		home("home", nil)
		top := s.shelf["home"]
		home("lamps", &top)
		home("tools", nil)
		if err != nil {
			return err
		}
		for code, shelf := range map[string]string{"LAMP": "lamps", "SAW": "tools", "PILL": "lamps"} {
			id := s.shelf[shelf]
			p := plain(code, &id, 1000)
			p.Sensitive = code == "PILL"
			product, _, variants, err := catalog.Put(ctx, tx, p, s.at)
			if err != nil {
				return err
			}
			s.product[code], s.variant[code] = product, variants[code]
		}
		return nil
	})
	return s
}

func (s *saleShop) tx(do func(tx *db.Tx) error) {
	s.Helper()
	inTx(s.T, s.d, do)
}

func (s *saleShop) zone() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		s.Fatal(err)
	}
	return zone
}

// turn lets the clock go on to an instant and does what a minute's job does.
func (s *saleShop) turn(at time.Time) {
	s.Helper()
	s.at = at
	if err := catalog.TurnSales(ctx, s.d, s.zone(), func() time.Time { return at }); err != nil {
		s.Fatal(err)
	}
	wrong, err := catalog.Mispriced(ctx, s.d, catalog.Day(at, s.zone()), at)
	if err != nil || len(wrong) > 0 {
		s.Errorf("at %v the prices of %v are not what the rules say (%v)", at, wrong, err)
	}
}

func (s *saleShop) put(sale catalog.Sale) *catalog.Sale {
	s.Helper()
	sale.Name = text("Lamp days", "灯具周")
	s.tx(func(tx *db.Tx) error {
		fresh := sale
		err := catalog.PutSale(ctx, tx, &fresh, catalog.Day(s.at, s.zone()), s.at)
		sale = fresh
		return err
	})
	return &sale
}

// costs asks page, card, list and cart what a thing costs, which must agree.
func (s *saleShop) costs(code string, price, was money.Amount) {
	s.Helper()
	detail, err := catalog.Detailed(ctx, s.d, s.product[code], "USD")
	if err != nil {
		s.Fatal(err)
	}
	cards, err := catalog.Cards(ctx, s.d, []catalog.ProductID{s.product[code]}, "USD")
	if err != nil {
		s.Fatal(err)
	}
	buyables, err := catalog.Buyables(ctx, s.d, []catalog.VariantID{s.variant[code]}, "USD")
	if err != nil {
		s.Fatal(err)
	}
	list, err := catalog.List(ctx, s.d, catalog.ListQuery{Currency: "USD"})
	if err != nil {
		s.Fatal(err)
	}
	listed := false
	for _, k := range list.Cards {
		listed = listed || k.Code == code && k.Price.Amount == price
	}
	v, b := detail.Variants[0], buyables[s.variant[code]]
	if v.Price.Amount != price || cards[0].Price.Amount != price || b.Price.Amount != price || !listed || v.Was != was || cards[0].Was != was || b.Was != was {
		s.Errorf("%s costs %d (before %d) on its page, %d (%d) on its card, %d (%d) in the cart, listed so: %v; %d (%d) was due", code,
			v.Price.Amount, v.Was, cards[0].Price.Amount, cards[0].Was, b.Price.Amount, b.Was, listed, price, was)
	}
	if (v.Sale.En != "") != (price < v.List.Amount) || v.Sale != b.Sale {
		s.Errorf("%s: the sale is named %q on the page, %q in the cart", code, v.Sale.En, b.Sale.En)
	}
}

func TestSaleBeginsAndEndsWithTheShopsDays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openSale(t, d) // 17:00 of March 1st in Shanghai
		s.put(catalog.Sale{Kind: catalog.SalePercent, Value: 2000, Categories: []catalog.CategoryID{s.shelf["home"]}, StartsOn: "2026-03-03", EndsOn: "2026-03-05"})
		s.costs("LAMP", 1000, 0)
		s.turn(time.Date(2026, 3, 2, 15, 59, 59, 0, time.UTC))
		s.costs("LAMP", 1000, 0)
		s.turn(time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)) // midnight in Shanghai
		s.costs("LAMP", 800, 1000)
		s.costs("SAW", 1000, 0)
		s.costs("PILL", 1000, 0)
		s.turn(time.Date(2026, 3, 5, 15, 59, 0, 0, time.UTC))
		s.costs("LAMP", 800, 1000)
		s.turn(time.Date(2026, 3, 5, 16, 0, 30, 0, time.UTC))
		s.costs("LAMP", 1000, 0)
		var log []int64
		d.Query(ctx).Raw("SELECT amount FROM price_log WHERE variant_id = ? ORDER BY id", s.variant["LAMP"]).Scan(&log)
		if len(log) != 3 || log[1] != 800 || log[2] != 1000 {
			t.Errorf("the log of the lamp says %v", log)
		}
		s.turn(s.at.Add(time.Minute))
		var again int64
		d.Query(ctx).Raw("SELECT count(*) FROM price_log WHERE variant_id = ?", s.variant["LAMP"]).Scan(&again)
		if again != 3 {
			t.Errorf("a minute with nothing to do wrote %d more prices", again-3)
		}
		// A second sale within 30 days of the first has the first one's price before it.
		s.put(catalog.Sale{Kind: catalog.SaleAmount, Value: 100, Currency: "USD", Products: []catalog.ProductID{s.product["LAMP"]}})
		s.costs("LAMP", 900, 0)
	})
}

func TestSalesDoNotAddUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openSale(t, d)
		s.at = now.AddDate(0, 0, 40)
		all := s.put(catalog.Sale{Kind: catalog.SalePercent, Value: 3000})
		s.costs("SAW", 700, 1000)
		s.costs("PILL", 1000, 0)
		s.at = s.at.Add(time.Minute)
		first := s.put(catalog.Sale{Kind: catalog.SaleFixed, Value: 900, Currency: "USD", Variants: []catalog.VariantID{s.variant["SAW"]}, Priority: 5})
		s.costs("SAW", 900, 0) // the higher priority, though it is dearer; and 700 was asked before
		s.costs("LAMP", 700, 1000)

		s.at = s.at.Add(time.Minute)
		s.tx(func(tx *db.Tx) error {
			if ok, err := catalog.StopSale(ctx, tx, first.ID, s.at); err != nil || !ok {
				t.Errorf("not stopped: %v", err)
			}
			ok, err := catalog.StopSale(ctx, tx, first.ID, s.at)
			if ok {
				t.Error("stopped twice")
			}
			return err
		})
		if !first.UpdatedAt.IsZero() {
			err := d.InTx(ctx, func(tx *db.Tx) error { return catalog.PutSale(ctx, tx, first, "2026-04-10", s.at) })
			if !errors.Is(err, fault.Conflict) {
				t.Errorf("a stopped sale was changed: %v", err)
			}
		}
		s.costs("SAW", 700, 0) // 700 was asked a minute before

		// The list price moves under the sale, and the sale goes on from there.
		s.tx(func(tx *db.Tx) error {
			return catalog.SetPrice(ctx, tx, s.variant["LAMP"], "USD", 2000, 0, s.at.Add(time.Minute))
		})
		s.costs("LAMP", 1400, 0)

		// A change of the sale from what somebody else has changed meanwhile is refused.
		stale := *all
		s.at = s.at.Add(2 * time.Minute)
		all.Value = 1000
		s.tx(func(tx *db.Tx) error { return catalog.PutSale(ctx, tx, all, "2026-04-10", s.at) })
		s.costs("LAMP", 1800, 0)
		if err := d.InTx(ctx, func(tx *db.Tx) error { return catalog.PutSale(ctx, tx, &stale, "2026-04-10", s.at) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("a stale form was stored: %v", err)
		}
	})
}

func TestProductMovesIntoASale(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openSale(t, d)
		s.at = now.AddDate(0, 0, 40)
		s.put(catalog.Sale{Kind: catalog.SalePercent, Value: 1000, Categories: []catalog.CategoryID{s.shelf["home"]}})
		s.costs("SAW", 1000, 0)
		s.tx(func(tx *db.Tx) error {
			p, err := catalog.ByID(ctx, tx, s.product["SAW"])
			if err != nil {
				return err
			}
			lamps := s.shelf["lamps"]
			return catalog.Save(ctx, tx, p.ID, p.Version, catalog.Edit{Slug: p.Slug, CategoryID: &lamps, Name: p.Name, Published: true}, s.at)
		})
		s.costs("SAW", 900, 1000)
		s.tx(func(tx *db.Tx) error { // the whole shelf moves away
			top := s.shelf["tools"]
			_, err := catalog.PutCategory(ctx, tx, catalog.Category{Slug: "lamps", ParentID: &top, Name: text("lamps", "lamps")}, s.at.Add(time.Minute))
			return err
		})
		s.costs("SAW", 1000, 0)
		// A new thing on the shelf of a sale is in it from the start, and was never dearer.
		s.tx(func(tx *db.Tx) error {
			top := s.shelf["home"]
			id, _, variants, err := catalog.Put(ctx, tx, plain("NEW", &top, 500), s.at.Add(2*time.Minute))
			s.product["NEW"], s.variant["NEW"] = id, variants["NEW"]
			return err
		})
		s.costs("NEW", 450, 0)
	})
}

func TestTypedFormerPriceNeedsTheLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openSale(t, d)
		typed := func(code string, amount, was money.Amount, at time.Time) {
			s.tx(func(tx *db.Tx) error { return catalog.SetPrice(ctx, tx, s.variant[code], "USD", amount, was, at) })
		}
		typed("LAMP", 1000, 1500, now.Add(time.Hour)) // as an import says it: the shop never asked 1500
		s.costs("LAMP", 1000, 1500)
		s.turn(now.AddDate(0, 0, 30).Add(-time.Minute))
		s.costs("LAMP", 1000, 1500)
		s.turn(now.AddDate(0, 0, 30))
		s.costs("LAMP", 1000, 0)

		typed("SAW", 800, 1500, now.AddDate(0, 0, 31)) // the log knows better: it was 1000
		s.costs("SAW", 800, 1000)
		typed("SAW", 1200, 1500, now.AddDate(0, 0, 32))
		s.costs("SAW", 1200, 0)
		if err := catalog.Reprice(ctx, d, time.UTC, func() time.Time { return s.at }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSaleThatCannotBeIsRefused(t *testing.T) {
	s := openSale(t, dbtest.SQLite(t))
	good := catalog.Sale{Name: text("A", "甲"), Kind: catalog.SalePercent, Value: 1000}
	for field, change := range map[string]func(*catalog.Sale){
		"name_en":   func(x *catalog.Sale) { x.Name = text("", "") },
		"kind":      func(x *catalog.Sale) { x.Kind = "gift" },
		"value":     func(x *catalog.Sale) { x.Value = 10_000 },
		"currency":  func(x *catalog.Sale) { x.Currency = "XXX" },
		"starts_on": func(x *catalog.Sale) { x.StartsOn = "1.3.2026" },
		"ends_on":   func(x *catalog.Sale) { x.StartsOn, x.EndsOn = "2026-03-02", "2026-03-01" },
	} {
		bad := good
		change(&bad)
		err := s.d.InTx(ctx, func(tx *db.Tx) error { return catalog.PutSale(ctx, tx, &bad, "2026-03-01", now) })
		if !errors.Is(err, fault.Invalid) || len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Two workers may see the same midnight; the prices move once.
func TestTheSameMidnightTwiceMovesPricesOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openSale(t, d)
		s.put(catalog.Sale{Kind: catalog.SalePercent, Value: 2000, StartsOn: "2026-03-03"})
		midnight := time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)
		zone := s.zone()
		var all sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			all.Go(func() {
				<-start
				err := catalog.TurnSales(ctx, d, zone, func() time.Time { return midnight })
				if err != nil && !errors.Is(err, fault.Conflict) { // the next minute tries again
					t.Error(err)
				}
			})
		}
		close(start)
		all.Wait()
		s.turn(midnight.Add(time.Minute))
		s.costs("LAMP", 800, 1000)
		var rows int64
		d.Query(ctx).Raw("SELECT count(*) FROM price_log WHERE sale_id > 0").Scan(&rows)
		if rows != 2 {
			t.Errorf("%d prices were written for two things", rows)
		}
	})
}
