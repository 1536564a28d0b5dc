package catalog

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"regulars/internal/db"
)

// Rating is what is published about a product: how many reviews, and the sum
// of their stars. It is a copy for cards and lists; package review counts it.
type Rating struct{ Count, Sum int }

// Rating is the product's copy of its reviews.
func (p *Product) Rating() Rating { return Rating{p.RatingCount, p.RatingSum} }

// Rate writes the copies that package review counted.
func Rate(ctx context.Context, tx *db.Tx, ratings map[ProductID]Rating) error {
	changing()
	var changed []ProductID
	for _, id := range slices.Sorted(maps.Keys(ratings)) {
		r := ratings[id]
		done := tx.Query(ctx).Exec("UPDATE products SET rating_count = ?, rating_sum = ? WHERE id = ? AND (rating_count <> ? OR rating_sum <> ?)",
			r.Count, r.Sum, int64(id), r.Count, r.Sum)
		if done.Error != nil {
			return fmt.Errorf("write the rating of product %d: %w", id, done.Error)
		}
		if done.RowsAffected > 0 {
			changed = append(changed, id)
		}
	}
	return Tell(ctx, tx, changed...)
}

// A list by rating leans on ratedLike reviews of leanStars stars a product, so
// that one review of five stars does not stand above a hundred of 4.8.
const (
	ratedLike = 5
	leanStars = 3
)

// BetterRated puts the better rated first; what nobody rated comes last.
func BetterRated(a, b Rating) int {
	if (a.Count == 0) != (b.Count == 0) {
		return cmp.Compare(b.Count, a.Count)
	}
	left, right := (a.Sum+ratedLike*leanStars)*(b.Count+ratedLike), (b.Sum+ratedLike*leanStars)*(a.Count+ratedLike)
	return cmp.Compare(right, left)
}

// Leaning is a number by which BetterRated orders: more is better, 0 = nobody
// rated it. It is exact up to thirty thousand reviews.
func (r Rating) Leaning() int64 {
	if r.Count == 0 {
		return 0
	}
	return int64(r.Sum+ratedLike*leanStars) * 1e9 / int64(r.Count+ratedLike)
}
