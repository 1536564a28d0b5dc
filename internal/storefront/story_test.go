package storefront_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// address is what a guest types at checkout.
var address = []string{"email", "guest@example.com", "name", "Guest Person", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "92501"}

// toGateway puts a bottle into the cart and places the order.
func toGateway(t *testing.T, b *shoptest.Browser, prefix string) *shoptest.Page {
	t.Helper()
	product := b.Get(prefix + "/p/calm-bottle?size=240&colour=aqua")
	added := b.Submit(product, prefix+"/cart/items", "qty", "2")
	if added.Status != http.StatusSeeOther || added.Location != prefix+"/cart" {
		t.Fatalf("adding: %d to %q: %s", added.Status, added.Location, added.Text())
	}
	checkout := b.Get(prefix + "/checkout")
	placed := b.Submit(checkout, prefix+"/checkout", address...)
	if placed.Status != http.StatusSeeOther || !strings.HasPrefix(placed.Location, prefix+"/gateway/test/") {
		t.Fatalf("placing: %d to %q: %s", placed.Status, placed.Location, placed.Text())
	}
	return b.Follow(placed)
}

func TestGuestBuysABottle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		for _, prefix := range []string{"", "/zh"} {
			b := s.Browser()
			gateway := toGateway(t, b, prefix)
			paid := b.Submit(gateway, prefix+"/gateway/test/", "outcome", "paid")
			status := b.Follow(paid)
			if status.Status != http.StatusOK || len(status.All("span.tag-ok")) != 1 {
				t.Fatalf("%s status page: %d %s", prefix, status.Status, status.Text())
			}
			if !strings.Contains(status.Text(), "1 Bank Street") || !strings.Contains(status.Text(), "32.20") {
				t.Errorf("the status page misses address or total (2 × 14.00 + 4.20): %s", status.Text())
			}
			if again := b.Submit(gateway, prefix+"/gateway/test/", "outcome", "declined"); again.Location != paid.Location {
				t.Errorf("news that comes too late leads to %d %q", again.Status, again.Location)
			}
			if cart := b.Get(prefix + "/cart"); len(cart.All("li.line")) != 0 {
				t.Error("the cart is not empty after the order")
			}
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE payment_state = 'paid'"); n != 2 {
			t.Errorf("%d paid orders, want 2", n)
		}
		s.RunJobs()
		if n := len(s.Letters()); n != 4 {
			t.Errorf("%d mails, want one confirmation an order and one for the shop", n)
		}
	})
}

func TestDeclinedPaymentIsTriedAgain(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	declined := b.Follow(b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "declined"))
	if len(declined.All("span.tag-error")) != 1 {
		t.Fatalf("the page does not say that it was declined: %s", declined.Text())
	}
	again := b.Submit(declined, "/orders/")
	if !strings.HasPrefix(again.Location, "/gateway/test/") {
		t.Fatalf("paying again leads to %d %q", again.Status, again.Location)
	}
	paid := b.Follow(b.Submit(b.Follow(again), "/gateway/test/", "outcome", "paid"))
	if len(paid.All("span.tag-ok")) != 1 {
		t.Errorf("not paid at the second try: %s", paid.Text())
	}
	if n := s.Count("SELECT count(*) FROM orders"); n != 1 {
		t.Errorf("%d orders, want 1", n)
	}
}

func TestPaymentConfirmedLater(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	status := b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "later")
	waiting := b.Follow(status)
	if len(waiting.All("meta[http-equiv=refresh]")) != 1 || strings.Contains(waiting.Main(), "/payments") {
		t.Fatalf("the page neither refreshes nor waits: %s", waiting.Text())
	}
	s.RunJobs()
	if paid := b.Follow(status); len(paid.All("span.tag-ok")) != 1 || len(paid.All("meta[http-equiv=refresh]")) != 0 {
		t.Errorf("not paid after the provider's word: %s", paid.Text())
	}
}

