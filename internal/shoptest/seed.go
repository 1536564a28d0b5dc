package shoptest

import (
	"context"
	"strings"
	"time"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/search"
	"regulars/internal/segment"
	"regulars/internal/slot"
)

// everybodySees lets nobody go without a place of the shop: tests of pages must
// not hang on who was drawn. A test of a holdout says so itself.
func everybodySees(ctx context.Context, tx *db.Tx, now time.Time) error {
	for _, s := range slot.Slots {
		if s.Held == slot.Always {
			continue
		}
		if err := slot.SetHeld(ctx, tx, s.Key, 0, 0, now); err != nil {
			return err
		}
	}
	return nil
}

func text(en, zh string) i18n.Text { return i18n.Text{En: en, Zh: zh} }

// product is a line of the table below. Stock -1 is not counted.
type product struct {
	code, shelf, form string
	name              i18n.Text
	usd               money.Amount
	stock             int
	durable           bool
	sensitive         bool
}

var shelves = []struct {
	department, slug string
	name             i18n.Text
	hue              int
	form             string
}{
	{"", "baby", text("Baby & Nursery", "母婴"), 25, "bottle"},
	{"baby", "feeding", text("Feeding", "喂养"), 25, ""},
	{"baby", "food", text("Baby food", "辅食"), 25, ""},
	{"baby", "clothes", text("Clothes", "衣物"), 25, ""},
	{"baby", "toys", text("Toys", "玩具"), 25, ""},
	{"", "books", text("Books & Study", "书与学习"), 285, "book"},
	{"books", "reference", text("Reference & exams", "参考与考试"), 285, ""},
	{"", "tools", text("Tools & Workshop", "工具"), 70, "case"},
	{"tools", "drills", text("Drills", "电钻"), 70, ""},
}

// products has one with options (BB01), one sold out (TL02), one sensitive
// (BB07), one low (BB12), one not counted (BK03).
var products = []product{
	{"BB01", "feeding", "bottle", text("Calm Bottle", "安静奶瓶"), 1200, 40, true, false},
	{"BB02", "feeding", "pot", text("Bottle Warmer", "暖奶器"), 3900, 12, true, false},
	{"BB03", "feeding", "pack", text("Spare Teats", "备用奶嘴"), 900, 60, false, false},
	{"BB05", "food", "tin", text("First Porridge", "第一口米粉"), 600, 30, false, false},
	{"BB07", "food", "tin", text("Infant Formula", "婴儿配方奶粉"), 2900, 30, false, true},
	{"BB09", "clothes", "garment", text("Cotton Bodies", "棉连体衣"), 1900, 25, false, false},
	{"BB12", "toys", "toy", text("Stacking Rings", "叠叠圈"), 1500, 3, true, false},
	{"BK01", "reference", "book", text("Calculus, Slowly", "慢慢学微积分"), 2900, 50, true, false},
	{"BK02", "reference", "notebook", text("Squared Notebook", "方格本"), 500, 80, false, false},
	{"BK03", "reference", "lamp", text("Desk Lamp", "台灯"), 4500, -1, true, false},
	{"TL01", "drills", "pistol", text("Drill Driver", "电钻"), 8900, 9, true, false},
	{"TL02", "drills", "pistol", text("Jig Saw", "曲线锯"), 7900, 0, true, false},
}

var relations = []struct {
	from, to, kind string
	reason         i18n.Text
	weight         float64
}{
	{"BB01", "BB03", "needs", text("Three spare teats, fit both sizes", "备用奶嘴三只，两种容量都能用"), .98},
	{"BB01", "BB02", "fits", text("Warms the 150 and the 240 ml bottle", "150 和 240 毫升都能温"), .95},
	{"BB01", "BB05", "moment", text("First spoon food, from 4 months", "第一口辅食，四个月起"), .8},
	{"BB01", "BB07", "moment", text("Fits in the bottle", "可用这款奶瓶冲调"), .79},
	{"BB01", "BB09", "moment", text("Cotton bodies from newborn to 18 months", "棉连体衣，初生到 18 个月"), .76},
	{"BB01", "BB12", "moment", text("Rings to stack, from 6 months", "可叠的木圈，六个月起"), .7},
	{"BB01", "TL02", "alike", text("For the crib", "用来做婴儿床"), .3},
	{"BB01", "TL01", "never", text("Not for children", "不适合儿童"), 1},
	{"TL02", "TL01", "instead", text("Also cuts round holes", "也能开圆孔"), 1},
}

