package search_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/search"
)

// plain is a published product of one variant, with facts as key=code.
func plain(code string, shelf *catalog.CategoryID, cents money.Amount, facts ...string) catalog.Draft {
	d := catalog.Draft{
		Product:  catalog.Product{Code: code, CategoryID: shelf, Name: i18n.Text{En: "Thing " + code, Zh: "物" + code}, Published: true},
		Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: cents}}}},
	}
	for i, f := range facts {
		key, value, _ := strings.Cut(f, "=")
		d.Facts = append(d.Facts, catalog.Fact{Position: i, Key: key, Name: i18n.Text{En: key}, ValueCode: value, Value: i18n.Text{En: value}, Facet: true})
	}
	return d
}

func put(t *testing.T, d *db.DB, p catalog.Draft) (id catalog.ProductID, skus map[string]catalog.VariantID) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) (err error) {
		id, _, skus, err = catalog.Put(ctx, tx, p, now)
		return err
	})
	return id, skus
}

func shelf(t *testing.T, d *db.DB, slug string, under *catalog.CategoryID) (id catalog.CategoryID) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) (err error) {
		id, err = catalog.PutCategory(ctx, tx, catalog.Category{Code: slug, Slug: slug, ParentID: under, Name: i18n.Text{En: slug}}, now)
		return err
	})
	return id
}

func find(t *testing.T, e search.Engine, q search.Query) *search.Result {
	t.Helper()
	r, err := e.Find(ctx, q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return r
}

// said is a result in words: codes, and of each value code, count and whether
// it is chosen.
func said(t *testing.T, d *db.DB, r *search.Result) string {
	t.Helper()
	var codes, counts []string
	for _, id := range r.IDs {
		p, err := catalog.ByID(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, p.Code)
	}
	for _, f := range r.Facets {
		for _, v := range f.Values {
			mark := ""
			if v.Chosen {
				mark = "*"
			}
			counts = append(counts, fmt.Sprintf("%s%d%s", v.Code, v.Count, mark))
		}
	}
	return strings.Join(codes, " ") + " | " + strings.Join(counts, " ")
}

func TestFindNarrowsByOrInsideAndAcross(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		root := shelf(t, d, "root", nil)
		below := shelf(t, d, "shelf", &root)
		facts := [][]string{{"colour=red", "size=s"}, {"colour=red", "size=m"}, {"colour=blue", "size=s"}, {"colour=blue", "size=l"}, {"colour=green", "size=s"}, {"size=m"}, {}}
		for i, f := range facts {
			p := plain(fmt.Sprint("P", i), &below, money.Amount(1000*(i+1)), f...)
			p.Position = i
			_, skus := put(t, d, p)
			if i == 2 {
				inTx(t, d, func(tx *db.Tx) error { return inventory.Count(ctx, tx, skus["P2"], 0, "k", now) })
			}
		}
		put(t, d, plain("ELSEWHERE", &root, 100, "colour=red"))
		euro := plain("EURO", &below, 0)
		euro.Variants[0].Prices = map[money.Currency]catalog.PriceIn{"EUR": {Amount: 5}}
		put(t, d, euro)
		e := search.NewEmbedded(d)
		list := func(q search.Query) (*search.Result, string) {
			t.Helper()
			q.Currency, q.Shelves = "USD", []catalog.CategoryID{below}
			r := find(t, e, q)
			return r, said(t, d, r)
		}
		out, err := catalog.SoldOut(ctx, d, "USD")
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			q    search.Query
			want string
		}{
			"everything": {search.Query{}, "P0 P1 P2 P3 P4 P5 P6 | blue2 green1 red2 l1 m2 s3"},
			"red or blue; the colours keep their own counts": {search.Query{Facets: map[string][]string{"colour": {"red", "blue"}}},
				"P0 P1 P2 P3 | blue2* green1 red2* l1 m1 s2"},
			"red and s": {search.Query{Facets: map[string][]string{"colour": {"red"}, "size": {"s"}}}, "P0 | blue1 green1 red1* l0 m1 s1*"},
			"an unknown value stays in sight; an unknown facet is passed over": {search.Query{Facets: map[string][]string{"colour": {"pink"}, "weight": {"1"}}},
				" | blue2 green1 pink0* red2 l0 m0 s0"},
			"in stock":          {search.Query{Without: out, Facets: map[string][]string{"size": {"s"}}}, "P0 P4 | blue0 green1 red1 l1 m2 s2*"},
			"by price":          {search.Query{Min: 2000, Max: 3000, Sort: "price-desc"}, "P2 P1 | blue1 green0 red1 l0 m1 s1"},
			"name, second page": {search.Query{Sort: "name", Page: 2, PerPage: 3}, "P3 P4 P5 | blue2 green1 red2 l1 m2 s3"},
			"a page too far":    {search.Query{Sort: "price", Page: 99, PerPage: 3}, "P6 | blue2 green1 red2 l1 m2 s3"},
		} {
			if _, got := list(c.q); got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
			}
		}
		r, _ := list(search.Query{PerPage: 2})
		if r.Total != 7 || len(r.Bands) < 2 {
			t.Fatalf("total %d, bands %+v", r.Total, r.Bands)
		}
		sum := 0
		for _, b := range r.Bands {
			sum += b.Count
			one, _ := list(search.Query{Min: b.Min, Max: b.Max})
			if one.Total != b.Count || !slices.ContainsFunc(one.Bands, func(x catalog.Band) bool { return x.Chosen && x.Min == b.Min }) {
				t.Errorf("band %+v promises %d, gives %d: %+v", b, b.Count, one.Total, one.Bands)
			}
		}
		if sum != r.Total {
			t.Errorf("bands count %d of %d products", sum, r.Total)
		}
		if all := find(t, e, search.Query{Currency: "USD"}); all.Total != 8 {
			t.Errorf("%d products have a price in dollars, want 8", all.Total)
		}
	})
}

