package roster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/person"
	"regulars/internal/pricing"
	"regulars/internal/roster"
	"regulars/internal/shoptest"
	"regulars/internal/trait"
	"regulars/internal/value"
)

// naming lists every column of the schema that names a customer: by its name,
// or because the database holds it to one.
func (w *town) naming() (all []string) {
	w.Helper()
	sql := `SELECT m.name || '.' || c.name AS x FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name LIKE '%customer_id'
		UNION SELECT m.name || '.' || f."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f."table" = 'customers' ORDER BY 1`
	if !w.DB.Embedded() {
		sql = `SELECT table_name || '.' || column_name AS x FROM information_schema.columns WHERE table_schema = 'public' AND column_name LIKE '%customer_id'
			UNION SELECT conrelid::regclass::text || '.' || a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
			WHERE c.contype = 'f' AND c.confrelid = 'customers'::regclass ORDER BY 1`
	}
	w.must(w.DB.Query(ctx).Raw(sql).Scan(&all).Error)
	return all
}

func (w *town) merges(from, into customer.ID) error {
	return w.DB.InTx(ctx, func(tx *db.Tx) error { return roster.Merge(ctx, tx, w.Settings.Now(), from, into, w.Now()) })
}

// rows are the rows of a table that name one of the customers, by their ids.
func (w *town) rows(table string, ids ...customer.ID) (all []int64) {
	w.Helper()
	w.must(w.DB.Query(ctx).Raw("SELECT id FROM "+table+" WHERE customer_id IN ? ORDER BY id", ids).Scan(&all).Error)
	return all
}

