package demo

import (
	"context"
	"math"
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/slot"
)

// holdsLetter: the report of the finished campaign finds the effect that was
// planted. What came by its links would not have come without it, so the truth
// is known to the cent.
func holdsLetter(t *testing.T, d *db.DB, set setting.Values) {
	t.Helper()
	ctx := context.Background()
	if err := campaign.Credit(ctx, d); err != nil {
		t.Fatal(err)
	}
	report, err := campaign.Reported(ctx, d, true, 120, set.Currency(), firstStart)
	if err != nil || len(report.Rows) != 1 {
		t.Fatalf("%d campaigns, %v", len(report.Rows), err)
	}
	r := report.Rows[0]
	if sum := r.Revenue + report.Earlier.Revenue + report.None.Revenue; sum != report.Total.Revenue || r.Orders+report.None.Orders != report.Total.Orders {
		t.Errorf("the sums of campaigns and none are %v of %v", sum, report.Total.Revenue)
	}
	if r.Mails+r.Without+r.Withheld != r.People || r.Waits+r.Young > 0 || r.Cost != letterCost+money.Amount(r.Mails)*letterEach {
		t.Errorf("of %d people %d got it, %d go without, %d were kept from it; it cost %v", r.People, r.Mails, r.Without, r.Withheld, r.Cost)
	}
	led := "SELECT o.id FROM orders o JOIN cart_arrivals a ON a.cart_id = o.cart_id AND a.campaign = '" + r.Token + "'"
	n := len(rows[int64](t, d, led))
	if want := letterAdds * float64(r.Mails); math.Abs(float64(n)-want) > 1 || r.How[campaign.ByLink] < n {
		t.Errorf("%d orders came by the link, planted %.0f; credited to it are %v", n, want, r.How)
	}
	t.Logf("letter: %+v, %v", r.Sum, r.How)
	caused := plantedIn(t, d, set, led, func(s analytics.Sale) money.Amount { return s.Revenue })
	found(t, "letter", r.Effect, float64(caused)/float64(r.Effect.Shown.N))
}

// holdsBanners: of the pair on the home page, too. The side that gets one at
// random buys by it as well, so the truth is the difference.
func holdsBanners(t *testing.T, d *db.DB, set setting.Values) {
	t.Helper()
	ctx := context.Background()
	if err := analytics.RebuildSlots(ctx, d, set, firstStart); err != nil {
		t.Fatal(err)
	}
	r, err := campaign.ReportBanners(ctx, d, slot.BannerHome, true, set, firstStart)
	if err != nil {
		t.Fatal(err)
	}
	per := func(arm slot.Arm, people int) float64 {
		return float64(plantedIn(t, d, set, "SELECT DISTINCT o.id FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.origin LIKE 'banner.home/"+string(arm)+"/%'", func(s analytics.Sale) money.Amount {
			if r.Margin {
				return s.Margin
			}
			return s.Revenue
		})) / float64(people)
	}
	found(t, "banners", r.Result, per(slot.Shown, r.Targeted.People)-per(slot.Without, r.Random.People))
	if !r.Says || len(r.Banners) != 2 || r.Targeted.Cost <= 0 || r.Random.Cost <= 0 || r.Targeted.Clicks <= r.Random.Clicks {
		t.Errorf("the report of banners says %+v", r)
	}
	t.Logf("banners: %+v %+v, ratio %.2f", r.Targeted, r.Random, r.Ratio)
}

func plantedIn(t *testing.T, d *db.DB, set setting.Values, sql string, worth func(analytics.Sale) money.Amount) (sum money.Amount) {
	t.Helper()
	is := map[int64]bool{}
	for _, id := range rows[int64](t, d, sql) {
		is[id] = true
	}
	sales, err := analytics.Sales(context.Background(), d, firstStart.AddDate(-1, 0, 0), firstStart, set.Currency())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sales {
		if is[s.Order] {
			sum += worth(s)
		}
	}
	return sum
}

func found(t *testing.T, what string, r experiment.Result, truth float64) {
	t.Helper()
	t.Logf("%s: %s, %.0f of a person in %.0f to %.0f, planted %.0f; %d and %d people, %d and %d buyers", what, r.Verdict, r.Lift.Est, r.Lift.Low, r.Lift.High, truth,
		r.Shown.N, r.Held.N, r.Shown.Buyers, r.Held.Buyers)
	if r.Verdict == experiment.Early || r.Verdict == experiment.Uneven || truth <= 0 || truth < r.Lift.Low || truth > r.Lift.High {
		t.Errorf("%s: planted %.0f a person, found %s %+v", what, truth, r.Verdict, r.Lift)
	}
}
