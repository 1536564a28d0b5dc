package admin

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/restock"
	"regulars/internal/web"
)

// The page of one variant's stock: what lies where, what is on its way, who
// waits for it, and everything that can be done about it.
type (
	shelfPage struct {
		web.Page
		In                 inputs
		Errors             web.FormErrors
		Notice             string
		SKU, Base, Product string
		Name               i18n.Text
		Write              bool
		Level              inventory.Level
		Places             []inventory.Lie
		PlaceChoices       []choice
		Coming             []comingRow
		Queue              []queueRow
		Wanted             []wantedRow // who waits to be told
		WantedMore         int
		WantedWhat         string
		Moves              []moveRow
		Parts              string // of a bundle, as its field writes them
		Inside             []catalog.Component
		Policies           []choice
		Says, Cover        string
		Key                string // of each form: sent twice, done once
	}
	comingRow struct {
		Token, Field, Text, Day string
		Left                    int
	}
	queueRow struct {
		URL, Number string
		Qty         int
		State       tag
	}
	wantedRow struct {
		URL, Who  string
		At        db.Time
		Simulated bool
	}
	moveRow struct {
		At                      db.Time
		Place, Qty, Reason, Why string
	}
)

func shelfPath(sku string) string { return "/admin/stock/" + sku }

func (o *Office) shelf(c echo.Context) error { return o.showShelf(c, http.StatusOK, nil, nil, "") }

// showShelf draws the page; in is what a refused form held, notice why it was
// refused if no field is to blame.
func (o *Office) showShelf(c echo.Context, status int, in inputs, failure error, notice string) error {
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, o.DB, c.Param("sku"))
	if err != nil {
		return err
	}
	level, err := inventory.LevelOf(ctx, o.DB, v.ID)
	if err != nil {
		return err
	}
	if level == nil {
		return nowhere()
	}
	p := &shelfPage{Page: page(c, "admin.shelf", "sku", v.SKU), In: in, Errors: wrong(c, failure), Notice: notice, SKU: v.SKU, Base: shelfPath(v.SKU),
		Name: level.Name, Level: *level, Write: o.may(c, "stock.write"), Key: checkout.NewKey()}
	named, err := o.named(ctx, []catalog.ProductID{v.ProductID})
	if err != nil {
		return err
	}
	p.Product = productPath(named[v.ProductID].Code)
	if in == nil {
		p.In = inputs{"policy": level.Policy, "beyond": blank(level.Beyond), "ready": o.day(level.ReadyAt), "reorder_at": blank(level.ReorderAt)}
	}
	for _, read := range []func(context.Context, echo.Context, *shelfPage) error{o.shelfPlaces, o.shelfComing, o.shelfQueue, o.shelfWanted, o.shelfMoves, o.shelfInside} {
		if err := read(ctx, c, p); err != nil {
			return err
		}
	}
	p.Policies = choices(p.In["policy"], []string{catalog.Deny, catalog.Backorder, catalog.Preorder}, func(kind string) string { return t(c, "admin.policy."+kind) })
	return web.Render(c, status, "admin/shelf", p)
}

