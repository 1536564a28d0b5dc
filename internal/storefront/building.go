package storefront

import (
	"cmp"
	"maps"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/trait"
)

// fromLink is how much of a shelf is looked at for a link.
const fromLink = 24

// presumption is what the products at hand, and what is known of whoever asks,
// let the shop presume about them. It is nil in a shop without traits.
type presumption struct {
	rules *trait.Rules
	mine  trait.Mine
	says  map[catalog.ProductID][]*trait.Trait // traits that a product at hand speaks for, also those switched off
	works []premise                            // the ones to build on, the best first
}

// premise is a trait with the first hop in words.
type premise struct {
	*trait.Trait
	words i18n.Text
	held  *trait.Held // nil: the goods alone speak for it
}

// presume reads what the products at hand say. A product of a lesser class of
// the same shelf contradicts a trait, even one that the person has.
func (s *Shop) presume(c echo.Context, at []catalog.ProductID, shown map[catalog.ProductID]catalog.Card) (*presumption, error) {
	ctx := c.Request().Context()
	rules, err := s.traits.Rules(ctx, s.DB)
	if err != nil || len(rules.Traits) == 0 {
		return nil, err
	}
	p := &presumption{rules: rules, says: map[catalog.ProductID][]*trait.Trait{}}
	if p.mine, err = s.mine(c, rules); err != nil {
		return nil, err
	}
	cards, err := s.listed(c, at, shown)
	if err != nil {
		return nil, err
	}
	for i := range rules.Traits {
		t := &rules.Traits[i]
		answer, near := trait.Nothing, false
		for _, k := range cards {
			if k.Sensitive {
				continue
			}
			a := rules.Speaks(t, k)
			if a == trait.Yes {
				p.says[k.ID] = append(p.says[k.ID], t)
			}
			if answer == trait.Nothing || a == trait.Yes {
				answer = a
			}
			near = near || !rules.Sensitive(k.CategoryID) && rules.Near(t, rules.Tree.Department(k.CategoryID).ID)
		}
		p.weigh(t, answer, near)
	}
	// What stands on the page counts before what is known of the person, and
	// the better known before the worse.
	slices.SortStableFunc(p.works, func(a, b premise) int { return cmp.Compare(p.rank(b), p.rank(a)) })
	return p, nil
}

// listed are the products at hand at the prices that rules speak of: those of
// the shop's own currency.
func (s *Shop) listed(c echo.Context, at []catalog.ProductID, shown map[catalog.ProductID]catalog.Card) ([]catalog.Card, error) {
	if currency := s.Settings.Now().Currency(); currency != s.currency(c) {
		return s.shelves.Cards(c.Request().Context(), s.DB, at, currency)
	}
	var cards []catalog.Card
	for _, id := range at {
		if k, ok := shown[id]; ok {
			cards = append(cards, k)
		}
	}
	return cards, nil
}

// weigh decides whether to build on a trait, and in which words.
func (p *presumption) weigh(t *trait.Trait, answer trait.Answer, near bool) {
	if !t.Active || p.mine.Gone[t.Key] || answer == trait.No {
		return
	}
	for _, h := range p.mine.Held {
		if h.Trait == t.Key && near {
			words := both("shop.suggest.held", "evidence", h.Evidence, "who", t.Who)
			if h.Order == "" {
				words = both("shop.suggest.said", "evidence", h.Evidence)
			}
			p.works = append(p.works, premise{t, words, &h})
			return
		}
	}
	if answer == trait.Yes {
		p.works = append(p.works, premise{t, both("shop.suggest.presumed", "goods", t.Goods, "who", t.Who), nil})
	}
}

func (p *presumption) rank(one premise) float64 {
	rank := 0.0
	if one.held != nil {
		rank = one.held.Confidence
	}
	for _, said := range p.says {
		if slices.Contains(said, one.Trait) {
			return 2 + rank
		}
	}
	return rank
}

// rests reports whether an authored guess about the shopper still stands: one
// from a product that speaks for a trait falls with the trait, and with the
// link to its shelf.
func (p *presumption) rests(from catalog.ProductID, to catalog.Card) bool {
	if p == nil || len(p.says[from]) == 0 {
		return true
	}
	return slices.ContainsFunc(p.says[from], func(t *trait.Trait) bool {
		works := slices.ContainsFunc(p.works, func(w premise) bool { return w.Trait == t })
		return works && !slices.ContainsFunc(t.Links, func(l trait.Link) bool { return !l.Active && p.covers(l, to) })
	})
}

func (p *presumption) covers(l trait.Link, k catalog.Card) bool {
	return slices.ContainsFunc(p.rules.Tree.Path(k.CategoryID), func(c catalog.Category) bool { return c.ID == l.CategoryID })
}

// building gathers what people of the presumed trait also buy: of each link
// that is shown a list of goods, the ones first that an author named for these
// products, then those of the trait's class. One trait makes one block.
func (s *Shop) building(c echo.Context, p *presumption, alike []suggestion) ([][]suggestion, error) {
	if p == nil {
		return nil, nil
	}
	for _, one := range p.works {
		named, err := s.named(c, one, alike)
		if err != nil {
			return nil, err
		}
		lists, err := s.behind(c, p, one, named)
		if err != nil || len(lists) > 0 {
			return lists, err
		}
	}
	return nil, nil
}

