package picture

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
)

// Unnamed is how long a picture stays that no product names: long enough to
// take back what was removed by mistake.
const Unnamed = 7 * 24 * time.Hour

// Keep stores a picture and its files. The same picture again is the one that
// is there, with its days begun anew.
func Keep(ctx context.Context, tx *db.Tx, m *Made, now time.Time) error {
	r := tx.Query(ctx).Exec(`INSERT INTO pictures (name, width, height, created_at, free_since) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (name) DO NOTHING`, m.Name.File(), m.Name.Width, m.Name.Height, db.At(now), db.At(now))
	if r.Error != nil {
		return fmt.Errorf("keep picture %s: %w", m.Name.File(), r.Error)
	}
	if r.RowsAffected == 0 {
		return Use(ctx, tx, []Name{m.Name})
	}
	for side, data := range m.Files {
		err := tx.Query(ctx).Exec("INSERT INTO picture_files (name, side, data) VALUES (?, ?, ?) ON CONFLICT (name, side) DO NOTHING", m.Name.File(), side, data).Error
		if err != nil {
			return fmt.Errorf("keep a size of picture %s: %w", m.Name.File(), err)
		}
	}
	return nil
}

// Use says that these pictures are about to be named. It goes before the
// naming, in its transaction, so that they cannot be let go meanwhile; one
// that is gone already is fault.Invalid.
func Use(ctx context.Context, tx *db.Tx, names []Name) error {
	for _, n := range names {
		r := tx.Query(ctx).Exec("UPDATE pictures SET free_since = 0 WHERE name = ?", n.File())
		if r.Error != nil {
			return fmt.Errorf("use picture %s: %w", n.File(), r.Error)
		}
		if r.RowsAffected == 0 {
			var form fault.Form
			form.Wrong("file", "picture.gone")
			return form.Err()
		}
	}
	return nil
}

// Read is one file of a picture; none is fault.NotFound.
func Read(ctx context.Context, q db.Q, n Name, side int) ([]byte, error) {
	var files [][]byte
	if err := q.Query(ctx).Raw("SELECT data FROM picture_files WHERE name = ? AND side = ?", n.File(), side).Scan(&files).Error; err != nil {
		return nil, fmt.Errorf("read picture %s: %w", n.File(), err)
	}
	if len(files) == 0 {
		return nil, fault.New(fault.NotFound, "picture.gone")
	}
	return files[0], nil
}

// unnamed holds where no product shows a picture.
const unnamed = "NOT EXISTS (SELECT 1 FROM product_images i WHERE i.src = '" + Prefix + "' || pictures.name)"

// Sweep notes since when pictures are named by no product, and lets go, at most
// so many, of those that have been for longer than Unnamed.
func Sweep(ctx context.Context, tx *db.Tx, now time.Time, most int) (int64, error) {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE pictures SET free_since = 0 WHERE free_since > 0 AND NOT (" + unnamed + ")", nil},
		{"UPDATE pictures SET free_since = ? WHERE free_since = 0 AND " + unnamed, []any{db.At(now)}},
	} {
		if err := tx.Query(ctx).Exec(step.sql, step.args...).Error; err != nil {
			return 0, fmt.Errorf("see which pictures nobody names: %w", err)
		}
	}
	var names []string
	err := tx.Query(ctx).Raw("SELECT name FROM pictures WHERE free_since > 0 AND free_since <= ? ORDER BY name LIMIT ?", db.At(now.Add(-Unnamed)), most).Scan(&names).Error
	if err != nil || len(names) == 0 {
		return 0, err
	}
	// Whoever named one meanwhile set free_since to 0 first, and keeps it.
	r := tx.Query(ctx).Exec("DELETE FROM pictures WHERE name IN ? AND free_since > 0 AND "+unnamed, names)
	if r.Error != nil {
		return 0, fmt.Errorf("let go of pictures: %w", r.Error)
	}
	return r.RowsAffected, nil
}

// Register has the pictures that nobody names let go of each day.
func Register(r *jobs.Runner, d *db.DB, now func() time.Time) {
	const batch = 200
	r.Every("pictures", 24*time.Hour, func(ctx context.Context) error {
		for {
			var gone int64
			err := d.InTx(ctx, func(tx *db.Tx) (err error) {
				gone, err = Sweep(ctx, tx, now(), batch)
				return err
			})
			if err != nil || gone < batch {
				return err
			}
		}
	})
}
