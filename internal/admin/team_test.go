package admin

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func (f *office) pathOf(who *staff.Staff) string {
	return teamPath + "/" + strconv.FormatInt(int64(who.ID), 10)
}

// An owner adds somebody, gives them another role, ends their sign-ins and
// switches them off; each with the password, each a line of the audit.
func TestOwnerKeepsTheStaff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		ctx := context.Background()
		f.want(f.as(staff.Owner).get(teamPath), 200, "owner@shop.example", "May sign in", "Send the invitation", "Your password")
		form := url.Values{"email": {"new@shop.example"}, "name": {"Noor"}, "role": {"support"}}
		f.want(f.post(teamPath, form), 422, "Type the password you sign in with", `value="new@shop.example"`)
		form.Set("password", secretWord)
		f.want(f.post(teamPath, form), 303)
		f.want(f.get(teamPath), 200, "Noor", "Invited, no password yet", "!Your password")
		f.want(f.post(teamPath, form), 422, "already has a staff account")
		f.want(f.post(teamPath, url.Values{"email": {"nobody"}, "role": {"emperor"}}), 422, "does not look like an e-mail address", "There is no role")
		noor, err := staff.ByEmail(ctx, d, "new@shop.example")
		f.must(err)

		f.want(f.as(staff.Support).get(teamPath), 404)
		f.want(f.post(teamPath, form), 404)
		f.want(f.get("/admin/orders"), 200)
		support := f.session
		f.as(staff.Owner)
		f.want(f.get(f.pathOf(f.people[staff.Support])), 200, "Firefox, Linux", "192.0.2.0/24", "Open", "Orders", "End the open sign-ins", "Addresses, telephones", "!staff.area.")
		f.now = f.now.Add(6 * time.Minute) // the password that was typed counts no more
		path := f.pathOf(f.people[staff.Support])
		f.want(f.as(staff.Owner).post(path, url.Values{"do": {"end"}, "role": {"support"}}), 422, "Type the password")
		f.want(f.post(path, url.Values{"do": {"end"}, "role": {"support"}, "password": {secretWord}}), 303)
		owner := f.session
		f.session = support
		f.want(f.get("/admin/orders"), 303) // to the sign-in
		f.session = owner
		f.want(f.get(path+"?lang=zh"), 200, "已结束", "结束")
		f.want(f.post(path+"?lang=en", url.Values{"do": {"role"}, "role": {"analyst"}}), 303)
		f.want(f.get(path+"?lang=en"), 200, "Experiments (to read)", "!Gift cards (to")
		f.want(f.post(path, url.Values{"do": {"link"}, "role": {"analyst"}}), 303)
		f.want(f.post(path, url.Values{"do": {"off"}, "role": {"analyst"}}), 303)
		f.want(f.get(path), 200, "Switched off", "Switch the account on")
		f.want(f.post(path, url.Values{"do": {"link"}, "role": {"analyst"}}), 422, "switched off")
		f.want(f.post(path, url.Values{"do": {"on"}, "role": {"analyst"}}), 303)
		f.want(f.post(path, url.Values{"do": {"fire"}, "role": {"analyst"}}), 422)

		// An owner who was invited and chose no password is nobody who could take over.
		f.want(f.post(f.pathOf(noor), url.Values{"do": {"role"}, "role": {"owner"}}), 303)
		self := f.pathOf(f.people[staff.Owner])
		f.want(f.post(self, url.Values{"do": {"role"}, "role": {"support"}}), 422, "last owner")
		f.want(f.post(self, url.Values{"do": {"off"}, "role": {"owner"}}), 422, "last owner")
		for action, want := range map[string]string{"staff.invite": "role: support", "staff.end": "sign-ins ended: 1", "staff.role": "support → analyst", "staff.off": "on → off", "staff.on": "off → on", "staff.link": "a link"} {
			if all := strings.Join(f.audited(action), "\n"); !strings.Contains(all, want) {
				t.Errorf("audit of %s: %q", action, all)
			}
		}
	})
}
