package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
)

// buysOn notes paid orders of a product; owner nil is a guest.
func (s *shop) buysOn(owner *customer.Customer, email, sku string, product catalog.ProductID, qty int, days ...time.Time) {
	s.Helper()
	for _, at := range days {
		external := fmt.Sprint(email, sku, at)
		o := order.Order{ExternalID: &external, Email: email, Currency: "USD", Total: 2000, TaxIncluded: true, State: order.Completed, PaymentState: order.Paid,
			DeliveryState: order.Delivered, PlacedAt: db.At(at), PaidAt: db.At(at), ClosedAt: db.At(at), Imported: true}
		if owner != nil {
			o.CustomerID = &owner.ID
		}
		s.tx(func(tx *db.Tx) error {
			return order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{{ProductID: product, VariantID: s.variants[sku], SKU: sku, Qty: qty, Total: 2000}}})
		})
	}
}

// Somebody who bought a consumable is told once a purchase, before it runs out:
// by what its author wrote, or by their own pace from the third purchase on.
// Nothing is said to who does not allow the use of purchases, bought it
// meanwhile under the same address, or has it in the cart.
func TestARefillIsBroughtUpOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("contact.refills", "very-loyal, loyal, occasional")
		milk := s.product("MILK", func(k *catalog.Draft) { k.RefillDays = 30 })
		wipes := s.product("WIPES", func(k *catalog.Draft) { k.RefillDays = 30 })
		pills := s.product("PILLS", func(k *catalog.Draft) { k.RefillDays, k.Sensitive = 30, true })
		allows := func(f *customer.SignUpForm) { f.MailOffers, f.Personalize, f.History = true, true, true }
		person := func(email string, change func(*customer.SignUpForm)) *customer.Customer {
			return s.account(email, change).Customer
		}
		ann, bob := person("ann@mail.test", allows), person("bob@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		cleo, dan, eve := person("cleo@mail.test", allows), person("dan@mail.test", allows), s.account("eve@mail.test", allows)
		day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
		for _, who := range []*customer.Customer{ann, bob, cleo, eve.Customer} {
			s.buysOn(who, who.Email, "MILK", milk, 1, day(-60), day(-30))
		}
		s.buysOn(ann, ann.Email, "WIPES", wipes, 1, day(-27))
		s.buysOn(ann, ann.Email, "PILLS", pills, 1, day(-30))
		s.buysOn(nil, cleo.Email, "MILK", milk, 1, day(-3))
		s.buysOn(dan, dan.Email, "MILK", milk, 2, day(-90), day(-50), day(-10))
		s.tx(func(tx *db.Tx) error {
			c, err := cart.Ensure(ctx, tx, eve, "USD", i18n.English, "phone", day(-7))
			if err != nil {
				return err
			}
			return cart.Add(ctx, tx, c.ID, s.variants["MILK"], 1, day(-7))
		})
		for at := day(-6); at.Before(day(45)); at = at.AddDate(0, 0, 1) {
			s.run("refills", at)
		}
		when := map[string]string{}
		for _, m := range s.decisions() {
			if m.State == outreach.Sent {
				when[m.Email] += m.SentAt.UTC().Format("01-02 15") + " "
			} else if m.Reason != "went-along" {
				t.Errorf("%+v", m)
			}
		}
		// Ann's milk lasts 28.5 days as people have it (six gaps, and what its author wrote weighs ten); two days before, at the next look, she
		// hears of it, and of the wipes that end days later. Dan's two packs last him twice 23.9 days.
		if fmt.Sprint(when) != "map[ann@mail.test:02-27 10  dan@mail.test:04-07 10 ]" {
			t.Errorf("%v", when)
		}
		m := s.mailsOf("ann@mail.test")[0]
		if !strings.Contains(m.Text, "You bought it on 1 January 2026 and 31 January 2026; people (simulated ones among them) buy a new one after about 29 days: around 28 February 2026.") ||
			!strings.Contains(m.Text, "WIPES") || !strings.Contains(m.Text, "one is made to last about 30 days") || strings.Contains(m.Text, "PILLS") {
			t.Errorf("%s", m.Text)
		}
		if len(s.mailsOf("dan@mail.test")) != 1 || !strings.Contains(s.mailsOf("dan@mail.test")[0].Text, "by your own purchases one lasts you about") {
			t.Errorf("%v", s.mailsOf("dan@mail.test"))
		}
		if got := len(s.mails()); got != 2 {
			t.Errorf("%d mails", got)
		}
	})
}
