package exchange_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
)

// The merchant's file is the merchant's: list prices and typed former prices.
// The feed is the shopper's: the price on the page.
func TestASaleIsInTheFeedAndNotInTheFile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		furnish(t, d)
		before := exported(t, d, exchange.Products)
		day := noon.AddDate(0, 0, 40)
		sale := catalog.Sale{Name: i18n.Text{En: "Half"}, Kind: catalog.SalePercent, Value: 5000}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return catalog.PutSale(ctx, tx, &sale, "2027-01-01", day) }); err != nil {
			t.Fatal(err)
		}
		if after := exported(t, d, exchange.Products); after != before {
			t.Errorf("the file holds the sale:\n%s", after)
		}
		did(t, imported(t, d, exchange.Products, before, exchange.Options{Now: day.Add(time.Hour)}), 0, 0, 2, 0)
		feed := exported(t, d, exchange.Feed)
		if !strings.Contains(feed, "<g:price>12.90 USD</g:price>") || !strings.Contains(feed, "<g:sale_price>6.45 USD</g:sale_price>") {
			t.Errorf("the feed does not: %s", feed)
		}
	})
}

func TestTheFeedSaysWhatDeliveryCosts(t *testing.T) {
	d := dbtest.SQLite(t)
	furnish(t, d)
	if err := d.InTx(ctx, func(tx *db.Tx) error {
		return pricing.PutMethod(ctx, tx, pricing.Method{Code: "post", Currency: "USD", Name: i18n.Text{En: "Post & more", Zh: "邮寄"}, Countries: "DE, US CA", Price: 500,
			Bands: []pricing.Band{{From: 1200, Price: 250}}, DaysMax: 2, Active: true})
	}); err != nil {
		t.Fatal(err)
	}
	feed := exported(t, d, exchange.Feed)
	for _, want := range []string{ // the dear variant and the cheap one
		"<g:shipping><g:country>DE</g:country><g:service>Post &amp; more</g:service><g:price>2.50 USD</g:price></g:shipping>",
		"<g:shipping><g:country>US</g:country><g:region>CA</g:region><g:service>Post &amp; more</g:service><g:price>5.00 USD</g:price></g:shipping>"} {
		if strings.Count(feed, want) != 1 {
			t.Errorf("no %s in\n%s", want, feed)
		}
	}
}
