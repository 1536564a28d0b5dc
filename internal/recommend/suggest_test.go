package recommend_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"regulars/internal/recommend"
)

// The products of a small outdoor shop.
const (
	tent recommend.ProductID = iota + 1
	stove
	gas
	mug
	lamp
	sock
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func basket(who recommend.CustomerID, products ...recommend.ProductID) recommend.Basket {
	b := recommend.Basket{Customer: who, At: noon}
	for _, p := range products {
		b.Items = append(b.Items, recommend.Item{Product: p, Qty: 1})
	}
	return b
}

func each(all []recommend.Basket) iter.Seq2[recommend.Basket, error] {
	return func(yield func(recommend.Basket, error) bool) {
		for _, b := range all {
			if !yield(b, nil) {
				return
			}
		}
	}
}

func build(t testing.TB, opt recommend.Options, all ...recommend.Basket) *recommend.Model {
	t.Helper()
	m, err := recommend.Build(t.Context(), each(all), opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// camping is the history most tests read: five orders, three known people.
func camping() []recommend.Basket {
	return []recommend.Basket{
		basket(1, tent, stove),
		basket(1, tent, stove, mug),
		basket(2, stove, gas),
		basket(0, tent, lamp),
		basket(3, sock),
	}
}

func products(of []recommend.Suggestion) (ids []recommend.ProductID) {
	for _, s := range of {
		ids = append(ids, s.Product)
	}
	return ids
}

func TestGoesWellWith(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 10})
	want := []recommend.Suggestion{
		{Product: stove, Because: tent, Together: 2, Of: 3, People: 1},
		{Product: lamp, Because: tent, Together: 1, Of: 3},
		{Product: mug, Because: tent, Together: 1, Of: 3, People: 1},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d suggestions %v, want stove, lamp, mug: gas and sock never met the tent", len(got), products(got))
	}
	for i := range want {
		got[i].Score = 0
		if got[i] != want[i] {
			t.Errorf("suggestion %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

// foretold is the formula of Suggest written down plainly, for orders of one
// moment and without history: the linear model by Gauss and Jordan.
func foretold(all []recommend.Basket, n int, cart ...recommend.ProductID) []float64 {
	g := make([][]float64, n)
	for i := range g {
		g[i] = make([]float64, 2*n)
		g[i][i], g[i][n+i] = 3, 1
	}
	orders := make([]float64, n)
	for _, b := range all {
		held := map[int]bool{}
		for _, it := range b.Items {
			held[int(it.Product)-1] = true
		}
		size := float64(len(held))
		for i := range held {
			orders[i]++
			for j := range held {
				g[i][j] += math.Pow(size, -.75)
			}
		}
	}
	for i := range g {
		pivot := g[i][i]
		for j := range g[i] {
			g[i][j] /= pivot
		}
		for k := range g {
			if f := g[k][i]; k != i && f != 0 {
				for j := range g[k] {
					g[k][j] -= f * g[i][j]
				}
			}
		}
	}
	out, inside := make([]float64, n), map[int]bool{}
	for _, p := range cart {
		inside[int(p)-1] = true
	}
	for j := range n {
		for i := range inside {
			out[j] -= g[i][n+j] / g[j][n+j]
		}
		out[j] = max(0, out[j]) * math.Pow(float64(len(inside))/10, -.2) * math.Pow(orders[j]+1, -.1)
	}
	return out
}

func TestScoresFollowTheirFormula(t *testing.T) {
	all := atOnce(crowd(300, 60))
	m := build(t, recommend.Options{}, all...)
	for _, cart := range [][]recommend.ProductID{{7}, {3, 18, 33}, {1, 2, 3, 4, 5, 6, 7, 8}} {
		agree(t, m, all, 60, cart)
	}
}

// agree compares every answer for a cart with the plain formula. Weights are
// kept to 1/16384, so scores may differ in the third place.
func agree(t *testing.T, m *recommend.Model, all []recommend.Basket, n int, cart []recommend.ProductID) {
	t.Helper()
	want := foretold(all, n, cart...)
	got := m.Suggest(recommend.Query{Cart: cart, K: n})
	if len(got) < 10 {
		t.Fatalf("cart %v: only %d answers", cart, len(got))
	}
	for _, s := range got {
		if d := math.Abs(s.Score - want[s.Product-1]); d > 2e-3 {
			t.Fatalf("cart %v: %d scores %v, by the formula %v", cart, s.Product, s.Score, want[s.Product-1])
		}
	}
}

// atOnce sets all baskets to one moment, so that age plays no part, and tells
// nobody's, so that no voice is too loud.
func atOnce(all []recommend.Basket) []recommend.Basket {
	for i := range all {
		all[i].At, all[i].Customer = noon, 0
	}
	return all
}

func TestPairCountsOrders(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	together, ofTent, ofStove, lift := m.Pair(tent, stove)
	if together != 2 || ofTent != 3 || ofStove != 3 || math.Abs(lift-10./9) > 1e-12 {
		t.Errorf("tent and stove: %d together, %d and %d alone, lift %v; want 2, 3, 3, 10/9", together, ofTent, ofStove, lift)
	}
	if together, _, _, lift := m.Pair(tent, sock); together != 0 || lift != 0 {
		t.Errorf("tent and sock: %d together, lift %v; they never met", together, lift)
	}
	if together, ofTent, of, _ := m.Pair(tent, 99); together != 0 || ofTent != 3 || of != 0 {
		t.Errorf("a product never sold: %d together, %d, %d", together, ofTent, of)
	}
}

func TestSameProductOnTwoLinesCountsOnce(t *testing.T) {
	m := build(t, recommend.Options{}, basket(1, tent, stove, tent, tent))
	if together, of, _, _ := m.Pair(tent, stove); together != 1 || of != 1 {
		t.Errorf("%d orders together, %d with the tent; there was one order", together, of)
	}
	got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent, tent}, K: 5})
	if !slices.Equal(products(got), []recommend.ProductID{stove}) {
		t.Errorf("got %v", products(got))
	}
}

func TestNothingRealIsKnown(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	for name, q := range map[string]recommend.Query{
		"bought alone only": {Cart: []recommend.ProductID{sock}, K: 5},
		"never sold":        {Cart: []recommend.ProductID{99, -1, 0, math.MaxInt64}, K: 5},
		"empty cart":        {K: 5},
		"none wanted":       {Cart: []recommend.ProductID{tent}},
		"all in the cart":   {Cart: []recommend.ProductID{tent, stove, gas, mug, lamp}, K: 5},
	} {
		if got := m.Suggest(q); len(got) != 0 {
			t.Errorf("%s: got %v, want nothing", name, products(got))
		}
	}
	var none *recommend.Model
	if got := none.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 5}); got != nil || none.Popular(3, nil) != nil {
		t.Errorf("no model yet, but it said %v", got)
	}
	empty := build(t, recommend.Options{})
	if got := empty.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 5}); len(got) != 0 {
		t.Errorf("a model of nothing said %v", got)
	}
}

