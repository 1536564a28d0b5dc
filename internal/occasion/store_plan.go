package occasion

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Why a need is brought up, or not, as of a day.
const (
	PlanNow      = "now"        // the mail goes in these days
	PlanLater    = "later"      // its days are still to come
	PlanConsent  = "no-consent" // reminders are not allowed
	PlanNotAgain = "not-again"
	PlanMet      = "met"      // bought for it already
	PlanReminded = "reminded" // of the same weeks
)

// Plan is what would become of a need as of a day.
type Plan struct {
	Occasion
	On, From, Until time.Time // the day, and when a mail of it may go
	Verdict         string
}

// AsOf says what would be brought up to somebody if a day were today: from the
// orders before it, with the habits of the shop, the consents and the words of
// the person as they are now. Nothing is written. once are gifts bought in one
// year alone, which are not enough.
func AsOf(ctx context.Context, q db.Q, id customer.ID, zone *time.Location, at time.Time) (plans []Plan, once []Event, err error) {
	var b *Buyer
	if err := buyers(ctx, q, id, zone, func(_ customer.ID, one *Buyer) { b = one }); err != nil {
		return nil, nil, err
	}
	told, err := dates(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	today := Today(at, zone)
	var found []Found
	if b != nil {
		s, err := habits(ctx, q, nil)
		if err != nil {
			return nil, nil, err
		}
		before := *b
		before.Events = nil
		for _, e := range b.Events {
			if e.Day.Before(today) {
				before.Events = append(before.Events, e)
			}
		}
		before.Told = anchors(told[id])
		found, once = s.Find(&before, today), s.Once(&before, today)
	}
	have, err := all(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	may, err := mayConclude(ctx, q, id)
	if err != nil {
		return nil, nil, err
	}
	rows, _ := settle(id, have, found, told[id], may, at)
	for _, o := range rows {
		if !o.DeletedAt.IsZero() {
			continue
		}
		p := Plan{Occasion: *o}
		if p.Verdict, err = p.judge(ctx, q, zone, at); err != nil {
			return nil, nil, err
		}
		plans = append(plans, p)
	}
	return plans, once, nil
}

// judge says what would become of a need at a moment, as the sender decides it;
// what the gate says beside that is only known when it is asked.
func (p *Plan) judge(ctx context.Context, q db.Q, zone *time.Location, at time.Time) (string, error) {
	on, ok := p.Next(Today(at, zone).AddDate(0, 0, RemindTo))
	if !ok || !p.Speaks() {
		return PlanNotAgain, nil
	}
	p.On = on
	p.From, p.Until = Span(on, zone)
	may, err := customer.MayMail(ctx, q, p.CustomerID, customer.MailOccasions)
	if err != nil || !may {
		return PlanConsent, err
	}
	if told, err := Reminded(ctx, q, p.CustomerID, on); err != nil || told {
		return PlanReminded, err
	}
	if met, err := Met(ctx, q, &p.Occasion, on, at); err != nil || met {
		return PlanMet, err
	}
	if at.Before(p.From) {
		return PlanLater, nil
	}
	return PlanNow, nil
}

// Upcoming lists needs of everybody that are to be brought up before a day, in
// that order, so many from an offset, and how many there are.
func Upcoming(ctx context.Context, q db.Q, before time.Time, offset, limit int) (rows []Occasion, total int, err error) {
	const which = "remind_at > 0 AND remind_at < ?"
	if err := q.Query(ctx).Raw("SELECT count(*) FROM occasions WHERE "+which, db.At(before)).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count occasions to come: %w", err)
	}
	if err := q.Query(ctx).Where(which, db.At(before)).Order("remind_at, id").Offset(offset).Limit(limit).Find(&rows).Error; err != nil {
		return nil, 0, fmt.Errorf("read occasions to come: %w", err)
	}
	return rows, total, nil
}

// Learned reads what the shop's orders say of each kind.
func Learned(ctx context.Context, q db.Q) (Shop, error) { return habits(ctx, q, nil) }
