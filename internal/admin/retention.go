package admin

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/keep"
	"regulars/internal/web"
)

type retentionPage struct {
	web.Page
	Rows []retentionRow
}

type retentionRow struct {
	Setting, What, How, Term string
	At, Through              db.Time
	Last, Total              int64
}

// retention shows how long what is about people stays, when the term was last
// looked at, and how much went.
func (o *Office) retention(c echo.Context) error {
	runs, err := keep.Runs(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	p := retentionPage{Page: page(c, "retention.title")}
	for _, term := range keep.Terms {
		what, how, _ := strings.Cut(t(c, "setting."+term.Name), "\n")
		ran := runs[term.Name]
		p.Rows = append(p.Rows, retentionRow{term.Name, what, how, o.Settings.Now().Get(term.Name), ran.At, ran.Through, ran.Last, ran.Total})
	}
	return web.Render(c, http.StatusOK, "admin/retention", p)
}
