package outreach_test

import (
	"errors"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/outreach"
)

// S66: whoever waits for trouble to be settled is sold nothing meanwhile.
func TestNothingIsSoldWhileTroubleIsOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		ann, bo, li := s.account("ann@example.com", nil), s.account("bo@example.com", nil), s.account("li@example.com", nil)
		at := monday
		decide := func(p *customer.Person, class outreach.Class) (v outreach.Decision) {
			s.tx(func(tx *db.Tx) (err error) {
				v, err = s.desk.Decide(ctx, tx, outreach.Candidate{Class: class, Purpose: customer.MailCart, Email: p.Customer.Email, Customer: p.Customer}, at)
				return err
			})
			return v
		}
		want := func(p *customer.Person, reason string) {
			t.Helper()
			for _, class := range []outreach.Class{outreach.Marketing, outreach.Relationship} {
				if v := decide(p, class); v.Reason != reason || (v.Verdict == outreach.Allow) != (reason == "") {
					t.Errorf("%s to %s: %s %q, want %q", class, p.Customer.Email, v.Verdict, v.Reason, reason)
				}
			}
			if v := decide(p, outreach.Service); v.Verdict != outreach.Allow {
				t.Errorf("an answer to %s is withheld: %q", p.Customer.Email, v.Reason)
			}
		}
		for _, p := range []*customer.Person{ann, bo, li} {
			want(p, "")
		}
		var q *ask.Question
		s.tx(func(tx *db.Tx) (err error) { // without signing in, by the same address
			q, err = ask.Contact(ctx, tx, ask.Message{Email: "Ann@Example.com", Body: "The bottle came broken.", Complaint: true}, monday)
			return err
		})
		want(ann, "complaint")
		s.tx(func(tx *db.Tx) error {
			_, err := ask.Answer(ctx, tx, q.Token, 1, "We send another.", false, monday)
			return err
		})
		want(ann, "complaint") // an answer is not yet the end
		s.tx(func(tx *db.Tx) error { return ask.Close(ctx, tx, q.Token, 1, monday) })
		want(ann, "complaint-rest") // closed, and quiet for a week
		at = monday.Add(7*24*time.Hour - time.Millisecond)
		want(ann, "complaint-rest")
		at = monday.Add(7 * 24 * time.Hour)
		want(ann, "")
		at = monday
		s.set("complaint.rest.days", "0")
		want(ann, "")
		s.set("complaint.rest.days", "7")
		if err := d.InTx(ctx, func(tx *db.Tx) error { return ask.Close(ctx, tx, q.Token, 1, monday) }); err == nil {
			t.Error("closed twice")
		}

		o := s.orders("bo@example.com", nil, &bo.Customer.ID, monday)
		state := func(state string) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec(`INSERT INTO returns (order_id, number, key, kind, state, asked_at) VALUES (?, 'R-1', 'k', 'return', ?, 1)
					ON CONFLICT (number) DO UPDATE SET state = excluded.state`, int64(o.ID), state).Error
			})
		}
		for _, open := range []order.ReturnState{order.Asked, order.Approved, order.ReturnReceived} {
			state(string(open))
			want(bo, "return-open")
		}
		state(string(order.ReturnClosed))
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE returns SET closed_at = ?", monday.UnixMilli()).Error
		})
		want(bo, "return-rest")
		at = monday.Add(7 * 24 * time.Hour)
		want(bo, "")
		at = monday

		third := s.orders("li@example.com", nil, nil, monday)
		s.tx(func(tx *db.Tx) error {
			return errors.Join(
				tx.Query(ctx).Exec("INSERT INTO payments (order_id, token, provider, provider_ref, amount, currency, state, created_at, updated_at) VALUES (?, 'p', 'stripe', 'x', 1, 'USD', 'succeeded', 1, 1)", int64(third.ID)).Error,
				tx.Query(ctx).Exec("INSERT INTO payment_events (provider, event_id, kind, payment_id, at) SELECT 'stripe', 'd', 'dispute', id, ? FROM payments", monday.UnixMilli()).Error)
		})
		want(li, "dispute-open")
	})
}
