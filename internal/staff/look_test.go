package staff_test

import (
	"context"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestEachLookAtAPersonIsNoted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		var bo *staff.Staff
		err := d.InTx(ctx, func(tx *db.Tx) (err error) {
			bo, err = staff.Add(ctx, tx, "bo@shop.example", "Bo", staff.Support, "x", now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []struct {
			whom  int64
			what  string
			after time.Duration
		}{{7, staff.LookCard, 0}, {7, staff.LookCard, time.Minute}, {7, staff.LookProof, time.Minute}, {8, staff.LookCard, 2 * time.Minute}, {7, staff.LookCard, 11 * time.Minute}} {
			if err := staff.Looked(ctx, d, bo.ID, l.whom, l.what, now.Add(l.after)); err != nil {
				t.Fatal(err)
			}
		}
		read := func(f staff.LookFilter) []staff.Seen {
			f.Limit = 10
			rows, err := staff.Looks(ctx, d, f)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		all := read(staff.LookFilter{})
		if len(all) != 4 || all[0].Name != "Bo" || all[3].Count != 2 {
			t.Errorf("two looks within ten minutes are one row: %+v", all)
		}
		if n := len(read(staff.LookFilter{Customer: 7, What: staff.LookCard})); n != 2 {
			t.Errorf("%d looks at the card of 7, want 2", n)
		}
		var gone int64
		err = d.InTx(ctx, func(tx *db.Tx) (err error) {
			gone, err = staff.DropLooks(ctx, tx, now.Add(10*time.Minute), 100)
			return err
		})
		if err != nil || gone != 3 || len(read(staff.LookFilter{})) != 1 {
			t.Errorf("%d went, %v", gone, err)
		}
	})
}
