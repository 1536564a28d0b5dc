package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
	"regulars/internal/survey"
)

func TestASurveyIsBuiltAndRead(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Marketer)
	f.want(f.get("/admin/surveys"), 200, "No survey yet")
	f.want(f.get("/admin/surveys/new"), 200, "Question 5", "!Question 6", "!has to be typed")
	in := url.Values{"slug": {"wishes"}, "title_en": {"Wishes"}, "title_zh": {"心愿"}, "q1_kind": {"one"}, "q1_words_en": {"More tea?"}, "q1_words_zh": {"要茶吗？"}, "q1_options": {"Yes\nNo | 不要"},
		"q2_kind": {"text"}, "q2_words_en": {"Which?"}, "q2_words_zh": {"哪种？"}, "closes": {"soon"}, "published": {"1"}}
	f.want(f.post("/admin/surveys/new", in), 422, "Write a day such as", "More tea?", "Typing stops people")
	in.Set("closes", "2026-12-31")
	f.want(f.post("/admin/surveys/new", in), 422, "Write each option in both languages")
	in.Set("q1_options", "Yes | 要\nNo | 不要")
	f.want(f.post("/admin/surveys/new", in), 303)
	f.want(f.post("/admin/surveys/new", in), 422, "Another survey has this address")
	f.want(f.get("/admin/surveys"), 200, "Wishes", "Open", "nobody yet")
	s, err := survey.BySlug(context.Background(), f.DB, "wishes")
	f.must(err)
	for i, typed := range []string{"=1+1", ""} {
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			r, err := survey.Begin(ctx, tx, s, nil, "en", f.now)
			if err != nil {
				return err
			}
			if err := survey.Give(ctx, tx, s, r, 1, []string{"1"}, "", false, f.now); err != nil || typed == "" {
				return err
			}
			r.Reached = i + 2
			return survey.Give(ctx, tx, s, r, 2, nil, typed, false, f.now)
		})
	}
	f.want(f.get("/admin/surveys/wishes"), 200, "2026-12-31", "2 began, 50 % (1 of 2) came to the end", "100 % (2 of 2)", "the questions stand", "!=1&#43;1")
	f.want(f.get("/admin/surveys/wishes/answers.csv"), 200, "More tea?", "Yes", "!1+1")
	f.as(staff.Merchant)
	f.want(f.get("/admin/surveys/wishes"), 200, "=1&#43;1")
	f.want(f.get("/admin/surveys/wishes/answers.csv"), 200, "'=1+1", "More tea?", "Yes")
	in.Set("q1_words_en", "More coffee?")
	f.want(f.post("/admin/surveys/wishes", in), 422, "the questions stand")
	in.Set("q1_words_en", "More tea?")
	in.Del("published")
	f.want(f.post("/admin/surveys/wishes", in), 303)
	f.want(f.get("/admin/surveys"), 200, "Draft")
	f.want(f.as(staff.Support).post("/admin/surveys/wishes", in), 404)
	if lines := f.audited("survey.save"); len(lines) != 2 {
		t.Errorf("audit %q", lines)
	}
}
