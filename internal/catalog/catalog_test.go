package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

func TestSameDraftTwiceChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shelf := category(t, d, catalog.Category{Code: "BB", Slug: "baby", Name: text("Baby", "母婴")})
		id, change, skus := put(t, d, bottle(&shelf))
		if change != catalog.Created || len(skus) != 4 {
			t.Fatalf("first put: %s with %d variants", change, len(skus))
		}
		tables := []string{"products", "product_options", "variants", "prices", "price_log", "product_images", "product_facts", "old_slugs", "river_job"}
		before := map[string]int{}
		for _, table := range tables {
			before[table] = count(t, d, table)
		}
		again, change, same := put(t, d, bottle(&shelf))
		if again != id || change != catalog.Unchanged || fmt.Sprint(same) != fmt.Sprint(skus) {
			t.Errorf("second put: product %d %s %v, want %d unchanged %v", again, change, same, id, skus)
		}
		for _, table := range tables {
			if n := count(t, d, table); n != before[table] {
				t.Errorf("%s grew from %d to %d rows by an unchanged put", table, before[table], n)
			}
		}
		if p, err := catalog.ByID(ctx, d, id); err != nil || p.Version != 1 {
			t.Errorf("product %+v, %v; want version 1", p, err)
		}
	})
}

func TestChangedDraftChangesWhatDiffers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		id, _, skus := put(t, d, bottle(nil))
		draft := bottle(nil)
		draft.Slug = "quiet-bottle"
		draft.Variants[0].Prices["USD"] = catalog.PriceIn{Amount: 990, Was: 1200}
		draft.Variants = draft.Variants[:3]
		draft.Facts = append(draft.Facts, catalog.Fact{Key: "age", Name: text("Age", "年龄"), ValueCode: "0", Value: text("From birth", "新生儿起"), Facet: true})
		if again, change, _ := put(t, d, draft); again != id || change != catalog.Updated {
			t.Fatalf("changed draft: product %d %s", again, change)
		}
		got, err := catalog.Detailed(ctx, d, id, "USD")
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != 2 || len(got.Facts) != 2 || len(got.Options) != 2 || len(got.Variants) != 4 {
			t.Errorf("version %d, %d facts, %d options, %d variants", got.Version, len(got.Facts), len(got.Options), len(got.Variants))
		}
		for _, v := range got.Variants {
			if v.ID == skus["BB01-SAND-240"] && v.Active {
				t.Error("a variant that the draft leaves out must become inactive")
			}
		}
		if got.Card.Price.Amount != 990 || got.Card.Was != 1200 || !got.Card.From || got.Card.Variants != 3 || got.Card.Colours != 2 {
			t.Errorf("card %+v", got.Card)
		}
		if slug, ok, err := catalog.Moved(ctx, d, "product", "calm-bottle"); slug != "quiet-bottle" || !ok || err != nil {
			t.Errorf("former address leads to %q, %v, %v", slug, ok, err)
		}
		var history []int64
		d.Query(ctx).Raw("SELECT amount FROM price_log WHERE variant_id = ? AND currency = 'USD' ORDER BY id", skus["BB01-SAGE-150"]).Scan(&history)
		if !slices.Equal(history, []int64{1200, 990}) {
			t.Errorf("price history %v", history)
		}
		// Back to the old address: it must not be both current and former.
		put(t, d, bottle(nil))
		if slug, ok, _ := catalog.Moved(ctx, d, "product", "quiet-bottle"); slug != "calm-bottle" || !ok {
			t.Errorf("after moving back, quiet-bottle leads to %q", slug)
		}
		if _, ok, _ := catalog.Moved(ctx, d, "product", "calm-bottle"); ok {
			t.Error("the current address is also listed as a former one")
		}
	})
}

