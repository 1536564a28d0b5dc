package ask_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

func TestCardNumbersAreHidden(t *testing.T) {
	for text, want := range map[string]string{
		"4242 4242 4242 4242":                   "•••• •••• •••• 4242",
		"my card 4242424242424242, thanks":      "my card ••••••••••••4242, thanks",
		"4242-4242-4242-4242 exp 12/29":         "••••-••••-••••-4242 exp 12/29",
		"378282246310005":                       "•••••••••••0005",
		"６０１１ 1111 1111 1117":                   "•••• •••• •••• 1117",
		"a 4242424242424242 b 5555555555554444": "a ••••••••••••4242 b ••••••••••••4444",
		"order 12 4242 4242 4242 4242":          "order 12 •••• •••• •••• 4242",
		"4242 4242 4242 4243":                   "4242 4242 4242 4243",
		"call +86 138 0013 8000":                "call +86 138 0013 8000",
		"order K7MQ2X9A of 2026-11-22 10:00":    "order K7MQ2X9A of 2026-11-22 10:00",
		"parcel 99424242424242424299":           "parcel 99424242424242424299",
		"0000 0000 0000 0000":                   "0000 0000 0000 0000",
		"":                                      "",
		"号码是4242424242424242吗？":                 "号码是••••••••••••4242吗？",
	} {
		if got := ask.Mask(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func inTx(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func product(t *testing.T, d *db.DB) catalog.ProductID {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO products (id, code, slug, name, created_at, updated_at) VALUES (7, 'BB01', 'bottle', '{"en":"Bottle","zh":"奶瓶"}', 1, 1)`).Error
	})
	return 7
}

func TestAQuestionIsAskedAnsweredAndShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle := product(t, d)
		var first, second, letter *ask.Question
		inTx(t, d, func(tx *db.Tx) error {
			var e1, e2, e3 error
			letter, e1 = ask.Contact(ctx, tx, ask.Message{Name: "Tom", Email: "tom@shop.example", Body: "Where is my parcel?\r\nCard 4242 4242 4242 4242"}, now)
			second, e2 = ask.Ask(ctx, tx, bottle, ask.Message{Body: "Does it fit a cup holder?"}, now.Add(2*time.Minute))
			first, e3 = ask.Ask(ctx, tx, bottle, ask.Message{Body: "Is it glass?"}, now.Add(time.Minute))
			return errors.Join(e1, e2, e3)
		})
		if letter.Body != "Where is my parcel?\nCard •••• •••• •••• 4242" {
			t.Errorf("kept %q", letter.Body)
		}
		answer := func(token, words string, publish bool, at time.Time) error {
			return d.InTx(ctx, func(tx *db.Tx) error { _, err := ask.Answer(ctx, tx, token, 1, words, publish, at); return err })
		}
		if err := errors.Join(answer(first.Token, "Yes, borosilicate.", true, now.Add(11*time.Minute)),
			answer(first.Token, "Yes, borosilicate glass.", true, now.Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		got, err := ask.ByToken(ctx, d, first.Token)
		if err != nil || got.Answer != "Yes, borosilicate glass." || got.Waiting(now.Add(24*time.Hour)) != 10*time.Minute {
			t.Errorf("better words must not move the clock: %+v waited %v, %v", got, got.Waiting(now), err)
		}
		list, total, err := ask.List(ctx, d, ask.Filter{})
		if err != nil || total != 3 || list[0].Token != letter.Token || list[1].Token != second.Token || list[2].Token != first.Token {
			t.Errorf("the longest waiting comes first, the answered last: %+v %v", list, err)
		} else if list[1].ProductName.Zh != "奶瓶" || list[1].ProductSlug != "bottle" || list[0].ProductSlug != "" {
			t.Errorf("products of the list: %+v", list)
		}
		if n, oldest, err := ask.Unanswered(ctx, d); err != nil || n != 2 || !oldest.Equal(now) {
			t.Errorf("%d wait since %v, %v", n, oldest, err)
		}
		if err := answer(letter.Token, "On its way.", true, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, _ := ask.ByToken(ctx, d, letter.Token); got == nil || got.Published {
			t.Error("a letter to the shop was published")
		}
		shown, err := ask.OfProduct(ctx, d, bottle, i18n.English, 10)
		if err != nil || len(shown) != 1 || shown[0].Token != first.Token {
			t.Errorf("shown under the product: %+v %v", shown, err)
		}
		publish := func(token string, on bool) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return ask.Publish(ctx, tx, token, on) })
		}
		if err := publish(first.Token, false); err != nil {
			t.Fatal(err)
		}
		if shown, _ := ask.OfProduct(ctx, d, bottle, i18n.English, 10); len(shown) != 0 {
			t.Error("a hidden question is shown")
		}
		if err := publish(second.Token, true); !errors.Is(err, fault.NotFound) {
			t.Errorf("an unanswered question was published: %v", err)
		}
		if err := answer("nobody", "x", false, now); !errors.Is(err, fault.NotFound) {
			t.Errorf("answered a question nobody asked: %v", err)
		}
	})
}

func TestWhatCannotBeAskedIsNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, c := range map[string]struct {
			m     ask.Message
			wrong int
		}{
			"empty":         {ask.Message{}, 2},
			"blank":         {ask.Message{Email: "a@shop.example", Body: " \n "}, 1},
			"too long":      {ask.Message{Email: "a@shop.example", Body: strings.Repeat("长", 2001)}, 1},
			"control":       {ask.Message{Email: "a@shop.example", Body: "a\x00b"}, 1},
			"header tricks": {ask.Message{Email: "a@shop.example\r\nBcc: b@shop.example", Name: "A\r\nB", Body: "x"}, 2},
		} {
			err := d.InTx(ctx, func(tx *db.Tx) error { _, err := ask.Contact(ctx, tx, c.m, now); return err })
			if len(fault.Fields(err)) != c.wrong {
				t.Errorf("%s: %v, want %d inputs named", name, err, c.wrong)
			}
		}
	})
}

func TestAnErasedPersonLeavesTheirQuestionsNameless(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle := product(t, d)
		var shown, private, named, theirs *ask.Question
		inTx(t, d, func(tx *db.Tx) error {
			c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "Tom@shop.example", Name: "Tom Canary", Verified: true}, now)
			if err != nil {
				return err
			}
			p := customer.NewPerson(nil, c, nil, nil)
			shown, err = ask.Ask(ctx, tx, bottle, ask.Message{Person: p, Body: "Is it glass?"}, now)
			if err != nil || shown.Email != "Tom@shop.example" {
				t.Errorf("the account's own address is taken: %+v, %v", shown, err)
			}
			if named, err = ask.Ask(ctx, tx, bottle, ask.Message{Person: p, Body: "And the lid?"}, now); err != nil {
				return err
			}
			// Somebody signed up with an address that was never proved to be theirs.
			thief, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "ann@shop.example"}, now)
			if err != nil {
				return err
			}
			if theirs, err = ask.Contact(ctx, tx, ask.Message{Email: "ann@shop.example", Body: "Mine"}, now); err != nil {
				return err
			}
			if _, err = ask.Ask(ctx, tx, bottle, ask.Message{Body: "From nobody"}, now); err != nil {
				return err
			}
			if err := customer.Erase(ctx, tx, thief.ID, now, ask.Forget); err != nil {
				return err
			}
			var e1, e2, e3 error
			_, e3 = ask.Answer(ctx, tx, named.Token, 1, "Dear Tom Canary, steel.", true, now)
			_, e1 = ask.Answer(ctx, tx, shown.Token, 1, "Yes.", true, now)
			private, e2 = ask.Contact(ctx, tx, ask.Message{Email: "tom@shop.example", Body: "My canary is ill"}, now)
			return errors.Join(e1, e2, e3, customer.Erase(ctx, tx, c.ID, now, ask.Forget))
		})
		if got, err := ask.ByToken(ctx, d, theirs.Token); err != nil || got.Body != "Mine" || got.Email == "" {
			t.Errorf("an address nobody proved erased a letter: %+v, %v", got, err)
		}
		for _, q := range []*ask.Question{shown, private, named} {
			got, err := ask.ByToken(ctx, d, q.Token)
			if err != nil || got.CustomerID != nil || got.Email != "" || got.Name != "" || strings.Contains(strings.ToLower(got.Body+got.Answer), "canary") {
				t.Errorf("after erasure: %+v, %v", got, err)
			}
		}
		if list, _ := ask.OfProduct(ctx, d, bottle, i18n.English, 5); len(list) != 1 || list[0].Body != "Is it glass?" {
			t.Errorf("the published question is gone: %+v", list)
		}
	})
}
