package inventory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Incoming are units on their way to a place. Token names it outside.
type Incoming struct {
	ID         int64
	Token      string
	VariantID  catalog.VariantID
	LocationID LocationID
	Qty        int
	Received   int
	ExpectedAt db.Time // never = the supplier named no day
	Supplier   string
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	ClosedAt   db.Time // all of it came, or no more will
}

// TableName is incoming.
func (Incoming) TableName() string { return "incoming" }

// Left is what has yet to come.
func (i Incoming) Left() int { return max(0, i.Qty-i.Received) }

// AddIncoming notes that units were ordered, also of a variant that nobody
// counts yet. The token is the caller's, so
// that the same form sent twice orders once.
func AddIncoming(ctx context.Context, tx *db.Tx, in Incoming, now time.Time) error {
	if in.Qty < 1 || in.Qty > 1_000_000 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	if err := single(ctx, tx, in.VariantID); err != nil {
		return err
	}
	err := tx.Query(ctx).Exec(`INSERT INTO incoming (token, variant_id, location_id, qty, expected_at, supplier, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (token) DO NOTHING`, in.Token, in.VariantID, int64(in.LocationID), in.Qty, in.ExpectedAt, strings.TrimSpace(in.Supplier), db.At(now)).Error
	if err != nil {
		return fmt.Errorf("order variant %d: %w", in.VariantID, err)
	}
	return expect(ctx, tx, in.VariantID)
}

// ReceiveIncoming notes that units of it came; key makes the same delivery,
// told twice, count once. More than were ordered, or any once it is closed, is
// fault.Conflict and spoils the transaction.
func ReceiveIncoming(ctx context.Context, tx *db.Tx, v catalog.VariantID, token string, qty int, key string, now time.Time) error {
	if qty <= 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	in, err := incoming(ctx, tx, v, token)
	if err != nil {
		return err
	}
	if err := begin(ctx, tx, in.VariantID, now); err != nil {
		return err
	}
	news, err := apply(ctx, tx, in.VariantID, []movement{{at: in.LocationID, qty: qty, reason: "received", ref: "incoming:" + token,
		key: fmt.Sprintf("%s:%d", key, in.VariantID)}}, now)
	if err != nil || !news {
		return err
	}
	r := tx.Query(ctx).Exec(`UPDATE incoming SET received = received + ?, closed_at = CASE WHEN received + ? = qty THEN CAST(? AS BIGINT) ELSE closed_at END
		WHERE id = ? AND closed_at = 0 AND received + ? <= qty`, qty, qty, db.At(now), in.ID, qty)
	if r.Error != nil {
		return fmt.Errorf("receive %s: %w", token, r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.New(fault.Conflict, "inventory.incoming.over", "count", in.Left())
	}
	return expect(ctx, tx, in.VariantID)
}

// CloseIncoming notes that no more of it will come.
func CloseIncoming(ctx context.Context, tx *db.Tx, v catalog.VariantID, token string, now time.Time) error {
	in, err := incoming(ctx, tx, v, token)
	if err != nil {
		return err
	}
	if err := tx.Query(ctx).Exec("UPDATE incoming SET closed_at = ? WHERE id = ? AND closed_at = 0", db.At(now), in.ID).Error; err != nil {
		return fmt.Errorf("close incoming %s: %w", token, err)
	}
	return expect(ctx, tx, in.VariantID)
}

// SetIncoming makes what lists tell of a variant at a place in.Qty units that
// have yet to come, in one row of its own beside what staff entered, and
// reports whether that changed anything. 0 = none any more.
func SetIncoming(ctx context.Context, tx *db.Tx, in Incoming, now time.Time) (bool, error) {
	if in.LocationID == 0 {
		first, err := firstSelling(ctx, tx)
		if err != nil {
			return false, err
		}
		in.LocationID = first
	}
	in.Token = fmt.Sprintf("list-%d-%d", in.VariantID, in.LocationID)
	have, err := incoming(ctx, tx, in.VariantID, in.Token)
	switch {
	case errors.Is(err, fault.NotFound) && in.Qty == 0:
		return false, nil
	case errors.Is(err, fault.NotFound):
		return true, AddIncoming(ctx, tx, in, now)
	case err != nil:
		return false, err
	case in.Qty == 0 && !have.ClosedAt.IsZero():
		return false, nil
	case in.Qty == 0:
		return true, CloseIncoming(ctx, tx, in.VariantID, in.Token, now)
	case have.ClosedAt.IsZero() && have.Left() == in.Qty && have.ExpectedAt.Equal(in.ExpectedAt.Time) && have.Supplier == in.Supplier:
		return false, nil
	}
	err = tx.Query(ctx).Exec("UPDATE incoming SET qty = received + ?, expected_at = ?, supplier = ?, closed_at = 0 WHERE id = ?", in.Qty, in.ExpectedAt, in.Supplier, have.ID).Error
	if err != nil {
		return false, fmt.Errorf("order variant %d: %w", in.VariantID, err)
	}
	return true, expect(ctx, tx, in.VariantID)
}

// incoming reads and locks what is on its way of a variant under a token.
func incoming(ctx context.Context, tx *db.Tx, v catalog.VariantID, token string) (*Incoming, error) {
	var found []Incoming
	if err := db.ForUpdate(tx.Query(ctx)).Where("token = ? AND variant_id = ?", token, v).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read incoming %s: %w", token, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	return &found[0], nil
}

// expect brings the stock's row up to date with what is on its way.
func expect(ctx context.Context, tx *db.Tx, v catalog.VariantID) error {
	err := tx.Query(ctx).Exec(`UPDATE stock SET expected_at = coalesce((SELECT min(i.expected_at) FROM incoming i
		WHERE i.variant_id = ? AND i.closed_at = 0 AND i.expected_at > 0), 0) WHERE variant_id = ?`, v, v).Error
	if err != nil {
		return fmt.Errorf("note what is expected of variant %d: %w", v, err)
	}
	return nil
}

// OpenIncoming lists what of a variant is on its way, the next first.
func OpenIncoming(ctx context.Context, q db.Q, v catalog.VariantID) ([]Incoming, error) {
	var all []Incoming
	err := q.Query(ctx).Where("variant_id = ? AND closed_at = 0", v).Order("CASE WHEN expected_at = 0 THEN 1 ELSE 0 END, expected_at, id").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read what is on its way of variant %d: %w", v, err)
	}
	return all, nil
}

// Suppliers says from whom each variant was ordered last, where somebody said.
func Suppliers(ctx context.Context, q db.Q, ids []catalog.VariantID) (map[catalog.VariantID]string, error) {
	all := map[catalog.VariantID]string{}
	if len(ids) == 0 {
		return all, nil
	}
	var rows []struct {
		VariantID catalog.VariantID
		Supplier  string
	}
	err := q.Query(ctx).Raw(`SELECT variant_id, supplier FROM incoming WHERE id IN (SELECT max(id) FROM incoming WHERE supplier <> '' AND variant_id IN ? GROUP BY variant_id)`, ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the suppliers of %d variants: %w", len(ids), err)
	}
	for _, r := range rows {
		all[r.VariantID] = r.Supplier
	}
	return all, nil
}
