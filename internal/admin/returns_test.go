package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

// sentBack has an order arrive and its shopper ask to send its unit back.
func (f *office) sentBack(k *order.Order) *order.Return {
	f.t.Helper()
	ctx := context.Background()
	f.must(f.Desk.Ship(ctx, k.ID, "staff:1"))
	f.must(f.Desk.Deliver(ctx, k.ID, "staff:1"))
	r, err := f.Desk.AskReturn(ctx, k.ID, checkout.ReturnForm{Key: checkout.NewKey(), Units: map[int]int{1: 1}, Reason: "other", Words: "It hums <b>"})
	f.must(err)
	return r
}

func (f *office) left() int {
	f.t.Helper()
	left, err := inventory.Available(context.Background(), f.DB, []catalog.VariantID{f.variants["BB01-S"]})
	f.must(err)
	return left[f.variants["BB01-S"]]
}

func TestAReturnGoesItsWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.order(payment.OutcomePaid)
		r := f.sentBack(k)
		at := "/admin/returns/" + r.Number
		f.as(staff.Support)
		f.want(f.get("/admin"), 200, "1 return waits")
		f.want(f.get("/admin/returns?state=asked"), 200, r.Number, k.Number, "Something else")
		f.want(f.get("/admin/returns?state=closed"), 200, "!"+r.Number)
		for _, q := range []string{r.Number, strings.ToLower(r.Number[2:]), k.Number, "PARENT@"} {
			f.want(f.get("/admin/returns?q="+url.QueryEscape(q)), 200, r.Number)
		}
		f.want(f.get("/admin/orders/"+k.Number), 200, at)
		f.want(f.get(at), 200, "It hums &lt;b&gt;", "Approve", "!Take in")
		f.want(f.get(at+"?lang=zh"), 200, "同意", "给顾客的说明")
		f.get(at + "?lang=en")
		f.want(f.post(at+"/decide", url.Values{}), 422, "A refusal needs words")
		f.want(f.post(at+"/receive", url.Values{"good-1": {"1"}}), 409, "somewhere else by now")
		f.want(f.post(at+"/decide", url.Values{"yes": {"1"}, "answer": {"Use the old box."}}), 303)
		f.want(f.get(at), 200, "Take in", "Close without goods", "Use the old box.")
		f.want(f.post(at+"/receive", url.Values{"good-1": {"2"}}), 422, "at most 1", `value="2"`)
		f.want(f.post(at+"/receive", url.Values{"good-1": {"0"}, "lost-1": {"0"}}), 422, "If nothing did")
		f.want(f.post(at+"/receive", url.Values{"good-1": {"x"}}), 422)
		f.want(f.post(at+"/receive", url.Values{"good-1": {"1"}}), 303)
		if f.left() != 40 {
			t.Errorf("%d units on the shelf, want 40", f.left())
		}
		f.want(f.get(at), 200, "is $19.00", `value="19.00"`, "Your password")
		f.want(f.post(at+"/resolve", url.Values{"outcome": {"none"}}), 422, "Say why nothing")
		f.want(f.post(at+"/resolve", url.Values{"outcome": {"magic"}}), 422, "Choose how the return ends")
		f.want(f.post(at+"/resolve", url.Values{"outcome": {"refund"}, "amount": {"x"}}), 422, "above 0")
		f.want(f.post(at+"/resolve", url.Values{"outcome": {"refund"}, "amount": {"19.00"}}), 422, "Type the password")
		pay := url.Values{"outcome": {"refund"}, "amount": {"19.00"}, "password": {secretWord}}
		f.want(f.post(at+"/resolve", pay), 303)
		f.want(f.post(at+"/resolve", pay), 409)
		f.want(f.get(at), 200, "Money back", "Partly refunded", "!End return")
		for action, n := range map[string]int{"return.decide": 1, "return.receive": 1, "return.resolve": 1} {
			if got := f.audited(action); len(got) != n {
				t.Errorf("audit of %s: %q", action, got)
			}
		}
		f.want(f.get("/admin/returns/R-00000000"), 404)
		f.want(f.as(staff.Marketer).get(at), 404)
	})
}

func TestAReturnIsReplacedOrClosed(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	one, two := f.sentBack(f.order(payment.OutcomePaid)), f.sentBack(f.order(payment.OutcomePaid))
	f.as(staff.Merchant)
	for _, r := range []*order.Return{one, two} {
		f.want(f.post("/admin/returns/"+r.Number+"/decide", url.Values{"yes": {"1"}}), 303)
	}
	at := "/admin/returns/" + one.Number
	f.want(f.post(at+"/receive", url.Values{"lost-1": {"1"}}), 303)
	f.want(f.post(at+"/resolve", url.Values{"outcome": {"replacement"}}), 303)
	f.want(f.get(at), 200, "The same again", "Replaced by")
	if f.left() != 37 {
		t.Errorf("%d units left, want 37: two sold, one lost, one promised again", f.left())
	}
	f.want(f.post("/admin/returns/"+two.Number+"/resolve", url.Values{"outcome": {"none"}, "words": {"Nothing came."}}), 303)
	f.want(f.get("/admin/returns/"+two.Number), 200, "Closed", "Nothing came.")
}

// Money is not sent: it is owed, as store credit or, to a guest, as a card.
func TestAReturnEndsInCredit(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	k := f.order(payment.OutcomePaid)
	r := f.sentBack(k)
	at := "/admin/returns/" + r.Number
	f.as(staff.Support)
	f.want(f.post(at+"/decide", url.Values{"yes": {"1"}}), 303)
	f.want(f.post(at+"/receive", url.Values{"good-1": {"1"}}), 303)
	f.want(f.get(at), 200, "Store credit", "no money is sent")
	credit := url.Values{"outcome": {"credit"}, "amount": {"19.00"}}
	f.want(f.post(at+"/resolve", credit), 422, "Type the password", `value="credit" selected`)
	credit.Set("password", secretWord)
	credit.Set("amount", "99.00")
	f.want(f.post(at+"/resolve", credit), 409)
	credit.Set("amount", "19.00")
	f.want(f.post(at+"/resolve", credit), 303)
	f.want(f.post(at+"/resolve", credit), 409) // a double click
	f.want(f.get(at), 200, "Store credit", "!End return")
	f.want(f.get("/admin/orders/"+k.Number), 200, "not sent: owed as credit")
	f.want(f.get("/admin/gift-cards"), 200, "$19.00")
}
