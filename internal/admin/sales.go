package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/web"
)

type (
	saleRow struct {
		URL, Says, State, Tag string
		Name                  i18n.Text
	}
	previewRow struct{ SKU, Name, Before, Price string }
	salePage   struct {
		web.Page
		In                            inputs
		Errors                        web.FormErrors
		Kinds, Currencies, Categories []choice
		Path, Says, State             string // Path "" for a new one
		Live, Write                   bool
		Preview                       []previewRow
		PreviewText                   string
		Overlaps                      []string
	}
)

var saleNames = []string{"version", "name_en", "name_zh", "kind", "value", "currency", "category", "products", "starts_on", "ends_on", "priority", "preview"}

func salePath(token string) string { return "/admin/promotions/sales/" + token }

// saleSays is the sale as a sentence, part by part.
func saleSays(c echo.Context, s *catalog.Sale) string {
	value := ""
	if s.Kind == catalog.SalePercent {
		value = percent(s.Value)
	} else {
		value = cash(c, money.Amount(s.Value), s.Currency)
	}
	parts := []string{t(c, "admin.sale.does."+s.Kind, "value", value)}
	add := func(when bool, key string, args ...any) {
		if when {
			parts = append(parts, t(c, key, args...))
		}
	}
	some := len(s.Categories)+len(s.Products)+len(s.Variants) > 0
	add(some, "admin.promotion.says.goods")
	add(!some, "admin.sale.says.all")
	add(s.Kind == catalog.SalePercent && s.Currency != "", "admin.promotion.says.currency", "currency", string(s.Currency))
	add(s.StartsOn != "", "admin.promotion.says.from", "day", s.StartsOn)
	add(s.EndsOn != "", "admin.promotion.says.until", "day", s.EndsOn)
	add(s.Priority != 0, "admin.sale.says.priority", "count", s.Priority)
	return strings.Join(parts, " · ")
}

// saleState says in a word where a sale stands on a day, and how it is marked.
func saleState(c echo.Context, s *catalog.Sale, day string) (text, tag string) {
	switch {
	case s.State == catalog.SaleStopped:
		return t(c, "admin.promotion.ended"), "tag"
	case s.On(day):
		return t(c, "admin.sale.running"), "tag tag-ok"
	case s.EndsOn != "" && s.EndsOn < day:
		return t(c, "admin.sale.over"), "tag"
	}
	return t(c, "admin.sale.planned"), "tag tag-info"
}

func (o *Office) today() string { return catalog.Day(o.Now(), o.Settings.Now().Zone()) }

func (o *Office) newSale(c echo.Context) error {
	return o.showSale(c, http.StatusOK, &catalog.Sale{}, inputs{"kind": catalog.SalePercent, "currency": ""}, nil, false)
}

func (o *Office) sale(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := catalog.SaleByToken(ctx, o.DB, param(c, "sale"))
	if err != nil {
		return err
	}
	in, err := o.saleInputs(ctx, s)
	if err != nil {
		return err
	}
	return o.showSale(c, http.StatusOK, s, in, nil, true)
}

func (o *Office) saleInputs(ctx context.Context, s *catalog.Sale) (inputs, error) {
	in := inputs{"version": version(s.UpdatedAt), "name_en": s.Name.En, "name_zh": s.Name.Zh, "kind": s.Kind, "currency": string(s.Currency),
		"starts_on": s.StartsOn, "ends_on": s.EndsOn, "value": money.Amount(s.Value).Decimal(s.Currency)}
	if s.Kind == catalog.SalePercent {
		in["value"] = percent(s.Value)
	}
	if s.Priority != 0 {
		in["priority"] = strconv.Itoa(s.Priority)
	}
	return in, o.goodsInputs(ctx, in, s.Categories, s.Products, s.Variants)
}

