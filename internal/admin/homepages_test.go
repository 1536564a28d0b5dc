package admin

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/staff"
)

var (
	inputTag  = regexp.MustCompile(`<input [^>]*>`)
	areaTag   = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>`)
	selectTag = regexp.MustCompile(`(?s)<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`)
	chosenTag = regexp.MustCompile(`<option value="([^"]*)" selected`)
	nameAttr  = regexp.MustCompile(` name="([^"]+)"`)
	valueAttr = regexp.MustCompile(` value="([^"]*)"`)
)

// clicked is the editor's form as a browser sends it when a button is pressed.
func (f *office) clicked(path, do string, change ...string) url.Values {
	f.t.Helper()
	body := f.get(path).Body.String()
	_, body, ok := strings.Cut(body, `<form class="editor form"`)
	if !ok {
		f.t.Fatalf("%s has no editor", path)
	}
	body, _, _ = strings.Cut(body, "</form>")
	in := url.Values{"do": {do}}
	for _, tag := range inputTag.FindAllString(body, -1) {
		if name := nameAttr.FindStringSubmatch(tag); name != nil {
			in.Set(name[1], html.UnescapeString(valueAttr.FindStringSubmatch(tag)[1]))
		}
	}
	for _, m := range areaTag.FindAllStringSubmatch(body, -1) {
		in.Set(m[1], html.UnescapeString(m[2]))
	}
	for _, m := range selectTag.FindAllStringSubmatch(body, -1) {
		if c := chosenTag.FindStringSubmatch(m[2]); c != nil {
			in.Set(m[1], c[1])
		}
	}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestAHomePageIsMadeByClicks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		f.want(f.get("/admin/homepages?lang=en"), 200, "New parents", "Everybody else", "14 more fit")
		f.want(f.post("/admin/homepages", url.Values{"name_en": {""}, "name_zh": {"保留的字"}}), 422, "Give it a name", "保留的字")
		f.want(f.post("/admin/homepages", url.Values{"name_en": {"Advent"}, "audience": {"nobody"}}), 422, "no longer there")
		f.want(f.post("/admin/homepages", url.Values{"name_en": {"Advent"}, "audience": {"parents"}}), 303)
		f.want(f.post("/admin/homepages", url.Values{"name_en": {"Advent"}}), 422, "of that name already")
		const path = "/admin/homepages/advent"
		read := func() *homepage.Variant {
			t.Helper()
			v, err := homepage.ByKey(context.Background(), d, "advent")
			f.must(err)
			return v
		}
		f.want(f.get(path), 200, "For small hands", "never published", "!Switch page on")

		// Sections are added, filled, moved and removed; what is typed stays.
		f.want(f.post(path, f.clicked(path, "add_0", "add_kind", "new", "title_en", "For the <advent>", "title_zh", "降临节")), 303)
		f.want(f.post(path, f.clicked(path, "add_1", "add_kind", "category", "title_en_0", "New things", "reason_en_0", "Added last")), 303)
		f.want(f.post(path, f.clicked(path, "add_2", "add_kind", "picked")), 303)
		f.want(f.post(path, f.clicked(path, "up_2", "title_en_1", "Feeding", "category_1", "baby", "cards_1", "6", "title_en_2", "By hand")), 303)
		f.want(f.get(path), 200, "For the &lt;advent&gt;", "降临节", "2. By hand", "3. Feeding", `value="6" selected`, "There is no Chinese heading")
		f.want(f.post(path, f.clicked(path, "publish")), 422, "Choose 1 to 24 products")
		f.want(f.post(path, f.clicked(path, "find_1", "find_1", "nothing like it")), 303)
		f.want(f.get(path+"?at=1&find=nothing+like+it"), 200, "No product has this")
		f.want(f.get(path+"?at=1&find=bottle"), 200, `value="pick_1_BB01"`)
		f.want(f.post(path, f.clicked(path, "pick_1_BB01")), 303)
		f.want(f.post(path, f.clicked(path, "find_1", "find_1", "porridge")), 303) // only one holds it
		f.want(f.get(path), 200, "Oat Porridge", "not published", "1 of 2 chosen products cannot be shown now")
		f.want(f.post(path, f.clicked(path, "unpick_1_BB02")), 303)
		f.want(f.post(path, f.clicked(path, "drop_0")), 303)
		f.want(f.post(path, f.clicked(path, "save", "hero", "nothing", "lead_en", "kept on the way")), 422, "kept on the way", "nothing")
		if v := read(); v.Written() || len(v.Draft.Sections) != 2 || v.Draft.Sections[0].Products[0] != f.product || v.Draft.Sections[1].Most() != 6 {
			t.Fatalf("the draft: %+v", v.Draft)
		}

		// What was changed in the same click is saved, not published unseen.
		f.want(f.post(path, f.clicked(path, "publish", "lead_en", "Until the 24th")), 303)
		f.want(f.get(path), 200, "Until the 24th", "never published", "!Switch page on")
		stale := f.clicked(path, "publish")
		f.want(f.post(path, f.clicked(path, "publish")), 303)
		f.want(f.post(path, stale), 409)
		f.want(f.get(path), 200, "Switch page on", "The marketer")
		if v := read(); v.Version != 1 || v.Page.Lead.En != "Until the 24th" || v.Active {
			t.Errorf("published: %+v", v)
		}

		// Where it stands counts at once.
		place := func(do string) url.Values {
			return url.Values{"do": {do}, "name_en": {"Advent"}, "audience": {"parents"}, "starts_on": {"2026-11-29"}, "ends_on": {"2026-12-24"}}
		}
		wrong := place("place")
		wrong.Set("ends_on", "2026-11-01")
		f.want(f.post(path+"/place", wrong), 422, "before the first", `value="2026-11-01"`)
		for _, do := range []string{"place", "on", "up"} {
			f.want(f.post(path+"/place", place(do)), 303)
		}
		f.want(f.post(path+"/place", place("nonsense")), 422)
		if v := read(); !v.Active || v.StartsOn != "2026-11-29" {
			t.Errorf("placed: %+v", v)
		}
		all, err := homepage.List(context.Background(), d)
		f.must(err)
		if all[0].Key != "advent" {
			t.Errorf("asked first is %s", all[0].Key)
		}

		// Sold out and gone goods are told in words.
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			for sku, v := range f.variants {
				if err := inventory.Count(ctx, tx, v, 0, "none:"+sku, f.now); err != nil {
					return err
				}
			}
			return nil
		})
		f.want(f.get(path), 200, "sold out", "None of the chosen products can be shown", "The only product is sold out")
		f.want(f.get("/admin/homepages?lang=zh"), 200, "By hand、Feeding", "其他所有人")
		f.want(f.get(path+"?lang=en"), 200)

		// Going back.
		f.want(f.post(path, f.clicked(path, "save", "lead_en", "Another")), 303)
		f.want(f.post(path, f.clicked(path, "publish")), 303)
		f.want(f.post(path+"/versions/1", nil), 303)
		f.want(f.get(path), 200, "Below stands a draft", "Until the 24th")
		f.want(f.post(path, f.clicked(path, "discard")), 303)
		f.want(f.get(path), 200, "Another")
		f.want(f.post(path+"/place", place("remove")), 422) // while it is on
		f.want(f.post(path+"/place", place("off")), 303)
		f.want(f.post(path+"/place", place("remove")), 303)
		f.want(f.get(path), 404)

		f.want(f.as(staff.Owner).get("/admin/audit"), 200, "Home page published", "Home page placed", "Home page draft", "Home page made")
		f.want(f.get("/admin/homepages/default"), 200, "It stays on", "!Remove page")
		f.want(f.as(staff.Analyst).get("/admin/homepages/default"), 404)
	})
}

func TestTheOrderOfDepartmentsIsClicked(t *testing.T) {
	d := dbtest.SQLite(t)
	f := open(t, d).as(staff.Marketer)
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: "tools", Slug: "tools", Position: 90, Hue: 20, Name: i18n.Text{En: "Tools", Zh: "工具"}}, f.now)
		return err
	})
	const path = "/admin/homepages/default"
	f.want(f.post(path, f.clicked(path, "deptup_tools")), 303)
	v, err := homepage.ByKey(context.Background(), d, "default")
	f.must(err)
	tree, err := catalog.LoadTree(context.Background(), d)
	f.must(err)
	tools, _ := tree.BySlug("tools")
	got := homepage.Arranged(tree.Roots(), v.Draft.Departments)
	if at := len(got) - 2; got[at].ID != tools.ID || len(v.Draft.Departments) != len(tree.Roots()) {
		t.Errorf("arranged %v of %v", v.Draft.Departments, got)
	}
	f.want(f.post(path, f.clicked(path, "deptreset")), 303)
	if v, err = homepage.ByKey(context.Background(), d, "default"); err != nil || len(v.Draft.Departments) != 0 {
		t.Errorf("reset to %v, %v", v.Draft.Departments, err)
	}
}
