package restock

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Want notes that somebody wants to be told. Asked again it is the same wish:
// the place in the queue stays.
func Want(ctx context.Context, tx *db.Tx, variant catalog.VariantID, by Asker, now time.Time) (*Ask, error) {
	a := Ask{VariantID: variant, Lang: i18n.ParseLang(string(by.Lang)), State: Waiting, AskedAt: db.At(now)}
	whose, arg := "customer_id IS NULL AND email = ?", any(nil)
	if by.Customer != nil {
		a.CustomerID, a.Simulated = &by.Customer.ID, by.Customer.Simulated
		whose, arg = "customer_id = ?", int64(by.Customer.ID)
	} else {
		if err := customer.CheckEmail(by.Email); err != nil {
			return nil, err
		}
		a.Email = customer.EmailKey(by.Email)
		arg = a.Email
	}
	var open int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM restock_asks WHERE state = 'waiting' AND variant_id <> ? AND "+whose, int64(variant), arg).Scan(&open).Error; err != nil {
		return nil, fmt.Errorf("count what somebody waits for: %w", err)
	}
	if open >= MostOpen {
		var form fault.Form
		form.Wrong("email", "restock.many", "count", MostOpen)
		return nil, form.Err()
	}
	var b [16]byte
	rand.Read(b[:])
	a.Token = base64.RawURLEncoding.EncodeToString(b[:])
	kept := db.IgnoreConflict(tx.Query(ctx)).Create(&a)
	if kept.Error != nil {
		return nil, fmt.Errorf("note who waits for variant %d: %w", variant, kept.Error)
	}
	if kept.RowsAffected == 1 {
		return &a, nil
	}
	var first Ask
	if err := tx.Query(ctx).Where("state = 'waiting' AND variant_id = ? AND "+whose, int64(variant), arg).Take(&first).Error; err != nil {
		return nil, fmt.Errorf("read who waits for variant %d: %w", variant, err)
	}
	return &first, nil
}

