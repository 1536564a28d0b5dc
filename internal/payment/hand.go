package payment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
)

// byHand is what the ways to pay have in common that no provider tells us of.
type byHand struct{}

// Start leads nowhere: the order's page says what to do.
func (byHand) Start(context.Context, Charge) (Started, error) { return Started{}, nil }

// transfer is money by bank, to the account that the settings name.
type transfer struct{ byHand }

func (transfer) Code() string    { return TransferCode }
func (transfer) Name() i18n.Text { return said("payment.transfer") }

func (transfer) Terms(set setting.Values) Terms {
	return Terms{ByHand: true, Keep: set.TransferDays()}
}

// Serves everybody, once the shop has said where the money goes.
func (transfer) Serves(set setting.Values, _ Bill) bool {
	return set.Get("payment.transfer.details") != ""
}

func (t transfer) Before(set setting.Values) i18n.Text {
	return said("payment.transfer.before", "count", int(set.TransferDays()/(24*time.Hour)))
}

func (t transfer) After(set setting.Values, o *order.Order, due money.Price) After {
	until := o.PlacedAt.Add(set.TransferDays()).In(set.Zone())
	a := After{Lead: i18n.Text{En: i18n.T(i18n.English, "payment.transfer.after", "amount", due, "date", until),
		Zh: i18n.T(i18n.Chinese, "payment.transfer.after", "amount", due, "date", until)}}
	en := set.Get("payment.transfer.details")
	a.Rows = append(a.Rows, details(en, cmp.Or(set.Get("payment.transfer.details.zh"), en))...)
	return After{a.Lead, append(a.Rows,
		Row{said("payment.transfer.amount"), i18n.Text{En: i18n.Money(i18n.English, due), Zh: i18n.Money(i18n.Chinese, due)}},
		Row{said("payment.transfer.reference"), i18n.Text{En: o.Number, Zh: o.Number}})}
}

// details reads "Holder: Willowmere Ltd; IBAN: DE12 …" into rows, the same
// parts in both languages.
func details(en, zh string) []Row {
	parts := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' })
	}
	split := func(s string) (label, value string) {
		s = strings.TrimSpace(s)
		i := strings.IndexAny(s, ":：")
		if i < 0 {
			return "", s
		}
		return s[:i], strings.TrimLeft(s[i:], ":： ")
	}
	all, theirs := parts(en), parts(zh)
	if len(theirs) != len(all) {
		theirs = all
	}
	rows := make([]Row, len(all))
	for i := range all {
		rows[i].Label.En, rows[i].Value.En = split(all[i])
		rows[i].Label.Zh, rows[i].Value.Zh = split(theirs[i])
	}
	return rows
}

// atDoor is money for the courier; the order may leave the house before.
type atDoor struct{ byHand }

func (atDoor) Code() string                      { return DoorCode }
func (atDoor) Name() i18n.Text                   { return said("payment.cod") }
func (atDoor) Terms(setting.Values) Terms        { return Terms{ByHand: true, AtDoor: true} }
func (atDoor) Before(_ setting.Values) i18n.Text { return said("payment.cod.before") }

// Serves what is carried to a door, up to the limit, which is in the shop's
// own currency.
func (atDoor) Serves(set setting.Values, b Bill) bool {
	if b == (Bill{}) {
		return true
	}
	most, countries := set.DoorMost(), set.DoorCountries()
	return b.Carried && (most == 0 || b.Due.Currency == set.Currency() && b.Due.Amount <= most) &&
		(len(countries) == 0 || b.Country == "" || slices.Contains(countries, b.Country))
}

func (atDoor) After(_ setting.Values, o *order.Order, due money.Price) After {
	switch o.DeliveryState {
	case order.Shipped:
		return After{Lead: said("payment.cod.after.sent", "amount", due)}
	case order.Delivered:
		return After{Lead: said("payment.cod.after.brought", "amount", due)}
	}
	return After{Lead: said("payment.cod.after", "amount", due)}
}

// said is a message in both languages.
func said(key string, args ...any) i18n.Text {
	return i18n.Text{En: i18n.T(i18n.English, key, args...), Zh: i18n.T(i18n.Chinese, key, args...)}
}

// Reminder is the job that reminds a shopper of a transfer, when half of its
// time is over.
type Reminder struct {
	Order int64 `json:"order"`
}

// Kind names the job.
func (Reminder) Kind() string { return "payment.reminder" }

