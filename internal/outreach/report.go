package outreach

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/staff"
)

// ReportMail is the weekly report of abandoned carts, to staff who asked.
const ReportMail = "report-weekly"

func init() { Templates = append(Templates, ReportMail) }

// reportWords are the figures of the report, as its page has them.
type reportWords struct {
	From, To  string
	Lines     []string
	Alerts    []string
	Caused    string
	Simulated bool
}

// Reads reports whether somebody gets the weekly report.
func Reads(ctx context.Context, q db.Q, id staff.ID) (bool, error) {
	var n int64
	if err := q.Query(ctx).Raw("SELECT count(*) FROM report_readers WHERE staff_id = ?", int64(id)).Scan(&n).Error; err != nil {
		return false, fmt.Errorf("read who gets the report: %w", err)
	}
	return n > 0, nil
}

// SetReads switches the weekly report on or off for somebody; false: it was so.
func SetReads(ctx context.Context, tx *db.Tx, id staff.ID, on bool, l i18n.Lang, now time.Time) (bool, error) {
	sql, args := "DELETE FROM report_readers WHERE staff_id = ?", []any{int64(id)}
	if on {
		sql, args = "INSERT INTO report_readers (staff_id, lang, since) VALUES (?, ?, ?) ON CONFLICT (staff_id) DO NOTHING", []any{int64(id), string(l), db.At(now)}
	}
	done := tx.Query(ctx).Exec(sql, args...)
	if done.Error != nil {
		return false, fmt.Errorf("switch the weekly report: %w", done.Error)
	}
	return done.RowsAffected > 0, nil
}

// The report goes out on a Monday from this hour of the shop's day on.
const reportHour = 7

// reportWeek is the week the report of a moment is about, and the key of the
// week it goes out in: the newest seven days, ending on a Sunday, whose carts
// have all had their time. ok is false before the hour on Mondays.
func reportWeek(now time.Time, zone *time.Location) (from, to, key string, ok bool) {
	local := now.In(zone)
	monday := local.AddDate(0, 0, -(int(local.Weekday())+6)%7)
	year, week := monday.ISOWeek()
	day := func(back int) string { return monday.AddDate(0, 0, -back).Format(time.DateOnly) }
	return day(14), day(8), fmt.Sprintf("%d-W%02d", year, week), local.Weekday() != time.Monday || local.Hour() >= reportHour
}

// SendReports mails the weekly report to everybody who asked for it, once a
// week: the key names the reader and the week. Who may no longer read the
// report, or is no longer staff, gets none.
func (d *Desk) SendReports(ctx context.Context, now time.Time) error {
	values := d.Settings.Now()
	from, to, week, ok := reportWeek(now, values.Zone())
	if !ok {
		return nil
	}
	var readers []struct {
		StaffID staff.ID
		Lang    i18n.Lang
	}
	if err := d.DB.Query(ctx).Raw("SELECT staff_id, lang FROM report_readers ORDER BY staff_id").Scan(&readers).Error; err != nil {
		return fmt.Errorf("read who gets the report: %w", err)
	}
	var failures error
	for _, r := range readers {
		key := fmt.Sprintf("%s:%d:%s", ReportMail, r.StaffID, week)
		have, err := byKey(ctx, d.DB, key)
		if err != nil || have != nil && (have.State == Sent || have.State == Withheld || have.State == Failed) {
			failures = errors.Join(failures, err)
			continue
		}
		failures = errors.Join(failures, d.sendReport(ctx, key, r.StaffID, r.Lang, from, to, now))
	}
	return failures
}

func (d *Desk) sendReport(ctx context.Context, key string, id staff.ID, l i18n.Lang, from, to string, now time.Time) error {
	who, err := staff.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) || err == nil && !staff.May(who.Role, "abandonment.read") {
		return nil
	}
	if err != nil {
		return err
	}
	words, err := d.report(ctx, l, from, to, now)
	if err != nil {
		return err
	}
	link := fmt.Sprintf("%s/admin/abandonment?from=%s&to=%s&simulated=%s", d.BaseURL, from, to, map[bool]string{true: "yes", false: "no"}[d.Demo])
	s := &Send{Key: key, Class: Service, Template: ReportMail, Email: who.EmailKey, Lang: l}
	err = d.owe(ctx, s, Candidate{Class: Service, Email: who.Email}, Address{who.Name, who.Email}, letter{Name: who.Name, Link: link, Report: words, footer: footer{why: "mail.foot.why.report-weekly"}}, now)
	var wait deferred
	if errors.As(err, &wait) {
		return nil // the next sweep after that moment asks again
	}
	return err
}

