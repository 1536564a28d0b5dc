package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
)

const chinesePrefix = "/zh"

// unprefixed are the trees that exist once, whatever the language.
var unprefixed = []string{"/admin", "/static", "/webhooks", "/healthz", "/readyz", "/metrics"}

// splitLanguage takes the language prefix off u and returns the language it
// named. The language is the address's alone: no header and no cookie counts.
func splitLanguage(u *url.URL) i18n.Lang {
	rest, ok := cutPrefix(u.Path)
	if !ok {
		return i18n.English
	}
	if u.RawPath != "" {
		raw, ok := cutPrefix(u.RawPath)
		if !ok { // the prefix itself is written in escapes: no address of ours
			return i18n.English
		}
		u.RawPath = raw
	}
	u.Path = rest
	return i18n.Chinese
}

func cutPrefix(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, chinesePrefix)
	if !ok || (rest != "" && rest[0] != '/') {
		return "", false
	}
	for _, tree := range unprefixed {
		if rest == tree || strings.HasPrefix(rest, tree+"/") {
			return "", false
		}
	}
	if rest == "" {
		rest = "/"
	}
	return rest, true
}

// Lang is the language of the request's address.
func Lang(c echo.Context) i18n.Lang { return of(c).lang }

// Path is the request's path without the language prefix.
func Path(c echo.Context) string { return of(c).path }

// URL is path in the language of the request: with /zh in front in Chinese.
func URL(c echo.Context, path string) string { return In(of(c).lang, path) }

// In is path (which may carry a query) in a language.
func In(l i18n.Lang, path string) string {
	if l != i18n.Chinese || !strings.HasPrefix(path, "/") {
		return path
	}
	bare, _, _ := strings.Cut(path, "?")
	if _, ok := cutPrefix(chinesePrefix + bare); !ok {
		return path
	}
	return chinesePrefix + path
}

// AbsoluteURL is path in a language with the configured base in front, for
// mails and feeds; without a base URL it is the path alone. A Host header
// never gets into a link.
func (s *Server) AbsoluteURL(l i18n.Lang, path string) string {
	if s.base == nil {
		return In(l, path)
	}
	return s.base.Scheme + "://" + s.base.Host + In(l, path)
}

// Redirect answers 303 to path in the language of the request.
func Redirect(c echo.Context, path string) error {
	return c.Redirect(http.StatusSeeOther, URL(c, path))
}

// LocalPath returns next if it is an address inside the shop that a browser
// cannot read as anything else, and "/" otherwise. next carries its language
// prefix already; send to it with c.Redirect.
func LocalPath(next string) string {
	if len(next) > 2000 || !plainLocal(next) {
		return "/"
	}
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !plainLocal(u.Path) {
		return "/"
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == ".." || segment == "." {
			return "/"
		}
	}
	return next
}

// plainLocal refuses what browsers fold into "//host": backslashes, doubled
// slashes, and the control bytes they drop while reading an address.
func plainLocal(s string) bool {
	path, _, _ := strings.Cut(s, "?")
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
		return false
	}
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == '\\' || r == '\ufffd' || (r >= 0x80 && r < 0xa0) {
			return false
		}
	}
	return true
}
