package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// with puts a card to a cart, and into the form what the page shows of it.
func (s *shop) with(c *cart.Cart, f checkout.Form, cards ...*credit.Account) checkout.Form {
	s.t.Helper()
	f.Credit = &checkout.Shown{}
	for _, k := range cards {
		s.tx(func(tx *db.Tx) error { return credit.Attach(ctx, tx, int64(c.ID), k.ID, s.now()) })
		f.Credit.Cards += money.Amount(s.left(k))
	}
	return f
}

func (s *shop) left(k *credit.Account) int {
	s.t.Helper()
	return s.count("SELECT balance FROM credits WHERE id = ?", int64(k.ID))
}

func (s *shop) sellCards(sku string, worth money.Amount) (v catalog.VariantID) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: sku, Name: i18n.Text{En: "Gift card"}, Published: true, GiftCard: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: sku, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: worth}}}}}, s.now())
		v = ids[sku]
		return err
	})
	return v
}

func TestACardThatCoversAnOrderAsksNoProvider(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, card := s.sell("BOTTLE", 1200, 5), s.give("card", 5000)
		p := s.guest()
		c := s.fill(p, 1, bottle)
		f := s.with(c, form(), card)
		f.Payment = "" // nothing is left to choose one for
		placed := s.place(p, c, f)
		if placed.PayURL != "" || placed.Payment != nil || placed.Order.Total != 1620 || placed.Order.PaymentCode != payment.GiftCode {
			t.Errorf("%+v", placed)
		}
		s.stands(placed.Order.ID, "placed paid unshipped")
		if again := s.place(p, c, f); !again.Again || s.left(card) != 3380 {
			t.Errorf("posted twice: %v, %d left", again.Again, s.left(card))
		}
		s.sound()
		if err := s.desk.Cancel(ctx, placed.Order.ID, "staff:1", "broken"); err != nil || s.left(card) != 5000 {
			t.Errorf("cancelled: %v, %d left", err, s.left(card))
		}
		s.sound()
	})
}

func TestTheRestIsAskedForAndComesBackFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, card, small := s.sell("BOTTLE", 1200, 5), s.give("card", 1000), s.give("small", 200)
		p := s.guest()
		c := s.fill(p, 1, bottle)
		placed := s.place(p, c, s.with(c, form(), card, small))
		if placed.Payment.Amount != 420 || s.left(card)+s.left(small) != 0 {
			t.Fatalf("asked for %d, %d and %d left", placed.Payment.Amount, s.left(card), s.left(small))
		}
		s.sound()
		s.tell(placed.Order.ID, payment.OutcomeDeclined)
		if _, err := s.desk.Retry(ctx, placed.Order.ID); err != nil {
			t.Fatal(err)
		}
		if p, err := payment.Latest(ctx, d, placed.Order.ID); err != nil || p.Amount != 420 || p.Attempt != 4 {
			t.Errorf("tried again with %+v, %v", p, err)
		}
		s.tell(placed.Order.ID, payment.OutcomePaid)
		s.stands(placed.Order.ID, "placed paid unshipped")
		back := func(amount money.Amount, key string) {
			t.Helper()
			s.tx(func(tx *db.Tx) error {
				o, err := order.Lock(ctx, tx, placed.Order.ID)
				if err != nil {
					return err
				}
				_, err = payment.Give(ctx, tx, o, payment.Refund{Key: key, Amount: amount, Tax: o.TaxOf(amount), Actor: "staff:1", Reason: "scratched"}, s.now())
				return err
			})
		}
		for range 2 {
			back(500, "scratch") // 4.20 to the payer, 0.80 to the card that was drawn on last
		}
		if s.left(card) != 0 || s.left(small) != 80 {
			t.Errorf("after a part: %d and %d left", s.left(card), s.left(small))
		}
		s.stands(placed.Order.ID, "placed partly-refunded unshipped")
		s.sound()
		if err := s.desk.Cancel(ctx, placed.Order.ID, "staff:1", ""); err != nil || s.left(card) != 1000 || s.left(small) != 200 {
			t.Errorf("cancelled: %v, %d and %d left", err, s.left(card), s.left(small))
		}
		s.sound()
	})
}

