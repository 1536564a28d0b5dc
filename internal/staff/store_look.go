package staff

import (
	"context"
	"fmt"
	"math"
	"time"

	"regulars/internal/db"
)

// What of a person was looked at.
const (
	LookCard   = "card"
	LookProof  = "proof"
	LookExport = "export"
	LookCart   = "cart"
)

// LookSpan is the time in which looks of one kind by one member of staff at
// one person are one row, with their number.
const LookSpan = 10 * time.Minute

// Look is one row of who looked at whom. The person stands by number alone.
type Look struct {
	ID         int64
	StaffID    ID
	CustomerID int64
	What       string
	Slot       int64 // which ten minutes
	Count      int
	At         db.Time // of the last one
}

// TableName is looks.
func (Look) TableName() string { return "looks" }

// Looked notes that somebody of the staff looked at what the shop holds of a
// person. Every page that shows a person calls it, before it shows anything:
// what could not be noted is not shown.
func Looked(ctx context.Context, d *db.DB, who ID, customer int64, what string, now time.Time) error {
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO looks (staff_id, customer_id, what, slot, count, at) VALUES (?, ?, ?, ?, 1, ?)
			ON CONFLICT (staff_id, customer_id, what, slot) DO UPDATE SET count = looks.count + 1, at = excluded.at`,
			int64(who), customer, cut(what, 40), now.UnixMilli()/LookSpan.Milliseconds(), db.At(now)).Error
	})
	if err != nil {
		return fmt.Errorf("note a look of staff %d: %w", who, err)
	}
	return nil
}

// LookFilter chooses looks. Zero fields do not restrict.
type LookFilter struct {
	Staff    ID
	Customer int64
	What     string
	Before   int64 // id
	Limit    int
}

// Seen is a look with who it was.
type Seen struct {
	Look
	Email string
	Name  string
}

// Looks reads who looked at whom, the newest first.
func Looks(ctx context.Context, q db.Q, f LookFilter) ([]Seen, error) {
	if f.Before <= 0 {
		f.Before = math.MaxInt64
	}
	sql, args := "SELECT l.*, s.email, s.name FROM looks l JOIN staff s ON s.id = l.staff_id WHERE l.id < ?", []any{f.Before}
	if f.Staff != 0 {
		sql, args = sql+" AND l.staff_id = ?", append(args, int64(f.Staff))
	}
	if f.Customer != 0 {
		sql, args = sql+" AND l.customer_id = ?", append(args, f.Customer)
	}
	if f.What != "" {
		sql, args = sql+" AND l.what = ?", append(args, f.What)
	}
	var rows []Seen
	if err := q.Query(ctx).Raw(sql+" ORDER BY l.id DESC LIMIT ?", append(args, f.Limit)...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read who looked at whom: %w", err)
	}
	return rows, nil
}

// DropLooks takes away at most limit looks from before, and says how many.
func DropLooks(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	done := tx.Query(ctx).Exec("DELETE FROM looks WHERE id IN (SELECT id FROM looks WHERE at < ? ORDER BY at LIMIT ?)", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("take away old looks: %w", done.Error)
	}
	return done.RowsAffected, nil
}

// MergeLooks puts the looks at one customer under another, who is the same
// person; looks that fall together are one row with their number.
func MergeLooks(ctx context.Context, tx *db.Tx, from, into int64) error {
	values := map[string]any{"from": from, "into": into}
	const same = "x.staff_id = looks.staff_id AND x.what = looks.what AND x.slot = looks.slot"
	for _, sql := range []string{
		"UPDATE looks SET count = count + (SELECT x.count FROM looks x WHERE x.customer_id = @from AND " + same + ") WHERE customer_id = @into AND EXISTS (SELECT 1 FROM looks x WHERE x.customer_id = @from AND " + same + ")",
		"DELETE FROM looks WHERE customer_id = @from AND EXISTS (SELECT 1 FROM looks x WHERE x.customer_id = @into AND " + same + ")",
		"UPDATE looks SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the looks at customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}
