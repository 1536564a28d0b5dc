package pricing

import (
	"slices"
	"unicode/utf8"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// ListID names a price list inside the shop.
type ListID int64

// PriceList is what a group pays: a segment, or a tier. The merchant sets it,
// and everybody can read it on the product's page; whoever is in the group
// pays it where it is below the price in force. Percent is off the list price,
// for all that no entry names. Sensitive goods and gift cards are in none.
type PriceList struct {
	ID        ListID
	Token     string // its name in addresses
	Name      i18n.Text
	State     string // Live or Stopped
	Currency  money.Currency
	Segment   string
	Tier      string
	Percent   money.BasisPoints
	CreatedAt db.Time                            `gorm:"autoCreateTime:false"`
	UpdatedAt db.Time                            `gorm:"autoUpdateTime:false"`
	Entries   map[catalog.VariantID]money.Amount `gorm:"-"`
}

// TableName is price_lists.
func (PriceList) TableName() string { return "price_lists" }

// Price is what the group pays for a thing, and whether that is less than
// everybody pays.
func (l *PriceList) Price(b catalog.Buyable) (money.Amount, bool) {
	if l.State != Live || b.Sensitive || b.GiftCard || !b.Priced || b.Price.Currency != l.Currency {
		return 0, false
	}
	price, named := l.Entries[b.VariantID]
	if !named {
		price = b.List - l.Percent.Of(b.List)
	}
	return price, price > 0 && price < b.Price.Amount
}

// for reports whether the shopper of these deals is in the group.
func (l *PriceList) isFor(d Deals) bool {
	return l.Segment != "" && d.in(l.Segment) || l.Tier != "" && (l.Tier == d.Tier || slices.Contains(d.Reached, l.Tier))
}

// Member is what one price list took off a basket.
type Member struct {
	ID     ListID
	Name   i18n.Text
	Amount money.Amount
}

// belong takes the best list price of the shopper's groups off a line.
func (q *Quote) belong(l *Line, b catalog.Buyable, d Deals) {
	var best *PriceList
	l.pays = l.Unit
	for i := range d.Lists {
		list := &d.Lists[i]
		if !list.isFor(d) {
			continue
		}
		if price, less := list.Price(b); less && price < l.pays {
			best, l.pays = list, price
		}
	}
	if best == nil {
		return
	}
	off := (l.Unit - l.pays).Times(l.Qty)
	l.Discount, l.Total = off, l.Total-off
	l.Parts = []Part{{List: best.ID, Name: best.Name, Amount: off}}
	q.Discount += off
	for i := range q.Members {
		if q.Members[i].ID == best.ID {
			q.Members[i].Amount += off
			return
		}
	}
	q.Members = append(q.Members, Member{best.ID, best.Name, off})
}

// mostEntries of one list fit into its form.
const mostEntries = 500

func (l *PriceList) check() error {
	var form fault.Form
	if l.Name.En == "" && l.Name.Zh == "" || utf8.RuneCountInString(l.Name.En) > 120 || utf8.RuneCountInString(l.Name.Zh) > 120 {
		form.Wrong("name_en", "pricing.promotion.name")
	}
	if known, err := money.ParseCurrency(string(l.Currency)); err != nil || known != l.Currency {
		form.Wrong("currency", "pricing.method.currency")
	}
	if l.Segment == "" && l.Tier == "" {
		form.Wrong("segment", "pricing.list.segment")
	}
	if l.Percent < 0 || l.Percent >= 10_000 {
		form.Wrong("percent", "catalog.sale.percent")
	}
	if l.Percent == 0 && len(l.Entries) == 0 || len(l.Entries) > mostEntries {
		form.Wrong("entries", "pricing.list.entries", "most", mostEntries)
	}
	for _, a := range l.Entries {
		if a < 1 || a > mostPrice {
			form.Wrong("entries", "pricing.list.price")
			break
		}
	}
	return form.Err()
}
