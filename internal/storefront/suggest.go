package storefront

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/recommend"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// Suggestion limits: what an address may ask for, what one shelf may fill, and
// how many of eight places purchases hold beside what the author wrote.
const (
	suggestUsual  = 8
	suggestMost   = 24
	perShelf      = 2
	dataShare     = 4 // one place in so many
	leastToShow   = 2 // fewer good ones make no block (ux.md G7)
	modelAsked    = 60
	historyOrders = 200
	mostBuilding  = 4 // of a complex chain
)

// A purchase stands below an authored reason of middle weight.
const purchaseScore = 0.6

// groupOf says under which heading a relation stands and whether it is a
// simple chain or presumes something about the shopper. What is not here
// (instead, replaced, never) is not suggested.
var groupOf = map[string]struct{ group, kind string }{
	"needs":   {"needed", "simple"},
	"fits":    {"needed", "simple"},
	"refill":  {"needed", "simple"},
	"part":    {"needed", "simple"},
	"moment":  {"moment", "simple"},
	"next":    {"moment", "simple"},
	"upgrade": {"needed", "simple"},
	"alike":   {"alike", "complex"},
}

// suggestion is one product that goes well with what is at hand, with a
// reason that is literally true.
type suggestion struct {
	Card    catalog.Card
	Group   string // needed, moment, bought, alike, shelf, near, now
	Kind    string // simple, complex
	Score   float64
	Reason  i18n.Text
	Premise i18n.Text // of a complex one: what it presumes
	data    bool
	nature  bool              // like it by what it is; nobody wrote and nobody bought it
	yours   bool              // rests on what is held about whoever asks
	hop     bool              // a second hop: reads whole only after its premise
	from    catalog.ProductID // of an authored one: the product at hand
	mark    slot.Mark         // where on the page it stands
}

// alone is the reason where no heading tells the premise.
func (f suggestion) alone() i18n.Text {
	if !f.hop {
		return f.Reason
	}
	return i18n.Text{En: f.Premise.En + " " + f.Reason.En, Zh: f.Premise.In(i18n.Chinese) + f.Reason.In(i18n.Chinese)}
}

// suggest answers what goes well with the products at hand: for the product
// page, the cart, what was just added, and the API. It never names a product
// at hand, in the cart, already owned and durable, sold out, sensitive, or one
// that an author said never goes with these.
func (s *Shop) suggest(c echo.Context, at []catalog.ProductID, limit int) ([]suggestion, error) {
	if len(at) == 0 || limit < 1 {
		return nil, nil
	}
	ctx := c.Request().Context()
	found, never, err := s.authored(ctx, at)
	if err != nil {
		return nil, err
	}
	model := s.Engine.Model()
	bought := model.Suggest(recommend.Query{Cart: models(at), K: modelAsked})
	ids := slices.Clone(at)
	for _, f := range found {
		ids = append(ids, f.Card.ID)
	}
	for _, b := range bought {
		ids = append(ids, catalog.ProductID(b.Product))
	}
	ids = unique(ids)
	list, err := s.shelves.Cards(ctx, s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	cards := map[catalog.ProductID]catalog.Card{}
	for _, k := range list {
		cards[k.ID] = k
	}
	for _, b := range bought {
		if f, ok := s.purchase(model, b, cards); ok {
			found = append(found, f)
		}
	}
	presumed, err := s.presume(c, at, cards)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(f suggestion) bool {
		return f.Kind == "complex" && !presumed.rests(f.from, cards[f.Card.ID])
	})
	lists, err := s.building(c, presumed, complexOf(found))
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(lists...) {
		cards[f.Card.ID], ids = f.Card, append(ids, f.Card.ID)
	}
	barred, err := s.barred(c, at, unique(ids))
	if err != nil {
		return nil, err
	}
	may := func(f suggestion) bool {
		k, ok := cards[f.Card.ID]
		return ok && k.InStock && !k.Sensitive && !never[k.ID] && !barred.holds(k)
	}
	found = slices.DeleteFunc(found, func(f suggestion) bool { return !may(f) })
	for i := range found {
		found[i].Card = cards[found[i].Card.ID]
	}
	chosen := withChain(found, lists, limit, may, presumed)
	if len(chosen) < min(limit, leastToShow) {
		return s.resembling(c, at, chosen, barred, limit)
	}
	return chosen, nil
}

