// Package recommend answers what goes well with what, from what was really
// bought together, and says why.
//
// Build turns a stream of baskets into a Model that never changes; an Engine
// holds the model in use and swaps it while readers go on. Every suggestion
// names the product it follows from and how many orders held both, and Pair
// recomputes these counts from the baskets themselves, so a printed reason can
// be checked and stays literally true.
//
// The package knows no orders, shops or databases: baskets come as values. Its
// only contact with storage is store.go, which keeps encoded models.
package recommend

import (
	"sync/atomic"
	"time"
)

// ProductID names a product as the catalog does; the package gives it no meaning.
type ProductID int64

// CustomerID tells which baskets belong to one person; 0 means unknown.
type CustomerID int64

// Item is one line of a basket. The quantity does not weigh in: twelve mugs in
// one order are one decision.
type Item struct {
	Product ProductID
	Qty     int
}

// OrderID tells one basket from another; 0 means unknown. The package gives it
// no other meaning.
type OrderID int64

// Basket is one order as the recommender sees it.
type Basket struct {
	// Order names the basket, so that it can be taught anew with what is left of
	// it. Baskets without a name cannot be taken back.
	Order    OrderID
	Customer CustomerID
	At       time.Time
	// Items are what was bought and kept.
	Items []Item
	// Back are products that came back: they are no part of the basket, and a
	// product that often comes back is suggested less. Only named baskets count.
	Back []ProductID
}

// Options shape a build; a zero field takes the default named beside it.
type Options struct {
	// HalfLife is the age at which a basket counts half: 120 days.
	HalfLife time.Duration
	// PopularHalfLife is the same for Popular: 14 days.
	PopularHalfLife time.Duration
	// Neighbours is how many others each product keeps for serving: 200.
	Neighbours int
	// Head is how many of the best sold products the linear model holds; it needs
	// 2 bytes a pair of them, and its building time grows with the cube: 5000.
	// The others go by what was bought with them alone.
	Head int
	// MinTogether is the fewest orders that make a pair: 1. A shop that must not
	// let one order show through raises it.
	MinTogether int
	// MaxBasket is the most different products an order may hold and still say
	// something about taste: 2000. A larger one is a stock transfer; it is left
	// out whole, weights and counts alike.
	MaxBasket int
	// Now, when given, is the age 0: a basket dated later counts as bought now,
	// so that one wrong date cannot make all true ones look ancient. When not,
	// the newest basket is.
	Now time.Time
	// Until, when later than every basket, is the time of the newest one that
	// LearnAll will bring: the linear model is fitted as of then, so that it ends
	// as if all had been built at once.
	Until time.Time
}

func (o Options) withDefaults() Options {
	if o.HalfLife <= 0 {
		o.HalfLife = 120 * 24 * time.Hour
	}
	if o.PopularHalfLife <= 0 {
		o.PopularHalfLife = 14 * 24 * time.Hour
	}
	if o.Neighbours <= 0 {
		o.Neighbours = 200
	}
	if o.Head <= 0 {
		o.Head = 5000
	}
	if o.MinTogether <= 0 {
		o.MinTogether = 1
	}
	if o.MaxBasket <= 0 {
		o.MaxBasket = 2000
	}
	return o
}

// Query asks for suggestions. Only K and one of Cart and Owned are needed.
type Query struct {
	// Cart is what the suggestions should go with; its products are never suggested.
	Cart []ProductID
	// Owned is what the asker bought before, newest last, one entry a purchase.
	// It lifts what this person buys again; a caller who does not want a durable thing shown twice says so
	// with Exclude.
	Owned []ProductID
	// OwnedAt holds the time of each entry of Owned. When it is absent or of
	// another length, all purchases weigh the same.
	OwnedAt []time.Time
	// At is when the question is asked, the newest of OwnedAt when absent: the
	// older a purchase, the less it says.
	At time.Time
	// Exclude tells what must not be shown: out of stock, unpublished, sensitive.
	// It is asked for the best candidates only, in order of score.
	Exclude func(ProductID) bool
	// K is the most suggestions wanted; never more than 1000 come.
	K int
	// Category, when given, limits the answer to two products of one category;
	// products of category 0 have none and are not limited.
	Category func(ProductID) int64
}

// Suggestion is one answer with its reason.
type Suggestion struct {
	Product ProductID
	// Score orders the answers of one query; it is above 0 and means nothing
	// across queries.
	Score float64
	// Because is the product of the cart that carried most of what the cart gave
	// to the score; 0 when the only reason is Own.
	Because ProductID
	// Together counts the orders that held both Product and Because, Of those
	// that held Because. From Popular, Of counts the orders that held Product.
	Together, Of int
	// People counts the different known customers behind Together; 0 = not known.
	// A pair that one person alone ordered, time and again, is no answer for others.
	People int
	// Own is how often the asker bought Product before, as far as Owned tells.
	Own int
}

// Engine holds the model in use. Its zero value has none yet. All methods may
// be called at the same time; readers take no lock.
type Engine struct{ model atomic.Pointer[Model] }

// Model returns the model in use, nil before the first Use. A nil Model may be
// asked: it knows nothing and answers with nothing.
func (e *Engine) Model() *Model { return e.model.Load() }

// Use puts m in place of the model in use. Answers being computed finish on
// the old one.
func (e *Engine) Use(m *Model) { e.model.Store(m) }
