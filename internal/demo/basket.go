package demo

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
)

// wish is one line of a simulated cart.
type wish struct {
	good    *good
	variant int // in good.variants
	qty     int
	origin  string // the place that led to it
}

func (w wish) id() catalog.VariantID { return w.good.ids[w.variant] }

// pull is how often something comes into the cart with what it goes with. due
// gathers the chance until one more is due: the shares come out as planned and
// are not left to luck. Bought and left carts have their own.
type pull struct {
	to      *good
	complex bool // presumes something about the shopper
	chance  float64
	due     [2]float64
}

type pulls map[string][]pull

// pullOf says how strongly each kind of relation draws; kinds left out do not.
var pullOf = map[string]float64{"needs": .8, "fits": .78, "refill": .85, "moment": .76, "next": .6, "alike": .12}

const (
	boughtCart = iota
	leftCart
)

// dear is the price in USD cents from which only premium shoppers buy.
const dear = 400_00

func (b *builder) prepare() {
	b.pulls, b.shares = pulls{}, map[string]*share{}
	for _, r := range b.Relations {
		if to := b.byCode[r.To]; pullOf[r.Kind] > 0 && !to.Sensitive && !to.NotSold {
			b.pulls[r.From] = append(b.pulls[r.From], pull{to: to, complex: r.Kind == "alike", chance: pullOf[r.Kind] * (1 + r.Weight) / 2})
		}
	}
	for code, along := range b.pulls {
		b.byCode[code].head = len(along) >= 3
	}
}

// share is how a kind of shopper's wishes spread over the goods in one week:
// running sums of weights.
type share struct{ sums []float64 }

func (b *builder) anchor(s *shopper, premium bool, at time.Time) *good {
	week := int(at.Sub(b.opening).Hours()) / (24 * 7)
	key := fmt.Sprintf("%d %v %s %d", s.kind, premium, s.lang, week)
	sh := b.shares[key]
	if sh == nil {
		sh = &share{sums: make([]float64, len(b.goods))}
		sum := 0.0
		for i := range b.goods {
			sum += b.goods[i].weight(&kinds[s.kind], premium, s.lang, at)
			sh.sums[i] = sum
		}
		b.shares[key] = sh
	}
	for range 12 {
		x := b.rng.Float64() * sh.sums[len(sh.sums)-1]
		i, _ := slices.BinarySearch(sh.sums, x)
		if g := &b.goods[min(i, len(b.goods)-1)]; g.suits(s, at) {
			return g
		}
	}
	return b.byCode["HC08"] // soap suits everybody
}

func (g *good) weight(k *kind, premium bool, lang i18n.Lang, at time.Time) float64 {
	if g.NotSold || !g.inSeason(at) || g.USD >= dear && !premium {
		return 0
	}
	w := everybody + k.taste[g.department]
	power := -.35
	if premium {
		power = -.1
		if g.USD >= dear {
			w = 2.5 + w // the dear things are bought by all kinds of premium shoppers
		}
	}
	if g.Sensitive {
		w *= .15
	}
	if g.head {
		w *= 1.7
	}
	w *= math.Pow(float64(max(g.USD, 800))/2500, power)
	liked := 0
	for _, r := range g.Code {
		liked = (liked*31 + int(r)) % 97
	}
	return w * (.7 + float64(liked)/97) * g.moment(lang, at)
}

// moment is how much the time of the year draws to a thing. Carts also fill
// with what goes with it, whatever the time, so that less of it shows in the
// lines: a 5 here is about 2.6 there.
func (g *good) moment(lang i18n.Lang, at time.Time) float64 {
	_, week := at.ISOWeek()
	month := at.Month()
	switch {
	case g.department == "GF" && week >= 18 && week <= 20:
		if g.Code == "GF01" || g.Code == "GF11" {
			return 3 * 5
		}
		return 5
	case g.department == "BK" && month == time.September:
		return 2.6
	case (g.department == "CO" || g.department == "HT") && month == time.November:
		return 2
	case g.Code == "GF12" && month <= time.February && lang == i18n.Chinese:
		return 1.9
	case g.Code == "SP09" && (month == time.April || month == time.October):
		return 1.5
	case g.Code == "GF01" || g.Code == "GF11": // sold for some weeks only, and then much
		return 3
	case g.late && at.Sub(g.from) < 120*24*time.Hour: // what is new is tried
		return 4
	case month == time.December && slices.Contains(g.Moments, "year-end"):
		return 1.4
	}
	return 1
}

// inSeason: flowers and boxes that are sold for some weeks only, and what
// came into the shop later.
func (g *good) inSeason(at time.Time) bool {
	if at.Before(g.from) {
		return false
	}
	switch g.Code {
	case "GF01":
		return at.Month() >= time.April && at.Month() <= time.June
	case "GF11":
		return at.Month() == time.May || at.Month() == time.April && at.Day() >= 20
	}
	return true
}

