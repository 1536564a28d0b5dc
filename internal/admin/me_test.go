package admin

import (
	"context"
	"net/url"
	"regexp"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// proves asks for a file of people, is asked for the password, and types it.
func (f *office) proves(file string) {
	f.t.Helper()
	w := f.get(file)
	to := proofPath + "?" + url.Values{"next": {file}}.Encode()
	if w.Code != 303 || w.Header().Get("Location") != to {
		f.t.Fatalf("%s without the password: %d %s", file, w.Code, w.Header().Get("Location"))
	}
	f.want(f.get(to), 200, "leaves the shop only by your own hand")
	f.want(f.post(proofPath, url.Values{"next": {file}, "password": {"not it"}}), 422, "not your password")
	if w := f.post(proofPath, url.Values{"next": {file}, "password": {secretWord}}); w.Code != 303 || w.Header().Get("Location") != file {
		f.t.Fatalf("with it: %d %s", w.Code, w.Header().Get("Location"))
	}
}

// Somebody sets a second factor up from the picture or the text, once their
// password was typed; where everybody must have one nothing else opens first.
func TestStaffSetUpASecondFactor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		must := func(use string) {
			f.tx(func(ctx context.Context, tx *db.Tx) error {
				return setting.Set(ctx, tx, "staff.second.factor", use, f.now)
			})
			f.must(f.Settings.Refresh(context.Background(), d))
		}
		f.want(f.as(staff.Analyst).get(mePath), 200, "This one", "Set it up", "Your password")
		must(setting.FactorRequired)
		if w := f.get("/admin/abandonment"); w.Code != 303 || w.Header().Get("Location") != mePath {
			t.Errorf("without one: %d %s", w.Code, w.Header().Get("Location"))
		}
		f.want(f.get(mePath), 200, "everything else opens then")
		f.want(f.post(mePath, url.Values{"do": {"begin"}, "password": {"not it"}}), 422, "not your password")
		f.want(f.post(mePath, url.Values{"do": {"begin"}, "password": {secretWord}}), 303)
		w := f.get(mePath)
		f.want(w, 200, "Scan this")
		secret := regexp.MustCompile(`<code>((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})</code>`).FindStringSubmatch(w.Body.String())
		if secret == nil || !regexp.MustCompile(`<path d="M\d`).MatchString(w.Body.String()) {
			t.Fatal("neither secret nor picture is shown")
		}
		code, err := staff.Shown(secret[1], f.now)
		f.must(err)
		f.want(f.post(mePath, url.Values{"do": {"confirm"}, "code": {"12"}}), 422, "does not fit", "Scan this")
		f.want(f.post(mePath, url.Values{"do": {"confirm"}, "code": {code}}), 200, "Your recovery codes", "left: 10 of 10")
		f.want(f.post(mePath, url.Values{"do": {"confirm"}, "code": {code}}), 422, "stands as it was", "!Your recovery codes")
		f.want(f.get("/admin/abandonment"), 200)
		f.want(f.post(mePath, url.Values{"do": {"renew"}}), 200, "Your recovery codes")
		f.now = f.now.Add(6 * time.Minute)
		f.want(f.post(mePath, url.Values{"do": {"factor"}}), 422, "Type the password")

		owner := f.as(staff.Owner)
		must(setting.FactorOptional)
		path := f.pathOf(f.people[staff.Analyst])
		f.want(owner.get(teamPath), 200, "On")
		f.want(owner.get(path), 200, "Take the second factor off")
		f.want(owner.post(path, url.Values{"do": {"factor"}, "role": {"analyst"}, "password": {secretWord}}), 303)
		f.want(owner.get(path), 200, "!Take the second factor off")
		f.want(owner.get(mePath+"?lang=zh"), 200, "开始设置")
		must(setting.FactorOff)
		f.want(owner.get(mePath+"?lang=en"), 200, "does not use second factors")
		for _, away := range []string{"https://evil.example/", "//evil.example/admin/", "/account"} {
			if w := f.post(proofPath, url.Values{"next": {away}}); w.Header().Get("Location") != "/admin" {
				t.Errorf("%s leads to %q", away, w.Header().Get("Location"))
			}
		}
		for _, action := range []string{"me.begin", "me.confirm", "me.renew", "staff.factor"} {
			if len(f.audited(action)) != 1 {
				t.Errorf("%s is %d lines of the audit", action, len(f.audited(action)))
			}
		}
	})
}
