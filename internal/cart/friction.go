package cart

import (
	"regulars/internal/db"
	"regulars/internal/money"
)

// Friction kinds: what a cart met on its way. Shown is none: it is what the
// shopper was told the cart would cost, against which later words are held.
const (
	Shown         = "shown"  // amount: total; extra: delivery and tax on top; days: until delivery, 0 unknown; detail: step
	CouponRefused = "coupon" // detail: why, as the words' key; never what was typed
	FormError     = "form"   // detail: page and field
	StockLost     = "stock"  // detail: SKU
	PriceChanged  = "price"  // amount: by how much; detail: step
	SearchEmpty   = "search" // words are not kept: they could name an illness
	ErrorPage     = "error"  // detail: status
	PolicyRead    = "policy" // detail: which page
	Told          = "told"   // detail: one of Reasons, by the shopper
)

// Reasons are the answers to "what stopped you?", in the order of the form.
var Reasons = []string{"looking", "price", "delivery", "date", "question", "payment", "elsewhere", "trouble", "other"}

// Friction is one row of a cart's trail. It names nobody.
type Friction struct {
	ID     int64
	CartID ID
	Kind   string
	At     db.Time
	Amount money.Amount
	Extra  money.Amount
	Days   int
	Detail string
	Key    *string // set where it could be told twice
}
