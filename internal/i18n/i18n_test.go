package i18n

import (
	"testing"
	"time"

	"regulars/internal/money"
)

func TestMessageFillsItsPlaceholders(t *testing.T) {
	for _, c := range []struct {
		text string
		args []any
		want string
	}{
		{"{count} in {name}", []any{"count", 1200, "name", "{count}"}, "1,200 in {count}"},
		{"no {such} thing", []any{"other", 1}, "no {such} thing"},
		{"open { brace", []any{"x", 1}, "open { brace"},
		{"} shut {a}", []any{"a", "b"}, "} shut b"},
		{"{price}", []any{"price", money.Price{Amount: 119000, Currency: "USD"}}, "$1,190.00"},
		{"{a}{a}", []any{"a", Text{En: "x", Zh: "y"}}, "xx"},
	} {
		if got := fill(c.text, English, c.args); got != c.want {
			t.Errorf("%q with %v is %q, want %q", c.text, c.args, got, c.want)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	if one, two := T(English, "layout.cart", "count", 1), T(English, "layout.cart", "count", 2); one == two {
		t.Errorf("one and two read alike: %q", one)
	}
	if T(Chinese, "layout.cart", "count", 1) == T(English, "layout.cart", "count", 1) {
		t.Error("Chinese speaks English")
	}
	if T(English, "nothing.such") != "nothing.such" {
		t.Error("a missing message must show its key")
	}
}

func TestMoneyAndDatesAsCLDRWritesThem(t *testing.T) {
	for _, c := range []struct {
		lang Lang
		p    money.Price
		want string
	}{
		{English, money.Price{Amount: 5, Currency: "USD"}, "$0.05"},
		{Chinese, money.Price{Amount: 839900, Currency: "CNY"}, "¥8,399.00"},
		{Chinese, money.Price{Amount: 119000, Currency: "USD"}, "US$1,190.00"},
		{English, money.Price{Amount: -1234, Currency: "GBP"}, "-£12.34"},
		{English, money.Price{Amount: 1500000, Currency: "JPY"}, "¥1,500,000"},
		{English, money.Price{Amount: 100, Currency: "PLN"}, "PLN\u00a01.00"},
	} {
		if got := Money(c.lang, c.p); got != c.want {
			t.Errorf("%v in %s is %q, want %q", c.p, c.lang, got, c.want)
		}
	}
	day := time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)
	if Date(English, day) != "22 November 2026" || DateTime(Chinese, day) != "2026年11月22日 09:05" || ShortDate(Chinese, day) != "11月22日 周日" {
		t.Error(Date(English, day), DateTime(Chinese, day), ShortDate(Chinese, day))
	}
}
