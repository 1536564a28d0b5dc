package exchange

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"regulars/internal/customer"
	"regulars/internal/db"
)

func savepoint(ctx context.Context, tx *db.Tx, statement string) error {
	if err := tx.Query(ctx).Exec(statement).Error; err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// customersBy finds the account with that value in a column of ours.
func customersBy(ctx context.Context, q db.Q, column, value string) ([]customer.Customer, error) {
	var found []customer.Customer
	if value == "" {
		return nil, nil
	}
	if err := q.Query(ctx).Where(column+" = ?", value).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("look for a customer: %w", err)
	}
	return found, nil
}

// customersAfter reads the next accounts by id, for export; erased ones are
// nobody's any more.
func customersAfter(ctx context.Context, q db.Q, after customer.ID, limit int) ([]customer.Customer, error) {
	var found []customer.Customer
	if err := q.Query(ctx).Where("id > ? AND erased_at = 0", int64(after)).Order("id").Limit(limit).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read customers: %w", err)
	}
	return found, nil
}

// customerExtras reads what people said of themselves and allowed. What the
// shop only inferred is not theirs to carry away. prove adds what their yeses
// rest on.
func customerExtras(ctx context.Context, q db.Q, ids []customer.ID, prove bool) (map[customer.ID]extras, error) {
	all := make(map[customer.ID]extras, len(ids))
	for _, id := range ids {
		all[id] = extras{tiles: map[string][]string{}, consents: map[customer.Purpose]bool{}}
	}
	var tiles []customer.Interest
	if err := q.Query(ctx).Where("customer_id IN ? AND source = 'said'", ids).Find(&tiles).Error; err != nil {
		return nil, fmt.Errorf("read interests: %w", err)
	}
	for _, t := range tiles {
		all[t.CustomerID].tiles[t.Kind] = append(all[t.CustomerID].tiles[t.Kind], t.Value)
	}
	var consents []customer.Consent
	if err := q.Query(ctx).Where("customer_id IN ?", ids).Find(&consents).Error; err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	waiting := map[customer.ID]bool{}
	for _, c := range consents {
		if c.Said && !c.Given { // waits for its link: neither a yes nor a no to carry away
			continue
		}
		all[c.CustomerID].consents[c.Purpose] = c.Given
		waiting[c.CustomerID] = waiting[c.CustomerID] || c.Given
	}
	if !prove {
		return all, nil
	}
	return all, evidences(ctx, q, waiting, all)
}

// evidences says what proves the yeses of people: what an import brought along
// if it is the same for all, else the end of the person's ledger here.
func evidences(ctx context.Context, q db.Q, whose map[customer.ID]bool, all map[customer.ID]extras) error {
	ids := slices.Collect(maps.Keys(whose))
	chains, err := customer.Ledgers(ctx, q, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		chain := chains[id]
		if !whose[id] || len(chain) == 0 {
			continue
		}
		proof := map[string]bool{}
		for p, s := range customer.Derive(chain) {
			for i := len(chain) - 1; i >= 0 && s.Said; i-- {
				if e := chain[i]; e.Purpose == p {
					if e.Method != customer.MethodImport {
						e.Evidence = ""
					}
					proof[e.Evidence] = true
					break
				}
			}
		}
		x := all[id]
		last := chain[len(chain)-1]
		x.evidence = fmt.Sprintf("ledger entry %d of %s, %s, %s", last.Seq, writeTime(last.At.Time), last.Source, last.Method)
		for only := range proof {
			if len(proof) == 1 && only != "" {
				x.evidence = only
			}
		}
		all[id] = x
	}
	return nil
}
