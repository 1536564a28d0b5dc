package analytics

import (
	"math"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/slot"
)

// SlotDays is how far back places are reported and tested, and how long their
// single impressions and clicks are kept; the days' sums stay.
const SlotDays = 90

// Placed are counts of one place. Credited, not caused: what somebody bought
// who came by it.
type Placed struct {
	Shown, Clicks, Adds int
	Orders, Units       int          // paid ones, and their units that were not given back
	Revenue             money.Amount // net of tax and of what was given back, in the shop's currency
	Margin              money.Amount // of Costed, less what the units cost the shop
	Costed              money.Amount // part of Revenue whose cost is known
}

func (p *Placed) add(o Placed) {
	p.Shown += o.Shown
	p.Clicks += o.Clicks
	p.Adds += o.Adds
	p.Orders += o.Orders
	p.Units += o.Units
	p.Revenue += o.Revenue
	p.Margin += o.Margin
	p.Costed += o.Costed
}

// SlotDay is one day of a place and an arm.
type SlotDay struct {
	Day  string
	Slot slot.Key
	Page string // a segment, of places of the home page; "" = all
	Arm  slot.Arm
	Placed
}

// Tested is what a test says.
type Tested struct {
	experiment.Result
	Held     float64             // share of people who go without now
	Since    time.Time           // the first moment that counts
	Revenue  bool                // it is about revenue: too few costs are known
	Clicks   experiment.Interval // more clicks of a person; of use if ClicksOK
	ClicksOK bool
	Means    [2]float64 // clicks of a person: shown, held
	Weeks    int        // until a difference of a tenth would be seen; 0 = cannot be said, or is there
}

// Caused is what the place brought beside what people would have brought
// anyway: the difference of a person times the people who saw it.
func (t Tested) Caused() experiment.Interval { return t.Lift.Times(float64(t.Shown.N)) }

// Audience is the home page of one segment.
type Audience struct {
	Segment string
	Arms    map[slot.Arm]Placed
	Test    Tested
}

// Ratio is how many times as often the segment's page is clicked as
// everybody's page by the same people; 0 where it cannot be said.
func (a Audience) Ratio() float64 {
	with, without := a.Arms[slot.Shown], a.Arms[slot.Without]
	if with.Shown == 0 || without.Shown == 0 || without.Clicks == 0 {
		return 0
	}
	return float64(with.Clicks) / float64(with.Shown) / (float64(without.Clicks) / float64(without.Shown))
}

// SlotFigures is one place in the period of a report.
type SlotFigures struct {
	Slot      slot.Slot
	Total     Placed
	Arms      map[slot.Arm]Placed
	Test      Tested
	Audiences []Audience // of the home page, the most seen first
}

// SlotReport is what every place brought in the last SlotDays days.
type SlotReport struct {
	From, To  string
	Simulated bool
	Currency  money.Currency
	Slots     []SlotFigures
	CountedAt db.Time
}

// SlotPage is one product's page, or one product on it, in a place.
type SlotPage struct {
	Page    string // the product's code
	Name    i18n.Text
	Product catalog.ProductID
	Arms    map[slot.Arm]Placed
	Worth   map[slot.Arm]money.Amount // of what was added, at today's prices
}

// More is how many more things are put into carts each time the place is
// shown on this page, than where people go without it.
func (p SlotPage) More() float64 {
	rate := func(arms ...slot.Arm) float64 {
		var sum Placed
		for _, a := range arms {
			sum.add(p.Arms[a])
		}
		if sum.Shown == 0 {
			return 0
		}
		return float64(sum.Adds) / float64(sum.Shown)
	}
	return rate(slot.Shown) - rate(slot.Without)
}

// slotBucket is one row of slot_days.
type slotBucket struct {
	day       string
	slot      slot.Key
	page      string
	arm       slot.Arm
	simulated bool
}

// look is an impression or a click.
type look struct {
	at        int64
	click     bool
	who       int64 // the customer, below 0 the browser; 0 = nobody we know
	simulated bool
	mark      slot.Mark
}

// visitLasts is how long an impression of the home page explains a click.
const visitLasts = 30 * time.Minute

// visits follows who saw whose home page, so that a click on a section counts
// for the page it stood on: the link does not name it (package slot).
type visits map[int64]struct {
	at   int64
	mark slot.Mark
}

