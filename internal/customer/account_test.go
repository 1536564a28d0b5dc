package customer_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

func TestProfileIsCheckedAndKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example"})
		set := func(p customer.Profile) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return customer.SetProfile(ctx, tx, c.ID, p, now) })
		}
		if err := set(customer.Profile{Name: " 李娜 ", BirthDate: "１９９９-11-23", Occupation: "engineer", Phone: "＋86 １３８ 0013 8000"}); err != nil {
			t.Fatal(err)
		}
		got, _ := customer.ByID(ctx, d, c.ID)
		if got.Name != "李娜" || got.BirthDate != "1999-11-23" || got.Phone != "+86 138 0013 8000" {
			t.Errorf("kept %+v", got)
		}
		for at, want := range map[time.Time]int{now: 26, now.AddDate(0, 0, 1): 27, now.AddDate(1, 0, 0): 27} {
			if age, ok := got.Age(at); !ok || age != want {
				t.Errorf("on %s the age is %d, want %d", at.Format(time.DateOnly), age, want)
			}
		}
		err := set(customer.Profile{Name: strings.Repeat("n", 81), BirthDate: "2026-11-23", Phone: "call me", Occupation: "a\nb"})
		if got := len(fault.Fields(err)); got != 4 {
			t.Errorf("four wrong inputs, %d named: %v", got, err)
		}
		for _, p := range []string{"1899-01-01", "2026-02-30", "yesterday"} {
			if err := set(customer.Profile{BirthDate: p}); !errors.Is(err, fault.Invalid) {
				t.Errorf("born %s: %v", p, err)
			}
		}
	})
}

func TestTilesDatesAndAddresses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		li, other := signUp(t, d, customer.SignUpForm{Email: "li@shop.example"}), signUp(t, d, customer.SignUpForm{Email: "other@shop.example"})
		do := func(fn func(tx *db.Tx) error) error { return d.InTx(ctx, fn) }
		tiles := func(values ...string) error {
			return do(func(tx *db.Tx) error { return customer.SetInterests(ctx, tx, li.ID, "interest", values, now) })
		}
		inTx(t, d, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO interests (customer_id, kind, value, source, at) VALUES (?, 'interest', 'tools', 'inferred', 1)", int64(li.ID)).Error
		})
		if err := errors.Join(tiles("books", "baby", "books"), tiles("baby", "plants")); err != nil {
			t.Fatal(err)
		}
		rows, _ := customer.Interests(ctx, d, li.ID)
		var have []string
		for _, r := range rows {
			have = append(have, r.Value+" "+r.Source)
		}
		if got := strings.Join(have, ", "); got != "tools inferred, baby said, plants said" {
			t.Errorf("tiles: %s", got)
		}
		if err := tiles("gold"); !errors.Is(err, fault.Invalid) {
			t.Errorf("a tile that is not offered: %v", err)
		}

		var date string
		put := func(id customer.ID, day customer.Date) error {
			return do(func(tx *db.Tx) (err error) { date, err = customer.PutDate(ctx, tx, id, day, now); return err })
		}
		if err := put(li.ID, customer.Date{Kind: "gift", Label: "Mother", Month: 5, Remind: true}); err != nil {
			t.Fatal(err)
		}
		mine := date
		for name, wrong := range map[string]customer.Date{"31 June": {Kind: "other", Month: 6, Day: 31}, "29 February 2027": {Kind: "other", Month: 2, Day: 29, Year: 2027},
			"month 13": {Kind: "other", Month: 13}, "no kind": {Month: 5}} {
			if err := put(li.ID, wrong); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := put(other.ID, customer.Date{Token: mine, Kind: "gift", Month: 6}); !errors.Is(err, fault.NotFound) {
			t.Errorf("somebody else changed a date: %v", err)
		}
		if err := do(func(tx *db.Tx) error { return customer.DropDate(ctx, tx, other.ID, mine) }); !errors.Is(err, fault.NotFound) {
			t.Errorf("somebody else dropped a date: %v", err)
		}

		home := customer.Address{Name: "Li Na", Country: "cn", Line1: "1 Bank Street", City: "Riverside", First: true}
		var tokens []string
		for range 2 {
			inTx(t, d, func(tx *db.Tx) error {
				token, err := customer.PutAddress(ctx, tx, li.ID, home, now)
				tokens = append(tokens, token)
				return err
			})
		}
		list, _ := customer.Addresses(ctx, d, li.ID)
		if len(list) != 2 || !list[0].First || list[1].First || list[0].Token != tokens[1] || list[0].Country != "CN" {
			t.Errorf("addresses: %+v", list)
		}
		if err := do(func(tx *db.Tx) error {
			_, err := customer.PutAddress(ctx, tx, li.ID, customer.Address{Country: "China"}, now)
			return err
		}); len(fault.Fields(err)) != 4 {
			t.Errorf("an empty address: %v", err)
		}
		if err := do(func(tx *db.Tx) error { return customer.DropAddress(ctx, tx, other.ID, tokens[0]) }); !errors.Is(err, fault.NotFound) {
			t.Errorf("somebody else dropped an address: %v", err)
		}
	})
}

