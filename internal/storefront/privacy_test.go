package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/shoptest"
)

// columns lists every column of every table but those of indexes' innards.
func columns(t *testing.T, s *shoptest.Shop) [][2]string {
	t.Helper()
	sql := `SELECT m.name AS t, c.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`
	if !s.DB.Embedded() {
		sql = `SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position`
	}
	var rows []struct{ T, C string }
	if err := s.DB.Query(context.Background()).Raw(sql).Scan(&rows).Error; err != nil {
		t.Fatal(err)
	}
	var all [][2]string
	for _, r := range rows {
		all = append(all, [2]string{r.T, r.C})
	}
	return all
}

// held lists the columns in which any of the words stands.
func held(t *testing.T, s *shoptest.Shop, words []string) (where []string) {
	t.Helper()
	for _, k := range columns(t, s) {
		text := fmt.Sprintf(`CAST("%s"."%s" AS TEXT)`, k[0], k[1])
		for _, w := range words {
			if n := s.Count(fmt.Sprintf(`SELECT count(*) FROM "%s" WHERE lower(%s) LIKE ?`, k[0], text), "%"+strings.ToLower(w)+"%"); n > 0 {
				where = append(where, fmt.Sprintf("%s.%s holds %q", k[0], k[1], w))
			}
		}
	}
	return where
}

