package storefront

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	wishOption struct {
		Value, Text string
		Chosen      bool
	}
	blockedRow struct{ When, Kind, Why string }

	// wishes is the form by which somebody says how they want to hear from us;
	// the account and the link in each mail show the same one.
	wishes struct {
		web.Page
		Action       string
		Saved        string // when it was kept; "" before the first time
		Shown        []string
		Topics       []wishOption
		Often, Hours []wishOption
		Pause, Avoid []wishOption
		Avoided      int
		HoursIn      string
		Lot          string // that some are drawn to get none; "" while nobody is
		Blocked      []blockedRow
		BlockedWhat  string
	}
	wishForm struct {
		Shown   []string `form:"shown,max=40"`
		Topics  []string `form:"topic,max=40"`
		Often   string   `form:"often,max=10"`
		Hour    string   `form:"hour,max=10"`
		Pause   string   `form:"pause,max=10"`
		Avoid   []string `form:"avoid,max=40"`
		Less    bool     `form:"less"`
		Save    bool     `form:"save"`
		Kind    bool     `form:"kind"`
		All     bool     `form:"everything"`
		Program string   `form:"List-Unsubscribe,max=40"`
	}
	mailsPage struct {
		web.Page
		Token, Lead, Kind string
		Known, Stopped    bool // the address is known; everything is stopped
		KindStopped       bool
		Wishes            *wishes
	}
)

// wishes fills the form with what somebody may choose and chose.
func (s *Shop) wishes(c echo.Context, p web.Page, action string, center *outreach.Center) *wishes {
	zone := s.theirZone(center.Zone)
	set, l, w := s.Settings.Now(), web.Lang(c), center.Wish
	_, week, month := set.MailCaps()
	form := &wishes{Page: p, Action: action, HoursIn: zone.String(), Avoided: len(w.Avoid)}
	if !w.At.IsZero() {
		form.Saved = t(c, "wish.saved", "when", i18n.DateTime(l, w.At.In(zone)))
	}
	for _, topic := range center.Topics {
		on := !slices.Contains(w.Off, topic) && (!topic.Asked() || slices.Contains(w.On, topic))
		form.Shown = append(form.Shown, string(topic))
		form.Topics = append(form.Topics, wishOption{string(topic), t(c, "wish.topic."+string(topic)), on})
	}
	form.Often = []wishOption{{"0", t(c, "wish.often.shop", "week", week, "month", month), w.PerMonth == 0}}
	for _, n := range []int{2, outreach.Least} {
		form.Often = append(form.Often, wishOption{strconv.Itoa(n), t(c, "wish.often.some", "count", n), w.PerMonth == n})
	}
	from, to, quiet := set.QuietHours()
	form.Hours = []wishOption{{strconv.Itoa(outreach.AnyHour), t(c, "wish.hour.any"), w.Hour == outreach.AnyHour}}
	for h := range 24 {
		if night := quiet && (from > to && (h >= from || h < to) || from < to && h >= from && h < to); !night || h == w.Hour {
			form.Hours = append(form.Hours, wishOption{strconv.Itoa(h), t(c, "wish.hour.at", "from", fmt.Sprintf("%02d", h), "to", fmt.Sprintf("%02d", (h+1)%24)), h == w.Hour})
		}
	}
	paused := w.Paused.After(s.Now())
	form.Pause = []wishOption{{"0", t(c, "wish.pause.no"), !paused}}
	if paused {
		form.Pause = append(form.Pause, wishOption{"keep", t(c, "wish.pause.is", "day", i18n.Date(l, w.Paused.In(zone))), true})
	}
	for _, n := range []int{1, 3} {
		form.Pause = append(form.Pause, wishOption{strconv.Itoa(n), t(c, "wish.pause.months", "count", n), false})
	}
	for _, o := range outreach.Shunnable {
		form.Avoid = append(form.Avoid, wishOption{o.Key, o.Name.In(l), slices.Contains(w.Avoid, o.Key)})
	}
	if held := set.MailHoldout(); held > 0 {
		form.Lot = t(c, "wish.lot", "share", hundredths(held))
	}
	form.BlockedWhat = t(c, "wish.blocked.none")
	if center.Total > 0 {
		form.BlockedWhat = t(c, "wish.blocked.what", "count", center.Total)
	}
	for i := range center.Blocked {
		b := &center.Blocked[i]
		form.Blocked = append(form.Blocked, blockedRow{i18n.Date(l, b.At.In(zone)), t(c, "wish.topic."+string(b.Topic)), b.Words(l)})
	}
	return form
}

