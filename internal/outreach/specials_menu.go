package outreach

import (
	"context"
	"maps"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/segment"
)

const (
	newFor      = 60 * 24 * time.Hour // how long a product is new
	menuFrom    = 120                 // candidates of each kind
	mostNewTwos = 24                  // sets that are tried until one is new to somebody
)

// menus is what the shop has to offer in one moment: read once for many people.
type menus struct {
	desk *Desk
	now  time.Time

	week     string
	variants []homepage.Variant
	segments []segment.Segment
	tree     *catalog.Tree
	dishes   map[money.Currency][]dish
}

// dish is a product that may be among the specials, with what speaks for it.
type dish struct {
	pick
	base float64
}

// read fills the menu of a week in a currency.
func (m *menus) read(ctx context.Context, week string, currency money.Currency) ([]dish, error) {
	q := m.desk.DB
	if m.week != week {
		*m = menus{desk: m.desk, now: m.now, week: week, dishes: map[money.Currency][]dish{}}
		var err error
		if m.variants, err = homepage.List(ctx, q); err != nil {
			return nil, err
		}
		if m.segments, err = segment.List(ctx, q); err != nil {
			return nil, err
		}
		if m.tree, err = catalog.LoadTree(ctx, q); err != nil {
			return nil, err
		}
	}
	if all, ok := m.dishes[currency]; ok {
		return all, nil
	}
	hand, err := SpecialPicks(ctx, q, week)
	if err != nil {
		return nil, err
	}
	reduced, err := catalog.Reduced(ctx, q, currency)
	if err != nil {
		return nil, err
	}
	newest, err := catalog.List(ctx, q, catalog.ListQuery{Sort: "new", InStock: true, PerPage: 100, Currency: currency})
	if err != nil {
		return nil, err
	}
	var popular []catalog.ProductID
	if m.desk.Engine != nil {
		for _, s := range m.desk.Engine.Model().Popular(menuFrom, nil) {
			popular = append(popular, catalog.ProductID(s.Product))
		}
	}
	ids := slices.Concat(hand, popular)
	for _, k := range newest.Cards {
		ids = append(ids, k.ID)
	}
	cheaper := slices.Sorted(maps.Keys(reduced))
	ids = append(ids, cheaper[:min(len(cheaper), 2*menuFrom)]...)
	cards, err := cardsOf(ctx, q, ids, currency)
	if err != nil {
		return nil, err
	}
	m.dishes[currency] = m.weigh(cards, hand, popular, reduced)
	return m.dishes[currency], nil
}

// weigh says of each product why it is a special, the strongest reason first:
// chosen by hand, reduced, new, sold most.
func (m *menus) weigh(cards map[catalog.ProductID]catalog.Card, hand, popular []catalog.ProductID, reduced map[catalog.ProductID]bool) []dish {
	zone := m.desk.Settings.Now().Zone()
	var all []dish
	for id, k := range cards {
		if !k.InStock || k.Waits || k.Sensitive {
			continue
		}
		d := dish{pick: pick{Card: k}}
		if i := slices.Index(popular, id); i >= 0 {
			d.base, d.Reason = 1+float64(len(popular)-i)/float64(len(popular)), inBoth("mail.special.best")
			if m.desk.Demo {
				d.Reason = inBoth("mail.special.best.simulated")
			}
		}
		if m.now.Sub(k.PublishedAt.Time) < newFor && !k.PublishedAt.IsZero() {
			d.base, d.Reason = d.base+2, i18n.Text{En: i18n.T(i18n.English, "mail.special.new", "date", i18n.Date(i18n.English, k.PublishedAt.In(zone))),
				Zh: i18n.T(i18n.Chinese, "mail.special.new", "date", i18n.Date(i18n.Chinese, k.PublishedAt.In(zone)))}
		}
		if reduced[id] && k.Was > k.Price.Amount {
			was := money.Price{Amount: k.Was, Currency: k.Price.Currency}
			d.base, d.Reason = d.base+3, i18n.Text{En: i18n.T(i18n.English, "mail.special.reduced", "was", i18n.Money(i18n.English, was)),
				Zh: i18n.T(i18n.Chinese, "mail.special.reduced", "was", i18n.Money(i18n.Chinese, was))}
		}
		if i := slices.Index(hand, id); i >= 0 {
			d.base = 1000 - float64(i)
			if d.Reason.En == "" {
				d.Reason = inBoth("mail.special.hand")
			}
		}
		if d.base > 0 {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b dish) int { return int(a.Card.ID - b.Card.ID) })
	return all
}

// of chooses for one person: the home page's shelves of their segment and the
// shelves they bought from come first; nothing durable they own, and no set
// they were sent within a year. Guests, and who does not allow personal pages,
// get what the shop offers everybody.
func (m *menus) of(ctx context.Context, week, email string, c *customer.Customer) ([]pick, error) {
	all, err := m.read(ctx, week, readsIn(m.desk.Settings.Now(), c))
	if err != nil {
		return nil, err
	}
	shelves, own, has, err := m.tastes(ctx, c)
	if err != nil {
		return nil, err
	}
	before, err := sentBefore(ctx, m.desk.DB, SpecialsMail, email, c, m.now.AddDate(-1, 0, 0))
	if err != nil {
		return nil, err
	}
	return m.choose(ctx, all, func(k catalog.Card) (float64, bool) {
		extra := 0.0
		if shelves[k.CategoryID] {
			extra += 4
		}
		return extra + min(2, float64(own[k.CategoryID])), !(has[k.ID] && k.Durable)
	}, before)
}

