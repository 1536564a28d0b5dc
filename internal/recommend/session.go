package recommend

import (
	"math"
	"slices"
	"sync"
	"time"
)

// SessionPause ends a session; what a visitor looks at after it is another.
const SessionPause = 30 * time.Minute

// Limits of what counts as one person looking around.
const (
	sessionLongest = 200       // clicks; whoever makes more is no shopper
	sessionFastest = 30        // clicks within a minute, likewise
	sessionsADay   = 4         // of one visitor; what else they do that day teaches nothing
	sessionClicks  = 4_000_000 // kept at most; the oldest sessions fall out
)

// Click is one look at a product. Who tells visitors apart, as event.Seen does;
// it stays in the writer's memory for a day and is never part of an answer.
type Click struct {
	Who     int64
	At      int64 // Unix milliseconds
	Product ProductID
}

// Sessions answers what is looked at next from the sessions of others that
// looked at the same (the STAN family): the running session's late clicks weigh
// more, so do young sessions, and a neighbour's clicks count by where they stand
// from the shared one. It needs no training and is current to the last click
// given to it; how much each of these counts is Weights, chosen by Choose.
//
// Closed sessions lie packed, about 9 bytes a click; what runs and what ended
// lately lies beside them and is packed in from time to time. Any number of
// readers may ask while one Learn goes on: a reader waits for a batch of clicks
// at most, never for the packing. The zero value is an empty index; a nil one
// may be asked and knows nothing.
type Sessions struct {
	// Most is how many clicks are kept, 4,000,000 when 0.
	Most int

	writing sync.Mutex // one writer
	running map[int64]*visitor
	newest  int64

	mu     sync.RWMutex // all below
	tuned  *tuned
	number map[ProductID]uint32
	items  []ProductID
	barred map[ProductID]bool
	packed packed
	fresh  fresh

	scratch sync.Pool
}

// packed holds closed sessions in the order in which they began.
type packed struct {
	starts []uint32 // session n's clicks are clicks[starts[n]:starts[n+1]]
	clicks []uint32
	places []uint32 // product p's sessions are visits[places[p]:places[p+1]], oldest first
	visits []uint32
}

func (p *packed) sessions() int { return max(0, len(p.starts)-1) }

func (p *packed) session(n uint32) []uint32 { return p.clicks[p.starts[n]:p.starts[n+1]] }

func (p *packed) of(product uint32) []uint32 {
	if int(product)+1 >= len(p.places) {
		return nil
	}
	return p.visits[p.places[product]:p.places[product+1]]
}

// fresh holds the others; session n of all is sessions[n-packed.sessions()].
type fresh struct {
	sessions []*walk
	visits   [][]uint32 // per product, places in sessions, ascending
	clicks   int
}

// walk is a session that may still go on.
type walk struct {
	clicks []uint32
	at     int // in fresh.sessions
	last   int64
	window int64 // where the running minute began
	within int   // clicks in it
	open   bool
}

// visitor is what the writer knows of one who was here within a day.
type visitor struct {
	walk  *walk // nil while nothing of theirs is learned
	last  int64
	day   int64
	today int
}

// Use puts other weights in place.
func (s *Sessions) Use(w Weights) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tuned = w.tune()
}

// Weights are those in use.
func (s *Sessions) Weights() Weights {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.weights().Weights
}

var usual = usualWeights.tune()

func (s *Sessions) weights() *tuned {
	if s.tuned == nil {
		return usual
	}
	return s.tuned
}

// Learn adds clicks, in the order of time as far as possible.
func (s *Sessions) Learn(clicks []Click) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for batch := range slices.Chunk(clicks, 512) {
		s.mu.Lock()
		for _, c := range batch {
			if !s.barred[c.Product] {
				s.see(c)
			}
		}
		s.mu.Unlock()
		if s.fresh.clicks > max(1<<14, len(s.packed.clicks)/8) {
			s.pack(true)
		}
	}
}

