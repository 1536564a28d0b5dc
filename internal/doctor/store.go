package doctor

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

func (r rule) ask(ctx context.Context, q db.Q) (Broken, error) {
	b := Broken{Code: r.code, Means: r.means, IDs: []string{}}
	if err := q.Query(ctx).Raw("SELECT id FROM ("+r.sql+") found ORDER BY id LIMIT ?", append(r.args, Shown)...).Scan(&b.IDs).Error; err != nil {
		return b, fmt.Errorf("check %s: %w", r.code, err)
	}
	b.Count = len(b.IDs)
	if b.Count < Shown {
		return b, nil
	}
	if err := q.Query(ctx).Raw("SELECT count(*) FROM ("+r.sql+") found", r.args...).Scan(&b.Count).Error; err != nil {
		return b, fmt.Errorf("count %s: %w", r.code, err)
	}
	return b, nil
}
