package admin

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/money"
	"regulars/internal/segment"
)

// The builder is a rule as a form without a line of JavaScript. The tree
// travels in a hidden input; one clause of it is open, and its parts are the
// inputs. Every button sends all of it, and the page is made anew. A node is
// named by its path: "w" for who belongs, "e" for who does not, "w-0-1" for the
// second item of the first.

// ruleForm is the whole form of a segment.
type ruleForm struct {
	Do       string   `form:"do,max=60"`
	Tree     string   `form:"tree,raw,max=60000"`
	Text     string   `form:"text,max=20000"`
	Open     string   `form:"open,max=60"`
	Version  string   `form:"version,max=20"`
	NameEn   string   `form:"name_en,max=60"`
	NameZh   string   `form:"name_zh,max=60"`
	WhyEn    string   `form:"why_en,max=200"`
	WhyZh    string   `form:"why_zh,max=200"`
	Purpose  string   `form:"purpose,max=20"`
	Field    string   `form:"field,max=40"`
	Op       string   `form:"op,max=20"`
	Values   []string `form:"value,max=9000"`
	Value2   string   `form:"value2,max=100"`
	Unit     string   `form:"unit,max=3"`
	Unknown  bool     `form:"unknown"`
	Last     string   `form:"last,max=10"`
	LastUnit string   `form:"last_unit,max=3"`
	Category string   `form:"category,max=100"`
	Product  string   `form:"product,max=500"`
	Brand    string   `form:"brand,max=500"`
	Then     string   `form:"then,max=40"`
	ThenCat  string   `form:"then_category,max=100"`
}

// rule is the tree of the form with the open clause as its inputs say.
func (in *ruleForm) rule() segment.Rule {
	var r segment.Rule
	if json.Unmarshal([]byte(in.Tree), &r) != nil {
		r = segment.Rule{}
	}
	if r.When.Op == "" {
		r.When.Op = segment.All
	}
	if r.Except.Op == "" {
		r.Except.Op = segment.Any
	}
	if i := nodeAt(&r, in.Open); i != nil && i.Clause != nil && in.Field != "" {
		i.Clause = in.clause(i.Clause)
	}
	return r
}

// groupAt finds the group that holds the node of a path, and its place in it.
func groupAt(r *segment.Rule, path string) (*segment.Group, int) {
	steps := strings.Split(path, "-")
	g := &r.When
	if steps[0] == "e" {
		g = &r.Except
	}
	at := -1
	for i, step := range steps[1:] {
		n, err := strconv.Atoi(step)
		if err != nil || n < 0 || n >= len(g.Items) {
			return nil, -1
		}
		if at = n; i < len(steps)-2 {
			if g = g.Items[n].Group; g == nil {
				return nil, -1
			}
		}
	}
	return g, at
}

func nodeAt(r *segment.Rule, path string) *segment.Item {
	if g, at := groupAt(r, path); g != nil && at >= 0 {
		return &g.Items[at]
	}
	return nil
}

// edit does what a button says and returns the path that is open afterwards.
func (in *ruleForm) edit(r *segment.Rule) (open string) {
	verb, path, _ := strings.Cut(in.Do, ":")
	path, op, _ := strings.Cut(path, ":")
	g, at := groupAt(r, path)
	if g == nil {
		return in.Open
	}
	inner := g
	if at >= 0 {
		inner = g.Items[at].Group
	}
	switch {
	case verb == "edit":
		return path
	case verb == "drop" && at >= 0:
		g.Items = slices.Delete(g.Items, at, at+1)
		return ""
	case inner == nil:
	case verb == "op":
		inner.Op = op
	case verb == "clause":
		inner.Items = append(inner.Items, segment.Item{Clause: &segment.Clause{Field: "life", Op: segment.In}})
		return path + "-" + strconv.Itoa(len(inner.Items)-1)
	case verb == "group":
		inner.Items = append(inner.Items, segment.Item{Group: &segment.Group{Op: segment.Any, Items: []segment.Item{{Clause: &segment.Clause{Field: "life", Op: segment.In}}}}})
		return path + "-" + strconv.Itoa(len(inner.Items)-1) + "-0"
	}
	return in.Open
}