func broken(t *testing.T, s *shoptest.Shop) []doctor.Broken {
	t.Helper()
	report, err := doctor.Check(context.Background(), s.DB, doctor.Options{Now: s.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return report.Broken
}

// letterTo is the link with that beginning in the newest mail to an address.
func letterTo(t *testing.T, s *shoptest.Shop, to, path string) string {
	t.Helper()
	for _, l := range s.Letters() {
		if m := regexp.MustCompile(`http://shop\.example(` + path + `[^\s]+)`).FindStringSubmatch(l.Text); m != nil && strings.Contains(l.To, to) {
			return m[1]
		}
	}
	t.Fatalf("no mail to %s leads to %s", to, path)
	return ""
}

func TestNothingOfAnErasedPersonStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		const email = "Canary.Finch@example.com"
		words := []string{"canary", "finch", "+1 555 0147", "5550147", "17 aviary lane", "loft b", "perchville", "90417"}
		where := []string{"email", email, "name", "Canary Finch", "country", "US", "line1", "17 Aviary Lane", "line2", "Loft B", "city", "Perchville", "region", "CA",
			"postcode", "90417", "phone", "+1 555 0147"}

		// As a guest: an order, a cart left with the address, and a stop.
		guest := s.Browser()
		guest.Post("/cart/items", "sku", "BK02")
		guest.Submit(guest.Follow(guest.Submit(guest.Get("/checkout"), "/checkout", append([]string{"remember", "on"}, where...)...)), "/gateway/test/", "outcome", "paid")
		s.Pass(time.Minute)
		left := s.Browser()
		left.Post("/cart/items", "sku", "BK02")
		left.Submit(left.Get("/checkout"), "/checkout", "email", email, "mail_ok", "on")
		agree(t, s, "anary")
		s.Pass(25 * time.Hour)
		if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
			t.Fatal(err)
		}
		left.Post(letterTo(t, s, "anary", "/u/"), "List-Unsubscribe", "One-Click")

		// As a customer: everything an account can hold.
		b := s.Browser()
		b.Post("/cart/items", "sku", "BB09")
		b.Submit(b.Get("/checkout"), "/checkout", "email", email)
		b.Post("/signup", "email", email, "password", "three words long", "name", "Canary Finch", "personalize", "on", "mail_cart", "on")
		s.RunJobs()
		verify := letterTo(t, s, "anary", "/verify/")
		b.Submit(b.Get(verify), verify)
		in := func() *shoptest.Browser {
			b := s.Browser()
			if p := b.Post("/signin", "email", email, "password", "three words long"); p.Status != http.StatusSeeOther {
				t.Fatalf("sign in: %d %s", p.Status, p.Text())
			}
			return b
		}
		b.Post("/signin", "email", email, "password", "three words long")
		b.Post("/account/details", "name", "Canary Finch", "birth_date", "1990-01-02", "occupation", "finch keeper", "phone", "+1 555 0147", "channel", "phone")
		b.Post("/account/dates", "kind", "gift", "label", "Uncle Finch", "month", "5", "day", "")
		b.Post("/account/addresses", where[2:]...)
		b.Post("/p/calm-bottle/questions", "body", "Does it fit a finch?")
		b.Post("/contact", "name", "Canary Finch", "email", email, "body", "I live in 17 Aviary Lane.")
		b.Get("/search?q=canary+cage")
		for range 2 {
			s.RunJobs() // but for the second order's confirmation, which still waits when the account goes
			b.Post("/cart/items", "sku", "BK01")
			b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", where...)), "/gateway/test/", "outcome", "paid")
		}
		b.Post("/cart/items", "sku", "BB03")
		b.Post("/forgot", "email", email)
		s.AnswerAll("Dear Canary Finch, yes.")
		other := in()
		if err := s.Events.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		before := held(t, s, words)
		for _, table := range []string{"orders.", "carts.", "sends.", "customers.", "addresses.", "questions.", "river_job.", "suppressions.", "events.", "remembered."} {
			if !slices.ContainsFunc(before, func(h string) bool { return strings.HasPrefix(h, table) }) {
				t.Fatalf("the story leaves nothing in %s*, so it proves nothing: %v", table, before)
			}
		}
		amounts := s.Text("SELECT sum(total) || ' ' || count(*) || ' ' || min(country) FROM orders")

		if page := b.Get("/account/privacy"); len(page.All("p.notice-warn")) != 1 {
			t.Error("nobody says that orders are not sent yet")
		}
		if p := b.Post("/account/erase", "password", "three words long"); p.Status != http.StatusSeeOther {
			t.Fatalf("erasing: %d %s", p.Status, p.Text())
		}
		for _, h := range held(t, s, words) {
			t.Error(h)
		}
		if n := s.Count("SELECT count(*) FROM profile_facts f JOIN customers c ON c.id = f.customer_id WHERE c.erased_at > 0"); n != 0 {
			t.Errorf("%d notes of when they said what stay", n)
		}
		if now := s.Text("SELECT sum(total) || ' ' || count(*) || ' ' || min(country) FROM orders"); now != amounts {
			t.Errorf("the books changed from %s to %s", amounts, now)
		}
		if n := s.Count("SELECT count(*) FROM order_history WHERE note LIKE 'flag:%'"); n == 0 {
			t.Error("staff do not learn that paid orders have no address")
		}
		for _, old := range []*shoptest.Browser{b, other} {
			if p := old.Get("/account"); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/signin") {
				t.Errorf("a session of the erased account: %d %q", p.Status, p.Location)
			}
		}
		if p := s.Browser().Post("/signin", "email", email, "password", "three words long"); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("signing in: %d", p.Status)
		}
		s.RunJobs()
		s.Pass(80 * time.Hour)
		if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
			t.Fatal(err)
		}
		for _, l := range s.Letters() {
			if strings.Contains(strings.ToLower(l.To+l.Text), "canary") || strings.Contains(l.To, "erased") {
				t.Errorf("a mail to %s is still there, or was sent since: %s", l.To, l.Subject)
			}
		}
		for _, h := range held(t, s, words) {
			t.Errorf("after the jobs that waited: %s", h)
		}
		for _, b := range broken(t, s) {
			t.Errorf("%+v", b)
		}

		// The stop outlives the account.
		left.Post("/cart/items", "sku", "BK03")
		left.Submit(left.Get("/checkout"), "/checkout", "email", email, "mail_ok", "on")
		s.Pass(25 * time.Hour)
		if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
			t.Fatal(err)
		}
		if n := s.Count("SELECT count(*) FROM sends WHERE email = ? AND state = 'withheld' AND reason = 'suppressed'", strings.ToLower(email)); n != 1 {
			t.Errorf("%d reminders withheld for the stop, want 1", n)
		}
	})
}

func TestATypedAddressErasesAndClaimsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		victim := s.Browser()
		victim.Submit(toGateway(t, victim, ""), "/gateway/test/", "outcome", "paid")
		thief := s.Browser()
		thief.Post("/signup", "email", "guest@example.com", "password", "three words long")
		thief.Post("/signin", "email", "guest@example.com", "password", "three words long")
		thief.Post("/account/details", "name", "Guest Person")
		if rows := thief.Get("/account"); strings.Contains(rows.Text(), "32.20") {
			t.Error("an address that nobody proved shows its orders")
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE customer_id IS NOT NULL"); n != 0 {
			t.Errorf("%d orders claimed before the address was proved", n)
		}
		if p := thief.Post("/account/erase", "password", "three words long"); p.Status != http.StatusSeeOther {
			t.Fatalf("erasing: %d", p.Status)
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE email = 'guest@example.com' AND line1 <> ''"); n != 1 {
			t.Error("erasing an account with somebody's address erased that person's order")
		}
	})
}

func TestOrdersOfAGuestJoinTheProvedAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			parents := i18n.Text{En: "Parents"}
			if err := homepage.Put(ctx, tx, homepage.Variant{Key: "parents", Name: parents, Audience: "parent", Active: true, Page: homepage.Page{Title: parents}}, s.Now()); err != nil {
				return err
			}
			return segment.Put(ctx, tx, segment.Segment{Key: "parent", Position: 0, Name: parents, Title: parents, Why: i18n.Text{En: "w"},
				Rule: segment.Rule{Any: []segment.Condition{{Fact: "bought", Is: "BABY"}}}})
		})
		guest := s.Browser()
		guest.Submit(toGateway(t, guest, ""), "/gateway/test/", "outcome", "paid")
		other := s.Browser() // another address stays out
		other.Post("/cart/items", "sku", "BK01")
		other.Submit(other.Get("/checkout"), "/checkout", append(slices.Clone(address), "email", "other@example.com")...)

		b := s.Browser()
		b.Post("/signup", "email", "Guest@Example.com", "password", "three words long", "personalize", "on")
		b.Post("/signin", "email", "guest@example.com", "password", "three words long")
		if len(b.Get("/account").All("td")) != 0 || segmentOf(t, b) != "default" {
			t.Error("orders came before the address was proved")
		}
		s.RunJobs()
		link := letterTo(t, s, "uest@", "/verify/")
		b.Get(link) // opening it proves nothing
		if n := s.Count("SELECT count(*) FROM orders WHERE customer_id IS NOT NULL"); n != 0 {
			t.Errorf("opening the link claimed %d orders", n)
		}
		done := b.Follow(b.Submit(b.Get(link), link))
		if !strings.Contains(done.Text(), "1 earlier order with this address") || !strings.Contains(done.Text(), "32.20") {
			t.Errorf("the account does not show the order: %s", done.Text())
		}
		if words := b.Get("/account/privacy").Text(); !strings.Contains(words, "Parents") || !strings.Contains(words, "You bought from Baby & Nursery") {
			t.Errorf("what the account says of the home page: %s", words)
		}
		if key := segmentOf(t, b); key != "parent" || s.Count("SELECT count(*) FROM segment_members WHERE segment = 'parent'") != 1 {
			t.Errorf("the home page is still %s", key)
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE customer_id IS NULL AND email = 'other@example.com'"); n != 1 {
			t.Error("somebody else's order came along")
		}

		// Changing the address brings those of the new one.
		b.Post("/account/email", "email", "other@example.com", "password", "three words long")
		s.RunJobs()
		link = letterTo(t, s, "other@", "/change-email/")
		b.Submit(b.Get(link), link)
		if n := s.Count("SELECT count(*) FROM orders WHERE customer_id IS NOT NULL"); n != 2 {
			t.Errorf("%d orders after the change of address, want 2", n)
		}
		for _, b := range broken(t, s) {
			t.Errorf("%+v", b)
		}
	})
}

