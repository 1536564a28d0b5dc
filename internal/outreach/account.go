package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// Register takes the mail jobs: confirmations, account mails, answers, and
// each minute the reminders.
func (d *Desk) Register(r *jobs.Runner) {
	jobs.Work(r, func(ctx context.Context, j order.Placed) error {
		return errors.Join(d.Confirm(ctx, order.ID(j.Order), d.Now()), d.Notify(ctx, order.ID(j.Order), d.Now()))
	})
	jobs.Work(r, func(ctx context.Context, j order.Moved) error { return d.moved(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j order.Sent) error { return d.sent(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j OrderMailAgain) error { return d.again(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j payment.Reminder) error {
		return d.remindOfTransfer(ctx, order.ID(j.Order), d.Now())
	})
	jobs.Work(r, func(ctx context.Context, j credit.Mail) error { return d.card(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j AccountMail) error { return d.account(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j GuestAsk) error { return d.askGuest(ctx, cart.ID(j.Cart), d.Now()) })
	d.registerShelf(r)
	ask.Register(r, d.DB, d.Settings, d.Now, d.Log)
	jobs.Work(r, func(ctx context.Context, j QuestionMail) error { return d.question(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j TextTest) error { return d.testText(ctx, j, d.Now()) })
	jobs.Work(r, func(ctx context.Context, j CartMail) error { return d.mailCart(ctx, j, d.Now()) })
	jobs.Work(r, func(_ context.Context, j ForgetMails) error {
		if f, ok := d.Mailer.(*Folder); ok {
			return f.remove(j.IDs)
		}
		return nil // what a mail server took is out of our hands
	})
	for _, sweep := range d.Sweeps() {
		r.Every(sweep.Name, sweep.Every, func(ctx context.Context) error { return sweep.Do(ctx, d.Now()) })
	}
}

// Sweep is a sender that looks by the clock for whom it has something to say.
// It also asks the gate again about its own messages that were put off and
// whose time has come. Running it twice at one moment sends nothing twice.
type Sweep struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context, now time.Time) error
}

// Sweeps lists every sender that goes by the clock.
func (d *Desk) Sweeps() []Sweep {
	return []Sweep{
		{"followup", time.Minute, func(ctx context.Context, now time.Time) error {
			_, err := d.FollowUp(ctx, now)
			return err
		}},
		{"tier-mails", time.Minute, d.TellTiers},
		{"back-in-stock", time.Minute, d.TellBack},
		{"cards", 10 * time.Minute, d.Greet},
		{"specials", time.Minute, d.SendSpecials},
		{"refills", 3 * time.Hour, d.RemindRefills},
		{"recommendations", time.Hour, d.Recommend},
		{"saved-searches", time.Hour, d.TellFinds},
		{"mail-overdue", time.Minute, d.EndOverdue},
		{"mail-late", time.Minute, d.TellLate},
		{"mail-back", time.Minute, d.ReadBack},
		{"occasions", 10 * time.Minute, d.RemindOccasions},
		{"lists", 10 * time.Minute, d.RemindLists},
		{"campaigns", time.Minute, d.SendCampaigns},
		{"owner-notices", time.Minute, d.TellOwners},
	}
}

// The pages that links of account mails lead to; the token follows.
const (
	VerifyPath = "/verify/"
	ResetPath  = "/reset/"
	ChangePath = "/change-email/"
	SignInPath = "/signin"
	TeamPath   = "/team/"
	ForgotPath = "/forgot"
	SignUpPath = "/signup"
	AgreePath  = "/confirm/"
)

// accountMails says of each account mail where its link leads and for how
// many hours it is good.
var accountMails = map[string]struct {
	path  string
	hours int
}{
	VerifyEmail:   {VerifyPath, 48},
	ResetPassword: {ResetPath, 1},
	ChangeEmail:   {ChangePath, 24},
	AccountExists: {SignInPath, 0},
	NoAccount:     {SignUpPath, 0},
	StaffLink:     {TeamPath, 48},

	ConfirmConsent: {AgreePath, int(customer.ConfirmFor / time.Hour)},
}

// LinkFor is how long the link of an account mail works: what a page gives
// customer.Issue as ttl.
func LinkFor(template string) time.Duration {
	return time.Duration(accountMails[template].hours) * time.Hour
}

// Enqueue puts an account mail into the queue with the transaction's fate.
func Enqueue(ctx context.Context, tx *db.Tx, m AccountMail, now time.Time) error {
	kind, ok := accountMails[m.Template]
	if !ok || (m.Token == "") != (kind.hours == 0) {
		return fmt.Errorf("mail %q of an account: no such mail, or its token is missing", m.Template)
	}
	m.At = now.UnixMilli()
	return jobs.Enqueue(ctx, tx, m)
}

// owe sends a message at least once: the row is there before the first try,
// a repeated try has the same Message-ID, and a row that says sent is the end.
// It returns nil when nothing more is to be done.
func (d *Desk) owe(ctx context.Context, s *Send, c Candidate, to Address, w letter, now time.Time) error {
	var decision Decision
	done := false
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		done = false
		fresh := *s
		fresh.State = Queued
		if _, err := d.put(ctx, tx, &fresh, now); err != nil {
			return err
		}
		have, err := byKey(ctx, tx, s.Key)
		if err != nil {
			return err
		}
		*s = *have
		if s.State == Sent || s.State == Withheld {
			done = true
			return nil
		}
		if decision, err = d.Decide(ctx, tx, c, now); err != nil {
			return err
		}
		switch decision.Verdict {
		case Withhold:
			_, err = move(ctx, tx, s.ID, s.State, map[string]any{"state": Withheld, "reason": decision.Reason}, now)
		case Defer:
			_, err = move(ctx, tx, s.ID, s.State, map[string]any{"state": Deferred, "reason": decision.Reason, "due_at": db.At(decision.Until)}, now)
		default:
			s.Attempts++
			_, err = move(ctx, tx, s.ID, s.State, map[string]any{"state": Queued, "reason": "", "attempts": s.Attempts}, now)
		}
		return err
	})
	if err != nil || done || decision.Verdict == Withhold {
		return err
	}
	if decision.Verdict == Defer {
		return deferred{decision.Until}
	}
	mail, err := d.compose(ctx, d.DB, s.Template, s, to, w, s.CreatedAt.Time)
	if err != nil {
		return err
	}
	failure := d.Mailer.Send(ctx, mail)
	set := map[string]any{"subject": mail.Subject, "state": Sent, "reason": "", "sent_at": db.At(now)}
	if failure != nil {
		set = map[string]any{"subject": mail.Subject, "state": Failed, "reason": because(failure)}
	}
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		if _, err := move(ctx, tx, s.ID, Queued, set, now); err != nil {
			return err
		}
		return d.heard(ctx, tx, s, failure, now)
	})
	if errors.Is(failure, ErrRefused) {
		d.Log.Warn("mail refused", "key", s.Key, "error", failure)
		failure = nil // trying again would not help; the row says so
	}
	return errors.Join(failure, err)
}

