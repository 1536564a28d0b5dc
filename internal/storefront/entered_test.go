package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// What forms of the shop ask of a person, as each names it.
var (
	typedOnce = map[string]string{"email": "ann@example.com", "name": "Ann Lee", "phone": "030 1234567", "country": "DE",
		"line1": "1 Road", "line2": "Yard", "city": "Berlin", "region": "BE", "postcode": "10115"}
	whole = []string{"name", "phone", "country", "line1", "line2", "city", "region", "postcode"}
)

// asks is a form: where it stands, what it asks, and what else it wants.
type asks struct {
	name, page, action string
	fields             []string
	also               []string
}

var (
	atCheckout  = asks{"checkout", "/checkout", "/checkout", append([]string{"email"}, whole...), []string{"delivery", "standard", "payment", "test"}}
	atContact   = asks{"contact", "/contact", "/contact", []string{"email", "name"}, []string{"body", "Is it warm?"}}
	atQuestion  = asks{"question", "/p/calm-bottle", "/p/calm-bottle/questions", []string{"email", "name"}, []string{"body", "Is it warm?"}}
	atDetails   = asks{"details", "/account/details", "/account/details", []string{"name", "phone", "country"}, nil}
	atAddresses = asks{"addresses", "/account/addresses", "/account/addresses", whole, nil}
	atSignUp    = asks{"sign-up", "/signup", "", []string{"email", "name"}, nil}
	atFind      = asks{"find", "/orders", "", []string{"email", "postcode"}, nil}
)

// fields of the address that the list of addresses shows as a row, and its form
// for another one does not repeat.
var ofAddress = map[string]bool{"line1": true, "line2": true, "city": true, "region": true, "postcode": true}

func (a asks) fill(t *testing.T, b *shoptest.Browser, more ...string) {
	t.Helper()
	if a.name == "checkout" {
		b.Post("/cart/items", "sku", "BK01")
	}
	pairs := append([]string{}, a.also...)
	for _, f := range a.fields {
		pairs = append(pairs, f, typedOnce[f])
	}
	if p := b.Submit(b.Get(a.page), a.action, append(pairs, more...)...); p.Status != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", a.name, p.Status, p.Text())
	}
}

// shows reads what a form is filled in with.
func (a asks) shows(t *testing.T, b *shoptest.Browser, field string) string {
	t.Helper()
	if a.name == "checkout" {
		b.Post("/cart/items", "sku", "BK02")
	}
	page := b.Get(a.page)
	if a.name == "addresses" && ofAddress[field] {
		if strings.Contains(page.Text(), typedOnce[field]) {
			return typedOnce[field]
		}
		return ""
	}
	for _, form := range page.All("form") {
		if v := shoptest.FormValues(form); v.Has(field) && shoptest.Attr(form, "method") == "post" {
			return v.Get(field)
		}
	}
	t.Fatalf("%s has no %s", a.page, field)
	return ""
}

// A field given in one place is filled in in each of the others that ask for
// it, for somebody signed in.
func TestWhatIsEnteredOnceIsFilledInEverywhere(t *testing.T) {
	places := []asks{atCheckout, atContact, atQuestion, atDetails, atAddresses}
	for _, from := range places {
		t.Run(from.name, func(t *testing.T) {
			s := shoptest.New(t, dbtest.SQLite(t))
			typedOnce["email"] = shoptest.Student // what an account is known by
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				return tx.Query(ctx).Exec("UPDATE customers SET name = '', country = '' WHERE email = ?", shoptest.Student).Error
			})
			b := s.SignedIn(shoptest.Student)
			from.fill(t, b)
			for _, to := range places {
				for _, field := range to.fields {
					given := false
					for _, f := range from.fields {
						given = given || f == field
					}
					if got := to.shows(t, b, field); given && got != typedOnce[field] {
						t.Errorf("%s → %s: %s is %q", from.name, to.name, field, got)
					}
				}
			}
		})
	}
}

// The same for a guest in the same browser, if they ticked that they want it,
// and only then.
func TestAGuestIsRememberedByTheBrowserThatWasAskedTo(t *testing.T) {
	for _, from := range []asks{atCheckout, atContact, atQuestion} {
		t.Run(from.name, func(t *testing.T) {
			s := shoptest.New(t, dbtest.SQLite(t))
			typedOnce["email"] = "ann@example.com"
			quiet, b := s.Browser(), s.Browser()
			from.fill(t, quiet)
			if from.name == "question" { // has no box: it goes on with what another form began
				b.Submit(b.Get("/contact"), "/contact", "name", "Ann", "email", "old@example.com", "body", "Hello", "remember", "on")
			}
			from.fill(t, b, "remember", "on")
			if s.Count("SELECT count(*) FROM remembered") != 1 {
				t.Fatal("what nobody asked for is remembered")
			}
			for _, to := range []asks{atCheckout, atContact, atQuestion, atSignUp, atFind} {
				for _, field := range to.fields {
					for _, f := range from.fields {
						if f != field {
							continue
						}
						if got := to.shows(t, b, field); got != typedOnce[field] {
							t.Errorf("%s → %s: %s is %q", from.name, to.name, field, got)
						}
						if got := to.shows(t, quiet, field); got == typedOnce[field] && to.name != "checkout" { // there the cart knows the address, for its order
							t.Errorf("%s → %s: %s is filled in unasked", from.name, to.name, field)
						}
					}
				}
			}
			if text := b.Get("/privacy").Text(); !strings.Contains(text, "Ann Lee") {
				t.Error("the privacy page does not say what is remembered")
			}
			b.Submit(b.Get("/privacy"), "/privacy/forget")
			if got := atContact.shows(t, b, "name"); got != "" || s.Count("SELECT count(*) FROM remembered") != 0 {
				t.Errorf("forgotten, and %q is filled in", got)
			}
			atContact.fill(t, b, "remember", "on")
			atContact.fill(t, b) // the box comes ticked; a form without it is a no
			b.Submit(b.Get("/contact"), "/contact", "body", "Again", "remember", "")
			if s.Count("SELECT count(*) FROM remembered WHERE name <> ''") != 0 {
				t.Error("unticked, and still remembered")
			}
		})
	}
}

// An order's account begins with what the order was told.
func TestAnAccountFromAnOrderKnowsWhatTheOrderWasTold(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	status := b.Follow(b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "paid"))
	b.Submit(status, formTo(t, status, "/account"), "password", "three words long")
	if n := s.Count("SELECT count(*) FROM customers c JOIN addresses a ON a.customer_id = c.id WHERE c.email = 'guest@example.com' AND c.country <> '' AND a.line1 <> ''"); n != 1 {
		t.Errorf("%d addresses came along", n)
	}
}

// What forms were told never overwrites what the account says: a parcel may go
// to somebody else.
func TestAParcelForSomebodyElseChangesNobodysName(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	typedOnce["email"] = shoptest.Student
	b := s.SignedIn(shoptest.Student)
	atCheckout.fill(t, b)
	if got := atDetails.shows(t, b, "name"); got != "Chen Yu" {
		t.Errorf("the account is now called %q", got)
	}
	if got := atCheckout.shows(t, b, "name"); got != "Ann Lee" {
		t.Errorf("the parcel's address is for %q", got)
	}
	if got := s.Text("SELECT place FROM profile_facts WHERE fact LIKE 'address:%'"); got != string(customer.AtCheckout) {
		t.Errorf("the address was said at %q", got)
	}
}
