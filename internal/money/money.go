// Package money holds amounts the way the shop counts them: whole minor
// units of one currency. There are no floats here and none may enter; what is
// divided is divided without losing a cent.
package money

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Currency is an ISO 4217 code in capitals.
type Currency string

// exponents lists the currencies the shop knows, with their digits after the
// point (ISO 4217). A currency outside this table is refused: guessing two
// digits is how other shops charged a hundredfold in yen.
var exponents = map[Currency]int{
	"USD": 2, "EUR": 2, "GBP": 2, "CNY": 2, "HKD": 2, "TWD": 2, "CHF": 2, "CAD": 2, "AUD": 2, "NZD": 2,
	"SEK": 2, "NOK": 2, "DKK": 2, "PLN": 2, "CZK": 2, "SGD": 2, "INR": 2, "BRL": 2, "MXN": 2, "ZAR": 2,
	"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0,
	"KWD": 3, "BHD": 3, "JOD": 3, "TND": 3, "OMR": 3,
}

// ParseCurrency accepts a known code in any case.
func ParseCurrency(s string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(s)))
	if _, ok := exponents[c]; !ok {
		return "", fmt.Errorf("currency %q is not one this shop can count in", s)
	}
	return c, nil
}

// Currencies lists every known code in order.
func Currencies() []Currency {
	all := make([]Currency, 0, len(exponents))
	for c := range exponents {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// Digits is the number of digits after the point.
func (c Currency) Digits() int { return exponents[c] }

// Amount is a number of minor units (cents, fen, yen). Its currency stands
// beside it in the row or the struct that holds it.
type Amount int64

// Price is an amount with its currency, as every JSON answer shows it.
type Price struct {
	Amount   Amount   `json:"amount"`
	Currency Currency `json:"currency"`
}

// Parse reads a plain decimal such as "12.5" or "1,299.00" as an amount of c.
// More digits than the currency has are an error, not a rounding.
func Parse(s string, c Currency) (Amount, error) {
	digits, ok := exponents[c]
	if !ok {
		return 0, fmt.Errorf("parse amount %q: unknown currency %q", s, c)
	}
	t := strings.ReplaceAll(strings.TrimSpace(s), ",", "")
	neg := strings.HasPrefix(t, "-")
	t = strings.TrimPrefix(t, "-")
	whole, frac, _ := strings.Cut(t, ".")
	frac = strings.TrimRight(frac, "0")
	if whole == "" && frac == "" || len(frac) > digits || len(whole) > 15 || !allDigits(whole) || !allDigits(frac) {
		return 0, fmt.Errorf("amount %q is not a number with at most %d digits after the point", s, digits)
	}
	frac += strings.Repeat("0", digits-len(frac))
	n, err := strconv.ParseInt("0"+whole+frac, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("amount %q is too large", s)
	}
	if neg {
		n = -n
	}
	return Amount(n), nil
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// Decimal writes the amount as a plain decimal for files and feeds: "12.50".
func (a Amount) Decimal(c Currency) string {
	digits := exponents[c]
	sign := ""
	n := int64(a)
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	if digits == 0 {
		return sign + s
	}
	if len(s) <= digits {
		s = strings.Repeat("0", digits+1-len(s)) + s
	}
	return sign + s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// Times is the amount for n pieces.
func (a Amount) Times(n int) Amount { return a * Amount(n) }

// Part is n of d equal parts of the amount, rounded half away from zero; d is
// above 0. The product may be larger than an amount can be.
func (a Amount) Part(n, d int64) Amount {
	negative := (a < 0) != (n < 0)
	hi, lo := bits.Mul64(abs(int64(a)), abs(n))
	half := uint64(d) / 2
	lo, carry := bits.Add64(lo, half, 0)
	hi += carry
	if hi >= uint64(d) {
		panic("money: a part larger than an amount can be")
	}
	quotient, _ := bits.Div64(hi, lo, uint64(d))
	if negative {
		return -Amount(quotient)
	}
	return Amount(quotient)
}

func abs(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// Clamp0 is the amount, or zero if it is negative.
func (a Amount) Clamp0() Amount { return max(a, 0) }

// BasisPoints is a share in hundredths of a percent: 10 % is 1000.
type BasisPoints int64

// Of is the share of a, rounded half away from zero. Rounding happens once,
// where a line is priced; the rounded part is what is stored.
func (b BasisPoints) Of(a Amount) Amount { return divRound(int64(a)*int64(b), 10_000) }

// Rate is a tax rate in thousandths of a percent: 8.875 % is 8875.
type Rate int64

// mostRate is the highest rate there is: as much tax as price.
const mostRate = 100_000

// ParseRate reads a rate written in percent, with up to three digits after the
// point.
func ParseRate(s string) (Rate, error) {
	n, err := Parse(s, "KWD") // three digits after the point, as in thousandths
	if err != nil || n < 0 || n > mostRate {
		return 0, fmt.Errorf("wants a percentage from 0 to 100 with at most three digits after the point")
	}
	return Rate(n), nil
}

// String writes the rate in percent, without zeros at its end.
func (r Rate) String() string {
	return strings.TrimSuffix(strings.TrimRight(Amount(r).Decimal("KWD"), "0"), ".")
}

// Of is the tax on top of an amount, rounded half away from zero. Rounding
// happens once, where a line is priced; the rounded part is what is stored.
func (r Rate) Of(a Amount) Amount { return divRound(int64(a)*int64(r), mostRate) }

// Inside is the part of a tax-inclusive amount that is tax, rounded half away
// from zero: a·r/(100%+r).
func (r Rate) Inside(a Amount) Amount { return divRound(int64(a)*int64(r), mostRate+int64(r)) }

func divRound(n, d int64) Amount {
	if n < 0 {
		return -divRound(-n, d)
	}
	return Amount((n + d/2) / d)
}

// Split shares total over weights so that the parts add up to total exactly:
// the largest remainders get the odd cents, earlier parts first on a tie.
// With no positive weight everything goes to the first part.
func Split(total Amount, weights []int64) []Amount {
	parts := make([]Amount, len(weights))
	if len(weights) == 0 {
		return parts
	}
	var sum int64
	for _, w := range weights {
		sum += max(w, 0)
	}
	if sum == 0 {
		parts[0] = total
		return parts
	}
	sign := Amount(1)
	if total < 0 {
		sign, total = -1, -total
	}
	type remainder struct {
		index int
		rest  uint64
	}
	rests := make([]remainder, len(weights))
	left := total
	for i, w := range weights {
		high, low := bits.Mul64(uint64(total), uint64(max(w, 0))) // 128 bits: large carts would overflow 64
		share, rest := bits.Div64(high, low, uint64(sum))
		parts[i] = Amount(share)
		rests[i] = remainder{i, rest}
		left -= parts[i]
	}
	slices.SortStableFunc(rests, func(a, b remainder) int { return cmp.Compare(b.rest, a.rest) })
	for i := range int(left) {
		parts[rests[i].index]++
	}
	for i := range parts {
		parts[i] *= sign
	}
	return parts
}
