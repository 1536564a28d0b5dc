package pricing

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// Lists are all price lists, live ones first, without their entries.
func Lists(ctx context.Context, q db.Q) ([]PriceList, error) {
	var all []PriceList
	if err := q.Query(ctx).Order("state, id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list price lists: %w", err)
	}
	return all, nil
}

// ListByToken reads a price list with its entries; fault.NotFound if there is
// none.
func ListByToken(ctx context.Context, q db.Q, token string) (*PriceList, error) {
	var found []PriceList
	if err := q.Query(ctx).Where("token = ?", token).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read price list %s: %w", token, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "pricing.list.unknown")
	}
	return &found[0], readEntries(ctx, q, found, nil)
}

// ListsFor reads the live price lists with what they say of some variants.
func ListsFor(ctx context.Context, q db.Q, variants ...catalog.VariantID) ([]PriceList, error) {
	var all []PriceList
	if err := q.Query(ctx).Where("state = 'live'").Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read price lists: %w", err)
	}
	if len(all) == 0 || len(variants) == 0 {
		return nil, nil
	}
	return all, readEntries(ctx, q, all, variants)
}

func readEntries(ctx context.Context, q db.Q, lists []PriceList, variants []catalog.VariantID) error {
	ids := make([]int64, len(lists))
	for i := range lists {
		ids[i], lists[i].Entries = int64(lists[i].ID), map[catalog.VariantID]money.Amount{}
	}
	read := q.Query(ctx).Table("price_list_entries").Where("list_id IN ?", ids)
	if variants != nil {
		read = read.Where("variant_id IN ?", variants)
	}
	var rows []struct {
		ListID    ListID
		VariantID catalog.VariantID
		Amount    money.Amount
	}
	if err := read.Find(&rows).Error; err != nil {
		return fmt.Errorf("read entries of price lists: %w", err)
	}
	for _, r := range rows {
		i := slices.IndexFunc(lists, func(l PriceList) bool { return l.ID == r.ListID })
		lists[i].Entries[r.VariantID] = r.Amount
	}
	return nil
}

// PutList stores a price list with its entries, new without an ID, else the
// change of a live one. A change that started from an older state than the
// stored one (UpdatedAt) is fault.Conflict.
func PutList(ctx context.Context, tx *db.Tx, l *PriceList, now time.Time) error {
	if err := l.check(); err != nil {
		return err
	}
	before := l.UpdatedAt
	l.UpdatedAt = db.At(now)
	if l.ID == 0 {
		var b [12]byte
		rand.Read(b[:])
		l.Token, l.State, l.CreatedAt = base64.RawURLEncoding.EncodeToString(b[:]), Live, db.At(now)
		if err := tx.Query(ctx).Create(l).Error; err != nil {
			return fmt.Errorf("store price list %s: %w", l.Name.En, err)
		}
	} else {
		if !l.UpdatedAt.After(before.Time) {
			l.UpdatedAt = db.At(before.Add(time.Millisecond))
		}
		done := tx.Query(ctx).Model(&PriceList{}).Select("Name", "Currency", "Segment", "Tier", "Percent", "UpdatedAt").
			Where("id = ? AND state = 'live' AND updated_at = ?", int64(l.ID), before).Updates(l)
		if done.Error != nil {
			return fmt.Errorf("store price list %s: %w", l.Name.En, done.Error)
		}
		if done.RowsAffected == 0 {
			return fault.New(fault.Conflict, "pricing.list.changed")
		}
		if err := tx.Query(ctx).Exec("DELETE FROM price_list_entries WHERE list_id = ?", int64(l.ID)).Error; err != nil {
			return fmt.Errorf("replace entries of price list %s: %w", l.Name.En, err)
		}
	}
	var rows [][]any
	for v, a := range l.Entries {
		rows = append(rows, []any{int64(l.ID), int64(v), int64(a)})
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[1].(int64), b[1].(int64)) })
	_, err := tx.Insert(ctx, "price_list_entries", []string{"list_id", "variant_id", "amount"}, rows, false)
	return err
}

// StopList ends a price list at once and for good; false if it was before.
func StopList(ctx context.Context, tx *db.Tx, id ListID, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE price_lists SET state = 'stopped', updated_at = ? WHERE id = ? AND state = 'live'", db.At(now), int64(id))
	if done.Error != nil {
		return false, fmt.Errorf("stop price list %d: %w", id, done.Error)
	}
	return done.RowsAffected == 1, nil
}
