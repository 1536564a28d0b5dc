package storefront

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/web"
)

// library is what is written down about what somebody asks for: the names by
// which it is called, and everything that may answer.
type library struct {
	names   []string
	sources []ask.Source
}

func (l *library) add(s ask.Source) { l.sources = append(l.sources, s) }

// stated adds a term of the shop or of the goods, with the other language's
// words for the same beside it.
func (l *library) stated(key, title, url, text string, matters ...string) {
	if text != "" {
		l.add(ask.Source{Key: key, Kind: ask.Stated, Matters: matters, Title: title, URL: url, Text: text, Says: []string{text}})
	}
}

const (
	earlierMost = 40
	nearbyMost  = 3
)

// aboutProduct gathers what is written about a product: facts, options, price,
// stock, what it goes with, its words, earlier answers, help.
func (s *Shop) aboutProduct(c echo.Context, lib *library, id catalog.ProductID) error {
	ctx := c.Request().Context()
	d, err := s.shelves.Detailed(ctx, s.DB, id, s.currency(c))
	if err != nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	url := web.URL(c, "/p/"+d.Slug)
	lib.names = append(lib.names, d.Name.En, d.Name.Zh, d.Brand, d.Synonyms)
	var shelves []catalog.CategoryID
	if d.CategoryID != nil {
		for _, k := range tree.Path(*d.CategoryID) {
			shelves = append(shelves, k.ID)
			lib.names = append(lib.names, k.Name.En, k.Name.Zh)
		}
	}
	name := in(c, d.Name)
	s.factsOf(c, lib, d, t(c, "shop.answer.facts", "name", name), url+"#facts")
	s.offerOf(c, lib, d, t(c, "shop.answer.page", "name", name), url)
	for key, text := range map[string]i18n.Text{"line": d.Line, "about": d.About} {
		shown, other := in(c, text), text.In(otherLang(c))
		lib.sources = append(lib.sources, ask.Prose(ask.Source{Key: key, Title: t(c, "shop.answer.page", "name", name), URL: url}, shown, other)...)
	}
	if err := s.fitsOf(c, lib, d.ID); err != nil {
		return err
	}
	earlier, err := ask.Answered(ctx, s.DB, d.ID, earlierMost)
	if err != nil {
		return err
	}
	for _, q := range earlier {
		lib.add(ask.Source{Key: "asked:" + q.Token, Kind: ask.Earlier, Title: t(c, "shop.answer.asked", "name", name), URL: url + "#questions",
			Asked: q.Body, Text: q.Answer, Says: []string{q.Body, q.Answer}})
	}
	return s.helpOn(c, lib, d.ID, shelves)
}

func otherLang(c echo.Context) i18n.Lang {
	if web.Lang(c) == i18n.Chinese {
		return i18n.English
	}
	return i18n.Chinese
}

// says is what some texts say in the language of the page, and in the other.
func says(c echo.Context, texts ...i18n.Text) (here, there string) {
	var h, o []string
	for _, text := range texts {
		h, o = append(h, in(c, text)), append(o, text.In(otherLang(c)))
	}
	return strings.Join(h, t(c, "shop.comma")), strings.Join(o, " ")
}

func (s *Shop) factsOf(c echo.Context, lib *library, d *catalog.Detail, title, url string) {
	at := map[string]int{}
	for _, f := range d.Facts {
		here, there := says(c, f.Value)
		if i, ok := at[f.Key]; ok { // several values of one fact are one statement
			one := &lib.sources[i]
			one.Text += t(c, "shop.comma") + here
			one.Says = append(one.Says, here, there)
			continue
		}
		at[f.Key] = len(lib.sources)
		matters := ask.MattersOf(f.Key)
		one := ask.Source{Key: "fact:" + f.Key, Kind: ask.Stated, Matters: matters, Title: title, URL: url,
			Text: t(c, "shop.answer.fact", "name", f.Name, "value", here), Says: []string{f.Name.En, f.Name.Zh, here, there}}
		if len(matters) == 0 {
			one.Name = in(c, f.Name)
		}
		lib.add(one)
	}
}

