// Package checkout turns a cart into an order. Desk.Place is the one write
// path: price again, order, hold, cart closed, payment planned, all in one
// transaction; the network is asked afterwards. The desk also ends what was
// not paid in time, and takes an order's later steps for staff.
package checkout

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// Desk is where orders are placed.
type Desk struct {
	DB       *db.DB
	Now      func() time.Time
	Settings *setting.Live
	Log      *slog.Logger
	Secret   []byte             // derives the keys of orders' secret links
	Pay      *payment.Providers // nil: the test gateway
	Number   func() string      // draws order numbers; nil: order.NewNumber
}

// Form is what the checkout page asks for. Key comes from NewKey and names
// this form: posted again, it leads to the same order.
type Form struct {
	Key      string `form:"key" json:"-"`
	Email    string `form:"email"`
	Name     string `form:"name"`
	Country  string `form:"country"`
	Line1    string `form:"line1"`
	Line2    string `form:"line2"`
	City     string `form:"city"`
	Region   string `form:"region"`
	Postcode string `form:"postcode"`
	Phone    string `form:"phone"`
	Delivery string `form:"delivery"`
	Payment  string `form:"payment"`
	Coupon   string `form:"coupon"`
	MailOK   bool   `form:"mail_ok"`
	// AllHere says that the page promised to send all of it at once. Should
	// some have yet to come by now, nothing is placed.
	AllHere bool `form:"all_here" json:"-"`

	// For gift cards that the cart holds: to whom they go, and with which words.
	// The buyer gets them without.
	CardEmail string `form:"card_email" json:",omitempty"`
	CardWords string `form:"card_words" json:",omitempty"`
	// Credit says that the cart's gift cards pay, and with UseOwn the customer's
	// store credit too: what the page showed of both. nil: neither does.
	Credit *Shown `form:"-" json:"-"`
	UseOwn bool   `form:"use_credit" json:",omitempty"`
}

// Shown is what a page showed to be left on the cart's gift cards, and of the
// customer's store credit.
type Shown struct{ Cards, Own money.Amount }

