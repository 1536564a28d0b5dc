package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/setting"
)

// Reminded is what one step of the follow-up brought: each reminder explains
// what happened to its cart until the next one, and at most for Window.
type Reminded struct {
	Step         int
	Sent         int
	Returned     int // the cart was touched, looked at or taken up again
	Bought       int // it became an order
	Unsubscribed int // by the link in this very mail
}

// A step is judged from so many reminders on, and is too much where it ends the
// mails of one person for every two whom it brings back.
const (
	fewestReminders = 200
	stopsPerReturn  = 2
)

// Enough is how many steps are worth sending by what each brought: those before
// the first that costs more readers than it is worth. It has no answer where no
// step is.
func Enough(steps []Reminded) (keep int, too *Reminded) {
	for i := range steps {
		s := &steps[i]
		if s.Sent >= fewestReminders && s.Unsubscribed > 0 && s.Unsubscribed*stopsPerReturn >= s.Returned {
			return s.Step - 1, s
		}
	}
	return 0, nil
}

// Reminders counts the steps of the follow-up that were sent on the days
// from..to, from the rows themselves.
func Reminders(ctx context.Context, q db.Q, from, to string, simulated bool, v setting.Values) ([]Reminded, error) {
	first, err := time.ParseInLocation(time.DateOnly, from, v.Zone())
	if err != nil {
		return nil, fmt.Errorf("read the day %s: %w", from, err)
	}
	last, err := time.ParseInLocation(time.DateOnly, to, v.Zone())
	if err != nil {
		return nil, fmt.Errorf("read the day %s: %w", to, err)
	}
	by := map[int]*Reminded{}
	const until = "coalesce((SELECT min(n.sent_at) FROM sends n WHERE n.cart_id = s.cart_id AND n.state = 'sent' AND n.key LIKE 'followup:%' AND n.sent_at > s.sent_at), s.sent_at + ?)"
	err = each(ctx, q, `SELECT x.key,
		CASE WHEN EXISTS (SELECT 1 FROM cart_steps t WHERE t.cart_id = x.cart_id AND t.at > x.sent_at AND t.at <= x.until AND t.kind NOT IN ('void', 'merged'))
			OR EXISTS (SELECT 1 FROM cart_steps t WHERE t.kind = 'restored' AND t.detail = CAST(x.cart_id AS TEXT) AND t.at > x.sent_at AND t.at <= x.until) THEN 1 ELSE 0 END,
		CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.cart_id = x.cart_id AND o.placed_at > x.sent_at AND o.placed_at <= x.until AND o.state <> 'cancelled')
			OR EXISTS (SELECT 1 FROM cart_steps t JOIN orders o ON o.cart_id = t.cart_id WHERE t.kind = 'restored' AND t.detail = CAST(x.cart_id AS TEXT)
				AND o.placed_at > x.sent_at AND o.placed_at <= x.until AND o.state <> 'cancelled') THEN 1 ELSE 0 END,
		CASE WHEN EXISTS (SELECT 1 FROM mail_links l WHERE l.send_id = x.id AND l.purpose = 'unsubscribe' AND l.used_at > 0 AND l.email_key NOT LIKE 'erased:%') THEN 1 ELSE 0 END
		FROM (SELECT s.id, s.key, s.cart_id, s.sent_at, CASE WHEN `+until+` < s.sent_at + ? THEN `+until+` ELSE s.sent_at + ? END AS until FROM sends s
			WHERE s.state = 'sent' AND s.key LIKE 'followup:%' AND s.sent_at >= ? AND s.sent_at < ? AND s.simulated = ?) x`,
		[]any{Window.Milliseconds(), Window.Milliseconds(), Window.Milliseconds(), Window.Milliseconds(), db.At(first), db.At(nextDay(last, 1)), simulated},
		func(rows *sql.Rows) error {
			var key string
			var r Reminded
			if err := rows.Scan(&key, &r.Returned, &r.Bought, &r.Unsubscribed); err != nil {
				return err
			}
			step, err := strconv.Atoi(key[strings.LastIndexByte(key, ':')+1:])
			if err != nil || step < 1 {
				return nil // of no step
			}
			sum := by[step]
			if sum == nil {
				sum = &Reminded{Step: step}
				by[step] = sum
			}
			sum.Sent++
			sum.Returned += r.Returned
			sum.Bought += r.Bought
			sum.Unsubscribed += r.Unsubscribed
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("count reminders: %w", err)
	}
	var all []Reminded
	for _, r := range by {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b Reminded) int { return a.Step - b.Step })
	return all, nil
}