// showSale shows the form; preview tells what the sale as it stands there
// would do to the prices of today.
func (o *Office) showSale(c echo.Context, status int, s *catalog.Sale, in inputs, failure error, preview bool) error {
	ctx := c.Request().Context()
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	v := salePage{Page: page(c, "admin.sale.new"), In: in, Errors: wrong(c, failure), Live: true, Write: o.may(c, "promotions.write"),
		Kinds:      choices(in["kind"], catalog.SaleKinds, func(k string) string { return t(c, "admin.sale.kind."+k) }),
		Currencies: currencyChoices(in["currency"], ""),
		Categories: categoryChoices(c, tree, in["category"])}
	if s.ID != 0 {
		v.Page, v.Path, v.Says, v.Live = web.NewPage(c, s.Name.In(lang(c))), salePath(s.Token), saleSays(c, s), s.State == catalog.SaleLive
		v.State, _ = saleState(c, s, o.today())
	}
	if preview && s.State != catalog.SaleStopped {
		if err := o.previewSale(c, &v, s, tree); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/sale", v)
}

// mostPreviewed rows show what a sale does; the text above counts the rest.
const mostPreviewed = 40

func (o *Office) previewSale(c echo.Context, v *salePage, s *catalog.Sale, tree *catalog.Tree) error {
	ctx := c.Request().Context()
	list, n, err := catalog.PreviewSale(ctx, o.DB, *s, mostPreviewed)
	if err != nil {
		return err
	}
	v.PreviewText = t(c, "admin.sale.preview.text", "count", n)
	for _, p := range list {
		v.Preview = append(v.Preview, previewRow{p.SKU, p.Name.In(lang(c)), cash(c, p.Before, p.Currency), cash(c, p.Price, p.Currency)})
	}
	all, err := o.datedRules(c, tree)
	if err != nil {
		return err
	}
	mine := datedSale(c, s, tree)
	for _, other := range all {
		if other.url != mine.url {
			if words := mine.overlap(c, other); words != "" {
				v.Overlaps = append(v.Overlaps, words)
			}
		}
	}
	return nil
}

// saveSale stores a new sale or the change of one, or only shows what it would
// do, where that was asked.
func (o *Office) saveSale(c echo.Context) error {
	ctx := c.Request().Context()
	s := &catalog.Sale{}
	if token := param(c, "sale"); token != "" {
		var err error
		if s, err = catalog.SaleByToken(ctx, o.DB, token); err != nil {
			return err
		}
	}
	before := *s
	in, err := read(c, saleNames)
	if err == nil && in["preview"] != "" {
		var form fault.Form
		if err = o.fillSale(ctx, o.DB, &form, s, in); err == nil {
			if err = form.Err(); err == nil {
				s.State = catalog.SaleLive
				if err = o.showSale(c, http.StatusOK, s, in, nil, true); err == nil {
					return nil
				}
			}
		}
	} else if err == nil {
		err = o.saveOffer(c, "sale.save", in["name_en"], func(ctx context.Context, q db.Q, form *fault.Form) error {
			*s = before
			return o.fillSale(ctx, q, form, s, in)
		}, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return saleSays(c, s), catalog.PutSale(ctx, tx, s, o.today(), now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showSale(c, http.StatusUnprocessableEntity, &before, in, err, false)
	}
	if err != nil {
		return err
	}
	return done(c, salePath(s.Token), "admin.sale.saved")
}

func (o *Office) fillSale(ctx context.Context, q db.Q, form *fault.Form, s *catalog.Sale, in inputs) error {
	if s.ID != 0 {
		if err := sameVersion(in, s.UpdatedAt, "catalog.sale.changed"); err != nil {
			return err
		}
	}
	s.Name = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}
	s.Kind, s.Currency, s.Value = in["kind"], money.Currency(in["currency"]), 0
	switch {
	case s.Kind == catalog.SalePercent:
		s.Value = percentIn(form, in, "value", "catalog.sale.percent")
	case s.Currency != "": // PutSale says what is missing otherwise
		s.Value = int64(amount(form, in, "value", s.Currency, true))
	}
	s.Priority = whole(form, in, "priority")
	s.StartsOn, s.EndsOn = norm.NFKC.String(in["starts_on"]), norm.NFKC.String(in["ends_on"])
	var err error
	s.Categories, s.Products, s.Variants, err = goods(ctx, q, form, in, true)
	return err
}

// goods reads which goods a rule is for: a category, product codes, and where
// single variants may be named, SKUs.
func goods(ctx context.Context, q db.Q, form *fault.Form, in inputs, single bool) (categories []catalog.CategoryID, products []catalog.ProductID, variants []catalog.VariantID, err error) {
	if in["category"] != "" {
		tree, err := catalog.LoadTree(ctx, q)
		if err != nil {
			return nil, nil, nil, err
		}
		k, ok := tree.BySlug(in["category"])
		if !ok {
			form.Wrong("category", "admin.category.unknown")
		}
		categories = []catalog.CategoryID{k.ID}
	}
	for _, code := range strings.FieldsFunc(in["products"], func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t，、", r) }) {
		product, err := catalog.ByCode(ctx, q, code)
		if err == nil {
			products = append(products, product.ID)
			continue
		}
		if !errors.Is(err, fault.NotFound) {
			return nil, nil, nil, err
		}
		v, err := catalog.VariantBySKU(ctx, q, code)
		switch {
		case err == nil && single:
			variants = append(variants, v.ID)
		case err == nil || errors.Is(err, fault.NotFound):
			form.Wrong("products", "admin.promotion.product", "code", code)
		default:
			return nil, nil, nil, err
		}
	}
	return categories, products, variants, nil
}

func (o *Office) stopSale(c echo.Context) error {
	s, err := catalog.SaleByToken(c.Request().Context(), o.DB, param(c, "sale"))
	if err != nil {
		return err
	}
	return o.stopOffer(c, "sale.stop", s.Name, func(ctx context.Context, tx *db.Tx, now time.Time) (bool, error) {
		return catalog.StopSale(ctx, tx, s.ID, now)
	})
}
