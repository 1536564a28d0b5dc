package outreach

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/experiment"
)

// Arm is the side on which a person is in the test of the follow-up: the one
// way to know what reminders cause is that some people get none.
type Arm string

const (
	Treated Arm = "treat" // is reminded
	Held    Arm = "held"  // goes without
)

// HeldOut is the reason with which a reminder of somebody who goes without is
// withheld.
const HeldOut = "holdout"

// Run is the time in which one share of people goes without: a row of
// followup_runs, never changed. A new share begins a new one.
type Run struct {
	ID        int64
	Number    int // from 1, those of simulated people by themselves
	Simulated bool
	Held      int // hundredths of a percent of people
	Planned   int // people of both sides at which the interval is tightest; 0: the usual number
	Salt      string
	Why       string // a code: chosen, few, half, fifth, tenth, answered
	Since     db.Time
}

// TableName is followup_runs.
func (Run) TableName() string { return "followup_runs" }

// Share is the part of people who go without.
func (r *Run) Share() float64 { return float64(r.Held) / experiment.Whole }

// Side says on which side the person of an address is drawn, and what stands
// for them in this run.
func (r *Run) Side(email string) (person string, arm Arm) {
	person = experiment.Person(r.Salt, customer.EmailKey(email))
	if experiment.Held(r.Salt, person, r.Held) {
		return person, Held
	}
	return person, Treated
}

// Rested is one rest of a cart with the side its person is on: a row of
// followup_arms.
type Rested struct {
	ID         int64
	CartID     cart.ID
	ActiveAt   db.Time
	RunID      int64
	Person     string
	CustomerID *customer.ID
	Arm        Arm
	Share      int // of the run, as it was
	Merged     bool
	Simulated  bool
	AssignedAt db.Time `gorm:"autoCreateTime:false"`
}

// TableName is followup_arms.
func (Rested) TableName() string { return "followup_arms" }

// ArmOf says on which side the person of a cart is and writes it down, once a
// cart and rest. It is asked in the transaction that decides on the message,
// once nothing else speaks against it, so that both sides are people who would
// have been written to. Whoever was in the run before stays on their side,
// also with another address or account; the same address is drawn alike.
func (d *Desk) ArmOf(ctx context.Context, tx *db.Tx, c Candidate, now time.Time) (Arm, error) {
	simulated := c.Cart.Simulated || c.Customer != nil && c.Customer.Simulated
	run, err := d.runOf(ctx, tx, simulated, now)
	if err != nil {
		return "", err
	}
	row := Rested{CartID: c.Cart.ID, ActiveAt: c.ActiveAt, RunID: run.ID, Share: run.Held, Simulated: simulated, AssignedAt: db.At(now)}
	row.Person, row.Arm = run.Side(c.Email)
	var owner int64
	if c.Customer != nil {
		row.CustomerID, owner = &c.Customer.ID, int64(c.Customer.ID)
	}
	var before []Rested
	err = tx.Query(ctx).Raw(`SELECT person, arm FROM followup_arms WHERE run_id = ? AND (person = ? OR customer_id = ?) ORDER BY merged, id LIMIT 1`,
		run.ID, row.Person, owner).Scan(&before).Error
	if err != nil {
		return "", fmt.Errorf("find the side of a person: %w", err)
	}
	if len(before) == 1 {
		row.Person, row.Arm = before[0].Person, before[0].Arm
	}
	result := db.IgnoreConflict(tx.Query(ctx)).Create(&row)
	if result.Error != nil {
		return "", fmt.Errorf("note the side of cart %d: %w", c.Cart.ID, result.Error)
	}
	if result.RowsAffected == 1 {
		return row.Arm, nil
	}
	var kept []Arm // of an earlier look at the same rest, perhaps in an earlier run
	err = tx.Query(ctx).Raw("SELECT arm FROM followup_arms WHERE cart_id = ? AND active_at = ?", int64(c.Cart.ID), c.ActiveAt).Scan(&kept).Error
	if err != nil || len(kept) != 1 {
		return "", fmt.Errorf("read the side of cart %d: %w", c.Cart.ID, err)
	}
	return kept[0], nil
}

// runOf is the run that holds now; where the share was set to another one, a
// new one begins with the first cart after it.
func (d *Desk) runOf(ctx context.Context, tx *db.Tx, simulated bool, now time.Time) (*Run, error) {
	latest, err := LatestRun(ctx, tx, simulated)
	if err != nil {
		return nil, err
	}
	share, suggested := d.Settings.Now().FollowupHoldout()
	switch {
	case latest != nil && (suggested || simulated || latest.Held == share):
		return latest, nil
	case suggested || simulated:
		return Begin(ctx, tx, latest, Run{Simulated: simulated, Why: "few"}, now)
	}
	return Begin(ctx, tx, latest, Run{Held: share, Why: "chosen"}, now)
}

