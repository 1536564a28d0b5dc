package analytics

import (
	"testing"

	"regulars/internal/money"
)

const min1 = int64(60_000)

// shown is a page that told a total of 100.00 and, of that, what came on top.
func shown(minute int64, step string, extra money.Amount, days int) met {
	return met{id: minute, kind: "shown", at: minute * min1, amount: 10_000, extra: extra, days: days, about: step}
}

func at(minute int64, kind, about string) met {
	return met{id: minute, kind: kind, at: minute * min1, about: about}
}

func TestTheMainCauseOfALostCart(t *testing.T) {
	did := func(minute int64, kind string) moment { return moment{kind, minute * min1, ""} }
	hour := 60 * min1
	for _, c := range []struct {
		name        string
		moments     []moment
		frictions   []met
		questions   []question
		cause, rule string
		about       string
		amount      money.Amount
	}{
		{"nothing, for four minutes", []moment{did(0, "add"), did(4, "seen")}, nil, nil, "looking", "quiet", "", 0},
		{"nothing, for six minutes", []moment{did(0, "add"), did(6, "seen")}, nil, nil, "unknown", "none", "", 0},
		{"checkout and away", []moment{did(0, "add"), did(2, "checkout")}, nil, nil, "unknown", "none", "", 0},
		{"a coupon that did nothing", []moment{did(0, "add")}, []met{at(3, "coupon", "pricing.over")}, nil, "coupon", "last", "pricing.over", 0},
		{"the last of two", nil, []met{at(3, "coupon", "a"), at(4, "stock", "BB01")}, nil, "stock", "last", "BB01", 0},
		{"of one moment, the later written", nil, []met{{id: 1, kind: "coupon", at: 5}, {id: 2, kind: "form", at: 5, about: "checkout phone"}}, nil, "form", "last", "checkout phone", 0},
		{"a wrong field that was mended", []moment{did(1, "checkout"), did(4, "contact")}, []met{at(3, "form", "checkout email")}, nil, "unknown", "none", "", 0},
		{"one of an earlier visit", []moment{did(0, "add"), did(500, "seen")}, []met{at(3, "coupon", "a")}, nil, "unknown", "none", "", 0},
		{"a payment refused", []moment{did(1, "checkout"), did(2, "payment"), {"failed", 3 * min1, "stripe"}}, nil, nil, "payment", "last", "stripe", 0},
		{"a payment tried again", []moment{did(1, "checkout"), {"failed", 3 * min1, "stripe"}, did(4, "payment")}, nil, nil, "unknown", "none", "", 0},
		{"delivery said in the cart", []moment{did(0, "add")}, []met{shown(1, "cart", 900, 3), shown(8, "checkout", 900, 3)}, nil, "unknown", "none", "", 0},
		{"dearer in the checkout", []moment{did(0, "add"), did(2, "checkout")}, []met{shown(1, "cart", 500, 3), shown(2, "checkout", 1400, 3)}, nil, "cost", "last", "checkout 9%", 900},
		{"delivery said in the checkout first", []moment{did(2, "checkout")}, []met{shown(2, "checkout", 900, 3)}, nil, "cost", "last", "checkout 9%", 900},
		{"two of a hundred dearer", nil, []met{shown(1, "cart", 500, 3), shown(9, "checkout", 700, 3)}, nil, "unknown", "none", "", 0},
		{"cheaper", nil, []met{shown(1, "cart", 900, 3), shown(9, "checkout", 0, 3)}, nil, "unknown", "none", "", 0},
		{"later than said", nil, []met{shown(1, "cart", 500, 3), shown(9, "checkout", 500, 9)}, nil, "date", "last", "checkout 6", 0},
		{"terms read last", nil, []met{at(3, "coupon", "a"), at(4, "policy", "returns")}, nil, "terms", "last", "returns", 0},
		{"nothing found", nil, []met{at(7, "search", "")}, nil, "search", "last", "", 0},
		{"waiting for an answer", []moment{did(0, "add")}, []met{at(9, "coupon", "a")}, []question{{3 * min1, 0}}, "question", "waiting", "", 0},
		{"answered a day later", []moment{did(0, "add")}, nil, []question{{3 * min1, 3*min1 + 24*hour}}, "question", "waiting", "", 0},
		{"answered in eight minutes", []moment{did(0, "add")}, nil, []question{{3 * min1, 11 * min1}}, "looking", "quiet", "", 0},
		{"answered while they were there", []moment{did(0, "add"), did(40, "seen")}, nil, []question{{3 * min1, 20 * min1}}, "unknown", "none", "", 0},
		{"said so", []moment{did(0, "add")}, []met{at(2, "coupon", "a"), at(600, "told", "price")}, []question{{3 * min1, 0}}, "dear", "told", "price", 0},
		{"said something else later", nil, []met{at(600, "told", "price"), at(700, "told", "looking")}, nil, "looking", "told", "looking", 0},
		{"merely looking, by their own word", []moment{did(1, "checkout"), did(50, "payment")}, []met{at(600, "told", "looking")}, nil, "looking", "told", "looking", 0},
	} {
		s := story{started: 1, moments: c.moments, frictions: c.frictions, questions: c.questions}
		got := s.cause(1_000_000 * min1)
		if got.of = 0; got != (why{c.cause, c.rule, c.about, c.amount, 0}) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestEveryAnswerAndEveryFrictionIsACause(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Causes {
		known[c] = true
	}
	for answer, cause := range said {
		if !known[cause] {
			t.Errorf("the answer %s means %s, which is no cause", answer, cause)
		}
	}
	for _, kind := range []string{"coupon", "form", "stock", "price", "search", "error", "policy"} {
		s := story{started: 1, frictions: []met{at(50, kind, "x")}}
		if w := s.cause(1_000_000 * min1); !known[w.cause] || w.rule != "last" {
			t.Errorf("%s is %+v", kind, w)
		}
	}
}
