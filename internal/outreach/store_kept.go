package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

func latestKept(ctx context.Context, q db.Q) (*KeptRun, error) {
	var found []KeptRun
	if err := q.Query(ctx).Order("number DESC").Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read who gets no mail: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// KeptRuns lists every run, the newest first.
func KeptRuns(ctx context.Context, q db.Q) ([]KeptRun, error) {
	var all []KeptRun
	if err := q.Query(ctx).Order("number DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list who got no mail: %w", err)
	}
	for i := 1; i < len(all); i++ {
		all[i].Until = all[i-1].Since.Time
	}
	return all, nil
}

// keptSide is the side that somebody is on in a run: by the account, or by what
// they were drawn as before they had one.
func keptSide(ctx context.Context, q db.Q, run int64, person, guest string, ids []int64) (arm Arm, found bool, err error) {
	var arms []Arm
	err = q.Query(ctx).Raw(`SELECT arm FROM mail_holdout WHERE run_id = @run AND person IN (@person, @guest)
		UNION ALL SELECT arm FROM mail_holdout WHERE run_id = @run AND customer_id IN @ids`, map[string]any{"run": run, "person": person, "guest": guest, "ids": ids}).Scan(&arms).Error
	if err != nil {
		return "", false, fmt.Errorf("find whether somebody gets no mail: %w", err)
	}
	for _, a := range arms { // of two sides, as after two accounts were one, the silent one
		if arm = a; a == Held {
			break
		}
	}
	return arm, len(arms) > 0, nil
}

// keptSides are the sides of a run: of accounts, and of who was drawn without
// one. true: they get no mail.
func keptSides(ctx context.Context, q db.Q, run int64) (accounts map[int64]bool, persons map[string]bool, err error) {
	var rows []struct {
		Person     string
		CustomerID *int64
		Arm        Arm
	}
	if err := q.Query(ctx).Raw("SELECT CASE WHEN customer_id IS NULL THEN person ELSE '' END AS person, customer_id, arm FROM mail_holdout WHERE run_id = ?", run).Scan(&rows).Error; err != nil {
		return nil, nil, fmt.Errorf("read who gets no mail: %w", err)
	}
	accounts, persons = make(map[int64]bool, len(rows)), map[string]bool{}
	for _, r := range rows {
		if r.CustomerID != nil {
			accounts[*r.CustomerID] = accounts[*r.CustomerID] || r.Arm == Held
		} else {
			persons[r.Person] = r.Arm == Held
		}
	}
	return accounts, persons, nil
}

func putKept(ctx context.Context, tx *db.Tx, run int64, person string, account int64, arm Arm, now time.Time) error {
	var owner any
	if account != 0 {
		owner = account
	}
	if _, err := tx.Insert(ctx, "mail_holdout", []string{"run_id", "person", "customer_id", "arm", "assigned_at"}, [][]any{{run, person, owner, string(arm), db.At(now)}}, true); err != nil {
		return fmt.Errorf("note whether somebody gets no mail: %w", err)
	}
	return nil
}

// keptPeople are the accounts of a run, and how many were drawn without one.
func keptPeople(ctx context.Context, q db.Q, run int64) (map[int64]*drawn, int, error) {
	var rows []struct {
		CustomerID *int64
		Arm        Arm
		AssignedAt int64
		Closed     bool
	}
	err := q.Query(ctx).Raw(`SELECT h.customer_id, h.arm, h.assigned_at, EXISTS (SELECT 1 FROM consents k WHERE k.customer_id = h.customer_id AND k.purpose IN ('history', 'personalize') AND k.given = FALSE) AS closed
		FROM mail_holdout h WHERE h.run_id = ? AND h.mixed = FALSE AND h.person NOT LIKE 'erased:%' ORDER BY h.assigned_at DESC, h.id DESC`, run).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read who got no mail: %w", err)
	}
	people, guests := map[int64]*drawn{}, 0
	for _, r := range rows {
		if r.CustomerID == nil {
			guests++
			continue
		}
		people[*r.CustomerID] = &drawn{arm: r.Arm, at: r.AssignedAt, closed: r.Closed} // the first draw stays
	}
	return people, guests, nil
}

// forgetKept takes an erased person out; that somebody was drawn stays.
func forgetKept(ctx context.Context, tx *db.Tx, id customer.ID, key string) error {
	runs, err := KeptRuns(ctx, tx)
	if err != nil {
		return err
	}
	people := []string{"-"}
	for _, r := range runs {
		people = append(people, r.person(id, key)...)
	}
	err = tx.Query(ctx).Exec("UPDATE mail_holdout SET person = 'erased:' || id, customer_id = NULL WHERE customer_id = ? OR customer_id IS NULL AND person IN ?", int64(id), people).Error
	if err != nil {
		return fmt.Errorf("forget whether customer %d gets mail: %w", id, err)
	}
	return nil
}

// mergeKept puts one person's sides under another's; where they were on two in
// a run neither is compared.
func mergeKept(ctx context.Context, tx *db.Tx, values map[string]any) error {
	for _, sql := range []string{
		`UPDATE mail_holdout SET mixed = TRUE WHERE customer_id IN (@from, @into) AND EXISTS (SELECT 1 FROM mail_holdout o WHERE o.customer_id IN (@from, @into) AND o.run_id = mail_holdout.run_id AND o.arm <> mail_holdout.arm)`,
		"UPDATE mail_holdout SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put whether customer %d gets mail under %d: %w", values["from"], values["into"], err)
		}
	}
	return nil
}

// dropKept lets draws from before go.
func dropKept(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	done := tx.Query(ctx).Exec("DELETE FROM mail_holdout WHERE id IN (SELECT id FROM mail_holdout WHERE assigned_at < ? ORDER BY assigned_at, id LIMIT ?)", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("let old draws go: %w", done.Error)
	}
	return done.RowsAffected, nil
}