func TestSameFormTwiceIsOneOrder(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK01")
	page := b.Get("/checkout")
	first, second := b.Submit(page, "/checkout", address...), b.Submit(page, "/checkout", address...)
	if first.Status != http.StatusSeeOther || first.Location != second.Location {
		t.Errorf("first %d %q, second %d %q", first.Status, first.Location, second.Status, second.Location)
	}
	other := b.Submit(page, "/checkout", append(slices.Clone(address), "name", "Somebody Else")...)
	if other.Status != http.StatusConflict {
		t.Errorf("the same key for another form: %d, want 409", other.Status)
	}
	if n := s.Count("SELECT count(*) FROM orders"); n != 1 {
		t.Errorf("%d orders, want 1", n)
	}
}

func TestCheckoutKeepsWhatWasTyped(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK01")
	page := b.Get("/checkout")
	wrong := b.Submit(page, "/checkout", "email", "guest@example.com", "name", "王 <b>", "country", "US", "phone", "12", "coupon", "NOPE", "mail_ok", "on")
	if wrong.Status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d, want 422", wrong.Status)
	}
	if v := shoptest.Attr(wrong.One("input[name=name]"), "value"); v != "王 <b>" {
		t.Errorf("the name came back as %q", v)
	}
	for _, field := range []string{"line1", "city", "phone", "coupon"} {
		wrong.One("p#" + field + "-error")
		wrong.One("a[href=#" + field + "]")
	}
	if s.Text("SELECT email FROM carts") != "guest@example.com" || s.Count("SELECT count(*) FROM carts WHERE mail_ok = TRUE") != 1 {
		t.Error("the address of a failed checkout is not kept with the cart")
	}
	if n := s.Count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("%d orders", n)
	}
	key := shoptest.Attr(page.One("input[name=key]"), "value")
	if v := shoptest.Attr(wrong.One("input[name=key]"), "value"); v != key {
		t.Errorf("the key changed from %q to %q", key, v)
	}
}

func TestPriceChangeIsShownBeforeItIsCharged(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK01")
	page := b.Get("/checkout")
	s.SetPrice("BK01", 3500)
	changed := b.Submit(page, "/checkout", address...)
	if changed.Status != http.StatusConflict || !strings.Contains(changed.Text(), "39.20") {
		t.Fatalf("%d: %s", changed.Status, changed.Text())
	}
	if placed := b.Submit(changed, "/checkout"); placed.Status != http.StatusSeeOther {
		t.Errorf("confirming the new total: %d %s", placed.Status, placed.Text())
	}
	if n := s.Count("SELECT total FROM orders"); n != 3920 {
		t.Errorf("total %d, want 3920", n)
	}
}

func TestCartMergesAtSignIn(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK01", "qty", "2")
	in := b.Post("/signin", "email", shoptest.Student, "password", shoptest.Password, "next", "/cart")
	cart := b.Follow(in)
	if len(cart.All("li.line")) != 1 || len(cart.All("p.notice-info")) != 1 {
		t.Errorf("the guest's line did not come along, or nobody said so: %s", cart.Text())
	}
	elsewhere := s.SignedIn(shoptest.Student)
	if n := len(elsewhere.Get("/cart").All("li.line")); n != 1 {
		t.Errorf("%d lines in another browser of the account, want 1", n)
	}
	if p := b.Submit(elsewhere.Get("/signout"), "/signout"); p.Status != http.StatusSeeOther {
		t.Errorf("signing out: %d", p.Status)
	}
	if p := b.Get("/account"); p.Status != http.StatusSeeOther || p.Location != "/signin?next=%2Faccount" {
		t.Errorf("the account after signing out: %d %q", p.Status, p.Location)
	}
}

func TestCartLinesChangeAndComeBack(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK02", "qty", "3")
	page := b.Get("/cart")
	if v := shoptest.Attr(page.One("input[name=qty]"), "value"); v != "3" {
		t.Errorf("quantity %s, want 3", v)
	}
	removed := b.Submit(page, "/cart/items/", "qty", "0")
	gone := b.Follow(removed)
	if len(gone.All("li.line")) != 0 {
		t.Error("the line is still there")
	}
	if back := b.Follow(b.Submit(gone, "/cart/items")); shoptest.Attr(back.One("li.line"), "class") != "line" {
		t.Error("undo does not bring the line back")
	}
	b.Header.Set("X-Fragment", "cart")
	part := b.Get("/cart")
	if len(part.All("header")) != 0 || len(part.All("div[data-fragment=cart]")) != 1 || len(part.All("span[data-fragment=cart-count]")) != 1 {
		t.Errorf("the fragment is not the cart with its count: %s", part.Body)
	}
}

