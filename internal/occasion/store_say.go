package occasion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// OfCustomer reads the needs of a person, without those they took out.
func OfCustomer(ctx context.Context, q db.Q, id customer.ID) ([]Occasion, error) {
	rows, err := all(ctx, q, id)
	kept := rows[:0]
	for _, o := range rows {
		if o.DeletedAt.IsZero() {
			kept = append(kept, o)
		}
	}
	return kept, err
}

// ByToken reads one need of a person. Somebody else's is NotFound.
func ByToken(ctx context.Context, q db.Q, id customer.ID, token string) (*Occasion, error) {
	return one(ctx, q, "customer_id = ? AND token = ? AND deleted_at = 0", int64(id), token)
}

func one(ctx context.Context, q db.Q, where string, args ...any) (*Occasion, error) {
	var rows []Occasion
	if err := q.Query(ctx).Where(where, args...).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read an occasion: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "occasion.unknown")
	}
	return &rows[0], nil
}

// say keeps what a person made of a need, and when it is brought up after that.
func say(ctx context.Context, tx *db.Tx, o *Occasion, zone *time.Location, now time.Time, set map[string]any) error {
	reminded, err := remindedOf(ctx, tx, o.CustomerID)
	if err != nil {
		return err
	}
	set["remind_at"], set["updated_at"] = o.remind(now, zone, reminded), db.At(now)
	done := tx.Query(ctx).Model(&Occasion{}).Where("id = ? AND customer_id = ? AND deleted_at = 0", o.ID, int64(o.CustomerID)).Updates(set)
	if done.Error != nil {
		return fmt.Errorf("change occasion %d: %w", o.ID, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "occasion.unknown")
	}
	return nil
}

// Answer keeps "yes, each year" or "not again".
func Answer(ctx context.Context, tx *db.Tx, id customer.ID, token string, yes bool, zone *time.Location, now time.Time) error {
	o, err := ByToken(ctx, tx, id, token)
	if err != nil {
		return err
	}
	return answer(ctx, tx, o, yes, zone, now)
}

func answer(ctx context.Context, tx *db.Tx, o *Occasion, yes bool, zone *time.Location, now time.Time) error {
	if o.State = NotAgain; yes {
		o.State = Confirmed
	}
	return say(ctx, tx, o, zone, now, map[string]any{"state": string(o.State)})
}

// Change keeps the person's own word for a need ("" for none) and the day they
// move it to (month 0: where it was found).
func Change(ctx context.Context, tx *db.Tx, id customer.ID, token, name string, month, dayOf int, zone *time.Location, now time.Time) error {
	o, err := ByToken(ctx, tx, id, token)
	if err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return err
	}
	if month < 0 || month > 12 || month > 0 && (dayOf < 1 || dayOf > day(2000, time.Month(month)+1, 0).Day()) {
		var form fault.Form
		form.Wrong("day", "occasion.day.invalid")
		return form.Err()
	}
	if month == 0 {
		dayOf = 0
	}
	o.MovedMonth, o.MovedDay = month, dayOf
	return say(ctx, tx, o, zone, now, map[string]any{"name": name, "moved_month": month, "moved_day": dayOf})
}

// Delete takes a need out. Its row stays without its evidence, so that no night
// finds it again.
func Delete(ctx context.Context, tx *db.Tx, id customer.ID, token string, zone *time.Location, now time.Time) error {
	o, err := ByToken(ctx, tx, id, token)
	if err != nil {
		return err
	}
	o.DeletedAt = db.At(now)
	return say(ctx, tx, o, zone, now, map[string]any{"deleted_at": o.DeletedAt, "evidence": "[]", "name": "", "state": string(NotAgain)})
}

// Due lists needs that are to be brought up by now, after a row, in order.
func Due(ctx context.Context, q db.Q, now time.Time, after int64, limit int) ([]Occasion, error) {
	var rows []Occasion
	err := q.Query(ctx).Where("remind_at > 0 AND remind_at <= ? AND id > ?", db.At(now), after).Order("id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read occasions that are due: %w", err)
	}
	return rows, nil
}

// PutOff brings a need up at another moment, unless it was changed meanwhile.
func PutOff(ctx context.Context, tx *db.Tx, o *Occasion, until time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE occasions SET remind_at = ? WHERE id = ? AND remind_at = ?", db.At(until), o.ID, o.RemindAt).Error
	if err != nil {
		return fmt.Errorf("put occasion %d off: %w", o.ID, err)
	}
	return nil
}

// Pass leaves out the reminder of a day: the need comes up in its next year.
func Pass(ctx context.Context, tx *db.Tx, o *Occasion, on time.Time, zone *time.Location) error {
	next, ok := o.Next(on.AddDate(0, 0, window+1))
	if !ok {
		return PutOff(ctx, tx, o, time.Time{})
	}
	from, _ := Span(next, zone)
	return PutOff(ctx, tx, o, from)
}

