package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/restock"
	"regulars/internal/web"
)

type stockPage struct {
	web.Page
	Saved  saved
	In     listing
	Chips  []chip
	Rows   []stockRow
	Pager  pager
	Errors web.FormErrors
	Write  bool
	Single bool   // there is one place, so that a count can be typed here
	Here   string // where a count comes back to
}

type stockRow struct {
	SKU, URL         string
	Product          string
	Coming, Policy   string
	Cover            string // how long it lasts
	Wanted           string // how many wait to be told
	Bundle           bool
	Name             i18n.Text
	Tracked, Low     bool
	OnHand, Reserved int
	Left             int
	Typed            string
	Bad              web.FieldError
}

func (o *Office) stock(c echo.Context) error {
	if to, err := o.opensWith(c, "stock"); to != "" || err != nil {
		return errors.Join(err, redirect(c, to))
	}
	return o.showStock(c, http.StatusOK, "", "", nil)
}

// showStock draws the list; sku and typed are what was refused, if anything.
func (o *Office) showStock(c echo.Context, status int, sku, typed string, failure error) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	q := inventory.LevelQuery{Text: in.Q, Page: in.Page, PerPage: 50}
	if in.State == "low" {
		low := lowStock
		q.Low = &low
	}
	if sku != "" {
		q.Text = sku
	}
	ctx := c.Request().Context()
	levels, total, err := inventory.Levels(ctx, o.DB, q)
	if err != nil {
		return err
	}
	p := stockPage{Page: page(c, "staff.area.stock"), In: in, Errors: wrong(c, failure), Write: o.may(c, "stock.write"), Here: with(c, "", ""),
		Chips: chips(c, "state", in.State, "admin.stock.", "", "low"), Pager: pages(c, in.Page, 50, total)}
	if sku != "" {
		p.Here = "/admin/stock"
	}
	places, err := inventory.Locations(ctx, o.DB)
	if err != nil {
		return err
	}
	p.Single = len(places) == 1
	ids := make([]catalog.ProductID, len(levels))
	for i, l := range levels {
		ids[i] = l.Product
	}
	named, err := o.named(ctx, ids)
	if err != nil {
		return err
	}
	variants := make([]catalog.VariantID, len(levels))
	for i, l := range levels {
		variants[i] = l.Variant
	}
	wanted, err := restock.Counts(ctx, o.DB, variants)
	if err != nil {
		return err
	}
	sold, err := inventory.Sold(ctx, o.DB, variants, o.Now().AddDate(0, 0, -inventory.Pace))
	if err != nil {
		return err
	}
	for _, l := range levels {
		row := stockRow{SKU: l.SKU, URL: shelfPath(l.SKU), Coming: o.coming(c, l), Bundle: l.Bundle, Product: productPath(named[l.Product].Code), Name: l.Name, Tracked: l.Tracked, OnHand: l.OnHand, Reserved: l.Reserved, Left: l.Left()}
		if n := wanted[l.Variant]; n > 0 {
			row.Wanted = t(c, "admin.stock.wanted", "count", n)
		}
		if l.Tracked {
			row.Cover = o.cover(c, row.Left, sold[l.Variant])
		}
		row.Low = l.Tracked && row.Left <= lowStock
		if l.Policy != catalog.Deny {
			row.Policy = t(c, "admin.policy.short."+l.Policy, "count", l.Beyond)
		}
		if l.Tracked {
			row.Typed = fmt.Sprint(l.OnHand)
		}
		if l.SKU == sku {
			row.Typed, row.Bad = typed, p.Errors.At("on_hand")
			row.Bad.Field = "count-" + sku
			p.Errors.Items[0].Field = row.Bad.Field
		}
		p.Rows = append(p.Rows, row)
	}
	if p.Saved, err = o.views(c, "stock"); err != nil {
		return err
	}
	return web.Render(c, status, "admin/stock", p)
}

// count notes how many units of a variant lie on the shelf.
func (o *Office) count(c echo.Context) error {
	var in struct {
		OnHand string `form:"on_hand,max=12"`
		Back   string `form:"back,max=500"`
	}
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, o.DB, c.Param("sku"))
	if err != nil {
		return err
	}
	err = web.Form(c, &in)
	if err == nil {
		err = o.change(c, "stock.count", v.SKU, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			var form fault.Form
			if in.OnHand == "" {
				form.Wrong("on_hand", "admin.number.wrong")
			}
			units := whole(&form, inputs{"on_hand": in.OnHand}, "on_hand")
			if err := form.Err(); err != nil {
				return "", err
			}
			if err := inventory.Track(ctx, tx, v.ID, true, now); err != nil {
				return "", err
			}
			return fmt.Sprintf("%d on the shelf", units), inventory.Count(ctx, tx, v.ID, units, fmt.Sprintf("counted:%d", now.UnixMilli()), now)
		})
	}
	if errors.Is(err, fault.Conflict) {
		var form fault.Form
		form.Wrong("on_hand", wordsOf(err, "inventory.promised"))
		return o.showStock(c, http.StatusConflict, v.SKU, in.OnHand, form.Err())
	}
	if errors.Is(err, fault.Invalid) {
		return o.showStock(c, http.StatusUnprocessableEntity, v.SKU, in.OnHand, err)
	}
	if err != nil {
		return err
	}
	back := web.LocalPath(in.Back)
	if back == "/" {
		back = "/admin/stock"
	}
	return done(c, back, "admin.stock.counted", "sku", v.SKU, "on_hand", in.OnHand)
}

// wordsOf is the message of a refusal, or usual if it has none.
func wordsOf(err error, usual string) string {
	var f *fault.Fault
	if errors.As(err, &f) && f.Words != "" {
		return f.Words
	}
	return usual
}