func TestAnUnpaidOrderGivesTheCardBackAndLateMoneyTakesItAgain(t *testing.T) {
	for name, spent := range map[string]bool{"still there": false, "spent meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := open(t, d)
				bottle, card := s.sell("BOTTLE", 1200, 5), s.give("card", 1000)
				p := s.guest()
				c := s.fill(p, 1, bottle)
				placed := s.place(p, c, s.with(c, form(), card))
				s.pass(31 * time.Minute)
				s.sweep()
				s.stands(placed.Order.ID, "cancelled void unshipped")
				if s.left(card) != 1000 {
					t.Errorf("%d left", s.left(card))
				}
				want, left := "placed paid unshipped", 0
				if spent {
					q := s.guest()
					k := s.fill(q, 1, bottle)
					s.place(q, k, s.with(k, form(), card))
					want = "cancelled refunded unshipped"
				}
				s.tell(placed.Order.ID, payment.OutcomePaid)
				s.stands(placed.Order.ID, want)
				if s.left(card) != left {
					t.Errorf("%d left", s.left(card))
				}
				s.sound()
			})
		})
	}
}

func TestCardsAreSoldOnceAndNeverForCards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		cards, bottle, mine := s.sellCards("GC25", 2500), s.sell("BOTTLE", 1200, 5), s.give("mine", 10_000)
		p := s.guest()
		c := s.fill(p, 2, cards)
		s.fill(p, 1, bottle)
		f := s.with(c, form(), mine)
		f.CardEmail, f.CardWords = "bo@mail.example", "For your new home"
		placed := s.place(p, c, f)
		if placed.Payment == nil || placed.Payment.Amount != 5000 || s.left(mine) != 10_000-1620 || placed.Order.Tax != 270 {
			t.Fatalf("the card bought cards: asked for %+v, %d left, tax %d", placed.Payment, s.left(mine), placed.Order.Tax)
		}
		if n := s.count("SELECT count(*) FROM credits WHERE issued_at > 0 AND order_id > 0"); n != 0 {
			t.Errorf("%d cards before they are paid", n)
		}
		token := placed.Payment.Token
		for range 3 {
			s.tellOf(token, payment.OutcomePaid)
		}
		if n := s.count("SELECT count(*) FROM credits WHERE balance = 2500 AND email = 'bo@mail.example' AND order_id = ?", int64(placed.Order.ID)); n != 2 {
			t.Errorf("%d cards issued", n)
		}
		if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'credit.mail'"); n != 2 {
			t.Errorf("%d mails", n)
		}
		err := s.db.InTx(ctx, func(tx *db.Tx) error {
			o, err := order.Lock(ctx, tx, placed.Order.ID)
			if err != nil {
				return err
			}
			_, err = payment.Give(ctx, tx, o, payment.Refund{Key: "much", Amount: 3000, Tax: o.TaxOf(3000), Actor: "staff:1", Reason: ""}, s.now())
			return err
		})
		if !errors.Is(err, fault.Conflict) {
			t.Errorf("the money of cards that are still good went back: %v", err)
		}
		s.sound()
		if err := s.desk.Cancel(ctx, placed.Order.ID, "staff:1", ""); err != nil || s.count("SELECT sum(balance) FROM credits WHERE order_id > 0") != 0 || s.left(mine) != 10_000 {
			t.Errorf("cancelled: %v, %d left", err, s.left(mine))
		}
		s.sound()
	})
}

func TestAUsedCardCannotBeRefunded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		cards, bottle := s.sellCards("GC25", 2500), s.sell("BOTTLE", 1200, 5)
		p := s.guest()
		sold := s.place(p, s.fill(p, 1, cards), form())
		s.tell(sold.Order.ID, payment.OutcomePaid)
		token := ""
		if err := d.Query(ctx).Raw("SELECT token FROM credits WHERE order_id = ?", int64(sold.Order.ID)).Scan(&token).Error; err != nil {
			t.Fatal(err)
		}
		card, err := s.desk.CardFor(ctx, d, credit.Code(s.desk.Secret, token), "USD")
		if err != nil {
			t.Fatal(err)
		}
		q := s.guest()
		c := s.fill(q, 1, bottle)
		s.place(q, c, s.with(c, form(), card))
		if err := s.desk.Withdraw(ctx, sold.Order.ID); !errors.Is(err, fault.Conflict) {
			t.Errorf("money back for a card that was used: %v", err)
		}
		s.stands(sold.Order.ID, "placed paid unshipped")
		s.sound()
	})
}

func TestStoreCreditPaysForItsOwnerAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		var li *customer.Customer
		s.tx(func(tx *db.Tx) (err error) {
			if li, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: "li@mail.example"}, s.now()); err != nil {
				return err
			}
			_, err = credit.Grant(ctx, tx, li.ID, money.Price{Amount: 1500, Currency: "USD"}, "return:1", 0, "staff:1", "", s.now())
			return err
		})
		signedIn := customer.NewPerson(s.guest().Visitor, li, nil, nil)
		f := form()
		f.Credit, f.UseOwn = &checkout.Shown{Own: 1500}, true
		stranger := s.guest()
		var changed *checkout.ChangedError
		if _, err := s.desk.Place(ctx, stranger, i18n.English, s.fill(stranger, 1, bottle).ID, f, checkout.NotShown); !errors.As(err, &changed) {
			t.Errorf("a stranger with this form: %v", err)
		}
		placed := s.place(signedIn, s.fill(signedIn, 1, bottle), f)
		if placed.Payment.Amount != 120 {
			t.Errorf("asked for %+v", placed.Payment)
		}
		s.sound()
	})
}

// One card pays at most its worth, however many carts it lies in.
func TestRaceForAGiftCard(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		bottle := s.sell("BOTTLE", 1200, 1_000_000)
		units := max(1, n/3)
		return func(round int) {
			card := s.give(fmt.Sprint("card ", round), money.Amount(units*1620))
			carts := s.buyers(n, func(int) []catalog.VariantID { return []catalog.VariantID{bottle} })
			forms := make([]checkout.Form, n)
			for i := range carts {
				forms[i] = s.with(&carts[i], form(), card)
			}
			var won, told atomic.Int64
			atOnce(n, func(i int) {
				var changed *checkout.ChangedError
				_, err := s.desk.Place(ctx, s.owner(&carts[i]), i18n.English, carts[i].ID, forms[i], checkout.NotShown)
				switch {
				case err == nil:
					won.Add(1)
				case errors.As(err, &changed):
					told.Add(1)
				default:
					s.t.Errorf("round %d: %v", round, err)
				}
			})
			if int(won.Load()) != units || int(told.Load()) != n-units || s.left(card) != 0 {
				s.t.Errorf("round %d: %d of %d orders paid by a card worth %d of them, %d were told, %d is left", round, won.Load(), n, units, told.Load(), s.left(card))
			}
		}
	})
}

// brokenCard is placing with a card that pays a part, for TestBrokenAtEveryPoint.
func brokenCard(s *shop) (func(context.Context) error, func() bool) {
	bottle, card, cards := s.sell("BOTTLE", 1200, 5), s.give("card", 1000), s.sellCards("GC25", 2500)
	p := s.guest()
	c := s.fill(p, 1, bottle, cards)
	f := s.with(c, form(), card)
	return func(c2 context.Context) error {
		_, err := s.desk.Place(c2, p, i18n.English, c.ID, f, checkout.NotShown)
		return err
	}, func() bool { return s.count("SELECT count(*) FROM orders") == 1 }
}

// brokenReturn is cancelling what a card paid a part of.
func brokenReturn(s *shop) (func(context.Context) error, func() bool) {
	card := s.give("card", 1000)
	p := s.guest()
	c := s.fill(p, 1, s.sell("BOTTLE", 1200, 5), s.sellCards("GC25", 2500))
	id := s.place(p, c, s.with(c, form(), card)).Order.ID
	s.tell(id, payment.OutcomePaid)
	refunded := func() bool {
		return s.count("SELECT count(*) FROM orders WHERE state = 'cancelled' AND payment_state = 'refunded'") == 1
	}
	return func(c context.Context) error {
		if refunded() {
			return nil
		}
		return s.desk.Cancel(c, id, "staff:1", "broken")
	}, refunded
}
