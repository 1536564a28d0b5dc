package recommend_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"regulars/internal/recommend"
)

// named gives baskets their names and spreads them over a year.
func named(all []recommend.Basket) []recommend.Basket {
	for i := range all {
		all[i].Order = recommend.OrderID(i + 1)
		all[i].At = noon.Add(time.Duration(i-len(all)) * 12 * time.Hour)
	}
	return all
}

// alike holds two models to the same counts and, to the rounding of the linear
// model, the same scores.
func alike(t *testing.T, got, want *recommend.Model, products int) {
	t.Helper()
	if got.Orders() != want.Orders() || !got.Newest().Equal(want.Newest()) {
		t.Fatalf("%d orders until %v, want %d until %v", got.Orders(), got.Newest(), want.Orders(), want.Newest())
	}
	for p := range recommend.ProductID(products) {
		a, b := p+1, (p+7)%recommend.ProductID(products)+1
		if n, of, _, _ := got.Pair(a, b); true {
			if m, ofWant, _, _ := want.Pair(a, b); n != m || of != ofWant {
				t.Fatalf("%d with %d: %d of %d, want %d of %d", a, b, n, of, m, ofWant)
			}
		}
		scores := map[recommend.ProductID]recommend.Suggestion{}
		for _, s := range want.Suggest(recommend.Query{Cart: []recommend.ProductID{a, b}, K: products}) {
			scores[s.Product] = s
		}
		for _, s := range got.Suggest(recommend.Query{Cart: []recommend.ProductID{a, b}, K: products}) {
			w := scores[s.Product]
			if math.Abs(s.Score-w.Score) > 6e-3 {
				t.Fatalf("cart %d, %d: %d scores %v, want %v", a, b, s.Product, s.Score, w.Score)
			}
			if s.Because == w.Because && (s.Together != w.Together || s.People != w.People) {
				t.Fatalf("cart %d, %d: %+v, want %+v", a, b, s, w)
			}
		}
	}
	popular := map[recommend.ProductID]float64{}
	for _, s := range want.Popular(products, nil) {
		popular[s.Product] = s.Score
	}
	for _, s := range got.Popular(products, nil) {
		if math.Abs(s.Score-popular[s.Product]) > 1e-3 {
			t.Fatalf("%d sells %v now, want %v", s.Product, s.Score, popular[s.Product])
		}
	}
}

// What is cancelled or comes back after it was learned leaves the model as if it
// had never been bought.
func TestWhatComesBackIsUnlearned(t *testing.T) {
	all := named(crowd(300, 40))
	for i := range all {
		all[i].Customer = recommend.CustomerID(i/2 + 1)
	}
	var kept []recommend.Basket
	taught := build(t, recommend.Options{}, all[:250]...)
	for _, b := range all[250:] {
		taught = taught.Learn(b)
	}
	before := taught
	for i, b := range all {
		switch {
		case i == len(all)-1: // the newest stays, so that age means the same
		case i%9 == 3: // cancelled whole
			taught = taught.Learn(recommend.Basket{Order: b.Order, At: b.At})
			continue
		case i%9 == 6 && len(b.Items) > 1: // its first product comes back
			b.Items = b.Items[1:]
			taught = taught.Learn(b)
		}
		kept = append(kept, b)
	}
	alike(t, taught, build(t, recommend.Options{}, kept...), 40)
	if before.Orders() != 300 {
		t.Errorf("the model before has %d orders: it must stay as it was", before.Orders())
	}
	if same := taught.Learn(kept[7]); same != taught {
		t.Error("an order taught again as it is makes another model")
	}
	back, err := recommend.Decode(taught.Encode())
	if err != nil {
		t.Fatal(err)
	}
	alike(t, back, build(t, recommend.Options{}, kept...), 40)
	if gone := back.Learn(recommend.Basket{Order: kept[4].Order, At: kept[4].At}); gone.Orders() != back.Orders()-1 {
		t.Error("a model read back does not find its orders")
	}
}

// A model tried on the newest orders learns them and is then the model of all:
// nothing has to be built twice.
func TestLearnedTogetherIsBuiltAtOnce(t *testing.T) {
	all := named(crowd(400, 40))
	whole := build(t, recommend.Options{}, all...)
	m := build(t, recommend.Options{Until: all[399].At}, all[:330]...)
	m, err := m.LearnAll(t.Context(), each(all[330:]))
	if err != nil {
		t.Fatal(err)
	}
	alike(t, m, whole, 40)
	if a, b := len(m.Encode()), len(whole.Encode()); math.Abs(float64(a-b)) > 64 {
		t.Errorf("%d and %d bytes", a, b)
	}
}

