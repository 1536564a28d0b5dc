package ask

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Listed is a question in the list for staff, with the product it is about.
type Listed struct {
	Question
	ProductSlug string
	ProductName i18n.Text
	Tier        string // of the account that asked; "" for guests
	Owner       string // the name of who looks after it
}

// Filter narrows the list for staff.
type Filter struct {
	Kind          string // contact, product; empty: both
	Open          bool   // unanswered only
	Trouble       bool   // open complaints only
	Late          bool   // unanswered and past its limit only
	Owner         int64  // what this member of staff looks after; 0: anybody
	Product       string // slug of what it is about; empty: anything
	Number        string // the one of this number; empty: any
	Now           time.Time
	Page, PerPage int // from 1; 50 a page
}

// soon is how long before its limit a question goes before everybody's tier.
const soon = 2 * time.Hour

// rank is the order of the tiers in the queue.
const rank = "CASE k.tier WHEN 'very-loyal' THEN 0 WHEN 'loyal' THEN 1 WHEN 'occasional' THEN 2 ELSE 3 END"

// List returns a page of questions and how many there are: the unanswered
// first, then the answered, newest first. Of the unanswered those come first
// that are late or due within two hours, by their limit; the rest by the tier
// of who asked, then by limit and age. So the best members are served first,
// and nobody waits past a limit for it.
func List(ctx context.Context, q db.Q, f Filter) ([]Listed, int, error) {
	where, args := "1 = 1", []any{}
	if f.Kind != "" {
		where += " AND q.kind = ?"
		args = append(args, f.Kind)
	}
	if f.Open {
		where += " AND q.answered_at = 0"
	}
	if f.Trouble {
		where += " AND q.complaint_at > 0 AND q.closed_at = 0"
	}
	if f.Late {
		where += " AND q.answered_at = 0 AND q.due_at > 0 AND q.due_at < ?"
		args = append(args, db.At(f.Now))
	}
	if f.Owner != 0 {
		where += " AND q.owner_id = ?"
		args = append(args, f.Owner)
	}
	if f.Number != "" {
		where += " AND q.number = ?"
		args = append(args, f.Number)
	}
	if f.Product != "" {
		where += " AND q.product_id = (SELECT id FROM products WHERE slug = ?)"
		args = append(args, f.Product)
	}
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM questions q WHERE "+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count questions: %w", err)
	}
	per := f.PerPage
	if per <= 0 {
		per = 50
	}
	var rows []Listed
	err := q.Query(ctx).Raw(`SELECT q.*, coalesce(p.slug, '') AS product_slug, p.name AS product_name,
			coalesce(k.tier, '') AS tier, coalesce(s.name, '') AS owner
		FROM questions q LEFT JOIN products p ON p.id = q.product_id LEFT JOIN customer_tiers k ON k.customer_id = q.customer_id LEFT JOIN staff s ON s.id = q.owner_id
		WHERE `+where+`
		ORDER BY CASE WHEN q.answered_at > 0 THEN 2 WHEN q.due_at > 0 AND q.due_at < ? THEN 0 ELSE 1 END,
			CASE WHEN q.answered_at > 0 OR q.due_at > 0 AND q.due_at < ? THEN 0 ELSE `+rank+` END,
			CASE WHEN q.answered_at = 0 THEN CASE WHEN q.due_at > 0 THEN q.due_at ELSE q.created_at END ELSE -q.created_at END, q.created_at, q.id
		LIMIT ? OFFSET ?`, append(args, db.At(f.Now.Add(soon)), db.At(f.Now.Add(soon)), per, (max(1, f.Page)-1)*per)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list questions: %w", err)
	}
	return rows, total, nil
}
