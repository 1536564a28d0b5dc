package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// returnStates are the saved views of the list.
var returnStates = []string{"", "asked", "approved", "received", "closed", "refused"}

type (
	returnsPage struct {
		web.Page
		In        listing
		Chips     []chip
		Simulated []chip
		Rows      []returnRow
		Pager     pager
	}
	returnRow struct {
		URL, Number, Kind, Order, OrderURL, Customer, Reason, Outcome string
		At                                                            db.Time
		Units                                                         int
		State                                                         tag
		Simulated                                                     bool
	}
	returnPage struct {
		web.Page
		Return          *order.Return
		Row             returnRow
		State           []tag
		Lines           []returnLine
		Steps           []moment
		Can             map[string]bool
		Answer, Words   string
		Amount, Outcome string
		Proposal        string
		Wish, Credit    string // what the shopper would like; where credit would go
		Outcomes        []choice
		Replacement     string // its page
		ReplacementText string
		Notice          string
		Proof           bool
		Errors          web.FormErrors
	}
	returnLine struct {
		Qty, Came            int
		Name, SKU, Field     string
		Good, Lost           string // as entered
		GoodField, LostField string
		Error                web.FieldError
	}
)

func returnTag(c echo.Context, state order.ReturnState) tag {
	k := tag{"info", t(c, "order.return.state."+string(state))}
	switch state {
	case order.Asked, order.ReturnReceived:
		k.Kind = "warn" // somebody has to do something
	case order.ReturnClosed:
		k.Kind = "ok"
	}
	return k
}

func rowOf(c echo.Context, r *order.Return, number, customer string) returnRow {
	row := returnRow{URL: "/admin/returns/" + r.Number, Number: r.Number, Kind: t(c, "order.return.kind."+r.Kind), Order: number, OrderURL: "/admin/orders/" + number,
		Customer: customer, At: r.AskedAt, State: returnTag(c, r.State)}
	if r.Reason != "" {
		row.Reason = t(c, "order.return.reason."+r.Reason)
	}
	if r.Outcome != "" {
		row.Outcome = t(c, "order.return.end."+r.Outcome)
	}
	for _, l := range r.Lines {
		row.Units += l.Qty
	}
	return row
}