// theirZone is where an account's hours are counted: what it says, else the shop's.
func (s *Shop) theirZone(name string) *time.Location {
	if name != "" && name != "Local" {
		if own, err := time.LoadLocation(name); err == nil {
			return own
		}
	}
	return s.Settings.Now().Zone()
}

// change is what the form makes of what was wished before. A topic the form
// did not show stays as it was.
func (f *wishForm) change(now time.Time) (func(*outreach.Preference), error) {
	often, err1 := strconv.Atoi(f.Often)
	hour, err2 := strconv.Atoi(f.Hour)
	bad := err1 != nil || err2 != nil || !slices.Contains([]int{0, 2, outreach.Least}, often) || hour < outreach.AnyHour || hour > 23 || !slices.Contains([]string{"0", "keep", "1", "3"}, f.Pause)
	for _, shown := range slices.Concat(f.Shown, f.Topics) {
		bad = bad || !slices.Contains(outreach.Topics, outreach.Topic(shown))
	}
	for _, key := range f.Avoid {
		bad = bad || !slices.ContainsFunc(outreach.Shunnable, func(o outreach.Shunned) bool { return o.Key == key })
	}
	if bad {
		return nil, fault.New(fault.Invalid, "error.invalid")
	}
	return func(p *outreach.Preference) {
		p.PerMonth, p.Hour, p.Avoid = often, hour, f.Avoid
		switch f.Pause {
		case "0":
			p.Paused = time.Time{}
		case "1", "3":
			p.Paused = now.AddDate(0, int(f.Pause[0]-'0'), 0)
		}
		for _, name := range f.Shown {
			topic := outreach.Topic(name)
			drop := func(x outreach.Topic) bool { return x == topic }
			p.Off, p.On = slices.DeleteFunc(p.Off, drop), slices.DeleteFunc(p.On, drop)
			switch on := slices.Contains(f.Topics, name); {
			case !on:
				p.Off = append(p.Off, topic)
			case topic.Asked():
				p.On = append(p.On, topic)
			}
		}
	}, nil
}

// less is the one click beside "none".
func less(p *outreach.Preference) { p.PerMonth = outreach.Least }

// mails shows what the link in a mail leads to, and changes nothing: programs
// that look over mails open every link.
func (s *Shop) mails(c echo.Context) error { return s.mailsPage(c, false) }

func (s *Shop) mailsPage(c echo.Context, done bool) error {
	center, err := outreach.CenterOf(c.Request().Context(), s.DB, c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	p := mailsPage{Page: s.page(c, "wish.title"), Token: c.Param("token"), Known: center.Known, Stopped: !center.All.IsZero(), KindStopped: center.Stopped,
		Lead: t(c, "wish.lead", "email", center.Address), Kind: t(c, "customer.purpose."+string(center.Purpose))}
	if p.Stopped {
		p.Lead = t(c, "wish.stopped", "email", center.Address, "when", i18n.DateTime(web.Lang(c), center.All.In(s.theirZone(center.Zone))))
	}
	p.NoIndex = true
	if done && !p.Stopped {
		p.Page.Flash = append(p.Page.Flash, web.Notice{Kind: "ok", Text: t(c, "wish.done")})
	}
	p.Wishes = s.wishes(c, p.Page, "/u/"+p.Token, center)
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/mails", p)
}

// choose keeps what the form says, or stops such mails at once: that is what a
// mail program asks for that posts here by itself (RFC 8058), so the answer is
// a page and no redirect, and asking again does no harm.
func (s *Shop) choose(c echo.Context) error {
	var in wishForm
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		switch {
		case in.Less && in.Program == "":
			return outreach.Choose(ctx, tx, c.Param("token"), less, s.Now())
		case in.Save && in.Program == "":
			change, err := in.change(s.Now())
			if err != nil {
				return err
			}
			return outreach.Choose(ctx, tx, c.Param("token"), change, s.Now())
		}
		_, err := outreach.Unsubscribe(ctx, tx, c.Param("token"), !in.Kind || in.Program != "", s.Now())
		return err
	})
	if err != nil {
		return err
	}
	return s.mailsPage(c, true)
}

// saveWishes is the same form in the account.
func (s *Shop) saveWishes(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in wishForm
	if err := web.Form(c, &in); err != nil {
		return err
	}
	change := less
	if !in.Less {
		if change, err = in.change(s.Now()); err != nil {
			return err
		}
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return outreach.ChooseFor(ctx, tx, p.Customer.Email, change, s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "wish.done")
	return web.Redirect(c, "/account/preferences")
}

// hundredths is a share of hundredths of a percent, as people read it.
func hundredths(n int) string { return strconv.FormatFloat(float64(n)/100, 'f', -1, 64) + " %" }
