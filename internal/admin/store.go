package admin

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// lockProduct reads the version of a product and holds its row, so that the
// version that the editor compares is still the stored one when it writes.
func lockProduct(ctx context.Context, tx *db.Tx, code string) (int, error) {
	var versions []int
	err := db.ForUpdate(tx.Query(ctx)).Table("products").Where("code = ?", code).Pluck("version", &versions).Error
	if err != nil {
		return 0, fmt.Errorf("lock product %s: %w", code, err)
	}
	if len(versions) == 0 {
		return 0, nowhere()
	}
	return versions[0], nil
}
