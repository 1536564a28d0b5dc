package admin

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

// cardWishes is how they want to hear from us, and how much of it was kept back.
func (o *Office) cardWishes(c echo.Context, p *personPage, email string) error {
	if email == "" {
		return nil
	}
	center, err := outreach.CenterOfAddress(c.Request().Context(), o.DB, email, o.Now())
	if err != nil {
		return err
	}
	p.MailWish = wishWords(c, center.Wish, o.Now(), o.Settings.Now().Zone())
	if center.Total > 0 {
		p.MailsKept = t(c, "person.mails.kept", "count", center.Total)
		if o.may(c, "messages.read") && o.may(c, "personal.read") {
			p.MailsURL = "/admin/messages?" + url.Values{"state": {"withheld"}, "q": {email}}.Encode()
		}
	}
	return nil
}

// wishWords is a preference in one line; "" for who never said.
func wishWords(c echo.Context, w outreach.Preference, now time.Time, zone *time.Location) string {
	var all []string
	var off, avoid []string
	for _, topic := range w.Off {
		off = append(off, t(c, "admin.matrix."+string(topic)))
	}
	for _, o := range outreach.Shunnable {
		if slices.Contains(w.Avoid, o.Key) {
			avoid = append(avoid, o.Name.In(lang(c)))
		}
	}
	comma := t(c, "shop.comma")
	if len(off) > 0 {
		all = append(all, t(c, "person.mails.wish.off", "topics", strings.Join(off, comma)))
	}
	if w.PerMonth > 0 {
		all = append(all, t(c, "person.mails.wish.month", "count", w.PerMonth))
	}
	if w.Hour != outreach.AnyHour {
		all = append(all, t(c, "person.mails.wish.hour", "hour", w.Hour))
	}
	if w.Paused.After(now) {
		all = append(all, t(c, "person.mails.wish.paused", "day", i18n.Date(lang(c), w.Paused.In(zone))))
	}
	if len(avoid) > 0 {
		all = append(all, t(c, "person.mails.wish.avoid", "days", strings.Join(avoid, comma)))
	}
	return strings.Join(all, " · ")
}
