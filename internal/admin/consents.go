package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// consentRoutes are the pages of what people allowed: the proof sheet of one
// person, and the policy packs.
func (o *Office) consentRoutes(g *echo.Group) {
	g.GET("/customers/:customer/consents", o.proofSheet)
	g.GET("/settings/consent", o.packs)
	g.POST("/settings/consent", o.decidePack)
	g.GET("/settings/retention", o.retention)
	g.GET("/audit/looks", o.looks)
}

type proofPage struct {
	web.Page
	Base, Who, Head string
	Rows            []proofRow
}

type proofRow struct {
	Seq               int
	Name, Where, How  string
	Act               tag
	At                db.Time
	Words, Hash, Lang string // Lang: of the words
}

// proofSheet is what a person allowed, in which words, when, where and how,
// for print and as JSON. Each look at it is noted.
func (o *Office) proofSheet(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := o.someone(c)
	if err != nil {
		return err
	}
	if err := o.looked(c, k.ID, staff.LookProof); err != nil {
		return err
	}
	sheet, err := customer.Proof(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	if c.QueryParam("format") == "json" {
		b, err := json.MarshalIndent(sheet, "", "  ")
		if err != nil {
			return err
		}
		c.Response().Header().Set("Content-Disposition", `attachment; filename="consents.json"`)
		return c.Blob(http.StatusOK, "application/json; charset=utf-8", b)
	}
	p := proofPage{Page: page(c, "consent.sheet"), Base: customerPath(k.Number), Who: k.Name, Head: sheet.Head}
	if p.Who == "" {
		p.Who = t(c, "consent.sheet.nameless")
	}
	for _, e := range sheet.Entries {
		p.Rows = append(p.Rows, proofRow{Seq: e.Seq, Name: t(c, "customer.purpose."+string(e.Purpose)), Act: tag{e.Tag(), t(c, "consent.act."+e.Act)}, At: e.At,
			Where: t(c, "consent.where", "source", e.Source, "lang", t(c, "consent.lang."+string(i18n.ParseLang(string(e.Lang))))),
			How:   strings.TrimSpace(t(c, "consent.how."+strings.ReplaceAll(e.Method, " ", "-")) + " " + e.Evidence),
			Words: e.Words.In(e.Lang), Hash: e.Hash, Lang: e.Lang.Tag()})
	}
	return web.Render(c, http.StatusOK, "admin/consents", p)
}

// looked notes a look at a person by whoever is at work; a page that shows a
// person calls it first.
func (o *Office) looked(c echo.Context, id customer.ID, what string) error {
	who, err := o.who(c)
	if err != nil || who == nil {
		return err
	}
	return staff.Looked(c.Request().Context(), o.DB, who.ID, int64(id), what, o.Now())
}

type packsPage struct {
	web.Page
	In      inputs
	Choices []choice
	Rows    []packRow
	Errors  web.FormErrors
}

type packRow struct {
	Where, Pack, Reason, Who string
	At                       db.Time
	InForce                  bool
}

func (o *Office) packs(c echo.Context) error { return o.showPacks(c, http.StatusOK, inputs{}, nil) }

func (o *Office) showPacks(c echo.Context, status int, in inputs, failed error) error {
	ctx := c.Request().Context()
	all, err := customer.PackDecisions(ctx, o.DB)
	if err != nil {
		return err
	}
	people, err := staff.List(ctx, o.DB)
	if err != nil {
		return err
	}
	p := packsPage{Page: page(c, "consent.packs"), In: in, Errors: wrong(c, failed)}
	for _, pack := range customer.AllPacks {
		p.Choices = append(p.Choices, choice{string(pack), t(c, "consent.pack."+string(pack)), in.Get("pack") == string(pack)})
	}
	seen := map[string]bool{}
	for _, d := range all {
		row := packRow{Where: d.Country, Pack: t(c, "consent.pack."+string(d.Pack)), Reason: d.Reason, At: d.At, InForce: !seen[d.Country]}
		seen[d.Country] = true
		if row.Where == "" {
			row.Where = t(c, "consent.packs.others")
		}
		for _, s := range people {
			if int64(s.ID) == d.StaffID {
				row.Who = s.Name
				if row.Who == "" {
					row.Who = s.Email
				}
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/packs", p)
}

// decidePack records what an owner decided about a country, with the reason,
// and makes it count at once.
func (o *Office) decidePack(c echo.Context) error {
	in, err := read(c, []string{"country", "pack", "reason"})
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	err = o.change(c, "consent.pack", in.Get("country"), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		d := customer.PackDecision{Country: in.Get("country"), Pack: customer.Pack(in.Get("pack")), Reason: in.Get("reason"), StaffID: int64(who.ID)}
		return in.Get("pack") + ": " + in.Get("reason"), customer.DecidePack(ctx, tx, d, now)
	})
	if errors.Is(err, fault.Invalid) {
		return o.showPacks(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/settings/consent", "consent.packs.done")
}
