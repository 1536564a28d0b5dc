package storefront

import (
	"cmp"
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/web"
)

// entered is what forms ask of whoever fills them in. What one of them was told
// is filled in by all others: from the account, or for a guest from what they
// asked this browser to be remembered by.
type entered struct {
	Email, Name, Phone, Country          string
	Recipient                            string // of the address, if that is somebody else
	Line1, Line2, City, Region, Postcode string
	Remembered                           bool // of a guest
}

// entered reads it; everything is empty for a stranger.
func (s *Shop) entered(c echo.Context) (entered, error) {
	p, err := s.person(c)
	if err != nil || p == nil {
		return entered{}, err
	}
	ctx := c.Request().Context()
	if !p.SignedIn() {
		r, err := customer.RememberedBy(ctx, s.DB, p.VisitorID())
		if err != nil || r == nil {
			return entered{}, err
		}
		return entered{Email: r.Email, Name: r.Name, Phone: r.Phone, Country: r.Country, Line1: r.Line1, Line2: r.Line2, City: r.City, Region: r.Region, Postcode: r.Postcode, Remembered: true}, nil
	}
	k := p.Customer
	e := entered{Email: k.Email, Name: k.Name, Phone: k.Phone, Country: k.Country}
	list, err := customer.Addresses(ctx, s.DB, k.ID)
	if err != nil || len(list) == 0 {
		return e, err
	}
	a := list[0]
	e.Country, e.Line1, e.Line2, e.City, e.Region, e.Postcode = a.Country, a.Line1, a.Line2, a.City, a.Region, a.Postcode
	e.Recipient, e.Name, e.Phone = a.Name, cmp.Or(e.Name, a.Name), cmp.Or(a.Phone, e.Phone)
	return e, nil
}

// keep writes what a form was told where the other forms find it: into the
// account where that knows nothing yet, or, for a guest who ticked the box, to
// this browser's number. A box that was ticked before and is not any more
// empties it. The form did what it is for already, so that a failure here is
// noted and stops nothing.
func (s *Shop) keep(c echo.Context, place customer.Place, e entered) {
	if err := s.keepIn(c, place, e); err != nil {
		s.Log.Error("keep what a form was told", "place", string(place), "err", err)
	}
}

func (s *Shop) keepIn(c echo.Context, place customer.Place, e entered) error {
	p, err := s.person(c)
	if err != nil {
		return err
	}
	if p.SignedIn() {
		return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			changed, err := customer.Fill(ctx, tx, p.CustomerID(), place, e.typed(), s.Now())
			if err != nil || !changed {
				return err
			}
			return s.decide(ctx, tx, p.CustomerID())
		})
	}
	if !e.Remembered {
		if p.VisitorID() == 0 {
			return nil
		}
		return s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return customer.ForgetRemembered(ctx, tx, p.VisitorID()) })
	}
	if p, err = s.someone(c); err != nil {
		return err
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return customer.Remember(ctx, tx, customer.Remembered{VisitorID: p.VisitorID(), Email: e.Email, Name: e.Name, Phone: e.Phone, Country: e.Country,
			Line1: e.Line1, Line2: e.Line2, City: e.City, Region: e.Region, Postcode: e.Postcode}, s.Now())
	})
}

func (e *entered) typed() customer.Typed {
	return customer.Typed{Name: e.Name, Phone: e.Phone, Country: e.Country, Address: customer.Address{Name: e.Name, Country: e.Country, Line1: e.Line1,
		Line2: e.Line2, City: e.City, Region: e.Region, Postcode: e.Postcode, Phone: e.Phone}}
}

// forgetBrowser empties what this browser's forms are filled in with.
func (s *Shop) forgetBrowser(c echo.Context) error {
	p, err := s.person(c)
	if err != nil {
		return err
	}
	if id := p.VisitorID(); id != 0 {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return customer.ForgetRemembered(ctx, tx, id) })
		if err != nil {
			return err
		}
	}
	web.Flash(c, "ok", "shop.remember.forgotten")
	return web.Redirect(c, "/privacy")
}

// askForm fills in the question's form. Of an account only where pages may be
// personal: without, the page is everybody's to the byte, and name and address
// are added when the question is sent.
func (s *Shop) askForm(c echo.Context, box *askBox) error {
	who, err := s.person(c)
	if err != nil || who.SignedIn() && !who.Personalized() {
		return err
	}
	e, err := s.entered(c)
	box.Name, box.Email = e.Name, e.Email
	return err
}

// keepAsked keeps what the question's form was told. It has no box, since the
// product's page is everybody's to the byte: a browser that was asked to
// remember goes on with it, another one does not begin.
func (s *Shop) keepAsked(c echo.Context, e entered) {
	was, err := s.entered(c)
	if p, whoErr := s.person(c); err == nil && whoErr == nil && (p.SignedIn() || was.Remembered) {
		e.Remembered = was.Remembered
		s.keep(c, customer.AtQuestion, e)
	}
}

// words lists what is remembered, as it was typed.
func (e *entered) words(c echo.Context) []string {
	country := ""
	if e.Country != "" {
		country = countryName(c, e.Country)
	}
	return slices.DeleteFunc([]string{e.Name, e.Email, e.Phone, e.Line1, e.Line2, e.Postcode, e.City, e.Region, country}, func(s string) bool { return s == "" })
}