// offerOf is what the page says of choices, price, stock and delivery now.
func (s *Shop) offerOf(c echo.Context, lib *library, d *catalog.Detail, title, url string) {
	for _, o := range d.Options {
		var here, there []string
		for _, ch := range o.Choices {
			h, o := says(c, ch.Name)
			here, there = append(here, h), append(there, o)
			lib.names = append(lib.names, h, o)
		}
		matters := ask.MattersOf(o.Code)
		if o.Code == "size" {
			matters = append(matters, "volume")
		}
		if o.Code == "colour" {
			matters = append(matters, "colour")
		}
		lib.add(ask.Source{Key: "option:" + o.Code, Kind: ask.Stated, Matters: matters, Name: in(c, o.Name), Title: title, URL: url,
			Text: t(c, "shop.answer.fact", "name", o.Name, "value", strings.Join(here, t(c, "shop.comma"))),
			Says: append(append([]string{o.Name.En, o.Name.Zh}, here...), there...)})
	}
	var prices, stock []said
	var back []string
	for i := range d.Variants {
		v := &d.Variants[i]
		if !v.Active || !v.Priced {
			continue
		}
		what := choicesOf(c, d, v)
		prices = append(prices, said{what, i18n.Money(web.Lang(c), v.Price)})
		state := t(c, "shop.answer.there")
		switch {
		case v.Available == 0:
			state = t(c, "shop.sold-out")
			if due, known := v.Supply.DueAfter(s.Now()); known {
				back = append(back, t(c, "shop.answer.back", "what", what, "date", s.date(c, due)))
			}
		case v.Supply.Waits(1):
			state = s.waitText(c, v.Supply, 1)
		case v.Supply.Now > 0 && v.Supply.Now <= lowStock:
			state = t(c, "shop.left.long", "count", v.Supply.Now)
		}
		stock = append(stock, said{what, state})
	}
	lib.stated("price", title, url, merged(c, prices), "price")
	lib.stated("stock", title, url, merged(c, stock), "stock")
	lib.stated("back", title, url, strings.Join(back, " · "), "back")
	if d.Digital {
		lib.stated("delivery", title, url, t(c, "shop.promise.digital"), "delivery")
	}
	lib.stated("inside", title, url, strings.Join(insideOf(c, d), t(c, "shop.comma")), "contents")
}

func insideOf(c echo.Context, d *catalog.Detail) (all []string) {
	if v := chosen(d, nil, nil); v != nil {
		for _, k := range inside(c, v.Inside) {
			all = append(all, k.Qty+" "+k.Name)
		}
	}
	return all
}

// choicesOf names a variant by what was chosen, or by the product alone.
func choicesOf(c echo.Context, d *catalog.Detail, v *catalog.VariantInfo) string {
	var words []string
	for _, o := range d.Options {
		for _, ch := range o.Choices {
			if v.Choices[o.Code] == ch.Code {
				words = append(words, in(c, ch.Name))
			}
		}
	}
	return cmp.Or(strings.Join(words, " / "), in(c, d.Name))
}

// said is what is said of one variant.
type said struct{ what, value string }

// merged says once what holds for all variants.
func merged(c echo.Context, all []said) string {
	if len(all) == 0 {
		return ""
	}
	if !slices.ContainsFunc(all, func(x said) bool { return x.value != all[0].value }) {
		return all[0].value
	}
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = t(c, "shop.answer.fact", "name", x.what, "value", x.value)
	}
	return strings.Join(words, " · ")
}

