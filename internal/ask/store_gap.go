package ask

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Gap is a product that people asked staff about and no article is about,
// neither of it nor of its shelf or department.
type Gap struct {
	ProductSlug string
	ProductName i18n.Text
	N           int // questions that staff got
	Open        int // of these, unanswered
	Simulated   int // of these, of simulated people
}

// Gaps lists them, the most asked about first.
func Gaps(ctx context.Context, q db.Q, since time.Time, limit int) (all []Gap, err error) {
	err = q.Query(ctx).Raw(`SELECT p.slug AS product_slug, p.name AS product_name, count(*) AS n,
			sum(CASE WHEN q.answered_at = 0 THEN 1 ELSE 0 END) AS open, sum(CASE WHEN q.simulated THEN 1 ELSE 0 END) AS simulated
		FROM questions q JOIN products p ON p.id = q.product_id LEFT JOIN categories k ON k.id = p.category_id
		WHERE q.created_at >= ? AND NOT EXISTS (SELECT 1 FROM help_links l JOIN help_articles a ON a.id = l.article_id
			WHERE a.published = TRUE AND (l.kind = 'product' AND l.target_id = p.id OR l.kind = 'category' AND l.target_id IN (p.category_id, k.parent_id)))
		GROUP BY p.id, p.slug, p.name ORDER BY n DESC, p.slug LIMIT ?`, db.At(since), limit).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("count questions nothing is written about: %w", err)
	}
	return all, nil
}

// Pulse changes whenever the list of questions does: asked, answered, marked or
// closed. Open is how many wait.
func Pulse(ctx context.Context, q db.Q) (pulse string, open int, err error) {
	var row struct{ N, Newest, Answered, Marked, Closed int64 }
	err = q.Query(ctx).Raw(`SELECT (SELECT count(*) FROM questions WHERE answered_at = 0) AS n, (SELECT coalesce(max(id), 0) FROM questions) AS newest,
		(SELECT coalesce(max(answered_at), 0) FROM questions) AS answered, (SELECT count(*) FROM questions WHERE complaint_at > 0 AND closed_at = 0) AS marked,
		(SELECT coalesce(max(closed_at), 0) FROM questions WHERE complaint_at > 0) AS closed`).Scan(&row).Error
	if err != nil {
		return "", 0, fmt.Errorf("look for new questions: %w", err)
	}
	return fmt.Sprintf("%d-%d-%d-%d-%d", row.N, row.Newest, row.Answered, row.Marked, row.Closed), int(row.N), nil
}
