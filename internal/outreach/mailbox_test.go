package outreach_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

const dsnMail = "From: mailer@elsewhere.example\r\nSubject: returned\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"

const arfMail = "From: fbl@provider.example\r\nSubject: FW: your mail\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: %s\r\nUser-Agent: SomeFBL/1.0\r\nVersion: 1\r\n\r\n" +
	"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: hello@willowmere.example\r\nTo: <%s>\r\nMessage-ID: <%s>\r\nSubject: Your cart\r\n\r\nText\r\n--b--\r\n"

// What a mail server lays into the folder is read once: an address that is gone,
// somebody who called a mail junk, somebody who wrote to stop. What is none of
// these, or of nobody the shop wrote to, waits for a person.
func TestReturnedMailsAreRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("mail.stop", "stop@willowmere.example")
		s.desk.Back = filepath.Join(t.TempDir(), "bounces")
		s.must(s.desk.ReadBack(ctx, monday)) // there is no folder yet
		s.must(os.MkdirAll(s.desk.Back, 0o700))
		people := map[string]*customer.Person{}
		for _, who := range []string{"gone", "junk", "stops", "calm"} {
			people[who] = s.everything(who+"@mail.test", nil)
			s.leaves(people[who], monday)
		}
		if n := s.sweep(monday.Add(24 * hour)); n != 4 {
			t.Fatalf("%d mails", n)
		}
		header, id := "", ""
		for _, m := range s.mails() {
			if address(m.To) == "stops@mail.test" {
				header = m.Header.Get("List-Unsubscribe")
				if m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
					t.Error("no one-click header")
				}
			}
			if address(m.To) == "junk@mail.test" {
				id = strings.Trim(m.Header.Get("Message-Id"), "<>")
			}
		}
		token := link(t, header, "/u/")
		if want := "<https://shop.example/u/" + token + ">, <mailto:stop@willowmere.example?subject=stop-" + token + ">"; header != want {
			t.Errorf("List-Unsubscribe: %s, want %s", header, want)
		}
		lay := func(name, text string) { s.must(os.WriteFile(filepath.Join(s.desk.Back, name), []byte(text), 0o600)) }
		lay("1.eml", fmt.Sprintf(dsnMail, "gone@mail.test"))
		lay("2.eml", fmt.Sprintf(arfMail, "abuse", "junk@mail.test", id))
		lay("3.eml", "From: Someone <stops@mail.test>\r\nTo: stop@willowmere.example\r\nSubject: stop-"+token+"\r\n\r\n\r\n")
		lay("4.eml", fmt.Sprintf(arfMail, "not-spam", "calm@mail.test", "x@y"))
		lay("5.eml", fmt.Sprintf(arfMail, "abuse", "stranger@mail.test", "nobody@elsewhere"))
		lay("6.eml", "From: bob@mail.test\r\nSubject: stop-"+strings.Repeat("x", 43)+"\r\n\r\nPlease.\r\n")
		lay("7.eml", "no mail at all")
		lay("half.tmp", "not yet")
		for range 2 {
			s.must(s.desk.ReadBack(ctx, monday.Add(30*hour)))
			for _, name := range []string{"1.eml", "2.eml", "3.eml"} { // the server lays them once more
				b, err := os.ReadFile(filepath.Join(s.desk.Back, "done", name))
				s.must(err)
				lay(name, string(b))
			}
		}
		s.must(s.desk.ReadBack(ctx, monday.Add(31*hour)))
		left, err := os.ReadDir(filepath.Join(s.desk.Back, "others"))
		s.must(err)
		if rest, _ := filepath.Glob(s.desk.Back + "/*.eml"); len(left) != 4 || len(rest) != 0 {
			t.Errorf("%d for a person, %d unread", len(left), len(rest))
		}
		if got := s.stands("gone@mail.test"); got.State != "dead" {
			t.Errorf("gone: %+v", got)
		}
		for who, want := range map[string]string{"gone": "no-consent", "junk": "no-consent", "stops": "no-consent", "calm": ""} {
			got := s.asks(offers(people[who], outreach.TierNews), monday.AddDate(0, 2, 0))
			if who == "gone" && got.Verdict != outreach.Withhold || who != "gone" && got.Reason != want {
				t.Errorf("%s: %+v", who, got)
			}
		}
		// Whoever called a mail junk is not written to again, whatever is ticked later.
		s.tx(func(tx *db.Tx) error {
			if err := customer.Say(ctx, tx, people["junk"].Customer.ID, customer.Saying{Purpose: customer.MailOffers, Given: true, Source: "preferences", Signed: true}, monday.Add(40*hour)); err != nil {
				return err
			}
			return customer.ConfirmWaiting(ctx, tx, people["junk"].Customer.ID, "link", monday.Add(40*hour))
		})
		if got := s.asks(offers(people["junk"], outreach.TierNews), monday.AddDate(0, 2, 0)); got.Reason != "suppressed" {
			t.Errorf("junk, ticked again: %+v", got)
		}
	})
}

// A mail that was claimed and not yet handed over is taken back by a stop in
// between; nothing of consent leaves without a way to stop it.
func TestAStopBetweenClaimAndHandOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "1h")
		s.set("quiet.hours", "off")
		p := s.everything("ann@mail.test", nil)
		s.leaves(p, monday)
		s.sweep(monday.Add(hour))
		token := link(t, s.mails()[0].Text, "/u/")
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE sends SET state = 'claimed' WHERE template = 'followup'").Error
		})
		s.tx(func(tx *db.Tx) error {
			_, err := outreach.Unsubscribe(ctx, tx, token, true, monday.Add(2*hour))
			return err
		})
		s.must(s.desk.HandOver(ctx, s.decisions()[0], outreach.Mail{Unsubscribe: "https://shop.example/u/x"}, monday.Add(2*hour)))
		s.decided(outreach.Withheld, "stopped")
		if n := len(s.mails()); n != 1 {
			t.Errorf("%d mails", n)
		}
		bare := s.decisions()[0]
		s.alarms = nil
		if err := s.desk.HandOver(ctx, bare, outreach.Mail{}, monday); err == nil || len(s.alarms) != 1 {
			t.Errorf("a mail without a way to stop it: %v %v", err, s.alarms)
		}
	})
}
