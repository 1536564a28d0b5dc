package storefront

import (
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/web"
)

// wait says whether something has yet to come before it can be sent, and from
// when on it can; the zero wait is for what is here.
type wait struct {
	late, known bool
	from        time.Time
}

func (s *Shop) waitFor(supply catalog.Supply, qty int) wait {
	if !supply.Waits(qty) {
		return wait{}
	}
	from, known := supply.DueAfter(s.Now())
	return wait{true, known, from}
}

// waitOf is the longest wait of a cart: it is sent together.
func (s *Shop) waitOf(items []cart.Item) wait {
	all := wait{known: true}
	for _, item := range items {
		if w := s.waitFor(item.Buyable.Supply, item.Line.Qty); w.late && !item.Problem.Blocks() {
			all.late, all.known = true, all.known && w.known
			if w.from.After(all.from) {
				all.from = w.from
			}
		}
	}
	return all
}

// date writes a day in the shop's zone.
func (s *Shop) date(c echo.Context, at time.Time) string {
	return i18n.ShortDate(web.Lang(c), at.In(s.Settings.Now().Zone()))
}

// waitText says of units of something when they are sent; "" for what is here.
func (s *Shop) waitText(c echo.Context, supply catalog.Supply, qty int) string {
	w := s.waitFor(supply, qty)
	switch {
	case !w.late:
		return ""
	case supply.Preorder && w.known:
		return t(c, "shop.wait.preorder", "date", s.date(c, w.from))
	case !w.known && supply.Now > 0:
		return t(c, "shop.wait.rest.unknown", "count", supply.Now)
	case !w.known:
		return t(c, "shop.wait.unknown")
	case supply.Now > 0:
		return t(c, "shop.wait.rest", "count", supply.Now, "date", s.date(c, w.from))
	}
	return t(c, "shop.wait.backorder", "date", s.date(c, w.from))
}

// soldOutText says when something sold out is expected again, if it is known.
func (s *Shop) soldOutText(c echo.Context, supply catalog.Supply) string {
	if due, known := supply.DueAfter(s.Now()); known {
		return t(c, "shop.sold-out.expected", "date", s.date(c, due))
	}
	return t(c, "shop.sold-out.long")
}

// schemaStock names an availability as schema.org does.
var schemaStock = map[string]string{catalog.InStock: "https://schema.org/InStock", catalog.OutOfStock: "https://schema.org/OutOfStock",
	catalog.OnBackorder: "https://schema.org/BackOrder", catalog.OnPreorder: "https://schema.org/PreOrder"}

// insideView is a component of a bundle on its product page.
type insideView struct{ URL, Name, Qty string }

func inside(c echo.Context, parts []catalog.Component) (all []insideView) {
	for _, k := range parts {
		name := in(c, k.Name)
		if words := in(c, k.Choices); words != "" {
			name += t(c, "shop.bundle.choices", "choices", words)
		}
		all = append(all, insideView{web.URL(c, "/p/"+k.Slug), name, t(c, "shop.bundle.qty", "count", k.Qty)})
	}
	return all
}

