package money

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParseAndDecimalAgree(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency Currency
		want     Amount
		written  string
	}{
		{"12.5", "USD", 1250, "12.50"},
		{"1,299", "CNY", 129900, "1299.00"},
		{"0.05", "EUR", 5, "0.05"},
		{"-3", "GBP", -300, "-3.00"},
		{"1200", "JPY", 1200, "1200"},
		{"1.250", "KWD", 1250, "1.250"},
	} {
		got, err := Parse(c.text, c.currency)
		if err != nil || got != c.want {
			t.Errorf("Parse(%q, %s) = %d, %v; want %d", c.text, c.currency, got, err, c.want)
		}
		if w := got.Decimal(c.currency); w != c.written {
			t.Errorf("%d in %s is written %q, want %q", got, c.currency, w, c.written)
		}
	}
}

func TestParseRefusesWhatItCannotCountExactly(t *testing.T) {
	for _, s := range []string{"", ".", "1.234", "1e3", "0x1", "١", "12.5.5", "9999999999999999", "--1", "NaN"} {
		if got, err := Parse(s, "USD"); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", s, got)
		}
	}
	if _, err := Parse("1.5", "JPY"); err == nil {
		t.Error("a yen has no halves")
	}
	if _, err := Parse("1", "XXX"); err == nil {
		t.Error("an unknown currency must be refused, not guessed")
	}
}

func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := Amount(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "total"))
		weights := rapid.SliceOfN(rapid.Int64Range(0, 10_000), 1, 20).Draw(t, "weights")
		var sum, positive Amount
		for i, p := range Split(total, weights) {
			sum += p
			if weights[i] > 0 {
				positive += p
			}
		}
		if sum != total {
			t.Fatalf("parts add up to %d, not %d", sum, total)
		}
		var w int64
		for _, x := range weights {
			w += x
		}
		if w > 0 && positive != total {
			t.Fatalf("a part without weight got something")
		}
	})
}

func TestTaxInsideAPrice(t *testing.T) {
	if got := Rate(20_000).Inside(12000); got != 2000 {
		t.Errorf("20 %% inside 120.00 is %d, want 2000", got)
	}
	if got := BasisPoints(825).Of(1999); got != 165 {
		t.Errorf("8.25 %% of 19.99 is %d, want 165", got)
	}
	if got := Rate(8875).Of(10_000); got != 888 { // 8.87 % would be 887
		t.Errorf("8.875 %% of 100.00 is %d, want 888", got)
	}
}

func TestRatesAreWrittenAndReadAlike(t *testing.T) {
	for text, want := range map[string]Rate{"8.875": 8875, "19": 19_000, "7.25": 7250, "0": 0, "100": 100_000, "0.001": 1} {
		got, err := ParseRate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q is %d, written %q: %v", text, got, got, err)
		}
	}
	for _, bad := range []string{"", "-1", "100.001", "8.8751", "nine", "8,875"} {
		if got, err := ParseRate(bad); err == nil {
			t.Errorf("%q is %s", bad, got)
		}
	}
}