// ByToken returns a wish with what it is about; fault.NotFound if there is none.
func ByToken(ctx context.Context, q db.Q, token string) (*Mine, error) {
	found, err := list(ctx, q, "a.token = ?", token)
	if err == nil && len(found) == 0 {
		return nil, fault.New(fault.NotFound, "restock.unknown")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// ByID is the same by its row; nil if there is none.
func ByID(ctx context.Context, q db.Q, id int64) (*Mine, error) {
	found, err := list(ctx, q, "a.id = ?", id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// OfCustomer lists what an account waits for, the last wish first.
func OfCustomer(ctx context.Context, q db.Q, id customer.ID) ([]Mine, error) {
	return list(ctx, q, "a.state = 'waiting' AND a.customer_id = ?", int64(id))
}

func list(ctx context.Context, q db.Q, where string, arg any) ([]Mine, error) {
	var rows []Mine
	err := q.Query(ctx).Raw(`SELECT a.*, v.sku, p.slug, p.name FROM restock_asks a JOIN variants v ON v.id = a.variant_id JOIN products p ON p.id = v.product_id
		WHERE `+where+` ORDER BY a.asked_at DESC, a.id DESC LIMIT 100`, arg).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who waits for goods: %w", err)
	}
	return rows, nil
}

// Stop ends a wish by its token, as often as it is asked.
func Stop(ctx context.Context, tx *db.Tx, token string, now time.Time) error {
	if _, err := ByToken(ctx, tx, token); err != nil {
		return err
	}
	return end(ctx, tx, Ended, ByPerson, "token = ?", now, token)
}

// Close ends a wish for a reason that is not a mail.
func Close(ctx context.Context, tx *db.Tx, id int64, reason string, now time.Time) error {
	return end(ctx, tx, Ended, reason, "id = ?", now, id)
}

// Age ends wishes that are older than the given moment.
func Age(ctx context.Context, tx *db.Tx, before, now time.Time) error {
	return end(ctx, tx, Ended, ByAge, "asked_at < ?", now, db.At(before))
}

func end(ctx context.Context, tx *db.Tx, to State, reason, where string, now time.Time, arg any) error {
	err := tx.Query(ctx).Exec("UPDATE restock_asks SET state = ?, reason = ?, ended_at = ?, email = '' WHERE state = 'waiting' AND "+where, string(to), reason, db.At(now).Milli(), arg).Error
	if err != nil {
		return fmt.Errorf("end a wish: %w", err)
	}
	return nil
}

// Tell notes that somebody is being told; false: they do not wait any more.
// The address goes with it: the mail's own row knows where it went.
func Tell(ctx context.Context, tx *db.Tx, id int64, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE restock_asks SET state = 'told', ended_at = ?, email = '' WHERE id = ? AND state = 'waiting'", db.At(now), id)
	if done.Error != nil {
		return false, fmt.Errorf("tell of goods: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Wanted lists the variants that somebody waits for.
func Wanted(ctx context.Context, q db.Q) ([]catalog.VariantID, error) {
	var ids []catalog.VariantID
	// From one variant to the next by the index: a queue may be long, and this is asked each minute.
	err := q.Query(ctx).Raw(`WITH RECURSIVE w(id) AS (SELECT min(variant_id) FROM restock_asks WHERE state = 'waiting'
		UNION ALL SELECT (SELECT min(a.variant_id) FROM restock_asks a WHERE a.state = 'waiting' AND a.variant_id > w.id) FROM w WHERE w.id IS NOT NULL)
		SELECT id FROM w WHERE id IS NOT NULL ORDER BY id`).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read what people wait for: %w", err)
	}
	return ids, nil
}

// Queue lists who waits for a variant, the first to ask first.
func Queue(ctx context.Context, q db.Q, variant catalog.VariantID, limit int) ([]Ask, error) {
	var rows []Ask
	err := q.Query(ctx).Where("variant_id = ? AND state = 'waiting'", int64(variant)).Order("asked_at, id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who waits for variant %d: %w", variant, err)
	}
	return rows, nil
}

// ToldSince counts who was told of a variant since.
func ToldSince(ctx context.Context, q db.Q, variant catalog.VariantID, since time.Time) (n int, err error) {
	err = q.Query(ctx).Raw("SELECT count(*) FROM restock_asks WHERE variant_id = ? AND state = 'told' AND ended_at > ?", int64(variant), db.At(since)).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count who was told of variant %d: %w", variant, err)
	}
	return n, nil
}

// Got reports whether somebody ordered the variant after they asked.
func Got(ctx context.Context, q db.Q, a *Ask) (got bool, err error) {
	var owner int64
	if a.CustomerID != nil {
		owner = int64(*a.CustomerID)
	}
	err = q.Query(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE l.variant_id = ? AND o.placed_at > ? AND o.state <> 'cancelled'
		AND (o.customer_id = ? OR ? <> '' AND lower(o.email) = ?))`, int64(a.VariantID), a.AskedAt, owner, a.Email, a.Email).Scan(&got).Error
	if err != nil {
		return false, fmt.Errorf("look if somebody bought what they wait for: %w", err)
	}
	return got, nil
}

// Counts says how many wait for each of these variants; one that nobody waits
// for is not in it.
func Counts(ctx context.Context, q db.Q, ids []catalog.VariantID) (map[catalog.VariantID]int, error) {
	var rows []struct {
		VariantID catalog.VariantID
		N         int
	}
	all := map[catalog.VariantID]int{}
	if len(ids) == 0 {
		return all, nil
	}
	err := q.Query(ctx).Raw("SELECT variant_id, count(*) AS n FROM restock_asks WHERE state = 'waiting' AND variant_id IN ? GROUP BY variant_id", ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count who waits: %w", err)
	}
	for _, r := range rows {
		all[r.VariantID] = r.N
	}
	return all, nil
}

// Forget takes a person's wishes away when their account is erased (a
// customer.Forget).
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, _ time.Time) error {
	err := tx.Query(ctx).Exec("DELETE FROM restock_asks WHERE customer_id = ? OR email <> '' AND email = ?", int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget what customer %d waits for: %w", id, err)
	}
	return nil
}

// Merge puts the wishes of one customer under another who is the same person
// (a customer.Merge). Of two for the same thing the earlier stays.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	values := map[string]any{"from": int64(from), "into": int64(into)}
	for _, sql := range []string{
		`DELETE FROM restock_asks WHERE state = 'waiting' AND customer_id IN (@from, @into) AND EXISTS (SELECT 1 FROM restock_asks o WHERE o.state = 'waiting'
			AND o.variant_id = restock_asks.variant_id AND o.customer_id IN (@from, @into) AND (o.asked_at < restock_asks.asked_at OR o.asked_at = restock_asks.asked_at AND o.id < restock_asks.id))`,
		"UPDATE restock_asks SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the wishes of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}

// WantMany writes wishes as they are given; it is for those that are made up.
func WantMany(ctx context.Context, tx *db.Tx, all []Ask) error {
	rows := make([][]any, len(all))
	for i, a := range all {
		var b [16]byte
		rand.Read(b[:])
		var owner any
		if a.CustomerID != nil {
			owner = int64(*a.CustomerID)
		}
		rows[i] = []any{base64.RawURLEncoding.EncodeToString(b[:]), int64(a.VariantID), owner, a.Email, string(a.Lang), string(Waiting), a.Simulated, a.AskedAt}
	}
	_, err := tx.Insert(ctx, "restock_asks", []string{"token", "variant_id", "customer_id", "email", "lang", "state", "simulated", "asked_at"}, rows, true)
	return err
}