func TestBadDraftsAreRefusedWithTheirField(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, bottle(nil))
		for name, c := range map[string]struct {
			field string
			spoil func(*catalog.Draft)
		}{
			"no code":            {"code", func(d *catalog.Draft) { d.Code = " " }},
			"no name":            {"name", func(d *catalog.Draft) { d.Name = i18n.Text{} }},
			"long name":          {"name", func(d *catalog.Draft) { d.Name.Zh = strings.Repeat("长", 201) }},
			"NUL in a text":      {"about", func(d *catalog.Draft) { d.About.En = "a\x00b" }},
			"broken UTF-8":       {"line", func(d *catalog.Draft) { d.Line.En = "a\xff" }},
			"capital slug":       {"slug", func(d *catalog.Draft) { d.Slug = "Big" }},
			"path slug":          {"slug", func(d *catalog.Draft) { d.Slug = "../etc" }},
			"taken slug":         {"slug", func(d *catalog.Draft) { d.Slug = "calm-bottle" }},
			"spaced SKU":         {"sku", func(d *catalog.Draft) { d.Variants[0].SKU = "A B" }},
			"SKU with a newline": {"sku", func(d *catalog.Draft) { d.Variants[0].SKU = "AB\n" }},
			"foreign SKU":        {"sku", func(d *catalog.Draft) { d.Variants[0].SKU = "BB01-SAGE-150" }},
			"negative price":     {"price", func(d *catalog.Draft) { d.Variants[0].Prices["USD"] = catalog.PriceIn{Amount: -1} }},
			"unknown currency":   {"price", func(d *catalog.Draft) { d.Variants[0].Prices["XXX"] = catalog.PriceIn{Amount: 1} }},
			"unknown choice":     {"variants", func(d *catalog.Draft) { d.Variants[0].Choices = map[string]string{"colour": "red"} }},
			"no variant":         {"variants", func(d *catalog.Draft) { d.Variants = nil }},
			"four options": {"options", func(d *catalog.Draft) {
				for i := range 4 {
					d.Options = append(d.Options, catalog.Option{Code: fmt.Sprint(i), Choices: []catalog.Choice{{Code: "a"}}})
				}
			}},
			"251 variants": {"variants", func(d *catalog.Draft) {
				for i := range 251 {
					d.Variants = append(d.Variants, catalog.DraftVariant{Variant: catalog.Variant{SKU: fmt.Sprint("V", i)}})
				}
			}},
			"the same fact twice": {"facts", func(d *catalog.Draft) { d.Facts = append(d.Facts, d.Facts...) }},
		} {
			draft := plain("NEW1", nil, 500, "a=b")
			c.spoil(&draft)
			err := d.InTx(ctx, func(tx *db.Tx) error {
				_, _, _, err := catalog.Put(ctx, tx, draft, now)
				return err
			})
			fields := fault.Fields(err)
			if !errors.Is(err, fault.Invalid) || !slices.ContainsFunc(fields, func(f fault.Field) bool { return f.Name == c.field }) {
				t.Errorf("%s: %v; want a complaint about %s", name, err, c.field)
			}
			if name == "foreign SKU" && (len(fields) == 0 || !slices.Contains(fields[0].Args, any("BB01")) || !slices.Contains(fields[0].Args, any("NEW1"))) {
				t.Errorf("a taken SKU must name both products: %+v", fields)
			}
		}
		if n := count(t, d, "products"); n != 1 {
			t.Errorf("%d products after refused drafts, want 1", n)
		}
	})
}

func TestManyProductsAreWrittenTogetherAndBadOnesAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		drafts := make([]catalog.Draft, 600)
		for i := range drafts {
			drafts[i] = plain(fmt.Sprintf("P%04d", i), nil, 100)
			drafts[i].Name = text("Same name", "同名")
		}
		drafts[7].Variants[0].SKU = "not good"
		drafts[9].Variants[0].SKU = "P0008"
		drafts = append(drafts, drafts[0]) // the file names it twice
		var outcomes []catalog.Outcome
		run := func() (created, unchanged, wrong int) {
			inTx(t, d, func(tx *db.Tx) (err error) {
				outcomes, err = catalog.PutMany(ctx, tx, drafts, now)
				return err
			})
			for _, o := range outcomes {
				switch {
				case o.Err != nil:
					wrong++
				case o.Change == catalog.Created:
					created++
				case o.Change == catalog.Unchanged:
					unchanged++
				}
			}
			return created, unchanged, wrong
		}
		if created, unchanged, wrong := run(); created != 598 || unchanged != 1 || wrong != 2 {
			t.Fatalf("first: %d created, %d unchanged, %d wrong", created, unchanged, wrong)
		}
		if outcomes[7].Err == nil || outcomes[9].Err == nil || outcomes[600].ID != outcomes[0].ID {
			t.Errorf("outcomes stand in the wrong places: %+v %+v", outcomes[7], outcomes[9])
		}
		if created, unchanged, wrong := run(); created != 0 || unchanged != 599 || wrong != 2 {
			t.Errorf("second: %d created, %d unchanged, %d wrong", created, unchanged, wrong)
		}
	})
}

