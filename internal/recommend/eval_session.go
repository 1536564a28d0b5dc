package recommend

import (
	"context"
	"slices"
)

// session asks after each click of the last day's sessions for the next one,
// in the order in which the clicks came, whatever session they belong to.
func (t *trial) session(ctx context.Context) error {
	day := t.h.lastDay()
	t.train()
	index := NewSessions()
	for _, o := range t.h.orders {
		if o.at >= day {
			continue
		}
		n := index.Start()
		for _, c := range o.clicks {
			index.Click(n, ProductID(c.product)+1)
			t.sold[c.product]++
		}
	}
	t.trainedTo(index.Bytes())
	t.rank()
	running := map[uint32][]ProductID{}
	number := map[uint32]int{}
	for i, c := range t.h.clicks {
		if t.h.orders[c.order].at < day {
			continue
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		own, learned := number[c.order]
		if !learned {
			own = -1
		}
		if seen := running[c.order]; len(seen) > 0 {
			t.nextClick(index, seen, own, c.product)
		}
		running[c.order] = append(running[c.order], ProductID(c.product)+1)
		if t.opt.Online {
			if !learned {
				own = index.Start()
				number[c.order] = own
			}
			index.Click(own, ProductID(c.product)+1)
			t.sold[c.product]++
		}
	}
	return nil
}

func (t *trial) nextClick(index *Sessions, seen []ProductID, own int, hidden uint32) {
	if !t.knows(hidden) {
		if t.opt.Miss {
			t.cases++
			t.groups++
		}
		return
	}
	hit, rr := single(t.ask(func() []Suggestion { return index.Next(seen, own, t.opt.K) }), hidden)
	t.cases++
	t.groups++
	t.recall += hit
	t.mrr += rr
	if slices.Contains(t.ranking[:min(t.opt.K, len(t.ranking))], hidden) {
		t.pop++
	}
}
