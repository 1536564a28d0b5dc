package person

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Kinds of what staff write on a card.
const (
	Promised = "promise" // said to the person, kept by its day
	Task     = "task"    // to be done about them, by its day
	Note     = "note"    // to be known
)

// Kinds in the order of the form.
var Kinds = []string{Promised, Task, Note}

// States of a promise.
const (
	Open    = "open"
	Kept    = "kept"
	Dropped = "dropped"
)

// Promise is what staff said, will do, or noted, and its row. Key names the
// form that made it, so that a double click makes one; it names the promise
// outside the shop, too.
type Promise struct {
	ID         int64
	Key        string
	Kind       string
	CustomerID *customer.ID
	OrderID    *int64 // of a guest
	What       string
	Until      db.Time // the end of the day; never for a note
	State      string
	MadeBy     int64
	MadeAt     db.Time
	EndedBy    int64
	EndedAt    db.Time
	Words      string // how it ended
}

// TableName is promises.
func (Promise) TableName() string { return "promises" }

// Due reports whether it should have been kept by now.
func (p *Promise) Due(now time.Time) bool {
	return p.Kind != Note && p.State == Open && now.After(p.Until.Time)
}

// whatRunes is the longest promise.
const whatRunes = 500

// check complains about what cannot be promised; the inputs are what, kind and
// until.
func (p *Promise) check(now time.Time) error {
	var form fault.Form
	p.What = norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(p.What, "\r\n", "\n")))
	if n := utf8.RuneCountInString(p.What); n < 3 || n > whatRunes || strings.ContainsFunc(p.What, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		form.Wrong("what", "person.promise.what", "most", whatRunes)
	}
	switch {
	case p.Kind != Promised && p.Kind != Task && p.Kind != Note:
		form.Wrong("kind", "person.promise.kind")
	case p.Kind == Note:
		p.Until = db.Time{}
	case p.Until.Before(now) || p.Until.After(now.AddDate(3, 0, 0)):
		form.Wrong("until", "person.promise.day")
	}
	if len(p.Key) < 16 || len(p.Key) > 100 {
		form.Wrong("what", "person.promise.key")
	}
	return form.Err()
}
