// Package person is one person as staff meet them: how somebody on the
// telephone is found, what was promised to them, and everything that happened
// with them in one line of time. It also keeps the lists of people whom the
// shop looks after by name: its best, those who cost it, those it is losing.
// It reads what the other nouns keep and owns promises, goals and the keys by
// which people are found.
package person

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/customer"
)

// Who is whose card it is: an account, or a guest, who is known by one order
// and whatever else was ordered with its address. One of both is set.
type Who struct {
	Customer customer.ID
	Orders   []int64 // of a guest, the newest first
	Email    string  // of a guest; "" where the order has none
}

// Guest reports whether it is somebody without an account.
func (w Who) Guest() bool { return w.Customer == 0 }

// Kinds of keys.
const (
	byEmail = "email"
	byName  = "name"
	byPhone = "phone"
)

// mostEnds is how many characters of a name written without blanks begin a key.
const mostEnds = 8

// Fold is a text as it is compared: composed, small, without accents.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return norm.NFC.String(b.String())
}

// Words are the words of a name, folded.
func Words(name string) []string {
	return strings.FieldsFunc(Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// unbroken reports whether a script writes names without blanks: there the
// given name is found, too, though no word begins with it.
func unbroken(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// nameKeys are the beginnings by which a name is found.
func nameKeys(name string) (keys []string) {
	words := Words(name)
	if len(words) > 1 && strings.ContainsFunc(name, unbroken) {
		words = append(words, strings.Join(words, ""))
	}
	for _, w := range words {
		runes := []rune(w)
		for i := range runes {
			if i == 0 || i < mostEnds && unbroken(runes[i]) {
				keys = append(keys, string(runes[i:]))
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// digits are those of a text, in the plain form.
func digits(text string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(norm.NFKC.String(text), "(0)", "") {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Digits are the digits of a telephone number without what countries write in
// front of it: the two or one zeros, and the zero in brackets.
func Digits(phone string) string { return strings.TrimLeft(digits(phone), "0") }

// backwards makes the last digits the first, so that an index finds them.
func backwards(digits string) string {
	b := []byte(digits)
	slices.Reverse(b)
	return string(b)
}

// leastDigits is from how many digits on a number is a telephone's.
const leastDigits = 4

// whole is from how many digits on a number is no ending, and zeros before it
// are those of a country.
const whole = 7

// sameLine reports whether a kept number may be the one asked for: it ends in
// these digits, or, where enough are given, one ends in the other. So "+49 170
// 5550147" is found by "0147", by "0170 5550147" and by "0049 170 5550147".
func sameLine(kept, asked string) bool {
	if len(kept) < leastDigits || len(asked) < leastDigits {
		return false
	}
	bare := strings.TrimLeft(asked, "0")
	return strings.HasSuffix(kept, asked) || len(bare) >= whole && (strings.HasSuffix(kept, bare) || len(kept) >= whole && strings.HasSuffix(bare, kept))
}

// keysOf are the keys of somebody, as kind and key.
func keysOf(email, name, phone string) (keys [][2]string) {
	if email != "" {
		keys = append(keys, [2]string{byEmail, customer.EmailKey(email)})
	}
	for _, k := range nameKeys(name) {
		keys = append(keys, [2]string{byName, k})
	}
	if d := Digits(phone); len(d) >= leastDigits {
		keys = append(keys, [2]string{byPhone, backwards(d)})
	}
	return keys
}

// Asked is what staff typed, as it may be meant; each part that is not empty
// is looked for.
type Asked struct {
	Text   string
	Email  string   // the whole address, or its beginning
	Number string   // of an order or a customer
	Digits string   // of a telephone
	Words  []string // of a name
}

// Read takes apart what staff typed into the one box.
func Read(text string) Asked {
	text = strings.TrimSpace(norm.NFKC.String(text))
	a := Asked{Text: text}
	if text == "" {
		return a
	}
	if strings.Contains(text, "@") {
		a.Email = customer.EmailKey(text)
		return a
	}
	if n := customer.CleanNumber(strings.TrimPrefix(text, "#")); len(n) == 8 || len(n) == customer.NumberLength {
		if !strings.ContainsFunc(n, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
			a.Number = n
		}
	}
	if d := digits(text); len(d) >= leastDigits && !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789 +()-./", r) }) {
		a.Digits = d
		return a
	}
	a.Words = Words(text)
	if !strings.ContainsFunc(text, unicode.IsSpace) {
		a.Email = customer.EmailKey(text)
	}
	return a
}
