package admin

import (
	"context"
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
	"regulars/internal/segment"
)

// What the forms of sales, promotions and price lists have in common.

// groupChoices offers the segments and loyalty tiers; nobody is the words of
// the empty choice.
func (o *Office) groupChoices(c echo.Context, chosen, nobody string) ([]choice, error) {
	groups, err := segment.List(c.Request().Context(), o.DB)
	if err != nil {
		return nil, err
	}
	names, keys := map[string]string{"": t(c, nobody)}, []string{""}
	for _, g := range groups {
		if offered(g, chosen) {
			keys, names[g.Key] = append(keys, g.Key), g.Name.In(lang(c))
		}
	}
	keys = tierGroups(c, keys, names)
	return choices(chosen, keys, func(k string) string { return names[k] }), nil
}

// currencyChoices offers the shop's currencies after those of before.
func currencyChoices(chosen string, before ...string) []choice {
	for _, k := range money.Currencies() {
		before = append(before, string(k))
	}
	return choices(chosen, before, func(k string) string { return k })
}

// percentIn reads a percentage as basis points: two digits after the point.
func percentIn(form *fault.Form, in inputs, name, words string) int64 {
	a, err := money.Parse(strings.TrimSuffix(norm.NFKC.String(in[name]), "%"), "USD")
	if err != nil {
		form.Wrong(name, words)
	}
	return int64(a)
}

// version is what a form carries along to tell whether somebody else saved in
// between; sameVersion looks.
func version(at db.Time) string { return strconv.FormatInt(at.Milli(), 10) }

func sameVersion(in inputs, at db.Time, words string) error {
	if in["version"] != version(at) {
		return fault.New(fault.Conflict, words)
	}
	return nil
}

// goodsInputs writes which goods a rule is for as the form has them.
func (o *Office) goodsInputs(ctx context.Context, in inputs, categories []catalog.CategoryID, products []catalog.ProductID, variants []catalog.VariantID) error {
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	for _, id := range categories {
		if k, ok := tree.ByID(id); ok {
			in["category"] = k.Slug
		}
	}
	var codes []string
	for _, id := range products {
		product, err := catalog.ByID(ctx, o.DB, id)
		if err != nil {
			return err
		}
		codes = append(codes, product.Code)
	}
	named, err := catalog.Buyables(ctx, o.DB, variants, o.Settings.Now().Currency())
	if err != nil {
		return err
	}
	for _, id := range variants {
		codes = append(codes, named[id].SKU)
	}
	in["products"] = strings.Join(codes, ", ")
	return nil
}

// saveOffer stores what a form holds. fill reads the form into the offer, put
// stores it and says it as a sentence for the audit; both may run again.
func (o *Office) saveOffer(c echo.Context, action, name string, fill func(context.Context, db.Q, *fault.Form) error, put func(context.Context, *db.Tx, time.Time) (string, error)) error {
	return o.change(c, action, name, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		var form fault.Form
		if err := fill(ctx, tx, &form); err != nil {
			return "", err
		}
		if err := form.Err(); err != nil {
			return "", err
		}
		return put(ctx, tx, now)
	})
}

// stopOffer ends an offer for good and says so above the list of them.
func (o *Office) stopOffer(c echo.Context, action string, name i18n.Text, stop func(context.Context, *db.Tx, time.Time) (bool, error)) error {
	err := o.change(c, action, name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		stopped, err := stop(ctx, tx, now)
		if err != nil || !stopped {
			return "", err
		}
		return "stopped", nil
	})
	if err != nil {
		return err
	}
	return done(c, "/admin/promotions", "admin.promotion.stopped", "name", name.In(lang(c)))
}
