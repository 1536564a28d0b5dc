package pricing

import (
	"slices"
	"strings"
	"time"

	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// Method is a way of delivery with its price in one currency. Countries is its
// zone: ISO codes with commas between, each alone or with a region as it is
// typed in addresses ("DE, FR, US CA"); empty means everywhere. It costs Price,
// from the amount of a band on what the band says, and nothing from FreeFrom
// on (0: never by amount). An order placed before Cutoff, an hour of the
// shop's day, leaves the same day; 0: none is named.
type Method struct {
	Code      string         `gorm:"primaryKey"`
	Currency  money.Currency `gorm:"primaryKey"`
	Position  int
	Name      i18n.Text
	Countries string
	Price     money.Amount
	FreeFrom  money.Amount
	DaysMin   int
	DaysMax   int
	Cutoff    int
	TaxClass  string // as of goods; "" = standard
	Active    bool
	Version   int64  // counts changes, for forms
	Bands     []Band `gorm:"-"`
}

// Band is what a delivery costs from an amount of goods on.
type Band struct{ From, Price money.Amount }

// mostBands is how many bands a delivery may have.
const mostBands = 12

// Cost is the price of this delivery for goods of that amount.
func (m *Method) Cost(goods money.Amount) money.Amount {
	if m.FreeFrom > 0 && goods >= m.FreeFrom {
		return 0
	}
	cost := m.Price
	for _, b := range m.Bands { // by amount
		if goods >= b.From {
			cost = b.Price
		}
	}
	return cost
}

// FreeAt is the smallest amount above those goods at which this delivery costs
// nothing; 0 if there is none, or it costs nothing already.
func (m *Method) FreeAt(goods money.Amount) money.Amount {
	if m.Cost(goods) == 0 {
		return 0
	}
	at := m.FreeFrom
	for _, b := range m.Bands {
		if b.Price == 0 && b.From > goods && (at == 0 || b.From < at) {
			at = b.From
		}
	}
	return at
}

// ToFree is how much more in the basket makes this delivery free; 0 when it
// already is, or never will be.
func (m *Method) ToFree(goods money.Amount) money.Amount {
	if at := m.FreeAt(goods); at > 0 {
		return at - goods
	}
	return 0
}

// Days is in how many days goods arrive that are ordered at a moment of the
// shop's day.
func (m *Method) Days(at time.Time) (least, most int) {
	if m.Cutoff > 0 && at.Hour() >= m.Cutoff {
		return m.DaysMin + 1, m.DaysMax + 1
	}
	return m.DaysMin, m.DaysMax
}

// By is the day promised to an order of that moment.
func (m *Method) By(at time.Time, zone *time.Location) time.Time {
	_, most := m.Days(at.In(zone))
	return at.AddDate(0, 0, most)
}

// Place is a country, or one region of it.
type Place struct{ Country, Region string }

// Zone lists where the method goes; nothing means everywhere.
func (m *Method) Zone() (all []Place) {
	for part := range strings.FieldsFuncSeq(m.Countries, func(r rune) bool { return strings.ContainsRune(",，、;\r\n", r) }) {
		if country, region, _ := strings.Cut(strings.TrimSpace(part), " "); country != "" {
			all = append(all, Place{strings.ToUpper(country), strings.TrimSpace(region)})
		}
	}
	return all
}

// Serves reports whether the method goes to a country (ISO code) and region;
// an empty country or region asks for any, as long as no address is known.
func (m *Method) Serves(country, region string) bool {
	if strings.TrimSpace(m.Countries) == "" || country == "" {
		return true
	}
	region = strings.TrimSpace(region)
	return slices.ContainsFunc(m.Zone(), func(p Place) bool {
		return strings.EqualFold(p.Country, country) && (p.Region == "" || region == "" || strings.EqualFold(p.Region, region))
	})
}

// Home is the country that a basket in a currency most likely goes to, before
// an address is known.
func Home(c money.Currency) string {
	switch c {
	case "CNY":
		return "CN"
	case "GBP":
		return "GB"
	case "EUR":
		return "DE"
	case "JPY":
		return "JP"
	}
	return "US"
}

// check says what of a method cannot be stored.
func (m *Method) check() error {
	var form fault.Form
	if m.Code == "" || len(m.Code) > 40 || strings.IndexFunc(m.Code, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	}) >= 0 {
		form.Wrong("code", "pricing.method.code")
	}
	if m.Code == "new" { // its page would be that of a new one
		form.Wrong("code", "pricing.method.code")
	}
	if _, err := money.ParseCurrency(string(m.Currency)); err != nil {
		form.Wrong("currency", "pricing.method.currency")
	}
	if m.Price < 0 || m.Price > mostPrice {
		form.Wrong("price", "pricing.method.price")
	}
	if m.FreeFrom < 0 {
		form.Wrong("free_from", "pricing.method.price")
	}
	if len(m.Bands) > mostBands {
		form.Wrong("bands", "pricing.method.bands.most", "count", mostBands)
	}
	for i, b := range m.Bands {
		if b.From <= 0 || b.Price < 0 || b.Price > mostPrice || i > 0 && b.From <= m.Bands[i-1].From {
			form.Wrong("bands", "pricing.method.bands")
		}
		if m.FreeFrom > 0 && b.From >= m.FreeFrom && b.Price > 0 {
			form.Wrong("bands", "pricing.method.bands.free")
		}
	}
	if len(m.Countries) > 2000 {
		form.Wrong("zone", "pricing.method.zone")
	}
	if !slices.Contains(setting.TaxClasses, classOf(m.TaxClass)) {
		form.Wrong("tax_class", "catalog.tax-class.wrong")
	}
	if m.DaysMin < 0 || m.DaysMax < m.DaysMin || m.DaysMax > 365 {
		form.Wrong("days_max", "pricing.method.days")
	}
	if m.Cutoff < 0 || m.Cutoff > 23 {
		form.Wrong("cutoff", "pricing.method.cutoff")
	}
	return form.Err()
}

// standard is what a shop delivers by before it has said anything else.
func standard(c money.Currency) Method {
	return Method{Code: "standard", Currency: c, DaysMin: 2, DaysMax: 5, Active: true,
		Name: i18n.Text{En: i18n.T(i18n.English, "pricing.standard"), Zh: i18n.T(i18n.Chinese, "pricing.standard")}}
}
