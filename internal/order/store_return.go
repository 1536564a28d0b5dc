package order

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
)

// TableName is returns.
func (Return) TableName() string { return "returns" }

// TableName is return_lines.
func (ReturnLine) TableName() string { return "return_lines" }

// TableName is return_steps.
func (ReturnStep) TableName() string { return "return_steps" }

// Begin writes a return of an order that the caller has locked, in the state
// it has, and fills it in. most is how many units of each line may lie in
// returns at all; more is fault.Conflict and spoils the transaction. nil: the
// units never left the house and count nowhere. A key that was used fills r
// with that first return and is false.
func (o *Order) Begin(ctx context.Context, tx *db.Tx, r *Return, most map[int64]int, by string, now time.Time) (bool, error) {
	r.OrderID, r.AskedAt = o.ID, db.At(now)
	fresh, err := r.create(ctx, tx)
	if err != nil || !fresh {
		return false, err
	}
	rows := make([][]any, len(r.Lines))
	for i := range r.Lines {
		l := &r.Lines[i]
		l.ReturnID, rows[i] = r.ID, []any{r.ID, l.LineID, l.Qty}
		if most == nil {
			continue
		}
		done := tx.Query(ctx).Exec("UPDATE order_lines SET returned_qty = returned_qty + ? WHERE id = ? AND order_id = ? AND returned_qty + ? <= ?",
			l.Qty, l.LineID, int64(o.ID), l.Qty, most[l.LineID])
		if done.Error != nil {
			return false, fmt.Errorf("return goods of order %s: %w", o.Number, done.Error)
		}
		if done.RowsAffected == 0 {
			return false, fault.New(fault.Conflict, "order.return.units", "number", o.Number)
		}
	}
	if _, err := tx.Insert(ctx, "return_lines", []string{"return_id", "line_id", "qty"}, rows, false); err != nil {
		return false, fmt.Errorf("return goods of order %s: %w", o.Number, err)
	}
	if err := r.noteStep(ctx, tx, "", by, "", now); err != nil {
		return false, err
	}
	told := string(r.State)
	if r.Kind == KindWithdrawal {
		told = Withdrawn
	}
	return true, o.tellReturn(ctx, tx, r, told, now)
}

func (r *Return) create(ctx context.Context, tx *db.Tx) (bool, error) {
	for range 4 {
		r.Number = "R-" + NewNumber()
		done := db.IgnoreConflict(tx.Query(ctx)).Create(r)
		if done.Error != nil {
			return false, fmt.Errorf("write return %s: %w", r.Number, done.Error)
		}
		if done.RowsAffected == 1 {
			return true, nil
		}
		first, err := oneReturn(ctx, tx, "key = ?", r.Key)
		if err == nil {
			if first.OrderID != r.OrderID {
				return false, fault.New(fault.NotFound, "order.return.unknown")
			}
			*r = *first
			return false, nil
		}
		if !errors.Is(err, fault.NotFound) {
			return false, err
		}
		r.ID = 0 // only the number was taken
	}
	return false, errors.New("write return: four numbers in a row were taken")
}

func (r *Return) noteStep(ctx context.Context, tx *db.Tx, from ReturnState, by, words string, now time.Time) error {
	err := tx.Query(ctx).Exec("INSERT INTO return_steps (return_id, from_state, to_state, actor, note, at) VALUES (?, ?, ?, ?, ?, ?)",
		r.ID, string(from), string(r.State), by, words, db.At(now)).Error
	if err != nil {
		return fmt.Errorf("write steps of return %s: %w", r.Number, err)
	}
	return uncountOld(ctx, tx, r.OrderID)
}

func (o *Order) tellReturn(ctx context.Context, tx *db.Tx, r *Return, to string, now time.Time) error {
	if o.Imported || o.Simulated && to != Withdrawn { // only a person at the page withdraws, also in the demo
		return nil
	}
	return jobs.Enqueue(ctx, tx, Moved{Order: int64(o.ID), Axis: ReturnAxis, To: to, At: now.UnixMilli(), Ref: r.ID})
}

