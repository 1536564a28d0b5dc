package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// What a reminder says first, where the cart was left over something that can
// be answered: it speaks of that and names no goods. Each has
// templates/mail/followup-<name>.<lang>.txt.
const (
	AboutQuestion = "question" // the answer to what was asked
	AboutSearch   = "search"   // looked for and not found
	AboutError    = "error"    // a page of ours failed
	AboutPayment  = "payment"  // paying did not work
)

var abouts = []string{AboutQuestion, AboutSearch, AboutError, AboutPayment}

// askAgainAfter is when a reminder that waits for an answer is looked at again.
const askAgainAfter = 12 * time.Hour

// asked is a question and its answer, as the mail would bring it.
type asked struct {
	ID           int64
	CustomerID   *customer.ID
	Email        string
	Body, Answer string
	Mailed       bool // or about to be
}

// about says what a reminder of a cart has to answer: one of abouts, "" for
// the goods themselves. wait: it must not go out before the answer is there.
func about(ctx context.Context, q db.Q, c *cart.Cart, email string, now time.Time) (what string, w analytics.Why, a *asked, err error) {
	if w, err = analytics.WhyLeft(ctx, q, int64(c.ID), now); err != nil {
		return "", w, nil, err
	}
	switch w.Cause {
	case AboutSearch, AboutError, AboutPayment:
		what = w.Cause
	case AboutQuestion:
		if w.Question == 0 || !w.Answered {
			break // said, but nobody was asked; or it waits
		}
		if a, err = answerFor(ctx, q, w.Question, c, email); a != nil {
			what = AboutQuestion
		}
	}
	return what, w, a, err
}

// answerFor is the answer, if it was asked by whoever the mail goes to: a
// browser may be shared.
func answerFor(ctx context.Context, q db.Q, id int64, c *cart.Cart, email string) (*asked, error) {
	var rows []asked
	err := q.Query(ctx).Raw(`SELECT q.id, q.customer_id, q.email, q.body, q.answer,
		CASE WHEN q.email <> '' AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key = ? AND s.state IN ('withheld','failed')) THEN TRUE ELSE FALSE END AS mailed FROM questions q WHERE q.id = ? AND q.answer <> ''`,
		fmt.Sprintf("%s:%d", QuestionAnswered, id), id).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read question %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	a := &rows[0]
	same := a.CustomerID != nil && c.CustomerID != nil && *a.CustomerID == *c.CustomerID
	if !same && a.Email != "" && customer.EmailKey(a.Email) != customer.EmailKey(email) {
		return nil, nil
	}
	return a, nil
}

// answers keeps a reminder back while a question about its cart waits for its
// answer, and for good where the answer went out by mail, with the way back to
// the cart: that mail was the reminder.
func (d *Desk) answers(ctx context.Context, q db.Q, c Candidate, now time.Time) (Decision, error) {
	if c.step == nil || c.Cart == nil {
		return Decision{Verdict: Allow}, nil
	}
	what, w, a, err := about(ctx, q, c.Cart, c.Email, now)
	switch {
	case err != nil:
		return Decision{}, err
	case w.Question != 0 && !w.Answered:
		return Decision{Defer, "question-open", now.Add(askAgainAfter)}, nil
	case what == AboutQuestion && a.Mailed:
		return withhold("question-answered"), nil
	}
	return Decision{Verdict: Allow}, nil
}

// speak makes the letter one about what has to be answered, and opens the
// ticket where a person has to act. It returns the name of the mail.
func (d *Desk) speak(ctx context.Context, tx *db.Tx, s *Send, c *cart.Cart, w *letter, now time.Time) (string, error) {
	what, why, a, err := about(ctx, tx, c, s.Email, now)
	if err != nil || what == "" {
		return FollowUpMail, err
	}
	w.More, w.Goods = w.More+len(w.Goods), nil
	w.Again = d.url(s.Lang, "/contact")
	switch what {
	case AboutQuestion:
		w.Asked, w.Words = a.Body, a.Answer
	case AboutError:
		if err := openTicket(ctx, tx, c.ID, why, now); err != nil {
			return "", err
		}
		if w.When, err = d.whenBroken(ctx, tx, s.Lang, c.ID); err != nil {
			return "", err
		}
	}
	s.Variant = what
	if _, err := move(ctx, tx, s.ID, Claimed, map[string]any{"variant": what}, now); err != nil {
		return "", err
	}
	return FollowUpMail + "-" + what, nil
}

// whenBroken is the moment of the last page of a cart that failed, in words;
// "" where none is known and the shopper said so themselves.
func (d *Desk) whenBroken(ctx context.Context, q db.Q, lang i18n.Lang, id cart.ID) (when string, err error) {
	all, err := cart.Frictions(ctx, q, id)
	for _, f := range all {
		if f.Kind == cart.ErrorPage {
			when = i18n.DateTime(lang, f.At.In(d.Settings.Now().Zone()))
		}
	}
	return when, err
}
