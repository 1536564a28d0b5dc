package outreach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"regulars/internal/i18n"
)

// Address is a person's or the shop's mail address with a name to show.
type Address struct{ Name, Email string }

// Mail is one finished message to one recipient.
type Mail struct {
	ID          string // Message-ID without angle brackets; the same message keeps it
	From, To    Address
	Subject     string
	Text, HTML  string
	Table       string // the drawing of the goods that the HTML shows; "" = none
	Lang        i18n.Lang
	Date        time.Time
	Unsubscribe string // address that stops mail of consent by one POST; "" where none may
	StopBy      string // the same by writing a mail, as a mailto: address; "" for none
	Personal    bool   // somebody wrote it to this one reader
}

// Mailer hands a message over. An error is ErrLater or ErrRefused where it is
// known that the message was not taken; any other means that nobody knows.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

var (
	// ErrLater: not taken now; the same message may be tried again.
	ErrLater = errors.New("the mail server did not take it now")
	// ErrRefused: not taken, and it will not be.
	ErrRefused = errors.New("the mail server refused it")
)

// Open makes the mailer that smtpURL names (smtp://user:password@host:port,
// smtps://…); if it is empty mails become files in folder. A mail without a
// date gets that of now. A setting that cannot work is an error of one line.
func Open(smtpURL, folder string, now func() time.Time) (Mailer, error) {
	if smtpURL == "" {
		return openFolder(folder, now)
	}
	return openSMTP(smtpURL, now)
}

func (m *Mail) date(now func() time.Time) {
	if m.Date.IsZero() {
		m.Date = now()
	}
}

// message is m in RFC 5322 form: both bodies, encoded headers, one recipient.
func (m Mail) message() (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from, err := mailbox(m.From.Email)
	if err == nil {
		err = msg.From(named(m.From.Name, from))
	}
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	to, err := mailbox(m.To.Email)
	if err == nil {
		err = msg.To(named(m.To.Name, to))
	}
	if err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	msg.Subject(short(m.Subject, mostOfSubject))
	msg.SetDateWithValue(m.Date.UTC())
	msg.SetMessageIDWithValue(m.ID)
	if !m.Personal { // machines that answer mail for absent people leave this one alone
		msg.SetGenHeader(gomail.Header("Auto-Submitted"), "auto-generated")
	}
	msg.SetGenHeader(gomail.Header("Content-Language"), m.Lang.Tag())
	if m.Unsubscribe != "" {
		stop := "<" + headerLine(m.Unsubscribe) + ">"
		if m.StopBy != "" {
			stop += ",\r\n <" + headerLine(m.StopBy) + ">"
		}
		msg.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, stop)
		msg.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if err := m.enclose(msg); err != nil {
		return nil, err
	}
	return msg, nil
}

// What a header holds of a name and of a subject, in runes. More is nobody's
// name, and some mail programs cut a header by breaking it.
const (
	mostOfName    = 100
	mostOfSubject = 200
	mostOfAddress = 254 // RFC 5321
)

// mailbox is one address as every mail server takes it: its domain in letters
// that all of them know. More than one address, or a word around it, is none.
func mailbox(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > mostOfAddress || headerLine(address) != address || strings.ContainsAny(address[at:], ",;<> ") {
		return "", errors.New("this is not one mail address")
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return "", fmt.Errorf("domain of a mail address: %w", err)
	}
	one := address[:at+1] + domain
	parsed, err := mail.ParseAddress("<" + one + ">")
	if err != nil || parsed.Name != "" {
		return "", errors.New("this is not one mail address")
	}
	return one, nil
}

// named is an address with a name in front of it, whatever that holds.
func named(name, address string) string {
	return (&mail.Address{Name: short(name, mostOfName), Address: address}).String()
}

// headerLine takes out of a value what could end a header and begin another,
// and what turns the letters after it around.
func headerLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar ||
			r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// short is a header's value cut after so many runes.
func short(s string, most int) string {
	if len(s) > 32*most { // a megabyte is not looked through for what is kept of it
		s = strings.ToValidUTF8(s[:32*most], "")
	}
	if r := []rune(headerLine(s)); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return headerLine(s)
}

// Folder keeps mails as .eml files, for development and the demo.
type Folder struct {
	Dir string
	now func() time.Time
}

func openFolder(dir string, now func() time.Time) (*Folder, error) {
	if dir == "" {
		return nil, errors.New("mail has nowhere to go: set SMTP_URL or a data folder")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail folder %s cannot be made: %w", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return nil, fmt.Errorf("mail folder %s cannot be written: %w", dir, err)
	}
	probe.Close()
	os.Remove(probe.Name())
	return &Folder{dir, now}, nil
}

// Send writes the message as a whole file or not at all. The same message
// sent again lands on the same file.
func (f *Folder) Send(_ context.Context, m Mail) error {
	m.date(f.now)
	msg, err := m.message()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	tmp, err := os.CreateTemp(f.Dir, ".mail-*")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLater, err)
	}
	defer os.Remove(tmp.Name()) // gone already if all went well
	_, err = tmp.Write(b.Bytes())
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(f.Dir, fileName(m)))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLater, err)
	}
	return nil
}

// remove deletes the files of messages, however often each was written.
func (f *Folder) remove(ids []string) error {
	gone := make(map[string]bool, len(ids))
	for _, id := range ids {
		gone[fileID(id)] = true
	}
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return fmt.Errorf("delete mails: %w", err)
	}
	for _, e := range entries {
		_, id, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".eml"), "-")
		if !fileShape.MatchString(e.Name()) || !gone[id] {
			continue
		}
		if err := os.Remove(filepath.Join(f.Dir, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("delete a mail: %w", err)
		}
	}
	return nil
}

func fileName(m Mail) string {
	return m.Date.UTC().Format("20060102T150405.000Z") + "-" + fileID(m.ID) + ".eml"
}

// fileID is the part of a Message-ID that stands in its file's name.
func fileID(messageID string) string {
	id, _, _ := strings.Cut(messageID, "@")
	id = strings.Map(func(r rune) rune {
		if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, id)
	return id[:min(len(id), 32)]
}
