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
	"regulars/internal/i18n"
	"regulars/internal/lookout"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/search"
)

// watches saves a search of somebody and has them told of it.
func (s *shop) watches(k *customer.Customer, words, filters string, at time.Time) {
	s.Helper()
	s.tx(func(tx *db.Tx) error {
		_, err := lookout.Keep(ctx, tx, lookout.Search{CustomerID: k.ID, Name: "my " + words, Lang: i18n.English, Currency: "USD", Words: words, Filters: filters}, at)
		return err
	})
	all, err := lookout.OfCustomer(ctx, s.db, k.ID)
	s.must(err)
	tree, err := catalog.LoadTree(ctx, s.db)
	s.must(err)
	for i := range all {
		if all[i].Tell {
			continue
		}
		found, err := all[i].Find(ctx, s.db, search.NewEmbedded(s.db), tree, at)
		s.must(err)
		s.tx(func(tx *db.Tx) error { return all[i].Watch(ctx, tx, found, at) })
	}
}

// indexed makes the goods findable.
func (s *shop) indexed(code string, change func(*catalog.Draft)) catalog.ProductID {
	s.Helper()
	id := s.product(code, change)
	s.tx(func(tx *db.Tx) error { return search.Index(ctx, tx, id) })
	return id
}

// Who watches a search is told, once a week at most and in one mail, of what
// was not in it when they were last told and can be had; who allows no offers,
// or stopped, is not.
func TestSavedSearchesTellWhatIsNew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		offers := func(f *customer.SignUpForm) { f.MailOffers = true }
		ann, bob, cleo := s.account("ann@mail.test", offers).Customer, s.account("bob@mail.test", nil).Customer, s.account("cleo@mail.test", offers).Customer
		s.indexed("TENT1", nil)
		for _, k := range []*customer.Customer{ann, bob, cleo} {
			s.watches(k, "fine", "", monday)
		}
		s.watches(ann, "tent2", "", monday)
		daily := func(from, days int) {
			for i := range days {
				s.run("saved-searches", monday.AddDate(0, 0, from+i))
			}
		}
		daily(0, 3)
		if n := len(s.decisions()); n != 0 {
			t.Fatalf("%d decisions on what was there before", n)
		}
		s.indexed("TENT2", nil)
		s.indexed("SECRET", func(k *catalog.Draft) { k.Sensitive = true })
		s.indexed("DEAR", func(k *catalog.Draft) {
			k.Variants[0].Prices = map[money.Currency]catalog.PriceIn{"EUR": {Amount: 100}}
		})
		searches, err := lookout.OfCustomer(ctx, d, cleo.ID)
		s.must(err)
		s.tx(func(tx *db.Tx) error { return searches[0].Rest(ctx, tx) })
		daily(3, 4)
		mails := s.mailsOf("ann@mail.test")
		if len(mails) != 1 || len(s.mailsOf("bob@mail.test"))+len(s.mailsOf("cleo@mail.test")) != 0 {
			t.Fatalf("%d mails, %d decisions", len(mails), len(s.decisions()))
		}
		text := mails[0].Text
		if strings.Count(text, "/p/") != 1 || !strings.Contains(text, "Fine TENT2") || !strings.Contains(text, "And 1 more") || strings.Contains(text, "SECRET") || !strings.Contains(text, "Found by “my ") {
			t.Errorf("%s", text)
		}
		for i := range 8 {
			s.indexed(fmt.Sprint("CUP", i), nil)
		}
		daily(7, 3) // within the week
		if n := len(s.mailsOf("ann@mail.test")); n != 1 {
			t.Errorf("%d mails within a week", n)
		}
		daily(10, 9)
		mails = s.mailsOf("ann@mail.test")
		if len(mails) != 2 || strings.Count(mails[1].Text, "/p/") != 6 || !strings.Contains(mails[1].Text, "And 2 more") || strings.Contains(mails[1].Text, "TENT2") {
			t.Fatalf("%d mails, the last %s", len(mails), mails[len(mails)-1].Text)
		}
		// Who switches such mail off stays unwritten, whatever is found.
		s.tx(func(tx *db.Tx) error {
			return outreach.ChooseFor(ctx, tx, "ann@mail.test", func(p *outreach.Preference) { p.Off = append(p.Off, outreach.Searches) }, monday)
		})
		s.indexed("LAMP", nil)
		daily(30, 2)
		if n := len(s.mailsOf("ann@mail.test")); n != 2 {
			t.Errorf("%d mails after they were switched off", n)
		}
		if m := s.decisions()[0]; m.State != outreach.Withheld || m.Topic != outreach.Searches {
			t.Errorf("%+v", m)
		}
	})
}

// A mail that the server does not take yet is written again with the same goods:
// they were not seen.
func TestWhatASearchFoundWaitsForTheMailServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann := s.account("ann@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true }).Customer
		s.indexed("TENT1", nil)
		s.watches(ann, "fine", "", monday)
		s.indexed("TENT2", nil)
		s.desk.Mailer = &balky{s.desk.Mailer, 1}
		for hour := range 72 {
			s.run("saved-searches", monday.Add(time.Duration(24+hour)*time.Hour))
		}
		mails := s.mailsOf("ann@mail.test")
		if len(mails) != 1 || !strings.Contains(mails[0].Text, "Fine TENT2") {
			t.Fatalf("%d mails, decisions %+v", len(mails), s.decisions())
		}
	})
}
