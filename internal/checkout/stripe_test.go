package checkout_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/payment/stripetest"
)

// till is a shop that takes payments at a Stripe of its own.
type till struct {
	*shop
	stripe *stripetest.Server
	bottle catalog.VariantID
}

func stripeShop(t *testing.T, d *db.DB, onHand int) *till {
	s := &till{shop: open(t, d)}
	s.stripe = stripetest.New(s.now)
	t.Cleanup(s.stripe.Close)
	gateway, err := payment.NewStripe(payment.StripeKeys{Key: "sk_test_1", Webhook: stripetest.Secret, Base: s.stripe.URL,
		HTTP: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	s.desk.Pay = &payment.Providers{Stripe: gateway, Back: func(n string) string { return "https://shop.example/orders/" + n + "?key=k&back=1" }}
	s.bottle = s.sell("BOTTLE", 1200, onHand)
	return s
}

// buy places an order for one bottle.
func (s *till) buy() *checkout.Placed {
	s.t.Helper()
	p := s.guest()
	f := form()
	f.Payment = "stripe"
	return s.place(p, s.fill(p, 1, s.bottle), f)
}

// post sends events to the webhook and does the jobs.
func (s *till) post(events ...stripetest.Event) {
	s.t.Helper()
	for _, e := range events {
		if err := s.desk.Pay.Receive(ctx, s.db, e.Body, stripetest.Sign(e.Body, stripetest.Secret, s.now()), s.now()); err != nil {
			s.t.Fatal(err)
		}
	}
	s.runJobs()
}

func (s *till) sweep() {
	s.t.Helper()
	if err := s.desk.Pay.Sweep(ctx, s.db, s.now()); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.desk.Sweep(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.runJobs()
}

func (s *till) settle(minutes int) {
	for range minutes {
		s.pass(time.Minute)
		s.sweep()
	}
}

func (s *till) flagged(id order.ID, words string) {
	s.t.Helper()
	if n := s.count("SELECT count(*) FROM order_history WHERE order_id = ? AND note LIKE ?", int64(id), order.Flag+"%"+words+"%"); n != 1 {
		s.t.Errorf("%d remarks about %q for staff, want 1", n, words)
	}
}

func TestStripeIsPaidWhoeverTellsFirst(t *testing.T) {
	tell := map[string]func(s *till, o *order.Order){
		"webhook": func(s *till, _ *order.Order) { s.post(s.stripe.Events()...) },
		"return page": func(s *till, o *order.Order) {
			if news, err := s.desk.Pay.Catch(ctx, s.db, o, s.now()); err != nil || !news {
				s.t.Errorf("the return page learned %v, %v", news, err)
			}
		},
		"sweep": func(s *till, _ *order.Order) { s.settle(3) },
	}
	for name, news := range tell {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := stripeShop(t, d, 5)
				placed := s.buy()
				page := s.stripe.Page()
				if placed.PayURL != s.stripe.URL+"/pay/"+page.ID {
					t.Errorf("leads to %q", placed.PayURL)
				}
				if page.Total != int64(placed.Order.Total) || page.Currency != "usd" || page.Form["metadata[order]"] != placed.Order.Number ||
					!strings.HasPrefix(page.Form["success_url"], "https://shop.example/orders/"+placed.Order.Number) || page.Key == "" {
					t.Errorf("Stripe was asked for %+v", page)
				}
				if n := s.count("SELECT count(*) FROM payment_ops WHERE key = ?", page.Key); n != 1 {
					t.Errorf("the key of the request is saved %d times", n)
				}
				s.stripe.Pay(page)
				news(s, placed.Order)
				s.stands(placed.Order.ID, "placed paid unshipped")
				// The others tell it afterwards; nothing happens twice.
				for _, other := range []string{"webhook", "sweep"} {
					tell[other](s, placed.Order)
				}
				s.stands(placed.Order.ID, "placed paid unshipped")
				s.stock(s.bottle, 5, 1)
				if n := s.count("SELECT count(*) FROM payments WHERE captured = amount AND refunded = 0"); n != 1 || len(s.stripe.Refunds) != 0 {
					t.Errorf("%d payments captured, %d refunds", n, len(s.stripe.Refunds))
				}
			})
		})
	}
}

