package storefront

import (
	"maps"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/homepage"
	"regulars/internal/recommend"
	"regulars/internal/slot"
)

// What visits came to after a product is worth saying from so many visits on;
// where there are many, more is asked and more than chance would have it.
const (
	fewVisits    = 3
	manySessions = 1000
	manyVisits   = 5
	manyBeyond   = 1.5
)

const (
	lookedAsked = 60
	lookedSpare = 4 // counted beyond what is shown: some are sold out or in the cart
	lookedCards = 4
	viewsRead   = 40
	lookedBack  = 5                   // products of the last visit that the home page may go by
	lookedFor   = 30 * 24 * time.Hour // until it forgets the last visit
)

// views are the last looks of whoever asks, the oldest first, up to a moment
// ago; none of anybody who does not allow it. They are read once a request.
func (s *Shop) views(c echo.Context) ([]event.View, int64, error) {
	p, err := s.person(c)
	if err != nil {
		return nil, 0, err
	}
	visitor, id := p.Tracked()
	who := event.WhoOf(int64(visitor), int64(id))
	v := s.visit(c)
	if who == 0 || v.viewed {
		return v.views, who, nil
	}
	v.views, err = s.Events.ViewsOf(c.Request().Context(), s.DB, int64(visitor), int64(id), viewsRead)
	v.viewed = err == nil
	return v.views, who, err
}

// lastSeen lists the different products of these looks, the newest first.
func lastSeen(views []event.View) []catalog.ProductID {
	ids := make([]catalog.ProductID, len(views))
	for i, v := range views {
		ids[len(views)-1-i] = catalog.ProductID(v.Product)
	}
	return unique(ids)
}

// visited is the newest visit among these looks, unless it ended before a moment.
func visited(views []event.View, since time.Time) []recommend.ProductID {
	if len(views) == 0 || views[len(views)-1].At < since.UnixMilli() {
		return nil
	}
	var clicks []recommend.ProductID
	for _, v := range event.Session(views, recommend.SessionPause) {
		clicks = append(clicks, recommend.ProductID(v.Product))
	}
	return clicks
}

// follow is a product that visits came to after another.
type follow struct {
	id       catalog.ProductID
	then, of int // of the visits that went on from there, so many came to it
}

