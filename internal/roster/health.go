package roster

import (
	"regulars/internal/customer"
)

// Measure is one share of the file of customers: of how many people something
// is known or allowed.
type Measure struct {
	Name string // also the message admin.health.measure.<name>
	of   string // whom it is asked of, a condition on customers c; "" everybody
	have string // who has it
}

// Measures are what the file is measured by, in the order people read them.
var Measures = []Measure{
	{"mail", "", "c.contact IN ('unverified', 'verified')"},
	{"verified", "", "c.email_verified_at > 0"},
	{"bouncing", "", "c.contact = 'bouncing'"},
	{"dead", "", "c.contact = 'dead'"},
	{"name", "", "c.name <> ''"},
	{"phone", "", "c.phone <> ''"},
	{"birth", "", "c.birth_date <> ''"},
	{"occupation", "", "c.occupation <> ''"},
	{"address", "", "EXISTS (SELECT 1 FROM addresses x WHERE x.customer_id = c.id)"},
	{"size", "EXISTS (SELECT 1 FROM important_dates x WHERE x.customer_id = c.id AND x.kind = 'child')",
		"EXISTS (SELECT 1 FROM important_dates x WHERE x.customer_id = c.id AND x.kind = 'child' AND (x.size <> '' OR x.year > 0))"},
	{"pages", "", allows("s.purpose = 'personalize'")},
	{"history", "", allows("s.purpose = 'history'")},
	{"mails", "", allows("s.purpose LIKE 'mail.%'")},
}

func allows(what string) string {
	return "EXISTS (SELECT 1 FROM consents s WHERE s.customer_id = c.id AND s.given = TRUE AND " + what + ")"
}

// Share is a measure as it was counted.
type Share struct {
	Measure      string
	Have, People int
}

// Percent is the share in whole percent, rounded down; 0 of nobody.
func (s Share) Percent() int {
	if s.People == 0 {
		return 0
	}
	return s.Have * 100 / s.People
}

// Month is what was counted in one month of the shop's zone.
type Month struct {
	Month  string // 2026-11
	Shares map[string]Share
}

// segmentMeasure is the measure of a segment's confidence.
func segmentMeasure(key string) string { return "segment:" + key }

func measureOf(name string) (Measure, bool) {
	for _, m := range Measures {
		if m.Name == name {
			return m, true
		}
	}
	return Measure{}, false
}

// Person is somebody of whom something is known, or is not.
type Person struct {
	ID          customer.ID
	Number      string
	Email, Name string
	Simulated   bool
}

// IsMeasure reports whether something is measured by that name.
func IsMeasure(name string) bool { _, ok := measureOf(name); return ok }
