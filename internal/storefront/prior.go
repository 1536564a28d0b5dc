package storefront

import (
	"cmp"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/recommend"
)

const (
	// likeMost is how many products "popular with people like you" is chosen from.
	likeMost = 24
	// likeAfter is behind how many of the segment's shelves it stands: what a
	// merchant wrote for these people comes first.
	likeAfter = 3
)

// leaning is what we think of goods before a person has bought enough: a guess
// from what they told, which their own history takes over.
type leaning struct {
	prior   *recommend.Prior
	history map[catalog.ProductID]float64 // 1 is the best
	warm    float64                       // how much history counts, of 1
	owned   map[catalog.ProductID]bool
	last    []catalog.ProductID // what history follows from, the newest first
}

// leaning is nil for whoever told nothing and bought nothing, and for everybody
// with personal pages off.
func (s *Shop) leaning(c echo.Context) (*leaning, error) {
	v := s.visit(c)
	if v.leant {
		return v.leaning, nil
	}
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	v.leant = true
	if !p.Personalized() {
		return nil, nil
	}
	past, err := s.past(c)
	if err != nil {
		return nil, err
	}
	m := s.Engine.Model()
	l := &leaning{prior: m.Prior(p.Facts()), owned: map[catalog.ProductID]bool{}}
	for _, id := range past.products {
		l.owned[id] = true
	}
	if past.orders > 0 {
		l.warm = float64(past.orders) / float64(past.orders+2)
		l.history = map[catalog.ProductID]float64{}
		sensitive, err := catalog.Sensitive(c.Request().Context(), s.DB)
		if err != nil {
			return nil, err
		}
		newest := slices.DeleteFunc(past.newest(), func(id catalog.ProductID) bool { return slices.Contains(sensitive, id) }) // they say nothing here
		l.last = newest[:min(len(newest), lastBought)]
		all := m.Suggest(recommend.Query{Cart: models(l.last), K: likeMost * 8})
		for _, b := range all {
			l.history[catalog.ProductID(b.Product)] = b.Score / all[0].Score
		}
	}
	if l.prior != nil || len(l.history) > 0 {
		v.leaning = l
	}
	return v.leaning, nil
}

// incline puts the products of a section in the order this person leans to:
// what people who told the same buy, and more and more, with each order, what
// follows from their own. What neither knows keeps the shop's own order behind.
func (s *Shop) incline(c echo.Context, kind string, w *candidates) error {
	if kind != homepage.Category && kind != sectionLike {
		return nil
	}
	l, err := s.leaning(c)
	if err != nil || l == nil {
		return err
	}
	if kind == sectionLike {
		s.alike(l, w)
		return nil
	}
	w.ids = l.order(w.ids)
	return nil
}

// order puts products in the order of the leaning; the list given is a shelf's,
// and everybody's, and stays as it is.
func (l *leaning) order(shelf []catalog.ProductID) []catalog.ProductID {
	score := l.scores(shelf)
	ids := slices.Clone(shelf)
	slices.SortStableFunc(ids, func(a, b catalog.ProductID) int { return cmp.Compare(score[b], score[a]) })
	return ids
}

// scores say how much of this list the person leans to, from 0 to 1.
func (l *leaning) scores(list []catalog.ProductID) map[catalog.ProductID]float64 {
	var top float64
	score := make(map[catalog.ProductID]float64, len(list))
	for _, id := range list {
		score[id] = l.prior.Score(recommend.ProductID(id))
		top = max(top, score[id])
	}
	for _, id := range list {
		if top > 0 {
			score[id] *= (1 - l.warm) / top
		}
		score[id] += l.warm * l.history[id]
	}
	return score
}

// sectionLike is the section of goods popular with people who told the same.
const sectionLike = "like"

// like is that section, for people who told something that foretells what they
// buy and have not bought often enough to speak for themselves.
func (s *Shop) like(c echo.Context, orders int) (homepage.Section, bool, error) {
	l, err := s.leaning(c)
	if err != nil || l == nil || l.prior == nil || orders >= regular {
		return homepage.Section{}, false, err
	}
	return homepage.Section{Kind: sectionLike, Title: both("shop.home.like")}, true, nil
}

// alike fills the section. Its reason is about the product that stands first,
// whichever is left to be that.
func (s *Shop) alike(l *leaning, w *candidates) {
	best := l.prior.Best(likeMost, func(id recommend.ProductID) bool { return l.owned[catalog.ProductID(id)] })
	guesses := make(map[catalog.ProductID]recommend.Guess, len(best))
	for _, g := range best {
		w.ids = append(w.ids, catalog.ProductID(g.Product))
		guesses[catalog.ProductID(g.Product)] = g
	}
	w.least = leastToShow
	w.because = func(k catalog.Card) i18n.Text {
		g := guesses[k.ID]
		key := "shop.home.like.why"
		if s.Demo {
			key = "shop.home.like.why.simulated"
		}
		return both(key, "name", k.Name, "n", g.Bought, "m", g.Of, "fact", customer.FactName(g.Feature))
	}
}