// clause reads the open clause. Another field than before starts anew.
func (in *ruleForm) clause(was *segment.Clause) *segment.Clause {
	f := segment.FieldOf(in.Field)
	if f == nil {
		return was
	}
	c := &segment.Clause{Field: f.Key, Op: in.Op}
	if !slices.Contains(f.Kind.Ops(), c.Op) {
		c.Op = f.Kind.Ops()[0]
	}
	if c.Field != was.Field {
		return c
	}
	first := ""
	if len(in.Values) > 0 {
		first = in.Values[0]
	}
	switch {
	case c.Op == segment.Set || c.Op == segment.NotSet:
	case timed(c.Op):
		c.Values = filled(first, unit(in.Unit))
	case c.Op == segment.In || c.Op == segment.NotIn:
		c.Values = ticked(in.Values...)
	case f.Kind == segment.MoneyKind:
		c.Values = append(in.sum(first), in.sum(in.Value2)...)
	case c.Op == segment.Between:
		c.Values = append(filled(first, ""), filled(in.Value2, "")...)
	default:
		c.Values = filled(first, "")
	}
	if c.Op != segment.Between && f.Kind == segment.MoneyKind && len(c.Values) > 1 {
		c.Values = c.Values[:1]
	}
	c.Unknown = in.Unknown && mayMiss(f, c.Op)
	if f.Kind == segment.DeedKind {
		c.Where = filters(f, in.Category, in.Product, in.Brand)
		if in.Last != "" {
			c.Last = in.Last + unit(in.LastUnit)
		}
	}
	if c.Op == segment.ThenNot {
		then := segment.FieldOf(in.Then)
		if then == nil || then.Kind != segment.DeedKind {
			then = segment.FieldOf("ordered")
		}
		c.Then = &segment.Deed{Field: then.Key, Where: filters(then, in.ThenCat, "", "")}
	}
	return c
}

func mayMiss(f *segment.Field, op string) bool {
	return !f.Sure && f.Kind != segment.DeedKind && op != segment.Set && op != segment.NotSet
}

func filled(v, end string) []string {
	if v == "" {
		return nil
	}
	return []string{v + end}
}

func ticked(values ...string) (all []string) {
	for _, v := range values {
		for line := range strings.SplitSeq(v, "\n") {
			if line = strings.TrimSpace(line); line != "" && !slices.Contains(all, line) {
				all = append(all, line)
			}
		}
	}
	return all
}

// sum writes money as rules do, or as it was typed where it is none.
func (in *ruleForm) sum(v string) []string {
	if v == "" {
		return nil
	}
	currency := money.Currency(in.Unit)
	if a, err := money.Parse(v, currency); err == nil {
		v = a.Decimal(currency)
	}
	return []string{v + " " + in.Unit}
}

func filters(f *segment.Field, category, product, brand string) (all []segment.Filter) {
	for i, v := range []string{category, product, brand} {
		by := []string{"category", "product", "brand"}[i]
		values := ticked(strings.ReplaceAll(v, ",", "\n"))
		if len(values) > 0 && slices.Contains(f.Filters, by) {
			all = append(all, segment.Filter{By: by, In: values})
		}
	}
	return all
}

func timed(op string) bool {
	return op == segment.InLast || op == segment.Over || op == segment.InNext || op == segment.ThenNot
}

func unit(s string) string {
	if s == "h" || s == "m" {
		return s
	}
	return "d"
}

type (
	// ruleNode is a line of the tree as the page draws it.
	ruleNode struct {
		Path, Says string
		Group      bool
		Root, Open bool
		Full       bool // no deeper group here
		Ops        []choice
		Items      []ruleNode
	}
	fieldGroup struct {
		Name  string
		Items []choice
	}
	// openClause is the clause whose parts are inputs.
	openClause struct {
		Fields                         []fieldGroup
		Ops, Choices, Units, LastUnits []choice
		Shelves, Thens, ThenShelves    []choice
		Value, Value2, Last            string
		Product, Brand                 string
		Plain, Two, List, Day          bool
		Unknown, MayMiss, Deed, Goods  bool
		Then                           bool
	}
)

func (o *Office) nodes(c echo.Context, b *segment.Book, g *segment.Group, path, open string, depth int) ruleNode {
	n := ruleNode{Path: path, Group: true, Root: depth == 1, Full: depth >= 4}
	for _, op := range []string{segment.All, segment.Any, segment.None} {
		n.Ops = append(n.Ops, choice{op, t(c, "admin.builder.group."+op), g.Op == op})
	}
	for i, item := range g.Items {
		at := path + "-" + strconv.Itoa(i)
		if item.Group != nil {
			n.Items = append(n.Items, o.nodes(c, b, item.Group, at, open, depth+1))
		} else {
			n.Items = append(n.Items, ruleNode{Path: at, Says: b.Clause(lang(c), item.Clause), Open: at == open})
		}
	}
	return n
}

