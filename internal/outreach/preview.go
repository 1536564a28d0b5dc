package outreach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/art"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
)

// View says which mail is to be shown, and as whose.
type View struct {
	Template string
	Lang     i18n.Lang
	Draft    bool               // the draft and not what is in force
	As       *customer.Customer // nil: somebody made up
	Masked   bool               // whoever looks may not read names and addresses
}

// Preview writes a mail without sending it: with made-up contents, and as a
// person's own where it can be. A draft that cannot be sent is shown up to what
// is wrong with it, which is the error beside a mail that is empty.
func (d *Desk) Preview(ctx context.Context, q db.Q, look View) (Mail, error) {
	f, err := d.Form(look.Template, look.Lang)
	if err != nil {
		return Mail{}, err
	}
	w, err := d.exampleFor(ctx, q, look)
	if err != nil {
		return Mail{}, err
	}
	words, err := d.wordsFor(ctx, q, look)
	if err != nil {
		return Mail{}, err
	}
	var subject, body string
	if words != nil {
		if subject, body, err = d.written(words, w); err != nil && look.Draft {
			return Mail{}, err
		}
	}
	if words == nil || err != nil {
		if subject, body, err = d.own(f.Template, w); err != nil {
			return Mail{}, err
		}
	}
	mail, err := d.bothForms(subject, body, w)
	mail.Lang = look.Lang
	return mail, err
}

func (d *Desk) wordsFor(ctx context.Context, q db.Q, look View) (*Text, error) {
	if !look.Draft {
		return TextInForce(ctx, q, look.Template, look.Lang)
	}
	draft, _, err := Texts(ctx, q, look.Template, look.Lang)
	if draft == nil && err == nil {
		return TextInForce(ctx, q, look.Template, look.Lang)
	}
	return draft, err
}

// exampleFor is a letter to look at: made up, but for the name of a person and
// the newest order of theirs, which are own.
func (d *Desk) exampleFor(ctx context.Context, q db.Q, look View) (letter, error) {
	w := d.dressed(look.Lang, d.sample(look.Lang))
	w.footer.why = d.whyOf(look.Template)
	if isOffer(look.Template) {
		w.footer.unsubscribe = d.url(look.Lang, "/u/…")
	}
	if look.As == nil {
		return w, nil
	}
	w.Name = look.As.Name
	if look.Masked {
		w.Name = maskedName(look.As.Name)
	}
	w.Name = short(w.Name, mostOfName)
	if look.Masked {
		return w, nil // an order names goods, and where they go
	}
	orders, err := order.OfCustomer(ctx, q, look.As.ID, 1)
	if err != nil || len(orders) == 0 {
		return w, err
	}
	o := &orders[0]
	o.Lang = look.Lang
	lines, err := order.Lines(ctx, q, o.ID)
	if err != nil {
		return w, err
	}
	sums, err := order.Sums(ctx, q, o)
	if err != nil {
		return w, err
	}
	own := d.orderLetter(o, lines, sums)
	words := *w.Order
	words.Number, words.Placed, words.Total, words.Sums, words.Address, words.By, words.Paid = own.Order.Number, own.Order.Placed, own.Order.Total, own.Order.Sums, own.Order.Address, own.Order.By, own.Order.Paid
	w.Order, w.Goods = &words, own.Goods
	return w, d.depictOrder(ctx, &w, lines, o.Currency)
}

// maskedName is the first letter of each word.
func maskedName(name string) string {
	var out []rune
	begins := true
	for _, r := range short(name, mostOfName) {
		if r == ' ' {
			begins = true
			out = append(out, r)
		} else if begins {
			begins = false
			out = append(out, r, '•', '•', '•')
		}
	}
	return string(out)
}

// whyOf is the message at the foot of a mail that says why it came.
func (d *Desk) whyOf(template string) string {
	if key := "mail.foot.why." + template; i18n.Has(i18n.English, key) {
		return key
	}
	switch _, account := accountMails[template]; {
	case account:
		return "mail.foot.why.account"
	case strings.HasPrefix(template, FollowUpMail):
		return "mail.foot.why.followup"
	case feet[template] != "":
		return "mail.foot.why." + feet[template]
	}
	return "mail.foot.why.order"
}

var feet = map[string]string{GiftCard: "card", BackInStock: "back", CartSaved: "saved", ReviewRefused: "review", ContactReceived: "question", QuestionAnswered: "question"}

// testText sends a mail in the words of staff's, with made-up contents, to who
// asked for it. It says that it is a test.
func (d *Desk) testText(ctx context.Context, j TextTest, now time.Time) error {
	s, err := byID(ctx, d.DB, j.Send)
	if err != nil || s == nil || s.Template != TestMail || s.State == Sent || s.State == Withheld {
		return err
	}
	var decision Decision
	err = d.DB.InTx(ctx, func(tx *db.Tx) (err error) {
		decision, err = d.Decide(ctx, tx, Candidate{Class: Service, Email: s.Email, Asked: true}, now)
		return err
	})
	if err != nil {
		return err
	}
	if decision.Verdict == Withhold {
		return d.ended(ctx, s, Withheld, decision.Reason, "", now)
	}
	mail, err := d.Preview(ctx, d.DB, View{Template: j.Template, Lang: i18n.Lang(j.Lang), Draft: j.Draft})
	if err != nil && errors.Is(err, fault.Invalid) {
		return d.ended(ctx, s, Withheld, "broken-text", "", now)
	}
	if err != nil {
		return err
	}
	mark := i18n.T(s.Lang, "mail.text.test.subject")
	mail.ID, mail.To, mail.Subject, mail.Date = s.MessageID, Address{Email: s.Email}, short(mark+" "+mail.Subject, mostOfSubject), s.CreatedAt.Time
	failure := d.Mailer.Send(ctx, mail)
	state, reason := Sent, ""
	if failure != nil {
		state, reason = Failed, because(failure)
	}
	err = d.ended(ctx, s, state, reason, mail.Subject, now)
	if errors.Is(failure, ErrRefused) {
		failure = nil // the row says so
	}
	return errors.Join(failure, err)
}

func (d *Desk) ended(ctx context.Context, s *Send, state State, reason, subject string, now time.Time) error {
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		set := map[string]any{"state": state, "reason": reason, "subject": subject, "attempts": s.Attempts + 1}
		if state == Sent {
			set["sent_at"] = db.At(now)
		}
		_, err := move(ctx, tx, s.ID, s.State, set, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what became of test %d: %w", s.ID, err)
	}
	return nil
}

// Shown is the HTML of a mail for a page of the back office: pale or dark as it
// is asked for and not as the device says, with the picture from its address.
func (m Mail) Shown(dark bool) string {
	media := "not all"
	if dark {
		media = "all"
	}
	shown := strings.Replace(m.HTML, "@media (prefers-color-scheme: dark)", "@media "+media, 1)
	if m.Table != "" {
		shown = strings.ReplaceAll(shown, "cid:"+goodsID, "/art/"+art.Picture(m.Table, art.Widths[0]))
	}
	return shown
}
