package checkout_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/setting"
)

// byHand is a shop that is paid by bank and at the door, too.
func byHand(t testing.TB, d *db.DB) *shop {
	s := open(t, d)
	s.tx(func(tx *db.Tx) error {
		for k, v := range map[string]string{"payments.offered": "auto,transfer,cod", "payment.transfer.details": "Holder: Willowmere Ltd; IBAN: DE12 3456", "payment.cod.max": "50", "payment.cod.countries": "DE,AT"} {
			if err := setting.Set(ctx, tx, k, v, s.now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.desk.Settings.Refresh(ctx, d); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) buyBy(code string, v catalog.VariantID) order.ID {
	s.t.Helper()
	p, f := s.guest(), form()
	f.Payment = code
	placed := s.place(p, s.fill(p, 1, v), f)
	if placed.PayURL != "" {
		s.t.Errorf("%s leads to %q", code, placed.PayURL)
	}
	return placed.Order.ID
}

func (s *shop) arrives(id order.ID, key string, amount money.Amount, whole bool) (noted payment.Noted) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) (err error) {
		noted, err = s.desk.ReceiveIn(ctx, tx, id, payment.Receipt{Key: "a key of the form " + key, Amount: amount, By: "staff:1", Whole: whole}, s.now())
		return err
	})
	return noted
}

func (s *shop) flags(id order.ID, words string) int {
	return s.count("SELECT count(*) FROM order_history WHERE order_id = ? AND note LIKE ?", int64(id), order.Flag+"%"+words+"%")
}

func TestATransferIsPaidByTheExactAmountOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := byHand(t, d)
		bottle := s.sell("BOTTLE", 1200, 9)
		id := s.buyBy("transfer", bottle) // 12.00 and 4.20 of delivery
		s.pass(6 * 24 * time.Hour)
		s.sweep()
		s.stands(id, "placed pending unshipped")
		s.stock(bottle, 9, 1)
		for _, step := range []struct {
			key    string
			amount money.Amount
			want   payment.Noted
		}{{"1", 1000, payment.NotedLess}, {"1", 1000, payment.NotedSeen}, {"2", 620, payment.NotedPaid}, {"2", 620, payment.NotedSeen}, {"3", 5, payment.NotedExtra}} {
			if got := s.arrives(id, step.key, step.amount, false); got != step.want {
				t.Errorf("%d under %s is %s, want %s", step.amount, step.key, got, step.want)
			}
		}
		s.stands(id, "placed paid unshipped")
		if s.flags(id, "10.00 USD of 16.20 USD arrived so far") != 1 || s.flags(id, "0.05 USD more arrived after") != 1 {
			t.Error("staff are not told in words")
		}
		s.pass(30 * 24 * time.Hour)
		s.sweep()
		s.stands(id, "placed paid unshipped")
		s.sound()
	})
}

func TestATransferThatNeverComesEndsAndLateMoneyIsTakenOrFlagged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := byHand(t, d)
		bottle, ebook := s.sell("BOTTLE", 1200, 1), s.sell("EBOOK", 900, -1)
		first, file := s.buyBy("transfer", bottle), s.buyBy("transfer", ebook)
		s.arrives(file, "part", 100, false)
		s.pass(time.Hour) // longer than anybody has for a card
		s.sweep()
		s.stands(file, "placed pending unshipped")
		if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'payment.reminder'"); n != 2 {
			t.Errorf("%d reminders", n)
		}
		s.pass(7 * 24 * time.Hour)
		s.sweep()
		s.stands(first, "cancelled void unshipped")
		s.stands(file, "cancelled void unshipped")
		s.stock(bottle, 1, 0)
		if s.flags(file, "1.00 USD had arrived; send it back by hand") != 1 {
			t.Error("nobody is told of money for an order that ended")
		}
		if got := s.arrives(first, "late", 1620, false); got != payment.NotedPaid { // the bottle is still there
			t.Errorf("late money: %s", got)
		}
		s.stands(first, "placed paid unshipped")
		second := s.buyBy("transfer", s.sell("LAMP", 3000, 1))
		if got := s.arrives(second, "more", 3500, false); got != payment.NotedMore {
			t.Errorf("too much: %s", got)
		}
		s.stands(second, "placed pending unshipped")
		for i, want := range []payment.Noted{payment.NotedPaid, payment.NotedSeen} { // nothing more came: a person says that it is enough
			if got := s.arrives(second, "enough", 0, true); got != want || s.flags(second, "send 0.80 USD back by hand") != 1 {
				t.Errorf("too much, accepted by staff %d: %s", i, got)
			}
		}
		third := s.buyBy("transfer", ebook)
		for _, came := range []money.Amount{0, 100} { // nothing, and too little, is not enough
			if came > 0 {
				s.arrives(third, "some", came, false)
			}
			err := s.db.InTx(ctx, func(tx *db.Tx) error {
				_, err := s.desk.ReceiveIn(ctx, tx, third, payment.Receipt{Key: "a key of the form enough", Whole: true, By: "staff:1"}, s.now())
				return err
			})
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%d counts as paid: %v", came, err)
			}
		}
		if err := s.desk.Cancel(ctx, second, "staff:1", "broken"); err != nil || s.flags(second, "send 34.20 USD back by hand") != 1 {
			t.Errorf("a refund by bank: %v", err)
		}
		s.sound()
	})
}