func TestExcludedProductsMakeRoom(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 2,
		Exclude: func(p recommend.ProductID) bool { return p == stove }})
	if !slices.Equal(products(got), []recommend.ProductID{lamp, mug}) {
		t.Errorf("got %v, want lamp and mug in place of the stove", products(got))
	}
}

func TestTwoOfACategory(t *testing.T) {
	m := build(t, recommend.Options{}, basket(0, tent, 10), basket(0, tent, 10), basket(0, tent, 10),
		basket(0, tent, 11), basket(0, tent, 11), basket(0, tent, 12), basket(0, tent, 13), basket(0, tent, 14))
	kinds := map[recommend.ProductID]int64{10: 7, 11: 7, 12: 7}
	got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 10,
		Category: func(p recommend.ProductID) int64 { return kinds[p] }})
	if !slices.Equal(products(got), []recommend.ProductID{10, 11, 13, 14}) {
		t.Errorf("got %v, want 10 and 11 of category 7, not 12; 13 and 14 have no category", products(got))
	}
}

func TestOwnPurchasesLift(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	long := noon.AddDate(0, 0, -300)
	got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 10,
		Owned:   []recommend.ProductID{sock, mug, mug, mug, mug},
		OwnedAt: []time.Time{long, noon, noon, noon, noon}})
	// The mug, bought four times, passes the lamp; the sock has nothing else.
	if !slices.Equal(products(got), []recommend.ProductID{stove, mug, lamp, sock}) {
		t.Fatalf("got %v", products(got))
	}
	if got[1].Own != 4 || got[1].Because != tent || got[3].Own != 1 || got[3].Because != 0 || got[3].Together != 0 {
		t.Errorf("reasons %+v and %+v", got[1], got[3])
	}
	if want := .15 * .5 / 1.5; math.Abs(got[3].Score-want) > 1e-6 {
		t.Errorf("the sock scores %v, want %v: half a purchase by now", got[3].Score, want)
	}
	got = m.Suggest(recommend.Query{Owned: []recommend.ProductID{sock}, OwnedAt: []time.Time{long}, At: noon, K: 10})
	if want := .15 * .5 / 1.5; len(got) != 1 || math.Abs(got[0].Score-want) > 1e-6 {
		t.Errorf("asked 300 days later: %+v, want %v", got, want)
	}
}

