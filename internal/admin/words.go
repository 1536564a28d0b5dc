package admin

import (
	"context"
	"errors"
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
	"regulars/internal/search"
	"regulars/internal/web"
)

const searchPath = "/admin/search"

type (
	wordsPage struct {
		web.Page
		Rules   []ruleRow
		Pins    []pinRow
		Misses  []missRow
		Test    *testRow
		Typed   string
		Langs   []choice // of the rule form
		PinIn   []choice
		TestIn  []choice
		In      inputs
		Errors  web.FormErrors
		Notice  string
		Write   bool
		AskedIn string
	}
	ruleRow struct{ ID, Text, Lang string }
	pinRow  struct{ ID, Typed, Lang, Products, When string }
	missRow struct {
		Words, Lang, Kind, Nearest, TryURL string
		Times                              int
		Last                               db.Time
	}
	testRow struct {
		Says, Mended, Without string
		Terms                 []string
		Chosen                bool
		Total                 int
		Found                 []foundRow
	}
	foundRow struct{ URL, Code, Name string }
)

var (
	ruleNames = []string{"rule_lang", "rule"}
	pinNames  = []string{"pin_lang", "typed", "products", "from", "to"}
)

// words is the room of what people type: what it means, what stands first and
// what was looked for in vain.
func (o *Office) words(c echo.Context) error {
	return o.showWords(c, http.StatusOK, inputs{}, nil, "")
}

func (o *Office) showWords(c echo.Context, status int, in inputs, failure error, notice string) error {
	ctx := c.Request().Context()
	p := wordsPage{Page: page(c, "staff.area.search"), In: in, Errors: wrong(c, failure), Notice: notice, Write: o.may(c, "search.write"),
		Typed: c.QueryParam("q"), AskedIn: c.QueryParam("in")}
	p.Langs, p.PinIn, p.TestIn = langChoices(c, in["rule_lang"], true), langChoices(c, in["pin_lang"], true), langChoices(c, p.AskedIn, false)
	rules, err := search.AllRules(ctx, o.DB)
	if err != nil {
		return err
	}
	for _, r := range rules {
		p.Rules = append(p.Rules, ruleRow{strconv.FormatInt(r.ID, 10), r.Text, langName(c, r.Lang)})
	}
	if p.Pins, err = o.pinRows(c); err != nil {
		return err
	}
	missed, err := search.Missed(ctx, o.DB, 100)
	if err != nil {
		return err
	}
	for _, m := range missed {
		p.Misses = append(p.Misses, missRow{m.Words, langName(c, m.Lang), t(c, "admin.search.miss."+m.Kind), m.Nearest, testURL(m.Words, m.Lang), m.Times, m.LastAt})
	}
	if p.Typed != "" {
		if p.Test, err = o.tested(c, p.Typed, p.AskedIn); err != nil {
			if !errors.Is(err, fault.Invalid) {
				return err
			}
			p.Notice = words(c, err)
		}
	}
	return web.Render(c, status, "admin/search", p)
}

// tested is what a query means now, and its first ten products.
func (o *Office) tested(c echo.Context, typed, in string) (*testRow, error) {
	ctx, asked := c.Request().Context(), i18n.English
	if in == string(i18n.Chinese) {
		asked = i18n.Chinese
	}
	u, err := o.Reader.Understand(ctx, asked, typed, false, o.Now())
	if err != nil {
		return nil, err
	}
	row := &testRow{Says: u.Words.Text, Mended: u.Mended, Without: strings.Join(u.Without, " "), Chosen: u.Chosen}
	for _, term := range u.Words.Terms {
		forms := strings.Join(term.Any, " = ")
		if term.Prefix {
			forms += "…"
		}
		row.Terms = append(row.Terms, forms)
	}
	found, err := o.Reader.Find(ctx, search.Query{Lang: asked, Words: u.Words, Currency: o.Settings.Now().Currency(), PerPage: 10})
	if err != nil {
		return nil, err
	}
	row.Total = found.Total
	products, err := search.Named(ctx, o.DB, found.IDs)
	for _, p := range products {
		row.Found = append(row.Found, foundRow{"/admin/products/" + p.Code, p.Code, p.Name.In(lang(c))})
	}
	return row, err
}