// goods words what is special about the lines of an order: what the bundles
// hold, and what has yet to come. It reports whether anything has.
func (s *Shop) goods(c echo.Context, p *orderPage, o *order.Order, lines []order.Line) (waits bool, err error) {
	ctx := c.Request().Context()
	parts, err := inventory.Parts(ctx, s.DB, int64(o.ID))
	if err != nil {
		return false, err
	}
	var ids []catalog.VariantID
	for _, k := range parts {
		ids = append(ids, k.Variant)
	}
	named, err := catalog.Buyables(ctx, s.DB, ids, o.Currency)
	if err != nil {
		return false, err
	}
	waiting := map[catalog.VariantID]inventory.Late{}
	if o.State == order.StatePlaced && o.DeliveryState == order.Unshipped {
		if waiting, err = inventory.Waiting(ctx, s.DB, int64(o.ID), s.Now()); err != nil {
			return false, err
		}
	}
	for i, l := range lines {
		late, isLate := waiting[l.VariantID]
		for _, k := range parts {
			if k.Bundle != l.VariantID {
				continue
			}
			name := in(c, named[k.Variant].Name)
			if words := in(c, named[k.Variant].Choices); words != "" {
				name += t(c, "shop.bundle.choices", "choices", words)
			}
			p.Lines[i].Inside = append(p.Lines[i].Inside, t(c, "shop.parcel.line", "qty", k.Qty*l.Qty, "name", name))
			if w, ok := waiting[k.Variant]; ok && (!isLate || !w.There) {
				late, isLate = w, true
			}
		}
		if isLate {
			waits = true
			p.Lines[i].Wait = s.lateText(c, late)
		}
	}
	return waits, nil
}

func (s *Shop) lateText(c echo.Context, l inventory.Late) string {
	switch {
	case l.There:
		return t(c, "shop.wait.there")
	case l.Due.After(s.Now()) && l.Late < l.Qty:
		return t(c, "shop.wait.some", "count", l.Late, "date", s.date(c, l.Due.Time))
	case l.Due.After(s.Now()):
		return t(c, "shop.wait.backorder", "date", s.date(c, l.Due.Time))
	}
	return t(c, "shop.wait.unknown")
}

// waitWords tells of a paid order, not all of which is here, what happens next.
func (s *Shop) waitWords(c echo.Context, p *orderPage, o *order.Order) {
	if o.PaymentState != order.Paid || len(p.Parcels) > 0 {
		return
	}
	key := "shop.order.waiting.lead"
	if o.DeliveryBy.IsZero() {
		key = "shop.order.undated.lead"
	}
	p.Lead = t(c, key, "email", o.Email, "date", o.DeliveryBy.In(s.Settings.Now().Zone()))
	for i := range p.Steps {
		if p.Steps[i].Now {
			p.Steps[i].Text = t(c, "shop.step.packing.waiting")
		}
	}
}

// ownOrder is the unpaid order with which the shopper who asks keeps units of
// a variant from everybody, themselves included; nil if there is none.
func (s *Shop) ownOrder(c echo.Context, v catalog.VariantID) (*order.Order, error) {
	p, err := s.person(c)
	if err != nil || p.VisitorID() == 0 && !p.SignedIn() {
		return nil, err
	}
	ctx := c.Request().Context()
	last, err := cart.LastConverted(ctx, s.DB, p, s.Now().Add(-24*time.Hour))
	if err != nil || last == nil {
		return nil, err
	}
	o, err := order.ByCart(ctx, s.DB, int64(last.ID))
	if err != nil || !o.Open() {
		return nil, err
	}
	if keeps, err := inventory.Keeps(ctx, s.DB, int64(o.ID), v); err != nil || !keeps {
		return nil, err
	}
	return o, nil
}

// ownURL leads to an order that ownOrder found.
func (s *Shop) ownURL(c echo.Context, o *order.Order) string {
	return web.URL(c, "/orders/"+o.Number) + query(order.AccessKey(s.Desk.Secret, o.Number))
}

// soldOut words a product of which nothing is left; whoever keeps the last of
// it in an unpaid order is led there.
func (s *Shop) soldOut(c echo.Context, p *productPage, v *catalog.VariantInfo) error {
	p.StockText = s.soldOutText(c, v.Supply)
	now := s.Now()
	p.Back = &backBox{SKU: v.SKU, Hint: t(c, "restock.hint", "count", int(now.Sub(s.Settings.Now().Since("restock.keep", now)).Hours()/24))}
	o, err := s.ownOrder(c, v.ID)
	if err != nil || o == nil {
		return err
	}
	web.Private(c)
	p.StockText, p.OwnURL = t(c, "shop.own", "number", o.Number), s.ownURL(c, o)
	return nil
}