func TestWhatIsBoughtAgain(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	got := m.Again(recommend.Query{K: 10, At: noon,
		Owned:   []recommend.ProductID{sock, gas, mug, gas, 99},
		OwnedAt: []time.Time{day(-480), day(-240), day(-240), day(0), day(0)},
		Exclude: func(p recommend.ProductID) bool { return p == mug }})
	// Orders weigh 1/4, 1/2 and 1; gas is in 1.5 of 1.75 and, like the sock, in
	// one of five orders of everybody's now. 99 is unknown.
	habit := func(own float64) float64 { return .4*.2 + own/1.75*math.Sqrt(.2/.02+.02) }
	if !slices.Equal(products(got), []recommend.ProductID{gas, sock}) || got[0].Own != 2 || got[1].Own != 1 || got[0].Of != 1 {
		t.Fatalf("got %+v", got)
	}
	for i, want := range []float64{habit(1.5), habit(.25)} {
		if math.Abs(got[i].Score-want) > 1e-5 {
			t.Errorf("%d scores %v, want %v", got[i].Product, got[i].Score, want)
		}
	}
	back, err := recommend.Decode(m.Encode())
	q := recommend.Query{K: 3, Owned: []recommend.ProductID{gas}, OwnedAt: []time.Time{noon}}
	if err != nil || !reflect.DeepEqual(m.Again(q), back.Again(q)) {
		t.Errorf("another answer after coming back: %v", err)
	}
	if got := m.Again(recommend.Query{K: 3}); got != nil {
		t.Errorf("nothing bought, but %v comes again", got)
	}
}

func TestOldOrdersFade(t *testing.T) {
	old := basket(1, tent, mug)
	old.At = noon.AddDate(-1, 0, 0)
	m := build(t, recommend.Options{}, old, old, basket(1, tent, stove))
	if got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 1}); products(got)[0] != stove {
		t.Errorf("got %v, want the stove of today before two mugs of last year", products(got))
	}
	future := basket(1, tent, lamp)
	future.At = noon.AddDate(80, 0, 0)
	m = build(t, recommend.Options{Now: noon}, basket(1, tent, stove), future)
	if got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 5}); len(got) != 2 {
		t.Errorf("got %v: a basket with a wrong date must not hide the others", products(got))
	}
}

func TestPopularFollowsTheSeason(t *testing.T) {
	old := basket(1, mug)
	old.At = noon.AddDate(0, 0, -28)
	m := build(t, recommend.Options{}, old, old, old, basket(1, tent), basket(1, lamp), basket(2, lamp))
	got := m.Popular(2, func(p recommend.ProductID) bool { return p == tent })
	want := []recommend.Suggestion{{Product: lamp, Score: 2, Of: 2}, {Product: mug, Score: .75, Of: 3}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v: three mugs two half-lives ago count .75", got, want)
	}
}

