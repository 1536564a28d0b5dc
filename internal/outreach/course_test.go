package outreach_test

import (
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

// Staff read of every cart where it stands, and of every end why.
func TestWhereACartStands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.floors", "0; 20")
		c := s.leaves(s.account("chen@example.com", nil), monday)
		want := func(id cart.ID, at time.Time, state string, step int, due time.Time, reason string) {
			t.Helper()
			k, err := outreach.CourseOf(ctx, d, s.desk.Settings.Now(), id, at)
			s.must(err)
			if k.State != state || k.Step != step || !k.At.Equal(due) || k.Reason != reason {
				t.Errorf("%s: %+v, want %s %d %v %s", at.Format("02T15:04"), k, state, step, due, reason)
			}
		}
		day := 24 * hour
		want(c.ID, monday.Add(hour/2), outreach.CourseActive, 1, monday.Add(day), "")
		want(c.ID, monday.Add(2*hour), outreach.CourseWatching, 1, monday.Add(day), "")
		want(c.ID, monday.Add(day), outreach.CourseDue, 1, monday.Add(day), "")
		s.sweep(monday.Add(day))
		sent := s.decided(outreach.Sent, "").SentAt.Time
		want(c.ID, monday.Add(day+hour), outreach.CourseNext, 1, sent.Add(2*day), "")
		s.sweep(monday.Add(3*day + 12*hour)) // at ten in the evening
		row := s.decided(outreach.Deferred, "quiet-hours")
		want(c.ID, monday.Add(3*day+13*hour), outreach.CoursePutOff, 2, row.DueAt.Time, "quiet-hours")
		s.sweep(row.DueAt.Time)
		want(c.ID, monday.Add(5*day), outreach.CourseDone, 2, time.Time{}, "")

		s.tx(func(tx *db.Tx) error { return cart.Add(ctx, tx, c.ID, s.variants["BIB"], 1, monday.Add(6*day)) })
		want(c.ID, monday.Add(6*day+2*hour), outreach.CourseWatching, 1, monday.Add(7*day), "")
		s.orders("chen@example.com", c, nil, monday.Add(6*day+3*hour))
		want(c.ID, monday.Add(6*day+4*hour), outreach.CourseEnded, 0, time.Time{}, "ordered")

		guest := s.leaves(s.guest(), monday)
		want(guest.ID, monday.Add(2*day), outreach.CourseEnded, 0, time.Time{}, "no-address")
		no := s.leaves(s.account("no@example.com", nil), monday)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO suppressions (email_key, purpose, reason, at) VALUES ('no@example.com', '*', 'unsubscribed', 1)").Error
		})
		want(no.ID, monday.Add(31*day), outreach.CourseEnded, 0, time.Time{}, "lost")
		s.sweep(monday.Add(2 * day))
		want(no.ID, monday.Add(31*day), outreach.CourseEnded, 1, time.Time{}, "suppressed")
		crashed := s.leaves(s.account("li@example.com", nil), monday)
		s.desk.Mailer = crash{}
		func() {
			defer func() { recover() }()
			s.sweep(monday.Add(2*day + hour)) // all idle carts are looked at each hour
		}()
		want(crashed.ID, monday.Add(2*day+hour+time.Minute), outreach.CourseGoing, 1, time.Time{}, "")
		s.sweep(monday.Add(2*day + 3*hour))
		want(crashed.ID, monday.Add(3*day), outreach.CourseUnknown, 1, time.Time{}, "unknown-outcome")
	})
}
