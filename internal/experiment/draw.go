package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
)

// Whole is the unit of shares of people: hundredths of a percent.
const Whole = 10_000

// Person is what stands for somebody in one test: a hash under the test's
// salt, so that two tests cannot be laid beside each other by it.
func Person(salt, who string) string {
	sum := sha256.Sum256([]byte(salt + "\n" + who))
	return hex.EncodeToString(sum[:16])
}

// Held reports whether that person goes without, always the same: of so many
// hundredths of a percent.
func Held(salt, person string, share int) bool {
	sum := sha256.Sum256([]byte(salt + "/" + person))
	return int(binary.BigEndian.Uint64(sum[:8])%Whole) < share
}

// The bounds of a plan of one look: a two-sided test at five percent that sees
// the effect four times in five.
const (
	zAlpha = 1.959964
	zPower = 0.841621
)

// Fixed is how many people of both groups it takes to see a rise from one
// proportion to another with one look at the end, the given share held back:
// (z₁₋α/₂ + z₁₋β)² · (p₀q₀/held + p₁q₁/(1−held)) / (p₁−p₀)², each group rounded
// up. 0 where that cannot be said. Whoever looks every day needs Needed.
func Fixed(from, to, held float64) int {
	if held <= 0 || held >= 1 || from <= 0 || to >= 1 || from == to {
		return 0
	}
	n := (zAlpha + zPower) * (zAlpha + zPower) * (from*(1-from)/held + to*(1-to)/(1-held)) / ((to - from) * (to - from))
	return int(math.Ceil(n*held)) + int(math.Ceil(n*(1-held)))
}

// Rise is Needed for proportions: how many people it takes to see a rise when
// one may look every day.
func Rise(from, to, held float64) int {
	if held <= 0 || held >= 1 || from <= 0 || to >= 1 {
		return 0
	}
	// The variance of the difference of n people is v/(n·held·(1−held)).
	v := from*(1-from)*(1-held) + to*(1-to)*held
	return Needed(v, math.Abs(to-from), held)
}

// Ratio is how many times as much a person of the first group brought as one of
// the second, with its range of 95 percent for one look, by the delta method on
// the logarithm: ln(m₁/m₀) ± z·√(v₁/(n₁m₁²) + v₀/(n₀m₀²)). false below the
// limits from which anything is said, and where a group brought nothing.
func Ratio(a, b Sample) (Interval, bool) {
	if min(a.N, b.N) < FewestPeople || min(a.Buyers, b.Buyers) < FewestBuyers || a.Mean() <= 0 || b.Mean() <= 0 {
		return Interval{}, false
	}
	est := a.Mean() / b.Mean()
	se := math.Sqrt(a.Variance()/(float64(a.N)*a.Mean()*a.Mean()) + b.Variance()/(float64(b.N)*b.Mean()*b.Mean()))
	return Interval{est, est * math.Exp(-zAlpha*se), est * math.Exp(zAlpha*se)}, true
}
