package storefront

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/pricing"
	"regulars/internal/web"
)

// policies are the plain pages behind the footer's links; privacy is one too
// and has a switch besides.
var policies = []string{"delivery", "returns", "terms", "imprint"}

type (
	policyPart struct{ Title, Text string }
	methodRow  struct{ Name, Days, Price, Free, Zone string }
	policyPage struct {
		web.Page
		Heading, Lead string
		Parts         []policyPart
		Methods       []methodRow
	}
)

func (s *Shop) policy(name string) echo.HandlerFunc {
	return func(c echo.Context) error {
		p := policyPage{Page: s.page(c, "shop.policy."+name+".title"), Heading: t(c, "shop.policy."+name+".title"),
			Lead: s.policyText(c, "shop.policy."+name+".lead"), Parts: s.policyParts(c, name)}
		p.Description = p.Lead
		if name == "delivery" {
			if err := s.deliveries(c, &p); err != nil {
				return err
			}
		}
		s.note(c, event.Event{Kind: event.PolicySeen, Detail: name})
		if err := s.met(c, cart.PolicyRead, name); err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, "storefront/policy", p)
	}
}

func (s *Shop) policyText(c echo.Context, key string) string {
	set := s.Settings.Now()
	name := set.Get("shop.name")
	if web.Lang(c) == i18n.Chinese && set.Get("shop.name.zh") != "" {
		name = set.Get("shop.name.zh")
	}
	args := []any{"shop", name, "email", set.Get("shop.email"), "address", set.Get("shop.address"), "minutes", int(set.Hold().Minutes()),
		"count", max(set.ReturnDays(), order.WithdrawalDays)}
	for what, key := range map[string]string{"browsing": "keep.browsing", "carts": "keep.carts", "contacts": "keep.contacts", "visitors": "keep.visitors", "bodies": "keep.bodies", "restock": "restock.keep"} {
		unit := "shop.term.days"
		n, months := set.Term(key)
		if months {
			unit = "shop.term.months"
		}
		args = append(args, what, t(c, unit, "count", n))
	}
	return t(c, key, args...)
}

// policyParts reads the numbered parts of a policy, as many as are written.
func (s *Shop) policyParts(c echo.Context, name string) []policyPart {
	var out []policyPart
	for i := 1; ; i++ {
		key := "shop.policy." + name + "." + strconv.Itoa(i)
		if !i18n.Has(web.Lang(c), key+".title") {
			return out
		}
		out = append(out, policyPart{t(c, key+".title"), s.policyText(c, key+".text")})
	}
}

func (s *Shop) deliveries(c echo.Context, p *policyPage) error {
	cur := s.currency(c)
	methods, err := pricing.Methods(c.Request().Context(), s.DB, cur, "", "")
	if err != nil {
		return err
	}
	for _, m := range methods {
		row := methodRow{Name: in(c, m.Name), Days: t(c, "shop.policy.days", "from", m.DaysMin, "to", m.DaysMax), Price: s.money(c, m.Price, cur)}
		if m.Price == 0 {
			row.Price = t(c, "shop.sum.free")
		}
		for _, b := range m.Bands {
			if b.Price > 0 {
				row.Price += " · " + t(c, "shop.policy.band", "amount", money.Price{Amount: b.From, Currency: cur}, "price", money.Price{Amount: b.Price, Currency: cur})
			}
		}
		var zone []string
		for _, p := range m.Zone() {
			zone = append(zone, strings.TrimSpace(countryName(c, p.Country)+" "+p.Region))
		}
		row.Zone = strings.Join(zone, t(c, "shop.policy.and"))
		if free := m.FreeAt(0); free > 0 {
			row.Free = t(c, "shop.policy.free-from", "price", money.Price{Amount: free, Currency: cur})
		}
		p.Methods = append(p.Methods, row)
	}
	return nil
}

// policyMoved keeps the addresses that other shops use for these pages.
func (s *Shop) policyMoved(c echo.Context) error {
	name := c.Param("name")
	switch name {
	case "shipping":
		name = "delivery"
	case "refund", "refunds":
		name = "returns"
	}
	if name != "privacy" && !slices.Contains(policies, name) {
		return ended()
	}
	return moved(c, "/"+name)
}