// Step takes a return of a locked order one legal step on, with what came of
// it in r (Answer, Outcome, Amount, Replacement). false: it is somewhere else
// by now. Units that will not come any more can be asked for again.
func (o *Order) Step(ctx context.Context, tx *db.Tx, r *Return, to ReturnState, by, words string, now time.Time) (bool, error) {
	from := r.State
	if !ReturnLegal(from, to) {
		return false, nil
	}
	r.State = to
	if to == ReturnClosed || to == ReturnRefused {
		r.ClosedAt = db.At(now)
	}
	done := tx.Query(ctx).Exec("UPDATE returns SET state = ?, answer = ?, outcome = ?, amount = ?, replacement = ?, closed_at = ? WHERE id = ? AND state = ?",
		string(to), r.Answer, r.Outcome, int64(r.Amount), int64(r.Replacement), r.ClosedAt, r.ID, string(from))
	if done.Error != nil {
		return false, fmt.Errorf("move return %s: %w", r.Number, done.Error)
	}
	if done.RowsAffected == 0 {
		r.State = from
		return false, nil
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		free := 0
		switch {
		case to == ReturnRefused, from == Approved && to == ReturnClosed:
			free = l.Qty
		case to == ReturnReceived:
			free = l.Qty - l.Came()
			if err := tx.Query(ctx).Exec("UPDATE return_lines SET good = ?, lost = ? WHERE return_id = ? AND line_id = ?", l.Good, l.Lost, r.ID, l.LineID).Error; err != nil {
				return false, fmt.Errorf("count return %s: %w", r.Number, err)
			}
		}
		if free == 0 {
			continue
		}
		given := tx.Query(ctx).Exec("UPDATE order_lines SET returned_qty = returned_qty - ? WHERE id = ? AND returned_qty >= ?", free, l.LineID, free)
		if given.Error != nil || given.RowsAffected == 0 {
			return false, fmt.Errorf("free units of return %s: %d rows: %w", r.Number, given.RowsAffected, errors.Join(given.Error, errors.New("not counted")))
		}
	}
	if err := r.noteStep(ctx, tx, from, by, words, now); err != nil {
		return false, err
	}
	return true, o.tellReturn(ctx, tx, r, string(to), now)
}

func oneReturn(ctx context.Context, q db.Q, where string, arg any) (*Return, error) {
	found, err := returnsWhere(ctx, q, where, arg)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "order.return.unknown")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func returnsWhere(ctx context.Context, q db.Q, where string, arg any) ([]Return, error) {
	var all []Return
	if err := q.Query(ctx).Where(where, arg).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read returns: %w", err)
	}
	return all, fillReturns(ctx, q, all)
}

func fillReturns(ctx context.Context, q db.Q, all []Return) error {
	ids, at := make([]int64, len(all)), map[int64]*Return{}
	for i := range all {
		ids[i], at[all[i].ID] = all[i].ID, &all[i]
	}
	var lines []ReturnLine
	if len(ids) > 0 {
		if err := q.Query(ctx).Where("return_id IN ?", ids).Order("return_id, line_id").Find(&lines).Error; err != nil {
			return fmt.Errorf("read lines of returns: %w", err)
		}
	}
	for _, l := range lines {
		at[l.ReturnID].Lines = append(at[l.ReturnID].Lines, l)
	}
	return nil
}

// ReturnByNumber reads the return of that number, however it was typed.
func ReturnByNumber(ctx context.Context, q db.Q, number string) (*Return, error) {
	number = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), "R-")
	return oneReturn(ctx, q, "number = ?", "R-"+CleanNumber(number))
}

// ReturnByKey reads the return that a form of an order made; nil if none did.
func ReturnByKey(ctx context.Context, q db.Q, id ID, key string) (*Return, error) {
	r, err := oneReturn(ctx, q, "key = ?", key)
	if errors.Is(err, fault.NotFound) || err == nil && r.OrderID != id {
		return nil, nil
	}
	return r, err
}

