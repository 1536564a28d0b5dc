package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
)

// couponFor is how long the coupon of a reminder counts.
const couponFor = 72 * time.Hour

// couponWords is a coupon as the mail brings it.
type couponWords struct {
	Percent     int
	Code, Until string
	Goods       []string
}

// coupon makes the coupon of the plan's last step, in the transaction that
// claims the mail: for whoever reads it, for the goods of the cart that can
// bear it, for 72 hours, once. None is made where that is not sure: no cost
// known, another currency than the costs', a code in the cart already, one
// given within half a year or used within one. Sensitive goods and gift cards
// never get cheaper.
func (d *Desk) coupon(ctx context.Context, tx *db.Tx, s *Send, c *cart.Cart, view *cart.View, now time.Time) (*couponWords, error) {
	values := d.Settings.Now()
	var id, at int64
	var n int
	if _, err := fmt.Sscanf(s.Key, FollowUpMail+":%d:%d:%d", &id, &at, &n); err != nil {
		return nil, nil
	}
	step := PlanOf(values).Step(n)
	if step == nil || !step.Coupon || s.Simulated || c.Coupon != "" || c.Currency != values.Currency() || s.Email == "" {
		return nil, nil
	}
	percent, margin := values.CouponPercent(), values.CouponMargin()
	goods, names := bearing(s.Lang, view, percent, margin)
	if len(goods) == 0 {
		return nil, nil
	}
	who := pricing.Buyer{Email: s.Email}
	if s.CustomerID != nil {
		who.Customer = *s.CustomerID
	}
	given, err := pricing.GivenWith(ctx, tx, s.Key) // the mail is tried again
	if err == nil && given == nil {
		var may bool
		if may, err = pricing.MayGive(ctx, tx, who, now); err != nil || !may {
			return nil, err
		}
		given, err = pricing.Give(ctx, tx, s.Key, who, percent, goods, now.Add(couponFor), now)
	}
	if err != nil || given == nil || !given.Until.After(now) {
		return nil, err
	}
	return &couponWords{given.Percent, given.Code, i18n.DateTime(s.Lang, given.Until.In(values.Zone())), names}, nil
}

// bearing are the goods of a cart that a reduction leaves above what they cost
// and a margin on top, each with the least that a piece must bring.
func bearing(lang i18n.Lang, view *cart.View, percent, margin int) (goods []pricing.BoundGoods, names []string) {
	for _, item := range view.Items {
		b := item.Buyable
		if item.Problem == cart.Gone || item.Problem == cart.SoldOut || b.Sensitive || b.GiftCard || b.Cost == nil || *b.Cost <= 0 {
			continue
		}
		least := (*b.Cost*money.Amount(100+margin) + 99) / 100
		if b.Price.Amount-money.BasisPoints(percent*100).Of(b.Price.Amount) < least {
			continue
		}
		goods = append(goods, pricing.BoundGoods{Variant: b.VariantID, Least: least})
		names = append(names, headerLine(b.Name.In(lang)))
	}
	return goods, names
}

// CouponBehind is the coupon that came with the mail of a restore link, nil if
// there was none or it is over. An unknown link is NotFound.
func CouponBehind(ctx context.Context, q db.Q, token string, now time.Time) (*pricing.Given, error) {
	l, err := findLink(ctx, q, token, linkRestore)
	if err != nil {
		return nil, err
	}
	s, err := byID(ctx, q, l.SendID)
	if err != nil || s == nil {
		return nil, err
	}
	g, err := pricing.GivenWith(ctx, q, s.Key)
	if err != nil || g == nil || !g.Until.After(now) {
		return nil, err
	}
	return g, nil
}

// UseCoupon puts that coupon into the cart the goods went into, unless it has
// one.
func UseCoupon(ctx context.Context, tx *db.Tx, into *cart.Cart, g *pricing.Given, now time.Time) error {
	if g == nil || into == nil || into.Coupon != "" {
		return nil
	}
	err := cart.SetCoupon(ctx, tx, into.ID, g.Code, now)
	if fault.Kind(err) == fault.Conflict {
		return nil
	}
	return err
}
