package segment

import (
	"fmt"
	"strings"
	"time"
)

// builder turns a rule into a condition on the row f of person_facts. Names of
// tables and columns come from the registry of fields alone; whatever a person
// wrote travels as an argument.
type builder struct {
	book   *Book
	now    time.Time
	joins  []string
	on     map[string]bool // joins that several clauses share
	before []any           // arguments of the joins
	args   []any           // arguments of the condition
	depth  int             // of segments in segments
}

// statement is a condition on person_facts f with what it joins.
type statement struct {
	joins, where string
	args         []any
}

// from is the statement behind SELECT.
func (s statement) from() string {
	return " FROM person_facts f " + s.joins + " WHERE " + s.where
}

func (b *Book) builder(now time.Time) *builder {
	return &builder{book: b, now: now.In(b.zone()), on: map[string]bool{}}
}

// compile writes who belongs to a segment.
func (b *Book) compile(s Segment, now time.Time) (statement, error) {
	w := b.builder(now)
	where, err := w.members(s)
	if err != nil {
		return statement{}, err
	}
	return w.done(where), nil
}

func (w *builder) done(where string) statement {
	return statement{strings.Join(w.joins, " "), where, append(w.before, w.args...)}
}

// mostArgs is what one statement may carry: segments that name segments that
// name segments grow.
const mostArgs = 20_000

// members is the condition for membership: the rule is true, the person lets
// pages be personal (except for service), and nothing excludes them.
func (w *builder) members(s Segment) (string, error) {
	base, err := w.base(s)
	if err != nil {
		return "", err
	}
	r := s.Rule.normal()
	where, err := w.group(&r.When, true)
	if err != nil {
		return "", err
	}
	where = base + where
	if len(r.Except.Items) > 0 {
		but, err := w.group(&r.Except, false)
		if err != nil {
			return "", err
		}
		where += " AND NOT " + but
	}
	if len(w.args) > mostArgs {
		return "", wrongly("segment.rule.large")
	}
	return where, nil
}

// base is what holds of a member whatever the rule says. It ends in AND.
func (w *builder) base(s Segment) (where string, err error) {
	if s.Purpose != Service {
		where = "f.personal AND "
	}
	if s.Purpose == Audience || s.Purpose == "" {
		for _, x := range w.book.Segments {
			if x.Purpose == Exclusion && x.live() && x.Key != s.Key {
				in, err := w.inner(x)
				if err != nil {
					return "", err
				}
				where += "(" + in + ") IS NOT TRUE AND "
			}
		}
	}
	return where, nil
}

// inner is the condition of another segment, of the same person.
func (w *builder) inner(s Segment) (string, error) {
	if w.depth >= mostDepth {
		return "", wrongly("segment.rule.cycle", "what", s.Key)
	}
	w.depth++
	defer func() { w.depth-- }()
	return w.members(s)
}

// once adds a join that several clauses share.
func (w *builder) once(alias, sql string, args ...any) {
	if !w.on[alias] {
		w.on[alias] = true
		w.joins = append(w.joins, sql)
		w.before = append(w.before, args...)
	}
}

func gated(g Gate) string {
	return [...]string{"", "f.personal", "f.past"}[g]
}

