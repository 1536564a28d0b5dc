package storefront

import (
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/recommend"
	"regulars/internal/segment"
	"regulars/internal/slot"
	"regulars/internal/web"
)

const (
	shelfCards      = 4
	homeSections    = 5
	homeAsked       = 8    // candidates of a section at first, from which sold out, shown and sensitive ones go
	homeDeepest     = 2048 // where looking for more ends
	bestAsked       = 48
	unfinishedCards = 6
	lastBought      = 20 // of a person's purchases, what "goes with them" goes by
)

// welcome is the home page of whoever asks, as page and API show it.
type welcome struct {
	Segment       string
	Audience      string // the segment of whoever asks, also where they go without its page
	Title, Reason i18n.Text
	Continue      []marked
	Sections      []welcomeSection
}

// marked is a card with the word why it is there.
type marked struct {
	card catalog.Card
	mark string // message key
}

type welcomeSection struct {
	Kind          string
	Title, Reason i18n.Text
	More          string // path of the whole shelf, "" if there is none
	Cards         []catalog.Card
}

type homePage struct {
	web.Page
	Eyebrow, Heading, Lead string
	Hero                   *picture
	HeroURL, HeroText      string
	Change, ChangeURL      string
	Sections               []shelf
	Continue               *shelf
	Tiles                  []deptTile
}

type deptTile struct {
	URL, Name string
	Picture   picture
}

func (s *Shop) home(c echo.Context) error {
	w, err := s.welcome(c)
	if err != nil {
		return err
	}
	p := homePage{Page: s.titled(c, w.Title), Heading: in(c, w.Title), Lead: in(c, w.Reason),
		Change: t(c, "shop.home.change"), ChangeURL: web.URL(c, "/account/interests")}
	p.Title, p.Description = p.ShopName, t(c, "shop.home.description")
	if w.Segment != segment.Default {
		p.Change = t(c, "shop.home.not-you")
	}
	for i, sec := range w.Sections {
		sh := shelf{ID: "s" + string(rune('1'+i)), Title: in(c, sec.Title), Why: in(c, sec.Reason), Cards: s.section(c, sec.Kind, w.Audience, sec.Cards)}
		if sec.More != "" {
			sh.More, sh.MoreText = web.URL(c, sec.More), t(c, "shop.see-all")
		}
		p.Sections = append(p.Sections, sh)
		if p.Hero == nil && len(sec.Cards) > 0 {
			hero := s.picture(c, sec.Cards[0].Image, art.Moment)
			hero.Eager, hero.Alt = true, ""
			p.Hero, p.HeroURL, p.HeroText = &hero, sh.More, t(c, "shop.home.see", "shelf", sec.Title)
		}
	}
	if len(w.Continue) > 0 {
		p.Continue = &shelf{ID: "continue", Title: t(c, "shop.home.continue"), Why: t(c, "shop.home.continue.why")}
		mark := s.stand(c, slot.Section("continue"), slot.Page(w.Audience), nil)
		for _, m := range w.Continue {
			p.Continue.Cards = append(p.Continue.Cards, tagged(s.badged(c, m.card, t(c, m.mark), ""), mark))
		}
	}
	if err := s.tiles(c, &p); err != nil {
		return err
	}
	s.note(c, event.Event{Kind: event.HomeSeen, Detail: w.Segment})
	s.showed(c)
	return web.Render(c, http.StatusOK, "storefront/home", &p)
}

func (s *Shop) tiles(c echo.Context, p *homePage) error {
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	for _, d := range tree.Roots() {
		a := art.Piece{Form: d.Form, Hue: d.Hue}
		if !slices.Contains(art.Forms(), d.Form) {
			a = plain
		}
		p.Tiles = append(p.Tiles, deptTile{web.URL(c, "/c/"+d.Slug), in(c, d.Name), drawn(c, a, art.Whole, picture{})})
	}
	return nil
}

// welcome puts the home page of the person's segment together. No product
// stands on it twice.
func (s *Shop) welcome(c echo.Context) (*welcome, error) {
	ctx := c.Request().Context()
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	seg, reason, audience, err := s.pageOf(c, p)
	if err != nil {
		return nil, err
	}
	w := &welcome{Segment: seg.Key, Audience: audience, Title: seg.Title, Reason: reason}
	if w.Reason == (i18n.Text{}) {
		w.Reason = seg.Why
	}
	if w.Title.En == "" {
		w.Title, w.Reason = both("shop.home.title"), both("shop.home.lead")
	}
	sections, err := segment.Sections(ctx, s.DB, seg.Key)
	if err != nil {
		return nil, err
	}
	if len(sections) == 0 { // a shop that has no home page written yet, such as a fresh import
		sections = []segment.Section{{Kind: "best", Title: both("shop.home.best"), Reason: both("shop.home.best.why")},
			{Kind: "new", Title: both("shop.home.new"), Reason: both("shop.home.new.why")}}
	}
	if sections, err = s.withOwn(c, sections); err != nil {
		return nil, err
	}
	if w.Continue, err = s.unfinished(c); err != nil {
		return nil, err
	}
	shown := map[catalog.ProductID]bool{}
	for _, m := range w.Continue {
		shown[m.card.ID] = true
	}
	if w.Sections, err = s.fill(c, sections, shown); err != nil {
		return nil, err
	}
	return w, s.holdBack(c, w)
}

// regular is from how many orders on a person's own purchases lead the home
// page; before, the segment does, which is a guess for people we do not know yet.
const regular = 3

