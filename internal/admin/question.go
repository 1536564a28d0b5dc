package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/slot"
	"regulars/internal/web"
)

type (
	questionPage struct {
		web.Page
		Question *ask.Question
		Lines    []string
		Wait     string
		Answer   string
		Publish  bool
		Errors   web.FormErrors
		Write    bool
		Path     string
		Card     string // the customer's own page
		Wish     string // how who asked would like to be answered
		About    linked
		Cart     []string // what is in the cart it was asked from
		CartNote string
		Trail    []trailRow
		Fitting  []fittingRow
		Before   []turnRow // of the same conversation
		Due      string
		Late     bool
		Owner    string
		Take     bool   // nobody looks after it yet
		Seen     string // when the page showed the answer
	}
	turnRow    struct{ At, Body, Answer string }
	linked     struct{ URL, Name string }
	trailRow   struct{ At, Text string }
	fittingRow struct{ Slug, Name, Reason, Price string }
)

func (o *Office) question(c echo.Context) error {
	q, err := ask.ByToken(c.Request().Context(), o.DB, c.Param("token"))
	if err != nil {
		return err
	}
	return o.showQuestion(c, http.StatusOK, q, q.Answer, q.Published || q.AnsweredAt.IsZero() && q.ComplaintAt.IsZero() && q.ThreadID == 0, nil)
}

func (o *Office) showQuestion(c echo.Context, status int, q *ask.Question, answer string, publish bool, failure error) error {
	p := questionPage{Page: page(c, "admin.question."+q.Kind), Question: q, Lines: strings.Split(q.Body, "\n"), Wait: span(c, q.Waiting(o.Now())),
		Answer: answer, Publish: publish, Errors: wrong(c, failure), Write: o.may(c, "questions.write"), Path: "/admin/questions/" + q.Token}
	ctx := c.Request().Context()
	wish, err := o.wish(c, q)
	if err != nil {
		return err
	}
	p.Wish = wish
	if q.CustomerID != nil && o.may(c, "customers.read") {
		k, err := customer.ByID(ctx, o.DB, *q.CustomerID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		if err == nil {
			p.Card = customerPath(k.Number)
		}
	}
	if q.ProductID != nil {
		product, err := catalog.ByID(ctx, o.DB, *q.ProductID)
		if err != nil {
			return err
		}
		p.About = linked{web.In(p.Lang, "/p/"+product.Slug), product.Name.In(p.Lang)}
	}
	if err := o.looksAfter(c, &p, q); err != nil {
		return err
	}
	in, err := o.askedFrom(c, &p, q)
	if err != nil {
		return err
	}
	if p.Write {
		if p.Fitting, err = o.fitting(c, q, in); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/question", p)
}

// wish words how the account that asked would like to be answered; "" if it
// did not say, and for guests.
func (o *Office) wish(c echo.Context, q *ask.Question) (string, error) {
	if q.CustomerID == nil {
		return "", nil
	}
	k, err := customer.ByID(c.Request().Context(), o.DB, *q.CustomerID)
	if errors.Is(err, fault.NotFound) || err == nil && k.Channel == "" {
		return "", nil
	} else if err != nil {
		return "", err
	}
	words := t(c, "customer.channel."+k.Channel)
	if k.Channel == "phone" && k.Phone != "" {
		words += " · " + k.Phone
	}
	return words, nil
}

// askedFrom shows the cart the question came from as it is now, and what else
// was asked from it; it returns the products in it.
func (o *Office) askedFrom(c echo.Context, p *questionPage, q *ask.Question) ([]catalog.ProductID, error) {
	if q.CartID == 0 {
		return nil, nil
	}
	ctx := c.Request().Context()
	k, err := cart.ByID(ctx, o.DB, cart.ID(q.CartID))
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	view, err := cart.Items(ctx, o.DB, k)
	if err != nil {
		return nil, err
	}
	var in []catalog.ProductID
	for _, item := range view.Items {
		b := item.Buyable
		in = append(in, b.ProductID)
		name := strings.TrimSpace(b.Name.In(p.Lang) + " " + b.Choices.In(p.Lang))
		p.Cart = append(p.Cart, t(c, "admin.question.line", "qty", item.Line.Qty, "name", name, "total", money.Price{Amount: item.Total(), Currency: k.Currency}))
	}
	step := "cart"
	switch {
	case k.State != cart.StateOpen:
		step = "closed"
	case !k.CheckoutAt.IsZero():
		step = "checkout"
	}
	p.CartNote = t(c, "admin.question.cart."+step)
	trail, err := ask.OfCart(ctx, o.DB, q.CartID)
	for _, a := range trail {
		text := t(c, "admin.question.at-once", "source", t(c, "admin.source."+kindOf(a.Source)))
		if a.QuestionID != 0 {
			text = a.Body
			if a.Source != "" {
				text += " " + t(c, "admin.question.not-meant", "source", t(c, "admin.source."+kindOf(a.Source)))
			}
		}
		p.Trail = append(p.Trail, trailRow{i18n.DateTime(p.Lang, a.At.In(o.Settings.Now().Zone())), text})
	}
	return in, err
}

// kindOf is what kind of source a key of the trail names.
func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, ":")
	return kind
}

