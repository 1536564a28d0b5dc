package db

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Time is an instant in a row: Unix milliseconds, UTC, 0 = never. Both
// databases hold the same integer, so the same instant compares, sorts and
// indexes alike on both, whatever zone the server stands in.
type Time struct{ time.Time }

// At cuts t to the milliseconds a row can hold, in UTC.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// Milli is the stored integer.
func (t Time) Milli() int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Value stores the instant.
func (t Time) Value() (driver.Value, error) { return t.Milli(), nil }

// Scan reads what Value stored.
func (t *Time) Scan(src any) error {
	n, ok := src.(int64)
	if !ok && src != nil {
		return fmt.Errorf("a time column holds %T", src)
	}
	if n == 0 {
		*t = Time{}
		return nil
	}
	t.Time = time.UnixMilli(n).UTC()
	return nil
}

// GormDataType tells GORM that the column is an integer.
func (Time) GormDataType() string { return "bigint" }