// A crowd is a shop made at random, the same for the same seed.
type crowd struct {
	shelves []catalog.CategoryID
	drafts  []catalog.Draft
	facets  map[string][]string
}

func crowded(t *testing.T, d *db.DB, n int, seed uint64) *crowd {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	c := &crowd{facets: map[string][]string{}}
	for i := range 3 {
		dept := shelf(t, d, fmt.Sprint("dept", i), nil)
		c.shelves = append(c.shelves, dept)
		for j := range 3 {
			c.shelves = append(c.shelves, shelf(t, d, fmt.Sprintf("shelf%d%d", i, j), &dept))
		}
	}
	for k, many := range map[string]int{"colour": 12, "size": 6, "brand": 60, "age": 5, "weight": 200, "material": 8} {
		for v := range many {
			c.facets[k] = append(c.facets[k], fmt.Sprint(k[:1], v))
		}
	}
	keys := []string{"age", "brand", "colour", "material", "size", "weight"}
	for i := range n {
		var facts []string
		for _, k := range keys {
			for range r.IntN(3) {
				if f := k + "=" + c.facets[k][min(r.IntN(len(c.facets[k])), r.IntN(len(c.facets[k])))]; !slices.Contains(facts, f) {
					facts = append(facts, f)
				}
			}
		}
		p := plain(fmt.Sprint("C", i), &c.shelves[r.IntN(len(c.shelves))], money.Amount(r.IntN(100_000)), facts...)
		p.Position, p.Brand = r.IntN(50), "Brand"
		p.Variants[0].Prices = map[money.Currency]catalog.PriceIn{}
		for _, cur := range []money.Currency{"USD", "EUR", "CNY"} {
			if r.IntN(4) > 0 {
				p.Variants[0].Prices[cur] = catalog.PriceIn{Amount: money.Amount(1 + r.IntN(100_000))}
			}
		}
		c.drafts = append(c.drafts, p)
	}
	inTx(t, d, func(tx *db.Tx) error {
		done, err := catalog.PutMany(ctx, tx, c.drafts, now)
		for _, o := range done {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
		}
		return err
	})
	if err := search.Rebuild(ctx, d); err != nil {
		t.Fatal(err)
	}
	return c
}

var sorts = []string{"", "price", "price-desc", "new", "name", "rating"}

// asks is a query at random.
func (c *crowd) asks(r *rand.Rand) search.Query {
	q := search.Query{Lang: i18n.English, Currency: []money.Currency{"USD", "EUR", "CNY"}[r.IntN(3)], PerPage: 1, Facets: map[string][]string{}, Sort: sorts[r.IntN(len(sorts))]}
	if r.IntN(2) == 0 {
		q.Shelves = []catalog.CategoryID{c.shelves[r.IntN(len(c.shelves))]}
	}
	if r.IntN(3) == 0 {
		q.Min = money.Amount(r.IntN(50_000))
		q.Max = q.Min + money.Amount(r.IntN(50_000))
	}
	for key, codes := range c.facets {
		if r.IntN(3) == 0 {
			for range 1 + r.IntN(3) {
				q.Facets[key] = append(q.Facets[key], codes[r.IntN(len(codes))])
			}
		}
	}
	for range r.IntN(3) * 20 {
		q.Without = append(q.Without, catalog.ProductID(1+r.IntN(len(c.drafts))))
	}
	return q
}

