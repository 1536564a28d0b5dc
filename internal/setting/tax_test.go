package setting

import (
	"testing"

	"regulars/internal/money"
)

func TestRateOfAPlace(t *testing.T) {
	const table = "DE 19, DE reduced 7\nUS CA 7.25，US New York 8.87,US reduced 2, FR 20,GB zero 5"
	if err := checkRates(table); err != nil {
		t.Fatal(err)
	}
	v := Of(map[string]string{"tax.rates": table, "tax.percent": "3"})
	for _, c := range []struct {
		country, region, class string
		want                   money.BasisPoints
	}{
		{"DE", "", "standard", 1900}, {"DE", "Bavaria", "", 1900}, {"DE", "", "reduced", 700}, {"DE", "", "zero", 0},
		{"US", "ca", "standard", 725}, {"US", "CA", "reduced", 725}, {"US", "new york", "standard", 887}, {"US", "TX", "reduced", 200}, {"US", "TX", "standard", 300},
		{"FR", "", "reduced", 2000}, {"GB", "", "zero", 500}, {"CN", "", "standard", 300}, {"CN", "", "zero", 0}, {"", "", "standard", 300},
	} {
		if got := v.TaxFor(c.country, c.region, c.class); got != c.want {
			t.Errorf("%+v is taxed at %d", c, got)
		}
	}
	written := ""
	for i, r := range v.TaxRates() {
		if i > 0 {
			written += ", "
		}
		written += r.String()
	}
	if written != "DE 19, DE reduced 7, US CA 7.25, US New York 8.87, US reduced 2, FR 20, GB zero 5" {
		t.Errorf("written again: %s", written)
	}
	for _, bad := range []string{"DE", "19", "Germany 19", "de 19", "DE 101", "DE -1", "DE 19, DE 20", "DE reduced", "DE 19.999"} {
		if checkRates(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if !(Values{}).TaxIncluded() || Of(map[string]string{"tax.included": "off"}).TaxIncluded() {
		t.Error("prices include tax unless the shop says otherwise")
	}
}
