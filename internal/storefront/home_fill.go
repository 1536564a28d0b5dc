package storefront

import (
	"maps"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/recommend"
)

const (
	homeAsked       = 8    // candidates of a section at first, from which sold out, shown and sensitive ones go
	homeDeepest     = 2048 // where looking for more ends
	bestAsked       = 48
	unfinishedCards = 6
	lastBought      = 20 // of a person's purchases, what "goes with them" goes by
)

// fill puts the products that can be bought on the sections, at most so many
// of them. All cards are read at once; where the first candidates
// are not enough (sold out, shown above), more of them are read.
func (s *Shop) fill(c echo.Context, sections []homepage.Section, most int, above map[catalog.ProductID]bool) ([]welcomeSection, error) {
	ctx := c.Request().Context()
	wanted := make([]candidates, len(sections))
	for i, sec := range sections {
		var err error
		if wanted[i], err = s.candidates(c, sec); err != nil {
			return nil, err
		}
		if err = s.incline(c, sec.Kind, &wanted[i]); err != nil {
			return nil, err
		}
	}
	for depth := homeAsked; ; depth *= 4 {
		var ids []catalog.ProductID
		for _, w := range wanted {
			ids = append(ids, w.upTo(depth)...)
		}
		list, err := s.shelves.Cards(ctx, s.DB, unique(ids), s.currency(c))
		if err != nil {
			return nil, err
		}
		cards := make(map[catalog.ProductID]*catalog.Card, len(list))
		for i := range list {
			cards[list[i].ID] = &list[i]
		}
		var out []welcomeSection
		shown, enough := maps.Clone(above), true
		for i, sec := range sections {
			if len(out) == most {
				break
			}
			filled := welcomeSection{Kind: sec.Kind, Title: sec.Title, Reason: sec.Reason, More: wanted[i].more, Words: sec.Words}
			first := wanted[i].upTo(depth)
			for _, id := range first {
				k := cards[id]
				if k != nil && k.InStock && !k.Sensitive && !shown[id] && wanted[i].may(k) && len(filled.Cards) < sec.Most() {
					shown[id] = true
					filled.Cards = append(filled.Cards, *k)
				}
			}
			enough = enough && (!sec.HasProducts() || len(filled.Cards) == sec.Most() || len(first) < depth)
			if sec.HasProducts() && len(filled.Cards) < max(1, wanted[i].least) || !sec.HasProducts() && wanted[i].none {
				for _, k := range filled.Cards {
					delete(shown, k.ID)
				}
				continue
			}
			if wanted[i].because != nil {
				filled.Reason = wanted[i].because(filled.Cards[0])
			}
			out = append(out, filled)
		}
		if enough || depth >= homeDeepest {
			return out, nil
		}
	}
}

// candidates are what a section may show, best first.
type candidates struct {
	ids      []catalog.ProductID
	then     []catalog.ProductID                // when those run out; some may be the same
	more     string                             // path of the whole shelf, "" if there is none
	fleeting bool                               // nothing that is bought once
	reduced  bool                               // only what is cheaper than it was
	least    int                                // fewer make no section
	because  func(first catalog.Card) i18n.Text // the reason, where it is about the product that stands first
	none     bool                               // of a section without cards: it leads nowhere
}

func (w candidates) may(k *catalog.Card) bool {
	return !(w.fleeting && k.Durable) && !(w.reduced && k.Was <= k.Price.Amount)
}

func (w candidates) upTo(n int) []catalog.ProductID {
	if n <= len(w.ids) {
		return w.ids[:n]
	}
	return slices.Concat(w.ids, w.then[:min(n-len(w.ids), len(w.then))])
}

