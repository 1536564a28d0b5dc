package storefront

import (
	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/money"
	"regulars/internal/pricing"
)

// groupPrices tells everybody what a group pays: who is in it learns nothing
// here that others do not.
func (s *Shop) groupPrices(c echo.Context, d *catalog.Detail, v *catalog.VariantInfo) ([]string, error) {
	lists, err := pricing.ListsFor(c.Request().Context(), s.DB, v.ID)
	var notes []string
	b := catalog.Buyable{VariantID: v.ID, Sensitive: d.Sensitive, Priced: v.Priced, Price: v.Price, List: v.List.Amount}
	for i := range lists {
		if price, less := lists[i].Price(b); less {
			notes = append(notes, t(c, "shop.price.group", "name", lists[i].Name, "price", money.Price{Amount: price, Currency: v.Price.Currency}))
		}
	}
	return notes, err
}
