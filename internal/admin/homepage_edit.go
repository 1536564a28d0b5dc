package admin

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/web"
)

// The editor of one home page: one form, whose every button keeps what was
// typed as the draft and then does what it says.
type (
	homeEditor struct {
		web.Page
		Path, Key, Audience, Who string
		State                    tag
		Write, Fixed, Active     bool
		Written, Draft           bool
		DraftAt                  int64
		In                       inputs
		Errors                   web.FormErrors
		Warnings                 []string
		Sections                 []sectionRow
		Departments              []deptRow
		Names                    string // of the departments, as the form carries them
		Kinds, Audiences, Viewer []choice
		Versions                 []versionRow
		MayLook                  bool // at what a customer sees
	}
	sectionRow struct {
		At, Name, Kind           string
		N                        int
		First, Last              bool
		Own, Cards, Shelf, Words bool // what it has fields for
		Picks                    bool
		Kinds, Categories, Most  []choice
		Products                 []pickRow
		Codes, Find              string
		Found                    []pickRow
		NotFound                 bool
		Warn                     []string
	}
	pickRow    struct{ Code, Name, Why string }
	deptRow    struct{ Slug, Name string }
	versionRow struct {
		Number  int
		When    db.Time
		By      string
		Current bool
	}
)

// sectionFields are the fields of one section in the form.
var sectionFields = []string{"kind", "title_en", "title_zh", "reason_en", "reason_zh", "category", "cards", "products", "find", "words_en", "words_zh"}

func homeNames() []string {
	names := []string{"do", "draft_at", "count", "title_en", "title_zh", "lead_en", "lead_zh", "hero", "departments", "add_kind"}
	for i := range homepage.MostSections {
		for _, f := range sectionFields {
			names = append(names, f+"_"+strconv.Itoa(i))
		}
	}
	return names
}

func (o *Office) editHome(c echo.Context) error {
	v, err := homepage.ByKey(c.Request().Context(), o.DB, param(c, "variant"))
	if err != nil {
		return err
	}
	return o.showHome(c, http.StatusOK, v, nil, nil, nil)
}

// current is what the editor begins with: the draft, else the public page.
func current(v *homepage.Variant) homepage.Page {
	if !v.DraftAt.IsZero() {
		return v.Draft
	}
	return v.Page
}

// saveHome keeps the form as the draft and does what the button says.
func (o *Office) saveHome(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := homepage.ByKey(ctx, o.DB, param(c, "variant"))
	if err != nil {
		return err
	}
	in, err := read(c, homeNames())
	if err != nil {
		return err
	}
	p, form, err := o.readHome(ctx, in)
	if err != nil {
		return err
	}
	act, at, arg := splitAct(in["do"])
	says, find := "", ""
	if form == nil {
		find, form = o.actOnHome(ctx, &p, act, at, arg, in)
	}
	if form != nil {
		return o.showHome(c, http.StatusUnprocessableEntity, v, &p, in, form)
	}
	err = o.change(c, "home."+map[bool]string{true: "publish", false: "draft"}[act == "publish"], v.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		says, err = o.keepHome(ctx, tx, c, v, p, act, in, now)
		if err != nil || says == "" {
			return "", err
		}
		return act, nil
	})
	if fault.Fields(err) != nil {
		return o.showHome(c, http.StatusUnprocessableEntity, v, &p, in, err)
	}
	if err != nil {
		return err
	}
	back := homePath(v.Key)
	if find != "" {
		return c.Redirect(http.StatusSeeOther, back+"?at="+strconv.Itoa(at)+"&find="+urlQuery(find)+"#section-"+strconv.Itoa(at))
	}
	if act == "up" || act == "down" || act == "add" || act == "pick" || act == "unpick" || act == "find" {
		return c.Redirect(http.StatusSeeOther, back+"#section-"+strconv.Itoa(at))
	}
	if says == "" {
		return c.Redirect(http.StatusSeeOther, back)
	}
	return done(c, back, says)
}

