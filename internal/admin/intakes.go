package admin

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/exchange"
	"regulars/internal/fault"
	"regulars/internal/web"
)

type (
	intakesPage struct {
		web.Page
		Rows   []intakeRow
		In     inputs
		Errors web.FormErrors
		Kinds  []choice
		Write  bool
	}
	intakeRow struct {
		URL, Name, Kind, Rows string
		State                 tag
		At                    db.Time
	}
	intakePage struct {
		web.Page
		Name, Kind, Format, Path string
		State                    tag
		Write, Busy, Refused     bool
		Percent                  int
		Failure                  string
		Errors                   web.FormErrors
		Fields, More             []intakeField // what is what, where the header is nobody's: what most files have, and the rest
		Head                     []string
		Sample                   [][]string
		Counts                   []intakeCount
		Wrong                    []exchange.RowError
		WrongMore                int
		WrongFile                string
		Skipped                  []intakeCount
		Run, Undo, Again         bool
		UndoWhat                 string
		At, EndedAt, UndoneAt    db.Time
	}
	intakeField struct {
		Field, Label, Error string
		Needed              bool
		Choices             []choice
	}
	intakeCount struct{ Name, Value string }
)

const (
	intakesPath = "/admin/products/imports"
	mostIntakes = 20
	mostWrong   = 100      // bad rows that the page lists; the file has all
	mostUpload  = 40 << 20 // of a file as it is sent
)

// intakeUsual is what most files of goods have.
var intakeUsual = []string{"sku", "category", "name_en", "name_zh", "brand", "price", "stock"}

func (o *Office) intakeRoutes(g *echo.Group) {
	g.GET("/products/products.csv", o.productsFile)
	g.GET("/products/imports", o.intakes)
	g.POST("/products/imports", o.takeIntake)
	g.GET("/products/imports/:import", o.intake)
	g.POST("/products/imports/:import", o.actOnIntake)
	g.GET("/products/imports/:import/rows.csv", o.intakeRows)
	o.Web.AllowLarge(mostUpload, intakesPath)
}

var intakeTags = map[string]string{exchange.Done: "ok", exchange.Failed: "error", exchange.Columns: "warn", exchange.Looked: "info"}

func intakeState(c echo.Context, in *exchange.Intake) tag {
	return tag{intakeTags[in.State], t(c, "intake.state."+in.State)}
}

// intakes lists the files that came in, with the form for the next.
func (o *Office) intakes(c echo.Context) error {
	return o.showIntakes(c, http.StatusOK, inputs{"kind": exchange.Products}, nil)
}

