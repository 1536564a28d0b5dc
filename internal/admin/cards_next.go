package admin

import (
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

// cardsAhead is how many days of cards the matrix lists, mostAhead how many
// cards.
const (
	cardsAhead = 8
	mostAhead  = 20
)

// nextCardRow is a card that comes, with what the gate would say of it.
type nextCardRow struct{ When, Kind, Name, URL, Says string }

// nextCards are the cards of the next days, for who may see birthdays.
func (o *Office) nextCards(c echo.Context) ([]nextCardRow, error) {
	if !o.personal(c) || o.Mails == nil {
		return nil, nil
	}
	all, err := o.Mails.NextCards(c.Request().Context(), cardsAhead, mostAhead, o.Now())
	if err != nil {
		return nil, err
	}
	rows := make([]nextCardRow, len(all))
	for i, k := range all {
		day, _ := time.Parse(time.DateOnly, k.Day)
		row := nextCardRow{i18n.Date(lang(c), day), t(c, "admin.nextcard."+k.Kind), k.Customer.Name, customerPath(k.Customer.Number), t(c, "admin.nextcard.plain")}
		if row.Name == "" {
			row.Name = k.Customer.Email
		}
		switch {
		case k.Reason != "":
			row.Says = t(c, "admin.nextcard.none", "why", (&outreach.Send{Reason: k.Reason}).Words(lang(c)))
		case k.Goods > 0:
			row.Says = t(c, "admin.nextcard.goods", "count", k.Goods)
		}
		rows[i] = row
	}
	return rows, nil
}
