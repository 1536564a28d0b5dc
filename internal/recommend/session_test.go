package recommend_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/recommend"
)

// strolls makes up click logs, the same for the same numbers: products sell by
// Zipf's law within topics of fifty, sessions have a topic and some ten clicks,
// and how people walk differs.
type strolls struct {
	r        *rand.Rand
	products int
	walk     func(s *strolls, path []int, topic *int, age float64) int
}

const topicSize = 50

func (s *strolls) within(topic int) int {
	return (topic*topicSize + int(topicSize*math.Pow(s.r.Float64(), 2.5))) % s.products
}

// backAndForth goes back to what was seen about every third time.
func backAndForth(s *strolls, path []int, topic *int, _ float64) int {
	if len(path) > 1 && s.r.IntN(100) < 38 {
		return path[max(0, len(path)-2-int(s.r.ExpFloat64()*1.5))]
	}
	return s.within(*topic)
}

// inTurn follows from each product to one of three, mostly.
func inTurn(s *strolls, path []int, topic *int, _ float64) int {
	if len(path) > 0 && s.r.IntN(100) < 70 {
		last := path[len(path)-1]
		return (last/topicSize*topicSize + (last*7+11*(1+s.r.IntN(3)))%topicSize) % s.products
	}
	return s.within(*topic)
}

// drifting changes its topic on the way, and what is liked changes with time.
func drifting(s *strolls, _ []int, topic *int, age float64) int {
	if s.r.IntN(100) < 22 {
		*topic = (*topic*3 + 1 + s.r.IntN(2)) % (s.products / topicSize)
	}
	return (*topic*topicSize + (int(topicSize*math.Pow(s.r.Float64(), 2.5))+int(age*120))%topicSize) % s.products
}

// inTwoMinds goes back and forth between two topics.
func inTwoMinds(s *strolls, path []int, topic *int, _ float64) int {
	if len(path)%3 == 1 {
		return s.within((*topic + s.products/topicSize/2) % (s.products / topicSize))
	}
	return s.within(*topic)
}

// clicks makes about n, sessions one after the other, five days in all.
func (s *strolls) clicks(n int) []recommend.Click {
	out := make([]recommend.Click, 0, n+40)
	var path []int
	for who := int64(1); len(out) < n; who++ {
		at := noon.UnixMilli() + int64(float64(len(out))/float64(n)*float64(5*24*time.Hour.Milliseconds()))
		topic := int(float64(s.products/topicSize) * math.Pow(s.r.Float64(), 1.5))
		path = path[:0]
		for range 1 + min(30, int(s.r.ExpFloat64()*5)) {
			p := s.walk(s, path, &topic, float64(len(out))/float64(n))
			path = append(path, p)
			out = append(out, recommend.Click{Who: who, At: at, Product: recommend.ProductID(p + 1)})
			at += 20_000
		}
	}
	return out
}

func stroll(seed uint64, products int, walk func(*strolls, []int, *int, float64) int) *strolls {
	return &strolls{rand.New(rand.NewPCG(seed, 7)), products, walk}
}

func sessionFile(clicks []recommend.Click) string {
	var b strings.Builder
	b.WriteString("order_id,customer_id,product_id,ordered_at\n")
	for _, c := range clicks {
		fmt.Fprintf(&b, "%d,,%d,%s\n", c.Who, c.Product, time.UnixMilli(c.At).UTC().Format(time.RFC3339))
	}
	return b.String()
}

