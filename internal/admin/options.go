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
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/web"
)

var (
	optionNames = []string{"do", "version", "all", "sheet",
		"option1_code", "option1_en", "option1_zh", "option1_choices", "option2_code", "option2_en", "option2_zh", "option2_choices",
		"option3_code", "option3_en", "option3_zh", "option3_choices"}
	errStale = fault.New(fault.Conflict, "options.stale")
)

type optionsPage struct {
	web.Page
	Code     string
	In       inputs
	Errors   web.FormErrors
	Notice   string
	Options  []int
	Rows     []optionRow
	Currency money.Currency
	Write    bool
}

type optionRow struct{ SKU, Words, Price, Stock, State string }

func (o *Office) optionRoutes(g *echo.Group) {
	g.GET("/products/:code/options", o.options)
	g.POST("/products/:code/options", o.saveOptions)
}

func (o *Office) options(c echo.Context) error {
	d, err := catalog.AsDraft(c.Request().Context(), o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	in := optionInputs(d)
	in["all"] = "1"
	return o.showOptions(c, http.StatusOK, in, nil)
}

func (o *Office) showOptions(c echo.Context, status int, in inputs, why error) error {
	ctx := c.Request().Context()
	d, err := catalog.AsDraft(ctx, o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	levels, err := levelsOf(ctx, o.DB, d.Code)
	if err != nil {
		return err
	}
	p := optionsPage{Page: page(c, "options.title", "name", d.Name.In(lang(c))), Code: d.Code, In: in, Errors: wrong(c, why), Options: []int{1, 2, 3},
		Currency: o.Settings.Now().Currency(), Write: o.may(c, "products.write")}
	if errors.Is(why, fault.Conflict) {
		p.Notice = words(c, why)
	}
	for _, v := range d.Variants {
		row := optionRow{SKU: v.SKU, Words: catalog.ChoiceText(d.Options, v.Choices).In(lang(c)), State: t(c, "admin.field.active"), Stock: t(c, "admin.stock.uncounted")}
		if price, ok := v.Prices[p.Currency]; ok {
			row.Price = price.Amount.Decimal(p.Currency)
		}
		if l, ok := levels[v.ID]; ok && l.Tracked {
			row.Stock = strconv.Itoa(l.OnHand)
		}
		if !v.Active {
			row.State, row.Stock = t(c, "version.unsold"), ""
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/product-options", p)
}

func levelsOf(ctx context.Context, q db.Q, code string) (map[catalog.VariantID]inventory.Level, error) {
	found, _, err := inventory.Levels(ctx, q, inventory.LevelQuery{Text: code, PerPage: 10 * catalog.MaxVariants})
	levels := map[catalog.VariantID]inventory.Level{}
	for _, l := range found {
		levels[l.Variant] = l
	}
	return levels, err
}

// saveOptions rearranges the options, or takes a pasted sheet: what the button
// says. Nothing is stored over a product that changed since the form was drawn.
func (o *Office) saveOptions(c echo.Context) error {
	in, err := read(c, optionNames)
	if err != nil {
		return o.showOptions(c, http.StatusUnprocessableEntity, in, err)
	}
	code, says := param(c, "code"), ""
	err = o.change(c, "product.options", code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
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
		if in["do"] == "sheet" {
			says, err = o.writeSheet(ctx, tx, d, in["sheet"], now)
		} else {
			says, err = writeOptions(ctx, tx, d, in, now)
		}
		return says, err
	})
	if errors.Is(err, fault.Invalid) {
		return o.showOptions(c, http.StatusUnprocessableEntity, in, err)
	}
	if errors.Is(err, fault.Conflict) {
		return o.showOptions(c, http.StatusConflict, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, productPath(code)+"/options", "options.saved")
}

func writeOptions(ctx context.Context, tx *db.Tx, d catalog.Draft, in inputs, now time.Time) (string, error) {
	var form fault.Form
	options := typedOptions(&form, in, d.Options)
	if err := form.Err(); err != nil {
		return "", err
	}
	next, made := rearranged(d, options, in.On("all"))
	if sold := slices.ContainsFunc(next.Variants, func(v catalog.DraftVariant) bool { return v.Active }); !sold || len(next.Variants) > catalog.MaxVariants {
		form.Wrong("option1_choices", map[bool]string{true: "catalog.variants.many", false: "options.nothing-sold"}[sold], "most", catalog.MaxVariants)
		return "", form.Err()
	}
	_, change, ids, err := catalog.Put(ctx, tx, next, now)
	if err != nil || change == catalog.Unchanged {
		return "", optionFields(err)
	}
	levels, err := levelsOf(ctx, tx, d.Code)
	if err != nil {
		return "", err
	}
	counted := false
	for _, v := range d.Variants {
		counted = counted || levels[v.ID].Tracked
	}
	for _, sku := range made {
		if counted && !levels[ids[sku]].Tracked { // what nobody counted could be sold without end
			if err := inventory.Track(ctx, tx, ids[sku], true, now); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d options, made %s", len(options), strings.Join(made, " ")), nil
}

// optionFields puts what the catalogue says of options where the form has them.
func optionFields(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	moved := *f
	moved.Fields = slices.Clone(f.Fields)
	for i := range moved.Fields {
		moved.Fields[i].Name = "option1_choices"
	}
	return &moved
}

// writeSheet takes lines of SKU, price, units, as a spreadsheet copies them;
// an empty cell leaves what it is. One wrong line and nothing is written.
func (o *Office) writeSheet(ctx context.Context, tx *db.Tx, d catalog.Draft, sheet string, now time.Time) (string, error) {
	levels, err := levelsOf(ctx, tx, d.Code)
	if err != nil {
		return "", err
	}
	var form fault.Form
	currency := o.Settings.Now().Currency()
	units := map[catalog.VariantID]int{}
	var order []catalog.VariantID
	for n, line := range strings.Split(strings.TrimSpace(sheet), "\n") {
		cells := append(strings.Split(strings.ReplaceAll(line, ";", "\t"), "\t"), "", "")
		sku := strings.TrimSpace(cells[0])
		if sku == "" {
			continue
		}
		at := slices.IndexFunc(d.Variants, func(v catalog.DraftVariant) bool { return v.SKU == sku && v.Active })
		if at < 0 {
			form.Wrong("sheet", "options.sheet.sku", "line", n+1, "sku", sku)
			continue
		}
		v := &d.Variants[at]
		if price := strings.TrimSpace(cells[1]); price != "" {
			a, err := money.Parse(price, currency)
			if err != nil || a < 0 {
				form.Wrong("sheet", "options.sheet.price", "line", n+1, "price", price)
			}
			v.Prices[currency] = catalog.PriceIn{Amount: a, Was: wasAbove(v.Prices[currency].Was, a)}
		}
		if count := strings.TrimSpace(cells[2]); count != "" {
			u, err := strconv.Atoi(count)
			if err != nil || u < 0 || u > 1_000_000 {
				form.Wrong("sheet", "options.sheet.units", "line", n+1, "units", count)
			}
			units[v.ID], order = u, append(order, v.ID)
		}
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	if _, _, _, err := catalog.Put(ctx, tx, d, now); err != nil {
		return "", optionFields(err)
	}
	slices.Sort(order)
	for _, id := range slices.Compact(order) {
		if err := (counted{id, "sheet", true, units[id], levels[id]}).store(ctx, tx, now); err != nil {
			return "", err
		}
	}
	return "sheet: " + brief(strings.Join(strings.Fields(sheet), " ")), nil
}

// wasAbove keeps an announced former price only while it is higher.
func wasAbove(was, price money.Amount) money.Amount {
	if was > price {
		return was
	}
	return 0
}
