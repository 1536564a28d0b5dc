package value_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/value"
)

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// account is somebody who spent an amount on each of some days before today.
func account(id customer.ID, net money.Amount, ago ...int) value.Account {
	a := value.Account{Customer: id}
	for _, d := range ago {
		a.Days = append(a.Days, value.Day{At: today.AddDate(0, 0, -d), Net: net})
	}
	return a
}

var plain = value.Terms{Margin: 10_000, A: 80, B: 95}

func classes(scores []value.Score) (all string) {
	for _, s := range scores {
		all += string(s.Class)
	}
	return all
}

func TestClassesByContribution(t *testing.T) {
	accounts := []value.Account{account(1, 600, 200), account(2, 200, 200), account(3, 100, 200), account(4, 100, 200), account(5, 0, 200), account(6, 9000, 30), account(7, 100, 400, 200)}
	accounts[6].Returns = 3
	terms := plain
	terms.ReturnCost = 50
	scores, found := value.Grade(accounts, today, terms)
	// 600 and 200 of 1000 are 80 %; both hundreds are equal and so of one class.
	if got := classes(scores); got != "AABBCND" {
		t.Errorf("the classes are %s", got)
	}
	if scores[6].Contribution != -50 || found.LastA != 200 || found.LastB != 100 {
		t.Errorf("%d %d %d", scores[6].Contribution, found.LastA, found.LastB)
	}
	terms = value.Terms{Margin: 10_000, ByPeople: true, A: 20, B: 50}
	var many []value.Account
	for i := range 10 {
		many = append(many, account(customer.ID(i+1), money.Amount(i/2*100), 200))
	}
	if scores, _ := value.Grade(many, today, terms); classes(scores) != "CCCCBCBBAA" {
		t.Errorf("20/30/50 of ten people are %s", classes(scores))
	}
}

// Equal values get equal scores; where a fifth and more share one frequency,
// fixed cuts stand and are said.
func TestScoresHaveStatedCuts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		var all []value.Account
		for i := range 5 + rng.IntN(80) {
			var ago []int
			for d := 5 + rng.IntN(700); d > 0 && len(ago) < 30; d -= 1 + rng.IntN(200) {
				ago = append(ago, d)
			}
			all = append(all, account(customer.ID(i+1), money.Amount(1+rng.IntN(40))*100, ago...))
		}
		scores, found := value.Grade(all, today, plain)
		shared := map[int]int{}
		for _, a := range scores {
			shared[a.Frequency]++
			for _, b := range scores {
				if a.Net == b.Net && a.M != b.M || a.Net > b.Net && a.M < b.M || a.Recency < b.Recency && a.R < b.R || a.Frequency > b.Frequency && a.F < b.F || a.Recency == b.Recency && a.R != b.R {
					t.Fatalf("%+v and %+v", a, b)
				}
			}
			if min(a.R, a.F, a.M) < 1 || max(a.R, a.F, a.M) > 5 {
				t.Fatalf("%+v", a)
			}
		}
		most := 0
		for _, n := range shared {
			most = max(most, n)
		}
		if found.Cuts.FixedF != (most*5 > len(scores)) {
			t.Fatalf("%d of %d share a frequency, and fixed is %v", most, len(scores), found.Cuts.FixedF)
		}
	}
}

// What is shown multiplies to what is shown, to the cent: the parts are read
// from their words and multiplied as whole numbers.
func TestPartsMultiplyToTheTotal(t *testing.T) {
	accounts, all, _, _ := known(cdnow(t, "cdnow_sample.csv.gz", "sample_customer"), cdnowEnd, 365./7)
	f, err := value.Learn(accounts, cdnowEnd, 365./7, 1)
	if err != nil {
		t.Fatal(err)
	}
	exact := func(words string) *big.Rat {
		r, ok := new(big.Rat).SetString(words)
		if !ok {
			t.Fatalf("%q is no number", words)
		}
		return r
	}
	for i, p := range all {
		referral := money.BasisPoints(i % 5 * 1250)
		q := f.PartsOf(p, referral, 4000)
		total := exact(strconv.Itoa(int(q.PerOrder)))
		for _, words := range []string{fmt.Sprintf("%.2f", q.PerYear), fmt.Sprintf("%.1f", q.Years), fmt.Sprintf("%.2f", q.Factor)} {
			total.Mul(total, exact(words))
		}
		cents := new(big.Rat).Add(total, big.NewRat(1, 2))
		if want := new(big.Int).Div(cents.Num(), cents.Denom()); want.Int64() != int64(q.Total) || q.Total < 0 || q.Years > 5 || q.Factor < 1 {
			t.Fatalf("%+v makes %+v, not %v", p, q, want)
		}
	}
}