func TestStripeEventsTripledAndShuffledEndAlike(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 20)
		for seed := range uint64(6) {
			r := rand.New(rand.NewPCG(seed, 1))
			placed := s.buy()
			page := s.stripe.Page()
			s.stripe.Decline(page) // the first card; the page stays open
			s.stripe.Pay(page)
			events := s.stripe.Events()
			events = append(append(append([]stripetest.Event{}, events...), events...), events...)
			r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			var wg sync.WaitGroup
			for _, e := range events[:4] {
				wg.Go(func() {
					if err := s.desk.Pay.Receive(ctx, s.db, e.Body, stripetest.Sign(e.Body, stripetest.Secret, s.now()), s.now()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			s.post(events...)
			s.stands(placed.Order.ID, "placed paid unshipped")
			asked := s.stripe.Calls["GET /v1/checkout/sessions/"+page.ID]
			s.post(events...)
			if again := s.stripe.Calls["GET /v1/checkout/sessions/"+page.ID]; again != asked {
				t.Errorf("seen events had Stripe asked %d times more", again-asked)
			}
		}
		s.stock(s.bottle, 20, 6)
		if n := s.count("SELECT count(*) FROM payment_events WHERE kind = 'paid'"); n != 6 {
			t.Errorf("%d payments were settled for 6 orders", n)
		}
		if n := s.count("SELECT count(*) FROM payment_inbox WHERE done_at = 0"); n != 0 {
			t.Errorf("%d events were not dealt with", n)
		}
	})
}

func TestStripeAnswersThatDoNotCome(t *testing.T) {
	for _, fault := range []stripetest.Fault{stripetest.DropBefore, stripetest.DropAfter, stripetest.Busy, stripetest.Broken, stripetest.BrokenDone} {
		t.Run(string(fault), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := stripeShop(t, d, 5)
				s.stripe.Fail("POST /v1/checkout/sessions", fault)
				placed := s.buy()
				if placed.PayURL != "" {
					t.Errorf("leads to %q without an answer", placed.PayURL)
				}
				s.stands(placed.Order.ID, "placed pending unshipped")
				s.pass(20 * time.Second)
				again, err := s.desk.Retry(ctx, placed.Order.ID)
				if err != nil || again.PayURL == "" {
					t.Fatalf("the next try leads to %+v, %v", again, err)
				}
				want := 1
				if fault == stripetest.BrokenDone { // its page has an address that nobody was told
					want = 2
				}
				if len(s.stripe.Sessions) != want {
					t.Errorf("%d pages were made, want %d", len(s.stripe.Sessions), want)
				}
				s.stripe.Pay(s.stripe.Page())
				s.settle(3)
				s.stands(placed.Order.ID, "placed paid unshipped")
				if n := s.count("SELECT count(*) FROM payment_ops WHERE state IN ('planned','sent')"); n != 0 {
					t.Errorf("%d operations stay open", n)
				}
			})
		})
	}
}

func TestStripeLostAnswerIsFoundByTheSweep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 5)
		s.stripe.Fail("POST /v1/checkout/sessions", stripetest.DropAfter)
		placed := s.buy()
		s.settle(3)
		if len(s.stripe.Sessions) != 1 || s.count("SELECT count(*) FROM payments WHERE provider_ref = ?", s.stripe.Page().ID) != 1 {
			t.Errorf("%d pages, and the payment does not know its own", len(s.stripe.Sessions))
		}
		if again, err := s.desk.Retry(ctx, placed.Order.ID); err != nil || !strings.HasSuffix(again.PayURL, s.stripe.Page().ID) || len(s.stripe.Sessions) != 1 {
			t.Errorf("back to paying leads to %+v, %v", again, err)
		}
	})
}

