package segment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Snapshot is who was in a segment at one moment, for a campaign that must not
// change under way. It is never written again; who is erased leaves it.
type Snapshot struct {
	ID      int64
	Token   string
	Key     string // of the form that made it: sent twice it makes one
	Segment string
	Name    i18n.Text
	Rule    string  // its text then
	Version db.Time // of the rule
	People  int     // then
	Note    string
	Staff   string
	At      db.Time
	Left    int `gorm:"->"` // still there
}

func (Snapshot) TableName() string { return "segment_snapshots" }

// noteRunes is how long a snapshot's note may be.
const noteRunes = 200

// Freeze writes down who is in a segment now, fewer than least people not at
// all. The same key again finds the same snapshot.
func Freeze(ctx context.Context, tx *db.Tx, key string, in Snapshot, least int, now time.Time) (*Snapshot, error) {
	b, err := Read(ctx, tx)
	if err != nil {
		return nil, err
	}
	s, ok := b.Find(key)
	if !ok {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	if in.Note = strings.TrimSpace(in.Note); runes(in.Note) > noteRunes || in.Key == "" || len(in.Key) > 60 {
		return nil, fault.New(fault.Invalid, "segment.snapshot.note", "most", noteRunes)
	}
	if done, err := b.Gathered(ctx, tx); err != nil || !done {
		return nil, ifNone(err, fault.New(fault.Conflict, "admin.segment.gathering"))
	}
	ids, err := b.Who(ctx, tx, s, 0, now)
	if err != nil {
		return nil, err
	}
	if len(ids) < max(1, least) {
		return nil, fault.New(fault.Invalid, "segment.snapshot.few", "least", max(1, least))
	}
	in.Segment, in.Name, in.Rule, in.Version, in.People, in.At = s.Key, s.Name, s.Rule.String(), s.UpdatedAt, len(ids), db.At(now)
	done := db.IgnoreConflict(tx.Query(ctx).Omit("Left")).Create(&in)
	if done.Error != nil {
		return nil, fmt.Errorf("freeze segment %s: %w", key, done.Error)
	}
	if done.RowsAffected == 0 {
		return snapshot(ctx, tx, "s.key = ?", in.Key)
	}
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{in.ID, int64(id)}
	}
	in.Left = len(ids)
	_, err = tx.Insert(ctx, "snapshot_people", []string{"snapshot_id", "customer_id"}, rows, false)
	return &in, err
}

func ifNone(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

const snapshots = "SELECT s.*, (SELECT count(*) FROM snapshot_people p WHERE p.snapshot_id = s.id) AS " + `"left"` + " FROM segment_snapshots s WHERE "

func snapshot(ctx context.Context, q db.Q, where string, arg any) (*Snapshot, error) {
	var found []Snapshot
	if err := q.Query(ctx).Raw(snapshots+where, arg).Scan(&found).Error; err != nil {
		return nil, fmt.Errorf("read a snapshot: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	return &found[0], nil
}

// SnapshotBy reads a snapshot by its token.
func SnapshotBy(ctx context.Context, q db.Q, token string) (*Snapshot, error) {
	return snapshot(ctx, q, "s.token = ?", token)
}

// Snapshots lists those of a segment, the newest first, at most a hundred.
func Snapshots(ctx context.Context, q db.Q, key string) (all []Snapshot, err error) {
	if err := q.Query(ctx).Raw(snapshots+"s.segment = ? ORDER BY s.at DESC, s.id DESC LIMIT 100", key).Scan(&all).Error; err != nil {
		return nil, fmt.Errorf("list snapshots: %w", err)
	}
	return all, nil
}

// Frozen is somebody in a snapshot. Part is the first of the parts asked for
// that holds them now, "" if none does.
type Frozen struct {
	ID        customer.ID
	Name      string
	Email     string
	Lang      string
	Simulated bool
	Part      string
}

// Each lists the people of a snapshot in the order of their ids, told apart by
// parts (see Look), limit of them from the offset on.
func (s *Snapshot) Each(ctx context.Context, q db.Q, parts []Part, offset, limit int) ([]Frozen, error) {
	kind, args := "''", []any{}
	if len(parts) > 0 {
		kind = "CASE"
		for _, p := range parts {
			kind += " WHEN c.id IN (" + p.SQL + ") THEN ?"
			args = append(slices.Concat(args, p.Args), p.Key)
		}
		kind += " ELSE '' END"
	}
	var all []Frozen
	err := q.Query(ctx).Raw("SELECT c.id, c.name, c.email, c.lang, c.simulated, "+kind+" AS part FROM snapshot_people p JOIN customers c ON c.id = p.customer_id AND c.erased_at = 0 WHERE p.snapshot_id = ? ORDER BY c.id LIMIT ? OFFSET ?",
		append(args, s.ID, limit, offset)...).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list the people of a snapshot: %w", err)
	}
	return all, nil
}
