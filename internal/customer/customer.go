// Package customer is the people who shop: the visitor's first-party id, the
// account, what a person clicked about themselves, and what they allowed. It
// holds the gate through which every personal use passes: a page, an event or
// a mail that concerns a person asks here first whether it may.
package customer

import (
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// ID names an account inside the shop; it never leaves it.
type ID int64

// VisitorID names a browser inside the shop. The browser itself holds a token.
type VisitorID int64

// Customer is an account. BirthDate is "2001-05-20" or empty: the age is
// derived on the day it is asked for, so it moves on by itself.
type Customer struct {
	ID              ID
	Number          string // what leaves the shop instead of the ID: 12 characters, unguessable
	Email           string
	EmailKey        string
	EmailVerifiedAt db.Time
	Contact         string // unverified, verified, bouncing, dead
	PasswordHash    string // empty: nobody can sign in (imported and simulated people)
	Epoch           int    // sessions of an older epoch are over
	Name            string
	Phone           string
	Lang            i18n.Lang
	Currency        string
	Country         string
	Zone            string
	BirthDate       string
	Occupation      string
	Channel         string // how they would like to be answered: mail, phone, or ""
	ExternalID      *string
	Imported        bool
	Simulated       bool
	CreatedAt       db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt       db.Time `gorm:"autoUpdateTime:false"`
	ErasedAt        db.Time
	ContactReason   string  // why Contact is what it is
	ContactAt       db.Time // since when; zero where nothing bad was heard
	RestUntil       db.Time // no offers before
	PhoneContact    string  // verified, dead; of the number in PhoneJudged alone
	PhoneJudged     string
	PhoneAt         db.Time
	ErasedFor       string  // unreachable, inactive, merged; "" for the person's own wish
	MergedInto      ID      // the account that goes on
	SeenAt          db.Time // when they last signed in, to the day
}

func (Customer) TableName() string { return "customers" }

// Verified reports whether the person proved that the address is theirs.
func (c *Customer) Verified() bool { return !c.EmailVerifiedAt.IsZero() }

// Age is the number of birthdays the person has had on the day of now, in the
// zone now stands in; false when the birth date is not known. Who was born on
// 29 February turns on 1 March in years without one. It is the one place that
// decides this; segments count the same (a test there asks every day).
func (c *Customer) Age(now time.Time) (int, bool) {
	born, err := time.Parse(time.DateOnly, c.BirthDate)
	if err != nil {
		return 0, false
	}
	age := now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		age--
	}
	return age, age >= 0
}

// Visitor is a browser that came back. Personalize is the choice made in it:
// "on", "off", or "" while none was made, which counts as off.
type Visitor struct {
	ID          VisitorID
	TokenHash   string
	CustomerID  *ID
	Personalize string
	Lang        i18n.Lang
	Bot         bool
	Simulated   bool
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	SeenAt      db.Time
}

func (Visitor) TableName() string { return "visitors" }

// Interest is one thing a person told us about themselves, or one that we
// inferred and show apart, with a way to delete it.
type Interest struct {
	CustomerID ID
	Kind       string // life, interest, for, hobby
	Value      string
	Source     string // said, inferred
	At         db.Time
}

func (Interest) TableName() string { return "interests" }

// Date is a day that matters to a person. Day 0 means "just the month", year 0
// that the year does not matter.
type Date struct {
	ID         int64
	Token      string
	CustomerID ID
	Kind       string // birthday, anniversary, child, gift, other
	Label      string
	Month      int
	Day        int
	Year       int
	Size       string // of a child by whose size month and year were estimated; else ""
	Remind     bool
	At         db.Time
}

func (Date) TableName() string { return "important_dates" }

// Address is where things may be sent.
type Address struct {
	ID         int64
	Token      string
	CustomerID ID
	Name       string
	Country    string // ISO 3166 alpha-2
	Line1      string
	Line2      string
	City       string
	Region     string
	Postcode   string
	Phone      string
	First      bool // the one a form starts with
	At         db.Time
}

func (Address) TableName() string { return "addresses" }

// Purpose is something a person may allow, each by itself.
type Purpose string

const (
	Personalize   Purpose = "personalize"    // pages that differ by what we know
	History       Purpose = "history"        // past purchases may shape pages
	MailCart      Purpose = "mail.cart"      // one reminder of a cart left behind
	MailOffers    Purpose = "mail.offers"    // offers and news
	MailOccasions Purpose = "mail.occasions" // reminders of the person's own dates
	MailUpgrades  Purpose = "mail.upgrades"  // new versions of what they own
)

// Purposes lists every purpose in the order the preference page shows them.
var Purposes = []Purpose{Personalize, History, MailCart, MailOffers, MailOccasions, MailUpgrades}

// Person is who is asking: the browser, the account if one is signed in, and
// what was allowed. It is read once a request. A nil Person is a stranger.
type Person struct {
	Visitor   *Visitor
	Customer  *Customer
	consents  map[Purpose]bool
	Interests []Interest
	Staff     bool // at work in the shop's back office; for the reports, no shopper
	Bot       bool // a program that says so
}

// NewPerson puts a person together from parts that are at hand, for
// simulations and tests; pages use Read.
func NewPerson(v *Visitor, c *Customer, given map[Purpose]bool, interests []Interest) *Person {
	return &Person{Visitor: v, Customer: c, consents: given, Interests: interests}
}

// SignedIn reports whether an account is signed in.
func (p *Person) SignedIn() bool { return p != nil && p.Customer != nil }

// CustomerID is the account's id, 0 for a guest. It is for carts and orders;
// what goes into the behaviour log is Tracked.
func (p *Person) CustomerID() ID {
	if !p.SignedIn() {
		return 0
	}
	return p.Customer.ID
}

// VisitorID is the browser's id, 0 for a stranger; see CustomerID.
func (p *Person) VisitorID() VisitorID {
	if p == nil || p.Visitor == nil {
		return 0
	}
	return p.Visitor.ID
}

// Given reports whether the account allows a purpose. A guest allows none.
func (p *Person) Given(purpose Purpose) bool { return p.SignedIn() && p.consents[purpose] }

// Personalized is the consent gate of every page: false means that the page
// equals a stranger's. An account's own choice decides over the browser's.
func (p *Person) Personalized() bool {
	if p.SignedIn() {
		return p.consents[Personalize]
	}
	return p != nil && p.Visitor != nil && p.Visitor.Personalize == "on"
}

// Tracked returns the ids that an event may carry: zeros without consent.
func (p *Person) Tracked() (VisitorID, ID) {
	if !p.Personalized() {
		return 0, 0
	}
	return p.VisitorID(), p.CustomerID()
}

// MayUseHistory reports whether past purchases may shape what is shown. It
// needs both switches: the history and personal pages at all.
func (p *Person) MayUseHistory() bool { return p.Personalized() && p.Given(History) }
