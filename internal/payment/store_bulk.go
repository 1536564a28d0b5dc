package payment

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"regulars/internal/db"
	"regulars/internal/order"
)

// News is what a provider told about one attempt, and when.
type News struct {
	Outcome Outcome
	At      time.Time
}

// Told is one attempt to pay whose story is known: planned, then the news in
// their order, then perhaps the end: Void (nobody paid) or Refunded.
type Told struct {
	Order    *order.Order
	Provider string
	Attempt  int
	Planned  time.Time
	News     []News
	End      State // "", Void or Refunded
	EndAt    time.Time
}

// CreateMany writes attempts with the news about them, with few statements.
func CreateMany(ctx context.Context, tx *db.Tx, all []Told) error {
	ids, err := tx.NextIDs(ctx, "payments", len(all))
	if err != nil {
		return fmt.Errorf("write payments: %w", err)
	}
	rows := make([][]any, len(all))
	var news [][]any
	for i, t := range all {
		token := newToken()
		state, updated, captured, refunded := Planned, t.Planned, int64(0), int64(0)
		for _, n := range t.News {
			switch {
			case n.Outcome == OutcomePaid && state != Succeeded:
				state, captured = Succeeded, int64(t.Order.Total)
			case n.Outcome == OutcomeDeclined && state != Succeeded:
				state = Failed
			default:
				return fmt.Errorf("write payments of order %s: %s is no news for a payment that is %s", t.Order.Number, n.Outcome, state)
			}
			updated = n.At
			news = append(news, []any{t.Provider, EventID(token, n.Outcome), string(n.Outcome), ids[i], db.At(n.At).Milli()})
		}
		switch {
		case t.End == Refunded && state == Succeeded:
			state, refunded, updated = Refunded, captured, t.EndAt
		case t.End == Void && state == Planned:
			state, updated = Void, t.EndAt
		case t.End != "":
			return fmt.Errorf("write payments of order %s: a payment that is %s cannot become %s", t.Order.Number, state, t.End)
		}
		rows[i] = []any{ids[i], int64(t.Order.ID), t.Provider, token, t.Attempt, int64(t.Order.Total), string(t.Order.Currency), string(state),
			"", captured, refunded, db.At(t.Planned).Milli(), db.At(updated).Milli()}
	}
	columns := []string{"id", "order_id", "provider", "token", "attempt", "amount", "currency", "state", "provider_ref", "captured", "refunded", "created_at", "updated_at"}
	if _, err := tx.Insert(ctx, "payments", columns, rows, false); err != nil {
		return fmt.Errorf("write payments: %w", err)
	}
	if _, err := tx.Insert(ctx, "payment_events", []string{"provider", "event_id", "kind", "payment_id", "at"}, news, false); err != nil {
		return fmt.Errorf("write payments: %w", err)
	}
	return nil
}

// BoughtKey is the key under which the purchase of an order stands in the log
// of events, once.
func BoughtKey(id order.ID) string { return "bought:" + strconv.FormatInt(int64(id), 10) }

// RefundedKey is the same for the money that went back.
func RefundedKey(id order.ID) string { return "refunded:" + strconv.FormatInt(int64(id), 10) }
