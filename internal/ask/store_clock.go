package ask

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/setting"
)

// Due is by when an answer to what is asked at a moment is owed.
func Due(shop setting.Values, asked time.Time) time.Time {
	return shop.Answering().By(asked, shop.Zone()).UTC()
}

// Late reports whether nobody answered within the limit.
func (q *Question) Late(now time.Time) bool {
	return q.AnsweredAt.IsZero() && !q.DueAt.IsZero() && now.After(q.DueAt.Time)
}

// Take gives a question to a member of staff, if nobody looks after it.
func Take(ctx context.Context, tx *db.Tx, token string, staffID int64) error {
	done := tx.Query(ctx).Exec("UPDATE questions SET owner_id = ? WHERE token = ? AND owner_id = 0 AND answered_at = 0", staffID, token)
	if done.Error != nil {
		return fmt.Errorf("take question %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		if _, err := ByToken(ctx, tx, token); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "ask.taken")
	}
	return nil
}

// Escalate passes up what waits past its limit, once each: it is marked, and
// falls to the lead if nobody took it. What waits without a clock, because it
// was asked before there were clocks, gets one from now on. It returns how many
// became late. Questions of simulated people ring nobody.
func Escalate(ctx context.Context, tx *db.Tx, shop setting.Values, lead int64, now time.Time) (int, error) {
	if err := tx.Query(ctx).Exec("UPDATE questions SET due_at = ? WHERE answered_at = 0 AND due_at = 0 AND simulated = FALSE", db.At(Due(shop, now))).Error; err != nil {
		return 0, fmt.Errorf("give waiting questions a clock: %w", err)
	}
	done := tx.Query(ctx).Exec(`UPDATE questions SET escalated_at = ?, owner_id = CASE WHEN owner_id = 0 THEN CAST(? AS BIGINT) ELSE owner_id END
		WHERE answered_at = 0 AND due_at > 0 AND due_at <= ? AND escalated_at = 0 AND simulated = FALSE`, db.At(now), lead, db.At(now))
	if done.Error != nil {
		return 0, fmt.Errorf("pass late questions up: %w", done.Error)
	}
	return int(done.RowsAffected), nil
}

// Register takes the clock of the questions: each minute late ones are passed
// up, to the owner of the shop where nobody took them.
func Register(r *jobs.Runner, d *db.DB, settings *setting.Live, now func() time.Time, log *slog.Logger) {
	r.Every("questions", time.Minute, func(ctx context.Context) error {
		late := 0
		err := d.InTx(ctx, func(tx *db.Tx) error {
			var lead int64
			err := tx.Query(ctx).Raw("SELECT coalesce(min(id), 0) FROM staff WHERE role = 'owner' AND active = TRUE").Scan(&lead).Error
			if err != nil {
				return fmt.Errorf("look for the shop's owner: %w", err)
			}
			late, err = Escalate(ctx, tx, settings.Now(), lead, now())
			return err
		})
		if late > 0 {
			log.Warn("questions are past their limit", "count", late)
		}
		return err
	})
}

// Overdue counts the questions past their limit, and since when the oldest was
// owed (never, if none).
func Overdue(ctx context.Context, q db.Q, now time.Time) (int, db.Time, error) {
	var row struct {
		N      int
		Oldest db.Time
	}
	err := q.Query(ctx).Raw("SELECT count(*) AS n, coalesce(min(due_at), 0) AS oldest FROM questions WHERE answered_at = 0 AND due_at > 0 AND due_at < ? AND simulated = FALSE", db.At(now)).Scan(&row).Error
	if err != nil {
		return 0, db.Time{}, fmt.Errorf("count late questions: %w", err)
	}
	return row.N, row.Oldest, nil
}

// FollowUp keeps what somebody says back in a conversation: a question of its
// own, with its own clock, about the same thing and under the same address.
// The caller has made sure that it is theirs.
func FollowUp(ctx context.Context, tx *db.Tx, of *Question, m Message, now time.Time) (*Question, error) {
	thread := of.ThreadID
	if thread == 0 {
		thread = of.ID
	}
	m.Name, m.Email, m.OrderNumber, m.CartID, m.Simulated = of.Name, of.Email, of.OrderNumber, of.CartID, of.Simulated
	if m.Person == nil && of.CustomerID != nil { // by the link of a mail: still theirs
		m.Person = customer.NewPerson(nil, &customer.Customer{ID: *of.CustomerID}, nil, nil)
	}
	return keepIn(ctx, tx, thread, of.Kind, of.ProductID, m, now)
}

// Thread is a conversation from its first question on.
func Thread(ctx context.Context, q db.Q, of *Question) ([]Question, error) {
	first := of.ThreadID
	if first == 0 {
		first = of.ID
	}
	var rows []Question
	if err := q.Query(ctx).Where("id = ? OR thread_id = ?", first, first).Order("created_at, id").Limit(100).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read conversation of question %s: %w", of.Token, err)
	}
	return rows, nil
}

// Seen notes that the page of whoever asked showed the answers of a
// conversation.
func Seen(ctx context.Context, tx *db.Tx, of *Question, now time.Time) error {
	first := of.ThreadID
	if first == 0 {
		first = of.ID
	}
	err := tx.Query(ctx).Exec("UPDATE questions SET seen_at = ? WHERE (id = ? OR thread_id = ?) AND answered_at > 0 AND seen_at = 0", db.At(now), first, first).Error
	if err != nil {
		return fmt.Errorf("note that question %s was seen: %w", of.Token, err)
	}
	return nil
}