// The weights choose themselves: on logs of three kinds, none of which anything
// was tuned on, the index stands above V-SKNN.
func TestAboveTheNeighboursOfThePapers(t *testing.T) {
	for _, log := range []struct {
		name string
		walk func(*strolls, []int, *int, float64) int
	}{{"repeats", backAndForth}, {"in turn", inTurn}, {"drifting", drifting}, {"two minds", inTwoMinds}} {
		r := evaluate(t, recommend.Session, sessionFile(stroll(77, 600, log.walk).clicks(20_000)), recommend.EvalOptions{K: 20, Peer: true})
		t.Logf("%s: %d cases, recall %.4f against %.4f, mrr %.4f against %.4f, most clicked %.4f; usual weights %.4f, %.4f; %+v", log.name, r.Cases,
			r.Recall, r.PeerRecall, r.MRR, r.PeerMRR, r.PopularityRecall, r.Choice.UsualRecall, r.Choice.UsualMRR, r.Choice.Weights)
		if r.Recall < r.PeerRecall || r.MRR < .98*r.PeerMRR || r.Recall+r.MRR < r.PeerRecall+r.PeerMRR { // 2 % of mrr is chance here
			t.Errorf("%s: recall %.4f and mrr %.4f, V-SKNN has %.4f and %.4f", log.name, r.Recall, r.MRR, r.PeerRecall, r.PeerMRR)
		}
		if r.Recall < 1.5*r.PopularityRecall {
			t.Errorf("%s: recall %.4f, the most clicked have %.4f", log.name, r.Recall, r.PopularityRecall)
		}
		if r.Choice.Recall+r.Choice.MRR < r.Choice.UsualRecall+r.Choice.UsualMRR {
			t.Errorf("%s: the chosen weights are worse than the usual ones: %+v", log.name, r.Choice)
		}
	}
}

func TestTheSameLogChoosesTheSame(t *testing.T) {
	chosen := func(batch int) recommend.Choice {
		var s recommend.Sessions
		for c := range slices.Chunk(stroll(4, 300, inTurn).clicks(6_000), batch) {
			s.Learn(c)
		}
		s.Pack()
		return s.Choose()
	}
	a, b := chosen(6000), chosen(6000)
	if a.Cases < 100 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%+v, then %+v", a, b)
	}
	var few recommend.Sessions
	few.Learn(stroll(4, 300, inTurn).clicks(200))
	if c := few.Choose(); c.Weights.Decay != .5 || c.Recall != 0 {
		t.Errorf("a log of 200 clicks chose %+v", c)
	}
}

// plain answers by the words of the documentation, from all sessions, to hold
// counts against.
func plain(clicks []recommend.Click) (sessions [][]recommend.ProductID) {
	at := map[int64]int{}
	for _, c := range clicks {
		n, ok := at[c.Who]
		if !ok {
			n = len(sessions)
			at[c.Who] = n
			sessions = append(sessions, nil)
		}
		sessions[n] = append(sessions[n], c.Product)
	}
	return sessions
}

func count(s *recommend.Sessions, a, b recommend.ProductID) (then, of int) {
	c := s.Then(a, 0, b)[1]
	return c.Then, c.Of
}

func TestCountsAreTrueHoweverTheClicksCame(t *testing.T) {
	clicks := stroll(3, 200, backAndForth).clicks(40_000)
	all := &recommend.Sessions{}
	for batch := range slices.Chunk(clicks, 1700) {
		all.Learn(batch)
	}
	if n, c := all.Size(); n == 0 || c > len(clicks) {
		t.Fatalf("%d sessions, %d clicks of %d", n, c, len(clicks))
	}
	check := func(when string) {
		for a := recommend.ProductID(1); a < 60; a += 7 {
			for b := recommend.ProductID(2); b < 60; b += 5 {
				wantThen, wantOf := 0, 0
				for _, s := range plain(clicks) {
					if i := slices.Index(s, a); i >= 0 && len(s) > 1 {
						wantOf++
						if a != b && slices.Contains(s[i+1:], b) {
							wantThen++
						}
					}
				}
				if then, of := count(all, a, b); then != wantThen || of != wantOf {
					t.Fatalf("%s: %d then %d: %d of %d, want %d of %d", when, a, b, then, of, wantThen, wantOf)
				}
			}
		}
	}
	check("as they came")
	all.Pack()
	check("packed")
}