// forVariant is what people of a home page get who are not known further.
func (m *menus) forVariant(ctx context.Context, week, variant string) ([]pick, error) {
	all, err := m.read(ctx, week, m.desk.Settings.Now().Currency())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.variants, func(v homepage.Variant) bool { return v.Key == variant })
	shelves := map[catalog.CategoryID]bool{}
	if i >= 0 {
		shelves = m.shelvesOf(&m.variants[i])
	}
	return m.choose(ctx, all, func(k catalog.Card) (float64, bool) {
		if shelves[k.CategoryID] {
			return 4, true
		}
		return 0, true
	}, nil)
}

// choose takes the best four, one of a shelf at first, as they are at this
// moment; where the same were sent before, the last of them gives way to the
// next best.
func (m *menus) choose(ctx context.Context, all []dish, like func(catalog.Card) (float64, bool), before map[string]bool) ([]pick, error) {
	type scored struct {
		pick
		score float64
	}
	var list []scored
	for _, d := range all {
		if extra, ok := like(d.Card); ok {
			list = append(list, scored{d.pick, d.base + extra})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	found := make([]pick, 0, mostNewTwos)
	for _, s := range list[:min(len(list), 3*mostNewTwos)] {
		found = append(found, s.pick)
	}
	if len(found) == 0 {
		return nil, nil
	}
	// Asked anew: what was sold since the menu was read is not on it.
	ranked, err := stocked(ctx, m.desk.DB, found, found[0].Card.Price.Currency, mostNewTwos, func(catalog.Card) bool { return true })
	if err != nil {
		return nil, err
	}
	return fresh(SpecialsMail, ranked, before), nil
}

// fresh is the best set that was not sent before, nil if there is none.
func fresh(kind string, ranked []pick, before map[string]bool) []pick {
	n := min(specialGoods, len(ranked))
	if n < leastSpecial {
		return nil
	}
	for next := n; ; next++ {
		set := slices.Clone(ranked[:n])
		if next > n {
			set[n-1] = ranked[next-1]
		}
		if !before[printOf(kind, set)] {
			return set
		}
		if next >= len(ranked) {
			return nil
		}
	}
}

// tastes are the shelves of somebody's home page, how often they bought from a
// shelf, and what they own.
func (m *menus) tastes(ctx context.Context, c *customer.Customer) (shelves map[catalog.CategoryID]bool, own map[catalog.CategoryID]int, has map[catalog.ProductID]bool, err error) {
	today := m.now.In(m.desk.Settings.Now().Zone()).Format(time.DateOnly)
	if c == nil {
		return m.shelvesOf(homepage.Choose(m.variants, func(string) bool { return false }, today)), nil, nil, nil
	}
	p, err := customer.Read(ctx, m.desk.DB, "", c.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	in := map[string]bool{}
	if p.Personalized() {
		known, err := segment.KnownOf(ctx, m.desk.DB, m.segments, homepage.Audiences(m.variants, today), p, m.now)
		if err != nil {
			return nil, nil, nil, err
		}
		for _, g := range m.segments {
			_, in[g.Key] = g.Holds(known)
		}
	}
	shelves = m.shelvesOf(homepage.Choose(m.variants, func(key string) bool { return in[key] }, today))
	if !p.MayUseHistory() {
		return shelves, nil, nil, nil
	}
	past, err := purchases(ctx, m.desk.DB, c.ID)
	if err != nil {
		return nil, nil, nil, err
	}
	own, has = map[catalog.CategoryID]int{}, map[catalog.ProductID]bool{}
	ids := make([]catalog.ProductID, len(past))
	for i, b := range past {
		ids[i], has[b.ProductID] = b.ProductID, true
	}
	cards, err := cardsOf(ctx, m.desk.DB, ids, m.desk.Settings.Now().Currency())
	for _, k := range cards {
		if !k.Sensitive {
			own[k.CategoryID]++
		}
	}
	return shelves, own, has, err
}

// shelvesOf are the shelves that a home page speaks of.
func (m *menus) shelvesOf(v *homepage.Variant) map[catalog.CategoryID]bool {
	all := map[catalog.CategoryID]bool{}
	roots := slices.Clone(v.Page.Departments)
	for _, s := range v.Page.Sections {
		roots = append(roots, s.Category)
	}
	for _, root := range roots {
		if root == 0 {
			continue
		}
		for _, id := range m.tree.Under(root) {
			all[id] = true
		}
	}
	return all
}

// Shown is a special as a preview shows it.
type Shown struct {
	Card   catalog.Card
	Reason i18n.Text
}

// PreviewSpecials is what people of a home page (variant), or one account (c),
// would get in a week, were it sent now. Nothing is written.
func (d *Desk) PreviewSpecials(ctx context.Context, week, variant string, c *customer.Customer, now time.Time) ([]Shown, error) {
	m := menus{desk: d, now: now}
	var picks []pick
	var err error
	if c != nil {
		picks, err = m.of(ctx, week, c.Email, c)
	} else {
		picks, err = m.forVariant(ctx, week, variant)
	}
	out := make([]Shown, len(picks))
	for i, p := range picks {
		out[i] = Shown(p)
	}
	return out, err
}
