package search_test

import (
	"testing"

	"regulars/internal/money"
	"regulars/internal/search"
)

// What a thing may cost is read out of a query in both languages; measures,
// other money and a query of nothing else stay words.
func TestThePriceIsReadOutOfAQuery(t *testing.T) {
	for _, c := range []struct {
		typed, rest string
		min, max    money.Amount
		cur         money.Currency
	}{
		{"bottle under 20", "bottle", 0, 2000, "USD"},
		{"Bottle Under $19.99", "Bottle", 0, 1999, "USD"},
		{"under 50 dollars gift", "gift", 0, 5000, "USD"},
		{"gift from $20 up to 50", "gift", 2000, 5000, "USD"},
		{"lamp over 100 usd", "lamp", 10000, 0, "USD"},
		{"50 元以下 奶瓶", "奶瓶", 0, 5000, "CNY"},
		{"50元以下奶瓶", "奶瓶", 0, 5000, "USD"},
		{"200块以内的帐篷", "的帐篷", 0, 20000, "CNY"},
		{"奶瓶 不超过50元", "奶瓶", 0, 5000, "CNY"},
		{"奶瓶 100元以上", "奶瓶", 10000, 0, "CNY"},
		{"bottle under 20 ml", "", 0, 0, "USD"},
		{"bag under 2 kg", "", 0, 0, "USD"},
		{"bottle under 20 euros", "", 0, 0, "USD"},
		{"under 20", "", 0, 0, "USD"},
		{"奶瓶 ¥50以下", "", 0, 0, "USD"},
		{"500ml以下 奶瓶", "", 0, 0, "CNY"},
		{"bottle", "", 0, 0, "USD"},
		{"over $50 under 20 bottle", "", 0, 0, "USD"},
		{"20000 leagues under the sea", "", 0, 0, "USD"},
		{"books from 1999", "", 0, 0, "USD"},
		{"toys under 3 years", "", 0, 0, "USD"},
		{"under 5s toys", "", 0, 0, "USD"},
		{"3岁以下 玩具", "", 0, 0, "CNY"},
		{"20以内加减法", "", 0, 0, "CNY"},
		{"gifts over 60", "", 0, 0, "USD"},
		{"under 50 mini speaker", "mini speaker", 0, 5000, "USD"},
		{"under 40 daypack", "daypack", 0, 4000, "USD"},
		{"under 20 personalised gift", "personalised gift", 0, 2000, "USD"},
		{"timer under 30 min", "", 0, 0, "USD"},
		{"air max 90", "", 0, 0, "USD"},
		{"lamp max $90", "lamp", 0, 9000, "USD"},
		{"under 0 bottle", "", 0, 0, "USD"},
		{"bottle under 99999999999999", "", 0, 0, "USD"},
	} {
		p, ok := search.ReadPrice(c.typed, c.cur)
		if ok != (c.rest != "") || ok && (p.Rest != c.rest || p.Min != c.min || p.Max != c.max || p.Said == "") || !ok && p.Rest != c.typed {
			t.Errorf("%q: %+v %v", c.typed, p, ok)
		}
	}
}
