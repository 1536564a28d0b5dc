package meilitest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// A filter says whether a document passes.
type filter func(document) bool

// parser reads the filter language: OR over AND over NOT over parentheses and
// conditions "attribute operator value".
type parser struct {
	x    *index
	text []rune
	at   int
	deep int
}

func (x *index) filter(in any) (filter, *failure) {
	switch f := in.(type) {
	case nil:
		return func(document) bool { return true }, nil
	case string:
		if strings.TrimSpace(f) == "" {
			return func(document) bool { return true }, nil
		}
		p := &parser{x: x, text: []rune(f)}
		pass, failed := p.or()
		if failed == nil && p.blank() && p.at < len(p.text) {
			failed = p.wrong("Found unexpected characters at the end of the filter: `%s`. You probably forgot an `OR` or an `AND` rule.", string(p.text[p.at:]))
		}
		return pass, failed
	case []any:
		return x.filters(f, true)
	}
	return nil, refused(400, "invalid_search_filter", "Invalid syntax for the filter parameter: `expected String, Array, found: %v`.", in)
}

// filters joins a list: by AND outside, by OR inside.
func (x *index) filters(parts []any, all bool) (filter, *failure) {
	var list []filter
	for _, part := range parts {
		var f filter
		var failed *failure
		if inner, ok := part.([]any); ok {
			f, failed = x.filters(inner, !all)
		} else {
			f, failed = x.filter(part)
		}
		if failed != nil {
			return nil, failed
		}
		list = append(list, f)
	}
	return func(d document) bool {
		for _, f := range list {
			if f(d) != all {
				return !all
			}
		}
		return all
	}, nil
}

func (p *parser) wrong(format string, args ...any) *failure {
	return refused(400, "invalid_search_filter", "Index `%s`: "+format+"\n%d:%d %s", append(append([]any{p.x.uid}, args...), p.at+1, len(p.text)+1, string(p.text))...)
}

func (p *parser) blank() bool {
	for p.at < len(p.text) && unicode.IsSpace(p.text[p.at]) {
		p.at++
	}
	return true
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' || r == '.'
}

// word takes a keyword if it comes next.
func (p *parser) word(keyword string) bool {
	p.blank()
	end := p.at
	for end < len(p.text) && inWord(p.text[end]) {
		end++
	}
	if string(p.text[p.at:end]) != keyword {
		return false
	}
	p.at = end
	p.blank()
	return true
}

func (p *parser) sign(signs ...string) string {
	p.blank()
	for _, s := range signs {
		if strings.HasPrefix(string(p.text[p.at:]), s) {
			p.at += len([]rune(s))
			return s
		}
	}
	return ""
}

func (p *parser) or() (filter, *failure) {
	if p.deep++; p.deep > 200 {
		return nil, p.wrong("The filter exceeded the maximum depth limit. Try rewriting the filter so that it contains fewer nested conditions.")
	}
	defer func() { p.deep-- }()
	left, failed := p.and()
	for failed == nil && p.word("OR") {
		var right filter
		a := left
		if right, failed = p.and(); failed == nil {
			left = func(d document) bool { return a(d) || right(d) }
		}
	}
	return left, failed
}

func (p *parser) and() (filter, *failure) {
	left, failed := p.not()
	for failed == nil && p.word("AND") {
		var right filter
		a := left
		if right, failed = p.not(); failed == nil {
			left = func(d document) bool { return a(d) && right(d) }
		}
	}
	return left, failed
}

func (p *parser) not() (filter, *failure) {
	if p.word("NOT") {
		f, failed := p.not()
		return func(d document) bool { return !f(d) }, failed
	}
	if p.sign("(") != "" {
		f, failed := p.or()
		if failed == nil && p.sign(")") == "" {
			failed = p.wrong("Expression `%s` is missing the following closing delimiter: `)`.", string(p.text))
		}
		return f, failed
	}
	return p.condition()
}

var keywords = " AND OR IN NOT TO EXISTS IS NULL EMPTY CONTAINS STARTS WITH _geoRadius _geoBoundingBox "

