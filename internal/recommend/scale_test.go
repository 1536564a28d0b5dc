package recommend_test

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/recommend"
)

// market streams a made-up history of about the given number of order lines:
// products sell by Zipf's law, shoppers have tastes of fifty products, baskets
// are small with a few wholesalers among them. The same for the same numbers.
func market(lines, catalog int) iter.Seq2[recommend.Basket, error] {
	return func(yield func(recommend.Basket, error) bool) {
		r := rand.New(rand.NewPCG(uint64(lines), uint64(catalog)))
		people := lines/60 + 1
		tastes := catalog/50 + 1
		b := recommend.Basket{At: noon}
		for n := 0; n < lines; {
			who := r.IntN(people)
			size := 1 + int(r.ExpFloat64()*9)
			if r.IntN(200) == 0 {
				size *= 20
			}
			b.Customer = recommend.CustomerID(who + 1)
			b.At = noon.Add(time.Duration(float64(n) / float64(lines) * float64(2*365*24*time.Hour)))
			b.Items = b.Items[:0]
			for range size {
				taste := (who*7 + r.IntN(3)*13) % tastes
				p := taste*50 + r.IntN(50)
				if r.IntN(4) == 0 {
					p = int(float64(catalog) * math.Pow(r.Float64(), 4))
				}
				b.Items = append(b.Items, recommend.Item{Product: recommend.ProductID(p%catalog) + 1, Qty: 1})
			}
			n += size
			if !yield(b, nil) {
				return
			}
		}
	}
}

// BenchmarkScale builds models of growing histories and says for each what it
// costs: seconds to build, memory to serve and while building, time of a query
// and of one order learned. The largest takes minutes and is asked for:
// SCALE=10000000x100000 (order lines x products).
func BenchmarkScale(b *testing.B) {
	sizes := [][2]int{{100_000, 2_000}, {1_000_000, 20_000}}
	if s := os.Getenv("SCALE"); s != "" {
		sizes = nil
		for _, one := range strings.Fields(s) {
			lines, catalog, _ := strings.Cut(one, "x")
			x, errX := strconv.Atoi(lines)
			y, errY := strconv.Atoi(catalog)
			if errX != nil || errY != nil {
				b.Fatalf("SCALE=%q; it must be like 1000000x20000", s)
			}
			sizes = append(sizes, [2]int{x, y})
		}
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%d lines %d products", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				scale(b, size[0], size[1])
			}
		})
	}
}

func scale(b *testing.B, lines, catalog int) {
	runtime.GC()
	start := time.Now()
	m, err := recommend.Build(b.Context(), market(lines, catalog), recommend.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "build-s")
	b.ReportMetric(float64(m.Bytes())/1e6, "model-MB")
	b.ReportMetric(peakMB(), "peak-MB")
	r := rand.New(rand.NewPCG(1, 1))
	var took []time.Duration
	for range 2000 {
		cart := make([]recommend.ProductID, 1+r.IntN(20))
		for i := range cart {
			cart[i] = recommend.ProductID(r.IntN(catalog)) + 1
		}
		start := time.Now()
		m.Suggest(recommend.Query{Cart: cart, K: 10})
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[1000].Nanoseconds())/1e3, "query-p50-µs")
	b.ReportMetric(float64(took[1980].Nanoseconds())/1e3, "query-p99-µs")
	var learned []time.Duration
	for more, err := range market(3000, catalog) {
		if err != nil {
			b.Fatal(err)
		}
		more.At = m.Newest()
		start := time.Now()
		m = m.Learn(more)
		learned = append(learned, time.Since(start))
	}
	slices.Sort(learned)
	b.ReportMetric(float64(learned[len(learned)/2].Nanoseconds())/1e6, "learn-p50-ms")
	b.ReportMetric(float64(learned[len(learned)-1].Nanoseconds())/1e6, "learn-max-ms")
	b.ReportMetric(0, "ns/op")
}

// peakMB is the most memory this process ever held, 0 where the system does not tell.
func peakMB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kb)[0])
			return float64(n) / 1e3
		}
	}
	return 0
}
