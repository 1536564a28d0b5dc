// Package order is what the shop owes people: orders as they were placed, the
// legal steps of their states, and their history. An order is written once
// and then only moved; names, prices and addresses in it are those of the
// moment it was placed.
package order

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// ID is the row of an order. Outside the shop an order is its Number.
type ID int64

// State says whether the order stands.
type State string

// Payment says where its money is.
type Payment string

// Delivery says where its goods are.
type Delivery string

// The states of the three axes.
const (
	StatePlaced State = "placed"
	Cancelled   State = "cancelled"
	Completed   State = "completed"

	Pending        Payment = "pending"
	Processing     Payment = "processing"
	Paid           Payment = "paid"
	Failed         Payment = "failed"
	Refunded       Payment = "refunded"
	PartlyRefunded Payment = "partly-refunded"
	Void           Payment = "void"

	Unshipped Delivery = "unshipped"
	Shipped   Delivery = "shipped"
	Delivered Delivery = "delivered"
	Returned  Delivery = "returned"
)

// Axis is one of the three dimensions an order moves along.
type Axis string

const (
	OrderAxis    Axis = "order"
	PaymentAxis  Axis = "payment"
	DeliveryAxis Axis = "delivery"
)

// steps are the legal moves: axis, from, to. A cancelled order comes back
// only when money arrives after its hold ended and the goods are still there;
// void money becomes paid the same way. Money that was promised back and that
// its provider refused to send is the shop's again.
var steps = map[Axis]map[string][]string{
	OrderAxis: {
		"placed":    {"cancelled", "completed"},
		"cancelled": {"placed"},
	},
	PaymentAxis: {
		"pending":         {"processing", "paid", "failed", "void"},
		"processing":      {"paid", "failed", "void"},
		"failed":          {"pending", "processing", "paid", "void"},
		"void":            {"paid"},
		"paid":            {"partly-refunded", "refunded"},
		"partly-refunded": {"refunded", "paid"},
		"refunded":        {"partly-refunded", "paid"},
	},
	DeliveryAxis: {
		"unshipped": {"shipped"},
		"shipped":   {"delivered", "returned"},
		"delivered": {"returned"},
	},
}

// Legal reports whether an order may move on axis from one state to another.
func Legal(axis Axis, from, to string) bool {
	for _, next := range steps[axis][from] {
		if next == to {
			return true
		}
	}
	return false
}

// Order is one order and its row. Total = Subtotal - Discount + Delivery, and
// + Tax unless TaxIncluded. A rate of Unrated was not kept.
type Order struct {
	ID               ID
	Number           string // what people call it: 8 characters, unguessable
	PlaceKey         string // the form that placed it; unique
	PlaceHash        string // digest of that form's content
	AccessHash       string // digest of the key in the order's secret link
	CartID           *cart.ID
	CustomerID       *customer.ID
	Email            string
	Phone            string
	Lang             i18n.Lang
	Name             string
	Country          string
	Line1            string `gorm:"column:line1"`
	Line2            string `gorm:"column:line2"`
	City             string
	Region           string
	Postcode         string
	Currency         money.Currency
	Subtotal         money.Amount
	Discount         money.Amount
	Delivery         money.Amount
	Tax              money.Amount
	TaxIncluded      bool
	Total            money.Amount
	DeliveryCode     string
	DeliveryName     i18n.Text
	DeliveryBy       db.Time // the promised day; never for goods that are not carried
	PaymentCode      string
	State            State
	PaymentState     Payment
	DeliveryState    Delivery
	PlacedAt         db.Time
	PaidAt           db.Time
	ClosedAt         db.Time
	AtDoor           bool         // paid where it arrives: it may leave before
	PackingAt        db.Time      // staff began to pack; never: the shopper may still change their mind
	DeliveryRefunded money.Amount // of Delivery
	Replaces         ID           // the order whose goods this one replaces for nothing; 0: none
	Imported         bool
	ExternalID       *string
	Simulated        bool
	DeliveryTax      money.Amount // part of Tax
	DeliveryRate     money.Rate
}

// Unrated is the tax rate of what was sold before rates were kept, or elsewhere.
const Unrated money.Rate = -1

// Price is the total with its currency.
func (o *Order) Price() money.Price { return money.Price{Amount: o.Total, Currency: o.Currency} }

// Open reports whether the order still waits for money and ends without it.
// An imported one is paid where it was placed, one for the door there.
func (o *Order) Open() bool {
	return !o.Imported && !o.AtDoor && o.State == StatePlaced && (o.PaymentState == Pending || o.PaymentState == Failed)
}

// Changeable reports whether the shopper may still cancel the order: it stands
// and nobody has begun to pack it.
func (o *Order) Changeable() bool {
	return !o.Imported && o.State == StatePlaced && o.DeliveryState == Unshipped && o.PackingAt.IsZero()
}

