package analytics

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

var factColumns = []string{"cart_id", "day", "hour", "weekday", "simulated", "excluded", "definition", "started", "checkout", "abandoned",
	"converted", "recovered", "by_mail", "by_link", "lost", "reach", "started_at", "checkout_at", "contact_at", "delivery_at", "payment_at",
	"converted_at", "left_at", "value", "net", "refunded", "items", "band", "lang", "currency", "device", "country", "buyer", "login",
	"department", "product_id", "delivery", "payment", "coupon", "shortage", "asked", "waited", "cause", "rule", "about", "amount"}

func (f *Fact) values() []any {
	return []any{f.CartID, f.Day, f.Hour, f.Weekday, f.Simulated, f.Excluded, f.Definition, f.Started, f.Checkout, f.Abandoned,
		f.Converted, f.Recovered, f.ByMail, f.ByLink, f.Lost, f.Reach, f.StartedAt.Milli(), f.CheckoutAt.Milli(), f.ContactAt.Milli(), f.DeliveryAt.Milli(), f.PaymentAt.Milli(),
		f.ConvertedAt.Milli(), f.LeftAt.Milli(), int64(f.Value), int64(f.Net), int64(f.Refunded), f.Items, f.Band, f.Lang, f.Currency, f.Device, f.Country, f.Buyer, f.Login,
		f.Department, f.ProductID, f.Delivery, f.Payment, f.Coupon, f.Shortage, f.Asked, f.Waited, f.Cause, f.Rule, f.About, int64(f.Amount)}
}

// keep replaces the facts of the days from..to. A cart whose start has moved
// (two carts became one) leaves its former day; such days are to be recounted.
func keep(ctx context.Context, tx *db.Tx, facts []*Fact, from, to string, span []any) (strays []string, err error) {
	if err := tx.Query(ctx).Exec("DELETE FROM cart_facts WHERE day >= ? AND day <= ?", from, to).Error; err != nil {
		return nil, fmt.Errorf("drop facts: %w", err)
	}
	const moved = "cart_id IN (SELECT c.id FROM carts c WHERE " + chosen + ")"
	if err := tx.Query(ctx).Raw("SELECT DISTINCT day FROM cart_facts WHERE "+moved+" ORDER BY day", span...).Scan(&strays).Error; err != nil {
		return nil, fmt.Errorf("find facts of other days: %w", err)
	}
	if err := tx.Query(ctx).Exec("DELETE FROM cart_facts WHERE "+moved, span...).Error; err != nil {
		return nil, fmt.Errorf("drop facts: %w", err)
	}
	rows := make([][]any, len(facts))
	for i, f := range facts {
		rows[i] = f.values()
	}
	if _, err := tx.Insert(ctx, "cart_facts", factColumns, rows, false); err != nil {
		return nil, fmt.Errorf("keep facts: %w", err)
	}
	return strays, nil
}
