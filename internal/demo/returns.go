package demo

import (
	"context"
	"slices"
	"time"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/order"
)

// returning is how many recent orders of the crowd send something back.
const returning = 24

// regrets are why, and what the shopper says about it.
var regrets = []struct {
	reason string
	words  i18n.Text
}{
	{"small", i18n.Text{En: "One size up would do.", Zh: "大一号就合适了。"}},
	{"damaged", i18n.Text{En: "A corner was dented when I opened the box.", Zh: "打开时边角有磕碰。"}},
	{"mind", i18n.Text{}},
	{"described", i18n.Text{En: "The colour is darker than in the picture.", Zh: "颜色比图片深。"}},
	{"wrong", i18n.Text{En: "I got the other variant.", Zh: "收到的是另一款。"}},
	{"mind", i18n.Text{}},
	{"other", i18n.Text{En: "It was a gift, and they have one.", Zh: "本来是送人的，对方已经有了。"}},
}

// returns has some of the crowd send goods back, by the shop's own path: it is
// a handful, each some statements.
func (b *builder) returns(ctx context.Context) error {
	simulated := true
	return b.db.InTx(ctx, func(tx *db.Tx) error {
		found, err := order.List(ctx, tx, order.Filter{State: order.Completed, Delivery: order.Delivered, Payment: order.Paid, From: b.now.AddDate(0, 0, -40), Simulated: &simulated, PerPage: 200})
		if err != nil {
			return err
		}
		for i, made := 0, 0; i < len(found.Orders) && made < returning; i += 3 {
			o := &found.Orders[i]
			if slices.ContainsFunc(b.People.Shoppers, func(p Person) bool { return p.Email == o.Email }) {
				continue // people of the tour decide that themselves, and while a return is open no offer goes to them
			}
			at := o.ClosedAt.Add(time.Duration(8+i%30) * time.Hour)
			if at.After(b.now) || b.now.Sub(o.ClosedAt.Time) > 25*24*time.Hour {
				continue
			}
			did, err := b.sendBack(ctx, tx, o, made, at)
			if err != nil {
				return err
			}
			if did {
				made++
			}
		}
		return nil
	})
}

func (b *builder) sendBack(ctx context.Context, tx *db.Tx, o *order.Order, i int, at time.Time) (bool, error) {
	offer, err := b.desk.Returns(ctx, tx, o, at)
	if err != nil || !offer.CanReturn {
		return false, err
	}
	why, units, by := regrets[i%len(regrets)], map[int]int{}, b.by()
	came := map[int]checkout.Came{}
	for _, l := range offer.Lines {
		if l.Left > 0 && !l.Digital && !l.Sensitive {
			units[l.Position], came[l.Position] = 1, checkout.Came{Good: 1}
			if why.reason == "damaged" {
				came[l.Position] = checkout.Came{Lost: 1}
			}
			break
		}
	}
	if len(units) == 0 {
		return false, nil
	}
	f := checkout.ReturnForm{Key: checkout.NewKey(), Units: units, Reason: why.reason, Words: why.words.In(o.Lang)}
	if i%8 == 6 {
		f.Wish = order.EndCredit
	}
	r, err := b.desk.AskReturnIn(ctx, tx, o.ID, f, order.ActorShopper, at)
	if err != nil {
		return false, err
	}
	late := func(days int) bool { return at.AddDate(0, 0, days).After(b.now) }
	if late(1) || i%8 < 2 {
		return true, nil
	}
	if i%8 == 2 {
		words := i18n.Text{En: "It shows signs of long use.", Zh: "商品有明显使用痕迹。"}
		return true, b.desk.DecideReturnIn(ctx, tx, r.Number, false, words.In(o.Lang), by, at.AddDate(0, 0, 1))
	}
	if err := b.desk.DecideReturnIn(ctx, tx, r.Number, true, "", by, at.AddDate(0, 0, 1)); err != nil || late(5) || i%8 == 3 {
		return true, err
	}
	if err := b.desk.ReceiveReturnIn(ctx, tx, r.Number, came, by, at.AddDate(0, 0, 5)); err != nil || late(6) || i%8 == 4 {
		return true, err
	}
	if r, err = order.ReturnByNumber(ctx, tx, r.Number); err != nil {
		return true, err
	}
	back, err := b.desk.Proposal(ctx, tx, o, r)
	if err != nil || back.Amount <= 0 {
		return true, err
	}
	end := order.EndRefund
	if r.Wish == order.EndCredit {
		end = order.EndCredit
	}
	return true, b.desk.ResolveReturnIn(ctx, tx, r.Number, checkout.Resolution{Outcome: end, Amount: back.Amount}, by, at.AddDate(0, 0, 6))
}
