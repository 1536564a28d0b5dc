package exchange

import (
	"context"
	"io"
	"strconv"
	"time"

	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/recommend"
)

// ClickHeader is that of the history files which eval reads.
var ClickHeader = []string{"order_id", "customer_id", "product_id", "ordered_at"}

// exportClicks writes the looks of people who allow that they are told apart,
// as the index of sessions learns them: numbered sessions that end with a
// pause, no visitor, no bot, nothing sensitive.
func exportClicks(ctx context.Context, q db.Q, w io.Writer) error {
	return exportRows(w, ClickHeader, func(put func(map[string]string) error) error {
		rows, err := q.Query(ctx).Raw(`SELECT CASE WHEN e.visitor_id <> 0 THEN e.visitor_id ELSE -e.customer_id END, e.at, p.slug
			FROM events e JOIN products p ON p.id = e.product_id
			WHERE e.kind = ? AND (e.visitor_id <> 0 OR e.customer_id <> 0) AND e.bot = ? AND p.sensitive = ? ORDER BY e.at, e.id`,
			string(event.ItemSeen), false, false).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		type running struct{ session, last int64 }
		now := map[int64]running{}
		sessions := int64(0)
		for rows.Next() {
			var who, at int64
			var slug string
			if err := rows.Scan(&who, &at, &slug); err != nil {
				return err
			}
			r := now[who]
			if r.session == 0 || at-r.last > recommend.SessionPause.Milliseconds() {
				sessions++
				r.session = sessions
			}
			r.last = at
			now[who] = r
			err := put(map[string]string{"order_id": strconv.FormatInt(r.session, 10), "product_id": slug,
				"ordered_at": time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z07:00")})
			if err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
