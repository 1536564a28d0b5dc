package outreach_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
)

// product puts one into the shop, made as change says.
func (s *shop) product(code string, change func(*catalog.Draft)) catalog.ProductID {
	s.Helper()
	draft := catalog.Draft{Product: catalog.Product{Code: code, Name: i18n.Text{En: "Fine " + code, Zh: "好" + code}, Published: true},
		Images:   []catalog.Image{{Src: "art:bottle-190--BB01"}},
		Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 2000}}}}}
	if change != nil {
		change(&draft)
	}
	var id catalog.ProductID
	s.tx(func(tx *db.Tx) error {
		made, _, variants, err := catalog.Put(ctx, tx, draft, monday)
		id, s.variants[code] = made, variants[code]
		return err
	})
	return id
}

// The week's specials go out once a week, at the shop's hour, to who asked for
// them and allows offers, and to guests only after the link; never the same
// set to a person twice; with fewer than three things nobody is written to.
func TestSpecialsOfTheWeek(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("specials.day", "wed")
		s.set("specials.hour", "11")
		for _, code := range []string{"CUP", "PLATE", "SPOON"} {
			s.product(code, nil)
		}
		offers := func(f *customer.SignUpForm) { f.MailOffers = true }
		ann, bob := s.account("ann@mail.test", offers), s.account("bob@mail.test", nil)
		s.account("cleo@mail.test", offers) // allows offers, asked for no specials
		s.tx(func(tx *db.Tx) error {
			for _, p := range []*customer.Person{ann, bob} {
				if err := outreach.Subscribe(ctx, tx, p.Customer.Email, outreach.Specials, true, monday); err != nil {
					return err
				}
			}
			return nil
		})
		token := ""
		s.tx(func(tx *db.Tx) (err error) {
			if err := outreach.AskForSpecials(ctx, tx, nil, "dora@mail.test", "checkout", i18n.Chinese, monday); err != nil {
				return err
			}
			if err := outreach.AskForSpecials(ctx, tx, nil, "ed@mail.test", "checkout", i18n.English, monday); err != nil {
				return err
			}
			token, err = customer.AskToConfirm(ctx, tx, customer.Ask{EmailKey: "dora@mail.test", Purposes: []customer.Purpose{customer.MailOffers}, Source: "checkout", Lang: i18n.Chinese}, monday)
			return err
		})
		s.tx(func(tx *db.Tx) error {
			a, err := customer.Confirm(ctx, tx, token, monday.Add(hour))
			if err != nil {
				return err
			}
			return outreach.Confirmed(ctx, tx, a, monday.Add(hour))
		})
		s.hourly("specials", monday, 21)
		when := map[string][]string{}
		for _, m := range s.decisions() {
			if m.State == outreach.Sent {
				when[m.Email] = append(when[m.Email], m.SentAt.UTC().Format("01-02 15"))
			} else if m.Email == "bob@mail.test" && m.Reason != "no-consent" || m.Email != "bob@mail.test" && m.Reason != "too-few" {
				t.Errorf("%+v", m)
			}
		}
		// Five things make two sets that are not the same; the third week says nothing.
		want := "map[ann@mail.test:[03-11 11 03-04 11] dora@mail.test:[03-11 11 03-04 11]]"
		if fmt.Sprint(when) != want {
			t.Errorf("%v, want %s", when, want)
		}
		one, two := s.mailsOf("ann@mail.test")[0], s.mailsOf("ann@mail.test")[1]
		if one.Text == two.Text || strings.Count(one.Text, "/p/") != 4 || !strings.Contains(one.Text, "New: in the shop since 2 March 2026") {
			t.Errorf("%s\n%s", one.Text, two.Text)
		}
		if zh := s.mailsOf("dora@mail.test")[0]; !strings.Contains(zh.Text, "本周精选") || strings.Contains(zh.Text, "Chen Yu") {
			t.Errorf("%s", zh.Text)
		}
		// Run again, and for days, it sends nothing more; a link ends it for good.
		s.hourly("specials", monday.AddDate(0, 0, 2), 3)
		if n := len(s.mails()); n != 4 {
			t.Errorf("%d mails", n)
		}
		s.tx(func(tx *db.Tx) error {
			_, err := outreach.Unsubscribe(ctx, tx, link(t, two.Text, "/u/"), false, monday.AddDate(0, 0, 22))
			return err
		})
		s.product("FORK", nil)
		s.product("KNIFE", nil)
		s.hourly("specials", monday.AddDate(0, 0, 22), 14)
		if got := s.mailsOf("ann@mail.test"); len(got) != 2 {
			t.Errorf("%d mails after the stop", len(got))
		}
		if got := s.mailsOf("dora@mail.test"); len(got) != 4 {
			t.Errorf("%d mails to a guest", len(got))
		}
	})
}

