package occasion

import (
	"cmp"
	"math"
	"slices"
	"time"

	"regulars/internal/catalog"
)

const (
	window  = 15   // days around the usual day
	early   = 21   // how long before a feast something is bought for it
	late    = 2    // and how long after
	keeps   = 0.85 // who has the need meets it here in so many years
	enough  = 0.56 // posterior from which it is brought up; the least with which no crowd of four it was set on fell below 0.91
	said    = 0.5  // recurring share around a day that the person said matters to them
	marked  = 2.0  // odds of what was bought as a gift, of a kind that mostly is not; and the other way round
	nobody  = 0.5  // years of the shop's own rate that a person's is shrunk with
	ofGifts = 0.25 // recurring share of a kind nobody knows yet
	ofOther = 0.03
	shrinks = 20.0 // purchases that share counts for
)

// Shop holds the habits of every kind.
type Shop map[catalog.CategoryID]*Habit

// habit is a kind's, or that of one without history.
func (s Shop) habit(k catalog.CategoryID, gift bool) *Habit {
	if h := s[k]; h != nil {
		return h
	}
	h := &Habit{Rate: 1, Gift: gift, Recurs: ofOther}
	if gift {
		h.Recurs = ofGifts
	}
	for i := range h.Season {
		h.Season[i] = 1.0 / yearDays
	}
	return h
}

// share is the part of a year's purchases within span days of a day.
func (h *Habit) share(at time.Time, span int) (sum float64) {
	for i := -span; i <= span; i++ {
		sum += h.Season[at.AddDate(0, 0, i).YearDay()-1]
	}
	return sum
}

// chance is how likely somebody buys within span days of a day although they
// have no need that comes back: by their own rate and the season.
func (h *Habit) chance(rate float64, at time.Time, span int) float64 {
	return 1 - math.Exp(-rate*h.share(at, span))
}

// rate is a person's own, a year, shrunk towards that of the shop. One of the
// events is what the question began with, and counts for nothing.
func (h *Habit) rate(events int, years float64) float64 {
	return (float64(events-1) + nobody*h.Rate) / (max(years, 1) + nobody)
}

// spread is how much likelier a purchase lies so many days beside the first
// one if it is for the same day, than anywhere in twice the window: some nine
// days apart is usual, and one in ten is bought whenever.
func spread(days int) float64 {
	const usual, whenever = 9.0, 0.1
	z := float64(days) / usual
	return (1-whenever)*math.Exp(-z*z/2)/(usual*math.Sqrt(2*math.Pi))*(4*window+1) + whenever
}

// Find says which needs come back each year for somebody, the surest first.
// now is the day it is asked for.
//
// For each kind: years with a purchase within 15 days of a day or of a feast,
// against the years without one. Odds = those of the kind in this shop × for
// each further year the chance with such a need over that of the person's own
// rate and the season, more where it was close to the day of the first year.
// That one sets the day, so it counts for nothing, and the others are compared
// with twice the window, in which they could have set it as well.
func (s Shop) Find(b *Buyer, now time.Time) []Found {
	byKind := map[catalog.CategoryID][]Event{}
	var kinds []catalog.CategoryID
	for _, e := range b.Events {
		if byKind[e.Kind] == nil {
			kinds = append(kinds, e.Kind)
		}
		byKind[e.Kind] = append(byKind[e.Kind], e)
	}
	var all []Found
	for _, k := range kinds {
		all = append(all, s.findKind(b, k, byKind[k], now)...)
	}
	slices.SortStableFunc(all, func(x, y Found) int {
		return cmp.Or(cmp.Compare(y.Confidence, x.Confidence), cmp.Compare(x.Kinds[0], y.Kinds[0]))
	})
	return together(all)
}

// together makes one need of what is bought for the same weeks.
func together(all []Found) (out []Found) {
	for _, f := range all {
		i := slices.IndexFunc(out, func(o Found) bool { return o.near(f.Anchor) })
		if i < 0 {
			out = append(out, f)
			continue
		}
		o := &out[i]
		o.Evidence = append(slices.Clone(o.Evidence), f.Evidence...)
		slices.SortStableFunc(o.Evidence, func(a, b Event) int { return a.Day.Compare(b.Day) })
		if !slices.Contains(o.Kinds, f.Kinds[0]) {
			o.Kinds = append(o.Kinds, f.Kinds[0])
		}
	}
	return out
}