// named weighs what an author named for the products at hand, and for the
// purchase that speaks for the trait.
func (s *Shop) named(c echo.Context, one premise, alike []suggestion) (map[catalog.ProductID]float64, error) {
	named := map[catalog.ProductID]float64{}
	for _, a := range alike {
		named[a.Card.ID] = max(named[a.Card.ID], a.Score)
	}
	if one.held == nil || one.held.Product == 0 {
		return named, nil
	}
	relations, err := s.shelves.Relations(c.Request().Context(), s.DB, []catalog.ProductID{one.held.Product})
	for _, r := range relations {
		if r.Kind == "alike" {
			named[r.ToID] = max(named[r.ToID], r.Weight)
		}
	}
	return named, err
}

// behind lists, for each link that is shown, the goods at its end: one look at
// the cards of all of them.
func (s *Shop) behind(c echo.Context, p *presumption, one premise, named map[catalog.ProductID]float64) ([][]suggestion, error) {
	ctx, ids := c.Request().Context(), slices.Sorted(maps.Keys(named))
	var links []trait.Link
	for _, l := range one.Links {
		if p.rules.Why(l) != trait.Shown {
			continue
		}
		order, err := s.shelves.Order(ctx, s.DB, p.rules.Tree.Under(l.CategoryID), "", s.currency(c))
		if err != nil {
			return nil, err
		}
		links, ids = append(links, l), append(ids, order[:min(len(order), fromLink)]...)
	}
	if len(links) == 0 {
		return nil, nil
	}
	cards, err := s.shelves.Cards(ctx, s.DB, unique(ids), s.currency(c))
	if err != nil {
		return nil, err
	}
	tier := one.Tier()
	var lists [][]suggestion
	for _, l := range links {
		var list []suggestion
		for _, k := range cards {
			if p.covers(l, k) && !p.rules.Sensitive(k.CategoryID) {
				list = append(list, suggestion{Card: k, Group: "alike", Kind: "complex", Score: chainScore * share(l), Reason: s.hop(p, l), Premise: one.words, hop: true, yours: one.held != nil})
			}
		}
		slices.SortStableFunc(list, func(a, b suggestion) int {
			return cmp.Or(cmp.Compare(named[b.Card.ID], named[a.Card.ID]), classed(b, tier)-classed(a, tier))
		})
		if len(list) > 0 {
			lists = append(lists, list)
		}
	}
	slices.SortStableFunc(lists, func(a, b []suggestion) int {
		return cmp.Or(cmp.Compare(named[b[0].Card.ID], named[a[0].Card.ID]), classed(b[0], tier)-classed(a[0], tier))
	})
	return p.departmentsFirst(lists), nil
}

func (p *presumption) department(f suggestion) catalog.CategoryID {
	return p.rules.Tree.Department(f.Card.CategoryID).ID
}

// departmentsFirst puts the best shelf of each department before anybody's
// second: a chain tells more when it leads to cameras and home cinema than to
// home cinema twice.
func (p *presumption) departmentsFirst(lists [][]suggestion) [][]suggestion {
	var rounds [][][]suggestion
	seen := map[catalog.CategoryID]int{}
	for _, l := range lists {
		department := p.department(l[0])
		nth := seen[department]
		seen[department]++
		if nth == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[nth] = append(rounds[nth], l)
	}
	return slices.Concat(rounds...)
}

// hop is the second one in words: the count, or what the merchant wrote.
func (s *Shop) hop(p *presumption, l trait.Link) i18n.Text {
	if l.Source == "author" {
		return l.Reason
	}
	key := "shop.suggest.such"
	if s.Demo {
		key = "shop.suggest.such.simulated"
	}
	shelf, _ := p.rules.Tree.ByID(l.CategoryID)
	return both(key, "n", l.Bought, "m", l.People, "category", shelf.Name)
}

// chainScore keeps a complex chain below every simple one.
const chainScore = 0.3

func share(l trait.Link) float64 {
	if l.People == 0 {
		return 0
	}
	return float64(l.Bought) / float64(l.People)
}

func classed(f suggestion, tier string) int {
	if tier != "" && f.Card.Tier == tier {
		return 1
	}
	return 0
}

// deal takes n goods from the lists in turns, at most two of a shelf.
func deal(lists [][]suggestion, n int, want func(suggestion) bool) []suggestion {
	var out []suggestion
	shelves := map[catalog.CategoryID]int{}
	for turn := 0; turn < perShelf; turn++ {
		for i := range lists {
			for j, f := range lists[i] {
				if len(out) < n && want(f) && shelves[f.Card.CategoryID] < perShelf {
					out = append(out, f)
					shelves[f.Card.CategoryID]++
					lists[i] = lists[i][j+1:]
					break
				}
			}
		}
	}
	return out
}

// mine is what is held about whoever asks, read once a request.
func (s *Shop) mine(c echo.Context, rules *trait.Rules) (trait.Mine, error) {
	v := s.visit(c)
	if v.mine != nil {
		return *v.mine, nil
	}
	p, err := s.person(c)
	if err != nil {
		return trait.Mine{}, err
	}
	mine, err := trait.Of(c.Request().Context(), s.DB, rules, p, s.Settings.Now().Currency(), s.Now())
	if err == nil {
		s.visit(c).mine = &mine
	}
	return mine, err
}
