package analytics

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// sums are the figures of a set of facts, in the order of cell.scan.
const sums = `sum(f.started), sum(f.checkout), sum(f.abandoned), sum(f.converted), sum(f.recovered), sum(f.by_link),
	sum(CASE WHEN f.abandoned = 1 AND f.recovered = 0 THEN f.value ELSE 0 END), sum(1 - f.started), sum(f.by_mail),
	sum(f.lost), sum(CASE WHEN f.reach >= 1 THEN f.lost ELSE 0 END),
	sum(CASE WHEN f.reach >= 2 THEN 1 ELSE 0 END), sum(CASE WHEN f.reach >= 3 THEN 1 ELSE 0 END), sum(CASE WHEN f.reach >= 4 THEN 1 ELSE 0 END),
	sum(CASE WHEN f.started = 1 THEN f.value ELSE 0 END), sum(CASE WHEN f.lost = 1 THEN f.value ELSE 0 END), sum(CASE WHEN f.lost = 1 AND f.reach >= 3 THEN f.value ELSE 0 END),
	sum(f.net), sum(f.refunded), sum(CASE WHEN f.recovered = 1 THEN f.net ELSE 0 END)`

func (c *Cell) fields() []any {
	return []any{&c.Started, &c.Checkout, &c.Abandoned, &c.Converted, &c.Recovered, &c.ByLink, &c.AbandonedValue, &c.Excluded, &c.ByMail,
		&c.Lost, &c.LostCheckout, &c.Contact, &c.Delivery, &c.Payment, &c.Value, &c.LostValue, &c.LostAtPayment, &c.Net, &c.Refunded, &c.RecoveredValue}
}

const within = "f.day >= ? AND f.day <= ?"

// where is the condition of a question, with the joins that its filters need.
func (q Question) where(joins *[]string) (string, []any, error) {
	text, args := "f.simulated = ? AND "+within, []any{q.Simulated, q.From, q.To}
	for _, f := range q.Filters {
		d, err := dimension(f.Key)
		if err != nil {
			return "", nil, err
		}
		d.joined(joins)
		text += " AND " + d.column + " = ?"
		if !d.number {
			args = append(args, f.Value)
			continue
		}
		n, err := strconv.Atoi(f.Value)
		if err != nil {
			return "", nil, fault.New(fault.Invalid, "analytics.dimension")
		}
		args = append(args, n)
	}
	return text, args, nil
}

func (d Dimension) joined(joins *[]string) {
	for _, j := range d.joins {
		if !slices.Contains(*joins, j) {
			*joins = append(*joins, j)
		}
	}
}

// Cross counts the carts of a question by two dimensions, "" for none. Cells
// come in the order of the database; the values of numbers are written out.
func Cross(ctx context.Context, q db.Q, ask Question, a, b string) ([]Cell, error) {
	count := grouped
	if db.GroupsBySorting(q) {
		count = added
	}
	cells, err := count(ctx, q, ask, a, b)
	if err != nil {
		return nil, fmt.Errorf("cross %s and %s: %w", a, b, err)
	}
	return cells, nil
}

// crossed is the two columns of a cross and what the facts of a question are
// read from.
func (q Question) crossed(a, b string) (columns []string, from string, args []any, err error) {
	var joins []string
	where, args, err := q.where(&joins)
	if err != nil {
		return nil, "", nil, err
	}
	for _, key := range []string{a, b} {
		if key == "" {
			columns = append(columns, "''")
			continue
		}
		d, err := dimension(key)
		if err != nil {
			return nil, "", nil, err
		}
		d.joined(&joins)
		columns = append(columns, d.column)
	}
	return columns, " FROM cart_facts f" + strings.Join(joins, "") + " WHERE " + where, args, nil
}

