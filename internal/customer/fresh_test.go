package customer_test

import (
	"errors"
	"fmt"
	"slices"
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

func TestAChildGrowsByTheCalendarAlone(t *testing.T) {
	born := customer.Date{Kind: "child", Year: 2024, Month: 2, Day: 29}
	for day, want := range map[string]int{"2024-02-29": 0, "2024-03-28": 0, "2024-03-29": 1, "2025-02-28": 11, "2025-03-01": 12, "2028-02-28": 47, "2028-02-29": 48} {
		at, _ := time.Parse(time.DateOnly, day)
		if n, ok := born.Months(at); !ok || n != want {
			t.Errorf("on %s %d months, want %d", day, n, want)
		}
	}
	if _, ok := born.Months(born2024.AddDate(0, 0, -1)); ok {
		t.Error("a child that is not born has an age")
	}
	for _, no := range []customer.Date{{Kind: "child", Month: 5}, {Kind: "birthday", Year: 2020, Month: 5, Day: 1}} {
		if _, ok := no.Months(now); ok {
			t.Errorf("%+v has an age in months", no)
		}
	}
	for i, s := range customer.Sizes {
		if got, ok := customer.SizeAt(s.From); !ok || got != s {
			t.Errorf("at %d months: %v", s.From, got)
		}
		if i > 0 && s.From != customer.Sizes[i-1].To {
			t.Errorf("between %s and %s there is a gap", customer.Sizes[i-1].Key, s.Key)
		}
		if !customer.Fits(s.Key, s.From) || !customer.Fits(s.Key, s.To-1) || customer.Fits(s.Key, s.To) || s.From > 0 && customer.Fits(s.Key, s.From-1) {
			t.Errorf("%s does not fit the ages it names", s.Key)
		}
	}
	if customer.Fits("s", 3) || customer.Fits("240", 3) || customer.Fits("3-6", 4) {
		t.Error("what names no ages fits somebody")
	}
}

var born2024 = time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)

func TestAChildKnownByItsSizeWearsItThatDayAndGrowsOutOfIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		li := signUp(t, d, customer.SignUpForm{Email: "li@shop.example"})
		for _, s := range customer.Sizes {
			for day := now; day.Before(now.AddDate(1, 0, 0)); day = day.AddDate(0, 0, 29) {
				var token string
				inTx(t, d, func(tx *db.Tx) (err error) {
					token, err = customer.PutDate(ctx, tx, li.ID, customer.Date{Kind: "child", Size: s.Key}, day)
					return err
				})
				all, _ := customer.Dates(ctx, d, li.ID)
				months, ok := all[0].Months(day)
				if got, _ := customer.SizeAt(months); !ok || got != s || all[0].Day != 0 || all[0].Size != s.Key {
					t.Fatalf("%s on %s: %d months, %v", s.Key, day.Format(time.DateOnly), months, got)
				}
				if months, _ := all[0].Months(day.AddDate(0, s.To-s.From, 0)); months < s.To {
					t.Fatalf("%s on %s: still not out of it after %d months", s.Key, day.Format(time.DateOnly), s.To-s.From)
				}
				inTx(t, d, func(tx *db.Tx) error { return customer.DropDate(ctx, tx, li.ID, token) })
			}
		}
		for _, wrong := range []customer.Date{{Kind: "child", Size: "xl"}, {Kind: "gift", Month: 2, Size: "3-6m"}} {
			err := d.InTx(ctx, func(tx *db.Tx) error { _, err := customer.PutDate(ctx, tx, li.ID, wrong, now); return err })
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
	})
}

// facts lists an account's as "key place days-old".
func facts(t *testing.T, d *db.DB, id customer.ID, at time.Time) string {
	t.Helper()
	c, err := customer.ByID(ctx, d, id)
	if err != nil {
		t.Fatal(err)
	}
	all, err := customer.Facts(ctx, d, c)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%s %s %d", f.Kind(), f.Place, int(at.Sub(f.Since()).Hours()/24)))
	}
	return strings.Join(out, ", ")
}

func fill(tx *db.Tx, id customer.ID, place customer.Place, typed customer.Typed, at time.Time) error {
	_, err := customer.Fill(ctx, tx, id, place, typed, at)
	return err
}

