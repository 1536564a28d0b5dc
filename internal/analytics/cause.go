package analytics

import (
	"cmp"
	"fmt"
	"slices"

	"regulars/internal/cart"
	"regulars/internal/money"
)

// Causes of a lost cart, in the order in which lists show them. Exactly one
// is a cart's main cause; what decides is why.
var Causes = []string{"question", "cost", "date", "coupon", "form", "payment", "stock", "price", "search", "terms", "error", "dear", "elsewhere", "other", "looking", "unknown"}

// Rules by which a cause is chosen, in their order: what the shopper said,
// what they were waiting for, the last thing that stood in the way, nothing
// of the kind in a short visit, and none of these.
var CauseRules = []string{"told", "waiting", "last", "quiet", "none"}

// said is what each answer to "what stopped you?" means as a cause.
var said = map[string]string{"looking": "looking", "price": "dear", "delivery": "cost", "date": "date", "question": "question", "payment": "payment",
	"elsewhere": "elsewhere", "trouble": "error", "other": "other"}

const (
	// jump is the share of a total, in percent, by which delivery and tax must
	// rise between two pages to be what made somebody leave.
	jump = 3
	// delayed is how many days later than said before a delivery must be.
	delayed = 2
	// swift is an answer that kept nobody waiting, in milliseconds.
	swift = 10 * 60_000
	// glance is the longest visit that says nothing but "just looking".
	glance = 5 * 60_000
	// visitPause ends a visit; what stood in the way in an earlier one did not end this.
	visitPause = 30 * 60_000
)

// met is one thing that stood in the way.
type met struct {
	id     int64
	kind   string
	at     int64
	amount money.Amount
	extra  money.Amount
	days   int
	about  string
}

// question is what was asked from a cart, and when the answer came (0: not yet).
type question struct{ at, answered int64 }

// wait is how long the answer took, by now if there is none.
func (q question) wait(now int64) int64 { return cmp.Or(q.answered, now) - q.at }

// why is the main cause of a lost cart and how it was found.
type why struct {
	cause, rule string
	about       string       // field, code, step
	amount, of  money.Amount // what it cost more, of which total; in the cart's currency
}

// leftAt is the last sign of life: what the shopper did, saw, met or asked.
func (s *story) leftAt() int64 {
	last := max(s.started, s.active)
	for _, m := range s.moments {
		if m.kind != "converted" && m.kind != "void" {
			last = max(last, m.at)
		}
	}
	for _, f := range s.frictions {
		if f.kind != cart.Told {
			last = max(last, f.at)
		}
	}
	for _, q := range s.questions {
		last = max(last, q.at)
	}
	return last
}

// cause decides why a lost cart was left. The order of the rules is the page's:
// told, waiting, last, quiet, none.
func (s *story) cause(now int64) why {
	left := s.leftAt()
	for _, f := range slices.Backward(s.frictions) {
		if f.kind == cart.Told && said[f.about] != "" {
			return why{cause: said[f.about], rule: "told", about: f.about}
		}
	}
	for _, q := range slices.Backward(s.questions) {
		if q.answered == 0 && now-q.at > swift || q.answered > left && q.wait(now) > swift {
			return why{cause: "question", rule: "waiting"}
		}
	}
	if f, ok := s.lastMet(left); ok {
		return why{cause: f.kind, rule: "last", about: f.about, amount: f.amount, of: f.extra}
	}
	if s.began() == 0 && left-s.started <= glance {
		return why{cause: "looking", rule: "quiet"}
	}
	return why{cause: "unknown", rule: "none"}
}

// lastMet is the last thing in the way of the last visit that the shopper did
// not get past: a step further in the checkout says that they did.
func (s *story) lastMet(left int64) (met, bool) {
	further := int64(0)
	for _, m := range s.moments {
		switch m.kind {
		case "checkout", "contact", "delivery", "payment":
			further = max(further, m.at)
		}
	}
	var last met
	found := false
	for _, f := range s.inTheWay() {
		if f.at < further || f.at < left-visitPause || f.at < last.at || f.at == last.at && f.id < last.id && found {
			continue
		}
		last, found = f, true
	}
	return last, found
}

// inTheWay makes causes of the trail: what was shown becomes a jump of cost or
// a later date where it is one, and a payment that failed is one too.
func (s *story) inTheWay() []met {
	var out []met
	var before *met
	for i := range s.frictions {
		f := &s.frictions[i]
		switch f.kind {
		case cart.Shown:
			if c, ok := f.against(before); ok {
				out = append(out, c)
			}
			before = f
		case cart.PolicyRead:
			out = append(out, met{f.id, "terms", f.at, 0, 0, 0, f.about})
		case cart.Told:
		default:
			out = append(out, *f)
		}
	}
	for _, m := range s.moments {
		if m.kind == "failed" {
			out = append(out, met{kind: "payment", at: m.at, about: m.detail})
		}
	}
	return out
}

// against holds what a page showed against the page before. Delivery that
// comes up in the checkout for the first time is a jump of its whole price.
func (f *met) against(before *met) (met, bool) {
	rise, delay := money.Amount(0), 0
	switch {
	case before != nil:
		rise = f.extra - before.extra
		if before.days > 0 && f.days > 0 {
			delay = f.days - before.days
		}
	case f.about != "cart":
		rise = f.extra
	}
	if rise > 0 && rise*100 >= f.amount*jump {
		percent := int64(rise) * 100 / max(1, int64(f.amount-rise))
		return met{f.id, "cost", f.at, rise, f.amount, 0, fmt.Sprintf("%s %d%%", f.about, percent)}, true
	}
	if delay >= delayed {
		return met{f.id, "date", f.at, 0, 0, 0, fmt.Sprintf("%s %d", f.about, delay)}, true
	}
	return met{}, false
}
