package admin

import (
	"context"
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/payment"
	"regulars/internal/person"
	"regulars/internal/segment"
	"regulars/internal/staff"
	"regulars/internal/value"
)

// card is the address of somebody's card.
func (f *office) card(email string) string {
	f.t.Helper()
	k, err := customer.ByEmail(context.Background(), f.DB, email)
	f.must(err)
	return customerPath(k.Number)
}

func TestOneBoxLeadsToTheCard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Support)
		k := f.order(payment.OutcomePaid)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			who, err := customer.ByEmail(ctx, tx, "parent@demo.example")
			if err != nil {
				return err
			}
			if _, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "pat@demo.example", Name: "Pat Long", Lang: i18n.English}, f.now); err != nil {
				return err
			}
			return customer.SetProfile(ctx, tx, who.ID, customer.Profile{Name: "Pat Parent", Phone: "+1 555 0147"}, f.now)
		})
		card := f.card("parent@demo.example")
		for _, q := range []string{"parent@demo.example", "parent@d", "1-555-0147", "0147", k.Number, strings.ToLower(k.Number), "pat par"} {
			w := f.get("/admin/customers?q=" + url.QueryEscape(q))
			f.want(w, 303)
			if to := w.Header().Get("Location"); to != card {
				t.Errorf("%q leads to %s, want %s", q, to, card)
			}
		}
		f.want(f.get("/admin/customers?q=pat"), 200, "Pat Parent", "Pat Long")
		f.want(f.get("/admin/customers?q=555+9999999"), 200, "Nobody has this number", "/admin/customers/new?q=555")
		f.want(f.get("/admin/customers/new?q=555+9999999"), 200, `value="555 9999999"`)
		f.want(f.post("/admin/customers/new", url.Values{"name": {"Ann Newly"}, "phone": {"555 9999999"}}), 422, `value="555 9999999"`, "error-summary")
		f.want(f.post("/admin/customers/new", url.Values{"name": {"Ann"}, "email": {"parent@demo.example"}}), 422, "There is an account with this address")
		w := f.post("/admin/customers/new", url.Values{"name": {"Ann Newly"}, "phone": {"555 9999999"}, "email": {"ann@demo.example"}})
		f.want(w, 303)
		f.want(f.get(w.Header().Get("Location")), 200, "Ann Newly", "555 9999999", "No orders yet.", "Nothing in the cart.", "Asked nothing.", "Nothing was promised.")
		f.want(f.get("/admin/customers/parent@demo.example"), 404)
		f.want(f.as(staff.Analyst).get(card), 404)
		f.want(f.as(staff.Merchant).get("/admin/customers/new"), 404)
	})
}

// What somebody on the telephone is told stands on one page: what was ordered,
// lies in the cart, was asked, mailed and promised, and why they are who we
// think they are.
func TestTheCardHoldsEverything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Support)
		k := f.order(payment.OutcomePaid)
		card := f.card("parent@demo.example")
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			who, err := customer.ByEmail(ctx, tx, "parent@demo.example")
			if err != nil {
				return err
			}
			me := customer.NewPerson(nil, who, nil, nil)
			if _, err := ask.Contact(ctx, tx, ask.Message{Person: me, Lang: i18n.English, Body: "Where is my parcel?"}, f.now.Add(-80*time.Hour)); err != nil {
				return err
			}
			c, err := cart.Ensure(ctx, tx, me, "USD", i18n.English, "", f.now)
			if err != nil {
				return err
			}
			if err := cart.Add(ctx, tx, c.ID, f.variants["BB01-L"], 2, f.now); err != nil {
				return err
			}
			return tx.Query(ctx).Exec("INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, reason, due_at, created_at, updated_at) VALUES ('w', 'marketing', 'followup', ?, 'parent@demo.example', 'en', 'w', 'withheld', 'no-consent', 1, ?, 1)",
				int64(who.ID), db.At(f.now)).Error
		})
		f.want(f.get(card), 200, k.Number, "Paid", "Calm Bottle 240 ml", "$38.00", "Choosing goods", "Where is my parcel?", "answer was due by", "Not sent", "New parents", "You told us you are a new parent",
			"Personal pages", "Asked", "Cart: put in", "Customer number")
		in := url.Values{"kind": {"promise"}, "what": {"x"}, "due": {"2020-01-01"}, "key": {strings.Repeat("k", 20)}}
		f.want(f.post(card+"/promises", in), 422, "Write it in 3 to 500", "Choose a day from today on", `value="2020-01-01"`)
		in.Set("what", "A new bottle goes out <b>today</b>")
		in.Set("due", "2026-11-23")
		for range 2 {
			f.want(f.post(card+"/promises", in), 303)
		}
		f.want(f.get(card), 200, "A new bottle goes out &lt;b&gt;today", "until 23 November 2026", "Promise written down", "!was due on")
		f.want(f.get("/admin"), 200, "!past its day")
		f.now = f.now.Add(48 * time.Hour)
		f.as(staff.Support)
		f.want(f.get("/admin"), 200, "1 promise to a customer is past its day")
		f.want(f.get("/admin/customers/promises"), 200, "was due on 23 November 2026", "A new bottle")
		f.want(f.as(staff.Merchant).post("/admin/customers/promises/"+in.Get("key"), url.Values{"state": {"kept"}}), 404)
		f.as(staff.Support)
		for range 2 {
			f.want(f.post("/admin/customers/promises/"+in.Get("key"), url.Values{"state": {"kept"}, "back": {card + "#promises"}}), 303)
		}
		f.want(f.get(card+"?time=promises"), 200, "Promise kept", "kept on 24 November 2026", "!Cart: put in")
		looks, err := staff.Looks(context.Background(), d, staff.LookFilter{What: staff.LookCard, Limit: 50})
		f.must(err)
		if len(looks) < 2 || looks[0].StaffID != f.people[staff.Support].ID {
			t.Errorf("looks %+v", looks)
		}
		if said := f.audited("customer.promise"); len(said) != 1 || strings.Contains(said[0], "bottle") {
			t.Errorf("audit %q", said)
		}
		f.want(f.get(card+"?lang=zh"), 200, "全部经过", "承诺", "当前购物车")
	})
}