// fitsOf is what authors wrote of how the product goes with others.
func (s *Shop) fitsOf(c echo.Context, lib *library, id catalog.ProductID) error {
	ctx := c.Request().Context()
	relations, err := s.shelves.Relations(ctx, s.DB, []catalog.ProductID{id})
	if err != nil {
		return err
	}
	relations = slices.DeleteFunc(slices.Clone(relations), func(r catalog.Relation) bool {
		return r.FromID != id || r.Source != "author" || !slices.Contains([]string{"needs", "fits", "refill", "part", "upgrade"}, r.Kind)
	})
	var ids []catalog.ProductID
	for _, r := range relations {
		ids = append(ids, r.ToID)
	}
	cards, err := s.shelves.Cards(ctx, s.DB, ids, s.currency(c))
	if err != nil {
		return err
	}
	for _, r := range relations {
		for _, k := range cards {
			if k.ID != r.ToID {
				continue
			}
			lib.add(ask.Source{Key: "relation:" + k.Slug, Kind: ask.Fits, Matters: []string{"fit"}, Title: in(c, k.Name), URL: web.URL(c, "/p/"+k.Slug),
				Text: t(c, "shop.answer.fact", "name", k.Name, "value", in(c, r.Reason)), Says: []string{k.Name.En, k.Name.Zh, r.Reason.En, r.Reason.Zh}})
		}
	}
	return nil
}

func (s *Shop) helpOn(c echo.Context, lib *library, id catalog.ProductID, shelves []catalog.CategoryID) error {
	list, err := ask.ArticlesOn(c.Request().Context(), s.DB, id, shelves)
	for i := range list {
		a := &list[i]
		lib.sources = append(lib.sources, a.Sources(ask.Source{Key: "help:" + a.Slug, Title: in(c, a.Title), URL: web.URL(c, "/help/"+a.Slug)}, web.Lang(c))...)
	}
	return err
}

// terms are what the shop says of every order: the same settings and bands as
// the pages of delivery, returns and terms. Some goods do not come back.
func (s *Shop) terms(c echo.Context, lib *library, staysSold bool) {
	returns, about := web.URL(c, "/returns"), t(c, "shop.policy.returns.title")
	if staysSold {
		lib.stated("returns", about, returns, s.policyText(c, "shop.policy.returns.3.text"), "returns")
	} else {
		lib.stated("returns", about, returns, t(c, "shop.promise.returns", "count", max(s.Settings.Now().ReturnDays(), order.WithdrawalDays)), "returns")
		lib.stated("returns-how", about, returns, s.policyText(c, "shop.policy.returns.1.text"), "returns-how")
	}
	lib.stated("refund", about, returns, s.policyText(c, "shop.policy.returns.2.text"), "refund-when")
	lib.stated("broken", about, returns, s.policyText(c, "shop.policy.returns.4.text"), "broken")
	lib.stated("warranty", t(c, "shop.policy.terms.title"), web.URL(c, "/terms"), s.policyText(c, "shop.policy.terms.4.text"), "warranty")
	lib.stated("contact", t(c, "shop.policy.imprint.title"), web.URL(c, "/imprint"), s.policyText(c, "shop.policy.imprint.2.text"), "contact")
	var ways []string
	for _, m := range s.Desk.Pay.Methods(s.Settings.Now(), payment.Bill{}) {
		ways = append(ways, in(c, m.Name))
	}
	lib.stated("payment", t(c, "shop.policy.terms.title"), web.URL(c, "/terms"), t(c, "shop.answer.payment", "ways", strings.Join(ways, t(c, "shop.comma"))), "payment")
}

// carried says when goods are there and for how much, each way of delivery.
func (s *Shop) carried(c echo.Context, lib *library, country string, w wait, methods []pricing.Method, cost func(*pricing.Method) string) {
	var all []string
	for i := range methods {
		m := &methods[i]
		all = append(all, t(c, "shop.answer.delivery", "method", m.Name, "when", s.arrival(c, m, w), "cost", cost(m)))
	}
	if len(all) > 0 {
		all = append(all, t(c, "shop.answer.delivery.to", "country", countryName(c, country)))
	}
	lib.stated("delivery", t(c, "shop.policy.delivery.title"), web.URL(c, "/delivery"), strings.Join(all, " "), "delivery")
	if n := len(lib.sources); len(all) > 0 {
		lib.sources[n-1].Says = append(lib.sources[n-1].Says, country)
	}
}

