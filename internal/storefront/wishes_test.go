package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/shoptest"
)

// reminded is somebody whose cart was reminded of, with the link to stop it.
func reminded(t *testing.T, s *shoptest.Shop) string {
	t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		k, err := customer.ByEmail(ctx, tx, shoptest.Student)
		if err != nil {
			return err
		}
		for _, purpose := range customer.Purposes {
			said := customer.Saying{Purpose: purpose, Given: true, Source: "preferences", Method: customer.MethodImport, Evidence: "a story"}
			if err := customer.Say(ctx, tx, k.ID, said, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	b := s.SignedIn(shoptest.Student)
	b.Post("/cart/items", "sku", "BK01", "qty", "2")
	s.Pass(25 * time.Hour)
	if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
		t.Fatal(err)
	}
	return letterTo(t, s, "student", "/u/")
}

// waiting puts a message of each topic before the student's door, put off.
func waiting(s *shoptest.Shop, key string) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		for _, topic := range outreach.Topics {
			purpose := map[outreach.Topic]string{outreach.Reminders: "mail.cart", outreach.Occasions: "mail.occasions", outreach.Cards: "mail.occasions", outreach.Lists: "mail.occasions", outreach.Owners: "mail.upgrades"}[topic]
			if purpose == "" {
				purpose = "mail.offers"
			}
			err := tx.Query(ctx).Exec(`INSERT INTO sends (key, class, template, topic, purpose, customer_id, email, lang, message_id, state, reason, due_at, created_at, updated_at)
				SELECT ?, 'marketing', 'tier-risen', ?, ?, id, email_key, 'en', ?, 'deferred', 'cap-day', ?, ?, ? FROM customers WHERE email_key = ?`,
				key+string(topic), string(topic), purpose, key+string(topic), db.At(s.Now()), db.At(s.Now()), db.At(s.Now()), shoptest.Student).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Opening the link in a mail changes nothing, however often and by whatever
// method; a mail program's one click, with no cookie and no token, stops every
// kind at once, also what waits, and again does no harm.
func TestOneClickStopsEverything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		link := reminded(t, s)
		waiting(s, "w-")
		state := func() string {
			return fmt.Sprint(s.Count("SELECT count(*) FROM suppressions"), s.Count("SELECT count(*) FROM consents WHERE given = TRUE"), s.Count("SELECT count(*) FROM mail_preferences"),
				s.Count("SELECT count(*) FROM sends WHERE state = 'deferred'"), s.Count("SELECT count(*) FROM mail_links WHERE used_at > 0"))
		}
		before := state()
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet, http.MethodOptions, http.MethodPut} {
			w := httptest.NewRecorder()
			s.Web.ServeHTTP(w, httptest.NewRequest(method, "http://shop.example"+link, nil))
			if got := state(); got != before {
				t.Fatalf("%s changed %s to %s", method, before, got)
			}
		}
		program := s.Browser()
		program.Stranger = true
		for range 3 {
			p := program.Post(link, "List-Unsubscribe", "One-Click")
			if p.Status != http.StatusOK || p.Location != "" || !strings.Contains(p.Text(), "Stopped on") || strings.Contains(p.Body, shoptest.Student) {
				t.Errorf("one click: %d %q %s", p.Status, p.Location, p.Text())
			}
			if len(program.Cookies()) > 1 {
				t.Errorf("cookies %v", program.Cookies())
			}
		}
		if n := s.Count("SELECT count(*) FROM sends WHERE state = 'deferred'"); n != 0 {
			t.Errorf("%d mails still wait", n)
		}
		if n := s.Count("SELECT count(*) FROM sends WHERE state = 'withheld' AND reason = 'suppressed'"); n != len(outreach.Topics) {
			t.Errorf("%d mails were stopped, want one a topic", n)
		}
		if n := s.Count("SELECT count(*) FROM consents WHERE given = TRUE AND purpose LIKE 'mail.%' AND customer_id = (SELECT id FROM customers WHERE email_key = ?)", shoptest.Student); n != 0 {
			t.Errorf("%d consents outlived the stop", n)
		}
		page := s.Browser().Get(link)
		if rows := page.Texts("li.row"); len(rows) != len(outreach.Topics) || !strings.Contains(rows[0], "You did not allow it, or stopped it") || strings.Contains(page.Body, "@") && strings.Contains(page.Body, shoptest.Student) {
			t.Errorf("what was kept back: %q", rows)
		}
		sound(t, link, page)
		sound(t, "/zh"+link, s.Browser().Get("/zh"+link))
	})
}

