package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/order"
)

// What a provider can be asked to do, and how far that is.
const (
	opStart  = "start"
	opExpire = "expire"
	opRefund = "refund"

	opPlanned = "planned" // decided in a transaction, not asked yet
	opSent    = "sent"    // asked; the answer is not known
	opKnown   = "known"
	opRefused = "refused"
)

// Op is one thing a provider is asked to do, and its row. It is written before
// the provider is called; Key names it there, so that asking again does it
// once.
type Op struct {
	ID        int64
	PaymentID ID
	Kind      string
	Key       string
	Amount    money.Amount
	State     string
	Ref       string
	Words     string
	RefundID  int64 // the refund that staff decided; 0: all of it, at the order's end; overpaid
	Tries     int   // answers in which the provider failed; it remembers those by key
	EndsAt    db.Time
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is payment_ops.
func (Op) TableName() string { return "payment_ops" }

// writeOp writes an operation unless its key is there already; false: it is.
func writeOp(ctx context.Context, tx *db.Tx, op Op) (bool, error) {
	result := tx.Query(ctx).Exec(`INSERT INTO payment_ops (payment_id, kind, key, amount, state, refund_id, ends_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, int64(op.PaymentID), op.Kind, op.Key, int64(op.Amount), op.State, op.RefundID, op.EndsAt, op.CreatedAt, op.UpdatedAt)
	if result.Error != nil {
		return false, fmt.Errorf("plan %s: %w", op.Key, result.Error)
	}
	return result.RowsAffected == 1, nil
}

func opByKey(ctx context.Context, q db.Q, key string) (*Op, error) {
	var found []Op
	if err := q.Query(ctx).Where("key = ?", key).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read operation %s: %w", key, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// opKey names an operation at its provider: the payment's token stands for
// order and attempt.
func opKey(kind string, p *Payment, detail string) string {
	key := kind + ":" + p.Token
	if detail != "" {
		key += ":" + detail
	}
	return key
}

// begin writes that the provider will now be asked to start a payment. The end
// of the first time stands: the same key asks for the same thing.
func begin(ctx context.Context, tx *db.Tx, p *Payment, ends, now time.Time) (*Op, error) {
	key := opKey(opStart, p, "")
	// Whole seconds, as providers count.
	_, err := writeOp(ctx, tx, Op{PaymentID: p.ID, Kind: opStart, Key: key, Amount: p.Amount, State: opSent,
		EndsAt: db.At(ends.Truncate(time.Second)), CreatedAt: db.At(now), UpdatedAt: db.At(now)})
	if err != nil {
		return nil, err
	}
	return opByKey(ctx, tx, key)
}

// planOp writes an operation and the job that carries it out after commit;
// false: it was planned before.
func planOp(ctx context.Context, tx *db.Tx, p *Payment, kind, detail string, now time.Time) (bool, error) {
	key := opKey(kind, p, detail)
	fresh, err := writeOp(ctx, tx, Op{PaymentID: p.ID, Kind: kind, Key: key, State: opPlanned, CreatedAt: db.At(now), UpdatedAt: db.At(now)})
	if err != nil || !fresh {
		return false, err
	}
	return true, enqueueAct(ctx, tx, key)
}

// ask is the key for the next request. A provider repeats its own failure for
// a key it has seen, so each failure asks for another; none was answered with
// an effect that anybody could use.
func (op *Op) ask() string {
	if op.Tries == 0 {
		return op.Key
	}
	return fmt.Sprintf("%s:%d", op.Key, op.Tries)
}

// again saves that the next request goes under another key.
func (op *Op) again(ctx context.Context, tx *db.Tx) error {
	if err := tx.Query(ctx).Exec("UPDATE payment_ops SET tries = ? WHERE id = ? AND tries = ?", op.Tries+1, op.ID, op.Tries).Error; err != nil {
		return fmt.Errorf("note operation %s: %w", op.Key, err)
	}
	return nil
}

// claim takes an operation that is not done for the caller to ask about.
func (op *Op) claim(ctx context.Context, tx *db.Tx, now time.Time) (bool, error) {
	result := tx.Query(ctx).Exec("UPDATE payment_ops SET state = 'sent', updated_at = ? WHERE id = ? AND state = ? AND updated_at = ?",
		db.At(now), op.ID, op.State, op.UpdatedAt)
	if result.Error != nil {
		return false, fmt.Errorf("take up operation %s: %w", op.Key, result.Error)
	}
	return result.RowsAffected == 1, nil
}

// rest leaves an operation that is on its way alone until then.
func (op *Op) rest(ctx context.Context, tx *db.Tx, until time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE payment_ops SET updated_at = ? WHERE id = ? AND state = 'sent'", db.At(until), op.ID).Error
	if err != nil {
		return fmt.Errorf("put operation %s off: %w", op.Key, err)
	}
	return nil
}

// end writes what is known of an operation; a result stands.
func (op *Op) end(ctx context.Context, tx *db.Tx, state, ref, words string, now time.Time) error {
	_, err := op.finish(ctx, tx, state, ref, words, now)
	return err
}

// finish is end, and reports whether this call wrote the result.
func (op *Op) finish(ctx context.Context, tx *db.Tx, state, ref, words string, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE payment_ops SET state = ?, ref = ?, words = ?, updated_at = ? WHERE id = ? AND state IN ('planned','sent')",
		state, ref, cut(words, 500), db.At(now), op.ID)
	if done.Error != nil {
		return false, fmt.Errorf("note operation %s: %w", op.Key, done.Error)
	}
	return done.RowsAffected == 1, nil
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// dueOps lists what has been on its way for longer than it takes.
func dueOps(ctx context.Context, q db.Q, before time.Time, limit int) ([]Op, error) {
	var all []Op
	err := q.Query(ctx).Where("state IN ('planned','sent') AND updated_at <= ?", db.At(before)).Order("updated_at").Limit(limit).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read open operations: %w", err)
	}
	return all, nil
}

// byID reads a payment.
func byID(ctx context.Context, q db.Q, id ID) (*Payment, error) {
	var p Payment
	if err := q.Query(ctx).Where("id = ?", int64(id)).Take(&p).Error; err != nil {
		return nil, fmt.Errorf("read payment %d: %w", id, err)
	}
	return &p, nil
}

// refer keeps the provider's name for a payment; the first one stands.
func (p *Payment) refer(ctx context.Context, tx *db.Tx, ref string) error {
	err := tx.Query(ctx).Exec("UPDATE payments SET provider_ref = ? WHERE id = ? AND provider_ref = ''", ref, int64(p.ID)).Error
	if err != nil {
		return fmt.Errorf("keep %s of payment %d: %w", ref, p.ID, err)
	}
	if p.ProviderRef == "" {
		p.ProviderRef = ref
	}
	return nil
}

// undecided lists payments that their provider has not decided since before
// and was not asked about since asked.
func undecided(ctx context.Context, q db.Q, provider string, before, asked time.Time, limit int) ([]Payment, error) {
	var all []Payment
	err := q.Query(ctx).Where("provider = ? AND state IN ('sent','processing') AND provider_ref <> '' AND updated_at <= ? AND asked_at <= ?",
		provider, db.At(before), db.At(asked)).Order("asked_at").Limit(limit).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read undecided payments: %w", err)
	}
	return all, nil
}

// mayAsk claims the asking about a payment: once in a while is enough.
func (p *Payment) mayAsk(ctx context.Context, d *db.DB, pause time.Duration, now time.Time) (ok bool, err error) {
	err = d.InTx(ctx, func(tx *db.Tx) error {
		result := tx.Query(ctx).Exec("UPDATE payments SET asked_at = ? WHERE id = ? AND asked_at <= ?", db.At(now), int64(p.ID), db.At(now.Add(-pause)))
		ok = result.RowsAffected == 1
		return result.Error
	})
	return ok, err
}

// liveOf reads the attempts of an order that could still bring money.
func liveOf(ctx context.Context, tx *db.Tx, id order.ID) ([]Payment, error) {
	var all []Payment
	err := tx.Query(ctx).Where("order_id = ? AND state IN ('planned','sent','processing')", int64(id)).Order("id").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read payments of order %d: %w", id, err)
	}
	return all, nil
}

// noteOnce writes that something about a payment was told, under a kind of its
// own; false: it was told before.
func noteOnce(ctx context.Context, tx *db.Tx, p *Payment, kind, eventID string, now time.Time) (bool, error) {
	return first(ctx, tx, p.Provider, eventID, Outcome(kind), p, now)
}

// message is an event of a provider as the inbox keeps it.
type message struct {
	Provider string
	EventID  string
	Kind     string
	Object   string
	At       db.Time
	DoneAt   db.Time
}

func (message) TableName() string { return "payment_inbox" }

// file puts an event into the inbox; false: it is there already.
func (m message) file(ctx context.Context, tx *db.Tx) (bool, error) {
	result := tx.Query(ctx).Exec("INSERT INTO payment_inbox (provider, event_id, kind, object, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		m.Provider, m.EventID, m.Kind, m.Object, m.At)
	if result.Error != nil {
		return false, fmt.Errorf("file event %s: %w", m.EventID, result.Error)
	}
	return result.RowsAffected == 1, nil
}

func (m message) done(ctx context.Context, d *db.DB, now time.Time) error {
	return d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE payment_inbox SET done_at = ? WHERE provider = ? AND event_id = ? AND done_at = 0", db.At(now), m.Provider, m.EventID).Error
	})
}

// unread lists events that nobody has dealt with since before; with an id, the
// one of that id.
func unread(ctx context.Context, q db.Q, id string, before time.Time, limit int) ([]message, error) {
	var all []message
	query := q.Query(ctx).Where("done_at = 0 AND at <= ?", db.At(before))
	if id != "" {
		query = query.Where("event_id = ?", id)
	}
	if err := query.Order("at").Limit(limit).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read payment events: %w", err)
	}
	return all, nil
}