// Rebuilding at the same moment keeps the same rows, whatever was there; it
// counts what went back, and nothing of whoever said no, or as soon as they do.
func TestValuesAreACopyOfTheOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		now := day(2026, 6, 1)
		ann, bob, private := w.person("ann@mail.test"), w.person("bob@mail.test"), w.person("private@mail.test")
		w.buys(ann, 40_00, day(2025, 1, 10), day(2026, 1, 20), day(2026, 3, 20))
		w.buys(bob, 10_00, day(2026, 5, 20))
		w.buys(private, 500_00, day(2026, 1, 5), day(2026, 2, 5))
		no := func(who customer.ID) {
			w.tx(func(tx *db.Tx) error {
				if err := customer.SetConsent(ctx, tx, who, customer.History, false, "test", now); err != nil {
					return err
				}
				return value.Refresh(ctx, tx, who)
			})
		}
		no(private)
		rows := func() (all []map[string]any) {
			t.Helper()
			if err := d.Query(ctx).Raw("SELECT customer_id, class, recency, frequency, net, net_before, contribution, r, f, m, counts, spending, alive FROM customer_values ORDER BY customer_id").Scan(&all).Error; err != nil {
				t.Fatal(err)
			}
			return all
		}
		if err := value.Rebuild(ctx, d, w.set, now); err != nil {
			t.Fatal(err)
		}
		first := rows()
		w.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE customer_values SET net = 7, class = 'D'").Error
		})
		if err := value.Rebuild(ctx, d, w.set, now); err != nil {
			t.Fatal(err)
		}
		if again := rows(); len(first) != 2 || !reflect.DeepEqual(first, again) {
			t.Errorf("%v\nthen %v", first, again)
		}
		all, n, err := value.People(ctx, d, value.Filter{})
		if err != nil || n != 2 || all[0].Email != "ann@mail.test" || all[0].Net != 80_00 || all[0].NetEver != 120_00 || all[0].Contribution != 32_00 || all[0].Class != value.ClassA || all[1].Class != value.ClassN {
			t.Errorf("%d: %+v %v", n, all, err)
		}
		for _, f := range []value.Filter{{Class: value.ClassA}, {Tier: value.Loyal}, {List: value.Gold}, {List: value.Fading}, {List: value.Narrow}, {List: value.Costly}, {Sort: "alive"}, {Page: 2}} {
			if _, _, err := value.People(ctx, d, f); err != nil {
				t.Errorf("%+v: %v", f, err)
			}
		}
		found, err := value.Kept(ctx, d)
		if err != nil || found == nil || found.Forecast != nil || found.People != 2 || found.Cohort.People == 0 || found.Definition != value.Definition || found.Rates["CNY"] < .142 || found.Rates["CNY"] > .143 {
			t.Errorf("%+v %v", found, err)
		}
		no(ann)
		if got, refused, err := value.Of(ctx, d, ann); err != nil || got != nil || !refused {
			t.Errorf("what is kept of somebody who said no: %+v %v %v", got, refused, err)
		}
		if len(rows()) != 1 {
			t.Errorf("%v", rows())
		}
		w.tx(func(tx *db.Tx) error { return value.Forget(ctx, tx, bob, "", now) })
		if len(rows()) != 0 {
			t.Errorf("%v", rows())
		}
	})
}

// Money of another currency counts by the shop's own prices.
func TestOtherCurrenciesCountByThePricesOfTheShop(t *testing.T) {
	w := open(t, dbtest.SQLite(t))
	ann := w.person("ann@mail.test")
	w.buys(ann, 70_00, day(2026, 1, 20))
	w.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE orders SET currency = 'CNY'").Error })
	scores, _, err := value.All(ctx, w.d, setting.Values{}, day(2026, 6, 1))
	if err != nil || len(scores) != 1 || scores[0].Net != 10_00 {
		t.Errorf("%+v %v", scores, err)
	}
}
