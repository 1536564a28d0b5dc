package storefront

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// arrivedCookie holds what led this visit here: a site's name, the words of a
// campaign, a page of ours. It has no number in it that could name a browser,
// is set only where another site or a campaign did lead here, and goes with
// the visit.
const (
	arrivedCookie = "arrived"
	visitPause    = 30 * time.Minute
)

// notPages are addresses that no visit begins with: what belongs to a purchase
// under way, and what is no page.
var notPages = []string{"/admin", "/api/", "/cart", "/checkout", "/gateway/", "/orders", "/webhooks/", "/search/suggest", "/u/", "/questions/", "/healthz", "/readyz", "/metrics", "/signout"}

// arrive notes what led a visit here, with its first page, and keeps the note
// while the visit lasts. It writes nothing down: only a cart does.
func (s *Shop) arrive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.noteArrival(c); err != nil {
			return err
		}
		return next(c)
	}
}

func (s *Shop) noteArrival(c echo.Context) error {
	r := c.Request()
	known := web.Cookie(c, arrivedCookie)
	if r.Method != http.MethodGet || web.Fragment(c) != "" || !strings.Contains(r.Header.Get("Accept"), "text/html") || r.Header.Get("Sec-Purpose") != "" || !isPage(web.Path(c)) {
		return nil
	}
	a, came := s.ledHere(c)
	if known == "" && !came {
		return nil
	}
	if may, err := s.mayNote(c); err != nil || !may {
		if known != "" {
			web.SetCookie(c, arrivedCookie, "", 0)
		}
		return err
	}
	if known == "" {
		known = packed(a)
	}
	web.SetCookie(c, arrivedCookie, known, visitPause)
	return nil
}

func isPage(path string) bool {
	for _, p := range notPages {
		if strings.HasPrefix(path, p) {
			return false
		}
	}
	return true
}

// mayNote asks what speaks against it: the shop's setting, the browser's wish
// not to be followed, and the person's own no to personal pages.
func (s *Shop) mayNote(c echo.Context) (bool, error) {
	h := c.Request().Header
	if !s.Settings.Now().VisitsOrigin() || h.Get("Sec-GPC") == "1" || h.Get("DNT") == "1" {
		return false, nil
	}
	p, err := s.person(c)
	return err == nil && !saidNo(p), err
}

// saidNo is whoever switched personal pages off, or never switched them on in
// their account.
func saidNo(p *customer.Person) bool {
	return p.SignedIn() && !p.Personalized() || p != nil && p.Customer == nil && p.Visitor != nil && p.Visitor.Personalize == "off"
}

// ledHere is what this request says of where it came from; false where no
// other site and no campaign is named.
func (s *Shop) ledHere(c echo.Context) (cart.Arrival, bool) {
	q := c.QueryParams()
	a := cart.Arrival{Source: q.Get("utm_source"), Medium: q.Get("utm_medium"), Campaign: q.Get("utm_campaign")}
	if from, err := url.Parse(c.Request().Referer()); err == nil && (from.Scheme == "https" || from.Scheme == "http") && !strings.EqualFold(from.Host, c.Request().Host) {
		a.Referrer = from.Host
	}
	path := web.Path(c)
	section, slug, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case path == "/":
		a.Landing = "home"
	case section == "c":
		a.Landing, a.Entry = "category", slug
	case section == "p":
		a.Landing, a.Entry = "product", slug
	case section == "search":
		a.Landing = "search"
	case section == "r":
		a.Landing = "mail"
	default:
		a.Landing = "other"
	}
	a = a.Clean()
	return a, a.Channel != "direct"
}

func packed(a cart.Arrival) string {
	return url.Values{"r": {a.Referrer}, "s": {a.Source}, "m": {a.Medium}, "c": {a.Campaign}, "l": {a.Landing}, "e": {a.Entry}}.Encode()
}

// ledBy is what is kept with a cart that starts now. Whoever may not be
// noted has no channel, not even that they came by themselves.
func (s *Shop) ledBy(c echo.Context) (cart.Arrival, error) {
	a := cart.Arrival{}
	may, err := s.mayNote(c)
	if err != nil {
		return a, err
	}
	if may {
		if q, err := url.ParseQuery(web.Cookie(c, arrivedCookie)); err == nil && len(q) <= 6 {
			a = cart.Arrival{Referrer: q.Get("r"), Source: q.Get("s"), Medium: q.Get("m"), Campaign: q.Get("c"), Landing: q.Get("l"), Entry: q.Get("e")}
		}
		a = a.Clean()
	}
	a.Browser, a.Version, a.Arm = cart.BrowserOf(c.Request().UserAgent()), s.Version, string(s.side(c, slot.Home))
	return a, nil
}
