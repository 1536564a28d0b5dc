package admin

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/web"
)

type (
	reorderRow struct {
		URL, SKU, Cover, Coming, Supplier string
		Name                              i18n.Text
		Left, Point, Units                int
	}
	reorderPage struct {
		web.Page
		Rows []reorderRow
	}
)

// proposals are what to order, with from whom it came last.
func (o *Office) proposals(c echo.Context) ([]inventory.Proposal, map[catalog.VariantID]string, error) {
	ctx := c.Request().Context()
	list, err := inventory.Proposals(ctx, o.DB, o.Now())
	if err != nil {
		return nil, nil, err
	}
	ids := make([]catalog.VariantID, len(list))
	for i, l := range list {
		ids[i] = l.Variant
	}
	from, err := inventory.Suppliers(ctx, o.DB, ids)
	return list, from, err
}

// reorder proposes what to order, from what is left and how it sells.
func (o *Office) reorder(c echo.Context) error {
	list, from, err := o.proposals(c)
	if err != nil {
		return err
	}
	p := reorderPage{Page: page(c, "admin.reorder")}
	for _, l := range list {
		p.Rows = append(p.Rows, reorderRow{shelfPath(l.SKU), l.SKU, o.cover(c, l.Left(), l.Sold), o.coming(c, l.Level), from[l.Variant], l.Name, l.Left(), l.ReorderAt, l.Units})
	}
	return web.Render(c, http.StatusOK, "admin/reorder", p)
}

// reorderFile is the proposal as a file for whoever buys.
func (o *Office) reorderFile(c echo.Context) error {
	list, from, err := o.proposals(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"sku", "name", "supplier", "order_units", "left", "sold_28_days", "days_of_cover", "incoming", "expected", "reorder_at"}) // a buffer takes everything
	for _, l := range list {
		cover, expected := "", ""
		if l.Days >= 0 {
			cover = strconv.Itoa(l.Days)
		}
		if !l.ExpectedAt.IsZero() {
			expected = l.ExpectedAt.In(o.Settings.Now().Zone()).Format(time.DateOnly)
		}
		w.Write([]string{guarded(l.SKU), guarded(l.Name.In(lang(c))), guarded(from[l.Variant]), strconv.Itoa(l.Units), strconv.Itoa(l.Left()), strconv.Itoa(l.Sold), cover, strconv.Itoa(l.Incoming), expected, strconv.Itoa(l.ReorderAt)})
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", `attachment; filename="reorder.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
