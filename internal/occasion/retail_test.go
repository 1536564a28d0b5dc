package occasion

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
)

// themes are the gift themes that descriptions of Online Retail II name; its
// other goods have no kind.
var themes = []string{"CHRISTMAS", "EASTER", "VALENTINE", "BIRTHDAY", "WEDDING", "HALLOWEEN", "SKULL", "MOTHER", "BABY", "GARDEN", "HEART", "PICNIC"}

// Of two years of a real shop: who bought a theme in the first year buys it
// again around the same day of the second more often than season and their own
// rate say. The figure is reported; that it is above 1 is held.
func TestKindsRecurInOnlineRetailII(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "online_retail_ii.csv.gz"))
	if err != nil {
		t.Skip("no Online Retail II beside this repository: ", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(z)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		t.Fatal(err)
	}
	people := map[string]*Buyer{}
	type once struct{ who, day, theme string }
	seen := map[once]bool{}
	var last time.Time
	for {
		r, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if r[6] == "" || strings.HasPrefix(r[0], "C") || strings.HasPrefix(r[3], "-") {
			continue
		}
		for i, theme := range themes {
			if !strings.Contains(r[2], theme) || seen[once{r[6], r[4][:10], theme}] {
				continue
			}
			seen[once{strings.Clone(r[6]), strings.Clone(r[4][:10]), theme}] = true
			b := people[r[6]]
			if b == nil {
				b = &Buyer{Country: "GB"}
				people[strings.Clone(r[6])] = b
			}
			last = on(r[4][:10])
			b.Events = append(b.Events, Event{Kind: catalog.CategoryID(i + 1), Day: last, Gift: true})
		}
	}
	var all []Buyer
	for _, b := range people {
		slices.SortStableFunc(b.Events, func(x, y Event) int { return x.Day.Compare(y.Day) })
		all = append(all, *b)
	}
	s := learned(all, last)
	pairs, again, chance := 0, 0, 0.0
	for i, theme := range themes {
		h := s[catalog.CategoryID(i+1)]
		if h == nil || h.Pairs == 0 {
			continue
		}
		pairs, again, chance = pairs+h.Pairs, again+h.Again, chance+h.Chance
		t.Logf("%-10s %5d purchases, %4.1f%% again within 15 days of the same day a year later, %4.1f%% by season and rate: lift %.2f; recurs %.2f",
			theme, h.Pairs, 100*float64(h.Again)/float64(h.Pairs), 100*h.Chance/float64(h.Pairs), float64(h.Again)/h.Chance, h.Recurs)
	}
	lift := float64(again) / chance
	t.Logf("all themes: %d people, %d purchases, %d again, %.0f by season and rate: lift %.2f", len(all), pairs, again, chance, lift)
	kept, near, season := anniversaries(all, last)
	t.Logf("of %d themes bought on one day of the first year and again in the second, %.1f%% within 21 days of the same day, %.1f%% by the season of the second year alone: lift %.2f", kept, 100*near/float64(kept), 100*season/float64(kept), near/season)
	if pairs < 1000 || lift <= 1 {
		t.Errorf("of %d purchases the lift is %.2f", pairs, lift)
	}
}

// anniversaries is the milder question: of the people who bought a theme on one
// day of the year before the last and again in the last, how many did so for
// the first time near the same day, and how many would if they bought when
// everybody does, whatever their own rate.
func anniversaries(all []Buyer, last time.Time) (kept int, near, season float64) {
	between := last.AddDate(-1, 0, 0)
	around := func(d, at time.Time) bool { return d.Sub(at).Abs() <= 21*24*time.Hour }
	days := map[catalog.CategoryID][]time.Time{} // of the last year
	for i := range all {
		for _, e := range all[i].Events {
			if e.Day.After(between) {
				days[e.Kind] = append(days[e.Kind], e.Day)
			}
		}
	}
	for i := range all {
		first, second := map[catalog.CategoryID][]time.Time{}, map[catalog.CategoryID]time.Time{}
		for _, e := range all[i].Events {
			if !e.Day.After(between) {
				first[e.Kind] = append(first[e.Kind], e.Day)
			} else if second[e.Kind].IsZero() {
				second[e.Kind] = e.Day
			}
		}
		for k, bought := range first {
			if len(bought) != 1 || second[k].IsZero() {
				continue
			}
			kept++
			at := bought[0].AddDate(1, 0, 0)
			if around(second[k], at) {
				near++
			}
			n := 0
			for _, d := range days[k] {
				if around(d, at) {
					n++
				}
			}
			season += float64(n) / float64(len(days[k]))
		}
	}
	return kept, near, season
}
