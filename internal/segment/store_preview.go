package segment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Part is a kind of people in the split of a segment: SQL finds their
// customer_id. Somebody in several counts in the first.
type Part struct {
	Key  string
	SQL  string
	Args []any
}

// Looked is what a rule makes of everybody, from one pass over them: how many
// it holds of, how these split into the parts asked for ("" is the rest), and
// what each step of the rule leaves. From is how many there were before the
// first step. Simulated people are among all of these and counted again.
type Looked struct {
	All, Simulated int
	Parts          map[string]int
	From           int
	Steps          []Step
}

// Step is a part of a rule and how many people are left behind it (of a rule
// of which any part is enough: how many it brings by itself).
type Step struct {
	Item    Item
	Except  bool
	Left    int
	Removed int
}

// Look counts exactly, in one statement: of each person it finds the step that
// removes them, so nobody is asked further.
func (b *Book) Look(ctx context.Context, q db.Q, s Segment, parts []Part, now time.Time) (*Looked, error) {
	w := b.builder(now)
	r := s.Rule.normal()
	out := &Looked{Parts: map[string]int{}, Steps: make([]Step, 0, len(r.When.Items)+1)}
	if len(r.When.Items) == 0 {
		return out, nil
	}
	far, alone, err := w.steps(r, out)
	if err != nil {
		return nil, wrongRule(err)
	}
	n := len(w.args)
	base, err := w.base(s)
	if err != nil {
		return nil, wrongRule(err)
	}
	last := len(r.When.Items)
	if len(r.Except.Items) > 0 {
		last++
	}
	var rows []struct {
		Far, Part, N int
		Simulated    bool
	}
	if len(w.args) > mostArgs {
		return nil, wrongRule(wrongly("segment.rule.large"))
	}
	args := slices.Concat(w.args[:n], w.before, w.args[n:]) // as they stand in the statement
	inner := "SELECT f.customer_id, f.simulated, " + far + " AS far FROM person_facts f " + strings.Join(w.joins, " ") + " WHERE " + base + "1 = 1"
	kind, more := "0", []any{}
	if len(parts) > 0 {
		kind = "CASE WHEN x.far < ? THEN 0"
		more = append(more, last)
		for i, p := range parts {
			kind += fmt.Sprintf(" WHEN x.customer_id IN (%s) THEN %d", p.SQL, i+1)
			more = append(more, p.Args...)
		}
		kind += " ELSE 0 END"
	}
	err = q.Query(ctx).Raw("SELECT far, part, simulated, count(*) AS n FROM (SELECT x.far, x.simulated, "+kind+" AS part FROM ("+inner+") x) y GROUP BY far, part, simulated", append(more, args...)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count who is in a segment: %w", err)
	}
	passed := 0
	for _, row := range rows {
		out.From += row.N
		for i := range out.Steps {
			if row.Far > i && (!alone || out.Steps[i].Except) {
				out.Steps[i].Left += row.N
			}
		}
		if row.Far >= len(r.When.Items) {
			passed += row.N
		}
		if row.Far < last {
			continue
		}
		out.All += row.N
		if row.Simulated {
			out.Simulated += row.N
		}
		if row.Part > 0 {
			out.Parts[parts[row.Part-1].Key] += row.N
		} else {
			out.Parts[""] += row.N
		}
	}
	if alone {
		if err := b.eachAlone(ctx, q, s, r, out, now); err != nil {
			return nil, err
		}
	}
	out.removed(alone, passed)
	return out, nil
}

// steps writes how far somebody comes in the rule: the number of its parts that
// hold before the first that does not. Of parts of which any is enough, all are
// passed or none.
func (w *builder) steps(r Rule, out *Looked) (far string, alone bool, err error) {
	when := ""
	alone = r.When.Op == Any
	note := func(sql string, n int) { when += fmt.Sprintf(" WHEN %s THEN %d", sql, n) }
	if alone {
		is, err := w.group(&r.When, true)
		if err != nil {
			return "", false, err
		}
		note("("+is+") IS NOT TRUE", 0)
	}
	for i, item := range r.When.Items {
		out.Steps = append(out.Steps, Step{Item: item})
		if alone {
			continue
		}
		is, err := w.item(item, r.When.Op == All)
		if err != nil {
			return "", false, err
		}
		if r.When.Op == None {
			is = "NOT " + is
		}
		note("("+is+") IS NOT TRUE", i)
	}
	if len(r.Except.Items) > 0 {
		out.Steps = append(out.Steps, Step{Item: Item{Group: &r.Except}, Except: true})
		but, err := w.group(&r.Except, false)
		if err != nil {
			return "", false, err
		}
		note("(NOT "+but+") IS NOT TRUE", len(r.When.Items))
	}
	far = fmt.Sprint(len(out.Steps))
	if when != "" {
		far = "CASE" + when + " ELSE " + far + " END"
	}
	return far, alone, nil
}

// eachAlone counts each part of a rule of which any part is enough.
func (b *Book) eachAlone(ctx context.Context, q db.Q, s Segment, r Rule, out *Looked, now time.Time) error {
	for i := range r.When.Items {
		s.Rule = Rule{When: Group{Op: All, Items: r.When.Items[i : i+1]}}
		n, err := b.Count(ctx, q, s, now)
		if err != nil {
			return err
		}
		out.Steps[i].Left = n
	}
	return nil
}

// removed fills what each step takes away; passed is how many came to the
// exceptions.
func (l *Looked) removed(alone bool, passed int) {
	before := l.From
	for i := range l.Steps {
		s := &l.Steps[i]
		if s.Except {
			before = passed
		}
		s.Removed = before - s.Left
		if !alone {
			before = s.Left
		}
	}
}

