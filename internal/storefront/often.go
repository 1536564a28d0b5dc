package storefront

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/web"
)

const (
	oftenMost  = 60 // of the account's list
	oftenBlock = 4  // beside the cart
)

type (
	oftenPage struct {
		accountPage
		Allowed bool
		Term    string
		Rows    []pickRow
		Ago     []agoRow
		Since   string // the month from which on orders stand one by one
	}
	// agoRow is what is left of old purchases of a product.
	agoRow struct{ Name, URL, Times, Units, First, Last string }
)

// historyFrom is the first moment of which orders are listed one by one.
func (s *Shop) historyFrom() time.Time {
	zone := s.Settings.Now().Zone()
	return order.MonthStart(order.Month(s.Settings.Now().Since("keep.history", s.Now()), zone), zone)
}

// historyTerm says in words how long purchases are listed and used one by one.
func (s *Shop) historyTerm(c echo.Context) string {
	n, months := s.Settings.Now().Term("keep.history")
	if months {
		return t(c, "often.months", "count", n)
	}
	return t(c, "often.days", "count", n)
}

// often is what the account buys again and again, and the counts of what it
// bought long ago.
func (s *Shop) often(c echo.Context) error {
	base, p, err := s.accountPage(c, "often")
	if err != nil {
		return err
	}
	page := oftenPage{accountPage: base, Allowed: p.MayUseHistory(), Term: s.historyTerm(c)}
	if page.Allowed {
		if page.Rows, err = s.oftenRows(c, p, func(catalog.Buyable) bool { return true }, oftenMost); err != nil {
			return err
		}
		if err := s.longAgo(c, p, &page); err != nil {
			return err
		}
	}
	return web.Render(c, http.StatusOK, "storefront/often", page)
}

// oftenRows are what somebody buys often, those first that are due by their own
// pace, as far as may lets them.
func (s *Shop) oftenRows(c echo.Context, p *customer.Person, may func(catalog.Buyable) bool, most int) ([]pickRow, error) {
	ctx, zone := c.Request().Context(), s.Settings.Now().Zone()
	all, err := order.OftenOf(ctx, s.DB, p.CustomerID(), zone)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	ids := make([]catalog.VariantID, len(all))
	for i := range all {
		ids[i] = all[i].Variant
	}
	there, err := catalog.Buyables(ctx, s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	var rows []pickRow
	for _, o := range all {
		b, ok := there[o.Variant]
		if !ok || !may(b) || len(rows) == most {
			continue
		}
		row := s.pickRow(c, b, min(max(o.Qty, 1), cart.MostOf))
		key := "often.pace"
		if o.Days == 2 {
			key = "often.twice"
		}
		row.Note = t(c, key, "count", o.Days, "days", o.Gap, "last", i18n.Date(web.Lang(c), o.Last.In(zone)))
		if o.Qty > 1 {
			row.Note += t(c, "often.packs", "count", o.Qty)
		}
		row.Chosen = row.Out == "" && !s.Now().Before(o.Last.AddDate(0, 0, o.Gap))
		rows = append(rows, row)
	}
	return rows, nil
}

// longAgo fills in what is left of purchases before the term.
func (s *Shop) longAgo(c echo.Context, p *customer.Person, page *oftenPage) error {
	ctx, l := c.Request().Context(), web.Lang(c)
	ago, err := order.LongAgoOf(ctx, s.DB, p.CustomerID())
	if err != nil || len(ago.Goods) == 0 {
		return err
	}
	month := func(m int) string {
		return t(c, "often.month", "month", monthName(l, m%100), "year", strconv.Itoa(m/100))
	}
	page.Since = month(order.Month(ago.Through.Time, s.Settings.Now().Zone()))
	for _, g := range ago.Goods {
		row := agoRow{Name: in(c, g.Name), Times: strconv.Itoa(g.Times), Units: strconv.Itoa(g.Units), First: month(g.FirstMonth), Last: month(g.LastMonth)}
		if g.Published {
			row.URL = web.URL(c, "/p/"+g.Slug)
		}
		page.Ago = append(page.Ago, row)
	}
	return nil
}

// oftenBeside are a few things that whoever asks buys often, for the cart:
// nothing that lies in it or cannot be had, and nothing sensitive, since others
// may look at the screen.
func (s *Shop) oftenBeside(c echo.Context, view *cart.View) ([]pickRow, error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() || !p.MayUseHistory() {
		return nil, err
	}
	has := map[catalog.VariantID]bool{}
	for _, item := range view.Items {
		has[item.Line.VariantID] = true
	}
	rows, err := s.oftenRows(c, p, func(b catalog.Buyable) bool {
		return !b.Sensitive && !has[b.VariantID] && b.Published && b.Active && b.Priced && b.Available != 0
	}, oftenBlock)
	for i := range rows {
		rows[i].Chosen = false // beside the cart nothing is chosen for anybody
	}
	return rows, err
}
