package storefront

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/pricing"
	"regulars/internal/slot"
	"regulars/internal/web"
)

type productPage struct {
	web.Page
	Name, Line   string
	About        string
	Crumbs       crumbs
	Shelf        *crumb
	View         picture
	Thumbs       []thumb
	Price        price
	PriceNote    string
	Options      []optionView
	SizeNote     string // why a size is chosen already
	SKU          string
	Buyable      bool
	BuyText      string
	Qty          string
	StockText    string
	OwnURL       string       // the shopper's own order that keeps the last of it
	Inside       []insideView // of a bundle
	Note         *web.Notice  // what became of adding; plain text
	Added        bool
	Drawer       *drawer
	Promises     []string
	Facts        []factView
	Chain        *chain
	Along        *along // what goes with it, once it was added
	Alternatives *shelf
	Looked       *shelf
	Questions    []questionView
	Ask          askBox
	Help         []crumb // articles about it
	LD           map[string]any
	Trail        map[string]any // the crumbs as schema.org has them
	SelfURL      string
	CompareURL   string
	CartText     string
	Via          string // the place that led here, for the cart
	Reviews      reviewsBox
	Owned        *ownedLine     // said to its owner alone
	Back         *backBox       // to be told when it is there again
	KeepURL      string         // to be saved to a list
	rating       map[string]any // of real people, as schema.org has it
}

type (
	thumb struct {
		URL, Alt string
		Picture  picture
		Current  bool
	}
	choiceView struct {
		URL, Text, Note, Hidden, Swatch string
		Out, Low, Current               bool
	}
	optionView struct {
		Code, Name, Chosen string
		Choices            []choiceView
	}
	factView     struct{ Name, Value string }
	questionView struct {
		Body, Asked, Answer, Answered string
		Lang                          string
	}
)

// found is the published product of a slug, or the address it moved to.
func (s *Shop) found(c echo.Context) (*catalog.Product, string, error) {
	ctx, slug := c.Request().Context(), c.Param("slug")
	p, err := s.shelves.BySlug(ctx, s.DB, slug)
	if err == nil || fault.Kind(err) != fault.NotFound {
		return p, "", err
	}
	now, is, moveErr := catalog.Moved(ctx, s.DB, "product", slug)
	if moveErr != nil || !is {
		return nil, "", cmp.Or(moveErr, s.gone(c, err))
	}
	return nil, now, nil
}

func (s *Shop) product(c echo.Context) error {
	p, now, err := s.found(c)
	if fault.Kind(err) == fault.Gone {
		return s.showGone(c)
	}
	if err != nil {
		return err
	}
	if now != "" {
		return moved(c, "/p/"+now)
	}
	page, err := s.productPage(c, p.ID, c.QueryParams())
	if err != nil {
		return err
	}
	s.note(c, event.Event{Kind: event.ItemSeen, ProductID: int64(p.ID), Detail: page.SKU})
	if !page.Buyable {
		s.note(c, event.Event{Kind: event.StockLost, ProductID: int64(p.ID), Detail: "seen"})
	}
	s.clicked(c, p.ID)
	s.showed(c)
	return web.Render(c, http.StatusOK, "storefront/product", page)
}