func TestRolesSeeWhatTheirWorkNeeds(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.order(payment.OutcomePaid)
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		who, err := customer.ByEmail(ctx, tx, "parent@demo.example")
		if err != nil {
			return err
		}
		if err := customer.SetProfile(ctx, tx, who.ID, customer.Profile{Name: "Pat", Phone: "+1 555 0147", BirthDate: "1990-05-20"}, f.now); err != nil {
			return err
		}
		_, err = ask.Contact(ctx, tx, ask.Message{Person: customer.NewPerson(nil, who, nil, nil), Body: "My illness", Lang: i18n.English}, f.now)
		return err
	})
	f.must(value.Rebuild(context.Background(), f.DB, f.Settings.Now(), f.now))
	f.must(segment.Renew(context.Background(), f.DB, segment.ByRebuild, f.now))
	card := f.card("parent@demo.example")
	f.want(f.as(staff.Support).get(card), 200, "parent@demo.example", "1 555 0147", "1990-05-20, 36 years old", "My illness", `!id="value"`)
	f.want(f.as(staff.Marketer).get(card), 200, "p•••@demo.example", "!parent@demo.example", "!0147", "•••47", "!1990-05-20", "!My illness", `id="value"`)
	f.want(f.get("/admin/customers?state=parents"), 200, "Fewer than 10 people", "!p•••")
	f.want(f.get("/admin/customers/people.csv"), 404)
	f.want(f.as(staff.Support).get("/admin/customers/people.csv"), 404)
	f.want(f.get("/admin/customers/lists/gold"), 404)
	f.as(staff.Merchant).proves("/admin/customers/people.csv?state=parents")
	w := f.get("/admin/customers/people.csv?state=parents")
	f.want(w, 200, "parent@demo.example", "Taken out by merchant@shop.example", "1 person", "N,")
	if rows, err := csv.NewReader(w.Body).ReadAll(); err != nil || len(rows) != 3 {
		t.Errorf("%v %v", rows, err)
	}
	if said := f.audited("customer.export"); len(said) != 1 || !strings.Contains(said[0], "state=parents") {
		t.Errorf("audit %q", said)
	}
}

func TestTheListIsNarrowed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.order(payment.OutcomePaid)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "zoe@demo.example", Name: "=cmd()", Lang: i18n.Chinese, Country: "DE", History: true}, f.now.Add(time.Hour))
			return err
		})
		f.must(value.Rebuild(context.Background(), f.DB, f.Settings.Now(), f.now))
		f.must(segment.Renew(context.Background(), f.DB, segment.ByRebuild, f.now))
		f.as(staff.Merchant)
		const a, b = "parent@demo.example", "zoe@demo.example"
		for query, want := range map[string][]string{
			"":                    {a, b},
			"last=30":             {a, "!" + b},
			"last=365&class=N":    {a, "!" + b},
			"last=older":          {"!" + a, "!" + b},
			"last=never":          {"!" + a, b},
			"country=DE&in=zh":    {"!" + a, b},
			"consent=history":     {"!" + a, b},
			"consent=personalize": {a, "!" + b},
			"tier=occasional":     {a, b},
			"tier=very-loyal":     {"!" + a, "!" + b},
			"state=parents":       {a, "!" + b},
			"sort=name":           {a, b},
			"sort=last":           {a, b},
			"sort=net":            {a, b},
			"q=zo&country=DE":     {"!" + a, b},
		} {
			f.want(f.get("/admin/customers?"+query), 200, want...)
		}
		body := f.get("/admin/customers?sort=last").Body.String()
		if strings.Index(body, a) > strings.Index(body, b) {
			t.Error("who ordered last is not first")
		}
		f.proves("/admin/customers/people.csv")
		f.want(f.get("/admin/customers/people.csv"), 200, "'=cmd()", a)
		f.want(f.get("/admin/customers?lang=zh&last=never"), 200, "筛选", "从未")
		k, err := customer.ByEmail(context.Background(), d, a)
		f.must(err)
		f.want(f.get("/admin/orders?customer="+k.Number), 200, "Only these orders", "Pat")
		f.want(f.get("/admin/orders?customer="+k.Number+"&until=2020-01-01"), 200, "No order")
	})
}

