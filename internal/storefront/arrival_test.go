package storefront_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
)

const desktopAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"

// from is a browser that follows a link on another site to a page of ours.
func from(s *shoptest.Shop, path, referrer string, headers ...string) *shoptest.Browser {
	b := s.Browser()
	b.Header = map[string][]string{"Accept": {"text/html,*/*"}, "User-Agent": {desktopAgent}}
	if referrer != "" {
		b.Header["Referer"] = []string{referrer}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		b.Header[headers[i]] = []string{headers[i+1]}
	}
	b.Get(path)
	delete(b.Header, "Referer")
	return b
}

func buys(b *shoptest.Browser) {
	b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
}

const lastArrival = "SELECT channel || '|' || referrer || '|' || campaign || '|' || landing || '|' || entry || '|' || browser FROM cart_arrivals ORDER BY cart_id DESC LIMIT 1"

func TestACartKeepsWhatLedItsVisitHere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		for _, c := range []struct{ path, referrer, want string }{
			{"/p/jig-saw", "https://www.google.com/search?q=secret+illness", "search|google.com||product|jig-saw|chrome"},
			{"/c/baby?utm_source=Letter&utm_medium=email&utm_campaign=May%20Sale", "", "mail||may-sale|category|baby|chrome"},
			{"/zh/?utm_campaign=ann@example.com", "https://blog.example.com/p/1", "referral|blog.example.com||home||chrome"},
			{"/search?q=bottle", "http://127.0.0.1/p/calm-bottle", "direct|||||chrome"}, // our own page
		} {
			b := from(s, c.path, c.referrer)
			set := slices.Contains(b.Cookies(), "arrived")
			if want := !strings.HasPrefix(c.want, "direct"); set != want {
				t.Errorf("%s from %s: the cookie is there: %v", c.path, c.referrer, set)
			}
			b.Header["Referer"] = []string{"https://elsewhere.example/"} // the first touch stands
			buys(b)
			if got := s.Text(lastArrival); set && got != c.want {
				t.Errorf("%s from %s is kept as %s, not %s", c.path, c.referrer, got, c.want)
			}
		}
		if n := s.Count("SELECT count(*) FROM cart_arrivals WHERE referrer LIKE '%/%' OR referrer LIKE '%illness%'"); n != 0 {
			t.Error("more than the site's name is kept")
		}
		// Who does not want to be followed is not, and what stood there goes.
		b := from(s, "/p/jig-saw", "https://www.google.com/", "Sec-Gpc", "1")
		buys(b)
		if got := s.Text(lastArrival); slices.Contains(b.Cookies(), "arrived") || got != "|||||chrome" {
			t.Errorf("a browser that asks not to be followed left %s, %v", got, b.Cookies())
		}
		// A forged cookie says no more than a link could.
		forged := from(s, "/", "https://www.google.com/")
		forged.Header["Cookie"] = []string{"arrived=r%3D%3Cscript%3E%26l%3Dadmin%26c%3D%3D1%2B1"}
		buys(forged)
		if n := s.Count("SELECT count(*) FROM cart_arrivals WHERE referrer LIKE '%<%' OR landing = 'admin' OR campaign LIKE '=%'"); n != 0 {
			t.Error("a forged cookie was believed")
		}
		if err := d.InTx(t.Context(), func(tx *db.Tx) error { return setting.Set(t.Context(), tx, "visits.origin", "off", s.Now()) }); err != nil {
			t.Fatal(err)
		}
		if err := s.Settings.Refresh(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		off := from(s, "/p/jig-saw", "https://www.google.com/")
		buys(off)
		if got := s.Text(lastArrival); slices.Contains(off.Cookies(), "arrived") || got != "|||||chrome" {
			t.Errorf("switched off, a visit left %s, %v", got, off.Cookies())
		}
	})
}