func TestStripePageEndsWithTheHold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 1)
		placed := s.buy()
		page := s.stripe.Page()
		if page.Ends.Before(s.now().Add(30 * time.Minute)) {
			t.Errorf("the page ends %v", page.Ends)
		}
		s.pass(30 * time.Minute)
		s.sweep()
		s.stands(placed.Order.ID, "cancelled void unshipped")
		if page.Status != "expired" || s.stripe.Pay(page) {
			t.Errorf("the page of an ended order is %s", page.Status)
		}
		s.stock(s.bottle, 1, 0)
		s.post(s.stripe.Events()...)
		s.stands(placed.Order.ID, "cancelled void unshipped")
	})
}

func TestStripeShopperWhoComesBackTooLateGetsAnotherPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 1)
		placed := s.buy()
		first := s.stripe.Page()
		s.pass(20 * time.Minute)
		if again, err := s.desk.Retry(ctx, placed.Order.ID); err != nil || !strings.HasSuffix(again.PayURL, first.ID) {
			t.Fatalf("the open page is left: %+v, %v", again, err)
		}
		s.pass(20 * time.Minute) // the hold was extended, the page was not
		again, err := s.desk.Retry(ctx, placed.Order.ID)
		if err != nil || again.PayURL == "" || strings.HasSuffix(again.PayURL, first.ID) {
			t.Fatalf("leads to %+v, %v", again, err)
		}
		s.stripe.Pay(s.stripe.Page())
		s.post(s.stripe.Events()...)
		s.stands(placed.Order.ID, "placed paid unshipped")
	})
}

// The hold ends while Stripe is away; the shopper pays on the page that could
// not be closed.
func TestStripePaidAfterTheHoldEnded(t *testing.T) {
	for name, sold := range map[string]bool{"the goods are still there": false, "somebody else bought them": true} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := stripeShop(t, d, 1)
				placed := s.buy()
				page := s.stripe.Page()
				s.pass(30 * time.Minute)
				s.stripe.Fail("GET /v1/checkout/sessions/"+page.ID, stripetest.DropBefore, stripetest.DropBefore)
				s.sweep()
				s.stands(placed.Order.ID, "cancelled void unshipped")
				if !s.stripe.Pay(page) {
					t.Fatal("the page was closed although Stripe was away")
				}
				want := "placed paid unshipped"
				if sold {
					other := s.buy()
					s.stripe.Pay(s.stripe.Page())
					s.settle(1)
					_ = other
					want = "cancelled refunded unshipped"
				}
				s.settle(6)
				s.post(s.stripe.Events()...)
				s.stands(placed.Order.ID, want)
				if sold && (len(s.stripe.Refunds) != 1 || page.Returned != page.Total) {
					t.Errorf("%d of %d were refunded in %d refunds", page.Returned, page.Total, len(s.stripe.Refunds))
				}
				if sold {
					s.flagged(placed.Order.ID, "the payment went back")
				}
			})
		})
	}
}

func TestStripeWrongAmountFreezes(t *testing.T) {
	for name, spoil := range map[string]func(*stripetest.Session){
		"amount":   func(p *stripetest.Session) { p.Total-- },
		"currency": func(p *stripetest.Session) { p.Currency = "eur" },
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := stripeShop(t, d, 1)
				placed := s.buy()
				page := s.stripe.Page()
				spoil(page)
				s.stripe.Pay(page)
				s.post(s.stripe.Events()...)
				s.settle(40) // beyond the hold
				s.stands(placed.Order.ID, "placed processing unshipped")
				s.flagged(placed.Order.ID, "nothing was marked as paid")
				s.stock(s.bottle, 1, 1)
			})
		})
	}
}