// report asks for the figures of a week the way the page does.
func (d *Desk) report(ctx context.Context, l i18n.Lang, from, to string, now time.Time) (*reportWords, error) {
	values := d.Settings.Now()
	w := &reportWords{From: from, To: to, Simulated: d.Demo}
	ask := analytics.Question{From: from, To: to, Simulated: d.Demo}
	r, err := analytics.Abandonment(ctx, d.DB, from, to, d.Demo, values, now)
	if err != nil {
		return nil, err
	}
	credit, err := analytics.CreditOf(ctx, d.DB, ask)
	if err != nil {
		return nil, err
	}
	f := r.Totals
	share := func(rate analytics.Rate) string {
		return i18n.T(l, "effect.mail.share", "percent", rate.Percent(), "part", i18n.Number(rate.Part), "of", i18n.Number(rate.Of))
	}
	line := func(key, value string) { w.Lines = append(w.Lines, i18n.T(l, key)+i18n.T(l, "effect.mail.is")+value) }
	line("admin.abandonment.rate", share(f.Abandonment()))
	line("admin.abandonment.drop", share(f.Drop()))
	line("admin.abandonment.till", share(f.CheckoutAbandonment()))
	line("admin.abandonment.abandoned", share(f.EverAbandoned()))
	line("admin.abandonment.value", i18n.Money(l, money.Price{Amount: f.AbandonedValue, Currency: values.Currency()}))
	line("effect.tile.recovered", share(f.Recovery()))
	line("effect.tile.mail", share(analytics.Rate{Part: credit.ByMail, Of: credit.Abandoned}))
	line("effect.tile.link", share(analytics.Rate{Part: credit.ByLink, Of: credit.Abandoned}))
	line("effect.tile.credited", share(analytics.Rate{Part: credit.Credited, Of: credit.Abandoned}))
	if w.Caused, err = d.causedWords(ctx, l); err != nil {
		return nil, err
	}
	bands, err := analytics.Bands(ctx, d.DB, d.Demo, values, now)
	for _, b := range bands {
		if b.OutOf {
			w.Alerts = append(w.Alerts, BandWords(l, b))
		}
	}
	return w, err
}

// BandWords says that a step left its band, with the numbers.
func BandWords(l i18n.Lang, b analytics.Band) string {
	return i18n.T(l, "admin.abandonment.alert", "step", i18n.T(l, "admin.dim.step."+strconv.Itoa(b.Step)), "rate", b.Week.Percent(), "of", b.Week.Of, "usual", b.Usual.Percent(),
		"low", strconv.FormatFloat(b.Low, 'f', 1, 64), "high", strconv.FormatFloat(b.High, 'f', 1, 64))
}

// causedWords says what follow-up caused, or why that cannot be said.
func (d *Desk) causedWords(ctx context.Context, l i18n.Lang) (string, error) {
	all, err := analytics.FollowUps(ctx, d.DB, d.Demo)
	if err != nil || len(all) == 0 {
		return i18n.T(l, "effect.none"), err
	}
	r := all[0].Return
	points := func(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) }
	text := i18n.T(l, "effect.return."+string(r.Verdict), "est", points(r.Lift.Est), "days", int(analytics.Window.Hours()/24), "people", r.Shown.N+r.Held.N,
		"buyers", min(r.Shown.Buyers, r.Held.Buyers), "least", experiment.FewestBuyers)
	if r.Verdict == experiment.Early || r.Verdict == experiment.Uneven {
		return text, nil
	}
	return text + " " + i18n.T(l, "effect.within", "low", i18n.T(l, "effect.points", "points", points(r.Lift.Low)), "high", i18n.T(l, "effect.points", "points", points(r.Lift.High))), nil
}
