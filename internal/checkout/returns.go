package checkout

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/order"
)

// Returnable is a line of an order as its shopper may send it back: Left units
// of it are out and in no return yet. Digital goods do not come back;
// sensitive ones only with an unbroken seal.
type Returnable struct {
	order.Line
	Left               int
	Digital, Sensitive bool
}

// ReturnOffer is what of an order can be sent back, and until when. A zero
// time has no end yet: not everything has left the house. Whole says that
// nothing left it, so that withdrawing cancels.
type ReturnOffer struct {
	Lines                      []Returnable
	CanReturn, CanWithdraw     bool
	ReturnUntil, WithdrawUntil time.Time
	Whole                      bool
	rest                       bool // something will not be sent any more
}

// Returns says what of an order can be sent back now.
func (d *Desk) Returns(ctx context.Context, q db.Q, o *order.Order, now time.Time) (*ReturnOffer, error) {
	offer := &ReturnOffer{}
	if o.Imported || o.State == order.Cancelled {
		return offer, nil
	}
	lines, err := order.Lines(ctx, q, o.ID)
	if err != nil {
		return nil, err
	}
	parcels, err := order.Parcels(ctx, q, o.ID)
	if err != nil {
		return nil, err
	}
	past, err := order.Past(ctx, q, o.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.VariantID, len(lines))
	for i := range lines {
		ids[i] = lines[i].VariantID
	}
	goods, err := catalog.Buyables(ctx, q, ids, o.Currency)
	if err != nil {
		return nil, err
	}
	out, some := o.Out(lines, parcels), false
	for i := range lines {
		l := Returnable{Line: lines[i], Left: out[lines[i].ID] - lines[i].ReturnedQty}
		l.Digital, l.Sensitive = goods[l.VariantID].Digital, goods[l.VariantID].Sensitive
		offer.rest = offer.rest || out[l.ID] < l.Shippable()
		some = some || l.Left > 0 && !l.Digital
		offer.Lines = append(offer.Lines, l)
	}
	arrived, zone := o.Arrived(past, parcels), d.Settings.Now().Zone()
	offer.Whole = o.DeliveryState == order.Unshipped && len(parcels) == 0
	days := d.Settings.Now().ReturnDays()
	if !arrived.IsZero() {
		offer.ReturnUntil, offer.WithdrawUntil = dayEnd(arrived, days, zone), dayEnd(arrived, order.WithdrawalDays, zone)
	}
	paid := o.PaymentState == order.Paid || o.PaymentState == order.PartlyRefunded
	offer.CanReturn = paid && some && days > 0 && (arrived.IsZero() || now.Before(offer.ReturnUntil))
	offer.CanWithdraw = offer.Whole && o.State == order.StatePlaced || paid && some && (arrived.IsZero() || now.Before(offer.WithdrawUntil))
	return offer, nil
}

// dayEnd is the end of the day so many days after another, in the shop's zone.
func dayEnd(at time.Time, days int, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d+days+1, 0, 0, 0, 0, zone)
}

// ReturnForm is what a shopper writes to send goods back: units by a line's
// position, why, and what they would like for them (order.Wishes; "" = what
// the shop thinks right).
type ReturnForm struct {
	Key    string
	Units  map[int]int
	Reason string
	Words  string
	Wish   string
}

// AskReturn asks staff to take goods of an order back. The same key finds the
// first return. Errors: fault.Invalid with fields (units, units-<position>,
// reason, words, wish); fault.Conflict when it is too late, or so much is not left.
func (d *Desk) AskReturn(ctx context.Context, id order.ID, f ReturnForm) (*order.Return, error) {
	var r *order.Return
	err := d.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		r, err = d.AskReturnIn(ctx, tx, id, f, order.ActorShopper, d.Now())
		return err
	})
	return r, err
}

// AskReturnIn is AskReturn inside a transaction.
func (d *Desk) AskReturnIn(ctx context.Context, tx *db.Tx, id order.ID, f ReturnForm, by string, now time.Time) (*order.Return, error) {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	var form fault.Form
	if !slices.Contains(order.Reasons, f.Reason) {
		form.Wrong("reason", "order.return.reason")
	}
	f.Words = strings.TrimSpace(f.Words)
	if len([]rune(f.Words)) > 1000 || f.Reason == "other" && f.Words == "" {
		form.Wrong("words", "order.return.words")
	}
	if f.Wish != "" && !slices.Contains(order.Wishes, f.Wish) {
		form.Wrong("wish", "order.return.wish")
	}
	if !validKey(f.Key) {
		form.Wrong("reason", "checkout.key.missing")
	}
	r := &order.Return{Key: f.Key, Kind: order.KindReturn, State: order.Asked, Reason: f.Reason, Words: f.Words, Wish: f.Wish}
	if again, err := order.ReturnByKey(ctx, tx, o.ID, f.Key); err != nil || again != nil {
		return again, err
	}
	offer, err := d.Returns(ctx, tx, o, now)
	if err != nil {
		return nil, err
	}
	if !offer.CanReturn {
		return nil, fault.New(fault.Conflict, "order.return.late", "number", o.Number)
	}
	most := offer.choose(&form, r, f.Units)
	if err := form.Err(); err != nil {
		return nil, err
	}
	_, err = o.Begin(ctx, tx, r, most, by, now)
	return r, err
}