// group is a condition; where truth alone counts, since nothing above it
// denies, unknown and false may be the same, and databases plan it better.
func (w *builder) group(g *Group, truth bool) (string, error) {
	if len(g.Items) == 0 {
		return "(1 = 0)", nil
	}
	truth = truth && g.Op != None
	parts := make([]string, len(g.Items))
	for n, i := range g.Items {
		var err error
		if parts[n], err = w.item(i, truth); err != nil {
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

func (w *builder) item(i Item, truth bool) (string, error) {
	if i.Group != nil {
		return w.group(i.Group, truth)
	}
	return w.clause(i.Clause, truth)
}

// clause is a condition that is true, false, or NULL where nothing is known.
func (w *builder) clause(c *Clause, truth bool) (string, error) {
	f := FieldOf(c.Field)
	if f == nil {
		return "", wrongly("segment.rule.field", "what", show(c.Field))
	}
	var sql string
	var err error
	gate := gated(f.Gate)
	switch f.Kind {
	case DeedKind:
		sql, gate = w.did(f, c, gate)
	case SetKind:
		sql, err = w.inSet(f, c, truth)
	case DayKind:
		sql = w.comes(c)
	default:
		sql = w.scalar(f, c)
	}
	switch {
	case err != nil || gate == "":
		return "(" + sql + ")", err
	case truth:
		return "(" + gate + " AND (" + sql + "))", nil
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
	if f.Key == "cart-value" { // of a cart in the clause's own currency
		return c.orUnknown("CASE WHEN f.cart_currency = " + w.arg(currencyOf(c)) + " THEN " + w.compare("f.cart_worth", c.Op, c.bounds(f), "") + " END")
	}
	if f.sql != nil {
		column = f.sql(w, c)
	} else {
		w.once(f.Table, "LEFT JOIN "+f.Table+" ON "+f.Table+".customer_id = f.customer_id")
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
		from, to := bounds(c.Values[0], w.now.Location())
		if c.Op == Before {
			return column + " < " + w.arg(from)
		}
		return column + " >= " + w.arg(to)
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
	return "CASE WHEN f.birth_date <= " + w.arg(w.today(0)) + " THEN f.birth_date END"
}

// today is the day years ago as a text: also "2023-02-29", which no calendar
// has and the comparison needs none.
func (w *builder) today(years int64) string {
	d := w.now
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
	const column = "substr(f.birth_date, 6, 2)"
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
		return "f.birth_date IS NOT NULL"
	case NotSet:
		return "f.birth_date IS NULL"
	}
	d, _ := span(c.Values[0])
	return c.orUnknown("substr(f.birth_date, 6, 5) IN " + w.arg(ahead(w.now, int(d/(24*time.Hour)))))
}

// anyOf is a condition that a subquery of customer_id holds the person.
func (w *builder) anyOf(sql string, args ...any) string {
	w.args = append(w.args, args...)
	return "f.customer_id IN (" + sql + ")"
}

func (w *builder) inSet(f *Field, c *Clause, truth bool) (string, error) {
	if f.Key == "segment" {
		return w.inSegment(c)
	}
	has := func(values []string) string {
		if f.bit == nil {
			sql, args := f.rows(values)
			return w.anyOf(sql, args...)
		}
		mask := int64(-1)
		if values != nil {
			mask = 0
			for _, v := range values {
				mask |= f.bit(v)
			}
		}
		return "(f.allowed & " + w.arg(mask) + ") <> 0"
	}
	switch c.Op {
	case Set:
		return has(nil), nil
	case NotSet:
		return "NOT (" + has(nil) + ")", nil
	}
	if truth && c.Op == In && !c.Unknown { // who has one of the values has some
		return has(c.Values), nil
	}
	known := ""
	if !f.Sure {
		known = has(nil)
	}
	sql := has(c.Values)
	if c.Op == NotIn {
		sql = "NOT (" + sql + ")"
	}
	if f.Sure {
		return sql, nil
	}
	return c.orUnknown("CASE WHEN " + known + " THEN " + sql + " END"), nil
}

// inSegment asks the rules of other segments, not who was counted in them.
func (w *builder) inSegment(c *Clause) (string, error) {
	if c.Op == Set || c.Op == NotSet {
		return "", wrongly("segment.rule.op", "field", c.Field, "what", c.Op)
	}
	var parts []string
	for _, key := range c.Values {
		s, ok := w.book.Find(key)
		if !ok {
			parts = append(parts, "(1 = 0)")
			continue
		}
		in, err := w.inner(s)
		if err != nil {
			return "", err
		}
		parts = append(parts, "("+in+") IS TRUE")
	}
	sql := strings.Join(parts, " OR ")
	if c.Op == NotIn {
		sql = "NOT (" + sql + ")"
	}
	return sql, nil
}

// did asks who did something often enough. A count that nobody without a deed
// can have is looked for among those with one, any other the other way round.
func (w *builder) did(f *Field, c *Clause, gate string) (sql, allowed string) {
	d := f.deed.wide()
	rows, args := d.of(w.book, c.Where)
	if last, ok := span(c.Last); ok {
		rows, args = rows+" AND "+d.at+" > ?", append(args, w.now.UnixMilli()-last.Milliseconds())
	}
	if c.Op == ThenNot {
		return w.missed(c, rows, d, args), gated(max(f.Gate, FieldOf(c.Then.Field).Gate))
	}
	bounds := c.bounds(f)
	if c.Op == AtLeast && bounds[0] == 1 || c.Op == More && bounds[0] == 0 { // whether at all needs no counting
		return w.anyOf("SELECT "+d.who+" "+rows, args...), gate
	}
	count := "count(*)" // a row is a deed, but for lines of one order and looks of one day
	switch {
	case d.byDay:
		count = "count(DISTINCT " + w.book.dayOf(d.at, w.now) + ")"
	case d.name == bought.name:
		count = "count(DISTINCT " + d.one + ")"
	}
	w.args = append(w.args, args...)
	if compare(c.Op, 0, bounds) {
		return "f.customer_id NOT IN (SELECT " + d.who + " " + rows + " GROUP BY " + d.who + " HAVING NOT (" + w.compare(count, c.Op, bounds, "") + "))", gate
	}
	return "f.customer_id IN (SELECT " + d.who + " " + rows + " GROUP BY " + d.who + " HAVING " + w.compare(count, c.Op, bounds, "") + ")", gate
}

func (w *builder) missed(c *Clause, rows string, d *deedSource, args []any) string {
	t, _ := span(c.Values[0])
	e := FieldOf(c.Then.Field).deed.wide()
	after, more := e.of(w.book, c.Then.Where)
	args = append(args, w.now.UnixMilli()-t.Milliseconds())
	args = append(args, more...)
	args = append(args, t.Milliseconds())
	return w.anyOf("SELECT a.customer_id FROM (SELECT "+d.who+" AS customer_id, "+d.at+" AS done "+rows+" AND "+d.at+" <= ?) a WHERE NOT EXISTS (SELECT 1 "+
		after+" AND "+e.who+" = a.customer_id AND "+e.at+" > a.done AND "+e.at+" <= a.done + ?)", args...)
}
