package segment_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/segment"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

func both(s string) i18n.Text { return i18n.Text{En: s, Zh: s + "！"} }

func rule(any ...segment.Condition) segment.Rule { return segment.Rule{Any: any} }

// The shop of these tests: four home pages and the neutral one.
var pages = []segment.Segment{
	{Key: "new-parent", Position: 1, Name: both("New parents"), Title: both("t"), Why: both("w"), Rule: rule(
		segment.Condition{Fact: "life", Is: "parent"}, segment.Condition{Fact: "bought", Is: "BB", AtLeast: 3, Days: 120})},
	{Key: "student", Position: 2, Name: both("Students"), Title: both("t"), Why: both("w"), Rule: rule(
		segment.Condition{Fact: "occupation", Is: "student"}, segment.Condition{Fact: "life", Is: "student"})},
	{Key: "gamer", Position: 3, Name: both("Players"), Title: both("t"), Why: both("w"), Rule: rule(
		segment.Condition{Fact: "hobby", Is: "gaming"}, segment.Condition{Fact: "interest", Is: "games"})},
	{Key: "gift-giver", Position: 4, Name: both("Givers"), Title: both("t"), Why: both("w"), Rule: rule(
		segment.Condition{Fact: "for", Is: "partner"})},
	{Key: segment.Default, Position: 99, Name: both("Everybody"), Title: both("t"), Why: both("w")},
}

func TestTheReasonIsWhatThePersonDid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		n := 0
		for _, c := range []struct {
			what, occupation, kind, value, source string
			bought                                []string
			key, en, zh                           string
		}{
			{"a life tile", "", "life", "student", "said", nil, "student", "You told us you are a student", "您告诉我们您是学生"},
			{"an occupation", "student", "", "", "", nil, "student", "You told us your occupation: Student", "您告诉我们您的职业：学生"},
			{"a hobby", "", "hobby", "gaming", "said", nil, "gamer", "You told us what you do for fun: Gaming", "您告诉我们您的爱好：打游戏"},
			{"an interest", "", "interest", "games", "said", nil, "gamer", "You told us what you like to look at: Games", "您告诉我们您喜欢看：游戏"},
			{"for whom", "", "for", "partner", "said", nil, "gift-giver", "You told us who you buy for: My partner", "您告诉我们您为谁选购：伴侣"},
			{"three days of purchases", "", "", "", "", []string{"2026-08-14", "2026-09-02", "2026-11-01"}, "new-parent",
				"You bought from Baby and formula on 3 days since August", "自8月以来，您有 3 天买过“母婴”里的东西"},
			{"one of August lies before the window", "", "", "", "", []string{"2026-07-20", "2026-07-28", "2026-09-02", "2026-11-01"}, "new-parent",
				"You bought from Baby and formula on 3 days since 28 July 2026", "自2026年7月28日以来，您有 3 天买过“母婴”里的东西"},
			{"two days only", "", "", "", "", []string{"2026-09-02", "2026-11-01"}, segment.Default, "", ""},
			{"three days, long ago", "", "", "", "", []string{"2026-01-01", "2026-02-02", "2026-11-01"}, segment.Default, "", ""},
			{"the first of two that match", "student", "life", "parent", "said", nil, "new-parent", "You told us you are a new parent", "您告诉我们您刚当上父母"},
			{"inferred, not told", "", "life", "student", "inferred", nil, segment.Default, "", ""},
			{"nothing known", "", "", "", "", nil, segment.Default, "", ""},
		} {
			n++
			who := signUp(t, d, customer.SignUpForm{Email: fmt.Sprintf("r%d@shop.example", n), Occupation: c.occupation, Personalize: true, History: true})
			if c.kind != "" {
				if err := d.InTx(ctx, func(tx *db.Tx) error {
					return tx.Query(ctx).Exec("INSERT INTO interests (customer_id, kind, value, source, at) VALUES (?, ?, ?, ?, 1)", int64(who.ID), c.kind, c.value, c.source).Error
				}); err != nil {
					t.Fatal(err)
				}
			}
			buy(t, d, who, 1, "placed", "paid", c.bought...)
			key, reason := of(t, d, who)
			if key != c.key || reason.En != c.en || reason.Zh != c.zh {
				t.Errorf("%s: %s because %q / %q, want %s because %q / %q", c.what, key, reason.En, reason.Zh, c.key, c.en, c.zh)
			}
			known, err := segment.Facts(ctx, d, who.ID, now)
			if err != nil {
				t.Fatal(err)
			}
			if again, words := segment.Decide(pages, known); again != key || words != reason {
				t.Errorf("%s: the page says %s because %q, the facts %s because %q", c.what, key, reason.En, again, words.En)
			}
			known.Personalized = false
			if key, reason := segment.Decide(pages, known); key != segment.Default || reason != (i18n.Text{}) {
				t.Errorf("%s, personal pages off: %s because %q", c.what, key, reason.En)
			}
		}
	})
}

