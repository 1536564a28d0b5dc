package storefront

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// Mails that a stranger can make us send: so many an hour to one address.
const (
	mailsPerHour = 5
	mailWindow   = time.Hour
)

type (
	signInPage struct {
		web.Page
		Email, Next string
		Name        string
		Personalize bool
		MailCart    bool
		Specials    bool
		Errors      web.FormErrors
		Note        string
		People      []demoPerson
		Password    string // of the demo's people
	}
	demoPerson struct{ Email, Name, Role string }
	tokenPage  struct {
		web.Page
		Heading, Lead, Button string
		Action                string
		List                  []string // what the button stands for
		AskPassword           bool
		Errors                web.FormErrors
	}
)

func (s *Shop) signInForm(c echo.Context) error {
	p, err := s.person(c)
	if err != nil {
		return err
	}
	next := c.QueryParam("next")
	if p.SignedIn() && next == "" {
		return web.Redirect(c, "/account")
	}
	return s.signInPage(c, http.StatusOK, signInPage{Next: next})
}

func (s *Shop) signInPage(c echo.Context, status int, p signInPage) error {
	p.Page = s.page(c, "shop.signin.title")
	p.NoIndex = true
	if s.Demo {
		p.Password = DemoPassword
		for _, d := range s.People {
			name, story, _ := strings.Cut(in(c, d.Label), "\n")
			p.People = append(p.People, demoPerson{d.Email, name, story})
		}
	}
	web.Private(c)
	return web.Render(c, status, "storefront/signin", p)
}

// signIn opens the door for staff and shoppers by one form. A wrong password
// and an unknown address get the same answer after the same work.
func (s *Shop) signIn(c echo.Context) error {
	var in struct {
		Email    string `form:"email,max=254"`
		Password string `form:"password,raw,max=1000"`
		Next     string `form:"next,max=2000"`
	}
	if err := web.Form(c, &in); err != nil {
		return s.notSignedIn(c, in.Email, in.Next, err)
	}
	ctx := c.Request().Context()
	worker, err := staff.SignIn(ctx, s.DB, s.Hasher, in.Email, in.Password, c.RealIP(), s.Now())
	if err == nil {
		return s.staffKnown(c, worker, in.Next)
	}
	if fault.Kind(err) != fault.NotFound {
		return s.notSignedIn(c, in.Email, in.Next, err)
	}
	k, err := customer.SignInFrom(ctx, s.DB, s.Hasher, in.Email, in.Password, c.RealIP(), s.Now())
	if err != nil {
		return s.notSignedIn(c, in.Email, in.Next, err)
	}
	if err := s.welcomeIn(c, k); err != nil {
		return err
	}
	if in.Next == "" {
		return web.Redirect(c, "/account")
	}
	return c.Redirect(http.StatusSeeOther, web.LocalPath(in.Next))
}

// welcomeIn makes this browser the customer's: what it did is joined (with
// consent), its cart comes along, and the session gets a new token.
func (s *Shop) welcomeIn(c echo.Context, k *customer.Customer) error {
	guest, err := s.person(c)
	if err != nil {
		return err
	}
	moved, came, visitor := 0, 0, guest.VisitorID()
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
		if visitor != 0 && !guest.SignedIn() {
			if moved, err = cart.Merge(ctx, tx, visitor, k.ID, s.Now()); err != nil {
				return err
			}
		}
		if visitor != 0 {
			if err := customer.Join(ctx, tx, visitor, k.ID, s.Now()); err != nil {
				return err
			}
		}
		if !k.Verified() {
			return nil
		}
		// Ordered as a guest since the address was verified.
		if came, err = order.Claim(ctx, tx, k.Email, k.ID); err != nil || came == 0 {
			return err
		}
		return s.decide(ctx, tx, k.ID)
	})
	if err != nil {
		return err
	}
	if err := web.Session(c).SignInCustomer(int64(k.ID), int64(k.Epoch)); err != nil {
		return err
	}
	s.forget(c)
	s.note(c, event.Event{Kind: event.SignedIn})
	if came > 0 {
		web.Flash(c, "info", "shop.verify.orders", "count", came)
	}
	if moved > 0 {
		web.Flash(c, "info", "cart.merged", "count", moved)
	}
	return nil
}

