package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

// Each story leaves a cart with a bottle on Monday at ten; the mail a day later
// speaks of what stood in the way, and names no goods.
func TestAReminderAnswersWhatStoodInTheWay(t *testing.T) {
	meet := func(kind, detail string) func(*shop, *customer.Person, *cart.Cart) {
		return func(s *shop, _ *customer.Person, c *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				return cart.Meet(ctx, tx, cart.Friction{CartID: c.ID, Kind: kind, Detail: detail}, monday.Add(time.Minute))
			})
		}
	}
	tell := func(reason string) func(*shop, *customer.Person, *cart.Cart) {
		return func(s *shop, _ *customer.Person, c *cart.Cart) {
			s.tx(func(tx *db.Tx) error { return cart.Tell(ctx, tx, c.ID, reason, monday.Add(time.Minute)) })
		}
	}
	question := func(email string) func(*shop, *customer.Person, *cart.Cart) {
		return func(s *shop, p *customer.Person, c *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				q, err := ask.Ask(ctx, tx, 1, ask.Message{Person: customer.NewPerson(p.Visitor, nil, nil, nil), Email: email, Body: "Does it leak upside down?", CartID: int64(c.ID)}, monday.Add(time.Minute))
				if err != nil {
					return err
				}
				_, err = ask.Answer(ctx, tx, q.Token, 1, "It is tight up to 2 bar.", false, monday.Add(3*hour))
				return err
			})
		}
	}
	stories := map[string]struct {
		happen  func(*shop, *customer.Person, *cart.Cart)
		variant string
		says    string
		tickets int
	}{
		"nothing":                        {func(*shop, *customer.Person, *cart.Cart) {}, "", "2 × Calm BOTTLE", 0},
		"a search":                       {meet(cart.SearchEmpty, ""), "search", "found nothing for what you looked for", 0},
		"an error page":                  {meet(cart.ErrorPage, "500"), "error", "A person here has it on their list", 1},
		"trouble, as they said":          {tell("trouble"), "error", "you told us that something did not work", 1},
		"paying, as they said":           {tell("payment"), "payment", "another card or another way", 0},
		"the price, as they said":        {tell("price"), "", "2 × Calm BOTTLE", 0},
		"a question, answered":           {question(""), "question", "It is tight up to 2 bar.", 0},
		"somebody else's question there": {question("other@example.com"), "", "2 × Calm BOTTLE", 0},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "24h")
		tickets := 0
		for name, story := range stories {
			p := s.account(strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(name)+"@example.com", nil)
			story.happen(s, p, s.leaves(p, monday))
			tickets += story.tickets
		}
		for range 2 {
			s.sweep(monday.Add(24 * hour))
		}
		noted := map[string]outreach.Send{}
		for _, one := range s.decisions() {
			noted[one.Email] = one
		}
		mails := map[string]*outreach.Letter{}
		for _, m := range s.mails() {
			mails[m.Header.Get("To")] = m
		}
		if len(mails) != len(stories) {
			t.Errorf("%d mails", len(mails))
		}
		for name, story := range stories {
			to := strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(name) + "@example.com"
			var m *outreach.Letter
			for header, one := range mails {
				if strings.Contains(header, "<"+to+">") {
					m = one
				}
			}
			if m == nil {
				t.Errorf("%s: no mail", name)
				continue
			}
			if !strings.Contains(m.Text, story.says) || !strings.Contains(m.Text, "/r/") {
				t.Errorf("%s: the mail says:\n%s", name, m.Text)
			}
			if story.variant != "" && strings.Contains(m.Text+m.Header.Get("Subject"), "BOTTLE") {
				t.Errorf("%s: goods are pushed in:\n%s", name, m.Text)
			}
			if got := noted[to]; got.Variant != story.variant || got.State != outreach.Sent {
				t.Errorf("%s: noted as %s %q", name, got.State, got.Variant)
			}
			if m.Header.Get("List-Unsubscribe-Post") == "" {
				t.Errorf("%s: a reminder without a way to stop it", name)
			}
		}
		open, err := outreach.OpenTickets(ctx, d)
		s.must(err)
		if open != tickets {
			t.Errorf("%d tickets", open)
		}
	})
}

func TestAReminderWaitsForTheAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "24h")
		p := s.account("chen@example.com", nil)
		c := s.leaves(p, monday)
		var q *ask.Question
		s.tx(func(tx *db.Tx) (err error) {
			q, err = ask.Ask(ctx, tx, 1, ask.Message{Person: p, Email: "chen@example.com", Body: "Does it leak?", CartID: int64(c.ID)}, monday.Add(time.Minute))
			return err
		})
		s.sweep(monday.Add(24 * hour)) // later the answer is overdue, which ends the reminder
		if n := len(s.mails()); n != 0 {
			t.Fatalf("%d mails while a question waits", n)
		}
		s.decided(outreach.Deferred, "question-open")
		answered := monday.Add(49 * hour)
		s.desk.Now = func() time.Time { return answered }
		s.tx(func(tx *db.Tx) error {
			if _, err := ask.Answer(ctx, tx, q.Token, 1, "It is tight.", false, answered); err != nil {
				return err
			}
			return outreach.EnqueueQuestion(ctx, tx, q.ID, outreach.QuestionAnswered, answered)
		})
		_, err := s.runner().RunDue(ctx, answered.Add(outreach.ShowFirst))
		s.must(err)
		for h := 50 * hour; h <= 120*hour; h += 4 * hour {
			s.sweep(monday.Add(h))
		}
		mails := s.mails()
		if len(mails) != 1 || !strings.Contains(mails[0].Text, "It is tight.") || !strings.Contains(mails[0].Text, "/r/") {
			t.Fatalf("%d mails, not the answer alone", len(mails))
		}
		last := s.decisions()
		found := false
		for _, one := range last {
			found = found || one.Template == outreach.FollowUpMail && one.State == outreach.Withheld && one.Reason == "question-answered"
		}
		if !found {
			t.Errorf("decided %v", fmt.Sprint(last))
		}
	})
}
