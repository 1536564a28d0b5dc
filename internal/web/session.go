package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
)

const (
	sessionAge  = 30 * 24 * time.Hour // absolute
	sessionIdle = 14 * 24 * time.Hour
	sessionNote = time.Hour // a session in use is noted this often, not at each request

	staffAge  = 8 * time.Hour
	staffIdle = 30 * time.Minute
	staffNote = time.Minute
)

func (s *Server) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Lifetime = sessionAge
	m.IdleTimeout = 0 // scs would write the row at every request; we note less often
	m.Store = &sessionStore{db: s.opt.DB, now: s.opt.Now}
	return m
}

// State is what the server remembers of one browser: who signed in with it.
// The customer and the staff account are separate; each carries the epoch it
// signed in with, so that a password change ends it everywhere. Times are in
// Unix seconds.
type State struct {
	c echo.Context
	s *Server
}

// Session is the state of the browser that sent the request.
func Session(c echo.Context) State {
	v := of(c)
	if !v.session {
		v.server.startEmpty(c)
	}
	return State{c, v.server}
}

func (st State) ctx() context.Context { return st.c.Request().Context() }

func (st State) number(key string) int64 { return st.s.sessions.GetInt64(st.ctx(), key) }

// CustomerID is the customer signed in, 0 for nobody.
func (st State) CustomerID() int64 { return st.number("customer") }

// CustomerEpoch is the epoch of the customer's account at sign-in; the caller
// compares it with the account's own.
func (st State) CustomerEpoch() int64 { return st.number("customer.epoch") }

// StaffID is the staff account signed in, 0 for nobody: after 8 hours, or
// after 30 minutes without a request, it is nobody again.
func (st State) StaffID() int64 { return st.number("staff") }

// StaffEpoch is the epoch of the staff account at sign-in.
func (st State) StaffEpoch() int64 { return st.number("staff.epoch") }

// StaffKey is what the staff account's record of this sign-in stands under.
func (st State) StaffKey() string { return st.s.sessions.GetString(st.ctx(), "staff.key") }

// StaffSince is when the staff account signed in, for asking the password
// again before grave changes; zero for nobody.
func (st State) StaffSince() time.Time {
	if st.StaffID() == 0 {
		return time.Time{}
	}
	return time.Unix(st.number("staff.began"), 0).UTC()
}

// Proof is how long a password typed again is good for.
const Proof = 5 * time.Minute

// ProveStaff notes that the staff account at work typed its password again. It
// is stored when it returns nil.
func (st State) ProveStaff() error {
	st.s.sessions.Put(st.ctx(), "staff.proved", st.s.opt.Now().Unix())
	return st.s.storeSession(st.c)
}

// StaffProved reports whether the staff account at work typed its password
// again a moment ago, in this session.
func (st State) StaffProved() bool {
	return st.StaffID() != 0 && st.s.opt.Now().Sub(time.Unix(st.number("staff.proved"), 0)) < Proof
}

// SignInCustomer makes this browser the customer's, under a new token: one
// that somebody planted before is worth nothing afterwards. It is stored when
// it returns nil.
func (st State) SignInCustomer(id, epoch int64) error {
	return st.signIn("customer", id, epoch, "")
}

// SignInStaff does the same for a staff account, whose record of this sign-in
// stands under key.
func (st State) SignInStaff(id, epoch int64, key string) error {
	return st.signIn("staff", id, epoch, key)
}

// HalfTime is how long a right password waits for the second factor.
const HalfTime = 5 * time.Minute

// HalfSignInStaff notes, under a new token, that the password of a staff
// account was right: it opens nothing before the second factor was, too. next
// is where to go then. It is stored when it returns nil.
func (st State) HalfSignInStaff(id, epoch int64, next string) error {
	m, ctx := st.s.sessions, st.ctx()
	m.Put(ctx, "half", id)
	m.Put(ctx, "half.epoch", epoch)
	m.Put(ctx, "half.next", next)
	m.Put(ctx, "half.began", st.s.opt.Now().Unix())
	return st.RenewToken()
}

// HalfStaff is the staff account whose password was right a moment ago, 0 for
// nobody.
func (st State) HalfStaff() (id, epoch int64, next string) {
	if st.number("half") == 0 || st.s.opt.Now().Sub(time.Unix(st.number("half.began"), 0)) > HalfTime {
		return 0, 0, ""
	}
	return st.number("half"), st.number("half.epoch"), st.s.sessions.GetString(st.ctx(), "half.next")
}

