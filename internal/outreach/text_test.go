package outreach_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/templates"
)

// publishes puts words into force over the newest version.
func (s *shop) publishes(t outreach.Text) error {
	s.Helper()
	_, versions, err := outreach.Texts(ctx, s.db, t.Template, t.Lang)
	s.must(err)
	return s.db.InTx(ctx, func(tx *db.Tx) error { return s.desk.PublishText(ctx, tx, t, len(versions), monday) })
}

func TestMailsGoOutInTheWordsOfStaff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		f, err := s.desk.Form(outreach.OrderConfirmation, i18n.English)
		s.must(err)
		text := outreach.Text{Template: f.Template, Lang: f.Lang, Subject: "Thank you: {number}", Body: strings.Replace(f.Body, "{greeting} {number} of {placed}.", "Dear {name},\n\nhere is {number}, of {placed}.", 1)}
		s.must(s.publishes(text))
		confirm := func(email string) *outreach.Letter {
			before := len(s.mails())
			s.must(s.desk.Confirm(ctx, s.orders(email, nil, nil, monday).ID, monday))
			for _, m := range s.mails() {
				if strings.Contains(m.To, email) {
					return m
				}
			}
			t.Fatalf("no mail to %s (%d before)", email, before)
			return nil
		}
		m := confirm("ann@example.com")
		if !strings.HasPrefix(m.Subject, "Thank you: ") || !strings.Contains(m.Text, "Dear Ann Bcc: all@world.example,") || !strings.Contains(m.Text, "2 × Calm BOTTLE") ||
			!strings.Contains(m.HTML, "Dear Ann") || !strings.Contains(m.HTML, `<a class="do" href="https://shop.example/orders/`) || strings.ContainsAny(m.Text, "{}") {
			t.Errorf("%s\n%s\n%s", m.Subject, m.Text, m.HTML)
		}

		// Two people publish over the same version: one of them is told.
		if err := s.db.InTx(ctx, func(tx *db.Tx) error { return s.desk.PublishText(ctx, tx, text, 0, monday) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("a second version 1: %v", err)
		}

		// A release takes a placeholder away: the mail goes out in the shop's words.
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE mail_texts SET body = replace(body, '{goods}', '{goods-of-old}')").Error
		})
		m = confirm("bo@example.com")
		if !strings.HasPrefix(m.Subject, "Your order ") || !strings.Contains(m.Text, "2 × Calm BOTTLE") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if broken, err := s.desk.BrokenTexts(ctx, d); err != nil || len(broken) != 1 {
			t.Errorf("broken: %v %v", broken, err)
		}

		s.must(s.publishes(outreach.Text{Template: f.Template, Lang: f.Lang, Original: true}))
		if broken, err := s.desk.BrokenTexts(ctx, d); err != nil || len(broken) != 0 {
			t.Errorf("after going back: %v %v", broken, err)
		}
		_, versions, err := outreach.Texts(ctx, d, f.Template, f.Lang)
		s.must(err)
		if len(versions) != 2 || !versions[0].Original || versions[1].Subject != "Thank you: {number}" {
			t.Errorf("versions %+v", versions)
		}
	})
}

