package outreach_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
)

// walk takes an order some steps on and does what is due an hour later.
func (s *shop) walk(r *jobs.Runner, o *order.Order, at time.Time, steps ...order.Step) {
	s.Helper()
	s.tx(func(tx *db.Tx) error {
		now, err := order.Lock(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		for i := range steps {
			steps[i].At = at
		}
		if moved, err := now.Walk(ctx, tx, steps); err != nil || !moved {
			s.Fatalf("order did not move: %v %v", moved, err)
		}
		return nil
	})
	s.due(r)
}

func (s *shop) due(r *jobs.Runner) {
	s.Helper()
	if _, err := r.RunDue(ctx, time.Now().Add(hour)); err != nil {
		s.Fatal(err)
	}
}

// newest is the last mail about an order, by its template.
func (s *shop) newest(template string) *outreach.Letter {
	s.Helper()
	for _, row := range s.decisions() {
		if row.Template != template || row.State != outreach.Sent {
			continue
		}
		for _, m := range s.mails() {
			if strings.Contains(m.Header.Get("Message-Id"), row.MessageID) {
				return m
			}
		}
	}
	s.Fatalf("no %s mail; rows %+v", template, s.decisions())
	return nil
}

func TestEveryStepIsToldOnceInTheShoppersLanguage(t *testing.T) {
	paid := order.Step{Axis: order.PaymentAxis, To: string(order.Paid), By: "payment"}
	looked := order.Step{Axis: order.PaymentAxis, To: string(order.Processing), By: "payment"}
	declined := order.Step{Axis: order.PaymentAxis, To: string(order.Failed), By: "payment"}
	shipped := order.Step{Axis: order.DeliveryAxis, To: string(order.Shipped), By: "staff:1"}
	delivered := order.Step{Axis: order.DeliveryAxis, To: string(order.Delivered), By: "staff:1"}
	refunded := order.Step{Axis: order.PaymentAxis, To: string(order.Refunded), By: "staff:1"}
	void := order.Step{Axis: order.PaymentAxis, To: string(order.Void), By: order.ActorHold}
	ended := func(by string) order.Step {
		return order.Step{Axis: order.OrderAxis, To: string(order.Cancelled), By: by}
	}
	for name, story := range map[string]struct {
		steps    [][]order.Step
		want     string // the templates in order
		en, zh   string // what the last one says
		template string
	}{
		"paid at once is no news": {[][]order.Step{{paid}}, "", "", "", ""},
		"paid after a look":       {[][]order.Step{{looked}, {paid}}, "order-paid", "has arrived", "已经到账", outreach.OrderPaid},
		"declined":                {[][]order.Step{{declined}}, "order-failed", "Nothing was charged", "没有扣款", outreach.OrderFailed},
		"declined, then paid":     {[][]order.Step{{declined, paid}}, "", "", "", ""},
		"sent and arrived":        {[][]order.Step{{paid}, {shipped}, {delivered}}, "order-delivered", "was delivered", "已经送达", outreach.OrderDelivered},
		"ran out":                 {[][]order.Step{{ended(order.ActorHold), void}}, "order-cancelled", "did not arrive in time", "因未及时付款", outreach.OrderCancelled},
		"the shopper cancelled":   {[][]order.Step{{paid}, {ended("shopper"), refunded}}, "order-cancelled", "as you asked", "按您的要求", outreach.OrderCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range i18n.Langs {
				s := open(t, dbtest.SQLite(t))
				r := s.runner()
				o := s.orders("ann@example.com", nil, nil, monday)
				s.tx(func(tx *db.Tx) error {
					return tx.Query(ctx).Exec("UPDATE orders SET lang = ? WHERE id = ?", string(lang), int64(o.ID)).Error
				})
				for i, steps := range story.steps {
					s.walk(r, o, monday.Add(time.Duration(i+1)*hour), steps...)
				}
				var got []string
				for _, row := range s.decisions() {
					got = append([]string{row.Template}, got...)
				}
				if strings.Join(got, " ") != story.want {
					t.Fatalf("mails %q, want %q", got, story.want)
				}
				if story.template == "" {
					continue
				}
				m, want := s.newest(story.template), map[i18n.Lang]string{i18n.English: story.en, i18n.Chinese: story.zh}[lang]
				if !strings.Contains(m.Text, want) || !strings.Contains(m.Text, o.Number) || !strings.Contains(m.Text, "key=key-of-"+o.Number) {
					t.Errorf("no %q in:\n%s\n%s", want, m.Subject, m.Text)
				}
			}
		})
	}
}

