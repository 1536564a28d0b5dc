package admin

import (
	"context"
	"fmt"
	"html"
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
		f.proves(to + "/people.csv")
		file := f.shown(to + "/people.csv")
		if strings.Count(file, "\n") != 13 || strings.Count(file, ",,matrix,") != 6 || strings.Contains(file, "@demo.example,m") || strings.Count(file, ",,out,") != 6 || strings.Contains(file, "late@") {
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

func TestAnIdeaBecomesARuleOrIsPutAway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := open(t, d).as(staff.Marketer)
		// Eighty who play order again, of two hundred others hardly one does.
		f.must(d.InTx(ctx, func(tx *db.Tx) error {
			for i := range 280 {
				who, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: fmt.Sprintf("b%d@demo.example", i), Name: "B", Lang: "en", Personalize: true, History: true}, f.now)
				if err != nil {
					return err
				}
				if i < 80 {
					if err := customer.SetInterests(ctx, tx, who.ID, "hobby", []string{"gaming"}, f.now); err != nil {
						return err
					}
				}
				for n := range 1 + (i%10)/map[bool]int{true: 3, false: 9}[i < 80] {
					if n > 1 {
						break
					}
					no := fmt.Sprintf("B%d-%d", i, n)
					if err := tx.Query(ctx).Exec(`INSERT INTO orders (number, place_key, access_hash, customer_id, email, currency, subtotal, total, state, payment_state, placed_at)
						VALUES (?, ?, ?, ?, 'x@demo.example', 'USD', 5, 500, 'completed', 'paid', ?)`, no, no, no, int64(who.ID), db.At(f.now)).Error; err != nil {
						return err
					}
				}
			}
			return nil
		}))
		f.must(segment.Renew(ctx, d, segment.ByRule, f.now))
		page := f.shown("/admin/segments/ideas")
		for _, want := range []string{"70.0 % of 80 buyers ordered again", "of the 200 other buyers 10.0 % did", "The difference lies between", "Take over as a rule"} {
			if !strings.Contains(page, want) {
				t.Errorf("%q is not on the page:\n%s", want, plain(page))
			}
		}
		if zh := f.shown("/admin/segments/ideas?lang=zh"); !strings.Contains(zh, "80 位买家中有 70.0% 再次下单") {
			t.Error("not said in Chinese")
		}
		f.get("/admin/segments/ideas?lang=en")
		idea := html.UnescapeString(regexp.MustCompile(`name="idea" value="([^"]+)"`).FindStringSubmatch(page)[1])
		to := f.post("/admin/segments/ideas", url.Values{"idea": {strings.ReplaceAll(idea, "\n", "\r\n")}, "do": {"adopt"}}).Header().Get("Location")
		if draft := f.shown(to); !strings.Contains(draft, "hobby in (gaming)") || !strings.Contains(draft, "<strong class=\"stat-value\">80</strong>") {
			t.Errorf("the draft at %s:\n%s", to, plain(draft))
		}
		if page = f.shown("/admin/segments/ideas"); strings.Contains(page, "of 80 buyers ordered again") {
			t.Error("what was taken over is suggested again")
		}
		f.want(f.as(staff.Analyst).post("/admin/segments/ideas", url.Values{"idea": {idea}}), 404)
	})
}
