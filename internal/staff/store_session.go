package staff

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Session is one sign-in of a member of staff. Key stands in the browser's own
// session; without that it opens nothing. Kept of the place is the network.
type Session struct {
	ID      int64
	Key     string
	StaffID ID
	Network string
	Agent   string  // what the browser said it is
	BeganAt db.Time `gorm:"autoCreateTime:false"`
	SeenAt  db.Time `gorm:"autoUpdateTime:false"`
	EndedAt db.Time `gorm:"autoUpdateTime:false"` // 0: by nobody yet
}

// TableName is staff_sessions.
func (Session) TableName() string { return "staff_sessions" }

// How long a sign-in lasts at most, and without a request, and for how long it
// can be read afterwards that there was one.
const (
	SessionAge  = 8 * time.Hour
	SessionIdle = 30 * time.Minute
	sessionKeep = 90 * 24 * time.Hour
	seenNote    = time.Minute
)

// Open reports whether the sign-in still lets somebody in.
func (s *Session) Open(now time.Time) bool {
	return s.EndedAt.IsZero() && now.Sub(s.BeganAt.Time) <= SessionAge && now.Sub(s.SeenAt.Time) <= SessionIdle+seenNote
}

// Begin notes a sign-in and returns its key. It lets go of what is too old to
// be read.
func Begin(ctx context.Context, tx *db.Tx, id ID, from, agent string, now time.Time) (string, error) {
	s := Session{Key: rand.Text(), StaffID: id, Network: Network(from), Agent: cut(strings.ToValidUTF8(agent, ""), 200), BeganAt: db.At(now), SeenAt: db.At(now)}
	if err := tx.Query(ctx).Exec("DELETE FROM staff_sessions WHERE staff_id = ? AND began_at < ?", int64(id), db.At(now.Add(-sessionKeep))).Error; err != nil {
		return "", fmt.Errorf("let old sign-ins of staff %d go: %w", id, err)
	}
	if err := tx.Query(ctx).Create(&s).Error; err != nil {
		return "", fmt.Errorf("note a sign-in of staff %d: %w", id, err)
	}
	return s.Key, nil
}

// AtWork returns the account that a session stands for. An account switched
// off, a session of an older epoch and one that was ended are NotFound.
func AtWork(ctx context.Context, q db.Q, id ID, epoch int64, key string) (*Staff, error) {
	var rows []Staff
	err := q.Query(ctx).Raw(`SELECT staff.* FROM staff JOIN staff_sessions s ON s.staff_id = staff.id
		WHERE staff.id = ? AND staff.active = TRUE AND staff.epoch = ? AND s.key = ? AND s.ended_at = 0`, int64(id), epoch, key).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read staff %d at work: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "staff.unknown")
	}
	return &rows[0], nil
}

// NoteUse notes that a session is in use, once a minute at most.
func NoteUse(ctx context.Context, d *db.DB, key string, now time.Time) error {
	due := db.At(now.Add(-seenNote))
	var n int
	if err := d.Query(ctx).Raw("SELECT count(*) FROM staff_sessions WHERE key = ? AND seen_at < ? AND ended_at = 0", key, due).Scan(&n).Error; err != nil || n == 0 {
		return err
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE staff_sessions SET seen_at = ? WHERE key = ? AND seen_at < ?", db.At(now), key, due).Error
	})
}

// End ends one sign-in of somebody; one that is over stays as it is.
func End(ctx context.Context, tx *db.Tx, id ID, key string, now time.Time) error {
	done := tx.Query(ctx).Exec("UPDATE staff_sessions SET ended_at = ? WHERE staff_id = ? AND key = ? AND ended_at = 0", db.At(now), int64(id), key)
	if done.Error != nil {
		return fmt.Errorf("end a sign-in of staff %d: %w", id, done.Error)
	}
	return nil
}

// EndOthers ends every sign-in of somebody but the one under keep ("" keeps
// none), and says how many.
func EndOthers(ctx context.Context, tx *db.Tx, id ID, keep string, now time.Time) (int64, error) {
	done := tx.Query(ctx).Exec("UPDATE staff_sessions SET ended_at = ? WHERE staff_id = ? AND key <> ? AND ended_at = 0", db.At(now), int64(id), keep)
	if done.Error != nil {
		return 0, fmt.Errorf("end the sign-ins of staff %d: %w", id, done.Error)
	}
	return done.RowsAffected, nil
}

// Sessions are the sign-ins of somebody, the newest first.
func Sessions(ctx context.Context, q db.Q, id ID, limit int) ([]Session, error) {
	var all []Session
	if err := q.Query(ctx).Where("staff_id = ?", int64(id)).Order("id DESC").Limit(limit).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list the sign-ins of staff %d: %w", id, err)
	}
	return all, nil
}

// LastSeen is when each member of staff was last at work, of those who signed
// in within 90 days.
func LastSeen(ctx context.Context, q db.Q) (map[ID]db.Time, error) {
	var rows []struct {
		StaffID ID
		At      db.Time
	}
	if err := q.Query(ctx).Raw("SELECT staff_id, max(seen_at) AS at FROM staff_sessions GROUP BY staff_id").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read when staff were last seen: %w", err)
	}
	all := map[ID]db.Time{}
	for _, r := range rows {
		all[r.StaffID] = r.At
	}
	return all, nil
}
