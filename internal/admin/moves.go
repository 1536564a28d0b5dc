package admin

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/value"
)

// changeRow is one change of a class or a tier, in words.
type changeRow struct{ Words, Note string }

// mostMoves of one customer are shown.
const mostMoves = 60

// countWords says what counted for a tier: "3 orders, $512.00".
func countWords(c echo.Context, e value.Earned) string {
	parts := []string{t(c, "value.orders", "count", e.Orders)}
	for _, currency := range value.InOrder(e.Spend) {
		parts = append(parts, cash(c, e.Spend[currency], currency))
	}
	return strings.Join(parts, t(c, "shop.comma"))
}

// moves are how the class of somebody changed, or else their tier.
func (o *Office) moves(c echo.Context, id customer.ID, class bool) ([]changeRow, error) {
	all, err := value.History(c.Request().Context(), o.DB, id, mostMoves)
	if err != nil {
		return nil, err
	}
	set := o.Settings.Now()
	day := func(at time.Time) string { return i18n.Date(lang(c), at.In(set.Zone())) }
	var rows []changeRow
	for _, m := range all {
		if (m.Kind == value.MoveClass) == class {
			rows = append(rows, changeRow{moveWords(c, m, day), moveNote(c, m, set.Currency())})
		}
	}
	return rows, nil
}

func moveWords(c echo.Context, m value.Move, day func(time.Time) string) string {
	name := func(of string) string {
		switch {
		case of == "":
			return t(c, "value.move.none")
		case m.Kind == value.MoveClass:
			return of
		}
		return t(c, "value.tier."+of)
	}
	at := day(m.Since.Time)
	switch {
	case m.Kind == value.MoveNotice && m.Became == "":
		return t(c, "value.move.enough", "day", at)
	case m.Kind == value.MoveNotice:
		return t(c, "value.move.fall", "day", at, "to", name(m.Became), "until", day(time.UnixMilli(m.Numbers.Until)))
	case m.Was == "":
		return t(c, "value.move.first", "day", at, "now", name(m.Became))
	}
	return t(c, "value.move", "day", at, "was", name(m.Was), "now", name(m.Became))
}

func moveNote(c echo.Context, m value.Move, currency money.Currency) string {
	if m.Cause == value.Enough {
		return ""
	}
	price := func(v money.Amount) string { return cash(c, v, currency) }
	return t(c, "value.move."+string(m.Cause), "number", m.Numbers.Number, "counts", countWords(c, value.Earned{Orders: m.Numbers.Orders, Spend: m.Numbers.Spend}),
		"contribution", price(m.Numbers.Contribution), "net", price(m.Numbers.Net), "a", price(m.Numbers.LastA), "b", price(m.Numbers.LastB), "version", m.Numbers.Version)
}