func (st State) signIn(who string, id, epoch int64, key string) error {
	m, ctx, now := st.s.sessions, st.ctx(), st.s.opt.Now().Unix()
	if m.Status(ctx) == scs.Destroyed {
		st.s.startEmpty(st.c)
		ctx = st.ctx()
	}
	if err := m.RenewToken(ctx); err != nil {
		return fmt.Errorf("sign in %s %d: %w", who, id, err)
	}
	for _, key := range []string{"half", "half.epoch", "half.next", "half.began"} {
		m.Remove(ctx, key)
	}
	m.Put(ctx, who, id)
	m.Remove(ctx, who+".proved")
	m.Put(ctx, who+".epoch", epoch)
	m.Put(ctx, who+".key", key)
	m.Put(ctx, who+".began", now)
	m.Put(ctx, who+".seen", now)
	m.Put(ctx, "began", now)
	m.Put(ctx, "seen", now)
	return st.s.storeSession(st.c)
}

// RenewToken moves what is remembered to a new token, for a change of
// password or role. It is stored when it returns nil.
func (st State) RenewToken() error {
	if err := st.s.sessions.RenewToken(st.ctx()); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	return st.s.storeSession(st.c)
}

// RenewEpoch keeps this browser signed in after its own customer changed the
// password, while every other one falls out.
func (st State) RenewEpoch(epoch int64) error {
	st.s.sessions.Put(st.ctx(), "customer.epoch", epoch)
	return st.RenewToken()
}

// SignOut forgets everything about this browser's session.
func (st State) SignOut() error {
	if err := st.s.sessions.Destroy(st.ctx()); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	of(st.c).saved = true
	SetCookie(st.c, sessionCookie, "", 0)
	return nil
}

func (s *Server) startEmpty(c echo.Context) {
	// An empty token reads nothing, so this cannot fail.
	ctx, err := s.sessions.Load(c.Request().Context(), "")
	if err != nil {
		panic(err)
	}
	c.SetRequest(c.Request().WithContext(ctx))
	of(c).session, of(c).saved = true, false
}

// loadSession reads the browser's session and notes its use with the answer. Nothing is stored and no cookie set for a browser that brought
// none and did nothing.
func (s *Server) loadSession(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		token := Cookie(c, sessionCookie)
		if token == "" || strings.HasPrefix(c.Path(), "/static/") {
			s.startEmpty(c)
		} else {
			ctx, err := s.sessions.Load(c.Request().Context(), token)
			if err != nil {
				return fmt.Errorf("read the session: %w", err)
			}
			c.SetRequest(c.Request().WithContext(ctx))
			of(c).session = true
			if err := s.noteUse(c); err != nil {
				return err
			}
		}
		c.Response().Before(func() {
			if of(c).saved || s.sessions.Status(c.Request().Context()) != scs.Modified {
				return
			}
			// Who signs in or out stores at once and may fail; what is left
			// here is a note of use, which may be lost. It sets no cookie, and
			// touches only a row that is still there: a sign-out in another
			// tab at the same moment stays one.
			ctx := context.WithValue(context.WithoutCancel(c.Request().Context()), noteOnly{}, true)
			if _, _, err := s.sessions.Commit(ctx); err != nil {
				s.opt.Log.Warn("session not stored", "request", of(c).id, "error", err)
			}
		})
		return next(c)
	}
}

// noteUse ends what has outlived its time and notes, now and then, that the
// rest is in use.
func (s *Server) noteUse(c echo.Context) error {
	ctx, m, now := c.Request().Context(), s.sessions, s.opt.Now()
	past := func(key string, d time.Duration) bool { return now.Sub(time.Unix(m.GetInt64(ctx, key), 0)) > d }
	if !m.Exists(ctx, "began") {
		return nil
	}
	if past("began", sessionAge) || past("seen", sessionIdle) {
		if err := m.Destroy(ctx); err != nil {
			return fmt.Errorf("end an old session: %w", err)
		}
		SetCookie(c, sessionCookie, "", 0)
		s.startEmpty(c)
		return nil
	}
	attended := s.Attended(c)
	if attended && past("seen", sessionNote) {
		m.Put(ctx, "seen", now.Unix())
	}
	switch {
	case m.GetInt64(ctx, "staff") == 0:
	case past("staff.began", staffAge) || past("staff.seen", staffIdle):
		for _, key := range []string{"staff", "staff.epoch", "staff.began", "staff.seen", "staff.proved", "staff.key"} {
			m.Remove(ctx, key)
		}
	case attended && past("staff.seen", staffNote):
		m.Put(ctx, "staff.seen", now.Unix())
	}
	return nil
}

// Attended reports whether a person asked for this page, and not the page that
// they look at by itself (Unattended).
func (s *Server) Attended(c echo.Context) bool { return !s.idle[c.Path()] }

func (s *Server) storeSession(c echo.Context) error {
	// The shopper going away must not undo a sign-in that was answered.
	token, _, err := s.sessions.Commit(context.WithoutCancel(c.Request().Context()))
	if err != nil {
		return fmt.Errorf("store the session: %w", err)
	}
	of(c).saved = true
	SetCookie(c, sessionCookie, token, sessionAge)
	return nil
}
