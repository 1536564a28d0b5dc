package ask

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

var numbers = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// numberOf is what people call a question: "Q-7F3K9M2A". It is made of the
// token and leads nowhere back.
func numberOf(token string) string {
	sum := sha256.Sum256([]byte("question\x00" + token))
	return "Q-" + numbers.EncodeToString(sum[:5])
}

// Called is the number of a question, of an old one, too.
func (q *Question) Called() string {
	if q.Number == "" {
		return numberOf(q.Token)
	}
	return q.Number
}

// ParseNumber reads a number as people write it; "" for anything else.
func ParseNumber(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if code, ok := strings.CutPrefix(s, "Q-"); ok && len(code) == 8 {
		if _, err := numbers.DecodeString(code); err == nil {
			return s
		}
	}
	return ""
}