// LatestRun is the run that holds now, or nil before the first.
func LatestRun(ctx context.Context, q db.Q, simulated bool) (*Run, error) {
	var found []Run
	if err := q.Query(ctx).Where("simulated = ?", simulated).Order("number DESC").Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read who goes without follow-up: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// Runs lists every run, the newest first.
func Runs(ctx context.Context, q db.Q, simulated bool) ([]Run, error) {
	var all []Run
	if err := q.Query(ctx).Where("simulated = ?", simulated).Order("number DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list who went without follow-up: %w", err)
	}
	return all, nil
}

// Begin begins a run after the one that was the latest (nil: none). Of two at
// once one is kept, and both go by it. People are drawn anew: who went without
// until now is not the same who go without from now on.
func Begin(ctx context.Context, tx *db.Tx, latest *Run, r Run, now time.Time) (*Run, error) {
	r.Number, r.Since, r.Salt = 1, db.At(now), newSalt()
	if latest != nil {
		r.Number = latest.Number + 1
	}
	if err := db.IgnoreConflict(tx.Query(ctx)).Create(&r).Error; err != nil {
		return nil, fmt.Errorf("begin run %d of the follow-up: %w", r.Number, err)
	}
	return LatestRun(ctx, tx, r.Simulated)
}

func newSalt() string {
	var b [12]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// PutArms writes rests of simulated people in bulk, with the sides they are
// on; rests that are there stay as they are. The world that simulates people
// says which run they are of (Begin with Simulated, or with a salt of its own
// by PutRun).
func PutArms(ctx context.Context, tx *db.Tx, all []Rested) error {
	rows := make([][]any, len(all))
	for i, r := range all {
		var owner any
		if r.CustomerID != nil {
			owner = int64(*r.CustomerID)
		}
		rows[i] = []any{int64(r.CartID), r.ActiveAt, r.RunID, r.Person, owner, string(r.Arm), r.Share, false, true, r.AssignedAt}
	}
	_, err := tx.Insert(ctx, "followup_arms", []string{"cart_id", "active_at", "run_id", "person", "customer_id", "arm", "share", "merged", "simulated", "assigned_at"}, rows, true)
	if err != nil {
		return fmt.Errorf("write who goes without follow-up: %w", err)
	}
	return nil
}

// PutRun writes a run of simulated people as a seeded world has it, and gives
// it its ID.
func PutRun(ctx context.Context, tx *db.Tx, r *Run) error {
	r.Simulated = true
	if err := tx.Query(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("write a run of the follow-up: %w", err)
	}
	return nil
}

// forgetArms takes a person out of the test: that somebody was in it stays.
func forgetArms(ctx context.Context, tx *db.Tx, id customer.ID, key string) error {
	people, err := peopleOf(ctx, tx, key)
	if err != nil {
		return err
	}
	err = tx.Query(ctx).Exec("UPDATE followup_arms SET person = ? WHERE customer_id = ? OR customer_id IS NULL AND person IN ?",
		fmt.Sprintf("erased:%d", id), int64(id), append(people, "-")).Error
	if err != nil {
		return fmt.Errorf("forget the sides of customer %d: %w", id, err)
	}
	return nil
}

// peopleOf are what stands for an address in every run.
func peopleOf(ctx context.Context, q db.Q, key string) ([]string, error) {
	if key == "" {
		return nil, nil
	}
	var salts []string
	if err := q.Query(ctx).Raw("SELECT salt FROM followup_runs ORDER BY id").Scan(&salts).Error; err != nil {
		return nil, fmt.Errorf("read the runs of the follow-up: %w", err)
	}
	for i, salt := range salts {
		salts[i] = experiment.Person(salt, key)
	}
	return slices.Compact(salts), nil
}

// mergeArms puts one person's rests under another's: where both were in a run
// the survivor's side holds from now on, and what came before is marked.
func mergeArms(ctx context.Context, tx *db.Tx, values map[string]any) error {
	for _, sql := range []string{
		`UPDATE followup_arms SET merged = TRUE, person = (SELECT min(k.person) FROM followup_arms k WHERE k.customer_id = @into AND k.run_id = followup_arms.run_id)
			WHERE customer_id = @from AND EXISTS (SELECT 1 FROM followup_arms k WHERE k.customer_id = @into AND k.run_id = followup_arms.run_id)`,
		"UPDATE followup_arms SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the sides of customer %d under %d: %w", values["from"], values["into"], err)
		}
	}
	return nil
}

// dropArms lets rests from before go.
func dropArms(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	done := tx.Query(ctx).Exec("DELETE FROM followup_arms WHERE id IN (SELECT id FROM followup_arms WHERE assigned_at < ? AND simulated = FALSE ORDER BY id LIMIT ?)", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("let old sides go: %w", done.Error)
	}
	return done.RowsAffected, nil
}
