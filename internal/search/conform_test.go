package search_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/search"
	"regulars/internal/search/meilitest"
)

// The stories that both engines must tell alike, over one small shop in two
// languages. They run over the embedded engine on both databases, over
// Meilisearch against a double of the server, and over a real server where
// MEILI_URL is set.

type underTest struct {
	search.Engine
	typos bool // the engine forgives slips by itself; before the embedded one they are mended
	drain func()
}

func TestEnginesConform(t *testing.T) {
	embedded := func(t *testing.T, d *db.DB) underTest {
		return underTest{Engine: search.NewEmbedded(d), drain: func() {}}
	}
	t.Run("embedded", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) { tellAll(t, d, embedded(t, d)) })
	})
	t.Run("meilisearch double", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			m, push := atDouble(t, d, doubled(t))
			tellAll(t, d, underTest{m, true, func() { pushed(t, push) }})
		})
	})
	t.Run("meilisearch", func(t *testing.T) {
		url := os.Getenv("MEILI_URL")
		if url == "" {
			return // README says how to run it
		}
		d := dbtest.SQLite(t)
		m := search.NewMeili(search.MeiliAt{URL: url, Key: os.Getenv("MEILI_MASTER_KEY"), Index: fmt.Sprintf("regulars_test_%x", rand.Uint64())}, search.NewEmbedded(d))
		push := &search.Pusher{DB: d, Meili: m, Now: func() time.Time { return now }, Name: "test"}
		t.Cleanup(func() {
			if err := push.Leave(context.Background()); err != nil {
				t.Error(err)
			}
		})
		tellAll(t, d, underTest{m, true, func() { pushed(t, push) }})
	})
}

func doubled(t *testing.T) *meilitest.Server {
	s := meilitest.New()
	t.Cleanup(s.Close)
	return s
}

func atDouble(t *testing.T, d *db.DB, s *meilitest.Server) (*search.Meili, *search.Pusher) {
	m := search.NewMeili(search.MeiliAt{URL: s.URL, Key: meilitest.MasterKey}, search.NewEmbedded(d).Calm())
	m.PollFor = time.Nanosecond
	return m, &search.Pusher{DB: d, Meili: m, Now: func() time.Time { return now }, Name: "one"}
}

func pushed(t *testing.T, p *search.Pusher) {
	t.Helper()
	if err := p.Push(ctx); err != nil {
		t.Fatal(err)
	}
}

// told is a product of the stories.
func told(code, en, zh string, shelf *catalog.CategoryID, usd, cny money.Amount, facts ...string) catalog.Draft {
	p := plain(code, shelf, usd, facts...)
	p.Name, p.Brand = i18n.Text{En: en, Zh: zh}, "Lumo"
	p.Variants[0].SKU = "SKU-" + code
	if cny != 0 {
		p.Variants[0].Prices["CNY"] = catalog.PriceIn{Amount: cny}
	}
	return p
}

