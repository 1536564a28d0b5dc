package storefront

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// refillRow is something of theirs that runs out soon, with what that rests on.
type refillRow struct{ Name, URL, Why string }

// soon is how many days ahead the account speaks of what runs out.
const soon = 14

// refills are the consumables of whoever asks that run out soon and can be had,
// with the words of the mail; none where purchases may not be used.
func (s *Shop) refills(c echo.Context) ([]refillRow, error) {
	p, err := s.person(c)
	if err != nil || !p.MayUseHistory() {
		return nil, err
	}
	ctx := c.Request().Context()
	due, err := outreach.RefillsDue(ctx, s.DB, p.Customer, soon, s.Now())
	if err != nil || len(due) == 0 {
		return nil, err
	}
	ids := make([]catalog.VariantID, len(due))
	for i := range due {
		ids[i] = due[i].Variant()
	}
	there, err := catalog.Buyables(ctx, s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	var rows []refillRow
	for i := range due {
		b := there[due[i].Variant()]
		if !b.Published || !b.Active || !b.Priced || b.Available == 0 {
			continue
		}
		name := in(c, b.Name)
		if choices := in(c, b.Choices); choices != "" {
			name += t(c, "mail.goods.choices", "choices", choices)
		}
		rows = append(rows, refillRow{name, web.URL(c, "/p/"+b.Slug) + "?" + url.Values{"v": {b.SKU}}.Encode(), due[i].Reason(web.Lang(c), s.Settings.Now().Zone(), s.Demo)})
	}
	return rows, nil
}
