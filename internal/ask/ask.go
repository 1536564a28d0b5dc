// Package ask is what people ask the shop: the contact form and the questions
// under a product, in the cart and at checkout. What is written down already
// answers at once (Instant: facts, terms, help articles, earlier answers);
// everything else waits for a person. A question that waits is a cart that may
// be left, so the list for staff begins with the one that waits longest.
package ask

import (
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/setting"
)

// Question is one question and its answer. Product questions may be published
// with their answer; a contact never is.
type Question struct {
	ID          int64
	Token       string // names the question outside the shop
	Kind        string // contact, product
	ProductID   *catalog.ProductID
	CustomerID  *customer.ID
	VisitorID   customer.VisitorID
	OrderNumber string
	Name        string
	Email       string
	Lang        i18n.Lang
	Body        string
	Answer      string
	AnsweredAt  db.Time
	AnsweredBy  int64
	Published   bool
	Simulated   bool
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	FormKey     string  // one a form sent, so that a double click asks once
	CartID      int64   // the cart it was asked from, 0 = none
	ComplaintAt db.Time // since when it counts as a complaint
	ClosedAt    db.Time // until when; only a complaint is closed
	ClosedBy    int64
	Number      string  // what people call it; it opens nothing
	ThreadID    int64   // the question it follows up, 0 = a first one
	DueAt       db.Time // by when an answer is owed
	EscalatedAt db.Time // since when it is known to be late
	OwnerID     int64   // the member of staff who looks after it, 0 = nobody yet
	SeenAt      db.Time // when the page of whoever asked showed the answer
}

func (Question) TableName() string { return "questions" }

// Waiting is how long the person waited for the answer, or has waited by now.
func (q *Question) Waiting(now time.Time) time.Duration {
	if !q.AnsweredAt.IsZero() {
		now = q.AnsweredAt.Time
	}
	return max(0, now.Sub(q.CreatedAt.Time))
}

// Message is what a person writes. Person may be nil; a known person's ids are
// kept with the question, since it is a letter to us and not behaviour.
type Message struct {
	Person      *customer.Person
	Name, Email string
	OrderNumber string
	Lang        i18n.Lang
	Body        string
	Simulated   bool
	FormKey     string
	CartID      int64
	Complaint   bool
	Shop        setting.Values // by whose hours an answer is owed; the zero value has the defaults

	mustReach bool
}

// Check cleans a message and names what is wrong with it, before anything is
// looked up for it.
func (m *Message) Check() error { return m.check() }

// Trouble reports a complaint that nobody has closed.
func (q *Question) Trouble() bool { return !q.ComplaintAt.IsZero() && q.ClosedAt.IsZero() }

// Longest texts in characters.
const (
	bodyRunes   = 2000
	answerRunes = 4000
	nameRunes   = 80
	numberRunes = 20
)

// Mask hides what looks like a card number: 13 to 19 digits, however spaced,
// that pass the check every card number passes (Luhn). Only the last four
// stay. Card numbers must never be stored, not even in a note (PCI DSS).
func Mask(text string) string {
	runes := []rune(text)
	for i := 0; i < len(runes); {
		if _, ok := digit(runes[i]); !ok {
			i++
			continue
		}
		var at []int // where the digits of this run stand
		end := i
		for j := i; j < len(runes); j++ {
			if _, ok := digit(runes[j]); ok {
				at, end = append(at, j), j+1
			} else if j > end+1 || !strings.ContainsRune(" -.\u00a0\u2009\u2010\u2011\u2012\u2013\u2014/_", runes[j]) {
				break
			}
		}
		maskRun(runes, at)
		i = end
	}
	return string(runes)
}

// maskRun looks for card numbers in a run of digits, the longest first. One
// begins and ends where a group of digits does: so a number written next to an
// order number is found, and a parcel number that holds a lucky sequence
// inside is left alone.
func maskRun(runes []rune, at []int) {
	for start := 0; start+13 <= len(at); start++ {
		if start > 0 && at[start-1] == at[start]-1 {
			continue
		}
		for n := min(19, len(at)-start); n >= 13; n-- {
			last := start + n - 1
			if last+1 < len(at) && at[last+1] == at[last]+1 || !luhn(runes, at[start:last+1]) {
				continue
			}
			for _, i := range at[start : last-3] {
				runes[i] = '•'
			}
			start = last
			break
		}
	}
}

func luhn(runes []rune, at []int) bool {
	sum, zero := 0, true
	for i := range at {
		d, _ := digit(runes[at[len(at)-1-i]])
		zero = zero && d == 0
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && !zero
}

// digit reads ASCII and full-width digits.
func digit(r rune) (int, bool) {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0'), true
	case r >= '０' && r <= '９':
		return int(r - '０'), true
	}
	return 0, false
}
