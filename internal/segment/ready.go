package segment

import (
	"context"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// readyMade are segments that every shop has a use for, as texts of rules; USD
// stands for the shop's own currency. They decide no home page: one that should
// gets it on the page of home pages.
var readyMade = []struct{ key, en, zh, whyEn, whyZh, purpose, rule string }{
	{"first-time", "First-time buyers", "首次购买", "You ordered once so far.", "您目前下过一单。", Audience, "all(orders = 1, first-order in last 90d)"},
	{"loyal", "Loyal", "忠实顾客", "Your orders of this year make you a loyal customer.", "您今年的订单使您成为忠实顾客。", Audience, "all(tier = loyal)"},
	{"very-loyal", "Very loyal", "非常忠实顾客", "Your orders of this year make you a very loyal customer.", "您今年的订单使您成为非常忠实的顾客。", Audience, "all(tier = very-loyal)"},
	{"premium", "Premium", "高消费", "You chose things of the finer kind.", "您选购的多为优质商品。", Audience, `all(spent >= "900.00 USD")`},
	{"at-risk", "At risk", "可能流失", "It has been a while since your last order.", "距您上次下单已有一段时间。", Audience, "all(orders >= 2, last-order over 120d ago, last-order in last 240d)"},
	{"sleeping", "Sleeping", "沉睡", "Your last order was long ago.", "您上次下单是很久以前。", Audience, "all(last-order over 240d ago)"},
	{"cart-left", "Cart left behind", "购物车未结算", "There is something in your cart.", "您的购物车里还有商品。", Audience, "all(cart-pieces >= 1, cart-touched over 1d ago)"},
	{"looked-not-bought", "Looked and did not buy", "看了未买", "You looked at something and did not order.", "您看过商品但未下单。", Audience, "all(viewed then not ordered within 7d in last 30d)"},
	{"birthday", "Birthday soon", "即将生日", "Your birthday is near.", "您的生日快到了。", Audience, "all(birthday in next 14d)"},
	{"waits-for-answer", "Waits for an answer", "等待答复", "You asked us something.", "您向我们提过问题。", Service, "all(questions-open >= 1)"},
}

// Ready puts the ready-made segments that a shop does not have yet.
func Ready(ctx context.Context, tx *db.Tx, currency string) error {
	b, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	at := last(b.Segments)
	for _, r := range readyMade {
		if b.index(r.key) >= 0 {
			continue
		}
		rule, wrong := Parse(r.rule)
		if wrong != nil {
			return wrong
		}
		rule.Clauses(func(c *Clause) {
			for i, v := range c.Values {
				if a, was, ok := sum(v); ok && currency != "" {
					c.Values[i] = a.Decimal(was) + " " + currency
				}
			}
		})
		at++
		s := Segment{Key: r.key, Position: at, Name: i18n.Text{En: r.en, Zh: r.zh}, Why: i18n.Text{En: r.whyEn, Zh: r.whyZh}, Rule: rule, Purpose: r.purpose, Pageless: true}
		if err := keep(ctx, tx, &s); err != nil {
			return err
		}
	}
	return nil
}

// ReadyMissing reports whether a shop lacks a ready-made segment.
func ReadyMissing(b *Book) bool {
	for _, r := range readyMade {
		if b.index(r.key) < 0 {
			return true
		}
	}
	return false
}
