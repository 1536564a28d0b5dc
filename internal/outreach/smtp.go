package outreach

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// SMTP sends through a mail server, over a few connections that are kept for
// a moment, since greeting, encrypting and signing in take longer than a mail.
type SMTP struct {
	Patience time.Duration // how long the server may take for one message
	TLS      *tls.Config   // nil: the certificates this machine trusts

	host    string
	options []gomail.Option
	now     func() time.Time

	room chan struct{} // a place a connection at work
	mu   sync.Mutex
	idle []*line
	bad  int       // attempts to reach the server in a row that failed
	rest time.Time // until when nobody tries
}

// line is one connection, greeted and signed in.
type line struct {
	client *gomail.Client
	conn   *smtp.Client
	since  time.Time // idle since
	used   bool
}

const (
	smtpPatience = 30 * time.Second
	mostLines    = 4 // connections at once: relays count them
	idleFor      = 10 * time.Second
	badInARow    = 3 // then the server rests, so that work which needs no mail does not wait behind it
	restFor      = 5 * time.Second
)

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
	s := &SMTP{Patience: smtpPatience, host: u.Hostname(), now: now, room: make(chan struct{}, mostLines),
		options: []gomail.Option{gomail.WithPort(port), gomail.WithoutNoop()}}
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
	if _, err := s.client(); err != nil {
		return nil, wants
	}
	return s, nil
}

func (s *SMTP) client() (*gomail.Client, error) {
	options := append(append([]gomail.Option{}, s.options...), gomail.WithTimeout(s.Patience))
	if s.TLS != nil {
		options = append(options, gomail.WithTLSConfig(s.TLS))
	}
	return gomail.NewClient(s.host, options...)
}

// Send hands the message to the server. A message under way when ctx ends is
// ended properly, or nobody would know what became of it.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	m.date(s.now)
	msg, err := m.message()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrLater, ctx.Err())
	}
	for {
		l, err := s.take(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrLater, err)
		}
		err = l.client.SendWithSMTPClient(l.conn, msg)
		if err == nil || msg.IsDelivered() {
			// The message counts as taken once the server said so, whatever
			// becomes of what is said afterwards.
			s.give(l, err == nil)
			return nil
		}
		reused := l.used
		outcome, said, again := verdict(err)
		s.give(l, again)
		if reused && !said && errors.Is(outcome, ErrLater) {
			continue // the server hung up meanwhile, as they do; idle lines run out, so this ends
		}
		s.heard(said)
		return outcome
	}
}

// verdict reads out of go-mail's error whether the message was taken, whether
// the server said anything, and whether its connection is fit for another.
// Before the end of its data a message surely was not taken. That the server
// will not have us as the sender is our own trouble, not the message's: it
// keeps.
func verdict(err error) (outcome error, said, again bool) {
	var failure *gomail.SendError
	if !errors.As(err, &failure) {
		return fmt.Errorf("send mail: %w", err), false, false
	}
	early := failure.Reason == gomail.ErrSMTPMailFrom || failure.Reason == gomail.ErrSMTPRcptTo
	if code := failure.ErrorCode(); code >= 400 {
		answer := &Answer{Code: code, Status: failure.EnhancedStatusCode(), Recipient: failure.Reason == gomail.ErrSMTPRcptTo, err: err}
		if failure.IsTemp() || failure.Reason == gomail.ErrSMTPMailFrom {
			return fmt.Errorf("%w: %w", ErrLater, answer), true, early && code != 421
		}
		return fmt.Errorf("%w: %w", ErrRefused, answer), true, early
	}
	switch failure.Reason {
	case gomail.ErrConnCheck, gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrWriteContent:
		return fmt.Errorf("%w: %w", ErrLater, err), false, false
	case gomail.ErrGetSender, gomail.ErrGetRcpts, gomail.ErrNoUnencoded:
		return fmt.Errorf("%w: %w", ErrRefused, err), true, false
	}
	return fmt.Errorf("send mail: %w", err), false, false
}

// take finds an idle connection or makes one.
func (s *SMTP) take(ctx context.Context) (*line, error) {
	s.mu.Lock()
	for len(s.idle) > 0 {
		l := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if time.Since(l.since) < idleFor {
			s.mu.Unlock()
			l.used = true
			return l, nil
		}
		l.conn.Close()
	}
	resting := time.Until(s.rest) > 0
	s.mu.Unlock()
	if resting {
		return nil, errors.New("the mail server could not be reached a moment ago")
	}
	client, err := s.client()
	if err != nil {
		return nil, fmt.Errorf("reach the mail server: %w", err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.heard(false)
		}
		return nil, err
	}
	return &line{client: client, conn: conn}, nil
}

// give puts a connection back that may be used again, and ends any other.
func (s *SMTP) give(l *line, again bool) {
	if !again {
		l.conn.Close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad, l.since = 0, time.Now()
	s.idle = append(s.idle, l)
	time.AfterFunc(idleFor, s.hangUp)
}

// hangUp says goodbye on connections that nobody needed for a while.
func (s *SMTP) hangUp() {
	s.mu.Lock()
	var old []*line
	kept := s.idle[:0]
	for _, l := range s.idle {
		if time.Since(l.since) >= idleFor {
			old = append(old, l)
		} else {
			kept = append(kept, l)
		}
	}
	s.idle = kept
	s.mu.Unlock()
	for _, l := range old {
		l.client.CloseWithSMTPClient(l.conn)
	}
}

// heard counts attempts of which the server said nothing.
func (s *SMTP) heard(answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		s.bad = 0
		return
	}
	if s.bad++; s.bad >= badInARow {
		s.rest = time.Now().Add(restFor)
	}
}
