package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/web"
)

// variantsAtOnce rows stand in one form: five inputs each stay under what a
// form may send.
const variantsAtOnce = 25

var (
	tiers    = []string{"plain", "good", "fine"}
	flags    = []string{"published", "durable", "sensitive", "gift", "digital", "gift_card"}
	textKeys = []string{"name_en", "name_zh", "line_en", "line_zh", "about_en", "about_zh", "slug", "brand", "synonyms", "category", "tier", "tax_class", "max_qty", "refill_days"}
)

type editorPage struct {
	Own bool // costs can be typed
	web.Page
	Code, Shop string
	Version    int
	In         inputs
	Errors     web.FormErrors
	Stale      []difference
	Categories []choice
	Tiers      []choice
	TaxClasses []choice
	Currencies []chip
	Currency   money.Currency
	Rows       []variantRow
	Pager      pager
	Flags      []flagRow
	Pictures   []thumb
	Write      bool

	Gone          []goneRow
	GoneSimulated bool
}

type difference struct{ Label, Stored, Yours string }

type flagRow struct {
	Name, Text, Note string
	On               bool
}

type variantRow struct {
	SKU, Words        string
	Price, Was, Stock string
	Cost              string
	Seen              string // the stock that this form was drawn with
	Counts, Active    bool   // an inactive variant is not counted
	Promised          int
	Asked             string // what shoppers pay by a sale; "" without one

	PriceBad, WasBad, StockBad, CostBad web.FieldError
}

// editing is a product as the editor works on it.
type editing struct {
	*catalog.Detail
	tree     *catalog.Tree
	levels   map[catalog.VariantID]inventory.Level
	currency money.Currency
	own      bool // it is the shop's own, which costs are in
	costs    map[catalog.VariantID]money.Amount
	page     int
	shown    []catalog.VariantInfo // the variants of this page
}

func (o *Office) editing(c echo.Context, q db.Q) (*editing, error) {
	ctx := c.Request().Context()
	found, err := catalog.ByCode(ctx, q, param(c, "code"))
	if err != nil {
		return nil, err
	}
	set := o.Settings.Now()
	e := &editing{currency: set.Currency(), levels: map[catalog.VariantID]inventory.Level{}}
	for _, k := range set.Currencies() {
		if string(k) == c.QueryParam("currency") {
			e.currency = k
		}
	}
	e.own = e.currency == set.Currency()
	if e.Detail, err = catalog.Detailed(ctx, q, found.ID, e.currency); err != nil {
		return nil, err
	}
	if e.tree, err = catalog.LoadTree(ctx, q); err != nil {
		return nil, err
	}
	levels, _, err := inventory.Levels(ctx, q, inventory.LevelQuery{Text: e.Code, PerPage: 10 * catalog.MaxVariants})
	if err != nil {
		return nil, err
	}
	for _, l := range levels {
		e.levels[l.Variant] = l
	}
	in, err := list(c)
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.VariantID, len(e.Variants))
	for i, v := range e.Variants {
		ids[i] = v.ID
	}
	if e.costs, err = catalog.Costs(ctx, q, ids); err != nil {
		return nil, err
	}
	e.page = in.Page
	from := min((e.page-1)*variantsAtOnce, len(e.Variants))
	e.shown = e.Variants[from:min(from+variantsAtOnce, len(e.Variants))]
	return e, nil
}

// stored is the form as the database has it.
func (e *editing) stored() inputs {
	in := inputs{"name_en": e.Name.En, "name_zh": e.Name.Zh, "line_en": e.Line.En, "line_zh": e.Line.Zh, "about_en": e.About.En, "about_zh": e.About.Zh,
		"slug": e.Slug, "brand": e.Brand, "synonyms": e.Synonyms, "tier": e.Tier, "tax_class": e.TaxClass, "max_qty": strconv.Itoa(e.MaxQty), "refill_days": strconv.Itoa(e.RefillDays)}
	if e.CategoryID != nil {
		if k, ok := e.tree.ByID(*e.CategoryID); ok {
			in["category"] = k.Slug
		}
	}
	for i, on := range []bool{e.Published, e.Durable, e.Sensitive, e.Gift, e.Digital, e.GiftCard} {
		in.tick(flags[i], on)
	}
	for _, v := range e.shown {
		if v.Priced {
			in["price:"+v.SKU] = v.List.Amount.Decimal(e.currency)
		}
		if v.List.Was > 0 {
			in["was:"+v.SKU] = v.List.Was.Decimal(e.currency)
		}
		if cost, known := e.costs[v.ID]; known && e.own {
			in["cost:"+v.SKU] = cost.Decimal(e.currency)
		}
		in.tick("active:"+v.SKU, v.Active)
		in["stock:"+v.SKU] = e.onHand(v.ID)
		in["seen:"+v.SKU] = e.onHand(v.ID)
	}
	return in
}