// findKind takes the surest need out of a kind's purchases until none is left:
// what one need explains is no other's rate.
func (s Shop) findKind(b *Buyer, k catalog.CategoryID, events []Event, now time.Time) (all []Found) {
	gift := slices.ContainsFunc(events, func(e Event) bool { return e.Gift })
	h := s.habit(k, gift)
	rest := slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Back || e.Day.After(now) })
	for {
		best := h.best(b, k, rest, now)
		if best == nil || best.Confidence < enough {
			return all
		}
		rest = slices.DeleteFunc(rest, func(e Event) bool { return slices.Contains(best.Evidence, e) })
		if !best.wentBack(events) {
			all = append(all, *best)
		}
	}
}

// wentBack reports whether the last thing bought for a need was given back:
// then it is not spoken of.
func (f *Found) wentBack(events []Event) bool {
	last := f.Evidence[len(f.Evidence)-1].Day
	return slices.ContainsFunc(events, func(e Event) bool {
		_, off, ok := f.place(e.Day)
		return e.Back && !e.Day.Before(last) && ok && off >= -window && off <= window
	})
}

// best is the need that the purchases speak for most.
func (h *Habit) best(b *Buyer, k catalog.CategoryID, events []Event, now time.Time) *Found {
	if len(events) < 2 || events[0].Day.Year() == events[len(events)-1].Day.Year() && events[len(events)-1].Day.Sub(events[0].Day) < 300*24*time.Hour {
		return nil
	}
	days := distinct(events)
	since := events[0].Day
	if !b.Since.IsZero() && b.Since.Before(since) {
		since = b.Since
	}
	rate := h.rate(len(days), now.Sub(since).Hours()/24/365.25)
	var best *Found
	var beside float64
	try := func(a Anchor, movable bool) {
		prior, among := h.Recurs, places(days)
		if slices.ContainsFunc(b.Told, a.near) {
			prior, among = max(prior, said), 1
		}
		f, wide := h.weigh(a, k, events, rate, prior/(1-prior)/float64(among), now)
		if f == nil {
			return
		}
		// A feast explains better where purchases lie as close to it as to a day.
		better := best == nil || f.Confidence > best.Confidence+0.02 ||
			f.Confidence > best.Confidence-0.02 && (wide < beside-0.01 || movable && best.Feast == "" && wide <= beside+1)
		if better {
			best, beside = f, wide
		}
	}
	for _, d := range days {
		try(centred(Anchor{Month: int(d.Month()), Day: d.Day()}, days), false)
	}
	for i := range Feasts {
		if f := &Feasts[i]; f.Kept(b.Country, b.Lang) {
			if a, ok := shifted(f, days); ok {
				try(a, true)
			}
		}
	}
	return best
}

// places counts the parts of the year, of a window each, in which there were
// purchases: a need may lie in any of them, and who buys often finds two that
// agree in some.
func places(days []time.Time) int {
	var at []time.Time
	for _, d := range days {
		if !slices.ContainsFunc(at, func(o time.Time) bool { return apart(o, d) <= window }) {
			at = append(at, d)
		}
	}
	return len(at)
}

func distinct(events []Event) (days []time.Time) {
	for _, e := range events {
		if len(days) == 0 || !days[len(days)-1].Equal(e.Day) {
			days = append(days, e.Day)
		}
	}
	return days
}

// place says to which year's usual day a day is next, and by how many days it
// is beside it.
func (a Anchor) place(d time.Time) (year, off int, ok bool) {
	off = math.MaxInt
	for y := d.Year() - 1; y <= d.Year()+1; y++ {
		u, has := a.usual(y)
		if !has {
			continue
		}
		n := between(u, d)
		if max(n, -n) < max(off, -off) {
			year, off, ok = y, n, true
		}
	}
	return year, off, ok
}

