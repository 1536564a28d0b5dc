package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/slot"
)

// RepliedFor is how long after a reply what is bought by its link is credited
// to it.
const RepliedFor = 3 * 24 * time.Hour

// Replies is what became of replies by staff that named goods with a link.
type Replies struct {
	N       int // replies that named goods
	Clicks  int // by their links, with and without a person
	Orders  int // paid orders with a line that came by such a link, within RepliedFor after the reply
	Revenue money.Amount
}

// CountReplies counts them for replies since an instant; simulated ones apart,
// if that is asked. Credited, not caused.
func CountReplies(ctx context.Context, q db.Q, since, now time.Time, currency money.Currency, simulated bool) (r Replies, err error) {
	tag := slot.Mark{Slot: slot.Reply}.Tag() + "."
	sent := map[string]int64{} // number → the reply's instant
	err = each(ctx, q, "SELECT number, answered_at FROM questions WHERE answered_at >= ? AND simulated = ? AND number <> '' AND answer LIKE ?",
		[]any{db.At(since), simulated, "%via=" + tag + "%"}, func(rows *sql.Rows) error {
			var number string
			var at int64
			if err := rows.Scan(&number, &at); err != nil {
				return err
			}
			sent[number] = at
			return nil
		})
	if err != nil {
		return r, fmt.Errorf("read replies that named goods: %w", err)
	}
	if r.N = len(sent); r.N == 0 {
		return r, nil
	}
	err = each(ctx, q, "SELECT detail, count(*) FROM events WHERE kind = 'slot.click' AND at >= ? AND bot = FALSE AND detail LIKE ? GROUP BY detail",
		[]any{db.At(since), string(slot.Reply) + "/%"}, func(rows *sql.Rows) error {
			var detail string
			var n int
			if err := rows.Scan(&detail, &n); err != nil {
				return err
			}
			if m, ok := slot.Parse(detail); ok && sent[m.Page] != 0 {
				r.Clicks += n
			}
			return nil
		})
	if err != nil {
		return r, fmt.Errorf("read clicks on replies: %w", err)
	}
	lines, err := sales(ctx, q, since, now.Add(time.Minute), currency)
	if err != nil {
		return r, err
	}
	orders := map[int64]bool{}
	for _, l := range lines {
		at := sent[l.mark.Page]
		if l.mark.Slot != slot.Reply || at == 0 || l.at < at || l.at > at+RepliedFor.Milliseconds() {
			continue
		}
		r.Revenue += l.revenue
		orders[l.order] = true
	}
	r.Orders = len(orders)
	return r, nil
}