// ReturnByID reads the return of that row.
func ReturnByID(ctx context.Context, q db.Q, id int64) (*Return, error) {
	return oneReturn(ctx, q, "id = ?", id)
}

// ReturnsOf reads the returns of an order, the first one first.
func ReturnsOf(ctx context.Context, q db.Q, id ID) ([]Return, error) {
	return returnsWhere(ctx, q, "order_id = ?", int64(id))
}

// ReturnPast reads the steps of a return, oldest first.
func ReturnPast(ctx context.Context, q db.Q, id int64) ([]ReturnStep, error) {
	var all []ReturnStep
	if err := q.Query(ctx).Where("return_id = ?", id).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read steps of return %d: %w", id, err)
	}
	return all, nil
}

// ReturnFilter chooses returns for a list. Zero fields do not restrict.
type ReturnFilter struct {
	State     ReturnState
	Text      string // number of the return or the order, e-mail from its beginning
	Simulated *bool
	Page      int // from 1
	PerPage   int // 0: 50
}

// ReturnRow is a return in a list, with whose it is.
type ReturnRow struct {
	Return
	OrderNumber, Customer string
	Units                 int
	Simulated             bool
}

// Returns reads one page of returns for staff, newest first, with the number
// of all.
func Returns(ctx context.Context, q db.Q, f ReturnFilter) ([]ReturnRow, int, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(clause string, with ...any) { where, args = append(where, clause), append(args, with...) }
	if f.State != "" {
		add("r.state = ?", string(f.State))
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		bare := CleanNumber(strings.TrimPrefix(strings.ToUpper(text), "R-"))
		like := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(customer.EmailKey(text)) + "%"
		add(`(r.number = ? OR o.number = ? OR lower(o.email) LIKE ? ESCAPE '\')`, "R-"+bare, bare, like)
	}
	if f.Simulated != nil {
		add("o.simulated = ?", *f.Simulated)
	}
	if f.PerPage <= 0 {
		f.PerPage = 50
	}
	from := " FROM returns r JOIN orders o ON o.id = r.order_id WHERE " + strings.Join(where, " AND ")
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*)"+from, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count returns: %w", err)
	}
	var rows []ReturnRow
	err := q.Query(ctx).Raw(`SELECT r.*, o.number AS order_number, o.name AS customer, o.simulated, (SELECT coalesce(sum(l.qty), 0) FROM return_lines l WHERE l.return_id = r.id) AS units`+
		from+" ORDER BY r.asked_at DESC, r.id DESC LIMIT ? OFFSET ?", append(args, f.PerPage, (max(1, f.Page)-1)*f.PerPage)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list returns: %w", err)
	}
	return rows, total, nil
}

// ReturnsOfCustomer reads the returns of an account, newest first, with the
// numbers of their orders.
func ReturnsOfCustomer(ctx context.Context, q db.Q, id customer.ID, limit int) ([]ReturnRow, error) {
	var rows []ReturnRow
	err := q.Query(ctx).Raw(`SELECT r.*, o.number AS order_number FROM returns r JOIN orders o ON o.id = r.order_id
		WHERE o.customer_id = ? ORDER BY r.asked_at DESC, r.id DESC LIMIT ?`, int64(id), limit).Scan(&rows).Error
	return rows, wrap("read returns of a customer", err)
}

// ReturnsWaiting counts real returns that wait for staff: asked for, or come.
func ReturnsWaiting(ctx context.Context, q db.Q) (int, error) {
	var n int
	err := q.Query(ctx).Raw(`SELECT count(*) FROM returns r JOIN orders o ON o.id = r.order_id
		WHERE r.state IN ('asked','received') AND o.simulated = ?`, false).Scan(&n).Error
	return n, wrap("count returns", err)
}
