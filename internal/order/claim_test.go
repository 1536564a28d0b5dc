package order

import (
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

func TestOnlyAProvedAddressClaimsItsOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		place := func(key, email string, simulated bool) *Order {
			o := blank(key)
			o.Email, o.Simulated = email, simulated
			in(t, d, func(tx *db.Tx) error {
				_, err := Create(ctx, tx, o, []Line{a}, HashAccess, now)
				return err
			})
			return o
		}
		account := func(email string, verified bool) (k *customer.Customer) {
			in(t, d, func(tx *db.Tx) (err error) {
				k, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Verified: verified}, now)
				return err
			})
			return k
		}
		claim := func(email string, id customer.ID) (n int) {
			in(t, d, func(tx *db.Tx) (err error) { n, err = Claim(ctx, tx, email, id); return err })
			return n
		}
		mine := place("one", "Li@Mail.example", false)
		place("two", "li@mail.example", true) // of a simulated person: never a real one's
		place("three", "", false)
		place("four", "other@mail.example", false)
		typed, li, other := account("Bo@mail.example", false), account("li@mail.example", true), account("other@mail.example", true)
		place("five", "bo@mail.example", false)
		for what, n := range map[string]int{
			"an address nobody proved":          claim("bo@mail.example", typed.ID),
			"somebody else's address":           claim("li@mail.example", other.ID),
			"no address":                        claim("", li.ID),
			"an account that is not there":      claim("li@mail.example", 999),
			"a pattern instead of an address":   claim("%@mail.example", li.ID),
			"somebody else's, proved by nobody": claim("li@mail.example", typed.ID),
		} {
			if n != 0 {
				t.Errorf("%s claims %d orders", what, n)
			}
		}
		if n := claim(" LI@mail.example ", li.ID); n != 1 {
			t.Errorf("the owner claims %d orders, want 1", n)
		}
		if o, err := ByID(ctx, d, mine.ID); err != nil || o.CustomerID == nil || *o.CustomerID != li.ID {
			t.Errorf("%+v, %v", o, err)
		}
		if n := claim("li@mail.example", li.ID); n != 0 {
			t.Errorf("asked again: %d", n)
		}
	})
}

func TestAForgottenOrderKeepsItsBooks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		var li *customer.Customer
		in(t, d, func(tx *db.Tx) (err error) {
			li, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: "li@mail.example", Verified: true}, now)
			return err
		})
		place := func(key, email string, owner *customer.ID) ID {
			o := blank(key)
			o.Email, o.CustomerID, o.Country, o.Name, o.Phone, o.Line1, o.Line2, o.City, o.Region, o.Postcode = email, owner, "DE", "Li Na", "+49 30 1", "Bank Street 1", "c/o Bo", "Berlin", "BE", "10115"
			in(t, d, func(tx *db.Tx) error {
				_, err := Create(ctx, tx, o, []Line{a}, HashAccess, now)
				return err
			})
			return o.ID
		}
		own, guest, gift, theirs := place("own", "li@mail.example", &li.ID), place("guest", "Li@mail.example", nil), place("gift", "elsewhere@mail.example", &li.ID), place("theirs", "bo@mail.example", nil)
		in(t, d, func(tx *db.Tx) error {
			if _, err := walk(tx, own, PaymentAxis, string(Paid), "payment"); err != nil {
				return err
			}
			return Forget(ctx, tx, li.ID, "Li@mail.example", now)
		})
		for _, id := range []ID{own, guest, gift} {
			o, err := ByID(ctx, d, id)
			if err != nil || o.Email+o.Name+o.Phone+o.Line1+o.Line2+o.City+o.Region+o.Postcode != "" || o.Country != "DE" || o.Total != 1000 {
				t.Errorf("%+v, %v", o, err)
			}
			past, err := Past(ctx, d, id)
			if flagged := past[len(past)-1].Note != ""; err != nil || flagged != (id == own) {
				t.Errorf("order %d: %+v, %v", id, past, err)
			}
		}
		if o, err := ByID(ctx, d, theirs); err != nil || o.Name != "Li Na" {
			t.Errorf("somebody else's order: %+v, %v", o, err)
		}
	})
}
