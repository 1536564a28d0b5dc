package outreach_test

import (
	"errors"
	"io"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/templates"
)

// sink is a mail server that keeps what it takes.
type sink struct {
	mu     sync.Mutex
	got    []string
	to     []string
	refuse *smtp.SMTPError
}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }
func (s *sink) Mail(string, *smtp.MailOptions) error        { return nil }
func (s *sink) Reset()                                      {}
func (s *sink) Logout() error                               { return nil }

func (s *sink) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	if s.refuse != nil {
		return s.refuse
	}
	return nil
}

func (s *sink) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, string(b))
	return err
}

func (s *sink) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(s)
	server.Domain = "localhost"
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return "smtp://" + l.Addr().String()
}

func TestReminderOverARealMailServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		server := &sink{refuse: &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "come back later"}}
		mailer, err := outreach.Open(server.listen(t), "", time.Now)
		s.must(err)
		s.desk.Mailer = mailer
		p := s.account("chen@example.com", nil)
		s.tx(func(tx *db.Tx) error { // as an old import may have left it
			return tx.Query(ctx).Exec("UPDATE customers SET name = ? WHERE id = ?", "陈宇\r\nBcc: all@world.example", int64(p.Customer.ID)).Error
		})
		s.leaves(p, monday)
		s.sweep(monday.Add(24 * hour))
		row := s.decisions()[0]
		if row.State != outreach.Deferred || !strings.HasPrefix(row.Reason, "mail-away: ") {
			t.Fatalf("a 451 became %s %q", row.State, row.Reason)
		}
		server.refuse = nil
		if n := s.sweep(monday.Add(25 * hour)); n != 1 || len(server.got) != 1 {
			t.Fatalf("sent %d, the server got %d", n, len(server.got))
		}
		msg, err := mail.ReadMessage(strings.NewReader(server.got[0]))
		s.must(err)
		if msg.Header.Get("Bcc") != "" || len(server.to) != 2 || server.to[1] != "chen@example.com" {
			t.Errorf("recipients %v, Bcc %q", server.to, msg.Header.Get("Bcc"))
		}
		if got := msg.Header.Get("Message-Id"); got != "<"+row.MessageID+">" || !strings.HasSuffix(got, "@shop.example>") {
			t.Errorf("Message-ID %s, row %s", got, row.MessageID)
		}
		if !strings.HasPrefix(msg.Header.Get("Content-Type"), "multipart/alternative") || msg.Header.Get("List-Unsubscribe-Post") == "" {
			t.Errorf("headers %v", msg.Header)
		}

		// Refused for good: not tried again.
		server.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		s.leaves(s.account("gone@example.com", nil), monday.Add(26*hour))
		s.sweep(monday.Add(51 * hour))
		s.sweep(monday.Add(60 * hour))
		if row := s.decisions()[0]; row.State != outreach.Failed || row.Attempts != 1 || len(server.got) != 1 {
			t.Errorf("a 550 became %s after %d tries", row.State, row.Attempts)
		}
	})
}

func TestOrderIsConfirmedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("notify.orders", "off")
		r := s.runner()
		o := s.orders("ann@example.com", nil, nil, monday)
		for range 2 {
			s.tx(func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, order.Placed{Order: int64(o.ID)}) })
		}
		if _, err := r.RunDue(ctx, time.Now().Add(hour)); err != nil {
			t.Fatal(err)
		}
		mails := s.mails()
		if len(mails) != 1 || len(s.decisions()) != 1 {
			t.Fatalf("%d mails, %d rows", len(mails), len(s.decisions()))
		}
		m := mails[0]
		for _, want := range []string{o.Number, "2 × Calm BOTTLE, $25.00", "Total $25.00", "https://shop.example/orders/" + o.Number + "?key=key-of-" + o.Number} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("no %q in:\n%s", want, m.Text)
			}
		}
		if m.Header.Get("Bcc") != "" || m.Header.Get("List-Unsubscribe") != "" || m.To != `"Ann Bcc: all@world.example" <ann@example.com>` {
			t.Errorf("to %s, headers %v", m.To, m.Header)
		}

		s.tx(func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE orders SET simulated = ? WHERE id = ?", true, int64(o.ID)).Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec("DELETE FROM sends").Error
		})
		s.must(s.desk.Confirm(ctx, o.ID, monday))
		if len(s.decisions()) != 0 {
			t.Error("a simulated order was confirmed")
		}
	})
}

func TestConfirmationIsTriedAgainUnderTheSameMessageID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		o := s.orders("ann@example.com", nil, nil, monday)
		server := &sink{refuse: &smtp.SMTPError{Code: 451, Message: "busy"}}
		mailer, err := outreach.Open(server.listen(t), "", time.Now)
		s.must(err)
		s.desk.Mailer = mailer
		if err := s.desk.Confirm(ctx, o.ID, monday); !errors.Is(err, outreach.ErrLater) {
			t.Fatalf("a job that must run again returned %v", err)
		}
		before := s.decisions()[0]
		server.refuse = nil
		s.must(s.desk.Confirm(ctx, o.ID, monday.Add(time.Minute)))
		s.must(s.desk.Confirm(ctx, o.ID, monday.Add(hour)))
		after := s.decided(outreach.Sent, "")
		if len(server.got) != 1 || after.MessageID != before.MessageID || after.Attempts != 2 {
			t.Errorf("the server got %d, row %+v", len(server.got), after)
		}
	})
}

