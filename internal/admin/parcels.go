package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/web"
)

// parcels fills in what left the house and what is left; once a parcel went,
// an order can no longer be cancelled.
func (o *Office) parcels(ctx context.Context, c echo.Context, p *orderPage, lines []order.Line) error {
	parcels, err := order.Parcels(ctx, o.DB, p.Order.ID)
	if err != nil {
		return err
	}
	left := order.Left(lines, parcels)
	for _, s := range parcels {
		row := parcelRow{t(c, "admin.parcel", "count", s.Position), s.Carrier, s.Tracking, s.URL, s.At, nil}
		for _, k := range s.Lines {
			for _, l := range lines {
				if l.ID == k.LineID {
					row.Lines = append(row.Lines, t(c, "admin.parcel.line", "qty", k.Qty, "name", strings.TrimSpace(l.Name.In(p.Lang)+" "+l.Choices.In(p.Lang))))
				}
			}
		}
		p.Parcels = append(p.Parcels, row)
	}
	if len(parcels) > 0 {
		p.Can["cancel"] = false
		if p.Order.DeliveryState == order.Unshipped {
			p.State[2] = tag{"info", t(c, "order.delivery.partly")}
		}
	}
	if p.Can["ship"] {
		if p.From, err = o.shipsFrom(ctx, p.Lang); err != nil {
			return err
		}
	}
	for _, l := range lines {
		if p.Can["ship"] && left[l.ID] > 0 {
			p.Send = append(p.Send, sendLine{"units-" + strconv.Itoa(l.Position), strings.TrimSpace(l.Name.In(p.Lang) + " " + l.Choices.In(p.Lang)), left[l.ID]})
		}
	}
	return nil
}

// shipsFrom lists the places to choose from, if there is a choice.
func (o *Office) shipsFrom(ctx context.Context, l i18n.Lang) ([]choice, error) {
	all, err := inventory.Locations(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	var out []choice
	for _, p := range all {
		if p.Sells {
			out = append(out, choice{p.Code, p.Name.In(l), false})
		}
	}
	if len(out) < 2 {
		return nil, nil
	}
	return out, nil
}

// shipOrder sends a parcel: the units entered, or all that is left where none
// were.
func (o *Office) shipOrder(c echo.Context) error {
	var parcel checkout.Parcel
	var id order.ID
	err := o.step(c, "order.ship", "admin.order.shipped", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) (err error) {
		id = k.ID
		lines, err := order.Lines(ctx, tx, k.ID)
		if err != nil {
			return err
		}
		if parcel, err = parcelOf(ctx, tx, c, lines); err != nil {
			return err
		}
		return o.Desk.SendIn(ctx, tx, k.ID, parcel, o.by(c), now)
	})
	if !errors.Is(err, fault.Invalid) {
		return err
	}
	k, readErr := order.ByID(c.Request().Context(), o.DB, id)
	if readErr != nil {
		return readErr
	}
	p, pageErr := o.orderPage(c, k)
	if pageErr != nil {
		return pageErr
	}
	p.Parcel = parcel
	for _, f := range fault.Fields(err) {
		p.Notice = t(c, f.Words, f.Args...)
	}
	return web.Render(c, http.StatusUnprocessableEntity, "admin/order", p)
}

func parcelOf(ctx context.Context, q db.Q, c echo.Context, lines []order.Line) (checkout.Parcel, error) {
	names := []string{"carrier", "tracking", "url", "from"}
	for _, l := range lines {
		names = append(names, "units-"+strconv.Itoa(l.Position))
	}
	in, err := read(c, names)
	p := checkout.Parcel{Carrier: in["carrier"], Tracking: in["tracking"], URL: in["url"]}
	if err == nil && in["from"] != "" {
		var l *inventory.Location
		if l, err = inventory.LocationByCode(ctx, q, in["from"]); err == nil {
			p.From = l.ID
		}
	}
	for _, l := range lines {
		text := in["units-"+strconv.Itoa(l.Position)]
		if text == "" {
			continue
		}
		n, wrong := strconv.Atoi(text)
		if wrong != nil || n < 0 || n > 1_000_000 {
			var form fault.Form
			form.Wrong("units-"+strconv.Itoa(l.Position), "admin.parcel.units.wrong")
			return p, form.Err()
		}
		if p.Units == nil {
			p.Units = map[int]int{}
		}
		p.Units[l.Position] = n
	}
	return p, err
}
