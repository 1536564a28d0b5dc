package recommend

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
)

// Person is somebody who told about themselves: features such as
// "life=student", each said by the person. Who is handed in allows their
// purchases to be counted.
type Person struct {
	Customer CustomerID
	Features []string
}

const (
	// priorPeople is how many pseudo-people who buy like everybody stand beside
	// those of a feature.
	priorPeople = 50
	// toldLeast is how many people make a feature: fewer would show through.
	toldLeast = 20
	// triedMost bounds the people the hold-out asks about.
	triedMost = 2000
	priorTop  = 10
	folds     = 5
)

// damps are what the hold-out chooses from: the power that the product of the
// features' lifts is raised to, since features overlap. 0 is plain popularity.
var damps = []float64{0, .2, .4, .6, .8, 1}

// tastes counts who buys what: people per product, per feature, and per both.
type tastes struct {
	names  []string // of the features
	people int
	buyers []int32   // per product
	having []int32   // per feature
	both   [][]int32 // per feature, per product
	damp   float64
	gain   Gain
}

// Gain is what profiles add, as the hold-out found it: of people left out in
// turn, the share of their products among the first ten, by profile and by
// plain popularity, and the 95 % interval of the difference.
type Gain struct {
	People              int
	Damp                float64
	Recall, Popularity  float64
	LowDiff, HighDiff   float64
	NDCG, NDCGPopularly float64
}

// buyer is one person's features and different products.
type buyer struct {
	has    []int
	bought []uint32
}

func newTastes(products, features int) *tastes {
	t := &tastes{buyers: make([]int32, products), having: make([]int32, features), both: make([][]int32, features)}
	for f := range t.both {
		t.both[f] = make([]int32, products)
	}
	return t
}

// add counts a person once, or takes one out when by is -1.
func (t *tastes) add(one buyer, by int32) {
	t.people += int(by)
	for _, p := range one.bought {
		t.buyers[p] += by
	}
	for _, f := range one.has {
		t.having[f] += by
		for _, p := range one.bought {
			t.both[f][p] += by
		}
	}
}

func (t *tastes) bytes() int { return 4*(len(t.buyers)+len(t.having)) + 4*len(t.both)*len(t.buyers) }

// lift is how many times more often people of a feature buy a product than
// everybody does, shrunk.
func (t *tastes) lift(f int, p uint32) float64 {
	base := float64(t.buyers[p]) / float64(t.people)
	return (float64(t.both[f][p]) + priorPeople*base) / ((float64(t.having[f]) + priorPeople) * base)
}

// lifts are the logarithms of all, per feature and product.
func (t *tastes) lifts() [][]float32 {
	out := make([][]float32, len(t.both))
	for f := range out {
		out[f] = make([]float32, len(t.buyers))
		for p := range out[f] {
			if t.buyers[p] > 0 {
				out[f][p] = float32(math.Log(t.lift(f, uint32(p))))
			}
		}
	}
	return out
}

// rank lists what sells and how each stands by popularity (its logarithm) and by
// the lifts of the features, not damped.
type stand struct {
	product      uint32
	popular, fit float32
}

func (t *tastes) stands(has []int, lifts [][]float32, into []stand) []stand {
	into = into[:0]
	for p, n := range t.buyers {
		if n <= 0 {
			continue
		}
		s := stand{product: uint32(p), popular: float32(math.Log(float64(n) / float64(t.people)))}
		for _, f := range has {
			if lifts != nil {
				s.fit += lifts[f][p]
			} else {
				s.fit += float32(math.Log(t.lift(f, s.product)))
			}
		}
		into = append(into, s)
	}
	return into
}

func scored(from []stand, damp float64, into []candidate) []candidate {
	into = into[:0]
	for _, s := range from {
		into = append(into, candidate{product: s.product, score: s.popular + float32(damp)*s.fit})
	}
	return into
}

// answer ranks products by popularity times the damped lifts of the features.
func (t *tastes) answer(has []int, k int) []Suggestion {
	if t.people == 0 {
		return nil
	}
	out := topSuggestions(scored(t.stands(has, nil, nil), t.damp, nil), k)
	for i := range out {
		out[i].Score = math.Exp(out[i].Score)
	}
	return out
}

// choose fits the damping on the people themselves: each fifth in turn is asked
// about by what the others bought. Features only count if they help for sure
// (the lower end of the 95 % interval of the gain in NDCG is above 0); else the
// damping is 0, which is plain popularity: never below it.
func (t *tastes) choose(all []buyer) {
	asked := make([][]buyer, folds)
	step := max(1, len(all)/triedMost)
	for i := 0; i < len(all); i += step {
		if len(all[i].has) > 0 && len(all[i].bought) > 0 {
			asked[i/step%folds] = append(asked[i/step%folds], all[i])
		}
	}
	ndcg, recall := make([][]float64, len(damps)), make([][]float64, len(damps))
	var stands []stand
	var order []candidate
	for _, fold := range asked {
		for _, one := range fold {
			t.add(one, -1)
		}
		lifts := t.lifts()
		for _, one := range fold {
			stands = t.stands(one.has, lifts, stands)
			hidden := map[uint32]bool{}
			for _, p := range one.bought {
				if t.buyers[p] > 0 {
					hidden[p] = true
				}
			}
			if len(hidden) == 0 {
				continue
			}
			for d, damp := range damps {
				order = scored(stands, damp, order)
				r, n := several(topSuggestions(order, priorTop), hidden, 0, priorTop)
				recall[d], ndcg[d] = append(recall[d], r), append(ndcg[d], n)
			}
		}
		for _, one := range fold {
			t.add(one, 1)
		}
	}
	best := 0
	for d := range damps {
		if mean(ndcg[d]) > mean(ndcg[best]) {
			best = d
		}
	}
	if low, _ := interval(ndcg[best], ndcg[0]); low <= 0 {
		best = 0
	}
	t.damp = damps[best]
	t.gain = Gain{People: len(recall[0]), Damp: t.damp, Recall: mean(recall[best]), Popularity: mean(recall[0]), NDCG: mean(ndcg[best]), NDCGPopularly: mean(ndcg[0])}
	t.gain.LowDiff, t.gain.HighDiff = interval(recall[best], recall[0])
}