// Every count that a query promises is the number of products that the query
// with that value instead of the facet's others gives.
func countsHold(t *testing.T, e search.Engine, c *crowd, sets int) {
	r := rand.New(rand.NewPCG(7, 7))
	asked := 0
	for asked < sets {
		q := c.asks(r)
		got := find(t, e, q)
		if len(got.Facets) == 0 {
			asked++
			continue
		}
		f := got.Facets[r.IntN(len(got.Facets))]
		for range 3 {
			v := f.Values[r.IntN(len(f.Values))]
			narrow := q
			narrow.Facets = map[string][]string{}
			for k, codes := range q.Facets {
				narrow.Facets[k] = codes
			}
			narrow.Facets[f.Key] = []string{v.Code}
			asked++
			if one := find(t, e, narrow); one.Total != v.Count {
				t.Fatalf("%+v promises %d for %s=%s, which gives %d", q, v.Count, f.Key, v.Code, one.Total)
			}
		}
		for _, b := range got.Bands {
			narrow := q
			narrow.Min, narrow.Max = b.Min, b.Max
			asked++
			if one := find(t, e, narrow); one.Total != b.Count {
				t.Fatalf("%+v promises %d for %d to %d, which gives %d", q, b.Count, b.Min, b.Max, one.Total)
			}
		}
	}
}

// plainly is a query answered by walking over drafts, without any set.
func (c *crowd) plainly(tree *catalog.Tree, q search.Query) (n int) {
	known := map[string]bool{}
	inBase := func(d catalog.Draft) bool {
		if _, priced := d.Variants[0].Prices[q.Currency]; !priced {
			return false
		}
		return len(q.Shelves) == 0 || slices.ContainsFunc(tree.Path(*d.CategoryID), func(k catalog.Category) bool { return k.ID == q.Shelves[0] })
	}
	for _, d := range c.drafts {
		for _, f := range d.Facts {
			known[f.Key] = known[f.Key] || inBase(d)
		}
	}
	for i, d := range c.drafts {
		price := d.Variants[0].Prices[q.Currency].Amount
		if !inBase(d) || slices.Contains(q.Without, catalog.ProductID(i+1)) || price < q.Min || q.Max != 0 && price > q.Max {
			continue
		}
		fits := true
		for key, codes := range q.Facets {
			fits = fits && (!known[key] || slices.ContainsFunc(d.Facts, func(f catalog.Fact) bool { return f.Key == key && slices.Contains(codes, f.ValueCode) }))
		}
		if fits {
			n++
		}
	}
	return n
}

func TestCountsAreWhatChoosingGives(t *testing.T) {
	const products, sets = 200, 300
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := crowded(t, d, products, 3)
		e := search.NewEmbedded(d).Calm()
		countsHold(t, e, c, sets)
		tree, err := catalog.LoadTree(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(9, 9))
		for range sets {
			q := c.asks(r)
			if got, want := find(t, e, q).Total, c.plainly(tree, q); got != want {
				t.Fatalf("%+v finds %d, walking over the shop %d", q, got, want)
			}
		}
	})
	t.Run("many", func(t *testing.T) {
		d := dbtest.SQLite(t)
		countsHold(t, search.NewEmbedded(d).Calm(), crowded(t, d, 2000, 5), 10_000)
	})
}

