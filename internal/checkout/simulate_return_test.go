package checkout_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
)

// comeBack asks to send goods of some order back, withdraws from it, or takes
// one of its returns a step on: with good units and lost ones, with money,
// credit, the same again, or nothing.
func (w *world) comeBack(c context.Context) (name string, err error) {
	name = "step of a return"
	kind, units := w.r.IntN(6), 1+w.r.IntN(2)
	err = w.sent(c, func(id order.ID) error {
		all, err := order.ReturnsOf(c, w.db, id)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].State != order.ReturnClosed && all[i].State != order.ReturnRefused && kind > 0 {
				return w.stepReturn(c, &all[i], kind)
			}
		}
		if kind > 0 && kind < 4 { // most have to arrive first
			if err := cmp.Or(late(w.desk.Ship(c, id, "staff:1")), late(w.desk.Deliver(c, id, "staff:1"))); err != nil {
				return err
			}
		}
		var r *order.Return
		key := fmt.Sprintf("come-back-of-step-%d-%d", w.seed, w.steps)
		if kind == 5 {
			name = "withdraw from the contract"
			r, err = w.desk.WithdrawContract(c, id, checkout.WithdrawForm{Key: key, Name: "Li Na", Email: "li@mail.example", Units: map[int]int{1: units}})
		} else {
			name = "ask to return"
			r, err = w.desk.AskReturn(c, id, checkout.ReturnForm{Key: key, Units: map[int]int{1: units}, Reason: "mind"})
		}
		if errors.Is(err, fault.Invalid) {
			return nil // asked for more than there is
		}
		for range w.r.IntN(4) { // and staff are quick
			if err == nil && r.State != order.ReturnClosed && r.State != order.ReturnRefused {
				if err = w.stepReturn(c, r, 1+w.r.IntN(5)); err == nil {
					r, err = order.ReturnByNumber(c, w.db, r.Number)
				}
			}
		}
		return err
	})
	return name, err
}

// late is an error that is not about the order being elsewhere.
func late(err error) error {
	if errors.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// sent is with for an order that left the house, where there is one and the
// seed says so.
func (w *world) sent(c context.Context, do func(order.ID) error) error {
	var ids []order.ID
	if err := w.db.Query(ctx).Raw("SELECT id FROM orders WHERE delivery_state <> 'unshipped' ORDER BY id").Scan(&ids).Error; err != nil {
		return err
	}
	if len(ids) == 0 || w.r.IntN(4) == 0 {
		return w.with(c, do)
	}
	return do(ids[w.r.IntN(len(ids))])
}

func (w *world) stepReturn(c context.Context, r *order.Return, kind int) error {
	o, err := order.ByID(c, w.db, r.OrderID)
	if err != nil {
		return err
	}
	return w.db.InTx(c, func(tx *db.Tx) error {
		switch r.State {
		case order.Asked:
			return w.desk.DecideReturnIn(c, tx, r.Number, kind > 1, "simulated", "staff:1", w.at)
		case order.Approved:
			came := checkout.Came{Good: r.Lines[0].Qty}
			if kind < 3 {
				came = checkout.Came{Lost: 1}
			}
			return w.desk.ReceiveReturnIn(c, tx, r.Number, map[int]checkout.Came{1: came}, "staff:1", w.at)
		}
		z := checkout.Resolution{Outcome: order.EndNone, Words: "simulated"}
		if kind < 3 {
			z.Outcome = order.EndReplacement
		} else if back, err := w.desk.Proposal(c, tx, o, r); err != nil {
			return err
		} else if back.Amount > 0 {
			if z.Outcome, z.Amount = order.EndRefund, back.Amount; kind == 4 && r.Kind == order.KindReturn {
				z.Outcome = order.EndCredit
			}
		}
		return w.desk.ResolveReturnIn(c, tx, r.Number, z, "staff:1", w.at)
	})
}