func (in inputs) tick(name string, on bool) {
	if on {
		in[name] = "1"
	}
}

// onHand is the stock of a variant as the form writes it; "" = not counted.
func (e *editing) onHand(v catalog.VariantID) string {
	if l, ok := e.levels[v]; ok && l.Tracked {
		return strconv.Itoa(l.OnHand)
	}
	return ""
}

func (e *editing) names() []string {
	names := slices.Concat(textKeys, flags, []string{"version"})
	for _, v := range e.shown {
		for _, part := range []string{"price:", "was:", "cost:", "stock:", "seen:", "active:"} {
			names = append(names, part+v.SKU)
		}
	}
	return names
}

func (o *Office) product(c echo.Context) error {
	e, err := o.editing(c, o.DB)
	if err != nil {
		return err
	}
	return o.showProduct(c, http.StatusOK, e, e.stored(), nil, nil)
}

func (o *Office) showProduct(c echo.Context, status int, e *editing, in inputs, failure error, stale []difference) error {
	l := lang(c)
	p := editorPage{Own: e.own, Page: web.NewPage(c, e.Name.In(l)), Code: e.Code, Version: e.Version, In: in, Errors: wrong(c, failure), Stale: stale,
		Categories: categoryChoices(c, e.tree, in["category"]), Currency: e.currency,
		Tiers:      choices(in["tier"], tiers, func(v string) string { return t(c, "admin.tier."+v) }),
		TaxClasses: choices(in["tax_class"], setting.TaxClasses, func(v string) string { return t(c, "admin.tax-class."+v) }),
		Pager:      pages(c, e.page, variantsAtOnce, len(e.Variants)), Write: o.may(c, "products.write")}
	if e.Published {
		p.Shop = web.In(l, "/p/"+e.Slug)
	}
	if all := o.Settings.Now().Currencies(); len(all) > 1 {
		for _, k := range all {
			p.Currencies = append(p.Currencies, chip{with(c, "currency", string(k)), string(k), k == e.currency})
		}
	}
	for _, name := range flags {
		p.Flags = append(p.Flags, flagRow{name, t(c, "admin.flag."+name), t(c, "admin.flag."+name+".what"), in.On(name)})
	}
	var err error
	p.GoneSimulated = o.Demo
	if p.Gone, err = o.goneOf(c, e.ID); err != nil {
		return err
	}
	for _, img := range e.Images {
		p.Pictures = append(p.Pictures, ownThumb(c, img.Src))
	}
	for _, v := range e.shown {
		row := variantRow{SKU: v.SKU, Words: catalog.ChoiceText(e.Options, v.Choices).In(l), Price: in["price:"+v.SKU], Was: in["was:"+v.SKU],
			Cost: in["cost:"+v.SKU], CostBad: p.Errors.At("cost:" + v.SKU), Stock: in["stock:"+v.SKU], Seen: e.onHand(v.ID), Promised: e.levels[v.ID].Reserved, Counts: v.Active, Active: in.On("active:" + v.SKU),
			PriceBad: p.Errors.At("price:" + v.SKU), WasBad: p.Errors.At("was:" + v.SKU), StockBad: p.Errors.At("stock:" + v.SKU)}
		if v.Sale != (i18n.Text{}) {
			row.Asked = t(c, "admin.product.asked", "name", v.Sale, "price", v.Price)
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/product", p)
}

// saveProduct stores the form over the version it was drawn from. If somebody
// saved in between, nothing is stored: the form comes back as it was typed,
// with what differs from the stored state beside it.
func (o *Office) saveProduct(c echo.Context) error {
	e, err := o.editing(c, o.DB)
	if err != nil {
		return err
	}
	in, err := read(c, e.names())
	if err == nil {
		err = o.change(c, "product.save", e.Code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return o.writeProduct(ctx, tx, c, in, now)
		})
	}
	switch {
	case err == nil:
		return done(c, c.Request().URL.RequestURI(), "admin.product.saved", "name", e.Name)
	case errors.Is(err, fault.Invalid):
		return o.showProduct(c, http.StatusUnprocessableEntity, e, in, err, nil)
	case errors.Is(err, fault.Conflict):
		fresh, again := o.editing(c, o.DB)
		if again != nil {
			return again
		}
		return o.showProduct(c, http.StatusConflict, fresh, in, nil, fresh.differs(c, in))
	}
	return err
}

// differs lists what the form says otherwise than the stored product.
func (e *editing) differs(c echo.Context, in inputs) []difference {
	stored := e.stored()
	var out []difference
	for _, name := range e.names() {
		part, sku, isVariant := strings.Cut(name, ":")
		if name == "version" || part == "seen" || stored[name] == in[name] {
			continue
		}
		label := t(c, "admin.field."+part)
		if isVariant {
			label += " " + sku
		} else if slices.Contains(flags, name) {
			label = t(c, "admin.flag."+name)
		}
		out = append(out, difference{label, said(c, stored[name]), said(c, in[name])})
	}
	return out
}

func said(c echo.Context, s string) string {
	if s == "" {
		return t(c, "admin.empty")
	}
	if runes := []rune(s); len(runes) > 120 {
		return string(runes[:120]) + "…"
	}
	return s
}

// writeProduct reads the product again under its lock, since what the page was
// drawn from may be old, and returns what was changed in words for the audit.
func (o *Office) writeProduct(ctx context.Context, tx *db.Tx, c echo.Context, in inputs, now time.Time) (string, error) {
	version, err := lockProduct(ctx, tx, param(c, "code"))
	if err != nil {
		return "", err
	}
	e, err := o.editing(c, tx)
	if err != nil {
		return "", err
	}
	if in["version"] != strconv.Itoa(version) {
		return "", fault.New(fault.Conflict, "catalog.product.changed", "code", e.Code)
	}
	var form fault.Form
	draft := e.draft(&form, in)
	counts, costs := e.counts(&form, in), e.changedCosts(&form, in)
	if err := form.Err(); err != nil {
		return "", err
	}
	before := e.stored()
	if _, _, _, err := catalog.Put(ctx, tx, draft, now); err != nil {
		return "", atInputs(err)
	}
	if err := catalog.SetCosts(ctx, tx, costs); err != nil {
		return "", err
	}
	for _, n := range counts {
		if err := n.store(ctx, tx, now); err != nil {
			return "", err
		}
	}
	var changed []string
	for _, name := range e.names() {
		if name != "version" && !strings.HasPrefix(name, "seen:") && before[name] != in[name] {
			changed = append(changed, fmt.Sprintf("%s: %s → %s", name, brief(before[name]), brief(in[name])))
		}
	}
	return strings.Join(changed, "; "), nil
}

func brief(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}

// atInputs puts the catalogue's complaints where the form has its inputs.
func atInputs(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	moved := *f
	moved.Fields = slices.Clone(f.Fields)
	for i, field := range moved.Fields {
		switch field.Name {
		case "name", "line", "about":
			moved.Fields[i].Name += "_en"
		}
	}
	return &moved
}

// draft is the whole product with what the form changes.
func (e *editing) draft(form *fault.Form, in inputs) catalog.Draft {
	d := catalog.Draft{Product: e.Product, Options: e.Options, Images: e.Images, Facts: e.Facts}
	d.Name = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}
	d.Line = i18n.Text{En: in["line_en"], Zh: in["line_zh"]}
	d.About = i18n.Text{En: in["about_en"], Zh: in["about_zh"]}
	d.Slug, d.Brand, d.Synonyms, d.Tier, d.TaxClass = in["slug"], in["brand"], in["synonyms"], in["tier"], in["tax_class"]
	d.MaxQty, d.RefillDays = whole(form, in, "max_qty"), whole(form, in, "refill_days")
	d.Published, d.Durable, d.Sensitive = in.On("published"), in.On("durable"), in.On("sensitive")
	d.Gift, d.Digital, d.GiftCard = in.On("gift"), in.On("digital"), in.On("gift_card")
	d.CategoryID = nil
	if slug := in["category"]; slug != "" {
		k, ok := e.tree.BySlug(slug)
		if !ok {
			form.Wrong("category", "admin.category.unknown")
		}
		d.CategoryID = &k.ID
	}
	before := e.stored()
	for _, v := range e.Variants {
		dv := catalog.DraftVariant{Variant: v.Variant}
		if slices.ContainsFunc(e.shown, func(s catalog.VariantInfo) bool { return s.ID == v.ID }) {
			dv.Active = in.On("active:" + v.SKU)
			if in["price:"+v.SKU] != before["price:"+v.SKU] || in["was:"+v.SKU] != before["was:"+v.SKU] {
				price := catalog.PriceIn{Amount: amount(form, in, "price:"+v.SKU, e.currency, true), Was: amount(form, in, "was:"+v.SKU, e.currency, false)}
				if price.Was != 0 && price.Was <= price.Amount {
					form.Wrong("was:"+v.SKU, "admin.price.was")
				}
				dv.Prices = map[money.Currency]catalog.PriceIn{e.currency: price}
			}
		}
		d.Variants = append(d.Variants, dv)
	}
	return d
}

