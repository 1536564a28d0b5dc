package segment

import (
	"cmp"
	"math"
	"slices"
)

// Idea is a segment that the shop's own figures suggest: a short rule whose
// buyers differ from all other buyers in a way that is not chance, also when it
// is counted how many groups were looked at.
type Idea struct {
	Rule    Rule
	Measure string // AgainMeasure, SpentMeasure or BackMeasure
	// Of the group and of the others: how many buyers, and the share of whom it
	// is so, in parts of a thousand.
	People, Others int
	Value, Other   int
	Low, High      int   // the difference lies between, at 95 % for all looked at together
	Middle         int64 // what the middle buyer spent, in minor units
	Looked         int   // groups and measures that were looked at
	strength       float64
}

// What is compared.
const (
	AgainMeasure = "again" // of buyers, who ordered twice or more
	SpentMeasure = "spent" // of buyers, who spent more than the middle one: sums are too skewed to compare their means honestly
	BackMeasure  = "back"  // of who bought by a day, who ordered after it
)

// Key names an idea whichever figures speak for it.
func (i *Idea) Key() string { return i.Rule.String() }

const (
	// fewest is how many buyers a group and the others need: below, normal
	// intervals are not to be trusted.
	fewest = 30
	// judged is how often chance may speak: three in a hundred asked of the
	// normal curve hold five of real groups of some dozens, whose tails are
	// longer (TestWithoutADifferenceNothingIsSuggested).
	judged = 0.03
	// mostIdeas is how many are shown at once.
	mostIdeas = 8
)

// tally counts one group: its buyers, and those of whom something is so.
type tally struct{ n, so int }

func (t *tally) add(so bool) {
	t.n++
	if so {
		t.so++
	}
}

func (t tally) without(o tally) tally { return tally{t.n - o.n, t.so - o.so} }

func (t tally) share() float64 { return float64(t.so) / float64(t.n) }

// apart is the difference of two shares after Agresti and Caffo (2000), whose
// interval stays honest where a share is near none or all.
func (t tally) apart(o tally) (diff, deviation float64) {
	p, q := (float64(t.so)+1)/(float64(t.n)+2), (float64(o.so)+1)/(float64(o.n)+2)
	return p - q, math.Sqrt(p*(1-p)/(float64(t.n)+2) + q*(1-q)/(float64(o.n)+2))
}

// candidate is a group with what it is compared with, by one measure.
type candidate struct {
	rule    Rule
	measure string
	parts   []string // of a pair, the rules of its halves
	in, out tally
}

// judge keeps the groups whose difference excludes 0 at 95 % for all of them
// together (Bonferroni), the surest first, one a rule. A pair must differ more
// than either half does; halves come first.
func judge(all []candidate) []Idea {
	all = slices.DeleteFunc(all, func(c candidate) bool { return c.in.n < fewest || c.out.n < fewest })
	if len(all) == 0 {
		return nil
	}
	z := math.Sqrt2 * math.Erfinv(1-judged/float64(len(all)))
	var ideas []Idea
	size := map[string]float64{} // of the difference, by rule and measure
	for _, c := range all {
		diff, deviation := c.in.apart(c.out)
		size[c.rule.String()+c.measure] = math.Abs(diff)
		least := math.Abs(diff) - z*deviation
		if least <= 0 || slices.ContainsFunc(c.parts, func(part string) bool { return least <= size[part+c.measure] }) {
			continue
		}
		ideas = append(ideas, Idea{Rule: c.rule, Measure: c.measure, People: c.in.n, Others: c.out.n, Value: thousandths(c.in.share()), Other: thousandths(c.out.share()),
			Low: thousandths(diff - z*deviation), High: thousandths(diff + z*deviation), Looked: len(all), strength: math.Abs(diff) / deviation})
	}
	slices.SortStableFunc(ideas, func(x, y Idea) int {
		return cmp.Or(cmp.Compare(y.strength, x.strength), cmp.Compare(x.Key(), y.Key()))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(ideas, func(i Idea) bool {
		was := seen[i.Key()]
		seen[i.Key()] = true
		return was
	})
}

func thousandths(f float64) int { return int(math.Round(f * 1000)) }

// saidClause is a fact that people told, as a clause.
func saidClause(kind, value string) Item {
	op := In
	if kind == "occupation" || kind == "country" || kind == "language" {
		op = Equal
	}
	return Item{Clause: &Clause{Field: kind, Op: op, Values: []string{value}}}
}

func allOf(items ...Item) Rule { return Rule{When: Group{Op: All, Items: items}} }
