package exchange_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/exchange"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/order"
)

var (
	ctx    = context.Background()
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	update = flag.Bool("update", false, "write the golden files anew")
)

func imported(t *testing.T, d *db.DB, kind, file string, opt exchange.Options) *exchange.Summary {
	t.Helper()
	if opt.Now.IsZero() {
		opt.Now = noon
	}
	sum, err := exchange.Import(ctx, d, kind, strings.NewReader(file), opt)
	if err != nil {
		t.Fatalf("import %s: %v", kind, err)
	}
	return sum
}

func did(t *testing.T, sum *exchange.Summary, created, updated, unchanged, errors int) {
	t.Helper()
	if sum.Created != created || sum.Updated != updated || sum.Unchanged != unchanged || sum.ErrorsTotal != errors {
		t.Errorf("created %d, updated %d, unchanged %d, errors %d; want %d, %d, %d, %d\n%v", sum.Created, sum.Updated, sum.Unchanged, sum.ErrorsTotal,
			created, updated, unchanged, errors, sum.Errors)
	}
}

func exported(t *testing.T, d *db.DB, kind string) string {
	t.Helper()
	var b bytes.Buffer
	if err := exchange.Export(ctx, d, kind, &b, exchange.ExportOptions{BaseURL: "https://shop.example"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func count(t *testing.T, d *db.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := d.Query(ctx).Raw(query, args...).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; run with -update and look at the change\n%s", name, got)
	}
}

func packed(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// furnish gives a shop a bit of everything that an export can hold.
func furnish(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		dept, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: "home", Slug: "home", Hue: 20, Name: i18n.Text{En: "Home", Zh: "家居"}}, noon)
		if err != nil {
			return err
		}
		shelf, err := catalog.PutCategory(ctx, tx, catalog.Category{ParentID: &dept, Slug: "candles", Hue: 20, Name: i18n.Text{En: "Candles", Zh: "蜡烛"}}, noon)
		if err != nil {
			return err
		}
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{
			Product: catalog.Product{Code: "candle", Slug: "a-candle", CategoryID: &shelf, Brand: "=Wick & Co", Name: i18n.Text{En: `The "long" candle`, Zh: "长烛"},
				Line: i18n.Text{En: "Burns, quietly"}, About: i18n.Text{En: "One.\nTwo <b>lines</b>."}, Synonyms: "taper", Published: true, Tier: "fine", Gift: true, MaxQty: 6, Moments: []string{"evening"}},
			Options: []catalog.Option{{Code: "colour", Name: i18n.Text{En: "Colour", Zh: "颜色"}, Choices: []catalog.Choice{
				{Code: "r", Name: i18n.Text{En: "Red", Zh: "红"}, Accent: "rose"}, {Code: "w", Name: i18n.Text{En: "White"}}}}},
			Variants: []catalog.DraftVariant{
				{Variant: catalog.Variant{SKU: "CAN-R", Active: true, Accent: "rose", Choices: map[string]string{"colour": "r"}}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1290, Was: 1500}, "EUR": {Amount: 1190}}},
				{Variant: catalog.Variant{SKU: "CAN-W", Active: true, Choices: map[string]string{"colour": "w"}}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1090}}}},
			Images: []catalog.Image{{Src: "media:candle.webp", Alt: i18n.Text{En: "A candle on a table"}}},
			Facts:  []catalog.Fact{{Key: "burns", Name: i18n.Text{En: "Burns"}, ValueCode: "40h", Value: i18n.Text{En: "40 hours"}}},
		}, noon)
		if err != nil {
			return err
		}
		if err := inventory.Count(ctx, tx, ids["CAN-R"], 7, "opening", noon); err != nil {
			return err
		}
		_, _, _, err = catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "draft", Name: i18n.Text{En: "Not yet sold"}},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "DR-1", Active: true}}}}, noon)
		if err != nil {
			return err
		}
		p, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "Li@mail.example", Name: "Li Na", Lang: i18n.Chinese, Country: "CN", BirthDate: "1990-02-03", Personalize: true, Verified: true}, noon)
		if err != nil {
			return err
		}
		if err := customer.SetProfile(ctx, tx, p.ID, customer.Profile{Name: "Li Na", BirthDate: "1990-02-03", Phone: "+49 30 1234567"}, noon); err != nil {
			return err
		}
		if err := customer.SetConsent(ctx, tx, p.ID, customer.MailCart, false, "preferences", noon); err != nil {
			return err
		}
		if err := customer.SetInterests(ctx, tx, p.ID, "life", customer.Tiles("life")[:2], noon); err != nil {
			return err
		}
		o := &order.Order{PlaceKey: "form-1", Number: "7K3QZW9P", CustomerID: &p.ID, Email: "li@mail.example", Lang: i18n.English, Name: "Li Na", Country: "DE", Line1: "-1 Bank Street", City: "Berlin",
			Currency: "USD", Subtotal: 2580, Discount: 80, Delivery: 420, Tax: 70, TaxIncluded: true, Total: 2920}
		v, err := catalog.VariantBySKU(ctx, tx, "CAN-R")
		if err != nil {
			return err
		}
		_, err = order.Create(ctx, tx, o, []order.Line{{ProductID: v.ProductID, VariantID: v.ID, SKU: "CAN-R", Name: i18n.Text{En: "Candle", Zh: "长烛"}, Choices: i18n.Text{En: "Red"},
			Qty: 2, UnitPrice: 1290, Discount: 80, Tax: 0, Total: 2500}}, order.HashAccess, noon)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