func TestTheLastClickCountsAtOnce(t *testing.T) {
	var s recommend.Sessions
	at := noon.UnixMilli()
	see := func(who int64, products ...recommend.ProductID) {
		for _, p := range products {
			at += 5000
			s.Learn([]recommend.Click{{Who: who, At: at, Product: p}})
		}
	}
	next := func(who int64, clicks ...recommend.ProductID) []recommend.ProductID {
		return ids(s.Next(recommend.Path{Clicks: clicks, Who: who, New: true, K: 5}))
	}
	see(1, 10, 20)
	if got := next(2, 10); !slices.Equal(got, []recommend.ProductID{20}) {
		t.Errorf("after 10 comes %v, want 20", got)
	}
	if got := next(1, 10); len(got) != 0 {
		t.Errorf("one's own session foretold %v", got)
	}
	// The same visitor after lunch: another session, which may learn from the first.
	at += time.Hour.Milliseconds()
	see(1, 30)
	if got := next(1, 10); !slices.Equal(got, []recommend.ProductID{20}) {
		t.Errorf("after 10 comes %v, want 20", got)
	}
	if then, of := count(&s, 10, 30); then != 0 || of != 1 {
		t.Errorf("%d of %d sessions span the pause", then, of)
	}
	see(1, 10) // tabs and pages, all one session
	if then, _ := count(&s, 30, 10); then != 1 {
		t.Error("the running session does not count")
	}
}

func ids(all []recommend.Suggestion) (out []recommend.ProductID) {
	for _, a := range all {
		out = append(out, a.Product)
	}
	return out
}

func TestMachinesTeachNothing(t *testing.T) {
	var s recommend.Sessions
	at := noon.UnixMilli()
	var clicks []recommend.Click
	for i := range 60 { // sixty pages in six seconds
		clicks = append(clicks, recommend.Click{Who: 1, At: at + int64(i)*100, Product: recommend.ProductID(1 + i%2)})
	}
	for i := range 400 { // a patient one: a page every three seconds, without end
		clicks = append(clicks, recommend.Click{Who: 2, At: at + int64(i)*3000, Product: recommend.ProductID(1 + i%2)})
	}
	for i := range 40 { // one that comes back every hour to click the same pair
		clicks = append(clicks, recommend.Click{Who: 3, At: at + int64(i/2)*3_600_000, Product: recommend.ProductID(5 + i%2)})
	}
	s.Learn(clicks)
	s.Pack()
	if then, of := count(&s, 1, 2); then != 0 || of != 0 {
		t.Errorf("machines count: %d of %d", then, of)
	}
	if _, of := count(&s, 5, 6); of > 8 {
		t.Errorf("one visitor made %d sessions in a day", of)
	}
}

func TestSensitiveNeverEnters(t *testing.T) {
	var s recommend.Sessions
	clicks := stroll(5, 100, backAndForth).clicks(5_000)
	s.Bar([]recommend.ProductID{3})
	s.Learn(clicks)
	s.Bar([]recommend.ProductID{3, 4}) // another is found to be
	for a := recommend.ProductID(1); a <= 50; a++ {
		for _, n := range s.Next(recommend.Path{Clicks: []recommend.ProductID{a}, K: 50}) {
			if n.Product == 3 || n.Product == 4 {
				t.Fatalf("%d follows %d", n.Product, a)
			}
		}
	}
	if got := s.Next(recommend.Path{Clicks: []recommend.ProductID{3, 4}, K: 5}); len(got) > 0 {
		t.Errorf("%v follows from what is barred", got)
	}
}

func TestOldestSessionsFallOut(t *testing.T) {
	s := recommend.Sessions{Most: 20_000}
	clicks := stroll(8, 500, inTurn).clicks(100_000)
	s.Learn(clicks)
	s.Pack()
	if _, n := s.Size(); n > 21_000 || n < 15_000 {
		t.Errorf("%d clicks are kept, want about 20000", n)
	}
	late := clicks[len(clicks)-5:]
	if _, of := count(&s, late[0].Product, 0); of == 0 {
		t.Error("the newest are gone")
	}
}

