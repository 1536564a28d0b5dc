package slot

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync/atomic"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Read reads how every place is tested.
func Read(ctx context.Context, q db.Q) (*Rules, error) {
	var rows []Test
	if err := q.Query(ctx).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the tests of slots: %w", err)
	}
	r := &Rules{tests: make(map[Key]Test, len(rows))}
	for _, t := range rows {
		r.tests[t.Key] = t
	}
	return r, nil
}

// SetHeld says how many people go without a place, in hundredths of a percent,
// and for how many people the test is planned (0: the usual number). The test
// begins anew: earlier days had other shares. Where nobody went without until
// now the people are drawn anew, too.
func SetHeld(ctx context.Context, tx *db.Tx, key Key, held, planned int, now time.Time) error {
	s, ok := Of(key)
	if !ok || s.Held == Always {
		return fault.New(fault.NotFound, "error.not-found")
	}
	if held < 0 || held > MostHeld {
		var form fault.Form
		form.Wrong("held", "slot.held.wrong", "most", MostHeld/100)
		return form.Err()
	}
	rules, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	t := rules.Of(key)
	if t.Held == 0 {
		t.Salt = newSalt()
	}
	err = tx.Query(ctx).Exec(`INSERT INTO slots (key, held, salt, planned, since, updated_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET held = excluded.held, salt = excluded.salt, planned = excluded.planned, since = excluded.since, updated_at = excluded.updated_at`,
		string(key), held, t.Salt, planned, db.At(now), db.At(now)).Error
	if err != nil {
		return fmt.Errorf("hold %d of %s back: %w", held, key, err)
	}
	changes.Add(1)
	return nil
}

func newSalt() string {
	var b [12]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

var changes atomic.Uint64

// Live keeps the rules for the pages that ask for them over and over, for
// keepFor at most. The zero value is ready; one belongs to one database.
type Live struct{ kept atomic.Pointer[keptRules] }

type keptRules struct {
	rules *Rules
	asOf  uint64
}

// keepFor is how long a share that was changed may still be the old one. A
// change is announced inside its transaction, so that what another request
// read meanwhile is kept no longer than this either.
const keepFor = time.Second

// Rules returns how places are tested now. It is shared: nobody may change it.
func (l *Live) Rules(ctx context.Context, q db.Q) (*Rules, error) {
	asOf := changes.Load()
	if k := l.kept.Load(); k != nil && k.asOf == asOf {
		return k.rules, nil
	}
	r, err := Read(ctx, q)
	if err == nil {
		k := &keptRules{r, asOf}
		l.kept.Store(k)
		time.AfterFunc(keepFor, func() { l.kept.CompareAndSwap(k, nil) })
	}
	return r, err
}
