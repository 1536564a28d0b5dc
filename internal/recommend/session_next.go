package recommend

import (
	"cmp"
	"math/bits"
	"slices"
)

// Bounds of one question.
const (
	sessionNeighbours = 300
	sessionSample     = 1000 // sessions looked at before the neighbours are chosen
	sessionLatest     = 12   // clicks of the running session that count
	sessionSlots      = 4096 // of the table of sums, four times the sample
)

// Weights say how much each part of a session's story counts.
type Weights struct {
	Decay   float64   `json:"decay"`   // of the running session's earlier clicks, a step back
	Match   float64   `json:"match"`   // power by which a neighbour counts less, the further back its newest shared click
	Near    float64   `json:"near"`    // steps from the shared click over which a vote falls to 1/e
	Before  float64   `json:"before"`  // what stood before the shared click, against after it
	Next    float64   `json:"next"`    // more for what came right after it
	Age     float64   `json:"age"`     // share of all sessions over which one counts half; 0 = all alike
	Length  float64   `json:"length"`  // power of its length that divides a neighbour
	Popular float64   `json:"popular"` // power of its sessions that divides a product
	Repeat  float64   `json:"repeat"`  // going back to what was seen, against the best new one
	Repeats []float64 `json:"repeats"` // how often the log went back so many clicks, against the most frequent
}

// usualWeights stand where a log is too small to choose by: recommender.md 4(a).
var usualWeights = Weights{Decay: .5, Near: 4, Before: 1, Age: .5, Length: .5}

// tuned are weights as tables.
type tuned struct {
	Weights
	back    [sessionLatest]float32
	match   [sessionLatest]float32
	near    [64]float32
	length  [sessionLongest + 1]float32
	age     [256]float32
	known   [33 * 8]float32
	repeats [sessionLatest]float32
}

// Path asks what comes next.
type Path struct {
	Clicks []ProductID // of the running session, the newest last
	Who    int64       // whose session it is: it is not its own neighbour; 0 = nobody's
	New    bool        // without what the path holds
	K      int
	own    *walk
}

// paces is the memory of one question, used again.
type paces struct {
	slots   []sum // open addressing
	used    []uint32
	best    []candidate
	scores  []float32 // per product, all 0 between questions
	marks   []uint8   // per product: how far back in the path, +1
	touched []uint32
	recent  [sessionLatest]uint32
}

type sum struct {
	session uint32 // +1
	sim     float32
}

