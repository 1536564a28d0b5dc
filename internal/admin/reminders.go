package admin

import (
	"time"

	"regulars/internal/analytics"
)

// advisedBy is how far back the advice looks: a step brings so little that a
// month cannot tell.
const advisedBy = 2 * 365

// reminderRow is one step of the follow-up with what it brought.
type reminderRow struct {
	Name                      string
	Sent                      int
	Returned, Bought, Stopped string
}

func (p *missed) reminders(r *reader) error {
	steps, err := analytics.Reminders(r.ctx(), r.db(), r.ask.From, r.ask.To, r.ask.Simulated, r.o.Settings.Now())
	if err != nil {
		return err
	}
	for _, s := range steps {
		if !r.personal && s.Sent < fewPeople {
			continue
		}
		p.Reminders = append(p.Reminders, reminderRow{t(r.c, "admin.reminders.nth", "n", s.Step), s.Sent, of(r.c, analytics.Rate{Part: s.Returned, Of: s.Sent}),
			of(r.c, analytics.Rate{Part: s.Bought, Of: s.Sent}), of(r.c, analytics.Rate{Part: s.Unsubscribed, Of: s.Sent})})
	}
	to, err := time.Parse(time.DateOnly, r.ask.To)
	if err != nil {
		return err
	}
	since := to.AddDate(0, 0, -advisedBy).Format(time.DateOnly)
	if steps, err = analytics.Reminders(r.ctx(), r.db(), since, r.ask.To, r.ask.Simulated, r.o.Settings.Now()); err != nil {
		return err
	}
	if keep, too := analytics.Enough(steps); too != nil {
		key := "admin.reminders.stop"
		if keep == 0 {
			key = "admin.reminders.none-first"
		}
		p.Advice = t(r.c, key, "count", keep, "n", too.Step, "sent", too.Sent, "returned", too.Returned, "stopped", too.Unsubscribed, "since", since)
	}
	return nil
}
