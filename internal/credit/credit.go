// Package credit keeps money that the shop owes to whoever holds it: gift
// cards, found by their code, and store credit, found by its customer. A
// balance moves by guarded updates only, never below zero, and each movement
// is a row of the ledger under a key of its own, so that nothing is spent,
// given back or granted twice.
package credit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// ID is the row of an account; outside the shop it is its Token.
type ID int64

// Kind says who may spend an account.
type Kind string

const (
	Card   Kind = "card"   // whoever knows its code
	Person Kind = "credit" // one customer
)

// Account is a gift card or a customer's store credit, and its row. A card's
// code is derived from its Token and the shop's secret, so that it can be
// mailed again though only its hash is kept. Value is what a card was sold or
// issued for; IssuedAt is never while its order is not paid.
type Account struct {
	ID         ID
	Kind       Kind
	Token      string
	CodeHash   *string
	Last4      string `gorm:"column:last4"`
	CustomerID *customer.ID
	Currency   money.Currency
	Value      money.Amount
	Balance    money.Amount
	OrderID    int64 // that bought it; 0: issued by staff
	Position   int
	Unit       int
	Email      string // where the code goes
	Words      string // of who gives it
	Lang       i18n.Lang
	Blocked    bool
	Simulated  bool
	IssuedAt   db.Time
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is credits.
func (Account) TableName() string { return "credits" }

// Price is what is left, with its currency.
func (a *Account) Price() money.Price { return money.Price{Amount: a.Balance, Currency: a.Currency} }

// What a row of the ledger says.
const (
	Issued   = "issued"
	Spent    = "spent"
	Returned = "returned"
	Adjusted = "adjusted"
)

// Entry is a row of the ledger: Amount is what it added, Balance what there
// was after it. Rows are never changed.
type Entry struct {
	ID       int64
	CreditID ID
	Kind     string
	Amount   money.Amount
	Balance  money.Amount
	Key      string
	OrderID  int64
	Actor    string
	Note     string
	At       db.Time
}

// TableName is credit_entries.
func (Entry) TableName() string { return "credit_entries" }

// Mail is the job that sends a card's code to whom it is for. Again counts
// the times staff asked for it.
type Mail struct {
	Card  int64 `json:"card"`
	Again int   `json:"again,omitempty"`
}

// Kind names the job.
func (Mail) Kind() string { return "credit.mail" }

const signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Code is a card's code: four groups of five signs of Crockford's alphabet,
// 100 bits that nobody can tell without the shop's secret.
func Code(secret []byte, token string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("gift card:" + token))
	sum := mac.Sum(nil)
	var b strings.Builder
	for i := range 20 {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(signs[sum[i]&31])
	}
	return b.String()
}

// Clean undoes what people do to a code when they type it: small letters,
// blanks, hyphens, full-width signs, O for 0, I and L for 1. What cannot be a
// code is "".
func Clean(s string) string {
	if len(s) > 200 || !utf8.ValidString(s) {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\u3000' || r == '－':
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s)
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	if len(s) != 20 || strings.Trim(s, signs) != "" {
		return ""
	}
	return s
}

// hash is how a code is kept. It is as hard to undo as the code is to guess.
func hash(code string) string {
	sum := sha256.Sum256([]byte(Clean(code)))
	return hex.EncodeToString(sum[:])
}

func newToken() string {
	var b [18]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Wish is a card that somebody wants to have made.
type Wish struct {
	Price     money.Price
	Position  int // of the order's line that buys it
	Email     string
	Words     string
	Lang      i18n.Lang
	Simulated bool
}

func (w *Wish) account(secret []byte, order int64, unit int, now db.Time) Account {
	token := newToken()
	code := Code(secret, token)
	sum := hash(code)
	return Account{Kind: Card, Token: token, CodeHash: &sum, Last4: code[len(code)-4:], Currency: w.Price.Currency, Value: w.Price.Amount,
		OrderID: order, Position: w.Position, Unit: unit, Email: w.Email, Words: w.Words, Lang: w.Lang, Simulated: w.Simulated, CreatedAt: now, UpdatedAt: now}
}

// MostWords is the longest message on a card, in characters.
const MostWords = 300

// ErrCode is the one answer to every code that is not good here.
func ErrCode() error { return fault.New(fault.NotFound, "credit.code") }
