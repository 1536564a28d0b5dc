package storefront

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	proofRow struct {
		Name, Act, Tag, When, Where, How, Words string
		Seq                                     int
		Hash                                    string
	}
	proofPage struct {
		accountPage
		Who, Head string
		Rows      []proofRow
	}
)

// askToConfirm mails the link if somebody said yes to mails that wait for it,
// and more wait than did before.
func (s *Shop) askToConfirm(ctx context.Context, tx *db.Tx, k *customer.Customer, before []customer.Purpose, l i18n.Lang) (bool, error) {
	waiting, err := customer.Waiting(ctx, tx, k.ID)
	if err != nil || !slices.ContainsFunc(waiting, func(p customer.Purpose) bool { return !slices.Contains(before, p) }) {
		return false, err
	}
	return outreach.AskToConfirm(ctx, tx, customer.Ask{CustomerID: &k.ID, EmailKey: k.EmailKey, Purposes: waiting, Source: "preferences", Lang: l}, k.Email, s.Now())
}

// confirmAgain mails the link once more, at most as often a day as the ledger
// lets an address be asked.
func (s *Shop) confirmAgain(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	asked := false
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
		asked, err = s.askToConfirm(ctx, tx, p.Customer, nil, web.Lang(c))
		return err
	})
	if err != nil {
		return err
	}
	kind, key := "info", "shop.consent.asked"
	if !asked {
		kind, key = "warn", "shop.consent.asked.often"
	}
	web.Flash(c, kind, key, "email", p.Customer.Email)
	return web.Redirect(c, "/account/preferences")
}

// confirmForm says what the link confirms, and confirms nothing: programs that
// look over mails open every link.
func (s *Shop) confirmForm(c echo.Context) error {
	a, err := customer.PeekAsk(c.Request().Context(), s.DB, c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	p := tokenPage{Page: s.page(c, "shop.consent.title"), Heading: t(c, "shop.consent.title"), Lead: t(c, "shop.consent.lead"),
		Button: t(c, "shop.consent.do"), Action: "/confirm/" + c.Param("token"), List: purposeNames(c, a.Purposes), Errors: web.Errors(c, nil)}
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/token", p)
}

func purposeNames(c echo.Context, all []customer.Purpose) []string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = t(c, "customer.purpose."+string(p))
	}
	return names
}

// confirm needs nobody signed in: the link is the proof.
func (s *Shop) confirm(c echo.Context) error {
	prove := func(ctx context.Context, tx *db.Tx) (*customer.Customer, error) {
		a, err := customer.Confirm(ctx, tx, c.Param("token"), s.Now())
		if err == nil {
			err = outreach.Confirmed(ctx, tx, a, s.Now())
		}
		if err != nil || a.CustomerID == nil {
			return nil, err
		}
		return customer.ByID(ctx, tx, *a.CustomerID)
	}
	if err := s.prove(c, prove); err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.consent.done")
	return web.Redirect(c, "/")
}

// consents is the proof sheet of whoever asks: what was shown in which words,
// when, where and how; as a page for print, and as JSON.
func (s *Shop) consents(c echo.Context) error {
	base, p, err := s.accountPage(c, "privacy")
	if err != nil {
		return err
	}
	sheet, err := customer.Proof(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	if c.QueryParam("format") == "json" {
		b, err := json.MarshalIndent(sheet, "", "  ")
		if err != nil {
			return wrap("write a proof sheet", err)
		}
		c.Response().Header().Set("Content-Disposition", `attachment; filename="my-consents.json"`)
		return c.Blob(http.StatusOK, "application/json; charset=utf-8", b)
	}
	page := proofPage{accountPage: base, Who: p.Customer.Email, Head: sheet.Head}
	page.Heading = t(c, "consent.sheet")
	for _, e := range sheet.Entries {
		page.Rows = append(page.Rows, proofRow{Seq: e.Seq, Hash: e.Hash, Name: t(c, "customer.purpose."+string(e.Purpose)), Act: t(c, "consent.act."+e.Act),
			Tag: e.Tag(), When: i18n.DateTime(web.Lang(c), e.At.In(base.Zone)), Where: t(c, "consent.where", "source", e.Source, "lang", t(c, "consent.lang."+string(i18n.ParseLang(string(e.Lang))))),
			How: strings.TrimSpace(t(c, "consent.how."+strings.ReplaceAll(e.Method, " ", "-")) + " " + e.Evidence), Words: e.Words.In(e.Lang)})
	}
	return web.Render(c, http.StatusOK, "storefront/consents", page)
}
