package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
)

// giftCard makes a card and returns its code as the mail writes it.
func giftCard(s *shoptest.Shop, token string, worth money.Amount) string {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := credit.Give(ctx, tx, s.Desk.Secret, credit.Wish{Price: money.Price{Amount: worth, Currency: "USD"}, Lang: i18n.English}, token, "staff:1", "", s.Now())
		return err
	})
	return credit.Code(s.Desk.Secret, token)
}

func offers(s *shoptest.Shop, values ...string) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		for i := 0; i < len(values); i += 2 {
			if err := setting.Set(ctx, tx, values[i], values[i+1], s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Settings.Refresh(context.Background(), s.DB); err != nil {
		panic(err)
	}
}

func holds(t *testing.T, p *shoptest.Page, status int, texts ...string) {
	t.Helper()
	if p.Status != status {
		t.Fatalf("status %d, want %d: %s", p.Status, status, p.Text())
	}
	for _, text := range texts {
		lacks := strings.HasPrefix(text, "!")
		if strings.Contains(p.Body, strings.TrimPrefix(text, "!")) == lacks {
			t.Errorf("page and %q: %s", text, p.Text())
		}
	}
}

const bottlePage = "/p/calm-bottle?size=240&colour=aqua" // $14.00, and 4.20 to bring it

func TestAGiftCardIsShownBeforeItPays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		code := giftCard(s, "the first card of all", 1000)
		b := s.Browser()
		b.Submit(b.Get(bottlePage), "/cart/items", "qty", "1")
		no := b.Submit(b.Get("/checkout"), "/checkout", append([]string{"gift", "AAAAA-AAAAA-AAAAA-AAAAA"}, address...)...)
		holds(t, no, 422, "This code does not work", `value="AAAAA-AAAAA-AAAAA-AAAAA"`, `value="guest@example.com"`)
		yes := b.Submit(b.Get("/checkout"), "/checkout", append([]string{"gift", strings.ToLower(code)}, address...)...)
		holds(t, yes, 200, code[19:], "!"+code, "$18.20", "$8.20", `value="guest@example.com"`, "Left to pay")
		sound(t, "/checkout", yes)
		if s.Count("SELECT count(*) FROM orders") != 0 {
			t.Fatal("an order was placed before its new sum was seen")
		}
		holds(t, b.Get("/cart"), 200, code[19:], "$8.20")
		off := b.Submit(yes, "/checkout", "take_off", "the first card of all")
		holds(t, off, 200, "!"+code[19:], "!Left to pay")
		holds(t, b.Submit(b.Get("/cart"), "/cart/gift-cards", "gift", code), 303)
		placed := b.Submit(b.Get("/checkout"), "/checkout", address...)
		if placed.Status != http.StatusSeeOther || s.Count("SELECT amount FROM payments WHERE provider = 'test'") != 820 || s.Count("SELECT balance FROM credits") != 0 {
			t.Fatalf("placed: %d %s", placed.Status, placed.Text())
		}
		gateway := b.Follow(placed)
		holds(t, gateway, 200, "$8.20")
		order := b.Follow(b.Submit(gateway, "/gateway/test/", "outcome", "paid"))
		holds(t, order, 200, "Gift card", "-$10.00", "$18.20", "!Left to pay")
		s.RunJobs()
		told := false
		for _, l := range s.Letters() {
			told = told || strings.Contains(l.Text, "Gift cards and credit −$10.00")
		}
		if !told {
			t.Error("the confirmation does not name the card")
		}
		zh := b.Submit(b.Get("/zh/gift-cards"), "/zh/gift-cards", "gift", code)
		holds(t, zh, 200, "余额", code[19:], "!"+code)
		sound(t, "/zh/gift-cards", zh)
	})
}

func TestACardThatPaysAllAsksForNoWayToPay(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	code := giftCard(s, "a card that is enough", 5000)
	b := s.Browser()
	b.Submit(b.Get(bottlePage), "/cart/items", "qty", "1")
	b.Submit(b.Get("/cart"), "/cart/gift-cards", "gift", code)
	till := b.Get("/checkout")
	holds(t, till, 200, "Nothing is left to pay", "!name=\"payment\"", "Place order")
	placed := b.Submit(till, "/checkout", address[:len(address):len(address)]...)
	holds(t, placed, 303)
	holds(t, b.Follow(placed), 200, "Paid", "-$18.20")
}

