package setting

import (
	"testing"

	"regulars/internal/money"
)

func TestRateOfAPlace(t *testing.T) {
	const table = "DE 19, DE reduced 7\nUS CA 7.25，US New York 8.875,US reduced 2, FR 20,GB zero 5"
	if err := checkRates(table); err != nil {
		t.Fatal(err)
	}
	v := Of(map[string]string{"tax.rates": table, "tax.percent": "3"})
	for _, c := range []struct {
		country, region, class string
		want                   money.Rate
	}{
		{"DE", "", "standard", 19000}, {"DE", "Bavaria", "", 19000}, {"DE", "", "reduced", 7000}, {"DE", "", "zero", 0},
		{"US", "ca", "standard", 7250}, {"US", "CA", "reduced", 7250}, {"US", "new york", "standard", 8875}, {"US", "TX", "reduced", 2000}, {"US", "TX", "standard", 3000},
		{"FR", "", "reduced", 20000}, {"GB", "", "zero", 5000}, {"CN", "", "standard", 3000}, {"CN", "", "zero", 0}, {"", "", "standard", 3000},
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
	if written != "DE 19, DE reduced 7, US CA 7.25, US New York 8.875, US reduced 2, FR 20, GB zero 5" {
		t.Errorf("written again: %s", written)
	}
	for _, bad := range []string{"DE", "19", "Germany 19", "de 19", "DE 101", "DE -1", "DE 19, DE 20", "DE reduced", "DE 19.9999"} {
		if checkRates(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if !(Values{}).TaxIncluded() || Of(map[string]string{"tax.included": "off"}).TaxIncluded() {
		t.Error("prices include tax unless the shop says otherwise")
	}
}
