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
	flags    = []string{"published", "ended", "durable", "sensitive", "gift", "digital", "gift_card"}
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
	Former     []catalog.OldSlug // addresses that lead here
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
	ended    bool                  // gone for good
	former   []catalog.OldSlug
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
	if e.ended, err = catalog.IsEnded(ctx, q, e.ID); err != nil {
		return nil, err
	}
	if e.former, err = catalog.OldSlugs(ctx, q, "product", int64(e.ID)); err != nil {
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
	for i, on := range []bool{e.Published, e.ended && !e.Published, e.Durable, e.Sensitive, e.Gift, e.Digital, e.GiftCard} {
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
	p.Former = e.former
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
	if err := catalog.End(ctx, tx, e.ID, in.On("ended"), now); err != nil {
		return "", err
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