// between counts the days from one midnight in UTC to another.
func between(from, to time.Time) int { return int((to.Unix() - from.Unix()) / 86400) }

// centred moves a calendar day to the middle of the purchases around it.
func centred(a Anchor, days []time.Time) Anchor {
	sum, n := 0, 0
	for _, d := range days {
		if _, off, ok := a.place(d); ok && off >= -window && off <= window {
			sum, n = sum+off, n+1
		}
	}
	mid := day(calm, time.Month(a.Month), a.Day).AddDate(0, 0, int(math.Round(float64(sum)/float64(max(n, 1)))))
	return Anchor{Month: int(mid.Month()), Day: mid.Day()}
}

// shifted is a feast with the days by which its purchases usually are early.
func shifted(f *Feast, days []time.Time) (Anchor, bool) {
	a := Anchor{Feast: f.Key}
	sum, n := 0, 0
	for _, d := range days {
		if _, off, ok := a.place(d); ok && off >= -early && off <= late {
			sum, n = sum+off, n+1
		}
	}
	if n < 2 {
		return a, false
	}
	a.Shift = int(math.Round(float64(sum) / float64(n)))
	return a, true
}

// weigh says how sure a need at that anchor is, and how far from its usual day
// the purchases lie on average. odds are those before the years speak. nil for one that fewer than two years know.
func (h *Habit) weigh(a Anchor, k catalog.CategoryID, events []Event, rate, odds float64, now time.Time) (*Found, float64) {
	f := &Found{Anchor: a, Kinds: []catalog.CategoryID{k}}
	first, last := 0, 0
	seen := map[int]int{} // year: days beside the usual one, the least
	gifts, beside := 0, 0
	for _, e := range events {
		y, off, ok := a.place(e.Day)
		if !ok || off < -window || off > window || a.Feast != "" && (off+a.Shift < -early || off+a.Shift > late) {
			continue
		}
		f.Evidence = append(f.Evidence, e)
		if first == 0 {
			first = y
		}
		first, last = min(first, y), max(last, y)
		if had, ok := seen[y]; !ok || max(off, -off) < max(had, -had) {
			seen[y] = off
		}
		beside += max(off, -off)
		if e.Gift {
			gifts++
		}
	}
	if len(seen) < 2 {
		return nil, 0
	}
	switch given := 2*gifts >= len(f.Evidence); {
	case given && !h.Gift:
		odds *= marked
	case !given && h.Gift:
		odds /= marked
	}
	for y := first; ; y++ {
		u, ok := a.usual(y)
		if !ok || y > last && !u.AddDate(0, 0, window).Before(now) {
			break
		}
		f.Of++
		chance := h.chance(rate, u, 2*window)
		off, met := seen[y]
		switch {
		case met && y > first:
			odds *= keeps / chance * spread(off-seen[first])
		case !met:
			odds *= (1 - keeps) / (1 - min(chance, 0.95))
		}
	}
	if f.Years = len(seen); f.Years == 2 && f.Of > 2 {
		return nil, 0 // two years are enough only where they are the newest ones
	}
	f.Confidence = odds / (1 + odds)
	return f, float64(beside) / float64(len(f.Evidence))
}

// Once finds gifts that were bought a year before the days to come, and in that
// one year alone: a hint, not enough for a mail. The newest first.
func (s Shop) Once(b *Buyer, now time.Time) (all []Event) {
	found := s.Find(b, now)
	for _, e := range b.Events {
		again := e.Day.AddDate(1, 0, 0)
		ahead := between(now, again)
		if e.Back || !e.Gift || ahead < 0 || ahead > RemindFrom+window {
			continue
		}
		near := Anchor{Month: int(again.Month()), Day: again.Day()}
		if !slices.ContainsFunc(found, func(f Found) bool { return f.near(near) }) && !slices.ContainsFunc(all, func(o Event) bool { return o.Kind == e.Kind }) &&
			!slices.ContainsFunc(b.Events, func(o Event) bool { return o.Kind == e.Kind && between(e.Day, o.Day) > window }) {
			all = append(all, e)
		}
	}
	slices.Reverse(all)
	return all
}