// choose puts the units into the return, and says how many of each line may
// lie in returns at all.
func (offer *ReturnOffer) choose(form *fault.Form, r *order.Return, units map[int]int) map[int64]int {
	most := map[int64]int{}
	for i := range offer.Lines {
		l := &offer.Lines[i]
		n := units[l.Position]
		most[l.ID] = l.Left + l.ReturnedQty
		switch {
		case n == 0:
		case n < 0 || n > l.Left || l.Digital:
			form.Wrong(unitsField(l.Position), "order.return.most", "most", l.Left)
		default:
			r.Lines = append(r.Lines, order.ReturnLine{LineID: l.ID, Qty: n})
		}
	}
	if len(r.Lines) == 0 && len(fault.Fields(form.Err())) == 0 {
		form.Wrong("units", "order.return.none")
	}
	return most
}

// WithdrawForm is the declaration by which a shopper withdraws from the
// contract, or from some of its lines.
type WithdrawForm struct {
	Key   string
	Name  string
	Email string // where the receipt goes
	Units map[int]int
}

// WithdrawContract takes a declaration of withdrawal: of an order that did not
// leave the house it cancels all; else a return begins that nobody has to
// approve. Its receipt is mailed at once. The same key finds the first one.
// Errors: fault.Invalid with fields (name, email, units, units-<position>);
// fault.Conflict when the time is over.
func (d *Desk) WithdrawContract(ctx context.Context, id order.ID, f WithdrawForm) (*order.Return, error) {
	var r *order.Return
	err := d.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		r, err = d.withdraw(ctx, tx, id, f, d.Now())
		return err
	})
	return r, err
}

func (d *Desk) withdraw(ctx context.Context, tx *db.Tx, id order.ID, f WithdrawForm, now time.Time) (*order.Return, error) {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if again, err := order.ReturnByKey(ctx, tx, o.ID, f.Key); err != nil || again != nil {
		return again, err
	}
	var form fault.Form
	f.Name, f.Email = strings.TrimSpace(f.Name), strings.TrimSpace(f.Email)
	Form{}.text(&form, "name", f.Name, 120, true)
	if customer.CheckEmail(f.Email) != nil {
		form.Wrong("email", "checkout.email")
	}
	if !validKey(f.Key) {
		form.Wrong("name", "checkout.key.missing")
	}
	offer, err := d.Returns(ctx, tx, o, now)
	if err != nil {
		return nil, err
	}
	if !offer.CanWithdraw {
		return nil, fault.New(fault.Conflict, "order.withdraw.over", "number", o.Number)
	}
	r := &order.Return{Key: f.Key, Kind: order.KindWithdrawal, State: order.Approved, Name: f.Name, Email: f.Email}
	if offer.Whole {
		if err := form.Err(); err != nil {
			return nil, err
		}
		return r, d.withdrawWhole(ctx, tx, o, offer, r, now)
	}
	most := offer.choose(&form, r, f.Units)
	if err := form.Err(); err != nil {
		return nil, err
	}
	if _, err := o.Begin(ctx, tx, r, most, order.ActorShopper, now); err != nil || !offer.rest {
		return r, err
	}
	return r, order.Remark(ctx, tx, o, order.Flag+"the shopper withdrew ("+r.Number+"): do not send what is still here; refund it", order.ActorShopper, now)
}

// withdrawWhole keeps the declaration and cancels the order, also one that is
// being packed: the right does not wait for the parcel.
func (d *Desk) withdrawWhole(ctx context.Context, tx *db.Tx, o *order.Order, offer *ReturnOffer, r *order.Return, now time.Time) error {
	r.State, r.Outcome, r.ClosedAt = order.ReturnClosed, order.EndCancelled, db.At(now)
	for _, l := range offer.Lines {
		if n := l.Shippable(); n > 0 {
			r.Lines = append(r.Lines, order.ReturnLine{LineID: l.ID, Qty: n})
		}
	}
	if _, err := o.Begin(ctx, tx, r, nil, order.ActorShopper, now); err != nil {
		return err
	}
	return d.CancelIn(ctx, tx, o.ID, order.ActorShopper, "withdrawn from the contract", now)
}

