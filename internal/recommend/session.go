package recommend

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Settings of the session index, from recommender.md 4(a). The age factor halves
// over ageShare of the sessions known, so it needs no clock and suits any traffic.
const (
	sessionNeighbours = 300
	sessionSample     = 1500
	sessionLatest     = 20 // clicks of the running session that count
	positionDecay     = .5
	proximity         = 4
	ageShare          = .5
)

// Sessions answers what is clicked next from the sessions of others that
// clicked the same (the STAN family): the running session's late clicks weigh
// more, so do young sessions, and a neighbour's clicks count the more the nearer
// they stand to the shared one. It needs no training and is current to the last
// click. It is not safe for concurrent use.
type Sessions struct {
	clicks  [][]uint32 // per session its products in order
	number  map[ProductID]uint32
	items   []ProductID
	visits  [][]uint32 // per product the sessions that clicked it, oldest first
	sims    []float32  // per session, all 0 between queries
	scores  []float32  // per product, likewise
	matched []uint32
	touched []uint32
	best    []candidate
}

// NewSessions returns an empty index.
func NewSessions() *Sessions { return &Sessions{number: map[ProductID]uint32{}} }

// Start opens a session and returns its number for Click and Next.
func (s *Sessions) Start() int {
	s.clicks = append(s.clicks, nil)
	s.sims = append(s.sims, 0)
	return len(s.clicks) - 1
}

// Click appends one click to a session; the next answer knows it.
func (s *Sessions) Click(session int, p ProductID) {
	at, ok := s.number[p]
	if !ok {
		at = uint32(len(s.items))
		s.number[p] = at
		s.items = append(s.items, p)
		s.visits = append(s.visits, nil)
		s.scores = append(s.scores, 0)
	}
	if !slices.Contains(s.clicks[session], at) {
		s.visits[at] = append(s.visits[at], uint32(session))
	}
	s.clicks[session] = append(s.clicks[session], at)
}

// Bytes is the memory behind the index.
func (s *Sessions) Bytes() int {
	n := 28*len(s.clicks) + 44*len(s.items)
	for _, c := range s.clicks {
		n += 4 * cap(c)
	}
	for _, v := range s.visits {
		n += 4 * cap(v)
	}
	return n
}

// Next answers the k likeliest next clicks after the given ones, newest last.
// The session of number own (-1 for none) is not its own neighbour.
func (s *Sessions) Next(clicks []ProductID, own, k int) []Suggestion {
	recent := s.known(clicks)
	for back, p := range recent {
		w := float32(math.Exp(-positionDecay * float64(back)))
		visits := s.visits[p]
		for i := len(visits) - 1; i >= 0; i-- {
			v := visits[i]
			if int(v) == own {
				continue
			}
			if s.sims[v] == 0 {
				if len(s.matched) == sessionSample {
					continue
				}
				s.matched = append(s.matched, v)
			}
			s.sims[v] += w
			if i+4*sessionSample < len(visits) {
				break // a best seller's older visits add nothing but time
			}
		}
	}
	for _, n := range s.neighbours() {
		s.vote(n, recent)
	}
	return s.take(k)
}

// known turns clicks into positions, newest first, each product once.
func (s *Sessions) known(clicks []ProductID) []uint32 {
	recent := make([]uint32, 0, sessionLatest)
	for i := len(clicks) - 1; i >= 0 && len(recent) < sessionLatest; i-- {
		if p, ok := s.number[clicks[i]]; ok && !slices.Contains(recent, p) {
			recent = append(recent, p)
		}
	}
	return recent
}

// neighbours cuts the matched sessions down to the most similar and clears the sums.
func (s *Sessions) neighbours() []candidate {
	s.best = s.best[:0]
	all := float64(len(s.clicks))
	for _, v := range s.matched {
		age := (all - 1 - float64(v)) / all
		sim := float64(s.sims[v]) / math.Sqrt(float64(len(s.clicks[v]))) * math.Exp2(-age/ageShare)
		s.sims[v] = 0
		s.best = append(s.best, candidate{product: v, score: float32(sim)})
	}
	s.matched = s.matched[:0]
	if len(s.best) > sessionNeighbours {
		partition(s.best, sessionNeighbours)
		s.best = s.best[:sessionNeighbours]
	}
	return s.best
}

// vote adds one neighbour's clicks, but for the shared one itself.
func (s *Sessions) vote(n candidate, recent []uint32) {
	clicks := s.clicks[n.product]
	at := -1
	for _, p := range recent {
		if at = slices.Index(clicks, p); at >= 0 {
			break
		}
	}
	for i, p := range clicks {
		if i == at {
			continue
		}
		far := i - at
		if far < 0 {
			far = -far
		}
		if s.scores[p] == 0 {
			s.touched = append(s.touched, p)
		}
		s.scores[p] += n.score * float32(math.Exp(-float64(far-1)/proximity))
	}
}

func (s *Sessions) take(k int) []Suggestion {
	s.best = s.best[:0]
	for _, p := range s.touched {
		s.best = append(s.best, candidate{product: p, score: s.scores[p]})
		s.scores[p] = 0
	}
	s.touched = s.touched[:0]
	if len(s.best) > k {
		partition(s.best, k)
		s.best = s.best[:k]
	}
	slices.SortFunc(s.best, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	out := make([]Suggestion, len(s.best))
	for i, c := range s.best {
		out[i] = Suggestion{Product: s.items[c.product], Score: float64(c.score)}
	}
	return out
}

// lastDay is where the calendar day of the history's last row begins, in the
// zone that row was written in.
func (h *history) lastDay() int64 {
	last := h.clicks[len(h.clicks)-1]
	zone := time.FixedZone("", int(last.zone))
	y, m, d := time.UnixMilli(last.at).In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UnixMilli()
}