func TestStripeRefundsOnce(t *testing.T) {
	for _, fault := range []stripetest.Fault{"", stripetest.DropBefore, stripetest.DropAfter, stripetest.Busy, stripetest.Broken, stripetest.BrokenDone} {
		t.Run("fault "+string(fault), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := stripeShop(t, d, 5)
				placed := s.buy()
				page := s.stripe.Page()
				s.stripe.Pay(page)
				s.post(s.stripe.Events()...)
				if fault != "" {
					s.stripe.Fail("POST /v1/refunds", fault)
				}
				part := func(key string, amount int64) (done bool, err error) {
					err = d.InTx(ctx, func(tx *db.Tx) error {
						o, err := order.Lock(ctx, tx, placed.Order.ID)
						if err != nil {
							return err
						}
						done, err = payment.Give(ctx, tx, o, payment.Refund{Key: key, Amount: 500, Tax: o.TaxOf(500), Actor: "staff:1", Reason: "one came broken"}, s.now())
						return err
					})
					return done, err
				}
				var wg sync.WaitGroup
				var mu sync.Mutex
				times := 0
				for range 5 { // an impatient hand
					wg.Go(func() {
						done, err := part("form-1", 500)
						mu.Lock()
						defer mu.Unlock()
						if err != nil {
							t.Error(err)
						}
						if done {
							times++
						}
					})
				}
				wg.Wait()
				s.runJobs()
				s.settle(5)
				if times != 1 || page.Returned != 500 || len(s.stripe.Refunds) != 1 {
					t.Errorf("counted %d times, %d returned in %d refunds", times, page.Returned, len(s.stripe.Refunds))
				}
				s.stands(placed.Order.ID, "placed partly-refunded unshipped")
				// The rest goes back with the order.
				for range 2 {
					s.desk.Cancel(ctx, placed.Order.ID, "staff:1", "changed their mind")
				}
				s.runJobs()
				s.settle(5)
				s.post(s.stripe.Events()...)
				s.stands(placed.Order.ID, "cancelled refunded unshipped")
				if page.Returned != page.Total || len(s.stripe.Refunds) != 2 {
					t.Errorf("%d of %d returned in %d refunds", page.Returned, page.Total, len(s.stripe.Refunds))
				}
				if _, err := part("form-2", 500); err == nil {
					t.Error("more was refunded than was paid")
				}
				if n := s.count("SELECT count(*) FROM order_history WHERE note LIKE ?", order.Flag+"%"); n != 0 {
					t.Errorf("%d remarks for staff about refunds of the shop's own", n)
				}
			})
		})
	}
}

func TestStripeTellsStaffWhatWentWrong(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 5)
		placed := s.buy()
		page := s.stripe.Page()
		s.stripe.Pay(page)
		s.post(s.stripe.Events()...)
		s.stripe.Dispute(page)
		page.Returned = 100 // by hand, in Stripe's dashboard
		events := s.stripe.Events()
		s.post(append(events, events...)...)
		s.flagged(placed.Order.ID, "disputed")
		s.flagged(placed.Order.ID, "sent 1.00 USD back")
		page.Returned = 0
		s.stripe.RefundsFail = true
		if err := s.desk.Cancel(ctx, placed.Order.ID, "staff:1", ""); err != nil {
			t.Fatal(err)
		}
		s.runJobs()
		s.settle(5)
		s.flagged(placed.Order.ID, "refused to send money back")
		if len(s.stripe.Refunds) != 1 {
			t.Errorf("a refund that failed was tried %d times", len(s.stripe.Refunds))
		}
	})
}

