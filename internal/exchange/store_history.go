package exchange

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/order"
)

// Export only: what the recommender learns from, in the layout `eval` reads, so
// that a shop can measure it on its own people. Accounts go by a number that is
// the same in both files and leads back to nobody by itself.
const (
	History  = "history"
	Profiles = "profiles"
)

// HistoryHeader is the header of history files: a row for each product that an
// order held and that was kept.
var HistoryHeader = []string{"order_id", "customer_id", "product_id", "ordered_at", "quantity"}

// ProfileHeader is the header of profile files: what people said of themselves
// who allow personal pages and the use of their purchases, several values of
// one kind with bars between.
var ProfileHeader = []string{"customer_id", "born", "occupation", "life", "interest", "for", "hobby"}

// pseudonym is how a file names a row.
func pseudonym(what string, id int64) string {
	if id <= 0 {
		return ""
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", what, id)
	return strconv.FormatUint(h.Sum64(), 36)
}

func exportHistory(ctx context.Context, q db.Q, put func(map[string]string) error) error {
	var rows []struct {
		ID   catalog.ProductID
		Code string
	}
	if err := q.Query(ctx).Raw("SELECT id, code FROM products").Scan(&rows).Error; err != nil {
		return fmt.Errorf("read the codes of products: %w", err)
	}
	code := make(map[catalog.ProductID]string, len(rows))
	for _, r := range rows {
		code[r.ID] = r.Code
	}
	for b, err := range order.Baskets(ctx, q, time.Time{}) {
		if err != nil {
			return err
		}
		for _, item := range b.Products {
			err := put(map[string]string{"order_id": pseudonym("order", int64(b.Order)), "customer_id": pseudonym("account", b.Customer), "product_id": code[item.Product],
				"ordered_at": writeTime(b.At.Time), "quantity": strconv.Itoa(item.Qty)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func exportProfiles(ctx context.Context, q db.Q, put func(map[string]string) error) error {
	for p, err := range customer.AllTold(ctx, q) {
		if err != nil {
			return err
		}
		m := map[string]string{"customer_id": pseudonym("account", int64(p.ID))}
		for _, fact := range p.Facts {
			kind, value, _ := strings.Cut(fact, "=")
			if !slices.Contains(ProfileHeader, kind) {
				continue
			}
			if m[kind] != "" {
				m[kind] += "|"
			}
			m[kind] += strings.ReplaceAll(value, "|", " ")
		}
		if err := put(m); err != nil {
			return err
		}
	}
	return nil
}
