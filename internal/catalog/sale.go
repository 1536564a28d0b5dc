package catalog

import (
	"cmp"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// SaleID names a sale inside the shop; 0 = none.
type SaleID int64

// What a sale does to a list price: Value basis points off, Value off, or
// Value is the price.
const (
	SalePercent = "percent"
	SaleAmount  = "amount"
	SaleFixed   = "fixed"
)

// SaleKinds lists them in the order of the form.
var SaleKinds = []string{SalePercent, SaleAmount, SaleFixed}

// The states of a sale. Stopped is for good.
const (
	SaleLive    = "live"
	SaleStopped = "stopped"
)

// Sale is a dated rule by which goods cost less than their list price, for
// everybody. What it is bound to is empty where it is not bound; categories
// count with all below them. Days are the shop's own, both inclusive. Of
// several on one thing the one of highest Priority counts, of these the
// cheapest; they are never added up. Sensitive goods and gift cards are in none.
type Sale struct {
	ID         SaleID
	Token      string // its name in addresses
	Name       i18n.Text
	State      string
	Running    bool // in force now; the prices follow it
	Kind       string
	Value      int64
	Currency   money.Currency
	Categories []CategoryID `gorm:"serializer:json"`
	Products   []ProductID  `gorm:"serializer:json"`
	Variants   []VariantID  `gorm:"serializer:json"`
	StartsOn   string
	EndsOn     string
	Priority   int
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`
	StoppedAt  db.Time
}

// TableName is the table of the row.
func (Sale) TableName() string { return "sales" }

// Day is the day of the shop at an instant, as rules are dated.
func Day(now time.Time, zone *time.Location) string { return now.In(zone).Format(time.DateOnly) }

// On reports whether the sale is in force on a day of the shop.
func (s *Sale) On(day string) bool {
	return s.State == SaleLive && (s.StartsOn == "" || s.StartsOn <= day) && (s.EndsOn == "" || day <= s.EndsOn)
}

// Price is what something of that list price costs in the sale; false where
// the sale makes it no cheaper, or would give it away.
func (s *Sale) Price(list money.Amount, currency money.Currency) (money.Amount, bool) {
	if s.Currency != "" && s.Currency != currency {
		return 0, false
	}
	price := money.Amount(s.Value)
	switch s.Kind {
	case SalePercent:
		price = list - money.BasisPoints(s.Value).Of(list)
	case SaleAmount:
		price = list - money.Amount(s.Value)
	}
	return price, price > 0 && price < list
}

// covers reports whether a thing is among the goods of the sale; below are its
// categories with all below them.
func (s *Sale) covers(p *pricedRow, below []CategoryID) bool {
	if p.Fixed {
		return false
	}
	if len(s.Categories)+len(s.Products)+len(s.Variants) == 0 {
		return true
	}
	return slices.Contains(s.Variants, p.VariantID) || slices.Contains(s.Products, p.ProductID) || p.CategoryID != 0 && slices.Contains(below, p.CategoryID)
}

func (s *Sale) check() error {
	var f fault.Form
	checkText(&f, "name_en", s.Name, maxName)
	if s.Name.En == "" && s.Name.Zh == "" {
		f.Wrong("name_en", "catalog.sale.name")
	}
	if s.Currency != "" {
		if known, err := money.ParseCurrency(string(s.Currency)); err != nil || known != s.Currency {
			f.Wrong("currency", "catalog.currency.unknown", "currency", string(s.Currency))
		}
	}
	switch {
	case !slices.Contains(SaleKinds, s.Kind):
		f.Wrong("kind", "catalog.sale.kind")
	case s.Kind == SalePercent && (s.Value < 1 || s.Value >= 10_000):
		f.Wrong("value", "catalog.sale.percent")
	case s.Kind != SalePercent && (s.Value < 1 || s.Value > int64(maxPrice) || s.Currency == ""):
		f.Wrong("value", "catalog.sale.value")
	}
	for name, day := range map[string]string{"starts_on": s.StartsOn, "ends_on": s.EndsOn} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			f.Wrong(name, "pricing.promotion.day")
		}
	}
	if s.StartsOn != "" && s.EndsOn != "" && s.EndsOn < s.StartsOn {
		f.Wrong("ends_on", "pricing.promotion.days")
	}
	return f.Err()
}

// Asked is a price that the shop asked from a moment on, until the next. Sale
// is the sale that made it, 0 = the list price.
type Asked struct {
	At     db.Time
	Amount money.Amount
	Sale   SaleID
}

// earlierDays is how far back Article 6a of Directive 98/6/EC looks.
const earlierDays = 30

// Earlier is the price to name beside a reduced one: the lowest that the shop
// asked in the 30 days before the reduction began (Directive 98/6/EC, Art. 6a).
// past is in the order of time and ends with the price in force. A sale that
// goes further without a pause keeps the earlier price of its first step
// (Art. 6a, 5). It is false where nothing was asked before.
func Earlier(past []Asked) (money.Amount, bool) {
	begin := len(past) - 1
	for begin > 0 && past[begin].Sale != 0 && past[begin-1].Sale != 0 && past[begin].Amount < past[begin-1].Amount {
		begin--
	}
	var lowest money.Amount
	known := false
	for i := range max(begin, 0) {
		from, until := past[i].At, past[i+1].At
		if until.After(from.Time) && until.After(past[begin].At.AddDate(0, 0, -earlierDays)) && (!known || past[i].Amount < lowest) {
			lowest, known = past[i].Amount, true
		}
	}
	return lowest, known
}

// former is the earlier price that stands beside a price, 0 = none. The
// merchant's typed one announces a reduction; what is shown comes from the
// log. Only where the shop never asked anything else, as right after an
// import, the merchant's word stands alone, and for 30 days.
func former(past []Asked, onSale bool, typed money.Amount, now time.Time) (was money.Amount, until db.Time) {
	if len(past) == 0 {
		return 0, db.Time{}
	}
	price := past[len(past)-1].Amount
	if !onSale && typed <= price {
		return 0, db.Time{}
	}
	if lowest, known := Earlier(past); known {
		if lowest <= price {
			lowest = 0
		}
		return lowest, db.Time{}
	}
	if end := past[0].At.AddDate(0, 0, earlierDays); typed > price && now.Before(end) {
		return typed, db.At(end)
	}
	return 0, db.Time{}
}

// pricedRow is a price with what a sale asks about it.
type pricedRow struct {
	VariantID  VariantID
	ProductID  ProductID
	CategoryID CategoryID
	SKU        string
	Fixed      bool // sensitive goods and gift cards cost what they cost
	Currency   money.Currency
	Amount     money.Amount
	Was        money.Amount
	ListAmount money.Amount
	TypedWas   money.Amount
	SaleID     SaleID
	WasUntil   int64 // Unix milliseconds, 0 = never
}

type priceKey struct {
	variant  VariantID
	currency money.Currency
}

func (p *pricedRow) key() priceKey { return priceKey{p.VariantID, p.Currency} }

// rules are the sales in force.
type rules struct {
	sales []Sale
	below map[SaleID][]CategoryID
}

// best is what a thing costs by the rules, and the sale that says so.
func (r *rules) best(p *pricedRow) (money.Amount, SaleID) {
	price, by := p.ListAmount, (*Sale)(nil)
	for i := range r.sales {
		s := &r.sales[i]
		if !s.covers(p, r.below[s.ID]) {
			continue
		}
		if less, ok := s.Price(p.ListAmount, p.Currency); ok && (by == nil || s.Priority > by.Priority || s.Priority == by.Priority && less < price) {
			price, by = less, s
		}
	}
	if by == nil {
		return price, 0
	}
	return price, by.ID
}

// due is the row as the rules want it; past ends with the price in force
// before. The second result says whether the price itself moves.
func (r *rules) due(p pricedRow, past []Asked, now time.Time) (pricedRow, bool) {
	price, sale := r.best(&p)
	moves := price != p.Amount
	if moves {
		past = append(slices.Clone(past), Asked{db.At(now), price, sale})
	}
	p.Amount, p.SaleID = price, sale
	was, until := former(past, sale != 0, p.TypedWas, now)
	p.Was, p.WasUntil = was, until.Milli()
	return p, moves
}

func newRules(sales []Sale, tree *Tree) *rules {
	sales = slices.Clone(sales)
	slices.SortFunc(sales, func(a, b Sale) int { return cmp.Compare(a.ID, b.ID) })
	r := &rules{sales, map[SaleID][]CategoryID{}}
	for _, s := range sales {
		for _, id := range s.Categories {
			r.below[s.ID] = append(r.below[s.ID], tree.Under(id)...)
		}
	}
	return r
}

// Preview is what a sale would do to one price.
type Preview struct {
	SKU           string
	Name          i18n.Text
	Price, Before money.Amount // with the sale, and without
	Currency      money.Currency
}
