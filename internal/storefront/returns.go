package storefront

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/web"
)

type (
	// returnLine is a line of an order that may come back. Note says what has
	// to be so, or why it cannot.
	returnLine struct {
		Field, Name, Note string
		Units             []option // "position:units"; none where it cannot come back
		Err               web.FieldError
	}
	// returnPage asks what comes back: a return with its reason, or the
	// declaration of withdrawal.
	returnPage struct {
		web.Page
		Number, Key, Form, Lead string
		Whole                   bool
		Lines                   []returnLine
		Goods                   []string // of a whole order
		Reasons, Wishes         []option
		WishText                string // what store credit would be
		Words, Name, Email      string
		Errors                  web.FormErrors
		Notice                  string
	}
	// returnRow is a return as the order's page and the account list it.
	returnRow struct {
		Number, Kind, State, Tag, Date, Stamp, Outcome, Answer, Address string
		URL                                                             string // of its order
		Lines                                                           []string
	}
	returnForm struct {
		Key    string   `form:"key,max=100"`
		Form   string   `form:"form,max=100"`
		Units  []string `form:"units,max=20"`
		Reason string   `form:"reason,max=20"`
		Words  string   `form:"words,max=2000"`
		Wish   string   `form:"wish,max=20"`
		Name   string   `form:"name,max=200"`
		Email  string   `form:"email,max=254"`
	}
)

// chosen reads "position:units" of every line.
func (f *returnForm) chosen() map[int]int {
	units := map[int]int{}
	for _, text := range f.Units {
		position, n, _ := strings.Cut(text, ":")
		at, errAt := strconv.Atoi(position)
		count, err := strconv.Atoi(n)
		if errAt == nil && err == nil && count != 0 {
			units[at] = count
		}
	}
	return units
}

