package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

func said(code int, a, b, c int) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{a, b, c}, Message: "as the server says"}
}

func (s *shop) stands(email string) customer.Standing {
	s.Helper()
	st, err := customer.StandingOf(ctx, s.db, email)
	s.must(err)
	return st
}

// through lets the shop send by a mail server that answers what the test says.
func (s *shop) through() *sink {
	s.Helper()
	server := &sink{}
	var err error
	s.desk.Mailer, err = outreach.Open(server.listen(s.T), "", time.Now)
	s.must(err)
	return server
}

func TestTwoHardBouncesStopMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		server := s.through()
		p := s.account("chen@example.com", nil)
		owner := &p.Customer.ID

		server.refuse = said(550, 5, 2, 1)
		first := s.orders("chen@example.com", nil, owner, monday)
		s.must(s.desk.Confirm(ctx, first.ID, monday))
		if st := s.stands("chen@example.com"); st.State != "bouncing" || st.Reason != "hard" {
			t.Fatalf("after one hard answer the address stands %+v", st)
		}
		// No offer while it bounces, with the reason in the log; what is owed still goes out.
		s.leaves(p, monday)
		if n := s.sweep(monday.Add(25 * hour)); n != 0 {
			t.Fatalf("%d offers went to an address that bounces", n)
		}
		s.decided(outreach.Withheld, "bouncing")
		second := s.orders("chen@example.com", nil, owner, monday.Add(26*hour))
		s.must(s.desk.Confirm(ctx, second.ID, monday.Add(26*hour)))
		if st := s.stands("chen@example.com"); st.State != "dead" || st.Reason != "twice" {
			t.Fatalf("after two hard answers the address stands %+v", st)
		}

		// Now nothing is even tried, not the mail about an order either.
		server.refuse = nil
		third := s.orders("chen@example.com", nil, owner, monday.Add(27*hour))
		s.must(s.desk.Confirm(ctx, third.ID, monday.Add(27*hour)))
		s.decided(outreach.Withheld, "dead")
		if len(server.got) != 0 {
			t.Fatalf("%d mails went to a dead address", len(server.got))
		}

		// A link that they follow mends it.
		s.tx(func(tx *db.Tx) error {
			token, err := customer.Issue(ctx, tx, *owner, customer.PurposeVerify, "chen@example.com", hour, monday.Add(28*hour))
			if err != nil {
				return err
			}
			c, err := customer.VerifyEmail(ctx, tx, token, monday.Add(28*hour))
			if err == nil && (c.Contact != "verified" || c.ContactReason != "") {
				t.Errorf("after the link the account stands %s %s", c.Contact, c.ContactReason)
			}
			return err
		})
		fourth := s.orders("chen@example.com", nil, owner, monday.Add(29*hour))
		s.must(s.desk.Confirm(ctx, fourth.ID, monday.Add(29*hour)))
		if len(server.got) != 1 {
			t.Fatalf("%d mails went to an address that was mended", len(server.got))
		}
	})
}

func TestNobodyOfThatNameIsOnceEnough(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		server := s.through()
		for i, story := range []struct {
			answer *smtp.SMTPError
			state  string
		}{
			{said(550, 5, 1, 1), "dead"},
			{said(550, 5, 7, 1), ""}, // they do not like us: nothing is said of the address
			{said(552, 5, 2, 2), ""}, // full
			{said(554, 5, 0, 0), "bouncing"},
			{said(451, 4, 3, 0), ""}, // once is no time
		} {
			email := fmt.Sprintf("guest%d@example.com", i)
			server.refuse = story.answer
			o := s.orders(email, nil, nil, monday)
			s.desk.Confirm(ctx, o.ID, monday) // an answer for now is an error: the job comes again
			if st := s.stands(email); st.State != story.state {
				t.Errorf("after %v the address stands %q, want %q", story.answer, st.State, story.state)
			}
		}
		// Guests are judged by their address as well.
		server.refuse = nil
		o := s.orders("guest0@example.com", nil, nil, monday.Add(hour))
		s.must(s.desk.Confirm(ctx, o.ID, monday.Add(hour)))
		s.decided(outreach.Withheld, "dead")
	})
}

func TestThreeSoftBouncesRestFromOffers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		server := s.through()
		p := s.account("chen@example.com", nil)
		server.refuse = said(452, 4, 2, 2)
		for i := range 3 {
			at := monday.Add(time.Duration(i) * 24 * hour)
			o := s.orders("chen@example.com", nil, &p.Customer.ID, at)
			for range 6 { // the last of its tries is the one that counts
				if s.desk.Confirm(ctx, o.ID, at) == nil {
					t.Fatal("a server that is full was no error")
				}
			}
			if rests := s.stands("chen@example.com").Rests(at); rests != (i == 2) {
				t.Fatalf("after %d mails that came back the address rests: %v", i+1, rests)
			}
		}
		server.refuse = nil
		s.leaves(p, monday.Add(49*hour))
		if n := s.sweep(monday.Add(74 * hour)); n != 0 {
			t.Fatalf("%d offers went out while the address rests", n)
		}
		s.decided(outreach.Deferred, "resting")
		o := s.orders("chen@example.com", nil, &p.Customer.ID, monday.Add(75*hour))
		s.must(s.desk.Confirm(ctx, o.ID, monday.Add(75*hour)))
		if len(server.got) != 1 {
			t.Errorf("a mail about an order did not go out while offers rest")
		}
		if s.stands("chen@example.com").Rests(monday.Add(33 * 24 * hour)) {
			t.Error("it rests after 30 days")
		}
	})
}

const reportText = "From: MAILER-DAEMON@mx.example\r\nTo: hello@willowmere.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n" +
	"--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n" +
	"--b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\nSubject: Your order\r\n\r\n--b1--\r\n"

func TestAReportThatComesBackLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		o := s.orders("chen@example.com", nil, nil, monday)
		s.must(s.desk.Confirm(ctx, o.ID, monday))
		mail := s.decisions()[0]

		// The server forwarded it elsewhere; whose mail it was, its Message-ID says.
		reports, err := outreach.ReadReport(fmt.Sprintf(reportText, "someone@elsewhere.example", mail.MessageID))
		s.must(err)
		for range 2 { // handed in twice it counts once
			s.tx(func(tx *db.Tx) error {
				email, err := outreach.CameBack(ctx, tx, reports[0], customer.FromReport, monday.Add(hour))
				if email != "chen@example.com" {
					t.Errorf("the report is of %q", email)
				}
				return err
			})
		}
		if st := s.stands("chen@example.com"); st.State != "dead" || st.Reason != "no-such-user" {
			t.Errorf("the address stands %+v", st)
		}
		var n int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM address_news").Scan(&n).Error)
		if n != 1 {
			t.Errorf("it is noted %d times", n)
		}

		// A report about somebody we never wrote to is a mail that anybody can write.
		reports, err = outreach.ReadReport(fmt.Sprintf(reportText, "stranger@elsewhere.example", "x@y.example"))
		s.must(err)
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := outreach.CameBack(ctx, tx, reports[0], customer.FromReport, monday)
			return err
		}); err == nil {
			t.Error("a report about a stranger was believed")
		}
		for _, text := range []string{"", "hello", strings.Repeat("a: b\r\n", 9000), "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n--x--"} {
			if _, err := outreach.ReadReport(text); err == nil {
				t.Errorf("%.20q was read as a report", text)
			}
		}
	})
}
