package demo

import (
	"context"
	"fmt"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// cards hands out gift cards and store credit to people of the tour. One card
// is really mailed, so that its code lies among the demo's mails.
func (b *builder) cards(ctx context.Context, tx *db.Tx) error {
	for i, k := range []struct {
		email     string
		worth     money.Amount
		words     string
		simulated bool
	}{{"gifter@demo.example", 50_00, "For everything you wrapped this year", false}, {"premium@demo.example", 100_00, "", true}, {"easy@demo.example", 25_00, "", true}} {
		c, err := customer.ByEmail(ctx, tx, k.email)
		if err != nil {
			return err
		}
		w := credit.Wish{Price: money.Price{Amount: k.worth, Currency: "USD"}, Email: k.email, Words: k.words, Lang: c.Lang, Simulated: k.simulated}
		if _, err := credit.Give(ctx, tx, b.opt.Secret, w, fmt.Sprintf("demo-card-%d-%d", i, b.now.Unix()), b.by(), "a thank you of the house", b.now); err != nil {
			return err
		}
	}
	loyal, err := customer.ByEmail(ctx, tx, "loyal@demo.example")
	if err != nil {
		return err
	}
	_, err = credit.Grant(ctx, tx, loyal.ID, money.Price{Amount: 12_00, Currency: "USD"}, "demo", 0, b.by(), "for a parcel that came late", b.now)
	return err
}
