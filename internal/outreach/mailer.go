package outreach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

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

// SMTP sends through a mail server, one connection a message.
type SMTP struct {
	host    string
	options []gomail.Option
	now     func() time.Time
}

const smtpTimeout = 15 * time.Second

func openSMTP(raw string, now func() time.Time) (*SMTP, error) {
	wants := errors.New("SMTP_URL should look like smtp://user:password@host:587 or smtps://user:password@host:465")
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, wants // never quotes the setting: it holds a password
	}
	port := 25
	if u.Scheme == "smtps" {
		port = 465
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, wants
		}
	}
	s := &SMTP{host: u.Hostname(), now: now, options: []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(smtpTimeout), gomail.WithoutNoop()}}
	if u.Scheme == "smtps" {
		s.options = append(s.options, gomail.WithSSL())
	} else {
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if user := u.User.Username(); user != "" {
		password, _ := u.User.Password()
		auth := gomail.SMTPAuthAutoDiscover
		if s.host == "localhost" || net.ParseIP(s.host).IsLoopback() {
			auth = gomail.SMTPAuthPlainNoEnc // nobody listens between us and ourselves
		}
		s.options = append(s.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(s.host, s.options...); err != nil {
		return nil, wants
	}
	return s, nil
}

// Send hands the message to the server.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	m.date(s.now)
	msg, err := m.message()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLater, err)
	}
	// The message counts as taken once the server said so, whatever becomes
	// of the goodbye.
	defer client.CloseWithSMTPClient(connection)
	err = client.SendWithSMTPClient(connection, msg)
	if err == nil || msg.IsDelivered() {
		return nil
	}
	var failure *gomail.SendError
	if errors.As(err, &failure) && failure.ErrorCode() >= 400 {
		said := &Answer{Code: failure.ErrorCode(), Status: failure.EnhancedStatusCode(), Recipient: failure.Reason == gomail.ErrSMTPRcptTo, err: err}
		if failure.IsTemp() {
			return fmt.Errorf("%w: %w", ErrLater, said)
		}
		return fmt.Errorf("%w: %w", ErrRefused, said)
	}
	return fmt.Errorf("send mail: %w", err)
}

func (m *Mail) date(now func() time.Time) {
	if m.Date.IsZero() {
		m.Date = now()
	}
}

// message is m in RFC 5322 form: both bodies, encoded headers, one recipient.
func (m Mail) message() (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(headerLine(m.From.Name), m.From.Email); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := msg.AddToFormat(headerLine(m.To.Name), m.To.Email); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	msg.Subject(headerLine(m.Subject))
	msg.SetDateWithValue(m.Date.UTC())
	msg.SetMessageIDWithValue(m.ID)
	// Machines that answer mail for absent people leave this one alone.
	msg.SetGenHeader(gomail.Header("Auto-Submitted"), "auto-generated")
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

// headerLine takes out of a value what could end a header and begin another.
func headerLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
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