// Packable reports whether staff may begin to pack: it is still here and may
// leave.
func (o *Order) Packable() bool {
	return o.Changeable() && o.MayLeave()
}

// MayLeave reports whether the order's money lets its goods leave the house:
// it is here, or waits at the door.
func (o *Order) MayLeave() bool {
	return o.PaymentState == Paid || o.PaymentState == PartlyRefunded || o.AtDoor && o.PaymentState == Pending
}

// ActorShopper is who takes a step from the shop's own pages.
const ActorShopper = "shopper"

// Line is one position of an order. Total = UnitPrice × Qty - Discount.
type Line struct {
	ID           int64
	OrderID      ID
	Position     int
	ProductID    catalog.ProductID
	VariantID    catalog.VariantID
	SKU          string `gorm:"column:sku"`
	Name         i18n.Text
	Choices      i18n.Text
	Qty          int
	UnitPrice    money.Amount
	Discount     money.Amount
	Tax          money.Amount
	Total        money.Amount
	CancelledQty int
	RefundedQty  int // units whose money went back
	ReturnedQty  int // units in returns that were not refused
	TaxClass     string
	TaxRate      money.Rate
	Words        i18n.Text     // how the price came about
	UnitCost     *money.Amount // of a unit to the shop, in its own currency; nil: nobody said
	Origin       string        // the place of the shop that led to it (package slot)
}

// History is one step an order took. Actor is "shopper", "staff:<id>",
// "payment", "hold" (its time ran out) or "import". A Note that begins with
// Flag wants a person's eye.
type History struct {
	ID        int64
	OrderID   ID
	Axis      Axis
	FromState string
	ToState   string
	Actor     string
	Note      string
	At        db.Time
}

// Flag begins the note of a step that staff must look at.
const Flag = "flag: "

// PackingBegan is the remark with which staff begin to pack.
const PackingBegan = "packing began"

// ActorHold is who cancels an order whose hold ran out.
const ActorHold = "hold"

// Placed is the job that follows a placed order: confirmation and the like.
type Placed struct {
	Order int64 `json:"order"`
}

// Kind names the job.
func (Placed) Kind() string { return "order.placed" }

// Moved is the job that follows a step the shopper is told of by mail. At is
// the step's own time in Unix milliseconds. On RefundAxis and ReturnAxis Ref is
// the row that moved: an operation of a payment, a return.
type Moved struct {
	Order int64  `json:"order"`
	Axis  Axis   `json:"axis"`
	To    string `json:"to"`
	At    int64  `json:"at"`
	Ref   int64  `json:"ref,omitempty"`
}

// What moves beside an order's own axes and is told of by mail, too.
const (
	RefundAxis Axis = "refund"
	ReturnAxis Axis = "return"
	// AddressAxis is where an order goes.
	AddressAxis Axis = "address"
)

// GoneBack is the To of a refund that its provider has sent.
const GoneBack = "sent"

// Kind names the job.
func (Moved) Kind() string { return "order.moved" }

// TryAgain is how long a shopper whose payment was declined is left alone
// before a mail reminds them: most pay in another way at once.
const TryAgain = 5 * time.Minute

// tells reports whether the shopper gets a mail about a step. Money that came
// while they waited on the shop's own page needs none; money that was looked
// at, or came late, does.
func tells(axis Axis, from, to string) bool {
	switch axis {
	case OrderAxis:
		return to == string(Cancelled)
	case DeliveryAxis:
		return to == string(Delivered) // each parcel is told of by itself
	}
	switch Payment(to) {
	case Paid:
		return from == string(Processing) || from == string(Void)
	case Failed:
		return true
	}
	return false // money that goes back is told once its provider has sent it
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewNumber makes an order number: 8 random characters of Crockford's
// alphabet, 40 bits; a number already taken is drawn again by Create.
func NewNumber() string {
	var b [8]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return string(b[:])
}

// CleanNumber undoes what people do to a number when they type it: small
// letters, blanks, hyphens, O for 0, I and L for 1.
func CleanNumber(s string) string {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
}

// AccessKey is the key in an order's secret link: 132 bits derived from the
// shop's secret, so that it can be mailed again though only its hash is kept.
func AccessKey(secret []byte, number string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("order:" + number))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:22]
}

// HashAccess is the digest of an access key, as the row holds it.
func HashAccess(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func sameHash(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Basket is one order as the recommender learns from it.
type Basket struct {
	// Customer tells people apart: an account's row, below 0 a guest by their
	// address (a number made of it, which leads back to nobody), 0 unknown.
	Customer int64
	At       db.Time
	Order    ID
	Products []Item
	Back     []catalog.ProductID // what came back or was paid back, and nothing of it was kept
}

// Item is a product in a basket; Qty is what was kept.
type Item struct {
	Product catalog.ProductID
	Qty     int
}
