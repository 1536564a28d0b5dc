package catalog_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
)

func text(en, zh string) i18n.Text { return i18n.Text{En: en, Zh: zh} }

func inTx(t *testing.T, d *db.DB, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); err != nil {
		t.Fatal(err)
	}
}

// bottle is a product of two colours in two sizes.
func bottle(category *catalog.CategoryID) catalog.Draft {
	d := catalog.Draft{Product: catalog.Product{Code: "BB01", Slug: "calm-bottle", CategoryID: category, Brand: "Calm",
		Name: text("Calm bottle", "安静奶瓶"), Line: text("Slow flow", "慢流量"), Published: true, Synonyms: "feeding naiping"}}
	d.Options = []catalog.Option{
		{Code: "colour", Name: text("Colour", "颜色"), Choices: []catalog.Choice{{Code: "sage", Name: text("Sage", "鼠尾草绿"), Accent: "sage"}, {Code: "sand", Name: text("Sand", "沙色"), Accent: "sand"}}},
		{Code: "size", Name: text("Size", "容量"), Choices: []catalog.Choice{{Code: "150", Name: text("150 ml", "150 毫升")}, {Code: "240", Name: text("240 ml", "240 毫升")}}},
	}
	for _, colour := range []string{"sage", "sand"} {
		for i, size := range []string{"150", "240"} {
			d.Variants = append(d.Variants, catalog.DraftVariant{
				Variant: catalog.Variant{SKU: "BB01-" + strings.ToUpper(colour) + "-" + size, Choices: map[string]string{"colour": colour, "size": size}, Accent: colour, Active: true},
				Prices:  map[money.Currency]catalog.PriceIn{"USD": {Amount: money.Amount(1200 + 200*i)}, "CNY": {Amount: money.Amount(7900 + 1000*i), Was: 9900}},
			})
		}
	}
	d.Images = []catalog.Image{{Src: "art:bottle-70-sage-BB01", Alt: text("A bottle", "一个奶瓶")}}
	d.Facts = []catalog.Fact{{Key: "material", Name: text("Material", "材质"), ValueCode: "glass", Value: text("Glass", "玻璃"), Facet: true}}
	return d
}

// plain is a product of one variant.
func plain(code string, category *catalog.CategoryID, usd money.Amount, facts ...string) catalog.Draft {
	d := catalog.Draft{Product: catalog.Product{Code: code, CategoryID: category, Name: text("Thing "+code, "物件 "+code), Published: true}}
	d.Variants = []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: usd}}}}
	for _, f := range facts {
		key, value, _ := strings.Cut(f, "=")
		d.Facts = append(d.Facts, catalog.Fact{Key: key, Name: text(key, ""), ValueCode: value, Value: text(value, ""), Facet: true})
	}
	return d
}

func put(t *testing.T, d *db.DB, draft catalog.Draft) (id catalog.ProductID, change catalog.Change, skus map[string]catalog.VariantID) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) (err error) {
		id, change, skus, err = catalog.Put(ctx, tx, draft, now)
		return err
	})
	return id, change, skus
}

func stock(t *testing.T, d *db.DB, v catalog.VariantID, onHand int) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO stock (variant_id, tracked, on_hand, reserved, updated_at) VALUES (?, TRUE, ?, 0, 0)
			ON CONFLICT (variant_id) DO UPDATE SET on_hand = excluded.on_hand`, v, onHand).Error
	})
}

func category(t *testing.T, d *db.DB, c catalog.Category) (id catalog.CategoryID) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) (err error) {
		id, err = catalog.PutCategory(ctx, tx, c, now)
		return err
	})
	return id
}

func count(t *testing.T, d *db.DB, table string) (n int) {
	t.Helper()
	if err := d.Query(ctx).Raw("SELECT count(*) FROM " + table).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
