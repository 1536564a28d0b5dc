package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/segment"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// smallCell is how many people a segment must hold before marketing sees how
// many they are, or who: fewer point at persons.
const smallCell = 10

// sampled is how many people a preview shows.
const sampled = 20

type (
	segmentListRow struct {
		URL, Name, Says, Purpose, People, Moves string
	}
	segmentListPage struct {
		web.Page
		Rows, Archived []segmentListRow
		Write, Ready   bool
	}
	segmentPage struct {
		web.Page
		In                   ruleForm
		Errors               web.FormErrors
		Path, Key            string
		Tree, Open, Text     string
		SaysEn, SaysZh       string
		When, Except         ruleNode
		Clause               *openClause
		Purposes             []choice
		Preview              *previewView
		Wrong                string // why nothing can be counted yet
		Write, Old, Archived bool
		Person               string
		Explained            *explainedView
		Asks                 bool
		Snapshots            []snapshotRow
		FreezeKey            string
	}
	previewView struct {
		Small            bool
		Count            string
		Stats            []statRow
		From             string
		Steps            []stepRow
		Alone            bool
		Overlap          []overlapRow
		Sample           []sampleRow
		Names            bool // the sample may be shown
		Entered, Gone    int
		SimulatedPercent int
	}
	statRow    struct{ Name, Value, Change string }
	stepRow    struct{ Says, Left, Removed string }
	overlapRow struct{ Name, URL, Count, Share string }
	sampleRow  struct {
		URL, Name, Email string
		Simulated        bool
	}
	explainedView struct {
		Title, Verdict string
		In             bool
		Lines          []explainLine
	}
	explainLine struct {
		Indent                string
		Says, Is, Kind, Value string
		Flips                 string
	}
)

// offered reports whether a form lets something be made for a segment: live
// audiences, and what was chosen already. Exclusions and service segments get
// no pages, prices and promotions.
func offered(s segment.Segment, chosen string) bool {
	return s.Key == chosen && chosen != "" || s.ArchivedAt.IsZero() && s.Key != segment.Default && (s.Purpose == segment.Audience || s.Purpose == "")
}

func segmentPath(key string) string { return "/admin/segments/" + key }

// guarded reports whether small groups are hidden from who is at work.
func (o *Office) guarded(c echo.Context) bool {
	who, err := o.who(c)
	return err != nil || who == nil || who.Role != staff.Owner
}

// people writes a count of people, where it may be told.
func (o *Office) people(c echo.Context, n int) string {
	if n < smallCell && o.guarded(c) {
		return t(c, "admin.segment.few", "least", smallCell)
	}
	return i18n.Number(n)
}

func (o *Office) segments(c echo.Context) error {
	ctx := c.Request().Context()
	book, err := segment.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	members, err := segment.Counts(ctx, o.DB)
	if err != nil {
		return err
	}
	entered, left, err := segment.Moved(ctx, o.DB, o.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	p := segmentListPage{Page: page(c, "staff.area.segments"), Write: o.may(c, "segments.write"), Ready: segment.ReadyMissing(book)}
	for _, s := range book.Segments {
		if s.Key == segment.Default {
			continue
		}
		row := segmentListRow{URL: segmentPath(s.Key), Name: s.Name.In(p.Lang), Says: book.Sentence(p.Lang, s.Rule), Purpose: t(c, "admin.segment.purpose."+s.Purpose),
			People: o.people(c, members[s.Key])}
		if members[s.Key] >= smallCell || !o.guarded(c) {
			row.Moves = t(c, "admin.segment.moves.short", "in", entered[s.Key], "out", left[s.Key])
		}
		if s.ArchivedAt.IsZero() {
			p.Rows = append(p.Rows, row)
		} else {
			p.Archived = append(p.Archived, row)
		}
	}
	return web.Render(c, http.StatusOK, "admin/segments", p)
}

func (o *Office) readySegments(c echo.Context) error {
	err := o.change(c, "segment.ready", "", func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		return "ready-made", segment.Ready(ctx, tx, string(o.Settings.Now().Currency()))
	})
	if err != nil {
		return err
	}
	return done(c, "/admin/segments", "admin.segment.ready.done")
}

