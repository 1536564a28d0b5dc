package roster

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/occasion"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/trait"
	"regulars/internal/value"
)

// Merge makes one account of two, in the caller's transaction: what from holds
// is into's afterwards, the stricter of two consents is in force, tiers, traits
// and segments are decided anew. It cannot be undone.
func Merge(ctx context.Context, tx *db.Tx, set setting.Values, from, into customer.ID, now time.Time) error {
	if err := customer.Absorb(ctx, tx, from, into, now, merges...); err != nil {
		return err
	}
	if err := value.Moved(ctx, tx, into, now); err != nil {
		return err
	}
	if err := trait.Refresh(ctx, tx, into, set.Currency(), now); err != nil {
		return err
	}
	if err := occasion.Refresh(ctx, tx, into, set.Zone(), now); err != nil {
		return err
	}
	if err := segment.Refresh(ctx, tx, into, now); err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, Merged{int64(into)})
}

// merge takes the account that ends out of what this package holds.
func merge(ctx context.Context, tx *db.Tx, from, _ customer.ID, now time.Time) error {
	return forget(ctx, tx, from, "", now)
}

// Moving counts what goes along when an account is merged.
type Moving struct {
	Orders, Carts, Events, Questions, Mails, Addresses, Dates, Consents, Redemptions, Grants int
	Credit                                                                                   []struct {
		Currency string
		Balance  int64
	} `gorm:"-"`
}

// Preview is what a merge would do. Wins says of each field what stays.
type Preview struct {
	From, Into *customer.Customer
	Fields     []customer.Field
	Allowed    map[customer.Purpose]bool // afterwards
	Lost       []customer.Purpose        // which either allows and nobody does afterwards
	Moving     Moving
	Refused    string // the message that says why it cannot be; "" if it can
}

// Look says what merging from into into would do. It changes nothing.
func Look(ctx context.Context, q db.Q, from, into customer.ID) (*Preview, error) {
	p := &Preview{}
	var err error
	if p.From, err = customer.ByID(ctx, q, from); err != nil {
		return nil, err
	}
	if p.Into, err = customer.ByID(ctx, q, into); err != nil {
		return nil, err
	}
	switch {
	case p.From.Simulated != p.Into.Simulated || from == into:
		p.Refused = "customer.merge.not"
	case p.From.Verified() && !p.Into.Verified():
		p.Refused = "customer.merge.unproved"
	}
	if p.Fields, err = customer.FieldsOf(ctx, q, p.From, p.Into); err != nil {
		return nil, err
	}
	theirs, err := customer.Saids(ctx, q, from)
	if err != nil {
		return nil, err
	}
	own, err := customer.Saids(ctx, q, into)
	if err != nil {
		return nil, err
	}
	p.Allowed = customer.Stricter(theirs, own)
	for _, purpose := range customer.Purposes {
		if (theirs[purpose].Said || own[purpose].Said) && !p.Allowed[purpose] {
			p.Lost = append(p.Lost, purpose)
		}
	}
	err = q.Query(ctx).Raw(`SELECT (SELECT count(*) FROM orders WHERE customer_id = @id) AS orders, (SELECT count(*) FROM carts WHERE customer_id = @id) AS carts,
		(SELECT count(*) FROM events WHERE customer_id = @id AND customer_id <> 0) AS events, (SELECT count(*) FROM questions WHERE customer_id = @id) AS questions,
		(SELECT count(*) FROM sends WHERE customer_id = @id) AS mails, (SELECT count(*) FROM addresses WHERE customer_id = @id) AS addresses,
		(SELECT count(*) FROM important_dates WHERE customer_id = @id) AS dates, (SELECT count(*) FROM consent_log WHERE customer_id = @id) AS consents,
		(SELECT count(*) FROM redemptions WHERE customer_id = @id) AS redemptions, (SELECT count(*) FROM tier_grants WHERE customer_id = @id) AS grants`,
		map[string]any{"id": int64(from)}).Scan(&p.Moving).Error
	if err == nil {
		err = q.Query(ctx).Raw("SELECT currency, balance FROM credits WHERE customer_id = ? AND balance > 0 ORDER BY currency", int64(from)).Scan(&p.Moving.Credit).Error
	}
	if err != nil {
		return nil, fmt.Errorf("look at what customer %d holds: %w", from, err)
	}
	return p, nil
}

