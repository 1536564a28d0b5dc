package admin

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// names is a net of a few names; each question is counted.
type names struct {
	texts map[string][]string
	asked int
	away  bool
}

func (n *names) LookupTXT(_ context.Context, name string) ([]string, error) {
	n.asked++
	if n.away {
		return nil, &net.DNSError{Err: "timeout", Name: name, IsTimeout: true}
	}
	if all := n.texts[name]; all != nil {
		return all, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (n *names) LookupHost(context.Context, string) ([]string, error) {
	n.asked++
	return []string{"192.0.2.7"}, nil
}

func (n *names) LookupAddr(context.Context, string) ([]string, error) {
	n.asked++
	return []string{"mail.shop.dev."}, nil
}

// The page says what the shop's settings and rows tell, and asks the net only
// when its button is pressed.
func TestTheSenderIsChecked(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	asked := &names{texts: map[string][]string{}}
	f.Names = asked
	f.as(staff.Marketer).want(f.get(senderPath), 200, "SMTP_URL is not set", "is an example’s", "https://shop.example", "One-Click")
	if r := f.post(senderPath, url.Values{"do": {"look"}}); r.Code != http.StatusNotFound {
		t.Errorf("a marketer looked the records up: %d", r.Code)
	}
	f.as(staff.Merchant)
	f.want(f.post(senderPath, url.Values{"do": {"look"}}), 200, "nothing to look up")
	f.want(f.get(senderPath+"?lang=zh"), 200)
	if asked.asked != 0 {
		t.Fatalf("%d questions for a page, or of an example's domain", asked.asked)
	}
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		return setting.Set(ctx, tx, "shop.email", "hello@shop.dev", f.now)
	})
	f.must(f.Settings.Refresh(context.Background(), f.DB))
	look := func(selector string, texts map[string][]string, want ...string) {
		t.Helper()
		asked.texts = texts
		f.want(f.post(senderPath, url.Values{"do": {"look"}, "selector": {selector}}), 200, want...)
	}
	look("", nil, "No record v=spf1", "name the selector", "No valid record under _dmarc")
	look("m1", map[string][]string{"shop.dev": {"google-site=1", "v=spf1 include:relay.example -all"}, "m1._domainkey.shop.dev": {"v=DKIM1; k=rsa; p=MIGf"}, "_dmarc.shop.dev": {"v=DMARC1; p=reject"}},
		"closes the list", "A key is published", "set aside or refused", "include:relay.example")
	look("m1", map[string][]string{"shop.dev": {"v=spf1 -all", "v=spf1 ~all"}, "m1._domainkey.shop.dev": {"v=DKIM1; p="}, "_dmarc.shop.dev": {"v=DMARC1; p=none"}}, "More than one record", "No key is published", "p=none only watches")
	look("m1", map[string][]string{"shop.dev": {"v=spf1 +all"}}, "anybody may send")
	look("m1", map[string][]string{"shop.dev": {"v=spf1 mx"}}, "refuses nobody")
	asked.away = true
	look("m1", nil, "No answer came in time")
	asked.asked = 0
	f.want(f.post(senderPath, url.Values{"do": {"look"}, "selector": {"no such <one>"}}), 422, "A selector is of letters", "no such &lt;one&gt;")
	if asked.asked != 0 {
		t.Error("a selector that is none was asked for")
	}
	if r := f.post(senderPath, url.Values{"do": {"try"}}); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if n := f.counts("SELECT count(*) FROM sends WHERE template = '" + outreach.TestMail + "' AND state = 'queued'"); n != 1 {
		t.Errorf("%d tests were queued", n)
	}
}

// A thousand mails, two complaints and a bounce: the page says how they stand.
func TestTheWeekOfASenderIsCounted(t *testing.T) {
	for _, w := range []struct {
		week                outreach.SenderWeek
		complaints, bounces string
	}{{outreach.SenderWeek{}, "", ""}, {outreach.SenderWeek{Sent: 10_000, Complaints: 9, Bounces: 199}, "ok", "ok"}, {outreach.SenderWeek{Sent: 10_000, Complaints: 10, Bounces: 200}, "warn", "warn"}, {outreach.SenderWeek{Sent: 1000, Complaints: 3}, "error", "ok"}} {
		if c, b := w.week.States(); c != w.complaints || b != w.bounces {
			t.Errorf("%+v: %s, %s", w.week, c, b)
		}
	}
	f, ctx := open(t, dbtest.SQLite(t)), context.Background()
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		at, old := db.At(f.now.AddDate(0, 0, -2)), db.At(f.now.AddDate(0, 0, -8))
		for _, sql := range []string{
			"INSERT INTO sends (key, class, template, email, lang, message_id, state, due_at, sent_at, created_at, updated_at) VALUES ('a', 'marketing', 'campaign', 'a@x.dev', 'en', 'a', 'sent', 1, @at, @at, @at), ('b', 'marketing', 'campaign', 'b@x.dev', 'en', 'b', 'sent', 1, @old, @old, @old), ('c', 'marketing', 'campaign', 'c@x.dev', 'en', 'c', 'withheld', 1, 0, @at, @at)",
			"INSERT INTO suppressions (email_key, purpose, reason, at) VALUES ('a@x.dev', '*', 'complaint', @at), ('b@x.dev', '*', 'complaint', @old), ('c@x.dev', '*', 'unsubscribed', @at)",
			"INSERT INTO address_news (key, email_key, kind, source, at) VALUES ('n1', 'a@x.dev', 'hard', 'dsn', @at), ('n2', 'a@x.dev', 'hard', 'dsn', @at), ('n3', 'b@x.dev', 'soft', 'dsn', @at)",
		} {
			if err := tx.Query(ctx).Exec(sql, map[string]any{"at": at, "old": old}).Error; err != nil {
				return err
			}
		}
		return nil
	})
	week, err := outreach.SenderWeekOf(ctx, f.DB, f.now)
	if f.must(err); week != (outreach.SenderWeek{Sent: 1, Complaints: 1, Bounces: 1}) {
		t.Errorf("%+v", week)
	}
	f.as(staff.Merchant)
	if body := f.get(senderPath).Body.String(); !strings.Contains(body, "1 of 1 (100 %)") {
		t.Errorf("the page:\n%s", body)
	}
}
