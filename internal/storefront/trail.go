package storefront

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/pricing"
	"regulars/internal/web"
)

// met writes on the trail of the asker's open cart what stood in its way, or
// nothing where there is no cart. Unlike an event it is a record of the cart,
// without a person: it is kept of everybody.
func (s *Shop) met(c echo.Context, kind, detail string) error {
	open, count, err := s.openCart(c)
	if err != nil || open == nil || count == 0 {
		return err
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return cart.Meet(ctx, tx, cart.Friction{CartID: open.ID, Kind: kind, Detail: detail}, s.Now())
	})
}

// costs is what a page of this step tells a shopper that the cart will cost:
// the total, what of it is not for the goods, and the days until it is there.
func (s *Shop) costs(id cart.ID, step string, q *pricing.Quote, w wait) cart.Friction {
	f := cart.Friction{CartID: id, Kind: cart.Shown, Detail: step, Amount: q.Total, Extra: q.Delivery}
	if !q.TaxIncluded {
		f.Extra += q.Tax
	}
	if m := q.Method; m != nil {
		today := s.Now().In(s.Settings.Now().Zone())
		switch _, most := m.Days(today); {
		case !w.late:
			f.Days = most
		case w.known:
			f.Days = int(w.from.Sub(today).Hours()/24) + m.DaysMax
		}
	}
	return f
}

// inTheWay are the lines of a cart that changed or cannot be bought, as its
// trail keeps them.
func inTheWay(view *cart.View, step string) []cart.Friction {
	var all []cart.Friction
	for _, item := range view.Items {
		f := cart.Friction{CartID: view.Cart.ID, Detail: item.Buyable.SKU}
		switch {
		case item.Problem.Blocks():
			f.Kind = cart.StockLost
		case item.Problem == cart.Dearer:
			f.Kind, f.Detail = cart.PriceChanged, step
			f.Amount = (item.Buyable.Price.Amount - item.Line.SeenPrice).Times(item.Line.Qty)
		default:
			continue
		}
		all = append(all, f)
	}
	return all
}

func (s *Shop) meet(ctx context.Context, tx *db.Tx, all ...cart.Friction) error {
	for _, f := range all {
		if err := cart.Meet(ctx, tx, f, s.Now()); err != nil {
			return err
		}
	}
	return nil
}

// noteFailure keeps why a checkout was not taken: in the log, and the first
// of it on the cart's trail.
func (s *Shop) noteFailure(c echo.Context, open *cart.Cart, failed error, seen checkoutForm) error {
	fields := fault.Fields(failed)
	for _, f := range fields {
		s.note(c, event.Event{Kind: event.FormError, CartID: int64(open.ID), Detail: "checkout " + f.Name})
		if f.Name == "coupon" {
			s.note(c, event.Event{Kind: event.CouponNo, CartID: int64(open.ID)})
		}
	}
	f := cart.Friction{CartID: open.ID}
	var changed *checkout.ChangedError
	var out *inventory.OutOfStockError
	switch {
	case errors.As(failed, &changed):
		s.note(c, event.Event{Kind: event.PriceChanged, CartID: int64(open.ID)})
		f.Kind, f.Detail = cart.PriceChanged, "checkout"
		if was := checkout.SeenTotal(seen.Seen, seen.Delivery); was != checkout.NotShown {
			f.Amount = changed.Quote.Total - was
		}
	case errors.As(failed, &out):
		f.Kind, f.Detail = cart.StockLost, "checkout"
	case len(fields) > 0 && fields[0].Name == "coupon":
		f.Kind, f.Detail = cart.CouponRefused, fields[0].Words
	case len(fields) > 0:
		f.Kind, f.Detail = cart.FormError, "checkout "+fields[0].Name
	default:
		return nil
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return s.meet(ctx, tx, f) })
}

// broken notes on the cart's trail that its shopper was shown an error page.
// The error itself goes on.
func (s *Shop) broken(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || fault.Kind(err) != nil || isAdmin(web.Path(c)) || c.Request().Context().Err() != nil {
			return err
		}
		var of *echo.HTTPError // no page, no such method: the shopper's own doing
		if errors.As(err, &of) && of.Code < http.StatusInternalServerError {
			return err
		}
		return errors.Join(err, s.met(c, cart.ErrorPage, strconv.Itoa(http.StatusInternalServerError)))
	}
}

// reason is one answer to "what stopped you?".
type reason struct{ Code, Text string }

// stopped is the question with its answers: one click, no must.
type stopped struct {
	Action, Key string
	Reasons     []reason
}

func whatStopped(c echo.Context, action, key string) *stopped {
	q := &stopped{Action: web.URL(c, action), Key: key}
	for _, code := range cart.Reasons {
		q.Reasons = append(q.Reasons, reason{code, t(c, "shop.stopped."+code)})
	}
	return q
}

// toldWhy keeps an answer with a cart and leads on.
func (s *Shop) toldWhy(c echo.Context, to string, keep func(ctx context.Context, tx *db.Tx, reason string) error) error {
	var in struct {
		Reason string `form:"reason,max=20"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	if err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return keep(ctx, tx, in.Reason) }); err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.stopped.thanks")
	return web.Redirect(c, to)
}

// cartWhy is the answer of who came back to their cart.
func (s *Shop) cartWhy(c echo.Context) error {
	open, count, err := s.openCart(c)
	if err != nil {
		return err
	}
	if count == 0 {
		return web.Redirect(c, "/cart")
	}
	return s.toldWhy(c, "/cart", func(ctx context.Context, tx *db.Tx, reason string) error {
		return cart.Tell(ctx, tx, open.ID, reason, s.Now())
	})
}

// orderWhy is the answer of who came back from the payment without paying.
func (s *Shop) orderWhy(c echo.Context) error {
	key := c.FormValue("key")
	o, err := s.orderFor(c, key)
	if err != nil {
		return err
	}
	if !asksWhy(o) {
		return web.Redirect(c, "/orders/"+o.Number+query(key))
	}
	return s.toldWhy(c, "/orders/"+o.Number+query(key), func(ctx context.Context, tx *db.Tx, reason string) error {
		return cart.Tell(ctx, tx, *o.CartID, reason, s.Now())
	})
}

// asksWhy: an order that somebody left before it was paid.
func asksWhy(o *order.Order) bool {
	return o.CartID != nil && o.PaidAt.IsZero() && o.PaymentState != order.Processing
}

// linkWhy is the answer of who follows a mail's link and does not want the
// goods back.
func (s *Shop) linkWhy(c echo.Context) error {
	return s.toldWhy(c, "/", func(ctx context.Context, tx *db.Tx, reason string) error {
		return outreach.ToldWhy(ctx, tx, c.Param("token"), reason, s.Now())
	})
}