// Tell notes that somebody is being reminded of a day, in the transaction that
// claims the mail, and returns the token of its answers. "" if they were
// reminded of the same weeks already, or the need is not to be spoken of now.
// again: the mail was tried before and did not leave.
func Tell(ctx context.Context, tx *db.Tx, o *Occasion, on time.Time, products []catalog.ProductID, again bool, now time.Time) (string, error) {
	still, err := one(ctx, tx, "id = ?", o.ID)
	if fault.Kind(err) == fault.NotFound {
		return "", nil
	}
	if err != nil || !still.Speaks() {
		return "", err
	}
	if still.Source == FromOrders && still.State != Confirmed {
		if may, err := mayConclude(ctx, tx, o.CustomerID); err != nil || !may {
			return "", err
		}
	}
	goods, err := json.Marshal(products)
	if err != nil {
		return "", fmt.Errorf("write what is suggested: %w", err)
	}
	token := newToken()
	if again {
		kept := tx.Query(ctx).Exec("UPDATE occasion_years SET answer_hash = ?, products = ?, told_at = ? WHERE occasion_id = ? AND year = ? AND answer = ''",
			hashed(token), string(goods), db.At(now), o.ID, on.Year())
		if kept.Error != nil {
			return "", fmt.Errorf("note the reminder of occasion %d again: %w", o.ID, kept.Error)
		}
		if kept.RowsAffected == 1 {
			return token, nil
		}
	}
	put := tx.Query(ctx).Exec(`INSERT INTO occasion_years (occasion_id, customer_id, year, on_day, products, answer_hash, told_at)
		SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM occasion_years y WHERE y.customer_id = ? AND y.on_day BETWEEN ? AND ?)
		ON CONFLICT (occasion_id, year) DO NOTHING`,
		o.ID, int64(o.CustomerID), on.Year(), db.At(on).Milli(), string(goods), hashed(token), db.At(now).Milli(),
		int64(o.CustomerID), db.At(on.AddDate(0, 0, -window)).Milli(), db.At(on.AddDate(0, 0, window)).Milli())
	if put.Error != nil {
		return "", fmt.Errorf("note the reminder of occasion %d: %w", o.ID, put.Error)
	}
	if put.RowsAffected == 0 {
		return "", nil
	}
	if err := tx.Query(ctx).Exec("UPDATE occasions SET state = 'asked' WHERE id = ? AND state = 'candidate'", o.ID).Error; err != nil {
		return "", fmt.Errorf("note the reminder of occasion %d: %w", o.ID, err)
	}
	return token, nil
}

// Reminded reports whether somebody was reminded of the weeks around a day.
func Reminded(ctx context.Context, q db.Q, id customer.ID, on time.Time) (bool, error) {
	var n int
	err := q.Query(ctx).Raw("SELECT count(*) FROM occasion_years WHERE customer_id = ? AND on_day BETWEEN ? AND ?", int64(id),
		db.At(on.AddDate(0, 0, -window)), db.At(on.AddDate(0, 0, window))).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("read what customer %d was reminded of: %w", id, err)
	}
	return n > 0, nil
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// ByLink reads the reminder that a mailed link belongs to, and its need; the
// need is nil where the person took it out or it is not found any more.
func ByLink(ctx context.Context, q db.Q, token string) (*Year, *Occasion, error) {
	var years []Year
	if err := q.Query(ctx).Where("answer_hash = ?", hashed(token)).Find(&years).Error; err != nil {
		return nil, nil, fmt.Errorf("read a reminder by its link: %w", err)
	}
	if len(years) == 0 {
		return nil, nil, fault.New(fault.NotFound, "outreach.link.unknown")
	}
	o, err := one(ctx, q, "id = ? AND customer_id = ? AND deleted_at = 0", years[0].OccasionID, int64(years[0].CustomerID))
	if fault.Kind(err) == fault.NotFound {
		return &years[0], nil, nil
	}
	return &years[0], o, err
}

// AnswerLink keeps the answer that a mailed link gave, as often as it is given.
func AnswerLink(ctx context.Context, tx *db.Tx, token string, yes bool, zone *time.Location, now time.Time) error {
	y, o, err := ByLink(ctx, tx, token)
	if err != nil {
		return err
	}
	word := "no"
	if yes {
		word = "yes"
	}
	if err := tx.Query(ctx).Exec("UPDATE occasion_years SET answer = ?, answered_at = ? WHERE id = ?", word, db.At(now), y.ID).Error; err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	if o == nil {
		return nil
	}
	return answer(ctx, tx, o, yes, zone, now)
}

// YearsOf lists the reminders that a person got, the newest first.
func YearsOf(ctx context.Context, q db.Q, id customer.ID) (rows []Year, err error) {
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("on_day DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read reminders of customer %d: %w", id, err)
	}
	return rows, nil
}

// Met reports whether the person bought something of its kinds for the day
// already: then it is not brought up.
func Met(ctx context.Context, q db.Q, o *Occasion, on, now time.Time) (bool, error) {
	if len(o.Kinds) == 0 {
		return false, nil
	}
	var n int
	err := q.Query(ctx).Raw(`SELECT count(*) FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty JOIN products p ON p.id = l.product_id
		WHERE o.customer_id = ? AND o.placed_at >= ? AND o.placed_at <= ? AND o.state <> 'cancelled' AND o.payment_state NOT IN ('refunded', 'void', 'failed') AND p.category_id IN ?`,
		int64(o.CustomerID), db.At(on.AddDate(0, 0, -RemindFrom-window+1)), db.At(now), o.Kinds).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("read whether occasion %d was met: %w", o.ID, err)
	}
	return n > 0, nil
}

// NameOf is the person's own word for a need: the name they gave it, else that
// of the date they told; "" if there is none.
func NameOf(ctx context.Context, q db.Q, o *Occasion) (string, error) {
	if o.Name != "" || o.DateToken == "" {
		return o.Name, nil
	}
	told, err := customer.Dates(ctx, q, o.CustomerID)
	if err != nil {
		return "", err
	}
	for i := range told {
		if told[i].Token == o.DateToken {
			return told[i].Label, nil
		}
	}
	return "", nil
}