// value is a word, or anything between quotes; a backslash keeps the sign
// behind it.
func (p *parser) value() (string, *failure) {
	p.blank()
	if p.at >= len(p.text) {
		return "", p.wrong("Was expecting a value but instead got nothing.")
	}
	quote := p.text[p.at]
	if quote != '\'' && quote != '"' {
		start := p.at
		for p.at < len(p.text) && inWord(p.text[p.at]) {
			p.at++
		}
		word := string(p.text[start:p.at])
		if word == "" || strings.Contains(keywords, " "+word+" ") {
			return "", p.wrong("Was expecting a value but instead got `%s`.", string(p.text[start:]))
		}
		return word, nil
	}
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch r := p.text[p.at]; {
		case r == quote:
			p.at++
			return b.String(), nil
		case r == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteRune(p.text[p.at])
		default:
			b.WriteRune(r)
		}
	}
	return "", p.wrong("Expression is missing the following closing delimiter: `%c`.", quote)
}

func (p *parser) condition() (filter, *failure) {
	name, failed := p.value()
	if failed != nil {
		return nil, failed
	}
	if !p.x.may("filterableAttributes", name) {
		return nil, p.wrong("Attribute `%s` is not filterable. Available filterable attribute patterns are: `%s`.", name, strings.Join(list(p.x.settings["filterableAttributes"]), "`, `"))
	}
	if p.word("NOT") {
		f, failed := p.worded(name)
		return func(d document) bool { return !f(d) }, failed
	}
	if op := p.sign("!=", ">=", "<=", "=", ">", "<"); op != "" {
		want, failed := p.value()
		if failed != nil {
			return nil, failed
		}
		return p.compared(name, op, want)
	}
	return p.worded(name)
}

// worded are the operators that are words.
func (p *parser) worded(name string) (filter, *failure) {
	switch {
	case p.word("EXISTS"):
		return func(d document) bool { _, there := at(d, name); return there }, nil
	case p.word("IN"):
		var wanted []string
		if p.sign("[") == "" {
			return nil, p.wrong("Expected `[` after `IN` keyword.")
		}
		for p.sign("]") == "" {
			v, failed := p.value()
			if failed != nil {
				return nil, failed
			}
			wanted = append(wanted, v)
			p.sign(",")
		}
		return func(d document) bool {
			for _, want := range wanted {
				if equals(d, name, want) {
					return true
				}
			}
			return false
		}, nil
	}
	low, failed := p.value()
	if failed != nil || !p.word("TO") {
		return nil, p.wrong("Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS` at `%s`.", string(p.text[p.at:]))
	}
	high, failed := p.value()
	if failed != nil {
		return nil, failed
	}
	from, failed := p.compared(name, ">=", low)
	if failed != nil {
		return nil, failed
	}
	to, failed := p.compared(name, "<=", high)
	return func(d document) bool { return from(d) && to(d) }, failed
}

func (p *parser) compared(name, op, want string) (filter, *failure) {
	switch op {
	case "=":
		return func(d document) bool { return equals(d, name, want) }, nil
	case "!=":
		return func(d document) bool { return !equals(d, name, want) }, nil
	}
	limit, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return nil, p.wrong("%s", err)
	}
	return func(d document) bool {
		v, _ := at(d, name)
		for _, one := range each(v) {
			n, ok := number(one)
			if ok && (op == ">" && n > limit || op == ">=" && n >= limit || op == "<" && n < limit || op == "<=" && n <= limit) {
				return true
			}
		}
		return false
	}, nil
}

// equals compares as the server does: texts without regard to case and
// outer blanks, numbers by value.
func equals(d document, name, want string) bool {
	v, _ := at(d, name)
	for _, one := range each(v) {
		if n, ok := number(one); ok {
			if w, err := strconv.ParseFloat(want, 64); err == nil && w == n {
				return true
			}
		} else if s, ok := one.(string); ok && folded(s) == folded(want) {
			return true
		}
	}
	return false
}

func folded(s string) string {
	if s = strings.ToLower(strings.TrimSpace(s)); len(s) > 468 {
		s = s[:468] // what is longer is cut
	}
	return s
}

func number(v any) (float64, bool) {
	if n, ok := v.(json.Number); ok {
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

// at is a field by its name; dots lead into objects.
func at(d document, name string) (any, bool) {
	if v, ok := d[name]; ok {
		return v, true
	}
	head, rest, nested := strings.Cut(name, ".")
	if inner, ok := d[head].(map[string]any); nested && ok {
		return at(inner, rest)
	}
	return nil, false
}

func each(v any) []any {
	if a, ok := v.([]any); ok {
		return a
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// may says whether a list of attributes names one, or the object it is in.
func (x *index) may(setting, name string) bool {
	for _, a := range list(x.settings[setting]) {
		if a == name || strings.HasPrefix(name, a+".") || a == "*" {
			return true
		}
	}
	return false
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}
