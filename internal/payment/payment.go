// Package payment brings money and orders together. A payment is planned in
// the transaction of its order, started at its provider afterwards, and
// settled by one function, whoever brings the news: the gateway's page, a
// job, a webhook. News told twice or too late changes nothing twice and
// nothing backwards.
package payment

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
)

// ID is the row of a payment.
type ID int64

// State says how far a payment is.
type State string

const (
	Planned    State = "planned"    // written, the provider does not know yet
	Sent       State = "sent"       // the shopper was sent to the provider
	Processing State = "processing" // the provider will tell later
	Succeeded  State = "succeeded"
	Failed     State = "failed"
	Refunded   State = "refunded"
	Void       State = "void" // its order ended first
)

// Outcome is what a provider says became of a payment.
type Outcome string

const (
	OutcomePaid     Outcome = "paid"
	OutcomeDeclined Outcome = "declined"
	OutcomeLater    Outcome = "later"
)

// ParseOutcome accepts the outcomes of the test gateway's form.
func ParseOutcome(s string) (Outcome, error) {
	switch o := Outcome(s); o {
	case OutcomePaid, OutcomeDeclined, OutcomeLater:
		return o, nil
	}
	var form fault.Form
	form.Wrong("outcome", "payment.outcome")
	return "", form.Err()
}

// Patience is how long a payment may be processing before it is given up;
// LaterAfter is when the test gateway pays what it promised for later.
const (
	Patience   = 24 * time.Hour
	LaterAfter = time.Minute
)

// Grace is how long goods stay held for another try after a payment that was
// processing was declined: they were held for Patience until then.
const Grace = 30 * time.Minute

// Payment is one attempt to pay an order, and its row. Token names it in
// addresses and to providers.
type Payment struct {
	ID          ID
	OrderID     order.ID
	Provider    string
	Token       string
	Attempt     int
	Amount      money.Amount
	Currency    money.Currency
	State       State
	ProviderRef string
	Captured    money.Amount
	Refunded    money.Amount
	AskedAt     db.Time // when its provider was last asked about it
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt   db.Time `gorm:"autoUpdateTime:false"`
}

// Price is the amount with its currency.
func (p *Payment) Price() money.Price { return money.Price{Amount: p.Amount, Currency: p.Currency} }

// Live reports whether the shopper can still decide this payment.
func (p *Payment) Live() bool { return p.State == Planned || p.State == Sent }

// Settled is what became of one piece of news. Seen says it was told before
// and nothing was done; Returned that the money went back because its order
// could not take it any more.
type Settled struct {
	Seen     bool
	Returned bool
	Order    *order.Order
	Payment  *Payment
}

// Later is the job by which the test gateway pays afterwards.
type Later struct {
	Token string `json:"token"`
}

// Kind names the job.
func (Later) Kind() string { return "payment.later" }

// EventID names the news of the test gateway: one a payment and outcome, so a
// double click tells the same news twice.
func EventID(token string, outcome Outcome) string { return token + ":" + string(outcome) }

func newToken() string {
	var b [18]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
