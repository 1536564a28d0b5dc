package recommend_test

import (
	"fmt"
	"iter"
	"math"
	"testing"

	"regulars/internal/recommend"
)

// village is 200 people of two trades who tell theirs, and whether they do or
// do not choose by it. Products 1 to 10 are everybody's, 11 to 20 and 21 to 30
// of a trade.
func village(byTrade bool) ([]recommend.Basket, []recommend.Person) {
	var all []recommend.Basket
	var people []recommend.Person
	for i := range 200 {
		who := recommend.CustomerID(i + 1)
		own := 11 + 10*(i%2)
		if !byTrade {
			own = 11 + 10*(i/2%2)
		}
		all = append(all, basket(who, recommend.ProductID(1+i/2%10)), basket(who, recommend.ProductID(own+i/2%10), recommend.ProductID(own+i/4%10)))
		p := recommend.Person{Customer: who, Features: []string{"trade=baker", "village=this"}}
		if i%2 == 1 {
			p.Features[0] = "trade=smith"
		}
		if i < 15 {
			p.Features = append(p.Features, "club=chess")
		}
		people = append(people, p)
	}
	return named(all), people
}

func folk(all []recommend.Person) iter.Seq2[recommend.Person, error] {
	return func(yield func(recommend.Person, error) bool) {
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func TestProfilesForetellWhereTheyDo(t *testing.T) {
	baskets, people := village(true)
	m, err := build(t, recommend.Options{}, baskets...).WithPrior(t.Context(), folk(people))
	if err != nil {
		t.Fatal(err)
	}
	g := m.ProfileGain()
	if g.Damp == 0 || g.People != 200 || g.LowDiff <= 0 || g.LowDiff > g.Recall-g.Popularity || g.HighDiff < g.Recall-g.Popularity {
		t.Errorf("trades foretell what is bought, but the hold-out says %+v", g)
	}
	back, err := recommend.Decode(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*recommend.Model{"built": m, "read back": back} {
		like := m.Prior([]string{"trade=smith", "unheard=of"})
		best := like.Best(10, nil)
		if len(best) != 10 || m.ProfileGain() != g {
			t.Fatalf("%s: %d for a smith, gain %+v", name, len(best), m.ProfileGain())
		}
		for _, b := range best {
			n := 0
			for i := range people {
				bought := false
				for _, o := range baskets {
					for _, it := range o.Items {
						bought = bought || o.Customer == people[i].Customer && it.Product == b.Product
					}
				}
				if bought && people[i].Features[0] == b.Feature {
					n++
				}
			}
			if b.Product < 21 || b.Feature != "trade=smith" || b.Bought != n || b.Of != 100 {
				t.Errorf("%s: for a smith %+v; recounted %d of 100", name, b, n)
			}
		}
		if s := like.Score(25); s <= like.Score(15) {
			t.Errorf("%s: a smith's tool scores %v, a baker's %v", name, s, like.Score(15))
		}
		if m.Prior([]string{"club=chess"}) != nil {
			t.Errorf("%s: fifteen people show through", name)
		}
	}
	// Orders learned later do not disturb it.
	if later := m.Learn(basket(7, 99, 25)).Prior([]string{"trade=smith"}); later.Score(99) != 0 || len(later.Best(3, nil)) != 3 {
		t.Error("a product met later upsets the prior")
	}
}

// Where profiles say nothing, the answer is what is popular, never less.
func TestProfilesThatSayNothingAreNotHeard(t *testing.T) {
	baskets, people := village(false)
	m, err := build(t, recommend.Options{}, baskets...).WithPrior(t.Context(), folk(people))
	if err != nil {
		t.Fatal(err)
	}
	if g := m.ProfileGain(); g.Damp != 0 || g.Recall != g.Popularity || m.Prior([]string{"trade=smith"}) != nil {
		t.Errorf("nothing to learn from trades, but %+v", g)
	}
	none, err := build(t, recommend.Options{}, baskets...).WithPrior(t.Context(), folk(nil))
	if err != nil || none.Prior([]string{"trade=smith"}) != nil || none.ProfileGain() != (recommend.Gain{}) {
		t.Errorf("nobody told anything: %+v, %v", none.ProfileGain(), err)
	}
}

// The same history and profiles by the protocol of eval, with its interval.
func TestProfileProtocolSaysHowSureItIs(t *testing.T) {
	for _, byTrade := range []bool{true, false} {
		baskets, people := village(byTrade)
		b, profiles := header, "customer_id,trade\n"
		for i, o := range baskets {
			var of []string
			for _, it := range o.Items {
				of = append(of, fmt.Sprint(it.Product))
			}
			b += order(i, fmt.Sprint("p", o.Customer), 1, of...)
		}
		for _, p := range people {
			profiles += fmt.Sprintf("p%d,%s\n", p.Customer, p.Features[0])
		}
		r := evaluate(t, recommend.Profile, b, recommend.EvalOptions{Profiles: write(t, "p.csv", []byte(profiles))})
		if byTrade && (r.GainLow <= 0 || r.GainHigh < r.GainLow || r.Recall-r.PopularityRecall < r.GainLow) {
			t.Errorf("%+v", r)
		}
		if !byTrade && math.Abs(r.Recall-r.PopularityRecall) > 1e-9 {
			t.Errorf("below or above popularity without a reason: %v, %v", r.Recall, r.PopularityRecall)
		}
	}
}
