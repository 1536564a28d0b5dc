package storefront

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/value"
	"regulars/internal/web"
)

type (
	tierRow struct {
		Name, Asks, Gives string
		Now               bool
	}
	loyaltyPage struct {
		accountPage
		Tier, Why, Counts string
		Fall, Given, Next string // what ends it, who gave it, what leads up
		Tiers             []tierRow
		Steps             []factRow
	}
)

// loyalty says which tier whoever asks has, why, and what comes next.
func (s *Shop) loyalty(c echo.Context) error {
	base, p, err := s.accountPage(c, "loyalty")
	if err != nil {
		return err
	}
	ctx, now := c.Request().Context(), s.Now()
	facts, err := value.FactsOf(ctx, s.DB, s.Settings.Now(), p.CustomerID(), now)
	if err != nil {
		return err
	}
	at := facts.At(now)
	page := loyaltyPage{accountPage: base, Tier: t(c, "value.tier."+string(at.Tier)), Counts: s.earned(c, at.Counts)}
	page.Why = t(c, "value.why."+string(at.Earned))
	if len(at.Steps) > 0 {
		last := at.Steps[len(at.Steps)-1]
		page.Why = t(c, "value.step."+string(last.Cause), "tier", t(c, "value.tier."+string(at.Earned)), "day", i18n.Date(web.Lang(c), last.At.In(base.Zone)), "number", last.Number)
	}
	if at.Grant != nil {
		page.Given = t(c, "value.given", "tier", page.Tier, "day", i18n.Date(web.Lang(c), at.Grant.Until.In(base.Zone)))
	}
	if at.FallsTo != "" {
		rule, then := facts.Keep(at, at.FallsAt)
		page.Fall = t(c, "value.falls", "tier", t(c, "value.tier."+string(at.Earned)), "day", i18n.Date(web.Lang(c), at.FallsAt.In(s.Settings.Now().Zone())),
			"to", t(c, "value.tier."+string(at.FallsTo)), "need", s.missing(c, rule, then))
	}
	if next, rule := at.Next(); next != "" {
		page.Next = t(c, "value.next", "tier", t(c, "value.tier."+string(next)), "need", s.missing(c, rule, at.Counts))
	}
	if err := s.promised(c, &page, at); err != nil {
		return err
	}
	for _, step := range slices.Backward(at.Steps) {
		page.Steps = append(page.Steps, factRow{Name: t(c, "value.tier."+string(step.Tier)),
			Evidence: t(c, "value.step."+string(step.Cause), "tier", t(c, "value.tier."+string(step.Tier)), "day", i18n.Date(web.Lang(c), step.At.In(base.Zone)), "number", step.Number)})
	}
	return web.Render(c, http.StatusOK, "storefront/loyalty", page)
}

// promised fills in what each tier asks for, and what it gives just now.
func (s *Shop) promised(c echo.Context, page *loyaltyPage, at value.Standing) error {
	ctx := c.Request().Context()
	promotions, err := pricing.Promotions(ctx, s.DB)
	if err != nil {
		return err
	}
	lists, err := pricing.Lists(ctx, s.DB)
	if err != nil {
		return err
	}
	today := pricing.Day(s.Now(), s.Settings.Now().Zone())
	for _, tier := range slices.Backward(value.Tiers) {
		row := tierRow{Name: t(c, "value.tier."+string(tier)), Now: tier == at.Tier, Asks: t(c, "value.asks.nothing")}
		if rule := at.Rules.For(tier); tier != value.Occasional {
			row.Asks = s.asked(c, rule)
		}
		var gives []string
		for _, p := range promotions {
			if p.State == pricing.Live && !p.NeedsCode && slices.Contains(p.Tiers, string(tier)) && (p.EndsOn == "" || p.EndsOn >= today) && (p.StartsOn == "" || p.StartsOn <= today) {
				gives = append(gives, in(c, p.Name))
			}
		}
		for _, l := range lists {
			if l.State == pricing.Live && slices.Contains(tier.Reached(), l.Tier) {
				gives = append(gives, in(c, l.Name))
			}
		}
		row.Gives = strings.Join(gives, t(c, "shop.comma"))
		page.Tiers = append(page.Tiers, row)
	}
	return nil
}

// earned says what counts: "3 orders, $512.00".
func (s *Shop) earned(c echo.Context, e value.Earned) string {
	parts := []string{t(c, "value.orders", "count", e.Orders)}
	for _, currency := range value.InOrder(e.Spend) {
		if e.Spend[currency] > 0 {
			parts = append(parts, s.money(c, e.Spend[currency], currency))
		}
	}
	return strings.Join(parts, t(c, "shop.comma"))
}

// asked says what a rule asks for: "6 orders, or $900.00".
func (s *Shop) asked(c echo.Context, r value.Rule) string { return s.missing(c, r, value.Earned{}) }

// missing says what is left of it: "2 more orders, or $388.00 more". Of a
// currency somebody never paid in, only the shop's own is named.
func (s *Shop) missing(c echo.Context, r value.Rule, e value.Earned) string {
	var ways []string
	more := ""
	if e.Spend != nil {
		more = ".more"
	}
	if left := r.Orders - e.Orders; r.Orders > 0 && left > 0 {
		ways = append(ways, t(c, "value.orders"+more, "count", left))
	}
	own := s.Settings.Now().Currency()
	for _, currency := range value.InOrder(r.Spend) {
		left := r.Spend[currency] - e.Spend[currency]
		if left > 0 && (e.Spend == nil || currency == own || e.Spend[currency] > 0) {
			ways = append(ways, t(c, "value.spend"+more, "amount", money.Price{Amount: left, Currency: currency}))
		}
	}
	if len(ways) == 0 {
		return t(c, "value.nothing")
	}
	return strings.Join(ways, t(c, "value.or"))
}
