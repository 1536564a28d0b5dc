package exchange

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
)

// Take keeps a packed file that staff sent. One whose header is known is looked
// through at once. Files older than a month are let go of.
func Take(ctx context.Context, tx *db.Tx, kind, name string, body []byte, staffID int64, lang i18n.Lang, now time.Time) (*Intake, error) {
	if kind != Products && kind != Stock {
		return nil, fault.New(fault.Invalid, "exchange.kind", "kind", kind)
	}
	head, err := HeadOf(kind, body)
	if err != nil {
		return nil, err
	}
	old := db.At(now.Add(-keepIntake))
	for _, table := range []string{"intake_files", "intake_before"} {
		if err := tx.Query(ctx).Exec("DELETE FROM "+table+" WHERE intake_id IN (SELECT id FROM intakes WHERE created_at < ?)", old).Error; err != nil {
			return nil, fmt.Errorf("let go of old files: %w", err)
		}
	}
	in := &Intake{Token: strings.ToLower(rand.Text()), Kind: kind, Name: cut(name, 120), State: Columns, Format: head.Format, Bytes: int64(len(body)), StaffID: staffID, CreatedAt: db.At(now)}
	if in.Format == "" {
		in.Columns = Guess(kind, head.Columns)
	}
	if err := tx.Query(ctx).Create(in).Error; err != nil {
		return nil, fmt.Errorf("take a file: %w", err)
	}
	if err := tx.Query(ctx).Exec("INSERT INTO intake_files (intake_id, body) VALUES (?, ?)", in.ID, body).Error; err != nil {
		return nil, fmt.Errorf("take a file: %w", err)
	}
	if in.Format != "" {
		return in, in.begin(ctx, tx, Looking, lang, now, Columns)
	}
	return in, nil
}

// begin moves an intake into a state in which something is done with it, from
// one of those given, and has it done.
func (in *Intake) begin(ctx context.Context, tx *db.Tx, do string, lang i18n.Lang, now time.Time, from ...string) error {
	moved := tx.Query(ctx).Exec("UPDATE intakes SET state = ?, read = 0 WHERE id = ? AND state IN ?", do, in.ID, from)
	if moved.Error != nil {
		return fmt.Errorf("begin with intake %d: %w", in.ID, moved.Error)
	}
	if moved.RowsAffected == 0 {
		return fault.New(fault.Conflict, "exchange.intake.moved")
	}
	in.State = do
	return jobs.Enqueue(ctx, tx, task{in.ID, do, string(lang)})
}

// Look has the file looked through as if its columns were these (nil: as its
// header says). What must be there and is not is a wrong field.
func (in *Intake) Look(ctx context.Context, tx *db.Tx, columns map[string]string, lang i18n.Lang, now time.Time) error {
	if in.Format == "" {
		var form fault.Form
		for _, f := range readers[in.Kind][0].needs {
			if columns[ours(in.Kind, f)] == "" {
				form.Wrong(ours(in.Kind, f), "exchange.intake.needed")
			}
		}
		if err := form.Err(); err != nil {
			return err
		}
		b, err := json.Marshal(columns)
		if err != nil {
			return fmt.Errorf("keep columns: %w", err)
		}
		if err := tx.Query(ctx).Exec("UPDATE intakes SET columns = ? WHERE id = ?", string(b), in.ID).Error; err != nil {
			return fmt.Errorf("keep columns: %w", err)
		}
	}
	return in.begin(ctx, tx, Looking, lang, now, Columns, Looked, Failed)
}

func ours(kind, folded string) string {
	for _, name := range Header(kind) {
		if fold(name) == folded {
			return name
		}
	}
	return folded
}

// Run has the file imported, after it was looked through.
func (in *Intake) Run(ctx context.Context, tx *db.Tx, lang i18n.Lang, now time.Time) error {
	return in.begin(ctx, tx, Running, lang, now, Looked)
}

// Undo has the last import of products put back. Only the last one: what came
// after it may rest on it.
func (in *Intake) Undo(ctx context.Context, tx *db.Tx, lang i18n.Lang, now time.Time) error {
	last, err := LastDone(ctx, tx)
	if err != nil {
		return err
	}
	if last != in.ID {
		return fault.New(fault.Conflict, "exchange.intake.not-last")
	}
	return in.begin(ctx, tx, Undoing, lang, now, Done)
}

// LastDone is the import of products that can be undone, 0 = none.
func LastDone(ctx context.Context, q db.Q) (int64, error) {
	var last struct {
		ID    int64
		State string
	}
	err := q.Query(ctx).Raw(`SELECT i.id, i.state FROM intakes i WHERE i.kind = ? AND i.state IN ?
		ORDER BY i.ended_at DESC, i.id DESC LIMIT 1`, Products, []string{Running, Done, Undoing}).Scan(&last).Error
	if err != nil {
		return 0, fmt.Errorf("read the last import: %w", err)
	}
	if last.State != Done {
		return 0, nil
	}
	var kept int64
	if err := q.Query(ctx).Raw("SELECT count(*) FROM intake_before WHERE intake_id = ?", last.ID).Scan(&kept).Error; err != nil {
		return 0, fmt.Errorf("read the last import: %w", err)
	}
	if kept == 0 {
		return 0, nil
	}
	return last.ID, nil
}

// Intakes reads the latest files, each with what was found in it.
func Intakes(ctx context.Context, q db.Q, most int) ([]Intake, error) {
	var all []Intake
	if err := q.Query(ctx).Order("created_at DESC, id DESC").Limit(most).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read intakes: %w", err)
	}
	return all, nil
}