// whole reads a whole number of 0 or more; empty is 0.
func whole(form *fault.Form, in inputs, name string) int {
	if in[name] == "" {
		return 0
	}
	n, err := strconv.Atoi(norm.NFKC.String(in[name]))
	if err != nil || n < 0 || n > 1_000_000 {
		form.Wrong(name, "admin.number.wrong")
	}
	return n
}

// amount reads a price; empty is 0 unless one is needed.
func amount(form *fault.Form, in inputs, name string, currency money.Currency, needed bool) money.Amount {
	if in[name] == "" && !needed {
		return 0
	}
	a, err := money.Parse(norm.NFKC.String(in[name]), currency)
	if err != nil || a < 0 {
		form.Wrong(name, "admin.price.wrong", "currency", string(currency))
	}
	return a
}

// changedCosts reads what the form says otherwise of unit costs; nil takes one
// back.
func (e *editing) changedCosts(form *fault.Form, in inputs) map[catalog.VariantID]*money.Amount {
	changed, before := map[catalog.VariantID]*money.Amount{}, e.stored()
	for _, v := range e.shown {
		typed := in["cost:"+v.SKU]
		if !e.own || typed == before["cost:"+v.SKU] {
			continue
		}
		if changed[v.ID] = nil; typed != "" {
			cost := amount(form, in, "cost:"+v.SKU, e.currency, true)
			changed[v.ID] = &cost
		}
	}
	return changed
}

