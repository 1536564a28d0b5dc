package demo

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/value"
)

// reduce puts a shelf on sale from a day on, for so many days.
func (b *builder) reduce(ctx context.Context, tx *db.Tx, name i18n.Text, shelf string, percent int64, from time.Time, days int) error {
	tree, err := catalog.LoadTree(ctx, tx)
	if err != nil {
		return err
	}
	k, ok := tree.BySlug(shelf)
	if !ok {
		return fmt.Errorf("sale %s: there is no shelf %s", name.En, shelf)
	}
	s := catalog.Sale{Name: name, Kind: catalog.SalePercent, Value: percent * 100, Categories: []catalog.CategoryID{k.ID},
		StartsOn: catalog.Day(from, time.UTC), EndsOn: catalog.Day(from.AddDate(0, 0, days-1), time.UTC)}
	return catalog.PutSale(ctx, tx, &s, s.StartsOn, from)
}

// openingSale is over before the first shopper comes: the past knows its
// prices, and no order is at them.
func (b *builder) openingSale(ctx context.Context, tx *db.Tx) error {
	return b.reduce(ctx, tx, i18n.Text{En: "Opening day", Zh: "开业日"}, "reference-exams", 10, b.opening, 1)
}

// todaysSales and the price of a group begin when everything of the past has been told.
func (b *builder) todaysSales(ctx context.Context, tx *db.Tx) error {
	if err := b.reduce(ctx, tx, i18n.Text{En: "Good light for less", Zh: "好光更省"}, "support-light", 15, b.now, 14); err != nil {
		return err
	}
	if err := b.reduce(ctx, tx, i18n.Text{En: "Rainy evenings", Zh: "雨夜桌游"}, "table-games", 20, b.now, 10); err != nil {
		return err
	}
	students := pricing.PriceList{Name: i18n.Text{En: "Student price", Zh: "学生价"}, Currency: "USD", Segment: "student",
		Entries: map[catalog.VariantID]money.Amount{b.variants["BK07"]: 37_50, b.variants["BK06"]: 7_50}}
	if err := pricing.PutList(ctx, tx, &students, b.now); err != nil {
		return err
	}
	return b.forTheLoyal(ctx, tx)
}

// forTheLoyal is what the tiers give.
func (b *builder) forTheLoyal(ctx context.Context, tx *db.Tx) error {
	soap := pricing.PriceList{Name: i18n.Text{En: "Regulars' price", Zh: "熟客价"}, Currency: "USD", Tier: string(value.Loyal),
		Entries: map[catalog.VariantID]money.Amount{b.variants["HC08"]: 10_50, b.variants["GF08"]: 26_00}}
	if err := pricing.PutList(ctx, tx, &soap, b.now); err != nil {
		return err
	}
	delivery := pricing.Promotion{Name: i18n.Text{En: "Delivery is on us for the very loyal", Zh: "老主顾免运费"}, Kind: pricing.Delivery, Tiers: []string{string(value.VeryLoyal)}}
	return pricing.Put(ctx, tx, &delivery, b.now)
}