// browse is what a person does on an ordinary visit.
func browse(b *shoptest.Browser) {
	for _, path := range []string{"/", "/c/baby", "/c/feeding?sort=price", "/p/calm-bottle", "/search?q=bottle", "/search?q=nothing-like-it", "/privacy", "/zh/", "/zh/p/calm-bottle"} {
		b.Get(path)
	}
	b.Post("/cart/items", "sku", "BK02")
	b.Get("/cart")
	b.Submit(b.Get("/checkout"), "/checkout", "email", "nobody@example.com", "coupon", "NOPE")
	b.Post("/p/calm-bottle/questions", "body", "Does it fit?")
}

func TestEventsKnowAPersonOnlyByConsent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		written := func() (events, visitors, customers int) {
			t.Helper()
			if err := s.Events.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			events = s.Count("SELECT count(*) FROM events")
			visitors = s.Count("SELECT count(*) FROM events WHERE visitor_id <> 0")
			customers = s.Count("SELECT count(*) FROM events WHERE customer_id <> 0")
			s.Tx(func(ctx context.Context, tx *db.Tx) error { return tx.Query(ctx).Exec("DELETE FROM events").Error })
			return
		}
		none := func(who string) {
			t.Helper()
			if n, v, k := written(); n < 10 || v != 0 || k != 0 {
				t.Errorf("%s: %d events, %d with the browser, %d with the account; want none with either", who, n, v, k)
			}
		}
		guest := s.Browser()
		browse(guest)
		none("a guest who was not asked")
		guest.Post("/privacy", "personalize", "on")
		browse(guest)
		if n, v, k := written(); n < 10 || v != n || k != 0 {
			t.Errorf("a guest who said yes: %d events, %d with the browser, %d with an account", n, v, k)
		}
		guest.Post("/privacy", "personalize", "off")
		browse(guest)
		none("a guest who said no again")

		private := s.SignedIn(shoptest.Private)
		browse(private)
		none("an account without consent")

		// A browser that said yes, used by an account that says no: the account decides.
		shared := s.Browser()
		shared.Post("/privacy", "personalize", "on")
		shared.Post("/signin", "email", shoptest.Private, "password", shoptest.Password)
		if _, _, k := written(); k != 0 {
			t.Error("signing in joined the browser's events to an account that does not allow it")
		}
		browse(shared)
		none("an account without consent in a browser with it")

		student := s.Browser()
		student.Post("/privacy", "personalize", "on")
		student.Get("/p/calm-bottle")
		if err := s.Events.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		student.Post("/signin", "email", shoptest.Student, "password", shoptest.Password)
		if n := s.Count("SELECT count(*) FROM events WHERE customer_id = ? AND kind = 'item.seen'", int64(s.Customers[shoptest.Student])); n != 1 {
			t.Errorf("%d earlier looks joined the account that allows it, want 1", n)
		}
		browse(student)
		if n, v, k := written(); k < 10 || v != n {
			t.Errorf("an account with consent: %d events, %d with the browser, %d with the account", n, v, k)
		}
		second := s.SignedIn(shoptest.Student)
		written()
		if p := student.Post("/account/preferences"); p.Status != http.StatusSeeOther {
			t.Fatalf("switching off: %d", p.Status)
		}
		browse(second) // in every browser, at once
		none("an account that has just said no")
		if n := s.Count("SELECT count(*) FROM segment_members"); n != 0 {
			t.Errorf("%d people still in a segment", n)
		}
		student.Get("/privacy") // takes the notice away
		for _, path := range []string{"/", "/zh/"} {
			if student.Get(path).Main() != s.Browser().Get(path).Main() {
				t.Errorf("%s differs from a stranger's after switching off", path)
			}
		}
	})
}

func TestCartsOfStaffAndBotsCountNowhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		staff := s.Browser()
		staff.Post("/signin", "email", shoptest.Owner, "password", shoptest.Password)
		staff.Post("/cart/items", "sku", "BK02")
		late := s.Browser() // had a cart when they went to work
		late.Post("/cart/items", "sku", "BK02")
		late.Post("/signin", "email", shoptest.Owner, "password", shoptest.Password)
		robot := s.Browser()
		robot.Header.Set("User-Agent", "Mozilla/5.0 (compatible; Examplebot/2.1; +http://bot.example/)")
		robot.Post("/cart/items", "sku", "BK02")
		for _, ua := range []string{"curl/8.5.0", "Mozilla/5.0 (Linux; Android 13; CUBOT P80) Mobile", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"} {
			b := s.Browser()
			b.Header.Set("User-Agent", ua)
			b.Post("/cart/items", "sku", "BK02")
		}
		for kind, want := range map[string]int{"staff": 2, "bot": 1, "shopper": 3} {
			if n := s.Count("SELECT count(*) FROM carts WHERE kind = ?", kind); n != want {
				t.Errorf("%d carts of kind %s, want %d", n, kind, want)
			}
		}
		s.Pass(26 * time.Hour)
		ctx := context.Background()
		if err := analytics.Rebuild(ctx, s.DB, s.Settings.Now(), s.Now()); err != nil {
			t.Fatal(err)
		}
		report, err := analytics.Abandonment(ctx, s.DB, "2026-03-01", "2026-03-03", false, s.Settings.Now(), s.Now())
		if err != nil {
			t.Fatal(err)
		}
		if report.Totals.Started != 3 || report.Totals.Excluded != 3 {
			t.Errorf("the report counts %d carts and leaves out %d, want 3 and 3", report.Totals.Started, report.Totals.Excluded)
		}
	})
}

func TestABrowserIsSeenOnceADayAndNotForLooking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		b.Post("/cart/items", "sku", "BK02")
		seen := func() time.Duration {
			return s.Now().Sub(time.UnixMilli(int64(s.Count("SELECT seen_at FROM visitors"))))
		}
		s.Pass(23 * time.Hour)
		b.Post("/cart/items", "sku", "BK02")
		if seen() != 23*time.Hour {
			t.Errorf("seen %v ago within the day, want 23h", seen())
		}
		s.Pass(2 * time.Hour)
		for _, path := range []string{"/", "/p/calm-bottle", "/cart"} {
			b.Get(path)
		}
		if seen() != 25*time.Hour {
			t.Errorf("a page view wrote that the browser was seen %v ago", seen())
		}
		b.Post("/cart/items", "sku", "BK02")
		if seen() != 0 {
			t.Errorf("adding a day later: seen %v ago", seen())
		}
	})
}

func TestOneMailWhateverTheAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		student := s.SignedIn(shoptest.Private)
		mails := func(do func() *shoptest.Page) (string, int) {
			t.Helper()
			s.Pass(time.Minute)
			before := len(s.Letters())
			p := do()
			s.RunJobs()
			return fmt.Sprint(p.Status, " ", p.Location), len(s.Letters()) - before
		}
		for what, do := range map[string]func(email string) *shoptest.Page{
			"sign-up": func(email string) *shoptest.Page {
				return s.Browser().Post("/signup", "email", email, "password", "three words long")
			},
			"forgot": func(email string) *shoptest.Page { return s.Browser().Post("/forgot", "email", email) },
			"new mail": func(email string) *shoptest.Page {
				return student.Post("/account/email", "email", email, "password", shoptest.Password)
			},
		} {
			fresh := strings.ReplaceAll(what, " ", "-") + "@example.com"
			saidKnown, known := mails(func() *shoptest.Page { return do(shoptest.Student) })
			saidFresh, unknown := mails(func() *shoptest.Page { return do(fresh) })
			if saidKnown != saidFresh || known != 1 || unknown != 1 {
				t.Errorf("%s: a known address gets %q and %d mails, a fresh one %q and %d", what, saidKnown, known, saidFresh, unknown)
			}
		}
	})
}