// What goes into a mail can be bought at that moment, is nothing lasting that
// its person owns, stands behind what the shop chose by hand, and is reduced
// only where the shop asked more before.
func TestWhatIsSpecial(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		cup := s.product("CUP", func(k *catalog.Draft) { k.Durable = true })
		secret := s.product("PILL", func(k *catalog.Draft) { k.Sensitive = true })
		gone := s.product("PLATE", nil)
		spoon := s.product("SPOON", nil)
		s.product("FORK", nil)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO stock (variant_id, on_hand, reserved, tracked, updated_at) VALUES (?, 0, 0, TRUE, 1)", int64(s.variants["PLATE"])).Error
		})
		week := "2026-W10"
		s.tx(func(tx *db.Tx) error {
			return outreach.PutSpecialPicks(ctx, tx, week, []catalog.ProductID{spoon, secret, cup, gone})
		})
		ann := s.account("ann@mail.test", func(f *customer.SignUpForm) { f.Personalize, f.History = true, true })
		codes := func(c *customer.Customer) (all []string) {
			picks, err := s.desk.PreviewSpecials(ctx, week, "default", c, monday)
			s.must(err)
			for _, p := range picks {
				all = append(all, p.Card.Code)
			}
			return all
		}
		if got := codes(nil); !slices.Equal(got, []string{"SPOON", "CUP", "BOTTLE", "BIB"}) {
			t.Errorf("%v", got)
		}
		s.tx(func(tx *db.Tx) error {
			id, external := ann.Customer.ID, "cup"
			o := order.Order{ExternalID: &external, CustomerID: &id, Currency: "USD", Total: 2000, TaxIncluded: true, State: order.Completed, PaymentState: order.Paid,
				DeliveryState: order.Delivered, PlacedAt: db.At(monday.AddDate(0, -1, 0)), PaidAt: db.At(monday), ClosedAt: db.At(monday), Imported: true}
			return order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{{ProductID: cup, VariantID: s.variants["CUP"], SKU: "CUP", Qty: 1, Total: 2000}}})
		})
		if got := codes(ann.Customer); !slices.Equal(got, []string{"SPOON", "BOTTLE", "BIB", "FORK"}) {
			t.Errorf("who owns the cup: %v", got)
		}
	})
}

// The specials go through all who asked in batches, and go on where they
// stopped.
func TestSpecialsGoOnWhereTheyStopped(t *testing.T) {
	d := dbtest.SQLite(t)
	s := open(t, d)
	s.tx(func(tx *db.Tx) error {
		for i := range 1200 {
			if err := outreach.Prefer(ctx, tx, fmt.Sprintf("p%04d@mail.test", i), outreach.Preference{On: []outreach.Topic{outreach.Specials}, Hour: outreach.AnyHour}, monday); err != nil {
				return err
			}
		}
		return nil
	})
	friday := time.Date(2026, 3, 6, 10, 0, 0, 0, time.UTC)
	if n, err := outreach.Asked(ctx, d, outreach.Specials); err != nil || n != 1200 {
		t.Fatal(n, err)
	}
	_ = s.desk.SendSpecials(&counted{ctx, 700}, friday)
	var after []string
	s.must(d.Query(ctx).Raw("SELECT after_key FROM special_weeks WHERE done_at = 0").Scan(&after).Error)
	if len(after) != 1 {
		t.Fatalf("the first sweep was not cut short: %v", after)
	}
	s.run("specials", friday.Add(time.Minute))
	sums, err := outreach.SpecialsSums(ctx, d, monday)
	s.must(err)
	if len(sums) != 1 || sums[0].Count != 1200 || sums[0].Week != "2026-W10" || sums[0].Reason != "too-few" {
		t.Errorf("%+v", sums)
	}
	s.must(d.Query(ctx).Raw("SELECT after_key FROM special_weeks WHERE done_at > 0").Scan(&after).Error)
	if len(after) != 1 || after[0] != "" {
		t.Errorf("an address stays behind: %q", after)
	}
}

// counted is a context that ends once it was asked so often.
type counted struct {
	context.Context
	left int
}

func (c *counted) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return c.Context.Err()
}
