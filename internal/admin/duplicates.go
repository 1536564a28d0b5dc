package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/roster"
	"regulars/internal/web"
)

type (
	duplicatesPage struct {
		web.Page
		Rows  []duplicateRow
		Pager pager
		Write bool
	}
	duplicateRow struct {
		URL       string
		Low, High twin
		Signs     []string
		Score     int
		Simulated bool
	}
	twin struct{ Name, Email, URL string }

	mergePage struct {
		web.Page
		Path, Into, Other string // the survivor's token: low or high; Other: the page the other way round
		From, Stays       twin
		Signs, Moves      []string
		Fields            []mergeField
		Lost              []string
		Refused           string
		Write             bool
		Errors            web.FormErrors
	}
	mergeField struct {
		Name, From, Into string
		FromWins         bool
	}
)

const duplicatesPath = "/admin/customers/duplicates"

func (o *Office) twin(c echo.Context, k *customer.Customer) twin {
	if !o.personal(c) {
		return twin{"", masked(k.Email), customerPath(k.Number)}
	}
	return twin{k.Name, k.Email, customerPath(k.Number)}
}

// duplicates lists the pairs of accounts that may be one person.
func (o *Office) duplicates(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, total, err := roster.Duplicates(ctx, o.DB, in.Page, 25)
	if err != nil {
		return err
	}
	p := duplicatesPage{Page: page(c, "admin.duplicates.title"), Pager: pages(c, in.Page, 25, total), Write: o.may(c, "customers.write")}
	for _, d := range all {
		low, err := customer.ByID(ctx, o.DB, d.LowID)
		if errors.Is(err, fault.NotFound) {
			continue // went since the list was made
		} else if err != nil {
			return err
		}
		high, err := customer.ByID(ctx, o.DB, d.HighID)
		if errors.Is(err, fault.NotFound) {
			continue
		} else if err != nil {
			return err
		}
		p.Rows = append(p.Rows, duplicateRow{URL: duplicatesPath + "/" + d.Token, Low: o.twin(c, low), High: o.twin(c, high), Signs: signs(c, d.Signs), Score: d.Score, Simulated: low.Simulated})
	}
	return web.Render(c, http.StatusOK, "admin/duplicates", p)
}

func signs(c echo.Context, names []string) (words []string) {
	for _, s := range names {
		words = append(words, t(c, "admin.duplicate.sign."+s))
	}
	return words
}

// findDuplicates makes the list anew at once; each night it is made anyway.
func (o *Office) findDuplicates(c echo.Context) error {
	if err := roster.Find(c.Request().Context(), o.DB, o.Now()); err != nil {
		return err
	}
	return done(c, duplicatesPath, "admin.duplicates.found")
}

// duplicate shows what merging a pair would do, before anybody does it.
func (o *Office) duplicate(c echo.Context) error {
	return o.showDuplicate(c, http.StatusOK, c.QueryParam("into"), nil)
}

// pair is the pair of the address and which of the two goes on.
func (o *Office) pair(c echo.Context, into string) (d *roster.Duplicate, from, stays customer.ID, err error) {
	if d, err = roster.DuplicateByToken(c.Request().Context(), o.DB, param(c, "pair")); err != nil {
		return nil, 0, 0, err
	}
	if into == "high" {
		return d, d.LowID, d.HighID, nil
	}
	return d, d.HighID, d.LowID, nil
}

func (o *Office) showDuplicate(c echo.Context, status int, into string, failed error) error {
	ctx := c.Request().Context()
	d, from, stays, err := o.pair(c, into)
	if err != nil {
		return err
	}
	look, err := roster.Look(ctx, o.DB, from, stays)
	if err != nil {
		return err
	}
	if into == "" && look.Err() != nil { // the other way round may do
		if other, err := roster.Look(ctx, o.DB, stays, from); err == nil && other.Err() == nil {
			look, into = other, "high"
		}
	}
	p := mergePage{Page: page(c, "admin.merge.title"), Path: duplicatesPath + "/" + d.Token, Into: "low", Other: "high", From: o.twin(c, look.From), Stays: o.twin(c, look.Into),
		Signs: signs(c, d.Signs), Write: o.may(c, "customers.write"), Errors: wrong(c, failed)}
	if into == "high" {
		p.Into, p.Other = "high", "low"
	}
	if err := look.Err(); err != nil {
		p.Refused = words(c, err)
	}
	for _, f := range look.Fields {
		if o.personal(c) && (f.From != "" || f.Into != "") {
			p.Fields = append(p.Fields, mergeField{t(c, "admin.merge.field."+f.Name), f.From, f.Into, f.FromWins})
		}
	}
	for _, purpose := range look.Lost {
		p.Lost = append(p.Lost, t(c, "admin.purpose."+string(purpose)))
	}
	p.Moves = moving(c, look)
	return web.Render(c, status, "admin/merge", p)
}

// moving counts in words what goes along.
func moving(c echo.Context, look *roster.Preview) (parts []string) {
	m := look.Moving
	for _, k := range []struct {
		name string
		n    int
	}{{"orders", m.Orders}, {"carts", m.Carts}, {"questions", m.Questions}, {"mails", m.Mails}, {"events", m.Events}, {"addresses", m.Addresses}, {"dates", m.Dates},
		{"consents", m.Consents}, {"redemptions", m.Redemptions}, {"grants", m.Grants}} {
		if k.n > 0 {
			parts = append(parts, t(c, "admin.merge.moves."+k.name, "count", k.n))
		}
	}
	for _, k := range m.Credit {
		parts = append(parts, t(c, "admin.merge.moves.credit", "amount", i18n.Money(lang(c), money.Price{Amount: money.Amount(k.Balance), Currency: money.Currency(k.Currency)})))
	}
	return parts
}

// decideDuplicate merges a pair, or remembers that it is none.
func (o *Office) decideDuplicate(c echo.Context) error {
	in, err := read(c, []string{"act", "into", "sure"})
	if err != nil {
		return err
	}
	d, from, stays, err := o.pair(c, in["into"])
	if err != nil {
		return err
	}
	if in["act"] == "refuse" {
		err = o.change(c, "customer.not-duplicate", strconv.FormatInt(int64(from), 10), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "and " + strconv.FormatInt(int64(stays), 10), roster.Refuse(ctx, tx, d.Token, o.by(c), now)
		})
		if err != nil {
			return err
		}
		return done(c, duplicatesPath, "admin.duplicate.refused")
	}
	// Numbers, not addresses: an address here would outlive its erasure.
	err = o.change(c, "customer.merge", strconv.FormatInt(int64(stays), 10), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		if in["sure"] == "" {
			var form fault.Form
			form.Wrong("sure", "admin.merge.sure.wrong")
			return "", form.Err()
		}
		return "took in " + strconv.FormatInt(int64(from), 10), roster.Merge(ctx, tx, o.Settings.Now(), from, stays, now)
	})
	if errors.Is(err, fault.Invalid) {
		return o.showDuplicate(c, http.StatusUnprocessableEntity, in["into"], err)
	}
	if err != nil {
		return err
	}
	k, err := customer.ByID(c.Request().Context(), o.DB, stays)
	if err != nil {
		return err
	}
	return done(c, customerPath(k.Number), "admin.merge.done")
}
