package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/money"
)

const (
	visitorCookie = "visitor"
	sessionCookie = "session"
	flashCookie   = "flash"
	schemeCookie  = "scheme"

	visitorAge = 180 * 24 * time.Hour
)

func (s *Server) secure() bool { return s.base != nil && s.base.Scheme == "https" }

// cookieName binds the cookie to this very host by its prefix, which browsers
// accept over https alone.
func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

// Cookie is the value of our cookie of that name, or "".
func Cookie(c echo.Context, name string) string {
	k, err := c.Cookie(of(c).server.cookieName(name))
	if err != nil {
		return ""
	}
	return k.Value
}

// SetCookie sets our cookie for age; no script can read it. An age of zero or
// less takes it away.
func SetCookie(c echo.Context, name, value string, age time.Duration) {
	s := of(c).server
	k := &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: s.secure(),
		SameSite: http.SameSiteLaxMode, MaxAge: int(age / time.Second)}
	if age <= 0 {
		k.Value, k.MaxAge = "", -1
	}
	dropSetCookie(c, k.Name) // the last word about a cookie is the only one
	c.SetCookie(k)
}

// VisitorToken is the token of the browser's visitor cookie, or "".
func VisitorToken(c echo.Context) string {
	if v := of(c); v.csrfTo != nil {
		return *v.csrfTo
	}
	return Cookie(c, visitorCookie)
}

// SetVisitorToken makes the browser carry token for 180 days; "" forgets it.
func SetVisitorToken(c echo.Context, token string) {
	if token == "" {
		SetCookie(c, visitorCookie, "", 0)
	} else {
		SetCookie(c, visitorCookie, token, visitorAge)
	}
	of(c).csrfTo = &token
}

// Scheme is the colour scheme the browser chose: auto, light or dark.
func Scheme(c echo.Context) string {
	switch v := Cookie(c, schemeCookie); v {
	case "light", "dark":
		return v
	}
	return "auto"
}

// SetScheme keeps the choice for a year; anything but light and dark is auto.
func SetScheme(c echo.Context, scheme string) {
	if scheme == "light" || scheme == "dark" {
		SetCookie(c, schemeCookie, scheme, 365*24*time.Hour)
		return
	}
	SetCookie(c, schemeCookie, "", 0)
}

type flash struct {
	Kind  string         `json:"k"`
	Words string         `json:"w"`
	Args  []string       `json:"a,omitempty"`
	Count map[string]int `json:"n,omitempty"` // numbers stay numbers, for plurals and grouping
}

// Flash leaves a notice (kind info, ok, warn or error, in the words of a
// message key) for the page that follows the redirect. It travels in a signed
// cookie of its own, so that a guest needs no session for it.
func Flash(c echo.Context, kind, words string, args ...any) {
	f := flash{Kind: kind, Words: words}
	l := Lang(c)
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		if n, ok := args[i+1].(int); ok {
			if f.Count == nil {
				f.Count = map[string]int{}
			}
			f.Count[name] = n
			continue
		}
		f.Args = append(f.Args, name, flashText(l, args[i+1]))
	}
	v := of(c)
	v.flash = append(v.flash, f)
	b, err := json.Marshal(v.flash)
	if err != nil || len(b) > 2500 { // beyond what a browser surely keeps
		return
	}
	body := base64.RawURLEncoding.EncodeToString(b)
	SetCookie(c, flashCookie, body+"."+v.server.sign("flash", body), time.Minute)
}

func flashText(l i18n.Lang, v any) string {
	switch x := v.(type) {
	case i18n.Text:
		return x.In(l)
	case money.Price:
		return i18n.Money(l, x)
	}
	return fmt.Sprint(v)
}

func dropSetCookie(c echo.Context, name string) {
	h := c.Response().Header()
	kept := h["Set-Cookie"][:0]
	for _, line := range h["Set-Cookie"] {
		if !strings.HasPrefix(line, name+"=") {
			kept = append(kept, line)
		}
	}
	h["Set-Cookie"] = kept
}

// takeFlash returns the notices that came with the request and takes the
// cookie away.
func takeFlash(c echo.Context) []Notice {
	v := of(c)
	value := Cookie(c, flashCookie)
	if value == "" || v.flashed {
		return nil
	}
	v.flashed = true
	SetCookie(c, flashCookie, "", 0)
	body, sum, _ := strings.Cut(value, ".")
	if !hmac.Equal([]byte(sum), []byte(v.server.sign("flash", body))) {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	var all []flash
	if err != nil || json.Unmarshal(b, &all) != nil {
		return nil
	}
	var notices []Notice
	for _, f := range all {
		var args []any
		for _, a := range f.Args {
			args = append(args, a)
		}
		for name, n := range f.Count {
			args = append(args, name, n)
		}
		notices = append(notices, Notice{f.Kind, i18n.T(v.lang, f.Words, args...)})
	}
	return notices
}

func (s *Server) sign(purpose, body string) string {
	mac := hmac.New(sha256.New, s.opt.Secret)
	mac.Write([]byte(purpose + "\x00" + body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