func TestEveryFactKnowsWhereAndWhenItWasSaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		li := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", Name: "Li"})
		day := func(n int) time.Time { return now.AddDate(0, 0, n) }
		inTx(t, d, func(tx *db.Tx) error {
			return errors.Join(
				customer.SetProfile(ctx, tx, li.ID, customer.Profile{Name: "Li", BirthDate: "1999-06-21", Occupation: "office"}, day(10)),
				customer.SetReach(ctx, tx, li.ID, i18n.Chinese, "cn", "phone", day(15)),
				customer.SetInterests(ctx, tx, li.ID, "life", []string{"parent"}, day(20)),
				fill(tx, li.ID, customer.AtCheckout, customer.Typed{Name: "Somebody else", Phone: "138 0013 8000", Country: "DE",
					Address: customer.Address{Name: "Li Na", Country: "CN", Line1: "1 Bank Street", City: "Riverside", Phone: "138 0013 8000"}}, day(30)))
		})
		if got := facts(t, d, li.ID, day(40)); got != "name sign-up 40, birth_date account 30, occupation account 30, phone checkout 10, country account 25, channel account 25, life account 20, address checkout 10" {
			t.Errorf("facts: %s", got)
		}
		c, _ := customer.ByID(ctx, d, li.ID)
		if c.Name != "Li" || c.Phone != "138 0013 8000" || c.Country != "CN" || c.Channel != "phone" || c.Lang != i18n.Chinese {
			t.Errorf("the account: %+v", c)
		}
		// The same door again is no second address, in whatever case; a name alone adds nothing.
		inTx(t, d, func(tx *db.Tx) error {
			return errors.Join(fill(tx, li.ID, customer.AtCheckout, customer.Typed{Address: customer.Address{Name: "LI  NA", Country: "CN", Line1: "1 bank street ", City: "riverside"}}, day(31)),
				fill(tx, li.ID, customer.AtQuestion, customer.Typed{Name: "Li Na"}, day(31)),
				fill(tx, li.ID, customer.AtCheckout, customer.Typed{Address: customer.Address{Country: "Utopia", Line1: "1"}}, day(31)))
		})
		if list, _ := customer.Addresses(ctx, d, li.ID); len(list) != 1 || list[0].Phone != "" || !list[0].First {
			t.Errorf("addresses: %+v", list)
		}
		inTx(t, d, func(tx *db.Tx) error {
			return errors.Join(customer.StillRight(ctx, tx, li.ID, []string{"name", "life", "date:nobodys"}, day(40)),
				customer.DropFact(ctx, tx, li.ID, "phone", day(40)), customer.DropFact(ctx, tx, li.ID, "channel", day(40)))
		})
		if got := facts(t, d, li.ID, day(40)); got != "name sign-up 0, birth_date account 30, occupation account 30, country account 25, life account 0, address checkout 10" {
			t.Errorf("after confirming and dropping: %s", got)
		}
		for _, wrong := range []string{"email", "password_hash", "name = 'x'; --", "date:", "date:nobodys", ""} {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return customer.DropFact(ctx, tx, li.ID, wrong, now) }); !errors.Is(err, fault.NotFound) {
				t.Errorf("dropping %q: %v", wrong, err)
			}
		}
	})
}

