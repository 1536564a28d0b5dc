package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	alarmRow struct {
		What, Subject, URL string
		Times              int
		At                 db.Time
		New                bool
	}
	alarmsPage struct {
		web.Page
		Rows  []alarmRow
		Until string // what the page showed, in milliseconds
		See   bool

		Shared, SharedURL string
	}
)

// mostAlarms is how many the page lists; they are kept for 90 days.
const mostAlarms = 200

// alarms lists what somebody did to the shop that no shopper does.
func (o *Office) alarms(c echo.Context) error {
	all, err := staff.RecentAlarms(c.Request().Context(), o.DB, mostAlarms)
	if err != nil {
		return err
	}
	p := alarmsPage{Page: page(c, "staff.area.alarms"), Until: strconv.FormatInt(o.Now().UnixMilli(), 10)}
	for _, a := range all {
		row := alarmRow{What: t(c, "admin.alarm."+a.Kind), Subject: a.Subject, Times: a.Times, At: a.LastAt, New: a.SeenAt.IsZero()}
		if a.Kind == staff.AlarmOrder {
			row.URL = "/admin/orders/" + a.Subject
		}
		p.See = p.See || row.New && o.may(c, "alarms.write")
		p.Rows = append(p.Rows, row)
	}
	if p.Shared, p.SharedURL, err = o.sharedNote(c, ""); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/alarms", p)
}

// seeAlarms marks as seen what the page showed; what rang since stays new.
func (o *Office) seeAlarms(c echo.Context) error {
	in, err := read(c, []string{"until"})
	if err != nil {
		return err
	}
	ms, err := strconv.ParseInt(in["until"], 10, 64)
	if err != nil || ms < 0 {
		ms = 0
	}
	err = o.change(c, "alarms.see", "", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		n, err := staff.SeeAlarms(ctx, tx, time.UnixMilli(min(ms, now.UnixMilli())), now)
		if err != nil || n == 0 {
			return "", err
		}
		return strconv.Itoa(n), nil
	})
	if err != nil {
		return err
	}
	return done(c, "/admin/alarms", "admin.alarms.seen")
}
