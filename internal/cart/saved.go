package cart

import (
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// MostSaved is how many lines one person may have saved for later.
const MostSaved = 100

// Saved is a line that somebody took out of a cart to buy another time. It is
// in no cart: nothing counts it, and nobody is reminded of it. It belongs to an
// account, or to a browser.
type Saved struct {
	ID         int64
	Token      string
	CustomerID *customer.ID
	VisitorID  *customer.VisitorID
	VariantID  catalog.VariantID
	Qty        int
	Currency   money.Currency
	SeenPrice  money.Amount
	SavedAt    db.Time
}

// TableName is saved_lines.
func (Saved) TableName() string { return "saved_lines" }

// SavedItem is a saved line with the variant as it can be bought now.
type SavedItem struct {
	Saved   Saved
	Buyable catalog.Buyable
	Problem Problem
}
