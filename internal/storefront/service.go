package storefront

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/value"
	"regulars/internal/web"
)

// service is how the shop helps whoever asks: a person with a name for the
// tiers that have one, the answers first for everybody else.
type service struct {
	Name, Reach string // of the person; "" for the others
	Answers     []link
	Write       link // empty on the page where one writes
}

// serviceFor decides it, on the page of an order with its number.
func (s *Shop) serviceFor(c echo.Context, number string, writes bool) (service, error) {
	var b service
	set := s.Settings.Now()
	who, reach := set.Get("service.name"), set.Get("service.reach")
	if web.Lang(c) == i18n.Chinese {
		who, reach = cmp.Or(set.Get("service.name.zh"), who), cmp.Or(set.Get("service.reach.zh"), reach)
	}
	if who != "" {
		p, err := s.person(c)
		if err != nil {
			return b, err
		}
		tier, err := value.TierOf(c.Request().Context(), s.DB, set, p, s.Now())
		if err != nil {
			return b, err
		}
		if slices.Contains(set.ServiceTiers(), string(tier)) {
			b.Name, b.Reach = who, reach
		}
	}
	if b.Name == "" {
		b.Answers = []link{{URL: web.URL(c, "/delivery"), Text: t(c, "layout.delivery")}, {URL: web.URL(c, "/returns"), Text: t(c, "layout.returns")}, {URL: web.URL(c, "/orders"), Text: t(c, "shop.service.find")}}
	}
	if !writes {
		return b, nil
	}
	b.Write = link{URL: web.URL(c, "/contact"), Text: t(c, "shop.service.write")}
	if number != "" {
		b.Write = link{URL: b.Write.URL + "?order=" + url.QueryEscape(number), Text: t(c, "shop.order.ask")}
	}
	if b.Name != "" {
		b.Write.Text = t(c, "shop.service.write.named", "name", b.Name)
	}
	return b, nil
}
