package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

const (
	hourLeast = 3   // fewer looks say nothing
	hourReads = 500 // of the newest looks
)

// Hour is when somebody is mostly here, by their own looks alone.
type Hour struct {
	From   int // 20: between 20:00 and 21:00
	Days   int // on so many days
	Of     int // of so many on which they were here at all
	Events int // looked at
}

// FavouriteHour is the hour of the day, in zone, in which an account was here
// on the most days; of equals the one with more looks, then the earlier. False:
// unknown, as with fewer than three events, or none since the person took the
// conclusion out. Events carry an account only with its consent.
func FavouriteHour(ctx context.Context, q db.Q, id ID, zone *time.Location) (Hour, bool, error) {
	said, err := notes(ctx, q, id)
	if err != nil {
		return Hour{}, false, err
	}
	var at []db.Time
	err = q.Query(ctx).Raw("SELECT at FROM events WHERE customer_id = ? AND bot = FALSE AND at > ? ORDER BY at DESC, id DESC LIMIT ?",
		int64(id), said["hour"].DroppedAt, hourReads).Scan(&at).Error
	if err != nil {
		return Hour{}, false, fmt.Errorf("read when customer %d was here: %w", id, err)
	}
	h, ok := favourite(at, zone)
	return h, ok, nil
}

func favourite(at []db.Time, zone *time.Location) (Hour, bool) {
	if len(at) < hourLeast {
		return Hour{}, false
	}
	var days, looks [24]int
	seen, all := map[string]bool{}, map[string]bool{}
	for _, t := range at {
		local := t.In(zone)
		day := local.Format(time.DateOnly)
		all[day] = true
		looks[local.Hour()]++
		if key := day + local.Format(" 15"); !seen[key] {
			seen[key] = true
			days[local.Hour()]++
		}
	}
	best := 0
	for h := range 24 {
		if days[h] > days[best] || days[h] == days[best] && looks[h] > looks[best] {
			best = h
		}
	}
	return Hour{From: best, Days: days[best], Of: len(all), Events: len(at)}, true
}
