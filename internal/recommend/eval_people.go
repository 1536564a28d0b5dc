package recommend

import (
	"context"
	"hash/fnv"
	"slices"
)

// nextBasket asks for each customer's last order. The tests come in order of
// time, and what everybody buys is counted up to each test's moment, never past it.
func (t *trial) nextBasket(ctx context.Context) error {
	lastOf := make([]int, len(t.h.customers)+1)
	count := make([]int, len(t.h.customers)+1)
	for i, o := range t.h.orders {
		lastOf[o.customer] = i
		count[o.customer]++
	}
	isTest := func(i int) bool { return lastOf[t.h.orders[i].customer] == i }
	trains := func(o past) bool { return o.customer != 0 && count[o.customer] >= 2 }
	t.train()
	people := make([]owned, len(t.h.customers)+1)
	var lines []uint32
	known := 0
	for i, o := range t.h.orders {
		if !trains(o) || isTest(i) {
			continue
		}
		lines = o.distinct(lines)
		t.sells(lines)
		people[o.customer].add(lines, o.at)
		known += len(lines)
	}
	t.rank()
	t.trainedTo(32*known + 16*len(t.h.products))
	var f fashion
	var a again
	for i, o := range t.h.orders {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !trains(o) {
			continue
		}
		lines = o.distinct(lines)
		if isTest(i) {
			t.hideAll(lines, func() []Suggestion { return a.next(&people[o.customer], &f, o.at, t.opt.K) })
			if !t.opt.Online {
				continue
			}
			for _, p := range lines {
				t.sold[p]++
			}
		}
		f.add(lines, o.at)
	}
	return nil
}

// hideAll scores one answer against a set of hidden products.
func (t *trial) hideAll(lines []uint32, query func() []Suggestion) {
	hidden := make(map[uint32]bool, len(lines))
	missing := 0
	for _, p := range lines {
		if t.knows(p) {
			hidden[p] = true
		} else if t.opt.Miss {
			missing++
		}
	}
	if len(hidden)+missing == 0 {
		return
	}
	recall, ndcg := several(t.ask(query), hidden, missing, t.opt.K)
	hits := 0
	for _, p := range t.popular(nil) {
		if hidden[p] {
			hits++
		}
	}
	t.cases++
	t.groups++
	t.recall += recall
	t.ndcg += ndcg
	floor := float64(hits) / float64(len(hidden)+missing)
	t.pop += floor
	t.each, t.floors = append(t.each, recall), append(t.floors, floor)
}

// profile asks what the customers left out buy, from their attributes alone.
func (t *trial) profile(ctx context.Context) error {
	people, err := loadProfiles(ctx, t.opt.Profiles)
	if err != nil {
		return err
	}
	baskets := make([]map[uint32]bool, len(t.h.customers)+1)
	for _, o := range t.h.orders {
		if o.customer == 0 {
			continue
		}
		if baskets[o.customer] == nil {
			baskets[o.customer] = map[uint32]bool{}
		}
		for _, c := range o.clicks {
			baskets[o.customer][c.product] = true
		}
	}
	var tests []int
	var known []buyer
	t.train()
	taste := newTastes(len(t.h.products), len(people.features))
	for c, id := range t.h.customers {
		if heldOut(id) {
			tests = append(tests, c)
			continue
		}
		one := buyer{people.of[id], sortedKeys(baskets[c+1])}
		t.sells(one.bought)
		taste.add(one, 1)
		known = append(known, one)
	}
	taste.choose(known)
	t.trainedTo(taste.bytes())
	t.rank()
	for _, c := range tests {
		if err := ctx.Err(); err != nil {
			return err
		}
		one := buyer{people.of[t.h.customers[c]], sortedKeys(baskets[c+1])}
		t.hideAll(one.bought, func() []Suggestion { return taste.answer(one.has, t.opt.K) })
		if t.opt.Online {
			taste.add(one, 1)
			for _, p := range one.bought {
				t.sold[p]++
			}
		}
	}
	return nil
}

// heldOut picks the fifth of customers that protocol profile tests.
func heldOut(customer string) bool {
	f := fnv.New32a()
	f.Write([]byte(customer))
	return f.Sum32()%5 == 0
}

func sortedKeys(of map[uint32]bool) []uint32 {
	out := make([]uint32, 0, len(of))
	for p := range of {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}
