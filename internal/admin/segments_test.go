package admin

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/segment"
	"regulars/internal/staff"
)

var hidden = regexp.MustCompile(`name="(tree|open|version)" value="([^"]*)"`)

// builder posts the form of a segment with what its page held, changed.
func (f *office) builder(path, page string, in ...string) string {
	f.t.Helper()
	form := url.Values{"name_en": {"Zh students"}, "purpose": {"audience"}}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(in); i += 2 {
		form.Add(in[i], in[i+1])
	}
	return f.post(path, form).Body.String()
}

// students signs people up who said that they study.
func (f *office) students(n int) {
	f.t.Helper()
	ctx := context.Background()
	f.must(f.DB.InTx(ctx, func(tx *db.Tx) error {
		for i := range n {
			who, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: string(rune('a'+i)) + "-student@demo.example", Name: "S", Lang: "zh", Personalize: true, MailOffers: i%2 == 0}, f.now)
			if err != nil {
				return err
			}
			if err := customer.SetInterests(ctx, tx, who.ID, "life", []string{"student"}, f.now); err != nil {
				return err
			}
		}
		return nil
	}))
	f.must(segment.Renew(ctx, f.DB, segment.ByProfile, f.now))
}

func TestARuleIsBuiltByClicks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		f.students(12)
		const path = "/admin/segments/new"
		page := f.get(path).Body.String()
		page = f.builder(path, page, "do", "show", "field", "life", "op", "in", "value", "student")
		page = f.builder(path, page, "do", "clause:w")
		page = f.builder(path, page, "do", "show", "field", "language")
		page = f.builder(path, page, "do", "edit:", "field", "language", "op", "=", "value", "zh")
		for _, want := range []string{"all of (daily life: Student; language is Chinese)", "全部满足（日常：学生；语言为中文）", `<strong class="stat-value">12</strong>`, "May be written to about offers", "a•••@demo.example"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		page = f.builder(path, page, "do", "clause:e")
		page = f.builder(path, page, "do", "show", "field", "orders")
		page = f.builder(path, page, "do", "edit:", "field", "orders", "op", ">=", "value", "1") // nobody allows it to be known
		if !strings.Contains(page, "fewer than 10") || strings.Contains(page, "a•••@") {
			t.Error("a small group is shown to marketing")
		}
		page = f.builder(path, page, "do", "drop:e-0")
		tree := regexp.MustCompile(`name="tree" value="([^"]*)"`).FindStringSubmatch(page)[1]
		w := f.post(path, url.Values{"do": {"save"}, "name_en": {"Zh students"}, "purpose": {"audience"}, "tree": {html.UnescapeString(tree)}})
		f.want(w, 303)
		f.must(segment.Renew(context.Background(), d, segment.ByRule, f.now))
		f.want(f.get("/admin/segments"), 200, "Zh students", "12")
		if lines := f.audited("segment.save"); len(lines) != 1 || !strings.Contains(lines[0], "life in (student)") {
			t.Errorf("audit %q", lines)
		}
		f.want(f.get("/admin/segments/zh-students?person=a-student@demo.example"), 200, "In this segment.", "Student", "Chinese")
		f.want(f.get("/admin/segments/zh-students?person=parent@demo.example"), 200, "Not in this segment", "New parent")
		if lines := f.audited("segment.explain"); len(lines) != 2 {
			t.Errorf("looks at persons noted: %q", lines)
		}
		f.want(f.as(staff.Analyst).get("/admin/segments/zh-students?person=a-student@demo.example"), 200, "!In this segment.", "!a•••@", "life in (student)")
		f.want(f.post("/admin/segments/zh-students", url.Values{"do": {"save"}}), 404)
		f.as(staff.Marketer)
		f.want(f.post("/admin/segments/zh-students/archive", url.Values{"on": {"1"}}), 303)
		f.want(f.get("/admin/segments/zh-students"), 200, "Use again")
	})
}

func TestATextOfARuleIsReadOrRefusedWithItsPlace(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Owner)
	const path = "/admin/segments/new"
	f.want(f.post(path, url.Values{"do": {"read"}, "text": {"all(\n  life in (student),\n  salary > 3)"}, "name_en": {"Kept"}}), 422, "Line 3, sign 3", "salary", `value="Kept"`)
	f.want(f.post(path, url.Values{"do": {"read"}, "text": {"any(life in (parent), age > 30 or unknown)"}}), 200, "at least one of (daily life: New parent; age: more than 30, or not known)")
	for rule, words := range map[string]string{
		"bought(category = nowhere) >= 1": "There is no category", "segment in (kept)": "There is no segment", "all(": "A value is wanted",
	} {
		w := f.post(path, url.Values{"do": {"read"}, "text": {rule}})
		if body := w.Body.String(); !strings.Contains(body, words) {
			t.Errorf("%s: no %q in the page", rule, words)
		}
	}
	f.want(f.post(path, url.Values{"do": {"save"}, "tree": {`{"when":{"op":"all","items":[]}}`}}), 422, "Give the segment a name", "The rule has no clause yet")
	f.want(f.post(path, url.Values{"do": {"save"}, "name_en": {"X"}, "tree": {strings.Repeat(`{"when":`, 5000)}}), 422)
	f.want(f.get("/admin/segments/default"), 404)
	f.want(f.post("/admin/segments/ready", nil), 303)
	f.want(f.get("/admin/segments"), 200, "Sleeping", "Waits for an answer", "!Add the ready-made")
	if b, err := segment.Read(context.Background(), f.DB); err != nil || segment.ReadyMissing(b) {
		t.Errorf("ready-made segments are missing, %v", err)
	}
	stale := f.get("/admin/segments/sleeping").Body.String()
	tree := html.UnescapeString(regexp.MustCompile(`name="tree" value="([^"]*)"`).FindStringSubmatch(stale)[1])
	form := url.Values{"do": {"save"}, "name_en": {"Sleeping"}, "purpose": {"audience"}, "tree": {tree}, "version": {regexp.MustCompile(`name="version" value="([^"]*)"`).FindStringSubmatch(stale)[1]}}
	f.want(f.post("/admin/segments/sleeping", form), 303)
	f.want(f.post("/admin/segments/sleeping", form), 409, "Somebody saved Sleeping meanwhile")
}
