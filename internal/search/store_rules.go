package search

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Rule is a merchant's word on what words mean: "a = b = c", or "a > b" for a
// query that finds b, too.
type Rule struct {
	ID        int64 `gorm:"primaryKey"`
	Lang      i18n.Lang
	Text      string
	CreatedAt db.Time
}

func (Rule) TableName() string { return "search_rules" }

// Pin puts products first for a query, from one moment to another.
type Pin struct {
	ID       int64 `gorm:"primaryKey"`
	Lang     i18n.Lang
	Words    string // folded
	Typed    string
	Products []catalog.ProductID `gorm:"serializer:json"`
	FromAt   db.Time
	ToAt     db.Time // 0 = no end
}

func (Pin) TableName() string { return "search_pins" }

const (
	mostRuleRunes = 300
	mostPinned    = 12
)

// ruled counts changes of rules and pins in this process.
var ruled db.Changes

// ReadRules are the rules of a moment.
func ReadRules(ctx context.Context, q db.Q, now time.Time) (*Rules, error) {
	r := NewRules()
	rules, err := AllRules(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, rule := range slices.Backward(rules) {
		r.say(rule.Lang, rule.Text)
	}
	pins, err := AllPins(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, p := range pins {
		if now.Before(p.FromAt.Time) || !p.ToAt.IsZero() && !now.Before(p.ToAt.Time) {
			continue
		}
		if r.pins[p.Lang] == nil {
			r.pins[p.Lang] = map[string][]catalog.ProductID{}
		}
		r.pins[p.Lang][p.Words] = p.Products
	}
	return r, nil
}

// AllRules are the shop's own, the youngest first.
func AllRules(ctx context.Context, q db.Q) (rules []Rule, err error) {
	if err := q.Query(ctx).Order("id DESC").Find(&rules).Error; err != nil {
		return nil, fmt.Errorf("read what words mean: %w", err)
	}
	return rules, nil
}

// AllPins are the shop's own, the youngest first.
func AllPins(ctx context.Context, q db.Q) (pins []Pin, err error) {
	if err := q.Query(ctx).Order("id DESC").Find(&pins).Error; err != nil {
		return nil, fmt.Errorf("read what stands first: %w", err)
	}
	return pins, nil
}

// AddRule keeps a rule. Text that is none is fault.Invalid; one that is there
// already is fault.Conflict.
func AddRule(ctx context.Context, tx *db.Tx, lang i18n.Lang, text string, now time.Time) error {
	text = strings.Join(strings.Fields(text), " ")
	if _, _, ok := parseRule(text); !ok || len([]rune(text)) > mostRuleRunes {
		return fault.New(fault.Invalid, "search.rule.wrong")
	}
	ruled.Announce()
	n, err := tx.Insert(ctx, "search_rules", []string{"lang", "text", "created_at"}, [][]any{{string(lang), text, db.At(now)}}, true)
	if err != nil {
		return fmt.Errorf("keep what words mean: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "search.rule.there")
	}
	return nil
}

// DropRule forgets a rule; one that is gone is fault.NotFound.
func DropRule(ctx context.Context, tx *db.Tx, id int64) (rule Rule, err error) {
	return rule, drop(ctx, tx, &rule, "search_rules", id)
}

// DropPin forgets a pin; one that is gone is fault.NotFound.
func DropPin(ctx context.Context, tx *db.Tx, id int64) (pin Pin, err error) {
	return pin, drop(ctx, tx, &pin, "search_pins", id)
}

func drop(ctx context.Context, tx *db.Tx, row any, table string, id int64) error {
	if err := tx.Query(ctx).Where("id = ?", id).Limit(1).Find(row).Error; err != nil {
		return fmt.Errorf("read %s %d: %w", table, id, err)
	}
	ruled.Announce()
	done := tx.Query(ctx).Exec("DELETE FROM "+table+" WHERE id = ?", id)
	if done.Error != nil {
		return fmt.Errorf("forget %s %d: %w", table, id, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "search.rule.gone")
	}
	return nil
}

// PutPin keeps what stands first for a query, instead of what did.
func PutPin(ctx context.Context, tx *db.Tx, p Pin) error {
	p.Words = normal(p.Typed)
	switch {
	case p.Words == "" || len([]rune(p.Typed)) > mostRunes:
		return fault.New(fault.Invalid, "search.pin.words")
	case len(p.Products) == 0 || len(p.Products) > mostPinned:
		return fault.New(fault.Invalid, "search.pin.products")
	case !p.ToAt.IsZero() && !p.FromAt.Before(p.ToAt.Time):
		return fault.New(fault.Invalid, "search.pin.dates")
	}
	products, err := json.Marshal(p.Products)
	if err != nil {
		return fmt.Errorf("keep what stands first: %w", err)
	}
	ruled.Announce()
	if err := tx.Query(ctx).Exec(`INSERT INTO search_pins (lang, words, typed, products, from_at, to_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (lang, words) DO UPDATE SET typed = excluded.typed, products = excluded.products, from_at = excluded.from_at, to_at = excluded.to_at`,
		string(p.Lang), p.Words, p.Typed, string(products), p.FromAt, p.ToAt).Error; err != nil {
		return fmt.Errorf("keep what stands first: %w", err)
	}
	return nil
}

func soldOf(ctx context.Context, q db.Q, ids []catalog.ProductID) (map[catalog.ProductID]int, error) {
	var rows []struct {
		ProductID catalog.ProductID
		Units     int
	}
	if err := q.Query(ctx).Raw("SELECT product_id, units FROM search_sold WHERE product_id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what sold: %w", err)
	}
	sold := make(map[catalog.ProductID]int, len(rows))
	for _, r := range rows {
		sold[r.ProductID] = r.Units
	}
	return sold, nil
}

// SetSold says how many units of each product sold in the last 90 days, and
// makes the documents anew that this moves. Numbers are kept roughly, in steps
// of a tenth, so that a day's orders move few.
func SetSold(ctx context.Context, d *db.DB, units map[catalog.ProductID]int) error {
	var rows []struct {
		ProductID catalog.ProductID
		Units     int
	}
	if err := d.Query(ctx).Raw("SELECT product_id, units FROM search_sold").Scan(&rows).Error; err != nil {
		return fmt.Errorf("read what sold: %w", err)
	}
	was := make(map[catalog.ProductID]int, len(rows))
	for _, r := range rows {
		was[r.ProductID] = r.Units
	}
	moved := map[catalog.ProductID]int{}
	for id, n := range units {
		if n = roughly(n); n != was[id] {
			moved[id] = n
		}
	}
	for id := range was {
		if units[id] <= 0 {
			moved[id] = 0
		}
	}
	ids := make([]catalog.ProductID, 0, len(moved))
	for id := range moved {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for chunk := range slices.Chunk(ids, indexAtOnce) {
		var values [][]any
		for _, id := range chunk {
			if moved[id] > 0 {
				values = append(values, []any{int64(id), moved[id]})
			}
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("DELETE FROM search_sold WHERE product_id IN ?", chunk).Error; err != nil {
				return fmt.Errorf("keep what sold: %w", err)
			}
			if _, err := tx.Insert(ctx, "search_sold", []string{"product_id", "units"}, values, true); err != nil {
				return fmt.Errorf("keep what sold: %w", err)
			}
			return Index(ctx, tx, chunk...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// roughly is n in steps of a tenth.
func roughly(n int) int {
	if n <= 10 {
		return max(n, 0)
	}
	return int(math.Round(math.Pow(1.1, math.Floor(math.Log(float64(n))/math.Log(1.1)))))
}