func TestSlugsAreReadableOrFallBackToTheCode(t *testing.T) {
	for name, want := range map[string]string{
		"Calm Bottle 240 ml": "calm-bottle-240-ml", "Crème brûlée & co.": "creme-brulee-and-co", "Straße – Øl": "strasse-ol",
		"安静奶瓶": "", "  --  ": "", "Don't": "dont", strings.Repeat("ab ", 60): strings.TrimRight(strings.Repeat("ab-", 32), "-"),
	} {
		if got := catalog.Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		draft := plain("ZH 01", nil, 100)
		draft.Name, draft.Variants[0].SKU = text("", "安静奶瓶"), "ZH01"
		put(t, d, draft)
		if _, err := catalog.BySlug(ctx, d, "zh-01"); err != nil {
			t.Error(err)
		}
	})
}

func TestCardSaysWhatCanBeBought(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		id, _, skus := put(t, d, bottle(nil))
		hidden := plain("HID", nil, 100)
		hidden.Published = false
		hiddenID, _, _ := put(t, d, hidden)
		eur := plain("NOUSD", nil, 100)
		eur.Variants[0].Prices = map[money.Currency]catalog.PriceIn{"EUR": {Amount: 5}}
		eurID, _, _ := put(t, d, eur)
		otherID, _, _ := put(t, d, plain("OTHER", nil, 700))
		stock(t, d, skus["BB01-SAGE-150"], 0)
		stock(t, d, skus["BB01-SAGE-240"], 3)
		stock(t, d, skus["BB01-SAND-150"], 2)
		stock(t, d, skus["BB01-SAND-240"], 0)
		list, err := catalog.Cards(ctx, d, []catalog.ProductID{otherID, hiddenID, eurID, id, 999}, "USD")
		if err != nil || len(list) != 2 || list[0].ID != otherID || list[1].ID != id {
			t.Fatalf("cards %+v, %v", list, err)
		}
		c := list[1]
		if !c.InStock || c.Left != 3 || c.SKU != "BB01-SAGE-240" || c.Price != (money.Price{Amount: 1200, Currency: "USD"}) || !c.From || c.Variants != 4 || c.Colours != 2 || c.Image.Src != "art:bottle-70-sage-BB01" {
			t.Errorf("card %+v", c)
		}
		if o := list[0]; !o.InStock || o.Left != -1 || o.From || o.SKU != "OTHER" {
			t.Errorf("uncounted card %+v", o)
		}
		for sku := range skus {
			stock(t, d, skus[sku], 0)
		}
		list, _ = catalog.Cards(ctx, d, []catalog.ProductID{id}, "USD")
		if len(list) != 1 || list[0].InStock || list[0].Left != 0 || list[0].SKU != "BB01-SAGE-150" {
			t.Errorf("sold out card %+v", list)
		}
		detail, err := catalog.Detailed(ctx, d, id, "USD")
		if err != nil || fmt.Sprint(detail.Card) != fmt.Sprint(list[0]) {
			t.Errorf("the page's card %+v differs from the list's %+v (%v)", detail.Card, list[0], err)
		}
	})
}

func TestBuyableSaysWhatAVariantIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, _, skus := put(t, d, bottle(nil))
		v := skus["BB01-SAND-240"]
		stock(t, d, v, 4)
		found, err := catalog.Buyables(ctx, d, []catalog.VariantID{v, 12345}, "CNY")
		b, ok := found[v]
		if err != nil || !ok || len(found) != 1 {
			t.Fatalf("%+v, %v", found, err)
		}
		if b.Choices != text("Sand / 240 ml", "沙色 / 240 毫升") || b.Image.Src != "art:bottle-70-sand-BB01" || b.Available != 4 || b.Price.Amount != 8900 || b.Was != 9900 || !b.Priced || !b.Active || !b.Published {
			t.Errorf("%+v", b)
		}
		// The same inside a transaction, where there is one connection only.
		inTx(t, d, func(tx *db.Tx) error {
			again, err := catalog.Buyables(ctx, tx, []catalog.VariantID{v}, "GBP")
			if again[v].Priced {
				t.Error("priced in a currency it has no price in")
			}
			return err
		})
	})
}

func TestListIsAPageInItsOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shelf := category(t, d, catalog.Category{Code: "S", Slug: "shelf", Name: text("Shelf", "架")})
		other := category(t, d, catalog.Category{Code: "O", Slug: "other", Name: text("Other", "他")})
		ids := map[string]catalog.ProductID{}
		for i := range 7 {
			p := plain(fmt.Sprint("P", i), &shelf, money.Amount(1000*(i+1)))
			p.Position = i
			id, _, skus := put(t, d, p)
			ids[p.Code] = id
			if i == 2 {
				stock(t, d, skus["P2"], 0)
			}
		}
		put(t, d, plain("ELSEWHERE", &other, 100))
		for name, c := range map[string]struct {
			q    catalog.ListQuery
			want string
		}{
			"everything":           {catalog.ListQuery{}, "P0 P1 P2 P3 P4 P5 P6"},
			"in stock":             {catalog.ListQuery{InStock: true}, "P0 P1 P3 P4 P5 P6"},
			"by price":             {catalog.ListQuery{Sort: "price-desc"}, "P6 P5 P4 P3 P2 P1 P0"},
			"name, second page":    {catalog.ListQuery{Sort: "name", Page: 2, PerPage: 3}, "P3 P4 P5"},
			"a page too far":       {catalog.ListQuery{Sort: "price", Page: 99, PerPage: 3}, "P6"},
			"chosen ones in order": {catalog.ListQuery{IDs: []catalog.ProductID{ids["P3"], ids["P0"], 999}}, "P3 P0"},
		} {
			c.q.Currency, c.q.Categories = "USD", []catalog.CategoryID{shelf}
			l, err := catalog.List(ctx, d, c.q)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, k := range l.Cards {
				codes = append(codes, k.Code)
			}
			if got := strings.Join(codes, " "); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
		out, err := catalog.SoldOut(ctx, d, "USD")
		if err != nil || !slices.Equal(out, []catalog.ProductID{ids["P2"]}) {
			t.Errorf("sold out: %v, %v", out, err)
		}
	})
}

func TestStaffFindUnpublishedByPartOfCodeSKUOrName(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		draft := plain("Q_1%", nil, 100)
		draft.Variants[0].SKU, draft.Published, draft.Name = "SKU-77", false, text(`The "big" <box>`, "大箱子")
		put(t, d, draft)
		put(t, d, plain("OTHER", nil, 100))
		for search, want := range map[string]int{"q_1": 1, "%": 1, "sku-7": 1, `"BIG" <b`: 1, "大箱": 1, "nothing": 0, "": 2, "!": 0, "\x00": 0} {
			l, err := catalog.List(ctx, d, catalog.ListQuery{All: true, Text: search, Currency: "USD"})
			if err != nil || l.Total != want || len(l.Cards) != want {
				t.Errorf("%q finds %d, %v; want %d", search, l.Total, err, want)
			}
		}
	})
}

func TestEditorOverwritesNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		id, _, skus := put(t, d, bottle(nil))
		edit := catalog.Edit{Slug: "still-bottle", Name: text("Still bottle", "静瓶"), Published: true}
		inTx(t, d, func(tx *db.Tx) error { return catalog.Save(ctx, tx, id, 1, edit, now) })
		err := d.InTx(ctx, func(tx *db.Tx) error { return catalog.Save(ctx, tx, id, 1, edit, now) })
		if !errors.Is(err, fault.Conflict) {
			t.Errorf("an edit over an older version gives %v", err)
		}
		nowhere := catalog.CategoryID(999)
		err = d.InTx(ctx, func(tx *db.Tx) error {
			return catalog.Save(ctx, tx, id, 2, catalog.Edit{Name: edit.Name, CategoryID: &nowhere}, now)
		})
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("an unknown category gives %v", err)
		}
		if slug, ok, _ := catalog.Moved(ctx, d, "product", "calm-bottle"); !ok || slug != "still-bottle" {
			t.Errorf("former address leads to %q", slug)
		}
		inTx(t, d, func(tx *db.Tx) error {
			if err := catalog.SetPrice(ctx, tx, skus["BB01-SAGE-150"], "USD", 1000, 0, now); err != nil {
				return err
			}
			return catalog.SetPrice(ctx, tx, skus["BB01-SAGE-150"], "USD", 1000, 0, now)
		})
		inTx(t, d, func(tx *db.Tx) error { return catalog.Publish(ctx, tx, id, false, now) })
		p, err := catalog.ByID(ctx, d, id)
		if err != nil || p.Version != 4 || p.Published || !p.PublishedAt.Equal(now) {
			t.Errorf("%+v, %v; want version 4, hidden, first published then", p, err)
		}
		if _, err := catalog.BySlug(ctx, d, "still-bottle"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a hidden product answers %v", err)
		}
	})
}

func TestTreeKnowsPathsAndRefusesRings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		root := category(t, d, catalog.Category{Code: "BB", Slug: "baby", Position: 2, Name: text("Baby", "母婴")})
		first := category(t, d, catalog.Category{Code: "BK", Slug: "books", Position: 1, Name: text("Books", "图书")})
		shelf := category(t, d, catalog.Category{Slug: "feeding", ParentID: &root, Name: text("Feeding", "喂养")})
		deep := category(t, d, catalog.Category{Slug: "bottles", ParentID: &shelf, Name: text("Bottles", "奶瓶")})
		if again := category(t, d, catalog.Category{Code: "BB", Slug: "little-ones", Position: 2, Name: text("Baby", "母婴")}); again != root {
			t.Errorf("the same code made a second category")
		}
		tree, err := catalog.LoadTree(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if roots := tree.Roots(); len(roots) != 2 || roots[0].ID != first {
			t.Errorf("roots %+v", roots)
		}
		if path := tree.Path(deep); len(path) != 3 || path[0].ID != root || tree.Department(deep).ID != root {
			t.Errorf("path %+v", path)
		}
		if under := tree.Under(root); !slices.Equal(under, []catalog.CategoryID{root, shelf, deep}) {
			t.Errorf("under %v", under)
		}
		if slug, ok, _ := catalog.Moved(ctx, d, "category", "baby"); !ok || slug != "little-ones" {
			t.Errorf("baby leads to %q", slug)
		}
		err = d.InTx(ctx, func(tx *db.Tx) error {
			_, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: "BB", Slug: "little-ones", ParentID: &deep, Name: text("Baby", "")}, now)
			return err
		})
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("a ring of categories gives %v", err)
		}
	})
}

func TestRelationIsKeptOnceAndRewritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _, _ := put(t, d, plain("A", nil, 1))
		b, _, _ := put(t, d, plain("B", nil, 1))
		for _, reason := range []string{"Fits", "Fits well"} {
			inTx(t, d, func(tx *db.Tx) error {
				return catalog.PutRelation(ctx, tx, catalog.Relation{FromID: a, ToID: b, Kind: "fits", Reason: text(reason, "合适"), Weight: 0.5})
			})
		}
		list, err := catalog.RelationsFrom(ctx, d, []catalog.ProductID{a, b})
		if err != nil || len(list) != 1 || list[0].Reason.En != "Fits well" || list[0].Source != "author" || list[0].Weight != 0.5 {
			t.Errorf("%+v, %v", list, err)
		}
		for _, bad := range []catalog.Relation{{FromID: a, ToID: a, Kind: "fits"}, {FromID: a, ToID: b, Kind: "loves"}} {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return catalog.PutRelation(ctx, tx, bad) }); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v gives %v", bad, err)
			}
		}
	})
}