func blank(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// day writes a day as a date field has it; "" = none.
func (o *Office) day(at db.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(o.Settings.Now().Zone()).Format(time.DateOnly)
}

func (o *Office) shelfPlaces(ctx context.Context, c echo.Context, p *shelfPage) (err error) {
	if p.Places, err = inventory.Lies(ctx, o.DB, p.Level.Variant); err != nil {
		return err
	}
	for _, l := range p.Places {
		p.PlaceChoices = append(p.PlaceChoices, choice{l.Code, l.Name.In(p.Lang), false})
	}
	if len(p.Places) > 1 && p.In["move_to"] == "" {
		p.In["move_to"] = p.Places[1].Code
	}
	sold, err := inventory.Sold(ctx, o.DB, []catalog.VariantID{p.Level.Variant}, o.Now().AddDate(0, 0, -inventory.Pace))
	if err != nil {
		return err
	}
	p.Cover = o.cover(c, p.Level.Left(), sold[p.Level.Variant])
	switch l := p.Level; {
	case l.Policy == catalog.Preorder:
		p.Says = t(c, "admin.shelf.preorder", "count", l.Beyond, "day", o.day(l.ReadyAt))
	case l.Policy == catalog.Backorder:
		p.Says = t(c, "admin.shelf.backorder", "count", l.Beyond)
	}
	return nil
}

// cover is how long units last at the pace at which they sold.
func (o *Office) cover(c echo.Context, left, sold int) string {
	days := inventory.Cover(left, sold)
	if days < 0 {
		return t(c, "admin.shelf.unsold", "days", inventory.Pace)
	}
	return t(c, "admin.shelf.cover", "count", days, "sold", sold, "days", inventory.Pace)
}

func (o *Office) shelfComing(ctx context.Context, c echo.Context, p *shelfPage) error {
	coming, err := inventory.OpenIncoming(ctx, o.DB, p.Level.Variant)
	if err != nil {
		return err
	}
	for _, i := range coming {
		row := comingRow{Token: i.Token, Field: "came-" + i.Token, Left: i.Left(), Day: o.day(i.ExpectedAt), Text: i.Supplier}
		for _, l := range p.Places {
			if l.ID == i.LocationID && len(p.Places) > 1 {
				row.Text = strings.TrimSuffix(l.Name.In(p.Lang)+" · "+i.Supplier, " · ")
			}
		}
		if row.Day == "" {
			row.Day = t(c, "admin.shelf.no-day")
		}
		p.Coming = append(p.Coming, row)
	}
	return nil
}

// mostWaiting bounds the orders that the page lists.
const mostWaiting = 30

func (o *Office) shelfQueue(ctx context.Context, c echo.Context, p *shelfPage) error {
	queue, err := inventory.Queue(ctx, o.DB, p.Level.Variant, o.Now())
	if err != nil {
		return err
	}
	for _, l := range queue[:min(len(queue), mostWaiting)] {
		k, err := order.ByID(ctx, o.DB, order.ID(l.Order))
		if err != nil {
			return err
		}
		row := queueRow{"/admin/orders/" + k.Number, k.Number, l.Qty, tag{"ok", t(c, "admin.shelf.there")}}
		if !l.There {
			row.State = tag{"warn", t(c, "admin.shelf.waits")}
		}
		p.Queue = append(p.Queue, row)
	}
	return nil
}

// shelfWanted lists who waits to be told; who they are only to roles that may
// read customers, and addresses only where these are read.
func (o *Office) shelfWanted(ctx context.Context, c echo.Context, p *shelfPage) error {
	counts, err := restock.Counts(ctx, o.DB, []catalog.VariantID{p.Level.Variant})
	if err != nil || counts[p.Level.Variant] == 0 {
		return err
	}
	p.WantedWhat = t(c, "admin.shelf.wanted.what", "count", o.Settings.Now().RestockPerUnit())
	queue, err := restock.Queue(ctx, o.DB, p.Level.Variant, mostWaiting)
	if err != nil {
		return err
	}
	p.WantedMore = counts[p.Level.Variant] - len(queue)
	personal := o.may(c, "personal.read")
	for _, a := range queue {
		row := wantedRow{At: a.AskedAt, Who: t(c, "admin.shelf.wanted.guest"), Simulated: a.Simulated}
		switch {
		case a.CustomerID != nil:
			row.Who = t(c, "admin.shelf.wanted.account")
			if !o.may(c, "customers.read") {
				break
			}
			k, err := customer.ByID(ctx, o.DB, *a.CustomerID)
			if err != nil {
				return err
			}
			row.URL, row.Who = customerPath(k.Number), k.Name
			if personal && k.Name == "" {
				row.Who = k.Email
			}
		case personal:
			row.Who = a.Email
		}
		p.Wanted = append(p.Wanted, row)
	}
	return nil
}

func (o *Office) shelfMoves(ctx context.Context, c echo.Context, p *shelfPage) error {
	entries, err := inventory.Entries(ctx, o.DB, p.Level.Variant, 20)
	if err != nil {
		return err
	}
	for _, e := range entries {
		place := e.Place
		for _, l := range p.Places {
			if l.Code == e.Place {
				place = l.Name.In(p.Lang)
			}
		}
		p.Moves = append(p.Moves, moveRow{e.At, place, fmt.Sprintf("%+d", e.Qty), t(c, "admin.moved."+e.Reason), e.Note})
	}
	return nil
}

func (o *Office) shelfInside(ctx context.Context, _ echo.Context, p *shelfPage) error {
	all, err := catalog.Components(ctx, o.DB, []catalog.VariantID{p.Level.Variant})
	if err != nil {
		return err
	}
	p.Inside = all[p.Level.Variant]
	var cells []string
	for _, k := range p.Inside {
		cells = append(cells, k.SKU+"*"+strconv.Itoa(k.Qty))
	}
	if p.Parts = strings.Join(cells, " "); p.In["parts"] != "" {
		p.Parts = p.In["parts"]
	}
	return nil
}
