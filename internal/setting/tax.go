package setting

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"regulars/internal/money"
)

// TaxRate is one row of the shop's table of taxes. Region "" is the whole
// country; Class is standard, reduced or zero.
type TaxRate struct {
	Country, Region, Class string
	Rate                   money.Rate
}

// TaxClasses are the classes that goods and deliveries may have.
var TaxClasses = []string{"standard", "reduced", "zero"}

// String writes a rate as the setting does: "DE reduced 7", "US CA 7.25".
func (r TaxRate) String() string {
	parts := []string{r.Country}
	if r.Region != "" {
		parts = append(parts, r.Region)
	}
	if r.Class != TaxClasses[0] {
		parts = append(parts, r.Class)
	}
	return strings.Join(append(parts, r.Rate.String()), " ")
}

// TaxIncluded reports whether prices have the tax inside; else it is added to
// them.
func (v Values) TaxIncluded() bool { return v.Get("tax.included") == "on" }

// rateTables keeps what was read out of the setting: pages ask all the time,
// and it hardly ever changes.
var rateTables sync.Map

// TaxRates are the rates by country.
func (v Values) TaxRates() []TaxRate {
	written := v.Get("tax.rates")
	if known, ok := rateTables.Load(written); ok {
		return known.([]TaxRate)
	}
	rates, err := parseRates(written)
	if err != nil {
		return nil
	}
	rateTables.Store(written, rates)
	return rates
}

// TaxFor is the rate of a class of goods that go to a country and region: the
// region's, else the country's; goods of the reduced class pay the standard
// rate where there is no other. A country that is not in the table pays
// tax.percent. Class zero is never taxed unless the table says so.
func (v Values) TaxFor(country, region, class string) money.Rate {
	if class == "" {
		class = TaxClasses[0]
	}
	all := v.TaxRates()
	find := func(region, class string) (money.Rate, bool) {
		at := slices.IndexFunc(all, func(r TaxRate) bool {
			return r.Country == country && strings.EqualFold(r.Region, region) && r.Class == class
		})
		if at < 0 {
			return 0, false
		}
		return all[at].Rate, true
	}
	asked := []string{class}
	if class == "reduced" {
		asked = append(asked, TaxClasses[0])
	}
	for _, place := range []string{strings.TrimSpace(region), ""} {
		for _, c := range asked {
			if rate, ok := find(place, c); ok {
				return rate
			}
		}
	}
	if class == "zero" {
		return 0
	}
	return v.TaxRate()
}

func parseRates(s string) ([]TaxRate, error) {
	wants := func(part string) error {
		return fmt.Errorf("wants rates such as DE 19, DE reduced 7, US CA 7.25, US New York 8.875; %q is none", strings.TrimSpace(part))
	}
	var all []TaxRate
	seen := map[string]bool{}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == '，' || r == '\n' }) {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if len(words) < 2 {
			return nil, wants(part)
		}
		r := TaxRate{Country: words[0], Class: TaxClasses[0]}
		rate, err := money.ParseRate(words[len(words)-1])
		if err != nil {
			return nil, wants(part)
		}
		r.Rate = rate
		rest := words[1 : len(words)-1]
		if n := len(rest); n > 0 && slices.Contains(TaxClasses, rest[n-1]) {
			r.Class, rest = rest[n-1], rest[:n-1]
		}
		r.Region = strings.Join(rest, " ")
		if len(r.Country) != 2 || strings.ToUpper(r.Country) != r.Country || strings.ContainsFunc(r.Country, func(c rune) bool { return c < 'A' || c > 'Z' }) || len(r.Region) > 60 {
			return nil, wants(part)
		}
		key := strings.ToLower(r.Country + "|" + r.Region + "|" + r.Class)
		if seen[key] {
			return nil, fmt.Errorf("names %s twice", strings.Join(words[:len(words)-1], " "))
		}
		seen[key] = true
		all = append(all, r)
	}
	return all, nil
}

func checkRates(s string) error {
	if len(s) > 8000 {
		return fmt.Errorf("is too long: at most 8000 characters")
	}
	_, err := parseRates(s)
	return err
}
