package customer

import (
	"strings"

	"regulars/internal/i18n"
)

// Facts are what an account said of itself, one "kind=value" each: occupation,
// tiles, and the ten years it was born in. Without consent to personal pages,
// and for guests, there are none.
func (p *Person) Facts() []string {
	if !p.SignedIn() || !p.Personalized() {
		return nil
	}
	return p.Customer.facts(p.Interests)
}

func (c *Customer) facts(interests []Interest) (all []string) {
	if c.Occupation != "" {
		all = append(all, "occupation="+strings.ToLower(c.Occupation))
	}
	if len(c.BirthDate) == len("2001-05-20") {
		all = append(all, "born="+c.BirthDate[:3]+"0")
	}
	for _, i := range interests {
		if i.Source == "said" {
			all = append(all, i.Kind+"="+strings.ToLower(i.Value))
		}
	}
	return all
}

// FactName names what was said, in both languages.
func FactName(fact string) i18n.Text {
	kind, value, _ := strings.Cut(fact, "=")
	switch kind {
	case "occupation":
		return OccupationName(value)
	case "born":
		return i18n.Text{En: i18n.T(i18n.English, "customer.fact.born", "year", value), Zh: i18n.T(i18n.Chinese, "customer.fact.born", "year", value)}
	}
	return TileName(kind, value)
}
