package recommend

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Build learns a model from baskets in one pass over them. The same baskets
// give the same model, byte for byte, on any number of cores. It stops with the
// error the iterator yields, or with the context's.
//
// What a cart foretells is the linear model of ease.go for the best sold
// products; the others go by neighbours. The score of a
// neighbour is the recency- and size-weighted co-occurrence of
// recommender.md 4(a): each basket counts 2^(-age/HalfLife)/size for each pair
// in it, and the sum c(i,j) is divided by c(i)^.8 c(j)^.5 + .5. Dividing by the
// size is what keeps wholesale orders of hundreds of lines from drowning the
// rest.
func Build(ctx context.Context, baskets iter.Seq2[Basket, error], opt Options) (*Model, error) {
	in := intake{opt: opt.withDefaults(), products: map[ProductID]uint32{}, known: &roll{}, back: map[OrderID][]ProductID{}}
	for b, err := range baskets {
		if err != nil {
			return nil, fmt.Errorf("read baskets: %w", err)
		}
		in.add(b)
		if len(in.kept)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	m := in.model()
	m.derive()
	if err := m.relate(ctx); err != nil {
		return nil, err
	}
	if err := m.fit(ctx, opt.Until); err != nil {
		return nil, err
	}
	return m, nil
}

// intake collects baskets with products and buyers numbered as they come.
type intake struct {
	opt      Options
	products map[ProductID]uint32
	ids      []ProductID
	known    *roll
	back     map[OrderID][]ProductID
	kept     []kept
	lines    []uint32 // of all kept baskets, one after the other
	seen     []ProductID
}

type kept struct {
	name     OrderID
	buyer    uint32
	at       int64
	from, to int
}

func (in *intake) add(b Basket) {
	if b.Order != 0 && len(b.Back) > 0 {
		in.back[b.Order] = slices.Clone(b.Back)
	}
	in.seen = in.seen[:0]
	for _, it := range b.Items {
		in.seen = append(in.seen, it.Product)
	}
	slices.Sort(in.seen)
	in.seen = slices.Compact(in.seen)
	if len(in.seen) == 0 || len(in.seen) > in.opt.MaxBasket {
		return
	}
	from := len(in.lines)
	for _, p := range in.seen {
		n, ok := in.products[p]
		if !ok {
			n = uint32(len(in.ids))
			in.products[p] = n
			in.ids = append(in.ids, p)
		}
		in.lines = append(in.lines, n)
	}
	in.kept = append(in.kept, kept{name: b.Order, buyer: in.known.number(b.Customer), at: b.At.Unix(), from: from, to: len(in.lines)})
}

// model lays the baskets out by buyer, then time, so that a product's baskets
// of one person stand together and people are counted without a set.
func (in *intake) model() *Model {
	m := &Model{opt: in.opt, known: in.known, back: in.back}
	m.products = slices.Clone(in.ids)
	slices.Sort(m.products)
	renumber := make([]uint32, len(in.ids))
	for at, p := range m.products {
		renumber[in.products[p]] = uint32(at)
	}
	slices.SortStableFunc(in.kept, func(a, b kept) int {
		return cmp.Or(cmp.Compare(a.buyer, b.buyer), cmp.Compare(a.at, b.at))
	})
	flat := make([]uint32, 0, len(in.lines))
	newest := int64(math.MinInt64)
	for _, k := range in.kept {
		from := len(flat)
		for _, n := range in.lines[k.from:k.to] {
			flat = append(flat, renumber[n])
		}
		lines := flat[from:len(flat):len(flat)]
		slices.Sort(lines)
		m.baskets = append(m.baskets, lines)
		m.built++
		m.buyers = append(m.buyers, k.buyer)
		m.times = append(m.times, k.at)
		m.names = append(m.names, k.name)
		newest = max(newest, k.at)
	}
	if len(m.baskets) > 0 {
		m.newest = time.Unix(newest, 0).UTC()
		if now := m.opt.Now; !now.IsZero() && m.newest.After(now) {
			m.newest = now.UTC().Truncate(time.Second)
		}
	}
	m.opt.Now, m.opt.Until = time.Time{}, time.Time{} // no properties of the model
	m.index()
	return m
}

// derive computes what follows from the baskets but for neighbours and the
// linear model.
func (m *Model) derive() {
	m.hold()
	m.weigh()
	fresh := make([]float32, len(m.baskets))
	m.lately = 0
	for i := range m.baskets {
		fresh[i] = float32(math.Exp2(-m.age(i) / m.opt.PopularHalfLife.Seconds()))
		m.lately += float64(fresh[i])
	}
	m.recent = make([]float32, len(m.products))
	for p := range m.recent {
		m.recent[p] = m.fresh(uint32(p), func(b uint32) float32 { return fresh[b] })
	}
	m.mind()
	m.popular = m.ranked()
}

// relate makes the neighbours of every product.
func (m *Model) relate(ctx context.Context) error {
	n := len(m.products)
	m.rows, m.tallies = make([][]near, n), make([][]tally, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		wait.Go(func() {
			c := counter{m: m, cells: make([]cell, n)}
			for {
				p := int(next.Add(1)) - 1
				if p >= n || ctx.Err() != nil {
					return
				}
				c.count(uint32(p))
				m.rows[p], m.tallies[p] = c.best(uint32(p))
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}

// age is how long before the newest baskets basket i was bought, in seconds.
func (m *Model) age(i int) float64 {
	return max(0, float64(m.newest.Unix()-m.times[i]))
}

// weigh gives each basket its recency over its size, and each product the sum.
func (m *Model) weigh() {
	m.since = m.newest.Unix()
	m.weights = make([]float32, len(m.baskets))
	m.sums = make([]float64, len(m.products))
	for i, b := range m.baskets {
		w := math.Exp2(-m.age(i)/m.opt.HalfLife.Seconds()) / float64(len(b))
		m.weights[i] = float32(w)
		for _, p := range b {
			m.sums[p] += float64(m.weights[i])
		}
	}
}

// norm holds c(i)^.8 and c(i)^.5 of one product.
type norm struct{ asked, answer float32 }

func normOf(c float64) norm {
	return norm{asked: float32(math.Pow(c, .8)), answer: float32(math.Sqrt(c))}
}

func score(c float32, i, j norm) float32 { return c / (i.asked*j.answer + .5) }
