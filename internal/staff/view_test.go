package staff_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/staff"
)

func TestAViewIsItsOwnersOrEverybodys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		save := func(whose staff.ID, name, query string) (token string, err error) {
			err = d.InTx(ctx, func(tx *db.Tx) (err error) {
				token, err = staff.SaveView(ctx, tx, staff.View{List: "orders", Whose: whose, MadeBy: 1, Name: name, Query: query}, now)
				return err
			})
			return token, err
		}
		mine, err := save(1, " To  pack ", "state=to-ship")
		if err != nil {
			t.Fatal(err)
		}
		again, _ := save(1, "To pack", "state=waiting")
		ours, _ := save(0, "To pack", "state=flagged")
		if again != mine || ours == mine {
			t.Errorf("%s was saved again as %s, for everybody as %s", mine, again, ours)
		}
		for _, wrong := range []string{" ", strings.Repeat("长", 61)} {
			if _, err := save(1, wrong, ""); fault.Kind(err) != fault.Invalid {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		open := func(who staff.ID, token string) {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return staff.OpenWith(ctx, tx, who, "orders", token) }); err != nil {
				t.Fatal(err)
			}
		}
		open(1, mine)
		open(1, ours)
		of := func(who staff.ID) (all []string) {
			views, err := staff.Views(ctx, d, who, "orders")
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range views {
				word := v.Query
				if v.First {
					word += " first"
				}
				all = append(all, word)
			}
			return all
		}
		if got := strings.Join(of(1), "|"); got != "state=waiting|state=flagged first" {
			t.Errorf("the first sees %s", got)
		}
		if got := strings.Join(of(2), "|"); got != "state=flagged" {
			t.Errorf("another sees %s", got)
		}
		if _, err := staff.ViewBy(ctx, d, 2, mine); fault.Kind(err) != fault.NotFound {
			t.Errorf("another's view: %v", err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return staff.DropView(ctx, tx, ours) }); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(of(1), "|"); got != "state=waiting" {
			t.Errorf("the first sees %s when everybody's is gone", got)
		}
	})
}
