package segment

import (
	"fmt"
	"strings"
	"time"
)

// builder turns a rule into one statement over customers c. Names of tables
// and columns come from the registry of fields alone; whatever a person wrote
// travels as an argument.
type builder struct {
	book   *Book
	now    time.Time
	joins  []string
	on     map[string]bool // joins that several clauses share
	before []any           // arguments of the joins
	args   []any           // arguments of the condition
	n      int             // joins so far, for their names
	depth  int             // of segments in segments
}

// statement is a condition on customers c with what it joins.
type statement struct {
	joins, where string
	args         []any
}

// live customers, and those who allow a gate.
const (
	gatePersonal = "LEFT JOIN consents kp ON kp.customer_id = c.id AND kp.purpose = 'personalize' AND kp.given = TRUE"
	gatePast     = "LEFT JOIN consents kh ON kh.customer_id = c.id AND kh.purpose = 'history' AND kh.given = TRUE"
)

// compile writes who belongs to a segment.
func (b *Book) compile(s Segment, now time.Time) (statement, error) {
	w := &builder{book: b, now: now, on: map[string]bool{}}
	where, err := w.members(s)
	if err != nil {
		return statement{}, err
	}
	return w.done("c.erased_at = 0 AND " + where), nil
}

func (w *builder) done(where string) statement {
	return statement{strings.Join(w.joins, " "), where, append(w.before, w.args...)}
}

// members is the condition for membership: the rule is true, the person lets
// pages be personal (except for service), and nothing excludes them.
func (w *builder) members(s Segment) (string, error) {
	r := s.Rule.normal()
	where, err := w.group(&r.When)
	if err != nil {
		return "", err
	}
	if len(r.Except.Items) > 0 {
		but, err := w.group(&r.Except)
		if err != nil {
			return "", err
		}
		where = "(" + where + " AND NOT " + but + ")"
	}
	if s.Purpose != Service {
		w.gate(Personal)
		where = "(kp.customer_id IS NOT NULL AND " + where + ")"
	}
	if s.Purpose == Audience || s.Purpose == "" {
		for _, x := range w.book.Segments {
			if x.Purpose == Exclusion && x.live() && x.Key != s.Key {
				alias, err := w.inner(x)
				if err != nil {
					return "", err
				}
				where += " AND " + alias + ".customer_id IS NULL"
			}
		}
	}
	return where, nil
}

// inner joins the members of another segment.
func (w *builder) inner(s Segment) (alias string, err error) {
	if w.depth >= mostDepth {
		return "", wrongly("segment.rule.cycle", "what", s.Key)
	}
	in := &builder{book: w.book, now: w.now, on: map[string]bool{}, depth: w.depth + 1}
	where, err := in.members(s)
	if err != nil {
		return "", err
	}
	st := in.done("c.erased_at = 0 AND " + where)
	return w.join("SELECT c.id AS customer_id FROM customers c "+st.joins+" WHERE "+st.where, st.args...), nil
}

// join adds a table of one row a customer and returns its name.
func (w *builder) join(sql string, args ...any) string {
	w.n++
	alias := fmt.Sprintf("j%d", w.n)
	w.joins = append(w.joins, "LEFT JOIN ("+sql+") "+alias+" ON "+alias+".customer_id = c.id")
	w.before = append(w.before, args...)
	return alias
}

// once adds a join that several clauses share.
func (w *builder) once(alias, sql string) {
	if !w.on[alias] {
		w.on[alias] = true
		w.joins = append(w.joins, sql)
	}
}

func (w *builder) gate(g Gate) string {
	if g == Open {
		return ""
	}
	w.once("kp", gatePersonal)
	if g == Personal {
		return "kp.customer_id IS NOT NULL"
	}
	w.once("kh", gatePast)
	return "kp.customer_id IS NOT NULL AND kh.customer_id IS NOT NULL"
}

func (w *builder) group(g *Group) (string, error) {
	if len(g.Items) == 0 {
		return "(1 = 0)", nil
	}
	parts := make([]string, len(g.Items))
	for n, i := range g.Items {
		var err error
		if i.Group != nil {
			parts[n], err = w.group(i.Group)
		} else {
			parts[n], err = w.clause(i.Clause)
		}
		if err != nil {
			return "", err
		}
	}
	switch g.Op {
	case All:
		return "(" + strings.Join(parts, " AND ") + ")", nil
	case Any:
		return "(" + strings.Join(parts, " OR ") + ")", nil
	}
	return "(NOT (" + strings.Join(parts, " OR ") + "))", nil
}

// clause is a condition that is true, false, or NULL where nothing is known.
func (w *builder) clause(c *Clause) (string, error) {
	f := FieldOf(c.Field)
	if f == nil {
		return "", wrongly("segment.rule.field", "what", show(c.Field))
	}
	var sql string
	var err error
	gate := w.gate(f.Gate)
	switch f.Kind {
	case DeedKind:
		sql, gate = w.did(f, c, gate)
	case SetKind:
		sql, err = w.inSet(f, c)
	case DayKind:
		sql = w.comes(c)
	default:
		sql = w.scalar(f, c)
	}
	if err != nil || gate == "" {
		return "(" + sql + ")", err
	}
	return "(CASE WHEN " + gate + " THEN " + sql + " END)", nil
}

