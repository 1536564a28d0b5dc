package inventory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
)

// Levels lists stock for the staff in order of SKU, with the number of all.
func Levels(ctx context.Context, q db.Q, lq LevelQuery) ([]Level, int, error) {
	where, args := []string{"v.active = TRUE"}, []any{}
	if text := strings.TrimSpace(lq.Text); text != "" {
		like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_", "\x00", "").Replace(strings.ToLower(strings.ToValidUTF8(text, ""))) + "%"
		where, args = append(where, "(lower(v.sku) LIKE ? ESCAPE '!' OR lower(p.code) LIKE ? ESCAPE '!')"), append(args, like, like)
	}
	if lq.Low != nil {
		where, args = append(where, "s.tracked = TRUE AND s.on_hand - s.reserved <= ?"), append(args, *lq.Low)
	}
	return levels(ctx, q, where, args, lq)
}

func levels(ctx context.Context, q db.Q, where []string, args []any, lq LevelQuery) ([]Level, int, error) {
	if lq.PerPage <= 0 {
		lq.PerPage = 50
	}
	from := ` FROM variants v JOIN products p ON p.id = v.product_id LEFT JOIN stock s ON s.variant_id = v.id WHERE ` + strings.Join(where, " AND ")
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*)"+from, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count stock: %w", err)
	}
	rows, err := q.Query(ctx).Raw(`SELECT v.id, v.product_id, v.sku, p.slug, p.name, coalesce(s.tracked, FALSE), coalesce(s.on_hand, 0), coalesce(s.reserved, 0),
		coalesce(s.policy, 'deny'), coalesce(s.beyond, 0), coalesce(s.ready_at, 0), coalesce(s.expected_at, 0), coalesce(s.reorder_at, 0),
		coalesce((SELECT sum(i.qty - i.received) FROM incoming i WHERE i.variant_id = v.id AND i.closed_at = 0), 0),
		EXISTS (SELECT 1 FROM components k WHERE k.bundle_id = v.id)`+
		from+" ORDER BY v.sku LIMIT ? OFFSET ?", append(args, lq.PerPage, (max(1, lq.Page)-1)*lq.PerPage)...).Rows()
	if err != nil {
		return nil, 0, fmt.Errorf("list stock: %w", err)
	}
	defer rows.Close()
	var list []Level
	for rows.Next() {
		var l Level
		if err := rows.Scan(&l.Variant, &l.Product, &l.SKU, &l.Slug, &l.Name, &l.Tracked, &l.OnHand, &l.Reserved,
			&l.Policy, &l.Beyond, &l.ReadyAt, &l.ExpectedAt, &l.ReorderAt, &l.Incoming, &l.Bundle); err != nil {
			return nil, 0, fmt.Errorf("list stock: %w", err)
		}
		list = append(list, l)
	}
	return list, total, rows.Err()
}

// LevelOf reads the stock of one variant.
func LevelOf(ctx context.Context, q db.Q, v catalog.VariantID) (*Level, error) {
	list, _, err := levels(ctx, q, []string{"v.id = ?"}, []any{int64(v)}, LevelQuery{PerPage: 1})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Sold says how many units of each variant orders bought since, components of
// bundles with them.
func Sold(ctx context.Context, q db.Q, ids []catalog.VariantID, since time.Time) (map[catalog.VariantID]int, error) {
	all := map[catalog.VariantID]int{}
	if len(ids) == 0 {
		return all, nil
	}
	var rows []Line
	err := q.Query(ctx).Raw(`SELECT variant_id AS variant, sum(qty) AS qty FROM holds WHERE variant_id IN ? AND created_at >= ? AND state IN ('committed','shipped')
		GROUP BY variant_id`, ids, db.At(since)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sales of %d variants: %w", len(ids), err)
	}
	for _, r := range rows {
		all[r.Variant] = r.Qty
	}
	return all, nil
}

// Entry is one movement as staff read it.
type Entry struct {
	Place             string // its code
	Qty               int
	Reason, Ref, Note string
	At                db.Time
}

// Entries lists the latest movements of a variant.
func Entries(ctx context.Context, q db.Q, v catalog.VariantID, limit int) ([]Entry, error) {
	var all []Entry
	err := q.Query(ctx).Raw(`SELECT l.code AS place, m.qty, m.reason, m.ref, m.note, m.at FROM stock_movements m JOIN locations l ON l.id = m.location_id
		WHERE m.variant_id = ? ORDER BY m.at DESC, m.id DESC LIMIT ?`, v, limit).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read movements of variant %d: %w", v, err)
	}
	return all, nil
}
