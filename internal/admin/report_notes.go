package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// remarks is what staff put beside the report: notes about days, views under a
// name, and what left its band by itself.
type remarks struct {
	Alerts    []string
	Notes     []noteRow
	Views     []viewRow
	NoteDay   string
	NoteBody  string
	NoteWrong web.FormErrors
	Write     bool
	KeptQuery string
}

type (
	noteRow struct{ Token, Day, Body string }
	viewRow struct{ Token, Name, URL string }
)

func (p *remarks) fill(r *reader) error {
	bands, err := analytics.Bands(r.ctx(), r.db(), r.ask.Simulated, r.o.Settings.Now(), r.o.Now())
	if err != nil {
		return err
	}
	for _, b := range bands {
		if b.OutOf {
			p.Alerts = append(p.Alerts, outreach.BandWords(lang(r.c), b))
		}
	}
	notes, err := analytics.Notes(r.ctx(), r.db(), r.ask.From, r.ask.To)
	if err != nil {
		return err
	}
	for _, n := range notes {
		p.Notes = append(p.Notes, noteRow{n.Token, n.Day, n.Body})
	}
	views, err := analytics.Views(r.ctx(), r.db())
	for _, v := range views {
		p.Views = append(p.Views, viewRow{v.Token, v.Name, reportPath + "?" + url.Values{"from": {r.ask.From}, "to": {r.ask.To}, "simulated": {yesNo(r.ask.Simulated)}}.Encode() + "&" + v.Query})
	}
	p.Write, p.KeptQuery = r.o.may(r.c, "abandonment.write"), query(r.c)
	if p.NoteDay == "" {
		p.NoteDay = r.ask.To
	}
	return err
}

// query is what of the address a view keeps: filters and the crossing.
func query(c echo.Context) string {
	q := url.Values{}
	for _, name := range []string{"f", "a", "b"} {
		for _, v := range c.QueryParams()[name] {
			if v != "" {
				q.Add(name, v)
			}
		}
	}
	return q.Encode()
}

// addNote keeps a note about a day; a wrong one is shown on the report again.
func (o *Office) addNote(c echo.Context) error {
	var in struct {
		Day  string `form:"day,max=10"`
		Body string `form:"body,max=1000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	err = o.change(c, "abandonment.note", in.Day, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return strings.TrimSpace(in.Body), analytics.AddNote(ctx, tx, analytics.Note{Day: in.Day, Body: in.Body, StaffID: int64(who.ID)}, now)
	})
	if fault.Kind(err) == fault.Invalid {
		return o.report(c, http.StatusUnprocessableEntity, remarks{NoteDay: in.Day, NoteBody: in.Body, NoteWrong: wrong(c, err)})
	}
	if err != nil {
		return err
	}
	return done(c, reportPath, "admin.abandonment.note.done")
}

func (o *Office) dropNote(c echo.Context) error {
	err := o.change(c, "abandonment.note.drop", "", func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		return analytics.DropNote(ctx, tx, c.Param("note"))
	})
	if err != nil && fault.Kind(err) != fault.NotFound { // gone is what was asked, also by a second click
		return err
	}
	return done(c, reportPath, "admin.abandonment.note.dropped")
}

// saveView keeps the filters of the address under a name.
func (o *Office) saveView(c echo.Context) error {
	var in struct {
		Name  string `form:"name,max=200"`
		Query string `form:"query,max=1000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	kept, err := url.ParseQuery(in.Query)
	if err != nil {
		return fault.New(fault.Invalid, "analytics.dimension")
	}
	err = o.change(c, "abandonment.view", in.Name, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return kept.Encode(), analytics.SaveView(ctx, tx, analytics.View{Name: in.Name, Query: kept.Encode(), StaffID: int64(who.ID)}, now)
	})
	if err != nil {
		return err
	}
	return done(c, reportPath+"?"+kept.Encode(), "admin.abandonment.view.done")
}

func (o *Office) dropView(c echo.Context) error {
	err := o.change(c, "abandonment.view.drop", "", func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		return analytics.DropView(ctx, tx, c.Param("view"))
	})
	if err != nil && fault.Kind(err) != fault.NotFound { // gone is what was asked, also by a second click
		return err
	}
	return done(c, reportPath, "admin.abandonment.view.dropped")
}
