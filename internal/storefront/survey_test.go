package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
	"regulars/internal/survey"
)

// A survey goes by clicks, one question a page, without a script; it is
// nobody's unless somebody ticks otherwise, and a profile changes only by a
// button that says so.
func TestASurveyIsAnsweredInClicks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		both := func(x string) i18n.Text { return i18n.Text{En: x, Zh: x + "？"} }
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return survey.Put(ctx, tx, &survey.Survey{Slug: "wishes", Title: both("Your wishes"), Intro: both("So that we stock it"), Place: survey.AfterOrder, PublishedAt: db.At(s.Now()), Questions: []survey.Question{
				{Kind: survey.Many, Words: both("What do you like"), Options: survey.ParseOptions("Cooking | 烹饪 | interest:cooking\nNothing | 没有")},
				{Kind: survey.Text, Words: both("Why")},
			}}, true, 5, s.Now())
		})
		for _, who := range []string{"", shoptest.Student, shoptest.Private} {
			b := s.Browser()
			if who != "" {
				b = s.SignedIn(who)
			}
			p := b.Get("/s/wishes")
			if p.Status != 200 || !strings.Contains(p.Text(), "2 questions") || strings.Contains(p.Body, `name="link"`) != (who != "") {
				t.Fatalf("%s: %d %s", who, p.Status, p.Text())
			}
			if zh := b.Get("/zh/s/wishes"); !strings.Contains(zh.Text(), "So that we stock it？") {
				t.Errorf("in Chinese: %s", zh.Text())
			}
			link := ""
			if who == shoptest.Student {
				link = "1"
			}
			p = b.Post("/s/wishes", "link", link)
			at := p.Location
			p = b.Get(at)
			if !strings.Contains(p.Text(), "Question 1 of 2") || strings.Contains(p.Text(), "One back") {
				t.Errorf("the first: %s", p.Text())
			}
			if p := b.Post(at + "?q=1"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "Answer the question, or skip it") {
				t.Errorf("no answer: %d", p.Status)
			}
			next := b.Post(at+"?q=1", "chosen", "1")
			if p = b.Get(next.Location); !strings.Contains(p.Text(), "Question 2 of 2") || !strings.Contains(p.Text(), "Send the answers") {
				t.Errorf("the second: %s", p.Text())
			}
			if p := b.Get(at + "?q=1"); len(p.All("input[checked]")) != 1 {
				t.Error("what was chosen is lost on the way back")
			}
			last := b.Post(at+"?q=2", "skip", "1")
			p = b.Get(last.Location)
			if !strings.Contains(p.Text(), "Your answers have arrived") || strings.Contains(p.Text(), "Keep this in your profile") != (who == shoptest.Student) {
				t.Errorf("%q, after: %s", who, p.Text())
			}
			had := "SELECT count(*) FROM interests WHERE kind = 'interest' AND value = 'cooking'"
			if n := s.Count(had); n != 0 {
				t.Error("the profile changed by itself")
			}
			if who == shoptest.Student {
				b.Post(at + "/keep")
				if n := s.Count(had); n != 1 {
					t.Error("what was asked for is not in the profile")
				}
				if p := b.Get(at); strings.Contains(p.Text(), "Keep this in your profile") {
					t.Error("it is offered again")
				}
				s.Tx(func(ctx context.Context, tx *db.Tx) error {
					return tx.Query(ctx).Exec("DELETE FROM interests WHERE value = 'cooking'").Error
				})
			}
		}
		if n := s.Count("SELECT count(*) FROM survey_responses WHERE customer_id IS NOT NULL"); n != 1 {
			t.Errorf("%d answers are linked to an account", n)
		}
		if p := s.Browser().Get("/s/nothing"); p.Status != http.StatusNotFound {
			t.Errorf("%d", p.Status)
		}
		if p := s.Browser().Get("/s/wishes/forged"); p.Status != http.StatusNotFound {
			t.Errorf("%d", p.Status)
		}
	})
}
