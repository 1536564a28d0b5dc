package credit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

var (
	ctx    = context.Background()
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	secret = []byte("a secret of this test, long enough")
)

func in(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func dollars(a money.Amount) money.Price { return money.Price{Amount: a, Currency: "USD"} }

func TestACodeIsReadHoweverItIsTyped(t *testing.T) {
	code := credit.Code(secret, "token")
	if len(code) != 23 || strings.Count(code, "-") != 3 || code == credit.Code([]byte("another"), "token") || code == credit.Code(secret, "other") {
		t.Errorf("code %s", code)
	}
	plain := strings.ReplaceAll(code, "-", "")
	for _, typed := range []string{code, strings.ToLower(code), " " + strings.ReplaceAll(code, "-", " ") + " ", strings.NewReplacer("0", "o", "1", "l").Replace(code),
		strings.Map(func(r rune) rune { return r - '!' + '！' }, plain)} {
		if got := credit.Clean(typed); got != plain {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
	for _, wrong := range []string{"", "ABC", plain + "0", plain[:19] + "U", plain[:19] + "\x00", strings.Repeat("A", 300)} {
		if got := credit.Clean(wrong); got != "" {
			t.Errorf("%q is read as %q", wrong, got)
		}
	}
}

func TestACardIsSpentGivenBackAndNeverBelowZero(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, want := range []bool{true, false} { // a double click makes one card
			in(t, d, func(tx *db.Tx) error {
				fresh, err := credit.Give(ctx, tx, secret, credit.Wish{Price: dollars(2500), Email: "li@mail.example", Words: "For the new home", Lang: i18n.English}, "a-token", "staff:1", "a thank you", noon)
				if fresh != want {
					t.Errorf("given a %d. time: %v", i+1, fresh)
				}
				return err
			})
		}
		code := credit.Code(secret, "a-token")
		card, err := credit.ByCode(ctx, d, strings.ToLower(code))
		if err != nil || card.Balance != 2500 || card.Last4 != code[19:] {
			t.Fatalf("%+v, %v", card, err)
		}
		var plain int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM credits WHERE code_hash = ? OR token = ?", code, code).Scan(&plain).Error; err != nil || plain > 0 {
			t.Errorf("the code itself is stored: %v", err)
		}
		for _, want := range []bool{true, false} {
			in(t, d, func(tx *db.Tx) error {
				took, err := credit.Spend(ctx, tx, card.ID, 2000, "pay-1", 7, noon)
				if took != want {
					t.Errorf("spent: %v, want %v", took, want)
				}
				return err
			})
		}
		err = d.InTx(ctx, func(tx *db.Tx) error {
			_, err := credit.Spend(ctx, tx, card.ID, 501, "pay-2", 8, noon)
			return err
		})
		if !errors.Is(err, fault.Conflict) {
			t.Errorf("more than is left: %v", err)
		}
		for range 2 {
			in(t, d, func(tx *db.Tx) error {
				_, err := credit.Return(ctx, tx, "pay-1", 2000, "pay-1:all", noon)
				return err
			})
		}
		if card, err = credit.ByToken(ctx, d, card.Token); err != nil || card.Balance != 2500 {
			t.Errorf("%+v, %v", card, err)
		}
		entries, err := credit.Entries(ctx, d, card.ID)
		if err != nil || len(entries) != 3 || entries[0].Kind != credit.Returned || entries[0].Balance != 2500 || entries[1].Balance != 500 || entries[2].Note != "a thank you" {
			t.Errorf("%+v, %v", entries, err)
		}
		in(t, d, func(tx *db.Tx) error { _, err := credit.Block(ctx, tx, card.ID, true, noon); return err })
		for _, wrong := range []string{code, "", "AAAAA-AAAAA-AAAAA-AAAAA"} { // blocked and unknown sound alike
			if _, err := credit.ByCode(ctx, d, wrong); !errors.Is(err, fault.NotFound) || err.Error() != credit.ErrCode().Error() {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	})
}

func TestStoreCreditIsOnePotAPersonAndCurrency(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var who customer.ID
		in(t, d, func(tx *db.Tx) error {
			c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "li@mail.example", Name: "Li Na"}, noon)
			if err == nil {
				who = c.ID
			}
			return err
		})
		grant := func(price money.Price, key string, want bool) {
			t.Helper()
			in(t, d, func(tx *db.Tx) error {
				fresh, err := credit.Grant(ctx, tx, who, price, key, 3, "staff:1", "returned bottle", noon)
				if fresh != want {
					t.Errorf("%s: %v", key, fresh)
				}
				return err
			})
		}
		grant(dollars(1000), "return:1", true)
		grant(dollars(1000), "return:1", false)
		grant(dollars(500), "return:2", true)
		grant(money.Price{Amount: 700, Currency: "EUR"}, "return:3", true)
		if pot, err := credit.Of(ctx, d, who, "USD"); err != nil || pot == nil || pot.Balance != 1500 {
			t.Errorf("%+v, %v", pot, err)
		}
		if spendable, err := credit.Attached(ctx, d, 0, who, "EUR"); err != nil || len(spendable) != 1 || spendable[0].Balance != 700 {
			t.Errorf("%+v, %v", spendable, err)
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := credit.Grant(ctx, tx, who+100, dollars(1), "x", 0, "staff:1", "", noon)
			return err
		})
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("credit for nobody: %v", err)
		}
	})
}

