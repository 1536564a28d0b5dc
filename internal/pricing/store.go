package pricing

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"regulars/internal/db"
	"regulars/internal/money"
)

// TableName is delivery_methods.
func (Method) TableName() string { return "delivery_methods" }

// Methods lists the deliveries offered for a currency and a country, in the
// shop's order. A shop that has set up none at all delivers free of charge:
// better than refusing every order until somebody finds the page.
func Methods(ctx context.Context, q db.Q, currency money.Currency, country string) ([]Method, error) {
	var all []Method
	err := q.Query(ctx).Where("currency = ? AND active = ?", currency, true).Order("position, code").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read deliveries in %s: %w", currency, err)
	}
	if len(all) == 0 {
		var any int64
		if err := q.Query(ctx).Model(&Method{}).Limit(1).Count(&any).Error; err != nil {
			return nil, fmt.Errorf("read deliveries: %w", err)
		}
		if any == 0 {
			return []Method{standard(currency)}, nil
		}
	}
	served := all[:0]
	for _, m := range all {
		if m.Serves(country) {
			served = append(served, m)
		}
	}
	return served, nil
}

// PutMethod stores a delivery under its code and currency.
func PutMethod(ctx context.Context, tx *db.Tx, m Method) error {
	if err := m.check(); err != nil {
		return err
	}
	m.TaxClass = classOf(m.TaxClass)
	if err := tx.Query(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&m).Error; err != nil {
		return fmt.Errorf("store delivery %s: %w", m.Code, err)
	}
	return nil
}