var hostile = `"] OR id EXISTS OR facets.colour IN ["` + `\`

func tellAll(t *testing.T, d *db.DB, e underTest) {
	baby := shelf(t, d, "baby", nil)
	bottles := shelf(t, d, "bottles", &baby)
	desk := shelf(t, d, "desk", nil)
	ids := map[string]catalog.ProductID{}
	codes := map[catalog.ProductID]string{}
	for i, p := range []catalog.Draft{
		told("AB240", "Glass bottle 240 ml", "玻璃奶瓶 240 毫升", &bottles, 1200, 8900, "colour=red", "size=s"),
		told("AB330", "Steel bottles, insulated", "不锈钢奶瓶", &bottles, 2500, 17900, "colour=blue", "size=m"),
		told("BR1", "Brush for bottles", "奶瓶刷", &bottles, 900, 6900, "colour=red", "size=m"),
		told("ST1", "Quiet steriliser", "安静消毒器", &baby, 7900, 0, "size=l"),
		told("LA1", "Reading lamp", "阅读灯", &desk, 4500, 32900, "colour=Red", "size=s"),
		told("LA2", "Lamp shade", "灯罩", &desk, 4500, 32900, "colour="+hostile),
		told("KB1", "Keyboard 10 keys", "键盘", &desk, 4500, 0, "colour=blue"),
		told("KB2", "Keyboard 9 keys", "小键盘", &desk, 9900, 71900, "weight=1.5"),
	} {
		p.Position = 7 - i/2 // of two the position is the same
		id, _ := put(t, d, p)
		ids[p.Code], codes[id] = id, p.Code
	}
	if err := search.Rebuild(ctx, d); err != nil {
		t.Fatal(err)
	}
	e.drain()
	ask := func(q search.Query) (*search.Result, string) {
		t.Helper()
		q.Lang, q.Currency = cmp.Or(q.Lang, i18n.English), cmp.Or(q.Currency, "USD")
		r, err := e.Find(ctx, q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		var found []string
		for _, id := range r.IDs {
			found = append(found, codes[id])
		}
		return r, strings.Join(found, " ")
	}
	set := func(found string) string { f := strings.Fields(found); slices.Sort(f); return strings.Join(f, " ") }
	reader := search.NewEmbedded(d)
	said := func(lang i18n.Lang, text string, exact bool) search.Words {
		u, err := reader.Understand(ctx, lang, text, exact, now)
		if err != nil {
			t.Fatal(err)
		}
		return u.Words
	}
	words := func(text string) search.Words { return said(i18n.English, text, false) }
	either := func(forms ...string) search.Words {
		return search.Words{Text: forms[0], Terms: []search.Term{{Any: forms}}}
	}

	t.Run("words", func(t *testing.T) {
		for _, c := range []struct {
			lang i18n.Lang
			w    search.Words
			want string
		}{
			{i18n.English, words("bottle"), "AB240 AB330 BR1"},
			{i18n.English, words("Bottles"), "AB240 AB330 BR1"},
			{i18n.English, words("bott"), "AB240 AB330 BR1"},
			{i18n.English, words("lamp read"), "LA1"},
			{i18n.English, said(i18n.English, "bottle lamp", true), ""},
			{i18n.English, words("botle"), "AB240 AB330 BR1"},
			{i18n.English, words("naiping"), "AB240 AB330 BR1"},
			{i18n.English, words("SKU-AB330"), "AB330"},
			{i18n.English, words("ab240"), "AB240"},
			{i18n.English, words("240 ml"), "AB240"},
			{i18n.English, words("奶瓶"), "AB240 AB330 BR1"}, // nothing English holds it
			{i18n.Chinese, words("奶瓶"), "AB240 AB330 BR1"},
			{i18n.Chinese, words("奶瓶刷"), "BR1"},
			{i18n.Chinese, words("lamp"), "LA1 LA2"},
			{i18n.English, words("zeppelin"), ""},
			{i18n.English, search.Words{Text: "!!"}, ""},
			{i18n.English, either("steriliser", "keyboard"), "KB1 KB2 ST1"},
			{i18n.English, either("lamp reading", "奶瓶刷"), "BR1 LA1"},
			{i18n.English, search.Words{Text: "lamp", Terms: words("lamp").Terms, First: []catalog.ProductID{ids["KB1"]}}, "KB1 LA1 LA2"},
			{i18n.English, search.Words{Text: "first", First: []catalog.ProductID{ids["KB1"], ids["KB1"], 99999}}, "KB1"},
		} {
			if r, got := ask(search.Query{Lang: c.lang, Words: c.w}); set(got) != c.want || r.Total != len(strings.Fields(c.want)) {
				t.Errorf("%s %+v: %d, %q, want %q", c.lang, c.w, r.Total, set(got), c.want)
			}
		}
		if e.typos {
			for typed, want := range map[string]string{"botle": "AB240 AB330 BR1", "keybaord": "KB1 KB2", "lapm": "", "ab250": "", "sterilsier": "ST1", "奶平": ""} {
				if _, got := ask(search.Query{Words: said(i18n.English, typed, true)}); set(got) != want {
					t.Errorf("%s: %q, want %q", typed, set(got), want)
				}
			}
		}
		if _, got := ask(search.Query{Words: search.Words{Text: "lamp", Terms: words("lamp").Terms, First: []catalog.ProductID{ids["KB1"]}}, PerPage: 1}); got != "KB1" {
			t.Errorf("what stands first: %s", got)
		}
	})
	t.Run("filters", func(t *testing.T) {
		counts := func(r *search.Result, key string) string {
			for _, f := range r.Facets {
				if f.Key == key {
					var list []string
					for _, v := range f.Values {
						list = append(list, fmt.Sprintf("%s=%d", v.Code, v.Count))
					}
					return strings.Join(list, " ")
				}
			}
			return ""
		}
		r, got := ask(search.Query{Facets: map[string][]string{"colour": {"red", "blue"}, "size": {"m"}}})
		if set(got) != "AB330 BR1" || counts(r, "size") != "l=0 m=2 s=1" || !strings.Contains(counts(r, "colour"), "blue=1 red=1") {
			t.Errorf("%s: %s; %s", got, counts(r, "size"), counts(r, "colour"))
		}
		if _, got = ask(search.Query{Facets: map[string][]string{"colour": {hostile}}}); got != "LA2" {
			t.Errorf("a code that is no condition: %q", got)
		}
		if _, got = ask(search.Query{Facets: map[string][]string{"colour": {"Red"}}}); got != "LA1" {
			t.Errorf("codes know their case: %q", got)
		}
		if r, _ = ask(search.Query{Facets: map[string][]string{"unheard": {"of"}}}); r.Total != 8 {
			t.Errorf("a key nobody has: %d", r.Total)
		}
		if r, got = ask(search.Query{Shelves: []catalog.CategoryID{baby}, Facets: map[string][]string{"weight": {"1.5"}}}); r.Total != 4 {
			t.Errorf("a key of another shelf is passed over: %q", got)
		}
		if _, got = ask(search.Query{Shelves: []catalog.CategoryID{bottles}, Without: []catalog.ProductID{ids["BR1"]}}); set(got) != "AB240 AB330" {
			t.Errorf("without: %q", got)
		}
		if r, got = ask(search.Query{Min: 1000, Max: 4500}); set(got) != "AB240 AB330 KB1 LA1 LA2" || len(r.Bands) == 0 {
			t.Errorf("by price: %q, %+v", got, r.Bands)
		}
		if r, got = ask(search.Query{Currency: "CNY", Max: 9000}); set(got) != "AB240 BR1" {
			t.Errorf("in another currency: %q", got)
		}
		if r, got = ask(search.Query{Words: words("bottle"), Facets: map[string][]string{"colour": {"red"}}}); set(got) != "AB240 BR1" || counts(r, "colour") != "blue=1 red=2" {
			t.Errorf("words and a facet: %q, %s", got, counts(r, "colour"))
		}
	})
	t.Run("orders", func(t *testing.T) {
		for sort, want := range map[string]string{
			"": "KB1 KB2 LA1 LA2 BR1 ST1 AB240 AB330", "price": "BR1 AB240 AB330 KB1 LA1 LA2 ST1 KB2", "price-desc": "KB2 ST1 KB1 LA1 LA2 AB330 AB240 BR1",
			"name": "BR1 AB240 KB2 KB1 LA2 ST1 LA1 AB330",
		} {
			_, whole := ask(search.Query{Sort: sort})
			if whole = strings.NewReplacer("LA2 LA1", "LA1 LA2").Replace(whole); whole != want {
				t.Errorf("%q: %s, want %s", sort, whole, want)
			}
			var pages []string
			for page := range 3 {
				r, got := ask(search.Query{Sort: sort, PerPage: 3, Page: page + 1})
				if r.Total != 8 || r.Page != page+1 {
					t.Errorf("%q page %d: %d of %d", sort, page+1, r.Page, r.Total)
				}
				pages = append(pages, got)
			}
			if strings.Join(pages, " ") != whole {
				t.Errorf("%q: pages %v, whole %s", sort, pages, whole)
			}
		}
		if r, got := ask(search.Query{PerPage: 3, Page: 99}); r.Page != 3 || got != "AB240 AB330" {
			t.Errorf("a page too far: %d, %q", r.Page, got)
		}
		if _, got := ask(search.Query{Words: words("lamp"), Sort: "name"}); got != "LA2 LA1" {
			t.Errorf("words by name: %q", got)
		}
	})
	t.Run("changes", func(t *testing.T) {
		changed := told("LA1", "Lantern", "灯笼", &desk, 4600, 0, "colour=green")
		put(t, d, changed)
		gone := told("BR1", "Brush for bottles", "奶瓶刷", &bottles, 900, 6900, "colour=red", "size=m")
		gone.Published = false
		put(t, d, gone)
		inTx(t, d, func(tx *db.Tx) error { return search.Index(ctx, tx, ids["LA1"], ids["BR1"]) })
		e.drain()
		if _, got := ask(search.Query{Words: words("lantern")}); got != "LA1" {
			t.Errorf("what changed: %q", got)
		}
		if _, got := ask(search.Query{Words: words("reading")}); got != "" {
			t.Errorf("what it was called: %q", got)
		}
		if _, got := ask(search.Query{Words: words("brush")}); got != "" {
			t.Errorf("what is gone: %q", got)
		}
	})
}

// Where no slip is forgiven both engines say the same: total, page, every
// count and every band.
func TestEnginesCountAlike(t *testing.T) {
	d := dbtest.SQLite(t)
	c := crowded(t, d, 150, 5)
	e := search.NewEmbedded(d).Calm()
	m, push := atDouble(t, d, doubled(t))
	pushed(t, push)
	r := rand.New(rand.NewPCG(3, 3))
	shown := func(r *search.Result) string {
		slices.SortFunc(r.Facets, func(a, b catalog.Facet) int { return strings.Compare(a.Key, b.Key) })
		return fmt.Sprintf("%v %d %d %+v %+v", r.IDs, r.Total, r.Page, r.Facets, r.Bands)
	}
	for i := range 120 {
		q := c.asks(r)
		q.PerPage, q.Page = 1+r.IntN(9), 1+r.IntN(4)
		q.Sort = []string{"", "price", "price-desc", "new", "name", "rating"}[i%6]
		if i%3 == 0 {
			u, err := e.Understand(ctx, i18n.English, []string{"thing", "brand thing", fmt.Sprint("thing c", r.IntN(150)), "elsewhere"}[r.IntN(4)], true, now)
			if err != nil {
				t.Fatal(err)
			}
			if q.Words = u.Words; q.Sort == "" {
				q.Sort = "name" // what is best first each says in its own way
			}
		}
		if got, want := shown(find(t, m, q)), shown(find(t, e, q)); got != want {
			t.Fatalf("%+v\n got %s\nwant %s", q, got, want)
		}
	}
}