func TestAChangeShowsAtTheNextView(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		id, skus := put(t, d, plain("P1", nil, 500, "colour=red"))
		put(t, d, plain("P2", nil, 900, "colour=blue"))
		here, there := search.NewEmbedded(d), search.NewEmbedded(d)
		view := func(want string) {
			t.Helper()
			for name, e := range map[string]*search.Embedded{"one": here, "the other": there} {
				r := find(t, e, search.Query{Currency: "USD", Sort: "price"})
				if got := said(t, d, r); got != want {
					t.Errorf("%s shows %s, want %s", name, got, want)
				}
			}
		}
		view("P1 P2 | blue1 red1")
		inTx(t, d, func(tx *db.Tx) error { return catalog.SetPrice(ctx, tx, skus["P1"], "USD", 1000, 0, now) })
		view("P2 P1 | blue1 red1")
		inTx(t, d, func(tx *db.Tx) error { return catalog.Publish(ctx, tx, id, false, now) })
		view("P2 | blue1")
		put(t, d, plain("P2", nil, 900, "colour=green"))
		view("P2 | green1")
		inTx(t, d, func(tx *db.Tx) error { return catalog.Publish(ctx, tx, id, true, now) })
		view("P2 P1 | green1 red1")
		if err := search.Rebuild(ctx, d); err != nil { // what jobs do
			t.Fatal(err)
		}
		view("P2 P1 | green1 red1")
		// Another process changes without telling this one, and indexes it.
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE products SET published = FALSE WHERE id = ?", id).Error; err != nil {
				return err
			}
			return search.Index(ctx, tx, id)
		}); err != nil {
			t.Fatal(err)
		}
		view("P2 | green1")
		inTx(t, d, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE search_numbers SET last = 0; DELETE FROM search_documents").Error
		})
		view(" | ") // a database that was put back is read anew
		if err := search.Prepare(ctx, d, quiet); err != nil {
			t.Fatal(err)
		}
		view("P2 | green1")
	})
}

func TestEverybodyAsksWhileTheShopChanges(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := crowded(t, d, 150, 11)
		e := search.NewEmbedded(d)
		var everybody sync.WaitGroup
		for who := range 6 {
			everybody.Go(func() {
				r := rand.New(rand.NewPCG(uint64(who), 0))
				for range 40 {
					q := c.asks(r)
					got, err := e.Find(ctx, q)
					if err != nil {
						t.Error(err)
						return
					}
					for _, f := range got.Facets {
						for _, v := range f.Values {
							if len(q.Facets[f.Key]) == 0 && v.Count > got.Total {
								t.Errorf("%s=%s counts %d of %d", f.Key, v.Code, v.Count, got.Total)
							}
						}
					}
				}
			})
		}
		everybody.Go(func() {
			for i := range 25 {
				p := c.drafts[i]
				p.Published, p.Position = i%3 > 0, p.Position+i%2
				p.Variants[0].Prices = map[money.Currency]catalog.PriceIn{"USD": {Amount: money.Amount(1 + i*4000)}}
				if i%5 == 0 {
					p.Name.En = fmt.Sprint("Another ", i)
				}
				if err := d.InTx(ctx, func(tx *db.Tx) error {
					id, _, _, err := catalog.Put(ctx, tx, p, now)
					if err != nil || i%2 == 0 {
						return err
					}
					return search.Index(ctx, tx, id)
				}); err != nil {
					t.Error(err)
				}
			}
		})
		everybody.Wait()
		if err := search.Rebuild(ctx, d); err != nil {
			t.Fatal(err)
		}
		fresh := search.NewEmbedded(d)
		asked := []search.Query{{Currency: "CNY", Facets: map[string][]string{"colour": {"c1"}}}}
		for _, sort := range sorts {
			asked = append(asked, search.Query{Currency: "USD", Sort: sort, PerPage: 200})
		}
		for _, q := range asked {
			if a, b := said(t, d, find(t, e, q)), said(t, d, find(t, fresh, q)); a != b {
				t.Errorf("in step it says\n%s, anew\n%s", a, b)
			}
		}
	})
}

func TestDriftIsFoundAndMended(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, ids := stocked(t, d)
		drifted := func(want string) {
			t.Helper()
			list, err := search.Drifted(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, one := range list {
				codes = append(codes, one.Code)
			}
			if got := strings.Join(codes, " "); got != want {
				t.Errorf("drifted: %q, want %q", got, want)
			}
		}
		drifted("")
		inTx(t, d, func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE search_documents SET hash = 'x' WHERE product_id = ?", ids["TL01"]).Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec("UPDATE products SET brand = 'Silently' WHERE code = 'BB01'").Error
		})
		drifted("BB01 TL01")
		inTx(t, d, func(tx *db.Tx) error { // a job is on its way to this one
			return catalog.Publish(ctx, tx, ids["BB02"], false, now)
		})
		drifted("BB01 TL01")
		if n, err := search.Mend(ctx, d); err != nil || n != 2 {
			t.Errorf("mended %d, %v", n, err)
		}
		drifted("")
		if got := found(t, d, "en", "drill"); got != "TL01" {
			t.Errorf("drill finds %q", got)
		}
	})
}
