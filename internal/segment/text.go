package segment

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The text form of a rule. It says what the tree says, no more and no less:
//
//	rule   = group [ "except" group ]
//	group  = ( "all" | "any" | "none" ) "(" item { "," item } ")"
//	item   = group | clause
//	clause = field [ where ] operator values [ "in last" time ] [ "or unknown" ]
//	where  = "(" filter { "," filter } ")"
//	filter = word ( "=" value | "in" "(" value { "," value } ")" )
//
// A single clause may stand where a group is wanted. A value is a word of
// letters, digits and . - _ : or a text in quotes, where \ takes the next sign
// as it is.

// String is the rule in its text form, empty for an empty rule.
func (r Rule) String() string {
	r = r.normal()
	var b strings.Builder
	if len(r.When.Items) > 0 {
		r.When.print(&b, "")
	}
	if len(r.Except.Items) > 0 {
		b.WriteString("\nexcept ")
		r.Except.print(&b, "")
	}
	return b.String()
}

func (g *Group) print(b *strings.Builder, in string) {
	b.WriteString(g.Op + "(")
	for n, i := range g.Items {
		if n > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + in + "  ")
		if i.Group != nil {
			i.Group.print(b, in+"  ")
		} else {
			b.WriteString(i.Clause.String())
		}
	}
	b.WriteString(")")
}

// String is the clause in the text form.
func (c *Clause) String() string {
	s := c.Field + printWhere(c.Where)
	switch c.Op {
	case Set, NotSet:
		s += " " + c.Op
	case Between:
		s += " between " + quote(at(c.Values, 0)) + " and " + quote(at(c.Values, 1))
	case In, NotIn:
		s += " " + c.Op + " " + quoteAll(c.Values)
	case Over:
		s += " over " + quote(at(c.Values, 0)) + " ago"
	case ThenNot:
		s += " then not " + c.Then.Field + printWhere(c.Then.Where) + " within " + quote(at(c.Values, 0))
	default:
		s += " " + c.Op + " " + quote(at(c.Values, 0))
	}
	if c.Last != "" {
		s += " in last " + quote(c.Last)
	}
	if c.Unknown {
		s += " or unknown"
	}
	return s
}

func at(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}

