package outreach_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/outreach"
)

// Each change of an order's address is told once, with the address; the same
// address again is none. Staff can send the mail again.
func TestAChangedAddressIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := s.runner()
		o := s.orders("ann@example.com", nil, nil, monday)
		goes := func(street string, at time.Time) {
			s.tx(func(tx *db.Tx) error {
				now, err := order.Lock(ctx, tx, o.ID)
				if err != nil {
					return err
				}
				to := *now
				to.Line1 = street
				_, err = now.Readdress(ctx, tx, to, order.ActorShopper, at)
				return err
			})
			_, err := r.RunDue(ctx, time.Now().Add(hour))
			s.must(err)
		}
		goes("7 New Street", monday.Add(hour))
		goes("7 New Street", monday.Add(2*hour))
		goes("9 Newer Street", monday.Add(3*hour))
		rows := s.decisions()
		if len(rows) != 2 || rows[0].Template != outreach.OrderReaddressed || rows[0].State != outreach.Sent {
			t.Fatalf("%+v", rows)
		}
		mails, words := s.mails(), ""
		for _, m := range mails {
			words += m.Text
		}
		if len(mails) != 2 || strings.Count(words, "7 New Street") != 1 || strings.Count(words, "9 Newer Street") != 1 || !strings.Contains(words, "/orders/"+o.Number+"?key=") {
			t.Errorf("%d mails:\n%s", len(mails), words)
		}
		s.tx(func(tx *db.Tx) error { return outreach.SendAgain(ctx, tx, rows[0].ID, o.ID, monday.Add(4*hour)) })
		_, err := r.RunDue(ctx, time.Now().Add(hour))
		s.must(err)
		if len(s.mails()) != 2 || len(s.decisions()) != 2 || s.decisions()[0].Attempts != 2 { // the file keeps its name
			t.Errorf("after sending again: %d mails, %+v", len(s.mails()), s.decisions())
		}
	})
}
