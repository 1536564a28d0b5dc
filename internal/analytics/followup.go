package analytics

import (
	"cmp"
	"math"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
)

// YieldWithin is how long after their cart rested what people buy counts as
// their outcome; younger people are not summed up yet.
const YieldWithin = 30 * 24 * time.Hour

// lookBack is how long before that their spending tells luck from effect.
const lookBack = 90 * 24 * time.Hour

// FollowRun is one share of people who went without follow-up, from Since on.
type FollowRun struct {
	ID, Number    int64
	Held, Planned int
	Salt, Why     string
	Since         db.Time
	Simulated     bool
}

// Share is the part of people who go without.
func (r FollowRun) Share() float64 { return float64(r.Held) / experiment.Whole }

// What is measured of each person in a run.
const (
	Drawn        = "drawn"        // nothing: everybody, also those whose time is not over
	Returned     = "returned"     // 1: paid for an order within Window
	Yield        = "yield"        // net revenue within YieldWithin
	Unsubscribed = "unsubscribed" // 1: said no more mails
	Complained   = "complained"   // 1: a complaint or a report as spam
	GaveBack     = "gave-back"    // 1: got money back of an order
)

// Guards are what must not get worse while returns get better.
var Guards = []string{Unsubscribed, Complained, GaveBack}

// Guard is how many people of each side something happened to.
type Guard struct {
	Key           string
	Treated, Held Rate
}

// Followed is what follow-up caused in one run: all who would have been
// written to, by the side they were drawn on, whatever became of the mails.
type Followed struct {
	Run       FollowRun
	People    int // of both sides, also those whose time is not over
	Return    experiment.Result
	Yield     experiment.Result // largest hundredth cut off
	Raw       experiment.Result // nothing cut off
	Guards    []Guard
	Coupons   money.Amount // what coupons of reminders took off orders, whoever would have come anyway; it is off the revenue already
	Redeemed  int          // orders with one
	CountedAt db.Time
}

// Credit is what came back, four ways, and of which carts.
type Credit struct {
	Abandoned, Reachable          int // carts; of these, those for which a mail was decided on
	Recovered, RecoveredReachable int
	ByMail, ByMailReachable       int
	ByLink, ByLinkReachable       int
	Credited, CreditedReachable   int          // of ByLink, ordered within three days of the link
	RecoveredValue, CreditedValue money.Amount // net
}

// CreditWithin is how long a click explains an order; a mail that was only
// opened never does.
const CreditWithin = 3 * 24 * time.Hour

// Volume is how much a shop has to learn from.
type Volume struct {
	PerWeek float64 // people a week whose cart rested and who may be written to
	Natural float64 // share who pay within Window without follow-up
	Known   bool    // Natural is of people who went without, not of all
	Of      int     // people Natural is of
}

// Answer is how long a share of people without follow-up takes to tell.
type Answer struct {
	Held        int     // hundredths of a percent
	By          float64 // the rise to be seen
	Once, Daily int     // people of both sides: looking once at the end, looking every day
	OnceWeeks   int     // 0: not known
	DailyWeeks  int
}

// Shares that are offered, and the rises each is held against.
var (
	shares = []int{5000, 2000, 1000, 500}
	rises  = []float64{.05, .02}
)

// Answers lists how long each share takes.
func (v Volume) Answers() []Answer {
	var all []Answer
	for _, by := range rises {
		for _, held := range shares {
			a := Answer{Held: held, By: by}
			share := float64(held) / experiment.Whole
			a.Once, a.Daily = experiment.Fixed(v.Natural, v.Natural+by, share), experiment.Rise(v.Natural, v.Natural+by, share)
			a.OnceWeeks, a.DailyWeeks = v.weeks(a.Once), v.weeks(a.Daily)
			all = append(all, a)
		}
	}
	return all
}

func (v Volume) weeks(people int) int {
	if v.PerWeek <= 0 || people == 0 {
		return 0
	}
	return int(math.Ceil(float64(people) / v.PerWeek))
}

// Limits of the suggestion: a share is worth it if it answers within SoonWeeks,
// and none is if half of all people do not within a year.
const (
	SoonWeeks   = 8
	longestWeek = 52
)

// Suggestion is a share with its reason, a code.
type Suggestion struct {
	Held, Planned int
	Why           string // few, half, fifth, tenth, answered
}