func (s *Shop) notSignedIn(c echo.Context, email, next string, failed error) error {
	p := signInPage{Email: email, Next: next}
	status := http.StatusUnprocessableEntity
	switch fault.Kind(failed) {
	case fault.TooMany:
		status = http.StatusTooManyRequests
		c.Response().Header().Set("Retry-After", "60")
	case fault.Invalid:
	default:
		return failed
	}
	if p.Errors = web.Errors(c, failed); len(p.Errors.Items) == 0 {
		var f *fault.Fault
		if errors.As(failed, &f) {
			p.Note = t(c, f.Words, f.Args...)
		}
	}
	return s.signInPage(c, status, p)
}

func (s *Shop) signOutForm(c echo.Context) error {
	p := tokenPage{Page: s.page(c, "shop.signout.title"), Heading: t(c, "shop.signout.title"), Lead: t(c, "shop.signout.lead"),
		Button: t(c, "layout.signout"), Action: "/signout"}
	p.NoIndex = true
	return web.Render(c, http.StatusOK, "storefront/token", p)
}

// signOut forgets the session and the browser's own id: on a shared computer
// the next person starts as a stranger.
func (s *Shop) signOut(c echo.Context) error {
	session := web.Session(c)
	if id := session.StaffID(); id != 0 {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			return staff.End(ctx, tx, staff.ID(id), session.StaffKey(), s.Now())
		})
		if err != nil {
			return err
		}
	}
	if err := session.SignOut(); err != nil {
		return err
	}
	web.SetVisitorToken(c, "")
	s.forget(c)
	web.Flash(c, "ok", "shop.signout.done")
	return web.Redirect(c, "/")
}

func (s *Shop) signUpForm(c echo.Context) error {
	p, err := s.person(c)
	if err != nil {
		return err
	}
	if p.SignedIn() {
		return web.Redirect(c, "/account")
	}
	e, err := s.entered(c)
	if err != nil {
		return err
	}
	return s.signUpPage(c, http.StatusOK, signInPage{Email: e.Email, Name: e.Name})
}

func (s *Shop) signUpPage(c echo.Context, status int, p signInPage) error {
	p.Page = s.page(c, "shop.signup.title")
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, status, "storefront/signup", p)
}

// signUp answers every right form alike, in the same words and time: nobody
// learns from outside who shops here. The mail says what happened.
func (s *Shop) signUp(c echo.Context) error {
	var in struct {
		Email       string `form:"email,max=254"`
		Password    string `form:"password,raw,max=1000"`
		Name        string `form:"name,max=200"`
		Personalize bool   `form:"personalize"`
		MailCart    bool   `form:"mail_cart"`
		Specials    bool   `form:"specials"`
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = customer.CheckSignUp(in.Email, in.Password, in.Name)
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.signUpPage(c, http.StatusUnprocessableEntity, signInPage{Email: in.Email, Name: in.Name, Personalize: in.Personalize,
			MailCart: in.MailCart, Specials: in.Specials, Errors: web.Errors(c, failed)})
	}
	f := customer.SignUpForm{Email: in.Email, Name: in.Name, Personalize: in.Personalize, History: in.Personalize, MailCart: in.MailCart, MailOffers: in.Specials}
	if err := s.register(c, f, customer.Typed{}, in.Password); err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.signup.done", "email", in.Email)
	return web.Redirect(c, "/signin")
}

