package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/web"
)

type placesPage struct {
	web.Page
	Rows   []inventory.Location
	In     inputs
	Errors web.FormErrors
	Notice string
	Write  bool
}

var placeNames = []string{"code", "name_en", "name_zh", "sells", "position"}

// places lists where goods lie; ?code= fills the form with one of them.
func (o *Office) places(c echo.Context) error {
	in := inputs{"sells": "1"}
	all, err := inventory.Locations(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.Code == c.QueryParam("code") {
			in = inputs{"code": l.Code, "name_en": l.Name.En, "name_zh": l.Name.Zh, "position": strconv.Itoa(l.Position)}
			in.tick("sells", l.Sells)
		}
	}
	return o.showPlaces(c, http.StatusOK, in, nil, "")
}

func (o *Office) showPlaces(c echo.Context, status int, in inputs, failure error, notice string) error {
	all, err := inventory.Locations(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	return web.Render(c, status, "admin/places", placesPage{page(c, "admin.places"), all, in, wrong(c, failure), notice, o.may(c, "stock.write")})
}

func (o *Office) savePlace(c echo.Context) error {
	in, err := read(c, placeNames)
	if err == nil {
		err = o.change(c, "stock.place", in["code"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			var form fault.Form
			l := inventory.Location{Code: in["code"], Name: i18n.Text{En: in["name_en"], Zh: in["name_zh"]}, Sells: in.On("sells"), Position: whole(&form, in, "position")}
			if err := form.Err(); err != nil {
				return "", err
			}
			return fmt.Sprintf("%s, position %d, sells online: %v", l.Name.En, l.Position, l.Sells), inventory.PutLocation(ctx, tx, l, now)
		})
	}
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showPlaces(c, http.StatusUnprocessableEntity, in, err, "")
	case errors.Is(err, fault.Conflict):
		return o.showPlaces(c, http.StatusConflict, in, nil, words(c, err))
	case err != nil:
		return err
	}
	return done(c, "/admin/stock/places", "admin.places.saved", "code", in["code"])
}

// coming words what is on its way; "" = nothing.
func (o *Office) coming(c echo.Context, l inventory.Level) string {
	switch {
	case l.Incoming == 0:
		return ""
	case l.ExpectedAt.IsZero():
		return strconv.Itoa(l.Incoming)
	}
	return t(c, "admin.stock.coming", "count", l.Incoming, "day", o.day(l.ExpectedAt))
}

// waitsFor says of each line of an order what of it has yet to come, and what
// its bundles hold, for who packs it.
func (o *Office) waitsFor(ctx context.Context, c echo.Context, id int64) (map[catalog.VariantID]string, error) {
	waiting, err := inventory.Waiting(ctx, o.DB, id, o.Now())
	if err != nil {
		return nil, err
	}
	parts, err := inventory.Parts(ctx, o.DB, id)
	if err != nil {
		return nil, err
	}
	var ids []catalog.VariantID
	for _, p := range parts {
		ids = append(ids, p.Variant)
	}
	named, err := catalog.Buyables(ctx, o.DB, ids, o.Settings.Now().Currency())
	if err != nil {
		return nil, err
	}
	late := func(v catalog.VariantID) string {
		l, ok := waiting[v]
		switch {
		case !ok:
			return ""
		case l.There:
			return t(c, "admin.order.there")
		case l.Due.IsZero():
			return t(c, "admin.order.late")
		}
		return t(c, "admin.order.late.day", "day", o.day(l.Due))
	}
	says := map[catalog.VariantID]string{}
	for v := range waiting {
		says[v] = late(v)
	}
	for _, p := range parts {
		words := t(c, "admin.order.part", "qty", p.Qty, "name", named[p.Variant].Name, "sku", named[p.Variant].SKU)
		if l := late(p.Variant); l != "" {
			words += " · " + l
		}
		if says[p.Bundle] != "" {
			says[p.Bundle] += " | "
		}
		says[p.Bundle] += words
	}
	return says, nil
}