func TestAGuestHasACard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Support)
		k := f.order(payment.OutcomePaid)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE orders SET customer_id = NULL, phone = '555 7777' WHERE number = ?", k.Number).Error
		})
		at := guestPath(k.Number)
		for _, q := range []string{k.Number, "5557777"} {
			w := f.get("/admin/customers?q=" + q)
			if f.want(w, 303); w.Header().Get("Location") != at {
				t.Errorf("%s leads to %s", q, w.Header().Get("Location"))
			}
		}
		f.want(f.get(at), 200, "Without an account", k.Number, "555 7777", "There is an account with this address", `!id="consents"`)
		f.want(f.get(f.card("parent@demo.example")), 200, "1 order was placed under this address without the account")
		f.want(f.post(at+"/promises", url.Values{"kind": {"note"}, "what": {"Likes blue"}, "key": {strings.Repeat("n", 20)}}), 303)
		f.want(f.post(at+"/promises", url.Values{"kind": {"task"}, "what": {"Call"}, "key": {strings.Repeat("m", 20)}}), 422, "Choose a day")
		f.want(f.get(at), 200, "Likes blue")
		f.want(f.get(guestPath("NOSUCH00")), 404)
		f.want(f.get("/admin/orders/"+k.Number), 200, at)
	})
}

func TestListsSayWhyAndMakeTasks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		for _, l := range person.Lists {
			f.want(f.get(listsPath(l)), 200, "Nothing was counted yet")
		}
		f.order(payment.OutcomePaid)
		k, err := customer.ByEmail(context.Background(), d, "parent@demo.example")
		f.must(err)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			for i := range 3 {
				if _, err := ask.Contact(ctx, tx, ask.Message{Person: customer.NewPerson(nil, k, nil, nil), Lang: i18n.English, Body: "Again"}, f.now.Add(-time.Duration(i+1)*24*time.Hour)); err != nil {
					return err
				}
			}
			return nil
		})
		f.now = f.now.AddDate(0, 0, 100)
		f.as(staff.Marketer)
		f.must(value.Rebuild(context.Background(), d, f.Settings.Now(), f.now))
		f.want(f.get(listsPath(person.Complained)), 200, "3 letters, 0 returns", "1 person", "/admin/orders?customer="+k.Number, "A task for each")
		f.want(f.get(listsPath(person.Gold)), 200, "contributed")
		f.want(f.get(listsPath(person.Gold)+"?day=2026-11-21"), 200, "Nobody fits", "As at the end of 21 November 2026")
		f.want(f.get(listsPath(person.Gold)+"?day=2027-03-01"), 200, "contributed")
		f.want(f.post(listsPath(person.Gold), url.Values{"owner": {"1"}, "target": {"many"}}), 422, `value="many"`, "Enter a whole number")
		f.want(f.post(listsPath(person.Gold), url.Values{"owner": {"1"}, "target": {"20"}, "until": {"2027-12-31"}}), 303)
		f.want(f.get(listsPath(person.Gold)), 200, "Owner: The owner", "1 of 20 people by 31 December 2027")
		at := listsPath(person.Complained) + "/tasks"
		f.want(f.post(at, url.Values{"what": {"Call them"}, "due": {"2020-01-01"}}), 422, "Choose a day", "Call them")
		for range 2 {
			f.want(f.post(at, url.Values{"what": {"Call them"}, "due": {"2027-03-10"}}), 303)
		}
		if said := f.audited("list.tasks"); len(said) != 1 || said[0] != "complained: 1" {
			t.Errorf("audit %q", said)
		}
		f.want(f.get(customerPath(k.Number)), 200, "Call them", "until 10 March 2027")
		f.want(f.get("/admin/customers/lists/none"), 404)
		f.want(f.get(listsPath(person.Complained)+"?lang=zh"), 200, "3 封来信")
	})
}
