package staff

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A second factor as every authenticator app knows it (RFC 6238 over RFC 4226):
// SHA-1, six digits, a new one each 30 seconds; the neighbours count, too, for
// clocks that differ.
const (
	factorStep   = 30 * time.Second
	factorDigits = 6
	factorBytes  = 20 // as RFC 4226 recommends
	recoveries   = 10
)

var plainBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// hotp is the code of a counter (RFC 4226, section 5.3).
func hotp(secret []byte, counter int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(counter)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", factorDigits, n%1000000)
}

// stepOf returns the step whose code this is, if it is one of this moment.
func stepOf(secret []byte, code string, now time.Time) (int64, bool) {
	here, found := now.Unix()/int64(factorStep/time.Second), int64(-1)
	for step := here - 1; step <= here+1; step++ {
		if subtle.ConstantTimeCompare([]byte(hotp(secret, step)), []byte(code)) == 1 {
			found = step
		}
	}
	return found, found >= 0
}

// URI is what an app reads from the picture: who it is for, and the secret.
func URI(shop, email, secret string) string {
	label := url.PathEscape(shop) + ":" + url.PathEscape(email)
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(url.Values{"secret": {secret}, "issuer": {shop}}.Encode(), "+", "%20")
}

// factorKey derives what seals factors from the shop's secret.
func factorKey(shop []byte, use string) []byte {
	mac := hmac.New(sha256.New, shop)
	mac.Write([]byte("staff second factor: " + use))
	return mac.Sum(nil)
}

// ErrUnsealed says that a second factor was set up under another secret of the
// shop: it can be taken off, and no code passes it.
var ErrUnsealed = errors.New("the second factor was set up under another REGULARS_SECRET")

func sealer(shop []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(factorKey(shop, "seal"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(shop []byte, id ID, secret []byte) ([]byte, error) {
	aead, err := sealer(shop)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // never fails
	return aead.Seal(nonce, nonce, secret, fmt.Append(nil, int64(id))), nil
}

func unseal(shop []byte, id ID, sealed []byte) ([]byte, error) {
	aead, err := sealer(shop)
	if err != nil {
		return nil, err
	}
	if n := aead.NonceSize(); len(sealed) > n {
		if secret, err := aead.Open(nil, sealed[:n], sealed[n:], fmt.Append(nil, int64(id))); err == nil {
			return secret, nil
		}
	}
	return nil, ErrUnsealed
}

// recoveryHash is what is kept of a recovery code: keyed, so that the table
// alone tells nobody whether a guess is right.
func recoveryHash(shop []byte, id ID, code string) string {
	mac := hmac.New(sha256.New, factorKey(shop, "recovery"))
	fmt.Fprintf(mac, "%d:%s", id, code)
	return hex.EncodeToString(mac.Sum(nil))
}

// typed is a code as people type it: with spaces, hyphens, small letters, wide
// digits.
func typed(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		}
		return -1
	}, code)
}

func newRecovery() string {
	b := make([]byte, 10)
	rand.Read(b)
	s := plainBase32.EncodeToString(b)
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
}

// Shown is the code that an app with this secret shows at a moment: what tests of
// whole sign-ins type.
func Shown(secret string, now time.Time) (string, error) {
	key, err := plainBase32.DecodeString(typed(secret))
	return hotp(key, now.Unix()/int64(factorStep/time.Second)), err
}