// Overlap counts how many of a rule's people are in each other segment.
func (b *Book) Overlap(ctx context.Context, q db.Q, s Segment, now time.Time) (map[string]int, error) {
	st, err := b.compile(s, now)
	if err != nil {
		return nil, wrongRule(err)
	}
	var rows []struct {
		Segment string
		N       int
	}
	err = q.Query(ctx).Raw("SELECT m.segment, count(*) AS n FROM segment_members m JOIN (SELECT f.customer_id"+st.from()+
		") x ON x.customer_id = m.customer_id WHERE m.segment <> ? GROUP BY m.segment", append(slices.Clone(st.args), s.Key)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count who is in other segments, too: %w", err)
	}
	out := map[string]int{}
	for _, r := range rows {
		out[r.Segment] = r.N
	}
	return out, nil
}

// Sampled is one person of a sample.
type Sampled struct {
	ID        customer.ID
	Name      string
	Email     string
	Simulated bool
}

// Sample picks people of a rule, spread over all of them and always the same.
func (b *Book) Sample(ctx context.Context, q db.Q, s Segment, most int, now time.Time) ([]Sampled, error) {
	st, err := b.compile(s, now)
	if err != nil {
		return nil, wrongRule(err)
	}
	var rows []Sampled
	err = q.Query(ctx).Raw("SELECT c.id, c.name, c.email, c.simulated FROM (SELECT f.customer_id"+st.from()+
		" ORDER BY (f.customer_id * 7919) % 10007, f.customer_id LIMIT ?) x JOIN customers c ON c.id = x.customer_id ORDER BY (c.id * 7919) % 10007, c.id", append(slices.Clone(st.args), most)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("pick people of a segment: %w", err)
	}
	return rows, nil
}

// Moved counts who came into each segment and who left since an instant, by
// what they did or by time: that a rule was changed moves nobody.
func Moved(ctx context.Context, q db.Q, since time.Time) (entered, left map[string]int, err error) {
	var rows []struct {
		Segment string
		Entered bool
		N       int
	}
	if err := q.Query(ctx).Raw("SELECT segment, entered, count(*) AS n FROM segment_moves WHERE at >= ? AND cause <> 'rule' GROUP BY segment, entered", db.At(since)).Scan(&rows).Error; err != nil {
		return nil, nil, fmt.Errorf("count moves: %w", err)
	}
	entered, left = map[string]int{}, map[string]int{}
	for _, r := range rows {
		if r.Entered {
			entered[r.Segment] = r.N
		} else {
			left[r.Segment] = r.N
		}
	}
	return entered, left, nil
}

// Line is one part of a rule asked of one person: what it says, whether it is
// so (yes, no, unknown), and what the person's own value is. Depth is that of
// the groups around it.
type Line struct {
	Depth  int
	Group  string // all, any, none; empty for a clause
	Except bool
	Clause *Clause
	Is     string
	Value  string
	Flips  time.Time // when time alone changes it; zero: never
}

// Explain asks every part of a rule of one person.
func (b *Book) Explain(l i18n.Lang, s Segment, k *Known) (lines []Line, in bool) {
	for _, m := range func() []Member { all, _ := b.Members(k); return all }() {
		in = in || m.Segment.Key == s.Key
	}
	r := s.Rule.normal()
	lines = b.explain(l, lines, &r.When, k, 0, false)
	if len(r.Except.Items) > 0 {
		lines = b.explain(l, lines, &r.Except, k, 0, true)
	}
	return lines, in
}

func (b *Book) explain(l i18n.Lang, lines []Line, g *Group, k *Known, depth int, except bool) []Line {
	is, flips := g.holds(b, k)
	lines = append(lines, Line{Depth: depth, Group: g.Op, Except: except, Is: is.String(), Flips: flips})
	for _, i := range g.Items {
		if i.Group != nil {
			lines = b.explain(l, lines, i.Group, k, depth+1, except)
			continue
		}
		is, flips := i.Clause.holds(b, k)
		lines = append(lines, Line{Depth: depth + 1, Except: except, Clause: i.Clause, Is: is.String(), Value: b.has(l, i.Clause, k), Flips: flips})
	}
	return lines
}

func (t truth) String() string { return []string{"unknown", "no", "yes"}[t] }

// has is what a person's own value is, in words; empty where nothing is known
// or may be looked at.
func (b *Book) has(l i18n.Lang, c *Clause, k *Known) string {
	f := FieldOf(c.Field)
	if f == nil || !f.allowed(k) {
		return ""
	}
	switch f.Kind {
	case DeedKind:
		n, last := b.counted(c, k)
		if n == 0 {
			return i18n.T(l, "rule.has.never")
		}
		return i18n.T(l, "rule.has.deeds", "count", n, "date", i18n.DateTime(l, last.In(k.Now.Location())))
	case SetKind:
		words := ""
		for i, v := range f.set(k) {
			if i > 0 {
				words += i18n.T(l, "rule.and-also")
			}
			words += b.value(l, f, In, v)
		}
		return words
	}
	v, has := f.of(k, c)
	switch {
	case !has:
		return ""
	case f.Kind == TextKind:
		return f.Value(l, v.text)
	case f.Kind == MomentKind:
		return i18n.DateTime(l, time.UnixMilli(v.n).In(k.Now.Location()))
	case f.Kind == DayKind:
		return v.text
	case f.Kind == MoneyKind:
		return moneyWords(l, v.n, currencyOf(c))
	}
	return i18n.Number(int(v.n))
}
