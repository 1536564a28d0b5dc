package recommend_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/recommend"
)

func TestModelsAreKeptAndComeBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if v, err := recommend.LatestVersion(ctx, d); v != "" || err != nil {
			t.Fatalf("before the first training: %q, %v", v, err)
		}
		m := build(t, recommend.Options{}, camping()...)
		save := func(at time.Time, accepted bool) (version string) {
			t.Helper()
			err := d.InTx(ctx, func(tx *db.Tx) (err error) {
				version, err = recommend.Save(ctx, tx, m, at, 1500*time.Millisecond, `{"recall":0.3}`, accepted, 41)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return version
		}
		var versions []string
		for i := range 4 {
			versions = append(versions, save(noon.Add(time.Duration(i)*time.Hour), true))
		}
		if again := save(noon.Add(3*time.Hour), true); again != versions[3] {
			t.Errorf("the same training is %s, then %s", versions[3], again)
		}
		for i := range 5 { // refusals do not push out what serves
			save(noon.Add(time.Duration(10+i)*time.Hour), false)
		}
		if v, err := recommend.LatestVersion(ctx, d); v != versions[3] || err != nil {
			t.Errorf("latest is %q, %v; want %s", v, err, versions[3])
		}
		back, through, err := recommend.Load(ctx, d, versions[1])
		if err != nil || through != 41 || !slices.Equal(back.Encode(), m.Encode()) {
			t.Errorf("the third newest came back different: %v", err)
		}
		for _, gone := range []string{versions[0], "never"} {
			if _, _, err := recommend.Load(ctx, d, gone); !errors.Is(err, fault.NotFound) {
				t.Errorf("version %s: %v, want not found", gone, err)
			}
		}
		all, err := recommend.Trainings(ctx, d)
		if err != nil || len(all) != 6 {
			t.Fatalf("%d trainings kept, %v; want three accepted and three refused", len(all), err)
		}
		if got := all[3]; got.Version != versions[3] || got.Orders != 5 || got.Products != 6 || got.Seconds != 1.5 ||
			!got.Accepted || !got.CreatedAt.Equal(noon.Add(3*time.Hour)) || got.Data != nil {
			t.Errorf("the newest accepted is listed as %+v", got)
		}
	})
}
