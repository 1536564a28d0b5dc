package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type versionsPage struct {
	web.Page
	Code, Name, Base string
	Version          int // of the product now
	Rows             []productChange
	From, To         []choice // what to compare
	Compared         []difference
	Asked            bool // two were chosen
	Chosen           int  // the older of the two; 0 = none
	Older, Newer     string
	Notice           string
	Write            bool
	Most             int
}

// productChange is one change: what the product was before it, and what it became.
type productChange struct {
	At       db.Time
	Who, Way string
	Changed  string // the first labels of what changed
	More     int
	Compare  string
}

func (o *Office) versionRoutes(g *echo.Group) {
	g.GET("/products/:code/versions", o.versions)
	g.POST("/products/:code/versions", o.restoreVersion)
}

// history is a product with what it was before, the newest first, each put
// into words. The first words are those of now.
type history struct {
	product catalog.Draft
	list    []catalog.Version
	words   [][]saying
}

func (o *Office) history(c echo.Context) (*history, error) {
	ctx := c.Request().Context()
	now, err := catalog.AsDraft(ctx, o.DB, param(c, "code"))
	if err != nil {
		return nil, err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	h := &history{product: now, words: [][]saying{sayings(c, now, tree)}}
	if h.list, err = catalog.Versions(ctx, o.DB, now.ID); err != nil {
		return nil, err
	}
	for i := range h.list {
		d, err := h.list[i].Draft()
		if err != nil {
			return nil, err
		}
		h.words = append(h.words, sayings(c, d, tree))
	}
	return h, nil
}

// at is the place of a version in words: 0 for now.
func (h *history) at(number string) (int, bool) {
	if number == "now" {
		return 0, true
	}
	for i, v := range h.list {
		if strconv.Itoa(v.Number) == number {
			return i + 1, true
		}
	}
	return 0, false
}

func (o *Office) versions(c echo.Context) error { return o.showVersions(c, http.StatusOK, "") }

func (o *Office) showVersions(c echo.Context, status int, notice string) error {
	h, err := o.history(c)
	if err != nil {
		return err
	}
	name := h.product.Name.In(lang(c))
	p := versionsPage{Page: page(c, "version.title", "name", name), Code: h.product.Code, Name: name, Base: productPath(h.product.Code) + "/versions",
		Version: h.product.Version, Notice: notice, Write: o.may(c, "products.write"), Most: catalog.MostVersions}
	names, err := o.namesOf(c.Request().Context(), h.list)
	if err != nil {
		return err
	}
	for i, v := range h.list {
		row := productChange{At: v.At, Who: names[v.ByStaff], Way: t(c, "version.way."+wayOf(v.Way))}
		row.Changed, row.More = firstLabels(c, different(h.words[i+1], h.words[i]))
		row.Compare = p.Base + "?from=" + strconv.Itoa(v.Number) + "&to=now"
		p.Rows = append(p.Rows, row)
	}
	o.compare(c, h, &p)
	return web.Render(c, status, "admin/versions", p)
}

// compare lays two states side by side, the older one first.
func (o *Office) compare(c echo.Context, h *history, p *versionsPage) {
	zone := o.Settings.Now().Zone()
	from, okFrom := h.at(c.QueryParam("from"))
	to, okTo := h.at(c.QueryParam("to"))
	if from < to {
		from, to = to, from
	}
	label := func(i int) string {
		if i == 0 {
			return t(c, "version.now")
		}
		return t(c, "version.before", "when", dateTime(c, h.list[i-1].At, zone))
	}
	for i := range h.words {
		value := "now"
		if i > 0 {
			value = strconv.Itoa(h.list[i-1].Number)
			p.From = append(p.From, choice{value, label(i), okFrom && i == from})
		}
		p.To = append(p.To, choice{value, label(i), okTo && i == to})
	}
	if !okFrom || !okTo || from == to {
		return
	}
	p.Asked, p.Chosen, p.Older, p.Newer = true, h.list[from-1].Number, label(from), label(to)
	for _, d := range different(h.words[from], h.words[to]) {
		p.Compared = append(p.Compared, difference{d.Label, said(c, d.Stored), said(c, d.Yours)})
	}
}

// restoreVersion writes the product as it was before a change.
func (o *Office) restoreVersion(c echo.Context) error {
	in, err := read(c, []string{"seen", "number"})
	if err != nil {
		return err
	}
	code, number := param(c, "code"), in["number"]
	err = o.change(c, "product.restore", code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		if _, err := lockProduct(ctx, tx, code); err != nil {
			return "", err
		}
		k, err := catalog.ByCode(ctx, tx, code)
		if err != nil {
			return "", err
		}
		list, err := catalog.Versions(ctx, tx, k.ID)
		if err != nil {
			return "", err
		}
		seen, _ := strconv.Atoi(in["seen"])
		for i := range list {
			if strconv.Itoa(list[i].Number) == number {
				change, err := list[i].Restore(ctx, tx, seen, now)
				if err != nil || change == catalog.Unchanged {
					return "", err
				}
				return "version " + number, nil
			}
		}
		return "", fault.New(fault.Conflict, "version.unknown")
	})
	switch {
	case errors.Is(err, fault.Conflict):
		return o.showVersions(c, http.StatusConflict, words(c, err))
	case errors.Is(err, fault.Invalid):
		return o.showVersions(c, http.StatusUnprocessableEntity, allWords(c, err))
	case err != nil:
		return err
	}
	return done(c, productPath(code)+"/versions", "version.restored")
}

// allWords is everything that is wrong, in one line.
func allWords(c echo.Context, err error) string {
	var all []string
	for _, f := range fault.Fields(err) {
		all = append(all, t(c, f.Words, f.Args...))
	}
	return strings.Join(all, " ")
}

func (o *Office) namesOf(ctx context.Context, list []catalog.Version) (map[int64]string, error) {
	names := map[int64]string{}
	for _, v := range list {
		if _, known := names[v.ByStaff]; known || v.ByStaff == 0 {
			continue
		}
		who, err := staff.ByID(ctx, o.DB, staff.ID(v.ByStaff))
		if err != nil && !errors.Is(err, fault.NotFound) {
			return nil, err
		}
		if names[v.ByStaff] = ""; who != nil {
			names[v.ByStaff] = who.Name
		}
	}
	return names, nil
}
