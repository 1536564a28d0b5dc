package outreach

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/order"
)

// QuestionMail is the job of a mail about a row of questions: Template is
// ContactReceived or QuestionAnswered.
type QuestionMail struct {
	Question int64  `json:"question"`
	Template string `json:"template"`
}

// Kind names the job.
func (QuestionMail) Kind() string { return "mail.question" }

// ShowFirst is how long the mail with an answer waits for the open page: what
// was read there is not mailed, too.
const ShowFirst = time.Minute

// EnqueueQuestion puts the mail about a question into the queue: a receipt at
// once, an answer once the page had its time to show it.
func EnqueueQuestion(ctx context.Context, tx *db.Tx, question int64, template string, now time.Time) error {
	switch template {
	case ContactReceived:
		return jobs.Enqueue(ctx, tx, QuestionMail{question, template})
	case QuestionAnswered:
		return jobs.Enqueue(ctx, tx, QuestionMail{question, template}, jobs.At(now.Add(ShowFirst)))
	}
	return fmt.Errorf("mail %q of a question: no such mail", template)
}

// QuestionKey is the name under which a conversation's secret link is made by
// the same key as an order's; no order number looks like it.
func QuestionKey(token string) string { return "question:" + token }

// questionLink is the path of a conversation for whoever has its mail.
func (d *Desk) questionLink(l i18n.Lang, token string) string {
	return d.url(l, "/questions/"+token+"?key="+url.QueryEscape(d.AccessKey(QuestionKey(token))))
}

func (d *Desk) question(ctx context.Context, j QuestionMail, now time.Time) error {
	q, err := ask.ByID(ctx, d.DB, j.Question)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if q.Email == "" || q.Simulated {
		return nil
	}
	first := q
	if q.ThreadID != 0 {
		if first, err = ask.ByID(ctx, d.DB, q.ThreadID); err != nil {
			return err
		}
	}
	s := &Send{Key: fmt.Sprintf("%s:%d", j.Template, j.Question), Class: Service, Template: j.Template, CustomerID: q.CustomerID,
		Email: customer.EmailKey(q.Email), Lang: i18n.ParseLang(string(q.Lang))}
	w := letter{Link: d.questionLink(s.Lang, first.Token), Asked: q.Body, Number: first.Called(), footer: footer{why: "mail.foot.why.question"}}
	switch j.Template {
	case ContactReceived:
		// A receipt, the moment somebody wrote to us: nobody is woken by it.
		s.Class = Required
		if !q.DueAt.IsZero() {
			w.By = i18n.DateTime(s.Lang, q.DueAt.In(d.Settings.Now().Zone()))
		}
		if err := d.mayHelp(ctx, &w, s.Lang, q); err != nil {
			return err
		}
		if w.Status, err = d.openOrders(ctx, s.Lang, q); err != nil {
			return err
		}
	case QuestionAnswered:
		if !q.SeenAt.IsZero() {
			return d.sayNothing(ctx, s, "seen-on-page", now)
		}
		for _, piece := range ask.Pieces(d.BaseURL, q.Answer) {
			if piece.Path != "" {
				piece.Text = d.BaseURL + piece.Path
			}
			w.Words += piece.Text
		}
		if w.Saved, err = d.savedCart(ctx, s, cart.ID(q.CartID), now); err != nil {
			return err
		}
		w.Hours = int(RestoreFor.Hours())
	default:
		return nil // a job of another release
	}
	err = d.owe(ctx, s, Candidate{Class: s.Class, Email: q.Email}, Address{Email: q.Email}, w, now)
	var wait deferred
	if errors.As(err, &wait) {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, j, jobs.At(wait.until)) })
	}
	return err
}

// sayNothing keeps the decision that a message is not needed any more; what
// was sent already stays sent.
func (d *Desk) sayNothing(ctx context.Context, s *Send, reason string, now time.Time) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error {
		s.State, s.Reason = Withheld, reason
		if _, err := d.put(ctx, tx, s, now); err != nil {
			return err
		}
		have, err := byKey(ctx, tx, s.Key)
		if err != nil || have.State == Sent || have.State == Withheld {
			return err
		}
		_, err = move(ctx, tx, have.ID, have.State, map[string]any{"state": Withheld, "reason": reason}, now)
		return err
	})
}

// mayHelp names what is written about the same thing.
func (d *Desk) mayHelp(ctx context.Context, w *letter, l i18n.Lang, q *ask.Question) error {
	var about catalog.ProductID
	if q.ProductID != nil {
		about = *q.ProductID
	}
	found, err := ask.Matching(ctx, d.DB, q.Body, about)
	for _, a := range found {
		w.Help = append(w.Help, helpWords{headerLine(a.Title.In(l)), d.url(l, "/help/"+a.Slug)})
	}
	return err
}

// openOrdersMost is how many orders a receipt tells of.
const openOrdersMost = 5

// openOrders says where the open orders of whoever asked stand, in the words
// of their own pages. Only the account that asked while signed in is told, at
// its own proved address, or of one order the address that ordered it: whoever
// types somebody else's address learns nothing, and that one nothing new.
func (d *Desk) openOrders(ctx context.Context, l i18n.Lang, q *ask.Question) (lines []string, err error) {
	var orders []order.Order
	if q.CustomerID != nil {
		k, err := customer.ByID(ctx, d.DB, *q.CustomerID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil && k.Verified() && k.EmailKey == customer.EmailKey(q.Email) {
			if orders, err = order.OfCustomer(ctx, d.DB, k.ID, 50); err != nil {
				return nil, err
			}
		}
	}
	if number := strings.ToUpper(strings.TrimSpace(q.OrderNumber)); len(orders) == 0 && number != "" {
		o, err := order.ByNumber(ctx, d.DB, number)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil && customer.EmailKey(o.Email) == customer.EmailKey(q.Email) {
			orders = append(orders, *o)
		}
	}
	for _, o := range orders {
		if o.State != order.StatePlaced || o.DeliveryState == order.Delivered || o.DeliveryState == order.Returned || len(lines) == openOrdersMost {
			continue
		}
		line := i18n.T(l, "outreach.order.status", "number", o.Number, "payment", i18n.T(l, "order.payment."+string(o.PaymentState)), "delivery", i18n.T(l, "order.delivery."+string(o.DeliveryState)))
		if !o.DeliveryBy.IsZero() {
			line += i18n.T(l, "outreach.order.status.by", "day", i18n.Date(l, o.DeliveryBy.In(d.Settings.Now().Zone())))
		}
		lines = append(lines, line)
	}
	return lines, nil
}
