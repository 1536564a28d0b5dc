package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

func TestAStrangerGetsNoCookieAndNoRow(t *testing.T) {
	sh := small(t)
	sh.Echo.GET("/look", func(c echo.Context) error { return c.String(200, fmt.Sprint(Session(c).CustomerID())) })
	for _, path := range []string{"/", "/look", "/nothing", "/healthz", sh.Asset("shop.css")} {
		w := sh.ask("GET", path, "")
		if got := w.Header()["Set-Cookie"]; len(got) > 0 {
			t.Errorf("%s set %v", path, got)
		}
	}
	sh.ask("GET", "/look", "", "Cookie: session=made-up")
	want(t, "sessions stored", sh.sessionRows(), 0)
}

func (sh *shop) sessionRows() int {
	var n int
	if err := sh.db.Query(context.Background()).Raw("SELECT count(*) FROM sessions").Scan(&n).Error; err != nil {
		sh.t.Fatal(err)
	}
	return n
}

func signInRoutes(sh *shop) {
	who := func(c echo.Context) error {
		st := Session(c)
		return c.String(200, fmt.Sprintf("%d/%d %d/%d", st.CustomerID(), st.CustomerEpoch(), st.StaffID(), st.StaffEpoch()))
	}
	sh.Echo.GET("/who", who)
	post := func(path string, f func(State) error) {
		sh.Echo.POST(path, func(c echo.Context) error {
			if err := f(Session(c)); err != nil {
				return err
			}
			return who(c)
		})
	}
	post("/in", func(st State) error { return st.SignInCustomer(7, 2) })
	post("/staff", func(st State) error { return st.SignInStaff(3, 1, "key") })
	post("/epoch", func(st State) error { return st.RenewEpoch(9) })
	post("/out", func(st State) error { return st.SignOut() })
}

const own = "Sec-Fetch-Site: same-origin"

func TestSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sh := newShop(t, d)
		signInRoutes(sh)
		step := func(method, path, token, answer string) string {
			t.Helper()
			w := sh.ask(method, path, "", own, "Cookie: session="+token)
			want(t, path, w.Body.String(), answer)
			if c := cookieOf(w, "session"); c != nil {
				return c.Value
			}
			return token
		}
		in := step("POST", "/in", "planted-by-somebody", "7/2 0/0")
		if in == "planted-by-somebody" {
			t.Fatal("sign-in kept the token that the browser brought")
		}
		step("GET", "/who", "planted-by-somebody", "0/0 0/0")
		step("GET", "/who", in, "7/2 0/0")
		if w := sh.ask("GET", "/who", "", "Cookie: session="+in); cookieOf(w, "session") != nil {
			t.Error("a look around within the hour stored the session again")
		}

		both := step("POST", "/staff", in, "7/2 3/1")
		if both == in {
			t.Error("a staff sign-in kept the customer's token")
		}
		step("GET", "/who", in, "0/0 0/0") // the old token is worth nothing
		sh.now = sh.now.Add(29 * time.Minute)
		step("GET", "/who", both, "7/2 3/1")
		sh.now = sh.now.Add(29 * time.Minute)
		step("GET", "/who", both, "7/2 3/1")
		sh.now = sh.now.Add(31 * time.Minute)
		step("GET", "/who", both, "7/2 0/0")

		worker := step("POST", "/staff", "", "0/0 3/1")
		for range 16 {
			sh.now = sh.now.Add(29 * time.Minute)
			step("GET", "/who", worker, "0/0 3/1")
		}
		sh.now = sh.now.Add(29 * time.Minute) // 8 hours and 13 minutes of steady work
		step("GET", "/who", worker, "0/0 0/0")

		renewed := step("POST", "/epoch", both, "7/9 0/0")
		step("GET", "/who", both, "0/0 0/0")
		step("POST", "/out", renewed, "0/0 0/0")
		step("GET", "/who", renewed, "0/0 0/0")
	})
}

