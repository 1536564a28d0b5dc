package outreach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/setting"
)

// version is the number of a plan; one that never decided anything gets the
// next. Whoever goes back to an old plan is back in its version.
func (p Plan) version(ctx context.Context, d *db.DB, now time.Time) (n int64, err error) {
	words := p.String()
	read := func() error {
		return d.Query(ctx).Raw("SELECT coalesce(max(version), 0) FROM followup_plans WHERE words = ?", words).Scan(&n).Error
	}
	if err := read(); err != nil || n != 0 {
		return n, wrapped("read the version of the plan", err)
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("INSERT INTO followup_plans (words, at) VALUES (?, ?) ON CONFLICT (words) DO NOTHING", words, db.At(now)).Error
	})
	if err == nil {
		err = read()
	}
	return n, wrapped("note the version of the plan", err)
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// PlanVersion is one plan that the follow-up was decided under.
type PlanVersion struct {
	Version int64
	Plan    Plan `gorm:"-"`
	Words   string
	At      db.Time
	Sent    int // mails that went out under it
	Decided int
}

// PlanVersions lists them, the newest first, with what was decided under each.
func PlanVersions(ctx context.Context, q db.Q, limit int) (all []PlanVersion, err error) {
	err = q.Query(ctx).Raw(`SELECT p.version, p.words, p.at,
		(SELECT count(*) FROM sends s WHERE s.plan = p.version AND s.plan > 0 AND s.state = 'sent') AS sent,
		(SELECT count(*) FROM sends s WHERE s.plan = p.version AND s.plan > 0) AS decided
		FROM followup_plans p ORDER BY p.version DESC LIMIT ?`, limit).Scan(&all).Error
	for i := range all {
		err = errors.Join(err, json.Unmarshal([]byte(all[i].Words), &all[i].Plan))
		for n := range all[i].Plan {
			all[i].Plan[n].N = n + 1
		}
	}
	return all, wrapped("list the plans of the follow-up", err)
}

type dueCart struct {
	ID       cart.ID
	ActiveAt db.Time
	Step     int
}

// due lists the carts whose next step was never decided on. A step is due only
// when the one before it was sent, and not sooner after it than the delays lie
// apart; a step refused for a reason that lasts is the end of its series. A
// cart of nobody known has no address and is not listed.
//
// A sweep looks at the carts that came to their step since all of them were
// looked at; all of them at first, each hour, after a failure and where the
// plan is another one.
func (d *Desk) due(ctx context.Context, plan Plan, now time.Time) (all []dueCart, whole bool, err error) {
	values := d.Settings.Now()
	since := d.looked.since(plan, values, now)
	whole = since.IsZero()
	for _, step := range plan {
		if !step.On {
			continue
		}
		idle := db.At(now.Add(-max(step.Delay, values.CartIdle())))
		checkoutIdle := db.At(now.Add(-max(step.Delay, values.CheckoutIdle())))
		sql := `SELECT c.id, c.active_at FROM carts c
			WHERE c.state = 'open' AND c.kind = 'shopper' AND c.started_at > 0 AND c.active_at >= ?
			AND (c.checkout_at = 0 AND c.active_at <= ? OR c.checkout_at > 0 AND c.active_at <= ?)
			AND (c.customer_id IS NOT NULL OR c.email <> '')
			AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id)
			AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key IN (`
		oldest := now.Add(-values.CartLost())
		if from := since.Add(-max(step.Delay, values.CartIdle(), values.CheckoutIdle())); !whole && from.After(oldest) {
			oldest = from
		}
		args := []any{db.At(oldest), idle, checkoutIdle}
		// Nor one behind it: a step that was off and is on again does not come after the next.
		for n := step.N; n <= setting.MostSteps; n++ {
			sql += "'followup:' || c.id || ':' || c.active_at || ?, "
			args = append(args, fmt.Sprintf(":%d", n))
		}
		sql = strings.TrimSuffix(sql, ", ") + "))"
		if before := plan.before(step.N); before != nil {
			sql += ` AND EXISTS (SELECT 1 FROM sends s WHERE s.key = 'followup:' || c.id || ':' || c.active_at || ? AND s.state = 'sent' AND s.sent_at <= ?)`
			args = append(args, fmt.Sprintf(":%d", before.N), db.At(now.Add(before.Delay-step.Delay)))
		}
		var found []dueCart
		err := d.DB.Query(ctx).Raw(sql+" ORDER BY c.active_at, c.id LIMIT ?", append(args, mostOfSweep)...).Scan(&found).Error
		if err != nil {
			return nil, false, fmt.Errorf("read carts to follow up: %w", err)
		}
		whole = whole && len(found) < mostOfSweep
		for _, c := range found {
			c.Step = step.N
			all = append(all, c)
		}
	}
	return all, whole, nil
}

// lookAgain is how often all idle carts are looked at.
const lookAgain = time.Hour

// looked remembers, in this process, when all idle carts were last looked at,
// and by which plan.
type looked struct {
	sync.Mutex
	at   time.Time
	plan string
}

func planOf(plan Plan, v setting.Values) string {
	return fmt.Sprint(plan.String(), v.CartIdle(), v.CheckoutIdle(), v.CartLost())
}

// since is when all were looked at by this plan, zero: they are to be now.
func (l *looked) since(plan Plan, v setting.Values, now time.Time) time.Time {
	l.Lock()
	defer l.Unlock()
	if l.plan != planOf(plan, v) || now.Before(l.at) || !now.Before(l.at.Add(lookAgain)) {
		return time.Time{}
	}
	return l.at
}

// note says how a sweep went: whole, that all were looked at as it began; a
// failure makes the next one look at all.
func (l *looked) note(plan Plan, v setting.Values, whole, failed bool, at time.Time) {
	l.Lock()
	defer l.Unlock()
	switch {
	case failed:
		l.at = time.Time{}
	case whole:
		l.at, l.plan = at, planOf(plan, v)
	}
}
