package recommend

import (
	"context"
	"time"
)

// owned is what a customer bought so far.
type owned struct {
	products []ProductID
	at       []time.Time
}

func (o *owned) add(lines []uint32, at int64) {
	when := time.UnixMilli(at).UTC()
	for _, p := range lines {
		o.products = append(o.products, ProductID(p)+1)
		o.at = append(o.at, when)
	}
}

// basket hides each product of each later order in turn.
func (t *trial) basket(ctx context.Context) error {
	cutoff := len(t.h.orders) * 9 / 10
	people := make([]owned, len(t.h.customers)+1)
	var lines []uint32
	for _, o := range t.h.orders[:cutoff] {
		lines = o.distinct(lines)
		t.sells(lines)
		if o.customer != 0 {
			people[o.customer].add(lines, o.at)
		}
	}
	t.rank()
	t.train()
	m, err := Build(ctx, func(yield func(Basket, error) bool) {
		for _, o := range t.h.orders[:cutoff] {
			if !yield(o.asBasket(), nil) {
				return
			}
		}
	}, t.opt.Build)
	if err != nil {
		return err
	}
	t.trainedTo(m.Bytes())
	for _, o := range t.h.orders[cutoff:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		lines = o.distinct(lines)
		if len(lines) >= 2 {
			t.hideEach(m, lines, &people[o.customer], o.at)
		}
		if !t.opt.Online {
			continue
		}
		m = m.Learn(o.asBasket())
		for _, p := range lines {
			t.sold[p]++
		}
		if o.customer != 0 {
			people[o.customer].add(lines, o.at)
		}
	}
	t.bytes = m.Bytes()
	return nil
}

// hideEach asks for each product of one order with the rest as the cart, and
// averages within the order.
func (t *trial) hideEach(m *Model, lines []uint32, who *owned, at int64) {
	var recall, mrr, pop float64
	cases := 0
	inOrder := make(map[uint32]bool, len(lines))
	for _, p := range lines {
		inOrder[p] = true
	}
	floor := t.floor(inOrder)
	cart := make([]ProductID, 0, len(lines))
	for place, hidden := range lines {
		if !t.knows(hidden) {
			if t.opt.Miss {
				cases++
			}
			continue
		}
		cart = cart[:0]
		for i, p := range lines {
			if i != place {
				cart = append(cart, ProductID(p)+1)
			}
		}
		q := Query{Cart: cart, Owned: who.products, OwnedAt: who.at, At: time.UnixMilli(at), K: t.opt.K}
		hit, rr := single(t.ask(func() []Suggestion { return m.Suggest(q) }), hidden)
		recall += hit
		mrr += rr
		if floor[hidden] {
			pop++
		}
		cases++
	}
	if cases == 0 {
		return
	}
	n := float64(cases)
	t.cases += cases
	t.groups++
	t.recall += recall / n
	t.mrr += mrr / n
	t.pop += pop / n
}

// floor tells which products of an order the popularity answer would find if
// each were hidden: those with fewer than k better sold products outside the order.
func (t *trial) floor(inOrder map[uint32]bool) map[uint32]bool {
	found := map[uint32]bool{}
	others := 0
	for _, p := range t.ranking {
		if others == t.opt.K {
			break
		}
		if inOrder[p] {
			found[p] = true
		} else {
			others++
		}
	}
	return found
}
