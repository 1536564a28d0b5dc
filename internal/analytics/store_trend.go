package analytics

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/event"
)

// Trends finds what more people look for and at in the last 24 hours than the
// four weeks before let expect. Visitors are counted, not looks; who lets the
// shop remember nobody is not told apart, and not counted. Simulated and real
// shoppers are never mixed.
func Trends(ctx context.Context, q db.Q, simulated bool, now time.Time) ([]Trend, error) {
	var rows []struct {
		Words     string
		ProductID int64
		Day       int
		Visitors  int
	}
	const day = 24 * 60 * 60 * 1000
	to := db.At(now)
	err := q.Query(ctx).Raw(`SELECT CASE WHEN kind = ? THEN '' ELSE lower(trim(detail)) END AS words, CASE WHEN kind = ? THEN product_id ELSE 0 END AS product_id,
			(? - at) / ? AS day, count(DISTINCT CASE WHEN customer_id <> 0 THEN -customer_id ELSE visitor_id END) AS visitors
		FROM events WHERE at > ? AND at <= ? AND kind IN (?, ?, ?) AND bot = FALSE AND simulated = ? AND (visitor_id <> 0 OR customer_id <> 0)
			AND (kind = ? AND product_id <> 0 OR kind <> ? AND detail <> '')
		GROUP BY 1, 2, 3`, string(event.ItemSeen), string(event.ItemSeen), to.Milli(), day, to.Milli()-TrendDays*day, to.Milli(),
		string(event.ItemSeen), string(event.SearchDone), string(event.SearchEmpty), simulated, string(event.ItemSeen), string(event.ItemSeen)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count interest by the day: %w", err)
	}
	type subject struct {
		words   string
		product int64
	}
	at := map[subject]int{}
	var all []interest
	for _, r := range rows {
		k := subject{r.Words, r.ProductID}
		if _, ok := at[k]; !ok {
			at[k] = len(all)
			all = append(all, interest{words: r.Words, product: r.ProductID})
		}
		if r.Day >= 0 && r.Day < TrendDays {
			all[at[k]].days[r.Day] = r.Visitors
		}
	}
	return rising(all, now), nil
}
