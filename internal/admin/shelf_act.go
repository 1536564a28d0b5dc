package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/inventory"
)

// shelfNames are the fields of all forms of the page.
var shelfNames = []string{"key", "came_place", "came_qty", "count_place", "count_qty", "move_from", "move_to", "move_qty", "lost_place", "lost_qty", "lost_why",
	"token", "order_place", "order_qty", "order_day", "order_supplier", "policy", "beyond", "ready", "reorder_at", "parts"}

// shelfAct is one thing that can be done to a variant's stock; it returns the
// detail for the record.
type shelfAct func(ctx context.Context, tx *db.Tx, o *Office, v catalog.VariantID, in inputs, now time.Time) (string, error)

// shelfActs are the forms of the page, by the end of their address.
var shelfActs = map[string]shelfAct{"receive": shelfReceive, "count": shelfCount, "move": shelfMove, "write-off": shelfLose,
	"incoming": shelfOrder, "arrived": shelfArrive, "closed": shelfClose, "policy": shelfPolicy, "reorder": shelfReorder, "parts": shelfParts}

// actOnShelf does what one of the forms asks for, once for each key. What is
// refused shows the page again with what was typed.
func (o *Office) actOnShelf(c echo.Context) error {
	name := c.Param("act")
	act := shelfActs[name]
	if act == nil {
		return nowhere()
	}
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, o.DB, c.Param("sku"))
	if err != nil {
		return err
	}
	in, err := read(c, shelfNames)
	if err == nil {
		err = o.change(c, "stock."+name, v.SKU, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return act(ctx, tx, o, v.ID, in, now)
		})
	}
	switch {
	case err == nil:
		return done(c, shelfPath(v.SKU), "admin.shelf.done."+name, "sku", v.SKU)
	case errors.Is(err, fault.Invalid) && len(fault.Fields(err)) > 0:
		return o.showShelf(c, http.StatusUnprocessableEntity, in, err, "")
	case errors.Is(err, fault.Conflict) || errors.Is(err, fault.Invalid):
		return o.showShelf(c, http.StatusConflict, in, nil, words(c, err))
	}
	return err
}

// units reads a number of at least one.
func units(form *fault.Form, in inputs, name string) int {
	n := whole(form, in, name)
	if n < 1 && form.Err() == nil {
		form.Wrong(name, "inventory.qty.wrong")
	}
	return n
}

// place reads a place; the first there is if the form names none.
func place(ctx context.Context, q db.Q, form *fault.Form, in inputs, name string) inventory.LocationID {
	all, err := inventory.Locations(ctx, q)
	if err == nil {
		for _, l := range all {
			if l.Code == in[name] || in[name] == "" {
				return l.ID
			}
		}
	}
	form.Wrong(name, "inventory.place.unknown")
	return 0
}

// keyed is the key of a form that the page minted.
func keyed(form *fault.Form, in inputs, act string) string {
	if len(in["key"]) < 16 || len(in["key"]) > 100 {
		form.Wrong("key", "admin.shelf.key")
	}
	return act + ":" + in["key"]
}

