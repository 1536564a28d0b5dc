package person_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/person"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

// shop is a database with a few people, and what tests do to it.
type shop struct {
	t *testing.T
	d *db.DB
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) tx(do func(tx *db.Tx) error) {
	s.t.Helper()
	s.must(s.d.InTx(ctx, do))
}

func (s *shop) person(email, name, phone string) (k *customer.Customer) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) (err error) {
		if k, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: name, Lang: i18n.English}, now); err != nil {
			return err
		}
		return customer.SetProfile(ctx, tx, k.ID, customer.Profile{Name: name, Phone: phone}, now)
	})
	return k
}

// order places one for an account, or for a guest.
func (s *shop) order(owner *customer.Customer, email, name, phone string, at time.Time) *order.Order {
	s.t.Helper()
	o := &order.Order{PlaceKey: fmt.Sprintf("%s-%d-%s", email, at.UnixNano(), phone), Email: email, Name: name, Phone: phone, Currency: "USD", Subtotal: 1000, Total: 1000}
	if owner != nil {
		o.CustomerID = &owner.ID
	}
	s.tx(func(tx *db.Tx) error {
		_, err := order.Create(ctx, tx, o, nil, func(n string) string { return n }, at)
		return err
	})
	return o
}

// found are the people that a search leads to: addresses, guests in brackets.
func (s *shop) found(text string) (who []string) {
	s.t.Helper()
	f, err := person.Find(ctx, s.d, person.Read(text))
	s.must(err)
	for _, id := range f.Customers {
		k, err := customer.ByID(ctx, s.d, id)
		s.must(err)
		who = append(who, k.Email)
	}
	for _, g := range f.Guests {
		who = append(who, fmt.Sprintf("(%s %d)", g.Email, g.Orders))
	}
	slices.Sort(who)
	return who
}

func TestPeopleAreFoundByWhatStaffAreTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &shop{t, d}
		anna := s.person("anna.muller@mail.example", "Anna-Lena Müller", "+49 170 555 0147")
		s.person("wang@mail.example", "王小明", "138 0013 8000")
		s.person("anders@mail.example", "Anders Åkesson", "")
		hers := s.order(anna, "anna.muller@mail.example", "Anna Müller", "+49 30 123 4567", now)
		s.order(nil, "Guest@mail.example", "José Núñez", "(555) 010-9999", now)
		again := s.order(nil, "guest@mail.example", "J. Nunez", "", now.Add(time.Hour))
		rows := map[string][]string{
			"anna.muller@mail.example": {"anna.muller@mail.example"},
			"ANNA.M":                   {"anna.muller@mail.example"},
			"an":                       {"anders@mail.example", "anna.muller@mail.example"},
			"muller":                   {"anna.muller@mail.example"},
			"lena mü":                  {"anna.muller@mail.example"},
			"mull ann":                 {"anna.muller@mail.example"},
			"uller":                    nil,
			"akesson":                  {"anders@mail.example"},
			"王":                        {"wang@mail.example"},
			"小明":                       {"wang@mail.example"},
			"王 小明":                     {"wang@mail.example"},
			"13800138000":              {"wang@mail.example"},
			"8000":                     {"wang@mail.example"},
			"+86 138-0013-8000":        {"wang@mail.example"},
			"0170 5550147":             {"anna.muller@mail.example"},
			"0049 (0)170 555 01 47":    {"anna.muller@mail.example"},
			"５５５０１４７":                  {"anna.muller@mail.example"},
			"030 1234567":              {"anna.muller@mail.example"}, // the telephone of her order
			"0171 5550147":             nil,
			"0147":                     {"anna.muller@mail.example"},
			"555 010 9999":             {"(guest@mail.example 1)"},
			"guest@":                   {"(guest@mail.example 2)"},
			"nunez":                    {"(guest@mail.example 2)"},
			"nuñez jos":                {"(Guest@mail.example 1)"},
			hers.Number:                {"anna.muller@mail.example"},
			again.Number[:4] + "-" + again.Number[4:]: {"(guest@mail.example 1)"},
			anna.Number: {"anna.muller@mail.example"},
			"":          nil, "%": nil, "_": nil, "'": nil, "999": nil,
		}
		rows["555 010 9999"] = []string{"(Guest@mail.example 1)"}
		for _, when := range []string{"before anybody followed", "after"} {
			for text, want := range rows {
				if got := s.found(text); !slices.Equal(got, want) {
					t.Errorf("%s: %q finds %v, want %v", when, text, got, want)
				}
			}
			s.must(person.Follow(ctx, d))
		}
		keys := func() (n int) {
			s.must(d.Query(ctx).Raw("SELECT (SELECT count(*) FROM customer_keys) + (SELECT count(*) FROM order_keys)").Scan(&n).Error)
			return n
		}
		had := keys()
		s.must(person.Follow(ctx, d))
		if keys() != had || had == 0 {
			t.Errorf("%d keys became %d", had, keys())
		}
		s.tx(func(tx *db.Tx) error {
			return customer.SetProfile(ctx, tx, anna.ID, customer.Profile{Name: "Anna Schmidt", Phone: "030 998 877"}, now.Add(time.Minute))
		})
		for range 2 {
			if !slices.Equal(s.found("schmidt"), []string{"anna.muller@mail.example"}) {
				t.Error("a new name does not find at once")
			}
			s.must(person.Follow(ctx, d))
		}
		if got := s.found("0170 5550147"); got != nil {
			t.Errorf("a number given up still finds %v", got)
		}
		s.tx(func(tx *db.Tx) error {
			return customer.Erase(ctx, tx, anna.ID, now.Add(2*time.Minute), person.Forget, order.Forget)
		})
		s.must(person.Follow(ctx, d))
		for _, text := range []string{"anna", "schmidt", hers.Number, anna.Number, "030 1234567"} {
			if got := s.found(text); got != nil {
				t.Errorf("%q finds %v, who is gone", text, got)
			}
		}
	})
}
