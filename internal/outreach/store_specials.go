package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// weekRow is how far the specials of a week were sent.
type weekRow struct {
	Week     string
	AfterKey string
	BeganAt  db.Time
	DoneAt   db.Time
}

func (d *Desk) beginWeek(ctx context.Context, week string, now time.Time) (*weekRow, error) {
	var rows []weekRow
	read := func(q db.Q) error {
		return q.Query(ctx).Raw("SELECT week, after_key, began_at, done_at FROM special_weeks WHERE week = ?", week).Scan(&rows).Error
	}
	if err := read(d.DB); err != nil {
		return nil, fmt.Errorf("read how far the specials of %s are: %w", week, err)
	}
	if len(rows) == 0 {
		err := d.DB.InTx(ctx, func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("INSERT INTO special_weeks (week, began_at) VALUES (?, ?) ON CONFLICT (week) DO NOTHING", week, db.At(now)).Error; err != nil {
				return err
			}
			rows = nil
			return read(tx)
		})
		if err != nil || len(rows) == 0 {
			return nil, fmt.Errorf("begin the specials of %s: %w", week, err)
		}
	}
	return &rows[0], nil
}

// cameTo notes that some addresses were decided on; after the last ones the
// week is done and no address is kept. false: another worker noted it.
func (d *Desk) cameTo(ctx context.Context, row *weekRow, emails []string, now time.Time) (bool, error) {
	next := weekRow{Week: row.Week, BeganAt: row.BeganAt}
	if len(emails) < specialBatch {
		next.DoneAt = db.At(now)
	} else {
		next.AfterKey = emails[len(emails)-1]
	}
	ok := false
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		done := tx.Query(ctx).Exec("UPDATE special_weeks SET after_key = ?, done_at = ? WHERE week = ? AND after_key = ? AND done_at = 0", next.AfterKey, next.DoneAt, row.Week, row.AfterKey)
		ok = done.RowsAffected == 1
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("note how far the specials of %s are: %w", row.Week, err)
	}
	*row = next
	return ok, nil
}

// askers lists the addresses that asked for a topic, in order, after one of them.
func askers(ctx context.Context, q db.Q, topic Topic, after string, limit int) ([]string, error) {
	var keys []string
	err := q.Query(ctx).Raw(`SELECT email_key FROM mail_preferences WHERE on_topics <> '' AND ' ' || on_topics || ' ' LIKE ? AND email_key > ? ORDER BY email_key LIMIT ?`,
		"% "+string(topic)+" %", after, limit).Scan(&keys).Error
	if err != nil {
		return nil, fmt.Errorf("list who asked for %s: %w", topic, err)
	}
	return keys, nil
}

// Asked counts the addresses that asked for a topic.
func Asked(ctx context.Context, q db.Q, topic Topic) (int, error) {
	var n int
	err := q.Query(ctx).Raw("SELECT count(*) FROM mail_preferences WHERE on_topics <> '' AND ' ' || on_topics || ' ' LIKE ?", "% "+string(topic)+" %").Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count who asked for %s: %w", topic, err)
	}
	return n, nil
}

// guestLang is the language in which a guest confirmed.
func guestLang(ctx context.Context, q db.Q, email string) (i18n.Lang, error) {
	var langs []string
	err := q.Query(ctx).Raw("SELECT lang FROM consent_asks WHERE email_key = ? AND customer_id IS NULL AND used_at > 0 ORDER BY used_at DESC LIMIT 1", customer.EmailKey(email)).Scan(&langs).Error
	if err != nil {
		return "", fmt.Errorf("read a guest's language: %w", err)
	}
	if len(langs) == 0 {
		return i18n.English, nil
	}
	return i18n.ParseLang(langs[0]), nil
}

// sentBefore are the fingerprints of what a person was sent, or may have been,
// since a moment.
func sentBefore(ctx context.Context, q db.Q, template, email string, c *customer.Customer, since time.Time) (map[string]bool, error) {
	id := int64(0)
	if c != nil {
		id = int64(c.ID)
	}
	var prints []string
	err := q.Query(ctx).Raw(`SELECT content FROM sends WHERE (email = ? OR customer_id = ?) AND template = ? AND state IN ('sent', 'claimed', 'failed') AND created_at > ? AND content <> ''`,
		customer.EmailKey(email), id, template, db.At(since)).Scan(&prints).Error
	if err != nil {
		return nil, fmt.Errorf("read what somebody was sent: %w", err)
	}
	all := make(map[string]bool, len(prints))
	for _, p := range prints {
		all[p] = true
	}
	return all, nil
}

// SpecialPicks are the products that somebody put into a week by hand.
func SpecialPicks(ctx context.Context, q db.Q, week string) ([]catalog.ProductID, error) {
	var ids []catalog.ProductID
	if err := q.Query(ctx).Raw("SELECT product_id FROM special_picks WHERE week = ? ORDER BY position", week).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("read the picks of %s: %w", week, err)
	}
	return ids, nil
}

// PutSpecialPicks keeps at most four products for a week, in this order, in
// place of those it had.
func PutSpecialPicks(ctx context.Context, tx *db.Tx, week string, ids []catalog.ProductID) error {
	if err := tx.Query(ctx).Exec("DELETE FROM special_picks WHERE week = ?", week).Error; err != nil {
		return fmt.Errorf("drop the picks of %s: %w", week, err)
	}
	for i, id := range ids[:min(len(ids), specialGoods)] {
		if err := tx.Query(ctx).Exec("INSERT INTO special_picks (week, position, product_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", week, i+1, int64(id)).Error; err != nil {
			return fmt.Errorf("keep the picks of %s: %w", week, err)
		}
	}
	return nil
}

// SpecialsSum is what became of a week's specials, by state and reason.
type SpecialsSum struct {
	Week   string
	State  State
	Reason string
	Count  int
}

// SpecialsSums counts the decisions about specials since a moment, the newest
// week first.
func SpecialsSums(ctx context.Context, q db.Q, since time.Time) ([]SpecialsSum, error) {
	var rows []SpecialsSum
	err := q.Query(ctx).Raw(`SELECT substr(key, 10, 8) AS week, state, CASE WHEN state IN ('withheld', 'deferred') THEN reason ELSE '' END AS reason, count(*) AS count
		FROM sends WHERE template = ? AND created_at > ? GROUP BY 1, 2, 3 ORDER BY 1 DESC, 4 DESC, 2, 3`, SpecialsMail, db.At(since)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count the specials: %w", err)
	}
	return rows, nil
}
