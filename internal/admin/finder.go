package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/person"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// foundEach is how many rows of each kind the office's one search box shows;
// the list of that kind, one press away, has the rest.
const foundEach = 6

type (
	finderPage struct {
		web.Page
		In     listing
		Groups []finding
	}
	// finding is what one room of the office has to a text.
	finding struct {
		Name, All string // All leads to the room's own list; "" where everything is shown
		Rows      []hit
	}
	hit struct{ URL, Text, Note string }
)

// areaKeys are the letters that lead to a room, after "g". They are the same
// in both languages, as keyboards are.
var areaKeys = map[string]string{"home": "h", "orders": "o", "returns": "r", "products": "p", "search": "w", "stock": "s", "promotions": "d",
	"customers": "c", "segments": "n", "homepages": "y", "chains": "l", "abandonment": "a", "messages": "m", "campaigns": "t", "experiments": "x",
	"questions": "q", "reviews": "v", "reports": "i", "settings": "e", "audit": "u"}

// find answers the box that stands on every page of the office: an order's
// number, a SKU, a product's code lead straight there; anything else lists
// what the rooms of this role have to it.
func (o *Office) find(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	p := finderPage{Page: page(c, "finder.title"), In: in}
	if in.Q == "" {
		return web.Render(c, http.StatusOK, "admin/find", p)
	}
	if to, err := o.straightTo(c, in.Q); to != "" || err != nil {
		return errors.Join(err, redirect(c, to))
	}
	p.Groups = append(p.Groups, o.foundRooms(c, in.Q))
	for _, room := range []struct {
		may  staff.Permission
		look func(echo.Context, string) (finding, error)
	}{{"orders.read", o.foundOrders}, {"customers.read", o.foundPeople}, {"products.read", o.foundGoods}} {
		if !o.may(c, room.may) {
			continue
		}
		found, err := room.look(c, in.Q)
		if err != nil {
			return err
		}
		p.Groups = append(p.Groups, found)
	}
	kept := p.Groups[:0]
	for _, g := range p.Groups {
		if len(g.Rows) > 0 {
			kept = append(kept, g)
		}
	}
	p.Groups = kept
	return web.Render(c, http.StatusOK, "admin/find", p)
}

// straightTo is the page of the one thing that a text names, "" if it names none.
func (o *Office) straightTo(c echo.Context, text string) (string, error) {
	ctx := c.Request().Context()
	number := order.CleanNumber(strings.TrimPrefix(text, "#"))
	tries := []struct {
		may  staff.Permission
		look func() (string, error)
	}{
		{"orders.read", func() (string, error) {
			k, err := order.ByNumber(ctx, o.DB, number)
			if err != nil {
				return "", err
			}
			return "/admin/orders/" + k.Number, nil
		}},
		{"products.read", func() (string, error) {
			k, err := catalog.ByCode(ctx, o.DB, text)
			if errors.Is(err, fault.NotFound) {
				k, err = catalog.ByCode(ctx, o.DB, strings.ToUpper(text))
			}
			if err != nil {
				return "", err
			}
			return "/admin/products/" + k.Code, nil
		}},
		{"products.read", func() (string, error) { return o.ofSKU(ctx, text) }},
	}
	for _, try := range tries {
		if !o.may(c, try.may) {
			continue
		}
		to, err := try.look()
		if err == nil || !errors.Is(err, fault.NotFound) {
			return to, err
		}
	}
	return "", nil
}

// ofSKU is the page of the product that sells under a SKU.
func (o *Office) ofSKU(ctx context.Context, sku string) (string, error) {
	found, err := catalog.VariantsBySKU(ctx, o.DB, []string{sku})
	if err != nil {
		return "", err
	}
	for _, v := range found {
		k, err := catalog.ByID(ctx, o.DB, v.ProductID)
		if err != nil {
			return "", err
		}
		return "/admin/products/" + k.Code, nil
	}
	return "", fault.New(fault.NotFound, "error.not-found")
}

// foundRooms are the rooms whose name holds the text.
func (o *Office) foundRooms(c echo.Context, text string) finding {
	f := finding{Name: t(c, "finder.rooms")}
	who, err := o.who(c)
	if err != nil || who == nil {
		return f
	}
	asked := person.Fold(text)
	for _, area := range staff.Menu(who.Role) {
		label := t(c, "staff.area."+area.Name)
		if strings.Contains(person.Fold(label), asked) {
			f.Rows = append(f.Rows, hit{URL: area.Path, Text: label})
		}
	}
	return f
}

// listOf is a room's own list of what holds a text.
func listOf(path, text string) string { return path + "?" + url.Values{"q": {text}}.Encode() }

func (o *Office) foundOrders(c echo.Context, text string) (finding, error) {
	f := finding{Name: t(c, "staff.area.orders")}
	found, err := order.List(c.Request().Context(), o.DB, order.Filter{Text: text, PerPage: foundEach})
	if err != nil {
		return f, err
	}
	for _, r := range orderRows(c, found.Orders) {
		f.Rows = append(f.Rows, hit{r.URL, r.Number, r.Name + " · " + r.Total + " · " + r.Payment.Text})
	}
	if found.Total > len(f.Rows) {
		f.All = listOf("/admin/orders", text)
	}
	return f, nil
}

func (o *Office) foundPeople(c echo.Context, text string) (finding, error) {
	f, ctx := finding{Name: t(c, "staff.area.customers")}, c.Request().Context()
	found, err := person.Find(ctx, o.DB, person.Read(text))
	if err != nil {
		return f, err
	}
	if len(found.Customers) > 0 {
		people, _, err := person.People(ctx, o.DB, person.Filter{IDs: found.Customers}, false, o.Now())
		if err != nil {
			return f, err
		}
		for i := range people {
			r := o.customerRow(c, &people[i])
			f.Rows = append(f.Rows, hit{r.URL, cmp.Or(r.Name, r.Email), r.Email})
		}
	}
	for _, g := range o.guestRows(c, found.Guests) {
		f.Rows = append(f.Rows, hit{g.URL, cmp.Or(g.Name, g.Email), g.Email})
	}
	if len(f.Rows) > foundEach {
		f.Rows, f.All = f.Rows[:foundEach], listOf("/admin/customers", text)
	}
	return f, nil
}

func (o *Office) foundGoods(c echo.Context, text string) (finding, error) {
	f := finding{Name: t(c, "staff.area.products")}
	found, err := catalog.List(c.Request().Context(), o.DB, catalog.ListQuery{Currency: o.Settings.Now().Currency(), All: true, Text: text, PerPage: foundEach})
	if err != nil {
		return f, err
	}
	for _, k := range found.Cards {
		note := k.Code
		if k.Priced {
			note += " · " + i18n.Money(lang(c), k.Price)
		}
		f.Rows = append(f.Rows, hit{"/admin/products/" + k.Code, k.Name.In(lang(c)), note})
	}
	if found.Total > len(f.Rows) {
		f.All = listOf("/admin/products", text)
	}
	return f, nil
}
