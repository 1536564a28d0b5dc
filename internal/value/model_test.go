package value_test

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"sort"
	"strconv"
	"testing"
	"time"

	"regulars/internal/value"
)

// history is what one person bought, day by day.
type history struct {
	days   []time.Time
	amount []float64
}

func (h *history) on(day time.Time, amount float64) {
	if n := len(h.days); n > 0 && h.days[n-1].Equal(day) {
		h.amount[n-1] += amount
		return
	}
	h.days, h.amount = append(h.days, day), append(h.amount, amount)
}

// read takes a history file of the data folder, where it is at hand.
func read(t testing.TB, name, who, when string, amount func(row map[string]string) float64) map[string]*history {
	t.Helper()
	f, err := os.Open("../../../shared/data/" + name)
	if err != nil {
		t.Skip("the real history is not at hand: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(z)
	head, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	type sale struct {
		who    string
		day    time.Time
		amount float64
	}
	var all []sale
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		cells := map[string]string{}
		for i, h := range head {
			cells[h] = row[i]
		}
		if cells[who] == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, cells[when][:10])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sale{cells[who], day, amount(cells)})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].day.Before(all[j].day) })
	people := map[string]*history{}
	for _, s := range all {
		if people[s.who] == nil {
			people[s.who] = &history{}
		}
		people[s.who].on(s.day, s.amount)
	}
	return people
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.4f, want %.4f ± %v", what, got, want, within)
	}
}

const week = 7 * 24 * time.Hour

// split cuts histories at the end of a day: what was known then, and what came
// in the weeks after.
func split(people map[string]*history, end time.Time, weeks float64) (counts []value.Count, spent []value.Spent, later, laterSpent []float64) {
	var names []string
	for who := range people {
		names = append(names, who)
	}
	sort.Strings(names)
	stop := end.Add(time.Duration(weeks * float64(week)))
	for _, who := range names {
		h := people[who]
		if h.days[0].After(end) {
			continue
		}
		c, s := value.Count{Age: float64(end.Sub(h.days[0])) / float64(week)}, value.Spent{}
		n, sum := 0.0, 0.0
		for i, day := range h.days {
			switch {
			case i == 0:
			case !day.After(end):
				c.X, c.Last = c.X+1, float64(day.Sub(h.days[0]))/float64(week)
				s.N, s.Mean = s.N+1, s.Mean+h.amount[i]
			case !day.After(stop):
				n, sum = n+1, sum+h.amount[i]
			}
		}
		if s.N > 0 {
			s.Mean /= float64(s.N)
		}
		counts, spent, later, laterSpent = append(counts, c), append(spent, s), append(later, n), append(laterSpent, sum)
	}
	return counts, spent, later, laterSpent
}

func off(forecast func(i int) float64, truth []float64) (mae, total float64) {
	var abs, f, s float64
	for i, v := range truth {
		e := forecast(i)
		abs, f, s = abs+math.Abs(e-v), f+e, s+v
	}
	return abs / float64(len(truth)), f/s - 1
}

var cdnowEnd = time.Date(1997, 9, 30, 0, 0, 0, 0, time.UTC)

func cdnow(t testing.TB, name, who string) map[string]*history {
	return read(t, name, who, "date", func(row map[string]string) float64 { return number(t, row["amount"]) })
}

func TestTheModelsFindThePublishedParametersOfCDNOW(t *testing.T) {
	counts, spent, later, _ := split(cdnow(t, "cdnow_sample.csv.gz", "sample_customer"), cdnowEnd, 39)
	m, err := value.Fit(value.Buying, counts)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "people", float64(m.People), 2357, 0)
	near(t, "r", m.R, .243, .005)
	near(t, "alpha", m.Alpha, 4.414, .005)
	near(t, "a", m.A, .793, .005)
	near(t, "b", m.B, 2.426, .005)
	near(t, "the log-likelihood", m.LL, -9582.4, .05)
	w, err := value.FitWorth(spent)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "repeat buyers", float64(w.People), 946, 0)
	near(t, "p", w.P, 6.25, .005)
	near(t, "q", w.Q, 3.74, .005)
	near(t, "v", w.V, 15.44, .005)
	mae, total := off(func(i int) float64 { return m.Expected(counts[i], 39) }, later)
	t.Logf("39 weeks: mean error %.4f, in all %+.1f %%", mae, 100*total)
	if mae > .7855 {
		t.Errorf("39 weeks are forecast with a mean error of %.4f, want .785 at most", mae)
	}
	l, err := value.Fit(value.Leaving, counts)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *l)
	mae, total = off(func(i int) float64 { return l.Expected(counts[i], 39) }, later)
	t.Logf("39 weeks: mean error %.4f, in all %+.1f %%", mae, 100*total)
}

func TestACohortOfTwentyThousandIsFittedWithinASecond(t *testing.T) {
	counts, _, later, _ := split(cdnow(t, "cdnow_master.csv.gz", "customer"), cdnowEnd, 39)
	start := time.Now()
	m, err := value.Fit(value.Buying, counts)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d people fitted in %v: %+v", m.People, time.Since(start), *m)
	near(t, "r", m.R, .2516, .005)
	near(t, "alpha", m.Alpha, 4.788, .005)
	near(t, "a", m.A, .7233, .005)
	near(t, "b", m.B, 2.1602, .005)
	mae, _ := off(func(i int) float64 { return m.Expected(counts[i], 39) }, later)
	near(t, "the mean error", mae, .819, .001)
}
