package outreach_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

// S59: the receipt names the question, what it was, the limit, what may help
// and, for those who proved to be who they are, where their orders stand.
func TestAReceiptTellsWhatItMay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann, stranger := s.account("ann@example.com", nil), s.account("bo@example.com", nil)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE customers SET email_verified_at = CASE WHEN email_key = 'ann@example.com' THEN 5 ELSE 0 END").Error
		})
		hers, his := s.orders("ann@example.com", nil, &ann.Customer.ID, monday), s.orders("bo@example.com", nil, &stranger.Customer.ID, monday)
		s.tx(func(tx *db.Tx) error {
			return ask.PutArticle(ctx, tx, ask.Article{Slug: "descaling", Published: true, Title: i18n.Text{En: "Descaling the kettle", Zh: "水壶除垢"}, Body: i18n.Text{En: "Use citric acid.", Zh: "用柠檬酸。"}}, monday)
		})
		r := s.runner()
		for name, c := range map[string]struct {
			m        ask.Message
			has, not []string
		}{
			"signed in and proved":       {ask.Message{Person: ann, Body: "How do I start descaling my kettle?"}, []string{"Order " + hers.Number + ":", "Waiting for payment, Not sent yet", "/help/descaling", "start descaling my kettle", "3 March 2026", "/questions/"}, []string{his.Number}},
			"signed in, not proved":      {ask.Message{Person: stranger, Body: "Where is it?"}, []string{"Where is it?"}, []string{his.Number, "open orders", "descaling"}},
			"somebody types her address": {ask.Message{Email: "ann@example.com", Body: "What did she buy?", OrderNumber: his.Number}, []string{"What did she buy?"}, []string{hers.Number, his.Number}},
			"the address that ordered":   {ask.Message{Email: "Bo@example.com", Body: "And mine?", OrderNumber: strings.ToLower(his.Number)}, []string{"Order " + his.Number + ":"}, []string{hers.Number}},
		} {
			before := len(s.mails())
			var q *ask.Question
			s.tx(func(tx *db.Tx) (err error) {
				if q, err = ask.Contact(ctx, tx, c.m, monday); err != nil {
					return err
				}
				if err := outreach.EnqueueQuestion(ctx, tx, q.ID, outreach.ContactReceived, monday); err != nil {
					return err
				}
				return outreach.EnqueueQuestion(ctx, tx, q.ID, outreach.ContactReceived, monday) // a double click
			})
			if _, err := r.RunDue(ctx, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
			all := s.mails()
			if len(all) != before+1 {
				t.Fatalf("%s: %d receipts", name, len(all)-before)
			}
			var text string
			for _, m := range all {
				if strings.Contains(m.Text, q.Number) {
					text = m.Text
				}
			}
			for _, want := range c.has {
				if !strings.Contains(text, want) {
					t.Errorf("%s: lacks %q:\n%s", name, want, text)
				}
			}
			for _, no := range c.not {
				if strings.Contains(text, no) {
					t.Errorf("%s: tells %q:\n%s", name, no, text)
				}
			}
		}
	})
}

// What was read on the open page is not mailed, too; a closed browser is.
func TestAnAnswerThatWasReadIsNotMailed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		r := s.runner()
		for _, read := range []bool{true, false} {
			var q *ask.Question
			s.tx(func(tx *db.Tx) (err error) {
				if q, err = ask.Contact(ctx, tx, ask.Message{Email: "li@example.com", Body: "Is it warm?"}, monday); err != nil {
					return err
				}
				if _, err = ask.Answer(ctx, tx, q.Token, 1, "It is.", false, monday.Add(time.Minute)); err != nil {
					return err
				}
				return outreach.EnqueueQuestion(ctx, tx, q.ID, outreach.QuestionAnswered, monday.Add(time.Minute))
			})
			if read {
				s.tx(func(tx *db.Tx) error { return ask.Seen(ctx, tx, q, monday.Add(63*time.Second)) })
			}
			for range 2 {
				if _, err := r.RunDue(ctx, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
					t.Fatal(err)
				}
			}
			page, err := outreach.Sends(ctx, d, outreach.Filter{Template: outreach.QuestionAnswered})
			if err != nil || len(page.Sends) == 0 {
				t.Fatalf("%+v, %v", page, err)
			}
			if got := page.Sends[0]; read && (got.State != outreach.Withheld || got.Reason != "seen-on-page" || got.Words(i18n.English) == "") || !read && got.State != outreach.Sent {
				t.Errorf("read %t: %s %q", read, got.State, got.Reason)
			}
		}
		if n := len(s.mails()); n != 1 {
			t.Errorf("%d mails, want the one that nobody read", n)
		}
	})
}

// S65: while an answer is late nothing is sold to whoever waits for it.
func TestALateAnswerHoldsOffers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		ann := s.account("ann@example.com", nil)
		var q *ask.Question
		s.tx(func(tx *db.Tx) (err error) {
			if err := tx.Query(ctx).Exec("INSERT INTO products (id, code, slug, name, created_at, updated_at) VALUES (77, 'K', 'kettle', '{\"en\":\"Kettle\"}', 1, 1)").Error; err != nil {
				return err
			}
			q, err = ask.Ask(ctx, tx, 77, ask.Message{Person: ann, Body: "Is it warm?"}, monday)
			return err
		})
		reason := func(at time.Time) (why string) {
			s.tx(func(tx *db.Tx) error {
				v, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailCart, Email: "ann@example.com", Customer: ann.Customer}, at)
				why = v.Reason
				return err
			})
			return why
		}
		if why := reason(q.DueAt.Add(-time.Minute)); why != "" {
			t.Errorf("within the limit: %q", why)
		}
		if why := reason(q.DueAt.Add(time.Minute)); why != "answer-late" {
			t.Errorf("past the limit: %q", why)
		}
		s.tx(func(tx *db.Tx) error {
			for range 2 {
				if _, err := ask.Escalate(ctx, tx, s.desk.Settings.Now(), 9, q.DueAt.Add(time.Minute)); err != nil {
					return err
				}
			}
			got, err := ask.ByToken(ctx, tx, q.Token)
			if err == nil && (got.EscalatedAt.IsZero() || got.OwnerID != 9) {
				t.Errorf("nobody was told: %+v", got)
			}
			return err
		})
		s.tx(func(tx *db.Tx) error {
			_, err := ask.Answer(ctx, tx, q.Token, 1, "It is.", false, q.DueAt.Add(time.Hour))
			return err
		})
		if why := reason(q.DueAt.Add(2 * time.Hour)); why != "" {
			t.Errorf("answered: %q", why)
		}
	})
}
