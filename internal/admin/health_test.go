package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/roster"
	"regulars/internal/segment"
	"regulars/internal/staff"
)

func TestDataHealthCountsAndOpensItsRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		ctx := context.Background()
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			for i, born := range []string{"1990-05-01", "", "2001-07-09"} {
				_, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: []string{"ann@a.example", "ben@b.example", "cho@c.example"}[i], Name: []string{"Ann", "Ben", "Cho"}[i],
					BirthDate: born, Personalize: true, History: true, Verified: i == 0}, f.now)
				if err != nil {
					return err
				}
			}
			rule, wrong := segment.Parse("age >= 18")
			if wrong != nil {
				t.Fatal(wrong)
			}
			return segment.Put(ctx, tx, segment.Segment{Key: "grown", Position: 9, Name: i18n.Text{En: "Grown up"}, Title: i18n.Text{En: "Grown up"}, Why: i18n.Text{En: "Your age"}, Rule: rule})
		})
		share := func(name string) roster.Share {
			all, err := roster.Health(ctx, d, false)
			f.must(err)
			for _, s := range all {
				if s.Measure == name {
					return s
				}
			}
			t.Fatalf("no %s", name)
			return roster.Share{}
		}
		people := share("name").People
		for name, want := range map[string]int{"birth": 2, "verified": 1, "dead": 0, "history": 3} {
			if got := share(name); got.Have != want || got.People != people {
				t.Errorf("%s: %+v, want %d", name, got, want)
			}
		}
		f.tx(func(ctx context.Context, tx *db.Tx) error { return segment.Rebuild(ctx, tx, f.now) })
		f.as(staff.Marketer)
		f.want(f.get("/admin/health"), 200, "Birth date", "The first month is counted tonight", "Twice in the file")
		f.want(f.post("/admin/health", url.Values{}), 303)
		sure := func() int {
			all, err := roster.Confidence(ctx, d)
			f.must(err)
			return all["grown"].Have
		}
		if got := sure(); got != 2 {
			t.Errorf("the rule can be decided of %d people", got)
		}
		f.want(f.get("/admin/health"), 200, "2026-11")
		f.want(f.as(staff.Owner).get("/admin/segments"), 200, "decided of")
		f.want(f.get("/admin/health?lang=zh"), 200, "生日", "按月变化")
		f.as(staff.Support)
		f.want(f.get("/admin/health/birth?have=yes&lang=en"), 200, "Ann", "Cho")
		f.want(f.get("/admin/health/birth?have=no"), 200, "Ben")
		f.want(f.as(staff.Analyst).get("/admin/health/birth?have=yes"), 200, "a•••@", "Names are hidden")
		f.want(f.get("/admin/health/nothing"), 404)

		// Deleting birth dates lowers what is shown, at the next count.
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE customers SET birth_date = '' WHERE name = 'Ann'").Error; err != nil {
				return err
			}
			return segment.Rebuild(ctx, tx, f.now)
		})
		f.must(roster.Count(ctx, d, f.Settings.Now(), f.now))
		if got := sure(); got != 1 {
			t.Errorf("after a birth date went, the rule can be decided of %d people", got)
		}

		// What was said long ago is listed, every one.
		f.now = f.now.AddDate(1, 0, 1)
		counts, err := customer.StaleCounts(ctx, d, f.staleBefore(), false)
		f.must(err)
		for _, k := range counts {
			if k.Known != k.Stale {
				t.Errorf("%s: %d of %d are said to be old", k.Kind, k.Stale, k.Known)
			}
		}
		f.want(f.as(staff.Owner).get("/admin/health"), 200, "365 days")
		f.want(f.get("/admin/health/stale?fact=name"), 200, "Ann", "22 November 2026")
		f.want(f.get("/admin/health/stale?fact=nothing"), 404)
	})
}
