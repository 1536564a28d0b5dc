package exchange_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
)

// What a shop measures itself by names nobody, and only people who allow it
// have told anything.
func TestHistoryAndProfilesNameNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		imported(t, d, exchange.Customers, "email,name,occupation,birth_date,interest,personalize,history,consent_evidence\n"+
			"li@mail.example,Li Na,Student,2001-05-20,books|sport,yes,yes,paper form\nbo@mail.example,Bo,teacher,,books,yes,no,paper form\n", exchange.Options{})
		imported(t, d, exchange.Orders, "number,placed_at,customer,currency,sku,name,qty,unit_price\n"+
			"N1,2026-01-02T10:00:00Z,li@mail.example,USD,A1,Alpha,2,10\nN1,2026-01-02T10:00:00Z,li@mail.example,USD,B1,Beta,1,5\nN2,2026-01-03T10:00:00Z,,USD,A1,Alpha,1,10\n", exchange.Options{})
		read := func(kind string) [][]string {
			t.Helper()
			file := exported(t, d, kind)
			for _, secret := range []string{"Li", "li@", "Bo", "N1"} {
				if strings.Contains(file, secret) {
					t.Errorf("%s holds %q:\n%s", kind, secret, file)
				}
			}
			rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		orders, people := read(exchange.History), read(exchange.Profiles)
		if len(orders) != 4 || len(people) != 2 {
			t.Fatalf("history %v\nprofiles %v", orders, people)
		}
		if orders[1][1] == "" || orders[1][1] != people[1][0] || orders[1][0] != orders[2][0] || orders[1][0] == orders[3][0] || orders[3][1] != "" {
			t.Errorf("who is who: %v, %v", orders, people)
		}
		if want := []string{"2000", "student", "", "books|sport", "", ""}; !slices.Equal(people[1][1:], want) {
			t.Errorf("told %q, want %q", people[1][1:], want)
		}
	})
}
