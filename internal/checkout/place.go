package checkout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
)

// Offer prices a cart with each delivery to a country, with the coupon kept
// with it, for nobody in particular. An empty country asks for any.
func (d *Desk) Offer(ctx context.Context, q db.Q, v *cart.View, country string) (*Offer, error) {
	a := Ask{Country: country}
	if v.Cart != nil {
		a.Coupon = v.Cart.Coupon
	}
	return d.OfferTo(ctx, q, v, a)
}

// OfferTo prices a cart with each delivery for whoever asks, for the cart and
// the checkout page.
func (d *Desk) OfferTo(ctx context.Context, q db.Q, v *cart.View, a Ask) (*Offer, error) {
	currency := d.Settings.Now().Currency()
	if v.Cart != nil {
		currency = v.Cart.Currency
	}
	methods, err := pricing.Methods(ctx, q, currency, a.Country, a.Region)
	if err != nil {
		return nil, err
	}
	deals, err := d.deals(ctx, q, a, wanted(v), d.Now())
	if err != nil {
		return nil, err
	}
	o, err := d.offer(wanted(v), methods, currency, a, deals)
	if err != nil {
		return nil, err
	}
	var accounts []credit.Account
	if a.Credit {
		if accounts, err = spendable(ctx, q, v.Cart, a.Person); err != nil {
			return nil, err
		}
	}
	d.payable(o, accounts)
	return o, nil
}

// Check looks a form over against the cart it is for, without placing
// anything. It returns fault.Invalid with every wrong field.
func (d *Desk) Check(ctx context.Context, q db.Q, v *cart.View, f Form) error {
	return d.check(ctx, q, nil, v, f.clean())
}

func (d *Desk) check(ctx context.Context, q db.Q, person *customer.Person, v *cart.View, f Form) error {
	offer, err := d.OfferTo(ctx, q, v, f.ask(person))
	if err != nil {
		return err
	}
	var form fault.Form
	f.check(&form, offer, pricing.Carried(wanted(v)))
	return form.Err()
}

// Place makes the person's cart an order and says where to pay. The same form
// again (double click, back button, ten at once) gets the same order, and so
// does another form for a cart that is an order already. Errors: fault.Invalid
// with fields; *ChangedError when the total is not seenTotal;
// *inventory.OutOfStockError; other fault.Conflicts in words.
func (d *Desk) Place(ctx context.Context, person *customer.Person, lang i18n.Lang, cartID cart.ID, f Form, seenTotal money.Amount) (*Placed, error) {
	f = f.clean()
	var done *Placed
	var err error
	if cartID != 0 {
		done, err = d.placeNow(ctx, person, lang, cartID, f, seenTotal)
	}
	if done == nil {
		first, failed := d.before(ctx, person, cartID, f)
		if failed != nil && (err == nil || fault.Kind(failed) != nil) {
			return nil, failed
		}
		if first == nil {
			return nil, err
		}
		done = first
	}
	return done, d.toPay(ctx, done)
}

// before finds the order that this form, or this cart, has become already. It
// is asked for carts that are gone, and once placing has failed: what keeps a
// form from becoming two orders is the unique key, and most forms are new.
func (d *Desk) before(ctx context.Context, person *customer.Person, cartID cart.ID, f Form) (*Placed, error) {
	o, err := order.ByPlaceKey(ctx, d.DB, f.Key)
	if errors.Is(err, fault.NotFound) {
		if cartID != 0 {
			return nil, nil
		}
		// The cart became an order in another tab a moment ago.
		last, err := cart.LastConverted(ctx, d.DB, person, d.Now().Add(-time.Hour))
		if err != nil {
			return nil, err
		}
		if last == nil {
			return nil, fault.New(fault.Conflict, "checkout.empty")
		}
		if o, err = order.ByCart(ctx, d.DB, int64(last.ID)); err != nil {
			return nil, err
		}
		return d.again(o), nil
	}
	if err != nil {
		return nil, err
	}
	if err := owned(ctx, d.DB, o, person); err != nil {
		return nil, err
	}
	if err := sameForm(o, f); err != nil {
		return nil, err
	}
	return d.again(o), nil
}

