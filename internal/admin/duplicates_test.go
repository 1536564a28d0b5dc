package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestStaffMergeWhoIsInTheFileTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		ctx := context.Background()
		f.want(f.as(staff.Support).get("/admin/customers/duplicates"), 200, "Nobody is in the file twice", "Look now")
		var twins [4]customer.ID
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			for i, email := range []string{"li.na@gmail.com", "lina@gmail.com", "tom@a.example", "tom@b.example"} {
				k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: []string{"Li Na", "Tom Reed"}[i/2], BirthDate: []string{"", "1990-05-01"}[i%2], Verified: i == 1, MailOffers: i == 0, Personalize: i < 2}, f.now)
				if err != nil {
					return err
				}
				twins[i] = k.ID
				if i > 1 {
					if err := customer.SetProfile(ctx, tx, k.ID, customer.Profile{Name: "Tom Reed", Phone: "+44 20 7946 0018"}, f.now); err != nil {
						return err
					}
				}
			}
			return nil
		})
		f.want(f.post("/admin/customers/duplicates", url.Values{}), 303)
		f.want(f.get("/admin/customers/duplicates"), 200, "li.na@gmail.com", "lina@gmail.com", "One mailbox, written in two ways", "The same number", "93")
		f.want(f.get("/admin/customers/duplicates?lang=zh"), 200, "同一个邮箱的两种写法")
		var tokens []string
		f.must(d.Query(ctx).Raw("SELECT token FROM duplicates ORDER BY score DESC, low_id").Scan(&tokens).Error)
		if len(tokens) != 2 {
			t.Fatalf("%d pairs", len(tokens))
		}
		path := "/admin/customers/duplicates/" + tokens[0]
		// The address that was proved goes on, whichever account is older.
		f.want(f.get(path+"?lang=en"), 200, "This cannot be undone: li.na@gmail.com ends", "1990-05-01", "No longer allowed", "Make them one")
		f.want(f.get(path+"?into=low&lang=en"), 200, "Let the other account go on")
		f.want(f.get(path+"?lang=zh"), 200, "此操作无法撤销")
		form := url.Values{"act": {"merge"}, "into": {"high"}}
		f.want(f.post(path, form), 422, "Tick that you know it")
		form.Set("sure", "1")
		form.Set("into", "low")
		f.want(f.post(path, form), 409)
		form.Set("into", "high")
		f.want(f.post(path, form), 303)
		k, err := customer.Survivor(ctx, d, twins[0])
		f.must(err)
		if k.ID != twins[1] || k.Name != "Li Na" {
			t.Errorf("the account leads to %+v", k)
		}
		f.want(f.post(path, form), 404)

		path = "/admin/customers/duplicates/" + tokens[1]
		f.want(f.post(path, url.Values{"act": {"refuse"}, "into": {"low"}}), 303)
		f.want(f.post("/admin/customers/duplicates", url.Values{}), 303)
		f.want(f.get("/admin/customers/duplicates?lang=en"), 200, "Nobody is in the file twice")
		if got := strings.Join(append(f.audited("customer.merge"), f.audited("customer.not-duplicate")...), " "); strings.Contains(got, "@") || !strings.Contains(got, "took in") {
			t.Errorf("the audit has %s", got)
		}
		f.as(staff.Marketer)
		f.want(f.get("/admin/customers/duplicates"), 200)
		f.want(f.post(path, form), 404)
	})
}
