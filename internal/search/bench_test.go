package search_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/search"
)

// Words of which names are put together. Their share of the shop is what a
// query for them finds: half of it has "classic" in its line.
var (
	benchThings = []string{"lamp", "kettle", "stroller", "backpack", "drill", "bottle", "notebook", "keyboard", "blanket", "jacket", "tripod", "speaker", "pan", "bicycle", "monitor", "chair", "desk", "shelf", "mug", "tent"}
	benchZh     = []string{"灯", "水壶", "婴儿车", "背包", "电钻", "奶瓶", "笔记本", "键盘", "毛毯", "夹克", "三脚架", "音箱", "平底锅", "自行车", "显示器", "椅子", "书桌", "架子", "马克杯", "帐篷"}
	benchKinds  = []string{"folding", "compact", "travel", "studio", "junior", "outdoor", "quiet", "heavy", "slim", "warm", "cordless", "wide", "round", "light", "deep"}
)

// bigShop is a shop of n products, the same each time: 20 departments of 5
// shelves, three currencies for most, six facets of 5 to 400 values.
func bigShop(b *testing.B, d *db.DB, n int) (depts []catalog.CategoryID) {
	b.Helper()
	r := rand.New(rand.NewPCG(100, 9))
	var shelves []catalog.CategoryID
	put := func(c catalog.Category) (id catalog.CategoryID) {
		if err := d.InTx(ctx, func(tx *db.Tx) (err error) { id, err = catalog.PutCategory(ctx, tx, c, now); return err }); err != nil {
			b.Fatal(err)
		}
		return id
	}
	for i, thing := range benchThings {
		dept := put(catalog.Category{Code: thing, Slug: thing + "s", Name: i18n.Text{En: thing + "s", Zh: benchZh[i]}})
		depts = append(depts, dept)
		for j := range 5 {
			shelves = append(shelves, put(catalog.Category{Code: fmt.Sprint(thing, j), Slug: fmt.Sprintf("%ss-%d", thing, j), ParentID: &dept, Name: i18n.Text{En: fmt.Sprint(benchKinds[j], " ", thing, "s"), Zh: benchZh[i]}}))
		}
	}
	facets := []struct {
		key    string
		values int
	}{{"brand", 400}, {"colour", 24}, {"material", 30}, {"size", 60}, {"age", 5}, {"weight", 120}}
	for start := 0; start < n; start += 500 {
		var drafts []catalog.Draft
		for i := start; i < min(start+500, n); i++ {
			at := r.IntN(len(shelves))
			thing, kind, line := at/5, benchKinds[r.IntN(len(benchKinds))], "A "
			if r.IntN(2) == 0 {
				line += "classic "
			}
			p := catalog.Draft{Product: catalog.Product{Code: fmt.Sprintf("N%06d", i), Slug: fmt.Sprint("n-", i), CategoryID: &shelves[at], Published: true, Position: r.IntN(1000), Brand: fmt.Sprint("Brand ", r.IntN(400)),
				Name: i18n.Text{En: fmt.Sprintf("%s %s %d", kind, benchThings[thing], i%900), Zh: fmt.Sprintf("%s %d", benchZh[thing], i%900)},
				Line: i18n.Text{En: line + benchThings[thing] + " for every day, made to be repaired", Zh: "每天都用的" + benchZh[thing]}}}
			prices := map[money.Currency]catalog.PriceIn{"USD": {Amount: money.Amount(500 + r.IntN(60_000))}, "CNY": {Amount: money.Amount(3500 + r.IntN(400_000))}}
			p.Variants = []catalog.DraftVariant{{Variant: catalog.Variant{SKU: p.Code, Active: true}, Prices: prices}}
			for at, f := range facets {
				v := min(r.IntN(f.values), r.IntN(f.values))
				p.Facts = append(p.Facts, catalog.Fact{Position: at, Key: f.key, Name: i18n.Text{En: f.key, Zh: f.key}, ValueCode: strconv.Itoa(v), Value: i18n.Text{En: fmt.Sprint(f.key, " ", v), Zh: fmt.Sprint(f.key, " ", v)}, Facet: true})
			}
			drafts = append(drafts, p)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { _, err := catalog.PutMany(ctx, tx, drafts, now); return err }); err != nil {
			b.Fatal(err)
		}
	}
	return depts
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkEngine is the search of a shop of 100,000 products (PRODUCTS=n):
// the time to index it, the memory of the picture, and the 95th percentile of
// queries of several kinds.
func BenchmarkEngine(b *testing.B) {
	n := 100_000
	if s := os.Getenv("PRODUCTS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	d := dbtest.SQLite(b)
	depts := bigShop(b, d, n)
	start := time.Now()
	if err := search.Rebuild(ctx, d); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d products indexed in %.1f s", n, time.Since(start).Seconds())
	before := heap()
	start = time.Now()
	e := search.NewEmbedded(d).Calm()
	if err := e.Refresh(ctx); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d read in %.1f s, %.1f MB", e.Holds(), time.Since(start).Seconds(), (heap()-before)/1e6)
	words := func(text string) search.Words {
		u, err := e.Understand(ctx, i18n.English, text, false, now)
		if err != nil {
			b.Fatal(err)
		}
		return u.Words
	}
	four := map[string][]string{"colour": {"1", "2", "3"}, "age": {"0", "1"}, "material": {"0", "1", "2", "3", "4", "5"}, "size": {"1", "2", "3", "4", "5", "6", "7", "8"}}
	for _, q := range []struct {
		name string
		q    search.Query
	}{
		{"department", search.Query{Shelves: depts[3:4]}},
		{"department, by price", search.Query{Shelves: depts[3:4], Sort: "price"}},
		{"department, four facets", search.Query{Shelves: depts[3:4], Facets: four}},
		{"whole shop", search.Query{}},
		{"whole shop, by name", search.Query{Sort: "name"}},
		{"word of 5,000", search.Query{Words: words("kettle")}},
		{"word of 5,000, four facets", search.Query{Words: words("kettle"), Facets: four}},
		{"two words, four facets", search.Query{Words: words("folding kettle"), Facets: four}},
		{"word of half the shop", search.Query{Words: words("classic")}},
		{"word of half the shop, four facets", search.Query{Words: words("classic"), Facets: four}},
		{"model number", search.Query{Words: words("N012345")}},
	} {
		b.Run(q.name, func(b *testing.B) {
			q.q.Lang, q.q.Currency = i18n.English, "USD"
			var took []time.Duration
			total := 0
			for b.Loop() {
				start := time.Now()
				if q.q.Words.Text != "" { // as a page does, the reading of the query with it
					q.q.Words = words(q.q.Words.Text)
				}
				r, err := e.Find(ctx, q.q)
				if err != nil {
					b.Fatal(err)
				}
				took, total = append(took, time.Since(start)), r.Total
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64(total), "hits")
		})
	}
	tree, err := catalog.LoadTree(ctx, d)
	if err != nil {
		b.Fatal(err)
	}
	var types search.Completer
	b.Run("typing", func(b *testing.B) {
		var took []time.Duration
		typed := []string{"k", "ke", "ket", "kett", "c", "cl", "cla", "class", "classic f", "fo", "folding k", "z"}
		if _, err := types.Complete(ctx, d, tree, i18n.English, "k", 4, now); err != nil { // reads the names
			b.Fatal(err)
		}
		for b.Loop() {
			for _, t := range typed {
				start := time.Now()
				if _, err := types.Complete(ctx, d, tree, i18n.English, t, 4, now); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	})
}
