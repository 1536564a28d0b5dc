package survey_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/survey"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
)

func text(s string) i18n.Text { return i18n.Text{En: s, Zh: s + "。"} }

func three() *survey.Survey {
	return &survey.Survey{Slug: "wishes", Title: text("Wishes"), PublishedAt: db.At(now), ClosesAt: db.At(now.AddDate(0, 0, 7)), Questions: []survey.Question{
		{Kind: survey.Many, Words: text("What do you like?"), Options: survey.ParseOptions("Cooking | 烹饪 | interest:cooking\nBooks | 书 | interest:books\nNothing | 没有")},
		{Kind: survey.Text, Words: text("Why?")},
		{Kind: survey.Scale, Words: text("How much?"), Options: survey.ParseOptions("Little | 少\nMuch | 多")},
	}}
}

func inTx(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// S47: of each question it is known how many it was shown to, who answered,
// skipped, stopped there or is still at it, and the sums tie out.
func TestWherePeopleStopIsCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := three()
		inTx(t, d, func(tx *db.Tx) error { return survey.Put(ctx, tx, s, true, 5, now) })
		s, err := survey.BySlug(ctx, d, "wishes")
		if err != nil || len(s.Questions) != 3 || s.Questions[0].Options[1].Tile != "interest:books" || s.Questions[0].Options[0].Zh != "烹饪" {
			t.Fatalf("%+v %v", s, err)
		}
		// Ten begin: four reach the end, one of them skips the typing, five stop at it, one sits before the first still.
		for i := range 10 {
			at := now.Add(time.Minute)
			if i == 9 {
				at = now.Add(3 * time.Hour)
			}
			inTx(t, d, func(tx *db.Tx) error {
				r, err := survey.Begin(ctx, tx, s, nil, i18n.English, at)
				if err != nil || i == 9 {
					return err
				}
				if err := survey.Give(ctx, tx, s, r, 1, []string{"2", "1", "2"}, "", false, at); err != nil {
					return err
				}
				if r, _, err = survey.ByToken(ctx, tx, s, r.Token); err != nil || i >= 4 {
					return err
				}
				if err := survey.Give(ctx, tx, s, r, 2, nil, "Because", i == 0, at); err != nil {
					return err
				}
				if r, _, err = survey.ByToken(ctx, tx, s, r.Token); err != nil {
					return err
				}
				for range 2 { // sent twice
					if err := survey.Give(ctx, tx, s, r, 3, []string{"5"}, "", false, at); err != nil {
						return err
					}
				}
				return nil
			})
		}
		r, err := survey.Count(ctx, d, s, false, now.Add(3*time.Hour+time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(r.Began, r.Done)
		for _, q := range r.Questions {
			got += fmt.Sprint(" | ", q.Reached, q.Answered, q.Skipped, q.Stopped, q.Here, q.Chosen)
		}
		if want := "10 4 | 10 9 0 0 1 [9 9 0] | 9 3 1 5 0 [] | 4 4 0 0 0 [0 0 0 0 4]"; got != want {
			t.Errorf("counted %s, want %s", got, want)
		}
		if k, err := survey.CountQuits(ctx, d, now.Add(3*time.Hour+time.Minute)); err != nil || k != (survey.Quits{Typed: 5, TypedOf: 9, Clicked: 0, ClickedOf: 14}) {
			t.Errorf("quits %+v %v", k, err)
		}
		rows, err := survey.Rows(ctx, d, s, i18n.Chinese, time.UTC)
		if err != nil || len(rows) != 10 || !slices.ContainsFunc(rows, func(r survey.Row) bool { return slices.Equal(r.Answers, []string{"烹饪; 书", "Because", "5"}) }) {
			t.Errorf("rows %+v %v", rows, err)
		}
	})
}