// follows lists what visits came to after a product, if often enough to say so,
// in the order that fits the whole path best: so many of those that are wanted.
// The path ends with the product.
func (s *Shop) follows(path []recommend.ProductID, who int64, most int, wanted func(catalog.ProductID) bool) []follow {
	from := path[len(path)-1]
	sessions, _ := s.Sessions.Size()
	var ids []recommend.ProductID
	for _, n := range s.Sessions.Next(recommend.Path{Clicks: path, Who: who, New: true, K: lookedAsked}) {
		if wanted(catalog.ProductID(n.Product)) {
			ids = append(ids, n.Product)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var out []follow
	for i, n := range s.Sessions.Then(from, ids...) {
		many := sessions < manySessions || n.Then >= manyVisits && n.Beyond >= manyBeyond
		if n.Then >= fewVisits && n.Beyond > 1 && many && len(out) < most {
			out = append(out, follow{catalog.ProductID(ids[i]), n.Then, n.Of})
		}
	}
	return out
}

// looked is what others looked at after a product: alternatives mostly, apart
// from what goes with it. The running visit of whoever allows it decides the
// order; everybody else gets what the product alone says. Nothing of shown is in it.
func (s *Shop) looked(c echo.Context, at catalog.ProductID, shown map[catalog.ProductID]bool, limit int) ([]suggestion, error) {
	views, who, err := s.views(c)
	if err != nil {
		return nil, err
	}
	path := append(visited(views, s.Now().Add(-recommend.SessionPause)), recommend.ProductID(at))
	found := s.follows(path, who, limit+lookedSpare, func(id catalog.ProductID) bool { return !shown[id] })
	if len(found) == 0 {
		return nil, nil
	}
	ids := make([]catalog.ProductID, len(found))
	for i, f := range found {
		ids[i] = f.id
	}
	list, err := s.shelves.Cards(c.Request().Context(), s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	barred, err := s.barred(c, []catalog.ProductID{at}, ids)
	if err != nil {
		return nil, err
	}
	key := "shop.looked.count"
	if s.Demo {
		key = "shop.looked.count.simulated"
	}
	own := slices.ContainsFunc(path, func(id recommend.ProductID) bool { return id != recommend.ProductID(at) })
	var out []suggestion
	for _, f := range found {
		i := slices.IndexFunc(list, func(k catalog.Card) bool { return k.ID == f.id })
		if i < 0 || len(out) == limit {
			continue
		}
		if k := list[i]; k.InStock && !k.Sensitive && !barred.holds(k) {
			out = append(out, suggestion{Card: k, Group: "looked", Kind: "simple", Score: purchaseScore * float64(f.then) / float64(f.of), Reason: both(key, "n", f.then, "m", f.of), yours: own})
		}
	}
	return out, nil
}

// withLookedAt parts what goes well with a product from what others looked at
// after it. What stands there for want of better, because it is like it by
// nature, gives way. Elsewhere is what the page shows besides.
func (s *Shop) withLookedAt(c echo.Context, at catalog.ProductID, found []suggestion, elsewhere map[catalog.ProductID]bool, limit int) (goes, looked []suggestion, err error) {
	shown := map[catalog.ProductID]bool{at: true}
	maps.Copy(shown, elsewhere)
	for _, f := range found {
		shown[f.Card.ID] = shown[f.Card.ID] || !f.nature
	}
	if looked, err = s.looked(c, at, shown, limit); err != nil {
		return nil, nil, err
	}
	goes = slices.DeleteFunc(found, func(f suggestion) bool {
		return slices.ContainsFunc(looked, func(l suggestion) bool { return l.Card.ID == f.Card.ID })
	})
	return goes, looked, nil
}

// lookedShelf is the block of them on a product's page.
func (s *Shop) lookedShelf(c echo.Context, page string, found []suggestion) *shelf {
	m := slot.Mark{Slot: slot.Looked, Arm: s.side(c, slot.Looked), Page: page}
	var list []catalog.Card
	sh := &shelf{ID: "looked", Title: t(c, "shop.looked"), Why: t(c, "shop.looked.why")}
	if s.Demo {
		sh.Why = t(c, "shop.looked.why.simulated")
	}
	if slices.ContainsFunc(found, func(f suggestion) bool { return f.yours }) {
		sh.Why += " " + t(c, "shop.looked.yours")
	}
	for _, f := range found {
		sh.Cards, list = append(sh.Cards, tagged(s.card(c, f.Card, in(c, f.Reason)), m)), append(list, f.Card)
	}
	if len(sh.Cards) < leastToShow {
		return nil
	}
	if m.Arm == slot.Without {
		s.stands(c, m, nil)
		return nil
	}
	s.stands(c, m, list)
	return sh
}

// withLooked puts first, or where the page has a place for it, what others
// looked at after something of this person's last visit: the newest of it that
// says enough.
func (s *Shop) withLooked(c echo.Context, sections []homepage.Section) ([]homepage.Section, error) {
	views, who, err := s.views(c)
	if err != nil {
		return nil, err
	}
	path := visited(views, s.Now().Add(-lookedFor))
	if len(path) == 0 {
		return sections, nil
	}
	barred, err := s.barred(c, nil, nil)
	if err != nil {
		return nil, err
	}
	v := s.visit(c)
	for back := len(path); back > max(0, len(path)-lookedBack); back-- {
		from := catalog.ProductID(path[back-1])
		found := s.follows(path[:back], who, lookedCards+lookedSpare, func(id catalog.ProductID) bool {
			return !barred.ids[id] && !barred.owned[id] && !slices.Contains(path, recommend.ProductID(id))
		})
		if len(found) < leastToShow {
			continue
		}
		list, err := s.shelves.Cards(c.Request().Context(), s.DB, []catalog.ProductID{from}, s.currency(c))
		if err != nil {
			return nil, err
		}
		if len(list) == 0 || list[0].Sensitive {
			continue
		}
		v.looked = nil
		for _, f := range found {
			v.looked = append(v.looked, f.id)
		}
		key := "shop.home.looked.why"
		if s.Demo {
			key = "shop.home.looked.why.simulated"
		}
		sec := homepage.Section{Kind: homepage.Looked, Title: both("shop.home.looked", "name", list[0].Name), Reason: both(key)}
		for i, written := range sections {
			if written.Kind == homepage.Looked {
				sec.Cards = written.Cards
				sections = slices.Clone(sections)
				sections[i] = sec
				return sections, nil
			}
		}
		return append([]homepage.Section{sec}, sections...), nil
	}
	return sections, nil
}
