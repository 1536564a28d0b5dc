package occasion

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// HintAhead is for how many days to come Once speaks.
const HintAhead = RemindFrom + window

// Hint is a gift bought a year before the days to come, in that one year alone,
// of which the person said nothing yet: enough for a question on their own
// page, not for a mail. nil: there is none, or history may not be used.
func Hint(ctx context.Context, q db.Q, id customer.ID, zone *time.Location, now time.Time) (*Event, error) {
	var b *Buyer
	if err := buyers(ctx, q, id, zone, func(_ customer.ID, one *Buyer) { b = one }); err != nil || b == nil {
		return nil, err
	}
	told, err := dates(ctx, q, id)
	if err != nil {
		return nil, err
	}
	b.Told = anchors(told[id])
	kinds := []catalog.CategoryID{}
	for _, e := range b.Events {
		if !slices.Contains(kinds, e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}
	s, err := habits(ctx, q, kinds)
	if err != nil {
		return nil, err
	}
	once := s.Once(b, Today(now, zone))
	if len(once) == 0 {
		return nil, nil
	}
	have, err := all(ctx, q, id) // with those that were taken out
	if err != nil {
		return nil, err
	}
	for i := len(once) - 1; i >= 0; i-- { // the day that comes first
		e := &once[i]
		at := e.anchor()
		if !slices.ContainsFunc(have, func(o Occasion) bool { return o.near(at) }) && !slices.ContainsFunc(b.Told, at.near) {
			return e, nil
		}
	}
	return nil, nil
}

// anchor is the day of the year on which it happened.
func (e *Event) anchor() Anchor { return Anchor{Month: int(e.Day.Month()), Day: e.Day.Day()} }

// AnswerHint keeps what somebody made of the hint of an order: a need of theirs
// each year, or nothing to be asked again. A hint that is no more is NotFound.
func AnswerHint(ctx context.Context, tx *db.Tx, id customer.ID, order string, yes bool, zone *time.Location, now time.Time) error {
	if err := customer.Turn(ctx, tx, fmt.Sprint("occasion:", int64(id))); err != nil {
		return err
	}
	e, err := Hint(ctx, tx, id, zone, now)
	if err != nil {
		return err
	}
	if e == nil || e.Order != order {
		return fault.New(fault.NotFound, "occasion.unknown")
	}
	reminded, err := remindedOf(ctx, tx, id)
	if err != nil {
		return err
	}
	at := e.anchor()
	o := &Occasion{CustomerID: id, Source: FromOrders, State: NotAgain, Month: at.Month, Day: at.Day, Kinds: []catalog.CategoryID{e.Kind},
		Evidence: []Proof{{e.Order, e.Day.Format(time.DateOnly), e.Kind, e.Product}}, Years: 1, OfYears: 1, CreatedAt: db.At(now)}
	if yes {
		o.State, o.Confidence = Confirmed, 1 // they said so
	}
	o.RemindAt = o.remind(now, zone, reminded)
	return write(ctx, tx, o, nil, now)
}