func (w *builder) arg(v any) string {
	w.args = append(w.args, v)
	return "?"
}

// orUnknown makes a condition true where its column is NULL.
func (c *Clause) orUnknown(sql string) string {
	if c.Unknown {
		return "coalesce(" + sql + ", TRUE)"
	}
	return sql
}

func (w *builder) scalar(f *Field, c *Clause) string {
	switch f.Key {
	case "age":
		return w.age(c)
	case "birth-month":
		return w.month(c)
	}
	var column string
	if f.sql != nil {
		column = f.sql(w, c)
	} else {
		w.once(f.Table, "LEFT JOIN "+f.Table+" ON "+f.Table+".customer_id = c.id")
		column = f.Table + "." + f.Column
		if f.Kind == TextKind {
			column = "nullif(" + column + ", '')"
		}
		if f.Sure {
			column = "coalesce(" + column + ", 0)"
		}
	}
	switch c.Op {
	case Set:
		return column + " IS NOT NULL"
	case NotSet:
		return column + " IS NULL"
	}
	switch f.Kind {
	case TextKind:
		return c.orUnknown(w.text(column, c))
	case MomentKind:
		return c.orUnknown(w.moment(column, c))
	}
	if f.Key == "average-order" { // the column divides; the comparison must not
		net, n, _ := strings.Cut(column, " / ")
		return c.orUnknown("CASE WHEN " + column + " IS NOT NULL THEN " + w.compare(net, c.Op, c.bounds(f), " * "+n) + " END")
	}
	return c.orUnknown(w.compare(column, c.Op, c.bounds(f), ""))
}

func (c *Clause) bounds(f *Field) []int64 {
	all := make([]int64, len(c.Values))
	for i, v := range c.Values {
		if f.Kind == MoneyKind {
			a, _, _ := sum(v)
			all[i] = int64(a)
		} else {
			all[i], _ = number(v)
		}
	}
	return all
}

func (w *builder) compare(column, op string, bounds []int64, times string) string {
	if op == Between {
		low := column + " >= " + w.arg(bounds[0]) + times
		return low + " AND " + column + " <= " + w.arg(bounds[1]) + times
	}
	sign := map[string]string{Equal: "=", Unlike: "<>", Less: "<", AtMost: "<=", More: ">", AtLeast: ">="}[op]
	return column + " " + sign + " " + w.arg(bounds[0]) + times
}

func (w *builder) text(column string, c *Clause) string {
	switch c.Op {
	case Equal, In:
		return column + " IN " + w.arg(c.Values)
	case Unlike, NotIn:
		return column + " NOT IN " + w.arg(c.Values)
	case Holds: // both databases have replace, and it knows no wildcards
		return "replace(" + column + ", " + w.arg(c.Values[0]) + ", '') <> " + column
	}
	return "substr(" + column + ", 1, " + w.arg(runes(c.Values[0])) + ") = " + w.arg(c.Values[0])
}

func (w *builder) moment(column string, c *Clause) string {
	switch c.Op {
	case Before, After:
		day, _ := time.Parse(time.DateOnly, c.Values[0])
		if c.Op == Before {
			return column + " < " + w.arg(day.UnixMilli())
		}
		return column + " >= " + w.arg(day.AddDate(0, 0, 1).UnixMilli())
	}
	d, _ := span(c.Values[0])
	sign := " > "
	if c.Op == Over {
		sign = " <= "
	}
	return column + sign + w.arg(w.now.UnixMilli()-d.Milliseconds())
}

// born is the birth date where it is known and past; dates compare as texts.
func (w *builder) born() string {
	return "CASE WHEN c.birth_date <> '' AND substr(c.birth_date, 1, 10) <= " + w.arg(w.today(0)) + " THEN c.birth_date END"
}

// today is the day years ago as a text: also "2023-02-29", which no calendar
// has and the comparison needs none.
func (w *builder) today(years int64) string {
	d := day(w.now)
	return fmt.Sprintf("%04d-%02d-%02d", max(0, int64(d.Year())-years), int(d.Month()), d.Day())
}

// age compares birth dates: who is at least n was born on or before today n
// years ago.
func (w *builder) age(c *Clause) string {
	switch c.Op {
	case Set:
		return w.born() + " IS NOT NULL"
	case NotSet:
		return w.born() + " IS NULL"
	}
	n, _ := number(c.Values[0])
	least := func(n int64) string { return w.born() + " <= " + w.arg(w.today(min(n, 9999))) }
	var sql string
	switch c.Op {
	case AtLeast:
		sql = least(n)
	case More:
		sql = least(n + 1)
	case Less:
		sql = "NOT (" + least(n) + ")"
	case AtMost:
		sql = "NOT (" + least(n+1) + ")"
	case Equal:
		sql = "(" + least(n) + ") AND NOT (" + least(n+1) + ")"
	case Unlike:
		sql = "NOT ((" + least(n) + ") AND NOT (" + least(n+1) + "))"
	case Between:
		top, _ := number(c.Values[1])
		sql = "(" + least(n) + ") AND NOT (" + least(top+1) + ")"
	}
	return c.orUnknown(sql)
}