// fromMonth is the age of the baby that a thing is made for.
var fromMonth = map[string]int{"BB05": 4, "BB06": 6, "BB08": 8, "BB12": 6, "BB14": 3}

// suits refuses what this person has no use for: a second one of what lasts,
// things for a baby there is not, or of another age.
func (g *good) suits(s *shopper, at time.Time) bool {
	if g.Durable && s.owned[g.at] && g.Code != "BB01" { // one bottle is not enough
		return false
	}
	if g.department != "BB" {
		return true
	}
	if s.baby.IsZero() {
		return g.shelf == "BB-3" || g.Code == "BB13" // presents
	}
	age := s.months(at)
	return age >= fromMonth[g.Code] && age <= 20
}

// months is the age of the baby; two years later there is the next one.
func (s *shopper) months(at time.Time) int { return int(at.Sub(s.baby).Hours()/24/30.4) % 24 }

// basket is what somebody puts into a cart at one time.
func (b *builder) basket(s *shopper, first *good, mode int, premium bool, at time.Time) []wish {
	if first == nil {
		first = b.anchor(s, premium, at)
	}
	wishes := []wish{b.wish(s, first, at)}
	add := func(g *good) {
		if len(wishes) < 5 && g.inSeason(at) && g.suits(s, at) && (g.USD < dear || premium) &&
			!slices.ContainsFunc(wishes, func(w wish) bool { return w.good == g }) {
			wishes = append(wishes, b.wish(s, g, at))
		}
	}
	// What comes along brings its own along, less often.
	for n, often := 0, 1.0; n < len(wishes) && n < 2; n, often = n+1, .5 {
		along := b.pulls[wishes[n].good.Code]
		for i := range along {
			p := &along[i]
			if !p.to.inSeason(at) || !p.to.suits(s, at) || p.to.USD >= dear && !premium {
				continue
			}
			if p.due[mode] += p.chance * often; p.due[mode] >= 1 {
				p.due[mode]--
				add(p.to)
			}
		}
	}
	if b.rng.IntN(100) < 9 {
		if g := b.anchor(s, premium, at); !b.apart(first, g) {
			add(g)
		}
	}
	return wishes
}

// apart reports whether the author keeps two things apart.
func (b *builder) apart(a, c *good) bool {
	return slices.ContainsFunc(b.Relations, func(r Relation) bool {
		return r.Kind == "never" && (r.From == a.Code && r.To == c.Code || r.From == c.Code && r.To == a.Code)
	})
}

func (b *builder) wish(s *shopper, g *good, at time.Time) wish {
	w := wish{good: g, qty: 1}
	switch {
	case g.RefillDays > 0 && g.RefillDays <= 45:
		w.qty += b.rng.IntN(3)
	case !g.Durable && !g.Digital && g.USD < 2000 && b.rng.IntN(8) == 0:
		w.qty = 2
	}
	if g.MaxQty > 0 {
		w.qty = min(w.qty, g.MaxQty)
	}
	if g.Limited || g.Stock > 0 && g.Stock < 10 {
		w.qty = 1
	}
	picks := make([]int, len(g.Options))
	for i, o := range g.Options {
		picks[i] = b.choose(s, g, o, at)
	}
	for i := range g.Options {
		w.variant = w.variant*len(g.Options[i].Values) + picks[i]
	}
	return w
}

// choose picks one value of an option: what fits the person where something
// must fit, else what people like.
func (b *builder) choose(s *shopper, g *good, o Option, at time.Time) int {
	n := len(o.Values)
	within := func(age int, until ...int) int {
		for i, m := range until {
			if age < m {
				return min(i, n-1)
			}
		}
		return n - 1
	}
	switch o.Code {
	case "age":
		if s.baby.IsZero() {
			return b.rng.IntN(2)
		}
		return within(s.months(at)+1, 3, 6, 9, 12)
	case "flow":
		return within(s.months(at), 4, 8)
	case "size":
		if g.department == "SP" {
			return s.size * n / 100
		}
	case "build":
		if strings.HasPrefix(g.Code, "CO") { // two builds of four have 32 GB: 64 in 100 take one of them
			var with, without []int
			for i, v := range o.Values {
				if strings.HasSuffix(v.Code, "32") {
					with = append(with, i)
				} else {
					without = append(without, i)
				}
			}
			if b.rng.IntN(100) < 64 {
				return with[b.rng.IntN(len(with))]
			}
			return without[b.rng.IntN(len(without))]
		}
	case "edition":
		for i, v := range o.Values {
			if v.Code == "upgrade" { // only for who has the version before
				if old := b.byCode["SW02"]; g.Code == "SW01" && s.owned[old.at] {
					return i
				}
				return b.rng.IntN(i)
			}
		}
	case "colour":
		if strings.HasPrefix(g.Code, "CO0") && o.Values[0].Code == "sage" && b.rng.IntN(100) < 51 {
			return 0
		}
	}
	// The first of a list is taken most.
	return min(b.rng.IntN(n), b.rng.IntN(n+1))
}