func TestStripeBankThatDecidesLater(t *testing.T) {
	for name, yes := range map[string]bool{"yes": true, "no": false} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := stripeShop(t, d, 1)
				placed := s.buy()
				page := s.stripe.Page()
				s.stripe.PayLater(page)
				s.post(s.stripe.Events()...)
				s.stands(placed.Order.ID, "placed processing unshipped")
				s.pass(5 * time.Hour) // the goods wait for the bank
				s.sweep()
				want := "placed paid unshipped"
				if yes {
					s.stripe.Clear(page)
				} else {
					s.stripe.Bounce(page)
					want = "placed failed unshipped"
				}
				s.post(s.stripe.Events()...)
				s.stands(placed.Order.ID, want)
			})
		})
	}
}

func TestStripeWebhookBelievesNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 1)
		placed := s.buy()
		page := s.stripe.Page()
		forged := []byte(fmt.Sprintf(`{"id":"evt_x","type":"checkout.session.completed","api_version":"2024-06-20","data":{"object":{"id":%q,"object":"checkout.session","payment_status":"paid","status":"complete"}}}`, page.ID))
		for name, header := range map[string]string{
			"none":           "",
			"another secret": stripetest.Sign(forged, "whsec_another_secret_0123456789", s.now()),
			"empty secret":   stripetest.Sign(forged, "", s.now()),
			"other bytes":    stripetest.Sign(append([]byte(" "), forged...), stripetest.Secret, s.now()),
			"too old":        stripetest.Sign(forged, stripetest.Secret, s.now().Add(-payment.Tolerance-time.Second)),
			"from tomorrow":  stripetest.Sign(forged, stripetest.Secret, s.now().Add(24*time.Hour)),
		} {
			if err := s.desk.Pay.Receive(ctx, s.db, forged, header, s.now()); err == nil {
				t.Errorf("a signature with %s was believed", name)
			}
		}
		// Even a signed event is only a reason to ask.
		s.post(stripetest.Event{Body: forged})
		s.stands(placed.Order.ID, "placed pending unshipped")
		// Another version of the API is as good.
		s.stripe.Version = "2026-01-28.clover"
		s.stripe.Pay(page)
		s.post(s.stripe.Events()...)
		s.stands(placed.Order.ID, "placed paid unshipped")
		// Events of another shop at the same account are put away.
		for i, object := range []string{`{"id":"cs_live_other"}`, `{"id":"pi_other"}`, `{"id":"cus_1"}`, `{"id":"ch_1","payment_intent":"pi_none"}`, `{"id":"ch_2","payment_intent":null}`} {
			s.post(stripetest.Event{Body: []byte(fmt.Sprintf(`{"id":"evt_o%d","type":"any","api_version":"2024-06-20","data":{"object":%s}}`, i, object))})
		}
		if n := s.count("SELECT count(*) FROM payment_inbox WHERE done_at = 0"); n != 0 {
			t.Errorf("%d foreign events stay", n)
		}
	})
	for _, secret := range []string{"", "short"} {
		if _, err := payment.NewStripe(payment.StripeKeys{Key: "sk_test_1", Webhook: secret}); err == nil {
			t.Errorf("the webhook secret %q was accepted", secret)
		}
	}
}

func TestStripeIsAwayWhileEventsCome(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 1)
		placed := s.buy()
		s.stripe.Pay(s.stripe.Page())
		s.stripe.Fail("GET ", stripetest.DropBefore, stripetest.Broken, stripetest.Busy, stripetest.DropBefore)
		s.post(s.stripe.Events()...)
		s.stands(placed.Order.ID, "placed pending unshipped")
		s.settle(12)
		s.stands(placed.Order.ID, "placed paid unshipped")
	})
}

func TestAShopWithStripeNeverOffersTest(t *testing.T) {
	s := stripeShop(t, dbtest.SQLite(t), 1)
	for _, m := range s.desk.Pay.Methods(s.desk.Settings.Now(), payment.Bill{}) {
		if m.Code != "stripe" || !m.Name.Has(i18n.English) || !m.Name.Has(i18n.Chinese) {
			t.Errorf("offers %+v", m)
		}
	}
	if _, err := s.desk.Pay.For("test"); err == nil {
		t.Error("the test gateway still answers")
	}
}
