package search

import (
	"regexp"
	"strings"

	"regulars/internal/money"
)

// People type what a thing may cost beside its name: "bottle under 20", "50 元
// 以下 奶瓶". Such words are a bound of the price and no words of goods.

// number is an amount; a sign or code of a currency may stand before or after.
const (
	signs  = `(us\$|hk\$|nt\$|\$|€|£|¥|￥)`
	number = `(\d{1,7}(?:\.\d{1,2})?)`
	codes  = `(usd|eur|gbp|cny|rmb|hkd|twd|cad|aud|nzd|chf|jpy|sgd|dollars?|euros?|pounds?|yuan|bucks)`
	hanOf  = `(元|块钱|块|美元|欧元|英镑|人民币)`
)

// priced is a way of saying it: at which groups its parts stand, and which
// bound it is.
type priced struct {
	says   *regexp.Regexp
	upper  bool
	marked bool // only with a currency: "from 1999" is a year, "over 60" an age, "air max 90" a shoe
}

// noMoney is what a number is of, if it is not money.
var noMoney = regexp.MustCompile(`^(?:(?:years?|yrs?|months?|weeks?|days?|hours?|minutes?|mins?|seconds?|old|pages?|players?|people|persons?|pieces?|pcs|inch(?:es)?|feet|degrees?|watts?|volts?|colou?rs?)\b|%|岁|个月|年|天|页|人|片|件|个|张|寸|度)`)

// Chinese ones need their 元 or 块: 20以内加减法 is sums up to twenty. What is
// measured or counted stays words.
var pricings = []priced{
	{regexp.MustCompile(`(?i)(?:^|\s)(?:under|below|less than|up to|at most|cheaper than|no more than|<)\s*` + signs + `?\s?` + number + `(?:\s?` + codes + `)?(?:\s|$)`), true, false},
	{regexp.MustCompile(`(?i)(?:^|\s)max\.?\s*` + signs + `?\s?` + number + `(?:\s?` + codes + `)?(?:\s|$)`), true, true},
	{regexp.MustCompile(`(?i)(?:^|\s)(?:over|above|more than|from|at least|min\.?|>)\s*` + signs + `?\s?` + number + `(?:\s?` + codes + `)?(?:\s|$)`), false, true},
	{regexp.MustCompile(`(?i)` + signs + `?` + number + `\s?` + hanOf + `?\s?(?:以下|以内|之内|之下|内)`), true, true},
	{regexp.MustCompile(`(?i)` + signs + `?` + number + `\s?` + hanOf + `?\s?(?:以上|之上|起)`), false, true},
	{regexp.MustCompile(`(?i)(?:低于|少于|不到|不超过|小于|最多)\s?` + signs + `?` + number + `\s?` + hanOf + `?`), true, true},
	{regexp.MustCompile(`(?i)(?:高于|多于|超过|大于|至少)\s?` + signs + `?` + number + `\s?` + hanOf + `?`), false, true},
}

// moneyNames are the currencies that a sign or word names; what is not here (元, 块,
// dollars, $) means money of the prices that are shown.
var moneyNames = map[string]money.Currency{"us$": "USD", "usd": "USD", "美元": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "欧元": "EUR", "£": "GBP", "gbp": "GBP",
	"pound": "GBP", "pounds": "GBP", "英镑": "GBP", "cny": "CNY", "rmb": "CNY", "yuan": "CNY", "人民币": "CNY", "hk$": "HKD", "hkd": "HKD", "nt$": "TWD", "twd": "TWD",
	"cad": "CAD", "aud": "AUD", "nzd": "NZD", "chf": "CHF", "jpy": "JPY", "sgd": "SGD"}

// Priced is what a query says of the price.
type Priced struct {
	Rest     string // the words without it
	Said     string // the words that were taken
	Min, Max money.Amount
}

// ReadPrice takes the bounds of a price out of a query; ok says that there were
// any. What would leave no word is words, and so is money of another currency
// than prices are shown in: nothing here knows a rate.
func ReadPrice(typed string, cur money.Currency) (p Priced, ok bool) {
	p.Rest = typed
	var said []string
	for _, way := range pricings {
		m := way.says.FindStringSubmatchIndex(p.Rest)
		if m == nil || p.Max > 0 && way.upper || p.Min > 0 && !way.upper {
			continue
		}
		amount, fits := boundOf(way.says.FindStringSubmatch(p.Rest)[1:], p.Rest[m[1]:], way.marked, cur)
		if !fits {
			continue
		}
		said = append(said, strings.TrimSpace(p.Rest[m[0]:m[1]]))
		p.Rest = strings.TrimSpace(p.Rest[:m[0]] + " " + p.Rest[m[1]:])
		if way.upper {
			p.Max = amount
		} else {
			p.Min = amount
		}
	}
	p.Rest = strings.Join(strings.Fields(p.Rest), " ")
	p.Said = strings.Join(said, ", ")
	if len(said) == 0 || p.Min > p.Max && p.Max > 0 || len(Terms(p.Rest)) == 0 {
		return Priced{Rest: typed}, false
	}
	return p, true
}

// boundOf reads the parts of a bound, unless what follows them is a unit of
// something else ("under 20 ml"), or bare numbers are none here.
func boundOf(parts []string, follows string, bare bool, cur money.Currency) (money.Amount, bool) {
	value, of := "", false
	for _, part := range parts {
		switch {
		case part == "":
		case part[0] >= '0' && part[0] <= '9':
			value = part
		default:
			of = true
			if c := moneyNames[strings.ToLower(part)]; c != "" && c != cur {
				return 0, false
			}
			if (part == "¥" || part == "￥") && cur != "CNY" && cur != "JPY" {
				return 0, false
			}
		}
	}
	if !of {
		if bare {
			return 0, false
		}
		next := fold(strings.TrimSpace(follows))
		if _, unit := units[unitAt(next)]; unit || noMoney.MatchString(next) {
			return 0, false
		}
	}
	a, err := money.Parse(value, cur)
	return a, err == nil && a > 0
}
