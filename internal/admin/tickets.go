package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	ticketRow struct {
		Cause, About, URL, Cart string
		Code                    string
		OpenedAt, ClosedAt      db.Time
		Open                    bool
	}
	ticketsPage struct {
		web.Page
		Rows        []ticketRow
		Write, Read bool // may close; may read the cart's story
	}
)

// closedTickets is how many of those that are done stand below the open ones.
const closedTickets = 50

// tickets are carts that were left over something only a person here can mend.
func (o *Office) tickets(c echo.Context) error {
	all, err := outreach.Tickets(c.Request().Context(), o.DB, closedTickets)
	if err != nil {
		return err
	}
	p := ticketsPage{Page: page(c, "admin.tickets"), Write: o.may(c, "questions.write"), Read: o.may(c, "abandonment.read")}
	for _, k := range all {
		p.Rows = append(p.Rows, ticketRow{Cause: t(c, "admin.dim.cause."+k.Cause), Code: k.Cause, About: k.About, Cart: k.Cart, URL: cartsPath + "/" + k.Cart,
			OpenedAt: k.OpenedAt, ClosedAt: k.ClosedAt, Open: k.ClosedAt.IsZero()})
	}
	return web.Render(c, http.StatusOK, "admin/tickets", p)
}

// closeTicket notes that somebody has seen to it.
func (o *Office) closeTicket(c echo.Context) error {
	in, err := read(c, []string{"cause"})
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	cart := param(c, "cart")
	err = o.change(c, "ticket.close", cart, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		ok, err := outreach.CloseTicket(ctx, tx, cart, in["cause"], int64(who.ID), now)
		if err != nil || !ok {
			return "", err
		}
		return in["cause"], nil
	})
	if err != nil {
		return err
	}
	return done(c, "/admin/questions/tickets", "admin.tickets.closed")
}