// Next answers the likeliest next clicks, best first.
func (s *Sessions) Next(q Path) []Suggestion {
	if s == nil || q.K <= 0 {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	w := s.weights()
	m := s.paces()
	defer s.scratch.Put(m)
	recent := s.recent(m, q.Clicks)
	own := uint32(1<<32 - 1)
	if q.Who != 0 && q.own == nil {
		if v := s.running[q.Who]; v != nil {
			q.own = v.walk
		}
	}
	if q.own != nil && q.own.open {
		own = uint32(s.packed.sessions() + q.own.at)
	}
	s.match(m, w, recent, own)
	s.neighbours(m, w)
	for _, n := range m.best {
		s.vote(m, w, n)
	}
	return s.take(m, w, recent, q)
}

func (s *Sessions) paces() *paces {
	m, _ := s.scratch.Get().(*paces)
	if m == nil {
		m = &paces{slots: make([]sum, sessionSlots)}
	}
	if n := len(s.items) - len(m.scores); n > 0 {
		m.scores = append(m.scores, make([]float32, n)...)
		m.marks = append(m.marks, make([]uint8, n)...)
	}
	return m
}

// recent turns clicks into positions, newest first, each product once, and
// marks them.
func (s *Sessions) recent(m *paces, clicks []ProductID) []uint32 {
	recent := m.recent[:0]
	for i := len(clicks) - 1; i >= 0 && len(recent) < sessionLatest; i-- {
		if p, ok := s.number[clicks[i]]; ok && m.marks[p] == 0 {
			recent = append(recent, p)
			m.marks[p] = uint8(len(recent))
		}
	}
	return recent
}

// match sums up what sessions share with the path, the newest sessions of the
// newest click first. Earlier clicks are given less time: most of what they
// find, the newest has found.
func (s *Sessions) match(m *paces, w *tuned, recent []uint32, own uint32) {
	first := uint32(s.packed.sessions())
	for back, p := range recent {
		weight, left := w.back[back], sessionSample
		if back > 0 {
			left = sessionSample / 2
		}
		fresh := s.fresh.visits[p]
		for i := len(fresh) - 1; i >= 0 && left > 0; i-- {
			if n := first + fresh[i]; n != own {
				m.add(n, weight)
			}
			left--
		}
		old := s.packed.of(p)
		for _, n := range old[max(0, len(old)-left):] {
			m.add(n, weight)
		}
	}
}

// add counts towards a session's sum; when the sample is full, only to those in it.
func (m *paces) add(session uint32, weight float32) {
	at := session * 0x9E3779B1 >> 20 // 12 bits: sessionSlots
	for {
		slot := &m.slots[at]
		if slot.session == session+1 {
			slot.sim += weight
			return
		}
		if slot.session == 0 {
			if len(m.used) < sessionSample {
				*slot = sum{session + 1, weight}
				m.used = append(m.used, at)
			}
			return
		}
		at = (at + 1) % sessionSlots
	}
}

// neighbours keeps the most similar sessions and clears the sums.
func (s *Sessions) neighbours(m *paces, w *tuned) {
	m.best = m.best[:0]
	first, all := uint32(s.packed.sessions()), uint64(s.known())
	for _, at := range m.used {
		n, sim := m.slots[at].session-1, m.slots[at].sim
		m.slots[at] = sum{}
		if w.Length > 0 {
			var length int
			if n < first {
				length = int(s.packed.starts[n+1] - s.packed.starts[n])
			} else {
				length = len(s.fresh.sessions[n-first].clicks)
			}
			sim *= w.length[min(length, len(w.length))-1]
		}
		sim *= w.age[(all-1-uint64(n))*uint64(len(w.age))/all]
		m.best = append(m.best, candidate{product: n, score: sim})
	}
	m.used = m.used[:0]
	if len(m.best) > sessionNeighbours {
		partition(m.best, sessionNeighbours)
		m.best = m.best[:sessionNeighbours]
	}
}

// vote adds one neighbour's clicks, by their place from where it last met what
// the path holds newest; that click itself is no vote.
func (s *Sessions) vote(m *paces, w *tuned, n candidate) {
	var clicks []uint32
	if first := uint32(s.packed.sessions()); n.product < first {
		clicks = s.packed.session(n.product)
	} else {
		clicks = s.fresh.sessions[n.product-first].clicks
	}
	at, newest := -1, uint8(255)
	for i, p := range clicks {
		if b := m.marks[p]; b != 0 && b <= newest {
			at, newest = i, b
		}
	}
	if at < 0 {
		return
	}
	n.score *= w.match[newest-1]
	for i, p := range clicks {
		v := n.score
		switch {
		case i > at:
			v *= w.near[min(i-at-1, len(w.near)-1)]
			if i == at+1 {
				v *= 1 + float32(w.Next)
			}
		case i < at:
			v *= float32(w.Before) * w.near[min(at-i-1, len(w.near)-1)]
		default:
			continue
		}
		if v == 0 {
			continue
		}
		if m.scores[p] == 0 {
			m.touched = append(m.touched, p)
		}
		m.scores[p] += v
	}
}

func (s *Sessions) take(m *paces, w *tuned, recent []uint32, q Path) []Suggestion {
	m.best = m.best[:0]
	most := float32(0)
	var at [sessionLatest]int // where the path's own products stand in best, +1
	for _, p := range m.touched {
		v := m.scores[p]
		m.scores[p] = 0
		if q.New && m.marks[p] != 0 {
			continue
		}
		if w.Popular > 0 {
			v *= w.known[eighths(uint32(s.with(p)))]
		}
		most = max(most, v)
		if b := m.marks[p]; b != 0 {
			at[b-1] = len(m.best) + 1
		}
		m.best = append(m.best, candidate{product: p, score: v})
	}
	m.touched = m.touched[:0]
	if w.Repeat > 0 && !q.New {
		if most == 0 {
			most = 1
		}
		for back, p := range recent {
			if by := most * w.repeats[back]; at[back] > 0 {
				m.best[at[back]-1].score += by
			} else if by > 0 {
				m.best = append(m.best, candidate{product: p, score: by})
			}
		}
	}
	for _, p := range recent {
		m.marks[p] = 0
	}
	if len(m.best) > q.K {
		partition(m.best, q.K)
		m.best = m.best[:q.K]
	}
	slices.SortFunc(m.best, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	out := make([]Suggestion, len(m.best))
	for i, c := range m.best {
		out[i] = Suggestion{Product: s.items[c.product], Score: float64(c.score)}
	}
	return out
}

// eighths is the logarithm to the base 2 in eighths, rounded down.
func eighths(n uint32) int {
	if n < 8 {
		return [8]int{0, 0, 8, 12, 16, 18, 20, 22}[n]
	}
	top := bits.Len32(n) - 1
	return top*8 + int(n>>(top-3)&7)
}