// Readers ask while one writer appends and packs; the race detector watches
// when it is on, and every answer must be of products that exist.
func TestReadersWhileClicksCome(t *testing.T) {
	var s recommend.Sessions
	clicks := stroll(2, 300, inTurn).clicks(60_000)
	s.Learn(clicks[:1000])
	done := make(chan struct{})
	var readers sync.WaitGroup
	for n := range 4 {
		readers.Go(func() {
			for i := n; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				from := clicks[i*31%len(clicks)].Product
				for _, a := range s.Next(recommend.Path{Clicks: []recommend.ProductID{from}, Who: int64(i), K: 10}) {
					if a.Product < 1 || a.Product > 300 {
						t.Errorf("%d is no product", a.Product)
						return
					}
				}
				s.Then(from, 1, 2)
			}
		})
	}
	for batch := range slices.Chunk(clicks[1000:], 200) {
		s.Learn(batch)
	}
	close(done)
	readers.Wait()
}

// BenchmarkSessions builds indexes of growing click logs and says what a
// million clicks and one question cost. CLICKS=10000000 asks for another size.
func BenchmarkSessions(b *testing.B) {
	sizes := []int{100_000, 1_000_000}
	if n, err := strconv.Atoi(os.Getenv("CLICKS")); err == nil {
		sizes = []int{n}
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("%d clicks", n), func(b *testing.B) {
			clicks := stroll(1, n/50, drifting).clicks(n)
			s := &recommend.Sessions{Most: n + 1}
			start := time.Now()
			s.Learn(clicks)
			s.Pack()
			built := time.Since(start)
			start = time.Now()
			s.Use(s.Choose().Weights)
			chosen := time.Since(start)
			var paths []recommend.Path
			from := len(clicks) / 2
			for i := from; i < len(clicks) && len(paths) < 5000; i++ {
				if clicks[i].Who != clicks[from].Who {
					from = i
				}
				var path []recommend.ProductID
				for _, c := range clicks[from : i+1] {
					path = append(path, c.Product)
				}
				paths = append(paths, recommend.Path{Clicks: path, K: 20})
			}
			took := make([]float64, 0, len(paths))
			for b.Loop() {
				took = took[:0]
				for _, p := range paths {
					start := time.Now()
					s.Next(p)
					took = append(took, float64(time.Since(start).Nanoseconds())/1000)
				}
			}
			slices.Sort(took)
			known, kept := s.Size()
			b.ReportMetric(built.Seconds()*1e6/float64(n), "s/Mclick")
			b.ReportMetric(chosen.Seconds(), "s/choose")
			b.ReportMetric(took[len(took)/2], "µs-p50")
			b.ReportMetric(took[len(took)*99/100], "µs-p99")
			b.ReportMetric(float64(s.Bytes())/float64(kept), "bytes/click")
			b.ReportMetric(float64(kept)/float64(known), "clicks/session")
		})
	}
}

// BenchmarkSessionsRead asks from all cores, alone and while a writer appends
// a click after the other: the second must not be much slower.
func BenchmarkSessionsRead(b *testing.B) {
	clicks := stroll(1, 5000, drifting).clicks(300_000)
	for _, writing := range []bool{false, true} {
		b.Run(fmt.Sprintf("writing %v", writing), func(b *testing.B) {
			s := &recommend.Sessions{}
			s.Learn(clicks[:200_000])
			stop := make(chan struct{})
			var writer sync.WaitGroup
			if writing {
				writer.Go(func() {
					tick := time.NewTicker(time.Millisecond) // a thousand a second, far above a busy shop's
					defer tick.Stop()
					for i := 200_000; i < len(clicks); i++ {
						select {
						case <-stop:
							return
						case <-tick.C:
							s.Learn(clicks[i : i+1])
						}
					}
				})
			}
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					s.Next(recommend.Path{Clicks: []recommend.ProductID{clicks[i*37%200_000].Product}, K: 20})
				}
			})
			close(stop)
			writer.Wait()
		})
	}
}