func TestAPersonTakesTheirDataAndLeaves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		li := signUp(t, d, customer.SignUpForm{Email: "Li.Canary@shop.example", Name: "Li Canary", PasswordHash: "x", Personalize: true, MailOffers: true})
		var token string
		inTx(t, d, func(tx *db.Tx) error {
			var v *customer.Visitor
			var err error
			if token, v, err = customer.NewVisitor(ctx, tx, i18n.English, now); err != nil {
				return err
			}
			_, err1 := customer.PutDate(ctx, tx, li.ID, customer.Date{Kind: "gift", Label: "Canary gift", Month: 5}, now)
			_, err2 := customer.PutAddress(ctx, tx, li.ID, customer.Address{Name: "Canary", Country: "GB", Line1: "1 Canary Wharf", City: "London"}, now)
			return errors.Join(err1, err2,
				customer.Remember(ctx, tx, customer.Remembered{VisitorID: v.ID, Name: "Canary at the till"}, now),
				customer.SetReach(ctx, tx, li.ID, i18n.English, "GB", "phone", now),
				customer.Join(ctx, tx, v.ID, li.ID, now),
				customer.SetProfile(ctx, tx, li.ID, customer.Profile{Name: "Li Canary", BirthDate: "1999-01-01", Occupation: "canary"}, now),
				customer.SetInterests(ctx, tx, li.ID, "life", []string{"parent"}, now),
				event.Write(ctx, tx, []event.Event{{At: db.At(now), Kind: event.SearchDone, VisitorID: int64(v.ID), CustomerID: int64(li.ID), Detail: "canary seed"}}),
				tx.Query(ctx).Exec(`INSERT INTO orders (number, place_key, access_hash, customer_id, email, name, currency, subtotal, total, placed_at)
					VALUES ('K7', 'k', 'h', ?, ?, ?, 'USD', 5, 5, ?)`, int64(li.ID), "li.canary@shop.example", "Li Canary", db.At(now)).Error)
		})
		all, err := customer.Export(ctx, d, li.ID)
		if err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Li.Canary@shop.example", "Canary gift", "1 Canary Wharf", "1999-01-01", `"parent"`, "canary seed", `"K7"`, "mail.offers", "Canary at the till", `"channel":"phone"`, `"fact":"birth_date","place":"account"`} {
			if !strings.Contains(string(out), word) {
				t.Errorf("the export lacks %s", word)
			}
		}

		inTx(t, d, func(tx *db.Tx) error {
			return customer.Erase(ctx, tx, li.ID, now.Add(time.Hour), func(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
				return tx.Query(ctx).Exec("UPDATE orders SET email = '', name = '' WHERE customer_id = ?", int64(id)).Error
			})
		})
		for _, table := range []string{"customers", "interests", "important_dates", "addresses", "consents", "consent_log", "events", "visitors", "orders", "person_tokens", "profile_facts", "remembered"} {
			var rows []map[string]any
			if err := d.Query(ctx).Table(table).Find(&rows).Error; err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				for column, value := range row {
					if s, ok := value.(string); ok && strings.Contains(strings.ToLower(s), "canary") {
						t.Errorf("%s.%s still says %q", table, column, s)
					}
				}
			}
		}
		if n := count(t, d, "SELECT count(*) FROM orders"); n != 1 {
			t.Error("the order is gone; the law of accounts keeps it")
		}
		if ok, _ := customer.MayMail(ctx, d, li.ID, customer.MailOffers); ok {
			t.Error("an erased person may still be mailed")
		}
		if n := count(t, d, "SELECT count(*) FROM events WHERE visitor_id <> 0 OR customer_id <> 0"); n != 0 {
			t.Error("behaviour still carries the person")
		}
		if _, err := customer.ByEmail(ctx, d, "li.canary@shop.example"); !errors.Is(err, fault.NotFound) {
			t.Errorf("found after erasure: %v", err)
		}
		if p, err := customer.Read(ctx, d, token, li.ID); err != nil || p.SignedIn() || p.Personalized() {
			t.Errorf("a session of an erased person: %+v %v", p, err)
		}
		signUp(t, d, customer.SignUpForm{Email: "li.canary@shop.example"}) // may come back as somebody new
	})
}

func TestImportPassesOverWhoIsHereAlready(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		li := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", Name: "Li Na", Personalize: true})
		rows := []customer.Imported{
			{ExternalID: "12347", Email: "12347@import.invalid", Country: "IS", Since: db.At(now.AddDate(-9, 0, 0))},
			{ExternalID: "88", Email: "LI@shop.example", Name: "Somebody else"},
		}
		for range 2 {
			inTx(t, d, func(tx *db.Tx) error { return customer.Import(ctx, tx, rows, now) })
		}
		if n := count(t, d, "SELECT count(*) FROM customers"); n != 2 {
			t.Errorf("%d accounts", n)
		}
		if n := count(t, d, "SELECT count(*) FROM customers WHERE external_id = '12347' AND imported = TRUE AND password_hash = '' AND country = 'IS'"); n != 1 {
			t.Error("the person of the history is not there")
		}
		if got, _ := customer.ByID(ctx, d, li.ID); got.Name != "Li Na" || got.Imported || got.ExternalID != nil {
			t.Errorf("one who was here already: %+v", got)
		}
	})
}
