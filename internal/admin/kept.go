package admin

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/order"
)

// keptMonths is how far back the report on promised days looks.
const keptMonths = 12

// keptRow is how the shop kept its word: by way of delivery, or by month.
type keptRow struct {
	Of                       string
	Delivered, Late, Overdue int
	Rate, Days               string
}

// fillKept adds to the ways of delivery whether what they promised came true.
func (p *deliveryPage) fillKept(c echo.Context, o *Office) error {
	simulated := o.simulated(c.QueryParam("simulated"))
	p.IsSimulated, p.Simulated = simulated, chips(c, "simulated", yesNo(simulated), "admin.simulated.", "no", "yes")
	now, zone := o.Now(), o.Settings.Now().Zone()
	months, ways, err := order.WordKept(c.Request().Context(), o.DB, simulated, now.AddDate(0, -keptMonths, 0), now, zone)
	if err != nil {
		return err
	}
	p.Months, p.Ways = keptRows(c, months), keptRows(c, ways)
	var all order.Word
	for _, w := range ways {
		all.Delivered += w.Delivered
		all.Kept += w.Kept
		all.Overdue += w.Overdue
	}
	p.Promised = all.Delivered+all.Overdue > 0
	p.Kept = t(c, "admin.kept.sum", "rate", of(c, analytics.Rate{Part: all.Kept, Of: all.Delivered}), "count", all.Overdue)
	return nil
}

func keptRows(c echo.Context, words []order.Word) []keptRow {
	rows := make([]keptRow, len(words))
	for i, w := range words {
		rows[i] = keptRow{w.Of, w.Delivered, w.Delivered - w.Kept, w.Overdue, of(c, analytics.Rate{Part: w.Kept, Of: w.Delivered}), "–"}
		if late := rows[i].Late; late > 0 {
			rows[i].Days = strconv.FormatFloat(float64(w.LateDays)/float64(late), 'f', 1, 64)
		}
	}
	return rows
}
