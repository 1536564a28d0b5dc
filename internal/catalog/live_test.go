package catalog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"gorm.io/gorm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
)

// counted counts the statements that d runs from now on.
func counted(t *testing.T, d *db.DB) func() int {
	t.Helper()
	n := 0
	count := func(*gorm.DB) { n++ }
	calls := d.Query(ctx).Callback()
	for _, err := range []error{calls.Query().Before("*").Register("test:query", count), calls.Row().Before("*").Register("test:row", count)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return func() int { was := n; n = 0; return was }
}

func inWords(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestWhatIsKeptIsWhatIsReadAndCostsOneQuery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shelf := category(t, d, catalog.Category{Slug: "baby", Name: text("Baby", "母婴")})
		id, _, skus := put(t, d, bottle(&shelf))
		ids := []catalog.ProductID{id}
		for i := range 8 {
			other, _, _ := put(t, d, plain(fmt.Sprintf("P%d", i), &shelf, 500, "material=glass", fmt.Sprintf("size=%d", i%2)))
			ids = append(ids, other)
		}
		stock(t, d, skus["BB01-SAND-240"], 3)
		inTx(t, d, func(tx *db.Tx) error {
			return catalog.PutRelation(ctx, tx, catalog.Relation{FromID: id, ToID: ids[1], Kind: "fits", Reason: text("It fits", "合适")})
		})
		catalog.Settle()
		live, queries := &catalog.Live{}, counted(t, d)
		same := func(what string, kept, read func() (any, error), most int) {
			t.Helper()
			want, err := read()
			if err != nil {
				t.Fatal(err)
			}
			for time := range 2 {
				queries()
				got, err := kept()
				if err != nil || inWords(got) != inWords(want) {
					t.Errorf("%s: %+v, %v; want %+v", what, got, err, want)
				}
				if n := queries(); time == 1 && n > most {
					t.Errorf("%s costs %d queries once it was read, want %d", what, n, most)
				}
			}
		}
		same("tree", func() (any, error) { tree, err := live.Tree(ctx, d); return tree.Roots(), err },
			func() (any, error) { tree, err := catalog.LoadTree(ctx, d); return tree.Roots(), err }, 0)
		same("cards", func() (any, error) { return live.Cards(ctx, d, append(ids, 99, id), "USD") },
			func() (any, error) { return catalog.Cards(ctx, d, append(ids, 99, id), "USD") }, 1)
		same("relations", func() (any, error) { return live.Relations(ctx, d, ids) },
			func() (any, error) { return catalog.RelationsFrom(ctx, d, ids) }, 0)
		same("product", func() (any, error) { p, err := live.BySlug(ctx, d, "calm-bottle"); return *p, err },
			func() (any, error) { p, err := catalog.BySlug(ctx, d, "calm-bottle"); return *p, err }, 0)
		same("detail", func() (any, error) { p, err := live.Detailed(ctx, d, id, "CNY"); return p.Card, err },
			func() (any, error) { p, err := catalog.Detailed(ctx, d, id, "CNY"); return p.Card, err }, 1)
		variants := []catalog.VariantID{skus["BB01-SAND-240"], skus["BB01-SAGE-150"]}
		same("products of variants", func() (any, error) { return live.ProductsOf(ctx, d, variants) }, func() (any, error) { return []catalog.ProductID{id}, nil }, 0)
		byPrice, err := live.Order(ctx, d, []catalog.CategoryID{shelf}, "price-desc", "USD")
		if err != nil || len(byPrice) != 9 || byPrice[0] != id {
			t.Errorf("dearest first: %v, %v", byPrice, err)
		}
	})
}

func TestChangesShowAtTheNextView(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shelf := category(t, d, catalog.Category{Slug: "baby", Name: text("Baby", "母婴")})
		id, _, skus := put(t, d, plain("P1", &shelf, 500))
		live := &catalog.Live{}
		view := func() string {
			t.Helper()
			cards, err := live.Cards(ctx, d, []catalog.ProductID{id}, "USD")
			if err != nil {
				t.Fatal(err)
			}
			all, err := live.Order(ctx, d, nil, "price", "USD")
			if err != nil {
				t.Fatal(err)
			}
			tree, err := live.Tree(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			_, err = live.BySlug(ctx, d, "thing-p1")
			out := fmt.Sprintf("%s, %d listed, page %v", tree.Roots()[0].Name.En, len(all), err == nil)
			if err != nil && fault.Kind(err) != fault.NotFound {
				t.Fatal(err)
			}
			for _, k := range cards {
				out += fmt.Sprintf(", %d left %d", k.Price.Amount, k.Left)
			}
			return out
		}
		settled := func(want string) {
			t.Helper()
			for range 2 { // read and kept, then kept
				if got := view(); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				catalog.Settle()
			}
			if got := view(); got != want {
				t.Errorf("kept %q, want %q", got, want)
			}
		}
		settled("Baby, 1 listed, page true, 500 left -1")
		stock(t, d, skus["P1"], 2)
		settled("Baby, 1 listed, page true, 500 left 2")
		inTx(t, d, func(tx *db.Tx) error {
			err := catalog.SetPrice(ctx, tx, skus["P1"], "USD", 700, 0, now)
			if d.Embedded() { // a reader beside the writer sees what was committed, and that must not be kept
				if got := view(); got != "Baby, 1 listed, page true, 500 left 2" {
					t.Errorf("amid the change: %q", got)
				}
			}
			return err
		})
		settled("Baby, 1 listed, page true, 700 left 2")
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return errors.Join(catalog.Publish(ctx, tx, id, false, now), errors.New("undone"))
		}); err == nil {
			t.Fatal("no error")
		}
		settled("Baby, 1 listed, page true, 700 left 2")
		inTx(t, d, func(tx *db.Tx) error { return catalog.Publish(ctx, tx, id, false, now) })
		settled("Baby, 0 listed, page false")
		inTx(t, d, func(tx *db.Tx) error { return catalog.Publish(ctx, tx, id, true, now) })
		category(t, d, catalog.Category{Slug: "baby", Name: text("Infants", "婴儿")})
		settled("Infants, 1 listed, page true, 700 left 2")

		// Another process writes without telling this one.
		inTx(t, d, func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE prices SET amount = 900").Error })
		live.Age()
		settled("Infants, 1 listed, page true, 900 left 2")
	})
}
