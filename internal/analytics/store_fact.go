package analytics

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"regulars/internal/db"
)

var factColumns = []string{"cart_id", "day", "hour", "weekday", "simulated", "excluded", "definition", "started", "checkout", "abandoned",
	"converted", "recovered", "by_mail", "by_link", "lost", "reach", "started_at", "checkout_at", "contact_at", "delivery_at", "payment_at",
	"converted_at", "left_at", "value", "net", "refunded", "items", "band", "lang", "currency", "device", "country", "buyer", "login",
	"department", "product_id", "delivery", "payment", "coupon", "shortage", "asked", "waited", "cause", "rule", "about", "amount",
	"region", "channel", "referrer", "campaign", "landing", "entry", "promise", "browser", "version", "arm", "followup"}

func (f *Fact) values() []any {
	return []any{f.CartID, f.Day, f.Hour, f.Weekday, f.Simulated, f.Excluded, f.Definition, f.Started, f.Checkout, f.Abandoned,
		f.Converted, f.Recovered, f.ByMail, f.ByLink, f.Lost, f.Reach, f.StartedAt.Milli(), f.CheckoutAt.Milli(), f.ContactAt.Milli(), f.DeliveryAt.Milli(), f.PaymentAt.Milli(),
		f.ConvertedAt.Milli(), f.LeftAt.Milli(), int64(f.Value), int64(f.Net), int64(f.Refunded), f.Items, f.Band, f.Lang, f.Currency, f.Device, f.Country, f.Buyer, f.Login,
		f.Department, f.ProductID, f.Delivery, f.Payment, f.Coupon, f.Shortage, f.Asked, f.Waited, f.Cause, f.Rule, f.About, int64(f.Amount),
		f.Region, f.Channel, f.Referrer, f.Campaign, f.Landing, f.Entry, f.Promise, f.Browser, f.Version, f.Arm, f.Followup}
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

// inherit keeps what was counted of a cart while it was somebody's: once the
// person is forgotten, their questions and country can no longer be found, and
// the report must not change over it.
func inherit(ctx context.Context, q db.Q, stories []*story, facts []*Fact) error {
	by := map[int64]*Fact{}
	var ids []int64
	for i, s := range stories {
		if s.gone {
			by[s.id], ids = facts[i], append(ids, s.id)
		}
	}
	for some := range slices.Chunk(ids, 500) {
		var before []Fact
		if err := q.Query(ctx).Raw("SELECT * FROM cart_facts WHERE cart_id IN ?", some).Scan(&before).Error; err != nil {
			return fmt.Errorf("read facts of forgotten people's carts: %w", err)
		}
		for i := range before {
			by[before[i].CartID].inherit(&before[i])
		}
	}
	return nil
}

func (f *Fact) inherit(old *Fact) {
	if old.Excluded != "" || f.Excluded != "" {
		return
	}
	f.Country, f.Region, f.Buyer, f.Login, f.Asked, f.Waited = cmp.Or(f.Country, old.Country), cmp.Or(f.Region, old.Region), old.Buyer, old.Login, old.Asked, old.Waited
	if f.Lost == 1 && old.Lost == 1 && old.Cause == "question" && f.Rule != "told" {
		f.Cause, f.Rule, f.About, f.Amount, f.LeftAt = old.Cause, old.Rule, old.About, old.Amount, old.LeftAt
	}
}
