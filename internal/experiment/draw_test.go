package experiment

import (
	"fmt"
	"math"
	"testing"
)

// TestPeopleAreDrawnEvenly: many salts, each a draw of its own; the share of
// people who go without is what was asked, and so is how often a draw is blamed.
func TestPeopleAreDrawnEvenly(t *testing.T) {
	blamed, all := 0, 0
	for salt := range 200 {
		held := 0
		for i := range 500 {
			s := fmt.Sprint("salt", salt)
			if Held(s, Person(s, fmt.Sprintf("p%d@mail.test", i)), 2000) {
				held++
			}
		}
		if all += held; evenness(500-held, held, .2) < .05 {
			blamed++
		}
	}
	if math.Abs(float64(all)-20_000) > 4*math.Sqrt(100_000*.2*.8) || blamed > 22 {
		t.Errorf("%d of 100,000 drawn for a fifth, %d of 200 draws look uneven at one in twenty", all, blamed)
	}
}