func (o *Office) newSegment(c echo.Context) error {
	if r, wrong := segment.Parse(c.QueryParam("rule")); wrong == nil { // taken over from an idea
		return o.showSegment(c, http.StatusOK, nil, ruleForm{Purpose: segment.Audience}, r, "", nil)
	}
	in := ruleForm{Do: "clause:w", Purpose: segment.Audience}
	return o.showSegment(c, http.StatusOK, nil, in, segment.Rule{When: segment.Group{Op: segment.All}, Except: segment.Group{Op: segment.Any}}, "", nil)
}

// oneSegment finds the segment of the address.
func (o *Office) oneSegment(c echo.Context) (*segment.Book, *segment.Segment, error) {
	book, err := segment.Read(c.Request().Context(), o.DB)
	if err != nil {
		return nil, nil, err
	}
	for i := range book.Segments {
		if s := &book.Segments[i]; s.Key == param(c, "segment") && s.Key != segment.Default {
			return book, s, nil
		}
	}
	return nil, nil, nowhere()
}

func (o *Office) segment(c echo.Context) error {
	_, s, err := o.oneSegment(c)
	if err != nil {
		return err
	}
	in := ruleForm{Version: strconv.FormatInt(s.UpdatedAt.Milli(), 10), NameEn: s.Name.En, NameZh: s.Name.Zh, WhyEn: s.Why.En, WhyZh: s.Why.Zh, Purpose: s.Purpose}
	return o.showSegment(c, http.StatusOK, s, in, s.Rule, "", nil)
}

// editSegment takes every button of the builder: most of them only make the
// page anew.
func (o *Office) editSegment(c echo.Context) error {
	var s *segment.Segment
	var err error
	if param(c, "segment") != "" {
		if _, s, err = o.oneSegment(c); err != nil {
			return err
		}
	}
	var in ruleForm
	failed := web.Form(c, &in)
	r := in.rule()
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return o.showSegment(c, http.StatusUnprocessableEntity, s, in, r, in.Open, failed)
	}
	switch in.Do {
	case "save":
		return o.saveSegment(c, s, in, r)
	case "read":
		read, misread := segment.Parse(in.Text)
		if misread != nil {
			var form fault.Form
			form.Wrong("text", "admin.builder.misread", "line", misread.Line, "column", misread.Column, "what", t(c, misread.Words, misread.Args...))
			return o.showSegment(c, http.StatusUnprocessableEntity, s, in, r, in.Open, form.Err())
		}
		return o.showSegment(c, http.StatusOK, s, in, read, "", nil)
	}
	open := in.edit(&r)
	return o.showSegment(c, http.StatusOK, s, in, r, open, nil)
}

func (o *Office) saveSegment(c echo.Context, old *segment.Segment, in ruleForm, r segment.Rule) error {
	s := segment.Segment{Key: slugOf(in.NameEn), Name: i18n.Text{En: in.NameEn, Zh: in.NameZh}, Why: i18n.Text{En: in.WhyEn, Zh: in.WhyZh}, Rule: r, Purpose: in.Purpose}
	var seen db.Time
	if old != nil {
		s.Key = old.Key
		if n, err := strconv.ParseInt(in.Version, 10, 64); err == nil && n > 0 {
			seen = db.At(time.UnixMilli(n))
		}
	}
	err := o.tooSmall(c, s)
	if err == nil {
		err = o.change(c, "segment.save", s.Key, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return r.String(), segment.Save(ctx, tx, s, seen, now)
		})
	}
	switch kind := fault.Kind(err); {
	case err == nil:
		return done(c, segmentPath(s.Key), "admin.segment.saved")
	case kind == fault.Invalid:
		return o.showSegment(c, http.StatusUnprocessableEntity, old, in, r, in.Open, err)
	case kind == fault.Conflict:
		var form fault.Form
		form.Wrong("rule", "segment.newer", "name", s.Name.In(lang(c)))
		return o.showSegment(c, http.StatusConflict, old, in, r, in.Open, form.Err())
	}
	return err
}

