package storefront

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/shoplist"
	"regulars/internal/web"
)

// keptReminder says when a list is brought up by mail, and what is missing for it.
func (s *Shop) keptReminder(c echo.Context, page *keptPage, p *customer.Person, l *shoplist.List) error {
	for n := range shoplist.MostWeeks + 1 {
		o := option{strconv.Itoa(n), t(c, "lists.never"), n == l.Weeks}
		if n > 0 {
			o.Text = t(c, "lists.every", "count", n)
		}
		page.Weeks = append(page.Weeks, o)
	}
	ctx := c.Request().Context()
	may, err := customer.MayMail(ctx, s.DB, p.CustomerID(), customer.MailOccasions)
	if err != nil {
		return err
	}
	off, err := s.topicOff(c, p, outreach.Lists)
	if err != nil {
		return err
	}
	switch {
	case l.Weeks > 0 && may && !off: // what waits for goods is looked at again later than its day
		page.Next = t(c, "lists.next", "date", l.LookAt.In(page.Zone))
	case l.Weeks > 0:
		page.Next = t(c, "lists.next.off")
	}
	if may {
		return nil
	}
	waiting, err := customer.Waiting(ctx, s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	key := "customer.purpose." + string(customer.MailOccasions)
	page.Allow = &consentRow{Text: t(c, key), What: t(c, key+".what")}
	if slices.Contains(waiting, customer.MailOccasions) {
		page.Allow.Waits = t(c, "shop.consent.sent-to", "email", p.Customer.Email)
	}
	return nil
}

// topicOff reports whether somebody switched mails of a topic off, whatever
// their consents say.
func (s *Shop) topicOff(c echo.Context, p *customer.Person, topic outreach.Topic) (bool, error) {
	likes, err := outreach.PreferenceOf(c.Request().Context(), s.DB, p.Customer.Email)
	return slices.Contains(likes.Off, topic), err
}

// remindList sets how often a list is brought up; the box beside it is the
// consent for such mails, as the preferences ask for it.
func (s *Shop) remindList(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Weeks int  `form:"weeks"`
		Allow bool `form:"allow"`
	}
	token, asked := c.Param("token"), false
	if err = web.Form(c, &in); err == nil {
		err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if err := shoplist.Remind(ctx, tx, p.CustomerID(), token, in.Weeks, s.Now()); err != nil || !in.Allow || in.Weeks == 0 {
				return err
			}
			before, err := customer.Waiting(ctx, tx, p.CustomerID())
			if err != nil {
				return err
			}
			said := customer.Saying{Purpose: customer.MailOccasions, Given: true, Source: "preferences", Lang: web.Lang(c), Signed: true}
			if err := customer.Say(ctx, tx, p.CustomerID(), said, s.Now()); err != nil {
				return err
			}
			if asked, err = s.askToConfirm(ctx, tx, p.Customer, before, web.Lang(c)); err != nil {
				return err
			}
			return s.decide(ctx, tx, p.CustomerID())
		})
	}
	if fault.Kind(err) == fault.Invalid {
		return s.listWith(c, http.StatusUnprocessableEntity, nil, err)
	}
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "lists.saved")
	if asked {
		web.Flash(c, "info", "shop.consent.asked", "email", p.Customer.Email)
	}
	return web.Redirect(c, listPath(token))
}