// Every fact older than the limit is listed, none that is younger, and the
// counts are those of the list.
func TestStaleListsEveryFactOlderThanTheLimit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var people []*customer.Customer
		for i := range 12 {
			c := signUp(t, d, customer.SignUpForm{Email: fmt.Sprintf("p%d@shop.example", i), Name: []string{"", "Li"}[i%2], Country: []string{"DE", ""}[i%2]})
			people = append(people, c)
			at := func(k int) time.Time { return now.AddDate(0, 0, (i*7+k*11)%60) }
			inTx(t, d, func(tx *db.Tx) error {
				_, err1 := customer.PutDate(ctx, tx, c.ID, customer.Date{Kind: "gift", Month: 5}, at(1))
				_, err2 := customer.PutAddress(ctx, tx, c.ID, customer.Address{Name: "Li", Country: "DE", Line1: "1", City: "B"}, at(2))
				return errors.Join(err1, err2, customer.SetInterests(ctx, tx, c.ID, "hobby", []string{"reading"}, at(3)),
					customer.SetProfile(ctx, tx, c.ID, customer.Profile{Name: c.Name, Phone: "030 1234567", Occupation: []string{"", "writer"}[i/6]}, at(4)),
					customer.StillRight(ctx, tx, c.ID, []string{[]string{"phone", "hobby", "name"}[i%3]}, at(5)))
			})
		}
		inTx(t, d, func(tx *db.Tx) error { return customer.Erase(ctx, tx, people[11].ID, now) })
		for limit := range 61 {
			before := now.AddDate(0, 0, limit)
			var want []string
			kinds := map[string][2]int{}
			for _, p := range people[:11] {
				c, _ := customer.ByID(ctx, d, p.ID)
				all, _ := customer.Facts(ctx, d, c)
				for _, f := range all {
					k := kinds[f.Kind()]
					k[0]++
					if f.Since().Before(before) {
						k[1]++
						want = append(want, fmt.Sprintf("%d %s", p.ID, f.Key))
					}
					kinds[f.Kind()] = k
				}
			}
			rows, err := customer.Stale(ctx, d, before, false, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, fmt.Sprintf("%d %s", r.CustomerID, r.Fact))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("before day %d: %v, want %v", limit, got, want)
			}
			counts, err := customer.StaleCounts(ctx, d, before, false)
			if err != nil || len(counts) != len(kinds) {
				t.Fatalf("counts: %v %v", counts, err)
			}
			for _, c := range counts {
				if kinds[c.Kind] != [2]int{c.Known, c.Stale} {
					t.Errorf("before day %d: %+v, want %v", limit, c, kinds[c.Kind])
				}
			}
		}
	})
}

func TestTheHourIsOnesOwnAndUnknownUnderThreeLooks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		li, other := signUp(t, d, customer.SignUpForm{Email: "li@shop.example"}), signUp(t, d, customer.SignUpForm{Email: "other@shop.example"})
		shanghai, err := time.LoadLocation("Asia/Shanghai")
		if err != nil {
			t.Fatal(err)
		}
		look := func(id customer.ID, at ...time.Time) {
			var log []event.Event
			for _, a := range at {
				log = append(log, event.Event{At: db.At(a), Kind: event.ItemSeen, CustomerID: int64(id)})
			}
			inTx(t, d, func(tx *db.Tx) error { return event.Write(ctx, tx, log) })
		}
		hour := func() string {
			h, ok, err := customer.FavouriteHour(ctx, d, li.ID, shanghai)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return "unknown"
			}
			return fmt.Sprintf("%d on %d of %d days, %d looks", h.From, h.Days, h.Of, h.Events)
		}
		night := time.Date(2026, 11, 1, 17, 20, 0, 0, time.UTC) // twenty past one in Shanghai, the day after
		for day := range 9 {
			look(other.ID, night.AddDate(0, 0, day).Add(9*time.Hour))
		}
		look(li.ID, night, night.Add(time.Minute))
		if got := hour(); got != "unknown" {
			t.Errorf("after two looks: %s", got)
		}
		look(li.ID, night.AddDate(0, 0, 1), night.Add(5*time.Hour), night.Add(5*time.Hour+time.Minute), night.Add(5*time.Hour+2*time.Minute))
		if got := hour(); got != "1 on 2 of 2 days, 6 looks" { // two nights outweigh one long morning
			t.Errorf("the hour: %s", got)
		}
		inTx(t, d, func(tx *db.Tx) error { return customer.DropFact(ctx, tx, li.ID, "hour", night.AddDate(0, 0, 3)) })
		if got := hour(); got != "unknown" {
			t.Errorf("taken out: %s", got)
		}
		look(li.ID, night.AddDate(0, 0, 4), night.AddDate(0, 0, 5), night.AddDate(0, 0, 6))
		if got := hour(); got != "1 on 3 of 3 days, 3 looks" {
			t.Errorf("begun anew: %s", got)
		}
	})
}