const fittingMost = 3

// fitting are goods to name in an answer, each with a reason an author wrote:
// what goes with what was asked about, then with what is in the cart. To
// somebody with a complaint nothing is offered.
func (o *Office) fitting(c echo.Context, q *ask.Question, inCart []catalog.ProductID) ([]fittingRow, error) {
	if q.Trouble() {
		return nil, nil
	}
	from := slices.Clone(inCart)
	if q.ProductID != nil {
		from = append([]catalog.ProductID{*q.ProductID}, from...)
	}
	ctx, currency := c.Request().Context(), o.Settings.Now().Currency()
	relations, err := catalog.RelationsFrom(ctx, o.DB, from)
	if err != nil {
		return nil, err
	}
	relations = slices.DeleteFunc(relations, func(r catalog.Relation) bool {
		return r.Source != "author" || slices.Contains([]string{"never", "alike", "replaced"}, r.Kind) || slices.Contains(from, r.ToID)
	})
	rank := []string{"needs", "fits", "refill", "part", "moment", "next", "instead", "upgrade"}
	slices.SortStableFunc(relations, func(a, b catalog.Relation) int {
		if d := slices.Index(from, a.FromID) - slices.Index(from, b.FromID); d != 0 {
			return d
		}
		return slices.Index(rank, a.Kind) - slices.Index(rank, b.Kind)
	})
	var ids []catalog.ProductID
	for _, r := range relations {
		ids = append(ids, r.ToID)
	}
	cards, err := catalog.Cards(ctx, o.DB, ids, currency)
	if err != nil {
		return nil, err
	}
	var out []fittingRow
	for _, r := range relations {
		i := slices.IndexFunc(cards, func(k catalog.Card) bool { return k.ID == r.ToID })
		if i < 0 || !cards[i].InStock || cards[i].Sensitive || len(out) == fittingMost ||
			slices.ContainsFunc(out, func(f fittingRow) bool { return f.Slug == cards[i].Slug }) {
			continue
		}
		out = append(out, fittingRow{cards[i].Slug, cards[i].Name.In(q.Lang), r.Reason.In(q.Lang), i18n.Money(lang(c), cards[i].Price)})
	}
	return out, nil
}

// answer keeps the answer and mails it to who asked, if they left an address;
// a corrected answer is not mailed again. The button of a suggestion writes it
// below what was typed and sends nothing.
func (o *Office) answer(c echo.Context) error {
	q, err := ask.ByToken(c.Request().Context(), o.DB, c.Param("token"))
	if err != nil {
		return err
	}
	var in struct {
		Answer  string `form:"answer"`
		Publish bool   `form:"publish"`
		Insert  string `form:"insert,max=200"`
	}
	mailed := false
	err = web.Form(c, &in)
	if err == nil && in.Insert != "" {
		text, err := o.withFitting(c, q, in.Answer, in.Insert)
		if err != nil {
			return err
		}
		return o.showQuestion(c, http.StatusOK, q, text, in.Publish, nil)
	}
	if err == nil {
		mailed, err = o.keepAnswer(c, q, in.Answer, in.Publish)
	}
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showQuestion(c, http.StatusUnprocessableEntity, q, in.Answer, in.Publish, err)
	case err != nil:
		return err
	case mailed:
		return done(c, "/admin/questions", "admin.answer.mailed")
	}
	return done(c, "/admin/questions", "admin.answer.kept")
}

func (o *Office) withFitting(c echo.Context, q *ask.Question, answer, slug string) (string, error) {
	in, err := o.askedFrom(c, &questionPage{Page: page(c, "admin.question."+q.Kind)}, q)
	if err != nil {
		return "", err
	}
	list, err := o.fitting(c, q, in)
	for _, f := range list {
		if f.Slug == slug {
			line := i18n.T(q.Lang, "admin.question.insert", "name", f.Name, "reason", f.Reason, "link", o.Web.AbsoluteURL(q.Lang, "/p/"+f.Slug)+"?via="+slot.Mark{Slot: slot.Reply, Page: q.Called()}.Tag())
			return strings.TrimSpace(strings.TrimSpace(answer) + "\n\n" + line), err
		}
	}
	return answer, err
}

// complaint marks a question as one, unmarks it, or closes it.
func (o *Office) complaint(c echo.Context) error {
	var in struct {
		Do string `form:"do,max=10"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	token := c.Param("token")
	err = o.change(c, "question.complaint", token, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		switch in.Do {
		case "open":
			return in.Do, ask.Complain(ctx, tx, token, true, now)
		case "none":
			return in.Do, ask.Complain(ctx, tx, token, false, now)
		case "close":
			return in.Do, ask.Close(ctx, tx, token, int64(who.ID), now)
		}
		return "", fault.New(fault.Invalid, "error.unreadable")
	})
	if err != nil && !errors.Is(err, fault.Conflict) {
		return err
	}
	return done(c, "/admin/questions/"+token, "admin.complaint.kept")
}
