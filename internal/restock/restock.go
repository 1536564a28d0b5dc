// Package restock is who wants to be told when something is there again. The
// wish is the person's own and for this one thing: one mail, no marketing, then
// it is over. So is it after half a year, by a link, or once they bought it.
// When units come, people are told in the order in which they asked, only so
// many at a time as the units can serve.
package restock

import (
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// State says what became of a wish.
type State string

const (
	Waiting State = "waiting"
	Told    State = "told"
	Ended   State = "ended" // see Reason
)

// Why a wish ended without a mail, besides what the gate of mails says.
const (
	ByPerson = "person" // they said so
	ByAge    = "age"
	Bought   = "bought" // they got it meanwhile
)

// Ask is one wish and its row.
type Ask struct {
	ID         int64
	Token      string // names it outside the shop, and ends it
	VariantID  catalog.VariantID
	CustomerID *customer.ID
	Email      string // key of a guest's address while they wait
	Lang       i18n.Lang
	State      State
	Reason     string
	Simulated  bool
	AskedAt    db.Time
	EndedAt    db.Time
}

// TableName is restock_asks.
func (Ask) TableName() string { return "restock_asks" }

// Asker is who wants to be told: an account, or a guest's address.
type Asker struct {
	Customer *customer.Customer
	Email    string
	Lang     i18n.Lang
}

// MostOpen is how many things one person may wait for.
const MostOpen = 20

// Wave is how long units that came are left to those who were told before the
// next people are.
const Wave = 24 * time.Hour

// Room is how many more people may be told: units for perUnit people each,
// less those told within the last Wave.
func Room(units, perUnit, told int) int { return max(0, units*perUnit-told) }

// Mine is a wish with what it is about.
type Mine struct {
	Ask
	SKU, Slug     string
	Name, Choices i18n.Text
}
