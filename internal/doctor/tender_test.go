package doctor_test

import (
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/payment"
)

// tender sells a gift card, pays one order with cards alone and another with a
// card and money, and lets a third run out after a card paid a part of it.
func (s *shop) tender() {
	s.t.Helper()
	var card catalog.VariantID
	s.tx(func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "card", Name: i18n.Text{En: "Gift card"}, Published: true, GiftCard: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "CARD", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 5000}}}}}, s.now)
		card = ids["CARD"]
		return err
	})
	sold := s.orderWith("", card)
	s.settle(sold.Order.ID, payment.OutcomePaid)
	for _, give := range []struct {
		token string
		worth money.Amount
		then  payment.Outcome
	}{{"whole", 9000, ""}, {"part", 1000, payment.OutcomePaid}, {"lost", 700, payment.OutcomeDeclined}} {
		s.tx(func(tx *db.Tx) error {
			_, err := credit.Give(ctx, tx, s.desk.Secret, credit.Wish{Price: money.Price{Amount: give.worth, Currency: "USD"}, Lang: i18n.English}, give.token, "staff:1", "", s.now)
			return err
		})
		placed := s.orderWith(give.token, s.lamp)
		if give.then != "" {
			s.settle(placed.Order.ID, give.then)
		}
		if give.then == payment.OutcomeDeclined {
			s.must(s.desk.Cancel(ctx, placed.Order.ID, "staff:1", ""))
		}
	}
	s.tx(func(tx *db.Tx) error {
		c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "kind@mail.test"}, s.now)
		if err != nil {
			return err
		}
		_, err = credit.Grant(ctx, tx, c.ID, money.Price{Amount: 300, Currency: "USD"}, "thanks", 0, "staff:1", "thank you", s.now)
		return err
	})
}

// orderWith places an order for one unit, to be paid with the card of a token.
func (s *shop) orderWith(token string, v catalog.VariantID) *checkout.Placed {
	s.t.Helper()
	var p *customer.Person
	var c *cart.Cart
	f := checkout.Form{Key: checkout.NewKey(), Email: "li@mail.example", Name: "Li Na", Country: "DE", Line1: "Bank Street 1", City: "Berlin", Postcode: "10115", Delivery: "standard", Payment: "test"}
	s.tx(func(tx *db.Tx) error {
		_, visitor, err := customer.NewVisitor(ctx, tx, i18n.English, s.now)
		if err != nil {
			return err
		}
		p = customer.NewPerson(visitor, nil, nil, nil)
		if c, err = cart.Ensure(ctx, tx, p, "USD", i18n.English, "desktop", s.now); err != nil {
			return err
		}
		if token != "" {
			a, err := credit.ByToken(ctx, tx, token)
			if err != nil {
				return err
			}
			f.Credit = &checkout.Shown{Cards: a.Balance}
			if err := credit.Attach(ctx, tx, int64(c.ID), a.ID, s.now); err != nil {
				return err
			}
		}
		return cart.Add(ctx, tx, c.ID, v, 1, s.now)
	})
	done, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown)
	s.must(err)
	return done
}
