package customer

import (
	"crypto/rand"
	"strings"
)

// The letters of numbers are Crockford's: none that is read as another.
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NumberLength is how long the number of a customer is.
const NumberLength = 12

// NewNumber draws the number of a new customer: 60 bits, so that nobody meets
// another's by trying, and none is drawn twice.
func NewNumber() string {
	var b [NumberLength]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	return string(b[:])
}

// CleanNumber undoes what people do to a number when they type it.
func CleanNumber(s string) string {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
}