// see finds the session a click belongs to. Tabs share it, since they share
// the visitor.
func (s *Sessions) see(c Click) {
	if s.running == nil {
		s.running = map[int64]*visitor{}
	}
	v := s.running[c.Who]
	if v == nil {
		v = &visitor{}
		s.running[c.Who] = v
	}
	s.newest = max(s.newest, c.At)
	if v.last == 0 || c.At-v.last > SessionPause.Milliseconds() {
		if v.walk != nil {
			v.walk.open = false
		}
		v.walk = nil
		if day := c.At / (24 * time.Hour).Milliseconds(); day != v.day {
			v.day, v.today = day, 0
		}
		if v.today++; v.today <= sessionsADay {
			v.walk = s.begin()
		}
	}
	v.last = max(v.last, c.At)
	w := v.walk
	if w == nil {
		return
	}
	if c.At-w.window > time.Minute.Milliseconds() {
		w.window, w.within = c.At, 0
	}
	if w.within++; w.within > sessionFastest || len(w.clicks) >= sessionLongest {
		s.drop(w)
		v.walk = nil
		return
	}
	w.last = v.last
	s.click(w, c.Product)
}

func (s *Sessions) begin() *walk {
	w := &walk{at: len(s.fresh.sessions), open: true}
	s.fresh.sessions = append(s.fresh.sessions, w)
	return w
}

func (s *Sessions) position(p ProductID) uint32 {
	at, ok := s.number[p]
	if !ok {
		if s.number == nil {
			s.number = map[ProductID]uint32{}
		}
		at = uint32(len(s.items))
		s.number[p] = at
		s.items = append(s.items, p)
		s.fresh.visits = append(s.fresh.visits, nil)
	}
	return at
}

// click appends to a session. It is found by its products from its second
// click on: one alone says nothing about what comes next.
func (s *Sessions) click(w *walk, product ProductID) {
	p := s.position(product)
	w.clicks = append(w.clicks, p)
	switch before := w.clicks[:len(w.clicks)-1]; len(before) {
	case 0:
	case 1:
		s.list(before[0], w)
		if p != before[0] {
			s.list(p, w)
		}
		s.fresh.clicks += 2
	default:
		if !slices.Contains(before, p) {
			s.list(p, w)
		}
		s.fresh.clicks++
	}
}

func (s *Sessions) list(p uint32, w *walk) {
	list, at := s.fresh.visits[p], uint32(w.at)
	if n := len(list); n > 0 && list[n-1] > at { // an older session that goes on
		i, _ := slices.BinarySearch(list, at)
		s.fresh.visits[p] = slices.Insert(list, i, at)
		return
	}
	s.fresh.visits[p] = append(list, at)
}

// drop takes out what a machine clicked.
func (s *Sessions) drop(w *walk) {
	for _, p := range w.clicks {
		if i, ok := slices.BinarySearch(s.fresh.visits[p], uint32(w.at)); ok {
			s.fresh.visits[p] = slices.Delete(s.fresh.visits[p], i, i+1)
		}
	}
	w.clicks, w.open = nil, false
}

// Bar says which products have no place here, such as sensitive ones: their
// clicks are taken out and none comes in.
func (s *Sessions) Bar(products []ProductID) {
	s.writing.Lock()
	defer s.writing.Unlock()
	barred, known := make(map[ProductID]bool, len(products)), false
	for _, p := range products {
		barred[p] = true
		if _, ok := s.number[p]; ok && !s.barred[p] {
			known = true
		}
	}
	s.mu.Lock()
	s.barred = barred
	s.mu.Unlock()
	if known {
		s.pack(true)
	}
}

// Pack packs what has ended. Learn does it from time to time by itself.
func (s *Sessions) Pack() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.pack(true)
}

