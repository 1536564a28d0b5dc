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
// the links in them (those that stop mails work on), and who went without. Mails of an order belong to the order and stay with it, those of a campaign with its people (campaign.Age).
func DropDecisions(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	const old = `SELECT id FROM sends WHERE created_at < ? AND order_id = 0 AND simulated = FALSE AND state NOT IN ('queued', 'claimed', 'deferred')
		AND NOT EXISTS (SELECT 1 FROM campaign_people p WHERE p.send_key = sends.key) ORDER BY created_at, id LIMIT ?`
	arms, err := dropArms(ctx, tx, before, limit)
	if err != nil {
		return 0, err
	}
	draws, err := dropKept(ctx, tx, before, limit)
	if err != nil {
		return 0, err
	}
	if err := keepStops(ctx, tx, old, db.At(before), limit); err != nil {
		return 0, err
	}
	if err := tx.Query(ctx).Exec("DELETE FROM mail_links WHERE send_id IN ("+old+")", db.At(before), limit).Error; err != nil {
		return 0, fmt.Errorf("let old links go: %w", err)
	}
	done := tx.Query(ctx).Exec("DELETE FROM sends WHERE id IN ("+old+")", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("let old decisions go: %w", done.Error)
	}
	return max(arms, draws, done.RowsAffected), nil
}

// keepStops keeps the links that stop mails when their mails go: such a link
// works for ever, on what is kept of an address that asked us to stop (tombstone).
func keepStops(ctx context.Context, tx *db.Tx, mails string, args ...any) error {
	var links []struct {
		Hash, EmailKey string
		UsedAt         db.Time
	}
	if err := tx.Query(ctx).Raw("SELECT hash, email_key, used_at FROM mail_links WHERE purpose = 'unsubscribe' AND email_key NOT LIKE 'erased:%' AND send_id IN ("+mails+")", args...).Scan(&links).Error; err != nil {
		return fmt.Errorf("find old links that stop mails: %w", err)
	}
	rows := make([][]any, len(links))
	for i, l := range links {
		rows[i] = []any{l.Hash, tombstone(l.EmailKey), l.UsedAt}
	}
	if _, err := tx.Insert(ctx, "mail_stops", []string{"hash", "email_key", "used_at"}, rows, true); err != nil {
		return fmt.Errorf("keep old links that stop mails: %w", err)
	}
	return nil
}