func (o *Office) returns(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	if !slices.Contains(returnStates, in.State) {
		in.State = ""
	}
	found, total, err := order.Returns(c.Request().Context(), o.DB, order.ReturnFilter{State: order.ReturnState(in.State), Text: in.Q, Simulated: in.simulated(), Page: in.Page})
	if err != nil {
		return err
	}
	p := returnsPage{Page: page(c, "staff.area.returns"), In: in, Chips: chips(c, "state", in.State, "admin.returns.", returnStates...),
		Simulated: chips(c, "simulated", in.Simulated, "admin.simulated.", "", "no", "yes"), Pager: pages(c, in.Page, 50, total)}
	for i := range found {
		row := rowOf(c, &found[i].Return, found[i].OrderNumber, found[i].Customer)
		row.Units, row.Simulated = found[i].Units, found[i].Simulated
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/returns", p)
}

func (o *Office) oneReturn(c echo.Context) error {
	return o.showReturn(c, http.StatusOK, inputs{}, nil)
}

// showReturn draws a return with what can be done with it; in is what was
// entered.
func (o *Office) showReturn(c echo.Context, status int, in inputs, failure error) error {
	ctx := c.Request().Context()
	r, err := order.ReturnByNumber(ctx, o.DB, c.Param("return"))
	if err != nil {
		return err
	}
	k, err := order.ByID(ctx, o.DB, r.OrderID)
	if err != nil {
		return err
	}
	write := o.may(c, "returns.write")
	p := &returnPage{Page: page(c, "admin.return", "number", r.Number), Return: r, Row: rowOf(c, r, k.Number, k.Name), Answer: in["answer"], Words: in["words"],
		Amount: in["amount"], Outcome: in["outcome"], Errors: wrong(c, failure), Proof: !web.Session(c).StaffProved(),
		State: []tag{returnTag(c, r.State), stateTag(c, order.PaymentAxis, string(k.PaymentState)), stateTag(c, order.DeliveryAxis, string(k.DeliveryState))},
		Can: map[string]bool{"decide": write && r.State == order.Asked, "receive": write && r.State == order.Approved,
			"resolve": write && r.State == order.ReturnReceived, "close": write && r.State == order.Approved}}
	p.Row.Simulated = k.Simulated
	if len(p.Errors.Items) == 0 && failure != nil {
		p.Notice = words(c, failure)
	}
	if err := o.returnLines(ctx, p, k, in); err != nil {
		return err
	}
	if p.Steps, err = o.returnSteps(ctx, c, r); err != nil {
		return err
	}
	if err := o.endings(ctx, c, p, k); err != nil {
		return err
	}
	return web.Render(c, status, "admin/return", p)
}

func (o *Office) returnLines(ctx context.Context, p *returnPage, k *order.Order, in inputs) error {
	lines, err := order.Lines(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	for _, l := range lines {
		for _, u := range p.Return.Lines {
			if u.LineID != l.ID {
				continue
			}
			field := "units-" + strconv.Itoa(l.Position)
			row := returnLine{Qty: u.Qty, Came: u.Came(), Name: strings.TrimSpace(l.Name.In(p.Lang) + " " + l.Choices.In(p.Lang)), SKU: l.SKU,
				Field: field, GoodField: "good-" + strconv.Itoa(l.Position), LostField: "lost-" + strconv.Itoa(l.Position), Error: p.Errors.At(field)}
			row.Good, row.Lost = cmp.Or(in[row.GoodField], strconv.Itoa(u.Qty)), cmp.Or(in[row.LostField], "0")
			p.Lines = append(p.Lines, row)
		}
	}
	return nil
}

func (o *Office) returnSteps(ctx context.Context, c echo.Context, r *order.Return) ([]moment, error) {
	past, err := order.ReturnPast(ctx, o.DB, r.ID)
	if err != nil {
		return nil, err
	}
	people, err := staff.List(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	var all []moment
	for _, s := range past {
		all = append(all, moment{At: s.At.Time, What: t(c, "order.return.state."+s.ToState), By: actor(c, people, s.Actor), Words: s.Note})
	}
	return all, nil
}

// endings fills in how a received return can end, and what it would pay.
func (o *Office) endings(ctx context.Context, c echo.Context, p *returnPage, k *order.Order) error {
	if p.Return.Wish != "" {
		p.Wish = t(c, "order.return.end."+p.Return.Wish)
	}
	if p.Return.Replacement != 0 {
		n, err := order.ByID(ctx, o.DB, p.Return.Replacement)
		if err != nil {
			return err
		}
		p.Replacement, p.ReplacementText = "/admin/orders/"+n.Number, t(c, "admin.return.replacement", "number", n.Number)
	}
	if !p.Can["resolve"] {
		return nil
	}
	back, err := o.Desk.Proposal(ctx, o.DB, k, p.Return)
	if err != nil {
		return err
	}
	p.Proposal = t(c, "admin.return.proposal", "amount", money.Price{Amount: back.Amount, Currency: k.Currency})
	p.Amount = cmp.Or(p.Amount, back.Amount.Decimal(k.Currency))
	for _, end := range []string{order.EndRefund, order.EndReplacement, order.EndCredit, order.EndNone} {
		if end == order.EndCredit && p.Return.Kind == order.KindWithdrawal {
			continue
		}
		p.Outcomes = append(p.Outcomes, choice{end, t(c, "order.return.end."+end), end == cmp.Or(p.Outcome, p.Return.Wish, order.EndRefund)})
	}
	if p.Credit = t(c, "admin.return.credit.account", "email", k.Email); k.CustomerID == nil {
		p.Credit = t(c, "admin.return.credit.card", "email", k.Email)
	}
	return nil
}

// takeReturn runs one step of a return; one that cannot be taken shows it as
// it is, with why, and what was entered.
func (o *Office) takeReturn(c echo.Context, action, key string, in inputs, do func(ctx context.Context, tx *db.Tx, now time.Time) error) error {
	number := c.Param("return")
	err := o.change(c, action, number, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return number, do(ctx, tx, now)
	})
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showReturn(c, http.StatusUnprocessableEntity, in, err)
	case errors.Is(err, fault.Conflict):
		return o.showReturn(c, http.StatusConflict, in, err)
	case err != nil:
		return err
	}
	return done(c, "/admin/returns/"+number, key, "number", number)
}

// decideReturn approves or refuses what was asked for.
func (o *Office) decideReturn(c echo.Context) error {
	in, err := read(c, []string{"answer", "yes"})
	if err != nil {
		return err
	}
	key := "admin.return.refused"
	if in.On("yes") {
		key = "admin.return.approved"
	}
	return o.takeReturn(c, "return.decide", key, in, func(ctx context.Context, tx *db.Tx, now time.Time) error {
		return o.Desk.DecideReturnIn(ctx, tx, c.Param("return"), in.On("yes"), in["answer"], o.by(c), now)
	})
}

// receiveReturn counts what arrived.
func (o *Office) receiveReturn(c echo.Context) error {
	r, err := order.ReturnByNumber(c.Request().Context(), o.DB, c.Param("return"))
	if err != nil {
		return err
	}
	lines, err := order.Lines(c.Request().Context(), o.DB, r.OrderID)
	if err != nil {
		return err
	}
	var names []string
	for _, l := range lines {
		names = append(names, "good-"+strconv.Itoa(l.Position), "lost-"+strconv.Itoa(l.Position))
	}
	in, err := read(c, names)
	if err != nil {
		return err
	}
	came, count := map[int]checkout.Came{}, func(text string) int {
		n, err := strconv.Atoi(cmp.Or(text, "0"))
		if err != nil || n > 1_000_000 {
			return -1
		}
		return n
	}
	for _, l := range lines {
		came[l.Position] = checkout.Came{Good: count(in["good-"+strconv.Itoa(l.Position)]), Lost: count(in["lost-"+strconv.Itoa(l.Position)])}
	}
	return o.takeReturn(c, "return.receive", "admin.return.received", in, func(ctx context.Context, tx *db.Tx, now time.Time) error {
		return o.Desk.ReceiveReturnIn(ctx, tx, r.Number, came, o.by(c), now)
	})
}

// resolveReturn ends a return; money and credit are given only by the hand of
// who typed the password.
func (o *Office) resolveReturn(c echo.Context) error {
	ctx := c.Request().Context()
	in, err := read(c, []string{"outcome", "amount", "words", "password,raw"})
	if err != nil {
		return err
	}
	r, err := order.ReturnByNumber(ctx, o.DB, c.Param("return"))
	if err != nil {
		return err
	}
	k, err := order.ByID(ctx, o.DB, r.OrderID)
	if err != nil {
		return err
	}
	z := checkout.Resolution{Outcome: in["outcome"], Words: in["words"]}
	if (z.Outcome == order.EndRefund || z.Outcome == order.EndCredit) && r.State == order.ReturnReceived {
		amount, wrong := money.Parse(in["amount"], k.Currency)
		if z.Amount = amount; wrong != nil {
			z.Amount = 0
		}
		if z.Amount > 0 {
			err = o.prove(c, in["password,raw"])
		}
	}
	if errors.Is(err, fault.Invalid) {
		return o.showReturn(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return o.takeReturn(c, "return.resolve", "admin.return.resolved", in, func(ctx context.Context, tx *db.Tx, now time.Time) error {
		return o.Desk.ResolveReturnIn(ctx, tx, r.Number, z, o.by(c), now)
	})
}

// returnsOf are the returns of an order, for its page.
func (o *Office) returnsOf(ctx context.Context, c echo.Context, k *order.Order) ([]returnRow, error) {
	all, err := order.ReturnsOf(ctx, o.DB, k.ID)
	var rows []returnRow
	for i := range all {
		rows = append(rows, rowOf(c, &all[i], k.Number, k.Name))
	}
	return rows, err
}
