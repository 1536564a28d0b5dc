package outreach_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

// Who bought something and allows it gets, once a month at most, what goes with
// it, by the words of an author, and nothing they have; a birthday card of a
// very loyal person carries it, too, and only theirs.
func TestRecommendationsOnceAMonth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("contact.recommendations", "occasional")
		s.set("contact.cards", "occasional")
		allows := func(f *customer.SignUpForm) {
			f.MailOffers, f.Personalize, f.History, f.MailOccasions, f.BirthDate = true, true, true, true, "1990-06-05"
		}
		ann, bob := s.account("ann@mail.test", allows), s.account("bob@mail.test", func(f *customer.SignUpForm) { allows(f); f.History = false })
		tent := s.product("TENT", nil)
		var found []catalog.ProductID
		for _, code := range []string{"MAT", "LAMP", "STOVE", "ROPE", "SECRET"} {
			found = append(found, s.product(code, func(k *catalog.Draft) { k.Sensitive = code == "SECRET" }))
		}
		s.tx(func(tx *db.Tx) error {
			for i, to := range found {
				r := catalog.Relation{FromID: tent, ToID: to, Kind: "fits", Reason: i18n.Text{En: "It fits inside.", Zh: "装得下。"}, Source: "author", Weight: 1 - float64(i)/10}
				if err := catalog.PutRelation(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		for _, p := range []*customer.Person{ann, bob} {
			s.buysOn(p.Customer, p.Customer.Email, "TENT", tent, 1, monday.AddDate(0, 0, -9))
		}
		s.buysOn(ann.Customer, ann.Customer.Email, "ROPE", found[3], 1, monday.AddDate(0, 0, -8))
		for at := monday; at.Before(monday.AddDate(0, 2, 0)); at = at.AddDate(0, 0, 1) {
			s.run("recommendations", at)
		}
		mails := s.mailsOf("ann@mail.test")
		if len(mails) != 1 || len(s.mailsOf("bob@mail.test")) != 0 {
			t.Fatalf("%d and %d mails", len(mails), len(s.mailsOf("bob@mail.test")))
		}
		if text := mails[0].Text; !strings.Contains(text, "With your Fine TENT: It fits inside.") || strings.Contains(text, "ROPE") || strings.Contains(text, "SECRET") || strings.Count(text, "/p/") != 3 {
			t.Errorf("%s", text)
		}
		// The other months had nothing new to say, and say so.
		for _, m := range s.decisions() {
			if m.State != outreach.Sent && (m.Reason != "too-few" || m.Topic != outreach.Recommendations) {
				t.Errorf("%+v", m)
			}
		}
		s.hourly("cards", time.Date(2026, 6, 5, 9, 0, 0, 0, time.UTC), 1)
		card, plain := s.mailsOf("ann@mail.test")[1], s.mailsOf("bob@mail.test")[0]
		if !strings.Contains(card.Text, "/p/") || strings.Contains(plain.Text, "/p/") {
			t.Errorf("%s\n%s", card.Text, plain.Text)
		}
	})
}