func TestABrowserRemembersWhatAGuestAskedItTo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var v *customer.Visitor
		inTx(t, d, func(tx *db.Tx) (err error) {
			_, v, err = customer.NewVisitor(ctx, tx, i18n.English, now)
			return err
		})
		if r, err := customer.RememberedBy(ctx, d, v.ID); r != nil || err != nil {
			t.Fatalf("before anything: %+v %v", r, err)
		}
		inTx(t, d, func(tx *db.Tx) error {
			return errors.Join(
				customer.Remember(ctx, tx, customer.Remembered{VisitorID: v.ID, Email: "Guest@shop.example", Name: "Ann", Phone: "030 1234567", Country: "DE", Line1: "1 Road", City: "Berlin", Postcode: "10115"}, now),
				customer.Remember(ctx, tx, customer.Remembered{VisitorID: v.ID, Name: "Ann Lee"}, now.Add(time.Hour)))
		})
		r, err := customer.RememberedBy(ctx, d, v.ID)
		if err != nil || r.Name != "Ann Lee" || r.Email != "Guest@shop.example" || r.EmailKey != "guest@shop.example" || r.Line1 != "1 Road" || r.Phone == "" {
			t.Errorf("a question after an order: %+v %v", r, err)
		}
		// A browser that is to remember is no mere cart's key; when it goes in the end, so does what it kept.
		old := func(guests bool) int {
			ids, err := customer.OldVisitors(ctx, d, now.AddDate(1, 0, 0), guests, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(ids)
		}
		if old(true) != 0 || old(false) != 1 {
			t.Errorf("%d browsers are carts' keys, %d old at all", old(true), old(false))
		}
		inTx(t, d, func(tx *db.Tx) error {
			_, other, err := customer.NewVisitor(ctx, tx, i18n.English, now)
			if err != nil {
				return err
			}
			if err := customer.Remember(ctx, tx, customer.Remembered{VisitorID: other.ID, Name: "Bo"}, now); err != nil {
				return err
			}
			_, err = customer.DropVisitors(ctx, tx, []int64{int64(other.ID)})
			return err
		})
		if n := count(t, d, "SELECT count(*) FROM remembered"); n != 1 {
			t.Errorf("%d browsers remember", n)
		}
		// Whoever proved that the address is theirs takes it along when they erase themselves.
		inTx(t, d, func(tx *db.Tx) error {
			c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "guest@shop.example", Verified: true}, now)
			if err != nil {
				return err
			}
			return customer.Erase(ctx, tx, c.ID, now)
		})
		if r, _ := customer.RememberedBy(ctx, d, v.ID); r != nil {
			t.Errorf("after erasing: %+v", r)
		}
	})
}

// Two accounts that become one: what stays keeps the day and place at which it
// was said, and nothing gets younger.
func TestAMergeKeepsWhenThingsWereSaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		day := func(n int) time.Time { return now.AddDate(0, 0, n) }
		a := signUp(t, d, customer.SignUpForm{Email: "a@shop.example", Name: "Ann Lee"})
		b := signUp(t, d, customer.SignUpForm{Email: "b@shop.example", Name: "A. Lee"})
		inTx(t, d, func(tx *db.Tx) error {
			return errors.Join(
				customer.SetInterests(ctx, tx, a.ID, "life", []string{"parent", "maker"}, day(1)), customer.SetInterests(ctx, tx, b.ID, "life", []string{"parent", "office"}, day(9)),
				customer.SetInterests(ctx, tx, a.ID, "hobby", []string{"films"}, day(2)),
				customer.DropFact(ctx, tx, a.ID, "hour", day(3)),
				customer.SetReach(ctx, tx, b.ID, i18n.English, "", "mail", day(5)),
				fill(tx, b.ID, customer.AtCheckout, customer.Typed{Phone: "030 1234567"}, day(6)),
				fill(tx, a.ID, customer.AtCheckout, customer.Typed{Country: "DE", Address: customer.Address{Name: "Ann", Country: "DE", Line1: "1", City: "B"}}, day(7)),
				customer.Absorb(ctx, tx, a.ID, b.ID, day(10)))
		})
		if got := facts(t, d, b.ID, day(10)); got != "name sign-up 10, phone checkout 4, country checkout 3, channel account 5, life account 9, hobby account 8, address checkout 3" {
			t.Errorf("facts: %s", got)
		}
		if n := count(t, d, "SELECT count(*) FROM profile_facts WHERE customer_id = ?", int64(a.ID)); n != 0 {
			t.Errorf("%d notes are still the other account's", n)
		}
		if n := count(t, d, "SELECT count(*) FROM profile_facts WHERE customer_id = ? AND fact = 'hour' AND dropped_at > 0", int64(b.ID)); n != 1 {
			t.Error("the hour was taken out of one account and comes back")
		}
	})
}
