package recommend

import "slices"

// Followed says how often sessions came to a product after another.
type Followed struct {
	Then   int     // sessions that came to it
	Of     int     // sessions of two clicks and more that held the other
	Beyond float64 // how many times more often than all sessions do (1 = as often)
}

// Then counts the sessions that held a product, and those of them that came to
// each of some others after it: readers of a reason can recount it. It walks
// over the sessions of the first once, whatever the number of the others.
func (s *Sessions) Then(a ProductID, others ...ProductID) []Followed {
	out := make([]Followed, len(others))
	if s == nil {
		return out
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, ok := s.number[a]
	if !ok {
		return out
	}
	m := s.paces()
	defer s.scratch.Put(m)
	for _, n := range s.packed.of(x) {
		m.count(s.packed.session(n), x)
	}
	for _, n := range s.fresh.visits[x] {
		m.count(s.fresh.sessions[n].clicks, x)
	}
	of := s.with(x)
	for i, b := range others {
		out[i].Of = of
		if y, ok := s.number[b]; ok && m.scores[y] > 0 {
			out[i].Then = int(m.scores[y])
			out[i].Beyond = float64(m.scores[y]) * float64(s.known()) / (float64(of) * float64(s.with(y)))
		}
	}
	for _, p := range m.touched {
		m.scores[p] = 0
	}
	m.touched = m.touched[:0]
	return out
}

// count notes each product once that a session holds after its first x, but x.
func (m *paces) count(clicks []uint32, x uint32) {
	after := clicks[slices.Index(clicks, x)+1:]
	for i, p := range after {
		if p == x || slices.Contains(after[:i], p) {
			continue
		}
		if m.scores[p] == 0 {
			m.touched = append(m.touched, p)
		}
		m.scores[p]++
	}
}