func complexOf(found []suggestion) (alike []suggestion) {
	for _, f := range found {
		if f.Kind == "complex" {
			alike = append(alike, f)
		}
	}
	return alike
}

// withChain chooses the simple ones and, in a third of the places at most, the
// complex chain below them: what was counted first, then what an author wrote.
// Of a full chain the last place is the author's if it leads to a department
// that was not counted: numbers crowd out no written word.
func withChain(found []suggestion, lists [][]suggestion, limit int, may func(suggestion) bool, p *presumption) []suggestion {
	places := min(mostBuilding, (limit+1)/3)
	picked := deal(lists, places, func(f suggestion) bool {
		return may(f) && !slices.ContainsFunc(found, func(s suggestion) bool { return s.Kind == "simple" && s.Card.ID == f.Card.ID })
	})
	if len(picked) == 0 {
		return choose(found, limit)
	}
	written := slices.DeleteFunc(complexOf(found), func(f suggestion) bool {
		return slices.ContainsFunc(picked, func(p suggestion) bool { return p.Card.ID == f.Card.ID })
	})
	counted := func(f suggestion) bool {
		return slices.ContainsFunc(picked, func(k suggestion) bool { return p.department(k) == p.department(f) })
	}
	slices.SortStableFunc(written, func(a, b suggestion) int {
		switch was, is := counted(a), counted(b); {
		case was == is:
			return 0
		case was:
			return 1
		}
		return -1
	})
	if len(written) > 0 && len(picked) == places && places > 1 && !counted(written[0]) {
		picked = picked[:places-1]
	}
	picked = append(picked, written[:min(len(written), places-len(picked))]...)
	simple := slices.DeleteFunc(found, func(f suggestion) bool { return f.Kind == "complex" })
	return append(choose(simple, limit-len(picked)), picked...)
}

// authored reads what the shop's own people wrote, and the pairs they forbid.
func (s *Shop) authored(ctx context.Context, at []catalog.ProductID) ([]suggestion, map[catalog.ProductID]bool, error) {
	relations, err := s.shelves.Relations(ctx, s.DB, at)
	if err != nil {
		return nil, nil, err
	}
	never := map[catalog.ProductID]bool{}
	var found []suggestion
	for _, r := range relations {
		if r.Kind == "never" {
			never[r.ToID] = true
		}
		g, ok := groupOf[r.Kind]
		if !ok || r.Reason.En == "" {
			continue
		}
		found = append(found, suggestion{Card: catalog.Card{ID: r.ToID}, Group: g.group, Kind: g.kind, Score: r.Weight, Reason: r.Reason, Premise: r.Premise, from: r.FromID})
	}
	return found, never, nil
}

// purchase words what the model found, if it is worth a sentence.
func (s *Shop) purchase(m *recommend.Model, b recommend.Suggestion, cards map[catalog.ProductID]catalog.Card) (suggestion, bool) {
	because, known := cards[catalog.ProductID(b.Because)]
	together, of, worth := goesWith(m, b)
	if !known || !worth {
		return suggestion{}, false
	}
	key := "shop.suggest.together"
	if s.Demo {
		key = "shop.suggest.together.simulated"
	}
	reason := both(key, "name", because.Name, "n", together, "m", of)
	return suggestion{Card: catalog.Card{ID: catalog.ProductID(b.Product)}, Group: "bought", Kind: "simple",
		Score: purchaseScore * float64(together) / float64(of), Reason: reason, data: true}, true
}

// goesWith counts the orders behind what the model found, and tells whether
// they say enough.
func goesWith(m *recommend.Model, b recommend.Suggestion) (together, of int, worth bool) {
	return m.Worth(b)
}

