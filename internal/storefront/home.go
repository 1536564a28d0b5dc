package storefront

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/recommend"
	"regulars/internal/segment"
	"regulars/internal/web"
)

const (
	shelfCards   = 4
	homeSections = 5
	homeAsked    = 24 // candidates of a section, from which shown and sensitive ones go
)

// welcome is the home page of whoever asks, as page and API show it.
type welcome struct {
	Segment       string
	Title, Reason i18n.Text
	Sections      []welcomeSection
}

type welcomeSection struct {
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
		sh := shelf{ID: "s" + string(rune('1'+i)), Title: in(c, sec.Title), Why: in(c, sec.Reason), Cards: s.cards(c, sec.Cards)}
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
	if p.Continue, err = s.unfinished(c); err != nil {
		return err
	}
	if err := s.tiles(c, &p); err != nil {
		return err
	}
	s.note(c, event.Event{Kind: event.HomeSeen, Detail: w.Segment})
	return web.Render(c, http.StatusOK, "storefront/home", p)
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
	seg, reason, err := segment.Of(ctx, s.DB, p, s.Now())
	if err != nil {
		return nil, err
	}
	w := &welcome{Segment: seg.Key, Title: seg.Title, Reason: reason}
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
	shown := map[catalog.ProductID]bool{}
	for _, sec := range sections {
		if len(w.Sections) == homeSections {
			break
		}
		filled, err := s.fill(c, sec, shown)
		if err != nil {
			return nil, err
		}
		if len(filled.Cards) > 0 {
			w.Sections = append(w.Sections, filled)
		}
	}
	return w, nil
}

// fill reads the products of one section that can be bought and were not
// shown above.
func (s *Shop) fill(c echo.Context, sec segment.Section, shown map[catalog.ProductID]bool) (welcomeSection, error) {
	out := welcomeSection{Title: sec.Title, Reason: sec.Reason}
	cards, more, err := s.candidates(c, sec)
	if err != nil {
		return out, err
	}
	out.More = more
	for _, k := range cards {
		if k.InStock && !k.Sensitive && !shown[k.ID] && len(out.Cards) < shelfCards {
			shown[k.ID] = true
			out.Cards = append(out.Cards, k)
		}
	}
	return out, nil
}

func (s *Shop) candidates(c echo.Context, sec segment.Section) ([]catalog.Card, string, error) {
	ctx, currency := c.Request().Context(), s.currency(c)
	list := func(q catalog.ListQuery) ([]catalog.Card, error) {
		q.PerPage, q.Currency = homeAsked, currency
		l, err := catalog.List(ctx, s.DB, q)
		if err != nil {
			return nil, err
		}
		return l.Cards, nil
	}
	switch sec.Kind {
	case "category":
		tree, err := s.tree(c)
		if err != nil || sec.CategoryID == nil {
			return nil, "", err
		}
		k, ok := tree.ByID(*sec.CategoryID)
		if !ok {
			return nil, "", nil
		}
		cards, err := list(catalog.ListQuery{Categories: tree.Under(k.ID), InStock: true})
		return cards, "/c/" + k.Slug, err
	case "best":
		return s.best(ctx, c, list)
	case "new":
		cards, err := list(catalog.ListQuery{Sort: "new", InStock: true})
		return cards, "", err
	case "again":
		p, err := s.person(c)
		if err != nil || !p.MayUseHistory() {
			return nil, "", err
		}
		ids, err := s.bought(ctx, p.CustomerID())
		if err != nil {
			return nil, "", err
		}
		cards, err := catalog.Cards(ctx, s.DB, ids, currency)
		return slices.DeleteFunc(cards, func(k catalog.Card) bool { return k.Durable }), "", err
	}
	return nil, "", nil
}

// best is what sells now, and the shop's own order before anything sold.
func (s *Shop) best(ctx context.Context, c echo.Context, list func(catalog.ListQuery) ([]catalog.Card, error)) ([]catalog.Card, string, error) {
	var ids []catalog.ProductID
	for _, b := range s.Engine.Model().Popular(homeAsked*2, func(recommend.ProductID) bool { return false }) {
		ids = append(ids, catalog.ProductID(b.Product))
	}
	cards, err := catalog.Cards(ctx, s.DB, ids, s.currency(c))
	if err != nil {
		return nil, "", err
	}
	rest, err := list(catalog.ListQuery{InStock: true})
	return append(cards, rest...), "", err
}

// unfinished is the shelf of a known person's open cart and last order; nil
// without consent, so that the page then equals a stranger's.
func (s *Shop) unfinished(c echo.Context) (*shelf, error) {
	p, err := s.person(c)
	if err != nil || !p.Personalized() {
		return nil, err
	}
	ctx := c.Request().Context()
	var ids []catalog.ProductID
	open, count, err := s.openCart(c)
	if err != nil {
		return nil, err
	}
	marks := map[catalog.ProductID]string{}
	if count > 0 {
		view, err := cart.Items(ctx, s.DB, open)
		if err != nil {
			return nil, err
		}
		for _, id := range view.Products() {
			ids, marks[id] = append(ids, id), t(c, "shop.home.in-cart")
		}
	}
	if p.MayUseHistory() {
		bought, err := s.bought(ctx, p.CustomerID())
		if err != nil {
			return nil, err
		}
		for _, id := range bought {
			if marks[id] == "" {
				ids, marks[id] = append(ids, id), t(c, "shop.home.ordered")
			}
		}
	}
	ids = unique(ids)
	cards, err := catalog.Cards(ctx, s.DB, ids[:min(len(ids), 6)], s.currency(c))
	if err != nil || len(cards) == 0 {
		return nil, err
	}
	sh := &shelf{ID: "continue", Title: t(c, "shop.home.continue"), Why: t(c, "shop.home.continue.why")}
	for _, k := range cards {
		view := s.card(c, k, "")
		view.Mark = marks[k.ID]
		sh.Cards = append(sh.Cards, view)
	}
	return sh, nil
}
