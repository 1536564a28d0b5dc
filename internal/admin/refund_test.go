package admin

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

// refund fills in the refund form as its page shows it and sends it.
func (f *office) refund(number string, change ...string) url.Values {
	f.t.Helper()
	w := f.get("/admin/orders/" + number + "/refund")
	f.want(w, 200)
	in := url.Values{"why": {"came late"}}
	for _, m := range regexp.MustCompile(`name="(key|shown)" value="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		in.Set(m[1], m[2])
	}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestMoneyGoesBackInParts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.order(payment.OutcomePaid)
		at := "/admin/orders/" + k.Number
		f.as(staff.Support)
		f.want(f.get(at), 200, at+"/refund")
		f.want(f.get(at+"/refund"), 200, "$23.20", "1 unit, $19.00", "The delivery too, $4.20")
		f.want(f.get(at+"/refund?lang=zh"), 200, "连同运费", "或按金额")
		f.get(at + "?lang=en")
		for _, bad := range [][]string{{"amount", "x"}, {"amount", "-1"}, {"amount", "5", "delivery", "1"}, {"units-1", "2"}, {"amount", "5", "why", ""}, {}} {
			f.want(f.post(at+"/refund", f.refund(k.Number, bad...)), 422, "error-summary")
		}

		in := f.refund(k.Number, "amount", "5")
		f.want(f.post(at+"/refund", in), 200, "$5.00 goes back", "Your password", "came late")
		in.Set("shown", "5.00")
		f.want(f.post(at+"/refund", in), 422, "Type the password")
		in.Set("password", "a guess")
		f.want(f.post(at+"/refund", in), 422, "not your password", `value="5"`)
		in.Set("password", secretWord)
		f.want(f.post(at+"/refund", in), 303)
		f.want(f.post(at+"/refund", in), 303) // a double click
		f.want(f.get(at), 200, "$18.20", "sent back", "Partly refunded", "came late")

		again := f.refund(k.Number, "units-1", "1")
		f.want(f.post(at+"/refund", again), 200, "$18.20 goes back", "!Your password") // never more than is left, and proved a moment ago
		f.now = f.now.Add(5 * time.Minute)
		again.Set("shown", "18.20")
		f.want(f.post(at+"/refund", again), 422, "Type the password")
		again.Set("password", secretWord)
		f.want(f.post(at+"/refund", again), 303)
		f.want(f.get(at), 200, "Refunded", "!"+at+"/refund")
		f.want(f.get(at+"/refund"), 409)

		var money []int64
		f.must(d.Query(context.Background()).Raw("SELECT amount FROM payment_ops WHERE kind = 'refund' ORDER BY id").Scan(&money).Error)
		if len(money) != 2 || money[0] != 500 || money[1] != 1820 {
			t.Errorf("sent back %v", money)
		}
		if n := f.audited("order.refund"); len(n) != 2 || !strings.Contains(n[1], "5.00 USD: came late") {
			t.Errorf("audit %q", n)
		}
		if len(f.audited("staff.unproved")) != 1 || len(f.audited("staff.proved")) != 2 {
			t.Error("the audit lacks who typed a password")
		}
	})
}

func TestTwoStaffRefundOnce(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	k := f.order(payment.OutcomePaid)
	at := "/admin/orders/" + k.Number
	f.as(staff.Support)
	mine := f.refund(k.Number, "units-1", "1", "shown", "19.00", "password", secretWord)
	theirs := f.refund(k.Number, "units-1", "1", "shown", "19.00", "password", secretWord)
	f.want(f.post(at+"/refund", mine), 303)
	f.want(f.as(staff.Merchant).post(at+"/refund", theirs), 422, "whole number from 0 to 0")
	free := f.refund(k.Number, "amount", "9", "shown", "9.00", "password", secretWord)
	f.want(f.post(at+"/refund", free), 409, "More than is left")
}

func TestGuessingThePasswordEnds(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	k := f.order(payment.OutcomePaid)
	f.as(staff.Support)
	in := f.refund(k.Number, "amount", "5", "shown", "5.00", "password", "a guess")
	for range 10 {
		f.want(f.post("/admin/orders/"+k.Number+"/refund", in), 422)
	}
	in.Set("password", secretWord)
	f.want(f.post("/admin/orders/"+k.Number+"/refund", in), 429)
}

func TestARefusedRefundIsTriedAgainByWhoProvesThemselves(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	k := f.order(payment.OutcomePaid)
	at := "/admin/orders/" + k.Number
	f.as(staff.Support)
	in := f.refund(k.Number, "amount", "5", "shown", "5.00", "password", secretWord)
	f.want(f.post(at+"/refund", in), 303)
	f.tx(func(ctx context.Context, tx *db.Tx) error { // as the provider's refusal leaves it
		for _, sql := range []string{"UPDATE payment_ops SET state = 'refused', words = 'no such card' WHERE kind = 'refund'", "UPDATE payments SET refunded = 0", "UPDATE orders SET payment_state = 'paid'"} {
			if err := tx.Query(ctx).Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	})
	f.now = f.now.Add(5 * time.Minute)
	var op string
	f.must(f.DB.Query(context.Background()).Raw("SELECT CAST(max(id) AS TEXT) FROM payment_ops").Scan(&op).Error)
	again := at + "/refunds/" + op + "/again"
	f.want(f.get(at), 200, again, "no such card", "Try again", "$23.20")
	f.want(f.post(again, nil), 422, "Type the password")
	f.want(f.post(again, url.Values{"password": {"a guess"}}), 422, "not your password")
	f.want(f.post(again, url.Values{"password": {secretWord}}), 303)
	f.want(f.post(again, nil), 409, "asked for again already")
	f.want(f.get(at), 200, "$18.20", "on its way to the provider", "!Try again")
	f.want(f.as(staff.Marketer).post(again, nil), 404)
}
