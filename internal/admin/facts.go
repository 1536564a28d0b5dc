package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

// emptyFacts rows stand below those of the product; more come with each save.
// factsAtOnce keeps a form within what one may send.
const (
	emptyFacts  = 4
	factsAtOnce = 30
)

var factParts = []string{"key", "name_en", "name_zh", "code", "value_en", "value_zh", "facet"}

type factsPage struct {
	web.Page
	Code   string
	In     inputs
	Errors web.FormErrors
	Notice string
	Rows   []factInput
	More   int // facts beyond what the form holds
	Write  bool
}

// factInput is a row of the form: the names of its inputs and what is wrong.
type factInput struct {
	At  string
	No  int
	Bad web.FieldError
}

func (o *Office) factRoutes(g *echo.Group) {
	g.GET("/products/:code/facts", o.facts)
	g.POST("/products/:code/facts", o.saveFacts)
}

func factInputs(d catalog.Draft) inputs {
	in := inputs{"version": strconv.Itoa(d.Version)}
	for i, f := range d.Facts[:min(len(d.Facts), factsAtOnce)] {
		at := fmt.Sprintf("fact%d_", i)
		in[at+"key"], in[at+"name_en"], in[at+"name_zh"] = f.Key, f.Name.En, f.Name.Zh
		in[at+"code"], in[at+"value_en"], in[at+"value_zh"] = f.ValueCode, f.Value.En, f.Value.Zh
		in.tick(at+"facet", f.Facet)
	}
	return in
}

// factRows is how many rows the form of a product has.
func factRows(d catalog.Draft) int { return min(len(d.Facts), factsAtOnce) + emptyFacts }

func (o *Office) facts(c echo.Context) error {
	d, err := catalog.AsDraft(c.Request().Context(), o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	return o.showFacts(c, http.StatusOK, d, factInputs(d), nil)
}

func (o *Office) showFacts(c echo.Context, status int, d catalog.Draft, in inputs, why error) error {
	p := factsPage{Page: page(c, "facts.title", "name", d.Name.In(lang(c))), Code: d.Code, In: in, Errors: wrong(c, why), Write: o.may(c, "products.write"), More: max(0, len(d.Facts)-factsAtOnce)}
	if errors.Is(why, fault.Conflict) {
		p.Notice = words(c, why)
	}
	for i := range factRows(d) {
		at := fmt.Sprintf("fact%d_", i)
		p.Rows = append(p.Rows, factInput{at, i + 1, p.Errors.At(at + "name_en")})
	}
	return web.Render(c, status, "admin/product-facts", p)
}

// saveFacts writes the rows of the form over the version it was drawn from.
func (o *Office) saveFacts(c echo.Context) error {
	code := param(c, "code")
	seen, err := catalog.AsDraft(c.Request().Context(), o.DB, code)
	if err != nil {
		return err
	}
	names := []string{"version"}
	for i := range factRows(seen) {
		for _, part := range factParts {
			names = append(names, fmt.Sprintf("fact%d_%s", i, part))
		}
	}
	in, err := read(c, names)
	if err == nil {
		err = o.change(c, "product.facts", code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return writeFacts(ctx, tx, code, in, now)
		})
	}
	switch {
	case err == nil:
		return done(c, productPath(code)+"/facts", "options.saved")
	case errors.Is(err, fault.Invalid):
		return o.showFacts(c, http.StatusUnprocessableEntity, seen, in, err)
	case errors.Is(err, fault.Conflict):
		return o.showFacts(c, http.StatusConflict, seen, in, err)
	}
	return err
}

func writeFacts(ctx context.Context, tx *db.Tx, code string, in inputs, now time.Time) (string, error) {
	version, err := lockProduct(ctx, tx, code)
	if err != nil {
		return "", err
	}
	if in["version"] != strconv.Itoa(version) {
		return "", errStale
	}
	d, err := catalog.AsDraft(ctx, tx, code)
	if err != nil {
		return "", err
	}
	var form fault.Form
	beyond := d.Facts[min(len(d.Facts), factsAtOnce):]
	before := len(d.Facts)
	d.Facts = append(typedFacts(&form, in, factRows(d)), beyond...)
	if err := form.Err(); err != nil {
		return "", err
	}
	_, change, _, err := catalog.Put(ctx, tx, d, now)
	if err != nil || change == catalog.Unchanged {
		return "", err
	}
	return fmt.Sprintf("%d → %d", before, len(d.Facts)), nil
}

// typedFacts reads the rows; one without a name and a value is left out. The
// keys, by which shoppers filter, are made of the English words where nothing
// stands there.
func typedFacts(form *fault.Form, in inputs, rows int) []catalog.Fact {
	var out []catalog.Fact
	seen := map[[2]string]bool{}
	for i := range rows {
		at := fmt.Sprintf("fact%d_", i)
		f := catalog.Fact{Key: in[at+"key"], ValueCode: in[at+"code"], Facet: in.On(at + "facet"),
			Name: i18n.Text{En: in[at+"name_en"], Zh: in[at+"name_zh"]}, Value: i18n.Text{En: in[at+"value_en"], Zh: in[at+"value_zh"]}}
		if f.Name == (i18n.Text{}) && f.Value == (i18n.Text{}) {
			continue
		}
		if f.Key == "" {
			f.Key = catalog.Slug(f.Name.En)
		}
		if f.ValueCode == "" {
			f.ValueCode = catalog.Slug(f.Value.En)
		}
		key := [2]string{f.Key, f.ValueCode}
		switch {
		case f.Key == "" || f.ValueCode == "":
			form.Wrong(at+"name_en", "facts.row.words", "row", i+1)
		case seen[key]:
			form.Wrong(at+"name_en", "facts.row.twice", "row", i+1)
		}
		seen[key] = true
		out = append(out, f)
	}
	return out
}