// What cannot be sent is named with its line.
func TestAWrongTextIsNamedWithItsLine(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	f, err := s.desk.Form(outreach.OrderPaid, i18n.English)
	s.must(err)
	good := f.Body
	for _, c := range []struct{ subject, body, words string }{
		{f.Subject, good, ""},
		{"", good, "mail.text.empty"},
		{strings.Repeat("x", 151), good, "mail.text.long"},
		{"One\nBcc: all@world.example", good, "mail.text.lines"},
		{f.Subject, good + "\n{password}", "mail.text.unknown"},
		{f.Subject, good + "\n{{.Order.Number}}", "mail.text.nested"},
		{f.Subject, good + "\n{number", "mail.text.unclosed"},
		{f.Subject, good + "\nnumber}", "mail.text.stray"},
		{f.Subject, good + "\n{a{number}}", "mail.text.nested"},
		{f.Subject, good + "\n{}", "mail.text.unknown"},
		{f.Subject, strings.Replace(good, "{link}", "", 1), "mail.text.missing"},
		{f.Subject, strings.Replace(good, "{link}", "here: {link}", 1), "mail.text.link"},
		{f.Subject, good + "\nhttps://elsewhere.example/", "mail.text.address"},
		{f.Subject, good + "\nhttps://shop.example.evil.example/", "mail.text.address"},
		{f.Subject, good + "\nNow 20% off everything", "mail.text.offer"},
		{f.Subject, good + "\nUse this coupon", "mail.text.offer"},
		{f.Subject, good + "\nbell \a", "mail.text.control"},
		{f.Subject, good + strings.Repeat("\n{number}", 60), "mail.text.many"},
		{f.Subject, strings.Repeat("文", 10_001), "mail.text.long"},
	} {
		err := s.desk.Lint(f, c.subject, c.body)
		var said []string
		for _, w := range fault.Fields(err) {
			said = append(said, w.Words)
			for _, l := range i18n.Langs {
				if words := i18n.T(l, w.Words, w.Args...); strings.Contains(words, "{") && w.Words != "mail.text.link" || words == w.Words {
					t.Errorf("%s says %q", w.Words, words)
				}
			}
			if i := slices.Index(w.Args, any("line")); i >= 0 && c.words != "mail.text.link" && c.words != "mail.text.many" && w.Args[i+1] != strings.Count(c.body, "\n")+1 {
				t.Errorf("%s names line %v of %q", w.Words, w.Args[i+1], c.body)
			}
		}
		if c.words == "" && err != nil || c.words != "" && !slices.Contains(said, c.words) {
			t.Errorf("%q %q: %v, want %s", c.subject, c.body[:min(40, len(c.body))], said, c.words)
		}
	}
	for _, name := range outreach.Editable() {
		for _, lang := range i18n.Langs {
			f, err := s.desk.Form(name, lang)
			s.must(err)
			if err := s.desk.Lint(f, f.Subject, f.Body); err != nil {
				t.Errorf("the shop's own words of %s in %s: %v %+v", name, lang, err, fault.Fields(err))
			}
			if !i18n.Has(lang, "admin.mail."+name) {
				t.Errorf("%s has no name", name)
			}
		}
	}
}

// A test goes to whoever asked, says that it is one, and not more than so many
// an hour.
func TestATestGoesToWhoAskedAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := s.runner()
		var ines *staff.Staff
		s.tx(func(tx *db.Tx) (err error) {
			ines, err = staff.Add(ctx, tx, "ines@shop.example", "Ines", staff.Marketer, "x", monday)
			return err
		})
		for n := range 11 {
			err := s.db.InTx(ctx, func(tx *db.Tx) error {
				return s.desk.AskTest(ctx, tx, ines, outreach.TextTest{Template: outreach.TierRisen, Lang: "zh"}, monday)
			})
			if (err == nil) != (n < 10) {
				t.Errorf("test %d: %v", n, err)
			}
		}
		for range 2 {
			_, err := r.RunDue(ctx, monday.AddDate(100, 0, 0))
			s.must(err)
		}
		mails := s.mails()
		if len(mails) != 10 || mails[0].To != "<ines@shop.example>" || !strings.HasPrefix(mails[0].Subject, "【测试】") || mails[0].Header.Get("List-Unsubscribe") != "" {
			t.Errorf("%d mails: %+v", len(mails), mails[0])
		}
		for _, row := range s.decisions() {
			if row.State != outreach.Sent || row.Email != "ines@shop.example" || row.Template != outreach.TestMail {
				t.Errorf("%+v", row)
			}
		}
	})
}

// Whatever somebody writes between braces: it is filled in or refused, and what
// is filled in is looked at no more.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"", "{", "}", "{}", "{{", "{number}", "{{number}}", "{number}{", "{ number }", "{{.Order.Number}}", "{number}\n{link}\n", "{link}\r\n{link}", "a{b{c}d}e", "{numb\ner}", "{{define \"x\"}}", "{\x00}", "｛number｝", "{link}{link}"} {
		f.Add(seed)
	}
	desk := &outreach.Desk{Settings: new(setting.Live), Templates: templates.Files, BaseURL: "https://shop.example"}
	form, err := desk.Form(outreach.OrderPaid, i18n.English)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words string) {
		values := map[string]string{"number": "{shop}", "link": "{{.}}"}
		wrote, err := outreach.Fill(words, values)
		if err == nil && strings.Count(wrote, "{") > strings.Count(words, "{number}")+3*strings.Count(words, "{") {
			t.Errorf("%q became %q", words, wrote)
		}
		if desk.Lint(form, form.Subject, form.Body+"\n"+words) == nil {
			all, err := desk.Example(form)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := outreach.Fill(form.Body+"\n"+words, all); err != nil {
				t.Errorf("%q passed and cannot be filled in: %v", words, err)
			}
		}
	})
}
