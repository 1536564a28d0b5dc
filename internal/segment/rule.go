package segment

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"regulars/internal/fault"
	"regulars/internal/money"
)

// Rule says who belongs to a segment: whom When is true of, unless Except is
// or may be. What is not known decides nothing: it is neither true nor false
// (Kleene's logic, as in SQL), and a rule holds only for whom it is true.
//
// Any is a short way to write a rule of simple facts, and how rules were kept
// by the first releases; it is read as one group.
type Rule struct {
	When   Group
	Except Group
	Any    []Condition
}

// Condition is one fact of a short rule. Fact is occupation, life, interest,
// hobby, for (what the person said) or bought (days with a purchase in the
// department whose code is Is, at least AtLeast of them within the last Days;
// 0 means once and ever).
type Condition struct {
	Fact    string `json:"fact"`
	Is      string `json:"is"`
	AtLeast int    `json:"at_least,omitempty"`
	Days    int    `json:"days,omitempty"`
}

// The kinds of groups. None is true where no item is; unknown items keep it
// unknown.
const (
	All  = "all"
	Any  = "any"
	None = "none"
)

// Group joins items. Without any it is true of nobody.
type Group struct {
	Op    string `json:"op"`
	Items []Item `json:"items"`
}

// Item is a group or a clause, one of the two.
type Item struct {
	Group  *Group
	Clause *Clause
}

// Clause asks one field. Values are texts as people write them: a number
// ("3"), money ("900.00 USD"), a day ("2026-11-22"), a time ("30d", "12h",
// "45m"), a key of a list. For what people did (Kind Deed) the values bound how
// often, Where says of what, and Last within which time. ThenNot asks for a
// deed after which Then did not follow within the first value.
type Clause struct {
	Field   string   `json:"field"`
	Op      string   `json:"op"`
	Values  []string `json:"values,omitempty"`
	Unknown bool     `json:"unknown,omitempty"` // true also where nothing is known
	Where   []Filter `json:"where,omitempty"`
	Last    string   `json:"last,omitempty"`
	Then    *Deed    `json:"then,omitempty"`
}

// Deed is something people do, and of what.
type Deed struct {
	Field string   `json:"field"`
	Where []Filter `json:"where,omitempty"`
}

// Filter narrows a deed by product (code), category (slug, what stands below
// it included), department (code) or brand, to any of In.
type Filter struct {
	By string   `json:"by"`
	In []string `json:"in"`
}

// The operators.
const (
	Equal   = "="
	Unlike  = "!="
	Less    = "<"
	AtMost  = "<="
	More    = ">"
	AtLeast = ">="
	Between = "between"
	In      = "in"
	NotIn   = "not in"
	Holds   = "contains"
	Starts  = "starts"
	Set     = "set"
	NotSet  = "not set"
	Before  = "before"
	After   = "after"
	InLast  = "in last"
	Over    = "over"    // longer ago than
	InNext  = "in next" // the day comes round within
	ThenNot = "then not"
)

// The bounds of a rule. A deeper or longer one is refused, not cut.
const (
	mostDepth   = 4
	mostClauses = 24
	mostValues  = 100
	valueRunes  = 80
	textBytes   = 20_000
	mostFilters = 4
	longest     = 3660 // days
)

func (i Item) MarshalJSON() ([]byte, error) {
	if i.Group != nil {
		return json.Marshal(i.Group)
	}
	return json.Marshal(i.Clause)
}

