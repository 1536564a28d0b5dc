package admin

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/outreach"
)

// mailed is the switch of the weekly report for whoever looks at it.
type mailed struct {
	On    bool
	Email string
}

// mailedTo is the switch, or nil for whoever may only read.
func (o *Office) mailedTo(c echo.Context) (*mailed, error) {
	if !o.may(c, "abandonment.write") {
		return nil, nil
	}
	who, err := o.who(c)
	if err != nil {
		return nil, err
	}
	on, err := outreach.Reads(c.Request().Context(), o.DB, who.ID)
	return &mailed{on, who.Email}, err
}

// switchReport switches the weekly report on or off for whoever asks.
func (o *Office) switchReport(c echo.Context) error {
	in, err := read(c, []string{"on"})
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	on := in["on"] == "yes"
	err = o.change(c, "abandonment.mail", "", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		changed, err := outreach.SetReads(ctx, tx, who.ID, on, lang(c), now)
		if err != nil || !changed {
			return "", err
		}
		return yesNo(on), nil
	})
	if err != nil {
		return err
	}
	return done(c, reportPath, map[bool]string{true: "effect.mail.switched.on", false: "effect.mail.switched.off"}[on])
}

// outOfBand is how many steps left their usual range in the newest finished
// week; weeks of few carts say nothing.
func (o *Office) outOfBand(ctx context.Context) (n int, err error) {
	bands, err := analytics.Bands(ctx, o.DB, o.Demo, o.Settings.Now(), o.Now())
	for _, b := range bands {
		if b.OutOf {
			n++
		}
	}
	return n, err
}