// withOwn adds the sections that follow from what the person bought.
func (s *Shop) withOwn(c echo.Context, sections []segment.Section) ([]segment.Section, error) {
	past, err := s.past(c)
	if err != nil || past.orders == 0 {
		return sections, err
	}
	own := []segment.Section{
		{Kind: "again", Title: both("shop.home.again"), Reason: both("shop.home.again.why")},
		{Kind: "goes", Title: both("shop.home.goes"), Reason: both("shop.home.goes.why")},
	}
	written := slices.DeleteFunc(slices.Clone(sections), func(sec segment.Section) bool { return sec.Kind == "again" })
	if past.orders >= regular || len(written) == 0 {
		return append(own, written...), nil
	}
	return slices.Concat(written[:1], own, written[1:]), nil
}

// fill puts the products that can be bought on the sections, at most
// homeSections of them. All cards are read at once; where the first candidates
// are not enough (sold out, shown above), more of them are read.
func (s *Shop) fill(c echo.Context, sections []segment.Section, above map[catalog.ProductID]bool) ([]welcomeSection, error) {
	ctx := c.Request().Context()
	wanted := make([]candidates, len(sections))
	for i, sec := range sections {
		var err error
		if wanted[i], err = s.candidates(c, sec); err != nil {
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
			if len(out) == homeSections {
				break
			}
			filled := welcomeSection{Kind: sec.Kind, Title: sec.Title, Reason: sec.Reason, More: wanted[i].more}
			first := wanted[i].upTo(depth)
			for _, id := range first {
				k := cards[id]
				if k != nil && k.InStock && !k.Sensitive && !shown[id] && !(wanted[i].fleeting && k.Durable) && len(filled.Cards) < shelfCards {
					shown[id] = true
					filled.Cards = append(filled.Cards, *k)
				}
			}
			enough = enough && (len(filled.Cards) == shelfCards || len(first) < depth)
			if len(filled.Cards) < max(1, wanted[i].least) {
				for _, k := range filled.Cards {
					delete(shown, k.ID)
				}
				continue
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
	then     []catalog.ProductID // when those run out; some may be the same
	more     string              // path of the whole shelf, "" if there is none
	fleeting bool                // nothing that is bought once
	least    int                 // fewer make no section
}

func (w candidates) upTo(n int) []catalog.ProductID {
	if n <= len(w.ids) {
		return w.ids[:n]
	}
	return slices.Concat(w.ids, w.then[:min(n-len(w.ids), len(w.then))])
}

func (s *Shop) candidates(c echo.Context, sec segment.Section) (candidates, error) {
	ctx, currency := c.Request().Context(), s.currency(c)
	switch sec.Kind {
	case "category":
		tree, err := s.tree(c)
		if err != nil || sec.CategoryID == nil {
			return candidates{}, err
		}
		k, ok := tree.ByID(*sec.CategoryID)
		if !ok {
			return candidates{}, nil
		}
		ids, err := s.shelves.Order(ctx, s.DB, tree.Under(k.ID), "", currency)
		return candidates{ids: ids, more: "/c/" + k.Slug}, err
	case "best":
		// What sells now, and then the shop's own order: before anything sold it
		// is all there is.
		ids := idsOf(s.Engine.Model().Popular(bestAsked, nil))
		rest, err := s.shelves.Order(ctx, s.DB, nil, "", currency)
		return candidates{ids: ids, then: rest}, err
	case "new":
		ids, err := s.shelves.Order(ctx, s.DB, nil, "new", currency)
		return candidates{ids: ids}, err
	case "again":
		past, err := s.past(c)
		if err != nil {
			return candidates{}, err
		}
		again := s.Engine.Model().Again(recommend.Query{Owned: models(past.products), OwnedAt: past.at, At: s.Now(), K: bestAsked})
		return candidates{ids: idsOf(again), then: past.newest(), fleeting: true}, nil
	case "goes":
		past, err := s.past(c)
		if err != nil {
			return candidates{}, err
		}
		ids, err := s.goesWithPast(c, past)
		return candidates{ids: ids, least: leastToShow}, err
	}
	return candidates{}, nil
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
	sections, err := s.fill(c, []segment.Section{{Kind: "best"}}, map[catalog.ProductID]bool{})
	if err != nil || len(sections) == 0 {
		return nil, err
	}
	return sections[0].Cards, nil
}

// unfinished is what a known person has in the cart and looked at last; nothing
// without consent, so that the page then equals a stranger's.
func (s *Shop) unfinished(c echo.Context) ([]marked, error) {
	p, err := s.person(c)
	if err != nil || !p.Personalized() {
		return nil, err
	}
	ctx := c.Request().Context()
	ids, err := s.inCart(c)
	if err != nil {
		return nil, err
	}
	inCart := len(ids)
	visitor, who := p.Tracked()
	seen, err := event.Recent(ctx, s.DB, event.ItemSeen, int64(visitor), int64(who), unfinishedCards)
	if err != nil {
		return nil, err
	}
	for _, id := range seen {
		ids = append(ids, catalog.ProductID(id))
	}
	marks := map[catalog.ProductID]string{}
	for i, id := range ids {
		switch {
		case i < inCart:
			marks[id] = "shop.home.in-cart"
		case marks[id] == "":
			marks[id] = "shop.home.seen"
		}
	}
	ids = unique(ids)
	cards, err := s.shelves.Cards(ctx, s.DB, ids[:min(len(ids), unfinishedCards)], s.currency(c))
	if err != nil {
		return nil, err
	}
	var out []marked
	for _, k := range cards {
		// What is sensitive is not held up to whoever looks over a shoulder.
		if !k.Sensitive || marks[k.ID] == "shop.home.in-cart" {
			out = append(out, marked{k, marks[k.ID]})
		}
	}
	return out, nil
}
