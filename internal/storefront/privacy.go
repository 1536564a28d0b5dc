package storefront

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/roster"
	"regulars/internal/segment"
	"regulars/internal/trait"
	"regulars/internal/value"
	"regulars/internal/web"
)

type (
	consentRow struct {
		Name, Text, What string
		Given            bool   // ticked
		Waits            string // what it waits for, until the mailed link is confirmed
	}
	preferencesPage struct {
		accountPage
		Pages, Mails []consentRow
		Unverified   bool
		Waiting      bool
		Email        string
		Wishes       *wishes
	}
	factRow struct {
		Kind, Value, Name, Evidence string
		Says                        string // what it says, where Name only names it
		Trust                       string // how sure it is, in words
		Inferred                    bool
	}
	knownPage struct {
		accountPage
		Segment, Reason string
		Facts           []factRow
		Traits          []factRow
		MayConclude     bool
		Consents        []factRow
		Worth           string // what is kept for sorting customers; "" if nothing is
	}
	privacyPage struct {
		web.Page
		Heading, Lead string
		Parts         []policyPart
		On            bool
		Remembered    string // by this browser's forms, for a guest
	}
)

func (s *Shop) preferences(c echo.Context) error {
	base, p, err := s.accountPage(c, "preferences")
	if err != nil {
		return err
	}
	waiting, err := customer.Waiting(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	page := preferencesPage{accountPage: base, Unverified: !p.Customer.Verified(), Waiting: len(waiting) > 0, Email: p.Customer.Email}
	for _, purpose := range customer.Purposes {
		row := consentRow{Name: string(purpose), Text: t(c, "customer.purpose."+string(purpose)), What: t(c, "customer.purpose."+string(purpose)+".what"), Given: p.Given(purpose)}
		if slices.Contains(waiting, purpose) {
			row.Given, row.Waits = true, t(c, "shop.consent.waits")
		}
		if purpose == customer.Personalize || purpose == customer.History {
			page.Pages = append(page.Pages, row)
		} else {
			page.Mails = append(page.Mails, row)
		}
	}
	center, err := outreach.CenterOfAddress(c.Request().Context(), s.DB, p.Customer.Email, s.Now())
	if err != nil {
		return err
	}
	page.Wishes = s.wishes(c, base.Page, "/account/preferences/mails", center)
	return web.Render(c, http.StatusOK, "storefront/preferences", page)
}

// savePreferences keeps every switch as the form shows it: a box that is not
// ticked is a no.
func (s *Shop) savePreferences(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Given []string `form:"given,max=60"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	for _, g := range in.Given {
		if !slices.Contains(customer.Purposes, customer.Purpose(g)) {
			return fault.New(fault.Invalid, "customer.consent.unknown", "purpose", g)
		}
	}
	asked := false
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		before, err := customer.Waiting(ctx, tx, p.CustomerID())
		if err != nil {
			return err
		}
		for _, purpose := range customer.Purposes {
			said := customer.Saying{Purpose: purpose, Given: slices.Contains(in.Given, string(purpose)), Source: "preferences", Lang: web.Lang(c), Signed: true}
			if err := customer.Say(ctx, tx, p.CustomerID(), said, s.Now()); err != nil {
				return err
			}
		}
		if asked, err = s.askToConfirm(ctx, tx, p.Customer, before, web.Lang(c)); err != nil {
			return err
		}
		return s.decide(ctx, tx, p.CustomerID())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.account.saved")
	if asked {
		web.Flash(c, "info", "shop.consent.asked", "email", p.Customer.Email)
	}
	return web.Redirect(c, "/account/preferences")
}

// known shows what the shop knows about a person, where it has it from, and
// what follows from it.
func (s *Shop) known(c echo.Context) error { return s.knownPage(c, http.StatusOK, nil) }

func (s *Shop) knownPage(c echo.Context, status int, failed error) error {
	base, p, err := s.accountPage(c, "privacy")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	ctx := c.Request().Context()
	owed, err := order.Owed(ctx, s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	if owed > 0 {
		base.Flash = append(base.Flash, web.Notice{Kind: "warn", Text: t(c, "shop.erase.open", "count", owed)})
	}
	page := knownPage{accountPage: base}
	front, reason, err := s.front(c)
	if err != nil {
		return err
	}
	page.Segment, page.Reason = in(c, front.Page.Title), in(c, cmp.Or(reason, front.Page.Lead))
	if front.Key == homepage.Default || page.Segment == "" {
		page.Segment, page.Reason = t(c, "shop.known.default"), t(c, "shop.known.default.why")
	}
	if page.Facts, err = s.factRows(c, p); err != nil {
		return err
	}
	if page.Traits, err = s.heldRows(c, base.Zone); err != nil {
		return err
	}
	page.MayConclude = p.MayUseHistory()
	worth, _, err := value.Of(ctx, s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	if worth != nil {
		page.Worth = t(c, "value.known.kept", "count", worth.Frequency, "amount", s.money(c, worth.Net, s.Settings.Now().Currency()), "recency", worth.Recency)
	}
	log, err := customer.ConsentLog(ctx, s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for _, l := range log {
		key := "shop.known.refused"
		if l.Given {
			key = "shop.known.given"
		}
		page.Consents = append(page.Consents, factRow{Name: t(c, "customer.purpose."+string(l.Purpose)), Evidence: t(c, key, "date", l.At.In(base.Zone))})
	}
	return web.Render(c, status, "storefront/known", page)
}

func (s *Shop) forgetFact(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Kind  string `form:"kind,max=60"`
		Value string `form:"value,max=200"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		drop := func() error { return customer.DropFact(ctx, tx, p.CustomerID(), in.Kind, s.Now()) }
		if in.Value != "" {
			drop = func() error { return customer.DropInterest(ctx, tx, p.CustomerID(), in.Kind, in.Value) }
		}
		if err := drop(); err != nil {
			return err
		}
		return s.decide(ctx, tx, p.CustomerID())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.account.removed")
	return web.Redirect(c, "/account/privacy")
}

// heldRows are the traits held about whoever asks, each with what speaks for it.
func (s *Shop) heldRows(c echo.Context, zone *time.Location) ([]factRow, error) {
	rules, err := s.traits.Rules(c.Request().Context(), s.DB)
	if err != nil {
		return nil, err
	}
	mine, err := s.mine(c, rules)
	if err != nil {
		return nil, err
	}
	var rows []factRow
	for _, h := range mine.Held {
		row := factRow{Value: h.Trait, Name: in(c, rules.Find(h.Trait).Name), Evidence: in(c, h.Evidence) + t(c, "shop.known.stop"), Inferred: true}
		if !h.Expires.IsZero() {
			row.Evidence += t(c, "shop.known.trait.until", "date", h.Expires.In(zone))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// forgetTrait takes a trait out for good; the next page is made without it.
func (s *Shop) forgetTrait(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Trait string `form:"trait,max=40"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		if err := trait.Delete(ctx, tx, p.CustomerID(), in.Trait, s.Now()); err != nil {
			return err
		}
		return segment.Refresh(ctx, tx, p.CustomerID(), s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.known.trait.gone")
	return web.Redirect(c, "/account/privacy")
}

func (s *Shop) export(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	all, err := customer.Export(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return wrap("write an export", err)
	}
	web.Private(c)
	if c.QueryParam("format") == "csv" {
		c.Response().Header().Set("Content-Disposition", `attachment; filename="my-data.csv"`)
		return flatten(c, b)
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="my-data.json"`)
	return c.Blob(http.StatusOK, "application/json; charset=utf-8", b)
}

// erase takes the person out, after asking for the password once more.
func (s *Shop) erase(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Password string `form:"password,raw,max=1000"`
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = s.passworded(c, p, in.Password, "password")
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.knownPage(c, http.StatusUnprocessableEntity, failed)
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return roster.Erase(ctx, tx, p.CustomerID(), s.Now())
	})
	if err != nil {
		return err
	}
	if err := s.DB.Settle(c.Request().Context()); err != nil {
		s.Log.Warn("the erased still lies in the log of the database, until it is written out", "error", err)
	}
	if err := web.Session(c).SignOut(); err != nil {
		return err
	}
	web.SetVisitorToken(c, "")
	web.Flash(c, "ok", "shop.erase.done")
	return web.Redirect(c, "/")
}

// privacyPage says how the shop handles what it knows, and holds the switch
// that needs no account.
func (s *Shop) privacyPage(c echo.Context) error {
	p, err := s.person(c)
	if err != nil {
		return err
	}
	page := privacyPage{Page: s.page(c, "shop.policy.privacy.title"), Heading: t(c, "shop.policy.privacy.title"), Lead: t(c, "shop.policy.privacy.lead"),
		Parts: s.policyParts(c, "privacy"), On: p.Personalized()}
	if held := s.Settings.Now().MailHoldout(); held > 0 {
		page.Parts = append(page.Parts, policyPart{t(c, "shop.policy.privacy.lot.title"), t(c, "shop.policy.privacy.lot.text", "share", hundredths(held))})
	}
	if e, err := s.entered(c); err != nil {
		return err
	} else if e.Remembered {
		web.Private(c)
		page.Remembered = t(c, "shop.remember.is", "what", strings.Join(e.words(c), t(c, "shop.comma")))
	}
	s.note(c, event.Event{Kind: event.PolicySeen, Detail: "privacy"})
	return web.Render(c, http.StatusOK, "storefront/privacy", page)
}

func (s *Shop) choosePrivacy(c echo.Context) error {
	var in struct {
		Personalize string `form:"personalize,max=10"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	if in.Personalize != "on" && in.Personalize != "off" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	p, err := s.someone(c)
	if err != nil {
		return err
	}
	on := in.Personalize == "on"
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		if !p.SignedIn() {
			return customer.SetVisitorPersonalize(ctx, tx, p.VisitorID(), on, s.Now())
		}
		said := customer.Saying{Purpose: customer.Personalize, Given: on, Source: "privacy page", Lang: web.Lang(c), Signed: true}
		if err := customer.Say(ctx, tx, p.CustomerID(), said, s.Now()); err != nil {
			return err
		}
		return s.decide(ctx, tx, p.CustomerID())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.privacy."+in.Personalize)
	return web.Redirect(c, "/privacy")
}
