// Package cart is what somebody means to buy. A cart holds wishes, not stock:
// availability is checked and shown, units are held only when an order is
// placed. Every step a cart takes is written with it, in the same
// transaction; the abandonment report is counted from these steps.
package cart

import (
	"crypto/rand"
	"encoding/base64"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// ID is the row of a cart; outside the shop a cart is its Token.
type ID int64

// State says what became of a cart.
type State string

const (
	StateOpen State = "open"
	Converted State = "converted"
	Merged    State = "merged"
	Void      State = "void"
)

// Kind of a step, see cart_steps; crm.md numbers them.
type Kind string

const (
	StepAdd       Kind = "add"
	StepChange    Kind = "change"
	StepRemove    Kind = "remove"
	StepSeen      Kind = "seen"
	StepCheckout  Kind = "checkout"
	StepContact   Kind = "contact"
	StepDelivery  Kind = "delivery"
	StepPayment   Kind = "payment"
	StepFailed    Kind = "failed"
	StepConverted Kind = "converted"
	StepMerged    Kind = "merged"
	StepRestored  Kind = "restored"
	StepVoid      Kind = "void"
)

// MostOf is the largest quantity of one line, MostLines the longest cart.
const (
	MostOf    = 99
	MostLines = 100
)

// Cart is one cart and its row. It starts (StartedAt) with its first line;
// before that it counts nowhere.
type Cart struct {
	ID         ID
	Token      string
	VisitorID  *customer.VisitorID
	CustomerID *customer.ID
	State      State
	Currency   money.Currency
	Lang       i18n.Lang
	Version    int
	Email      string
	MailOK     bool    `gorm:"column:mail_ok"`
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	StartedAt  db.Time
	ActiveAt   db.Time
	CheckoutAt db.Time
	ClosedAt   db.Time
	MergedInto ID
	Kind       string // shopper, staff, test, bot
	Device     string
	Simulated  bool
	Coupon     string  // as the shopper typed it; what it does is asked anew each time
	QuietAt    db.Time // its ActiveAt when the shopper put the reminder on the pages away
}

// Line is one variant in a cart; its Token is the line's id in addresses.
type Line struct {
	ID        int64
	CartID    ID
	Token     string
	VariantID catalog.VariantID
	Qty       int
	SeenPrice money.Amount
	AddedAt   db.Time
	Origin    string // the place of the shop that led to it first (package slot)
}

// Trace is one row of what happened to a cart.
type Trace struct {
	ID        int64
	CartID    ID
	Kind      Kind
	VariantID catalog.VariantID
	Qty       int
	Detail    string
	At        db.Time
}

// Problem says what stands between a line and its purchase, or changed about
// it since the shopper last saw it.
type Problem string

const (
	NoProblem Problem = ""
	Gone      Problem = "gone"     // no longer sold, or not in this currency
	SoldOut   Problem = "sold-out" // none left
	Less      Problem = "less"     // fewer left than wanted
	Dearer    Problem = "dearer"   // price rose since last seen
	Cheaper   Problem = "cheaper"  // price fell since last seen
)

// Blocks reports whether the line cannot be bought as it stands.
func (p Problem) Blocks() bool { return p == Gone || p == SoldOut || p == Less }

// Item is a line with the variant as it can be bought now.
type Item struct {
	Line    Line
	Buyable catalog.Buyable
	Problem Problem
}

// Total is what the line costs now.
func (i Item) Total() money.Amount { return i.Buyable.Price.Amount.Times(i.Line.Qty) }

// View is a cart with everything a page shows of it. Count is the number of
// pieces.
type View struct {
	Cart  *Cart
	Items []Item
	Count int
}

// Blocked reports whether any line has to be dealt with before an order.
func (v *View) Blocked() bool {
	for _, item := range v.Items {
		if item.Problem.Blocks() {
			return true
		}
	}
	return false
}

// Lines are the cart's lines as they are kept.
func (v *View) Lines() []Line {
	lines := make([]Line, len(v.Items))
	for i, item := range v.Items {
		lines[i] = item.Line
	}
	return lines
}

// Products lists the products in the cart, in the order of its lines.
func (v *View) Products() []catalog.ProductID {
	ids := make([]catalog.ProductID, 0, len(v.Items))
	for _, item := range v.Items {
		ids = append(ids, item.Buyable.ProductID)
	}
	return ids
}

func problem(l Line, b catalog.Buyable, known bool) Problem {
	switch {
	case !known || !b.Published || !b.Active || !b.Priced:
		return Gone
	case b.Available == 0:
		return SoldOut
	case b.Available > 0 && b.Available < l.Qty:
		return Less
	case l.SeenPrice > 0 && b.Price.Amount > l.SeenPrice:
		return Dearer
	case l.SeenPrice > 0 && b.Price.Amount < l.SeenPrice:
		return Cheaper
	}
	return NoProblem
}

// most is how many of a variant one cart may hold.
func most(b catalog.Buyable) int {
	if b.MaxQty > 0 {
		return min(b.MaxQty, MostOf)
	}
	return MostOf
}

func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Owned reports whether the cart is this person's own. A guest's cart belongs
// to the browser, a customer's to the account.
func (c *Cart) Owned(p *customer.Person) bool {
	if c == nil || p == nil {
		return false
	}
	if c.CustomerID != nil {
		return p.Customer != nil && p.Customer.ID == *c.CustomerID
	}
	return c.VisitorID != nil && p.Visitor != nil && p.Visitor.ID == *c.VisitorID
}
