package outreach

import (
	"math/rand/v2"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
)

// A thousand people who buy by chance: no effect is shown; where mail doubles
// what they buy it is; who was drawn lately does not count yet.
func TestWhatAllMailCausesIsJudged(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	began := now.AddDate(0, 0, -120)
	for name, world := range map[string]struct {
		lift float64
		want experiment.Verdict
	}{"no effect": {1, experiment.None}, "twice": {2.5, experiment.Gain}} {
		random := rand.New(rand.NewPCG(7, 1))
		r := &KeptResult{Run: KeptRun{Held: 2000, Since: db.At(began)}}
		people, sales := map[int64]*drawn{}, []analytics.Sale{}
		for i := range int64(4000) {
			p := &drawn{arm: Treated, at: began.UnixMilli()}
			chance := .2 * world.lift
			if i%5 == 0 {
				p.arm, chance = Held, .2
			}
			if i >= 3900 {
				p.at = now.AddDate(0, 0, -10).UnixMilli() // young
			}
			people[i+1] = p
			if random.Float64() < chance {
				sales = append(sales, analytics.Sale{Order: i, At: began.AddDate(0, 0, 30), Who: i + 1, Revenue: 2000, Margin: 800, Costed: 2000})
			}
			if i == 0 { // before the run, after its days, and of somebody made up
				sales = append(sales, analytics.Sale{At: began.AddDate(0, 0, -200), Who: 1, Revenue: money.Amount(1e9)}, analytics.Sale{At: began.AddDate(0, 0, 100), Who: 1, Revenue: money.Amount(1e9)},
					analytics.Sale{At: began.AddDate(0, 0, 5), Who: 1, Revenue: money.Amount(1e9), Simulated: true})
			}
		}
		r.judge(people, sales, now)
		if r.People != 4000 || r.Young != 100 || r.Orders.Shown.N+r.Orders.Held.N != 3900 || !r.Costed {
			t.Errorf("%s: %d people, %d young, %+v", name, r.People, r.Young, r.Orders)
		}
		for _, e := range []experiment.Result{r.Orders, r.Revenue, r.Margin} {
			if e.Verdict != world.want || e.Lift.Zero() != (world.want == experiment.None) {
				t.Errorf("%s: %s %+v", name, e.Verdict, e.Lift)
			}
		}
	}
}
