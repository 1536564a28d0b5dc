package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/web"
)

// slipsAtOnce is the most orders that are packed or printed by one press.
const slipsAtOnce = 200

type (
	slipsPage struct {
		web.Page
		Slips  []slip
		Prices []chip // with prices, or without
		Back   string
	}
	// slip is the paper that lies in a parcel, in the language of the order.
	slip struct {
		Lang                         string
		Title, Shop, From, When, Way string
		Qty, Item, Unit, Total       string // heads
		Prices                       bool
		To                           []string
		Lines                        []slipLine
		Thanks, Nothing              string
	}
	slipLine struct {
		SKU, Name, Choices, Unit, Total string
		Qty                             int
	}
)

// slip is the slip of one order.
func (o *Office) slip(c echo.Context) error {
	number := order.CleanNumber(c.Param("number"))
	return o.showSlips(c, []string{number}, "/admin/orders/"+number)
}

// slips are those of several orders, each on a page of its own.
func (o *Office) slips(c echo.Context) error {
	numbers := strings.FieldsFunc(c.QueryParam("of"), func(r rune) bool { return r == '.' || r == ',' || r == ' ' })
	if len(numbers) == 0 {
		return c.Redirect(http.StatusSeeOther, "/admin/orders")
	}
	return o.showSlips(c, numbers[:min(len(numbers), slipsAtOnce)], "/admin/orders")
}

func (o *Office) showSlips(c echo.Context, numbers []string, back string) error {
	priced := c.QueryParam("prices") == "yes"
	p := slipsPage{Page: page(c, "desk.slips.title", "count", len(numbers)), Back: back,
		Prices: []chip{{with(c, "prices", ""), t(c, "desk.slip.prices.no"), !priced}, {with(c, "prices", "yes"), t(c, "desk.slip.prices.yes"), priced}}}
	for _, n := range numbers {
		k, err := order.ByNumber(c.Request().Context(), o.DB, n)
		if err == nil {
			var s slip
			if s, err = o.slipOf(c.Request().Context(), k, priced); err == nil {
				p.Slips = append(p.Slips, s)
			}
		}
		if err != nil {
			return err
		}
	}
	return web.Render(c, http.StatusOK, "admin/slips", p)
}

// slipOf writes a slip from the order alone: what of it is still to be sent,
// or, when all is gone, what was sent.
func (o *Office) slipOf(ctx context.Context, k *order.Order, priced bool) (slip, error) {
	lines, err := order.Lines(ctx, o.DB, k.ID)
	if err != nil {
		return slip{}, err
	}
	parcels, err := order.Parcels(ctx, o.DB, k.ID)
	if err != nil {
		return slip{}, err
	}
	set, l := o.Settings.Now(), k.Lang
	name := set.Get("shop.name")
	if l == i18n.Chinese && set.Get("shop.name.zh") != "" {
		name = set.Get("shop.name.zh")
	}
	s := slip{Lang: string(l), Prices: priced, Shop: name, From: set.Get("shop.address"), Way: k.DeliveryName.In(l), Title: i18n.T(l, "desk.slip.title", "number", k.Number),
		When: i18n.T(l, "desk.slip.when", "day", i18n.Date(l, k.PlacedAt.In(set.Zone()))), Qty: i18n.T(l, "desk.slip.qty"), Item: i18n.T(l, "desk.slip.item"),
		Unit: i18n.T(l, "desk.slip.unit"), Total: i18n.T(l, "desk.slip.total"), Thanks: i18n.T(l, "desk.slip.thanks", "shop", name, "email", set.Get("shop.email"))}
	for _, line := range []string{k.Name, k.Line1, k.Line2, strings.TrimSpace(k.Postcode + " " + k.City), k.Region, countryIn(l, k.Country)} {
		if line != "" {
			s.To = append(s.To, line)
		}
	}
	left := order.Left(lines, parcels)
	gone := k.DeliveryState != order.Unshipped
	for _, line := range lines {
		qty := left[line.ID]
		if gone {
			qty = line.Shippable()
		}
		if qty > 0 {
			s.Lines = append(s.Lines, slipLine{line.SKU, line.Name.In(l), line.Choices.In(l), i18n.Money(l, money.Price{Amount: line.UnitPrice, Currency: k.Currency}),
				i18n.Money(l, money.Price{Amount: line.Total.Part(int64(qty), int64(line.Qty)), Currency: k.Currency}), qty})
		}
	}
	if len(s.Lines) == 0 {
		s.Nothing = i18n.T(l, "desk.slip.nothing")
	}
	return s, nil
}

// countryIn is the name of a country in a language.
func countryIn(l i18n.Lang, code string) string {
	for _, k := range checkout.Countries(l) {
		if k.Code == code {
			return k.Name.In(l)
		}
	}
	return code
}

// manyOrders does one thing with all orders that were ticked. Packing is one
// guarded step an order, each in a transaction of its own: what one of them
// refuses keeps none of the others, and is said by its number.
func (o *Office) manyOrders(c echo.Context) error {
	var in struct {
		Do    string   `form:"do,max=20"`
		All   bool     `form:"all"`
		Shown []string `form:"shown,max=40"`
		Ticks []string `form:"order,max=40"`
		Back  string   `form:"back,max=2000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	back := web.LocalPath(in.Back)
	if !strings.HasPrefix(back, "/admin/orders") {
		back = "/admin/orders"
	}
	numbers := in.Ticks
	if in.All {
		numbers = in.Shown
	}
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	if len(numbers) == 0 || len(numbers) > slipsAtOnce {
		web.Flash(c, "warn", "admin.flash", "text", t(c, "desk.many.none", "most", slipsAtOnce))
		return c.Redirect(http.StatusSeeOther, back)
	}
	printed := "/admin/orders/slips?" + url.Values{"of": {strings.Join(numbers, ".")}}.Encode()
	if in.Do != "pack" {
		return c.Redirect(http.StatusSeeOther, printed)
	}
	packed, err := o.packMany(c, numbers)
	if err != nil {
		return err
	}
	if len(packed) > 0 {
		web.Flash(c, "ok", "admin.flash", "text", t(c, "desk.many.packed", "count", len(packed)))
		back = "/admin/orders/slips?" + url.Values{"of": {strings.Join(packed, ".")}}.Encode()
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// packMany begins to pack each order, and says of each that would not why.
func (o *Office) packMany(c echo.Context, numbers []string) (packed []string, err error) {
	var refused []string
	for _, n := range numbers {
		k, err := order.ByNumber(c.Request().Context(), o.DB, n)
		if err == nil {
			err = o.change(c, "order.pack", k.Number, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
				return k.Number, o.Desk.PackIn(ctx, tx, k.ID, o.by(c), now)
			})
		}
		switch fault.Kind(err) {
		case nil:
			packed = append(packed, k.Number)
		case fault.Conflict:
			refused = append(refused, t(c, "desk.many.refused", "number", k.Number, "why", stateTag(c, order.PaymentAxis, string(k.PaymentState)).Text+" · "+stateTag(c, order.OrderAxis, string(k.State)).Text+" · "+stateTag(c, order.DeliveryAxis, string(k.DeliveryState)).Text))
		case fault.NotFound:
			refused = append(refused, t(c, "desk.many.unknown", "number", n))
		default:
			return nil, err
		}
	}
	const told = 8 // a notice travels in a cookie
	for _, words := range refused[:min(len(refused), told)] {
		web.Flash(c, "warn", "admin.flash", "text", words)
	}
	if more := len(refused) - told; more > 0 {
		web.Flash(c, "warn", "admin.flash", "text", t(c, "desk.many.more", "count", more))
	}
	return packed, nil
}
