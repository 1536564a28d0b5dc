package pricing

import (
	"regulars/internal/money"
	"regulars/internal/setting"
)

// Taxes are the rates of the place that goods go to. The zero value taxes
// nothing.
type Taxes struct {
	Added                   bool // on top of the prices; else inside them
	Standard, Reduced, Zero money.Rate
}

// TaxesIn are the shop's taxes of a country and region.
func TaxesIn(set setting.Values, country, region string) Taxes {
	return Taxes{Added: !set.TaxIncluded(), Standard: set.TaxFor(country, region, "standard"),
		Reduced: set.TaxFor(country, region, "reduced"), Zero: set.TaxFor(country, region, "zero")}
}

// Says is the message by which a price says how it stands to tax; "" where
// nothing is taxed.
func (t Taxes) Says(class string) string {
	switch {
	case t.rate(classOf(class)) == 0:
		return ""
	case t.Added:
		return "shop.price.plus-tax"
	}
	return "shop.price.tax"
}

func (t Taxes) rate(class string) money.Rate {
	switch class {
	case "reduced":
		return t.Reduced
	case "zero":
		return t.Zero
	}
	return t.Standard
}

func (t Taxes) of(a money.Amount, rate money.Rate) money.Amount {
	if t.Added {
		return rate.Of(a)
	}
	return rate.Inside(a)
}

func classOf(class string) string {
	if class == "" {
		return setting.TaxClasses[0]
	}
	return class
}