func TestOnceAndEverIsToldWithItsDay(t *testing.T) {
	d := dbtest.SQLite(t)
	shop(t, d)
	if err := d.InTx(ctx, func(tx *db.Tx) error {
		return segment.Put(ctx, tx, segment.Segment{Key: "reader", Rule: rule(segment.Condition{Fact: "bought", Is: "BB"})})
	}); err != nil {
		t.Fatal(err)
	}
	who := signUp(t, d, customer.SignUpForm{Email: "once@shop.example", Personalize: true, History: true})
	buy(t, d, who, 1, "placed", "paid", "2025-03-04")
	if _, reason := of(t, d, who); reason.En != "You bought from Baby and formula on 4 March 2025" || reason.Zh != "您在2025年3月4日买过“母婴”里的东西" {
		t.Errorf("%+v", reason)
	}
}

// shop fills a database with the home pages, a department with a shelf, a
// product on it, and one that is sensitive.
func shop(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, s := range pages {
			if err := segment.Put(ctx, tx, s); err != nil {
				return err
			}
		}
		for _, sql := range []string{
			`INSERT INTO categories (id, parent_id, code, slug, name, created_at, updated_at) VALUES (1, NULL, 'BB', 'baby', '{"en":"Baby and formula","zh":"母婴"}', 1, 1), (2, 1, 'BB-F', 'feeding', '{"en":"Feeding"}', 1, 1)`,
			`INSERT INTO products (id, code, slug, category_id, name, sensitive, created_at, updated_at) VALUES (1, 'BB01', 'bottle', 2, '{"en":"Bottle"}', FALSE, 1, 1), (2, 'BB15', 'drops', 2, '{"en":"Drops"}', TRUE, 1, 1)`,
			`INSERT INTO variants (id, product_id, sku, created_at, updated_at) VALUES (1, 1, 'BB01', 1, 1), (2, 2, 'BB15', 1, 1)`,
		} {
			if err := tx.Query(ctx).Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var numbers int

func buy(t *testing.T, d *db.DB, c *customer.Customer, product int, state, payment string, days ...string) {
	t.Helper()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, day := range days {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				return err
			}
			numbers++
			n := fmt.Sprint("N", numbers)
			if err := tx.Query(ctx).Exec(`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, currency, subtotal, total, state, payment_state, placed_at)
				VALUES (?, ?, ?, ?, ?, 'x@shop.example', 'USD', 5, 5, ?, ?, ?)`, numbers, n, n, n, int64(c.ID), state, payment, db.At(at.Add(9*time.Hour))).Error; err != nil {
				return err
			}
			if err := tx.Query(ctx).Exec(`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total)
				VALUES (?, 1, ?, ?, 'S', '{"en":"x"}', 1, 5, 5)`, numbers, product, product).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func signUp(t *testing.T, d *db.DB, f customer.SignUpForm) *customer.Customer {
	t.Helper()
	var c *customer.Customer
	if err := d.InTx(ctx, func(tx *db.Tx) (err error) { c, err = customer.SignUp(ctx, tx, f, now); return err }); err != nil {
		t.Fatal(err)
	}
	return c
}

func of(t *testing.T, d *db.DB, c *customer.Customer) (string, i18n.Text) {
	t.Helper()
	p, err := customer.Read(ctx, d, "", c.ID)
	if err != nil {
		t.Fatal(err)
	}
	s, reason, err := segment.Of(ctx, d, p, now)
	if err != nil {
		t.Fatal(err)
	}
	return s.Key, reason
}

func TestPurchasesCountOnlyWithConsentAndNeverSensitiveOnes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		three := []string{"2026-09-01", "2026-10-01", "2026-11-01"}
		for _, c := range []struct {
			what           string
			form           customer.SignUpForm
			product        int
			state, payment string
			want           string
		}{
			{"bought and allows it", customer.SignUpForm{Personalize: true, History: true}, 1, "placed", "paid", "new-parent"},
			{"history off", customer.SignUpForm{Personalize: true}, 1, "placed", "paid", segment.Default},
			{"personal pages off", customer.SignUpForm{History: true}, 1, "placed", "paid", segment.Default},
			{"sensitive goods", customer.SignUpForm{Personalize: true, History: true}, 2, "placed", "paid", segment.Default},
			{"never paid", customer.SignUpForm{Personalize: true, History: true}, 1, "placed", "pending", segment.Default},
			{"cancelled", customer.SignUpForm{Personalize: true, History: true}, 1, "cancelled", "paid", segment.Default},
		} {
			c.form.Email = fmt.Sprintf("p%d@shop.example", numbers)
			who := signUp(t, d, c.form)
			buy(t, d, who, c.product, c.state, c.payment, three...)
			key, reason := of(t, d, who)
			if key != c.want {
				t.Errorf("%s: %s because %q, want %s", c.what, key, reason.En, c.want)
			}
			if key == "new-parent" && reason.En != "You bought from Baby and formula on 3 days since September" {
				t.Errorf("%s: because %q", c.what, reason.En)
			}
		}
		if s, reason, err := segment.Of(ctx, d, nil, now); err != nil || s.Key != segment.Default || reason.En != "" || s.Title.En != "t" {
			t.Errorf("a stranger: %+v because %q, %v", s, reason.En, err)
		}
	})
}

func TestOffIsOffAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		who := signUp(t, d, customer.SignUpForm{Email: "chen@shop.example", Occupation: "student", Personalize: true})
		members := func() map[string]int {
			n, err := segment.Counts(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		set := func(on bool) {
			if err := d.InTx(ctx, func(tx *db.Tx) error {
				if err := customer.SetConsent(ctx, tx, who.ID, customer.Personalize, on, "preferences", now); err != nil {
					return err
				}
				return segment.Refresh(ctx, tx, who.ID, now)
			}); err != nil {
				t.Fatal(err)
			}
		}
		set(true)
		if key, _ := of(t, d, who); key != "student" || members()["student"] != 1 {
			t.Errorf("on: %s, members %v", key, members())
		}
		set(false)
		if key, reason := of(t, d, who); key != segment.Default || reason.En != "" || len(members()) != 0 {
			t.Errorf("off: %s because %q, members %v", key, reason.En, members())
		}
	})
}

func TestRebuildGivesWhatTheSingleDecisionsGave(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		const n = 1200
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			var people, interests, consents [][]any
			lives := []string{"student", "parent", "office"}
			for i := 1; i <= n; i++ {
				email := fmt.Sprintf("p%d@shop.example", i)
				people = append(people, []any{i, email, email, 1, 1})
				interests = append(interests, []any{i, "life", lives[i%3], 1})
				consents = append(consents, []any{i, "personalize", i%10 != 0, "test", 1})
			}
			if _, err := tx.Insert(ctx, "customers", []string{"id", "email", "email_key", "created_at", "updated_at"}, people, false); err != nil {
				return err
			}
			if _, err := tx.Insert(ctx, "interests", []string{"customer_id", "kind", "value", "at"}, interests, false); err != nil {
				return err
			}
			_, err := tx.Insert(ctx, "consents", []string{"customer_id", "purpose", "given", "source", "at"}, consents, false)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		rebuild := func(at time.Time) {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return segment.Rebuild(ctx, tx, at) }); err != nil {
				t.Fatal(err)
			}
		}
		read := func(since string) string {
			var rows []struct {
				CustomerID      int64
				Segment, Reason string
				Since           int64
			}
			if err := d.Query(ctx).Raw("SELECT customer_id, segment, reason, " + since + " AS since FROM segment_members ORDER BY customer_id").Scan(&rows).Error; err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(rows)
		}
		began := time.Now()
		rebuild(now)
		t.Logf("a rebuild of %d people took %v", n, time.Since(began))
		whole := read("since")
		if whole != read("0") { // they were in before anybody counted
			t.Error("the first rebuild says that everybody came in just now")
		}
		if counts, _ := segment.Counts(ctx, d); counts["student"] != 360 || counts["new-parent"] != 360 || len(counts) != 2 {
			t.Errorf("members: %v", counts)
		}
		rebuild(now.Add(time.Hour))
		if read("since") != whole {
			t.Error("a second rebuild moved people, or the day they came in")
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("DELETE FROM segment_members").Error; err != nil {
				return err
			}
			for i := 1; i <= n; i++ {
				if err := segment.Refresh(ctx, tx, customer.ID(i), now); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if read("0") != whole {
			t.Error("one by one gives other members than all at once")
		}
	})
}

func TestWhatCannotBeDecidedIsNotKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, s := range map[string]segment.Segment{
			"no key": {}, "unknown fact": {Key: "x", Rule: rule(segment.Condition{Fact: "salary", Is: "high"})},
			"a rule for everybody": {Key: segment.Default, Rule: rule(segment.Condition{Fact: "life", Is: "parent"})},
		} {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return segment.Put(ctx, tx, s) }); err == nil {
				t.Errorf("%s was kept", name)
			}
		}
	})
}
