package storefront

import (
	"maps"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// leadsTo are the shelves that a tile moves up on the home page of whoever
// chose it, by the slugs of categories; the setting tiles.shelves changes them
// one by one. A tile whose shelf the shop does not have moves nothing.
var leadsTo = map[string]string{
	"books": "books", "sport": "sport", "games": "play", "music": "making-music", "tools": "tools", "instruments": "instruments", "baby": "baby",
	"computers": "computers", "cameras": "cameras", "home-theatre": "home-theatre", "software": "software", "gifts": "gifts", "home": "home",
	"cooking": "kitchen", "plants": "flowers-plants",
	"reading": "stories-ideas", "running": "running-gym", "camping": "outdoors", "photography": "photo-cameras", "playing-music": "making-music",
	"gaming": "video-games", "coding": "create", "gardening": "flowers-plants", "baking": "kitchen", "woodwork": "power-tools", "drawing": "paper-pen",
	"films":   "picture",
	"partner": "flowers-plants", "child": "baby", "parents": "home", "friend": "boxes", "colleague": "paper-pen",
	"retired": "home", "designer": "software", "office": "computers",
}

// leadKinds is the order in which tiles speak for shelves.
var leadKinds = []string{"interest", "hobby", "for", "life"}

// toldMost is how many shelves of their own the tiles add to a page.
const toldMost = 2

// lead is a shelf and the tile that moves it up.
type lead struct {
	catalog.Category
	tile i18n.Text
}

// shelfOf is the shelf that a tile moves up, if the shop has it.
func (s *Shop) shelfOf(tree *catalog.Tree, value string) (catalog.Category, bool) {
	slug := leadsTo[value]
	if other, ok := s.Settings.Now().TileShelves()[value]; ok {
		slug = other
	}
	if slug == "" {
		return catalog.Category{}, false
	}
	return tree.BySlug(slug)
}

// leads are the shelves that whoever asks has told us about; none where pages
// may not be personal.
func (s *Shop) leads(c echo.Context) ([]lead, error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() || !p.Personalized() {
		return nil, err
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	var all []lead
	for _, kind := range leadKinds {
		for _, value := range customer.Tiles(kind) {
			said := slices.ContainsFunc(p.Interests, func(i customer.Interest) bool { return i.Kind == kind && i.Value == value && i.Source == "said" })
			k, ok := s.shelfOf(tree, value)
			if said && ok && !slices.ContainsFunc(all, func(l lead) bool { return l.ID == k.ID }) {
				all = append(all, lead{k, customer.TileName(kind, value)})
			}
		}
	}
	return all, nil
}

// near reports whether one of two categories holds the other.
func near(tree *catalog.Tree, a, b catalog.CategoryID) bool {
	holds := func(x, y catalog.CategoryID) bool {
		return slices.ContainsFunc(tree.Path(y), func(k catalog.Category) bool { return k.ID == x })
	}
	return a != 0 && b != 0 && (holds(a, b) || holds(b, a))
}

// withTold moves the sections up that whoever asks has told us about, in the
// page's own order, and adds a shelf where the page has none for it.
func (s *Shop) withTold(c echo.Context, sections []homepage.Section) ([]homepage.Section, error) {
	leads, err := s.leads(c)
	if err != nil || len(leads) == 0 {
		return sections, err
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	var up, rest []homepage.Section
	for _, sec := range sections {
		if slices.ContainsFunc(leads, func(l lead) bool { return near(tree, sec.Category, l.ID) }) {
			up = append(up, sec)
		} else {
			rest = append(rest, sec)
		}
	}
	own := 0
	for _, l := range leads {
		if own < toldMost && !slices.ContainsFunc(up, func(sec homepage.Section) bool { return near(tree, sec.Category, l.ID) }) {
			own++
			up = append(up, homepage.Section{Kind: homepage.Category, Category: l.ID, Title: l.Name, Reason: both("shop.home.told", "tile", l.tile)})
		}
	}
	return append(up, rest...), nil
}

// toldDepartments are the departments of those shelves, first in the list of
// departments.
func (s *Shop) toldDepartments(c echo.Context) ([]catalog.CategoryID, error) {
	leads, err := s.leads(c)
	if err != nil || len(leads) == 0 {
		return nil, err
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	var all []catalog.CategoryID
	for _, l := range leads {
		if d := tree.Department(l.ID).ID; !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all, nil
}

// effects says of each tile what choosing it changes, asked of the shop itself:
// its home pages with their rules, and its shelves.
type effects struct {
	shop     *Shop
	tree     *catalog.Tree
	variants []homepage.Variant
	all      []segment.Segment
	known    segment.Known
	today    string
	off      bool
	mute     bool // goes without a home page of their own, for a test
}

func (s *Shop) effects(c echo.Context) (*effects, error) {
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	e := &effects{shop: s, off: !p.Personalized()}
	if e.off {
		return e, nil
	}
	if e.tree, err = s.tree(c); err != nil {
		return nil, err
	}
	ctx, now := c.Request().Context(), s.Now()
	if e.variants, err = s.homes.List(ctx, s.DB); err != nil {
		return nil, err
	}
	if e.all, err = s.kinds.List(ctx, s.DB); err != nil {
		return nil, err
	}
	e.today = now.In(s.Settings.Now().Zone()).Format(time.DateOnly)
	if e.known, err = segment.KnownOf(ctx, s.DB, e.all, homepage.Audiences(e.variants, e.today), p, now); err != nil {
		return nil, err
	}
	arm, err := s.arm(c, slot.Home)
	e.mute = arm == slot.Without
	return e, err
}

// page is the home page that somebody would see of whom that is known.
func (e *effects) page(k segment.Known) *homepage.Variant {
	return homepage.Choose(e.variants, func(audience string) bool {
		return slices.ContainsFunc(e.all, func(g segment.Segment) bool {
			_, in := g.Holds(k)
			return g.Key == audience && in
		})
	}, e.today)
}

// of words what a tile changes for whoever asks.
func (e *effects) of(c echo.Context, kind, value string) (string, error) {
	if e.off {
		return "", nil
	}
	with, without := e.page(e.known.Suppose(kind, value, true)), e.page(e.known.Suppose(kind, value, false))
	k, moves := e.shop.shelfOf(e.tree, value)
	title := in(c, with.Page.Title)
	opens := with.Key != without.Key && !e.mute && title != ""
	switch {
	case opens && moves:
		return t(c, "shop.tile.both", "page", title, "shelf", k.Name), nil
	case opens:
		return t(c, "shop.tile.opens", "page", title), nil
	case moves:
		return t(c, "shop.tile.moves", "shelf", k.Name), nil
	}
	return t(c, "shop.tile.nothing"), nil
}

// childShelf is the shelf that a child's size leads to.
func (s *Shop) childShelf(c echo.Context) (*crumb, error) {
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	k, ok := s.shelfOf(tree, "child")
	if !ok {
		return nil, nil
	}
	return &crumb{in(c, k.Name), web.URL(c, "/c/"+k.Slug)}, nil
}

// sized are the choices of a product that fit a child of whoever asks: by
// option, the choice whose code names a span of ages the youngest fits that any
// of them does.
func (s *Shop) sized(c echo.Context, d *catalog.Detail) (map[string]string, int, error) {
	spans := map[string][]string{}
	for _, o := range d.Options {
		for _, ch := range o.Choices {
			if customer.IsSpan(ch.Code) {
				spans[o.Code] = append(spans[o.Code], ch.Code)
			}
		}
	}
	if len(spans) == 0 {
		return nil, 0, nil
	}
	ages, err := s.ages(c)
	if err != nil {
		return nil, 0, err
	}
	for _, months := range ages {
		fits := map[string]string{}
		for option, codes := range maps.All(spans) {
			if i := slices.IndexFunc(codes, func(code string) bool { return customer.Fits(code, months) }); i >= 0 {
				fits[option] = codes[i]
			}
		}
		if len(fits) > 0 {
			return fits, months, nil
		}
	}
	return nil, 0, nil
}