// ofProduct is the library for a question under a product.
func (s *Shop) ofProduct(c echo.Context, d *catalog.Detail) (*library, error) {
	lib := &library{}
	if err := s.aboutProduct(c, lib, d.ID); err != nil {
		return nil, err
	}
	if v := chosen(d, nil, nil); v != nil && v.Priced && !d.Digital {
		country := s.country(c, v.Price.Currency)
		methods, err := pricing.Methods(c.Request().Context(), s.DB, v.Price.Currency, country, "")
		if err != nil {
			return nil, err
		}
		s.carried(c, lib, country, s.waitFor(v.Supply, 1), methods, func(m *pricing.Method) string {
			if fee := m.Cost(v.Price.Amount); fee > 0 {
				return s.money(c, fee, v.Price.Currency)
			}
			return t(c, "shop.sum.free")
		})
	}
	s.terms(c, lib, d.Digital || d.Sensitive)
	return lib, nil
}

// ofCart is the library for a question about an order that is being made, or
// about one of the goods in it.
func (s *Shop) ofCart(c echo.Context, view *cart.View, country string, about catalog.ProductID) (*library, error) {
	lib := &library{}
	if about != 0 {
		if err := s.aboutProduct(c, lib, about); err != nil {
			return nil, err
		}
	} else if err := s.helpOn(c, lib, 0, nil); err != nil {
		return nil, err
	}
	who, err := s.asks(c, view.Cart)
	if err != nil {
		return nil, err
	}
	who.Country = cmp.Or(country, s.country(c, view.Cart.Currency))
	offer, err := s.Desk.OfferTo(c.Request().Context(), s.DB, view, who)
	if err != nil {
		return nil, err
	}
	s.carried(c, lib, who.Country, s.waitOf(view.Items), offer.Methods, func(m *pricing.Method) string {
		if q := offer.With(m.Code); q != nil && q.Delivery > 0 {
			return s.money(c, q.Delivery, q.Currency)
		}
		return t(c, "shop.sum.free")
	})
	stays := slices.ContainsFunc(view.Items, func(i cart.Item) bool {
		return (about == 0 || i.Buyable.ProductID == about) && (i.Buyable.Sensitive || i.Buyable.Digital)
	})
	s.terms(c, lib, stays)
	return lib, nil
}

// asksAbout is which of the cart's goods a question names, 0 for none or several.
func asksAbout(view *cart.View, chosen, question string) catalog.ProductID {
	var named []catalog.ProductID
	for _, item := range view.Items {
		b := item.Buyable
		if b.Slug == chosen {
			return b.ProductID
		}
		if ask.Names(question, b.Name.En, b.Name.Zh) && !slices.Contains(named, b.ProductID) {
			named = append(named, b.ProductID)
		}
	}
	if products := view.Products(); len(named) == 0 && len(products) == 1 {
		return products[0]
	}
	if len(named) == 1 {
		return named[0]
	}
	return 0
}

// instant looks for an answer that is written down.
func (s *Shop) instant(c echo.Context, question string, lib *library) *answerView {
	found, ok := ask.Instant(question, lib.names, lib.sources)
	if !ok {
		return nil
	}
	return &answerView{Key: found.Key, Asked: found.Asked, Text: found.Text, Title: found.Title, URL: found.URL}
}

// nearby is what was answered about another of the shelf's goods to the same
// question: not an answer, but where one may look.
func (s *Shop) nearby(ctx context.Context, c echo.Context, id catalog.ProductID, question string, lib *library) (*nearView, error) {
	list, err := ask.Nearby(ctx, s.DB, id, web.Lang(c), earlierMost)
	var sources []ask.Source
	names := slices.Clone(lib.names)
	for i, q := range list {
		names = append(names, q.ProductName.En, q.ProductName.Zh)
		sources = append(sources, ask.Source{Key: strconv.Itoa(i), Kind: ask.Earlier, Text: q.Answer, Says: []string{q.Body, q.Answer}})
	}
	found, ok := ask.Instant(question, names, sources)
	if !ok {
		return nil, err
	}
	i, _ := strconv.Atoi(found.Key)
	q := list[i]
	return &nearView{Body: q.Body, Answer: q.Answer, Name: in(c, q.ProductName), URL: web.URL(c, "/p/"+q.ProductSlug+"#questions")}, err
}