func both(key string, args ...any) i18n.Text {
	return i18n.Text{En: i18n.T(i18n.English, key, args...), Zh: i18n.T(i18n.Chinese, key, args...)}
}

// excluded is what this person is not shown.
type excluded struct{ ids, owned map[catalog.ProductID]bool }

func (x excluded) holds(k catalog.Card) bool { return x.ids[k.ID] || x.owned[k.ID] && k.Durable }

// barred gathers what is at hand, in the cart and owned, what is inside bundles
// of the first two, and the candidates
// that themselves say never about something at hand.
func (s *Shop) barred(c echo.Context, at, candidates []catalog.ProductID) (excluded, error) {
	x := excluded{map[catalog.ProductID]bool{}, map[catalog.ProductID]bool{}}
	for _, id := range at {
		x.ids[id] = true
	}
	ctx := c.Request().Context()
	back, err := s.shelves.Relations(ctx, s.DB, candidates)
	if err != nil {
		return x, err
	}
	for _, r := range back {
		if r.Kind == "never" && slices.Contains(at, r.ToID) {
			x.ids[r.FromID] = true
		}
	}
	inCart, err := s.inCart(c)
	if err != nil {
		return x, err
	}
	for _, id := range inCart {
		x.ids[id] = true
	}
	inside, err := s.shelves.Inside(ctx, s.DB)
	if err != nil {
		return x, err
	}
	for _, bundle := range slices.Concat(at, inCart) { // whoever has the box has what is in it
		for _, id := range inside[bundle] {
			x.ids[id] = true
		}
	}
	past, err := s.past(c)
	for _, id := range past.products {
		x.owned[id] = true
	}
	return x, err
}

// inCart lists the products in the person's open cart.
func (s *Shop) inCart(c echo.Context) ([]catalog.ProductID, error) {
	open, count, err := s.openCart(c)
	if err != nil || count == 0 {
		return nil, err
	}
	v := s.visit(c)
	if v.goodsOf == open { // a page asks for each of its blocks
		return slices.Clip(v.goods), nil
	}
	ctx := c.Request().Context()
	lines, err := cart.Lines(ctx, s.DB, open.ID)
	if err != nil {
		return nil, err
	}
	variants := make([]catalog.VariantID, len(lines))
	for i, l := range lines {
		variants[i] = l.VariantID
	}
	if v.goods, err = s.shelves.ProductsOf(ctx, s.DB, variants); err == nil {
		v.goodsOf = open
	}
	return slices.Clip(v.goods), err
}

// past is what a person bought, the oldest first: a product and a time for each
// line of an order. It is empty for whoever did not allow its use.
type past struct {
	products []catalog.ProductID
	at       []time.Time
	orders   int
}

// newest lists the different products, the last bought first.
func (p past) newest() []catalog.ProductID {
	back := slices.Clone(p.products)
	slices.Reverse(back)
	return unique(back)
}

