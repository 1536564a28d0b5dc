package value

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"regulars/internal/money"
)

// Tier is how loyal somebody is; what each is promised stands with price
// lists, promotions and mails. Whoever has an account has one.
type Tier string

const (
	Occasional Tier = "occasional"
	Loyal      Tier = "loyal"
	VeryLoyal  Tier = "very-loyal"
)

// Tiers lists every tier, the lowest first.
var Tiers = []Tier{Occasional, Loyal, VeryLoyal}

// Over reports whether t is the higher one.
func (t Tier) Over(u Tier) bool { return slices.Index(Tiers, t) > slices.Index(Tiers, u) }

// Reached are the tiers up to t: what is promised to the loyal is promised to
// the very loyal, too.
func (t Tier) Reached() []string {
	var all []string
	for _, one := range Tiers {
		if !one.Over(t) {
			all = append(all, string(one))
		}
	}
	return all
}

// Window is how far back purchases count, in days.
const Window = 365

// Notice is how many days a tier is kept, at least, once a review found it
// too high.
const Notice = 60

// Rule is what a tier asks for within the window: so many orders, or so much
// spent in one currency. 0 and none ask for nothing that can be reached.
type Rule struct {
	Orders int
	Spend  map[money.Currency]money.Amount
}

// Rules are the thresholds from an instant on, until the next ones.
type Rules struct {
	Since       time.Time
	Loyal, Very Rule
}

// Back is money that went back, or was promised back, of an order; what of it
// was for delivery stands beside it below nothing.
type Back struct {
	At     time.Time
	Amount money.Amount
}

// Purchase is a paid order as it counts: goods without delivery, gift cards
// and tax on top. Gone is when it was cancelled.
type Purchase struct {
	Number   string
	Paid     time.Time
	Gone     time.Time
	Currency money.Currency
	Goods    money.Amount
	Back     []Back
}

// worth is what is left of a purchase at an instant, never below nothing.
func (p *Purchase) worth(at time.Time) money.Amount {
	if p.Paid.After(at) || !p.Gone.IsZero() && !p.Gone.After(at) {
		return 0
	}
	var back money.Amount
	for _, b := range p.Back {
		if !b.At.After(at) {
			back += b.Amount
		}
	}
	return (p.Goods - back.Clamp0()).Clamp0()
}

// Grant is a tier that a member of staff gave, with the reason.
type Grant struct {
	Key         string // its name in addresses
	Tier        Tier
	Reason      string
	Actor       string
	From, Until time.Time
}

func (g *Grant) holds(at time.Time) bool { return !g.From.After(at) && g.Until.After(at) }

// Earned is what counts for somebody at an instant.
type Earned struct {
	Orders int
	Spend  map[money.Currency]money.Amount
}

// meets reports whether a rule is met.
func (e Earned) meets(r Rule) bool {
	if r.Orders > 0 && e.Orders >= r.Orders {
		return true
	}
	for currency, least := range r.Spend {
		if least > 0 && e.Spend[currency] >= least {
			return true
		}
	}
	return false
}

func (e Earned) tier(r Rules) Tier {
	switch {
	case e.meets(r.Very):
		return VeryLoyal
	case e.meets(r.Loyal):
		return Loyal
	}
	return Occasional
}

// Facts are all that a tier is decided from.
type Facts struct {
	Rules     []Rules // ascending; the first counts for all time before it, too
	Purchases []Purchase
	Grants    []Grant
	Zone      *time.Location
}

// Cause says why a tier changed, or will.
type Cause string

const (
	ByPurchase Cause = "purchase" // a payment reached it
	ByRules    Cause = "rules"    // the thresholds were lowered
	ByReview   Cause = "review"   // a review found too little, twice, Notice apart
)

// Step is a change of the earned tier.
type Step struct {
	At     time.Time
	Tier   Tier
	Cause  Cause
	Number string // of the order that reached it
}

// Standing is what somebody's tier is at an instant, and why.
type Standing struct {
	Tier    Tier // the higher one of earned and given
	Earned  Tier
	Since   time.Time // of the earned tier; zero: always
	Steps   []Step
	Counts  Earned
	Grant   *Grant    // the one that makes the tier higher than what is earned
	FallsTo Tier      // where the earned tier goes at FallsAt, unless more is bought; "" = nowhere
	FallsAt time.Time // a review
	Noticed time.Time // the review that found it
	Rules   Rules     // in force
}

