package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/web"
)

type newPage struct {
	web.Page
	In                       inputs
	Errors                   web.FormErrors
	Categories, Tiers, Forms []choice
	Currency                 money.Currency
	Options                  []int
}

var newNames = []string{"code", "name_en", "name_zh", "line_en", "line_zh", "category", "tier", "form", "price", "stock",
	"option1_en", "option1_zh", "option1_choices", "option2_en", "option2_zh", "option2_choices", "option3_en", "option3_zh", "option3_choices"}

func (o *Office) newProduct(c echo.Context) error {
	return o.showNew(c, http.StatusOK, inputs{"tier": "good", "form": "box"}, nil)
}

func (o *Office) showNew(c echo.Context, status int, in inputs, failure error) error {
	tree, err := catalog.LoadTree(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	p := newPage{Page: page(c, "admin.product.new"), In: in, Errors: wrong(c, failure), Currency: o.Settings.Now().Currency(), Options: []int{1, 2, 3},
		Categories: categoryChoices(c, tree, in["category"]),
		Tiers:      choices(in["tier"], tiers, func(v string) string { return t(c, "admin.tier."+v) }),
		Forms:      choices(in["form"], art.Forms(), func(v string) string { return v })}
	return web.Render(c, status, "admin/product-new", p)
}

// addProduct makes a product, unpublished, with a variant for every
// combination of its options, and leads on to the editor.
func (o *Office) addProduct(c echo.Context) error {
	in, err := read(c, newNames)
	if err != nil {
		return o.showNew(c, http.StatusUnprocessableEntity, in, err)
	}
	err = o.change(c, "product.add", in["code"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return o.putNew(ctx, tx, in, now)
	})
	if db.Duplicate(err) { // somebody took the code at the same moment
		err = taken(in["code"])
	}
	if errors.Is(err, fault.Invalid) {
		return o.showNew(c, http.StatusUnprocessableEntity, in, atInputs(err))
	}
	if err != nil {
		return err
	}
	return done(c, productPath(in["code"]), "admin.product.added")
}

func taken(code string) error {
	var form fault.Form
	form.Wrong("code", "admin.code.taken", "code", code)
	return form.Err()
}

func (o *Office) putNew(ctx context.Context, tx *db.Tx, in inputs, now time.Time) (string, error) {
	if _, err := catalog.ByCode(ctx, tx, in["code"]); err == nil || in["code"] == "new" {
		return "", taken(in["code"])
	} else if !errors.Is(err, fault.NotFound) {
		return "", err
	}
	tree, err := catalog.LoadTree(ctx, tx)
	if err != nil {
		return "", err
	}
	var form fault.Form
	draft := newDraft(&form, in, tree, o.Settings.Now().Currency())
	units := whole(&form, in, "stock")
	if err := form.Err(); err != nil {
		return "", err
	}
	_, _, variants, err := catalog.Put(ctx, tx, draft, now)
	if err != nil {
		return "", err
	}
	for _, v := range draft.Variants {
		if in["stock"] == "" {
			break // not counted
		}
		id := variants[v.SKU]
		if err := inventory.Track(ctx, tx, id, true, now); err != nil {
			return "", err
		}
		if err := inventory.Count(ctx, tx, id, units, fmt.Sprintf("opening:%d", now.UnixMilli()), now); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s, %d variants", draft.Name.En, len(draft.Variants)), nil
}

func newDraft(form *fault.Form, in inputs, tree *catalog.Tree, currency money.Currency) catalog.Draft {
	d := catalog.Draft{Product: catalog.Product{Code: in["code"], Tier: in["tier"],
		Name: i18n.Text{En: in["name_en"], Zh: in["name_zh"]}, Line: i18n.Text{En: in["line_en"], Zh: in["line_zh"]}}}
	hue := 70
	if slug := in["category"]; slug != "" {
		k, ok := tree.BySlug(slug)
		if !ok {
			form.Wrong("category", "admin.category.unknown")
		}
		d.CategoryID = &k.ID
		hue = tree.Department(k.ID).Hue
	}
	piece := art.Piece{Form: in["form"], Hue: hue}
	spec := piece.Path(art.Whole, false)
	if _, _, _, err := art.ParsePath(spec); err != nil {
		form.Wrong("form", "admin.form.unknown")
	}
	d.Images = []catalog.Image{{Src: "art:" + strings.TrimSuffix(spec, "-"+string(art.Whole)), Alt: d.Name}}
	for i := 1; i <= catalog.MaxOptions; i++ {
		if opt, ok := newOption(form, in, fmt.Sprintf("option%d_", i)); ok {
			d.Options = append(d.Options, opt)
		}
	}
	price := catalog.PriceIn{Amount: amount(form, in, "price", currency, true)}
	d.Variants = combinations(in["code"], d.Options)
	if len(d.Variants) > catalog.MaxVariants {
		form.Wrong("option1_choices", "catalog.variants.many", "most", catalog.MaxVariants)
		d.Variants = nil
	}
	for i := range d.Variants {
		d.Variants[i].Prices = map[money.Currency]catalog.PriceIn{currency: price}
	}
	return d
}

// newOption reads an option whose choices stand one a line, the Chinese name
// after a bar.
func newOption(form *fault.Form, in inputs, at string) (catalog.Option, bool) {
	o := catalog.Option{Name: i18n.Text{En: in[at+"en"], Zh: in[at+"zh"]}}
	if o.Name.En == "" && in[at+"choices"] == "" {
		return o, false
	}
	if o.Code = catalog.Slug(o.Name.En); o.Code == "" {
		form.Wrong(at+"en", "admin.option.name")
		return o, false
	}
	for line := range strings.SplitSeq(in[at+"choices"], "\n") {
		en, zh, _ := strings.Cut(line, "|")
		name := i18n.Text{En: strings.TrimSpace(en), Zh: strings.TrimSpace(zh)}
		if name == (i18n.Text{}) {
			continue
		}
		code := catalog.Slug(name.En)
		if code == "" {
			form.Wrong(at+"choices", "admin.option.choice", "choice", line)
			return o, false
		}
		for _, have := range o.Choices {
			if have.Code == code {
				form.Wrong(at+"choices", "admin.option.twice", "choice", name.En)
			}
		}
		o.Choices = append(o.Choices, catalog.Choice{Code: code, Name: name})
	}
	if len(o.Choices) == 0 {
		form.Wrong(at+"choices", "admin.option.none")
		return o, false
	}
	return o, true
}

// combinations makes a variant for every way to answer the options, or the
// only one of a product without options. It stops one beyond what a product
// may have.
func combinations(code string, options []catalog.Option) []catalog.DraftVariant {
	all := []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Choices: map[string]string{}, Active: true}}}
	for _, o := range options {
		var next []catalog.DraftVariant
		for _, v := range all {
			for _, k := range o.Choices {
				if len(next) > catalog.MaxVariants {
					return next
				}
				chosen := map[string]string{o.Code: k.Code}
				for option, choice := range v.Choices {
					chosen[option] = choice
				}
				next = append(next, catalog.DraftVariant{Variant: catalog.Variant{SKU: v.SKU + "-" + k.Code, Choices: chosen, Active: true}})
			}
		}
		all = next
	}
	return all
}
