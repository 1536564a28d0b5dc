package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/person"
	"regulars/internal/review"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// lowStock is from how few units left a variant is brought up; it is the
// number from which the shop tells shoppers.
const lowStock = 5

// stuckAfter is how long a payment may be in the provider's hands before
// somebody should look.
const stuckAfter = time.Hour

type homePage struct {
	web.Page
	Needs  []need
	Stats  []weekly
	Search string // which engine answers, where there are two
}

type need struct {
	URL, Text string
	Count     int
}

type stat struct{ URL, Name, Value, Change string }

// home begins with what needs a person, then the five numbers of this role; each
// opens its rows.
func (o *Office) home(c echo.Context) error {
	ctx := c.Request().Context()
	p := homePage{Page: page(c, "admin.home")}
	var err error
	if p.Needs, err = o.needs(ctx, c); err != nil {
		return err
	}
	if p.Stats, err = o.stats(ctx, c); err != nil {
		return err
	}
	if o.Search != nil && o.may(c, "settings.read") {
		p.Search = searchState(c, o.Search.State(ctx), o.Settings.Now().Zone())
	}
	return web.Render(c, http.StatusOK, "admin/home", p)
}

func (o *Office) needs(ctx context.Context, c echo.Context) ([]need, error) {
	var needs []need
	add := func(permission staff.Permission, url, key string, count int, args ...any) {
		if count > 0 && o.may(c, permission) {
			needs = append(needs, need{url, t(c, key, append(args, "count", count)...), count})
		}
	}
	waiting, since, err := ask.Unanswered(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	overdue, owed, err := ask.Overdue(ctx, o.DB, o.Now())
	if err != nil {
		return nil, err
	}
	add("questions.read", "/admin/questions?state=late", "admin.needs.late", overdue, "wait", span(c, o.Now().Sub(owed.Time)))
	add("questions.read", "/admin/questions?state=open", "admin.needs.questions", waiting, "wait", span(c, o.Now().Sub(since.Time)))
	tickets, err := outreach.OpenTickets(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	add("questions.read", "/admin/questions/tickets", "admin.needs.tickets", tickets)
	unread, err := review.Open(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	add("reviews.read", "/admin/reviews?state=waiting", "admin.needs.reviews", unread)
	stuck, err := order.List(ctx, o.DB, order.Filter{State: order.StatePlaced, Payment: order.Processing, To: o.Now().Add(-stuckAfter), PerPage: 1})
	if err != nil {
		return nil, err
	}
	add("orders.read", "/admin/orders?state=confirming", "admin.needs.payments", stuck.Total)
	flagged, err := order.List(ctx, o.DB, order.Filter{Flagged: true, PerPage: 1})
	if err != nil {
		return nil, err
	}
	add("orders.read", "/admin/orders?state=flagged", "admin.needs.flagged", flagged.Total)
	back, err := order.ReturnsWaiting(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	add("returns.read", "/admin/returns?simulated=no", "admin.needs.returns", back)
	late, err := person.Late(ctx, o.DB, o.Now())
	if err != nil {
		return nil, err
	}
	add("customers.read", "/admin/customers/promises", "admin.needs.promises", late)
	rang, err := staff.UnseenAlarms(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	add("alarms.read", "/admin/alarms", "admin.needs.alarms", rang)
	low := lowStock
	_, few, err := inventory.Levels(ctx, o.DB, inventory.LevelQuery{Low: &low, PerPage: 1})
	if err != nil {
		return nil, err
	}
	add("stock.read", "/admin/stock?state=low", "admin.needs.stock", few, "most", lowStock)
	proposed, err := inventory.Proposals(ctx, o.DB, o.Now())
	if err != nil {
		return nil, err
	}
	add("stock.read", "/admin/stock/reorder", "admin.needs.reorder", len(proposed))
	off, err := o.outOfBand(ctx)
	if err != nil {
		return nil, err
	}
	add("abandonment.read", reportPath, "admin.needs.bands", off)
	failed, err := outreach.Sends(ctx, o.DB, outreach.Filter{State: outreach.Failed, PerPage: 1})
	if err != nil {
		return nil, err
	}
	add("messages.read", "/admin/messages?state=failed", "admin.needs.mails", failed.Total)
	broken, err := o.Mails.BrokenTexts(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	add("messages.read", textsPath, "admin.needs.texts", len(broken))
	return needs, nil
}
