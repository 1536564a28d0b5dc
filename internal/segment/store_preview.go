package segment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Split counts who is in a segment by whether the shop may write to them about
// offers. Simulated people are among them and counted again.
type Split struct {
	All, Mailable, OptedOut, NoAddress, Simulated int
}

// Split counts exactly, in one statement.
func (b *Book) Split(ctx context.Context, q db.Q, s Segment, now time.Time) (Split, error) {
	var out Split
	st, err := b.compile(s, now)
	if err != nil {
		return out, wrongRule(err)
	}
	var rows []struct {
		Kind      string
		Simulated bool
		N         int
	}
	err = q.Query(ctx).Raw(`SELECT kind, simulated, count(*) AS n FROM (SELECT c.simulated, CASE WHEN c.contact NOT IN ('unverified', 'verified') THEN 'none'
			WHEN mo.customer_id IS NOT NULL AND su.email_key IS NULL THEN 'mail' ELSE 'out' END AS kind FROM customers c `+st.joins+`
			LEFT JOIN consents mo ON mo.customer_id = c.id AND mo.purpose = 'mail.offers' AND mo.given = TRUE
			LEFT JOIN (SELECT email_key FROM suppressions WHERE purpose IN ('mail.offers', '*') GROUP BY email_key) su ON su.email_key = c.email_key
			WHERE `+st.where+") x GROUP BY kind, simulated", st.args...).Scan(&rows).Error
	if err != nil {
		return out, fmt.Errorf("count who is in a segment: %w", err)
	}
	for _, r := range rows {
		out.All += r.N
		switch r.Kind {
		case "mail":
			out.Mailable += r.N
		case "out":
			out.OptedOut += r.N
		default:
			out.NoAddress += r.N
		}
		if r.Simulated {
			out.Simulated += r.N
		}
	}
	return out, nil
}

// Step is a part of a rule and how many people are left behind it (of a rule
// of which any part is enough: how many it brings by itself).
type Step struct {
	Item    Item
	Except  bool
	Left    int
	Removed int
}

// Funnel counts how many people each part of the rule removes, in the order in
// which the parts stand. from is how many there were before the first.
func (b *Book) Funnel(ctx context.Context, q db.Q, s Segment, now time.Time) (from int, steps []Step, err error) {
	r := s.Rule.normal()
	count := func(part Rule) (int, error) {
		s.Rule = part
		return b.Count(ctx, q, s, now)
	}
	everybody := Group{Op: All, Items: []Item{{Clause: &Clause{Field: "language", Op: Set}}}}
	if from, err = count(Rule{When: everybody}); err != nil {
		return 0, nil, err
	}
	before := from
	for i, item := range r.When.Items {
		part := Group{Op: r.When.Op, Items: r.When.Items[:i+1]}
		if r.When.Op == Any {
			part.Items = []Item{item}
		}
		n, err := count(Rule{When: part})
		if err != nil {
			return 0, nil, err
		}
		steps = append(steps, Step{Item: item, Left: n, Removed: before - n})
		if r.When.Op != Any {
			before = n
		}
	}
	if len(r.Except.Items) == 0 {
		return from, steps, nil
	}
	if before, err = count(Rule{When: r.When}); err != nil {
		return 0, nil, err
	}
	n, err := count(r)
	return from, append(steps, Step{Item: Item{Group: &r.Except}, Except: true, Left: n, Removed: before - n}), err
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
	err = q.Query(ctx).Raw("SELECT m.segment, count(*) AS n FROM segment_members m JOIN (SELECT c.id FROM customers c "+st.joins+" WHERE "+st.where+
		") x ON x.id = m.customer_id WHERE m.segment <> ? GROUP BY m.segment", append(slices.Clone(st.args), s.Key)...).Scan(&rows).Error
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
	err = q.Query(ctx).Raw("SELECT c.id, c.name, c.email, c.simulated FROM customers c "+st.joins+" WHERE "+st.where+
		" ORDER BY (c.id * 7919) % 10007, c.id LIMIT ?", append(slices.Clone(st.args), most)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("pick people of a segment: %w", err)
	}
	return rows, nil
}

// Moved counts who came into each segment and who left since an instant.
func Moved(ctx context.Context, q db.Q, since time.Time) (entered, left map[string]int, err error) {
	var rows []struct {
		Segment string
		Entered bool
		N       int
	}
	if err := q.Query(ctx).Raw("SELECT segment, entered, count(*) AS n FROM segment_moves WHERE at >= ? GROUP BY segment, entered", db.At(since)).Scan(&rows).Error; err != nil {
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
		return i18n.T(l, "rule.has.deeds", "count", n, "date", i18n.DateTime(l, last.UTC()))
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
		return i18n.DateTime(l, time.UnixMilli(v.n).UTC())
	case f.Kind == DayKind:
		return v.text
	case f.Kind == MoneyKind:
		return moneyWords(l, v.n, currencyOf(c))
	}
	return i18n.Number(int(v.n))
}
