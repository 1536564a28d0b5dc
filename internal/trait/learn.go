package trait

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
)

// Link leads from a trait to a shelf. Learned ones come and go with the
// orders; authored ones are the merchant's word.
type Link struct {
	Trait      string
	CategoryID catalog.CategoryID
	Source     string // learned, author
	Active     bool
	Reason     i18n.Text // of an authored one
	People     int       // who hold the trait and bought anything
	Bought     int       // of these, who bought from the shelf
	Expected   float64   // how many would have, buying like others who buy as widely
	Lift       float64   // Bought over Expected, shrunk
	Low, High  float64   // 95 % interval of the lift
}

func (Link) TableName() string { return "trait_links" }

// Why a link is shown or not.
type Why string

const (
	Shown   Why = "shown"
	Off     Why = "off"
	Few     Why = "few"     // fewer people than can be believed
	Weak    Why = "weak"    // they buy it hardly more than others
	Unsure  Why = "unsure"  // the interval reaches down to chance
	Private Why = "private" // the shelf holds something sensitive
)

// What a learned link must have to be shown (recommender.md 4a).
const (
	leastPeople = 20
	leastLift   = 1.5
)

// Why says whether a link is shown, and if not, why.
func (r *Rules) Why(l Link) Why {
	t := r.Find(l.Trait)
	switch {
	case t == nil || !t.Active || !l.Active:
		return Off
	case r.sensitive[l.CategoryID]:
		return Private
	case l.Source == "author":
		return Shown
	case l.Bought < leastPeople:
		return Few
	case l.Lift < leastLift:
		return Weak
	case l.Low <= 1:
		return Unsure
	}
	return Shown
}

// Counted reports whether the numbers of a link are sure enough to be told.
func (l Link) Counted() bool { return l.Bought >= leastPeople && l.Lift >= leastLift && l.Low > 1 }

const (
	// strata of people by how many shelves they bought from: 0, 1, 2–3, 4–7 …
	strata = 8
	// A stratum with few others in it leans on the one below by so many people.
	lean = 10
	// A lift is drawn towards 1 as if so many people of the trait had bought
	// the shelf as often as others do.
	pseudo = 50
	// Links worth keeping for the list: at least so many buyers, the best so
	// many of a trait.
	leastKept = 5
	mostKept  = 12
)

// tally counts people, one at a time.
type tally struct {
	rules *Rules
	all   *counts
	of    map[string]*counts // by trait
}

// counts are of a group of people. To ask how widely somebody buys besides a
// shelf, its buyers count one stratum for it (with) and one without it.
type counts struct {
	people        int
	wide          [strata]int
	with, without map[catalog.CategoryID]*[strata]int
}

func newCounts() *counts {
	return &counts{with: map[catalog.CategoryID]*[strata]int{}, without: map[catalog.CategoryID]*[strata]int{}}
}

func newTally(r *Rules) *tally {
	t := &tally{rules: r, all: newCounts(), of: map[string]*counts{}}
	for _, one := range r.Traits {
		t.of[one.Key] = newCounts()
	}
	return t
}

// add counts one person with their traits. Who bought nothing says nothing.
func (t *tally) add(held []Held, bought []Purchase) {
	var shelves []catalog.CategoryID
	for _, p := range bought {
		if !slices.Contains(shelves, p.Category) {
			shelves = append(shelves, p.Category)
		}
	}
	if len(shelves) == 0 {
		return
	}
	t.all.add(shelves)
	for _, h := range held {
		t.of[h.Trait].add(shelves)
	}
}

func stratum(n int) int { return min(strata-1, bits.Len(uint(n))) }

func (c *counts) add(shelves []catalog.CategoryID) {
	c.people++
	c.wide[stratum(len(shelves))]++
	for _, k := range shelves {
		if c.with[k] == nil {
			c.with[k], c.without[k] = &[strata]int{}, &[strata]int{}
		}
		c.with[k][stratum(len(shelves))]++
		c.without[k][stratum(len(shelves)-1)]++
	}
}

// at returns people and buyers of a shelf by how widely they buy besides it.
func (c *counts) at(k catalog.CategoryID) (people, buyers [strata]int, bought int) {
	people = c.wide
	if c.with[k] == nil {
		return people, buyers, 0
	}
	buyers = *c.without[k]
	for s := range people {
		people[s] += buyers[s] - c.with[k][s]
		bought += buyers[s]
	}
	return people, buyers, bought
}

// measure compares people of a trait with others who buy as widely: somebody
// who buys much buys more of everything, which says nothing about the trait.
func (t *tally) measure(key string, k catalog.CategoryID) Link {
	mine := t.of[key]
	people, _, bought := mine.at(k)
	everybody, buyers, sum := t.all.at(k)
	_, mineBuyers, _ := mine.at(k)
	l := Link{Trait: key, CategoryID: k, Source: "learned", Active: true, People: mine.people, Bought: bought}
	others := t.all.people - mine.people
	if mine.people == 0 || others == 0 {
		return l
	}
	base := float64(sum-bought) / float64(others)
	rate := base
	for s := range strata {
		rate = (float64(buyers[s]-mineBuyers[s]) + lean*rate) / (float64(everybody[s]-people[s]) + lean)
		l.Expected += float64(people[s]) * rate
	}
	if l.Expected == 0 || bought == 0 {
		return l
	}
	l.Lift = (float64(bought) + pseudo*base) / (l.Expected + pseudo*base)
	spread := 1/float64(bought) - 1/float64(mine.people)
	if sum > bought {
		spread += 1/float64(sum-bought) - 1/float64(others)
	} else {
		spread++
	}
	spread = math.Exp(1.96 * math.Sqrt(max(0, spread)))
	l.Low, l.High = l.Lift/spread, l.Lift*spread
	return l
}

// links measures what people of a trait buy besides what the rule already
// looks at: that laptop buyers buy from the computer department is no finding.
func (t *tally) links(one *Trait) []Link {
	near := map[catalog.CategoryID]bool{}
	for _, c := range one.Rule.Any {
		if k, ok := t.rules.Tree.BySlug(c.Is); ok && c.Fact == Bought {
			near[t.rules.Tree.Department(k.ID).ID] = true
		}
	}
	var found []Link
	for k := range t.of[one.Key].with {
		if near[t.rules.Tree.Department(k).ID] || t.rules.delicate(k) {
			continue
		}
		if l := t.measure(one.Key, k); l.Bought >= leastKept && l.Lift > 1 {
			found = append(found, l)
		}
	}
	sortLinks(found)
	return found[:min(len(found), mostKept)]
}

// delicate reports whether a shelf stands in a department that holds something
// sensitive. Nothing learned leads there: who looks at a teapot is not shown
// baby clothes because of what others bought. A merchant may say otherwise.
func (r *Rules) delicate(k catalog.CategoryID) bool {
	department := r.Tree.Department(k).ID
	for shelf := range r.sensitive {
		if r.Tree.Department(shelf).ID == department {
			return true
		}
	}
	return false
}

func sortLinks(links []Link) {
	slices.SortFunc(links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(b.Low, a.Low), cmp.Compare(a.CategoryID, b.CategoryID))
	})
}
