package admin

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/staff"
)

func TestASegmentIsFrozenForACampaign(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := open(t, d).as(staff.Marketer)
		f.students(12)
		put := func(key, text string) {
			r, wrong := segment.Parse(text)
			if wrong != nil {
				t.Fatal(wrong)
			}
			f.must(d.InTx(ctx, func(tx *db.Tx) error {
				return segment.Put(ctx, tx, segment.Segment{Key: key, Position: 30, Name: i18n.Text{En: key, Zh: key}, Purpose: segment.Audience, Rule: r})
			}))
		}
		put("studying", "life in (student)")
		put("one", "all(life in (student), consent in (mail.cart))")
		f.must(segment.Renew(ctx, d, segment.ByRule, f.now))

		page := f.shown("/admin/segments/studying")
		key := regexp.MustCompile(`name="key" value="([A-Z0-9]+)"`).FindStringSubmatch(page)[1]
		form := url.Values{"key": {key}, "note": {"=spring"}}
		to := f.post("/admin/segments/studying/freeze", form).Header().Get("Location")
		if again := f.post("/admin/segments/studying/freeze", form).Header().Get("Location"); again != to || !strings.HasPrefix(to, "/admin/segments/snapshots/") {
			t.Fatalf("frozen at %q, sent twice at %q", to, again)
		}
		f.late("late@demo.example")
		page = f.shown(to)
		for _, want := range []string{"<dt>People then</dt><dd>12</dd>", "<dt>Still here</dt><dd>12</dd>", "=spring", "a•••@demo.example"} {
			if !strings.Contains(page, want) {
				t.Errorf("%q is not on the page", want)
			}
		}
		if strings.Contains(page, ">a-student@") {
			t.Error("the page shows addresses")
		}
		file := f.shown(to + "/people.csv")
		if strings.Count(file, "\n") != 13 || strings.Count(file, "@demo.example,mail,") != 6 || strings.Count(file, ",,out,") != 6 || strings.Contains(file, "late@") {
			t.Errorf("the file holds\n%s", file)
		}
		f.must(d.InTx(ctx, func(tx *db.Tx) error {
			who, err := customer.ByEmail(ctx, tx, "a-student@demo.example")
			if err != nil {
				return err
			}
			return customer.Erase(ctx, tx, who.ID, f.now, segment.Forget)
		}))
		if page = f.shown(to); !strings.Contains(page, "<dt>People then</dt><dd>12</dd>") || !strings.Contains(page, "<dt>Still here</dt><dd>11</dd>") {
			t.Error("who is erased does not leave the list")
		}

		// So few are not frozen by marketing, nor shown when few are left.
		page = f.shown("/admin/segments/one")
		key = regexp.MustCompile(`name="key" value="([A-Z0-9]+)"`).FindStringSubmatch(page)[1]
		if to := f.post("/admin/segments/one/freeze", url.Values{"key": {key}}).Header().Get("Location"); to != "/admin/segments/one#snapshots" {
			t.Errorf("fewer than ten were frozen: %s", to)
		}
		f.as(staff.Analyst)
		if page = f.shown(to); strings.Contains(page, "•••@") {
			t.Error("an analyst sees names")
		}
		f.want(f.get(to+"/people.csv"), 303)
		f.want(f.post("/admin/segments/studying/freeze", url.Values{"key": {"K"}}), 404)
	})
}

// late signs up somebody who studies, after others did.
func (f *office) late(email string) {
	f.t.Helper()
	ctx := context.Background()
	f.must(f.DB.InTx(ctx, func(tx *db.Tx) error {
		who, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "L", Lang: "en", Personalize: true}, f.now)
		if err != nil {
			return err
		}
		if err := customer.SetInterests(ctx, tx, who.ID, "life", []string{"student"}, f.now); err != nil {
			return err
		}
		return segment.Refresh(ctx, tx, who.ID, f.now)
	}))
}

func (f *office) shown(path string) string {
	f.t.Helper()
	r := f.get(path)
	f.want(r, 200)
	return r.Body.String()
}