func TestCashOnDeliveryLeavesBeforeItIsPaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := byHand(t, d)
		bottle := s.sell("BOTTLE", 1200, 3)
		paid, refused := s.buyBy("cod", bottle), s.buyBy("cod", bottle)
		s.pass(48 * time.Hour)
		s.sweep()
		for _, id := range []order.ID{paid, refused} {
			s.stands(id, "placed pending unshipped")
			s.tx(func(tx *db.Tx) error { return s.desk.PackIn(ctx, tx, id, "staff:1", s.now()) })
			if err := s.desk.Ship(ctx, id, "staff:1"); err != nil {
				t.Fatal(err)
			}
		}
		s.stock(bottle, 1, 0)
		if err := s.desk.Deliver(ctx, paid, "staff:1"); err != nil {
			t.Fatal(err)
		}
		s.stands(paid, "placed pending delivered")
		for range 2 {
			s.arrives(paid, "courier", 1620, false)
		}
		s.stands(paid, "completed paid delivered")
		come := func(id order.ID) error {
			return s.db.InTx(ctx, func(tx *db.Tx) error { return s.desk.RefusedIn(ctx, tx, id, "staff:1", "nobody home", s.now()) })
		}
		if err := come(refused); err != nil {
			t.Fatal(err)
		}
		for _, id := range []order.ID{refused, paid} {
			if err := come(id); !errors.Is(err, fault.Conflict) {
				t.Errorf("came back twice, or though it was paid: %v", err)
			}
		}
		s.stands(refused, "cancelled void returned")
		s.stock(bottle, 2, 0)
		s.sound()
	})
}

func TestCashOnDeliveryHasItsLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := byHand(t, d)
		bottle, lamp, ebook := s.sell("BOTTLE", 1200, 3), s.sell("LAMP", 6000, 3), s.sell("EBOOK", 900, -1)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE products SET digital = TRUE WHERE code = 'EBOOK'").Error
		})
		for name, c := range map[string]struct {
			v       catalog.VariantID
			country string
			ok      bool
		}{"fine": {bottle, "DE", true}, "too dear": {lamp, "DE", false}, "too far": {bottle, "FR", false}, "nothing to carry": {ebook, "DE", false}} {
			p, f := s.guest(), form()
			f.Payment, f.Country = "cod", c.country
			_, err := s.desk.Place(ctx, p, i18n.English, s.fill(p, 1, c.v).ID, f, checkout.NotShown)
			if fields := fault.Fields(err); c.ok != (err == nil) || !c.ok && (len(fields) != 1 || fields[0].Name != "payment") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// pigeon is a way to pay that this shop was not built with.
type pigeon struct{ payment.Provider }

func (pigeon) Code() string    { return "pigeon" }
func (pigeon) Name() i18n.Text { return i18n.Text{En: "By pigeon", Zh: "飞鸽"} }

func TestAnotherWayToPayNeedsNoChangeOfTheShop(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bank, err := s.desk.Pay.For("transfer")
		if err != nil {
			t.Fatal(err)
		}
		s.desk.Pay = &payment.Providers{More: []payment.Provider{pigeon{bank}}}
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO settings (key, value, updated_at) VALUES ('payments.offered', 'pigeon', 1), ('payment.transfer.details', 'Roof: 3', 1)").Error
		})
		if err := s.desk.Settings.Refresh(ctx, d); err != nil {
			t.Fatal(err)
		}
		id := s.buyBy("pigeon", s.sell("BOTTLE", 1200, 1))
		o, err := order.ByID(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		after := s.desk.Pay.AfterOf(s.desk.Settings.Now(), o, o.Price())
		if !strings.Contains(after.Lead.En, "$16.20") || len(after.Rows) != 3 || after.Rows[0].Value.En != "3" || after.Rows[2].Value.Zh != o.Number {
			t.Errorf("the shopper is told %+v", after)
		}
		s.pass(48 * time.Hour)
		s.sweep()
		s.stands(id, "placed pending unshipped")
	})
}

// give makes a gift card.
func (s *shop) give(token string, worth money.Amount) *credit.Account {
	s.t.Helper()
	var card *credit.Account
	s.tx(func(tx *db.Tx) (err error) {
		if _, err = credit.Give(ctx, tx, s.desk.Secret, credit.Wish{Price: money.Price{Amount: worth, Currency: "USD"}, Lang: i18n.English}, token, "staff:1", "", s.now()); err != nil {
			return err
		}
		card, err = credit.ByToken(ctx, tx, token)
		return err
	})
	return card
}
