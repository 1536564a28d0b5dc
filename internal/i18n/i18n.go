// Package i18n speaks the shop's two languages: the message catalogue with
// CLDR plurals, and how money, dates and numbers are written. A message is
// found by key; a missing key is a bug that a test finds, and shows as the
// key itself so that nobody meets an empty page.
package i18n

import (
	"database/sql/driver"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"regulars/internal/money"
)

// Lang is one of the shop's languages, as it stands in addresses and rows.
type Lang string

// English is the shop's language without a prefix, Chinese (Simplified) the
// one under /zh.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Langs lists the languages, the default first.
var Langs = []Lang{English, Chinese}

// ParseLang returns the language a row or a form names; anything unknown is
// the default.
func ParseLang(s string) Lang {
	if strings.HasPrefix(strings.ToLower(s), "zh") {
		return Chinese
	}
	return English
}

// Tag is the language for the html lang attribute.
func (l Lang) Tag() string {
	if l == Chinese {
		return "zh-Hans"
	}
	return "en"
}

// Text is a piece of content in both languages. It is stored as JSON.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh,omitempty"`
}

// In returns the text in l, or in English where there is none in l.
func (t Text) In(l Lang) string {
	if l == Chinese && t.Zh != "" {
		return t.Zh
	}
	return t.En
}

// Has reports whether the text is written in l itself.
func (t Text) Has(l Lang) bool {
	if l == Chinese {
		return t.Zh != ""
	}
	return t.En != ""
}

// Value stores the text as JSON.
func (t Text) Value() (driver.Value, error) {
	b, err := json.Marshal(t)
	return string(b), err
}

// Scan reads what Value stored.
func (t *Text) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), t)
	case []byte:
		return json.Unmarshal(v, t)
	case nil:
		*t = Text{}
		return nil
	}
	return fmt.Errorf("a text column holds %T", src)
}

//go:embed messages/*.json
var files embed.FS

type message struct{ one, other string }

var catalogue = load()

func load() map[string]map[Lang]message {
	all := map[string]map[Lang]message{}
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		var raw map[string]map[Lang]json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			panic(fmt.Sprintf("messages %s: %v", name, err))
		}
		for key, langs := range raw {
			if _, twice := all[key]; twice {
				panic(fmt.Sprintf("message %s stands in two files, one of them %s", key, name))
			}
			all[key] = map[Lang]message{}
			for lang, text := range langs {
				all[key][lang] = parseMessage(name, key, text)
			}
		}
	}
	return all
}

func parseMessage(file, key string, raw json.RawMessage) message {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return message{other: s}
	}
	var forms struct{ One, Other string }
	if err := json.Unmarshal(raw, &forms); err != nil || forms.Other == "" {
		panic(fmt.Sprintf("messages %s: %s needs a text or its forms one and other", file, key))
	}
	return message{one: forms.One, other: forms.Other}
}

// T writes the message key in l. args are placeholders, name and value in
// turn; "count" chooses the plural form by CLDR. Values are written as they
// are: HTML is escaped where the page is made, not here.
func T(l Lang, key string, args ...any) string {
	m, ok := catalogue[key][l]
	if !ok {
		if m, ok = catalogue[key][English]; !ok {
			return key
		}
	}
	text := m.other
	if len(args) == 0 {
		return text
	}
	for i := 0; i+1 < len(args); i += 2 {
		if n, isInt := asInt(args[i+1]); isInt && args[i] == "count" && m.one != "" && isOne(l, n) {
			text = m.one
		}
	}
	return fill(text, l, args)
}

// fill puts values into {placeholders} in one pass: a value that itself holds
// braces is not looked at again.
func fill(text string, l Lang, args []any) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		end := strings.IndexByte(text[max(open, 0):], '}')
		if open < 0 || end < 0 {
			b.WriteString(text)
			return b.String()
		}
		name := text[open+1 : open+end]
		b.WriteString(text[:open])
		if i := slices.Index(args, any(name)); i >= 0 && i%2 == 0 && i+1 < len(args) {
			b.WriteString(written(l, args[i+1]))
		} else {
			b.WriteString(text[open : open+end+1])
		}
		text = text[open+end+1:]
	}
}