// RemindOf has the shopper of a new order reminded.
func RemindOf(ctx context.Context, tx *db.Tx, o *order.Order, t Terms, now time.Time) error {
	if !t.ByHand || t.AtDoor || o.Simulated {
		return nil
	}
	return jobs.Enqueue(ctx, tx, Reminder{int64(o.ID)}, jobs.At(now.Add(t.Keep/2)))
}

// Receipt is money that a member of staff saw arrive for an order. Key comes
// from the form; the same again changes nothing. Whole says that an order for
// which too much came is paid, and the rest goes back by hand; with no Amount,
// of what came before.
type Receipt struct {
	Key    string
	Amount money.Amount
	By     string
	Words  string
	Whole  bool
}

// Noted is what a receipt came to.
type Noted string

// What a receipt can come to.
const (
	NotedSeen  Noted = "seen"  // told before
	NotedPaid  Noted = "paid"  // exactly what was asked: the order is paid
	NotedLess  Noted = "less"  // not yet enough
	NotedMore  Noted = "more"  // too much; a person decides
	NotedExtra Noted = "extra" // for an order that asks for nothing any more
)

// NoteIn takes a receipt in for an order that is paid by hand. Only the exact
// amount, in one or in several receipts, makes it paid; anything else is
// flagged in words. The caller has locked the order.
func NoteIn(ctx context.Context, tx *db.Tx, o *order.Order, r Receipt, now time.Time) (Noted, error) {
	p, err := Latest(ctx, tx, o.ID)
	if err != nil {
		return "", err
	}
	if p == nil || p.Provider != TransferCode && p.Provider != DoorCode || p.Provider != o.PaymentCode {
		return "", fault.New(fault.Conflict, "payment.not-by-hand", "number", o.Number)
	}
	var form fault.Form
	if r.Amount < 0 || r.Amount == 0 && !r.Whole {
		form.Wrong("amount", "payment.receipt.amount")
	}
	if len(r.Key) < 16 || len(r.Key) > 100 {
		form.Wrong("key", "checkout.key.missing")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	if r.Amount == 0 {
		return p.enough(ctx, tx, o, r, now)
	}
	fresh, sum, err := p.receive(ctx, tx, r, now)
	if err != nil || !fresh {
		return NotedSeen, err
	}
	text := func(a money.Amount) string { return a.Decimal(p.Currency) + " " + string(p.Currency) }
	flag := func(words string) error { return order.Remark(ctx, tx, o, order.Flag+words, r.By, now) }
	switch {
	case p.State == Succeeded || p.State == Refunded:
		return NotedExtra, flag(fmt.Sprintf("%s more arrived after the order was paid; send it back by hand", text(r.Amount)))
	case sum < p.Amount:
		return NotedLess, flag(fmt.Sprintf("%s of %s arrived so far; ask for the rest, or send it back", text(sum), text(p.Amount)))
	case sum > p.Amount && !r.Whole:
		return NotedMore, flag(fmt.Sprintf("%s arrived where %s was asked; nothing was marked as paid", text(sum), text(p.Amount)))
	}
	if _, err := take(ctx, tx, o, p, "received:"+r.Key, OutcomePaid, now); err != nil {
		return "", err
	}
	if sum > p.Amount {
		err = flag(fmt.Sprintf("%s arrived where %s was asked; send %s back by hand", text(sum), text(p.Amount), text(sum-p.Amount)))
	}
	return NotedPaid, err
}

// enough makes an order paid for which more came than was asked: a person has
// decided. Told again it does nothing.
func (p *Payment) enough(ctx context.Context, tx *db.Tx, o *order.Order, r Receipt, now time.Time) (Noted, error) {
	if p.State == Succeeded || p.State == Refunded {
		return NotedSeen, nil
	}
	sum, err := arrived(ctx, tx, o.ID)
	if err != nil {
		return "", err
	}
	if sum <= p.Amount {
		var form fault.Form
		form.Wrong("amount", "payment.receipt.enough")
		return "", form.Err()
	}
	if _, err := take(ctx, tx, o, p, "received:"+r.Key, OutcomePaid, now); err != nil {
		return "", err
	}
	return NotedPaid, order.Remark(ctx, tx, o, fmt.Sprintf("%s%s %s counts as paid; send %s %s back by hand", order.Flag, sum.Decimal(p.Currency), p.Currency,
		(sum-p.Amount).Decimal(p.Currency), p.Currency), r.By, now)
}
