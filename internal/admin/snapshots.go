package admin

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/segment"
	"regulars/internal/web"
)

// frozenPage is how many people of a snapshot a page shows.
const frozenPage = 100

// mostFrozen is how many people one file holds.
const mostFrozen = 200_000

type (
	snapshotRow struct{ URL, When, People, Left, Note, Staff string }
	frozenRow   struct {
		URL, Email, Part string
		Simulated        bool
	}
	snapshotPage struct {
		web.Page
		Segment, Path, Says, Rule, File string
		Stats                           []statRow
		Note                            string
		Rows                            []frozenRow
		Names                           bool
		Prev, Next                      string
	}
)

func snapshotPath(token string) string { return "/admin/segments/snapshots/" + token }

// least is how many people a snapshot must hold for whoever is at work.
func (o *Office) least(c echo.Context) int {
	if o.guarded(c) {
		return smallCell
	}
	return 1
}

func (o *Office) freezeSegment(c echo.Context) error {
	_, s, err := o.oneSegment(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"key", "note"})
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	var made *segment.Snapshot
	err = o.change(c, "segment.freeze", s.Key, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		made, err = segment.Freeze(ctx, tx, s.Key, segment.Snapshot{Token: rand.Text(), Key: in["key"], Note: in["note"], Staff: who.Email}, o.least(c), now)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: %d people", made.Token, made.People), nil
	})
	if kind := fault.Kind(err); err != nil && (kind == fault.Invalid || kind == fault.Conflict) {
		web.Flash(c, "error", "admin.flash", "text", words(c, err))
		return c.Redirect(http.StatusSeeOther, segmentPath(s.Key)+"#snapshots")
	}
	if err != nil {
		return err
	}
	return done(c, snapshotPath(made.Token), "admin.snapshot.made")
}

// frozen lists a segment's snapshots for its page.
func (o *Office) frozen(c echo.Context, key string) (rows []snapshotRow, err error) {
	all, err := segment.Snapshots(c.Request().Context(), o.DB, key)
	for _, s := range all {
		rows = append(rows, snapshotRow{snapshotPath(s.Token), i18n.DateTime(lang(c), s.At.In(o.Settings.Now().Zone())), o.people(c, s.People), o.people(c, s.Left), s.Note, s.Staff})
	}
	return rows, err
}

func (o *Office) snapshot(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := segment.SnapshotBy(ctx, o.DB, param(c, "snapshot"))
	if err != nil {
		return nowhere()
	}
	zone := o.Settings.Now().Zone()
	v := snapshotPage{Page: web.NewPage(c, t(c, "admin.snapshot.title", "name", s.Name.In(lang(c)), "date", i18n.DateTime(lang(c), s.At.In(zone)))), Segment: s.Name.In(lang(c)),
		Path: segmentPath(s.Segment), Rule: s.Rule, Note: s.Note, Names: o.may(c, "customers.read") && (s.Left >= smallCell || !o.guarded(c))}
	book, err := segment.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	if r, wrong := segment.Parse(s.Rule); wrong == nil {
		v.Says = book.Sentence(lang(c), r)
	}
	version := t(c, "admin.snapshot.first-rule")
	if !s.Version.IsZero() {
		version = i18n.DateTime(lang(c), s.Version.In(zone))
	}
	v.Stats = []statRow{{t(c, "admin.snapshot.people"), o.people(c, s.People), ""}, {t(c, "admin.snapshot.left"), o.people(c, s.Left), ""},
		{t(c, "admin.snapshot.version"), version, ""}, {t(c, "admin.snapshot.staff"), s.Staff, ""}}
	if !v.Names {
		return web.Render(c, http.StatusOK, "admin/snapshot", v)
	}
	n, _ := strconv.Atoi(c.QueryParam("page"))
	n = max(1, min(n, s.Left/frozenPage+1))
	people, err := s.Each(ctx, o.DB, outreach.Reach(o.Settings.Now(), o.Now()), (n-1)*frozenPage, frozenPage)
	if err != nil {
		return err
	}
	for _, p := range people {
		v.Rows = append(v.Rows, frozenRow{segmentPath(s.Segment) + "?person=" + p.Email + "#person", masked(p.Email), t(c, "admin.segment.split."+reachKey(p.Part)), p.Simulated})
	}
	if n > 1 {
		v.Prev = with(c, "page", strconv.Itoa(n-1))
	}
	if n*frozenPage < s.Left {
		v.Next = with(c, "page", strconv.Itoa(n+1))
	}
	v.File = snapshotPath(s.Token) + "/people.csv"
	return web.Render(c, http.StatusOK, "admin/snapshot", v)
}

func reachKey(part string) string {
	if part == "" {
		return "mail"
	}
	return part
}

// snapshotFile hands a snapshot's people on. An address is in it only where a
// mail about offers may go now; each file is noted and says who made it.
func (o *Office) snapshotFile(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := segment.SnapshotBy(ctx, o.DB, param(c, "snapshot"))
	if err != nil {
		return nowhere()
	}
	if !o.may(c, "customers.read") || s.Left < smallCell && o.guarded(c) {
		web.Flash(c, "error", "admin.snapshot.hidden")
		return c.Redirect(http.StatusSeeOther, snapshotPath(s.Token))
	}
	if !web.Session(c).StaffProved() {
		return o.toProof(c)
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	people, err := s.Each(ctx, o.DB, outreach.Reach(o.Settings.Now(), o.Now()), 0, mostFrozen)
	if err != nil {
		return err
	}
	err = o.change(c, "segment.export", s.Segment, func(context.Context, *db.Tx, time.Time) (string, error) {
		return fmt.Sprintf("%s: %d people", s.Token, len(people)), nil
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"number", "name", "language", "email", "reach", "simulated", "made_by", "made_at"}) // a buffer takes everything
	at := o.Now().UTC().Format(time.RFC3339)
	for i, p := range people {
		email := p.Email
		if p.Part != "" {
			email = ""
		}
		w.Write([]string{strconv.Itoa(i + 1), guarded(p.Name), p.Lang, guarded(email), reachKey(p.Part), yesNo(p.Simulated), who.Email, at})
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="segment-%s-%s.csv"`, s.Segment, s.At.UTC().Format("2006-01-02")))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
