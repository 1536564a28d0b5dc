package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/art"
	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// good is a product with its row and what the simulation keeps of it.
type good struct {
	*Product
	id         catalog.ProductID
	at         int // in builder.goods
	department string
	shelf      string
	from       time.Time // on sale since
	late       bool      // one of latecomers
	head       bool      // of a chain: three things and more come along with it
	variants   []Variant
	ids        []catalog.VariantID
}

// latecomers went on sale so many days before the first start.
var latecomers = map[string]int{"SW01": 80, "EN10": 110, "HC07": 150, "GF09": 60, "IN09": 170, "BK10": 30, "PH04": 130, "SP13": 200}

func (t Text) text() i18n.Text { return i18n.Text{En: t.En, Zh: t.Zh} }

// shop sets up everything that is there before the first shopper.
func (b *builder) shop(ctx context.Context) error {
	err := b.db.InTx(ctx, func(tx *db.Tx) error {
		for _, do := range []func(context.Context, *db.Tx) error{b.settings, b.deliveries, b.assortment, b.openingSale, b.relations, b.homes, b.traits, b.staff, b.answers, b.help, b.places, b.banners} {
			if err := do(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := catalog.TurnSales(ctx, b.db, time.UTC, func() time.Time { return b.opening.AddDate(0, 0, 1) }); err != nil {
		return err
	}
	return b.live.Refresh(ctx, b.db)
}

func (b *builder) settings(ctx context.Context, tx *db.Tx) error {
	for _, s := range [][2]string{{"shop.name", "Willowmere"}, {"shop.name.zh", "柳岸"}, {"currency", "USD"}, {"currencies", "USD,CNY"}, {"loyalty.very.spend", "900, 6300 CNY"},
		// The week of specials begins with the first start, so that one goes out.
		{"specials.day", strings.ToLower(b.now.Weekday().String()[:3])}, {"specials.hour", strconv.Itoa(b.now.Hour())},
		{"service.name", "Mira Halm, at the counter"}, {"service.name.zh", "柜台的米拉"}, {"service.reach", "+1 555 0100, 9:00 to 17:00 on working days (a demo, nobody answers)"},
		{"service.reach.zh", "+1 555 0100，工作日 9:00–17:00（演示店铺，无人接听）"}, {"zone", "UTC"}, {"answer.within", "2"}, {"warranty.months", "24"},
		{"tax.rates", "DE 19, DE reduced 7, FR 20, FR reduced 5.5, GB 20, GB reduced 0, CN 13, CN reduced 9, JP 10"},
		{"payments.offered", "auto,transfer,cod"}, {"payment.cod.max", "200"},
		{"payment.transfer.details", "Holder: Willowmere (a demo, nothing is real); IBAN: XX00 0000 0000 0000; Bank: Riverside Bank"},
		{"payment.transfer.details.zh", "户名：柳岸（演示店铺，非真实账户）；账号：XX00 0000 0000 0000；开户行：河畔银行"}} {
		if err := setting.Set(ctx, tx, s[0], s[1], b.opening); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) deliveries(ctx context.Context, tx *db.Tx) error {
	standard, express := i18n.Text{En: "Standard delivery", Zh: "标准配送"}, i18n.Text{En: "Express delivery", Zh: "加急配送"}
	for _, m := range []pricing.Method{
		{Code: "standard", Currency: "USD", Position: 0, Name: standard, Price: 5_90, FreeFrom: 60_00, DaysMin: 2, DaysMax: 5},
		{Code: "express", Currency: "USD", Position: 1, Name: express, Price: 14_90, DaysMin: 1, DaysMax: 2},
		{Code: "standard", Currency: "CNY", Position: 0, Name: standard, Price: 12_00, FreeFrom: 199_00, DaysMin: 2, DaysMax: 5},
		{Code: "express", Currency: "CNY", Position: 1, Name: express, Price: 28_00, DaysMin: 1, DaysMax: 2},
	} {
		m.Active = true
		if err := pricing.PutMethod(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

// assortment writes categories, products and the opening stock.
func (b *builder) assortment(ctx context.Context, tx *db.Tx) error {
	var drafts []catalog.Draft
	b.slugs = map[string]string{}
	for i := range b.Departments {
		d := &b.Departments[i]
		parent, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: d.Code, Slug: d.Slug, Position: i, Hue: d.Hue, Form: d.Form,
			Name: d.Name.text(), Help: d.Help.text()}, b.opening)
		if err != nil {
			return err
		}
		for j := range d.Shelves {
			s := &d.Shelves[j]
			id, err := catalog.PutCategory(ctx, tx, catalog.Category{ParentID: &parent, Code: s.Code, Slug: s.Slug, Position: j, Hue: d.Hue,
				Form: s.Products[0].Form, Name: s.Name.text(), Help: s.Help.text()}, b.opening)
			if err != nil {
				return err
			}
			b.slugs[s.Code] = s.Slug
			for k := range s.Products {
				p := &s.Products[k]
				g := good{Product: p, at: len(b.goods), department: d.Code, shelf: s.Code, from: b.opening, variants: p.Variants()}
				if days, late := latecomers[p.Code]; late {
					g.from, g.late = b.now.AddDate(0, 0, -days), true
				}
				draft := g.draft(d.Hue)
				draft.CategoryID, draft.Position = &id, len(b.goods)
				drafts, b.goods = append(drafts, draft), append(b.goods, g)
			}
		}
	}
	// Prices hold since the opening: every order of the past finds its own.
	outcomes, err := catalog.PutMany(ctx, tx, drafts, b.opening)
	if err != nil {
		return err
	}
	b.byCode, b.variants, b.shelf = map[string]*good{}, map[string]catalog.VariantID{}, map[catalog.VariantID]*level{}
	for i := range b.goods {
		g, out := &b.goods[i], outcomes[i]
		if out.Err != nil {
			return fmt.Errorf("product %s: %w", g.Code, out.Err)
		}
		g.id, b.byCode[g.Code] = out.ID, g
		for _, v := range g.variants {
			id := out.Variants[v.SKU]
			g.ids, b.variants[v.SKU] = append(g.ids, id), id
			if v.Digital || len(g.Inside) > 0 {
				continue // sent by mail: nothing to count
			}
			if err := inventory.Count(ctx, tx, id, g.Stock, "opening", b.opening); err != nil {
				return err
			}
			b.shelf[id] = &level{full: g.Stock, left: g.Stock}
		}
		b.made.Variants += len(g.variants)
	}
	b.made.Products = len(b.goods)
	return b.bundles(ctx, tx)
}

// bundles puts what is in them into the boxes that are sold as one.
func (b *builder) bundles(ctx context.Context, tx *db.Tx) error {
	b.inside = map[catalog.VariantID][]catalog.VariantID{}
	for i := range b.goods {
		g := &b.goods[i]
		var parts []catalog.Component
		for _, sku := range g.Inside {
			id, ok := b.variants[sku]
			if !ok {
				return fmt.Errorf("bundle %s: there is no %s", g.Code, sku)
			}
			b.inside[g.ids[0]] = append(b.inside[g.ids[0]], id)
			parts = append(parts, catalog.Component{Variant: id, Qty: 1})
		}
		if len(parts) == 0 {
			continue
		}
		if _, err := inventory.Bundle(ctx, tx, g.ids[0], parts, b.opening); err != nil {
			return fmt.Errorf("bundle %s: %w", g.Code, err)
		}
	}
	return nil
}

// pieces are the variants that leave the shelf with one of a variant.
func (b *builder) pieces(id catalog.VariantID) []catalog.VariantID {
	if parts := b.inside[id]; len(parts) > 0 {
		return parts
	}
	return []catalog.VariantID{id}
}

func (g *good) draft(hue int) catalog.Draft {
	p := g.Product
	d := catalog.Draft{Product: catalog.Product{Code: p.Code, Slug: p.Slug, Brand: p.Brand, Name: p.Name.text(), Line: p.Line.text(), About: p.About.text(),
		Synonyms: p.Synonyms, Published: true, PublishedAt: db.At(g.from), Tier: p.Tier, Durable: p.Durable, RefillDays: p.RefillDays,
		Sensitive: p.Sensitive, Gift: p.Gift, Digital: p.Digital, GiftCard: p.GiftCard, MaxQty: p.MaxQty, Moments: p.Moments}}
	if strings.HasPrefix(p.Code, "BK") { // books and what goes with them
		d.TaxClass = "reduced"
	}
	for _, o := range p.Options {
		option := catalog.Option{Code: o.Code, Name: o.Name.text()}
		for _, v := range o.Values {
			option.Choices = append(option.Choices, catalog.Choice{Code: v.Code, Name: v.Name.text(), Accent: v.Accent})
		}
		d.Options = append(d.Options, option)
	}
	for _, v := range g.variants {
		choices := map[string]string{}
		for i, value := range v.Values {
			choices[p.Options[i].Code] = value.Code
		}
		d.Variants = append(d.Variants, catalog.DraftVariant{
			Variant: catalog.Variant{SKU: v.SKU, Choices: choices, Accent: v.Accent, Active: true},
			Prices:  map[money.Currency]catalog.PriceIn{"USD": {Amount: money.Amount(v.USD)}, "CNY": {Amount: money.Amount(v.CNY)}}})
	}
	piece := art.Piece{Form: p.Form, Hue: hue, Accent: g.variants[0].Accent, Seed: p.Code}
	d.Images = []catalog.Image{{Src: "art:" + strings.TrimSuffix(piece.Path(art.Whole, false), "-"+string(art.Whole)), Alt: p.Name.text()}}
	for _, f := range p.Facts {
		code := f.ValueCode
		if code == "" { // no filter asks for it, but a row wants one
			code = "only"
		}
		d.Facts = append(d.Facts, catalog.Fact{Key: f.Key, Name: f.Name.text(), ValueCode: code, Value: f.Value.text(), Facet: f.Facet})
	}
	return d
}

func (b *builder) relations(ctx context.Context, tx *db.Tx) error {
	for _, r := range b.Relations {
		err := catalog.PutRelation(ctx, tx, catalog.Relation{FromID: b.byCode[r.From].id, ToID: b.byCode[r.To].id, Kind: r.Kind,
			Reason: r.Reason.text(), Premise: r.Premise.text(), Source: "author", Weight: r.Weight})
		if err != nil {
			return err
		}
	}
	b.made.Relations = len(b.Relations)
	return nil
}

// segmentRules are asked in this order: what somebody is comes before what
// they like, and the narrower liking before the wider one.
var segmentRules = []struct {
	key string
	any []segment.Condition
}{
	{"student", []segment.Condition{{Fact: "life", Is: "student"}, {Fact: "occupation", Is: "student"}}},
	{"engineer", []segment.Condition{{Fact: "life", Is: "engineer"}, {Fact: "occupation", Is: "engineer"}}},
	{"teacher", []segment.Condition{{Fact: "life", Is: "teacher"}, {Fact: "occupation", Is: "teacher"}}},
	{"new-parent", []segment.Condition{{Fact: "life", Is: "parent"}}},
	{"gamer", []segment.Condition{{Fact: "hobby", Is: "gaming"}}},
	{"audio-photo", []segment.Condition{{Fact: "hobby", Is: "photography"}}},
	{"maker", []segment.Condition{{Fact: "life", Is: "maker"}, {Fact: "hobby", Is: "woodwork"}}},
	{"home-care", []segment.Condition{{Fact: "life", Is: "retired"}, {Fact: "interest", Is: "cooking"}}},
	{"gift-giver", []segment.Condition{{Fact: "interest", Is: "gifts"}}},
	{segment.Default, nil},
}

func (b *builder) homes(ctx context.Context, tx *db.Tx) error {
	tree, err := catalog.LoadTree(ctx, tx)
	if err != nil {
		return err
	}
	homes := map[string]Home{}
	for _, h := range b.Homes {
		homes[h.Segment] = h
	}
	for i, rule := range segmentRules {
		h, ok := homes[rule.key]
		if !ok {
			return fmt.Errorf("segment %s has no home page", rule.key)
		}
		about := segment.Segment{Key: h.Segment, Position: i, Name: h.Name.text(), Title: h.Title.text(), Why: h.Why.text(), Rule: segment.Rule{Any: rule.any}}
		if err := segment.Put(ctx, tx, about); err != nil {
			return err
		}
		page := homepage.Variant{Key: h.Segment, Position: i + 1, Name: about.Name, Active: true, Page: homepage.Page{Title: about.Title, Lead: about.Why}}
		if h.Segment != segment.Default {
			page.Audience = h.Segment
		}
		for _, s := range h.Sections {
			section := homepage.Section{Kind: s.Kind, Title: s.Title.text(), Reason: s.Reason.text()}
			if c, ok := tree.BySlug(s.Category); ok {
				section.Category = c.ID
				if d := tree.Department(c.ID).ID; page.Audience != "" && !slices.Contains(page.Page.Departments, d) {
					page.Page.Departments = append(page.Page.Departments, d) // the departments in the order of the shelves
				}
			}
			page.Page.Sections = append(page.Page.Sections, section)
		}
		if err := homepage.Put(ctx, tx, page, b.opening); err != nil {
			return err
		}
	}
	return segment.Ready(ctx, tx, "USD")
}

// staff makes the accounts of the back office; one hash serves everybody,
// since the password is printed on the page anyway.
func (b *builder) staff(ctx context.Context, tx *db.Tx) error {
	hash, err := b.opt.Hasher.Hash(ctx, Password)
	if err != nil {
		return err
	}
	b.hash = hash
	for _, p := range b.People.Staff {
		s, err := staff.Add(ctx, tx, p.Email, p.Name, staff.Role(p.Role), hash, b.opening)
		if err != nil {
			return err
		}
		if s.Role == staff.Support {
			b.clerk = s.ID
		}
	}
	return nil
}

// answers puts the authored question of each product under it. Who asked is
// made up, so the questions are marked.
func (b *builder) answers(ctx context.Context, tx *db.Tx) error {
	var all []ask.Question
	for i := range b.goods {
		g := &b.goods[i]
		given := b.Names.Given[i%len(b.Names.Given)]
		for _, l := range i18n.Langs {
			asked := b.now.AddDate(0, 0, -20-(i*37)%300).Add(-time.Duration(i%9) * time.Hour)
			if asked.Before(g.from) {
				asked = g.from.Add(48 * time.Hour)
			}
			all = append(all, ask.Question{Kind: "product", ProductID: &g.id, Lang: l, Name: given.text().In(l), Body: g.Question.Ask.text().In(l),
				Answer: g.Question.Answer.text().In(l), AnsweredAt: db.At(asked.Add(3 * time.Hour)), AnsweredBy: int64(b.clerk), Published: true,
				Simulated: true, CreatedAt: db.At(asked)})
		}
	}
	b.made.Questions += len(all)
	return ask.KeepMany(ctx, tx, all)
}
