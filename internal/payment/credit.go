package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
)

// The codes of payments from a balance that the shop keeps itself: they are
// captured with the order, and no provider hears of them.
const (
	GiftCode   = "gift"
	CreditCode = "credit"
)

// FromCredit reports whether a payment came out of a gift card or store credit.
func (p *Payment) FromCredit() bool { return p.Provider == GiftCode || p.Provider == CreditCode }

// Draw pays an order from accounts, in their order, up to most in all. The
// payments are captured at once, as attempts after the given one. It returns
// what they took and the last attempt. The caller has locked order and
// accounts.
func Draw(ctx context.Context, tx *db.Tx, o *order.Order, accounts []credit.Account, most money.Amount, attempt int, now time.Time) (money.Amount, int, error) {
	var took money.Amount
	for i := range accounts {
		a := &accounts[i]
		part := min(a.Balance, most-took)
		if part <= 0 || a.Blocked || a.Currency != o.Currency {
			continue
		}
		attempt++
		p := Payment{OrderID: o.ID, Provider: GiftCode, Token: newToken(), Attempt: attempt, Amount: part, Currency: o.Currency, State: Succeeded,
			Captured: part, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
		if a.Kind == credit.Person {
			p.Provider = CreditCode
		}
		if err := tx.Query(ctx).Create(&p).Error; err != nil {
			return 0, 0, fmt.Errorf("draw on credit for order %s: %w", o.Number, err)
		}
		if _, err := first(ctx, tx, p.Provider, EventID(p.Token, OutcomePaid), OutcomePaid, &p, now); err != nil {
			return 0, 0, err
		}
		if _, err := credit.Spend(ctx, tx, a.ID, part, p.Token, int64(o.ID), now); err != nil {
			return 0, 0, err
		}
		took += part
	}
	return took, attempt, nil
}

// Covered makes an order paid that its credit pays whole; no provider hears of
// it.
func Covered(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	return outright(ctx, tx, o, "paid from credit", now)
}

// refill gives a part of a payment back to the account that it came from.
func (p *Payment) refill(ctx context.Context, tx *db.Tx, amount money.Amount, detail string, now time.Time) error {
	if !p.FromCredit() {
		return nil
	}
	_, err := credit.Return(ctx, tx, p.Token, amount, p.Token+":"+detail, now)
	return err
}

// unspend gives all that credit paid for an order back to it, since nobody
// will pay the rest.
func unspend(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	all, err := Of(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	locked := false
	for i := range all {
		p := &all[i]
		left := p.Captured - p.Refunded
		if !p.FromCredit() || left == 0 {
			continue
		}
		if !locked {
			if _, err := credit.LockOf(ctx, tx, int64(o.ID), nil); err != nil {
				return err
			}
			locked = true
		}
		if ok, err := p.promise(ctx, tx, left, now); err != nil || !ok {
			return err
		}
		op := Op{PaymentID: p.ID, Kind: opRefund, Key: opKey(opRefund, p, "unspent"), Amount: left, RefundID: overpaid, State: opKnown, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
		if _, err := writeOp(ctx, tx, op); err != nil {
			return err
		}
		if err := p.refill(ctx, tx, left, "unspent", now); err != nil {
			return err
		}
	}
	return nil
}

// drawAgain takes from the accounts that had paid a part of an order what went
// back to them when its time ran out. false: they have not so much any more.
func (s *Settled) drawAgain(ctx context.Context, tx *db.Tx, now time.Time) (bool, error) {
	all, err := Of(ctx, tx, s.Order.ID)
	if err != nil {
		return false, err
	}
	lack, attempt := s.Order.Total-s.Payment.Amount, 0
	for i := range all {
		if attempt = max(attempt, all[i].Attempt); all[i].FromCredit() {
			lack -= all[i].Captured - all[i].Refunded
		}
	}
	if lack <= 0 {
		return true, nil
	}
	locked, err := credit.LockOf(ctx, tx, int64(s.Order.ID), nil)
	if err != nil {
		return false, err
	}
	var theirs []credit.Account
	var there money.Amount
	for _, a := range locked {
		if a.OrderID != int64(s.Order.ID) && !a.Blocked {
			theirs, there = append(theirs, a), there+a.Balance
		}
	}
	if there < lack {
		return false, nil
	}
	_, _, err = Draw(ctx, tx, s.Order, theirs, lack, attempt, now)
	return true, err
}

// recall takes the gift cards that an order bought out of use before its
// money goes back. Of a part, the cards must stay paid by what is left.
func recall(ctx context.Context, tx *db.Tx, o *order.Order, whole bool, leaves money.Amount, by string, now time.Time) error {
	cards, err := credit.LockOf(ctx, tx, int64(o.ID), o.CustomerID)
	if err != nil {
		return err
	}
	if whole {
		return credit.Recall(ctx, tx, cards, int64(o.ID), by, now)
	}
	var out money.Amount
	for _, a := range cards {
		if a.OrderID == int64(o.ID) && !a.IssuedAt.IsZero() && !(a.Blocked && a.Balance == 0) {
			out += a.Value
		}
	}
	if leaves < out {
		return fault.New(fault.Conflict, "payment.refund-cards", "number", o.Number)
	}
	return nil
}

// handBack flags money that a person has to send back.
func (p *Payment) handBack(ctx context.Context, tx *db.Tx, o *order.Order, amount money.Amount, now time.Time) error {
	if p.Provider != TransferCode && p.Provider != DoorCode {
		return nil
	}
	return order.Remark(ctx, tx, o, fmt.Sprintf("%ssend %s %s back by hand", order.Flag, amount.Decimal(p.Currency), p.Currency), actor, now)
}
