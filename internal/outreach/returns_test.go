package outreach_test

import (
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
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
