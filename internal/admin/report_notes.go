package admin

import (
	"context"
	"net/http"
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
// name (views.go), and what left its band by itself.
type remarks struct {
	Alerts    []string
	Notes     []noteRow
	Saved     saved
	NoteDay   string
	NoteBody  string
	NoteWrong web.FormErrors
	Write     bool
}

type noteRow struct{ Token, Day, Body string }

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
	p.Saved, err = r.o.views(r.c, "abandonment")
	p.Write = r.o.may(r.c, "abandonment.write")
	if p.NoteDay == "" {
		p.NoteDay = r.ask.To
	}
	return err
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
