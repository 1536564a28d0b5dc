// Package review is what people say of goods they had: stars, tiles to click,
// a few words. Whoever bought the thing here, paid for it and has it carries
// the mark of a buyer, which follows from the order's line and from nothing
// else. Staff look at each review before it is shown. They may refuse one for
// the reasons listed here, and none of them is that it is bad.
package review

import (
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/order"
)

// State says where a review stands.
type State string

const (
	Waiting   State = "waiting" // nobody of the shop has looked at it yet
	Published State = "published"
	Refused   State = "refused" // for one of Reasons
)

// Reasons are why a review may be refused; each is told to its author.
var Reasons = []string{"off-topic", "insult", "personal", "advertising", "unlawful", "not-real"}

// Tiles are what was good or less good about something, to be clicked.
var Tiles = []string{"quality", "described", "easy", "looks", "fits", "lasts", "price", "packing"}

// Longest texts in characters.
const (
	titleRunes  = 80
	bodyRunes   = 2000
	nameRunes   = 40
	answerRunes = 2000
)

// FewestShown is from how many reviews on a card shows their mean: fewer say
// more about one person than about the thing.
const FewestShown = 3

// Review is one person's word about one product, and its row.
type Review struct {
	ID         int64
	Token      string // names it outside the shop
	ProductID  catalog.ProductID
	CustomerID *customer.ID
	Email      string // key of a guest's address; "" of an account
	OrderID    order.ID
	Verified   bool
	Name       string // as the author would like to be called; "" = a customer
	Lang       i18n.Lang
	Stars      int
	Title      string
	Body       string
	Good       Clicked
	Less       Clicked
	Version    int
	State      State
	Reason     string
	DecidedAt  db.Time
	DecidedBy  int64
	Answer     string
	AnsweredAt db.Time
	AnsweredBy int64
	Simulated  bool
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	WrittenAt  db.Time // when its last version was
}

// TableName is reviews.
func (Review) TableName() string { return "reviews" }

// Clicked are tiles, kept as words with spaces between.
type Clicked string

// List is the tiles in the order of Tiles.
func (c Clicked) List() []string { return strings.Fields(string(c)) }

// Has reports whether a tile was clicked.
func (c Clicked) Has(tile string) bool { return slices.Contains(c.List(), tile) }

func clicked(tiles []string) Clicked {
	var known []string
	for _, t := range Tiles {
		if slices.Contains(tiles, t) {
			known = append(known, t)
		}
	}
	return Clicked(strings.Join(known, " "))
}

// Author is whoever writes: an account, or a guest by the link of an order.
type Author struct {
	Customer *customer.Customer
	Order    *order.Order // only used without an account
}

// key is the author's name in indexes: an account, else an address.
func (a Author) key() (id customer.ID, email string) {
	switch {
	case a.Customer != nil:
		return a.Customer.ID, ""
	case a.Order != nil:
		return 0, customer.EmailKey(a.Order.Email)
	}
	return 0, ""
}

// Words are what an author says.
type Words struct {
	Stars       int
	Title, Body string
	Good, Less  []string
	Name        string
	Lang        i18n.Lang
}

// Version is what a review said before it was changed.
type Version struct {
	ReviewID    int64
	Version     int
	Stars       int
	Title, Body string
	Good, Less  Clicked
	State       State
	Reason      string
	WrittenAt   db.Time
	EndedAt     db.Time
}

// TableName is review_versions.
func (Version) TableName() string { return "review_versions" }

// Spread is the published reviews of a product, counted.
type Spread struct {
	Stars      [6]int // by stars; 0 is unused
	Count, Sum int
	Verified   int
	Simulated  int
	RealSum    int // of those that nobody made up
	Good, Less map[string]int
}

// Mean is how many stars there are in the mean, in tenths; 0 without reviews.
func (s *Spread) Mean() float64 { return mean(s.Sum, s.Count) }

// Real is the same of those by real people, and how many these are.
func (s *Spread) Real() (float64, int) {
	n := s.Count - s.Simulated
	return mean(s.RealSum, n), n
}

func mean(sum, count int) float64 {
	if count == 0 {
		return 0
	}
	return float64((sum*100/count+5)/10) / 10
}

// Mean is the mean of a product's copies, rounded to a tenth.
func Mean(r catalog.Rating) float64 { return mean(r.Sum, r.Count) }

// Filter narrows the reviews of a product.
type Filter struct {
	Stars         int // 0 = any
	Verified      bool
	Sort          string // "" newest first, "best", "worst"
	Page, PerPage int
}

// Sorts are the orders readers may ask for.
var Sorts = []string{"", "best", "worst"}

// Query narrows the list for staff.
type Query struct {
	State    State
	Reported bool
	Stars    int
	Product  string // slug
	Page     int    // 50 a page
}

// Listed is a review in the list for staff.
type Listed struct {
	Review
	ProductSlug, ProductCode string
	ProductName              i18n.Text
	Reports                  int // since the last decision
}

// Share is what became of the reviews with so many stars.
type Share struct{ Stars, Published, Waiting, Refused int }

// RefusedShare is how many of a hundred decided ones were refused.
func (s Share) RefusedShare() int {
	if s.Published+s.Refused == 0 {
		return 0
	}
	return (s.Refused*100 + (s.Published+s.Refused)/2) / (s.Published + s.Refused)
}

// RefusedMail is the job of the mail that tells an author why.
type RefusedMail struct {
	Review  int64 `json:"review"`
	Version int   `json:"version"`
}

// Kind names the job.
func (RefusedMail) Kind() string { return "mail.review-refused" }

// reachedBy is from when on goods that left count as with the shopper.
func reachedBy(now time.Time) db.Time { return db.At(now.Add(-order.ArrivesIn)) }
