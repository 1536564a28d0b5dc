package payment

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/setting"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

// planned is an order of nothing in particular with its first payment.
func planned(t *testing.T, d *db.DB) (o *order.Order, p *Payment) {
	t.Helper()
	o = &order.Order{PlaceKey: "key", Email: "li@mail.example", Lang: i18n.English, Currency: "USD", Subtotal: 1200, Total: 1200}
	err := d.InTx(ctx, func(tx *db.Tx) (err error) {
		if _, err = order.Create(ctx, tx, o, nil, order.HashAccess, now); err != nil {
			return err
		}
		p, err = Plan(ctx, tx, o, TestCode, o.Total, 0, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

func TestNewsToldByManyAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o, p := planned(t, d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		fresh := 0
		for i := range 12 { // page, webhook and sweep, each of them tripled, and a late decline among them
			outcome, id := OutcomePaid, "evt-1"
			if i%4 == 3 {
				outcome, id = OutcomeDeclined, "evt-2"
			}
			wg.Go(func() {
				done, err := Settle(ctx, d, TestCode, id, p.Token, outcome, now)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if !done.Seen {
					fresh++
				}
			})
		}
		wg.Wait()
		if fresh != 2 {
			t.Errorf("%d pieces of news were taken in, want each of the two once", fresh)
		}
		after, err := order.ByID(ctx, d, o.ID)
		if err != nil || after.PaymentState != order.Paid {
			t.Errorf("the order is %s, %v; want paid whatever came first", after.PaymentState, err)
		}
		if p, err = ByToken(ctx, d, p.Token); err != nil || p.State != Succeeded || p.Captured != 1200 || p.Refunded != 0 {
			t.Errorf("the payment is %+v, %v", p, err)
		}
	})
}

func TestNewsOfNothingIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, p := planned(t, d)
		for name, err := range map[string]error{
			"a token made up":    settleErr(d, TestCode, "e", strings.Repeat("x", 24), OutcomePaid),
			"another provider's": settleErr(d, "stripe", "e", p.Token, OutcomePaid),
		} {
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		if err := settleErr(d, TestCode, "e", p.Token, "maybe"); !errors.Is(err, fault.Invalid) {
			t.Errorf("an outcome made up: %v", err)
		}
		if done, err := Settle(ctx, d, TestCode, "e", p.Token, OutcomePaid, now); err != nil || done.Seen {
			t.Errorf("the refused news was remembered: %v, %v", done, err)
		}
	})
}

func settleErr(d *db.DB, provider, id, token string, outcome Outcome) error {
	_, err := Settle(ctx, d, provider, id, token, outcome, now)
	return err
}

func TestTheTestGatewayIsOfferedAndFound(t *testing.T) {
	var none *Providers
	for _, m := range none.Methods(setting.Values{}, Bill{}) {
		gateway, err := none.For(m.Code)
		if err != nil {
			t.Fatalf("%s is offered and has no gateway: %v", m.Code, err)
		}
		url, err := gateway.Start(ctx, Charge{Payment: Payment{Token: "abc"}})
		if err != nil || url.URL != "/gateway/test/abc" {
			t.Errorf("%s starts at %+v, %v", m.Code, url, err)
		}
		if !m.Name.Has(i18n.English) || !m.Name.Has(i18n.Chinese) {
			t.Errorf("%s is named %+v", m.Code, m.Name)
		}
	}
	if _, err := none.For("pigeon"); !errors.Is(err, fault.Invalid) {
		t.Errorf("a gateway that is not there: %v", err)
	}
}