// Suggest is the share that this volume allows, by a rise of five points; seen
// says that the effect was seen already.
func (v Volume) Suggest(seen bool) Suggestion {
	at := func(held int, why string) Suggestion {
		return Suggestion{held, experiment.Rise(v.Natural, v.Natural+rises[0], float64(held)/experiment.Whole), why}
	}
	soon := func(held, most int) bool {
		n := v.weeks(experiment.Rise(v.Natural, v.Natural+rises[0], float64(held)/experiment.Whole))
		return n > 0 && n <= most
	}
	switch {
	case seen:
		return at(1000, "answered")
	case !soon(5000, longestWeek):
		return Suggestion{Why: "few"}
	case soon(1000, SoonWeeks):
		return at(1000, "tenth")
	case soon(2000, SoonWeeks):
		return at(2000, "fifth")
	}
	return at(5000, "half")
}

// follower is one person in a run.
type follower struct {
	held      bool
	simulated bool
	at        int64
	customers []int64
	before    money.Amount
	yield     money.Amount
	flags     [4]bool // returned, then Guards
}

// sides sums both sides up, for one measure a pair. Sums of floats depend on
// their order: people come in that of their names.
type side struct {
	run      int64
	held     bool
	measure  string
	raw, cut experiment.Sample
}

func sidesOf(r FollowRun, all map[string]*follower, now int64) []side {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var ever, past []float64
	for _, name := range names {
		if f := all[name]; f.ripe(Yield, now) {
			if f.yield != 0 {
				ever = append(ever, float64(f.yield))
			}
			if f.before != 0 {
				past = append(past, float64(f.before))
			}
		}
	}
	most, mostBefore := ceiling(ever), ceiling(past)
	var out []side
	for _, measure := range append([]string{Drawn, Returned, Yield}, Guards...) {
		two := [2]side{{run: r.ID, measure: measure}, {run: r.ID, measure: measure, held: true}}
		for _, name := range names {
			f := all[name]
			if !f.ripe(measure, now) {
				continue
			}
			s := &two[0]
			if f.held {
				s = &two[1]
			}
			y, x := f.outcome(measure), 0.0
			if measure == Yield || measure == Returned {
				x = min(float64(f.before), mostBefore)
			}
			s.raw.Add(y, x)
			s.cut.Add(cutAt(y, most, measure), x)
		}
		out = append(out, two[0], two[1])
	}
	return out
}

func cutAt(y, most float64, measure string) float64 {
	if measure == Yield {
		return min(y, most)
	}
	return y
}

// ripe reports whether a person's time for an outcome is over.
func (f *follower) ripe(measure string, now int64) bool {
	within := YieldWithin
	switch measure {
	case Drawn:
		return true
	case Returned:
		within = Window
	}
	return f.at+within.Milliseconds() <= now
}

func (f *follower) outcome(measure string) float64 {
	switch measure {
	case Drawn:
		return 0
	case Yield:
		return float64(f.yield)
	}
	if f.flags[1+slices.Index(Guards, measure)] { // Returned is the one before
		return 1
	}
	return 0
}

// judgedRun puts the sides of a run together.
func judgedRun(r FollowRun, sides map[string][2]side, counted db.Time) Followed {
	plan := experiment.Plan{Held: r.Share(), People: r.Planned}
	judge := func(measure string, sample func(side) experiment.Sample) experiment.Result {
		return experiment.Judge(plan, sample(sides[measure][0]), sample(sides[measure][1]))
	}
	raw, cut := func(s side) experiment.Sample { return s.raw }, func(s side) experiment.Sample { return s.cut }
	f := Followed{Run: r, People: sides[Drawn][0].raw.N + sides[Drawn][1].raw.N, CountedAt: counted, Return: judge(Returned, raw), Yield: judge(Yield, cut), Raw: judge(Yield, raw)}
	for _, key := range Guards {
		t, h := sides[key][0].raw, sides[key][1].raw
		f.Guards = append(f.Guards, Guard{key, Rate{t.Buyers, t.N}, Rate{h.Buyers, h.N}})
	}
	return f
}

// CutMatters reports whether cutting off the largest hundredth changes what
// may be said: both are to be shown then.
func (f Followed) CutMatters() bool { return f.Yield.Verdict != f.Raw.Verdict }

// Caused is the revenue that follow-up brought: the difference of a person
// times the people who were followed up.
func (f Followed) Caused() experiment.Interval { return f.Yield.Lift.Times(float64(f.Yield.Shown.N)) }

// Seen reports whether the effect was seen at the size that was planned.
func (f Followed) Seen() bool {
	known := f.Return.Verdict == experiment.Gain || f.Return.Verdict == experiment.Loss
	return known && f.Return.Shown.N+f.Return.Held.N >= cmp.Or(f.Run.Planned, experiment.UsualSize)
}