func TestShopperSessionsEnd(t *testing.T) {
	sh := small(t)
	signInRoutes(sh)
	token := cookieOf(sh.ask("POST", "/in", "", own), "session").Value
	who := func() string { return sh.ask("GET", "/who", "", "Cookie: session="+token).Body.String() }
	for range 2 {
		sh.now = sh.now.Add(13 * 24 * time.Hour)
		want(t, "in use within two weeks", who(), "7/2 0/0")
	}
	sh.now = sh.now.Add(5 * 24 * time.Hour)
	want(t, "31 days after sign-in", who(), "0/0 0/0")
	want(t, "rows left", sh.sessionRows(), 0)

	token = cookieOf(sh.ask("POST", "/in", "", own), "session").Value
	sh.now = sh.now.Add(15 * 24 * time.Hour)
	want(t, "15 days idle", who(), "0/0 0/0")
}

func TestTheTableOfSessionsHoldsNoToken(t *testing.T) {
	sh := small(t)
	signInRoutes(sh)
	token := cookieOf(sh.ask("POST", "/in", "", own), "session").Value
	var stored string
	if err := sh.db.Query(context.Background()).Raw("SELECT token FROM sessions").Scan(&stored).Error; err != nil {
		t.Fatal(err)
	}
	want(t, "signed in by what the table says", sh.ask("GET", "/who", "", "Cookie: session="+stored).Body.String(), "0/0 0/0")
	want(t, "signed in by the token", sh.ask("GET", "/who", "", "Cookie: session="+token).Body.String(), "7/2 0/0")
}

func TestCookieFlags(t *testing.T) {
	for baseURL, prefix := range map[string]string{"": "", "http://shop.example": "", "https://shop.example": "__Host-"} {
		sh := small(t, base(baseURL))
		sh.Echo.POST("/all", func(c echo.Context) error {
			SetVisitorToken(c, "v1")
			SetScheme(c, "dark")
			Flash(c, "ok", "error.form")
			return Session(c).SignInCustomer(1, 1)
		})
		w := sh.ask("POST", "/all", "", own, "Host: shop.example")
		want(t, "cookies set", len(w.Result().Cookies()), 4)
		for _, c := range w.Result().Cookies() {
			line := baseURL + " " + c.Name
			if !strings.HasPrefix(c.Name, prefix) || c.Name == prefix {
				t.Errorf("%s has not the prefix %q", line, prefix)
			}
			want(t, line+" Secure", c.Secure, prefix != "")
			want(t, line+" HttpOnly", c.HttpOnly, true)
			want(t, line+" SameSite", c.SameSite, http.SameSiteLaxMode)
			want(t, line+" Path", c.Path, "/")
			want(t, line+" Domain", c.Domain, "")
		}
		want(t, "visitor's age", cookieOf(w, prefix+"visitor").MaxAge, 180*24*3600)
	}
}

func TestNoticeTravelsOneRedirect(t *testing.T) {
	sh := small(t)
	sh.Echo.POST("/add", func(c echo.Context) error {
		Flash(c, "ok", "web.errors.title", "count", 2)
		Flash(c, "warn", "error.code", "code", "<b>")
		return Redirect(c, "/")
	})
	w := sh.ask("POST", "/zh/add", "", own)
	want(t, "redirect", w.Header().Get("Location"), "/zh/")
	k := cookieOf(w, "flash").Value
	next := sh.ask("GET", "/zh/", "", "Cookie: flash="+k)
	for _, part := range []string{`<p class="ok">有 2 处需要修改</p>`, `<p class="warn">代码 &lt;b&gt;</p>`} {
		if !strings.Contains(next.Body.String(), part) {
			t.Errorf("%s is not in %s", part, next.Body)
		}
	}
	want(t, "the cookie goes", cookieOf(next, "flash").MaxAge, -1)
	if forged := sh.ask("GET", "/", "", "Cookie: flash="+k[:len(k)-2]+"AA"); strings.Contains(forged.Body.String(), `class="ok"`) {
		t.Error("a forged notice was shown")
	}
}

func TestSignOutInAnotherTabStays(t *testing.T) {
	sh := small(t)
	signInRoutes(sh)
	token := "Cookie: session=" + cookieOf(sh.ask("POST", "/in", "", own), "session").Value
	sh.Echo.GET("/slow", func(c echo.Context) error {
		sh.ask("POST", "/out", "", own, token) // while this page is being made
		return c.String(200, "")
	})
	sh.now = sh.now.Add(2 * time.Hour) // the use is due to be noted
	if c := cookieOf(sh.ask("GET", "/slow", "", token), "session"); c != nil {
		t.Errorf("the slow page set the session cookie again: %v", c)
	}
	want(t, "rows", sh.sessionRows(), 0)
}