// Neither one person nor a few may make a pair for everybody.
func TestShillMakesNoPair(t *testing.T) {
	const a, b = recommend.ProductID(3), recommend.ProductID(38)
	honest := named(crowd(1500, 40))
	for i := range honest {
		honest[i].Customer = recommend.CustomerID(i/3 + 1)
		honest[i].Items = slices.DeleteFunc(honest[i].Items, func(it recommend.Item) bool { return it.Product == b && i%2 == 0 })
	}
	rank := func(m *recommend.Model) int {
		return slices.Index(products(m.Suggest(recommend.Query{Cart: []recommend.ProductID{a}, K: 40})), b)
	}
	attack := func(m *recommend.Model, people, orders int) *recommend.Model {
		for i := range orders {
			x := basket(recommend.CustomerID(900_000+i%people), a, b)
			x.Order, x.At = recommend.OrderID(10_000+i), noon
			m = m.Learn(x)
		}
		return m
	}
	m := build(t, recommend.Options{}, honest...)
	before := rank(m)
	if before >= 0 && before < 10 {
		t.Fatalf("the pair stands at %d anyway", before)
	}
	for _, orders := range []int{200, 500} {
		if at := rank(attack(m, 1, orders)); at >= 0 && at < 10 {
			t.Errorf("one person with %d orders brought it from %d to %d", orders, before, at)
		}
	}
	// Forty people with five orders each are no attack but a fashion.
	if at := rank(attack(m, 40, 200)); at < 0 || at > 9 {
		t.Errorf("bought by forty people it stands at %d", at)
	}
	// Who really buys the two gets them together.
	q := recommend.Query{Cart: []recommend.ProductID{a}, Owned: []recommend.ProductID{a, b}, OwnedAt: []time.Time{noon, noon}, K: 10}
	if !slices.Contains(products(attack(m, 1, 200).Suggest(q)), b) {
		t.Error("somebody's own habit is not offered to them")
	}
	was := m.Popular(40, nil)
	for _, s := range attack(m, 1, 200).Popular(40, nil) {
		if s.Product == b {
			old := was[slices.IndexFunc(was, func(o recommend.Suggestion) bool { return o.Product == b })]
			if s.Score > old.Score+3 {
				t.Errorf("one person made it sell %v instead of %v", s.Score, old.Score)
			}
		}
	}
}

func TestOftenReturnedIsSuggestedLess(t *testing.T) {
	all := named(crowd(400, 40))
	m := build(t, recommend.Options{}, all...)
	cart := []recommend.ProductID{5}
	first := m.Suggest(recommend.Query{Cart: cart, K: 40})
	bad := first[0].Product
	n := 0
	worse := m
	for i := range all {
		if n < 12 && slices.ContainsFunc(all[i].Items, func(it recommend.Item) bool { return it.Product == bad }) && len(all[i].Items) > 1 {
			n++
			all[i].Items = slices.DeleteFunc(slices.Clone(all[i].Items), func(it recommend.Item) bool { return it.Product == bad })
			all[i].Back = []recommend.ProductID{bad}
			worse = worse.Learn(all[i])
		}
	}
	for name, m := range map[string]*recommend.Model{"learned": worse, "built": build(t, recommend.Options{}, all...)} {
		forgetful := slices.Clone(all)
		for i := range forgetful {
			forgetful[i].Back = nil
		}
		score := func(m *recommend.Model) float64 {
			for _, s := range m.Suggest(recommend.Query{Cart: cart, K: 40}) {
				if s.Product == bad {
					return s.Score
				}
			}
			return 0
		}
		plain := build(t, recommend.Options{}, forgetful...)
		_, _, of, _ := plain.Pair(5, bad)
		want := score(plain) * max(0, 1-2*12/float64(of+12+10))
		if got := score(m); math.Abs(got-want) > 3e-3 {
			t.Errorf("%s: it scores %v, want %v of %v", name, got, want, score(plain))
		}
		back, err := recommend.Decode(m.Encode())
		if err != nil || math.Abs(score(back)-score(m)) > 2e-3 {
			t.Errorf("%s: another score after coming back, %v", name, err)
		}
	}
}
