package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
)

const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// FormsLeadTo lets the forms of this answer's page end, after a redirect, at
// these origins besides ours.
func FormsLeadTo(c echo.Context, origins ...string) {
	if len(origins) > 0 {
		c.Response().Header().Set("Content-Security-Policy", contentPolicy+" "+strings.Join(origins, " "))
	}
}

func (s *Server) setHeaders(h http.Header, id string) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Request-Id", id)
	if s.secure() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// requestID is a short code that a person can read out to the shop.
func requestID() string {
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	return string(b[:])
}

// ipExtractor believes the peer's own address unless the peer is a trusted
// proxy: Echo's default believes anybody's X-Forwarded-For, which makes every
// limit by address worthless.
func ipExtractor(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		_, n, err := net.ParseCIDR(p.Masked().String())
		if err == nil {
			opts = append(opts, echo.TrustIPRange(n))
		}
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

func (s *Server) fromTrustedProxy(r *http.Request) bool {
	at := peer(r)
	for _, p := range s.opt.TrustedProxies {
		if p.Contains(at) {
			return true
		}
	}
	return false
}

func (s *Server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(c)
	}
}

// checkHost answers 421 to a request that was meant for another host, so that
// no cache or link ever carries a forged name. Loopback names always pass.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if s.base == nil || sameHost(host, s.base.Host, s.base.Scheme) || loopbackName(host) {
			return next(c)
		}
		return echo.NewHTTPError(http.StatusMisdirectedRequest)
	}
}

func sameHost(a, b, scheme string) bool {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.EqualFold(strings.TrimSuffix(a, port), strings.TrimSuffix(b, port))
}

func loopbackName(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

func (s *Server) capBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		limit := max(bodyCap, s.large[c.Path()])
		r := c.Request()
		if r.ContentLength > limit {
			return fault.New(fault.TooLarge, "error.too-large", "size", sizeWords(limit))
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		}
		return next(c)
	}
}

func sizeWords(n int64) string { return fmt.Sprintf("%d MB", n>>20) }

// checkOrigin refuses a change that another site asked the browser for. What
// the browser says of itself decides; a client that says nothing (old, or no
// browser) must carry the token of a form of ours.
func (s *Server) checkOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
			return next(c)
		}
		if s.noOrigin[c.Path()] {
			return next(c)
		}
		ok := false
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
			ok = site == "same-origin" || site == "none"
		} else if origin := r.Header.Get("Origin"); origin != "" {
			ok = s.ourOrigin(r, origin)
		} else {
			var err error
			if ok, err = s.tokenHolds(c); err != nil {
				return err
			}
		}
		if !ok {
			return fault.New(fault.Forbidden, "error.origin")
		}
		return next(c)
	}
}

func (s *Server) ourOrigin(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if s.base != nil && u.Scheme == s.base.Scheme && sameHost(u.Host, s.base.Host, s.base.Scheme) {
		return true
	}
	scheme := "http"
	if r.TLS != nil || (s.fromTrustedProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https") {
		scheme = "https"
	}
	return u.Scheme == scheme && sameHost(u.Host, r.Host, scheme)
}

// tokenHours is how long a form may lie open and still be sent.
const tokenHours = 24

// CSRF is the token for the hidden input _csrf of every form. It is bound to
// the browser's visitor cookie, or to its session, or to nothing for a
// stranger who has neither, and holds for 24 hours.
func CSRF(c echo.Context) string {
	v := of(c)
	bound := VisitorToken(c)
	if bound == "" {
		bound = Cookie(c, sessionCookie)
	}
	return v.server.token(bound, v.server.opt.Now().Unix()/3600)
}

func (s *Server) token(bound string, hour int64) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(hour))
	mac := hmac.New(sha256.New, s.opt.Secret)
	fmt.Fprintf(mac, "form\x00%d\x00%s", hour, bound)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(b))
}

func (s *Server) tokenHolds(c echo.Context) (bool, error) {
	if err := parseBody(c.Request()); err != nil {
		return false, err
	}
	got := c.Request().PostForm.Get("_csrf")
	b, err := base64.RawURLEncoding.DecodeString(got)
	if err != nil || len(b) != 4+sha256.Size {
		return false, nil
	}
	hour := int64(binary.BigEndian.Uint32(b))
	if age := s.opt.Now().Unix()/3600 - hour; age < 0 || age > tokenHours {
		return false, nil
	}
	visitor, session := Cookie(c, visitorCookie), Cookie(c, sessionCookie)
	for _, bound := range []string{visitor, session} {
		if bound != "" && hmac.Equal([]byte(got), []byte(s.token(bound, hour))) {
			return true, nil
		}
	}
	// A stranger's token proves nothing about a browser that we know.
	return visitor == "" && session == "" && hmac.Equal([]byte(got), []byte(s.token("", hour))), nil
}
