// Package pricing says what things cost together. One pure function, Make,
// prices the page, the cart, the checkout, the order and the API, so they can
// only agree. Tax is inside the prices or comes on top of them, as the shop
// has it; it is rounded once per line, and the rounded part is what everybody
// stores and adds up.
package pricing

import (
	"fmt"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Line is one variant in a quote with how its price came about. Total is what
// the line costs after Discount; Tax is the part of Total that is tax, or what
// comes on top of it.
type Line struct {
	Variant   catalog.VariantID
	Product   catalog.ProductID
	SKU       string
	Name      i18n.Text
	Choices   i18n.Text
	Sensitive bool // costs what it costs
	GiftCard  bool // money for later: never reduced, and taxed when it is spent
	Qty       int
	Unit      money.Amount
	Discount  money.Amount
	TaxClass  string
	TaxRate   money.Rate
	Tax       money.Amount
	Total     money.Amount
	Parts     []Part // what Discount is made of
	Words     i18n.Text
	Cost      *money.Amount // of a unit, in the shop's currency; nil: nobody said
	pays      money.Amount  // for a piece, before promotions
}

// Quote is a priced basket. Total = Subtotal - Discount + Delivery, and + Tax
// unless TaxIncluded; Subtotal is the sum of Unit × Qty, Discount the sum of
// the lines' discounts, Tax that of the lines and of the delivery. A coupon
// that changes nothing is Refused, with the reason.
type Quote struct {
	Currency     money.Currency
	Lines        []Line
	Subtotal     money.Amount
	Discount     money.Amount
	Delivery     money.Amount
	DeliveryRate money.Rate
	DeliveryTax  money.Amount // part of Tax
	Tax          money.Amount
	Total        money.Amount
	TaxIncluded  bool
	Method       *Method
	Coupon       string
	Members      []Member // what price lists of the shopper's groups took off
	Applied      []Applied
	Refused      *Refused
}

// Wanted is a variant as it can be bought now, and how many of it.
type Wanted struct {
	Buyable catalog.Buyable
	Qty     int
}

// Input is all that a price may depend on.
type Input struct {
	Lines    []Wanted
	Currency money.Currency
	Method   *Method // nil: delivery not chosen yet, or nothing to carry
	Country  string
	Coupon   string
	Deals    Deals
	Taxes    Taxes
}

// MostOf is the largest quantity of one line.
const MostOf = 99

// mostPrice is the largest price of one thing or delivery. A hundred lines of
// 99 such, times a tax rate of 100 %, still fit into 64 bits.
const mostPrice = 100_000_000_000

// Make prices a basket. It is pure: the same input gives the same quote, to
// the cent, in whatever order its promotions come. A line without a price in
// the currency is fault.Conflict, never a price in another one.
func Make(in Input) (*Quote, error) {
	q := &Quote{Currency: in.Currency, Lines: make([]Line, 0, len(in.Lines)), TaxIncluded: !in.Taxes.Added, Method: in.Method, Coupon: strings.TrimSpace(in.Coupon)}
	for _, w := range in.Lines {
		b := w.Buyable
		if !b.Priced || b.Price.Currency != in.Currency || b.Price.Amount < 0 || b.Price.Amount > mostPrice {
			return nil, fault.New(fault.Conflict, "pricing.none", "name", b.Name, "currency", string(in.Currency))
		}
		if w.Qty < 1 || w.Qty > MostOf {
			return nil, fmt.Errorf("price %s: %d pieces cannot be one line", b.SKU, w.Qty)
		}
		total := b.Price.Amount.Times(w.Qty)
		line := Line{Variant: b.VariantID, Product: b.ProductID, SKU: b.SKU, Name: b.Name, Choices: b.Choices,
			Sensitive: b.Sensitive, GiftCard: b.GiftCard, TaxClass: classOf(b.TaxClass), Qty: w.Qty, Unit: b.Price.Amount, Total: total, Cost: b.Cost}
		q.Subtotal += total
		q.belong(&line, b, in.Deals)
		q.Lines = append(q.Lines, line)
	}
	if in.Method != nil && in.Method.Currency != in.Currency {
		return nil, fmt.Errorf("price delivery %s: it is priced in %s, the basket in %s", in.Method.Code, in.Method.Currency, in.Currency)
	}
	q.apply(in.Lines, q.Coupon, in.Deals)
	for i := range q.Lines {
		l := &q.Lines[i]
		if !l.GiftCard {
			l.TaxRate = in.Taxes.rate(l.TaxClass)
		}
		l.Tax, l.Words = in.Taxes.of(l.Total, l.TaxRate), words(in.Lines[i].Buyable, l)
		q.Tax += l.Tax
	}
	if in.Method != nil {
		q.DeliveryRate = in.Taxes.rate(classOf(in.Method.TaxClass))
		q.DeliveryTax = in.Taxes.of(q.Delivery, q.DeliveryRate)
		q.Tax += q.DeliveryTax
	}
	q.Total = q.Subtotal - q.Discount + q.Delivery
	if in.Taxes.Added {
		q.Total += q.Tax
	}
	return q, nil
}

// words tell how a line's price came about, part by part.
func words(b catalog.Buyable, line *Line) i18n.Text {
	in := func(l i18n.Lang) string {
		args := []any{"qty", line.Qty, "unit", b.Price, "was", money.Price{Amount: b.Was, Currency: b.Price.Currency}}
		text := i18n.T(l, "pricing.words", args...)
		if b.Was > b.Price.Amount {
			text = i18n.T(l, "pricing.words.was", args...)
		}
		if b.Sale != (i18n.Text{}) {
			text += i18n.T(l, "pricing.words.sale", "name", b.Sale.In(l))
		}
		for _, p := range line.Parts {
			text += i18n.T(l, "pricing.words.less", "name", p.Name.In(l), "amount", money.Price{Amount: p.Amount, Currency: b.Price.Currency})
		}
		return text
	}
	return i18n.Text{En: in(i18n.English), Zh: in(i18n.Chinese)}
}

// Carried reports whether any line has to be delivered at all.
func Carried(lines []Wanted) bool {
	for _, w := range lines {
		if !w.Buyable.Digital {
			return true
		}
	}
	return false
}
