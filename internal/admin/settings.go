package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type settingsPage struct {
	web.Page
	Errors web.FormErrors
	Groups []settingGroup
}

type settingGroup struct {
	Name string
	Rows []settingRow
}

type settingRow struct {
	Name, Label, Help, Value, Default string
	Changed, Long                     bool // Long: several lines to write in
	Bad                               web.FieldError
}

// groups says which settings stand together; one in no group stands in "more",
// so that a new key is never out of sight.
var groups = []struct {
	name string
	keys []string
}{
	{"shop", []string{"shop.name", "shop.name.zh", "shop.email", "shop.address", "zone"}},
	{"money", []string{"currency", "currencies", "tax.percent", "tax.included", "tax.rates", "payments.offered", "payment.transfer.details", "payment.transfer.details.zh", "payment.transfer.days", "payment.cod.max", "payment.cod.countries"}},
	{"carts", []string{"cart.idle", "checkout.idle", "cart.lost", "visits.origin", "hold.minutes", "returns.days", "warranty.months", "restock.per-unit"}},
	{"mail", []string{"followup.delays", "followup.floors", "followup.steps", "followup.coupon", "followup.coupon.percent", "followup.coupon.margin", "followup.holdout", "notice.payment.failed", "notice.payment.failed.except", "quiet.hours", "mail.caps", "mail.holdout", "complaint.rest.days", "mail.stop", "answer.days", "answer.hours", "answer.within", "notify.orders", "notify.lang", "contact.cards", "contact.recommendations", "contact.reminders", "contact.tiers", "contact.occasions", "contact.refills", "contact.lists", "contact.specials", "contact.owners", "contact.searches", "service.tiers", "service.name", "service.name.zh", "service.reach", "service.reach.zh"}},
	{"specials", []string{"specials.day", "specials.hour"}},
	{"loyalty", []string{"loyalty.loyal.orders", "loyalty.loyal.spend", "loyalty.very.orders", "loyalty.very.spend", "value.abc", "value.margin", "value.return.cost", "value.question.cost", "value.referral"}},
	{"register", []string{"contact.unreachable.days", "contact.inactive.months"}},
	{"keep", []string{"keep.browsing", "keep.carts", "keep.contacts", "keep.visitors", "keep.guests", "keep.bodies", "keep.campaigns", "keep.decisions", "keep.looks", "keep.searches", "keep.history", "restock.keep"}},
	{"profiles", []string{"profile.stale.days", "tiles.shelves", "survey.questions"}},
	{"staff", []string{"staff.second.factor"}},
	{"more", nil},
}

func (o *Office) settings(c echo.Context) error {
	stored, err := setting.Read(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	return o.showSettings(c, http.StatusOK, stored.Get, nil)
}

func (o *Office) showSettings(c echo.Context, status int, value func(string) string, failure error) error {
	p := settingsPage{Page: page(c, "staff.area.settings"), Errors: wrong(c, failure)}
	placed := map[string]bool{}
	for _, g := range groups {
		keys := g.keys
		if g.name == "more" {
			for _, k := range setting.Keys {
				if !placed[k.Name] {
					keys = append(keys, k.Name)
				}
			}
		}
		group := settingGroup{Name: t(c, "admin.settings."+g.name)}
		for _, name := range keys {
			placed[name] = true
			k, err := setting.Find(name)
			if err != nil {
				return err
			}
			label, help, _ := strings.Cut(t(c, "setting."+name), "\n")
			group.Rows = append(group.Rows, settingRow{name, label, help, value(name), k.Default, value(name) != k.Default, name == "tax.rates", p.Errors.At(name)})
		}
		if len(group.Rows) > 0 {
			p.Groups = append(p.Groups, group)
		}
	}
	return web.Render(c, status, "admin/settings", p)
}

// saveSettings stores what the form changes, all of it or nothing.
func (o *Office) saveSettings(c echo.Context) error {
	names := make([]string, len(setting.Keys))
	for i, k := range setting.Keys {
		names[i] = k.Name
	}
	in, err := read(c, names)
	if err == nil {
		err = o.change(c, "settings.save", "settings", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return storeSettings(ctx, tx, in, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showSettings(c, http.StatusUnprocessableEntity, in.Get, err)
	}
	if err != nil {
		return err
	}
	if err := o.Settings.Refresh(c.Request().Context(), o.DB); err != nil {
		return err
	}
	return done(c, "/admin/settings", "admin.settings.saved")
}

func storeSettings(ctx context.Context, tx *db.Tx, in inputs, now time.Time) (string, error) {
	stored, err := setting.Read(ctx, tx)
	if err != nil {
		return "", err
	}
	var form fault.Form
	var changed []string
	for _, k := range setting.Keys {
		if in[k.Name] == stored.Get(k.Name) {
			continue
		}
		err := setting.Set(ctx, tx, k.Name, in[k.Name], now)
		for _, f := range fault.Fields(err) {
			form.Wrong(f.Name, f.Words, f.Args...)
		}
		if err != nil && !errors.Is(err, fault.Invalid) {
			return "", err
		}
		changed = append(changed, k.Name+": "+stored.Get(k.Name)+" → "+in[k.Name])
	}
	return strings.Join(changed, "; "), form.Err()
}

type auditPage struct {
	web.Page
	Tabs  []chip
	Rows  []auditRow
	Older string
}

type auditRow struct {
	At                         db.Time
	Who, What, Subject, Detail string
}

const auditAtOnce = 100

// audit shows who did what, the newest first.
func (o *Office) audit(c echo.Context) error {
	var in struct {
		Before int64 `form:"before"`
	}
	if err := web.Query(c, &in); err != nil {
		return err
	}
	entries, err := staff.Audit(c.Request().Context(), o.DB, in.Before, auditAtOnce)
	if err != nil {
		return err
	}
	p := auditPage{Page: page(c, "staff.area.audit"), Tabs: auditTabs(c, false)}
	for _, e := range entries {
		who := e.Name
		if who == "" {
			who = e.Email
		}
		what := e.Action // deeds of the command line have no words of ours
		if i18n.Has(lang(c), "admin.audit."+what) {
			what = t(c, "admin.audit."+what)
		}
		p.Rows = append(p.Rows, auditRow{e.At, who, what, e.Subject, e.Detail})
	}
	if len(entries) == auditAtOnce {
		p.Older = "/admin/audit?before=" + strconv.FormatInt(entries[len(entries)-1].ID, 10)
	}
	return web.Render(c, http.StatusOK, "admin/audit", p)
}
