package storefront

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// looking is how staff look at a home page before the public does: as whom, on
// which day, and with which variant's draft.
type looking struct {
	as      string // a segment's key; "" = who visit.person is
	why     i18n.Text
	on      time.Time // zero: now
	variant *homepage.Variant
	draft   bool
	chosen  *homepage.Variant // what the rules give, whatever is shown
}

// shown is the variant that staff look at, when the rules chose v.
func (l *looking) shown(v *homepage.Variant) *homepage.Variant {
	l.chosen = v
	if l.variant != nil {
		v = l.variant
	}
	if l.draft && !v.DraftAt.IsZero() {
		page := *v
		page.Page = v.Draft
		return &page
	}
	return v
}

// lookNotice is what stands above a page that staff look at.
type lookNotice struct{ Text, Other, BackURL string }

type lookForm struct {
	Variant string `form:"variant,max=40"`
	As      string `form:"as,max=60"`
	Email   string `form:"email,max=254"`
	On      string `form:"on,max=10"`
	Which   string `form:"which,max=10"`
}

// previewHome shows staff a home page as somebody else would see it: the very
// page that the shop makes, with a line above it. A customer's page is read as
// that person, which needs the right to read customers and goes into the audit.
func (s *Shop) previewHome(c echo.Context) error {
	web.Private(c)
	who, err := s.colleague(c)
	if err != nil {
		return err
	}
	var in lookForm
	if err := web.Query(c, &in); err != nil {
		return err
	}
	look, name, err := s.lookAs(c, who, in)
	if err != nil {
		return err
	}
	w, err := s.welcome(c)
	if err != nil {
		return err
	}
	page := look.chosen
	if look.variant != nil {
		page = look.variant
	}
	key := "shop.look.what"
	if look.draft && !page.DraftAt.IsZero() {
		key = "shop.look.what.draft"
	}
	w.look = &lookNotice{Text: t(c, key, "page", page.Name, "who", name, "day", i18n.Date(web.Lang(c), s.at(c).In(s.Settings.Now().Zone()))), BackURL: "/admin/homepages/" + page.Key}
	if look.chosen.Key != page.Key {
		w.look.Other = t(c, "shop.look.other", "name", look.chosen.Name)
	}
	return s.showHome(c, w)
}

// colleague is the member of staff who asks, if their role may read home
// pages; for everybody else there is no such page.
func (s *Shop) colleague(c echo.Context) (*staff.Staff, error) {
	session := web.Session(c)
	if session.StaffID() == 0 {
		return nil, ended()
	}
	who, err := staff.AtWork(c.Request().Context(), s.DB, staff.ID(session.StaffID()), session.StaffEpoch(), session.StaffKey())
	if errors.Is(err, fault.NotFound) || err == nil && !staff.May(who.Role, "homepages.read") {
		return nil, ended()
	}
	return who, err
}

// lookAs makes the rest of the request see the shop as the form says, and
// names who that is.
func (s *Shop) lookAs(c echo.Context, who *staff.Staff, in lookForm) (*looking, string, error) {
	ctx, v := c.Request().Context(), s.visit(c)
	look := &looking{draft: in.Which == "draft"}
	if in.Variant != "" && in.Which != "rules" {
		variant, err := homepage.ByKey(ctx, s.DB, in.Variant)
		if err != nil {
			return nil, "", err
		}
		look.variant = variant
	}
	if in.On != "" {
		day, err := time.ParseInLocation(time.DateOnly, in.On, s.Settings.Now().Zone())
		if err != nil {
			return nil, "", fault.New(fault.Invalid, "homepage.day.invalid")
		}
		look.on = day.Add(12 * time.Hour)
		if pricing.Day(s.Now(), s.Settings.Now().Zone()) == in.On {
			look.on = time.Time{}
		}
	}
	// Whoever looks is not who sees: no cart, no account, no history of theirs.
	*v = visit{currency: v.currency, asked: true, look: look}
	if in.Email != "" {
		person, err := s.lookedAt(c, who, in.Email)
		if err != nil {
			return nil, "", err
		}
		v.person = person
		return look, person.Customer.Email, nil
	}
	key, ok := strings.CutPrefix(in.As, "segment:")
	if !ok {
		return look, t(c, "shop.look.guest"), nil
	}
	kinds, err := segment.List(ctx, s.DB)
	if err != nil {
		return nil, "", err
	}
	for _, g := range kinds {
		if g.Key == key && key != segment.Default {
			look.as, look.why = g.Key, g.Why
			return look, t(c, "shop.look.segment", "name", g.Name), nil
		}
	}
	return nil, "", ended()
}

// lookedAt reads the customer whose page is looked at, and notes who looked.
// The note carries the account's number: an address would outlive its erasure.
func (s *Shop) lookedAt(c echo.Context, who *staff.Staff, email string) (*customer.Person, error) {
	if !staff.May(who.Role, "customers.read") {
		return nil, ended()
	}
	k, err := customer.ByEmail(c.Request().Context(), s.DB, email)
	if err != nil {
		return nil, err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return staff.Note(ctx, tx, who.ID, "home.look", "customer "+strconv.FormatInt(int64(k.ID), 10), "", s.Now())
	})
	if err != nil {
		return nil, err
	}
	return customer.Read(c.Request().Context(), s.DB, "", k.ID)
}
