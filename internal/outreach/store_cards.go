package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// greetable lists accounts to which a day of the calendar means something and
// about which nothing was decided yet, after one of them, by number. Simulated
// people are none: nobody waits for their cards.
func greetable(ctx context.Context, q db.Q, kind string, day time.Time, after customer.ID, limit int) ([]customer.ID, error) {
	days := calendarDays(day)
	values := map[string]any{"days": days, "after": int64(after), "limit": limit, "year": day.Year(), "kind": kind,
		"month": int(day.Month()), "day": day.Day(), "leap": len(days) > 1, "end": ":" + day.Format(time.DateOnly), "began": CardMail + ":" + kind + ":"}
	sql := `SELECT c.id FROM customers c WHERE c.birth_date <> '' AND substr(c.birth_date, 6, 5) IN @days AND c.erased_at = 0 AND c.simulated = FALSE AND c.id > @after
		AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key = @began || CAST(c.id AS TEXT) || @end) ORDER BY c.id LIMIT @limit`
	if kind == birthday {
		values["end"] = ":" + day.Format("2006")
	} else {
		sql = `SELECT DISTINCT c.id FROM important_dates m JOIN customers c ON c.id = m.customer_id AND c.erased_at = 0 AND c.simulated = FALSE
			WHERE (m.month = @month AND m.day = @day OR @leap AND m.month = 2 AND m.day = 29) AND m.kind = @kind AND m.remind = TRUE AND (m.year = 0 OR m.year < @year) AND c.id > @after
			AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key = @began || CAST(c.id AS TEXT) || @end) ORDER BY c.id LIMIT @limit`
	}
	var ids []customer.ID
	if err := q.Query(ctx).Raw(sql, values).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("find whose %s it is: %w", kind, err)
	}
	return ids, nil
}

// dueOf lists messages of a template that were put off until now, the oldest first.
func dueOf(ctx context.Context, q db.Q, template string, now time.Time, limit int) ([]Send, error) {
	var due []Send
	err := q.Query(ctx).Where("state = 'deferred' AND template = ? AND due_at <= ?", template, db.At(now)).Order("due_at, id").Limit(limit).Find(&due).Error
	if err != nil {
		return nil, fmt.Errorf("read deferred mails: %w", err)
	}
	return due, nil
}

// endDue withholds a deferred message that still stands as it was read.
func endDue(ctx context.Context, tx *db.Tx, s *Send, reason string, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE sends SET state = 'withheld', reason = ?, updated_at = ? WHERE id = ? AND state = 'deferred' AND due_at = ? AND updated_at = ?",
		reason, db.At(now), s.ID, s.DueAt, s.UpdatedAt).Error
	if err != nil {
		return fmt.Errorf("end mail %d: %w", s.ID, err)
	}
	return nil
}

// recommendable lists accounts whose day it is, that allow offers and the use
// of their purchases, bought something, and were not decided on this month.
func recommendable(ctx context.Context, q db.Q, local time.Time, after customer.ID, limit int) ([]customer.ID, error) {
	var ids []customer.ID
	err := q.Query(ctx).Raw(`SELECT c.id FROM customers c WHERE c.id % @days = @day AND c.id > @after AND c.erased_at = 0 AND c.simulated = FALSE
		AND (SELECT count(*) FROM consents n WHERE n.customer_id = c.id AND n.given = TRUE AND n.purpose IN ('personalize', 'history', 'mail.offers')) = 3
		AND EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.state <> 'cancelled')
		AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key = @began || CAST(c.id AS TEXT) || @end) ORDER BY c.id LIMIT @limit`,
		map[string]any{"days": picksDays, "day": local.Day() - 1, "after": int64(after), "began": PicksMail + ":", "end": ":" + local.Format("2006-01"), "limit": limit}).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("find whom to recommend something: %w", err)
	}
	return ids, nil
}
