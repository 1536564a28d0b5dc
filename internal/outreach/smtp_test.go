package outreach_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

// relay is a mail server that can be made to fail at each word of the talk.
type relay struct {
	sync.Mutex
	fault    func(verb string) error // nil: it does what it is told
	taken    []string                // the Message-ID of each mail it took
	last     string
	sessions int
	secure   bool // MAIL only after STARTTLS and AUTH
	url      string
	end      chan struct{}
}

// What a relay can do besides answering.
var (
	hangs = errors.New("says nothing")
	drops = errors.New("hangs up")
)

func (r *relay) NewSession(c *smtp.Conn) (smtp.Session, error) {
	r.Lock()
	r.sessions++
	r.Unlock()
	s := &talk{relay: r, conn: c}
	return s, s.at("HELO")
}

type talk struct {
	*relay
	conn   *smtp.Conn
	signed bool
}

// at fails as the relay was told to.
func (t *talk) at(verb string) error {
	t.Lock()
	fault := t.fault
	t.Unlock()
	var err error
	if fault != nil {
		err = fault(verb)
	}
	switch err {
	case hangs:
		<-t.end
	case drops:
		t.conn.Conn().Close()
	}
	return err
}

func (t *talk) Mail(string, *smtp.MailOptions) error {
	if _, encrypted := t.conn.TLSConnectionState(); t.secure && (!encrypted || !t.signed) {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	return t.at("MAIL")
}
func (t *talk) Rcpt(string, *smtp.RcptOptions) error { return t.at("RCPT") }
func (t *talk) Reset()                               {}
func (t *talk) Logout() error                        { return nil }
func (t *talk) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (t *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if t.signed = user == "shop" && password == "p@ss"; !t.signed {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (t *talk) Data(body io.Reader) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := t.at("DATA"); err != nil {
		return err
	}
	m, err := mail.ReadMessage(strings.NewReader(string(b)))
	if err != nil {
		return err
	}
	t.Lock()
	t.taken, t.last = append(t.taken, m.Header.Get("Message-Id")), string(b)
	t.Unlock()
	return t.at("TAKEN")
}

func (r *relay) set(fault func(verb string) error) {
	r.Lock()
	defer r.Unlock()
	r.fault = fault
}

// holds is how often the relay took each mail.
func (r *relay) holds() map[string]int {
	r.Lock()
	defer r.Unlock()
	all := map[string]int{}
	for _, id := range r.taken {
		all[id]++
	}
	return all
}

// startRelay listens; wrap may change what is said on the wire.
func startRelay(t *testing.T, wrap func(net.Listener) net.Listener, change func(*smtp.Server)) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{end: make(chan struct{}), url: l.Addr().String()}
	server := smtp.NewServer(r)
	server.Domain = "localhost"
	if change != nil {
		change(server)
	}
	if wrap != nil {
		l = wrap(l)
	}
	go server.Serve(l)
	t.Cleanup(func() { close(r.end); server.Close() })
	return r
}

func (s *shop) sendsOver(r *relay, user string) *outreach.SMTP {
	s.Helper()
	mailer, err := outreach.Open("smtp://"+user+r.url, "", time.Now)
	s.must(err)
	m := mailer.(*outreach.SMTP)
	m.Patience = 250 * time.Millisecond
	s.desk.Mailer = m
	return m
}

func says(code int, status ...int) *smtp.SMTPError {
	e := &smtp.SMTPError{Code: code, Message: "as it was told"}
	copy(e.EnhancedCode[:], status)
	return e
}

// Whatever a mail server does at whatever word: what is owed arrives once it
// is well again, under the one Message-ID; what is only offered never twice.
func TestNoFaultOfAMailServerLosesOrDoublesAMail(t *testing.T) {
	for _, c := range []struct {
		verb string
		err  error
		// what the first try leaves of a mail that is owed, and of one that is offered
		owed, offered string
		doubled       bool // the server may have it twice, under one Message-ID
	}{
		{"HELO", says(421, 4, 3, 2), "mail-away", "mail-away", false},
		{"HELO", drops, "mail-away", "mail-away", false},
		{"HELO", hangs, "mail-away", "mail-away", false},
		{"MAIL", says(451, 4, 3, 0), "mail-away", "mail-away", false},
		{"MAIL", says(550, 5, 7, 1), "mail-away", "mail-away", false}, // of us, not of the mail
		{"MAIL", drops, "mail-away", "mail-away", false},
		{"MAIL", hangs, "mail-away", "mail-away", false},
		{"RCPT", says(450, 4, 2, 1), "mail-away", "mail-away", false},
		{"RCPT", says(421, 4, 7, 0), "mail-away", "mail-away", false},
		{"RCPT", says(550, 5, 1, 1), "refused-by-server", "refused-by-server", false},
		{"RCPT", drops, "mail-away", "mail-away", false},
		{"RCPT", hangs, "mail-away", "mail-away", false},
		{"DATA", says(452, 4, 3, 1), "mail-away", "mail-away", false},
		{"DATA", says(554, 5, 6, 0), "refused-by-server", "refused-by-server", false},
		{"DATA", drops, "unknown-outcome", "unknown-outcome", false},
		{"DATA", hangs, "unknown-outcome", "unknown-outcome", false},
		{"TAKEN", drops, "unknown-outcome", "unknown-outcome", true},
		{"TAKEN", hangs, "unknown-outcome", "unknown-outcome", true},
	} {
		t.Run(fmt.Sprint(c.verb, " ", c.err), func(t *testing.T) {
			s := open(t, dbtest.SQLite(t))
			server := startRelay(t, nil, nil)
			s.sendsOver(server, "")
			fails := func(verb string) error {
				if verb == c.verb {
					return c.err
				}
				return nil
			}

			o := s.orders("ann@example.com", nil, nil, monday)
			server.set(fails)
			err := s.desk.Confirm(ctx, o.ID, monday)
			first := s.decisions()[0]
			if first.State != outreach.Failed || !strings.HasPrefix(first.Reason, c.owed) {
				t.Fatalf("owed: became %s %q", first.State, first.Reason)
			}
			if (err == nil) != (c.owed == "refused-by-server") {
				t.Errorf("owed: the job returned %v", err)
			}
			server.set(nil)
			s.must(s.desk.Confirm(ctx, o.ID, monday.Add(hour)))
			again := s.decisions()[0]
			got := server.holds()["<"+first.MessageID+">"]
			want := 1
			if c.doubled {
				want = 2
			}
			if again.State == outreach.Withheld { // its address is known to be dead now
				want = 0
				if c.verb != "RCPT" {
					t.Errorf("owed: withheld after a fault at %s: %q", c.verb, again.Reason)
				}
			} else if again.State != outreach.Sent || again.Attempts != 2 || again.MessageID != first.MessageID {
				t.Errorf("owed: the second try left %s after %d, Message-ID %s, was %s", again.State, again.Attempts, again.MessageID, first.MessageID)
			}
			if got != want || len(server.holds()) != want && !c.doubled {
				t.Errorf("owed: the server has it %d times, want %d: %v", got, want, server.holds())
			}

			server.taken = nil
			s.sendsOver(server, "") // no connection is kept from before
			s.leaves(s.account("bo@example.com", nil), monday)
			server.set(fails)
			s.sweep(monday.Add(24 * hour))
			first = s.decisions()[0]
			want, state := 1, outreach.Deferred
			if c.offered != "mail-away" {
				want, state = 0, outreach.Failed
			}
			if c.verb == "TAKEN" {
				want = 1
			}
			if first.State != state || !strings.HasPrefix(first.Reason, c.offered) {
				t.Fatalf("offered: became %s %q", first.State, first.Reason)
			}
			server.set(nil)
			for at := 25; at < 40; at++ {
				s.sweep(monday.Add(time.Duration(at) * hour))
			}
			if got := server.holds()["<"+first.MessageID+">"]; got != want || len(server.holds()) != want {
				t.Errorf("offered: the server has it %d times, want %d: %v", got, want, server.holds())
			}
		})
	}
}

// The address that does not exist is not written to again, by nobody.
func TestAnAddressRefusedForGoodIsLeftAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		server := startRelay(t, nil, nil)
		s.sendsOver(server, "")
		p := s.account("gone@example.com", nil)
		server.set(func(verb string) error {
			if verb == "RCPT" {
				return says(550, 5, 1, 1)
			}
			return nil
		})
		s.must(s.desk.Confirm(ctx, s.orders("gone@example.com", nil, &p.Customer.ID, monday).ID, monday))
		stands, err := customer.StandingOf(ctx, d, "gone@example.com")
		s.must(err)
		if stands.State != "dead" {
			t.Fatalf("the address is %q", stands.State)
		}
		server.set(nil)
		s.must(s.desk.Confirm(ctx, s.orders("gone@example.com", nil, &p.Customer.ID, monday.Add(hour)).ID, monday.Add(hour)))
		s.decided(outreach.Withheld, "dead")
		s.leaves(p, monday.Add(2*hour))
		s.sweep(monday.Add(27 * hour))
		s.decided(outreach.Withheld, "dead")
		if len(server.holds()) != 0 {
			t.Error("it was written to again")
		}
	})
}

