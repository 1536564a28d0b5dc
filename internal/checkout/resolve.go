package checkout

import (
	"context"
	"strconv"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

func unitsField(position int) string { return "units-" + strconv.Itoa(position) }

// Resolution is what a return ends with. Amount is for EndRefund and EndCredit:
// what a person saw as Proposal, or chose instead.
type Resolution struct {
	Outcome string
	Amount  money.Amount
	Words   string
}

// Proposal is the refund that a received return comes to: what was paid for
// the units that came and were not refunded yet; the delivery, too, where
// everything came back by a withdrawal.
func (d *Desk) Proposal(ctx context.Context, q db.Q, o *order.Order, r *order.Return) (payment.Refund, error) {
	lines, err := order.Lines(ctx, q, o.ID)
	if err != nil {
		return payment.Refund{}, err
	}
	all, err := payment.Of(ctx, q, o.ID)
	if err != nil {
		return payment.Refund{}, err
	}
	part := payment.Part{Units: map[int]int{}, Delivery: r.Kind == order.KindWithdrawal && o.DeliveryState == order.Returned}
	for _, l := range lines {
		for _, k := range r.Lines {
			if k.LineID == l.ID {
				part.Units[l.Position] = min(k.Came(), l.Qty-l.CancelledQty-l.RefundedQty)
			}
		}
	}
	return part.Of(o, lines, payment.Stand(all).Left())
}

// ResolveReturnIn ends a return: with the money, with store credit, with the
// same goods again, or (also when nothing came) with nothing. Whoever withdrew
// from the contract gets money: the law wants it sent the way it came. Errors: fault.Invalid at outcome,
// amount or words; fault.Conflict when it ended already, the goods are gone,
// or the money is.
func (d *Desk) ResolveReturnIn(ctx context.Context, tx *db.Tx, number string, z Resolution, by string, now time.Time) error {
	o, r, err := d.lockReturn(ctx, tx, number)
	if err != nil {
		return err
	}
	var form fault.Form
	z.Words = strings.TrimSpace(z.Words)
	received := r.State == order.ReturnReceived
	switch {
	case received && z.Outcome == order.EndCredit && r.Kind == order.KindWithdrawal:
		form.Wrong("outcome", "order.return.credit-withdrawn")
	case received && (z.Outcome == order.EndRefund || z.Outcome == order.EndCredit) && z.Amount <= 0:
		form.Wrong("amount", "admin.refund.amount.wrong")
	case received && (z.Outcome == order.EndRefund || z.Outcome == order.EndCredit || z.Outcome == order.EndReplacement):
	case z.Outcome == order.EndNone && (received || r.State == order.Approved):
		if z.Words == "" {
			form.Wrong("words", "order.return.none-why")
		}
	case r.State == order.ReturnClosed || r.State == order.ReturnRefused:
		return fault.New(fault.Conflict, "order.return.step", "number", r.Number)
	default:
		form.Wrong("outcome", "order.return.outcome")
	}
	if len([]rune(z.Words)) > 300 {
		form.Wrong("words", "order.return.none-why")
	}
	if err := form.Err(); err != nil {
		return err
	}
	r.Outcome = z.Outcome
	switch z.Outcome {
	case order.EndRefund:
		r.Amount = z.Amount
		err = d.refundReturn(ctx, tx, o, r, z, by, now)
	case order.EndCredit:
		r.Amount = z.Amount
		err = d.creditReturn(ctx, tx, o, r, z, by, now)
	case order.EndReplacement:
		r.Replacement, err = d.replace(ctx, tx, o, r, now)
	}
	if err != nil {
		return err
	}
	return stepReturn(ctx, tx, o, r, order.ReturnClosed, by, z.Words, now)
}

// refundReturn gives the money of a return back: of its units, if the amount
// is theirs, else an amount as such.
func (d *Desk) refundReturn(ctx context.Context, tx *db.Tx, o *order.Order, r *order.Return, z Resolution, by string, now time.Time) error {
	back, err := d.Proposal(ctx, tx, o, r)
	if err != nil {
		return err
	}
	if back.Amount != z.Amount {
		back = payment.Refund{Amount: z.Amount, Tax: o.TaxOf(z.Amount)}
	}
	back.Key, back.Actor = "return:"+r.Number, by
	back.Reason = strings.TrimSpace(r.Number + " " + z.Words)
	_, err = payment.Give(ctx, tx, o, back, now)
	return err
}

// creditReturn owes the shopper the money of a return as credit. Its units
// count as refunded whatever the amount is, since nothing of them is owed in
// money any more.
func (d *Desk) creditReturn(ctx context.Context, tx *db.Tx, o *order.Order, r *order.Return, z Resolution, by string, now time.Time) error {
	back, err := d.Proposal(ctx, tx, o, r)
	if err != nil {
		return err
	}
	if back.Amount != z.Amount {
		back.Amount, back.Tax = z.Amount, o.TaxOf(z.Amount)
	}
	back.Key, back.Actor = "return:"+r.Number, by
	back.Reason = strings.TrimSpace(r.Number + " " + z.Words)
	_, err = payment.GiveCredit(ctx, tx, o, back, d.Secret, i18n.T(o.Lang, "order.return.card", "number", r.Number), now)
	return err
}

// replace places an order of the same goods for nothing. Its stock is taken by
// the usual way: *inventory.OutOfStockError if it is not there.
func (d *Desk) replace(ctx context.Context, tx *db.Tx, o *order.Order, r *order.Return, now time.Time) (order.ID, error) {
	old, err := order.Lines(ctx, tx, o.ID)
	if err != nil {
		return 0, err
	}
	var lines []order.Line
	var goods []inventory.Line
	for _, l := range old {
		for _, k := range r.Lines {
			if k.LineID == l.ID && k.Came() > 0 {
				lines = append(lines, order.Line{ProductID: l.ProductID, VariantID: l.VariantID, SKU: l.SKU, Name: l.Name, Choices: l.Choices, Qty: k.Came(), TaxClass: l.TaxClass, TaxRate: l.TaxRate})
				goods = append(goods, inventory.Line{Variant: l.VariantID, Qty: k.Came()})
			}
		}
	}
	n := &order.Order{Number: d.number(), PlaceKey: "replaces-" + r.Number, PlaceHash: order.HashAccess("replaces " + r.Number), CustomerID: o.CustomerID, Email: o.Email, Phone: o.Phone, Lang: o.Lang, Name: o.Name,
		Country: o.Country, Line1: o.Line1, Line2: o.Line2, City: o.City, Region: o.Region, Postcode: o.Postcode, Currency: o.Currency, TaxIncluded: o.TaxIncluded,
		DeliveryCode: o.DeliveryCode, DeliveryName: o.DeliveryName, PaymentCode: o.PaymentCode, DeliveryRate: o.DeliveryRate, Replaces: o.ID, Simulated: o.Simulated}
	if !o.DeliveryBy.IsZero() {
		n.DeliveryBy = db.At(now.Add(o.DeliveryBy.Sub(o.PlacedAt.Time)))
	}
	fresh, err := order.Create(ctx, tx, n, lines, d.access, now)
	if err != nil {
		return 0, err
	}
	if !fresh {
		return 0, fault.New(fault.Conflict, "order.return.step", "number", r.Number)
	}
	held, err := inventory.Reserve(ctx, tx, int64(n.ID), goods, now.Add(d.Settings.Now().Hold()), now)
	if err == nil && held.Late {
		by := db.Time{} // nobody knows when it comes
		if way := o.DeliveryBy.Sub(o.PlacedAt.Time); !held.Due.IsZero() && !o.DeliveryBy.IsZero() {
			by = db.At(held.Due.Add(way))
		}
		err = n.Postpone(ctx, tx, by)
	}
	if err != nil {
		return 0, err
	}
	if err := payment.Free(ctx, tx, n, now); err != nil || n.Simulated {
		return n.ID, err
	}
	return n.ID, jobs.Enqueue(ctx, tx, order.Placed{Order: int64(n.ID)})
}