func TestASurveyIsBoundedAndStands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put := func(s *survey.Survey, fresh bool, most int) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return survey.Put(ctx, tx, s, fresh, most, now) })
		}
		wrong := func(name string, change func(s *survey.Survey), input string) {
			t.Helper()
			s := three()
			change(s)
			err := put(s, true, 3)
			if !slices.ContainsFunc(fault.Fields(err), func(f fault.Field) bool { return f.Name == input }) {
				t.Errorf("%s: %v, want %s named", name, err, input)
			}
		}
		wrong("no slug", func(s *survey.Survey) { s.Slug = "A b" }, "slug")
		wrong("one language", func(s *survey.Survey) { s.Title.Zh = "" }, "title_zh")
		wrong("too many", func(s *survey.Survey) { s.Questions = append(s.Questions, s.Questions...) }, "q4_words_en")
		wrong("none", func(s *survey.Survey) { s.Questions = nil }, "q1_words_en")
		wrong("one option", func(s *survey.Survey) { s.Questions[0].Options = s.Questions[0].Options[:1] }, "q1_options")
		wrong("no tile", func(s *survey.Survey) { s.Questions[0].Options[0].Tile = "interest:illness" }, "q1_options")
		wrong("options to type", func(s *survey.Survey) { s.Questions[1].Options = survey.ParseOptions("a|b") }, "q2_options")
		if err := errors.Join(put(three(), true, 3), put(three(), false, 3)); err != nil {
			t.Fatal(err)
		}
		if err := put(three(), true, 3); len(fault.Fields(err)) != 1 {
			t.Errorf("the same address twice: %v", err)
		}
		s, _ := survey.BySlug(ctx, d, "wishes")
		var r *survey.Response
		inTx(t, d, func(tx *db.Tx) (err error) { r, err = survey.Begin(ctx, tx, s, nil, "zh", now); return err })
		other := three()
		other.Questions[0].Words = text("Something else?")
		if err := put(other, false, 3); len(fault.Fields(err)) != 1 {
			t.Errorf("a question was changed under an answer: %v", err)
		}
		other = three()
		other.Title, other.ClosesAt = text("Better"), db.At(now.Add(time.Hour))
		if err := put(other, false, 3); err != nil {
			t.Errorf("the title stands: %v", err)
		}
		s, _ = survey.BySlug(ctx, d, "wishes")
		give := func(at int, chosen string, when time.Time) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return survey.Give(ctx, tx, s, r, at, []string{chosen}, "", false, when) })
		}
		for name, err := range map[string]error{"no such option": give(1, "4", now), "ahead": give(2, "1", now), "none": give(0, "1", now), "after the end": give(1, "1", now.Add(2*time.Hour))} {
			if err == nil {
				t.Errorf("%s was kept", name)
			}
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { _, err := survey.Begin(ctx, tx, s, nil, "en", now.Add(2*time.Hour)); return err }); !errors.Is(err, fault.NotFound) {
			t.Errorf("begun after its end: %v", err)
		}
		if at, err := survey.At(ctx, d, survey.AfterOrder, now); err != nil || at != nil {
			t.Errorf("asked where nobody put it: %v %v", at, err)
		}
	})
}

func TestAnErasedPersonLeavesClicksAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		inTx(t, d, func(tx *db.Tx) error { return survey.Put(ctx, tx, three(), true, 5, now) })
		s, _ := survey.BySlug(ctx, d, "wishes")
		inTx(t, d, func(tx *db.Tx) error {
			k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "tom@shop.example", Verified: true}, now)
			if err != nil {
				return err
			}
			r, err := survey.Begin(ctx, tx, s, k, "en", now)
			if err != nil {
				return err
			}
			if err := survey.Give(ctx, tx, s, r, 1, []string{"1"}, "", false, now); err != nil {
				return err
			}
			r.Reached = 2
			if err := survey.Give(ctx, tx, s, r, 2, nil, "My canary", false, now); err != nil {
				return err
			}
			file, err := customer.Export(ctx, tx, k.ID)
			all, _ := file.(*customer.Exported)
			if one, ok := file.(customer.Exported); ok {
				all = &one
			}
			if err != nil || len(all.Surveys) != 3 || all.Surveys[0].Chosen != "1" || all.Surveys[1].Words != "My canary" || !strings.Contains(all.Surveys[0].Options, "Cooking") {
				t.Errorf("the copy of data: %+v %v", all.Surveys, err)
			}
			return customer.Erase(ctx, tx, k.ID, now, survey.Forget)
		})
		rows, err := survey.Rows(ctx, d, s, "en", time.UTC)
		if err != nil || len(rows) != 1 || rows[0].Customer != "" || rows[0].Answers[0] != "Cooking" || rows[0].Answers[1] != "" {
			t.Errorf("after erasure: %+v %v", rows, err)
		}
	})
}
