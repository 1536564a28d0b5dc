package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
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

// Groups with a planted ratio of 2: the range holds it about 95 times of 100.
func TestARatioHoldsWhatWasPlanted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	group := func(worth float64) (s Sample) {
		for range 800 {
			y := 0.0
			if random.Float64() < .2 {
				y = worth * random.ExpFloat64()
			}
			s.Add(y, 0)
		}
		return s
	}
	held := 0
	for range 400 {
		r, ok := Ratio(group(40), group(20))
		if !ok {
			t.Fatal("nothing may be said")
		}
		if r.Low <= 2 && 2 <= r.High {
			held++
		}
	}
	if held < 360 || held > 399 {
		t.Errorf("%d of 400 ranges hold the truth", held)
	}
	if _, ok := Ratio(Sample{N: 500, Buyers: 80, Sum: 100}, Sample{N: 500}); ok {
		t.Error("a ratio to nothing")
	}
}