// of is the home page behind a click on one of its sections.
func (v visits) of(l look) slot.Mark {
	if last, ok := v[l.who]; ok && l.who != 0 && l.at-last.at <= visitLasts.Milliseconds() {
		return last.mark
	}
	return slot.Mark{Slot: slot.Home, Page: "default"}
}

func (v visits) see(l look) {
	if !l.click && l.mark.Slot == slot.Home {
		v[l.who] = struct {
			at   int64
			mark slot.Mark
		}{l.at, l.mark}
	}
}

// foldLooks counts impressions and clicks from a moment on; earlier ones only
// tell whose home page was seen.
func foldLooks(into map[slotBucket]Placed, all []look, from time.Time, zone *time.Location) {
	seen := visits{}
	count := func(l look, m slot.Mark, p Placed) {
		b := slotBucket{time.UnixMilli(l.at).In(zone).Format(time.DateOnly), m.Slot, "", m.Arm, l.simulated}
		sum := into[b]
		sum.add(p)
		into[b] = sum
		if m.Slot != slot.Home && !m.Slot.OnHome() || m.Page == "" {
			return
		}
		b.page = m.Page
		sum = into[b]
		sum.add(p)
		into[b] = sum
	}
	for _, l := range all {
		seen.see(l)
		switch {
		case l.at < from.UnixMilli():
		case !l.click:
			count(l, l.mark, Placed{Shown: 1})
		case l.mark.Slot.OnHome():
			page := seen.of(l)
			count(l, page, Placed{Clicks: 1})
			l.mark.Page = page.Page
			count(l, l.mark, Placed{Clicks: 1})
		default:
			count(l, l.mark, Placed{Clicks: 1})
		}
	}
}

// sold is a line of a paid order, net of tax and of what was given back.
type sold struct {
	order, at       int64
	who             int64
	position        int64
	product         int64
	category        int64 // 0 = none
	simulated       bool
	mark            slot.Mark
	units           int
	revenue, margin money.Amount
	costed          money.Amount
	rate            [2]money.Amount // the line's price in the shop's currency and in the order's; {} where they are one
}

// here turns an amount of the order's currency into the shop's as the line's
// own prices stand to each other; what has no price there is worth nothing.
func (s sold) here(amount money.Amount) money.Amount {
	if s.rate[1] == 0 {
		return amount
	}
	return amount.Part(int64(s.rate[0]), int64(s.rate[1]))
}

func foldSold(into map[slotBucket]Placed, all []sold, zone *time.Location) {
	type once struct {
		order int64
		slotBucket
	}
	counted := map[once]bool{}
	for _, l := range all {
		if l.mark.Slot == "" || l.units == 0 {
			continue
		}
		b := slotBucket{time.UnixMilli(l.at).In(zone).Format(time.DateOnly), l.mark.Slot, "", l.mark.Arm, l.simulated}
		p := Placed{Units: l.units, Revenue: l.revenue, Margin: l.margin, Costed: l.costed}
		if !counted[once{l.order, b}] {
			counted[once{l.order, b}], p.Orders = true, 1
		}
		sum := into[b]
		sum.add(p)
		into[b] = sum
	}
}

// trial is one test as its people are gathered.
type trial struct {
	slot slot.Key
	page string
}

// taker is one person in a test, on the side they were first on.
type taker struct {
	arm       slot.Arm
	at        int64
	clicks    int
	simulated bool
}

// enrol goes through what people saw, in the order of time, and says who is in
// which test.
func enrol(all []look, rules *slot.Rules, from time.Time) map[trial]map[int64]*taker {
	tests, seen := map[trial]map[int64]*taker{}, visits{}
	begins := func(key slot.Key) int64 { return max(from.UnixMilli(), rules.Of(key).Since.Milli()) }
	meet := func(l look, m slot.Mark, page string) {
		if m.Arm == slot.Outside || rules.Of(m.Slot).Held == 0 || l.at < begins(m.Slot) {
			return
		}
		at := trial{m.Slot, page}
		if tests[at] == nil {
			tests[at] = map[int64]*taker{}
		}
		if tests[at][l.who] == nil {
			tests[at][l.who] = &taker{arm: m.Arm, at: l.at, simulated: l.simulated}
		}
	}
	click := func(l look, at trial) {
		if k := tests[at][l.who]; k != nil {
			k.clicks++
		}
	}
	for _, l := range all {
		seen.see(l)
		if l.who == 0 {
			continue
		}
		if !l.click {
			meet(l, l.mark, "")
			if l.mark.Slot == slot.Home && l.mark.Page != "" {
				meet(l, l.mark, l.mark.Page)
			}
			continue
		}
		click(l, trial{l.mark.Slot, ""})
		if l.mark.Slot.OnHome() {
			click(l, trial{slot.Home, ""})
			click(l, trial{slot.Home, seen.of(l).Page})
		}
	}
	return tests
}

