package admin

import (
	"context"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/segment"
)

// explain says of one person which part of the rule is so, and why they are in
// or not. Whom staff asked about is noted.
func (o *Office) explain(c echo.Context, book *segment.Book, s segment.Segment, v *segmentPage) error {
	v.Person = c.QueryParam("person")
	if v.Person == "" || !v.Asks {
		return nil
	}
	ctx := c.Request().Context()
	find := customer.ByNumber
	if strings.Contains(v.Person, "@") {
		find = customer.ByEmail
	}
	k, err := find(ctx, o.DB, v.Person)
	if err != nil {
		if fault.Kind(err) == fault.NotFound {
			v.Explained = &explainedView{Verdict: t(c, "admin.segment.person.none")}
			return nil
		}
		return err
	}
	err = o.change(c, "segment.explain", k.Number, func(context.Context, *db.Tx, time.Time) (string, error) { return s.Key, nil })
	if err != nil {
		return err
	}
	known, err := book.Facts(ctx, o.DB, k.ID, o.Now())
	if err != nil {
		return err
	}
	lines, in := book.Explain(v.Lang, s, &known)
	e := &explainedView{Title: k.Email, In: in, Verdict: t(c, "admin.segment.person.out")}
	switch {
	case in:
		e.Verdict = t(c, "admin.segment.person.in")
	case s.Purpose != segment.Service && !known.Personalized:
		e.Verdict = t(c, "admin.segment.person.off")
	case len(lines) > 0 && lines[0].Is == "yes" && len(s.Rule.Except.Items) == 0:
		e.Verdict = t(c, "admin.segment.person.excluded")
	}
	for _, line := range lines {
		row := explainLine{Indent: strings.Repeat("· ", line.Depth), Is: t(c, "admin.segment.is."+line.Is), Kind: map[string]string{"yes": "ok", "no": "error", "unknown": "info"}[line.Is], Value: line.Value}
		switch {
		case line.Clause != nil:
			row.Says = book.Clause(v.Lang, line.Clause)
			if row.Value == "" {
				row.Value = t(c, "admin.segment.value.unknown")
			}
		case line.Except && line.Depth == 0:
			row.Says = t(c, "admin.builder.except")
		default:
			row.Says = t(c, "admin.builder.group."+line.Group)
		}
		if !line.Flips.IsZero() && line.Clause != nil {
			row.Flips = t(c, "admin.segment.flips", "date", i18n.DateTime(v.Lang, line.Flips.In(o.Settings.Now().Zone())))
		}
		e.Lines = append(e.Lines, row)
	}
	v.Explained = e
	return nil
}
