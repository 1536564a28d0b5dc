package staff_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/staff"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

// What each role reaches, as the shop's rules put it: w works there, r only
// reads. The owner works everywhere.
var reach = map[staff.Role]string{
	staff.Merchant: "products:w orders:w promotions:w stock:w questions:w customers:r mail:w chains:w",
	staff.Marketer: "customers:r segments:w homepages:w chains:w abandonment:w messages:w experiments:w promotions:w mail:r",
	staff.Support:  "customers:w orders:w questions:w messages:r mail:w",
	staff.Analyst:  "abandonment:r segments:r chains:r experiments:r",
}

var rooms = strings.Fields("products orders promotions stock customers segments homepages chains abandonment messages experiments questions settings audit mail")

func TestEveryRoleReachesItsRoomsAndNoOthers(t *testing.T) {
	for _, role := range staff.Roles {
		for _, room := range rooms {
			read := role == staff.Owner || strings.Contains(reach[role]+" ", room+":")
			write := role == staff.Owner || strings.Contains(reach[role]+" ", room+":w ")
			for _, path := range []string{"/admin/" + room, "/admin/" + room + "/", "/admin/" + room + "/7/edit"} {
				for method, want := range map[string]bool{"GET": read, "HEAD": read, "POST": write, "PUT": write, "DELETE": write, "get": write} {
					if got := staff.Allowed(role, method, path); got != want {
						t.Errorf("%s %s %s: %v, want %v", role, method, path, got, want)
					}
				}
			}
			if staff.May(role, staff.Permission(room+".read")) != read || staff.May(role, staff.Permission(room+".write")) != write {
				t.Errorf("%s in %s: permissions and routes disagree", role, room)
			}
		}
		if !staff.Allowed(role, "GET", "/admin") {
			t.Errorf("%s cannot enter at all", role)
		}
		for _, a := range staff.Menu(role) {
			if !staff.Allowed(role, "GET", a.Path) {
				t.Errorf("%s is shown %s and may not go there", role, a.Path)
			}
			for _, l := range i18n.Langs {
				if !i18n.Has(l, "staff.area."+a.Name) {
					t.Errorf("staff.area.%s lacks %s", a.Name, l)
				}
			}
		}
	}
}

func TestPathsThatPretend(t *testing.T) {
	for _, path := range []string{"/admin/mail/../settings", "/admin//settings", "/admin/ordersecret", "/admin/nowhere", "/administrator", "/", "", "/admin/orders\\..\\settings"} {
		if staff.Allowed(staff.Merchant, "GET", path) {
			t.Errorf("a merchant got to %q", path)
		}
	}
	for _, role := range []staff.Role{"", "Owner", "root"} {
		if staff.Allowed(role, "GET", "/admin") || staff.May(role, "orders.read") {
			t.Errorf("role %q passes", role)
		}
	}
	for _, p := range []staff.Permission{"orders", "orders.", "orders.delete", "nowhere.read", ""} {
		if staff.May(staff.Owner, p) {
			t.Errorf("there is no permission %q", p)
		}
	}
}

// door stands for customer.Hasher, which has its own tests: staff sits on the
// same floor and sees it only as an interface.
type door struct{ tries, forgiven int }

func (d *door) Admit(context.Context, *db.DB, string, string, time.Time) error { d.tries++; return nil }
func (d *door) Forgive(context.Context, *db.DB, string, string, time.Time) error {
	d.forgiven++
	return nil
}
func (d *door) Verify(_ context.Context, hash, password string) (bool, error) {
	return hash != "" && hash == "hash of "+password, nil
}

func add(d *db.DB, email string, role staff.Role) (*staff.Staff, error) {
	var s *staff.Staff
	err := d.InTx(ctx, func(tx *db.Tx) (err error) {
		s, err = staff.Add(ctx, tx, email, "Rosa", role, "hash of pass", now)
		return err
	})
	return s, err
}

func TestStaffComeGoAndSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rosa, err := add(d, " Rosa@shop.example", staff.Merchant)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := add(d, "rosa@SHOP.example", staff.Owner); !errors.Is(err, fault.Conflict) {
			t.Errorf("the same address again: %v", err)
		}
		if _, err := add(d, "no address", "boss"); len(fault.Fields(err)) != 2 {
			t.Errorf("wrong address and role: %v", err)
		}
		at := &door{}
		if s, err := staff.SignIn(ctx, d, at, "ROSA@shop.example", "pass", "10.0.0.1", now); err != nil || s.ID != rosa.ID || at.forgiven != 1 {
			t.Errorf("right password: %v %v", s, err)
		}
		if _, err := staff.SignIn(ctx, d, at, "rosa@shop.example", "guess", "10.0.0.1", now); !errors.Is(err, fault.Invalid) || at.tries != 2 || at.forgiven != 1 {
			t.Errorf("wrong password: %v", err)
		}
		if _, err := staff.SignIn(ctx, d, at, "shopper@shop.example", "pass", "10.0.0.1", now); !errors.Is(err, fault.NotFound) || at.tries != 2 {
			t.Errorf("a shopper's address must cost nothing here: %v", err)
		}
		change := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.InTx(ctx, fn); err != nil {
				t.Fatal(err)
			}
		}
		change(func(tx *db.Tx) error { return staff.SetPassword(ctx, tx, rosa.ID, "hash of other", now) })
		if s, _ := staff.ByID(ctx, d, rosa.ID); s == nil || s.Epoch != rosa.Epoch+1 {
			t.Error("sessions outlive a changed password")
		}
		change(func(tx *db.Tx) error { return staff.SetActive(ctx, tx, rosa.ID, false, now) })
		if _, err := staff.ByID(ctx, d, rosa.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("switched off, still here: %v", err)
		}
		if _, err := staff.SignIn(ctx, d, at, "rosa@shop.example", "other", "10.0.0.1", now); !errors.Is(err, fault.Invalid) {
			t.Errorf("switched off, still signs in: %v", err)
		}
		change(func(tx *db.Tx) error {
			return staff.Note(ctx, tx, rosa.ID, "product.price", "BB01", strings.Repeat("长", 5000), now)
		})
		if log, err := staff.Audit(ctx, d, 0, 10); err != nil || len(log) != 1 || log[0].Email != "Rosa@shop.example" || log[0].Subject != "BB01" {
			t.Errorf("the audit: %+v %v", log, err)
		}
		if all, err := staff.List(ctx, d); err != nil || len(all) != 1 {
			t.Errorf("list: %v %v", all, err)
		}
	})
}

func TestOneOwnerAlwaysStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, err1 := add(d, "first@shop.example", staff.Owner)
		second, err2 := add(d, "second@shop.example", staff.Owner)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for _, s := range []*staff.Staff{first, second} {
			wg.Go(func() {
				err := d.InTx(ctx, func(tx *db.Tx) error { return staff.SetActive(ctx, tx, s.ID, false, now) })
				if err != nil && !errors.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var n int
		d.Query(ctx).Raw("SELECT count(*) FROM staff WHERE active = TRUE").Scan(&n)
		if n != 1 {
			t.Errorf("two owners switched each other off at once: %d are left, want 1", n)
		}
	})
}