// drip sends each byte by itself, slower than anybody has patience for.
type drip struct{ net.Listener }

func (d drip) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	return slow{c}, err
}

type slow struct{ net.Conn }

func (s slow) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := s.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return len(b), nil
}

func TestAMailServerThatDripsHoldsNobodyUp(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	server := startRelay(t, func(l net.Listener) net.Listener { return drip{l} }, nil)
	s.sendsOver(server, "")
	o := s.orders("ann@example.com", nil, nil, monday)
	begun := time.Now()
	var took []time.Duration
	for range 6 { // after three the server rests, and is not asked at all
		if err := s.desk.Confirm(ctx, o.ID, monday); !errors.Is(err, outreach.ErrLater) {
			t.Fatalf("it returned %v", err)
		}
		took = append(took, time.Since(begun))
		begun = time.Now()
	}
	if took[0] > 5*time.Second || took[5] > took[0] {
		t.Errorf("the tries took %v", took)
	}
	if row := s.decisions()[0]; row.State != outreach.Failed || !strings.HasPrefix(row.Reason, "mail-away") {
		t.Errorf("it became %s %q", row.State, row.Reason)
	}
}

// The password goes over an encrypted line to a server whose certificate is
// good, and nowhere else.
func TestMailGoesEncryptedAndSignedIn(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // lends its certificate, good for 127.0.0.1
	defer certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	server := startRelay(t, nil, func(s *smtp.Server) { s.TLSConfig = &tls.Config{Certificates: certified.TLS.Certificates} })
	server.secure = true
	s := open(t, dbtest.SQLite(t))
	o := s.orders("ann@example.com", nil, nil, monday)
	for _, c := range []struct {
		user  string
		trust bool
		goes  bool
	}{{"shop:p%40ss@", false, false}, {"shop:wrong@", true, false}, {"", true, false}, {"shop:p%40ss@", true, true}} {
		m := s.sendsOver(server, c.user)
		m.Patience = 5 * time.Second
		if c.trust {
			m.TLS = &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
		}
		err := s.desk.Confirm(ctx, o.ID, monday)
		if (err == nil) != c.goes || !c.goes && !errors.Is(err, outreach.ErrLater) || err != nil && strings.Contains(err.Error(), "p@ss") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if len(server.holds()) != 1 {
		t.Errorf("the server holds %v", server.holds())
	}
}
