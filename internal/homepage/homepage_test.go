package homepage_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/migrations"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

func words(s string) i18n.Text { return i18n.Text{En: s, Zh: s + "页"} }

func page(title string) homepage.Page {
	return homepage.Page{Title: words(title), Sections: []homepage.Section{{Kind: homepage.New, Title: words("New in " + title)}}}
}

func tx(t *testing.T, d *db.DB, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, d *db.DB, what string, kind error, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func put(t *testing.T, d *db.DB, key, audience string, position int) {
	t.Helper()
	tx(t, d, func(tx *db.Tx) error {
		return homepage.Put(ctx, tx, homepage.Variant{Key: key, Name: words(key), Audience: audience, Position: position, Active: true, Page: page(key)}, now)
	})
}

func order(t *testing.T, d *db.DB) (keys string) {
	t.Helper()
	all, err := homepage.List(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		keys += v.Key + " "
	}
	return keys
}

func TestTheFirstThatFitsDecidesAndNobodyIsLeftWithout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d, "students", "student", 1)
		put(t, d, "gamers", "gamer", 2)
		put(t, d, "lost", "a-segment-that-is-gone", 3)
		chosen := func(day string, in ...string) string {
			t.Helper()
			all, err := homepage.List(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			return homepage.Choose(all, func(key string) bool {
				for _, k := range in {
					if k == key {
						return true
					}
				}
				return false
			}, day).Key
		}
		is := func(want, day string, in ...string) {
			t.Helper()
			if got := chosen(day, in...); got != want {
				t.Errorf("whoever is in %v sees %s on %s, want %s", in, got, day, want)
			}
		}
		const today = "2026-11-22"
		is("students", today, "gamer", "student")
		is("gamers", today, "gamer")
		is(homepage.Default, today)
		is(homepage.Default, today, "teacher")
		tx(t, d, func(tx *db.Tx) error { return homepage.Move(ctx, tx, "gamers", true, now) })
		is("gamers", today, "gamer", "student")
		tx(t, d, func(tx *db.Tx) error { return homepage.Switch(ctx, tx, "gamers", false, now) })
		is("students", today, "gamer", "student")
		is(homepage.Default, today, "gamer")
		tx(t, d, func(tx *db.Tx) error {
			return homepage.Put(ctx, tx, homepage.Variant{Key: "advent", Name: words("Advent"), Active: true, StartsOn: "2026-11-29", EndsOn: "2026-12-24", Page: page("Advent")}, now)
		})
		is("students", "2026-11-28", "student")
		for _, day := range []string{"2026-11-29", "2026-12-24"} {
			is("advent", day, "student")
			is("advent", day)
		}
		is("students", "2026-12-25", "student")
		if v := homepage.Choose(nil, nil, today); v.Key != homepage.Default {
			t.Errorf("a shop without any page shows %+v", v)
		}
	})
}

func TestOrderMovesByOneAndTheDefaultStaysLast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, key := range []string{"a", "b", "c"} {
			put(t, d, key, "s", i+1)
		}
		for _, step := range []struct {
			key  string
			up   bool
			want string
		}{{"a", true, "a b c default "}, {"a", false, "b a c default "}, {"c", false, "b a c default "}, {"c", true, "b c a default "},
			{homepage.Default, true, "b c a default "}, {"nobody", true, "b c a default "}} {
			tx(t, d, func(tx *db.Tx) error { return homepage.Move(ctx, tx, step.key, step.up, now) })
			if got := order(t, d); got != step.want {
				t.Errorf("after moving %s up %v: %s, want %s", step.key, step.up, got, step.want)
			}
		}
	})
}

func TestSixteenAndNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		add := func(i int) error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				return homepage.Add(ctx, tx, &homepage.Variant{Key: fmt.Sprint("v", i), Name: words("V"), Page: page("V")}, now)
			})
		}
		for i := 1; i < homepage.Most; i++ {
			if err := add(i); err != nil {
				t.Fatalf("variant %d: %v", i, err)
			}
		}
		if err := add(homepage.Most); !errors.Is(err, fault.Invalid) {
			t.Errorf("one more than %d: %v", homepage.Most, err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec(`INSERT INTO home_variants (key, slot, position, name, created_at, updated_at) VALUES ('x', 17, 17, '{"en":"x"}', 1, 1)`).Error
		}); err == nil {
			t.Error("the database takes a seventeenth")
		}
		tx(t, d, func(tx *db.Tx) error { return homepage.Drop(ctx, tx, "v3") })
		if err := add(homepage.Most); err != nil {
			t.Errorf("in the place that is free again: %v", err)
		}
	})
}

func TestTheDefaultIsAlwaysThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		refused(t, d, "removing it", fault.Invalid, func(tx *db.Tx) error { return homepage.Drop(ctx, tx, homepage.Default) })
		refused(t, d, "switching it off", fault.Invalid, func(tx *db.Tx) error { return homepage.Switch(ctx, tx, homepage.Default, false, now) })
		refused(t, d, "an audience", fault.Invalid, func(tx *db.Tx) error {
			return homepage.Place(ctx, tx, &homepage.Variant{Key: homepage.Default, Name: words("E"), Audience: "student", Active: true}, now)
		})
		refused(t, d, "days", fault.Invalid, func(tx *db.Tx) error {
			return homepage.Place(ctx, tx, &homepage.Variant{Key: homepage.Default, Name: words("E"), Active: true, EndsOn: "2026-12-01"}, now)
		})
		for _, sql := range []string{"UPDATE home_variants SET active = FALSE WHERE key = 'default'", "UPDATE home_variants SET audience = 'student' WHERE key = 'default'"} {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql).Error }); err == nil {
				t.Errorf("the database takes %s", sql)
			}
		}
	})
}