// pack makes new packed arrays beside those in use and puts them in place. Only
// the writer changes anything, so that it reads without a lock. With live,
// sessions that may go on stay as they are.
func (s *Sessions) pack(live bool) {
	gone := make([]bool, len(s.items))
	for p, at := range s.number {
		gone[at] = s.barred[p]
	}
	var stay, over []*walk
	closed := 0
	for _, w := range s.fresh.sessions {
		if live && w.open && s.newest-w.last <= SessionPause.Milliseconds() {
			stay = append(stay, w)
			continue
		}
		over = append(over, w)
		closed += len(w.clicks)
	}
	most := s.Most
	if most <= 0 {
		most = sessionClicks
	}
	first := 0
	for old := len(s.packed.clicks); first < s.packed.sessions() && old-int(s.packed.starts[first])+closed > most; {
		first++
	}
	var next packed
	next.clicks = make([]uint32, 0, min(len(s.packed.clicks)+closed, most+sessionLongest))
	next.starts = append(make([]uint32, 0, s.packed.sessions()-first+len(over)+1), 0)
	add := func(clicks []uint32) {
		at := len(next.clicks)
		for _, p := range clicks {
			if !gone[p] {
				next.clicks = append(next.clicks, p)
			}
		}
		if len(next.clicks)-at < 2 {
			next.clicks = next.clicks[:at]
			return
		}
		next.starts = append(next.starts, uint32(len(next.clicks)))
	}
	for n := first; n < s.packed.sessions(); n++ {
		add(s.packed.session(uint32(n)))
	}
	for _, w := range over {
		add(w.clicks)
	}
	next.list(len(s.items))

	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range over {
		w.open = false
	}
	for who, v := range s.running {
		if v.walk != nil && !v.walk.open {
			v.walk = nil
		}
		if s.newest-v.last > (24 * time.Hour).Milliseconds() {
			delete(s.running, who)
		}
	}
	s.packed = next
	s.fresh = fresh{visits: make([][]uint32, len(s.items))}
	for _, w := range stay {
		w.at = len(s.fresh.sessions)
		s.fresh.sessions = append(s.fresh.sessions, w)
		w.clicks = slices.DeleteFunc(slices.Clone(w.clicks), func(p uint32) bool { return gone[p] })
		if len(w.clicks) < 2 {
			continue
		}
		s.fresh.clicks += len(w.clicks)
		for i, p := range w.clicks {
			if !slices.Contains(w.clicks[:i], p) {
				s.list(p, w)
			}
		}
	}
}

// list sorts the sessions under their products, by counting.
func (p *packed) list(products int) {
	counts := make([]uint32, products+1)
	last := make([]uint32, products) // the session that a product was last met in, +1
	for n := range p.sessions() {
		for _, c := range p.session(uint32(n)) {
			if last[c] != uint32(n)+1 {
				last[c] = uint32(n) + 1
				counts[c+1]++
			}
		}
	}
	for i := 1; i <= products; i++ {
		counts[i] += counts[i-1]
	}
	p.places = slices.Clone(counts)
	p.visits = make([]uint32, counts[products])
	clear(last)
	for n := range p.sessions() {
		for _, c := range p.session(uint32(n)) {
			if last[c] != uint32(n)+1 {
				last[c] = uint32(n) + 1
				p.visits[counts[c]] = uint32(n)
				counts[c]++
			}
		}
	}
}

// Size counts the sessions and clicks known, sessions of one click apart.
func (s *Sessions) Size() (sessions, clicks int) {
	if s == nil {
		return 0, 0
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known(), len(s.packed.clicks) + s.fresh.clicks
}

func (s *Sessions) known() int { return s.packed.sessions() + len(s.fresh.sessions) }

// Bytes is the memory behind the index.
func (s *Sessions) Bytes() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 4*(cap(s.packed.starts)+cap(s.packed.clicks)+cap(s.packed.places)+cap(s.packed.visits)) + 72*len(s.items) + 64*len(s.running)
	for _, w := range s.fresh.sessions {
		n += 80 + 4*cap(w.clicks)
	}
	for _, v := range s.fresh.visits {
		n += 4 * cap(v)
	}
	return n
}

// with counts the sessions that hold a product.
func (s *Sessions) with(p uint32) int { return len(s.packed.of(p)) + len(s.fresh.visits[p]) }

// tune prepares the tables that queries read instead of reckoning.
func (w Weights) tune() *tuned {
	t := &tuned{Weights: w}
	for i := range t.back {
		t.back[i] = float32(math.Exp(-w.Decay * float64(i)))
		t.match[i] = float32(math.Pow(float64(i+1), -w.Match))
	}
	for i := range t.near {
		t.near[i] = float32(math.Exp(-float64(i) / w.Near))
	}
	for i := range t.length {
		t.length[i] = float32(math.Pow(float64(i+1), -w.Length))
	}
	for i := range t.age {
		t.age[i] = 1
		if w.Age > 0 {
			t.age[i] = float32(math.Exp2(-float64(i) / float64(len(t.age)) / w.Age))
		}
	}
	for i := range t.known {
		t.known[i] = float32(math.Exp2(-float64(i) / 8 * w.Popular))
	}
	for i := range t.repeats {
		if i < len(w.Repeats) {
			t.repeats[i] = float32(w.Repeat * w.Repeats[i])
		}
	}
	return t
}