func TestEachRefundIsToldOnceItWentBack(t *testing.T) {
	for lang, words := range map[i18n.Lang][]string{i18n.English: {"$5.00", "$1.50", "goes back the way it was paid (Test payment"}, i18n.Chinese: {"US$5.00", "US$1.50", "原路退回（测试支付"}} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			s := open(t, d)
			r := s.runner()
			o := s.orders("ann@example.com", nil, nil, monday)
			s.tx(func(tx *db.Tx) error {
				if err := tx.Query(ctx).Exec("UPDATE orders SET lang = ? WHERE id = ?", string(lang), int64(o.ID)).Error; err != nil {
					return err
				}
				p, err := payment.Plan(ctx, tx, o, payment.TestCode, o.Total, 0, monday)
				if err != nil {
					return err
				}
				_, err = payment.SettleIn(ctx, tx, payment.TestCode, "e", p.Token, payment.OutcomePaid, monday)
				return err
			})
			for i, amount := range []money.Amount{500, 150} {
				for range 2 { // a double click
					s.tx(func(tx *db.Tx) error {
						now, err := order.Lock(ctx, tx, o.ID)
						if err != nil {
							return err
						}
						_, err = payment.Give(ctx, tx, now, payment.Refund{Key: words[i], Amount: amount, Tax: now.TaxOf(amount), Actor: "staff:1", Reason: "late"}, monday.Add(time.Duration(i)*hour))
						return err
					})
				}
				s.due(r)
				s.due(r)
				if m := s.newest(outreach.OrderRefunded); !strings.Contains(m.Text, words[i]) || !strings.Contains(m.Text, words[2]) {
					t.Errorf("no %q, %q in:\n%s", words[i], words[2], m.Text)
				}
			}
			if n := len(s.decisions()); n != 2 {
				t.Errorf("%d mails for two refunds", n)
			}
			first := s.decisions()[1]
			s.tx(func(tx *db.Tx) error { return outreach.SendAgain(ctx, tx, first.ID, o.ID, monday.Add(2*hour)) })
			s.due(r)
			if m := s.mails()[0]; !strings.Contains(m.Text, words[0]) {
				t.Errorf("sent again without %q:\n%s", words[0], m.Text)
			}
		})
	}
}

func TestAStepToldTwiceIsOneMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := s.runner()
		o := s.orders("ann@example.com", nil, nil, monday)
		s.walk(r, o, monday.Add(hour), order.Step{Axis: order.OrderAxis, To: string(order.Cancelled), By: "shopper"})
		again := order.Moved{Order: int64(o.ID), Axis: order.OrderAxis, To: string(order.Cancelled), At: monday.Add(hour).UnixMilli()}
		s.tx(func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, again) })
		s.due(r)
		if n := len(s.decisions()); n != 1 || len(s.mails()) != 1 {
			t.Errorf("%d rows, %d mails", n, len(s.mails()))
		}
	})
}

func TestStaffSendAMailAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := s.runner()
		o := s.orders("ann@example.com", nil, nil, monday)
		s.walk(r, o, monday.Add(hour), order.Step{Axis: order.OrderAxis, To: string(order.Cancelled), By: "shopper"})
		first := s.decisions()[0]
		s.tx(func(tx *db.Tx) error { return outreach.SendAgain(ctx, tx, first.ID, o.ID, monday.Add(2*hour)) })
		if err := d.InTx(ctx, func(tx *db.Tx) error { return outreach.SendAgain(ctx, tx, first.ID, o.ID, monday.Add(2*hour)) }); err == nil {
			t.Error("a mail that waits was put into the queue once more")
		}
		s.due(r)
		row := s.decided(outreach.Sent, "")
		if row.ID != first.ID || row.Attempts != 2 || row.MessageID == first.MessageID {
			t.Errorf("sent again as %+v", row)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return outreach.SendAgain(ctx, tx, first.ID, o.ID+1, monday) }); err == nil {
			t.Error("a mail was sent again for an order it is not about")
		}
	})
}

func TestTheMerchantIsToldOfEachNewOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("shop.email", "owner@shop.example")
		r := s.runner()
		o := s.orders("ann@example.com", nil, nil, monday)
		for range 2 {
			s.tx(func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, order.Placed{Order: int64(o.ID)}) })
		}
		s.due(r)
		m := s.newest(outreach.OrderNew)
		if len(s.mails()) != 2 || m.To != "<owner@shop.example>" || !strings.Contains(m.Text, "https://shop.example/admin/orders/"+o.Number) {
			t.Errorf("%d mails; to %s:\n%s", len(s.mails()), m.To, m.Text)
		}
		for _, private := range []string{"ann@example.com", "Ann", "Bank Street 1", "key-of"} {
			if strings.Contains(m.Text, private) {
				t.Errorf("the merchant's mail holds %q:\n%s", private, m.Text)
			}
		}
		s.set("notify.orders", "off")
		p := s.orders("bo@example.com", nil, nil, monday.Add(hour))
		s.must(s.desk.Notify(ctx, p.ID, monday))
		if len(s.mails()) != 2 {
			t.Error("told though it is switched off")
		}
	})
}

func TestEachParcelHasItsMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := s.runner()
		o := s.orders("ann@example.com", nil, nil, monday)
		lines, err := order.Lines(ctx, d, o.ID)
		s.must(err)
		for i, k := range []order.Shipment{{Carrier: "Post", Tracking: "AB 1", URL: "https://post.example/AB1"}, {}} {
			k.Actor, k.Lines = "staff:1", []order.ShipmentLine{{LineID: lines[0].ID, Qty: 1}}
			s.tx(func(tx *db.Tx) error {
				now, err := order.Lock(ctx, tx, o.ID)
				if err != nil {
					return err
				}
				whole, err := now.Ship(ctx, tx, &k, lines, monday.Add(time.Duration(i+1)*hour))
				if whole != (i == 1) {
					t.Errorf("after parcel %d all is sent: %v", i+1, whole)
				}
				return err
			})
			s.due(r)
			s.due(r)
			m := s.newest(outreach.OrderShipped)
			for _, want := range [][]string{{"A part of order", "Post, number AB 1", "https://post.example/AB1", "1 × Calm BOTTLE", "1 more unit follows"}, {"A part of order", "1 × Calm BOTTLE"}}[i] {
				if !strings.Contains(m.Subject+m.Text, want) {
					t.Errorf("no %q in:\n%s\n%s", want, m.Subject, m.Text)
				}
			}
		}
		if n := len(s.decisions()); n != 2 {
			t.Errorf("%d mails for two parcels", n)
		}
	})
}

// A payment that did not work is told once, as a service, only while it is so
// and where the shop wants it told.
func TestAFailedPaymentIsAServiceNotice(t *testing.T) {
	declined := order.Step{Axis: order.PaymentAxis, To: string(order.Failed), By: "payment"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := s.runner()
		s.desk.Now = func() time.Time { return monday.Add(13 * hour) } // eleven at night: they are at the checkout
		s.walk(r, s.orders("ann@example.com", nil, nil, monday), monday.Add(hour), declined)
		got := s.decided(outreach.Sent, "")
		if got.Class != outreach.Service || got.Template != outreach.OrderFailed {
			t.Errorf("told as %s %s", got.Class, got.Template)
		}
		m := s.newest(outreach.OrderFailed)
		if strings.Contains(m.Text, "Calm") || !strings.Contains(m.Text, "/orders/") || strings.Contains(m.Text, "/u/") {
			t.Errorf("goods are pushed, or there is no way to finish:\n%s", m.Text)
		}
		// Told by staff again after the money came: not any more.
		o := s.orders("bea@example.com", nil, nil, monday.Add(time.Minute))
		s.walk(r, o, monday.Add(hour), declined)
		row := s.decided(outreach.Sent, "")
		s.tx(func(tx *db.Tx) error { return outreach.SendAgain(ctx, tx, row.ID, o.ID, monday.Add(2*hour)) })
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE orders SET payment_state = 'paid' WHERE id = ?", int64(o.ID)).Error
		})
		s.due(r)
		s.decided(outreach.Withheld, "paid-since")
		s.set("notice.payment.failed.except", "DE,US")
		s.walk(r, s.orders("cec@example.com", nil, nil, monday.Add(2*time.Minute)), monday.Add(hour), declined)
		s.decided(outreach.Withheld, "notice-off")
	})
}