// counted is a new count of a variant's units.
type counted struct {
	variant catalog.VariantID
	input   string
	tracked bool
	units   int
	was     inventory.Level
}

// counts reads the stock that the form changes. A stock that moved since the
// form was drawn is not overwritten: the number typed was meant for another.
func (e *editing) counts(form *fault.Form, in inputs) []counted {
	var all []counted
	for _, v := range e.shown {
		name, have := "stock:"+v.SKU, e.onHand(v.ID)
		if in[name] == in["seen:"+v.SKU] {
			continue
		}
		if _, ok := e.levels[v.ID]; !ok {
			continue // an inactive variant: nothing of it is sold
		}
		if in["seen:"+v.SKU] != have {
			form.Wrong(name, "admin.stock.moved", "have", have)
			continue
		}
		all = append(all, counted{v.ID, name, in[name] != "", whole(form, in, name), e.levels[v.ID]})
	}
	return all
}

func (n counted) store(ctx context.Context, tx *db.Tx, now time.Time) error {
	if n.tracked != n.was.Tracked {
		if err := inventory.Track(ctx, tx, n.variant, n.tracked, now); err != nil {
			return n.refused(err)
		}
	}
	if !n.tracked {
		return nil
	}
	return n.refused(inventory.Count(ctx, tx, n.variant, n.units, fmt.Sprintf("counted:%d", now.UnixMilli()), now))
}

// refused puts what stands in the way of a count at its field.
func (n counted) refused(err error) error {
	if !errors.Is(err, fault.Conflict) {
		return err
	}
	words := wordsOf(err, "admin.stock.promised")
	if words == "inventory.promised" {
		words = "admin.stock.promised"
	}
	var form fault.Form
	form.Wrong(n.input, words, "count", n.was.Reserved)
	return form.Err()
}