// deferred is how owe says that the gate wants to be asked again.
type deferred struct{ until time.Time }

func (deferred) Error() string { return "the gate put it off" }

func because(err error) string {
	switch {
	case errors.Is(err, ErrRefused):
		return "refused-by-server: " + short(err.Error(), 200)
	case errors.Is(err, ErrLater):
		return "mail-away: " + short(err.Error(), 200)
	}
	return "unknown-outcome: " + short(err.Error(), 200)
}

// Confirm mails the confirmation of a placed order, once. Simulated and
// imported orders get none: nobody waits for it.
func (d *Desk) Confirm(ctx context.Context, id order.ID, now time.Time) error {
	o, err := order.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.Simulated || o.Imported || o.Email == "" {
		return nil
	}
	return d.tell(ctx, o, OrderConfirmation, fmt.Sprintf("%s:%d", OrderConfirmation, o.ID), now)
}

func (d *Desk) orderLetter(o *order.Order, lines []order.Line, sums []order.Sum) letter {
	values := d.Settings.Now()
	price := func(a money.Amount) string { return i18n.Money(o.Lang, money.Price{Amount: a, Currency: o.Currency}) }
	words := &orderWords{Number: o.Number, Placed: i18n.DateTime(o.Lang, o.PlacedAt.In(values.Zone())), Total: price(o.Total), Paid: o.PaymentState == order.Paid}
	for _, s := range sums {
		words.Sums = append(words.Sums, sumLine(o, s)+" "+price(s.Amount))
	}
	if !o.DeliveryBy.IsZero() {
		words.By = i18n.Date(o.Lang, o.DeliveryBy.In(values.Zone()))
	}
	where := []string{o.Name, o.Line1, o.Line2, o.City + " " + o.Region + " " + o.Postcode, o.Country}
	if o.Line1 == "" {
		where = nil // goods that are not carried go nowhere
	}
	for _, part := range where {
		if part = headerLine(part); part != "" {
			words.Address = append(words.Address, part)
		}
	}
	w := letter{Name: o.Name, Order: words, footer: footer{why: "mail.foot.why.order"},
		Link: d.url(o.Lang, "/orders/"+o.Number+"?key="+url.QueryEscape(d.AccessKey(o.Number)))}
	for _, l := range lines {
		w.Goods = append(w.Goods, goodsLine(o.Lang, l.Name, l.Choices, l.Qty, money.Price{Amount: l.Total, Currency: o.Currency}))
	}
	return w
}

