package search

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// measure is an amount with its unit, wherever it stands in a text: "500 g",
// "0.5 kg" and "500克" are one, held in the index as 500g. A term of the index
// is either letters or digits, so that one of both is nothing else.
type measure struct {
	token    string
	from, to int // in the folded text
}

type unit struct {
	base   string
	factor float64
}

// units are by what is written after the number, folded.
var units = func() map[string]unit {
	all := map[string]unit{}
	for _, u := range []struct {
		base   string
		factor float64
		names  string
	}{
		{"g", 1, "g gr gram grams gramme grammes 克"},
		{"g", 1000, "kg kilo kilos kilogram kilograms 千克 公斤"},
		{"g", 500, "斤"},
		{"mg", 1, "mg milligram milligrams 毫克"},
		{"oz", 1, "oz ounce ounces 盎司"},
		{"ml", 1, "ml cc millilitre millilitres milliliter milliliters 毫升"},
		{"ml", 10, "cl"},
		{"ml", 1000, "l lt ltr litre litres liter liters 升 公升"},
		{"mm", 1, "mm millimetre millimetres millimeter millimeters 毫米"},
		{"mm", 10, "cm centimetre centimetres centimeter centimeters 厘米 公分"},
		{"mm", 1000, "m metre metres meter meters 米 公尺"},
		{"in", 1, "in inch inches 寸 英寸 吋 \" ” ″ ′′ ''"},
		{"v", 1, "v volt volts 伏 伏特"},
		{"w", 1, "w watt watts 瓦 瓦特"},
		{"w", 1000, "kw 千瓦"},
		{"mah", 1, "mah 毫安 毫安时"},
		{"mah", 1000, "ah"},
		{"hz", 1, "hz 赫 赫兹"},
		{"hz", 1e6, "mhz 兆赫"},
		{"gb", 1, "gb"},
		{"gb", 1000, "tb"},
		{"min", 1, "min mins minute minutes 分钟"},
		{"min", 60, "h hr hrs hour hours 小时"},
		{"month", 1, "month months mth mths 月 个月 月龄"},
		{"piece", 1, "pc pcs piece pieces pack 只 件 片 个 枚 块"},
	} {
		for name := range strings.FieldsSeq(u.names) {
			all[name] = unit{u.base, u.factor}
		}
	}
	return all
}()

// inchSigns stand in units, too.
var inchSigns = []string{"\"", "”", "″", "′′", "''"}

// longestHanUnit is 毫安时.
const longestHanUnit = 3

// measures finds what is measured in a folded text.
func measures(text string) (found []measure) {
	for i := 0; i < len(text); {
		if text[i] < '0' || text[i] > '9' {
			i++
			continue
		}
		from := i
		number, end := amountAt(text, i)
		i = end
		rest := text[end:]
		gap := 0
		if rest != "" && (rest[0] == ' ' || rest[0] == '-') {
			gap = 1
		}
		name := unitAt(rest[gap:])
		u, ok := units[name]
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			continue
		}
		found = append(found, measure{strconv.FormatFloat(value*u.factor, 'f', -1, 32) + u.base, from, end + gap + len(name)})
		i = end + gap + len(name)
	}
	return found
}

// amountAt reads a number that begins at i: 1,240 and 1.24.
func amountAt(text string, i int) (number string, end int) {
	var b strings.Builder
	for end = i; end < len(text); end++ {
		c := text[end]
		switch {
		case c >= '0' && c <= '9':
			b.WriteByte(c)
		case c == ',' && end+3 < len(text) && allDigits(text[end+1:end+4]) && (end+4 == len(text) || !digit(text[end+4])):
		case c == '.' && end+1 < len(text) && digit(text[end+1]) && !strings.Contains(b.String(), "."):
			b.WriteByte(c)
		default:
			return b.String(), end
		}
		if b.Len() > 12 {
			return b.String(), end + 1
		}
	}
	return b.String(), end
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return true
}

// unitAt is the name of a unit that a text begins with.
func unitAt(text string) string {
	for _, quote := range inchSigns {
		if strings.HasPrefix(text, quote) {
			return quote
		}
	}
	first, _ := utf8.DecodeRuneInString(text)
	if unicode.Is(unicode.Han, first) {
		best, end := "", 0
		for range longestHanUnit {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !unicode.Is(unicode.Han, r) {
				break
			}
			end += n
			if _, ok := units[text[:end]]; ok {
				best = text[:end]
			}
		}
		return best
	}
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) || unicode.Is(unicode.Han, r) })
	if end < 0 {
		end = len(text)
	}
	return text[:end]
}