func TestAccountMailsInBothLanguages(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	r := s.runner()
	want := map[string]string{outreach.VerifyEmail: "/verify/TOKEN", outreach.ResetPassword: "/reset/TOKEN", outreach.ChangeEmail: "/change-email/TOKEN", outreach.AccountExists: "/signin"}
	for template, path := range want {
		for _, lang := range i18n.Langs {
			token := "TOKEN"
			if template == outreach.AccountExists {
				token = ""
			}
			s.tx(func(tx *db.Tx) error {
				return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: string(lang) + "@example.com", Template: template, Token: token, Lang: string(lang)}, monday)
			})
			if lang == i18n.Chinese {
				path = "/zh" + path
			}
			if _, err := r.RunDue(ctx, time.Now().Add(hour)); err != nil {
				t.Fatal(err)
			}
			found := false
			for _, m := range s.mails() {
				found = found || strings.Contains(m.Text, "\nhttps://shop.example"+path+"\n") && strings.Contains(m.HTML, `href="https://shop.example`+path+`"`)
			}
			if !found {
				t.Errorf("no %s mail in %s leads to %s", template, lang, path)
			}
		}
	}
	if err := s.db.InTx(ctx, func(tx *db.Tx) error {
		return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: "ann@example.com", Template: "newsletter"}, monday)
	}); err == nil {
		t.Error("a mail of no kind was taken")
	}
}

func TestAnswerWaitsForTheMorning(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	s.tx(func(tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO questions (token, kind, email, lang, body, answer, created_at) VALUES ('t', 'contact', 'ann@example.com', 'en', 'Is it <b>warm</b>?', 'It is.', 1)`).Error
	})
	// Jobs are enqueued at the real time, so this night lies well after it.
	night := time.Date(2126, 3, 2, 23, 0, 0, 0, time.UTC)
	s.desk.Now = func() time.Time { return night }
	r := s.runner()
	s.tx(func(tx *db.Tx) error {
		return outreach.EnqueueQuestion(ctx, tx, 1, outreach.ContactReceived, night.Add(-time.Hour))
	})
	s.tx(func(tx *db.Tx) error {
		return outreach.EnqueueQuestion(ctx, tx, 1, outreach.QuestionAnswered, night.Add(-time.Hour))
	})
	if _, err := r.RunDue(ctx, night); err != nil {
		t.Fatal(err)
	}
	if n := len(s.mails()); n != 1 {
		t.Fatalf("%d mails at night, want the receipt alone", n)
	}
	morning := night.Add(10 * hour)
	s.desk.Now = func() time.Time { return morning }
	if _, err := r.RunDue(ctx, morning); err != nil {
		t.Fatal(err)
	}
	var answer *outreach.Letter
	for _, m := range s.mails() {
		if strings.Contains(m.Text, "It is.") {
			answer = m
		}
	}
	if answer == nil || !strings.Contains(answer.HTML, "Is it &lt;b&gt;warm&lt;/b&gt;?") {
		t.Errorf("the answer in the morning: %+v", answer)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ url, folder string }{{"", ""}, {"", file + "/mail"}, {"smtp://", ""}, {"http://mail.example", ""}, {"mail.example:25", ""},
		{"smtp://me:secret@mail.example:99999", ""}, {"smtp://mail.example/path", ""}, {"smtp://mail.example:x", ""}} {
		_, err := outreach.Open(c.url, c.folder, time.Now)
		if err == nil || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q %q: %v", c.url, c.folder, err)
		}
	}
	for _, good := range []string{"smtp://mail.example", "smtp://me:pass@mail.example:587", "smtps://mail.example", "smtp://localhost:1025"} {
		if _, err := outreach.Open(good, "", time.Now); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestFolderGivesOnlyItsOwnMails(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	if err := os.WriteFile(filepath.Join(s.folder, "..", "secret.eml"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret.eml", "20260302T100000.000Z-a/../../secret.eml", "20260302T100000.000Z-abc.eml", "x.eml"} {
		if _, err := outreach.ReadFile(s.folder, name); !errors.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for i := range 3 {
		s.must(s.desk.Mailer.Send(ctx, outreach.Mail{ID: strings.Repeat("a", i+1) + "@shop.example", From: outreach.Address{Name: "柳岸", Email: "hello@shop.example"}, To: outreach.Address{Email: "ann@example.com"},
			Subject: "第 " + strings.Repeat("一", 60) + "\r\nBcc: x@y.example", Text: "plain 文\n", HTML: "<p>文</p>", Lang: "zh", Date: monday.Add(time.Duration(i) * time.Minute)}))
	}
	files, total, err := outreach.ListFiles(s.folder, 2, 2)
	s.must(err)
	if total != 3 || len(files) != 1 || !files[0].Date.Equal(monday) || files[0].Subject != "第 "+strings.Repeat("一", 60)+" Bcc: x@y.example" {
		t.Errorf("second page %+v of %d", files, total)
	}
	letter, err := outreach.ReadFile(s.folder, files[0].Name)
	s.must(err)
	if strings.TrimSpace(letter.Text) != "plain 文" || strings.TrimSpace(letter.HTML) != "<p>文</p>" || letter.Header.Get("Bcc") != "" {
		t.Errorf("read back %q %q", letter.Text, letter.HTML)
	}
	if entries, _ := os.ReadDir(s.folder); len(entries) != 3 {
		t.Error("half-written files stayed behind")
	}
}

func TestEveryTemplateIsWrittenInBothLanguages(t *testing.T) {
	for _, name := range outreach.Templates {
		for _, lang := range i18n.Langs {
			if b, err := templates.Files.ReadFile("mail/" + name + "." + string(lang) + ".txt"); err != nil || len(b) < 100 {
				t.Errorf("%s in %s: %v", name, lang, err)
			}
			if !i18n.Has(lang, "outreach.template."+name) {
				t.Errorf("%s has no name in %s", name, lang)
			}
		}
	}
}
