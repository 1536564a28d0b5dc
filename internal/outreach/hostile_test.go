package outreach_test

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

// Whatever stands in a name, a subject or an address: one mail to one reader
// with the headers that are ours, or a refusal that says why.
func TestNoNameAddsAHeaderOrAReader(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	server := startRelay(t, nil, nil)
	mailer := s.sendsOver(server, "")
	mailer.Patience = 10 * time.Second
	send := func(m outreach.Mail) error {
		if m.From.Email == "" {
			m.From.Email = "hello@shop.example"
		}
		if m.To.Email == "" {
			m.To.Email = "ann@example.com"
		}
		m.ID, m.Text, m.Lang, m.Date = "one@shop.example", "Hello\n", "en", monday
		return mailer.Send(ctx, m)
	}
	ours := map[string]bool{"Auto-Submitted": true, "Content-Language": true, "Content-Transfer-Encoding": true, "Content-Type": true, "Date": true,
		"From": true, "Message-Id": true, "Mime-Version": true, "Subject": true, "To": true}
	for _, name := range []string{"Ann\r\nBcc: all@world.example", "Ann\nBcc: all@world.example", "Ann\rBcc: x@y.example", "Ann\u2028Bcc: x@y.example", "Ann\x00",
		`Ann" <all@world.example>, "Bo`, "Ann <all@world.example>", "=?utf-8?q?Ann=0D=0ABcc:_x@y.example?=", "陈宇", "👩‍👩‍👧 Ann", "\u202eelpmaxe.live@nna\u202c", "مرحبا بالعالم",
		strings.Repeat("长", 1<<20/3), strings.Repeat("a\r\n", 1<<18), "\xff\xfe", "  ", "Ann, Bo; Cleo:", "(comment) Ann", `\`, `"`} {
		server.taken = nil
		if err := send(outreach.Mail{To: outreach.Address{Name: name}, From: outreach.Address{Name: name}, Subject: name}); err != nil {
			t.Errorf("%.40q: %v", name, err)
			continue
		}
		msg, err := mail.ReadMessage(strings.NewReader(server.last))
		s.must(err)
		for header, values := range msg.Header {
			if !ours[header] || len(values) != 1 {
				t.Errorf("%.40q makes %s: %.60q", name, header, values)
			}
		}
		to, err := mail.ParseAddressList(msg.Header.Get("To"))
		if err != nil || len(to) != 1 || to[0].Address != "ann@example.com" || len([]rune(to[0].Name)) > 100 || strings.ContainsAny(to[0].Name, "\r\n\x00\u202e") {
			t.Errorf("%.40q goes to %.80q: %v", name, msg.Header.Get("To"), err)
		}
		for _, line := range strings.Split(server.last, "\r\n") {
			if len(line) > 998 {
				t.Errorf("%.40q makes a line of %d bytes", name, len(line))
			}
		}
	}
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprintf("p%d@world.example", i)
	}
	server.taken = nil
	for _, address := range []string{strings.Join(many, ","), strings.Join(many, ", "), strings.Join(many, ";"), "ann@example.com,bo@example.com", "ann@example.com>\r\nRCPT TO:<bo@example.com",
		"Ann <ann@example.com>", "ann", "@example.com", "ann@", "ann@exa mple.com", "ann@example.com\n", "ann@@example.com ", strings.Repeat("a", 300) + "@example.com", "ann@-bad-.example"} {
		if err := send(outreach.Mail{To: outreach.Address{Email: address}}); !errors.Is(err, outreach.ErrRefused) {
			t.Errorf("%.40q: %v", address, err)
		}
	}
	if len(server.taken) != 0 {
		t.Errorf("the server took %v", server.taken)
	}
	for _, address := range []string{`"a b"@example.com`, "o'neil+shop@example.com", "ann@münchen.example", "ann@例子.example", "ANN@EXAMPLE.COM"} {
		if err := send(outreach.Mail{To: outreach.Address{Email: address}}); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	if !strings.Contains(server.last, "ANN@") {
		t.Error("the part before the @ was changed")
	}
}