// hash is the digest of the content, by which a key used for something else
// is noticed. The key itself is no part of it.
func (f Form) hash() string {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and a bool
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Placed is the answer to Place. PayURL is where the shopper pays, without a
// language prefix if it is a path of ours; empty when there is nothing (more)
// to pay, or the provider could not be reached: the order's page leads on.
// Again says that the order was there before.
type Placed struct {
	Order     *order.Order
	AccessKey string
	PayURL    string
	Again     bool
	Payment   *payment.Payment // what was planned with a new order; nil if nothing is to pay

	held time.Time // until when the goods of a new order are held
}

// StatusPath is the order's page with its secret key, without a language.
func (p *Placed) StatusPath() string { return "/orders/" + p.Order.Number + "?key=" + p.AccessKey }

// ChangedError says that the order would cost something else than the shopper
// was shown. Nothing was placed; the page shows Quote and asks again.
type ChangedError struct {
	Fault *fault.Fault
	Quote *pricing.Quote
}

func (e *ChangedError) Error() string { return e.Fault.Error() }

// Unwrap is a fault.Conflict with words.
func (e *ChangedError) Unwrap() error { return e.Fault }

func changed(q *pricing.Quote) error {
	total := money.Price{Amount: q.Total, Currency: q.Currency}
	return &ChangedError{fault.New(fault.Conflict, "checkout.changed", "total", total), q}
}

// NewKey makes the key of a new checkout form: 128 random bits.
func NewKey() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func validKey(s string) bool {
	return len(s) >= 16 && len(s) <= 100 && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}

// Offer is what a cart would cost with each delivery, and how it can be paid.
// Lines that cannot be bought are left out of the quotes.
type Offer struct {
	Methods  []pricing.Method
	Quotes   []*pricing.Quote // one a method; a single one where nothing is carried
	Payments []payment.Method
	Cards    []credit.Account // gift cards that the cart will be paid with
	Own      *credit.Account  // the customer's store credit; nil if there is none
	UseOwn   bool

	serves func(code string, b payment.Bill) bool
	carry  bool
	to     string
}

// accounts are those that pay, in the order of their rows.
func (o *Offer) accounts() []credit.Account {
	all := slices.Clone(o.Cards)
	if o.UseOwn && o.Own != nil {
		all = append(all, *o.Own)
	}
	slices.SortFunc(all, func(a, b credit.Account) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Credit is what cards and store credit pay of a quote. They never buy gift
// cards, which would make one without an end out of one that is blocked.
func (o *Offer) Credit(q *pricing.Quote) money.Amount {
	var there money.Amount
	for _, a := range o.accounts() {
		there += a.Balance
	}
	most := q.Total
	for _, l := range q.Lines {
		if l.GiftCard {
			most -= l.Total
		}
	}
	return min(there, most.Clamp0())
}

// Due is what is left to pay of a quote.
func (o *Offer) Due(q *pricing.Quote) money.Amount { return q.Total - o.Credit(q) }

// bill is what a way to pay is asked to take.
func (o *Offer) bill(q *pricing.Quote) payment.Bill {
	return payment.Bill{Due: money.Price{Amount: o.Due(q), Currency: q.Currency}, Country: o.to, Carried: o.carry}
}

// Nowhere reports whether there are goods to carry and no way to carry them to
// where they would go.
func (o *Offer) Nowhere() bool { return o.carry && len(o.Methods) == 0 }

// With returns the quote for a delivery's code, else the first one.
func (o *Offer) With(code string) *pricing.Quote {
	for _, q := range o.Quotes {
		if q.Method != nil && q.Method.Code == code {
			return q
		}
	}
	return o.Quotes[0]
}

// Seen is the offer as a hidden field of the form: the total that the page
// shows for each delivery, "standard:8020,express:9520".
func (o *Offer) Seen() string {
	var parts []string
	for _, q := range o.Quotes {
		code := ""
		if q.Method != nil {
			code = q.Method.Code
		}
		parts = append(parts, code+":"+strconv.FormatInt(int64(q.Total), 10))
	}
	return strings.Join(parts, ",")
}

// NotShown is the seen total of a form that does not say what it showed.
const NotShown money.Amount = -1

// SeenTotal reads the total for a delivery out of the field that Offer.Seen
// wrote; NotShown if it is not in there.
func SeenTotal(field, delivery string) money.Amount {
	for part := range strings.SplitSeq(field, ",") {
		code, total, _ := strings.Cut(part, ":")
		if n, err := strconv.ParseInt(total, 10, 64); err == nil && n >= 0 && (code == delivery || code == "") {
			return money.Amount(n)
		}
	}
	return NotShown
}

// wanted are the lines that can be bought as they stand.
func wanted(v *cart.View) []pricing.Wanted {
	var all []pricing.Wanted
	for _, item := range v.Items {
		if !item.Problem.Blocks() {
			all = append(all, pricing.Wanted{Buyable: item.Buyable, Qty: item.Line.Qty})
		}
	}
	return all
}

// Ask is what an offer depends on besides the cart: where to, which coupon,
// and who asks; Email tells people without an account apart.
type Ask struct {
	Country, Region, Coupon, Email string
	Person                         *customer.Person
	Credit, UseOwn                 bool // gift cards of the cart count, and store credit
}

func (a Ask) buyer() pricing.Buyer {
	who := pricing.Buyer{Email: a.Email}
	if a.Person != nil && a.Person.SignedIn() {
		who.Customer = a.Person.CustomerID()
		if who.Email == "" {
			who.Email = a.Person.Customer.Email
		}
	}
	return who
}

// deals reads promotions and price lists for whoever asks. A segment or a tier
// counts only where one of them is bound to it, and then its name on the page
// says so: nothing else about a person changes a price.
func (d *Desk) deals(ctx context.Context, q db.Q, a Ask, lines []pricing.Wanted, now time.Time) (pricing.Deals, error) {
	deals, err := pricing.Find(ctx, q, pricing.Day(now, d.Settings.Now().Zone()), a.Coupon, a.buyer())
	if err != nil {
		return deals, err
	}
	deals.Bind(a.buyer(), now)
	variants := make([]catalog.VariantID, len(lines))
	for i, w := range lines {
		variants[i] = w.Buyable.VariantID
	}
	deals.Lists, err = pricing.ListsFor(ctx, q, variants...)
	if err != nil || a.Person == nil {
		return deals, err
	}
	if deals.NeedsTier() {
		tier, err := value.TierOf(ctx, q, d.Settings.Now(), a.Person, now)
		if err != nil {
			return deals, err
		}
		deals.Tier, deals.Reached = string(tier), tier.Reached()
	}
	if deals.NeedsSegment() {
		in, err := segment.InNow(ctx, q, a.Person, now)
		if err != nil {
			return deals, err
		}
		deals.Segment = segment.Page(in)
		for _, m := range in {
			if m.Segment.Purpose != segment.Exclusion { // it takes away and gives nothing
				deals.Segments = append(deals.Segments, m.Segment.Key)
			}
		}
	}
	return deals, nil
}

// offer prices the lines with every delivery that goes to the country.
func (d *Desk) offer(lines []pricing.Wanted, methods []pricing.Method, currency money.Currency, a Ask, deals pricing.Deals) (*Offer, error) {
	set := d.Settings.Now()
	o := &Offer{carry: pricing.Carried(lines), to: a.Country, UseOwn: a.UseOwn}
	in := pricing.Input{Lines: lines, Currency: currency, Country: a.Country, Coupon: a.Coupon, Deals: deals, Taxes: pricing.TaxesIn(set, a.Country, a.Region)}
	if pricing.Carried(lines) {
		o.Methods = methods
	}
	for i := range o.Methods {
		in.Method = &o.Methods[i]
		q, err := pricing.Make(in)
		if err != nil {
			return nil, err
		}
		o.Quotes = append(o.Quotes, q)
	}
	if len(o.Quotes) == 0 {
		q, err := pricing.Make(in)
		if err != nil {
			return nil, err
		}
		o.Quotes = append(o.Quotes, q)
	}
	o.serves = func(code string, b payment.Bill) bool {
		way, err := d.Pay.For(code)
		return err == nil && way.Serves(set, b)
	}
	return o, nil
}

// payable adds what pays the offer: the accounts, and the ways to pay that
// take the rest with the first delivery.
func (d *Desk) payable(o *Offer, accounts []credit.Account) {
	for i := range accounts {
		if accounts[i].Kind == credit.Person {
			o.Own = &accounts[i]
		} else {
			o.Cards = append(o.Cards, accounts[i])
		}
	}
	o.Payments = d.Pay.Methods(d.Settings.Now(), o.bill(o.With("")))
}

// spendable reads what a cart can be paid with besides money; locked, so that
// nobody else spends it before the transaction ends.
func spendable(ctx context.Context, q db.Q, c *cart.Cart, person *customer.Person) ([]credit.Account, error) {
	var who customer.ID
	if person != nil && person.SignedIn() {
		who = person.CustomerID()
	}
	if c == nil {
		return nil, nil
	}
	all, err := credit.Attached(ctx, q, int64(c.ID), who, c.Currency)
	tx, writes := q.(*db.Tx)
	if err != nil || !writes || len(all) == 0 {
		return all, err
	}
	ids := make([]credit.ID, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	all, err = credit.Lock(ctx, tx, ids...)
	return slices.DeleteFunc(all, func(a credit.Account) bool { return a.Blocked }), err
}

func (d *Desk) answer(o *order.Order) *Placed {
	return &Placed{Order: o, AccessKey: order.AccessKey(d.Secret, o.Number)}
}

func (d *Desk) access(number string) string {
	return order.HashAccess(order.AccessKey(d.Secret, number))
}

func (d *Desk) number() string {
	if d.Number != nil {
		return d.Number()
	}
	return order.NewNumber()
}

// sameForm answers a key that has its order already: the same content gets
// the order, another one is refused.
func sameForm(o *order.Order, f Form) error {
	if o.PlaceHash != f.hash() {
		return fault.New(fault.Conflict, "checkout.key", "number", o.Number)
	}
	return nil
}

func offered(methods []payment.Method, code string) bool {
	return slices.ContainsFunc(methods, func(m payment.Method) bool { return m.Code == code })
}