func TestAPageIsWrittenLookedAtPublishedAndGoneBackTo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		read := func() *homepage.Variant {
			t.Helper()
			v, err := homepage.ByKey(ctx, d, "spring")
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		tx(t, d, func(tx *db.Tx) error {
			return homepage.Add(ctx, tx, &homepage.Variant{Key: "spring", Name: words("Spring"), Audience: "student", Page: page("first")}, now)
		})
		if v := read(); v.Live("2026-11-22") || v.Written() || v.Draft.Title.En != "first" {
			t.Errorf("a new one: %+v", v)
		}
		refused(t, d, "on before it was published", fault.Invalid, func(tx *db.Tx) error { return homepage.Switch(ctx, tx, "spring", true, now) })
		publish := func(was db.Time) error {
			return d.InTx(ctx, func(tx *db.Tx) error { _, err := homepage.Publish(ctx, tx, "spring", was, 0, now); return err })
		}
		if err := publish(read().DraftAt); err != nil {
			t.Fatal(err)
		}
		if err := publish(db.At(now)); !errors.Is(err, fault.Conflict) {
			t.Errorf("publishing twice: %v", err)
		}
		tx(t, d, func(tx *db.Tx) error { return homepage.Switch(ctx, tx, "spring", true, now) })
		if v := read(); !v.Live("2026-11-22") || v.Version != 1 || v.Page.Title.En != "first" || !v.DraftAt.IsZero() {
			t.Errorf("published: %+v", v)
		}

		seen := read().DraftAt
		tx(t, d, func(tx *db.Tx) error { return homepage.SaveDraft(ctx, tx, "spring", page("second"), seen, now) })
		refused(t, d, "a second hand that saw the page before", fault.Conflict, func(tx *db.Tx) error {
			return homepage.SaveDraft(ctx, tx, "spring", page("other"), seen, now)
		})
		if v := read(); v.Page.Title.En != "first" || v.Draft.Title.En != "second" {
			t.Errorf("the public sees %s while %s is being written", v.Page.Title.En, v.Draft.Title.En)
		}
		looked := read().DraftAt
		tx(t, d, func(tx *db.Tx) error {
			return homepage.SaveDraft(ctx, tx, "spring", homepage.Page{Sections: []homepage.Section{{Kind: "nonsense"}}}, looked, now)
		})
		if err := publish(looked); !errors.Is(err, fault.Conflict) {
			t.Errorf("publishing another page than the one looked at: %v", err)
		}
		if err := publish(read().DraftAt); !errors.Is(err, fault.Invalid) {
			t.Errorf("publishing what cannot be shown: %v", err)
		}
		tx(t, d, func(tx *db.Tx) error {
			return homepage.SaveDraft(ctx, tx, "spring", page("second"), read().DraftAt, now)
		})
		if err := publish(read().DraftAt); err != nil {
			t.Fatal(err)
		}
		tx(t, d, func(tx *db.Tx) error { return homepage.Restore(ctx, tx, "spring", 1, now) })
		if v := read(); v.Page.Title.En != "second" || v.Draft.Title.En != "first" {
			t.Errorf("gone back to: public %s, draft %s", v.Page.Title.En, v.Draft.Title.En)
		}
		if err := publish(read().DraftAt); err != nil {
			t.Fatal(err)
		}
		versions, err := homepage.Versions(ctx, d, "spring", 10)
		if err != nil || len(versions) != 3 || versions[0].Number != 3 || read().Page.Title.En != "first" {
			t.Errorf("versions %+v, %v", versions, err)
		}
		refused(t, d, "a version that never was", fault.NotFound, func(tx *db.Tx) error { return homepage.Restore(ctx, tx, "spring", 9, now) })
		refused(t, d, "removing what is on", fault.Invalid, func(tx *db.Tx) error { return homepage.Drop(ctx, tx, "spring") })
		tx(t, d, func(tx *db.Tx) error { return homepage.Switch(ctx, tx, "spring", false, now) })
		tx(t, d, func(tx *db.Tx) error { return homepage.Drop(ctx, tx, "spring") })
		if _, err := homepage.ByKey(ctx, d, "spring"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a removed one: %v", err)
		}
	})
}

