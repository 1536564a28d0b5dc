package demo

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/restock"
	"regulars/internal/review"
)

// mostReviews is how many of its buyers say something of one product.
const mostReviews = 40

// opinions are what simulated people say of something, by tile: what holds for
// any of the goods, so that no made-up fact stands beside a real one.
var opinions = map[string][2]i18n.Text{ // good, less good
	"quality":   {{En: "Feels well made.", Zh: "做工扎实。"}, {En: "I hoped for better work at the seams and edges.", Zh: "边角做工不如预期。"}},
	"described": {{En: "Just as described.", Zh: "和描述一致。"}, {En: "Looks a little different from the drawing.", Zh: "和图上略有不同。"}},
	"easy":      {{En: "No need to read anything first.", Zh: "拿来就会用。"}, {En: "Took me a while to find out how.", Zh: "摸索了一阵才会用。"}},
	"looks":     {{En: "Nicer than I thought.", Zh: "比想象中好看。"}, {En: "The colour is not quite mine.", Zh: "颜色不太合我意。"}},
	"fits":      {{En: "The size is right.", Zh: "尺寸合适。"}, {En: "Smaller than I expected.", Zh: "比预想的小。"}},
	"lasts":     {{En: "Still as on the first day.", Zh: "用到现在还和新的一样。"}, {En: "Shows wear after some weeks.", Zh: "几周后就有磨损。"}},
	"price":     {{En: "Worth what it costs.", Zh: "值这个价。"}, {En: "A little dear for what it is.", Zh: "有点贵。"}},
	"packing":   {{En: "Came well packed, without much plastic.", Zh: "包装稳妥，塑料不多。"}, {En: "The box was larger than it had to be.", Zh: "箱子大得没必要。"}},
}

// reviews has some of the simulated buyers say what they think, each as one
// who bought it. A luck of its own keeps carts and orders of a seed as they are.
func (b *builder) reviews(ctx context.Context) error {
	return b.db.InTx(ctx, func(tx *db.Tx) error {
		buyers, err := review.Buyers(ctx, tx, b.now)
		if err != nil {
			return err
		}
		var all []review.Review
		count := map[catalog.ProductID]int{}
		for _, k := range buyers {
			h := fnv.New64a()
			h.Write([]byte{byte(k.ProductID), byte(k.ProductID >> 8)})
			mood := h.Sum64()
			luck := rand.New(rand.NewPCG(b.opt.Seed^mood, uint64(k.CustomerID)))
			at := k.At.Add(time.Duration(6+luck.IntN(30)) * 24 * time.Hour)
			if luck.IntN(100) >= 30 || count[k.ProductID] >= mostReviews || !at.Before(b.now) {
				continue
			}
			count[k.ProductID]++
			all = append(all, b.opinion(luck, k, at, mood))
		}
		b.made.Reviews = len(all)
		if err := review.KeepMany(ctx, tx, all); err != nil {
			return err
		}
		return b.waiting(ctx, tx, buyers)
	})
}

// opinion makes up one review; mood makes some products better than others.
func (b *builder) opinion(luck *rand.Rand, k review.Buyer, at time.Time, mood uint64) review.Review {
	stars := 5
	for luck.IntN(100) < 22+int(mood%30) && stars > 1 {
		stars--
	}
	id := k.CustomerID
	name, _, _ := strings.Cut(k.Name, " ")
	r := review.Review{ProductID: k.ProductID, CustomerID: &id, OrderID: k.OrderID, Verified: true, Name: name, Lang: i18n.ParseLang(string(k.Lang)), Stars: stars,
		State: review.Published, DecidedBy: int64(b.clerk), Simulated: true, CreatedAt: db.At(at), WrittenAt: db.At(at), DecidedAt: db.At(at.Add(time.Duration(1+luck.IntN(20)) * time.Hour))}
	var said []string
	for _, i := range luck.Perm(len(review.Tiles))[:1+luck.IntN(3)] {
		tile := review.Tiles[i]
		good := luck.IntN(5) < stars
		words := opinions[tile][0]
		if good {
			r.Good += review.Clicked(" " + tile)
		} else {
			r.Less, words = r.Less+review.Clicked(" "+tile), opinions[tile][1]
		}
		said = append(said, words.In(r.Lang))
	}
	r.Good, r.Less = review.Clicked(strings.TrimSpace(string(r.Good))), review.Clicked(strings.TrimSpace(string(r.Less)))
	if luck.IntN(3) > 0 {
		glue := " "
		if r.Lang == i18n.Chinese {
			glue = ""
		}
		r.Body = strings.Join(said, glue)
	}
	switch {
	case b.now.Sub(at) < 36*time.Hour: // nobody looked at it yet
		r.State, r.DecidedAt, r.DecidedBy = review.Waiting, db.Time{}, 0
	case luck.IntN(120) == 0:
		r.State, r.Reason = review.Refused, "off-topic"
		r.Body = i18n.Text{En: "The parcel stood in front of the wrong door.", Zh: "快递放错门口了。"}.In(r.Lang)
	case stars <= 2 && luck.IntN(2) == 0:
		r.Answer = i18n.Text{En: "Thank you for telling us. If it does not suit you, start a return on the page of your order.", Zh: "感谢您告知。如不合适，可在订单页申请退货。"}.In(r.Lang)
		r.AnsweredAt, r.AnsweredBy = db.At(at.Add(30*time.Hour)), int64(b.clerk)
	}
	return r
}

// gone are variants of which the last unit was sold, so that the tour has
// something to wait for.
var gone = []string{"SP06-M-SAGE", "SP12-L8-INK"}

// waiting has simulated people wait for what is sold out.
func (b *builder) waiting(ctx context.Context, tx *db.Tx, buyers []review.Buyer) error {
	for _, sku := range gone {
		level, err := inventory.LevelOf(ctx, tx, b.variants[sku])
		if err != nil || level == nil {
			return err
		}
		if level.Tracked && level.Reserved == 0 {
			if err := inventory.Count(ctx, tx, level.Variant, 0, "gone:"+sku, b.now); err != nil {
				return err
			}
		}
	}
	var ids []catalog.VariantID
	for i := range b.goods {
		ids = append(ids, b.goods[i].ids...)
	}
	now, err := catalog.Buyables(ctx, tx, ids, b.live.Now().Currency())
	if err != nil || len(buyers) == 0 {
		return err
	}
	var all []restock.Ask
	for i, v := range ids {
		if k := now[v]; k.Available != 0 || !k.Priced {
			continue
		}
		seen := map[customer.ID]bool{}
		for n := range 3 + i%5 {
			k := buyers[(i*37+n*11)%len(buyers)]
			if id := k.CustomerID; !seen[id] {
				seen[id] = true
				all = append(all, restock.Ask{VariantID: v, CustomerID: &id, Lang: k.Lang, Simulated: true, AskedAt: db.At(b.now.Add(-time.Duration(n*31+2) * time.Hour))})
			}
		}
	}
	return restock.WantMany(ctx, tx, all)
}
