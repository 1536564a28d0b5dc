package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/shoplist"
)

// keeps makes a list of these goods, brought up every so many weeks.
func (s *shop) keeps(p *customer.Person, name string, weeks int, skus ...string) (token string) {
	s.Helper()
	s.tx(func(tx *db.Tx) error {
		l, err := shoplist.Make(ctx, tx, p.Customer.ID, name, monday)
		if err != nil {
			return err
		}
		var items []shoplist.Item
		for i, sku := range skus {
			items = append(items, shoplist.Item{VariantID: s.variants[sku], Qty: i + 1})
		}
		if _, err := shoplist.Put(ctx, tx, p.Customer.ID, l.Token, items, monday); err != nil {
			return err
		}
		token = l.Token
		return shoplist.Remind(ctx, tx, p.Customer.ID, l.Token, weeks, monday)
	})
	return token
}

// A list is brought up on its days and no others, once each, whatever sweeps
// run: only where its weeks are set and reminders are allowed, never empty or
// sold out, and not once more after one click.
func TestAListIsBroughtUpOnItsDays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		cup := s.product("CUP", nil)
		s.product("PLATE", nil)
		s.product("TEST", func(k *catalog.Draft) { k.Sensitive = true })
		s.product("OLD", func(k *catalog.Draft) { k.Published = false })
		ann, bob, cleo, eve := s.everything("ann@mail.test", nil), s.account("bob@mail.test", nil), s.everything("cleo@mail.test", nil), s.everything("eve@mail.test", nil)
		token := s.keeps(ann, "Each\nfortnight", 2, "CUP", "PLATE", "TEST", "OLD")
		s.keeps(ann, "Only kept", 0, "CUP")
		s.keeps(bob, "Not allowed", 1, "CUP")
		s.keeps(cleo, "Empty", 1)
		s.keeps(cleo, "Sold out", 1, "OLD")
		s.keeps(eve, "Weekly", 1, "CUP")
		for day := range 31 {
			at := monday.AddDate(0, 0, day)
			s.run("lists", at)
			s.run("lists", at)
			if day == 8 {
				mails := s.mailsOf("eve@mail.test")
				if len(mails) != 1 {
					t.Fatalf("eve has %d mails", len(mails))
				}
				s.tx(func(tx *db.Tx) error {
					_, err := outreach.Unsubscribe(ctx, tx, link(t, mails[0].Text, "/u/"), false, at)
					return err
				})
			}
		}
		got := map[string][]string{}
		for _, m := range s.decisions() {
			if m.State != outreach.Sent || m.Class != outreach.Relationship || m.Topic != outreach.Lists {
				t.Errorf("%+v", m)
			}
			got[m.Email] = append([]string{m.SentAt.UTC().Format("01-02")}, got[m.Email]...) // the newest comes first
		}
		want := map[string]string{"ann@mail.test": monday.AddDate(0, 0, 14).Format("01-02") + " " + monday.AddDate(0, 0, 28).Format("01-02"), "eve@mail.test": monday.AddDate(0, 0, 7).Format("01-02")}
		for email, days := range want {
			if strings.Join(got[email], " ") != days {
				t.Errorf("%s: %v, want %s", email, got[email], days)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%v", got)
		}
		m := s.mailsOf("ann@mail.test")[0]
		for _, words := range []string{"“Each fortnight”", "1 × Fine CUP", "2 × Fine PLATE", "not named here: 1", "at the moment: 1", "/account/lists/" + token, "reminder on this list"} {
			if !strings.Contains(m.Text, words) {
				t.Errorf("%q is missing in %s", words, m.Text)
			}
		}
		if strings.Contains(m.Text, "TEST") || !strings.Contains(m.Subject, "Each fortnight") {
			t.Errorf("%s %s", m.Subject, m.Text)
		}
		// Back within its week, what was sold out is brought up late; the next day stays where it was.
		late := s.keeps(cleo, "Comes back", 2, "CUP")
		publish := func(on bool) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("UPDATE products SET published = ? WHERE id = ?", on, int64(cup)).Error
			})
		}
		publish(false)
		from := monday.AddDate(0, 0, 14)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE shop_lists SET due_at = ?, look_at = ? WHERE token = ?", db.At(from.AddDate(0, 1, 0)), db.At(from.AddDate(0, 1, 0)), late).Error
		})
		from = from.AddDate(0, 1, 0)
		s.run("lists", from)
		publish(true)
		s.run("lists", from.Add(time.Hour)) // looked at once a day
		if n := len(s.mailsOf("cleo@mail.test")); n != 0 {
			t.Errorf("cleo has %d mails", n)
		}
		s.run("lists", from.AddDate(0, 0, 1))
		if n := len(s.mailsOf("cleo@mail.test")); n != 1 {
			t.Errorf("cleo has %d mails", n)
		}
		if next := s.text("SELECT CAST(due_at AS TEXT) FROM shop_lists WHERE token = ?", late); next != fmt.Sprint(from.AddDate(0, 0, 14).UnixMilli()) {
			t.Errorf("the next day is %s", next)
		}
	})
}