func (i *Item) UnmarshalJSON(b []byte) error {
	var is struct {
		Items json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(b, &is); err != nil {
		return err
	}
	if is.Items != nil {
		i.Group = &Group{}
		return strict(b, i.Group)
	}
	i.Clause = &Clause{}
	return strict(b, i.Clause)
}

// strict refuses what it does not know: a misspelt bound is no bound.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

type keptRule struct {
	When   *Group      `json:"when,omitempty"`
	Except *Group      `json:"except,omitempty"`
	Any    []Condition `json:"any,omitempty"`
}

// MarshalJSON writes the tree, whichever way the rule was written.
func (r Rule) MarshalJSON() ([]byte, error) {
	r = r.normal()
	var k keptRule
	if len(r.When.Items) > 0 {
		k.When = &r.When
	}
	if len(r.Except.Items) > 0 {
		k.Except = &r.Except
	}
	return json.Marshal(k)
}

// UnmarshalJSON reads both forms.
func (r *Rule) UnmarshalJSON(b []byte) error {
	var k keptRule
	if len(b) > 1<<16 || nested(b) > 4*mostDepth {
		return fault.New(fault.Invalid, "segment.rule.large")
	}
	if err := strict(b, &k); err != nil {
		return err
	}
	*r = Rule{Any: k.Any}
	if k.When != nil {
		r.When = *k.When
	}
	if k.Except != nil {
		r.Except = *k.Except
	}
	*r = r.normal()
	return nil
}

// nested is how deep brackets go, so that no parser has to find out.
func nested(b []byte) (deepest int) {
	depth := 0
	for _, c := range b {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// Empty reports whether the rule is true of nobody.
func (r Rule) Empty() bool { return len(r.Any) == 0 && len(r.When.Items) == 0 }

// normal is the rule as a tree.
func (r Rule) normal() Rule {
	if len(r.Any) == 0 {
		return Rule{When: r.When, Except: r.Except}
	}
	any := Group{Op: Any}
	for _, c := range r.Any {
		any.Items = append(any.Items, Item{Clause: c.clause()})
	}
	if len(r.When.Items) > 0 {
		any = Group{Op: All, Items: []Item{{Group: &any}, {Group: &r.When}}}
	}
	return Rule{When: any, Except: r.Except}
}

func (c Condition) clause() *Clause {
	if c.Fact != "bought" {
		return &Clause{Field: c.Fact, Op: In, Values: []string{c.Is}}
	}
	k := &Clause{Field: "bought-days", Op: AtLeast, Values: []string{itoa(max(1, c.AtLeast))}, Where: []Filter{{By: "department", In: []string{c.Is}}}}
	if c.Days > 0 {
		k.Last = itoa(c.Days) + "d"
	}
	return k
}

// Clauses calls visit with every clause of the rule, exceptions last.
func (r Rule) Clauses(visit func(*Clause)) {
	r = r.normal()
	r.When.clauses(visit)
	r.Except.clauses(visit)
}

func (g *Group) clauses(visit func(*Clause)) {
	for _, i := range g.Items {
		if i.Group != nil {
			i.Group.clauses(visit)
		} else {
			visit(i.Clause)
		}
	}
}

// Wrong is what is wrong with a rule: Words is a key of the catalogue.
type Wrong struct {
	Words string
	Args  []any
}

func (w *Wrong) Error() string { return w.Words }

func wrongly(words string, args ...any) *Wrong { return &Wrong{words, args} }

// Check refuses a rule whose shape cannot work: what it names is looked up by
// Book.Check.
func (r Rule) Check() *Wrong {
	r = r.normal()
	if len(r.When.Items) == 0 {
		return wrongly("segment.rule.empty")
	}
	n := 0
	if w := r.When.check(1, &n); w != nil {
		return w
	}
	if len(r.Except.Items) == 0 {
		return nil
	}
	return r.Except.check(1, &n)
}

func (g *Group) check(depth int, n *int) *Wrong {
	switch {
	case depth > mostDepth:
		return wrongly("segment.rule.deep", "most", mostDepth)
	case g.Op != All && g.Op != Any && g.Op != None:
		return wrongly("segment.rule.group", "what", g.Op)
	case len(g.Items) == 0:
		return wrongly("segment.rule.group.empty")
	}
	for _, i := range g.Items {
		var w *Wrong
		switch {
		case i.Group != nil && i.Clause == nil:
			w = i.Group.check(depth+1, n)
		case i.Clause != nil && i.Group == nil:
			if *n++; *n > mostClauses {
				return wrongly("segment.rule.long", "most", mostClauses)
			}
			w = i.Clause.check()
		default:
			w = wrongly("segment.rule.group.empty")
		}
		if w != nil {
			return w
		}
	}
	return nil
}

func (c *Clause) check() *Wrong {
	f := FieldOf(c.Field)
	switch {
	case f == nil:
		return wrongly("segment.rule.field", "what", show(c.Field))
	case !slices.Contains(f.Kind.Ops(), c.Op):
		return wrongly("segment.rule.op", "field", c.Field, "what", show(c.Op))
	case len(c.Values) > mostValues:
		return wrongly("segment.rule.values", "most", mostValues)
	case c.Unknown && (c.Op == Set || c.Op == NotSet || f.Kind == DeedKind || f.Sure):
		return wrongly("segment.rule.unknown", "field", c.Field)
	case f.Kind != DeedKind && (len(c.Where) > 0 || c.Last != ""), (c.Op == ThenNot) != (c.Then != nil):
		return wrongly("segment.rule.field", "what", c.Field)
	}
	if want := wanted(c.Op); want >= 0 && len(c.Values) != want || want < 0 && len(c.Values) == 0 {
		return wrongly("segment.rule.value", "field", c.Field)
	}
	for _, v := range c.Values {
		if w := f.checkValue(c.Op, v); w != nil {
			return w
		}
	}
	if c.Last != "" {
		if _, ok := span(c.Last); !ok {
			return wrongly("segment.rule.span", "what", show(c.Last))
		}
	}
	if w := f.checkWhere(c.Where); w != nil || c.Then == nil {
		return w
	}
	then := FieldOf(c.Then.Field)
	if then == nil || then.Kind != DeedKind {
		return wrongly("segment.rule.field", "what", show(c.Then.Field))
	}
	return then.checkWhere(c.Then.Where)
}

// wanted is how many values an operator takes, -1 for one or more.
func wanted(op string) int {
	switch op {
	case Set, NotSet:
		return 0
	case Between:
		return 2
	case In, NotIn:
		return -1
	}
	return 1
}

func (f *Field) checkWhere(where []Filter) *Wrong {
	if len(where) > mostFilters {
		return wrongly("segment.rule.values", "most", mostFilters)
	}
	var seen []string
	for _, w := range where {
		switch {
		case !slices.Contains(f.Filters, w.By), slices.Contains(seen, w.By), len(w.In) == 0:
			return wrongly("segment.rule.filter", "what", show(w.By))
		case len(w.In) > mostValues:
			return wrongly("segment.rule.values", "most", mostValues)
		}
		seen = append(seen, w.By)
		for _, v := range w.In {
			if !plain(v) {
				return wrongly("segment.rule.text", "what", show(v))
			}
		}
	}
	return nil
}

func (f *Field) checkValue(op, v string) *Wrong {
	if !plain(v) {
		return wrongly("segment.rule.text", "what", show(v))
	}
	ok := true
	switch {
	case op == InLast || op == Over || op == InNext || op == ThenNot:
		if _, ok = span(v); !ok {
			return wrongly("segment.rule.span", "what", show(v))
		}
		if op == InNext && !strings.HasSuffix(v, "d") {
			ok = false
		}
	case f.Kind == NumberKind || f.Kind == DeedKind:
		_, ok = number(v)
	case f.Kind == MoneyKind:
		_, _, ok = sum(v)
	case f.Kind == MomentKind:
		_, err := time.Parse(time.DateOnly, v)
		ok = err == nil
	case f.Kind == TextKind && (op == Holds || op == Starts):
	case f.Choices != nil && !f.Free:
		ok = slices.Contains(f.Choices(), v)
	}
	if !ok {
		return wrongly("segment.rule.value.bad", "field", f.Key, "what", show(v))
	}
	return nil
}

// plain is text that may stand in a rule: short, whole, no control characters.
func plain(v string) bool {
	return v != "" && utf8.ValidString(v) && utf8.RuneCountInString(v) <= valueRunes &&
		strings.TrimSpace(v) == v && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// show cuts what somebody sent to what a message may repeat.
func show(v string) string {
	v = strings.ToValidUTF8(v, "?")
	if r := []rune(v); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return v
}

// number reads a whole number as rules write them, at most nine digits.
func number(v string) (int64, bool) {
	var n int64
	if v == "" || len(v) > 9 || len(v) > 1 && v[0] == '0' {
		return 0, false
	}
	for _, r := range v {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int64(r-'0')
	}
	return n, true
}

// sum reads money: an amount and its currency.
func sum(v string) (money.Amount, money.Currency, bool) {
	amount, code, ok := strings.Cut(v, " ")
	if !ok {
		return 0, "", false
	}
	c, err := money.ParseCurrency(code)
	if err != nil || string(c) != code || len(amount) > 15 {
		return 0, "", false
	}
	a, err := money.Parse(amount, c)
	return a, c, err == nil && a >= 0
}

// span reads a time: days, hours or minutes, at most ten years.
func span(v string) (time.Duration, bool) {
	if len(v) < 2 {
		return 0, false
	}
	n, ok := number(v[:len(v)-1])
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}[v[len(v)-1]]
	if !ok || unit == 0 || n == 0 || n > longest*24*60 || time.Duration(n)*unit > longest*24*time.Hour {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// Tree is a rule as one tree, whichever way it was written.
func Tree(r Rule) Rule { return r.normal() }
