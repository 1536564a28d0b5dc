package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/db"
)

// Ticket is what a person of the shop has to do about a cart that was left, and
// its row; Cart is the cart's name outside of the shop.
type Ticket struct {
	ID       int64
	Cart     string
	Cause    string // as in the report
	About    string
	OpenedAt db.Time
	ClosedAt db.Time
}

// openTicket opens one, once a cart and cause.
func openTicket(ctx context.Context, tx *db.Tx, id cart.ID, w analytics.Why, now time.Time) error {
	_, err := tx.Insert(ctx, "cart_tickets", []string{"key", "cart_id", "cause", "about", "opened_at"},
		[][]any{{fmt.Sprintf("%s:%d", w.Cause, id), int64(id), w.Cause, w.About, db.At(now)}}, true)
	if err != nil {
		return fmt.Errorf("open a ticket about cart %d: %w", id, err)
	}
	return nil
}

// Tickets lists the open tickets, the longest waiting first, and then at most
// closed of those that are done.
func Tickets(ctx context.Context, q db.Q, closed int) (all []Ticket, err error) {
	for _, part := range []struct {
		where string
		limit int
	}{{"t.closed_at = 0 ORDER BY t.opened_at, t.id", 500}, {"t.closed_at > 0 ORDER BY t.closed_at DESC, t.id DESC", closed}} {
		var some []Ticket
		err := q.Query(ctx).Raw("SELECT t.id, t.cause, t.about, t.opened_at, t.closed_at, c.token AS cart FROM cart_tickets t JOIN carts c ON c.id = t.cart_id WHERE "+part.where+" LIMIT ?", part.limit).Scan(&some).Error
		if err != nil {
			return nil, fmt.Errorf("list tickets: %w", err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// OpenTickets counts them.
func OpenTickets(ctx context.Context, q db.Q) (n int, err error) {
	if err := q.Query(ctx).Raw("SELECT count(*) FROM cart_tickets WHERE closed_at = 0").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count tickets: %w", err)
	}
	return n, nil
}

// CloseTicket notes that the open ticket of a cart and cause is done; false: it
// was, or there is none.
func CloseTicket(ctx context.Context, tx *db.Tx, token, cause string, staff int64, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec(`UPDATE cart_tickets SET closed_at = ?, closed_by = ? WHERE closed_at = 0 AND cause = ? AND cart_id = (SELECT id FROM carts WHERE token = ?)`,
		db.At(now), staff, cause, token)
	if done.Error != nil {
		return false, fmt.Errorf("close a ticket: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}