func TestStockTransferSaysNothing(t *testing.T) {
	m := build(t, recommend.Options{MaxBasket: 3}, basket(1, tent, stove), basket(2, tent, stove, gas, mug))
	if together, _, _, _ := m.Pair(tent, gas); together != 0 || m.Orders() != 1 {
		t.Errorf("an order above the limit was learned: %d orders, %d together", m.Orders(), together)
	}
}

func TestBuildStopsWithItsSource(t *testing.T) {
	broken := errors.New("connection lost")
	_, err := recommend.Build(t.Context(), func(yield func(recommend.Basket, error) bool) {
		if yield(basket(1, tent, stove), nil) {
			yield(recommend.Basket{}, broken)
		}
	}, recommend.Options{})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := recommend.Build(gone, each(camping()), recommend.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// crowd is a history of shoppers with a few tastes each, the same for the same seed.
func crowd(orders, catalog int) []recommend.Basket {
	r := rand.New(rand.NewPCG(7, uint64(orders)))
	all := make([]recommend.Basket, orders)
	for i := range all {
		b := recommend.Basket{Customer: recommend.CustomerID(r.IntN(orders/4 + 1)), At: noon.Add(time.Duration(i) * time.Hour)}
		taste := r.IntN(catalog/20 + 1)
		for range 1 + r.IntN(40) {
			p := taste*20 + r.IntN(20)
			if r.IntN(3) == 0 {
				p = int(float64(catalog) * math.Pow(r.Float64(), 3))
			}
			b.Items = append(b.Items, recommend.Item{Product: recommend.ProductID(p%catalog) + 1, Qty: 1})
		}
		all[i] = b
	}
	return all
}

func TestEveryReasonIsTrueWhenRecounted(t *testing.T) {
	all := crowd(600, 120)
	m := build(t, recommend.Options{Neighbours: 30}, all...)
	seen := 0
	for from := range recommend.ProductID(120) {
		cart := []recommend.ProductID{from + 1, (from*7)%120 + 1}
		for _, s := range m.Suggest(recommend.Query{Cart: cart, K: 10}) {
			together, of := 0, 0
			people := map[recommend.CustomerID]bool{}
			for _, b := range all {
				held := func(p recommend.ProductID) bool {
					return slices.ContainsFunc(b.Items, func(it recommend.Item) bool { return it.Product == p })
				}
				if held(s.Because) {
					of++
					if held(s.Product) {
						together++
						if b.Customer != 0 {
							people[b.Customer] = true
						}
					}
				}
			}
			if s.Together != together || s.Of != of || s.People != len(people) || s.Score <= 0 || !slices.Contains(cart, s.Because) {
				t.Fatalf("cart %v: %+v, but the orders say %d of %d by %d people", cart, s, together, of, len(people))
			}
			if n, ofA, _, _ := m.Pair(s.Because, s.Product); n != together || ofA != of {
				t.Fatalf("Pair says %d of %d, the orders %d of %d", n, ofA, together, of)
			}
			seen++
		}
	}
	if seen < 1000 {
		t.Fatalf("only %d suggestions were checked", seen)
	}
}

func TestSameHistorySameModel(t *testing.T) {
	all := crowd(500, 100)
	a, b := build(t, recommend.Options{}, all...).Encode(), build(t, recommend.Options{}, all...).Encode()
	if !slices.Equal(a, b) {
		t.Error("two builds of one history differ")
	}
}

func TestEncodedModelComesBackTheSame(t *testing.T) {
	for _, ids := range []recommend.ProductID{1, 1_000_003} { // dense ids, then far apart
		all := crowd(300, 80)
		for i := range all {
			for j := range all[i].Items {
				all[i].Items[j].Product *= ids
			}
		}
		m := build(t, recommend.Options{Neighbours: 20}, all...)
		blob := m.Encode()
		back, err := recommend.Decode(blob)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.Encode(), blob) || back.Orders() != m.Orders() || !back.Newest().Equal(m.Newest()) {
			t.Fatal("the model changed on its way")
		}
		for p := range recommend.ProductID(80) {
			q := recommend.Query{Cart: []recommend.ProductID{(p + 1) * ids}, K: 8, Owned: []recommend.ProductID{ids}}
			if !reflect.DeepEqual(m.Suggest(q), back.Suggest(q)) {
				t.Fatalf("answers differ for %v", q.Cart)
			}
		}
		if !reflect.DeepEqual(m.Popular(9, nil), back.Popular(9, nil)) {
			t.Fatal("what is popular differs")
		}
	}
}

func TestBrokenBlobIsRefused(t *testing.T) {
	blob := build(t, recommend.Options{}, camping()...).Encode()
	for i := range blob {
		bad := slices.Clone(blob)
		bad[i] ^= 0x10
		if _, err := recommend.Decode(bad); err == nil {
			t.Fatalf("byte %d was changed and nobody noticed", i)
		}
		if _, err := recommend.Decode(blob[:i]); err == nil {
			t.Fatalf("cut to %d bytes and nobody noticed", i)
		}
	}
	if _, err := recommend.Decode(append(slices.Clone(blob), 0)); err == nil {
		t.Error("a byte too many and nobody noticed")
	}
}

func TestSwapUnderReaders(t *testing.T) {
	var e recommend.Engine
	if e.Model() != nil {
		t.Fatal("the zero engine has a model")
	}
	one := build(t, recommend.Options{}, basket(1, tent, stove))
	two := build(t, recommend.Options{}, basket(1, tent, lamp))
	e.Use(one)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := e.Model().Suggest(recommend.Query{Cart: []recommend.ProductID{tent}, K: 3})
				if len(got) != 1 || got[0].Product != stove && got[0].Product != lamp {
					t.Errorf("between two models: %v", got)
					return
				}
			}
		})
	}
	for i := range 200 {
		e.Use([]*recommend.Model{two, one}[i%2])
	}
	close(stop)
	readers.Wait()
}