// From the click to the last possible hand-over: everything asked for after the
// answer of the page is silent, and the answer comes fast.
func TestAStopCountsAtOnce(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	link := reminded(t, s)
	program := s.Browser()
	program.Stranger = true
	var took []time.Duration
	for i := range 40 {
		s.Tx(func(ctx context.Context, tx *db.Tx) error { // they allow it again, and messages wait
			if err := tx.Query(ctx).Exec("UPDATE consents SET given = TRUE, said = TRUE, confirmed = TRUE WHERE purpose LIKE 'mail.%'").Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec("DELETE FROM suppressions").Error
		})
		waiting(s, fmt.Sprint("r", i, "-"))
		began := time.Now()
		if p := program.Post(link, "List-Unsubscribe", "One-Click"); p.Status != http.StatusOK {
			t.Fatalf("%d %s", p.Status, p.Text())
		}
		if n := s.Count("SELECT count(*) FROM sends WHERE state IN ('deferred','claimed')"); n != 0 {
			t.Fatalf("%d could still go", n)
		}
		took = append(took, time.Since(began))
	}
	before := len(s.Letters())
	for _, sweep := range s.Office.Sweeps() {
		if err := sweep.Do(context.Background(), s.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Letters()); n != before {
		t.Errorf("%d mails after the stop", n-before)
	}
	slices.Sort(took)
	t.Logf("from the click until nothing can go any more: p50 %v, worst of %d %v", took[len(took)/2], len(took), took[len(took)-1])
	if took[len(took)-1] > time.Second {
		t.Errorf("the slowest took %v", took[len(took)-1])
	}
}

// Who does not want none says what they want, without signing in: the very next
// decision obeys.
func TestWishesAreKeptByTheLink(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		link := reminded(t, s)
		b := s.Browser()
		wish := func() outreach.Preference {
			p, err := outreach.PreferenceOf(context.Background(), d, shoptest.Student)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if p := b.Submit(b.Get(link), link, "less", "on"); p.Status != http.StatusOK || wish().PerMonth != 1 || s.Count("SELECT count(*) FROM suppressions") != 0 {
			t.Fatalf("less: %d %+v", p.Status, wish())
		}
		page := b.Get(link)
		if !strings.Contains(page.Text(), "Kept on") || !strings.Contains(page.Text(), "1 in 30 days") {
			t.Errorf("no receipt: %s", page.Text())
		}
		form := url.Values{"save": {"on"}, "shown": {"reminders", "tiers"}, "topic": {"tiers"}, "often": {"2"}, "hour": {"18"}, "pause": {"3"}, "avoid": {"mothers-day", "qingming"}}
		if p := b.PostForm(link, form); p.Status != http.StatusOK || !strings.Contains(p.Text(), "Paused until") {
			t.Fatalf("%d %s", p.Status, p.Text())
		}
		w := wish()
		if !slices.Equal(w.Off, []outreach.Topic{outreach.Reminders}) || w.PerMonth != 2 || w.Hour != 18 || !w.Paused.Equal(s.Now().AddDate(0, 3, 0).Truncate(time.Millisecond)) || !slices.Equal(w.Avoid, []string{"mothers-day", "qingming"}) {
			t.Errorf("%+v", w)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.ByEmail(ctx, tx, shoptest.Student)
			if err != nil {
				return err
			}
			got, err := s.Office.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailCart, Email: k.Email, Customer: k}, s.Now())
			if got.Reason != "topic-off" {
				t.Errorf("the next decision: %+v", got)
			}
			return err
		})
		for _, wrong := range []url.Values{{"often": {"1000"}}, {"hour": {"25"}}, {"hour": {"x"}}, {"pause": {"99"}}, {"topic": {"gossip"}}, {"avoid": {"'; --"}}} {
			bad := url.Values{"save": {"on"}, "often": {"0"}, "hour": {"-1"}, "pause": {"0"}}
			for k, v := range wrong {
				bad[k] = v
			}
			if p := b.PostForm(link, bad); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("%v: %d", wrong, p.Status)
			}
		}
		if got := wish(); got.PerMonth != 2 || got.Hour != 18 {
			t.Errorf("a wrong form changed %+v", got)
		}
		// The same form in the account.
		own := s.SignedIn(shoptest.Student)
		sound(t, "/account/preferences", own.Get("/account/preferences"))
		own.Submit(own.Get("/account/preferences"), "/account/preferences/mails", "less", "on")
		if got := wish(); got.PerMonth != 1 || got.Hour != 18 || !slices.Contains(got.Off, outreach.Reminders) {
			t.Errorf("less in the account: %+v", got)
		}
		form["pause"], form["topic"] = []string{"0"}, []string{"tiers", "reminders"}
		own.PostForm("/account/preferences/mails", form)
		if got := wish(); len(got.Off) != 0 || !got.Paused.IsZero() || got.PerMonth != 2 {
			t.Errorf("the account's form: %+v", got)
		}
		if p := s.Browser().PostForm("/account/preferences/mails", form); p.Status != http.StatusSeeOther || p.Location == "/account/preferences" {
			t.Errorf("a stranger: %d %s", p.Status, p.Location)
		}
	})
}