func (s *Shop) seed() {
	s.t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		ids := map[string]catalog.CategoryID{}
		for i, k := range shelves {
			c := catalog.Category{Code: strings.ToUpper(k.slug), Slug: k.slug, Position: i, Hue: k.hue, Form: k.form, Name: k.name, Help: text("Help for "+k.name.En, k.name.Zh+"的说明")}
			if parent, ok := ids[k.department]; ok {
				c.ParentID = &parent
			}
			id, err := catalog.PutCategory(ctx, tx, c, s.now)
			if err != nil {
				return err
			}
			ids[k.slug] = id
		}
		for i, p := range products {
			if err := s.put(ctx, tx, i, p, ids[p.shelf]); err != nil {
				return err
			}
		}
		for _, r := range relations {
			if err := catalog.PutRelation(ctx, tx, catalog.Relation{FromID: s.Products[r.from], ToID: s.Products[r.to], Kind: r.kind, Reason: r.reason, Source: "author", Weight: r.weight}); err != nil {
				return err
			}
		}
		if err := everybodySees(ctx, tx, s.now); err != nil {
			return err
		}
		for _, m := range []pricing.Method{
			{Code: "standard", Currency: "USD", Name: text("Standard", "普通配送"), Price: 420, FreeFrom: 10_000, DaysMin: 2, DaysMax: 5, Active: true},
			{Code: "express", Currency: "USD", Position: 1, Name: text("Express", "快速配送"), Price: 1500, DaysMin: 1, DaysMax: 1, Active: true},
		} {
			if err := pricing.PutMethod(ctx, tx, m); err != nil {
				return err
			}
		}
		if err := homes(ctx, tx, ids, s.now); err != nil {
			return err
		}
		return s.people(ctx, tx)
	})
	if err := search.Rebuild(context.Background(), s.DB); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Shop) put(ctx context.Context, tx *db.Tx, position int, p product, shelf catalog.CategoryID) error {
	d := catalog.Draft{
		Product: catalog.Product{Code: p.code, Slug: catalog.Slug(p.name.En), CategoryID: &shelf, Brand: "Pipkin", Name: p.name, Line: text("The line of "+p.name.En, p.name.Zh+"的一句话"),
			About: text("About "+p.name.En, "关于"+p.name.Zh), Published: true, Tier: "good", Durable: p.durable, Sensitive: p.sensitive, Position: position},
		Images: []catalog.Image{{Src: "art:" + p.form + "-25-_-" + p.code, Alt: p.name}},
		Facts:  []catalog.Fact{{Key: "material", Name: text("Material", "材质"), ValueCode: "m" + p.code[3:], Value: text("Material "+p.code[3:], "材质 "+p.code[3:]), Facet: true}},
	}
	plain := catalog.DraftVariant{Variant: catalog.Variant{SKU: p.code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: p.usd}}}
	d.Variants = []catalog.DraftVariant{plain}
	if p.code == "BB01" {
		d.Options = []catalog.Option{
			{Code: "size", Position: 1, Name: text("Size", "容量"), Choices: []catalog.Choice{{Code: "150", Name: text("150 ml", "150 毫升")}, {Code: "240", Name: text("240 ml", "240 毫升")}}},
			{Code: "colour", Position: 2, Name: text("Colour", "颜色"), Choices: []catalog.Choice{{Code: "aqua", Name: text("Aqua", "水蓝"), Accent: "aqua"}, {Code: "rose", Name: text("Rose", "蔷薇粉"), Accent: "rose"}}},
		}
		d.Variants = nil
		// 240 ml in rose is not made; 150 ml in rose is sold out below.
		for _, v := range []struct {
			sku, size, colour string
			price             money.Amount
		}{{"BB01-150-AQUA", "150", "aqua", 1200}, {"BB01-150-ROSE", "150", "rose", 1200}, {"BB01-240-AQUA", "240", "aqua", 1400}} {
			d.Variants = append(d.Variants, catalog.DraftVariant{Variant: catalog.Variant{SKU: v.sku, Choices: map[string]string{"size": v.size, "colour": v.colour}, Accent: v.colour, Active: true},
				Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: v.price}}})
		}
	}
	id, _, variants, err := catalog.Put(ctx, tx, d, s.now)
	if err != nil {
		return err
	}
	s.Products[p.code] = id
	if p.stock < 0 {
		return nil
	}
	for sku, v := range variants {
		stock := p.stock
		if sku == "BB01-150-ROSE" {
			stock = 0
		}
		if err := inventory.Count(ctx, tx, v, stock, "opening:"+sku, s.now); err != nil {
			return err
		}
	}
	return nil
}