// At decides a tier by walking through everything that happened until then:
// up at once when a payment reaches it; down only at the review at the
// beginning of a month, and only if a review Notice days earlier had found too
// little already. Refunds count at the next review. The same facts always give
// the same answer.
func (f Facts) At(now time.Time) Standing {
	s := Standing{Tier: Occasional, Earned: Occasional}
	for _, m := range f.moments(now) {
		s.Rules = f.rules(m.at)
		found := f.count(m.at).tier(s.Rules)
		switch {
		case found.Over(s.Earned):
			s.climb(found, m)
		case found == s.Earned: // what was too little is enough again
			s.FallsTo, s.FallsAt, s.Noticed = "", time.Time{}, time.Time{}
		case m.cause == ByReview && s.FallsTo != "" && !s.FallsAt.After(m.at):
			s.climb(found, m)
		case m.cause == ByReview && s.FallsTo == "":
			s.FallsTo, s.Noticed, s.FallsAt = found, m.at, f.review(m.at.AddDate(0, 0, Notice))
		case s.FallsTo != "":
			s.FallsTo = found
		}
	}
	s.Rules, s.Counts, s.Tier = f.rules(now), f.count(now), s.Earned
	for i := range f.Grants {
		if g := &f.Grants[i]; g.holds(now) && (g.Tier.Over(s.Tier) || s.Grant != nil && g.Tier == s.Tier && g.Until.After(s.Grant.Until)) {
			s.Tier, s.Grant = g.Tier, g
		}
	}
	return s
}

// latest is now, or the last thing that is written, if the clock was set back
// since: what is written has happened.
func (f Facts) latest(now time.Time) time.Time {
	for i := range f.Purchases {
		p := &f.Purchases[i]
		for _, at := range []time.Time{p.Paid, p.Gone} {
			if at.After(now) {
				now = at
			}
		}
		for _, b := range p.Back {
			if b.At.After(now) {
				now = b.At
			}
		}
	}
	for i := range f.Grants {
		if f.Grants[i].From.After(now) {
			now = f.Grants[i].From
		}
	}
	return now
}

func (s *Standing) climb(to Tier, m moment) {
	s.Earned, s.Since, s.FallsTo, s.FallsAt, s.Noticed = to, m.at, "", time.Time{}, time.Time{}
	s.Steps = append(s.Steps, Step{m.at, to, m.cause, m.number})
}

// moment is when a tier may change.
type moment struct {
	at     time.Time
	cause  Cause
	number string
}

func (f Facts) moments(now time.Time) []moment {
	var all []moment
	first := now
	for i := range f.Purchases {
		p := &f.Purchases[i]
		if !p.Paid.After(now) {
			all = append(all, moment{p.Paid, ByPurchase, p.Number})
			if p.Paid.Before(first) {
				first = p.Paid
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	for i, r := range f.Rules {
		if i > 0 && !r.Since.After(now) && r.Since.After(first) {
			all = append(all, moment{r.Since, ByRules, ""})
		}
	}
	for at := f.review(first.Add(time.Millisecond)); !at.After(now); at = f.review(at.Add(time.Millisecond)) {
		all = append(all, moment{at, ByReview, ""})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.number, b.number)) })
	return all
}

// review is the first one at or after an instant: midnight of the shop at the
// beginning of a month.
func (f Facts) review(at time.Time) time.Time {
	local := at.In(f.Zone)
	start := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, f.Zone)
	if start.Before(at) {
		start = time.Date(local.Year(), local.Month()+1, 1, 0, 0, 0, 0, f.Zone)
	}
	return start.UTC()
}

// rules are those in force at an instant.
func (f Facts) rules(at time.Time) (in Rules) {
	for i, r := range f.Rules {
		if i == 0 || !r.Since.After(at) {
			in = r
		}
	}
	return in
}

// count is what counts at an instant: the purchases of the window, as they
// stand then.
func (f Facts) count(at time.Time) Earned {
	e := Earned{Spend: map[money.Currency]money.Amount{}}
	from := at.AddDate(0, 0, -Window)
	for i := range f.Purchases {
		p := &f.Purchases[i]
		if !p.Paid.After(from) {
			continue
		}
		if worth := p.worth(at); worth > 0 {
			e.Orders++
			e.Spend[p.Currency] += worth
		}
	}
	return e
}

// Keep is what a tier's holder still needs, or had best do, to stay where they
// are until a review: nothing if what counts at that instant is enough already.
// It counts what was bought until now only.
func (f Facts) Keep(s Standing, at time.Time) (Rule, Earned) {
	e := f.count(at)
	if s.Earned == VeryLoyal {
		return s.Rules.Very, e
	}
	return s.Rules.Loyal, e
}

// Next is the tier above the earned one and what it asks for; "" above the
// highest.
func (s Standing) Next() (Tier, Rule) {
	switch s.Earned {
	case Occasional:
		if s.Rules.Loyal.Orders > 0 || len(s.Rules.Loyal.Spend) > 0 {
			return Loyal, s.Rules.Loyal
		}
		return VeryLoyal, s.Rules.Very
	case Loyal:
		return VeryLoyal, s.Rules.Very
	}
	return "", Rule{}
}

// For is what a tier asks for.
func (r Rules) For(t Tier) Rule {
	switch t {
	case VeryLoyal:
		return r.Very
	case Loyal:
		return r.Loyal
	}
	return Rule{}
}

// InOrder lists the currencies of amounts, always in the same order.
func InOrder(amounts map[money.Currency]money.Amount) []money.Currency {
	return slices.Sorted(maps.Keys(amounts))
}
