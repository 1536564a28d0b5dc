package storefront

import (
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// maySubscribe reports whether the tick for the week's specials is to be
// shown: not to an account that gets them.
func (s *Shop) maySubscribe(c echo.Context) (bool, error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() {
		return err == nil, err
	}
	likes, err := outreach.PreferenceOf(c.Request().Context(), s.DB, p.Customer.Email)
	return !(p.Given(customer.MailOffers) && slices.Contains(likes.On, outreach.Specials)), err
}

// subscribe follows the tick of who placed an order: an account's counts with
// its consent, a guest gets the link that confirms it.
func (s *Shop) subscribe(c echo.Context, ticked bool, email string) error {
	if !ticked {
		return nil
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	var owner *customer.Customer
	if p.SignedIn() {
		owner = p.Customer
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return outreach.AskForSpecials(ctx, tx, owner, email, "checkout", web.Lang(c), s.Now())
	})
}