// owned refuses an order found by its key to anybody but its shopper, in the
// words of a cart that is not there.
func owned(ctx context.Context, q db.Q, o *order.Order, person *customer.Person) error {
	if o.CartID != nil {
		if c, err := cart.ByID(ctx, q, *o.CartID); err != nil || c.Owned(person) {
			return err
		}
	}
	return fault.New(fault.NotFound, "cart.unknown")
}

func (d *Desk) again(o *order.Order) *Placed {
	p := d.answer(o)
	p.Again = true
	return p
}

func (d *Desk) placeNow(ctx context.Context, person *customer.Person, lang i18n.Lang, cartID cart.ID, f Form, seenTotal money.Amount) (*Placed, error) {
	if err := d.lookOver(ctx, person, cartID, f); err != nil {
		return nil, err
	}
	var done *Placed
	err := d.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		done, err = d.place(ctx, tx, person, lang, cartID, f, seenTotal, d.Now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// lookOver refuses a form with typing errors before the transaction: they are
// the common case and need no lock. What was written well is judged there
// alone, with its cart, so that nothing is read twice.
func (d *Desk) lookOver(ctx context.Context, person *customer.Person, cartID cart.ID, f Form) error {
	var typed fault.Form
	if f.typed(&typed); typed.Err() == nil {
		return nil
	}
	c, err := cart.ByID(ctx, d.DB, cartID)
	if err != nil || c.State != cart.StateOpen || !c.Owned(person) {
		return err
	}
	v, err := cart.Items(ctx, d.DB, c)
	if err != nil || len(v.Items) == 0 {
		return err
	}
	return d.check(ctx, d.DB, person, v, f)
}

// PlaceIn is the body of Place inside the caller's transaction, at the
// caller's time. It does not ask the gateway. Orders of simulated carts are
// marked so and enqueue nothing.
func (d *Desk) PlaceIn(ctx context.Context, tx *db.Tx, person *customer.Person, lang i18n.Lang, cartID cart.ID, f Form, seenTotal money.Amount, now time.Time) (*Placed, error) {
	return d.place(ctx, tx, person, lang, cartID, f.clean(), seenTotal, func() time.Time { return now })
}

// place asks what time it is once it has the cart: while it waited for the
// lock another tab may have gone on, and the order comes after all of that.
func (d *Desk) place(ctx context.Context, tx *db.Tx, person *customer.Person, lang i18n.Lang, cartID cart.ID, f Form, seenTotal money.Amount, clock func() time.Time) (*Placed, error) {
	c, err := cart.Lock(ctx, tx, cartID)
	if err != nil {
		return nil, err
	}
	if !c.Owned(person) {
		return nil, fault.New(fault.NotFound, "cart.unknown")
	}
	now := latest(clock(), c.ActiveAt.Time)
	if c.State == cart.Converted {
		first, err := order.ByCart(ctx, tx, int64(c.ID))
		if err != nil {
			return nil, err
		}
		if first.PlaceKey == f.Key {
			if err := sameForm(first, f); err != nil {
				return nil, err
			}
		}
		return d.again(first), nil
	}
	if c.State != cart.StateOpen {
		return nil, fault.New(fault.Conflict, "cart.closed")
	}
	v, err := cart.Items(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	methods, err := pricing.Methods(ctx, tx, c.Currency, f.Country, f.Region)
	if err != nil {
		return nil, err
	}
	if err := whole(v); err != nil {
		return nil, err
	}
	if err := entitled(ctx, tx, v); err != nil {
		return nil, err
	}
	deals, err := d.deals(ctx, tx, f.ask(person), wanted(v), now)
	if err != nil {
		return nil, err
	}
	offer, err := d.offer(wanted(v), methods, c.Currency, f.ask(person), deals)
	if err != nil {
		return nil, err
	}
	var accounts []credit.Account
	if f.Credit != nil {
		if accounts, err = spendable(ctx, tx, c, person); err != nil {
			return nil, err
		}
	}
	d.payable(offer, accounts)
	var form fault.Form
	f.check(&form, offer, pricing.Carried(wanted(v)))
	if err := form.Err(); err != nil {
		return nil, err
	}
	quote := offer.With(f.Delivery)
	if seenTotal >= 0 && seenTotal != quote.Total {
		return nil, changed(quote)
	}
	if f.Credit != nil && offer.Credit(quote) != offer.shown(f.Credit, quote) {
		return nil, changed(quote)
	}
	return d.write(ctx, tx, person, v, offer, f, lang, now)
}

// whole refuses a cart that cannot be bought exactly as it stands.
func whole(v *cart.View) error {
	if len(v.Items) == 0 {
		return fault.New(fault.Conflict, "checkout.empty")
	}
	for _, item := range v.Items {
		switch item.Problem {
		case cart.Gone:
			return fault.New(fault.Conflict, "checkout.gone", "name", item.Buyable.Name)
		case cart.SoldOut, cart.Less:
			return &inventory.OutOfStockError{Variant: item.Line.VariantID, Left: max(0, item.Buyable.Available)}
		}
		if most := item.Buyable.MaxQty; most > 0 && item.Line.Qty > most { // rationed since it was put in
			return fault.New(fault.Conflict, "checkout.most", "count", most, "name", item.Buyable.Name)
		}
	}
	return nil
}

// write is the placing itself: everything that has to be true together.
func (d *Desk) write(ctx context.Context, tx *db.Tx, person *customer.Person, v *cart.View, offer *Offer, f Form, lang i18n.Lang, now time.Time) (*Placed, error) {
	quote := offer.With(f.Delivery)
	c, bundles := v.Cart, map[catalog.VariantID]bool{}
	for _, item := range v.Items {
		bundles[item.Line.VariantID] = item.Buyable.Bundle
	}
	o := d.compose(c, quote, f, lang, now)
	if due := offer.Due(quote); due == 0 && o.Total > 0 {
		o.PaymentCode = coverCode(offer)
	} else {
		o.AtDoor = d.Pay.Terms(d.Settings.Now(), o.PaymentCode).AtDoor
	}
	created, err := order.Create(ctx, tx, o, linesOf(quote, v.Lines()), d.access, now)
	if err != nil {
		return nil, err
	}
	if !created { // the key was used for another cart
		if err := owned(ctx, tx, o, person); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.Conflict, "checkout.key", "number", o.Number)
	}
	if err := d.planCards(ctx, tx, o, quote, f, now); err != nil {
		return nil, err
	}
	hold := make([]inventory.Line, len(quote.Lines))
	for i, l := range quote.Lines {
		hold[i] = inventory.Line{Variant: l.Variant, Qty: l.Qty, Single: !bundles[l.Variant]}
	}
	held := now.Add(d.keep(o.PaymentCode))
	goods, err := inventory.Reserve(ctx, tx, int64(o.ID), hold, held, now)
	if err == nil && goods.Late && f.AllHere {
		err = fault.New(fault.Conflict, "checkout.waits")
	}
	if err == nil && goods.Late && quote.Method != nil {
		err = o.Postpone(ctx, tx, arrival(quote.Method, goods.Due))
	}
	if err != nil {
		return nil, fmt.Errorf("place order %s: %w", o.Number, err)
	}
	due, drawn := o.Total-offer.Credit(quote), 0
	if due < o.Total {
		if _, drawn, err = payment.Draw(ctx, tx, o, offer.accounts(), o.Total-due, 0, now); err != nil {
			return nil, fmt.Errorf("place order %s: %w", o.Number, err)
		}
	}
	who, day := f.ask(person).buyer(), pricing.Day(now, d.Settings.Now().Zone())
	if err := pricing.Claim(ctx, tx, int64(o.ID), quote, who, day, now); err != nil {
		return nil, fmt.Errorf("place order %s: %w", o.Number, err)
	}
	if err := cart.Convert(ctx, tx, c, f.Email, f.MailOK, f.Delivery, f.Payment, o.Number, now); err != nil {
		return nil, fmt.Errorf("place order %s: %w", o.Number, err)
	}
	done := d.answer(o)
	done.held = held
	switch {
	case o.Total == 0:
		err = payment.Free(ctx, tx, o, now)
	case due == 0:
		err = payment.Covered(ctx, tx, o, now)
	default:
		done.Payment, err = d.plan(ctx, tx, o, due, drawn, now)
	}
	if err == nil && !o.Simulated {
		err = jobs.Enqueue(ctx, tx, order.Placed{Order: int64(o.ID)})
	}
	if err != nil {
		return nil, fmt.Errorf("place order %s: %w", o.Number, err)
	}
	return done, nil
}

func (d *Desk) compose(c *cart.Cart, quote *pricing.Quote, f Form, lang i18n.Lang, now time.Time) *order.Order {
	o := &order.Order{Number: d.number(), PlaceKey: f.Key, PlaceHash: f.hash(), CartID: &c.ID, CustomerID: c.CustomerID,
		Email: f.Email, Phone: f.Phone, Lang: lang, Name: f.Name, Country: f.Country, Line1: f.Line1, Line2: f.Line2,
		City: f.City, Region: f.Region, Postcode: f.Postcode, Currency: quote.Currency, Subtotal: quote.Subtotal,
		Discount: quote.Discount, Delivery: quote.Delivery, Tax: quote.Tax, TaxIncluded: quote.TaxIncluded, Total: quote.Total, DeliveryRate: quote.DeliveryRate, DeliveryTax: quote.DeliveryTax,
		PaymentCode: f.Payment, Simulated: c.Simulated}
	if m := quote.Method; m != nil {
		o.DeliveryCode, o.DeliveryName = m.Code, m.Name
		o.DeliveryBy = db.At(m.By(now, d.Settings.Now().Zone()))
	}
	return o
}

// arrival is the promised day of goods that are expected at due; never where
// nobody knows that day.
func arrival(m *pricing.Method, due time.Time) db.Time {
	if due.IsZero() {
		return db.Time{}
	}
	return db.At(due.AddDate(0, 0, m.DaysMax))
}

func linesOf(q *pricing.Quote, wished []cart.Line) []order.Line {
	from := make(map[catalog.VariantID]string, len(wished))
	for _, l := range wished {
		from[l.VariantID] = l.Origin
	}
	lines := make([]order.Line, len(q.Lines))
	for i, l := range q.Lines {
		lines[i] = order.Line{ProductID: l.Product, VariantID: l.Variant, SKU: l.SKU, Name: l.Name, Choices: l.Choices, Qty: l.Qty,
			UnitPrice: l.Unit, Discount: l.Discount, Tax: l.Tax, Total: l.Total, TaxClass: l.TaxClass, TaxRate: l.TaxRate, Words: l.Words, UnitCost: l.Cost, Origin: from[l.Variant]}
	}
	return lines
}

// toPay asks the gateway where the shopper pays; it runs outside of any
// transaction. A gateway that is away leaves the order as it is: it stands,
// and its page offers to pay.
func (d *Desk) toPay(ctx context.Context, done *Placed) error {
	if !done.Order.Open() {
		return nil
	}
	p := done.Payment // planned a moment ago, unless the order was there before
	if p == nil {
		var err error
		if p, err = payment.Latest(ctx, d.DB, done.Order.ID); err != nil || p == nil || !p.Live() {
			return err
		}
	}
	now, held := d.Now(), done.held
	if held.IsZero() {
		until, counted, err := inventory.Until(ctx, d.DB, int64(done.Order.ID))
		if err != nil {
			return err
		}
		if held = until; !counted {
			held = now.Add(d.Settings.Now().Hold())
		}
	}
	url, err := d.Pay.Start(ctx, d.DB, done.Order, p, held, now)
	if err != nil {
		d.Log.Error("payment could not be started", "order", done.Order.Number, "provider", p.Provider, "error", err)
		return nil
	}
	done.PayURL = url
	return nil
}
