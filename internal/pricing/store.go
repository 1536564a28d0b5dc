package pricing

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// TableName is delivery_methods.
func (Method) TableName() string { return "delivery_methods" }

// methodsWhere reads deliveries with their bands in one statement: placing an
// order waits for it.
func methodsWhere(ctx context.Context, q db.Q, where string, args ...any) ([]Method, error) {
	var rows []struct {
		Method     `gorm:"embedded"`
		FromAmount money.Amount
		BandPrice  money.Amount
	}
	err := q.Query(ctx).Raw(`SELECT m.*, coalesce(b.from_amount, 0) AS from_amount, coalesce(b.price, 0) AS band_price FROM delivery_methods m
		LEFT JOIN delivery_bands b ON b.code = m.code AND b.currency = m.currency WHERE `+where+" ORDER BY m.currency, m.position, m.code, b.from_amount", args...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	var all []Method
	for _, r := range rows {
		if n := len(all); n == 0 || all[n-1].Code != r.Code || all[n-1].Currency != r.Currency {
			all = append(all, r.Method)
		}
		if r.FromAmount > 0 {
			m := &all[len(all)-1]
			m.Bands = append(m.Bands, Band{r.FromAmount, r.BandPrice})
		}
	}
	return all, nil
}

// Methods lists the deliveries offered for a currency, a country and a region
// ("" = not known yet), in the shop's order. A shop that has set up none at
// all delivers free of charge: better than refusing every order until somebody
// finds the page.
func Methods(ctx context.Context, q db.Q, currency money.Currency, country, region string) ([]Method, error) {
	all, err := methodsWhere(ctx, q, "m.currency = ? AND m.active = ?", string(currency), true)
	if err != nil {
		return nil, err
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
		if m.Serves(country, region) {
			served = append(served, m)
		}
	}
	return served, nil
}

// AllMethods lists every delivery for staff, by currency, in the shop's order.
func AllMethods(ctx context.Context, q db.Q) ([]Method, error) {
	return methodsWhere(ctx, q, "1 = 1")
}

// MethodBy finds the delivery of a code in a currency.
func MethodBy(ctx context.Context, q db.Q, code string, currency money.Currency) (*Method, error) {
	all, err := methodsWhere(ctx, q, "m.code = ? AND m.currency = ?", code, string(currency))
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "pricing.method.unknown")
	}
	return &all[0], nil
}

// PutMethod stores a delivery under its code and currency, whatever is there.
func PutMethod(ctx context.Context, tx *db.Tx, m Method) error {
	if err := m.check(); err != nil {
		return err
	}
	m.TaxClass, m.Version = classOf(m.TaxClass), max(1, m.Version)
	if err := tx.Query(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&m).Error; err != nil {
		return fmt.Errorf("store delivery %s: %w", m.Code, err)
	}
	return m.putBands(ctx, tx)
}

// AddMethod stores a new delivery. A code that the currency has already is
// fault.Invalid at code.
func AddMethod(ctx context.Context, tx *db.Tx, m *Method) error {
	if err := m.check(); err != nil {
		return err
	}
	m.TaxClass, m.Version = classOf(m.TaxClass), 1
	done := db.IgnoreConflict(tx.Query(ctx)).Create(m)
	if done.Error != nil {
		return fmt.Errorf("store delivery %s: %w", m.Code, done.Error)
	}
	if done.RowsAffected == 0 {
		var form fault.Form
		form.Wrong("code", "pricing.method.taken")
		return form.Err()
	}
	return m.putBands(ctx, tx)
}

// ChangeMethod stores the change of a delivery whose form saw m.Version; if
// somebody else changed it since, it is fault.Conflict. Orders keep what they
// were placed with: name, price, tax and day stand in their own rows.
func ChangeMethod(ctx context.Context, tx *db.Tx, m *Method) error {
	if err := m.check(); err != nil {
		return err
	}
	seen := m.Version
	m.TaxClass, m.Version = classOf(m.TaxClass), seen+1
	done := tx.Query(ctx).Model(&Method{}).Where("code = ? AND currency = ? AND version = ?", m.Code, string(m.Currency), seen).Select("*").Omit("code", "currency").Updates(m)
	if done.Error != nil {
		return fmt.Errorf("change delivery %s: %w", m.Code, done.Error)
	}
	if done.RowsAffected == 0 {
		m.Version = seen
		return fault.New(fault.Conflict, "pricing.method.changed")
	}
	return m.putBands(ctx, tx)
}

func (m *Method) putBands(ctx context.Context, tx *db.Tx) error {
	if err := tx.Query(ctx).Exec("DELETE FROM delivery_bands WHERE code = ? AND currency = ?", m.Code, string(m.Currency)).Error; err != nil {
		return fmt.Errorf("store bands of delivery %s: %w", m.Code, err)
	}
	rows := make([][]any, len(m.Bands))
	for i, b := range m.Bands {
		rows[i] = []any{m.Code, string(m.Currency), int64(b.From), int64(b.Price)}
	}
	if _, err := tx.Insert(ctx, "delivery_bands", []string{"code", "currency", "from_amount", "price"}, rows, false); err != nil {
		return fmt.Errorf("store bands of delivery %s: %w", m.Code, err)
	}
	return nil
}