// A head smaller than the catalog: the tail still has neighbours.
func TestTailGoesByNeighbours(t *testing.T) {
	all := crowd(600, 120)
	m := build(t, recommend.Options{Head: 40}, all...)
	var sold []int
	of := func(p recommend.ProductID) int { _, n, _, _ := m.Pair(p, p); return n }
	for p := range recommend.ProductID(120) {
		sold = append(sold, of(p+1))
	}
	slices.Sort(sold)
	asked, tail := 0, 0
	for p := range recommend.ProductID(120) {
		got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{p + 1}, K: 10})
		if m.Knows(p+1) && len(got) == 0 {
			t.Errorf("nothing goes with %d", p+1)
		}
		for _, s := range got {
			if n, _, _, _ := m.Pair(s.Because, s.Product); n != s.Together || n == 0 {
				t.Fatalf("%+v, but %d orders held both", s, n)
			}
			asked++
			if of(s.Product) < sold[80] { // not among the 40 best sold
				tail++
			}
		}
	}
	if tail*5 < asked {
		t.Errorf("of %d answers only %d are from the tail", asked, tail)
	}
	back, err := recommend.Decode(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	q := recommend.Query{Cart: []recommend.ProductID{1, 50, 100}, K: 10}
	if !reflect.DeepEqual(m.Suggest(q), back.Suggest(q)) {
		t.Error("it came back with other answers")
	}
}

func BenchmarkSuggest(b *testing.B) {
	m := build(b, recommend.Options{}, crowd(20_000, 4_000)...)
	for _, size := range []int{1, 5, 25} {
		cart := make([]recommend.ProductID, size)
		for i := range cart {
			cart[i] = recommend.ProductID(i*i + 1)
		}
		b.Run(fmt.Sprintf("cart of %d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Suggest(recommend.Query{Cart: cart, K: 10})
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, orders := range []int{5_000, 50_000} {
		all := crowd(orders, 4_000)
		lines := 0
		for _, x := range all {
			lines += len(x.Items)
		}
		b.Run(fmt.Sprintf("%d lines", lines), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				build(b, recommend.Options{}, all...)
			}
		})
	}
}