// register makes the account, with what its person typed elsewhere, or writes
// to the one that has the address.
func (s *Shop) register(c echo.Context, f customer.SignUpForm, typed customer.Typed, password string) error {
	ctx := c.Request().Context()
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	f.PasswordHash, f.Lang, f.Currency = hash, web.Lang(c), string(s.currency(c))
	mayMail, err := s.mayMail(ctx, f.Email)
	if err != nil {
		return err
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		k, err := customer.SignUp(ctx, tx, f, s.Now())
		switch {
		case fault.Kind(err) == fault.Conflict:
			if !mayMail {
				return nil
			}
			return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: f.Email, Template: outreach.AccountExists, Lang: string(web.Lang(c))}, s.Now())
		case err != nil:
			return err
		}
		if typed.Name != "" {
			if _, err := customer.Fill(ctx, tx, k.ID, customer.AtCheckout, typed, s.Now()); err != nil {
				return err
			}
		}
		if f.MailOffers { // the one tick there that allows offers asks for the week's specials
			if err := outreach.Subscribe(ctx, tx, k.Email, outreach.Specials, true, s.Now()); err != nil {
				return err
			}
		}
		return s.askToVerify(ctx, tx, k, web.Lang(c))
	})
}

func (s *Shop) askToVerify(ctx context.Context, tx *db.Tx, k *customer.Customer, l i18n.Lang) error {
	return s.mailLink(ctx, tx, k, customer.PurposeVerify, k.Email, outreach.VerifyEmail, k.Email, l)
}

// mailLink makes a link of one use and the mail that carries it, together.
func (s *Shop) mailLink(ctx context.Context, tx *db.Tx, k *customer.Customer, purpose, value, template, to string, l i18n.Lang) error {
	token, err := customer.Issue(ctx, tx, k.ID, purpose, value, outreach.LinkFor(template), s.Now())
	if err != nil {
		return err
	}
	return outreach.Enqueue(ctx, tx, outreach.AccountMail{Customer: int64(k.ID), Email: to, Template: template, Token: token, Lang: string(l)}, s.Now())
}

// mayMail keeps strangers from filling somebody's mailbox through our forms.
func (s *Shop) mayMail(ctx context.Context, email string) (bool, error) {
	ok, _, err := customer.Try(ctx, s.DB, "mail "+customer.EmailKey(email), mailsPerHour, mailWindow, s.Now())
	return ok, err
}

func (s *Shop) forgotForm(c echo.Context) error {
	return s.forgotPage(c, http.StatusOK, signInPage{Email: c.QueryParam("email")})
}

func (s *Shop) forgotPage(c echo.Context, status int, p signInPage) error {
	p.Page = s.page(c, "shop.forgot.title")
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, status, "storefront/forgot", p)
}

func (s *Shop) forgot(c echo.Context) error {
	var in struct {
		Email string `form:"email,max=254"`
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = customer.CheckEmail(in.Email)
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.forgotPage(c, http.StatusUnprocessableEntity, signInPage{Email: in.Email, Errors: web.Errors(c, failed)})
	}
	ctx := c.Request().Context()
	mayMail, err := s.mayMail(ctx, in.Email)
	if err != nil {
		return err
	}
	k, err := customer.ByEmail(ctx, s.DB, in.Email)
	if err != nil && fault.Kind(err) != fault.NotFound {
		return err
	}
	if mayMail {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if k == nil { // one mail in any case: whoever listens at the mailbox's server learns no more than the page tells
				return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: in.Email, Template: outreach.NoAccount, Lang: string(web.Lang(c))}, s.Now())
			}
			return s.mailLink(ctx, tx, k, customer.PurposeReset, "", outreach.ResetPassword, k.Email, web.Lang(c))
		})
		if err != nil {
			return err
		}
	}
	web.Flash(c, "ok", "shop.forgot.done", "email", in.Email)
	return web.Redirect(c, "/signin")
}

// link says whether the token in the address still works, without spending it.
func (s *Shop) link(c echo.Context, purpose string) error {
	ok, err := customer.Peek(c.Request().Context(), s.DB, c.Param("token"), purpose, s.Now())
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "customer.link.spent")
	}
	return err
}

