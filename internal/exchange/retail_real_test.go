package exchange_test

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/exchange"
)

// The whole of Online Retail II, where the data folder is at hand: the figures
// that its README names, the time, the memory, and that a second import
// changes nothing.
func TestTheWholeOfOnlineRetailII(t *testing.T) {
	const path = "../../../shared/data/online_retail_ii.csv.gz"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the real history is not at hand: ", err)
	}
	d := dbtest.SQLite(t)
	run := func() *exchange.Summary {
		f, _, err := exchange.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		began := time.Now()
		sum, err := exchange.Import(context.Background(), d, exchange.Orders, f, exchange.Options{Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.MarshalIndent(sum, "", " ")
		t.Logf("%.1f s, %s\n%s", time.Since(began).Seconds(), peak(), b)
		return sum
	}
	first := run()
	if first.Rows != 1_044_847 || first.ErrorsTotal != 0 {
		t.Errorf("rows %d, errors %d", first.Rows, first.ErrorsTotal)
	}
	began := time.Now()
	report, err := doctor.Check(context.Background(), d, doctor.Options{Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err != nil || !report.OK {
		t.Errorf("the doctor finds %+v, %v", report, err)
	}
	t.Logf("doctor: %.1f s", time.Since(began).Seconds())
	second := run()
	if second.Created != 0 || second.Updated != 0 || second.Unchanged != first.Created {
		t.Errorf("second run: created %d, updated %d, unchanged %d of %d", second.Created, second.Updated, second.Unchanged, first.Created)
	}
}

func peak() string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	return string(regexp.MustCompile(`VmHWM:\s*\d+ kB`).Find(b))
}
