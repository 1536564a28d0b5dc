package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type looksPage struct {
	web.Page
	Tabs        []chip
	Kinds       []chip
	Team        []choice
	Whose       string
	Rows        []lookRow
	Older, None string
}

type lookRow struct {
	At               db.Time
	Who, Whose, What string
	Count            int
}

func auditTabs(c echo.Context, looks bool) []chip {
	return []chip{{"/admin/audit", t(c, "audit.deeds"), !looks}, {"/admin/audit/looks", t(c, "audit.looks"), looks}}
}

// looks shows who of the staff looked at whose card, sheet or export, the
// newest first, by member of staff, person and kind.
func (o *Office) looks(c echo.Context) error {
	var in struct {
		Before int64  `form:"before"`
		Staff  string `form:"staff"`
		Whose  string `form:"whose"`
		What   string `form:"what"`
	}
	if err := web.Query(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	p := looksPage{Page: page(c, "staff.area.audit"), Tabs: auditTabs(c, true), Whose: in.Whose, None: t(c, "audit.looks.none"),
		Kinds: chips(c, "what", in.What, "audit.look.", "", staff.LookCard, staff.LookProof, staff.LookExport, staff.LookCart)}
	f := staff.LookFilter{What: in.What, Before: in.Before, Limit: auditAtOnce}
	team, err := staff.List(ctx, o.DB)
	if err != nil {
		return err
	}
	p.Team = []choice{{"", t(c, "audit.looks.all"), in.Staff == ""}}
	for _, s := range team {
		p.Team = append(p.Team, choice{s.Email, s.Email, in.Staff == s.Email})
		if in.Staff == s.Email {
			f.Staff = s.ID
		}
	}
	if in.Whose = strings.TrimSpace(in.Whose); in.Whose != "" {
		k, err := customer.ByEmail(ctx, o.DB, in.Whose)
		switch {
		case fault.Kind(err) == fault.NotFound:
			f.Customer = -1
		case err != nil:
			return err
		default:
			f.Customer = int64(k.ID)
		}
	}
	rows, err := staff.Looks(ctx, o.DB, f)
	if err != nil {
		return err
	}
	if p.Rows, err = o.lookRows(c, rows); err != nil {
		return err
	}
	if len(rows) == auditAtOnce {
		q := url.Values{"staff": {in.Staff}, "whose": {in.Whose}, "what": {in.What}, "before": {strconv.FormatInt(rows[len(rows)-1].ID, 10)}}
		p.Older = "/admin/audit/looks?" + q.Encode()
	}
	return web.Render(c, http.StatusOK, "admin/looks", p)
}

func (o *Office) lookRows(c echo.Context, seen []staff.Seen) ([]lookRow, error) {
	ids := make([]customer.ID, len(seen))
	for i := range seen {
		ids[i] = customer.ID(seen[i].CustomerID)
	}
	names, err := customer.Emails(c.Request().Context(), o.DB, ids)
	if err != nil {
		return nil, err
	}
	var all []lookRow
	for _, l := range seen {
		row := lookRow{At: l.At, Who: l.Name, Whose: names[customer.ID(l.CustomerID)], What: t(c, "audit.look."+l.What), Count: l.Count}
		if row.Who == "" {
			row.Who = l.Email
		}
		if row.Whose == "" {
			row.Whose = t(c, "audit.looks.erased")
		}
		all = append(all, row)
	}
	return all, nil
}