func homes(ctx context.Context, tx *db.Tx, ids map[string]catalog.CategoryID, now time.Time) error {
	section := func(kind, slug, en, zh string) homepage.Section {
		return homepage.Section{Kind: kind, Category: ids[slug], Title: text(en, zh), Reason: text("Reason: "+en, "理由："+zh)}
	}
	student := segment.Segment{Key: "student", Position: 1, Name: text("Students", "学生"), Title: text("For the term ahead", "为新学期准备"), Why: text("Because you study", "因为您在读书"),
		Rule: segment.Rule{Any: []segment.Condition{{Fact: "life", Is: "student"}}}}
	neutral := segment.Segment{Key: segment.Default, Position: 99, Name: text("Everybody", "所有人"), Title: text("For everybody", "给每个人"), Why: text("The same for everybody", "人人相同")}
	for _, err := range []error{
		segment.Put(ctx, tx, student), segment.Put(ctx, tx, neutral),
		homepage.Put(ctx, tx, homepage.Variant{Key: student.Key, Position: 1, Name: student.Name, Audience: student.Key, Active: true, Page: homepage.Page{Title: student.Title, Lead: student.Why, Sections: []homepage.Section{
			section("category", "reference", "Reference", "参考"), section("category", "drills", "Drills", "电钻")}}}, now),
		homepage.Put(ctx, tx, homepage.Variant{Key: homepage.Default, Name: neutral.Name, Active: true, Page: homepage.Page{Title: neutral.Title, Lead: neutral.Why, Sections: []homepage.Section{
			section("category", "baby", "Baby", "母婴"), section("best", "", "Best", "热卖"), section("new", "", "New", "新品")}}}, now),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// SetPrice changes what a variant costs from now on.
func (s *Shop) SetPrice(sku string, usd money.Amount) {
	s.t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		v, err := catalog.VariantBySKU(ctx, tx, sku)
		if err != nil {
			return err
		}
		return catalog.SetPrice(ctx, tx, v.ID, "USD", usd, 0, s.Now())
	})
}

// Rename gives a product another slug.
func (s *Shop) Rename(code, slug string) {
	s.t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		p, err := catalog.ByCode(ctx, tx, code)
		if err != nil {
			return err
		}
		return catalog.Save(ctx, tx, p.ID, p.Version, catalog.Edit{Slug: slug, CategoryID: p.CategoryID, Brand: p.Brand, Name: p.Name, Line: p.Line, About: p.About,
			Synonyms: p.Synonyms, Published: p.Published, MaxQty: p.MaxQty}, s.Now())
	})
}

// AnswerAll answers every open question and publishes those about products.
func (s *Shop) AnswerAll(answer string) {
	s.t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		list, _, err := ask.List(ctx, tx, ask.Filter{Open: true})
		if err != nil {
			return err
		}
		for _, q := range list {
			if _, err := ask.Answer(ctx, tx, q.Token, 1, answer, q.Kind == "product", s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}
