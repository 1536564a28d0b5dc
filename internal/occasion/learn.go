package occasion

import (
	"time"

	"regulars/internal/catalog"
)

// Learner counts the shop's habits from the histories of everybody, handed over
// twice in any order: Count all, then Weigh all, then take Shop.
type Learner struct {
	now, from time.Time
	kinds     map[catalog.CategoryID]*tally
	shop      Shop
}

type tally struct {
	Habit
	on     [yearDays]float64
	people int
	events int
	years  float64
	gifts  int
}

// NewLearner begins a count on a day.
func NewLearner(now time.Time) *Learner {
	return &Learner{now: now, from: now, kinds: map[catalog.CategoryID]*tally{}}
}

func (l *Learner) kind(k catalog.CategoryID) *tally {
	t := l.kinds[k]
	if t == nil {
		t = &tally{}
		l.kinds[k] = t
	}
	return t
}

// Count takes a history for season and rates.
func (l *Learner) Count(b *Buyer) {
	firsts, days := map[catalog.CategoryID]time.Time{}, map[catalog.CategoryID]time.Time{}
	for _, e := range b.Events {
		if e.Back || e.Day.After(l.now) {
			continue
		}
		t := l.kind(e.Kind)
		if days[e.Kind].Equal(e.Day) {
			continue
		}
		if days[e.Kind].IsZero() {
			firsts[e.Kind] = e.Day
			t.people++
			t.years += l.now.Sub(e.Day).Hours() / 24 / 365.25
		}
		days[e.Kind] = e.Day
		t.events++
		t.on[e.Day.YearDay()-1]++
		if e.Gift {
			t.gifts++
		}
		if e.Day.Before(l.from) {
			l.from = e.Day
		}
	}
}

const (
	smooth  = 3    // days that a day's share is shared out to, on each side
	uniform = 60.0 // purchases spread evenly that a season is shrunk with
)

// settle makes seasons of the counts: purchases by day of the year over how
// often that day was there.
func (l *Learner) settle() {
	l.shop = Shop{}
	var there [yearDays]float64
	for d := l.from; !d.After(l.now); d = d.AddDate(0, 0, 1) {
		there[d.YearDay()-1]++
	}
	for k, t := range l.kinds {
		h := &t.Habit
		h.Gift = 2*t.gifts >= t.events
		h.Rate = float64(t.events-t.people) / (t.years + 1)
		sum := 0.0
		for i := range h.Season {
			n, days := 0.0, 0.0
			for j := -smooth; j <= smooth; j++ {
				at := (i + j + yearDays) % yearDays
				n, days = n+t.on[at], days+there[at]
			}
			if days > 0 {
				h.Season[i] = n / days
			}
			sum += h.Season[i]
		}
		for i := range h.Season {
			even := uniform / yearDays
			if sum > 0 {
				h.Season[i] = (h.Season[i]/sum*float64(t.events) + even) / (float64(t.events) + uniform)
			} else {
				h.Season[i] = 1.0 / yearDays
			}
		}
		l.shop[k] = h
	}
}

// Weigh takes a history for how often a purchase comes back a year later, and
// how often it would by season and own rate alone.
func (l *Learner) Weigh(b *Buyer) {
	if l.shop == nil {
		l.settle()
	}
	byKind := map[catalog.CategoryID][]time.Time{}
	for _, e := range b.Events {
		if days := byKind[e.Kind]; !e.Back && !e.Day.After(l.now) && (len(days) == 0 || !days[len(days)-1].Equal(e.Day)) {
			byKind[e.Kind] = append(days, e.Day)
		}
	}
	for k, days := range byKind {
		h := l.shop[k]
		if h == nil {
			continue
		}
		since := days[0]
		if !b.Since.IsZero() && b.Since.Before(since) {
			since = b.Since
		}
		rate := h.rate(len(days), l.now.Sub(since).Hours()/24/365.25)
		var last time.Time
		for _, d := range days {
			again := d.AddDate(1, 0, 0)
			if again.AddDate(0, 0, window).After(l.now) || !last.IsZero() && d.Sub(last) < window*24*time.Hour {
				continue
			}
			last = d
			h.Pairs++
			h.Chance += h.chance(rate, again, window)
			for _, e := range days {
				if off := e.Sub(again).Hours() / 24; off >= -window && off <= window {
					h.Again++
					break
				}
			}
		}
	}
}

// Shop is what was learned. A kind's recurring share is what came back beyond
// chance, of what would if every purchase did, shrunk with what is usual.
func (l *Learner) Shop() Shop {
	if l.shop == nil {
		l.settle()
	}
	for _, h := range l.shop {
		usual := ofOther
		if h.Gift {
			usual = ofGifts
		}
		beyond, most := float64(h.Again)-h.Chance, keeps*float64(h.Pairs)-h.Chance
		if most <= 0 {
			beyond, most = 0, 0
		}
		h.Recurs = min(max((beyond+shrinks*usual)/(most+shrinks), 0.01), 0.9)
	}
	return l.shop
}