// keepHome stores the draft if it differs, and publishes or drops it. What is
// published is what could be looked at: a page that was changed in the same
// click is saved, not published.
func (o *Office) keepHome(ctx context.Context, tx *db.Tx, c echo.Context, v *homepage.Variant, p homepage.Page, act string, in inputs, now time.Time) (string, error) {
	was, err := typedTime(in["draft_at"])
	if err != nil {
		return "", fault.New(fault.Conflict, "homepage.edited")
	}
	if act == "discard" {
		return "admin.home.discarded", homepage.DropDraft(ctx, tx, v.Key, now)
	}
	if !alike(p, current(v)) {
		says := "admin.home.saved"
		if act == "publish" {
			says = "admin.home.saved.look"
		}
		return says, homepage.SaveDraft(ctx, tx, v.Key, p, was, now)
	}
	if act != "publish" {
		return "", nil
	}
	who, err := o.who(c)
	if err != nil {
		return "", err
	}
	_, err = homepage.Publish(ctx, tx, v.Key, was, who.ID, now)
	return "admin.home.published", err
}

func alike(a, b homepage.Page) bool {
	none := func(p homepage.Page) homepage.Page {
		p.Sections = slices.Clone(p.Sections)
		for i := range p.Sections {
			s := &p.Sections[i]
			if len(s.Products) == 0 {
				s.Products = nil
			}
			if len(s.Words) == 0 {
				s.Words = nil
			}
		}
		if len(p.Sections) == 0 {
			p.Sections = nil
		}
		if len(p.Departments) == 0 {
			p.Departments = nil
		}
		return p
	}
	return reflect.DeepEqual(none(a), none(b))
}

func typedTime(ms string) (db.Time, error) {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n == 0 {
		return db.Time{}, err
	}
	return db.At(time.UnixMilli(n)), nil
}

// splitAct reads a button: "up_2", "pick_2_BB01", "deptup_books".
func splitAct(do string) (act string, at int, arg string) {
	act, rest, _ := strings.Cut(do, "_")
	n, arg, _ := strings.Cut(rest, "_")
	at, err := strconv.Atoi(n)
	if err != nil {
		return act, 0, rest
	}
	return act, at, arg
}

// actOnHome changes the page as a button says; find is what to look for
// afterwards.
func (o *Office) actOnHome(ctx context.Context, p *homepage.Page, act string, at int, arg string, in inputs) (find string, err error) {
	switch act {
	case "add":
		p.Sections = append(p.Sections, homepage.Section{Kind: in["add_kind"]})
		return "", nil
	case "deptup":
		return "", o.raise(ctx, p, arg)
	case "deptreset":
		p.Departments = nil
		return "", nil
	}
	if at < 0 || at >= len(p.Sections) {
		return "", nil
	}
	s := &p.Sections[at]
	switch act {
	case "up", "down":
		to := at + map[string]int{"up": -1, "down": 1}[act]
		if to >= 0 && to < len(p.Sections) {
			p.Sections[at], p.Sections[to] = p.Sections[to], p.Sections[at]
		}
	case "drop":
		p.Sections = slices.Delete(p.Sections, at, at+1)
	case "unpick":
		if k, err := catalog.ByCode(ctx, o.DB, arg); err == nil {
			s.Products = slices.DeleteFunc(s.Products, func(id catalog.ProductID) bool { return id == k.ID })
		}
	case "pick", "find":
		words := arg
		if act == "find" {
			words = in["find_"+strconv.Itoa(at)]
		}
		k, err := o.exactly(ctx, words)
		if err != nil || k == nil {
			return words, err
		}
		if !slices.Contains(s.Products, k.ID) {
			s.Products = append(s.Products, k.ID)
		}
	}
	return "", nil
}

// exactly finds the product of a code or SKU; nil if it is neither.
func (o *Office) exactly(ctx context.Context, words string) (*catalog.Product, error) {
	k, err := catalog.ByCode(ctx, o.DB, strings.ToUpper(words))
	if err == nil {
		return k, nil
	}
	if !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	found, err := catalog.List(ctx, o.DB, catalog.ListQuery{All: true, Text: words, Currency: o.Settings.Now().Currency(), PerPage: 2})
	if err != nil || words == "" || len(found.Cards) != 1 {
		return nil, err
	}
	return &catalog.Product{ID: found.Cards[0].ID, Code: found.Cards[0].Code}, nil
}

