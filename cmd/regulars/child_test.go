package main

import (
	"strings"
	"testing"

	"regulars/internal/db"
)

// Li Na said when her baby was born, once. Clothes open in the size of today,
// and in the next one when the baby has grown; nobody else's do, and the home
// page and the departments of whoever said what they like follow it.
func TestABabysClothesOpenInTheSizeOfToday(t *testing.T) {
	a, base := town(t, 60, 100)
	main := func(s *shopper, path string) string {
		t.Helper()
		got, err := s.get(path)
		if err != nil || got.status != 200 {
			t.Fatalf("%s: %d %v", path, got.status, err)
		}
		return mainOf(got.body)
	}
	parent := signedIn(t, base, "parent@demo.example")
	for _, path := range []string{"/p/dots-onesie-x2", "/p/little-cardigan"} {
		if page := main(parent, path); !strings.Contains(page, "3–6 months is chosen: your child is 5 months old today") {
			t.Errorf("%s does not open in the baby's size", path)
		}
		if page := main(parent, path+"?age=9-12m"); strings.Contains(page, "is chosen: your child") || !strings.Contains(page, `age=9-12m`) {
			t.Errorf("%s: another size that was clicked is not kept", path)
		}
		for _, other := range []*shopper{newShopper(base), signedIn(t, base, "engineer@demo.example")} {
			if strings.Contains(main(other, path), "your child") {
				t.Errorf("%s speaks of a child that nobody told us about", path)
			}
		}
	}
	if page := main(parent, "/p/calm-bottle"); strings.Contains(page, "your child") {
		t.Error("a bottle has no size by age")
	}
	// Three months pass: the same as if the baby had been born three months before.
	err := a.db.InTx(t.Context(), func(tx *db.Tx) error {
		return tx.Query(t.Context()).Exec("UPDATE important_dates SET month = month - 3 WHERE kind = 'child'").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := main(parent, "/p/dots-onesie-x2"); !strings.Contains(page, "6–9 months is chosen: your child is 8 months old today") {
		t.Error("the baby has grown, the size has not")
	}
	if page := main(parent, "/account/dates"); !strings.Contains(page, "8 months old today, wears 6–9 months; 9–12 months from") {
		t.Error("the account does not say how the baby grows")
	}
	if page := main(signedIn(t, base, "engineer@demo.example"), "/account"); !strings.Contains(page, "Still right?") {
		t.Error("Marco said things two years ago, and is not asked whether they hold")
	}
}
