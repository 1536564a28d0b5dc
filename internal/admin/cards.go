package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	cardRow struct {
		URL, What, Whose, Left, Value string
		At                            db.Time
		State                         tag
	}
	cardsPage struct {
		web.Page
		In     listing
		Rows   []cardRow
		Pager  pager
		Write  bool
		Proof  bool
		Form   inputs
		Errors web.FormErrors
	}
	cardEntry struct {
		At                      db.Time
		What, Amount, Left, Who string
		Words, Order            string
	}
	cardPage struct {
		web.Page
		Card    cardRow
		Path    string
		Words   string
		Order   string
		Entries []cardEntry
		Write   bool
		Mails   bool
		Blocked bool
		Proof   bool
		Form    inputs
		Errors  web.FormErrors
	}
)

func cardPath(token string) string { return "/admin/gift-cards/" + token }

func (o *Office) cards(c echo.Context) error {
	return o.showCards(c, http.StatusOK, inputs{"kind": "card", "lang": "en", "key": credit.NewToken(), "currency": string(o.Settings.Now().Currency())}, nil)
}

func (o *Office) showCards(c echo.Context, status int, form inputs, failed error) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, total, err := credit.List(ctx, o.DB, credit.Query{Text: strings.TrimSpace(in.Q), Page: in.Page})
	if err != nil {
		return err
	}
	p := cardsPage{Page: page(c, "staff.area.gift-cards"), In: in, Pager: pages(c, in.Page, credit.PerPage, total), Write: o.may(c, "gift-cards.write"),
		Proof: !web.Session(c).StaffProved(), Form: form, Errors: wrong(c, failed)}
	for i := range all {
		row, err := o.cardRow(c, &all[i])
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/gift-cards", p)
}

func (o *Office) cardRow(c echo.Context, a *credit.Account) (cardRow, error) {
	row := cardRow{URL: cardPath(a.Token), What: t(c, "admin.card.ending", "last", a.Last4), Whose: a.Email, Left: cash(c, a.Balance, a.Currency), At: a.IssuedAt, State: tag{"ok", t(c, "admin.card.good")}}
	switch {
	case a.Blocked:
		row.State = tag{"warn", t(c, "admin.card.blocked")}
	case a.Balance == 0:
		row.State = tag{"info", t(c, "admin.card.used")}
	}
	if a.Kind == credit.Card {
		row.Value = cash(c, a.Value, a.Currency)
		return row, nil
	}
	row.What = t(c, "payment.credit")
	who, err := customer.ByID(c.Request().Context(), o.DB, *a.CustomerID)
	if err == nil {
		row.Whose = who.Email
	} else if errors.Is(err, fault.NotFound) {
		err = nil
	}
	return row, err
}