func (w *builder) month(c *Clause) string {
	const column = "nullif(substr(c.birth_date, 6, 2), '')"
	switch c.Op {
	case Set:
		return column + " IS NOT NULL"
	case NotSet:
		return column + " IS NULL"
	case Between:
		return c.orUnknown(column + " >= " + w.arg(twoDigits(c.Values[0])) + " AND " + column + " <= " + w.arg(twoDigits(c.Values[1])))
	}
	sign := map[string]string{Equal: "=", Unlike: "<>", Less: "<", AtMost: "<=", More: ">", AtLeast: ">="}[c.Op]
	return c.orUnknown(column + " " + sign + " " + w.arg(twoDigits(c.Values[0])))
}

func twoDigits(v string) string {
	n, _ := number(v)
	return fmt.Sprintf("%02d", min(n, 99))
}

func (w *builder) comes(c *Clause) string {
	switch c.Op {
	case Set:
		return "c.birth_date <> ''"
	case NotSet:
		return "c.birth_date = ''"
	}
	d, _ := span(c.Values[0])
	return c.orUnknown("nullif(substr(c.birth_date, 6, 5), '') IN " + w.arg(ahead(w.now, int(d/(24*time.Hour)))))
}

func (w *builder) inSet(f *Field, c *Clause) (string, error) {
	if f.Key == "segment" {
		return w.inSegment(c)
	}
	has := func(values []string) string {
		sql, args := f.rows(values)
		return w.join(sql+" GROUP BY customer_id", args...) + ".customer_id IS NOT NULL"
	}
	switch c.Op {
	case Set:
		return has(nil), nil
	case NotSet:
		return "NOT (" + has(nil) + ")", nil
	}
	sql := has(c.Values)
	if c.Op == NotIn {
		sql = "NOT (" + sql + ")"
	}
	if f.Sure {
		return sql, nil
	}
	return c.orUnknown("CASE WHEN " + has(nil) + " THEN " + sql + " END"), nil
}

// inSegment asks the rules of other segments, not who was counted in them.
func (w *builder) inSegment(c *Clause) (string, error) {
	keys := c.Values
	if c.Op == Set || c.Op == NotSet {
		return "", wrongly("segment.rule.op", "field", c.Field, "what", c.Op)
	}
	var parts []string
	for _, key := range keys {
		s, ok := w.book.Find(key)
		if !ok {
			parts = append(parts, "(1 = 0)")
			continue
		}
		alias, err := w.inner(s)
		if err != nil {
			return "", err
		}
		parts = append(parts, alias+".customer_id IS NOT NULL")
	}
	sql := strings.Join(parts, " OR ")
	if c.Op == NotIn {
		sql = "NOT (" + sql + ")"
	}
	return sql, nil
}

func (w *builder) did(f *Field, c *Clause, gate string) (sql, gated string) {
	d := f.deed
	rows, args := d.of(w.book, c.Where)
	if last, ok := span(c.Last); ok {
		rows, args = rows+" AND "+d.at+" > ?", append(args, w.now.UnixMilli()-last.Milliseconds())
	}
	if c.Op == ThenNot {
		return w.missed(c, rows, d, args), w.gate(max(f.Gate, FieldOf(c.Then.Field).Gate))
	}
	bounds := c.bounds(f)
	if c.Op == AtLeast && bounds[0] == 1 || c.Op == More && bounds[0] == 0 { // whether at all needs no counting
		return w.join("SELECT "+d.who+" AS customer_id "+rows+" GROUP BY "+d.who, args...) + ".customer_id IS NOT NULL", gate
	}
	count := "count(*)" // a row is a deed, but for lines of one order and looks of one day
	switch {
	case d.byDay:
		count = "count(DISTINCT " + d.at + " / 86400000)"
	case d.name == bought.name:
		count = "count(DISTINCT " + d.one + ")"
	}
	alias := w.join("SELECT "+d.who+" AS customer_id, "+count+" AS n "+rows+" GROUP BY "+d.who, args...)
	return w.compare("coalesce("+alias+".n, 0)", c.Op, bounds, ""), gate
}

func (w *builder) missed(c *Clause, rows string, d *deedSource, args []any) string {
	t, _ := span(c.Values[0])
	e := FieldOf(c.Then.Field).deed
	after, more := e.of(w.book, c.Then.Where)
	args = append(args, w.now.UnixMilli()-t.Milliseconds())
	args = append(args, more...)
	args = append(args, t.Milliseconds())
	alias := w.join("SELECT a.customer_id FROM (SELECT "+d.who+" AS customer_id, "+d.at+" AS done "+rows+" AND "+d.at+" <= ?) a WHERE NOT EXISTS (SELECT 1 "+
		after+" AND "+e.who+" = a.customer_id AND "+e.at+" > a.done AND "+e.at+" <= a.done + ?) GROUP BY a.customer_id", args...)
	return alias + ".customer_id IS NOT NULL"
}
