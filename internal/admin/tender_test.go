package admin

import (
	"context"
	"net/url"
	"regexp"
	"testing"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// byHand places an order that is paid by code.
func (f *office) byHand(code string) *order.Order {
	f.t.Helper()
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		if err := setting.Set(ctx, tx, "payments.offered", code, f.now); err != nil {
			return err
		}
		return setting.Set(ctx, tx, "payment.transfer.details", "IBAN: DE12", f.now)
	})
	f.must(f.Settings.Refresh(context.Background(), f.DB))
	return f.orderBy(code)
}

func (f *office) hand(path string, change ...string) url.Values {
	f.t.Helper()
	w := f.get(path)
	f.want(w, 200)
	in := url.Values{}
	for _, m := range regexp.MustCompile(`name="(key|amount)"[^>]* value="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		in.Set(m[1], m[2])
	}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestStaffNoteATransfer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.byHand("transfer")
		at := "/admin/orders/" + k.Number
		f.as(staff.Support)
		f.want(f.get(at), 200, "Money received", `value="23.20"`, "!Start packing")
		f.want(f.post(at+"/received", f.hand(at, "amount", "x", "words", "booked today")), 422, "Write the amount that arrived", "booked today")
		part := f.hand(at, "amount", "20", "words", "booking 7")
		f.want(f.post(at+"/received", part), 303)
		f.want(f.post(at+"/received", part), 303) // a double click
		f.want(f.get(at), 200, "20.00 USD of 23.20 USD arrived so far")
		f.want(f.post(at+"/received", f.hand(at, "amount", "3.20")), 303)
		f.want(f.get(at), 200, "Start packing", "Paid")
		if said := f.audited("order.received"); len(said) != 2 {
			t.Errorf("the audit says %q", said)
		}
		f.as(staff.Analyst)
		f.want(f.post(at+"/received", part), 404)
	})
}

func TestStaffSendAnOrderToBePaidAtTheDoor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.byHand("cod")
		at := "/admin/orders/" + k.Number
		f.as(staff.Merchant)
		f.want(f.get("/admin/orders?state=to-ship"), 200, k.Number)
		f.want(f.post(at+"/pack", nil), 303)
		f.want(f.post(at+"/ship", url.Values{"units-1": {"1"}}), 303)
		f.want(f.get(at), 200, "The parcel came back unpaid", "Money received")
		f.want(f.post(at+"/refused", url.Values{"why": {"moved away"}}), 303)
		f.want(f.get(at), 200, "Cancelled", "moved away")
		f.want(f.post(at+"/refused", nil), 409)
	})
}

func TestStaffIssueAdjustAndBlockCards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		f.want(f.get("/admin/gift-cards"), 200, "No card yet")
		f.want(f.get("/admin/gift-cards?lang=zh"), 200, "礼品卡")
		f.get("/admin/gift-cards?lang=en")
		in := f.hand("/admin/gift-cards", "kind", "card", "amount", "25", "currency", "USD", "email", "nobody", "why", "", "lang", "en", "words", "For you", "password", secretWord)
		f.want(f.post("/admin/gift-cards", in), 422, "Say why", "Write the address", "For you")
		in.Set("email", "bo@mail.example")
		in.Set("why", "late parcel")
		in.Set("password", "a guess")
		f.now = f.now.Add(10 * 60e9) // the proof has run out
		f.want(f.post("/admin/gift-cards", in), 422, "not your password")
		in.Set("password", secretWord)
		for range 2 { // a double click
			f.want(f.post("/admin/gift-cards", in), 303)
		}
		var token string
		f.must(d.Query(context.Background()).Raw("SELECT token FROM credits").Scan(&token).Error)
		at, code := "/admin/gift-cards/"+token, credit.Code(f.Desk.Secret, token)
		f.want(f.get("/admin/gift-cards?q=bo@mail.example"), 200, code[19:], "$25.00", "!"+code)
		f.want(f.get(at), 200, "late parcel", "For you", "!"+code)
		f.want(f.post(at, f.hand(at, "do", "adjust", "amount", "-30", "why", "mistake", "password", secretWord)), 422, "less left")
		less := f.hand(at, "do", "adjust", "amount", "-5", "why", "mistake", "password", secretWord)
		for range 2 {
			f.want(f.post(at, less), 303)
		}
		f.want(f.get(at), 200, "$20.00", "mistake", "!$15.00")
		f.want(f.post(at, url.Values{"do": {"mail"}}), 303)
		f.want(f.post(at, url.Values{"do": {"block"}}), 303)
		f.want(f.get(at), 200, "Blocked", "Unblock the card")
		f.want(f.post(at, url.Values{"do": {"unblock"}}), 303)
		f.want(f.get("/admin/gift-cards/none"), 404)

		own := f.hand("/admin/gift-cards", "kind", "credit", "amount", "7", "currency", "USD", "email", "stranger@mail.example", "why", "kindness", "password", secretWord)
		f.want(f.post("/admin/gift-cards", own), 422, "no customer with this address")
		own.Set("email", "parent@demo.example")
		f.want(f.post("/admin/gift-cards", own), 303)
		who, err := customer.ByEmail(context.Background(), d, "parent@demo.example")
		f.must(err)
		if pot, err := credit.Of(context.Background(), d, who.ID, "USD"); err != nil || pot == nil || pot.Balance != 700 {
			t.Errorf("%+v, %v", pot, err)
		}
		f.as(staff.Support)
		f.want(f.get(at), 200, "!Adjust the balance")
		f.want(f.post(at, less), 404)
		f.as(staff.Analyst)
		f.want(f.get("/admin/gift-cards"), 404)
	})
}
