package outreach

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"regulars/internal/db"
)

// DropBodies lets what mails from before said go: the files in the folder, and
// the subjects of at most limit rows. That they were sent stays.
func (d *Desk) DropBodies(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	files := int64(0)
	if f, ok := d.Mailer.(*Folder); ok {
		n, err := f.removeBefore(before)
		if err != nil {
			return 0, err
		}
		files = n
	}
	done := tx.Query(ctx).Exec("UPDATE sends SET subject = '' WHERE id IN (SELECT id FROM sends WHERE created_at < ? AND subject <> '' AND simulated = FALSE ORDER BY id LIMIT ?)", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("let old mails go: %w", done.Error)
	}
	return max(files, done.RowsAffected), nil
}

// removeBefore deletes the files of mails dated before: the name begins with
// the moment.
func (f *Folder) removeBefore(before time.Time) (n int64, err error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return 0, fmt.Errorf("delete old mails: %w", err)
	}
	for _, e := range entries {
		stamp, _, _ := strings.Cut(e.Name(), "-")
		at, err := time.Parse("20060102T150405.000Z", stamp)
		if err != nil || !fileShape.MatchString(e.Name()) || !at.Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(f.Dir, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return n, fmt.Errorf("delete an old mail: %w", err)
		}
		n++
	}
	return n, nil
}

// DropDecisions lets at most limit decisions about mails from before go, with
// the links in them, and who went without. Mails of an order belong to the order and stay with it.
func DropDecisions(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	const old = "SELECT id FROM sends WHERE created_at < ? AND order_id = 0 AND simulated = FALSE AND state NOT IN ('queued', 'claimed', 'deferred') ORDER BY created_at, id LIMIT ?"
	arms, err := dropArms(ctx, tx, before, limit)
	if err != nil {
		return 0, err
	}
	if err := tx.Query(ctx).Exec("DELETE FROM mail_links WHERE send_id IN ("+old+")", db.At(before), limit).Error; err != nil {
		return 0, fmt.Errorf("let old links go: %w", err)
	}
	done := tx.Query(ctx).Exec("DELETE FROM sends WHERE id IN ("+old+")", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("let old decisions go: %w", done.Error)
	}
	return max(arms, done.RowsAffected), nil
}