func TestPagesThatCannotBeShown(t *testing.T) {
	section := func(change func(*homepage.Section)) homepage.Page {
		p := page("x")
		change(&p.Sections[0])
		return p
	}
	nine := homepage.Page{}
	for range homepage.MostSections + 1 {
		nine.Sections = append(nine.Sections, page("x").Sections...)
	}
	for what, p := range map[string]homepage.Page{
		"nine sections":          nine,
		"no title":               section(func(s *homepage.Section) { s.Title = i18n.Text{} }),
		"an unknown kind":        section(func(s *homepage.Section) { s.Kind = "carousel" }),
		"a category without one": section(func(s *homepage.Section) { s.Kind = homepage.Category }),
		"a banner to nowhere":    section(func(s *homepage.Section) { s.Kind = homepage.Banner }),
		"nothing picked":         section(func(s *homepage.Section) { s.Kind = homepage.Picked }),
		"no words":               section(func(s *homepage.Section) { s.Kind = homepage.Searches }),
		"too many cards":         section(func(s *homepage.Section) { s.Cards = homepage.MostCards + 1 }),
		"again twice":            {Sections: []homepage.Section{{Kind: homepage.Again}, {Kind: homepage.Again}}},
	} {
		if err := p.Check(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := (homepage.Page{Sections: []homepage.Section{{Kind: homepage.Again}, {Kind: homepage.Goes}}}).Check(); err != nil {
		t.Errorf("sections with words of their own: %v", err)
	}
}

// A shop of the release before had its shelves a row each.
func TestTheShelvesOfTheReleaseBeforeAreTakenOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		folder, kind := "postgres", "BIGINT"
		if d.Embedded() {
			folder, kind = "sqlite", "INTEGER"
		}
		script, err := migrations.Files.ReadFile(folder + "/0025_home_variants.sql")
		if err != nil {
			t.Fatal(err)
		}
		tx(t, d, func(tx *db.Tx) error {
			run := func(sql string) error { return tx.Query(ctx).Exec(sql).Error }
			errs := []error{run("DROP TABLE home_versions"), run("DROP TABLE home_variants"),
				run("CREATE TABLE home_sections (segment TEXT NOT NULL, position " + kind + " NOT NULL, kind TEXT NOT NULL, category_id " + kind + ", title TEXT NOT NULL, reason TEXT NOT NULL)"),
				run(`INSERT INTO segments (key, position, name, title, why) VALUES ('student', 1, '{"en":"Students","zh":"学生"}', '{"en":"Term \"ahead\"","zh":"新学期"}', '{"en":"You study"}'),
					('bare', 0, '{"en":"Bare"}', '{"en":"t"}', '{"en":"w"}'), ('maker', 2, '{"en":"Makers"}', '{"en":"Hands"}', '{"en":"w"}'), ('default', 9, '{"en":"Everybody"}', '{"en":"All"}', '{"en":"Same"}')`),
				run(`INSERT INTO home_sections (segment, position, kind, category_id, title, reason) VALUES ('student', 1, 'new', NULL, '{"en":"New"}', '{"en":"r"}'),
					('student', 0, 'category', 7, '{"en":"Books","zh":"书"}', '{"en":"r"}'), ('maker', 0, 'best', NULL, '{"en":"Best"}', '{"en":"r"}'), ('default', 0, 'best', NULL, '{"en":"Best"}', '{"en":"r"}')`)}
			for sql := range strings.SplitSeq(string(script), ";\n") {
				if strings.TrimSpace(sql) != "" {
					errs = append(errs, run(sql))
				}
			}
			return errors.Join(errs...)
		})
		if got := order(t, d); got != "student maker default " {
			t.Errorf("taken over: %s", got)
		}
		v, err := homepage.ByKey(ctx, d, "student")
		if err != nil {
			t.Fatal(err)
		}
		want := homepage.Page{Title: i18n.Text{En: `Term "ahead"`, Zh: "新学期"}, Lead: i18n.Text{En: "You study"}, Sections: []homepage.Section{
			{Kind: homepage.Category, Category: 7, Title: i18n.Text{En: "Books", Zh: "书"}, Reason: i18n.Text{En: "r"}}, {Kind: homepage.New, Title: i18n.Text{En: "New"}, Reason: i18n.Text{En: "r"}}}}
		if !reflect.DeepEqual(v.Page, want) || !v.Live("2026-11-22") || v.Audience != "student" {
			t.Errorf("the students' page: %+v", v)
		}
		versions, err := homepage.Versions(ctx, d, homepage.Default, 5)
		if err != nil || len(versions) != 1 {
			t.Errorf("versions of the default: %+v, %v", versions, err)
		}
	})
}

func TestTheLastPlaceIsTakenOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i := range homepage.Most - 2 {
			put(t, d, fmt.Sprint("v", i), "s", i+1)
		}
		const hands = 8
		errs := make(chan error, hands)
		start := make(chan struct{})
		for i := range hands {
			go func() {
				<-start
				errs <- d.InTx(ctx, func(tx *db.Tx) error {
					return homepage.Add(ctx, tx, &homepage.Variant{Key: fmt.Sprint("last", i), Name: words("L"), Page: page("L")}, now)
				})
			}()
		}
		close(start)
		made := 0
		for range hands {
			switch err := <-errs; {
			case err == nil:
				made++
			case !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.Conflict):
				t.Error(err)
			}
		}
		all, err := homepage.List(ctx, d)
		if err != nil || made != 1 || len(all) != homepage.Most {
			t.Errorf("%d of %d hands took the last place, %d pages stand, %v", made, hands, len(all), err)
		}
	})
}
