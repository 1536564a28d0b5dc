package recommend

import (
	"math"
)

// Bounds of choosing: so many questions of the log's last tenth for each of
// some forty settings, so that it takes about a second whatever the log's size.
const (
	choiceCases  = 1200
	choiceFewest = 100 // below, chance would choose
	choiceTop    = 20
	choiceGain   = .004 // of recall and MRR together, less is noise
	choiceLost   = .97  // of the best's, on a first quarter of the questions: the rest is not asked
	choiceRounds = 2
)

// Choice is what hold-out said.
type Choice struct {
	Weights Weights `json:"weights"`
	Cases   int     `json:"cases"`
	Recall  float64 `json:"recall"` // at 20, of the chosen weights on the part held out
	MRR     float64 `json:"mrr"`
	// The same of the usual weights.
	UsualRecall float64 `json:"usual_recall"`
	UsualMRR    float64 `json:"usual_mrr"`
}

// starts are other places to begin from than the usual weights: how V-SKNN
// would have it, and how rules of what follows what would.
var starts = []Weights{
	{Decay: .15, Match: 1, Near: 64, Before: 1, Repeat: 1.5},
	{Decay: 2, Near: 1, Next: 2},
}

// grid is what is tried, one weight after the other, each from the best so far.
var grid = []struct {
	of     func(*Weights) *float64
	values []float64
}{
	{func(w *Weights) *float64 { return &w.Decay }, []float64{.15, .5, 1, 2}},
	{func(w *Weights) *float64 { return &w.Match }, []float64{0, .5, 1, 2}},
	{func(w *Weights) *float64 { return &w.Repeat }, []float64{0, .1, .3, .7, 1.5, 3}},
	{func(w *Weights) *float64 { return &w.Near }, []float64{1, 2, 4, 16, 64}},
	{func(w *Weights) *float64 { return &w.Before }, []float64{0, .3, .6, 1}},
	{func(w *Weights) *float64 { return &w.Next }, []float64{0, .5, 2, 6}},
	{func(w *Weights) *float64 { return &w.Age }, []float64{0, .02, .1, .5}},
	{func(w *Weights) *float64 { return &w.Length }, []float64{0, .5, 1}},
	{func(w *Weights) *float64 { return &w.Popular }, []float64{0, .1, .25}},
}

// Choose finds weights by hold-out: an index of the first nine tenths of the
// closed sessions is asked about the last tenth. The same log gives the same
// weights; a small log keeps the usual ones. It changes nothing: Use does.
func (s *Sessions) Choose() Choice {
	s.writing.Lock()
	defer s.writing.Unlock()
	if len(s.fresh.sessions) > 0 {
		s.pack(true)
	}
	c := Choice{Weights: usualWeights}
	n := s.packed.sessions()
	cut := n - n/10
	held := s.held(cut)
	if c.Cases = len(held); c.Cases < choiceFewest {
		return c
	}
	past := &Sessions{number: s.number, items: s.items}
	past.packed.starts, past.packed.clicks = s.packed.starts[:cut+1], s.packed.clicks[:s.packed.starts[cut]]
	past.packed.list(len(s.items))
	past.fresh.visits = make([][]uint32, len(s.items))

	c.Weights.Repeats = past.repeats()
	race := race{index: past, first: held[:len(held)/4], rest: held[len(held)/4:]}
	c.Recall, c.MRR = race.run(c.Weights)
	c.UsualRecall, c.UsualMRR = c.Recall, c.MRR
	for _, w := range starts {
		w.Repeats = c.Weights.Repeats
		if recall, mrr := race.run(w); recall+mrr > c.Recall+c.MRR {
			c.Weights, c.Recall, c.MRR = w, recall, mrr
		}
	}
	for range choiceRounds {
		before := c.Weights
		for _, g := range grid {
			best := c
			for _, v := range g.values {
				w := c.Weights
				if *g.of(&w) == v {
					continue
				}
				*g.of(&w) = v
				if recall, mrr := race.run(w); recall+mrr > best.Recall+best.MRR {
					best.Weights, best.Recall, best.MRR = w, recall, mrr
				}
			}
			if best.Recall+best.MRR > (c.Recall+c.MRR)*(1+choiceGain) {
				c = best
			}
		}
		if sameWeights(before, c.Weights) {
			break
		}
	}
	return c
}

func sameWeights(a, b Weights) bool {
	for _, g := range grid {
		if *g.of(&a) != *g.of(&b) {
			return false
		}
	}
	return true
}

// question is a path and what came next.
type question struct {
	clicks []ProductID
	next   ProductID
}

// held spreads questions evenly over the sessions from cut on.
func (s *Sessions) held(cut int) []question {
	var all int
	for n := cut; n < s.packed.sessions(); n++ {
		all += len(s.packed.session(uint32(n))) - 1
	}
	var out []question
	taken := 0
	for n := cut; n < s.packed.sessions(); n++ {
		clicks := s.packed.session(uint32(n))
		ids := make([]ProductID, len(clicks))
		for i, p := range clicks {
			ids[i] = s.items[p]
		}
		for i := 1; i < len(ids); i++ {
			// The taken-th of all, if these are spread over choiceCases places.
			if taken++; taken*choiceCases/all > (taken-1)*choiceCases/all || all <= choiceCases {
				out = append(out, question{ids[:i], ids[i]})
			}
		}
	}
	// A first quarter that is spread over all, for the race.
	mixed := make([]question, 0, len(out))
	for from := range 4 {
		for i := from; i < len(out); i += 4 {
			mixed = append(mixed, out[i])
		}
	}
	return mixed
}

// repeats counts how far back the log goes when it goes back, as shares of the
// most frequent way.
func (s *Sessions) repeats() []float64 {
	counts := make([]float64, sessionLatest)
	most := 0.0
	var path []uint32
	for n := range s.packed.sessions() {
		path = path[:0]
		for _, p := range s.packed.session(uint32(n)) {
			back := 0
			for i := len(path) - 1; i >= 0 && back < sessionLatest; i, back = i-1, back+1 {
				if path[i] == p {
					counts[back]++
					most = max(most, counts[back])
					path = append(path[:i], path[i+1:]...)
					break
				}
			}
			path = append(path, p)
		}
	}
	if most == 0 {
		return nil
	}
	for i := range counts {
		counts[i] = math.Round(counts[i]/most*1000) / 1000
	}
	return counts
}

// race asks the same questions with one setting after the other, and few of
// one that falls behind.
type race struct {
	index       *Sessions
	first, rest []question
	best, start float64 // recall and MRR of the best, in all and of the first part, as sums
}

func (r *race) run(w Weights) (recall, mrr float64) {
	r.index.Use(w)
	ask := func(held []question) {
		for _, q := range held {
			for i, a := range r.index.Next(Path{Clicks: q.clicks, K: choiceTop}) {
				if a.Product == q.next {
					recall++
					mrr += 1 / float64(i+1)
				}
			}
		}
	}
	ask(r.first)
	start := recall + mrr
	if start < choiceLost*r.start {
		return 0, 0
	}
	ask(r.rest)
	if recall+mrr > r.best {
		r.best, r.start = recall+mrr, start
	}
	n := float64(len(r.first) + len(r.rest))
	return recall / n, mrr / n
}