func (o *Office) pinRows(c echo.Context) (rows []pinRow, err error) {
	pins, err := search.AllPins(c.Request().Context(), o.DB)
	if err != nil {
		return nil, err
	}
	for _, pin := range pins {
		products, err := search.Named(c.Request().Context(), o.DB, pin.Products)
		if err != nil {
			return nil, err
		}
		var codes []string
		for _, p := range products {
			codes = append(codes, p.Code+" "+p.Name.In(lang(c)))
		}
		when := t(c, "admin.search.pin.always")
		if from, to := o.day(pin.FromAt), o.day(pin.ToAt); from != "" || to != "" {
			when = from + " – " + to
		}
		rows = append(rows, pinRow{strconv.FormatInt(pin.ID, 10), pin.Typed, langName(c, pin.Lang), strings.Join(codes, ", "), when})
	}
	return rows, nil
}

func (o *Office) addRule(c echo.Context) error {
	in, err := read(c, ruleNames)
	if err == nil {
		err = o.change(c, "search.rule", in["rule"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return in["rule"], search.AddRule(ctx, tx, langOf(in["rule_lang"]), in["rule"], now)
		})
	}
	return o.wordsDone(c, in, err, "admin.search.rule.done")
}

func (o *Office) dropRule(c echo.Context) error {
	return o.dropWords(c, "search.rule.drop", param(c, "rule"), func(ctx context.Context, tx *db.Tx, id int64) (string, error) {
		r, err := search.DropRule(ctx, tx, id)
		return r.Text, err
	})
}

func (o *Office) dropPin(c echo.Context) error {
	return o.dropWords(c, "search.pin.drop", param(c, "pin"), func(ctx context.Context, tx *db.Tx, id int64) (string, error) {
		p, err := search.DropPin(ctx, tx, id)
		return p.Typed, err
	})
}

func (o *Office) dropWords(c echo.Context, action, which string, drop func(context.Context, *db.Tx, int64) (string, error)) error {
	id, err := strconv.ParseInt(which, 10, 64)
	if err != nil {
		return nowhere()
	}
	err = o.change(c, action, which, func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) { return drop(ctx, tx, id) })
	if err != nil && !errors.Is(err, fault.NotFound) { // gone is what was asked, also by a second click
		return err
	}
	return done(c, searchPath, "admin.search.dropped")
}

func (o *Office) putPin(c echo.Context) error {
	in, err := read(c, pinNames)
	if err == nil {
		err = o.change(c, "search.pin", in["typed"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			pin, err := o.pinOf(ctx, tx, in)
			if err != nil {
				return "", err
			}
			return in["products"], search.PutPin(ctx, tx, pin)
		})
	}
	return o.wordsDone(c, in, err, "admin.search.pin.done")
}

// pinOf reads the form: codes between blanks or commas, days of the shop; the
// last day counts whole.
func (o *Office) pinOf(ctx context.Context, q db.Q, in inputs) (search.Pin, error) {
	var form fault.Form
	pin := search.Pin{Lang: langOf(in["pin_lang"]), Typed: strings.TrimSpace(in["typed"])}
	for _, code := range strings.FieldsFunc(in["products"], func(r rune) bool { return strings.ContainsRune(" ,;，、\r\n\t", r) }) {
		p, err := catalog.ByCode(ctx, q, strings.ToUpper(code))
		switch {
		case errors.Is(err, fault.NotFound):
			form.Wrong("products", "admin.search.pin.unknown", "code", code)
		case err != nil:
			return pin, err
		case !slices.Contains(pin.Products, p.ID):
			pin.Products = append(pin.Products, p.ID)
		}
	}
	for name, days := range map[string]int{"from": 0, "to": 1} {
		if in[name] == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, in[name], o.Settings.Now().Zone())
		if err != nil {
			form.Wrong(name, "admin.search.pin.day")
			continue
		}
		if name == "from" {
			pin.FromAt = db.At(day.AddDate(0, 0, days))
		} else {
			pin.ToAt = db.At(day.AddDate(0, 0, days))
		}
	}
	return pin, form.Err()
}

func (o *Office) wordsDone(c echo.Context, in inputs, err error, key string) error {
	switch {
	case errors.Is(err, fault.Invalid) && len(fault.Fields(err)) > 0:
		return o.showWords(c, http.StatusUnprocessableEntity, in, err, "")
	case errors.Is(err, fault.Invalid):
		return o.showWords(c, http.StatusUnprocessableEntity, in, nil, words(c, err))
	case errors.Is(err, fault.Conflict):
		return o.showWords(c, http.StatusConflict, in, nil, words(c, err))
	case err != nil:
		return err
	}
	return done(c, searchPath, key)
}
