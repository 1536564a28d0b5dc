package order

import (
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
)

// ReturnState says how far goods that come back are.
type ReturnState string

// A return waits for staff, comes back, is looked at, and ends with money or
// other goods. Closed without anything received: nothing came.
const (
	Asked          ReturnState = "asked"
	Approved       ReturnState = "approved"
	ReturnRefused  ReturnState = "refused"
	ReturnReceived ReturnState = "received"
	ReturnClosed   ReturnState = "closed"
)

// Kinds of return: one that staff decide about, and the withdrawal from the
// contract, which nobody has to approve.
const (
	KindReturn     = "return"
	KindWithdrawal = "withdrawal"
)

// What a return ended with.
const (
	EndRefund      = "refund"
	EndReplacement = "replacement"
	EndCredit      = "credit"
	EndCancelled   = "cancelled" // withdrawn before anything was sent
	EndNone        = "none"
)

// Wishes are what a shopper may ask to get for what comes back. Staff decide.
var Wishes = []string{EndRefund, EndReplacement, EndCredit}

// Withdrawn is the To of the step that a withdrawal begins with.
const Withdrawn = "withdrawn"

// Reasons are why goods come back; the last one wants words.
var Reasons = []string{"small", "described", "damaged", "wrong", "mind", "other"}

var returnSteps = map[ReturnState][]ReturnState{
	"":             {Asked, Approved, ReturnClosed}, // a withdrawal begins approved, or closed if nothing was sent
	Asked:          {Approved, ReturnRefused},
	Approved:       {ReturnReceived, ReturnClosed},
	ReturnReceived: {ReturnClosed},
}

// ReturnLegal reports whether a return may step from one state to another; ""
// is before it began.
func ReturnLegal(from, to ReturnState) bool { return slices.Contains(returnSteps[from], to) }

// ReturnLegals lists every legal step as from:to.
func ReturnLegals() (all []string) {
	for from, next := range returnSteps {
		for _, to := range next {
			all = append(all, string(from)+":"+string(to))
		}
	}
	slices.Sort(all)
	return all
}

// Return is goods of an order that its shopper sends back, and its row. Number
// is what people call it; Key names the form that asked, so that a double
// click asks once. Name and Email are whose declaration a withdrawal is and
// where its receipt went.
type Return struct {
	ID          int64
	OrderID     ID
	Number      string
	Key         string
	Kind        string
	State       ReturnState
	Reason      string
	Words       string // the shopper's
	Wish        string // what the shopper would like: EndRefund, EndReplacement, EndCredit, or ""
	Name        string
	Email       string
	Answer      string // the staff's
	Outcome     string
	Amount      money.Amount // refunded, or given as credit
	Replacement ID
	AskedAt     db.Time
	ClosedAt    db.Time
	Lines       []ReturnLine `gorm:"-"`
}

// ReturnLine is units of a line of the order: how many are sent back, and how
// many of these came and can be sold again, or not.
type ReturnLine struct {
	ReturnID int64
	LineID   int64
	Qty      int
	Good     int
	Lost     int
}

// Came is how many units arrived.
func (l ReturnLine) Came() int { return l.Good + l.Lost }

// ReturnStep is one step that a return took.
type ReturnStep struct {
	ID        int64
	ReturnID  int64
	FromState string
	ToState   string
	Actor     string
	Note      string
	At        db.Time
}

// Open reports whether goods may still come.
func (r *Return) Open() bool { return r.State == Asked || r.State == Approved }

// WithdrawalDays is how long a contract can be withdrawn from after the last
// goods arrived; ArrivesIn is when goods that left count as arrived if nobody
// said so.
const (
	WithdrawalDays = 14
	ArrivesIn      = 7 * 24 * time.Hour
)

// Out is what of each line has left the house, by the line's id. Orders of
// former times have no parcels: once sent, all of them is out.
func (o *Order) Out(lines []Line, parcels []Shipment) map[int64]int {
	out := make(map[int64]int, len(lines))
	if o.DeliveryState == Unshipped {
		for _, p := range parcels {
			for _, l := range p.Lines {
				out[l.LineID] += l.Qty
			}
		}
		return out
	}
	for i := range lines {
		out[lines[i].ID] = lines[i].Shippable()
	}
	return out
}

// Arrived is when the last goods of an order were with the shopper, as far as
// anybody told; zero while something has not left the house.
func (o *Order) Arrived(past []History, parcels []Shipment) time.Time {
	if o.DeliveryState == Unshipped {
		return time.Time{}
	}
	at := o.PlacedAt.Time
	for _, p := range parcels {
		if p.At.After(at) {
			at = p.At.Time
		}
	}
	delivered := false
	for _, h := range past {
		if h.Axis != DeliveryAxis || h.FromState == h.ToState {
			continue
		}
		if h.ToState == string(Delivered) {
			at, delivered = h.At.Time, true
		} else if h.ToState == string(Shipped) && !delivered && h.At.After(at) {
			at = h.At.Time
		}
	}
	if !delivered {
		at = at.Add(ArrivesIn)
	}
	return at
}