// DecideReturnIn approves or refuses a return that was asked for; a refusal
// wants words for the shopper (fault.Invalid at answer).
func (d *Desk) DecideReturnIn(ctx context.Context, tx *db.Tx, number string, yes bool, answer, by string, now time.Time) error {
	o, r, err := d.lockReturn(ctx, tx, number)
	if err != nil {
		return err
	}
	to := order.Approved
	if r.Answer = strings.TrimSpace(answer); !yes {
		to = order.ReturnRefused
	}
	if n := len([]rune(r.Answer)); n > 1000 || n == 0 && !yes {
		var form fault.Form
		form.Wrong("answer", "order.return.answer")
		return form.Err()
	}
	return stepReturn(ctx, tx, o, r, to, by, "", now)
}

// Came is how many units of a line arrived: to be sold again, and not.
type Came struct{ Good, Lost int }

// ReceiveReturnIn counts what arrived of a return, by a line's position. Good
// units lie on the shelf again, the others are written off. What did not come
// can be asked for again.
func (d *Desk) ReceiveReturnIn(ctx context.Context, tx *db.Tx, number string, came map[int]Came, by string, now time.Time) error {
	o, r, err := d.lockReturn(ctx, tx, number)
	if err != nil {
		return err
	}
	lines, err := order.Lines(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(lines, func(a, b order.Line) int { return cmp.Compare(a.VariantID, b.VariantID) })
	var form fault.Form
	all := 0
	for _, l := range lines {
		for i := range r.Lines {
			if k := &r.Lines[i]; k.LineID == l.ID {
				c := came[l.Position]
				if c.Good < 0 || c.Lost < 0 || c.Good+c.Lost > k.Qty {
					form.Wrong(unitsField(l.Position), "order.return.came", "most", k.Qty)
				}
				k.Good, k.Lost, all = c.Good, c.Lost, all+c.Good+c.Lost
			}
		}
	}
	if all == 0 {
		form.Wrong("came", "order.return.nothing")
	}
	if err := form.Err(); err != nil {
		return err
	}
	if err := stepReturn(ctx, tx, o, r, order.ReturnReceived, by, "", now); err != nil {
		return err
	}
	for _, l := range lines {
		for _, k := range r.Lines {
			if k.LineID != l.ID || k.Came() == 0 {
				continue
			}
			if err := inventory.Return(ctx, tx, int64(o.ID), l.VariantID, k.Good, k.Lost, "return:"+r.Number+":"+unitsField(l.Position), now); err != nil {
				return err
			}
		}
	}
	return d.allBack(ctx, tx, o, lines, by, now)
}

// allBack moves the delivery axis once everything that was sent has come back.
// An order of which nobody told that it arrived is over with it: there is
// nothing left that could.
func (d *Desk) allBack(ctx context.Context, tx *db.Tx, o *order.Order, lines []order.Line, by string, now time.Time) error {
	all, err := order.ReturnsOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	missing := 0
	for i := range lines {
		missing += lines[i].Shippable()
	}
	for _, r := range all {
		for _, l := range r.Lines {
			missing -= l.Came()
		}
	}
	if missing > 0 || o.DeliveryState == order.Unshipped {
		return nil
	}
	steps := []order.Step{{Axis: order.DeliveryAxis, To: string(order.Returned), By: by, At: now}}
	if o.State == order.StatePlaced && !(o.AtDoor && o.PaymentState == order.Pending) {
		steps = append(steps, order.Step{Axis: order.OrderAxis, To: string(order.Completed), By: by, At: now})
	}
	_, err = o.Walk(ctx, tx, steps)
	return err
}

// lockReturn reads a return with its order locked.
func (d *Desk) lockReturn(ctx context.Context, tx *db.Tx, number string) (*order.Order, *order.Return, error) {
	r, err := order.ReturnByNumber(ctx, tx, number)
	if err != nil {
		return nil, nil, err
	}
	o, err := order.Lock(ctx, tx, r.OrderID)
	if err != nil {
		return nil, nil, err
	}
	r, err = order.ReturnByID(ctx, tx, r.ID) // as it is with the order locked
	return o, r, err
}

func stepReturn(ctx context.Context, tx *db.Tx, o *order.Order, r *order.Return, to order.ReturnState, by, words string, now time.Time) error {
	moved, err := o.Step(ctx, tx, r, to, by, words, now)
	if err == nil && !moved {
		err = fault.New(fault.Conflict, "order.return.step", "number", r.Number)
	}
	return err
}