func TestAddingAnswersThePageScript(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Header.Set("X-Fragment", "buy")
	p := b.Post("/cart/items", "sku", "BK01")
	if p.Status != http.StatusOK || len(p.All("div[data-fragment=buy]")) != 1 || shoptest.Text(p.One("span[data-fragment=cart-count]")) != "1" {
		t.Errorf("%d %s", p.Status, p.Body)
	}
}

func TestAbusedCart(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
	}{
		{"zero", url.Values{"sku": {"BK01"}, "qty": {"0"}}, 422},
		{"negative", url.Values{"sku": {"BK01"}, "qty": {"-1"}}, 422},
		{"huge", url.Values{"sku": {"BK01"}, "qty": {"1000000000"}}, 422},
		{"beyond any number", url.Values{"sku": {"BK01"}, "qty": {"99999999999999999999"}}, 422},
		{"empty", url.Values{"sku": {"BK01"}, "qty": {""}}, 422},
		{"word", url.Values{"sku": {"BK01"}, "qty": {"two"}}, 422},
		{"more than there are", url.Values{"sku": {"BB12"}, "qty": {"4"}}, 409},
		{"sold out", url.Values{"sku": {"TL02"}}, 409},
		{"unknown", url.Values{"sku": {"NO-SUCH"}}, 404},
		{"no sku", url.Values{}, 404},
		{"hostile sku", url.Values{"sku": {"'; DROP TABLE carts; --"}}, 404},
		{"full-width digit", url.Values{"sku": {"BK01"}, "qty": {"１"}}, 303},
		{"repeated", url.Values{"sku": {"BK01"}, "qty": {"1", "50"}}, 303},
		{"with a price of its own", url.Values{"sku": {"BK01"}, "qty": {"1"}, "price": {"1"}}, 303},
	} {
		b := s.Browser()
		p := b.PostForm("/cart/items", c.form)
		if p.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, p.Status, c.status, p.Text())
		}
		if want := map[bool]int{true: 1}[c.status == 303]; len(b.Get("/cart").All("li.line")) != want {
			t.Errorf("%s: the cart does not hold %d lines", c.name, want)
		}
		if c.status == 422 && slices.Contains(b.Cookies(), "visitor") {
			t.Errorf("%s: a refused form made a visitor", c.name)
		}
	}
	if n := s.Count("SELECT count(*) FROM cart_lines WHERE qty > 1"); n != 0 {
		t.Errorf("%d lines hold more than was asked for first", n)
	}
}