func (o *Office) showIntakes(c echo.Context, status int, in inputs, why error) error {
	all, err := exchange.Intakes(c.Request().Context(), o.DB, mostIntakes)
	if err != nil {
		return err
	}
	p := intakesPage{Page: page(c, "intake.title"), In: in, Errors: wrong(c, why), Write: o.may(c, "products.write")}
	for _, kind := range []string{exchange.Products, exchange.Stock} {
		p.Kinds = append(p.Kinds, choice{kind, t(c, "intake.kind."+kind), in["kind"] == kind})
	}
	for i := range all {
		k := &all[i]
		row := intakeRow{URL: intakesPath + "/" + k.Token, Name: k.Name, Kind: t(c, "intake.kind."+k.Kind), State: intakeState(c, k), At: k.CreatedAt}
		if sum := newest(k); sum != nil {
			row.Rows = number(sum.Rows)
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/intakes", &p)
}

// newest is what is known last of a file: what an import did, else what it would do.
func newest(in *exchange.Intake) *exchange.Summary {
	if in.Result != nil {
		return in.Result
	}
	return in.Looked
}

// takeIntake keeps a file that was sent and has it looked through.
func (o *Office) takeIntake(c echo.Context) error {
	in, err := read(c, []string{"kind"})
	if err == nil {
		var token string
		if token, err = o.keepIntake(c, in["kind"]); err == nil {
			return web.Redirect(c, intakesPath+"/"+token)
		}
	}
	if k := fault.Kind(err); k == fault.Invalid || k == fault.TooLarge {
		if len(fault.Fields(err)) == 0 {
			var form fault.Form
			form.Wrong("file", "intake.wrong", "why", words(c, err))
			err = form.Err()
		}
		return o.showIntakes(c, http.StatusUnprocessableEntity, in, err)
	}
	return err
}

func (o *Office) keepIntake(c echo.Context, kind string) (token string, err error) {
	name, content, err := web.File(c, "file")
	if err != nil {
		return "", err
	}
	defer content.Close()
	body, err := exchange.Pack(content)
	if err != nil {
		return "", err
	}
	who, err := o.who(c)
	if err != nil {
		return "", err
	}
	return token, o.change(c, "import.take", name, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		k, err := exchange.Take(ctx, tx, kind, name, body, int64(who.ID), lang(c), now)
		if err != nil {
			return "", err
		}
		token = k.Token
		return k.Kind, nil
	})
}

func (o *Office) intake(c echo.Context) error { return o.showIntake(c, http.StatusOK, nil, nil) }

func (o *Office) showIntake(c echo.Context, status int, columns map[string]string, why error) error {
	ctx := c.Request().Context()
	k, err := exchange.IntakeBy(ctx, o.DB, param(c, "import"))
	if err != nil {
		return err
	}
	p := intakePage{Page: page(c, "intake.one", "name", k.Name), Name: k.Name, Kind: t(c, "intake.kind."+k.Kind), Path: intakesPath + "/" + k.Token, State: intakeState(c, k),
		Write: o.may(c, "products.write"), Busy: k.Busy(), Failure: k.Failure, Errors: wrong(c, why), At: k.CreatedAt, EndedAt: k.EndedAt, UndoneAt: k.UndoneAt}
	if k.Format != "" {
		p.Format = t(c, "intake.format."+k.Format)
	}
	if k.Bytes > 0 {
		p.Percent = int(min(99, k.Read*100/k.Bytes))
	}
	if sum := newest(k); sum != nil && !p.Busy {
		o.counted(c, &p, k, sum)
	}
	if k.Format == "" && (k.State == exchange.Columns || k.State == exchange.Looked || k.State == exchange.Failed) {
		if columns == nil {
			columns = k.Columns
		}
		if err := o.columnsOf(c, &p, k, columns); err != nil && fault.Kind(err) != fault.NotFound {
			return err
		}
	}
	p.Run = p.Write && k.State == exchange.Looked && k.Looked.Created+k.Looked.Updated > 0
	p.Again = p.Write && k.Format != "" && (k.State == exchange.Looked || k.State == exchange.Failed)
	if p.Write && k.State == exchange.Done {
		last, err := exchange.LastDone(ctx, o.DB)
		if err != nil {
			return err
		}
		if p.Undo = last == k.ID; p.Undo {
			made, changed, touched, err := k.Changed(ctx, o.DB)
			if err != nil {
				return err
			}
			p.UndoWhat = t(c, "intake.undo.what", "changed", changed, "made", made, "touched", touched)
		}
	}
	return web.Render(c, status, "admin/intake", &p)
}

// counted words what a look or an import found.
func (o *Office) counted(c echo.Context, p *intakePage, k *exchange.Intake, sum *exchange.Summary) {
	for _, n := range []struct {
		key   string
		value int
	}{{"rows", sum.Rows}, {"created", sum.Created}, {"updated", sum.Updated}, {"unchanged", sum.Unchanged}, {"wrong", sum.ErrorsTotal}} {
		key := "intake.count." + n.key
		if k.Result == nil && (n.key == "created" || n.key == "updated") {
			key += ".would"
		}
		p.Counts = append(p.Counts, intakeCount{t(c, key), number(n.value)})
	}
	for reason, n := range sum.Skipped {
		p.Skipped = append(p.Skipped, intakeCount{reason, number(n)})
	}
	slices.SortFunc(p.Skipped, func(a, b intakeCount) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	p.Wrong = sum.Errors[:min(len(sum.Errors), mostWrong)]
	p.WrongMore = sum.ErrorsTotal - len(p.Wrong)
	if k.Looked != nil && k.Looked.ErrorsTotal > 0 {
		p.WrongFile = p.Path + "/rows.csv"
	}
}

// columnsOf draws the question which column of the file is which of ours, with
// the file's first rows beside it.
func (o *Office) columnsOf(c echo.Context, p *intakePage, k *exchange.Intake, columns map[string]string) error {
	body, err := k.Body(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	head, err := exchange.HeadOf(k.Kind, body)
	if err != nil {
		return err
	}
	p.Head, p.Sample = head.Columns, head.Rows
	if !p.Write {
		return nil
	}
	for _, ours := range exchange.Header(k.Kind) {
		f := intakeField{Field: ours, Label: t(c, "intake.field."+ours), Error: p.Errors.At(ours).Text, Needed: ours == "code" || k.Kind == exchange.Stock,
			Choices: []choice{{"", t(c, "intake.field.none"), columns[ours] == ""}}}
		for _, theirs := range head.Columns {
			if theirs != "" {
				f.Choices = append(f.Choices, choice{theirs, theirs, columns[ours] == theirs})
			}
		}
		if f.Needed || columns[ours] != "" || f.Error != "" || slices.Contains(intakeUsual, ours) {
			p.Fields = append(p.Fields, f)
		} else {
			p.More = append(p.More, f)
		}
	}
	return nil
}

// actOnIntake looks through again, imports, or undoes.
func (o *Office) actOnIntake(c echo.Context) error {
	k, err := exchange.IntakeBy(c.Request().Context(), o.DB, param(c, "import"))
	if err != nil {
		return err
	}
	in, err := read(c, append([]string{"do"}, exchange.Header(k.Kind)...))
	if err != nil {
		return err
	}
	columns := map[string]string{}
	for _, name := range exchange.Header(k.Kind) {
		if in[name] != "" {
			columns[name] = in[name]
		}
	}
	do := map[string]func(ctx context.Context, tx *db.Tx, now time.Time) error{
		"look": func(ctx context.Context, tx *db.Tx, now time.Time) error {
			return k.Look(ctx, tx, columns, lang(c), now)
		},
		"run":  func(ctx context.Context, tx *db.Tx, now time.Time) error { return k.Run(ctx, tx, lang(c), now) },
		"undo": func(ctx context.Context, tx *db.Tx, now time.Time) error { return k.Undo(ctx, tx, lang(c), now) },
	}[in["do"]]
	if do == nil {
		return fault.New(fault.Invalid, "error.unreadable")
	}
	err = o.change(c, "import."+in["do"], k.Token, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return k.Name, do(ctx, tx, now)
	})
	if fault.Kind(err) == fault.Invalid {
		return o.showIntake(c, http.StatusUnprocessableEntity, columns, err)
	}
	if fault.Kind(err) == fault.Conflict {
		web.Flash(c, "warn", "admin.flash", "text", words(c, err))
		err = nil
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, intakesPath+"/"+k.Token)
}

// intakeRows is the rows that were left out, to be mended and sent again.
func (o *Office) intakeRows(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := exchange.IntakeBy(ctx, o.DB, param(c, "import"))
	if err != nil {
		return err
	}
	body, err := k.Body(ctx, o.DB)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := k.Unsound(body, &b); err != nil {
		return err
	}
	return sendCSV(c, "rows-to-mend.csv", b.Bytes())
}

// productsFile is the whole catalogue as an import reads it back.
func (o *Office) productsFile(c echo.Context) error {
	var b bytes.Buffer
	if err := exchange.Export(c.Request().Context(), o.DB, exchange.Products, &b, exchange.ExportOptions{Now: o.Now()}); err != nil {
		return err
	}
	err := o.change(c, "export.products", "", func(context.Context, *db.Tx, time.Time) (string, error) { return strconv.Itoa(b.Len()), nil })
	if err != nil {
		return err
	}
	return sendCSV(c, "products.csv", b.Bytes())
}

func sendCSV(c echo.Context, name string, body []byte) error {
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", body)
}
