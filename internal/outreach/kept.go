package outreach

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// KeptOut is the reason with which every message of consent is withheld from
// somebody who gets none, so that it can be told what all of them cause.
const KeptOut = "held-out"

// KeptRun is the time of one share of people who get no mail of consent: a row
// of mail_holdout_runs. Held 0: everybody may be written to.
type KeptRun struct {
	ID     int64
	Number int
	Held   int // hundredths of a percent of people
	Salt   string
	Since  db.Time
	Until  time.Time `gorm:"-"` // the next one began; zero: it goes on
}

// TableName is mail_holdout_runs.
func (KeptRun) TableName() string { return "mail_holdout_runs" }

// Share is the part of people who get none.
func (r *KeptRun) Share() float64 { return float64(r.Held) / experiment.Whole }

// unit is what is drawn: the account where there is one, so that a change of
// address changes no side, else the address.
func (c *Candidate) unit(account int64) string {
	if account != 0 {
		return fmt.Sprintf("c%d", account)
	}
	return "e" + customer.EmailKey(c.Email)
}

// person is what may stand for an account, or for its address, in the run.
func (r *KeptRun) person(id customer.ID, key string) []string {
	return []string{experiment.Person(r.Salt, (&Candidate{}).unit(int64(id))), experiment.Person(r.Salt, (&Candidate{Email: key}).unit(0))}
}

// without says whether the reader is of those who get no mail of consent, and
// writes down on which side they are. It is asked once nothing that lasts
// speaks against the message, so that both sides are people who would have been
// written to; rests, caps and hours make no difference to it.
func (d *Desk) without(ctx context.Context, tx *db.Tx, c Candidate, now time.Time) (bool, error) {
	run, err := d.keptRun(ctx, tx, now)
	if err != nil || run == nil || run.Held == 0 {
		return false, err
	}
	var account int64
	for _, k := range c.people {
		if k.ID != 0 && (account == 0 || c.Customer != nil && k.ID == int64(c.Customer.ID)) {
			account = k.ID
		}
	}
	person := experiment.Person(run.Salt, c.unit(account))
	if arm, found, err := keptSide(ctx, tx, run.ID, person, experiment.Person(run.Salt, c.unit(0)), c.ids()); err != nil || found {
		return arm == Held, err
	}
	arm := Treated
	if experiment.Held(run.Salt, person, run.Held) {
		arm = Held
	}
	if c.looks {
		return arm == Held, nil
	}
	return arm == Held, putKept(ctx, tx, run.ID, person, account, arm, now)
}

// KeptFrom tells, of an account and its address, whether the gate would say
// that they get no mail of consent: as they were drawn, else as they will be. A
// share that no decision followed yet draws with the salt of the run before; of
// the very first one nothing is known until its first message.
func KeptFrom(ctx context.Context, q db.Q, set setting.Values) (func(customer.ID, string) bool, error) {
	share := set.MailHoldout()
	run, err := latestKept(ctx, q)
	if err != nil || share == 0 || run == nil {
		return func(customer.ID, string) bool { return false }, err
	}
	accounts, persons := map[int64]bool{}, map[string]bool{}
	if run.Held == share {
		if accounts, persons, err = keptSides(ctx, q, run.ID); err != nil {
			return nil, err
		}
	}
	return func(id customer.ID, key string) bool {
		held, drawn := accounts[int64(id)]
		unit := experiment.Person(run.Salt, (&Candidate{}).unit(int64(id)))
		for _, person := range []string{unit, experiment.Person(run.Salt, (&Candidate{Email: key}).unit(0))} {
			if h, found := persons[person]; found {
				held, drawn = held || h, true
			}
		}
		return held || !drawn && experiment.Held(run.Salt, unit, share)
	}, nil
}