// returns fills in what of an order comes back, and what still may.
func (s *Shop) returns(c echo.Context, p *orderPage, o *order.Order, lines []order.Line) error {
	ctx := c.Request().Context()
	all, err := order.ReturnsOf(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	for i := range all {
		row := s.returnRow(c, &all[i])
		for _, k := range all[i].Lines {
			for _, l := range lines {
				if l.ID == k.LineID {
					row.Lines = append(row.Lines, t(c, "shop.parcel.line", "qty", k.Qty, "name", strings.TrimSpace(in(c, l.Name)+" "+in(c, l.Choices))))
				}
			}
		}
		if all[i].State == order.Approved {
			row.Address = t(c, "shop.return.send", "address", s.Settings.Now().Get("shop.address"), "number", all[i].Number)
		}
		p.Returns = append(p.Returns, row)
	}
	offer, err := s.Desk.Returns(ctx, s.DB, o, s.Now())
	if err != nil {
		return err
	}
	if offer.CanReturn {
		p.ReturnText = s.until(c, "shop.return.until", "shop.return.open", offer.ReturnUntil)
	}
	if offer.CanWithdraw {
		p.WithdrawText = s.until(c, "shop.withdraw.until", "shop.withdraw.open", offer.WithdrawUntil)
	}
	return nil
}

// until says by which day; the end of an offer is the first moment after it.
func (s *Shop) until(c echo.Context, key, open string, end time.Time) string {
	if end.IsZero() {
		return t(c, open)
	}
	return t(c, key, "date", end.Add(-time.Second).In(s.Settings.Now().Zone()))
}

func (s *Shop) returnRow(c echo.Context, r *order.Return) returnRow {
	row := returnRow{Number: r.Number, Kind: t(c, "order.return.kind."+r.Kind), State: t(c, "order.return.state."+string(r.State)), Tag: "tag-warn",
		Date: s.stamp(c, r.AskedAt), Stamp: r.AskedAt.In(s.Settings.Now().Zone()).Format("2006-01-02T15:04:05Z07:00"), Answer: r.Answer}
	switch r.State {
	case order.ReturnClosed:
		row.Tag, row.Outcome = "tag-ok", t(c, "order.return.end."+r.Outcome)
	case order.ReturnRefused:
		row.Tag = "tag-error"
	case order.Approved, order.ReturnReceived:
		row.Tag = "tag-info"
	}
	return row
}

// accountReturns are the returns of an account.
func (s *Shop) accountReturns(c echo.Context, rows []order.ReturnRow) []returnRow {
	var all []returnRow
	for i := range rows {
		row := s.returnRow(c, &rows[i].Return)
		row.URL = web.URL(c, "/orders/"+rows[i].OrderNumber)
		all = append(all, row)
	}
	return all
}

// askReturn shows what of an order can be sent back.
func (s *Shop) askReturn(c echo.Context) error {
	return s.showReturn(c, c.QueryParam("key"), returnForm{Form: checkout.NewKey()}, false, nil)
}

// askWithdraw is the second step of the withdrawal: what it says, and the
// button that makes it.
func (s *Shop) askWithdraw(c echo.Context) error {
	return s.showReturn(c, c.QueryParam("key"), returnForm{Form: checkout.NewKey()}, true, nil)
}

func (s *Shop) showReturn(c echo.Context, key string, f returnForm, withdraw bool, failed error) error {
	ctx, fresh := c.Request().Context(), failed == nil
	o, err := s.orderFor(c, key)
	if err != nil {
		return err
	}
	offer, err := s.Desk.Returns(ctx, s.DB, o, s.Now())
	if err != nil {
		return err
	}
	if withdraw && !offer.CanWithdraw {
		return s.notChanged(c, o.ID, key, nil, fault.New(fault.Conflict, "order.withdraw.over", "number", o.Number))
	}
	if !withdraw && !offer.CanReturn {
		return s.notChanged(c, o.ID, key, nil, fault.New(fault.Conflict, "order.return.late", "number", o.Number))
	}
	template, path, title := "storefront/return", "/return", "shop.return.title"
	p := &returnPage{Number: o.Number, Key: key, Form: f.Form, Words: f.Words, Name: f.Name, Email: f.Email, Errors: web.Errors(c, failed), Whole: withdraw && offer.Whole}
	if withdraw {
		template, path, title = "storefront/withdraw", "/withdraw", "shop.withdraw.title"
		if fresh {
			p.Name, p.Email = o.Name, o.Email
		}
	}
	p.Page = s.page(c, title, "number", o.Number)
	p.NoIndex, p.Other = true, web.In(other(p.Lang), "/orders/"+o.Number+path+query(key))
	p.lines(c, offer, f, withdraw && fresh)
	for _, r := range order.Reasons {
		p.Reasons = append(p.Reasons, option{r, t(c, "order.return.reason."+r), r == f.Reason})
	}
	p.Wishes = []option{{"", t(c, "shop.return.wish.any"), f.Wish == ""}}
	for _, w := range order.Wishes {
		p.Wishes = append(p.Wishes, option{w, t(c, "order.return.end."+w), w == f.Wish})
	}
	if p.WishText = t(c, "shop.return.wish.account"); o.CustomerID == nil {
		p.WishText = t(c, "shop.return.wish.guest")
	}
	status := http.StatusOK
	if !fresh {
		_, status = words(c, failed)
	}
	if len(p.Errors.Items) == 0 && !fresh {
		p.Notice, _ = words(c, failed)
	}
	web.Private(c)
	return web.Render(c, status, template, p)
}

// lines fills in the choice of units; all of them where everything is meant
// at first.
func (p *returnPage) lines(c echo.Context, offer *checkout.ReturnOffer, f returnForm, all bool) {
	units := f.chosen()
	for _, l := range offer.Lines {
		name := strings.TrimSpace(in(c, l.Name) + " " + in(c, l.Choices))
		if p.Whole {
			p.Goods = append(p.Goods, t(c, "shop.parcel.line", "qty", l.Shippable(), "name", name))
			continue
		}
		field := "units-" + strconv.Itoa(l.Position)
		row := returnLine{Field: field, Name: name, Err: p.Errors.At(field)}
		switch {
		case l.Digital:
			row.Note = t(c, "shop.return.digital")
		case l.Left <= 0:
			row.Note = t(c, "shop.return.gone")
		case l.Sensitive:
			row.Note = t(c, "shop.return.sealed")
		}
		if !l.Digital && l.Left > 0 {
			chosen := units[l.Position]
			if all && !l.Sensitive {
				chosen = l.Left
			}
			for n := range l.Left + 1 {
				row.Units = append(row.Units, option{strconv.Itoa(l.Position) + ":" + strconv.Itoa(n), strconv.Itoa(n), n == chosen})
			}
		}
		p.Lines = append(p.Lines, row)
	}
}

// sendReturn asks to send goods back.
func (s *Shop) sendReturn(c echo.Context) error {
	var f returnForm
	failed := web.Form(c, &f)
	o, err := s.orderFor(c, f.Key)
	if err != nil {
		return err
	}
	var r *order.Return
	if failed == nil {
		r, failed = s.Desk.AskReturn(c.Request().Context(), o.ID, checkout.ReturnForm{Key: f.Form, Units: f.chosen(), Reason: f.Reason, Words: f.Words, Wish: f.Wish})
	}
	if kind := fault.Kind(failed); failed != nil && kind != fault.Invalid && kind != fault.Conflict {
		return failed
	}
	if failed != nil {
		return s.showReturn(c, f.Key, f, false, failed)
	}
	web.Flash(c, "ok", "shop.return.done", "number", r.Number)
	return web.Redirect(c, "/orders/"+o.Number+query(f.Key))
}

// sendWithdraw takes the declaration of withdrawal in.
func (s *Shop) sendWithdraw(c echo.Context) error {
	var f returnForm
	failed := web.Form(c, &f)
	o, err := s.orderFor(c, f.Key)
	if err != nil {
		return err
	}
	var r *order.Return
	if failed == nil {
		r, failed = s.Desk.WithdrawContract(c.Request().Context(), o.ID, checkout.WithdrawForm{Key: f.Form, Name: f.Name, Email: f.Email, Units: f.chosen()})
	}
	if kind := fault.Kind(failed); failed != nil && kind != fault.Invalid && kind != fault.Conflict {
		return failed
	}
	if failed != nil {
		return s.showReturn(c, f.Key, f, true, failed)
	}
	web.Flash(c, "ok", "shop.withdraw.done", "number", r.Number, "email", r.Email)
	return web.Redirect(c, "/orders/"+o.Number+query(f.Key))
}
