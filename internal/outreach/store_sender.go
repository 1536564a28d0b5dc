package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

func senderWeek(ctx context.Context, q db.Q, since time.Time) (w SenderWeek, err error) {
	at := db.At(since)
	err = q.Query(ctx).Raw(`SELECT (SELECT count(*) FROM sends WHERE state = 'sent' AND simulated = FALSE AND updated_at > ? AND sent_at > ?) AS sent,
		(SELECT count(DISTINCT email_key) FROM suppressions WHERE reason = ? AND at > ?) AS complaints,
		(SELECT count(DISTINCT email_key) FROM address_news WHERE kind = ? AND at > ?) AS bounces`, at, at, stopJunk, at, customer.NewsHard, at).Scan(&w).Error
	if err != nil {
		return w, fmt.Errorf("count what came of the week's mail: %w", err)
	}
	return w, nil
}