func shelfReceive(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	at, qty, key := place(ctx, tx, &form, in, "came_place"), units(&form, in, "came_qty"), keyed(&form, in, "received")
	if err := form.Err(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d received", qty), inventory.ReceiveAt(ctx, tx, at, v, qty, key, now)
}

func shelfCount(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	if in["count_qty"] == "" {
		form.Wrong("count_qty", "admin.number.wrong")
	}
	at, qty, key := place(ctx, tx, &form, in, "count_place"), whole(&form, in, "count_qty"), keyed(&form, in, "counted")
	if err := form.Err(); err != nil {
		return "", err
	}
	if err := inventory.Track(ctx, tx, v, true, now); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d on the shelf", qty), inventory.CountAt(ctx, tx, at, v, qty, key, now)
}

func shelfMove(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	from, to := place(ctx, tx, &form, in, "move_from"), place(ctx, tx, &form, in, "move_to")
	if from == to {
		form.Wrong("move_to", "inventory.place.same")
	}
	qty, key := units(&form, in, "move_qty"), keyed(&form, in, "moved")
	if err := form.Err(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d from %s to %s", qty, in["move_from"], in["move_to"]), inventory.Move(ctx, tx, v, from, to, qty, key, now)
}

func shelfLose(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	at, qty, key := place(ctx, tx, &form, in, "lost_place"), units(&form, in, "lost_qty"), keyed(&form, in, "lost")
	if in["lost_why"] == "" || len(in["lost_why"]) > 300 {
		form.Wrong("lost_why", "admin.shelf.why")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d written off: %s", qty, in["lost_why"]), inventory.WriteOff(ctx, tx, at, v, qty, in["lost_why"], key, now)
}

// aDay reads a date field as that day's beginning in the shop's zone.
func (o *Office) aDay(form *fault.Form, in inputs, name string) time.Time {
	if in[name] == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(time.DateOnly, in[name], o.Settings.Now().Zone())
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		form.Wrong(name, "admin.shelf.day")
	}
	return at
}

func shelfOrder(ctx context.Context, tx *db.Tx, o *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	at, qty, key := place(ctx, tx, &form, in, "order_place"), units(&form, in, "order_qty"), keyed(&form, in, "incoming")
	day := o.aDay(&form, in, "order_day")
	if len(in["order_supplier"]) > 200 {
		form.Wrong("order_supplier", "admin.shelf.long")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d expected %s", qty, in["order_day"]), inventory.AddIncoming(ctx, tx,
		inventory.Incoming{Token: strings.TrimPrefix(key, "incoming:"), VariantID: v, LocationID: at, Qty: qty, ExpectedAt: db.At(day), Supplier: in["order_supplier"]}, now)
}

func shelfArrive(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	qty, key := units(&form, in, "came_qty"), keyed(&form, in, "arrived:"+in["token"])
	if err := form.Err(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d arrived", qty), inventory.ReceiveIncoming(ctx, tx, v, in["token"], qty, key, now)
}

func shelfClose(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	return "no more will come", inventory.CloseIncoming(ctx, tx, v, in["token"], now)
}

func shelfPolicy(ctx context.Context, tx *db.Tx, o *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	p := inventory.Policy{Kind: in["policy"], Beyond: whole(&form, in, "beyond"), Ready: o.aDay(&form, in, "ready")}
	if err := form.Err(); err != nil {
		return "", err
	}
	return strings.TrimSpace(in["policy"] + " " + in["beyond"] + " " + in["ready"]), inventory.SetPolicy(ctx, tx, v, p, now)
}

func shelfReorder(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	at := whole(&form, in, "reorder_at")
	if err := form.Err(); err != nil {
		return "", err
	}
	return fmt.Sprintf("order more at %d", at), inventory.SetReorder(ctx, tx, v, at, now)
}

// shelfParts makes the variant a bundle: "CUP SPOON*2".
func shelfParts(ctx context.Context, tx *db.Tx, _ *Office, v catalog.VariantID, in inputs, now time.Time) (string, error) {
	var form fault.Form
	var parts []catalog.Component
	for _, cell := range strings.Fields(in["parts"]) {
		sku, count, many := strings.Cut(cell, "*")
		qty, err := 1, error(nil)
		if many {
			qty, err = strconv.Atoi(count)
		}
		k, readErr := catalog.VariantBySKU(ctx, tx, sku)
		if readErr != nil && !errors.Is(readErr, fault.NotFound) {
			return "", readErr
		}
		if err != nil || qty < 1 || qty > 1000 || k == nil {
			form.Wrong("parts", "admin.shelf.part", "cell", brief(cell))
			return "", form.Err()
		}
		parts = append(parts, catalog.Component{Variant: k.ID, Qty: qty})
	}
	if _, err := inventory.Bundle(ctx, tx, v, parts, now); err != nil {
		return "", err
	}
	return "inside: " + in["parts"], nil
}
