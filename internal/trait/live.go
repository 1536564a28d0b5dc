package trait

import (
	"context"

	"regulars/internal/db"
)

// Live keeps the rules for the pages that ask for them over and over. The zero
// value is ready; one belongs to one database. A switch shows at the next view
// in this process and within a second in others.
type Live struct{ kept db.Kept[*Rules] }

var changes db.Changes

func changing() { changes.Announce() }

// Rules returns what decides now. It is shared: nobody may change it.
func (l *Live) Rules(ctx context.Context, q db.Q) (*Rules, error) {
	return l.kept.Get(&changes, func() (*Rules, error) { return Read(ctx, q) })
}
