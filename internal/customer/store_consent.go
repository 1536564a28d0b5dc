package customer

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// one turns a guarded statement into its answer: no row means that there is
// nothing of that name.
func one(done *gorm.DB, doing string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", doing, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "customer.unknown")
	}
	return nil
}

// Consent is what a person said about a purpose, and when and where.
type Consent struct {
	CustomerID ID
	Purpose    Purpose
	Given      bool   // and counts
	Said       bool   // the person's last word; it may wait for its link
	Source     string // the page or import where it was said
	At         db.Time
}

func (Consent) TableName() string { return "consents" }

// SetConsent is Say for a box that was ticked or unticked, with the source's
// name for what is no box. Whoever switches personal pages or history also
// calls segment.Refresh, so that off is off at once.
func SetConsent(ctx context.Context, tx *db.Tx, id ID, purpose Purpose, given bool, source string, now time.Time) error {
	method := MethodTick
	switch source {
	case MethodLink, MethodImport, MethodErase:
		method = source
	}
	return Say(ctx, tx, id, Saying{Purpose: purpose, Given: given, Source: source, Method: method}, now)
}

// Consents returns what an account allows. A purpose that was never asked, or
// that waits for its link, is not allowed.
func Consents(ctx context.Context, q db.Q, id ID) (map[Purpose]bool, error) {
	var rows []Consent
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read consents of customer %d: %w", id, err)
	}
	given := make(map[Purpose]bool, len(rows))
	for _, r := range rows {
		given[r.Purpose] = r.Given
	}
	return given, nil
}

// ConsentLog returns every choice an account made, oldest first.
func ConsentLog(ctx context.Context, q db.Q, id ID) ([]Consent, error) {
	var rows []Consent
	err := q.Query(ctx).Raw("SELECT customer_id, purpose, given, source, at FROM consent_log WHERE customer_id = ? ORDER BY id", int64(id)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the consent log of customer %d: %w", id, err)
	}
	return rows, nil
}

// MayMail reports whether an account may be mailed for a purpose now: it
// allows it, confirmed as far as the pack of its country asks, exists, and the address takes mail. The sending gate asks this at
// the moment of sending, and the list of suppressed addresses besides.
func MayMail(ctx context.Context, q db.Q, id ID, purpose Purpose) (bool, error) {
	var n int
	err := q.Query(ctx).Raw(`SELECT count(*) FROM customers c JOIN consents s ON s.customer_id = c.id
		WHERE c.id = ? AND s.purpose = ? AND s.given = TRUE AND c.erased_at = 0 AND c.contact IN ('unverified', 'verified')`,
		int64(id), string(purpose)).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("ask whether customer %d may be mailed: %w", id, err)
	}
	return n > 0, nil
}
