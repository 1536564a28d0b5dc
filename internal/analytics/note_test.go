package analytics_test

import (
	"strings"
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
)

func TestNotesAreKeptUntilTheyAreTakenAway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add := func(day, body string) error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				return analytics.AddNote(ctx, tx, analytics.Note{Day: day, Body: body, StaffID: 1}, midnight)
			})
		}
		must(t, add("2026-03-03", " Delivery is told in the cart now "))
		for _, wrong := range [][2]string{{"yesterday", "x"}, {"2026-03-03", " "}, {"2026-03-03", strings.Repeat("长", 201)}} {
			if err := add(wrong[0], wrong[1]); fault.Kind(err) != fault.Invalid {
				t.Errorf("%v: %v", wrong, err)
			}
		}
		notes, err := analytics.Notes(ctx, d, "2026-03-01", "2026-03-31")
		must(t, err)
		if len(notes) != 1 || notes[0].Body != "Delivery is told in the cart now" {
			t.Fatalf("notes %+v", notes)
		}
		for i, want := range []error{nil, fault.NotFound} {
			err := d.InTx(ctx, func(tx *db.Tx) error { _, err := analytics.DropNote(ctx, tx, notes[0].Token); return err })
			if fault.Kind(err) != want {
				t.Errorf("taken away the %d. time: %v", i+1, err)
			}
		}
	})
}

func TestAStepOutOfItsBandIsSeen(t *testing.T) {
	sums := func(started, checkout int) analytics.Sums {
		return analytics.Sums{Figures: analytics.Figures{Started: started, Checkout: checkout, Converted: checkout}, Contact: checkout, Delivery: checkout, Payment: checkout}
	}
	for _, c := range []struct {
		week, before analytics.Sums
		out, few     bool
	}{
		{sums(400, 200), sums(3200, 1600), false, false},
		{sums(400, 180), sums(3200, 1600), false, false}, // 55 % against 50 ± 8
		{sums(400, 160), sums(3200, 1600), true, false},
		{sums(400, 240), sums(3200, 1600), true, false}, // better is news, too
		{sums(99, 9), sums(3200, 1600), false, true},
	} {
		b := analytics.BandsOf(c.week, c.before)[0]
		if b.OutOf != c.out || b.TooFewFor != c.few {
			t.Errorf("%+v", b)
		}
	}
}
