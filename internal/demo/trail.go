package demo

import (
	"context"
	"math/rand/v2"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Planted: of the carts that were left, 42 of 100 were only looked at. What
// stood in the way of the others is dealt out by where they were left.
const (
	onlyLooked = .42
	glance     = 4 * time.Minute // the longest visit that only looks, with what the cart's page takes
)

// obstacle is what a cart of the crowd meets, as the report calls it; the parts
// are of the carts left at a stage that did not only look.
type obstacle struct {
	cause string
	part  float64
}

var obstacles = map[string][]obstacle{
	"cart":    {{"cost", .24}, {"date", .1}, {"search", .13}, {"terms", .11}, {"coupon", .1}, {"stock", .09}, {"price", .05}, {"dear", .04}, {"elsewhere", .03}, {"", .11}},
	"address": {{"cost", .28}, {"form", .24}, {"date", .1}, {"coupon", .08}, {"error", .03}, {"", .27}},
	"fault":   {{"form", .62}, {"cost", .14}, {"date", .06}, {"coupon", .04}, {"", .14}}, // phones in Chinese, until it was mended
	"till":    {{"cost", .42}, {"date", .15}, {"coupon", .08}, {"error", .03}, {"", .32}},
	"dear":    {{"cost", .82}, {"date", .05}, {"", .13}}, // delivery was told at the payment only
	"paid":    {{"payment", 1}},
}

// trails deals out what left carts met. It draws from a source of its own, so
// that the rest of the crowd is the same with it and without.
type trails struct {
	rng    *rand.Rand
	quotas map[string]*quota
	owed   float64 // carts that have yet to only look
	slow   int     // questions about the slow goods
}

func newTrails(seed uint64) *trails {
	return &trails{rng: rand.New(rand.NewPCG(seed, 0x7A11)), quotas: map[string]*quota{}}
}

func (r *trails) next(key string) string {
	list := obstacles[key]
	if r.quotas[key] == nil {
		parts := make([]float64, len(list))
		for i, o := range list {
			parts[i] = o.part
		}
		r.quotas[key] = newQuota(parts...)
	}
	return list[r.quotas[key].next()].cause
}

// obstruct gives a left cart its trail: what its pages showed it to cost, and
// the last thing that stood in its way. at is its last step.
func (t *teller) obstruct(s *shopper, c *told, stage int, waits bool, began, at time.Time) {
	r := t.trails
	r.owed += onlyLooked
	if waits || at.Add(2*glance).After(t.now) {
		return // for an answer, or they may still be here
	}
	if stage <= 1 && at.Sub(began) <= glance && r.owed >= 1 {
		r.owed--
		return
	}
	weeks := t.now.Sub(began).Hours() / 24 / 7
	key := "till"
	switch {
	case stage <= 1:
		key = "cart"
	case stage == 5:
		key = "paid"
	case stage == 4 && weeks >= 10 && weeks < 14:
		key = "dear"
	case stage == 2 && weeks >= 6 && s.device == "phone" && s.lang == i18n.Chinese:
		key = "fault"
	case stage == 2:
		key = "address"
	}
	at = at.Add(time.Duration(20+r.rng.IntN(60)) * time.Second)
	step := map[string]string{"cart": "checkout", "address": "checkout", "fault": "checkout", "till": "checkout", "dear": "payment"}[key]
	t.meets(c, r.next(key), step, at)
}

// meets writes one obstacle of a cart.
func (t *teller) meets(c *told, cause, step string, at time.Time) {
	goods := money.Amount(0)
	for _, l := range c.lines {
		goods += l.SeenPrice.Times(l.Qty)
	}
	dear := max(goods/12, t.methods[c.cart.Currency][0].Price)
	note := func(kind, detail string) {
		c.frictions = append(c.frictions, cart.Friction{Kind: kind, Detail: detail, At: db.At(at)})
	}
	shown := func(step string, extra money.Amount, days int, at time.Time) {
		c.frictions = append(c.frictions, cart.Friction{Kind: cart.Shown, Detail: step, Amount: goods + extra, Extra: extra, Days: days, At: db.At(at)})
	}
	switch cause {
	case "cost":
		shown("cart", 0, 3, at.Add(-30*time.Second))
		shown(step, dear, 3, at)
	case "date":
		shown("cart", 0, 3, at.Add(-30*time.Second))
		shown(step, 0, 9, at)
	case "search":
		note(cart.SearchEmpty, "")
	case "terms":
		note(cart.PolicyRead, []string{"delivery", "returns"}[t.trails.rng.IntN(2)])
	case "coupon":
		note(cart.CouponRefused, "pricing.coupon.min")
	case "stock":
		note(cart.StockLost, "cart")
	case "price":
		c.frictions = append(c.frictions, cart.Friction{Kind: cart.PriceChanged, Detail: "cart", Amount: max(1, goods/20), At: db.At(at)})
	case "dear":
		note(cart.Told, "price")
	case "elsewhere":
		note(cart.Told, "elsewhere")
	case "form":
		note(cart.FormError, "checkout "+[]string{"postcode", "phone"}[t.trails.rng.IntN(2)])
	case "error":
		note(cart.ErrorPage, "500")
	case "payment":
		c.step(cart.StepFailed, 0, 0, "test", at)
	case "":
		if step == "checkout" && c.cart.CheckoutAt.IsZero() { // they stayed, and nobody knows what for
			c.step(cart.StepSeen, 0, c.pieces(), "", at.Add(glance+2*time.Minute))
		}
	}
}

// writeTrails writes what the left carts of a batch met.
func (t *teller) writeTrails(ctx context.Context, tx *db.Tx) error {
	var all []cart.Friction
	for i := range t.left {
		for _, f := range t.left[i].frictions {
			if f.At.After(t.now) {
				continue // has not happened yet
			}
			f.CartID = t.left[i].cart.ID
			all = append(all, f)
		}
	}
	return cart.MeetMany(ctx, tx, all)
}

// notes are what the shop's staff wrote beside the report when they mended
// what is planted.
func (b *builder) notes(ctx context.Context, tx *db.Tx) error {
	if b.opt.Days < 15*7 || b.opt.Shoppers == 0 {
		return nil // nothing of it happened
	}
	for _, n := range []struct {
		weeks int
		body  string
	}{{10, "Delivery is told in the cart again, not first at the payment. 运费重新在购物车里就显示。"}, {6, "Mended: the address form on phones in Chinese. 已修复：中文手机版地址表单。"},
		{flashWeeks, "Sixty tents (SP11) announced for this evening: gone in 40 seconds. 当晚限量 60 顶帐篷（SP11），40 秒售罄。"}} {
		day := b.now.AddDate(0, 0, -7*n.weeks).Format(time.DateOnly)
		if err := analytics.AddNote(ctx, tx, analytics.Note{Day: day, Body: n.body, StaffID: int64(b.clerk)}, b.now); err != nil {
			return err
		}
	}
	return nil
}
