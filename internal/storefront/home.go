package storefront

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// homeSections is how many shelves a home page shows, unless more are written.
const homeSections = 5

// shelfCards is how many cards a shelf shows.
const shelfCards = homepage.Cards

// welcome is the home page of whoever asks, as page and API show it.
type welcome struct {
	Variant, Segment string
	Title, Reason    i18n.Text
	Hero             *catalog.Card // chosen by hand; nil: the first shelf's first
	Departments      []catalog.CategoryID
	Continue         []marked
	Sections         []welcomeSection
	look             *lookNotice // staff look at it
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
	Words         []i18n.Text // to search for
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
	Banner                 *strip
	Hint                   *hint
	Look                   *lookNotice
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
	s.note(c, event.Event{Kind: event.HomeSeen, Detail: w.Segment})
	return s.showHome(c, w)
}

func (s *Shop) showHome(c echo.Context, w *welcome) error {
	p := homePage{Page: s.titled(c, w.Title), Heading: in(c, w.Title), Lead: in(c, w.Reason),
		Change: t(c, "shop.home.change"), ChangeURL: web.URL(c, "/account/interests")}
	p.Title, p.Description, p.Look = p.ShopName, t(c, "shop.home.description"), w.look
	if w.Segment != segment.Default {
		p.Change = t(c, "shop.home.not-you")
	}
	if w.Hero != nil {
		s.heroOf(c, &p, *w.Hero, web.URL(c, "/p/"+w.Hero.Slug), t(c, "shop.home.see", "shelf", w.Hero.Name))
	}
	for i, sec := range w.Sections {
		sh := s.homeShelf(c, "s"+string(rune('1'+i)), sec)
		p.Sections = append(p.Sections, sh)
		if len(sec.Cards) > 0 && (p.Hero == nil || p.HeroURL == "" && sh.More != "") { // the first shelf that leads on
			s.heroOf(c, &p, sec.Cards[0], sh.More, t(c, "shop.home.see", "shelf", sec.Title))
		}
	}
	pieces := firsts(w.Sections)
	if life := heroStill(c, pieces); w.Hero == nil && life != nil {
		p.Hero = life
	}
	if len(pieces) > 0 && w.Segment == segment.Default {
		s.preview(&p.Page, pieces[0].Hue, pieces)
	}
	if len(w.Continue) > 0 {
		p.Continue = &shelf{ID: "continue", Title: t(c, "shop.home.continue"), Why: t(c, "shop.home.continue.why")}
		mark := s.stand(c, slot.Section("continue"), s.visit(c).audience, nil)
		for _, m := range w.Continue {
			p.Continue.Cards = append(p.Continue.Cards, tagged(s.badged(c, m.card, t(c, m.mark), ""), mark))
		}
	}
	if err := s.tiles(c, &p, w.Departments); err != nil {
		return err
	}
	var err error
	if p.Banner, err = s.banner(c, slot.BannerHome, ""); err != nil {
		return err
	}
	if p.Hint, err = s.hint(c); err != nil {
		return err
	}
	s.showed(c)
	return web.Render(c, http.StatusOK, "storefront/home", &p)
}

// homeShelf is a section as its template draws it.
func (s *Shop) homeShelf(c echo.Context, id string, sec welcomeSection) shelf {
	sh := shelf{ID: id, Title: in(c, sec.Title), Why: in(c, sec.Reason), Cards: s.section(c, sec.Kind, sec.Cards)}
	if sec.More != "" {
		sh.More, sh.MoreText = web.URL(c, sec.More), t(c, "shop.see-all")
	}
	for _, w := range sec.Words {
		sh.Words = append(sh.Words, crumb{in(c, w), web.URL(c, "/search") + "?q=" + url.QueryEscape(in(c, w))})
	}
	return sh
}

func (s *Shop) heroOf(c echo.Context, p *homePage, k catalog.Card, to, text string) {
	hero := s.picture(c, k.Image, art.Moment)
	hero.Eager, hero.Alt = true, ""
	p.Hero, p.HeroURL, p.HeroText = &hero, to, text
}

// tiles are the departments, those of the variant first. The menu above keeps
// one order on all pages (WCAG 3.2.3).
func (s *Shop) tiles(c echo.Context, p *homePage, first []catalog.CategoryID) error {
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	for _, d := range homepage.Arranged(tree.Roots(), first) {
		a := art.Piece{Form: d.Form, Hue: d.Hue}
		if !slices.Contains(art.Forms(), d.Form) {
			a = plain
		}
		p.Tiles = append(p.Tiles, deptTile{web.URL(c, "/c/"+d.Slug), in(c, d.Name), drawn(c, a, art.Whole, picture{})})
	}
	return nil
}

// at is the moment a page is for: now, unless staff look at another day.
func (s *Shop) at(c echo.Context) time.Time {
	if look := s.visit(c).look; look != nil && !look.on.IsZero() {
		return look.on
	}
	return s.Now()
}

// front chooses the variant for whoever asks, with the sentence that says why
// it is theirs; none for what everybody may see. Strangers and people with
// personal pages switched off are in no segment, and for them nothing is read.
func (s *Shop) front(c echo.Context) (*homepage.Variant, i18n.Text, error) {
	ctx, now := c.Request().Context(), s.at(c)
	variants, err := s.homes.List(ctx, s.DB)
	if err != nil {
		return nil, i18n.Text{}, err
	}
	today := now.In(s.Settings.Now().Zone()).Format(time.DateOnly)
	reasons, err := s.audiences(c, homepage.Audiences(variants, today), now)
	if err != nil {
		return nil, i18n.Text{}, err
	}
	v := homepage.Choose(variants, func(key string) bool { _, ok := reasons[key]; return ok }, today)
	v, err = s.withOrWithout(c, v, func() *homepage.Variant {
		return homepage.Choose(variants, func(string) bool { return false }, today)
	})
	if err != nil {
		return nil, i18n.Text{}, err
	}
	if look := s.visit(c).look; look != nil {
		v = look.shown(v)
	}
	return v, reasons[v.Audience], nil
}

