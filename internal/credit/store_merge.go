package credit

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// Merge puts the store credit of one customer under another who is the same
// person (a customer.Merge). Two accounts of a currency become one: the ledgers
// are laid into each other in the order of their rows and each balance on the
// way is written anew, so that what was spent from either is given back to the
// one. One that was blocked blocks both.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, now time.Time) error {
	var all []Account
	if err := db.ForUpdate(tx.Query(ctx)).Where("customer_id IN (?, ?)", int64(from), int64(into)).Order("id").Find(&all).Error; err != nil {
		return fmt.Errorf("lock the credit of customers %d and %d: %w", from, into, err)
	}
	own := map[money.Currency]ID{}
	for _, a := range all {
		if *a.CustomerID == into {
			own[a.Currency] = a.ID
		}
	}
	for _, a := range all {
		if *a.CustomerID == into {
			continue
		}
		if _, both := own[a.Currency]; !both {
			if err := tx.Query(ctx).Exec("UPDATE credits SET customer_id = ?, updated_at = ? WHERE id = ?", int64(into), db.At(now), int64(a.ID)).Error; err != nil {
				return fmt.Errorf("put the credit of customer %d under %d: %w", from, into, err)
			}
		} else if err := lay(ctx, tx, &a, own[a.Currency], now); err != nil {
			return fmt.Errorf("lay the credit of customer %d into that of %d: %w", from, into, err)
		}
	}
	return nil
}

func lay(ctx context.Context, tx *db.Tx, a *Account, into ID, now time.Time) error {
	values := map[string]any{"from": int64(a.ID), "into": int64(into), "balance": int64(a.Balance), "value": int64(a.Value), "blocked": a.Blocked, "now": db.At(now)}
	for _, sql := range []string{
		"UPDATE credit_entries SET credit_id = @into WHERE credit_id = @from",
		"UPDATE credit_entries SET balance = (SELECT sum(x.amount) FROM credit_entries x WHERE x.credit_id = @into AND x.id <= credit_entries.id) WHERE credit_id = @into",
		"DELETE FROM cart_credits WHERE credit_id = @from AND cart_id IN (SELECT cart_id FROM cart_credits WHERE credit_id = @into)",
		"UPDATE cart_credits SET credit_id = @into WHERE credit_id = @from",
		"DELETE FROM credits WHERE id = @from",
		"UPDATE credits SET balance = balance + @balance, value = value + @value, blocked = (blocked OR @blocked), updated_at = @now WHERE id = @into",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return err
		}
	}
	return nil
}
