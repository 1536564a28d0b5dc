package customer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Pack says when a yes to mails counts in a country.
type Pack string

const (
	// PackStrict: once the link in a mail of its own was confirmed.
	PackStrict Pack = "strict"
	// PackAccount: also when ticked by somebody signed in whose address was proved before.
	PackAccount Pack = "account"
	// PackSingle: as soon as it is ticked.
	PackSingle Pack = "single"
)

// AllPacks lists the packs, the strictest first.
var AllPacks = []Pack{PackStrict, PackAccount, PackSingle}

// PackDecision is what an owner decided about a country, or about all others
// where Country is empty. The newest of a country is in force; without one it
// is PackStrict.
type PackDecision struct {
	ID      int64
	Country string
	Pack    Pack
	Reason  string
	StaffID int64
	At      db.Time
}

// TableName is policy_decisions.
func (PackDecision) TableName() string { return "policy_decisions" }

// PackBook is the packs in force by country.
type PackBook map[string]Pack

// For is the pack of a country.
func (b PackBook) For(country string) Pack {
	for _, c := range []string{strings.ToUpper(country), ""} {
		if p, ok := b[c]; ok {
			return p
		}
	}
	return PackStrict
}

// Packs reads the packs in force.
func Packs(ctx context.Context, q db.Q) (PackBook, error) {
	all, err := PackDecisions(ctx, q)
	if err != nil {
		return nil, err
	}
	book := PackBook{}
	for _, d := range all { // newest first
		if _, ok := book[d.Country]; !ok {
			book[d.Country] = d.Pack
		}
	}
	return book, nil
}

// PackDecisions returns every decision, the newest first.
func PackDecisions(ctx context.Context, q db.Q) ([]PackDecision, error) {
	var all []PackDecision
	if err := q.Query(ctx).Order("id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read policy packs: %w", err)
	}
	return all, nil
}

// DecidePack records an owner's decision and makes it count at once, also for
// what was said before.
func DecidePack(ctx context.Context, tx *db.Tx, d PackDecision, now time.Time) error {
	var form fault.Form
	d.Country, d.Reason = strings.ToUpper(clean(d.Country)), clean(d.Reason)
	if d.Country != "" && (len(d.Country) != 2 || strings.Trim(d.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		form.Wrong("country", "customer.pack.country")
	}
	if !slices.Contains(AllPacks, d.Pack) {
		form.Wrong("pack", "customer.pack.unknown")
	}
	if utf8.RuneCountInString(d.Reason) < 10 {
		form.Wrong("reason", "customer.pack.reason")
	}
	checkLine(&form, "reason", d.Reason, 500)
	if err := form.Err(); err != nil {
		return err
	}
	d.ID, d.At = 0, db.At(now)
	if err := tx.Query(ctx).Create(&d).Error; err != nil {
		return fmt.Errorf("record a policy pack: %w", err)
	}
	return Recount(ctx, tx, 0)
}

// Recount decides again what of the said counts, under the packs in force: of
// everybody, or of one person whose country has changed.
func Recount(ctx context.Context, tx *db.Tx, id ID) error {
	const pack = `coalesce((SELECT d.pack FROM policy_decisions d WHERE d.country = upper(c.country) ORDER BY d.id DESC LIMIT 1),
		(SELECT d.pack FROM policy_decisions d WHERE d.country = '' ORDER BY d.id DESC LIMIT 1), 'strict')`
	const counts = "(consents.said = TRUE AND (consents.confirmed = TRUE OR (SELECT " + pack + " FROM customers c WHERE c.id = consents.customer_id) = 'single' OR " +
		"consents.signed = TRUE AND (SELECT " + pack + " FROM customers c WHERE c.id = consents.customer_id) = 'account'))"
	sql, args := "UPDATE consents SET given = "+counts+" WHERE purpose LIKE 'mail.%' AND said = TRUE AND given <> "+counts, []any{}
	if id != 0 {
		sql, args = sql+" AND customer_id = ?", append(args, int64(id))
	}
	if err := tx.Query(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("decide again which consents count: %w", err)
	}
	return nil
}