// raise moves a department one place to the front.
func (o *Office) raise(ctx context.Context, p *homepage.Page, slug string) error {
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	k, ok := tree.BySlug(slug)
	all := homepage.Arranged(tree.Roots(), p.Departments)
	if at := slices.IndexFunc(all, func(d catalog.Category) bool { return d.ID == k.ID }); ok && at > 0 {
		all[at-1], all[at] = all[at], all[at-1]
	}
	p.Departments = nil
	for _, d := range all {
		p.Departments = append(p.Departments, d.ID)
	}
	return nil
}

// readHome makes a page of the form; form holds what cannot be read.
func (o *Office) readHome(ctx context.Context, in inputs) (p homepage.Page, wrong, err error) {
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return p, nil, err
	}
	var form fault.Form
	p.Title, p.Lead = both(in, "title", ""), both(in, "lead", "")
	if code := in["hero"]; code != "" {
		k, err := o.exactly(ctx, code)
		if err != nil {
			return p, nil, err
		}
		if k == nil {
			form.Wrong("hero", "admin.promotion.product", "code", code)
		} else {
			p.Hero = k.ID
		}
	}
	for _, slug := range strings.Fields(in["departments"]) {
		if k, ok := tree.BySlug(slug); ok {
			p.Departments = append(p.Departments, k.ID)
		}
	}
	count, _ := strconv.Atoi(in["count"]) // a form without it has no sections
	for i := range min(max(count, 0), homepage.MostSections) {
		s, err := o.readSection(ctx, in, tree, "_"+strconv.Itoa(i))
		if err != nil {
			return p, nil, err
		}
		p.Sections = append(p.Sections, s)
	}
	return p, form.Err(), nil
}

func both(in inputs, name, at string) i18n.Text {
	return i18n.Text{En: in[name+"_en"+at], Zh: in[name+"_zh"+at]}
}

func (o *Office) readSection(ctx context.Context, in inputs, tree *catalog.Tree, at string) (homepage.Section, error) {
	s := homepage.Section{Kind: in["kind"+at], Title: both(in, "title", at), Reason: both(in, "reason", at)}
	if k, ok := tree.BySlug(in["category"+at]); ok {
		s.Category = k.ID
	}
	if n, err := strconv.Atoi(in["cards"+at]); err == nil && n != homepage.Cards {
		s.Cards = n
	}
	for _, code := range strings.Fields(in["products"+at]) {
		k, err := catalog.ByCode(ctx, o.DB, code)
		if errors.Is(err, fault.NotFound) {
			continue // it went since the form was drawn
		}
		if err != nil {
			return s, err
		}
		s.Products = append(s.Products, k.ID)
	}
	zh := strings.Split(in["words_zh"+at], "\n")
	for i, word := range strings.Split(in["words_en"+at], "\n") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		w := i18n.Text{En: word}
		if i < len(zh) {
			w.Zh = strings.TrimSpace(zh[i])
		}
		s.Words = append(s.Words, w)
	}
	return s, nil
}

// restoreHome makes an earlier page the draft.
func (o *Office) restoreHome(c echo.Context) error {
	v, err := homepage.ByKey(c.Request().Context(), o.DB, param(c, "variant"))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(param(c, "version"))
	if err != nil {
		return nowhere()
	}
	err = o.change(c, "home.restore", v.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return strconv.Itoa(n), homepage.Restore(ctx, tx, v.Key, n, now)
	})
	if err != nil {
		return err
	}
	return done(c, homePath(v.Key), "admin.home.restored", "n", n)
}

// viewers are as whom a page can be looked at.
func viewers(c echo.Context, kinds []segment.Segment) []choice {
	out := []choice{{"guest", t(c, "admin.home.view.guest"), false}}
	for _, g := range kinds {
		if offered(g, "") {
			out = append(out, choice{"segment:" + g.Key, t(c, "admin.home.view.segment", "name", g.Name), false})
		}
	}
	return out
}
