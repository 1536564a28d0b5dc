package segment

import (
	"strings"

	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

var opNames = map[string]string{Equal: "equal", Unlike: "unlike", Less: "less", AtMost: "at-most", More: "more", AtLeast: "at-least", Between: "between",
	In: "in", NotIn: "not-in", Holds: "contains", Starts: "starts", Set: "set", NotSet: "not-set", Before: "before", After: "after",
	InLast: "in-last", Over: "over", InNext: "in-next", ThenNot: "then-not"}

// OpName is an operator for people, as a form offers it.
func OpName(l i18n.Lang, op string) string { return i18n.T(l, "rule.op."+opNames[op]) }

// Name is a field for people.
func (f *Field) Name(l i18n.Lang) string { return i18n.T(l, "rule.field."+f.Key) }

// Sentence says a rule in words, without a final point.
func (b *Book) Sentence(l i18n.Lang, r Rule) string {
	r = r.normal()
	if len(r.When.Items) == 0 {
		return i18n.T(l, "rule.nobody")
	}
	says := b.group(l, &r.When)
	if len(r.Except.Items) > 0 {
		says = i18n.T(l, "rule.except", "what", says, "but", b.group(l, &r.Except))
	}
	return says
}

func (b *Book) group(l i18n.Lang, g *Group) string {
	if len(g.Items) == 1 && g.Op != None {
		return b.item(l, g.Items[0])
	}
	parts := make([]string, len(g.Items))
	for n, i := range g.Items {
		parts[n] = b.item(l, i)
	}
	return i18n.T(l, "rule.group."+g.Op, "what", strings.Join(parts, i18n.T(l, "rule.and-also")))
}

func (b *Book) item(l i18n.Lang, i Item) string {
	if i.Group != nil {
		return b.group(l, i.Group)
	}
	return b.Clause(l, i.Clause)
}

// Clause says one clause in words.
func (b *Book) Clause(l i18n.Lang, c *Clause) string {
	f := FieldOf(c.Field)
	if f == nil {
		return c.Field
	}
	name := f.Name(l) + b.filters(l, c.Where)
	says := ""
	switch {
	case c.Op == ThenNot:
		then := FieldOf(c.Then.Field)
		says = i18n.T(l, "rule.says.then-not", "field", name, "then", then.Name(l)+b.filters(l, c.Then.Where), "time", spanWords(l, at(c.Values, 0)))
	case f.Kind == DeedKind:
		low, _ := number(at(c.Values, 0))
		high, _ := number(at(c.Values, 1))
		says = i18n.T(l, "rule.deed."+opNames[c.Op], "field", name, "count", int(low), "high", int(high))
	case c.Op == InLast || c.Op == Over || c.Op == InNext:
		says = i18n.T(l, "rule.says."+opNames[c.Op], "field", name, "time", spanWords(l, at(c.Values, 0)))
	default:
		values := make([]string, len(c.Values))
		for i, v := range c.Values {
			values[i] = b.value(l, f, c.Op, v)
		}
		says = i18n.T(l, "rule.says."+opNames[c.Op], "field", name, "what", strings.Join(values, i18n.T(l, "rule.or")), "low", at(values, 0), "high", at(values, 1))
	}
	if c.Last != "" {
		says = i18n.T(l, "rule.last", "what", says, "time", spanWords(l, c.Last))
	}
	if c.Unknown {
		says = i18n.T(l, "rule.unknown", "what", says)
	}
	return says
}

func (b *Book) filters(l i18n.Lang, where []Filter) string {
	if len(where) == 0 {
		return ""
	}
	var parts []string
	for _, f := range where {
		values := make([]string, len(f.In))
		for i, v := range f.In {
			if values[i] = v; b.Tree != nil && (f.By == "category" || f.By == "department") {
				if k, ok := b.shelf(f.By, v); ok {
					values[i] = k.Name.In(l)
				}
			}
		}
		parts = append(parts, i18n.T(l, "rule.filter."+f.By, "what", strings.Join(values, i18n.T(l, "rule.or"))))
	}
	return i18n.T(l, "rule.filters", "what", strings.Join(parts, i18n.T(l, "rule.and-also")))
}

// Value names one value of a field as people read it.
func (f *Field) Value(l i18n.Lang, v string) string {
	if i18n.Has(l, "rule.value."+f.Key+"."+v) {
		return i18n.T(l, "rule.value."+f.Key+"."+v)
	}
	switch f.Key {
	case "occupation":
		return customer.OccupationName(v).In(l)
	case "life", "interest", "hobby", "for":
		return customer.TileName(f.Key, v).In(l)
	case "consent":
		return i18n.T(l, "customer.purpose."+v)
	}
	return v
}

func (b *Book) value(l i18n.Lang, f *Field, op, v string) string {
	switch {
	case f.Kind == MoneyKind:
		if a, c, ok := sum(v); ok {
			return i18n.Money(l, money.Price{Amount: a, Currency: c})
		}
	case f.Key == "segment":
		if s, ok := b.Find(v); ok {
			return s.Name.In(l)
		}
	case op == Holds || op == Starts:
		return i18n.T(l, "rule.quoted", "what", v)
	}
	return f.Value(l, v)
}

// spanWords says a time: "30 days".
func spanWords(l i18n.Lang, v string) string {
	if _, ok := span(v); !ok {
		return v
	}
	n, _ := number(v[:len(v)-1])
	return i18n.T(l, "rule.time."+v[len(v)-1:], "count", int(n))
}

func moneyWords(l i18n.Lang, n int64, currency string) string {
	return i18n.Money(l, money.Price{Amount: money.Amount(n), Currency: money.Currency(currency)})
}