func TestCardsOfAnOrderAreIssuedOnceAndRecalledWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in(t, d, func(tx *db.Tx) error {
			return credit.Plan(ctx, tx, secret, 9, credit.Wish{Price: dollars(5000), Position: 1, Email: "bo@mail.example", Lang: i18n.Chinese}, 2, noon)
		})
		var planned []credit.Account
		if err := d.Query(ctx).Order("id").Find(&planned).Error; err != nil || len(planned) != 2 || planned[0].Balance != 0 {
			t.Fatalf("%+v, %v", planned, err)
		}
		if _, err := credit.ByCode(ctx, d, credit.Code(secret, planned[0].Token)); !errors.Is(err, fault.NotFound) {
			t.Errorf("a card that nobody paid for: %v", err)
		}
		for range 2 {
			in(t, d, func(tx *db.Tx) error { return credit.Issue(ctx, tx, 9, noon) })
		}
		first, err := credit.ByCode(ctx, d, credit.Code(secret, planned[0].Token))
		if err != nil || first.Balance != 5000 {
			t.Fatalf("%+v, %v", first, err)
		}
		var mails int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM river_job WHERE kind = 'credit.mail'").Scan(&mails).Error; err != nil || mails != 2 {
			t.Errorf("%d mails, %v", mails, err)
		}
		recall := func() error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				cards, err := credit.LockOf(ctx, tx, 9, nil)
				if err != nil {
					return err
				}
				return credit.Recall(ctx, tx, cards, 9, "staff:1", noon)
			})
		}
		in(t, d, func(tx *db.Tx) error { _, err := credit.Spend(ctx, tx, first.ID, 1, "pay", 10, noon); return err })
		if err := recall(); !errors.Is(err, fault.Conflict) {
			t.Errorf("a used card went back: %v", err)
		}
		in(t, d, func(tx *db.Tx) error { _, err := credit.Return(ctx, tx, "pay", 1, "pay", noon); return err })
		for range 2 {
			if err := recall(); err != nil {
				t.Error(err)
			}
		}
		var left int
		if err := d.Query(ctx).Raw("SELECT sum(balance) FROM credits").Scan(&left).Error; err != nil || left != 0 {
			t.Errorf("%d left after the recall, %v", left, err)
		}
	})
}

func TestAnErasedPersonLeavesTheCards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		in(t, d, func(tx *db.Tx) error {
			c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "Li@mail.example"}, noon)
			if err != nil {
				return err
			}
			if _, err := credit.Give(ctx, tx, secret, credit.Wish{Price: dollars(500), Email: "Li@mail.example", Words: "dear Li"}, "to-li", "staff:1", "kind", noon); err != nil {
				return err
			}
			if _, err := credit.Grant(ctx, tx, c.ID, dollars(100), "x", 0, "staff:1", "Li was kind", noon); err != nil {
				return err
			}
			return credit.Forget(ctx, tx, c.ID, "Li@mail.example", noon)
		})
		var said, left int
		if err := d.Query(ctx).Raw("SELECT (SELECT count(*) FROM credits WHERE email <> '' OR words <> '') + (SELECT count(*) FROM credit_entries WHERE note <> '')").Scan(&said).Error; err != nil || said > 0 {
			t.Errorf("%d cards still name them, %v", said, err)
		}
		if err := d.Query(ctx).Raw("SELECT sum(balance) FROM credits").Scan(&left).Error; err != nil || left != 600 {
			t.Errorf("%d left, %v", left, err)
		}
	})
}