// audiences tells which of some segments whoever asks is in, each with its
// reason.
func (s *Shop) audiences(c echo.Context, asked []string, now time.Time) (map[string]i18n.Text, error) {
	if look := s.visit(c).look; look != nil && look.as != "" {
		return map[string]i18n.Text{look.as: look.why}, nil
	}
	p, err := s.person(c)
	if err != nil || len(asked) == 0 || !p.SignedIn() || !p.Personalized() {
		return nil, err
	}
	ctx := c.Request().Context()
	all, err := s.kinds.List(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	known, err := segment.KnownOf(ctx, s.DB, all, asked, p, now)
	if err != nil {
		return nil, err
	}
	in := map[string]i18n.Text{}
	for _, g := range all {
		if reason, ok := g.Holds(known); ok && slices.Contains(asked, g.Key) {
			in[g.Key] = reason
		}
	}
	return in, nil
}

// welcome puts the home page of whoever asks together. No product stands on it
// twice.
func (s *Shop) welcome(c echo.Context) (*welcome, error) {
	v, reason, err := s.front(c)
	if err != nil {
		return nil, err
	}
	w := &welcome{Variant: v.Key, Segment: segment.Default, Title: v.Page.Title, Reason: reason, Departments: v.Page.Departments}
	if v.Audience != "" {
		w.Segment = v.Audience
	}
	if w.Reason == (i18n.Text{}) {
		w.Reason = v.Page.Lead
	}
	if w.Title.En == "" {
		w.Title, w.Reason = both("shop.home.title"), both("shop.home.lead")
	}
	told, err := s.toldDepartments(c)
	if err != nil {
		return nil, err
	}
	w.Departments = slices.Concat(told, w.Departments)
	sections, err := s.withTold(c, v.Page.Sections)
	if err != nil {
		return nil, err
	}
	if sections, err = s.withOwn(c, sections); err != nil {
		return nil, err
	}
	if sections, err = s.withLooked(c, sections); err != nil {
		return nil, err
	}
	if w.Continue, err = s.unfinished(c); err != nil {
		return nil, err
	}
	shown := map[catalog.ProductID]bool{}
	for _, m := range w.Continue {
		shown[m.card.ID] = true
	}
	if w.Hero, err = s.hero(c, v.Page.Hero, shown); err != nil {
		return nil, err
	}
	most := max(homeSections, len(v.Page.Sections))
	if w.Sections, err = s.fill(c, sections, most, shown); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(w.Sections, func(sec welcomeSection) bool { return len(sec.Cards) > 0 }) {
		// Nothing is written yet, as after an import, or nothing of it can be bought.
		var rest []welcomeSection
		rest, err = s.fill(c, unwritten(), homeSections, shown)
		w.Sections = append(w.Sections, rest...)
	}
	if err != nil {
		return nil, err
	}
	return w, s.holdBack(c, w)
}

// unwritten is what a home page shows that nobody has written.
func unwritten() []homepage.Section {
	return []homepage.Section{{Kind: homepage.Best, Title: both("shop.home.best"), Reason: both("shop.home.best.why")},
		{Kind: homepage.New, Title: both("shop.home.new"), Reason: both("shop.home.new.why")}}
}

// hero reads the product whose picture was chosen, if it can be bought and
// stands nowhere else on the page.
func (s *Shop) hero(c echo.Context, id catalog.ProductID, shown map[catalog.ProductID]bool) (*catalog.Card, error) {
	if id == 0 || shown[id] {
		return nil, nil
	}
	found, err := s.shelves.Cards(c.Request().Context(), s.DB, []catalog.ProductID{id}, s.currency(c))
	if err != nil || len(found) == 0 || !found[0].InStock || found[0].Sensitive {
		return nil, err
	}
	shown[id] = true
	return &found[0], nil
}

// regular is from how many orders on a person's own purchases lead the home
// page; before, the segment does, which is a guess for people we do not know yet.
const regular = 3

// withOwn adds the sections that follow from what the person bought, where the
// page does not say itself where they stand. Their words are the shop's own:
// what is said of a person must be true of them.
func (s *Shop) withOwn(c echo.Context, sections []homepage.Section) ([]homepage.Section, error) {
	past, err := s.past(c)
	if err != nil {
		return nil, err
	}
	if like, some, err := s.like(c, past.orders); err != nil {
		return nil, err
	} else if some {
		sections = slices.Insert(slices.Clone(sections), min(likeAfter, len(sections)), like)
	}
	if past.orders == 0 {
		return sections, nil
	}
	own := []homepage.Section{
		{Kind: homepage.Again, Title: both("shop.home.again"), Reason: both("shop.home.again.why")},
		{Kind: homepage.Goes, Title: both("shop.home.goes"), Reason: both("shop.home.goes.why")},
	}
	written := slices.Clone(sections)
	for i, sec := range written {
		if at := slices.IndexFunc(own, func(o homepage.Section) bool { return o.Kind == sec.Kind }); at >= 0 {
			written[i].Title, written[i].Reason = own[at].Title, own[at].Reason
			own = slices.Delete(own, at, at+1)
		}
	}
	if past.orders >= regular || len(written) == 0 {
		return append(own, written...), nil
	}
	return slices.Concat(written[:1], own, written[1:]), nil
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
	views, _, err := s.views(c)
	if err != nil {
		return nil, err
	}
	ids = append(ids, lastSeen(views)...)
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