func (o *Office) openClause(c echo.Context, b *segment.Book, k *segment.Clause) *openClause {
	f, l := segment.FieldOf(k.Field), lang(c)
	if f == nil {
		return nil
	}
	v := &openClause{Fields: fieldChoices(c, k.Field), Unknown: k.Unknown, MayMiss: mayMiss(f, k.Op), Two: k.Op == segment.Between}
	for _, op := range f.Kind.Ops() {
		v.Ops = append(v.Ops, choice{op, segment.OpName(l, op), op == k.Op})
	}
	first, second := "", ""
	if len(k.Values) > 0 {
		first = k.Values[0]
	}
	if len(k.Values) > 1 {
		second = k.Values[1]
	}
	v.Value, v.Value2 = first, second
	switch {
	case k.Op == segment.Set || k.Op == segment.NotSet:
	case timed(k.Op):
		v.Plain = true
		v.Value, v.Units = timeParts(c, first)
	case f.Kind == segment.MoneyKind:
		v.Plain, v.Units = true, o.currencies(first)
		v.Value, _, _ = strings.Cut(first, " ")
		v.Value2, _, _ = strings.Cut(second, " ")
	case k.Op == segment.In || k.Op == segment.NotIn:
		v.Choices = valueChoices(c, b, f, k.Values)
		v.List, v.Value = v.Choices == nil, strings.Join(k.Values, "\n")
	case f.Kind == segment.MomentKind:
		v.Day = true
	default:
		v.Plain = true
	}
	if f.Kind == segment.DeedKind {
		v.Deed, v.Goods = true, len(f.Filters) > 0
		v.Last, v.LastUnits = timeParts(c, k.Last)
		v.Shelves = shelfChoices(c, b, filterOf(b, k.Where, "category"))
		v.Product, v.Brand = filterOf(b, k.Where, "product"), filterOf(b, k.Where, "brand")
	}
	if k.Then != nil {
		v.Then = true
		for _, d := range segment.Fields() {
			if d.Kind == segment.DeedKind {
				v.Thens = append(v.Thens, choice{d.Key, d.Name(l), d.Key == k.Then.Field})
			}
		}
		v.ThenShelves = shelfChoices(c, b, filterOf(b, k.Then.Where, "category"))
	}
	return v
}

// filterOf is what a deed is narrowed to. A department is shown as the category
// it is.
func filterOf(b *segment.Book, where []segment.Filter, by string) string {
	for _, w := range where {
		switch {
		case w.By == by:
			return strings.Join(w.In, ", ")
		case w.By == "department" && by == "category":
			for _, d := range b.Tree.Roots() {
				if slices.Contains(w.In, d.Code) {
					return d.Slug
				}
			}
		}
	}
	return ""
}

// shelfChoices are the categories that may be named: none with sensitive goods.
func shelfChoices(c echo.Context, b *segment.Book, chosen string) []choice {
	out := []choice{{"", t(c, "admin.builder.any-shelf"), chosen == ""}}
	var walk func(list []catalog.Category, before string)
	walk = func(list []catalog.Category, before string) {
		for _, k := range list {
			name := before + k.Name.In(lang(c))
			if !b.Sensitive(k.ID) {
				out = append(out, choice{k.Slug, name, k.Slug == chosen})
			}
			walk(b.Tree.Children(k.ID), name+" › ")
		}
	}
	walk(b.Tree.Roots(), "")
	if chosen != "" && !slices.ContainsFunc(out, func(x choice) bool { return x.Chosen }) {
		out = append(out, choice{chosen, chosen, true}) // several, from a text
	}
	return out
}

func timeParts(c echo.Context, v string) (string, []choice) {
	n, u := v, "d"
	if v != "" && strings.ContainsRune("dhm", rune(v[len(v)-1])) {
		n, u = v[:len(v)-1], v[len(v)-1:]
	}
	var units []choice
	for _, k := range []string{"d", "h", "m"} {
		units = append(units, choice{k, t(c, "admin.builder.unit."+k), k == u})
	}
	return n, units
}

func (o *Office) currencies(v string) (all []choice) {
	_, chosen, _ := strings.Cut(v, " ")
	set := o.Settings.Now()
	for _, k := range append([]money.Currency{set.Currency()}, set.Currencies()...) {
		if !slices.ContainsFunc(all, func(c choice) bool { return c.Value == string(k) }) {
			all = append(all, choice{string(k), string(k), string(k) == chosen})
		}
	}
	return all
}

func fieldChoices(c echo.Context, chosen string) (groups []fieldGroup) {
	for _, f := range segment.Fields() {
		name := t(c, "rule.area."+f.Group)
		i := slices.IndexFunc(groups, func(g fieldGroup) bool { return g.Name == name })
		if i < 0 {
			i, groups = len(groups), append(groups, fieldGroup{Name: name})
		}
		groups[i].Items = append(groups[i].Items, choice{f.Key, f.Name(lang(c)), f.Key == chosen})
	}
	return groups
}

// valueChoices are the values to tick, nil where they are typed.
func valueChoices(c echo.Context, b *segment.Book, f *segment.Field, chosen []string) (all []choice) {
	switch {
	case f.Key == "segment":
		for _, s := range b.Segments {
			if s.Key != segment.Default && s.ArchivedAt.IsZero() {
				all = append(all, choice{s.Key, s.Name.In(lang(c)), slices.Contains(chosen, s.Key)})
			}
		}
	case f.Choices != nil:
		for _, v := range f.Choices() {
			all = append(all, choice{v, f.Value(lang(c), v), slices.Contains(chosen, v)})
		}
	}
	for _, v := range chosen { // what a text or an import brought
		if all != nil && !slices.ContainsFunc(all, func(x choice) bool { return x.Value == v }) {
			all = append(all, choice{v, f.Value(lang(c), v), true})
		}
	}
	return all
}