// sumLine names one amount of an order.
func sumLine(o *order.Order, s order.Sum) string {
	name, key := headerLine(s.Name.In(o.Lang)), "mail.sum."+s.Kind
	switch {
	case s.Kind == "delivery" && name != "":
		return i18n.T(o.Lang, "mail.sum.delivery.by", "name", name)
	case name != "":
		return name
	case s.Kind == "tax" && o.TaxIncluded:
		key = "mail.sum.tax.inside"
	}
	return i18n.T(o.Lang, key)
}

func (d *Desk) account(ctx context.Context, j AccountMail, now time.Time) error {
	kind, ok := accountMails[j.Template]
	if !ok || j.Email == "" {
		return nil // a job of another release; nobody can act on it
	}
	var owner *customer.Customer
	if j.Customer != 0 {
		c, err := customer.ByID(ctx, d.DB, customer.ID(j.Customer))
		if errors.Is(err, fault.NotFound) {
			return nil // erased since
		}
		if err != nil {
			return err
		}
		owner = c
	}
	sum := sha256.Sum256([]byte(j.Token + "\n" + customer.EmailKey(j.Email)))
	s := &Send{Key: fmt.Sprintf("%s:%s:%d", j.Template, hex.EncodeToString(sum[:10]), j.At), Class: Required, Template: j.Template,
		Email: customer.EmailKey(j.Email), Lang: i18n.ParseLang(j.Lang)}
	// No name: until the link is followed anybody may have typed this address.
	w := letter{Hours: kind.hours, Link: d.url(s.Lang, kind.path+url.PathEscape(j.Token)), footer: footer{why: "mail.foot.why.account"}}
	if owner != nil {
		s.CustomerID, s.Simulated = &owner.ID, owner.Simulated
	}
	wishes, err := d.wishes(ctx, j, now)
	if err != nil || j.Template == ConfirmConsent && len(wishes) == 0 {
		return err // taken back, confirmed or asked anew since
	}
	w.Wishes = wishes
	err = d.owe(ctx, s, Candidate{Class: Required, Email: j.Email, Customer: owner}, Address{Email: j.Email}, w, now)
	if kind.hours > 0 && err != nil && now.Sub(time.UnixMilli(j.At)) > time.Duration(kind.hours)*time.Hour {
		d.Log.Warn("account mail given up, its link is over", "key", s.Key, "error", err)
		return nil
	}
	return err
}