// Leftover names the accounts that were merged although something still names
// them: every table with a column customer_id is asked.
func Leftover(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
	var gone []int64
	if err := q.Query(ctx).Raw("SELECT id FROM customers WHERE erased_for = 'merged' ORDER BY id").Scan(&gone).Error; err != nil {
		return nil, fmt.Errorf("read who was merged: %w", err)
	}
	if len(gone) == 0 {
		return nil, nil
	}
	found := map[int64]bool{}
	for _, place := range places {
		var ids []int64
		sql := "SELECT DISTINCT CAST(t." + place.column + " AS BIGINT) FROM " + place.table + " t JOIN customers c ON c.id = t." + place.column + " WHERE c.erased_for = 'merged'"
		if err := q.Query(ctx).Raw(sql).Scan(&ids).Error; err != nil {
			return nil, fmt.Errorf("look for merged customers in %s: %w", place.table, err)
		}
		for _, id := range ids {
			found[id] = true
		}
	}
	var stray []int64
	err := q.Query(ctx).Raw(`SELECT c.id FROM customers c WHERE c.erased_for = 'merged' AND NOT EXISTS (SELECT 1 FROM customers k WHERE k.id = c.merged_into AND k.id <> c.id AND k.merged_into = 0)
		OR c.merged_into <> 0 AND c.erased_for <> 'merged'`).Scan(&stray).Error
	if err != nil {
		return nil, fmt.Errorf("look where merged customers lead: %w", err)
	}
	for _, id := range stray {
		found[id] = true
	}
	var names []string
	for _, id := range gone {
		if found[id] {
			names = append(names, fmt.Sprint("customer ", id))
		}
	}
	return names, nil
}

// places are all columns that name a customer. A test compares the list with
// the schema: whoever adds a table says here what a merge makes of it.
var places = []struct{ table, column, rule string }{
	{"visitors", "customer_id", moves}, {"important_dates", "customer_id", moves}, {"addresses", "customer_id", moves},
	{"events", "customer_id", moves}, {"carts", "customer_id", moves}, {"orders", "customer_id", moves},
	{"sends", "customer_id", moves}, {"questions", "customer_id", moves}, {"survey_responses", "customer_id", moves}, {"segment_moves", "customer_id", moves}, {"tier_grants", "customer_id", moves},
	{"occasions", "customer_id", unites}, {"occasion_years", "customer_id", moves}, {"value_moves", "customer_id", moves}, {"promises", "customer_id", moves},
	{"redemptions", "customer_id", moves}, {"code_bounds", "customer_id", moves}, {"followup_arms", "customer_id", moves}, {"mail_holdout", "customer_id", moves},
	{"consent_log", "customer_id", retells}, {"interests", "customer_id", unites}, {"profile_facts", "customer_id", unites}, {"looks", "customer_id", unites}, {"snapshot_people", "customer_id", unites},
	{"person_facts", "customer_id", decides}, {"person_spent", "customer_id", decides}, {"person_bought", "customer_id", decides}, {"customer_keys", "customer_id", decides}, {"history_people", "customer_id", decides}, {"history_goods", "customer_id", decides},
	{"consents", "customer_id", unites}, {"credits", "customer_id", unites},
	{"campaign_people", "customer_id", unites}, {"reviews", "customer_id", unites}, {"restock_asks", "customer_id", unites}, {"saved_lines", "customer_id", unites}, {"saved_searches", "customer_id", unites}, {"shop_lists", "customer_id", moves},
	{"owned_elsewhere", "customer_id", unites}, {"owned_away", "customer_id", unites}, {"notice_people", "customer_id", unites},
	{"customer_traits", "customer_id", decides}, {"segment_members", "customer_id", decides}, {"segment_turns", "customer_id", decides},
	{"customer_tiers", "customer_id", decides}, {"customer_values", "customer_id", decides},
	{"person_tokens", "customer_id", ends}, {"consent_heads", "customer_id", ends}, {"consent_asks", "customer_id", ends}, {"rests", "customer_id", ends}, {"duplicates", "low_id", ends}, {"duplicates", "high_id", ends},
}

// What a merge makes of the rows of a table.
const (
	moves   = "moves"   // every row goes along
	retells = "retells" // every entry is told anew in the survivor's chain
	unites  = "unites"  // rows about the same thing become one
	decides = "decides" // a copy, decided anew for the survivor
	ends    = "ends"    // does not outlive the account
)

// refused is why two accounts cannot be merged, as a fault.
func (p *Preview) Err() error {
	if p.Refused == "" {
		return nil
	}
	return fault.New(fault.Conflict, p.Refused, "email", p.Into.Email)
}