func TestAMergeKeepsAllOrdersConsentsAndEvents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		known := map[string]bool{}
		for _, p := range roster.Places() {
			known[p[0]+"."+p[1]] = true
		}
		for _, column := range w.naming() {
			if !known[column] {
				t.Errorf("%s names customers, and the merge does not know it: say in roster's places what becomes of its rows, and move them in the Merge of its owner", column)
			}
		}
		for column := range known {
			if !slices.Contains(w.naming(), column) {
				t.Errorf("%s names nobody any more", column)
			}
		}

		// A promotion that gives everybody one place, which both took.
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			p := pricing.Promotion{Name: i18n.Text{En: "A tenth off"}, Kind: pricing.Percent, Value: 1000, StartsOn: "2026-01-01", EndsOn: "2026-12-31", LimitPerson: 1}
			return pricing.Put(ctx, tx, &p, w.Now())
		})
		const oldMail, newMail = "canary.finch@example.com", "Canary.Finch+shop@example.com"
		one, from := w.joins(oldMail, "Canary Finch")
		two, into := w.joins(newMail, "Canary Finch")
		for i, b := range []*shoptest.Browser{one, two} {
			b.Post("/account/details", "name", "Canary Finch", "phone", "+1 555 0147", "birth_date", []string{"1990-01-02", ""}[i])
			b.Post("/account/dates", "kind", "gift", "label", "Uncle", "month", "5", "day", "", "remind", "on")
			b.Post("/account/interests", "kind", "life", "life", "student", "interest", []string{"books", "music"}[i])
			b.Post("/account/addresses", aviary...)
			w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
				note := person.Promise{Key: fmt.Sprint("promise-of-this-story-", i), Kind: person.Note, What: "Likes blue"}
				_, err := person.Who{Customer: []customer.ID{from, into}[i]}.Promise(ctx, tx, &note, w.Now())
				return err
			})
			b.Post("/contact", "name", "Canary Finch", "email", []string{oldMail, newMail}[i], "body", "Where is it?")
			w.buys(b, "BK01", true, append(aviary, "email", []string{oldMail, newMail}[i])...)
			b.Get("/p/calm-bottle")
			b.Post("/cart/items", "sku", []string{"BB03", "BB09"}[i])
			b.Post("/account/lists/save", "sku", "BB03", "name", "Each week")
			b.Post("/forgot", "email", []string{oldMail, newMail}[i])
			w.Pass(time.Minute)
		}
		w.AnswerAll("Soon.")
		w.RunJobs()
		w.must(w.Events.Flush(ctx))
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			var errs []error
			for i, id := range []customer.ID{from, into} {
				_, err := credit.Grant(ctx, tx, id, money.Price{Amount: 500, Currency: "USD"}, fmt.Sprint("test", i), 0, "staff:1", "sorry", w.Now())
				errs = append(errs, err, value.Give(ctx, tx, w.Settings.Now(), id, value.Grant{Key: fmt.Sprint("a-key-of-sixteen-", i), Tier: value.Loyal, Reason: "kind", Actor: "staff:1", Until: w.Now().AddDate(0, 1, 0)}, w.Now()))
			}
			_, promised := person.Who{Customer: from}.Promise(ctx, tx, &person.Promise{Key: "a-promise-of-this-story", Kind: person.Note, What: "Likes blue"}, w.Now())
			errs = append(errs, promised)
			_, err := credit.Grant(ctx, tx, from, money.Price{Amount: 700, Currency: "CNY"}, "test3", 0, "staff:1", "sorry", w.Now())
			errs = append(errs, err, customer.SetConsent(ctx, tx, from, customer.MailCart, false, "preferences", w.Now()),
				tx.Query(ctx).Exec("INSERT INTO suppressions (email_key, purpose, reason, at) VALUES (?, 'mail.offers', 'unsubscribed', ?)", oldMail, db.At(w.Now())).Error)
			for i, id := range []customer.ID{from, into} { // their carts rested
				var rested cart.ID
				if err := tx.Query(ctx).Raw("SELECT id FROM carts WHERE customer_id = ? AND state = 'open'", int64(id)).Scan(&rested).Error; err != nil {
					return err
				}
				c, err := cart.ByID(ctx, tx, rested)
				if err != nil {
					return err
				}
				_, err = w.Office.ArmOf(ctx, tx, outreach.Candidate{Email: []string{oldMail, newMail}[i], Customer: &customer.Customer{ID: id}, Cart: c, ActiveAt: c.ActiveAt}, w.Now())
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		})
		for _, id := range []customer.ID{from, into} {
			w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
				_, err := pricing.Give(ctx, tx, fmt.Sprintf("followup:%d:1:1", id), pricing.Buyer{Customer: id, Email: fmt.Sprintf("coupon%d@example.com", id)}, 10, nil, w.Now().Add(time.Hour), w.Now())
				return err
			})
		}
		var traits []string
		w.must(d.Query(ctx).Raw("SELECT key FROM traits ORDER BY key LIMIT 1").Scan(&traits).Error)
		for _, key := range traits {
			w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error { return trait.Delete(ctx, tx, from, key, w.Now()) })
		}
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(
				tx.Query(ctx).Exec("INSERT INTO surveys (slug, title, intro, created_at, updated_at) VALUES ('wishes', '{}', '{}', 1, 1)").Error,
				tx.Query(ctx).Exec("INSERT INTO mail_holdout_runs (number, held, salt, since) VALUES (99, 0, 's', 1)").Error,
				tx.Query(ctx).Exec("INSERT INTO mail_holdout (run_id, person, customer_id, arm, assigned_at) SELECT id, 'kept', ?, 'treat', 1 FROM mail_holdout_runs WHERE number = 99", int64(from)).Error,
				tx.Query(ctx).Exec("INSERT INTO survey_responses (token, survey_id, customer_id, began_at) SELECT 'wish', id, ?, 1 FROM surveys", int64(from)).Error,
				tx.Query(ctx).Exec("INSERT INTO occasions (token, customer_id, source, state, name, month, day, created_at, updated_at) VALUES ('need', ?, 'found', 'confirmed', 'Uncle', 5, 4, 1, 1)", int64(from)).Error,
				tx.Query(ctx).Exec("INSERT INTO occasion_years (occasion_id, customer_id, year, on_day, answer_hash, told_at) SELECT id, customer_id, 2025, 1746316800000, 'x', 1744588800000 FROM occasions WHERE token = 'need'").Error)
		})
		w.must(value.Rebuild(ctx, d, w.Settings.Now(), w.Now()))
		w.sound()

		before, entries := map[string][]int64{}, 0
		for _, p := range roster.Places() {
			if p[2] == "retells" {
				entries = w.Count("SELECT count(*) FROM consent_log WHERE customer_id IN ?", []customer.ID{from, into})
			}
			if p[2] == "moves" {
				before[p[0]] = w.rows(p[0], from, into)
				if len(w.rows(p[0], from)) == 0 {
					t.Errorf("the story leaves the first account nothing in %s, so it proves nothing", p[0])
				}
			}
		}
		said, _, err := customer.Ledger(ctx, d, from)
		w.must(err)
		books := w.books()
		look, err := roster.Look(ctx, d, from, into)
		w.must(err)
		if look.Err() != nil || look.Moving.Orders != 1 || look.Moving.Credit == nil || !slices.Contains(look.Lost, customer.MailCart) {
			t.Errorf("the preview says %+v", look)
		}
		w.must(w.merges(from, into))

		for table, ids := range before {
			now := w.rows(table, into)
			for _, id := range ids {
				if !slices.Contains(now, id) && table != "redemptions" {
					t.Errorf("row %d of %s is lost", id, table)
				}
			}
			if left := w.rows(table, from); len(left) > 0 {
				t.Errorf("%s names the account that is gone: %v", table, left)
			}
		}
		// Two open carts are one now, as at sign-in; every other cell stays.
		if after := w.books(); strings.Split(after, "2026-03-02 ")[0] != strings.Split(books, "2026-03-02 ")[0] {
			t.Errorf("the books changed from\n%s\nto\n%s", books, after)
		}
		chain, _, err := customer.Ledger(ctx, d, into)
		w.must(err)
		if len(chain) < entries || entries == 0 {
			t.Errorf("the ledger has %d entries of %d", len(chain), entries)
		}
		if n := w.Count("SELECT count(*) FROM redemptions"); n != 2 {
			t.Errorf("%d redemptions are left", n)
		}
		if got := w.Text("SELECT string_of FROM (SELECT currency || ' ' || balance AS string_of FROM credits WHERE customer_id = ? AND currency = 'USD') x", int64(into)); got != "USD 1000" {
			t.Errorf("the credit is %q", got)
		}
		if n := w.Count("SELECT count(*) FROM credits WHERE customer_id = ? AND currency = 'CNY' AND balance = 700", int64(into)); n != 1 {
			t.Error("credit in another currency did not come along")
		}
		// Every consent was said again in the survivor's chain, with its day.
		for _, e := range said {
			if !slices.ContainsFunc(chain, func(x customer.Entry) bool {
				return x.Purpose == e.Purpose && x.Act == e.Act && x.At == e.At && x.Wording == e.Wording && strings.HasPrefix(x.Evidence, e.Evidence) &&
					strings.HasSuffix(x.Evidence, fmt.Sprintf("(entry %d of the account that was merged in)", e.Seq))
			}) {
				t.Errorf("entry %d of the ledger is lost: %+v", e.Seq, e)
			}
		}
		if len(said) == 0 {
			t.Error("nothing was said in the account that goes")
		}
		given, err := customer.Consents(ctx, d, into)
		w.must(err)
		if given[customer.MailCart] || !given[customer.Personalize] {
			t.Errorf("allowed is %v", given)
		}
		k, err := customer.Survivor(ctx, d, from)
		w.must(err)
		if k.ID != into || k.BirthDate != "1990-01-02" || k.Email != newMail {
			t.Errorf("the old number leads to %+v", k)
		}
		if n := w.Count("SELECT count(*) FROM suppressions WHERE email_key = ? AND purpose = 'mail.offers'", strings.ToLower(newMail)); n != 1 {
			t.Error("the stop does not bind the survivor's address")
		}
		if n := w.Count("SELECT count(*) FROM carts WHERE customer_id = ? AND state = 'open'", int64(into)); n != 1 {
			t.Errorf("%d open carts", n)
		}
		if n := w.Count("SELECT count(*) FROM cart_lines l JOIN carts c ON c.id = l.cart_id WHERE c.customer_id = ? AND c.state = 'open'", int64(into)); n < 2 {
			t.Errorf("the open cart has %d lines", n)
		}
		if n := w.Count("SELECT count(*) FROM customer_traits WHERE customer_id = ? AND deleted_at > 0", int64(into)); n != len(traits) {
			t.Errorf("%d of %d conclusions stay taken out", n, len(traits))
		}
		w.RunJobs()
		w.sound()

		// Neither address and password of the first account opens anything; the survivor erases everything.
		if p := w.Browser().Post("/signin", "email", oldMail, "password", password); p.Status != 422 {
			t.Errorf("the account that ended lets in: %d", p.Status)
		}
		if p := one.Get("/account"); p.Status != 303 {
			t.Errorf("a session of it: %d", p.Status)
		}
		if err := w.merges(from, into); !errors.Is(err, fault.NotFound) {
			t.Errorf("merging again: %v", err)
		}
		if p := two.Post("/account/erase", "password", password); p.Status != 303 {
			t.Fatalf("erasing: %d %s", p.Status, p.Text())
		}
		w.RunJobs()
		for _, table := range []string{"sends", "mail_links", "suppressions", "orders", "carts", "questions", "customers", "address_news"} {
			column := "email"
			if table == "mail_links" || table == "suppressions" || table == "address_news" {
				column = "email_key"
			}
			if n := w.Count("SELECT count(*) FROM " + table + " WHERE lower(" + column + ") LIKE '%canary%'"); n > 0 {
				t.Errorf("after erasing the survivor %s still holds an address", table)
			}
		}
	})
}

func TestAMergeIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		var guess customer.ID
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "chen.yu@evil.example", Name: "Chen Yu"}, w.Now())
			if err == nil {
				guess = k.ID
			}
			return err
		})
		student := w.Customers[shoptest.Student]
		if err := w.merges(student, guess); !errors.Is(err, fault.Conflict) {
			t.Errorf("an address nobody proved took an account over: %v", err)
		}
		if err := w.merges(student, student); err == nil {
			t.Error("an account was merged into itself")
		}
		w.must(w.merges(guess, student))
	})
}

// Each pair of a table of people is one or is not; nothing else decides.
func TestWhoMayBeOnePerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		add := func(email, name, phone, born string, where ...string) {
			w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
				k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: name, BirthDate: born}, w.Now())
				if err != nil {
					return err
				}
				if err := customer.SetProfile(ctx, tx, k.ID, customer.Profile{Name: name, BirthDate: born, Phone: phone}, w.Now()); err != nil || len(where) == 0 {
					return err
				}
				_, err = customer.PutAddress(ctx, tx, k.ID, customer.Address{Name: name, Country: where[0], Line1: where[1], City: where[2], Postcode: where[3]}, w.Now())
				return err
			})
		}
		add("li.na@gmail.com", "Li Na", "", "")
		add("lina+shop@googlemail.com", "Na Li", "", "")                                                       // one mailbox
		add("tom@firm.example", "Tom Reed", "+44 20 7946 0018", "", "GB", "12 Mill Street", "Bath", "BA1 1AA") //
		add("thomas@home.example", "Tom Reed", "", "", "GB", "12, Mill St.", "Bath", "ba11aa")                 // one home
		add("ann@firm.example", "Ann Reed", "", "", "GB", "12 Mill Street", "Bath", "BA1 1AA")                 // lives there, too
		add("wang@mail.example", "王小明", "", "", "CN", "中山路１２号", "上海", "200001")                                //
		add("xm@mail.example", "王 小明", "", "", "CN", "中山路12號", "上海市", "200001")                                // one home
		add("ming@mail.example", "明小王", "", "", "CN", "中山路12号", "上海", "200001")                                // another name
		add("joe@mail.example", "Joe Park", "0049 171 5550188", "1980-01-01")                                  //
		add("joseph@mail.example", "J. Park", "+49 171 555-0188", "")                                          // one number
		add("ola+a@odd.example", "Ola Nord", "", "1980-02-03")                                                 //
		add("ola@odd.example", "Ola Nord", "", "1981-02-03")                                                   // perhaps; other birth dates
		w.must(roster.Find(ctx, d, w.Now()))
		all, total, err := roster.Duplicates(ctx, d, 1, 50)
		w.must(err)
		got := map[string]string{}
		for _, p := range all {
			a, err := customer.ByID(ctx, d, p.LowID)
			w.must(err)
			b, err := customer.ByID(ctx, d, p.HighID)
			w.must(err)
			got[a.Email+" "+b.Email] = fmt.Sprint(p.Score, " ", strings.Join(p.Signs, " "))
		}
		want := map[string]string{
			"li.na@gmail.com lina+shop@googlemail.com": "93 mailbox name",
			"tom@firm.example thomas@home.example":     "79 home name",
			"wang@mail.example xm@mail.example":        "79 home name",
			"joe@mail.example joseph@mail.example":     "50 phone",
			"ola+a@odd.example ola@odd.example":        "36 tag name unlike-born",
		}
		for who, signs := range want {
			if got[who] != signs {
				t.Errorf("%s: %q, want %q", who, got[who], signs)
			}
			delete(got, who)
		}
		for who, signs := range got {
			t.Errorf("%s: %s", who, signs)
		}
		// What staff said is no pair is not shown again.
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			return roster.Refuse(ctx, tx, all[0].Token, "staff:1", w.Now())
		})
		w.must(roster.Find(ctx, d, w.Now().Add(time.Hour)))
		if _, after, err := roster.Duplicates(ctx, d, 1, 50); err != nil || after != total-1 {
			t.Errorf("%d of %d pairs, %v", after, total, err)
		}
		if n := w.Count("SELECT count(*) FROM duplicates WHERE refused_at > 0"); n != 1 {
			t.Errorf("%d refusals are remembered", n)
		}
	})
}