// keptRun is the run that holds now; where the setting says another share than
// it, a new one begins with this decision, under the same salt.
func (d *Desk) keptRun(ctx context.Context, tx *db.Tx, now time.Time) (*KeptRun, error) {
	share := d.Settings.Now().MailHoldout()
	latest, err := latestKept(ctx, tx)
	if err != nil || latest == nil && share == 0 || latest != nil && latest.Held == share {
		return latest, err
	}
	next := KeptRun{Number: 1, Held: share, Salt: newSalt(), Since: db.At(now)}
	if latest != nil {
		next.Number, next.Salt = latest.Number+1, latest.Salt
	}
	if err := db.IgnoreConflict(tx.Query(ctx)).Create(&next).Error; err != nil {
		return nil, fmt.Errorf("begin a run of who gets no mail: %w", err)
	}
	return latestKept(ctx, tx)
}

// KeptWithin are the days after their draw in which people's orders are
// compared, and before it, to tell luck from effect.
const KeptWithin = 90

// KeptResult is what all mail of consent caused in one run: of a person, by
// those who may be written to less those who are not.
type KeptResult struct {
	Run                     KeptRun
	People, Young           int // accounts drawn; those of them whose days are not over
	Guests                  int // drawn by address alone, and not compared
	Orders, Revenue, Margin experiment.Result
	Costed                  bool // some of the sales have a known cost
}

// Kept judges the newest run in which somebody got none; nil: there was none.
// Only accounts are compared: which orders are a guest's is not sure. Of a run
// that is over only those count whose days were over before.
func Kept(ctx context.Context, q db.Q, currency money.Currency, now time.Time) (*KeptResult, error) {
	runs, err := KeptRuns(ctx, q)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(runs, func(r KeptRun) bool { return r.Held > 0 })
	if at < 0 {
		return nil, nil
	}
	r := &KeptResult{Run: runs[at]}
	people, guests, err := keptPeople(ctx, q, r.Run.ID)
	if err != nil {
		return nil, err
	}
	sales, err := analytics.Sales(ctx, q, r.Run.Since.AddDate(0, 0, -KeptWithin), now.Add(time.Second), currency)
	if err != nil {
		return nil, err
	}
	r.Guests = guests
	r.judge(people, sales, now)
	return r, nil
}

// drawn is one person of a run; sums are orders, revenue and margin.
type drawn struct {
	arm           Arm
	at            int64
	closed        bool // they do not let what they bought be used: nothing from before counts
	before, after [3]float64
}

func (r *KeptResult) judge(people map[int64]*drawn, sales []analytics.Sale, now time.Time) {
	const window = KeptWithin * 24 * 60 * 60 * 1000
	end := now.UnixMilli()
	if !r.Run.Until.IsZero() {
		end = min(end, r.Run.Until.UnixMilli())
	}
	for _, s := range sales {
		p := people[s.Who]
		if p == nil || s.Simulated {
			continue
		}
		sums, at := [3]float64{1, float64(s.Revenue), float64(s.Margin)}, s.At.UnixMilli()
		for i := range sums {
			switch {
			case at >= p.at && at < p.at+window:
				p.after[i] += sums[i]
				r.Costed = r.Costed || s.Costed > 0
			case at < p.at && at >= p.at-window && !p.closed:
				p.before[i] += sums[i]
			}
		}
	}
	var shown, held [3]experiment.Sample
	for _, who := range slices.Sorted(maps.Keys(people)) { // sums of floats depend on their order
		p := people[who]
		r.People++
		if p.at+window > end {
			r.Young++
			continue
		}
		for i := range p.after {
			if p.arm == Held {
				held[i].Add(p.after[i], p.before[i])
			} else {
				shown[i].Add(p.after[i], p.before[i])
			}
		}
	}
	plan := experiment.Plan{Held: r.Run.Share()}
	r.Orders, r.Revenue, r.Margin = experiment.Judge(plan, shown[0], held[0]), experiment.Judge(plan, shown[1], held[1]), experiment.Judge(plan, shown[2], held[2])
}