// giveCard makes a gift card or grants store credit. The code is mailed and
// shown to nobody here.
func (o *Office) giveCard(c echo.Context) error {
	in, err := read(c, []string{"kind", "amount", "currency", "email", "words", "why", "lang", "key", "password"})
	if err == nil {
		err = o.prove(c, in["password"])
	}
	if err == nil {
		err = o.change(c, "card.given", in["email"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return o.give(ctx, tx, c, in, now)
		})
	}
	if errors.Is(err, fault.Invalid) || errors.Is(err, fault.NotFound) && in["kind"] == "credit" {
		if errors.Is(err, fault.NotFound) {
			var form fault.Form
			form.Wrong("email", "credit.nobody")
			err = form.Err()
		}
		return o.showCards(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/gift-cards", "admin.card.given")
}

func (o *Office) give(ctx context.Context, tx *db.Tx, c echo.Context, in inputs, now time.Time) (string, error) {
	var form fault.Form
	currency, err := money.ParseCurrency(in["currency"])
	if err != nil {
		form.Wrong("currency", "admin.card.currency")
	}
	amount, err := money.Parse(strings.TrimSpace(in["amount"]), currency)
	if err != nil || amount <= 0 || amount > mostGiven {
		form.Wrong("amount", "credit.amount")
	}
	if customer.CheckEmail(in["email"]) != nil {
		form.Wrong("email", "checkout.card-email")
	}
	if strings.TrimSpace(in["why"]) == "" {
		form.Wrong("why", "admin.card.why.wrong")
	}
	if len([]rune(in["words"])) > credit.MostWords {
		form.Wrong("words", "checkout.long", "most", credit.MostWords)
	}
	if len(in["key"]) < 16 || len(in["key"]) > 60 {
		form.Wrong("key", "checkout.key.missing")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	price, fresh := money.Price{Amount: amount, Currency: currency}, false
	if in["kind"] == "credit" {
		who, err := customer.ByEmail(ctx, tx, in["email"])
		if err != nil {
			return "", err
		}
		fresh, err = credit.Grant(ctx, tx, who.ID, price, "staff:"+in["key"], 0, o.by(c), in["why"], now)
		if err != nil || !fresh {
			return "", err
		}
	} else {
		w := credit.Wish{Price: price, Email: in["email"], Words: in["words"], Lang: i18n.ParseLang(in["lang"])}
		if fresh, err = credit.Give(ctx, tx, o.Desk.Secret, w, in["key"], o.by(c), in["why"], now); err != nil || !fresh {
			return "", err
		}
	}
	return i18n.Money(i18n.English, price) + " · " + in["kind"] + " · " + in["why"], nil
}

// mostGiven is the largest amount that staff give by hand, in minor units.
const mostGiven = 10_000_00

func (o *Office) card(c echo.Context) error {
	return o.showCard(c, http.StatusOK, inputs{"key": credit.NewToken()}, nil)
}

func (o *Office) showCard(c echo.Context, status int, form inputs, failed error) error {
	ctx := c.Request().Context()
	a, err := credit.ByToken(ctx, o.DB, param(c, "card"))
	if err != nil {
		return nowhere()
	}
	p := cardPage{Page: page(c, "admin.card"), Path: cardPath(a.Token), Words: a.Words, Write: o.may(c, "gift-cards.write"), Blocked: a.Blocked,
		Mails: a.Kind == credit.Card && a.Email != "" && !a.Blocked, Proof: !web.Session(c).StaffProved(), Form: form, Errors: wrong(c, failed)}
	if p.Card, err = o.cardRow(c, a); err != nil {
		return err
	}
	people, err := staff.List(ctx, o.DB)
	if err != nil {
		return err
	}
	entries, err := credit.Entries(ctx, o.DB, a.ID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		row := cardEntry{At: e.At, What: t(c, "admin.entry."+e.Kind), Amount: cash(c, e.Amount, a.Currency), Left: cash(c, e.Balance, a.Currency), Who: actor(c, people, e.Actor), Words: e.Note}
		if e.OrderID > 0 {
			if k, err := order.ByID(ctx, o.DB, order.ID(e.OrderID)); err == nil {
				row.Order = k.Number
			}
		}
		p.Entries = append(p.Entries, row)
	}
	return web.Render(c, status, "admin/gift-card", p)
}

// changeCard adjusts, blocks or mails a card again: what the button says.
func (o *Office) changeCard(c echo.Context) error {
	a, err := credit.ByToken(c.Request().Context(), o.DB, param(c, "card"))
	if err != nil {
		return nowhere()
	}
	in, err := read(c, []string{"do", "amount", "why", "key", "password"})
	if err == nil && in["do"] != "block" && in["do"] != "unblock" && in["do"] != "mail" {
		in["do"] = "adjust" // the form of the page, whatever it was sent with
		err = o.prove(c, in["password"])
	}
	if err == nil {
		err = o.change(c, "card."+in["do"], a.Token, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return o.alter(ctx, tx, c, a, in, now)
		})
	}
	if errors.Is(err, fault.Conflict) {
		var form fault.Form
		form.Wrong("amount", "credit.short")
		err = form.Err()
	}
	if errors.Is(err, fault.Invalid) {
		return o.showCard(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, cardPath(a.Token), "admin.card.changed")
}

func (o *Office) alter(ctx context.Context, tx *db.Tx, c echo.Context, a *credit.Account, in inputs, now time.Time) (string, error) {
	switch in["do"] {
	case "block", "unblock":
		changed, err := credit.Block(ctx, tx, a.ID, in["do"] == "block", now)
		if err != nil || !changed {
			return "", err
		}
		return a.Last4, nil
	case "mail":
		return a.Email, outreach.CardAgain(ctx, tx, a)
	}
	var form fault.Form
	text, less := strings.CutPrefix(strings.NewReplacer("−", "-", "+", "").Replace(strings.TrimSpace(in["amount"])), "-")
	amount, err := money.Parse(text, a.Currency)
	if err != nil || amount <= 0 || amount > mostGiven {
		form.Wrong("amount", "admin.card.amount.wrong")
	}
	if strings.TrimSpace(in["why"]) == "" {
		form.Wrong("why", "admin.card.why.wrong")
	}
	if len(in["key"]) < 16 || len(in["key"]) > 60 {
		form.Wrong("key", "checkout.key.missing")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	if less {
		amount = -amount
	}
	fresh, err := credit.Adjust(ctx, tx, a.ID, amount, in["key"], o.by(c), in["why"], now)
	if err != nil || !fresh {
		return "", err
	}
	return i18n.Money(i18n.English, money.Price{Amount: amount, Currency: a.Currency}) + " · " + in["why"], nil
}