// grouped has the database add up.
func grouped(ctx context.Context, q db.Q, ask Question, a, b string) ([]Cell, error) {
	columns, from, args, err := ask.crossed(a, b)
	if err != nil {
		return nil, err
	}
	query := "SELECT " + columns[0] + " AS a, " + columns[1] + " AS b, " + sums + from
	if a != "" || b != "" {
		query += " GROUP BY 1, 2"
	} else {
		query += " HAVING count(*) > 0"
	}
	rows, err := q.Query(ctx).Raw(query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Cell
	for rows.Next() {
		var c Cell
		if err := rows.Scan(append([]any{&c.A, &c.B}, c.fields()...)...); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// packed is all that a fact counts for but its rare parts, in one number:
// asking a row for one column costs more than taking a number apart (Sums.add).
const packed = `f.value * 4096 + f.started + 2 * f.checkout + 4 * f.abandoned + 8 * f.converted + 16 * f.recovered + 32 * f.by_link + 64 * f.by_mail
	+ 128 * f.lost + 256 * f.reach`

// paid is NULL of the many carts that brought nothing.
const paid = "CASE WHEN f.net <> 0 OR f.refunded <> 0 THEN CAST(f.net AS TEXT) || ' ' || CAST(f.refunded AS TEXT) END"

// added reads the facts one by one and adds them up here. What it says is what
// grouped says, and a test holds them to it.
func added(ctx context.Context, q db.Q, ask Question, a, b string) ([]Cell, error) {
	columns, from, args, err := ask.crossed(a, b)
	if err != nil {
		return nil, err
	}
	var first, last string
	if err := q.Query(ctx).Raw("SELECT coalesce(min(day), ''), coalesce((SELECT max(day) FROM cart_facts), '') FROM cart_facts").Row().Scan(&first, &last); err != nil {
		return nil, err
	}
	if days(ask.From, ask.To) > days(first, last)/3 { // much of the table: faster from its beginning to its end than by way of an index
		from = strings.Replace(from, within, "+f.day >= ? AND +f.day <= ?", 1)
	}
	rows, err := q.Query(ctx).Raw("SELECT "+columns[0]+", "+columns[1]+", "+packed+", "+paid+from, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var row [4]any
	into := []any{&row[0], &row[1], &row[2], &row[3]}
	type key struct{ a, b any }
	by := map[key]*Sums{}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		at := key{row[0], row[1]}
		s := by[at]
		if s == nil {
			s = &Sums{}
			by[at] = s
		}
		if err := s.add(row[2].(int64), row[3]); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	keys := slices.SortedFunc(maps.Keys(by), func(x, y key) int { return cmp.Or(compare(x.a, y.a), compare(x.b, y.b)) })
	all := make([]Cell, len(keys))
	for i, k := range keys {
		all[i] = Cell{fmt.Sprint(k.a), fmt.Sprint(k.b), *by[k]}
	}
	return all, nil
}

// compare is the order of two values of one column: numbers by size, text by
// its bytes.
func compare(x, y any) int {
	if n, ok := x.(int64); ok {
		return cmp.Compare(n, y.(int64))
	}
	return cmp.Compare(x.(string), y.(string))
}

// days is how many days lie between two, which are written as dates.
func days(from, to string) int {
	a, _ := time.Parse(time.DateOnly, from)
	b, _ := time.Parse(time.DateOnly, to)
	return int(b.Sub(a).Hours() / 24)
}

// add counts one fact from what packed and paid say of it, see sums.
func (s *Sums) add(packed int64, paid any) error {
	var net, refunded money.Amount
	if text, ok := paid.(string); ok {
		kept, back, _ := strings.Cut(text, " ")
		n, err := strconv.ParseInt(kept, 10, 64)
		r, wrong := strconv.ParseInt(back, 10, 64)
		if err := cmp.Or(err, wrong); err != nil {
			return fmt.Errorf("read what a cart brought: %w", err)
		}
		net, refunded = money.Amount(n), money.Amount(r)
	}
	bit := func(n int) int { return int(packed>>n) & 1 }
	value := money.Amount(packed >> 12)
	started, abandoned, recovered, lost, reach := bit(0), bit(2), bit(4), bit(7), packed>>8&15
	s.Started += started
	s.Checkout += bit(1)
	s.Abandoned += abandoned
	s.Converted += bit(3)
	s.Recovered += recovered
	s.ByLink += bit(5)
	s.ByMail += bit(6)
	s.Lost += lost
	s.Excluded += 1 - started
	s.Net += net
	s.Refunded += refunded
	if reach >= reachCheckout {
		s.LostCheckout += lost
	}
	if reach >= reachContact {
		s.Contact++
	}
	if reach >= reachDelivery {
		s.Delivery++
	}
	if reach >= reachPayment {
		s.Payment++
	}
	worth := func(into *money.Amount, amount money.Amount, when bool) {
		if when {
			*into += amount
		}
	}
	worth(&s.AbandonedValue, value, abandoned == 1 && recovered == 0)
	worth(&s.Value, value, started == 1)
	worth(&s.LostValue, value, lost == 1)
	worth(&s.LostAtPayment, value, lost == 1 && reach >= reachDelivery)
	worth(&s.RecoveredValue, net, recovered == 1)
	return nil
}

// Total is everything of a question in one cell.
func Total(ctx context.Context, q db.Q, ask Question) (Sums, error) {
	all, err := Cross(ctx, q, ask, "", "")
	if err != nil || len(all) == 0 {
		return Sums{}, err
	}
	return all[0].Sums, nil
}

// Pace is the median time from one step of the funnel to the next, in
// milliseconds, by the step that was reached; 0 where nobody was timed.
func Pace(ctx context.Context, q db.Q, ask Question) ([]int64, error) {
	at := []string{"f.started_at", "f.checkout_at", "f.contact_at", "f.delivery_at", "f.payment_at", "f.converted_at"}
	out := make([]int64, len(at))
	for step := 1; step < len(at); step++ {
		var joins []string
		where, args, err := ask.where(&joins)
		if err != nil {
			return nil, err
		}
		from := " FROM cart_facts f" + strings.Join(joins, "") + " WHERE " + where + " AND f.started = 1 AND " + at[step] + " > 0 AND " + at[step-1] + " > 0 AND " + at[step] + " >= " + at[step-1]
		var n int64
		if err := q.Query(ctx).Raw("SELECT count(*)"+from, args...).Row().Scan(&n); err != nil {
			return nil, fmt.Errorf("time the funnel: %w", err)
		}
		if n == 0 {
			continue
		}
		took := at[step] + " - " + at[step-1]
		if err := q.Query(ctx).Raw("SELECT "+took+from+" ORDER BY 1 LIMIT 1 OFFSET ?", append(args, (n-1)/2)...).Row().Scan(&out[step]); err != nil {
			return nil, fmt.Errorf("time the funnel: %w", err)
		}
	}
	return out, nil
}

// Waiting is how many questions are asked of a cart and what it cost that
// nobody answered: carts by how long the answer took, worst products first.
type Waiting struct {
	Product string // code
	Asked   int    // carts with a question
	Late    int    // of these, answered after a day or not at all
	Lost    int    // of Late
	Value   money.Amount
}

// Slowest lists the products whose questions cost most, by the dearest line of
// the cart.
func Slowest(ctx context.Context, q db.Q, ask Question, limit int) ([]Waiting, error) {
	var joins []string
	where, args, err := ask.where(&joins)
	if err != nil {
		return nil, err
	}
	Dimensions[3].joined(&joins)
	var all []Waiting
	err = q.Query(ctx).Raw(`SELECT coalesce(p.code, '') AS product, count(*) AS asked, sum(CASE WHEN f.asked IN ('late','never') THEN 1 ELSE 0 END) AS late,
		sum(CASE WHEN f.asked IN ('late','never') THEN f.lost ELSE 0 END) AS lost, sum(CASE WHEN f.asked IN ('late','never') AND f.lost = 1 THEN f.value ELSE 0 END) AS value
		FROM cart_facts f`+strings.Join(joins, "")+" WHERE "+where+` AND f.started = 1 AND f.asked <> 'none' GROUP BY 1
		HAVING sum(CASE WHEN f.asked IN ('late','never') THEN 1 ELSE 0 END) > 0 ORDER BY late DESC, value DESC, product LIMIT ?`, append(args, limit)...).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("find the slowest answers: %w", err)
	}
	return all, nil
}

// DaysOf makes the report's days of cells by day, the newest first.
func DaysOf(cells []Cell, v setting.Values, now time.Time) []Day {
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Compare(b.A, a.A) })
	young := now.Add(-Window).In(v.Zone()).Format(time.DateOnly)
	days := make([]Day, len(cells))
	for i, c := range cells {
		days[i] = Day{c.A, c.A >= young, c.Figures}
	}
	return days
}
