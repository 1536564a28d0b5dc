package value

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// What changes are about.
const (
	MoveClass  = "class"
	MoveTier   = "tier"
	MoveNotice = "notice" // a fall that a review announced, or took back
)

// Causes of changes beside those of a tier's steps.
const (
	ByCount Cause = "count" // the nightly count of everybody
	ByGrant Cause = "grant" // staff gave a tier, or what they gave ended
	Noted   Cause = "kept"  // noted before changes were
	Enough  Cause = "enough"
	ByMerge Cause = "merge" // two accounts became one
)

// Numbers are what a change was decided from.
type Numbers struct {
	Orders       int                             `json:"orders,omitempty"`
	Spend        map[money.Currency]money.Amount `json:"spend,omitempty"`
	Number       string                          `json:"number,omitempty"` // of the order that reached it
	Until        int64                           `json:"until,omitempty"`  // Unix milliseconds: a fall's day, or the end of a grant
	Net          money.Amount                    `json:"net,omitempty"`
	Contribution money.Amount                    `json:"contribution,omitempty"`
	LastA        money.Amount                    `json:"last_a,omitempty"`
	LastB        money.Amount                    `json:"last_b,omitempty"`
	Version      int64                           `json:"version,omitempty"` // of the count
}

// Move is one change of somebody's class or tier. Since is when it became true
// by the facts, At when it was noted.
type Move struct {
	ID          int64
	CustomerID  customer.ID
	Kind        string
	Was, Became string
	Cause       Cause
	Since, At   db.Time
	Numbers     Numbers `gorm:"serializer:json"`
}

func (Move) TableName() string { return "value_moves" }

// History is how class and tier of somebody changed, the newest first, with
// the numbers behind each change; at most so many.
func History(ctx context.Context, q db.Q, id customer.ID, most int) ([]Move, error) {
	var all []Move
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("id DESC").Limit(most).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read how customer %d moved: %w", id, err)
	}
	return all, nil
}

// Announce lists the changes of a tier that were noted after an instant and
// became true after it, too, oldest first, from a row on: what people may be
// told of. Simulated ones are told nothing. What an import brings to light is years old and is not among them.
func Announce(ctx context.Context, q db.Q, after time.Time, from int64, most int) ([]Move, error) {
	var all []Move
	err := q.Query(ctx).Where(`kind IN ('tier','notice') AND became <> '' AND at > ? AND since > ? AND id > ?
		AND EXISTS (SELECT 1 FROM customers c WHERE c.id = customer_id AND c.simulated = FALSE AND c.erased_at = 0)`, db.At(after), db.At(after), from).
		Order("id").Limit(most).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read changes of tiers: %w", err)
	}
	return all, nil
}

// note appends changes.
func note(ctx context.Context, tx *db.Tx, moves []Move) error {
	rows := make([][]any, len(moves))
	for i, m := range moves {
		numbers, err := json.Marshal(m.Numbers)
		if err != nil {
			return fmt.Errorf("note changes of value: %w", err)
		}
		rows[i] = []any{int64(m.CustomerID), m.Kind, m.Was, m.Became, string(m.Cause), m.Since, m.At, string(numbers)}
	}
	_, err := tx.Insert(ctx, "value_moves", []string{"customer_id", "kind", "was", "became", "cause", "since", "at", "numbers"}, rows, true)
	if err != nil {
		return fmt.Errorf("note changes of value: %w", err)
	}
	return nil
}

// tierMoves are the changes between two copies of somebody's tier.
func tierMoves(had, want tierRow, s *Standing, now time.Time) (all []Move) {
	if had.Tier == "" {
		had.Tier = Occasional
	}
	numbers := Numbers{Orders: s.Counts.Orders, Spend: s.Counts.Spend}
	m := Move{CustomerID: want.CustomerID, Since: db.At(now), At: db.At(now), Numbers: numbers}
	if had.Tier != want.Tier {
		m.Kind, m.Was, m.Became, m.Cause = MoveTier, string(had.Tier), string(want.Tier), ByGrant
		switch n := len(s.Steps); {
		case s.Grant != nil:
			m.Since, m.Numbers.Until = db.At(s.Grant.From), s.Grant.Until.UnixMilli()
		case n > 0 && s.Steps[n-1].Tier == want.Tier && had.Earned != want.Earned:
			m.Since, m.Cause, m.Numbers.Number = db.At(s.Steps[n-1].At), s.Steps[n-1].Cause, s.Steps[n-1].Number
		}
		all = append(all, m)
	}
	if had.FallsTo != want.FallsTo || had.FallsAt != want.FallsAt {
		m.Kind, m.Was, m.Became, m.Cause, m.Since, m.Numbers = MoveNotice, string(had.FallsTo), string(want.FallsTo), ByReview, db.At(now), numbers
		if want.FallsTo == "" {
			if had.Earned != want.Earned {
				return all // it came as announced, or the tier rose
			}
			m.Cause = Enough
		} else {
			m.Since, m.Numbers.Until = db.At(s.Noticed), want.FallsAt.Milli()
		}
		all = append(all, m)
	}
	return all
}

// classMoves notes whose class is another than it was, and forgets those of
// whom nothing may be kept.
func classMoves(ctx context.Context, tx *db.Tx, had map[customer.ID]Class, scores []Score, found *Found, version int64, now time.Time) error {
	var ids []customer.ID
	if err := tx.Query(ctx).Raw("SELECT customer_id FROM customer_values").Scan(&ids).Error; err != nil {
		return fmt.Errorf("read values: %w", err)
	}
	is := make(map[customer.ID]bool, len(ids))
	for _, id := range ids {
		is[id] = true
	}
	var moves []Move
	for _, s := range scores {
		if is[s.Customer] && had[s.Customer] != s.Class {
			moves = append(moves, Move{CustomerID: s.Customer, Kind: MoveClass, Was: string(had[s.Customer]), Became: string(s.Class), Cause: ByCount, Since: db.At(now), At: db.At(now),
				Numbers: Numbers{Net: s.Net, Contribution: s.Contribution, LastA: found.LastA, LastB: found.LastB, Version: version}})
		}
		delete(had, s.Customer)
	}
	for _, id := range slices.Sorted(maps.Keys(had)) { // nothing they bought counts any more
		moves = append(moves, Move{CustomerID: id, Kind: MoveClass, Was: string(had[id]), Cause: ByCount, Since: db.At(now), At: db.At(now), Numbers: Numbers{Version: version}})
	}
	if err := note(ctx, tx, moves); err != nil {
		return err
	}
	gone := "DELETE FROM value_moves WHERE kind = 'class' AND (customer_id IN (" + objected + ") OR customer_id IN (SELECT id FROM customers WHERE erased_at <> 0))"
	if err := tx.Query(ctx).Exec(gone).Error; err != nil {
		return fmt.Errorf("forget classes: %w", err)
	}
	return nil
}

// classes reads what everybody's class is kept as.
func classes(ctx context.Context, q db.Q) (map[customer.ID]Class, error) {
	var rows []struct {
		CustomerID customer.ID
		Class      Class
	}
	if err := q.Query(ctx).Raw("SELECT customer_id, class FROM customer_values").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	all := make(map[customer.ID]Class, len(rows))
	for _, r := range rows {
		all[r.CustomerID] = r.Class
	}
	return all, nil
}