// half is one side of a test, as slot_tests keeps it.
type half struct {
	trial
	arm       slot.Arm
	simulated bool
	yield     float64
	outcome   experiment.Sample // capped
	clicks    experiment.Sample
}

// weigh sums up the sides of a test. What a person brought counts from their
// first impression on; what they brought before the test began helps to tell
// luck from effect. The largest hundredth is cut off at the next one, or a
// single wholesaler would decide.
func weigh(at trial, takers map[int64]*taker, simulated bool, bought map[int64][]sold, began int64, revenue bool) []half {
	worth := func(l sold) float64 {
		if revenue {
			return float64(l.revenue)
		}
		return float64(l.margin)
	}
	var people []int64
	for who, k := range takers {
		if k.simulated == simulated {
			people = append(people, who)
		}
	}
	slices.Sort(people) // sums of floats depend on their order
	after, before := make([]float64, len(people)), make([]float64, len(people))
	var ever []float64
	for i, who := range people {
		for _, l := range bought[who] {
			switch {
			case l.at >= takers[who].at:
				after[i] += worth(l)
			case l.at < began:
				before[i] += worth(l)
			}
		}
		if after[i] != 0 {
			ever = append(ever, after[i])
		}
	}
	most := ceiling(ever)
	sides := map[slot.Arm]*half{}
	for _, arm := range []slot.Arm{slot.Shown, slot.Without} {
		sides[arm] = &half{trial: at, arm: arm, simulated: simulated}
	}
	for i, who := range people {
		k := takers[who]
		side := sides[k.arm]
		side.yield += after[i]
		side.outcome.Add(min(after[i], most), min(before[i], most))
		side.clicks.Add(float64(k.clicks), 0)
	}
	if len(people) == 0 {
		return nil
	}
	return []half{*sides[slot.Shown], *sides[slot.Without]}
}

// ceiling is where outcomes are cut off: at their 99th of 100, if there are
// enough to say.
func ceiling(ever []float64) float64 {
	if len(ever) < 100 {
		return math.Inf(1)
	}
	slices.Sort(ever)
	return ever[len(ever)*99/100]
}

// judged puts the two sides of a test together.
func judged(t slot.Test, shown, held half, revenue bool, since, now time.Time) Tested {
	plan := experiment.Plan{Held: t.Share(), People: t.Planned}
	out := Tested{Result: experiment.Judge(plan, shown.outcome, held.outcome), Held: t.Share(), Since: since, Revenue: revenue,
		Means: [2]float64{shown.clicks.Mean(), held.clicks.Mean()}}
	if out.Verdict != experiment.Uneven {
		out.Clicks, out.ClicksOK = experiment.Clicks(shown.clicks, held.clicks, t.Planned)
	}
	out.Weeks = weeks(t, shown.outcome, held.outcome, now.Sub(since))
	return out
}

// seenAt is the difference a shop is taken to ask about: a tenth of what people
// bring.
const seenAt = 0.1

// weeks is how long, at the pace of people so far, until a difference of a
// tenth would be seen.
func weeks(t slot.Test, shown, held experiment.Sample, ran time.Duration) int {
	var all experiment.Sample
	for _, s := range []experiment.Sample{shown, held} {
		all.N, all.Sum, all.Sq = all.N+s.N, all.Sum+s.Sum, all.Sq+s.Sq
	}
	needed := experiment.Needed(all.Variance(), seenAt*all.Mean(), t.Share())
	if needed == 0 || all.N == 0 || ran < 24*time.Hour {
		return 0
	}
	perWeek := float64(all.N) / (ran.Hours() / 24 / 7)
	return int(math.Ceil(max(0, float64(needed-all.N)) / perWeek))
}

// slotWindow are the days that places are reported for.
func slotWindow(v setting.Values, now time.Time) (from, to time.Time) {
	to = nextDay(now.In(v.Zone()), 0)
	return nextDay(to, 1-SlotDays), to
}
