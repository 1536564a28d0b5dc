package admin

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
)

// mostGone is how many products the report names, goneDays how far back a
// product's own page looks.
const (
	mostGone = 8
	goneDays = 90
)

// goneRow is a product that was asked for when it was gone.
type goneRow struct {
	Name, URL, Day string
	Asked          int
	Rush           string
}

// missed is the part of the report about demand that was not served, and about
// what reminders brought.
type missed struct {
	Gone      []goneRow
	Reminders []reminderRow
	Advice    string
}

func (p *missed) fill(r *reader) error {
	all, err := analytics.Gone(r.ctx(), r.db(), r.ask.From, r.ask.To, r.ask.Simulated, 0, mostGone, r.o.Settings.Now())
	if err != nil {
		return err
	}
	if p.Gone, err = r.o.goneRows(r.ctx(), r.c, all); err != nil {
		return err
	}
	return p.reminders(r)
}

func (o *Office) goneRows(ctx context.Context, c echo.Context, all []analytics.Missed) ([]goneRow, error) {
	var ids []catalog.ProductID
	for _, m := range all {
		ids = append(ids, catalog.ProductID(m.ProductID))
	}
	cards, err := o.named(ctx, ids)
	if err != nil {
		return nil, err
	}
	var rows []goneRow
	for _, m := range all {
		k := cards[catalog.ProductID(m.ProductID)]
		row := goneRow{Name: k.Name.In(lang(c)), Day: m.Day, Asked: m.Asked(), Rush: t(c, "admin.gone.none")}
		if o.may(c, "products.read") {
			row.URL = productPath(k.Code)
		}
		if m.Orders > 0 {
			row.Rush = t(c, "admin.gone.rush", "pieces", m.Pieces, "orders", m.Orders, "time", exactly(c, m.Within))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// exactly is a span down to the second, where it is short.
func exactly(c echo.Context, d time.Duration) string {
	if d < 2*time.Minute {
		return i18n.T(lang(c), "analytics.span.second", "count", int(d/time.Second))
	}
	return span(c, d)
}

// goneOf says on a product's own page when it was asked for and gone.
func (o *Office) goneOf(c echo.Context, id catalog.ProductID) ([]goneRow, error) {
	ctx := c.Request().Context()
	today := o.Now().In(o.Settings.Now().Zone())
	all, err := analytics.Gone(ctx, o.DB, today.AddDate(0, 0, -goneDays).Format(time.DateOnly), today.Format(time.DateOnly), o.Demo, int64(id), 3, o.Settings.Now())
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return o.goneRows(ctx, c, all)
}
