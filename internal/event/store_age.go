package event

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

type dayKey struct {
	Day, Kind    string
	Product      int64
	Lang, Device string
	Bot          bool
}

// Age lets at most limit single events from before go and adds them to the
// counts of their day, in one transaction: no event is lost or counted twice.
// What was shown at a place of the shop has a term of its own (DropSlots), and
// simulated shoppers are nobody whose looks would have to go.
func Age(ctx context.Context, tx *db.Tx, before time.Time, zone *time.Location, limit int) (int64, error) {
	var rows []struct {
		ID, ProductID      int64
		At                 db.Time
		Kind, Lang, Device string
		Bot                bool
	}
	err := tx.Query(ctx).Raw(`SELECT id, at, kind, product_id, lang, device, bot FROM events
		WHERE at < ? AND simulated = FALSE AND kind NOT IN (?, ?) ORDER BY at LIMIT ?`, db.At(before), string(SlotShown), string(SlotClick), limit).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	days := map[dayKey]int64{}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		days[dayKey{r.At.In(zone).Format(time.DateOnly), r.Kind, r.ProductID, r.Lang, r.Device, r.Bot}]++
	}
	done := tx.Query(ctx).Exec("DELETE FROM events WHERE id IN ?", ids)
	if done.Error != nil {
		return 0, fmt.Errorf("let old events go: %w", done.Error)
	}
	if int(done.RowsAffected) != len(ids) {
		return 0, fmt.Errorf("let old events go: %d of %d were there", done.RowsAffected, len(ids)) // another process was at it: neither counts
	}
	for k, n := range days {
		err := tx.Query(ctx).Exec(`INSERT INTO event_days (day, kind, product_id, lang, device, bot, count) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (day, kind, product_id, lang, device, bot) DO UPDATE SET count = event_days.count + excluded.count`,
			k.Day, k.Kind, k.Product, k.Lang, k.Device, k.Bot, n).Error
		if err != nil {
			return 0, fmt.Errorf("count old events: %w", err)
		}
	}
	return done.RowsAffected, nil
}

// LeaveVisitors takes browsers that are forgotten out of what was done in them.
func LeaveVisitors(ctx context.Context, tx *db.Tx, visitors []int64) error {
	if err := tx.Query(ctx).Exec("UPDATE events SET visitor_id = 0 WHERE visitor_id <> 0 AND visitor_id IN ?", append(visitors, -1)).Error; err != nil {
		return fmt.Errorf("leave browsers: %w", err)
	}
	return nil
}