// candidates tells what a section may show. It knows what a kind means; words
// are the section's own.
func (s *Shop) candidates(c echo.Context, sec homepage.Section) (candidates, error) {
	ctx, currency := c.Request().Context(), s.currency(c)
	under, more, gone, err := s.under(c, sec.Category)
	if err != nil || gone {
		return candidates{none: true}, err
	}
	switch sec.Kind {
	case homepage.Category:
		if sec.Category == 0 {
			return candidates{}, nil
		}
		ids, err := s.shelves.Order(ctx, s.DB, under, "", currency)
		return candidates{ids: ids, more: more}, err
	case homepage.Banner, homepage.Searches:
		return candidates{more: more, none: more == "" && len(sec.Words) == 0}, nil
	case homepage.Picked:
		return candidates{ids: sec.Products}, nil
	case homepage.Best:
		return s.bestOf(c, under, more)
	case homepage.New:
		ids, err := s.shelves.Order(ctx, s.DB, under, "new", currency)
		return candidates{ids: ids, more: more}, err
	case homepage.Reduced:
		cheaper, err := s.shelves.Reduced(ctx, s.DB, currency)
		if err != nil || len(cheaper) == 0 {
			return candidates{}, err
		}
		ids, err := s.shelves.Order(ctx, s.DB, under, "", currency)
		return candidates{ids: slices.DeleteFunc(slices.Clone(ids), func(id catalog.ProductID) bool { return !cheaper[id] }), more: more, reduced: true}, err
	case homepage.Looked:
		return candidates{ids: s.visit(c).looked, least: leastToShow}, nil
	case homepage.Again:
		past, err := s.past(c)
		if err != nil {
			return candidates{}, err
		}
		again := s.Engine.Model().Again(recommend.Query{Owned: models(past.products), OwnedAt: past.at, At: s.at(c), K: bestAsked})
		return candidates{ids: idsOf(again), then: past.newest(), fleeting: true}, nil
	case homepage.Goes:
		past, err := s.past(c)
		if err != nil {
			return candidates{}, err
		}
		ids, err := s.goesWithPast(c, past)
		return candidates{ids: ids, least: leastToShow}, err
	}
	return candidates{}, nil
}

// under lists the shelves of a category (none = all) and leads to it; gone
// says that it is not there any more.
func (s *Shop) under(c echo.Context, id catalog.CategoryID) (ids []catalog.CategoryID, more string, gone bool, err error) {
	if id == 0 {
		return nil, "", false, nil
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, "", false, err
	}
	k, ok := tree.ByID(id)
	if !ok {
		return nil, "", true, nil
	}
	return tree.Under(k.ID), "/c/" + k.Slug, false, nil
}

// bestOf is what sells now, and then the shop's own order: before anything
// sold it is all there is.
func (s *Shop) bestOf(c echo.Context, under []catalog.CategoryID, more string) (candidates, error) {
	rest, err := s.shelves.Order(c.Request().Context(), s.DB, under, "", s.currency(c))
	if err != nil {
		return candidates{}, err
	}
	var elsewhere func(recommend.ProductID) bool
	if under != nil {
		here := make(map[recommend.ProductID]bool, len(rest))
		for _, id := range rest {
			here[recommend.ProductID(id)] = true
		}
		elsewhere = func(id recommend.ProductID) bool { return !here[id] }
	}
	return candidates{ids: idsOf(s.Engine.Model().Popular(bestAsked, elsewhere)), then: rest, more: more}, nil
}

// goesWithPast are products that others bought together with what the person
// bought last, and that the person has not. Sensitive purchases say nothing here.
func (s *Shop) goesWithPast(c echo.Context, p past) ([]catalog.ProductID, error) {
	newest := p.newest()
	has := map[recommend.ProductID]bool{}
	for _, id := range models(newest) {
		has[id] = true
	}
	last, err := s.shelves.Cards(c.Request().Context(), s.DB, newest[:min(len(newest), lastBought)], s.currency(c))
	if err != nil {
		return nil, err
	}
	var at []recommend.ProductID
	for _, k := range last {
		if !k.Sensitive {
			at = append(at, recommend.ProductID(k.ID))
		}
	}
	m := s.Engine.Model()
	all := m.Suggest(recommend.Query{Cart: at, K: bestAsked, Exclude: func(id recommend.ProductID) bool { return has[id] }})
	return idsOf(slices.DeleteFunc(all, func(b recommend.Suggestion) bool { _, _, worth := goesWith(m, b); return !worth })), nil
}

func idsOf(all []recommend.Suggestion) []catalog.ProductID {
	ids := make([]catalog.ProductID, len(all))
	for i, b := range all {
		ids[i] = catalog.ProductID(b.Product)
	}
	return ids
}

// best is the shelf of what sells now, for a page that has nothing else to show.
func (s *Shop) best(c echo.Context) ([]catalog.Card, error) {
	sections, err := s.fill(c, []homepage.Section{{Kind: homepage.Best}}, 1, map[catalog.ProductID]bool{})
	if err != nil || len(sections) == 0 {
		return nil, err
	}
	return sections[0].Cards, nil
}
