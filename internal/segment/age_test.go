package segment_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/segment"
)

// Everybody born on any day of four years, 29 February among them, is in the
// segment of an age exactly when customer.Age says so: on every day of four
// other years on SQLite, on those around the ends of months on Postgres too. A
// rule asked as a statement and of the facts of one person says the same.
func TestAgesInRulesAreThoseOfTheAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		first := time.Date(2003, 3, 1, 0, 0, 0, 0, time.UTC)
		var all []customer.Newcomer
		for i := range 4*365 + 1 {
			born := first.AddDate(0, 0, i).Format(time.DateOnly)
			all = append(all, customer.Newcomer{Customer: customer.Customer{Email: fmt.Sprintf("born-%s@shop.example", born), BirthDate: born, Contact: "verified", Lang: "en", CreatedAt: db.At(now)},
				Given: []customer.Purpose{customer.Personalize}, Source: "test"})
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return customer.CreateMany(ctx, tx, all) }); err != nil {
			t.Fatal(err)
		}
		if err := segment.Renew(ctx, d, segment.ByRebuild, now); err != nil {
			t.Fatal(err)
		}
		book, err := segment.Read(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		rule, wrong := segment.Parse("age >= 21")
		if wrong != nil {
			t.Fatal(wrong)
		}
		grown := segment.Segment{Key: "grown", Rule: rule, Purpose: segment.Audience}
		leap := 0
		for i := range 4*365 + 1 {
			at := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, i)
			if edge := at.Day() <= 2 || at.Day() >= 28; !edge && i%23 != 0 {
				continue
			}
			var want []customer.ID
			for j := range all {
				if age, ok := all[j].Customer.Age(at); ok && age >= 21 {
					want = append(want, all[j].Customer.ID)
					if all[j].Customer.BirthDate[5:] == "02-29" {
						leap++
					}
				}
			}
			got, err := book.Who(ctx, d, grown, 5000, at)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("on %s the rule has %d people, the accounts %d", at.Format(time.DateOnly), len(got), len(want))
			}
		}
		if leap == 0 {
			t.Error("nobody was born on 29 February")
		}
	})
}