// tooSmall refuses marketing a segment that points at a few persons.
func (o *Office) tooSmall(c echo.Context, s segment.Segment) error {
	if !o.guarded(c) || s.Rule.Check() != nil {
		return nil
	}
	book, err := segment.Read(c.Request().Context(), o.DB)
	if err != nil || book.Check(s) != nil {
		return err
	}
	var form fault.Form
	if ready, err := book.Gathered(c.Request().Context(), o.DB); err != nil || !ready {
		form.Wrong("rule", "admin.segment.gathering")
		return cmp.Or(err, form.Err())
	}
	n, err := book.Count(c.Request().Context(), o.DB, s, o.Now())
	if err != nil || n == 0 || n >= smallCell {
		return err
	}
	form.Wrong("rule", "admin.segment.small", "least", smallCell)
	return form.Err()
}

func slugOf(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '-' }), "-")
	return strings.TrimRight(s[:min(len(s), 40)], "-")
}

func (o *Office) archiveSegment(c echo.Context) error {
	_, s, err := o.oneSegment(c)
	if err != nil {
		return err
	}
	var in struct {
		On bool `form:"on"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err = o.change(c, "segment.archive", s.Key, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return fmt.Sprint("archived: ", in.On), segment.Archive(ctx, tx, s.Key, in.On, now)
	})
	if err != nil && (fault.Kind(err) == fault.Conflict || fault.Kind(err) == fault.Invalid) {
		web.Flash(c, "error", "admin.flash", "text", words(c, err))
		return c.Redirect(http.StatusSeeOther, segmentPath(s.Key))
	}
	if err != nil {
		return err
	}
	return done(c, segmentPath(s.Key), "admin.segment.saved")
}

func (o *Office) showSegment(c echo.Context, status int, s *segment.Segment, in ruleForm, r segment.Rule, open string, failure error) error {
	ctx := c.Request().Context()
	book, err := segment.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	r = segment.Tree(r)
	v := segmentPage{Page: page(c, "admin.segment.new"), In: in, Errors: wrong(c, failure), Open: open, Text: r.String(), Write: o.may(c, "segments.write"), Asks: o.may(c, "customers.read"),
		SaysEn: book.Sentence(i18n.English, r), SaysZh: book.Sentence(i18n.Chinese, r), Path: "/admin/segments/new"}
	if in.Do == "read" && failure != nil {
		v.Text = in.Text
	}
	tried := segment.Segment{Rule: r, Purpose: in.Purpose}
	if s != nil {
		v.Title, v.Key, v.Path, v.Old, v.Archived, tried.Key = s.Name.In(v.Lang), s.Key, segmentPath(s.Key), true, !s.ArchivedAt.IsZero(), s.Key
	}
	if open == "" && in.Do == "clause:w" && s == nil && len(r.When.Items) == 0 {
		in.Do = "clause:w"
		v.Open = in.edit(&r)
	}
	tree, err := json.Marshal(r)
	if err != nil {
		return err
	}
	v.Tree = string(tree)
	v.When, v.Except = o.nodes(c, book, &r.When, "w", v.Open, 1), o.nodes(c, book, &r.Except, "e", v.Open, 1)
	if i := nodeAt(&r, v.Open); i != nil && i.Clause != nil {
		v.Clause = o.openClause(c, book, i.Clause)
	}
	for _, p := range segment.Purposes {
		v.Purposes = append(v.Purposes, choice{p, t(c, "admin.segment.purpose."+p), p == in.Purpose})
	}
	if !slices.Contains(segment.Purposes, tried.Purpose) {
		tried.Purpose = segment.Audience
	}
	ready, err := book.Gathered(ctx, o.DB)
	if err != nil {
		return err
	}
	if w := book.Check(tried); w != nil {
		v.Wrong = t(c, w.Words, w.Args...)
	} else if !ready {
		v.Wrong = t(c, "admin.segment.gathering")
	} else if v.Preview, err = o.preview(c, book, tried, s); err != nil {
		return err
	}
	if s != nil {
		if err := o.explain(c, book, *s, &v); err != nil {
			return err
		}
		v.FreezeKey = rand.Text()
		if v.Snapshots, err = o.frozen(c, s.Key); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/segment", v)
}

// preview counts a rule exactly, split by who may be written to.
func (o *Office) preview(c echo.Context, book *segment.Book, tried segment.Segment, saved *segment.Segment) (*previewView, error) {
	ctx, now := c.Request().Context(), o.Now()
	looked, err := book.Look(ctx, o.DB, tried, outreach.Reach(now), now)
	if err != nil {
		return nil, err
	}
	v := &previewView{Count: o.people(c, looked.All), Small: looked.All < smallCell && o.guarded(c), Names: o.may(c, "customers.read")}
	if v.Small {
		return v, nil
	}
	for _, part := range []struct {
		key string
		n   int
	}{{"mail", looked.Parts[""]}, {"out", looked.Parts[outreach.ReachOut]}, {"held", looked.Parts[outreach.ReachHeld]}, {"capped", looked.Parts[outreach.ReachCapped]},
		{"none", looked.Parts[outreach.ReachNone]}, {"simulated", looked.Simulated}} {
		row := statRow{Name: t(c, "admin.segment.split."+part.key), Value: o.people(c, part.n), Change: portion(part.n, looked.All)}
		if part.n < smallCell && o.guarded(c) {
			row.Change = ""
		}
		v.Stats = append(v.Stats, row)
	}
	v.From, v.Alone = i18n.Number(looked.From), tried.Rule.When.Op == segment.Any
	for _, s := range looked.Steps {
		says := book.Sentence(lang(c), segment.Rule{When: segment.Group{Op: segment.All, Items: []segment.Item{s.Item}}})
		if s.Except {
			says = t(c, "admin.segment.except.step", "what", says)
		}
		row := stepRow{says, o.people(c, s.Left), "−" + i18n.Number(s.Removed)}
		if o.guarded(c) && (s.Left < smallCell || s.Removed < smallCell) || v.Alone {
			row.Removed = "" // or the difference would tell
		}
		v.Steps = append(v.Steps, row)
	}
	overlap, err := book.Overlap(ctx, o.DB, tried, now)
	if err != nil {
		return nil, err
	}
	for _, s := range book.Segments {
		if n := overlap[s.Key]; n > 0 {
			row := overlapRow{s.Name.In(lang(c)), segmentPath(s.Key), o.people(c, n), portion(n, looked.All)}
			if n < smallCell && o.guarded(c) {
				row.Share = ""
			}
			v.Overlap = append(v.Overlap, row)
		}
	}
	if saved != nil {
		entered, left, err := segment.Moved(ctx, o.DB, now.Add(-24*time.Hour))
		if err != nil {
			return nil, err
		}
		v.Entered, v.Gone = entered[saved.Key], left[saved.Key]
	}
	return v, o.sample(c, book, tried, v)
}

func portion(n, of int) string {
	if of == 0 {
		return ""
	}
	return strconv.Itoa((n*100+of/2)/of) + " %"
}

// sample shows some people to roles that may see customers, their addresses
// masked.
func (o *Office) sample(c echo.Context, book *segment.Book, tried segment.Segment, v *previewView) error {
	if !v.Names {
		return nil
	}
	people, err := book.Sample(c.Request().Context(), o.DB, tried, sampled, o.Now())
	if err != nil {
		return err
	}
	ids := make([]customer.ID, len(people))
	for i := range people {
		ids[i] = people[i].ID
	}
	numbers, err := customer.Numbers(c.Request().Context(), o.DB, ids)
	for _, p := range people {
		row := sampleRow{URL: customerPath(numbers[p.ID]), Name: p.Name, Email: masked(p.Email), Simulated: p.Simulated}
		if tried.Key != "" {
			row.URL = segmentPath(tried.Key) + "?person=" + numbers[p.ID] + "#person"
		}
		v.Sample = append(v.Sample, row)
	}
	return err
}

func masked(email string) string {
	name, host, ok := strings.Cut(email, "@")
	if !ok || name == "" {
		return "•••"
	}
	return string([]rune(name)[:1]) + "•••@" + host
}
