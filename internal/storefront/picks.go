package storefront

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/web"
)

// pickRow is something of a list that a tick puts into the cart. Value is how
// many of which SKU, "2*BB01-SAGE"; Out says in words why it cannot be had.
type pickRow struct {
	Value, Name, URL, Note, Price, Out string
	Chosen                             bool
}

// pickValue is what a tick sends.
func pickValue(qty int, sku string) string { return strconv.Itoa(qty) + "*" + sku }

// picked reads what a tick sent; false: no form of ours sends that.
func picked(value string) (qty int, sku string, ok bool) {
	n, sku, found := strings.Cut(value, "*")
	qty, err := strconv.Atoi(n)
	return qty, sku, found && err == nil && qty > 0 && qty <= cart.MostOf && sku != ""
}

// pickRow is a variant as it can be bought now.
func (s *Shop) pickRow(c echo.Context, b catalog.Buyable, qty int) pickRow {
	row := pickRow{Value: pickValue(qty, b.SKU), Name: in(c, b.Name)}
	if words := in(c, b.Choices); words != "" {
		row.Name = t(c, "owner.choices", "name", row.Name, "choices", words)
	}
	if b.Published {
		row.URL = web.URL(c, "/p/"+b.Slug+"?v="+b.SKU)
	}
	switch {
	case !b.Published || !b.Active || !b.Priced:
		row.Out = t(c, "picks.gone")
	case b.Available == 0:
		row.Out = t(c, "picks.sold-out")
	default:
		row.Price = s.money(c, b.Price.Amount, b.Price.Currency)
	}
	return row
}

// takePicks puts what was ticked into the cart of whoever asks. What is sold
// out or gone is left out and named.
func (s *Shop) takePicks(c echo.Context) error {
	var f struct {
		Pick []string `form:"pick,max=120"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	wishes, names, err := s.wishesOf(c, f.Pick)
	if err != nil {
		return err
	}
	return s.takeWishes(c, wishes, names)
}

// wishesOf reads what was ticked; names are their SKUs.
func (s *Shop) wishesOf(c echo.Context, ticked []string) (wishes []cart.Wish, names map[catalog.VariantID]string, err error) {
	qtys, skus := make([]int, len(ticked)), make([]string, len(ticked))
	for i, value := range ticked {
		var ok bool
		if qtys[i], skus[i], ok = picked(value); !ok {
			return nil, nil, fault.New(fault.Invalid, "error.invalid")
		}
	}
	known, err := catalog.VariantsBySKU(c.Request().Context(), s.DB, skus)
	if err != nil {
		return nil, nil, err
	}
	names = map[catalog.VariantID]string{}
	at := map[catalog.VariantID]int{}
	for i, sku := range skus {
		v, there := known[sku]
		if !there {
			continue // gone since the page was shown
		}
		if n, twice := at[v.ID]; twice { // two lines of a list that mean the same
			wishes[n].Qty += qtys[i]
			continue
		}
		at[v.ID], names[v.ID] = len(wishes), sku
		wishes = append(wishes, cart.Wish{Variant: v.ID, Qty: qtys[i]})
	}
	return wishes, names, nil
}

// mostNamed is how many goods a notice names: it travels in a cookie.
const mostNamed = 8

// some names the first of them, and says how many there are besides.
func some(c echo.Context, names []string) string {
	more := len(names) - mostNamed
	words := strings.Join(names[:min(mostNamed, len(names))], t(c, "shop.again.and"))
	if more > 0 {
		words += t(c, "picks.more", "count", more)
	}
	return words
}

// takeWishes brings them and says what came. names stand for what is no longer
// in the catalog.
func (s *Shop) takeWishes(c echo.Context, wishes []cart.Wish, names map[catalog.VariantID]string) error {
	if len(wishes) == 0 {
		web.Flash(c, "warn", "picks.nothing")
		return web.Redirect(c, "/cart")
	}
	held, short, err := s.bring(c, wishes)
	if err != nil {
		return err
	}
	if len(short) == 0 {
		web.Flash(c, "ok", "picks.all", "count", held)
		return web.Redirect(c, "/cart")
	}
	ids := make([]catalog.VariantID, len(short))
	for i, w := range short {
		ids[i] = w.Variant
	}
	there, err := catalog.Buyables(c.Request().Context(), s.DB, ids, s.currency(c))
	if err != nil {
		return err
	}
	var missing []string
	for _, id := range ids {
		name := names[id]
		if b, ok := there[id]; ok {
			name = s.pickRow(c, b, 1).Name
		}
		missing = append(missing, name)
	}
	list, key := some(c, missing), "picks.some"
	if held == 0 {
		key = "picks.none"
	}
	web.Flash(c, "warn", key, "count", held, "names", list)
	return web.Redirect(c, "/cart")
}