// productPage reads and words everything about a product, with the variant
// that query chooses.
func (s *Shop) productPage(c echo.Context, id catalog.ProductID, query url.Values) (*productPage, error) {
	ctx := c.Request().Context()
	d, err := s.shelves.Detailed(ctx, s.DB, id, s.currency(c))
	if err != nil {
		return nil, err
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	fits, months, err := s.sized(c, d)
	if err != nil {
		return nil, err
	}
	v := chosen(d, query, fits)
	p := &productPage{Page: s.titled(c, d.Name), Name: in(c, d.Name), Line: in(c, d.Line), About: in(c, d.About), Qty: wanted(query),
		SelfURL: web.URL(c, "/p/"+d.Slug), CompareURL: compareURL(c, []string{d.Slug}), CartText: t(c, "shop.buy.see-cart")}
	p.Description = p.Line
	if m, _ := s.via(c); m.Slot != "" {
		p.Via = m.Carry()
	}
	var path []catalog.Category
	if d.CategoryID != nil {
		if path = tree.Path(*d.CategoryID); len(path) > 0 {
			k := path[len(path)-1]
			p.Shelf = &crumb{in(c, k.Name), web.URL(c, "/c/"+k.Slug)}
		}
	}
	p.Crumbs = s.trail(c, path, p.Name)
	s.gallery(c, p, d, v, query.Get("view"))
	s.previewOf(&p.Page, d.Images)
	p.Options = s.options(c, d, v)
	p.SizeNote = sizeNote(c, d, v, fits, months)
	if err := s.offer(c, p, d, v); err != nil {
		return nil, err
	}
	if p.SKU != "" && !d.GiftCard {
		p.KeepURL = web.URL(c, saveURL(v.SKU))
	}
	p.Facts = facts(c, d.Facts)
	if p.Owned, err = s.ownsLine(c, d); err != nil {
		return nil, err
	}
	if err := s.around(c, p, d); err != nil {
		return nil, err
	}
	if err := s.withReviews(c, p, d); err != nil {
		return nil, err
	}
	p.Trail = s.linkedTrail(c, path, p.Name)
	if p.LD = s.linked(c, d, v); p.rating != nil {
		p.LD["aggregateRating"] = p.rating
	}
	return p, nil
}

// chosen is the variant an address names: by ?v=SKU, else by its options, as
// many as can be met, one that can be had before one that cannot. Without any
// it is the one that the card offers; before that, one that fits.
func chosen(d *catalog.Detail, query url.Values, fits map[string]string) *catalog.VariantInfo {
	var best *catalog.VariantInfo
	bestScore := -1
	for i := range d.Variants {
		v := &d.Variants[i]
		if !v.Active {
			continue
		}
		score := 0
		if sku := query.Get("v"); sku != "" && sku == v.SKU {
			score += 1000
		}
		for _, o := range d.Options {
			if want := query.Get(o.Code); want != "" && v.Choices[o.Code] == want {
				score += 100
			} else if want == "" && fits[o.Code] != "" && fits[o.Code] == v.Choices[o.Code] {
				score += 3
			}
		}
		if v.SKU == d.Card.SKU {
			score += 2
		}
		if v.Priced && v.Available != 0 {
			score += 4
		}
		if score > bestScore {
			best, bestScore = v, score
		}
	}
	return best
}

// sizeNote says why a size is chosen, where it is the child's.
func sizeNote(c echo.Context, d *catalog.Detail, v *catalog.VariantInfo, fits map[string]string, months int) string {
	if v == nil {
		return ""
	}
	for _, o := range d.Options {
		for _, ch := range o.Choices {
			if fits[o.Code] == ch.Code && v.Choices[o.Code] == ch.Code {
				return t(c, "shop.child.size", "age", ageOf(c, months), "size", ch.Name)
			}
		}
	}
	return ""
}

func (s *Shop) gallery(c echo.Context, p *productPage, d *catalog.Detail, v *catalog.VariantInfo, view string) {
	images := d.Images
	if len(images) == 0 {
		// A made-up drawing in four views would promise a look that nobody knows.
		p.View = s.picture(c, withoutPicture(d.Code), art.Whole)
		p.View.Alt, p.View.Eager = p.Name, true
		return
	}
	add := func(code string, pic picture, alt string) {
		q := url.Values{}
		if v != nil && len(d.Variants) > 1 {
			q.Set("v", v.SKU)
		}
		if len(p.Thumbs) > 0 {
			q.Set("view", code)
		}
		pic.Eager = true
		p.Thumbs = append(p.Thumbs, thumb{URL: withQuery(p.SelfURL, s.kept(c, q)), Alt: alt, Picture: pic, Current: code == view})
	}
	for i, img := range images {
		if v != nil {
			img = img.WithAccent(v.Accent)
		}
		if i > 0 || len(img.Src) > 6 && img.Src[:6] == "media:" {
			add("p"+strconv.Itoa(i+1), s.picture(c, img, art.Whole), in(c, img.Alt))
			continue
		}
		colour := ""
		if v != nil {
			if k, ok := art.Colours()[v.Accent]; ok {
				colour = i18n.Text{En: strings.ToLower(k.Name.En), Zh: k.Name.Zh}.In(web.Lang(c))
			}
		}
		for _, scene := range art.Scenes() {
			pic := s.picture(c, img, scene)
			pic.Alt = t(c, "shop.picture."+string(scene), "name", in(c, d.Name))
			if colour != "" {
				pic.Alt = t(c, "shop.picture."+string(scene)+".colour", "name", in(c, d.Name), "colour", colour)
			}
			add(string(scene), pic, t(c, "shop.view."+string(scene)))
		}
	}
	at := max(slices.IndexFunc(p.Thumbs, func(x thumb) bool { return x.Current }), 0)
	p.Thumbs[at].Current = true
	p.View = p.Thumbs[at].Picture.as(stageWide)
	if p.View.Alt == "" {
		p.View.Alt = p.Name
	}
	if len(p.Thumbs) == 1 {
		p.Thumbs = nil
	}
}

// options words each question with one link a choice: the address of the
// variant that differs from the chosen one in this alone.
func (s *Shop) options(c echo.Context, d *catalog.Detail, at *catalog.VariantInfo) []optionView {
	var out []optionView
	if at == nil {
		return nil
	}
	colours := art.Colours()
	for _, o := range d.Options {
		view := optionView{Code: o.Code, Name: in(c, o.Name)}
		for _, ch := range o.Choices {
			q := url.Values{}
			for _, each := range d.Options {
				q.Set(each.Code, at.Choices[each.Code])
			}
			q.Set(o.Code, ch.Code)
			k := choiceView{URL: withQuery(web.URL(c, "/p/"+d.Slug), s.kept(c, q)), Text: in(c, ch.Name), Current: at.Choices[o.Code] == ch.Code}
			if colour, ok := colours[ch.Accent]; ok && ch.Accent != "" {
				k.Swatch = colour.Hex()
			}
			if k.Current {
				view.Chosen = k.Text
			}
			v := variantWith(d, q)
			switch {
			case v == nil || !v.Priced:
				k.Out, k.Hidden = true, t(c, "shop.option.none")
			case v.Available == 0:
				k.Out, k.Hidden = true, t(c, "shop.option.sold-out")
			case v.Supply.Waits(1):
				k.Note = t(c, map[bool]string{true: "shop.preorder", false: "shop.later"}[v.Supply.Preorder])
			case v.Supply.Now > 0 && v.Supply.Now <= lowStock:
				k.Low, k.Note = true, t(c, "shop.left", "count", v.Supply.Now)
			}
			view.Choices = append(view.Choices, k)
		}
		out = append(out, view)
	}
	return out
}

func variantWith(d *catalog.Detail, q url.Values) *catalog.VariantInfo {
	for i := range d.Variants {
		v := &d.Variants[i]
		if !v.Active {
			continue
		}
		same := true
		for _, o := range d.Options {
			same = same && v.Choices[o.Code] == q.Get(o.Code)
		}
		if same {
			return v
		}
	}
	return nil
}

// offer words price, stock, button and delivery of the chosen variant.
func (s *Shop) offer(c echo.Context, p *productPage, d *catalog.Detail, v *catalog.VariantInfo) error {
	if v == nil || !v.Priced {
		p.StockText = t(c, "shop.not-sold")
		return nil
	}
	p.Inside = inside(c, v.Inside)
	p.SKU, p.Price = v.SKU, s.price(c, v.Price, v.Was, v.Said, false)
	var notes []string
	if v.Sale != (i18n.Text{}) {
		notes = append(notes, t(c, "shop.price.sale", "name", v.Sale))
	}
	groups, err := s.groupPrices(c, d, v)
	if err != nil {
		return err
	}
	notes = append(notes, groups...)
	if only, err := s.forOwners(c, v.ID); err != nil {
		return err
	} else if only != "" {
		notes = append(notes, only)
	}
	if says := pricing.TaxesIn(s.Settings.Now(), s.country(c, v.Price.Currency), "").Says(d.TaxClass); says != "" {
		notes = append(notes, t(c, says))
	}
	p.PriceNote = strings.Join(notes, " · ")
	if v.Available == 0 {
		return s.soldOut(c, p, v)
	}
	p.Buyable, p.BuyText = true, t(c, "shop.buy.add", "price", v.Price)
	waits := s.waitFor(v.Supply, 1)
	switch {
	case waits.late:
		p.StockText = s.waitText(c, v.Supply, 1)
		if v.Supply.Preorder {
			p.BuyText = t(c, "shop.buy.preorder", "price", v.Price)
		}
	case v.Supply.Now > 0 && v.Supply.Now <= lowStock:
		p.StockText = t(c, "shop.left.long", "count", v.Supply.Now)
	}
	if d.Digital {
		p.Promises = []string{t(c, "shop.promise.digital")}
		return nil
	}
	methods, err := pricing.Methods(c.Request().Context(), s.DB, v.Price.Currency, s.country(c, v.Price.Currency), "")
	if err != nil {
		return err
	}
	if len(methods) > 0 {
		m := &methods[0]
		key := "shop.promise.delivery"
		if m.Cost(v.Price.Amount) == 0 {
			key = "shop.promise.delivery.free"
		}
		if waits.late && !waits.known {
			key = "shop.promise.delivery.later"
		}
		p.Promises = append(p.Promises, t(c, key, "when", s.arrival(c, m, waits), "cost", s.money(c, m.Cost(v.Price.Amount), v.Price.Currency)))
		if free := m.FreeAt(v.Price.Amount); free > 0 {
			p.Promises = append(p.Promises, t(c, "shop.promise.free-from", "price", s.money(c, free, v.Price.Currency)))
		}
	}
	p.Promises = append(p.Promises, t(c, "shop.promise.returns", "count", max(s.Settings.Now().ReturnDays(), order.WithdrawalDays)))
	return nil
}

func facts(c echo.Context, list []catalog.Fact) []factView {
	var out []factView
	at := map[string]int{}
	for _, f := range list {
		if i, ok := at[f.Key]; ok {
			out[i].Value += t(c, "shop.comma") + in(c, f.Value)
			continue
		}
		at[f.Key] = len(out)
		out = append(out, factView{in(c, f.Name), in(c, f.Value)})
	}
	return out
}

// around reads what stands below the product itself.
func (s *Shop) around(c echo.Context, p *productPage, d *catalog.Detail) error {
	ctx := c.Request().Context()
	found, err := s.suggest(c, []catalog.ProductID{d.ID}, 12)
	if err != nil {
		return err
	}
	if found, err = s.tested(c, d, found); err != nil {
		return err
	}
	if !p.Buyable {
		if p.Alternatives, err = s.alternatives(c, d); err != nil {
			return err
		}
	}
	instead := s.standing(c, slot.Alternatives)
	found = slices.DeleteFunc(found, func(f suggestion) bool { return instead[f.Card.ID] })
	goes, looked, err := s.withLookedAt(c, d.ID, slices.Clone(found), instead, lookedCards)
	if err != nil {
		return err
	}
	if p.Looked = s.lookedShelf(c, pageName(d), looked); p.Looked == nil {
		goes = found
	}
	p.Ask = askBox{Action: web.URL(c, "/p/"+d.Slug+"/questions#questions")}
	if err := s.askForm(c, &p.Ask); err != nil {
		return err
	}
	p.Chain = s.chained(c, t(c, "shop.chain.title", "name", d.Name), goes)
	questions, err := ask.OfProduct(ctx, s.DB, d.ID, web.Lang(c), 20)
	if err != nil {
		return err
	}
	if p.Help, err = s.helpLinks(c, d); err != nil {
		return err
	}
	zone := s.Settings.Now().Zone()
	for _, q := range questions {
		view := questionView{Body: q.Body, Answer: q.Answer, Asked: t(c, "shop.ask.asked", "date", q.CreatedAt.In(zone)), Lang: q.Lang.Tag()}
		if q.Answer != "" {
			view.Answered = t(c, "shop.ask.answered", "shop", p.ShopName)
		}
		p.Questions = append(p.Questions, view)
	}
	return nil
}

// linked is the product as schema.org names it; page, feed and this show one
// price.
func (s *Shop) linked(c echo.Context, d *catalog.Detail, v *catalog.VariantInfo) map[string]any {
	out := map[string]any{"@context": "https://schema.org", "@type": "Product", "name": in(c, d.Name), "description": in(c, d.Line), "sku": d.Card.SKU}
	if len(d.Images) > 0 {
		if at := s.linkedPicture(d.Images[0]); at != "" {
			out["image"] = []string{at}
		}
	}
	if d.Brand != "" {
		out["brand"] = map[string]any{"@type": "Brand", "name": d.Brand}
	}
	if v != nil && v.Priced {
		out["sku"] = v.SKU
		state, due := v.Supply.Listed(s.Now())
		offer := map[string]any{"@type": "Offer", "price": v.Price.Amount.Decimal(v.Price.Currency), "priceCurrency": string(v.Price.Currency),
			"availability": schemaStock[state], "url": s.Web.AbsoluteURL(web.Lang(c), "/p/"+d.Slug)}
		if !due.IsZero() {
			offer["availabilityStarts"] = due.In(s.Settings.Now().Zone()).Format(time.DateOnly)
		}
		out["offers"] = offer
	}
	return out
}
