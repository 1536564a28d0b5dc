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
