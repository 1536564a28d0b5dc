package storefront_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/shoptest"
)

// deliver sends an order and has it arrive.
func deliver(t *testing.T, s *shoptest.Shop, number string) {
	t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		o, err := order.ByNumber(ctx, tx, number)
		if err != nil {
			return err
		}
		return errors.Join(s.Desk.ShipIn(ctx, tx, o.ID, "staff:1", s.Now()), s.Desk.DeliverIn(ctx, tx, o.ID, "staff:1", s.Now()))
	})
}

func TestAGuestSendsSomethingBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		for _, prefix := range []string{"", "/zh"} {
			b := s.Browser()
			number, page := bought(t, s, b, prefix)
			if strings.Contains(page.Body, "/return?key=") {
				t.Error("a return is offered before anything was sent")
			}
			key := linkTo(t, page, "/withdraw?key=")
			at := prefix + "/orders/" + number
			key = key[strings.Index(key, "?"):]
			deliver(t, s, number)
			page = b.Get(at + key)
			sound(t, prefix+"/", page)
			form := b.Get(linkTo(t, page, "/return?key="))
			sound(t, prefix+"/", form)
			for _, bad := range [][]string{{"reason", "mind"}, {"units", "1:1"}, {"units", "1:1", "reason", "other"}, {"units", "1:99", "reason", "mind"}, {"units", "1:1", "reason", "nonsense"}, {"units", "1:1", "reason", "mind", "wish", "gold"}} {
				other := bad[len(bad)-1] == "other"
				if !other {
					bad = append(bad, "words", "Kept <b>")
				}
				p := b.Submit(form, at+"/return", bad...)
				if !other && !strings.Contains(p.Body, "Kept &lt;b&gt;") {
					t.Errorf("%v: what was typed is gone", bad)
				}
				if p.Status != http.StatusUnprocessableEntity || len(p.All(".error-summary")) != 1 {
					t.Errorf("%v: %d %s", bad, p.Status, p.Text())
				}
			}
			if p := s.Browser().Post(at+"/return", "key", "forged", "units", "1:1", "reason", "mind"); p.Status != http.StatusNotFound {
				t.Errorf("a stranger sends back: %d", p.Status)
			}
			if len(form.All("#wish")) != 1 || !strings.Contains(form.Body, `value="credit"`) {
				t.Error("it cannot be said what is wished for")
			}
			done := b.Submit(form, at+"/return", "units", "1:1", "reason", "damaged", "words", "A crack.", "wish", "credit")
			page = b.Follow(done)
			sound(t, prefix+"/", page)
			if !strings.Contains(page.Text(), "R-") {
				t.Errorf("no return on the page: %s", page.Text())
			}
			b.Submit(form, at+"/return", "units", "1:1", "reason", "damaged", "words", "A crack.") // a double click
		}
		if n := s.Count("SELECT count(*) FROM returns WHERE state = 'asked' AND reason = 'damaged' AND wish = 'credit'"); n != 2 {
			t.Errorf("%d returns", n)
		}
	})
}

func TestWithdrawingTakesTwoSteps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		for _, prefix := range []string{"", "/zh"} {
			b := s.Browser()
			number, page := bought(t, s, b, prefix) // nothing sent: it cancels
			at := prefix + "/orders/" + number
			form := b.Get(linkTo(t, page, "/withdraw?key="))
			sound(t, prefix+"/", form)
			wrong := b.Submit(form, at+"/withdraw", "email", "nobody")
			if wrong.Status != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body, `value="nobody"`) {
				t.Errorf("%d %s", wrong.Status, wrong.Text())
			}
			if p := s.Browser().Post(at+"/withdraw", "key", "forged"); p.Status != http.StatusNotFound {
				t.Errorf("a stranger withdraws: %d", p.Status)
			}
			page = b.Follow(b.Submit(form, at+"/withdraw"))
			sound(t, prefix+"/", page)
			if strings.Contains(page.Body, "/withdraw?key=") {
				t.Errorf("still offered: %s", page.Text())
			}
			if p := b.Get(at + "/withdraw" + linkQuery(t, page)); p.Status != http.StatusConflict {
				t.Errorf("withdrew from what ended: %d", p.Status)
			}

			number, page = bought(t, s, b, prefix)
			at = prefix + "/orders/" + number
			deliver(t, s, number)
			form = b.Get(linkTo(t, page, "/withdraw?key="))
			sound(t, prefix+"/", form)
			page = b.Follow(b.Submit(form, at+"/withdraw"))
			sound(t, prefix+"/", page)
			if !strings.Contains(page.Text(), "R-") {
				t.Errorf("no withdrawal on the page: %s", page.Text())
			}
		}
		if n := s.Count("SELECT count(*) FROM returns WHERE kind = 'withdrawal' AND state = 'approved'"); n != 2 {
			t.Errorf("%d withdrawals of what was sent", n)
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE state = 'cancelled' AND payment_state = 'refunded'"); n != 2 {
			t.Errorf("%d orders withdrawn before they were sent", n)
		}
	})
}

// linkQuery is the key of the order's page, as its invoice has it.
func linkQuery(t *testing.T, p *shoptest.Page) string {
	t.Helper()
	href := linkTo(t, p, "/invoice?key=")
	return href[strings.Index(href, "?"):]
}
