package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"regulars/internal/db"
)

// Nature is what a product is, whoever bought it: what resembles what goes by it.
type Nature struct {
	ID         ProductID
	CategoryID CategoryID
	Tier       string
	Moments    []string
	Facts      []string // key and value in one
}

const natureMost = 400

// Natures reads the products at hand and those that may resemble them:
// published, not sensitive, on the given shelves or made for the same moment.
func (l *Live) Natures(ctx context.Context, d *db.DB, at []ProductID, shelves []CategoryID) (hand, others []Nature, err error) {
	hand, err = natures(ctx, d, "id IN ?", at)
	if err != nil {
		return nil, nil, err
	}
	where, args := []string{}, []any{}
	if len(shelves) > 0 {
		where, args = append(where, "category_id IN ?"), append(args, shelves)
	}
	for _, h := range hand {
		for _, m := range h.Moments {
			if quoted, err := json.Marshal(m); err == nil {
				where, args = append(where, "moments LIKE ?"), append(args, "%"+string(quoted)+"%")
			}
		}
	}
	if len(where) == 0 {
		return hand, nil, nil
	}
	others, err = natures(ctx, d, "published = TRUE AND sensitive = FALSE AND ("+strings.Join(where, " OR ")+")", args...)
	return hand, others, err
}

func natures(ctx context.Context, q db.Q, where string, args ...any) ([]Nature, error) {
	var rows []struct {
		ID         ProductID
		CategoryID *CategoryID
		Tier       string
		Moments    []string `gorm:"serializer:json"`
	}
	err := q.Query(ctx).Table("products").Select("id, category_id, tier, moments").Where(where, args...).Order("id").Limit(natureMost).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what products are: %w", err)
	}
	all := make([]Nature, len(rows))
	place := make(map[ProductID]int, len(rows))
	ids := make([]ProductID, len(rows))
	for i, r := range rows {
		all[i] = Nature{ID: r.ID, Tier: r.Tier, Moments: r.Moments}
		if r.CategoryID != nil {
			all[i].CategoryID = *r.CategoryID
		}
		place[r.ID], ids[i] = i, r.ID
	}
	var facts []struct {
		ProductID      ProductID
		Key, ValueCode string
	}
	err = q.Query(ctx).Raw("SELECT product_id, key, value_code FROM product_facts WHERE product_id IN ? ORDER BY product_id, position", ids).Scan(&facts).Error
	if err != nil {
		return nil, fmt.Errorf("read the facts of products: %w", err)
	}
	for _, f := range facts {
		n := &all[place[f.ProductID]]
		n.Facts = append(n.Facts, f.Key+"="+f.ValueCode)
	}
	return all, nil
}
