package outreach_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/search"
	"regulars/internal/setting"
	"regulars/templates"
)

var (
	ctx = context.Background()
	// A Monday morning; every story begins here.
	monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
)

const hour = time.Hour

// shop is a small shop whose mail goes into a folder.
type shop struct {
	*testing.T
	db       *db.DB
	desk     *outreach.Desk
	folder   string
	variants map[string]catalog.VariantID
	alarms   []string
}

func open(t *testing.T, d *db.DB) *shop {
	t.Helper()
	s := &shop{T: t, db: d, folder: t.TempDir() + "/mail"}
	mailer, err := outreach.Open("", s.folder, time.Now)
	s.must(err)
	s.desk = &outreach.Desk{DB: d, Mailer: mailer, Settings: new(setting.Live), BaseURL: "https://shop.example", Templates: templates.Files,
		Now: func() time.Time { return monday }, Log: slog.New(slog.DiscardHandler), Demo: true,
		AccessKey: func(number string) string { return "key-of-" + number },
		Alarm:     func(kind, subject string) { s.alarms = append(s.alarms, kind+" "+subject) }}
	s.must(s.desk.Check())
	s.tx(func(tx *db.Tx) error {
		for _, code := range []string{"BOTTLE", "BIB"} {
			_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: code, Name: i18n.Text{En: "Calm " + code, Zh: "安静" + code}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1250}}}}}, monday)
			if err != nil {
				return err
			}
			if s.variants == nil {
				s.variants = map[string]catalog.VariantID{}
			}
			s.variants[code] = ids[code]
		}
		return nil
	})
	return s
}

func (s *shop) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *shop) tx(do func(tx *db.Tx) error) {
	s.Helper()
	s.must(s.db.InTx(ctx, do))
}

func (s *shop) set(name, value string) {
	s.Helper()
	s.tx(func(tx *db.Tx) error { return setting.Set(ctx, tx, name, value, monday) })
	s.must(s.desk.Settings.Refresh(ctx, s.db))
}

// guest is a browser without an account.
func (s *shop) guest() *customer.Person {
	s.Helper()
	var v *customer.Visitor
	s.tx(func(tx *db.Tx) (err error) {
		_, v, err = customer.NewVisitor(ctx, tx, i18n.English, monday)
		return err
	})
	return customer.NewPerson(v, nil, nil, nil)
}

// account signs somebody up who allows reminders of carts.
func (s *shop) account(email string, change func(*customer.SignUpForm)) *customer.Person {
	s.Helper()
	p := s.guest()
	s.tx(func(tx *db.Tx) (err error) {
		form := customer.SignUpForm{Email: email, Name: "Chen Yu", PasswordHash: "x", Lang: i18n.English, MailCart: true, Verified: true}
		if change != nil {
			change(&form)
		}
		p.Customer, err = customer.SignUp(ctx, tx, form, monday)
		return err
	})
	return p
}

// leaves puts a bottle into the person's cart at a moment and goes away.
// confirmed is a guest who ticked the box and followed the link.
func (s *shop) confirmed(email string) {
	s.tx(func(tx *db.Tx) error {
		ask := customer.Ask{EmailKey: email, Purposes: []customer.Purpose{customer.MailCart}, Source: "checkout"}
		token, err := customer.AskToConfirm(ctx, tx, ask, monday)
		if err != nil {
			return err
		}
		_, err = customer.Confirm(ctx, tx, token, monday.Add(1))
		return err
	})
}

func (s *shop) leaves(p *customer.Person, at time.Time) *cart.Cart {
	s.Helper()
	var c *cart.Cart
	s.tx(func(tx *db.Tx) (err error) {
		if c, err = cart.Ensure(ctx, tx, p, "USD", i18n.English, "phone", at); err != nil {
			return err
		}
		return cart.Add(ctx, tx, c.ID, s.variants["BOTTLE"], 2, at)
	})
	c, err := cart.ByID(ctx, s.db, c.ID)
	s.must(err)
	return c
}

// orders places an order, of the cart if there is one.
func (s *shop) orders(email string, c *cart.Cart, owner *customer.ID, at time.Time) *order.Order {
	s.Helper()
	o := &order.Order{PlaceKey: fmt.Sprint(email, at.UnixMilli()), Email: email, Lang: i18n.English, Name: "Ann\r\nBcc: all@world.example",
		Line1: "1 Bank Street", City: "Riverside", Country: "US", Currency: "USD", Subtotal: 2500, Total: 2500, CustomerID: owner, TaxIncluded: true}
	s.tx(func(tx *db.Tx) error {
		if c != nil {
			o.CartID = &c.ID
			if err := cart.Convert(ctx, tx, c, email, c.MailOK, "", "test", "", at); err != nil {
				return err
			}
		}
		lines := []order.Line{{ProductID: 1, VariantID: s.variants["BOTTLE"], SKU: "BOTTLE", Name: i18n.Text{En: "Calm BOTTLE", Zh: "安静BOTTLE"}, Qty: 2, UnitPrice: 1250, Total: 2500}}
		_, err := order.Create(ctx, tx, o, lines, func(number string) string { return order.HashAccess("key-of-" + number) }, at)
		return err
	})
	return o
}

// sweep follows up at a moment and says how many mails went out.
func (s *shop) sweep(at time.Time) int {
	s.Helper()
	n, err := s.desk.FollowUp(ctx, at)
	s.must(err)
	return n
}

// runner works the desk's jobs and those of the search.
func (s *shop) runner() *jobs.Runner {
	r := jobs.NewRunner(s.db, s.desk.Log)
	s.desk.Register(r)
	search.Register(r, s.db)
	return r
}

// mails reads the folder, newest first.
func (s *shop) mails() []*outreach.Letter {
	s.Helper()
	files, total, err := outreach.ListFiles(s.folder, 1, 100)
	s.must(err)
	if total != len(files) {
		s.Fatalf("%d mails listed of %d", len(files), total)
	}
	var all []*outreach.Letter
	for _, f := range files {
		letter, err := outreach.ReadFile(s.folder, f.Name)
		s.must(err)
		all = append(all, letter)
	}
	return all
}

// decisions are all rows, newest first.
func (s *shop) decisions() []outreach.Send {
	s.Helper()
	page, err := outreach.Sends(ctx, s.db, outreach.Filter{})
	s.must(err)
	return page.Sends
}

// decided asserts the state and reason of the newest decision.
func (s *shop) decided(state outreach.State, reason string) outreach.Send {
	s.Helper()
	all := s.decisions()
	if len(all) == 0 {
		s.Fatalf("no decision was noted, want %s %s", state, reason)
	}
	if all[0].State != state || all[0].Reason != reason {
		s.Fatalf("decided %s %q, want %s %q", all[0].State, all[0].Reason, state, reason)
	}
	if reason != "" && all[0].Words(i18n.Chinese) == "outreach.reason."+reason {
		s.Errorf("reason %s has no words", reason)
	}
	return all[0]
}

func link(t *testing.T, text, path string) string {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta("https://shop.example"+path) + `([A-Za-z0-9_-]+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s link in:\n%s", path, text)
	}
	return m[1]
}

func setCaps(s *shop, value string) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error { return setting.Set(ctx, tx, "mail.caps", value, monday) })
}
