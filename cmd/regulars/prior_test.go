package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"regulars/internal/exchange"
	"regulars/internal/recommend"
)

// The people of the demo, by what they told alone: clearly above what is
// popular, in the protocol of `eval` and in the hold-out of training, on the
// files that the shop exports of itself.
func TestProfilesForetellTheDemosPeople(t *testing.T) {
	a, _ := town(t, 600, 400)
	dir := t.TempDir()
	file := func(kind string) string {
		t.Helper()
		var b bytes.Buffer
		if err := exchange.Export(t.Context(), a.db, kind, &b, exchange.ExportOptions{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, kind+".csv")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	r, err := recommend.Evaluate(t.Context(), recommend.Profile, file(exchange.History), recommend.EvalOptions{Profiles: file(exchange.Profiles)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d people: recall %.3f, popular %.3f, 95 %% of the gain %.3f to %.3f", r.Cases, r.Recall, r.PopularityRecall, r.GainLow, r.GainHigh)
	if r.Cases < 50 || r.GainLow <= .02 {
		t.Errorf("%d people: recall %.3f, popular %.3f, 95 %% of the gain from %.3f", r.Cases, r.Recall, r.PopularityRecall, r.GainLow)
	}
	g := a.engine.Model().ProfileGain()
	if g.Damp == 0 || g.LowDiff <= .02 {
		t.Errorf("the training's own hold-out: %+v", g)
	}
}