func TestOtherPeoplesThings(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	mine, other := s.Browser(), s.SignedIn(shoptest.Student)
	status := mine.Submit(toGateway(t, mine, ""), "/gateway/test/", "outcome", "paid")
	bare, _, _ := strings.Cut(status.Location, "?")
	for _, path := range []string{bare, bare + "?key=forged", bare + "?key=", "/orders/AAAAAAAA?key=x", "/orders/%27%20OR%201=1?key=x"} {
		for _, b := range []*shoptest.Browser{other, s.Browser()} {
			if p := b.Get(path); p.Status != http.StatusNotFound {
				t.Errorf("%s: %d, want 404", path, p.Status)
			}
		}
	}
	mine.Post("/cart/items", "sku", "BK01")
	other.Post("/cart/items", "sku", "BK02")
	line := regexp.MustCompile(`/cart/items/([^"]+)"`).FindStringSubmatch(mine.Get("/cart").Body)[1]
	if p := other.Post("/cart/items/"+line, "qty", "9"); p.Status != http.StatusNotFound {
		t.Errorf("somebody else's line: %d, want 404", p.Status)
	}
	if p := other.Post("/gateway/test/forged", "outcome", "paid"); p.Status != http.StatusNotFound {
		t.Errorf("a forged payment: %d, want 404", p.Status)
	}
	for _, path := range []string{"/r/forged", "/u/forged", "/verify/forged", "/reset/forged", "/team/forged", "/change-email/forged"} {
		if g, p := other.Get(path).Status, other.Post(path, "password", "three words long").Status; g != 404 || p != 404 {
			t.Errorf("%s: GET %d, POST %d, want 404", path, g, p)
		}
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for next, want := range map[string]string{"": "/account", "/cart": "/cart", "/zh/cart": "/zh/cart", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "/%2f/evil.example": "/"} {
		if p := s.Browser().Post("/signin", "email", shoptest.Student, "password", shoptest.Password, "next", next); p.Location != want {
			t.Errorf("next %q leads to %q, want %q", next, p.Location, want)
		}
	}
	if p := s.Browser().Post("/signin", "email", shoptest.Owner, "password", shoptest.Password); p.Location != "/admin" {
		t.Errorf("staff land on %q", p.Location)
	}
	for _, email := range []string{shoptest.Student, "nobody@example.com", shoptest.Owner} {
		p := s.Browser().Post("/signin", "email", email, "password", "wrong password")
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "do not match") {
			t.Errorf("%s with a wrong password: %d %s", email, p.Status, p.Text())
		}
	}
	b := s.Browser()
	b.Stranger = true
	if p := b.Post("/signin", "email", shoptest.Student, "password", shoptest.Password); p.Status != http.StatusForbidden {
		t.Errorf("a form without token and origin: %d, want 403", p.Status)
	}
	if p := b.Submit(b.Get("/signin"), "/signin", "email", shoptest.Student, "password", shoptest.Password); p.Status != http.StatusSeeOther {
		t.Errorf("the form's own token: %d", p.Status)
	}
}

func TestSignUpTellsNobodyWhoShopsHere(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	fresh := s.Browser().Post("/signup", "email", "fresh@example.com", "password", "three words long")
	taken := s.Browser().Post("/signup", "email", shoptest.Student, "password", "three words long")
	if fresh.Status != taken.Status || fresh.Location != taken.Location || fresh.Status != http.StatusSeeOther {
		t.Errorf("fresh %d %q, taken %d %q", fresh.Status, fresh.Location, taken.Status, taken.Location)
	}
	known := s.Browser().Post("/forgot", "email", shoptest.Student)
	unknown := s.Browser().Post("/forgot", "email", "nobody@example.com")
	if known.Status != unknown.Status || known.Location != unknown.Location {
		t.Errorf("forgot: known %d, unknown %d", known.Status, unknown.Status)
	}
	s.RunJobs()
	links := map[string]string{}
	for _, l := range s.Letters() {
		if m := regexp.MustCompile(`http://shop\.example(/(?:zh/)?(?:verify|reset)/[^\s]+)`).FindStringSubmatch(l.Text); m != nil {
			links[l.To] = m[1]
		}
	}
	if len(s.Letters()) != 4 || len(links) != 2 {
		t.Fatalf("%d mails with %d links: want verify, account-exists, reset, no-account", len(s.Letters()), len(links))
	}
	b := s.Browser()
	for to, link := range links {
		page := b.Get(link)
		if page.Status != http.StatusOK {
			t.Fatalf("%s: %d", link, page.Status)
		}
		action := shoptest.Attr(page.All("form[method=post]")[0], "action")
		pairs := []string{}
		if strings.Contains(to, "student") {
			pairs = []string{"password", "another three words"}
		}
		if p := b.Submit(page, action, pairs...); p.Status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", link, p.Status, p.Text())
		}
		if again := b.Get(link); again.Status != http.StatusNotFound {
			t.Errorf("%s a second time: %d, want 404", link, again.Status)
		}
	}
	if p := s.Browser().Post("/signin", "email", shoptest.Student, "password", "another three words"); p.Status != http.StatusSeeOther {
		t.Errorf("the new password: %d", p.Status)
	}
}
