package storefront_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
	"regulars/internal/staff"
)

var lookedAt = regexp.MustCompile(`(?s)<aside class="notice notice-info" aria-label="(Preview|预览)">.*?</aside>`)

// mainOf is a page's <main> without the line above a preview.
func mainOf(p *shoptest.Page) string {
	return strings.Join(strings.Fields(lookedAt.ReplaceAllString(p.Main(), "")), " ")
}

func TestStaffLookAtAHomePageAsItWouldBe(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		owner, student := s.SignedIn(shoptest.Owner), s.SignedIn(shoptest.Student)
		student.Post("/cart/items", "sku", "BK02")
		student.Get("/p/calm-bottle")
		if err := s.Events.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		at := func(b *shoptest.Browser, pairs ...string) *shoptest.Page {
			t.Helper()
			q, base := url.Values{}, ""
			for i := 0; i < len(pairs); i += 2 {
				q.Set(pairs[i], pairs[i+1])
			}
			if q.Has("lang") {
				base = "/zh"
			}
			return b.Get(base + "/home/preview?" + q.Encode())
		}
		for _, lang := range []string{"", "/zh"} {
			page := func(pairs ...string) *shoptest.Page {
				if lang != "" {
					pairs = append(pairs, "lang", "zh")
				}
				return at(owner, pairs...)
			}
			seen, live := page("which", "rules", "email", shoptest.Student), student.Get(lang+"/")
			if says := seen.Header.Get("Cache-Control"); !strings.Contains(says, "no-store") {
				t.Errorf("%s: a look at a customer's page may be kept: %s", lang, says)
			}
			if mainOf(seen) != mainOf(live) {
				t.Errorf("%s: the student's page differs from what staff see of it:\n%s\n%s", lang, mainOf(live), mainOf(seen))
			}
			if seen := page("which", "rules", "as", "guest"); mainOf(seen) != mainOf(s.Browser().Get(lang+"/")) {
				t.Errorf("%s: the guest's page differs from what staff see of it", lang)
			}
			if seen := page("which", "rules", "email", shoptest.Private); mainOf(seen) != mainOf(s.Browser().Get(lang+"/")) {
				t.Errorf("%s: whose personal pages are off does not see the guest's page", lang)
			}
		}
		if n := s.Count("SELECT count(*) FROM audit WHERE action = 'home.look' AND subject LIKE 'customer %'"); n != 4 {
			t.Errorf("%d looks at customers were noted, want 4", n)
		}
		if err := s.Events.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := s.Count("SELECT count(*) FROM events WHERE kind = 'home.seen'"); n != 6 {
			t.Errorf("%d home pages seen, want the 6 that shoppers asked for", n)
		}
		segment := at(owner, "which", "rules", "as", "segment:student")
		if words := segment.Text(); !strings.Contains(words, "For the term ahead") || !strings.Contains(words, "Because you study") || !strings.Contains(words, "somebody in “Students”") || strings.Contains(segment.Main(), "continue") {
			t.Errorf("as a segment: %s", words)
		}

		// A draft, another day, and who would get the page.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return homepage.Add(ctx, tx, &homepage.Variant{Key: "advent", Name: i18n.Text{En: "Advent"}, StartsOn: "2026-12-01",
				Page: homepage.Page{Title: i18n.Text{En: "Until the 24th"}, Sections: []homepage.Section{{Kind: homepage.New, Title: i18n.Text{En: "Just in"}}}}}, s.Now())
		})
		draft := at(owner, "variant", "advent", "which", "draft", "as", "guest").Text()
		if !strings.Contains(draft, "Until the 24th") || !strings.Contains(draft, "Just in") || !strings.Contains(draft, "Draft of “Advent”") || !strings.Contains(draft, "they get “Everybody” instead") {
			t.Errorf("the draft: %s", draft)
		}
		if words := at(owner, "variant", "advent", "which", "live", "as", "guest").Text(); strings.Contains(words, "Until the 24th") {
			t.Errorf("never published, but there: %s", words)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			v, err := homepage.ByKey(ctx, tx, "advent")
			if err != nil {
				return err
			}
			if _, err := homepage.Publish(ctx, tx, "advent", v.DraftAt, 0, s.Now()); err != nil {
				return err
			}
			if err := homepage.Move(ctx, tx, "advent", true, s.Now()); err != nil {
				return err
			}
			return homepage.Switch(ctx, tx, "advent", true, s.Now())
		})
		for day, there := range map[string]bool{"": false, "2030-12-02": true, "2020-12-02": false} {
			words := at(owner, "which", "rules", "as", "guest", "on", day).Text()
			if strings.Contains(words, "Until the 24th") != there {
				t.Errorf("on %q the page of advent: %v; %s", day, !there, words)
			}
		}

		// For nobody else.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE staff SET role = ?", string(staff.Support)).Error
		})
		for who, b := range map[string]*shoptest.Browser{"a guest": s.Browser(), "a customer": student, "support": owner} {
			if p := at(b, "variant", "advent", "as", "guest"); p.Status != http.StatusNotFound {
				t.Errorf("%s: %d", who, p.Status)
			}
		}
		if p := at(owner, "email", shoptest.Student); p.Status != http.StatusNotFound {
			t.Errorf("support at a customer's page: %d", p.Status)
		}
	})
}