func printWhere(where []Filter) string {
	if len(where) == 0 {
		return ""
	}
	var parts []string
	for _, f := range where {
		if len(f.In) == 1 {
			parts = append(parts, f.By+" = "+quote(f.In[0]))
		} else {
			parts = append(parts, f.By+" in "+quoteAll(f.In))
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func quoteAll(values []string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = quote(v)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// words that mean something to the grammar are quoted where they are values.
var words = []string{"all", "any", "none", "except", "in", "not", "or", "and", "set", "then", "within", "between", "contains", "starts", "before", "after", "over", "ago", "unknown", "last", "next"}

func quote(v string) string {
	if v != "" && !slices.Contains(words, v) && !strings.ContainsFunc(v, func(r rune) bool { return !wordRune(r) }) {
		return v
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}

func wordRune(r rune) bool {
	return r == '.' || r == '-' || r == '_' || r == ':' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// Wrong place in a text: Line and Column count from 1, in signs.
type Misread struct {
	*Wrong
	Line, Column int
}

func (m *Misread) Error() string { return fmt.Sprintf("%d:%d: %s", m.Line, m.Column, m.Wrong.Words) }

// Parse reads the text form. What it returns has passed Rule.Check.
func Parse(text string) (Rule, *Misread) {
	if len(text) > textBytes {
		return Rule{}, &Misread{wrongly("segment.rule.large"), 1, 1}
	}
	if !utf8.ValidString(text) {
		return Rule{}, &Misread{wrongly("segment.rule.text", "what", "?"), 1, 1}
	}
	p := &parser{text: text}
	p.next()
	r := p.rule()
	if p.wrong != nil {
		return Rule{}, p.wrong
	}
	return r, nil
}

// token is a word, a text in quotes, a sign, or nothing at the end.
type token struct {
	at     int // byte
	text   string
	quoted bool
}

type parser struct {
	text    string
	to      int // byte behind token
	token   token
	wrong   *Misread
	clauses int
}

func (p *parser) fail(at int, words string, args ...any) {
	if p.wrong != nil {
		return
	}
	line, column := 1, 1
	for _, r := range p.text[:at] {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	p.wrong = &Misread{wrongly(words, args...), line, column}
}

func (p *parser) next() {
	rest := strings.TrimLeftFunc(p.text[p.to:], unicode.IsSpace)
	start := len(p.text) - len(rest)
	p.token = token{at: start}
	if rest == "" {
		p.to = start
		return
	}
	if rest[0] == '"' {
		p.quoted(start)
		return
	}
	n := strings.IndexFunc(rest, func(r rune) bool { return !wordRune(r) })
	switch {
	case n < 0:
		n = len(rest)
	case n == 0:
		_, n = utf8.DecodeRuneInString(rest)
		if len(rest) > 1 && rest[1] == '=' && strings.ContainsRune("<>!", rune(rest[0])) {
			n = 2
		}
	}
	p.token.text, p.to = rest[:n], start+n
}

func (p *parser) quoted(start int) {
	var b strings.Builder
	skip := false
	for i, r := range p.text[start+1:] {
		switch {
		case !skip && r == '\\':
			skip = true
			continue
		case !skip && r == '"':
			p.token, p.to = token{start, b.String(), true}, start+1+i+1
			return
		}
		skip = false
		b.WriteRune(r)
	}
	p.to = len(p.text)
	p.fail(start, "segment.text.quote")
}

// is takes the next word or sign if it is this one.
func (p *parser) is(word string) bool {
	if p.wrong != nil || p.token.quoted || p.token.text != word {
		return false
	}
	p.next()
	return true
}

func (p *parser) want(word string) {
	if !p.is(word) {
		p.fail(p.token.at, "segment.text.want", "what", word, "got", show(p.token.text))
	}
}

// value takes a word or a text.
func (p *parser) value() string {
	t := p.token
	if !t.quoted && (t.text == "" || strings.ContainsFunc(t.text, func(r rune) bool { return !wordRune(r) })) {
		p.fail(t.at, "segment.text.value", "got", show(t.text))
		return ""
	}
	p.next()
	return t.text
}

func (p *parser) list() (all []string) {
	p.want("(")
	for p.wrong == nil {
		at := p.token.at
		if all = append(all, p.value()); len(all) > mostValues {
			p.fail(at, "segment.rule.values", "most", mostValues)
		}
		if !p.is(",") {
			p.want(")")
			break
		}
	}
	return all
}

func (p *parser) rule() (r Rule) {
	r.When = p.group()
	if p.is("except") {
		r.Except = p.group()
	}
	if p.token.text != "" || p.token.quoted {
		p.fail(p.token.at, "segment.text.end", "got", show(p.token.text))
	}
	if p.wrong == nil {
		if w := r.Check(); w != nil {
			p.fail(0, w.Words, w.Args...)
		}
	}
	return r
}

// group reads a group, or a clause as a group of one.
func (p *parser) group() Group {
	i := p.item(1)
	if i.Group != nil {
		return *i.Group
	}
	return Group{Op: All, Items: []Item{i}}
}

func (p *parser) item(depth int) Item {
	t := p.token
	for _, op := range []string{All, Any, None} {
		if !p.is(op) {
			continue
		}
		if depth > mostDepth {
			p.fail(t.at, "segment.rule.deep", "most", mostDepth)
		}
		g := &Group{Op: op}
		p.want("(")
		for p.wrong == nil {
			g.Items = append(g.Items, p.item(depth+1))
			if !p.is(",") {
				p.want(")")
				break
			}
		}
		return Item{Group: g}
	}
	if p.clauses++; p.clauses > mostClauses {
		p.fail(t.at, "segment.rule.long", "most", mostClauses)
	}
	c := p.clause()
	if p.wrong == nil {
		if w := c.check(); w != nil {
			p.fail(t.at, w.Words, w.Args...)
		}
	}
	return Item{Clause: c}
}

func (p *parser) clause() *Clause {
	at := p.token.at
	c := &Clause{Field: p.value()}
	if p.wrong == nil && FieldOf(c.Field) == nil {
		p.fail(at, "segment.rule.field", "what", show(c.Field))
	}
	c.Where = p.where()
	p.operator(c)
	if p.is("in") {
		p.want("last")
		c.Last = p.value()
	}
	if p.is("or") {
		p.want("unknown")
		c.Unknown = true
	}
	return c
}

func (p *parser) where() (all []Filter) {
	if !p.is("(") {
		return nil
	}
	for p.wrong == nil {
		f := Filter{By: p.value()}
		if p.is("=") {
			f.In = []string{p.value()}
		} else {
			p.want("in")
			f.In = p.list()
		}
		all = append(all, f)
		if !p.is(",") {
			p.want(")")
			break
		}
	}
	return all
}

func (p *parser) operator(c *Clause) {
	for _, op := range []string{Equal, Unlike, AtMost, AtLeast, Less, More, Holds, Starts, Before, After} {
		if p.is(op) {
			c.Op, c.Values = op, []string{p.value()}
			return
		}
	}
	switch {
	case p.is(Between):
		c.Op = Between
		c.Values = append(c.Values, p.value())
		p.want("and")
		c.Values = append(c.Values, p.value())
	case p.is("in"):
		switch {
		case p.is("last"):
			c.Op, c.Values = InLast, []string{p.value()}
		case p.is("next"):
			c.Op, c.Values = InNext, []string{p.value()}
		default:
			c.Op, c.Values = In, p.list()
		}
	case p.is("not"):
		if p.is("set") {
			c.Op = NotSet
			return
		}
		p.want("in")
		c.Op, c.Values = NotIn, p.list()
	case p.is("set"):
		c.Op = Set
	case p.is("over"):
		c.Op, c.Values = Over, []string{p.value()}
		p.want("ago")
	case p.is("then"):
		p.want("not")
		c.Op, c.Then = ThenNot, &Deed{Field: p.value()}
		c.Then.Where = p.where()
		p.want("within")
		c.Values = []string{p.value()}
	default:
		p.fail(p.token.at, "segment.text.op", "got", show(p.token.text))
	}
}