func mean(of []float64) (sum float64) {
	for _, v := range of {
		sum += v
	}
	return sum / max(1, float64(len(of)))
}

// interval is the 95 % interval of the mean difference of two figures of the
// same people, by a bootstrap over the people that always draws alike.
func interval(a, b []float64) (low, high float64) {
	if len(a) == 0 {
		return 0, 0
	}
	r := rand.New(rand.NewPCG(20020501, uint64(len(a))))
	means := make([]float64, 1000)
	for i := range means {
		for range a {
			n := r.IntN(len(a))
			means[i] += a[n] - b[n]
		}
		means[i] /= float64(len(a))
	}
	slices.Sort(means)
	return means[25], means[974]
}

// WithPrior is the model with what people who told about themselves buy, counted
// from the baskets learned. It is asked of a model that was just built: one read
// back does not know whose its baskets are. Features of fewer than toldLeast
// people are left out.
func (m *Model) WithPrior(ctx context.Context, people iter.Seq2[Person, error]) (*Model, error) {
	bought := map[uint32][]uint32{}
	for i, lines := range m.baskets {
		if n := m.buyers[i]; n != 0 {
			bought[n] = append(bought[n], lines...)
		}
	}
	count, told := map[string]int{}, []Person{}
	for p, err := range people {
		if err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, f := range p.Features {
			count[f]++
		}
		told = append(told, p)
	}
	var names []string
	for f, n := range count {
		if n >= toldLeast {
			names = append(names, f)
		}
	}
	slices.Sort(names)
	t := newTastes(len(m.products), len(names))
	t.names = names
	all := make([]buyer, len(told))
	for i, p := range told {
		all[i].has = t.features(p.Features)
		if n, ok := m.known.of[p.Customer]; ok {
			slices.Sort(bought[n])
			all[i].bought = slices.Compact(bought[n])
		}
		t.add(all[i], 1)
	}
	t.choose(all)
	n := *m
	n.prior = t
	return &n, nil
}

// features turns names into numbers; unknown ones are left out.
func (t *tastes) features(names []string) (has []int) {
	for _, name := range names {
		if f, ok := slices.BinarySearch(t.names, name); ok && !slices.Contains(has, f) {
			has = append(has, f)
		}
	}
	return has
}

// ProfileGain is what the last training found profiles to add; its zero value
// when there were none.
func (m *Model) ProfileGain() Gain {
	if m == nil || m.prior == nil {
		return Gain{}
	}
	return m.prior.gain
}

// Prior is what people who told the same buy, for somebody who has not bought
// yet. A nil Prior knows nothing.
type Prior struct {
	m   *Model
	has []int
}

// Guess is a product by profile. People of Feature bought it: Bought of the Of
// who told it.
type Guess struct {
	Product    ProductID
	Score      float64 // a share of people; orders the answers
	Feature    string
	Bought, Of int
}

// Prior is nil when none of the features is known, and when the last training
// found that profiles foretell nothing here.
func (m *Model) Prior(features []string) *Prior {
	if m == nil || m.prior == nil || m.prior.damp == 0 || m.prior.people == 0 {
		return nil
	}
	if has := m.prior.features(features); len(has) > 0 {
		return &Prior{m, has}
	}
	return nil
}

// Score is the share of people like these who buy a product, 0 for one nobody
// bought.
func (p *Prior) Score(id ProductID) float64 {
	if p == nil {
		return 0
	}
	at, ok := p.m.position(id)
	if !ok {
		return 0
	}
	return p.m.prior.share(p.has, at)
}

func (t *tastes) share(has []int, p uint32) float64 {
	if int(p) >= len(t.buyers) || t.buyers[p] == 0 {
		return 0
	}
	fit := 0.
	for _, f := range has {
		fit += math.Log(t.lift(f, p))
	}
	return float64(t.buyers[p]) / float64(t.people) * math.Exp(t.damp*fit)
}

// Best lists up to k products that people who told the same buy more than
// others do, each with the feature that speaks for it most.
func (p *Prior) Best(k int, exclude func(ProductID) bool) []Guess {
	if p == nil || k <= 0 {
		return nil
	}
	t := p.m.prior
	var order []candidate
	for at := range t.buyers {
		if s := t.share(p.has, uint32(at)); s > 0 {
			order = append(order, candidate{product: uint32(at), score: float32(s * float64(p.m.kept(uint32(at))))})
		}
	}
	slices.SortFunc(order, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	var out []Guess
	for _, c := range order {
		id := p.m.products[c.product]
		if len(out) == k || c.score <= 0 {
			break
		}
		f, lift := p.speaks(c.product)
		if lift <= 1 || exclude != nil && exclude(id) {
			continue
		}
		out = append(out, Guess{Product: id, Score: float64(c.score), Feature: t.names[f], Bought: int(t.both[f][c.product]), Of: int(t.having[f])})
	}
	return out
}

func (p *Prior) speaks(product uint32) (best int, lift float64) {
	for _, f := range p.has {
		if l := p.m.prior.lift(f, product); l > lift {
			best, lift = f, l
		}
	}
	return best, lift
}
