package trait

import (
	"context"
	"sync/atomic"
	"time"

	"regulars/internal/db"
)

// Live keeps the rules for the pages that ask for them over and over. The zero
// value is ready; one belongs to one database. A switch shows at the next view
// in this process and within keepFor in others.
type Live struct{ kept atomic.Pointer[keptRules] }

type keptRules struct {
	rules *Rules
	asOf  uint64
}

const (
	keepFor = time.Second
	// A change is announced inside its transaction, and nobody hears of the
	// commit. For so long nothing is kept (see catalog.Live).
	settleFor = 5 * time.Second
)

var changes, settled atomic.Uint64

func changing() {
	n := changes.Add(1)
	time.AfterFunc(settleFor, func() {
		for was := settled.Load(); was < n && !settled.CompareAndSwap(was, n); was = settled.Load() {
		}
	})
}

// Rules returns what decides now. It is shared: nobody may change it.
func (l *Live) Rules(ctx context.Context, q db.Q) (*Rules, error) {
	asOf := changes.Load()
	quiet := settled.Load() >= asOf
	if k := l.kept.Load(); quiet && k != nil && k.asOf == asOf {
		return k.rules, nil
	}
	r, err := Read(ctx, q)
	if err == nil && quiet {
		k := &keptRules{r, asOf}
		l.kept.Store(k)
		time.AfterFunc(keepFor, func() { l.kept.CompareAndSwap(k, nil) })
	}
	return r, err
}