// Has reports whether key is written in l.
func Has(l Lang, key string) bool { _, ok := catalogue[key][l]; return ok }

// Keys lists every message key, in order.
func Keys() []string {
	keys := make([]string, 0, len(catalogue))
	for k := range catalogue {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func isOne(l Lang, n int) bool {
	tag := language.English
	if l == Chinese {
		tag = language.Chinese
	}
	return plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0) == plural.One
}

func asInt(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	}
	return 0, false
}

func written(l Lang, v any) string {
	switch x := v.(type) {
	case string:
		return x
	case Text:
		return x.In(l)
	case money.Price:
		return Money(l, x)
	case time.Time:
		return Date(l, x)
	}
	if n, ok := asInt(v); ok {
		return Number(n)
	}
	return fmt.Sprint(v)
}

var symbols = map[money.Currency]string{
	"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "KRW": "₩", "INR": "₹",
	"HKD": "HK$", "TWD": "NT$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "SGD": "S$", "BRL": "R$", "MXN": "MX$", "VND": "₫",
}

// Money writes a price as CLDR does for en and zh: "$1,190.00", "¥8,399.00",
// in Chinese "US$1,190.00" and "¥8,399.00" (CLDR 44; x/text's own formatter
// gets several locales wrong).
func Money(l Lang, p money.Price) string {
	n, sign := p.Amount, ""
	if n < 0 {
		n, sign = -n, "-"
	}
	symbol, known := symbols[p.Currency]
	switch {
	case !known:
		symbol = string(p.Currency) + "\u00a0"
	case l == Chinese && p.Currency == "USD":
		symbol = "US$"
	case l == English && p.Currency == "CNY":
		symbol = "CN¥"
	case l == Chinese && p.Currency == "JPY":
		symbol = "JP¥"
	}
	whole, frac, _ := strings.Cut(n.Decimal(p.Currency), ".")
	out := sign + symbol + grouped(whole)
	if frac != "" {
		out += "." + frac
	}
	return out
}

var chineseCurrencies = map[money.Currency]string{
	"USD": "美元", "CNY": "人民币", "EUR": "欧元", "GBP": "英镑", "JPY": "日元", "KRW": "韩元", "HKD": "港元", "TWD": "新台币",
	"CAD": "加元", "AUD": "澳元", "NZD": "新西兰元", "SGD": "新加坡元", "CHF": "瑞士法郎", "INR": "印度卢比",
}

// CurrencyName is what a list of currencies calls one: the code in English,
// the word in Chinese.
func CurrencyName(l Lang, c money.Currency) string {
	if name := chineseCurrencies[c]; l == Chinese && name != "" {
		return name
	}
	return string(c)
}

// Number writes an integer with its thousands apart.
func Number(n int) string {
	if n < 0 {
		return "-" + grouped(strconv.Itoa(-n))
	}
	return grouped(strconv.Itoa(n))
}

func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Date writes the day: "22 November 2026", "2026年11月22日". The caller has
// put t into the zone that the reader should see.
func Date(l Lang, t time.Time) string {
	if l == Chinese {
		return t.Format("2006年1月2日")
	}
	return t.Format("2 January 2006")
}

// DateTime writes day and minute.
func DateTime(l Lang, t time.Time) string {
	if l == Chinese {
		return t.Format("2006年1月2日 15:04")
	}
	return t.Format("2 January 2006, 15:04")
}

var chineseWeekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// ShortDate writes a near day: "Tue 1 Dec", "12月1日 周二".
func ShortDate(l Lang, t time.Time) string {
	if l == Chinese {
		return t.Format("1月2日 ") + chineseWeekdays[t.Weekday()]
	}
	return t.Format("Mon 2 Jan")
}