func (s *Shop) tokenPage(c echo.Context, status int, name, action string, failed error) error {
	p := tokenPage{Page: s.page(c, "shop."+name+".title"), Heading: t(c, "shop."+name+".title"), Lead: t(c, "shop."+name+".lead"),
		Button: t(c, "shop."+name+".do"), Action: action, AskPassword: name == "reset" || name == "team", Errors: web.Errors(c, failed)}
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, status, "storefront/token", p)
}

func (s *Shop) resetForm(c echo.Context) error {
	if err := s.link(c, customer.PurposeReset); err != nil {
		return err
	}
	return s.tokenPage(c, http.StatusOK, "reset", "/reset/"+c.Param("token"), nil)
}

func (s *Shop) reset(c echo.Context) error {
	var in struct {
		Password string `form:"password,raw,max=1000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	if err := s.link(c, customer.PurposeReset); err != nil {
		return err
	}
	if err := customer.CheckPassword(in.Password, ""); err != nil {
		return s.tokenPage(c, http.StatusUnprocessableEntity, "reset", "/reset/"+c.Param("token"), err)
	}
	hash, err := s.Hasher.Hash(c.Request().Context(), in.Password)
	if err != nil {
		return err
	}
	err = s.prove(c, func(ctx context.Context, tx *db.Tx) (*customer.Customer, error) {
		return customer.ResetPassword(ctx, tx, c.Param("token"), hash, s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.reset.done")
	return web.Redirect(c, "/signin")
}

// prove spends a link that was mailed to an address. Now that it is known
// whose the address is, the orders a guest placed with it join the account.
func (s *Shop) prove(c echo.Context, spend func(ctx context.Context, tx *db.Tx) (*customer.Customer, error)) error {
	came := 0
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		k, err := spend(ctx, tx)
		if err != nil {
			return err
		}
		if k == nil { // a guest's link: there is no account
			return nil
		}
		if came, err = order.Claim(ctx, tx, k.Email, k.ID); err != nil {
			return err
		}
		return s.decide(ctx, tx, k.ID)
	})
	if err == nil && came > 0 {
		web.Flash(c, "info", "shop.verify.orders", "count", came)
	}
	return err
}

func (s *Shop) verifyForm(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := customer.PeekWho(ctx, s.DB, c.Param("token"), customer.PurposeVerify, s.Now())
	if err == nil && id == 0 {
		err = fault.New(fault.NotFound, "customer.link.spent")
	}
	if err != nil {
		return err
	}
	waiting, err := customer.Waiting(ctx, s.DB, id)
	if err != nil {
		return err
	}
	p := tokenPage{Page: s.page(c, "shop.verify.title"), Heading: t(c, "shop.verify.title"), Lead: t(c, "shop.verify.lead"), Button: t(c, "shop.verify.do"),
		Action: "/verify/" + c.Param("token"), Errors: web.Errors(c, nil)}
	if len(waiting) > 0 {
		p.Lead, p.List = t(c, "shop.verify.lead.too"), purposeNames(c, waiting)
	}
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/token", p)
}

func (s *Shop) verify(c echo.Context) error {
	err := s.prove(c, func(ctx context.Context, tx *db.Tx) (*customer.Customer, error) {
		return customer.VerifyEmail(ctx, tx, c.Param("token"), s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.verify.done")
	return web.Redirect(c, "/account")
}

func (s *Shop) changeEmailForm(c echo.Context) error {
	if err := s.link(c, customer.PurposeChangeEmail); err != nil {
		return err
	}
	return s.tokenPage(c, http.StatusOK, "change-email", "/change-email/"+c.Param("token"), nil)
}

func (s *Shop) changeEmail(c echo.Context) error {
	err := s.prove(c, func(ctx context.Context, tx *db.Tx) (*customer.Customer, error) {
		return customer.ChangeEmail(ctx, tx, c.Param("token"), s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.change-email.done")
	return web.Redirect(c, "/account")
}