func TestGiftCardCodesCannotBeGuessed(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	code := giftCard(s, "a card to be guessed at", 5000)
	b := s.Browser()
	for i := range 10 {
		holds(t, b.Submit(b.Get("/gift-cards"), "/gift-cards", "gift", fmt.Sprintf("%05d-AAAAA-AAAAA-AAAAA", i)), 422, "This code does not work")
	}
	holds(t, b.Submit(b.Get("/gift-cards"), "/gift-cards", "gift", code), 422, "Too many codes", "!$50.00")
	b.Submit(b.Get(bottlePage), "/cart/items", "qty", "1")
	holds(t, b.Submit(b.Get("/cart"), "/cart/gift-cards", "gift", code), 422, "Too many codes")
	s.Pass(time.Hour)
	holds(t, b.Submit(b.Get("/gift-cards"), "/gift-cards", "gift", code), 200, "$50.00")
}

func TestAGiftCardIsBoughtAndMailed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			_, _, _, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "GF12", Slug: "gift-card", Name: i18n.Text{En: "Gift Card", Zh: "礼品卡"}, Published: true, GiftCard: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "GF12-25", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 2500}}}}}, s.Now())
			return err
		})
		b := s.Browser()
		b.Submit(b.Get("/p/gift-card"), "/cart/items", "qty", "1")
		till := b.Get("/checkout")
		holds(t, till, 200, "Who gets the gift card")
		bad := b.Submit(till, "/checkout", append([]string{"card_email", "nobody", "card_words", "Enjoy it"}, address...)...)
		holds(t, bad, 422, "Write the address the gift card goes to", "Enjoy it", `value="nobody"`)
		placed := b.Submit(bad, "/checkout", "card_email", "bo@mail.example")
		holds(t, placed, 303)
		b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
		s.RunJobs()
		code := credit.Code(s.Desk.Secret, s.Text("SELECT token FROM credits"))
		mailed := false
		for _, l := range s.Letters() {
			if strings.Contains(l.Text, code) {
				mailed = true
				if l.To != "bo@mail.example" && !strings.Contains(fmt.Sprint(l.To), "bo@mail.example") || !strings.Contains(l.Text, "Enjoy it") || !strings.Contains(l.Text, "$25.00") {
					t.Errorf("the card's mail to %v: %s", l.To, l.Text)
				}
			}
		}
		if !mailed {
			t.Error("nobody got the code")
		}
	})
}

func TestTransferAndCashOnDeliveryAreSaidInWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		b.Submit(b.Get(bottlePage), "/cart/items", "qty", "1")
		offers(s, "payments.offered", "auto,transfer,cod")
		holds(t, b.Get("/checkout"), 200, `value="cod"`, "!value=\"transfer\"") // nobody said where to
		offers(s, "payment.transfer.details", "Holder: Willowmere Ltd; IBAN: DE12 3456", "payment.transfer.details.zh", "户名：柳岸；账号：DE12 3456")
		till := b.Get("/checkout")
		holds(t, till, 200, "7 days", "Pay the courier", "Place order")
		sound(t, "/checkout", till)
		placed := b.Submit(till, "/checkout", append([]string{"payment", "transfer"}, address...)...)
		holds(t, placed, 303)
		page := b.Follow(placed)
		number := s.Text("SELECT number FROM orders")
		holds(t, page, 200, "Your order stands", "DE12 3456", number, "$18.20", "!/payments\"")
		sound(t, placed.Location, page)
		holds(t, b.Get("/zh"+placed.Location), 200, "户名", "柳岸", "转账附言")
		s.RunJobs()
		s.Pass(4 * 24 * time.Hour)
		s.RunJobs()
		var said []string
		for _, l := range s.Letters() {
			if strings.Contains(l.Text, "IBAN: DE12 3456") && strings.Contains(l.Text, "Reference: "+number) {
				said = append(said, l.Subject)
			}
		}
		if len(said) != 2 {
			t.Errorf("the account is in the mails %q, want confirmation and reminder", said)
		}

		c := s.Browser()
		c.Submit(c.Get(bottlePage), "/cart/items", "qty", "1")
		door := c.Submit(c.Get("/checkout"), "/checkout", append([]string{"payment", "cod"}, address...)...)
		holds(t, c.Follow(door), 200, "Pay $18.20 to the courier", "!/payments\"")
	})
}

func TestStoreCreditIsTickedAtCheckout(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := credit.Grant(ctx, tx, s.Customers[shoptest.Student], money.Price{Amount: 500, Currency: "USD"}, "thanks", 0, "staff:1", "", s.Now())
		return err
	})
	b := s.SignedIn(shoptest.Student)
	holds(t, b.Get("/gift-cards"), 200, "Your store credit", "$5.00")
	b.Submit(b.Get(bottlePage), "/cart/items", "qty", "1")
	till := b.Get("/checkout")
	holds(t, till, 200, "Use my store credit, $5.00")
	placed := b.Submit(till, "/checkout", append([]string{"use_credit", "on"}, address...)...)
	if placed.Status != 303 || s.Count("SELECT amount FROM payments WHERE provider = 'test'") != 1320 {
		t.Errorf("placed: %d %s", placed.Status, placed.Text())
	}
}
