package outreach_test

import (
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
)

func TestEachStepOfAReturnIsTold(t *testing.T) {
	for lang, says := range map[i18n.Lang]map[string]string{
		i18n.English: {outreach.ReturnAsked: "Too small or too large", outreach.ReturnApproved: "Use the old box.", outreach.ReturnReceived: "is back with us",
			outreach.ReturnRefused: "It was worn.", outreach.OrderWithdrawn: "I withdraw from the contract"},
		i18n.Chinese: {outreach.ReturnAsked: "尺寸不合适", outreach.ReturnApproved: "Use the old box.", outreach.ReturnReceived: "我们已收到",
			outreach.ReturnRefused: "It was worn.", outreach.OrderWithdrawn: "本人就以下商品撤回合同"},
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			s := open(t, d)
			r := s.runner()
			o := s.orders("ann@example.com", nil, nil, monday)
			lines, err := order.Lines(ctx, d, o.ID)
			s.must(err)
			begin := func(kind, key string, state order.ReturnState) *order.Return {
				k := &order.Return{Key: key, Kind: kind, State: state, Reason: "small", Lines: []order.ReturnLine{{LineID: lines[0].ID, Qty: 1}}}
				if kind == order.KindWithdrawal {
					k.Reason, k.Name, k.Email = "", "Ann\r\nBcc: all@world.example", "elsewhere@example.com"
				}
				s.tx(func(tx *db.Tx) error {
					o.Lang = lang
					if err := tx.Query(ctx).Exec("UPDATE orders SET lang = ? WHERE id = ?", string(lang), int64(o.ID)).Error; err != nil {
						return err
					}
					_, err := o.Begin(ctx, tx, k, map[int64]int{lines[0].ID: 9}, order.ActorShopper, monday)
					return err
				})
				return k
			}
			step := func(k *order.Return, to order.ReturnState, answer string) {
				s.tx(func(tx *db.Tx) error {
					if k.Answer = answer; to == order.ReturnReceived {
						k.Lines[0].Good = 1
					}
					moved, err := o.Step(ctx, tx, k, to, "staff:1", "", monday)
					if !moved {
						t.Errorf("did not step to %s", to)
					}
					return err
				})
			}
			told := func(template string) {
				t.Helper()
				s.due(r)
				s.due(r)
				m := s.newest(template)
				if !strings.Contains(m.Text, says[template]) || !strings.Contains(m.Text, "BOTTLE") || strings.Contains(m.Text, "\nBcc") {
					t.Errorf("no %q in:\n%s\n%s", says[template], m.Subject, m.Text)
				}
			}
			one := begin(order.KindReturn, "key-of-the-form-1", order.Asked)
			told(outreach.ReturnAsked)
			step(one, order.Approved, "Use the old box.")
			told(outreach.ReturnApproved)
			step(one, order.ReturnReceived, "")
			told(outreach.ReturnReceived)
			two := begin(order.KindReturn, "key-of-the-form-2", order.Asked)
			told(outreach.ReturnAsked)
			step(two, order.ReturnRefused, "It was worn.")
			told(outreach.ReturnRefused)
			three := begin(order.KindWithdrawal, "key-of-the-form-3", order.Approved)
			told(outreach.OrderWithdrawn)
			if m := s.newest(outreach.OrderWithdrawn); !strings.Contains(m.To, "elsewhere@example.com") || !strings.Contains(m.Text, three.Number) || !strings.Contains(m.Text, "UTC") {
				t.Errorf("the receipt goes to %s:\n%s", m.To, m.Text)
			}
			if n := len(s.decisions()); n != 6 {
				t.Errorf("%d mails", n)
			}
		})
	}
}

// The mail says how much there is, and how to spend it: with the account, or
// with a code that follows.
func TestCreditForAReturnIsTold(t *testing.T) {
	for _, guest := range []bool{false, true} {
		for lang, says := range map[i18n.Lang][2]string{i18n.English: {"tick “Use my store credit”", "Its code comes in a mail of its own"}, i18n.Chinese: {"勾选“使用账户余额”", "卡号会另发邮件"}} {
			s := open(t, dbtest.SQLite(t))
			s.desk.CardCode = func(token string) string { return "CODE-OF-THE-CARD" }
			r := s.runner()
			o := s.orders("ann@example.com", nil, nil, monday)
			lines, err := order.Lines(ctx, s.db, o.ID)
			s.must(err)
			ret := &order.Return{Key: "key-of-the-form-1", Kind: order.KindReturn, State: order.Approved, Reason: "small", Lines: []order.ReturnLine{{LineID: lines[0].ID, Qty: 1}}}
			s.tx(func(tx *db.Tx) error {
				if !guest {
					k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "ann@example.com"}, monday)
					if err != nil {
						return err
					}
					o.CustomerID = &k.ID
				}
				if err := tx.Query(ctx).Exec("UPDATE orders SET lang = ?, customer_id = ? WHERE id = ?", string(lang), o.CustomerID, int64(o.ID)).Error; err != nil {
					return err
				}
				p, err := payment.Plan(ctx, tx, o, payment.TestCode, o.Total, 0, monday)
				if err != nil {
					return err
				}
				if _, err := payment.SettleIn(ctx, tx, payment.TestCode, "e", p.Token, payment.OutcomePaid, monday); err != nil {
					return err
				}
				if o, err = order.Lock(ctx, tx, o.ID); err != nil {
					return err
				}
				if _, err = o.Begin(ctx, tx, ret, map[int64]int{lines[0].ID: 9}, order.ActorShopper, monday); err != nil {
					return err
				}
				ret.Lines[0].Good = 1
				if _, err = o.Step(ctx, tx, ret, order.ReturnReceived, "staff:1", "", monday); err != nil {
					return err
				}
				ret.Outcome, ret.Amount = order.EndCredit, 500
				if _, err := payment.GiveCredit(ctx, tx, o, payment.Refund{Key: "return:" + ret.Number, Amount: 500, Actor: "staff:1"}, []byte("a secret of this test"), "For what you sent back", monday); err != nil {
					return err
				}
				_, err = o.Step(ctx, tx, ret, order.ReturnClosed, "staff:1", "", monday)
				return err
			})
			s.due(r)
			s.due(r)
			want := says[0]
			if guest {
				want = says[1]
			}
			m := s.newest(outreach.ReturnCredited)
			if !strings.Contains(m.Text, want) || !strings.Contains(m.Text, "5.00") || !strings.Contains(m.Text, "BOTTLE") {
				t.Errorf("no %q in:\n%s\n%s", want, m.Subject, m.Text)
			}
			cards, refunds := 0, 0
			for _, row := range s.decisions() {
				switch row.Template {
				case outreach.GiftCard:
					cards++
				case outreach.OrderRefunded:
					refunds++
				}
			}
			if refunds != 0 || (cards == 1) != guest {
				t.Errorf("guest %v: %d mails with a code, %d of money on its way", guest, cards, refunds)
			}
		}
	}
}
