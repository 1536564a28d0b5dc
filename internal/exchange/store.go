package exchange

import (
	"context"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
)

// inList is the most values one IN list takes.
const inList = 5000

func chunks[T any](all []T, fn func([]T) error) error {
	for start := 0; start < len(all); start += inList {
		if err := fn(all[start:min(start+inList, len(all))]); err != nil {
			return err
		}
	}
	return nil
}

type variantRef struct {
	SKU     string `gorm:"column:sku"`
	Variant catalog.VariantID
	Product catalog.ProductID
}

func variantsBySKU(ctx context.Context, q db.Q, skus []string) (map[string]variantRef, error) {
	found := make(map[string]variantRef, len(skus))
	return found, chunks(skus, func(part []string) error {
		var rows []variantRef
		err := q.Query(ctx).Raw("SELECT sku, id AS variant, product_id AS product FROM variants WHERE sku IN ?", part).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("look for variants: %w", err)
		}
		for _, v := range rows {
			found[v.SKU] = v
		}
		return nil
	})
}

func codesTaken(ctx context.Context, q db.Q, drafts []catalog.Draft) (map[string]bool, error) {
	codes := make([]string, len(drafts))
	for i, d := range drafts {
		codes[i] = d.Code
	}
	taken := map[string]bool{}
	return taken, chunks(codes, func(part []string) error {
		var rows []string
		if err := q.Query(ctx).Raw("SELECT code FROM products WHERE code IN ?", part).Scan(&rows).Error; err != nil {
			return fmt.Errorf("look for products: %w", err)
		}
		for _, c := range rows {
			taken[c] = true
		}
		return nil
	})
}

func customersByExternal(ctx context.Context, q db.Q, keys []string) (map[string]customer.ID, error) {
	found := make(map[string]customer.ID, len(keys))
	return found, chunks(keys, func(part []string) error {
		var rows []struct {
			ID         customer.ID
			ExternalID string
		}
		if err := q.Query(ctx).Raw("SELECT CASE WHEN merged_into <> 0 THEN merged_into ELSE id END AS id, external_id FROM customers WHERE external_id IN ?", part).Scan(&rows).Error; err != nil {
			return fmt.Errorf("look for customers: %w", err)
		}
		for _, r := range rows {
			found[r.ExternalID] = r.ID
		}
		return nil
	})
}

type importedOrder struct {
	id   order.ID
	hash string
}

type knownOrders struct {
	byExternal map[string]importedOrder
	numbers    map[string]bool
}

func importedOrders(ctx context.Context, q db.Q, externals, numbers []string) (*knownOrders, error) {
	k := &knownOrders{map[string]importedOrder{}, map[string]bool{}}
	err := chunks(externals, func(part []string) error {
		var rows []struct {
			ID                    order.ID
			ExternalID, PlaceHash string
		}
		if err := q.Query(ctx).Raw("SELECT id, external_id, place_hash FROM orders WHERE external_id IN ?", part).Scan(&rows).Error; err != nil {
			return fmt.Errorf("look for orders: %w", err)
		}
		for _, r := range rows {
			k.byExternal[r.ExternalID] = importedOrder{r.ID, r.PlaceHash}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return k, chunks(numbers, func(part []string) error {
		var rows []string
		if err := q.Query(ctx).Raw("SELECT number FROM orders WHERE number IN ?", part).Scan(&rows).Error; err != nil {
			return fmt.Errorf("look for orders: %w", err)
		}
		for _, n := range rows {
			k.numbers[n] = true
		}
		return nil
	})
}

// takeCurrency makes the file's currency the shop's own while it sells
// nothing yet.
func (j *job) takeCurrency(c money.Currency) error {
	var any []int
	if err := j.d.Query(j.ctx).Raw("SELECT 1 FROM products LIMIT 1").Scan(&any).Error; err != nil {
		return fmt.Errorf("ask whether the shop is empty: %w", err)
	}
	if len(any) > 0 || j.opt.DryRun {
		return nil
	}
	return j.inTx(func(tx *db.Tx) error {
		for _, name := range []string{"currency", "currencies"} {
			if err := setting.Set(j.ctx, tx, name, string(c), j.opt.Now); err != nil {
				return err
			}
		}
		return nil
	})
}