// past reads the purchases of whoever asks, once a request.
func (s *Shop) past(c echo.Context) (past, error) {
	v := s.visit(c)
	if v.past != nil {
		return *v.past, nil
	}
	p, err := s.person(c)
	if err != nil || !p.MayUseHistory() {
		return past{}, err
	}
	ctx := c.Request().Context()
	ago, err := order.LongAgoOf(ctx, s.DB, p.CustomerID())
	if err != nil {
		return past{}, err
	}
	orders, _, err := order.Since(ctx, s.DB, p.CustomerID(), ago.Through.Time, historyOrders)
	if err != nil {
		return past{}, err
	}
	orders = slices.DeleteFunc(orders, func(o order.Order) bool {
		return o.State == order.Cancelled || o.PaymentState != order.Paid && o.PaymentState != order.PartlyRefunded && o.PaymentState != order.Processing
	})
	slices.Reverse(orders)
	ids := make([]order.ID, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	lines, err := order.LinesOf(ctx, s.DB, ids)
	if err != nil {
		return past{}, err
	}
	v.past = &past{orders: ago.Orders + len(orders)}
	for _, g := range slices.Backward(ago.Goods) { // the month is all that is known
		v.past.products, v.past.at = append(v.past.products, g.ProductID), append(v.past.at, order.MonthStart(g.LastMonth, s.Settings.Now().Zone()))
	}
	for _, o := range orders {
		for _, l := range lines[o.ID] {
			if l.Qty > l.CancelledQty {
				v.past.products, v.past.at = append(v.past.products, l.ProductID), append(v.past.at, o.PlacedAt.Time)
			}
		}
	}
	return *v.past, nil
}

// choose takes the best, at most two of a shelf, with a first round that gives
// every shelf one: a bottle's page shows food and clothes before a third teat.
func choose(found []suggestion, limit int) []suggestion {
	slices.SortStableFunc(found, func(a, b suggestion) int { return cmp.Compare(b.Score, a.Score) })
	purchases := 0
	for _, f := range found {
		if f.data {
			purchases++
		}
	}
	written := limit - min(limit/dataShare, purchases)
	taken, shelves := map[catalog.ProductID]bool{}, map[catalog.CategoryID]int{}
	var out []suggestion
	take := func(most, cap int, want func(suggestion) bool) {
		for _, f := range found {
			if len(out) < most && !taken[f.Card.ID] && want(f) && (f.Card.CategoryID == 0 || shelves[f.Card.CategoryID] < cap) {
				taken[f.Card.ID] = true
				shelves[f.Card.CategoryID]++
				out = append(out, f)
			}
		}
	}
	author, data := func(f suggestion) bool { return !f.data }, func(f suggestion) bool { return f.data }
	take(written, 1, author)
	take(written, perShelf, author)
	take(limit, perShelf, data)
	take(limit, perShelf, author)
	slices.SortStableFunc(out, func(a, b suggestion) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

func models(ids []catalog.ProductID) []recommend.ProductID {
	out := make([]recommend.ProductID, len(ids))
	for i, id := range ids {
		out[i] = recommend.ProductID(id)
	}
	return out
}

func unique(ids []catalog.ProductID) []catalog.ProductID {
	seen := map[catalog.ProductID]bool{}
	out := make([]catalog.ProductID, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// chain is the block "goes well with".
type chain struct {
	Title, WhyTitle, Why string
	Yours                string // where to take out what it rests on, "" if it rests on nobody
	Groups               []shelf
}

// chained groups suggestions by the job they do, at most four each. Fewer than
// two make no block.
func (s *Shop) chained(c echo.Context, title string, found []suggestion) *chain {
	if len(found) < leastToShow {
		return nil
	}
	out := &chain{Title: title, WhyTitle: t(c, "shop.chain.why"), Why: t(c, "shop.chain.why.text")}
	if n := s.Engine.Model().Orders(); n > 0 {
		key := "shop.chain.why.orders"
		if s.Demo {
			key = "shop.chain.why.orders.simulated"
		}
		out.Why += " " + t(c, key, "count", n, "date", s.Engine.Model().Newest().In(s.Settings.Now().Zone()))
	}
	stood := map[slot.Mark][]catalog.Card{}
	for _, name := range []string{"needed", "moment", "bought", "alike", "shelf", "near", "now"} {
		g := shelf{ID: "chain-" + name, Title: t(c, "shop.chain."+name)}
		for _, f := range found {
			if f.Group == name && len(g.Cards) < 4 {
				g.Cards = append(g.Cards, tagged(s.card(c, f.Card, in(c, f.Reason)), f.mark))
				stood[f.mark] = append(stood[f.mark], f.Card)
				if g.Why == "" && f.Kind == "complex" {
					g.Why = in(c, f.Premise)
				}
				if f.yours {
					out.Yours = web.URL(c, "/account/privacy#traits")
				}
			}
		}
		if len(g.Cards) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	for m, list := range stood {
		if m.Arm != slot.Without { // counted where it was taken out
			s.stands(c, m, list)
		}
	}
	return out
}