// IntakeBy reads one by its token; fault.NotFound.
func IntakeBy(ctx context.Context, q db.Q, token string) (*Intake, error) {
	return oneIntake(q.Query(ctx).Where("token = ?", token), token)
}

func byID(ctx context.Context, q db.Q, id int64) (*Intake, error) {
	return oneIntake(q.Query(ctx).Where("id = ?", id), fmt.Sprint(id))
}

// Body is the packed file; fault.NotFound once it was let go of.
func (in *Intake) Body(ctx context.Context, q db.Q) ([]byte, error) { return bodyOf(ctx, q, in.ID) }

func bodyOf(ctx context.Context, q db.Q, id int64) ([]byte, error) {
	var bodies [][]byte
	if err := q.Query(ctx).Table("intake_files").Where("intake_id = ?", id).Pluck("body", &bodies).Error; err != nil {
		return nil, fmt.Errorf("read the file of intake %d: %w", id, err)
	}
	if len(bodies) == 0 {
		return nil, fault.New(fault.NotFound, "exchange.intake.gone")
	}
	return bodies[0], nil
}

// tell notes how far a file is read, for who waits.
func (in *Intake) tell(ctx context.Context, d *db.DB) func(int64) {
	return func(n int64) {
		// A figure for the eye: that it is not kept stops nothing.
		_ = d.InTx(ctx, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE intakes SET read = ? WHERE id = ? AND read < ?", n, in.ID, n).Error
		})
	}
}

func (in *Intake) end(ctx context.Context, d *db.DB, set map[string]any, now time.Time) error {
	for name, v := range set {
		if sum, ok := v.(*Summary); ok {
			b, err := json.Marshal(sum)
			if err != nil {
				return fmt.Errorf("keep what became of intake %d: %w", in.ID, err)
			}
			set[name] = string(b)
		}
	}
	set["ended_at"] = db.At(now)
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Query(ctx).Table("intakes").Where("id = ? AND state = ?", in.ID, in.State).Updates(set).Error; err != nil {
			return fmt.Errorf("end intake %d: %w", in.ID, err)
		}
		return nil
	})
}

// remember keeps how products were before this intake, in the transaction that
// changed them. What is there from a run that a crash ended stays.
func (in *Intake) remember(ctx context.Context) func(*db.Tx, []written) error {
	return func(tx *db.Tx, all []written) error {
		rows := make([][]any, len(all))
		codes := make([]string, len(all))
		for i, w := range all {
			b, err := json.Marshal(w.before)
			if err != nil {
				return fmt.Errorf("remember product %s: %w", w.code, err)
			}
			rows[i], codes[i] = []any{in.ID, w.code, w.made, string(b)}, w.code
		}
		if _, err := tx.Insert(ctx, "intake_before", []string{"intake_id", "code", "made", "rows"}, rows, true); err != nil {
			return fmt.Errorf("remember products: %w", err)
		}
		err := tx.Query(ctx).Exec(`UPDATE intake_before SET version = (SELECT p.version FROM products p WHERE p.code = intake_before.code)
			WHERE intake_id = ? AND code IN ?`, in.ID, codes).Error
		if err != nil {
			return fmt.Errorf("remember products: %w", err)
		}
		return nil
	}
}

// untouched hands out the remembered rows of products that are as the intake
// left them.
func (in *Intake) untouched(ctx context.Context, d *db.DB, made bool, fn func([]map[string]string) error) error {
	for after := ""; ; {
		var page []struct{ Code, Rows string }
		err := d.Query(ctx).Raw(`SELECT b.code, b.rows FROM intake_before b JOIN products p ON p.code = b.code AND p.version = b.version
			WHERE b.intake_id = ? AND b.made = ? AND b.code > ? ORDER BY b.code LIMIT ?`, in.ID, made, after, exportPage).Scan(&page).Error
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			after = r.Code
			var all []map[string]string
			if err := json.Unmarshal([]byte(r.Rows), &all); err != nil {
				return fmt.Errorf("read product %s: %w", r.Code, err)
			}
			if err := fn(all); err != nil {
				return err
			}
		}
	}
}

// Changed counts what an import made and changed, and what of it somebody
// touched since: an undo leaves that alone.
func (in *Intake) Changed(ctx context.Context, q db.Q) (made, changed, touched int, err error) {
	var n struct{ Made, Changed, Touched int }
	err = q.Query(ctx).Raw(`SELECT coalesce(sum(CASE WHEN b.made = TRUE THEN 1 ELSE 0 END), 0) AS made, coalesce(sum(CASE WHEN b.made = TRUE THEN 0 ELSE 1 END), 0) AS changed,
		coalesce(sum(CASE WHEN p.version = b.version THEN 0 ELSE 1 END), 0) AS touched
		FROM intake_before b JOIN products p ON p.code = b.code WHERE b.intake_id = ?`, in.ID).Scan(&n).Error
	if err != nil {
		return 0, 0, 0, fmt.Errorf("count what intake %d changed: %w", in.ID, err)
	}
	return n.Made, n.Changed, n.Touched, nil
}

func oneIntake(q *gorm.DB, which string) (*Intake, error) {
	in := &Intake{}
	err := q.Take(in).Error
	if db.NotFound(err) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	if err != nil {
		return nil, fmt.Errorf("read intake %s: %w", which, err)
	}
	return in, nil
}
