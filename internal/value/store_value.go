package value

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// objected are customers who said no to personal pages or to the use of their
// purchases. Nothing is counted of them, and no value is kept.
const objected = `SELECT customer_id FROM consents WHERE purpose IN ('personalize','history') AND given = FALSE`

// rates are the minor units of the shop's currency for one of each other, from
// its own prices: the median over what is priced in both. A currency that
// nothing is priced in has none, and what was paid in it does not count.
func rates(ctx context.Context, q db.Q, own money.Currency) (map[money.Currency]float64, error) {
	var rows []struct {
		Currency   money.Currency
		Own, Other float64
	}
	err := q.Query(ctx).Raw(`SELECT b.currency, a.amount AS own, b.amount AS other FROM prices a JOIN prices b ON b.variant_id = a.variant_id
		WHERE a.currency = ? AND a.amount > 0 AND b.amount > 0`, string(own)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what prices say of currencies: %w", err)
	}
	all := map[money.Currency][]float64{}
	for _, r := range rows {
		all[r.Currency] = append(all[r.Currency], r.Own/r.Other)
	}
	found := map[money.Currency]float64{own: 1}
	for c, one := range all {
		if c != own {
			found[c] = Quantile(one, .5)
		}
	}
	return found, nil
}

// accounts read what everybody's value is counted from, as of an instant.
func accounts(ctx context.Context, q db.Q, set setting.Values, now time.Time) ([]Account, map[money.Currency]float64, error) {
	rate, err := rates(ctx, q, set.Currency())
	if err != nil {
		return nil, nil, err
	}
	rows, backs, err := boughtBy(ctx, q, 0)
	if err != nil {
		return nil, nil, err
	}
	var out []customer.ID
	if err := q.Query(ctx).Raw(objected).Scan(&out).Error; err != nil {
		return nil, nil, fmt.Errorf("read who objected: %w", err)
	}
	no := map[customer.ID]bool{}
	for _, id := range out {
		no[id] = true
	}
	goods, err := goodsOf(ctx, q, 0)
	if err != nil {
		return nil, nil, err
	}
	var all []Account
	for i := range rows { // in order of customer and payment
		r := &rows[i]
		if no[r.CustomerID] {
			continue
		}
		p := r.purchase(backs[r.OrderID])
		if p.Paid.After(now) {
			continue
		}
		day := Day{At: midnight(p.Paid, set.Zone()), Net: money.Amount(float64(p.worth(now))*rate[p.Currency] + .5)}
		lost := goods[r.OrderID].part(&day)
		if !p.Gone.IsZero() && !p.Gone.After(now) {
			lost = 0 // a cancelled order's goods never left
		}
		if day.Net <= 0 && lost == 0 {
			continue
		}
		if n := len(all); n == 0 || all[n-1].Customer != r.CustomerID {
			all = append(all, Account{Customer: r.CustomerID})
		}
		a := &all[len(all)-1]
		if day.Net <= 0 {
			a.Lost = append(a.Lost, Day{At: day.At, Net: lost})
			continue
		}
		if n := len(a.Days); n > 0 && a.Days[n-1].At.Equal(day.At) {
			a.Days[n-1].add(day)
		} else {
			a.Days = append(a.Days, day)
		}
	}
	return all, rate, costs(ctx, q, all, now)
}

func midnight(at time.Time, zone *time.Location) time.Time {
	local := at.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC) // days are counted, not hours
}

// costs fills in what people cost, and in how many departments they buy.
// Sensitive goods count for none.
func costs(ctx context.Context, q db.Q, all []Account, now time.Time) error {
	from := db.At(now.AddDate(0, 0, -Window))
	for _, part := range []struct {
		sql  string
		args []any
		into func(a *Account, n int)
	}{
		{`SELECT o.customer_id AS id, count(*) AS n FROM returns r JOIN orders o ON o.id = r.order_id
			WHERE r.state IN ('received','closed') AND r.asked_at > ? AND r.asked_at <= ? AND o.customer_id IS NOT NULL GROUP BY o.customer_id`,
			[]any{from, db.At(now)}, func(a *Account, n int) { a.Returns = n }},
		{`SELECT customer_id AS id, count(*) AS n FROM questions WHERE customer_id IS NOT NULL AND created_at > ? AND created_at <= ? GROUP BY customer_id`,
			[]any{from, db.At(now)}, func(a *Account, n int) { a.Questions = n }},
		{`WITH RECURSIVE under (id, root) AS (SELECT id, id FROM categories WHERE parent_id IS NULL
			UNION ALL SELECT c.id, under.root FROM categories c JOIN under ON c.parent_id = under.id)
			SELECT o.customer_id AS id, count(DISTINCT under.root) AS n FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty
			JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE JOIN under ON under.id = p.category_id
			WHERE o.customer_id IS NOT NULL AND o.paid_at > 0 AND o.paid_at <= ? AND o.state <> 'cancelled' GROUP BY o.customer_id`,
			[]any{db.At(now)}, func(a *Account, n int) { a.Departments = n }},
	} {
		var rows []struct {
			ID customer.ID
			N  int
		}
		if err := q.Query(ctx).Raw(part.sql, part.args...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("read what customers cost: %w", err)
		}
		counted := make(map[customer.ID]int, len(rows))
		for _, r := range rows {
			counted[r.ID] = r.N
		}
		for i := range all {
			part.into(&all[i], counted[all[i].Customer])
		}
	}
	return nil
}

func termsIn(set setting.Values) Terms {
	t := Terms{Margin: set.ValueMargin(), ReturnCost: set.ValueReturnCost(), QuestionCost: set.ValueQuestionCost()}
	t.ByPeople, t.A, t.B = set.ValueCuts()
	return t
}

// All counts what everybody is worth at an instant, without keeping it.
func All(ctx context.Context, q db.Q, set setting.Values, now time.Time) ([]Score, Found, error) {
	all, rate, err := accounts(ctx, q, set, now)
	if err != nil {
		return nil, Found{}, err
	}
	scores, found := Grade(all, midnight(now, set.Zone()), termsIn(set))
	found.Currency, found.Rates, found.Made = set.Currency(), rate, now
	return scores, found, nil
}

// Rebuild counts what everybody is worth and keeps it, under a new version.
// Counting is done before anything is locked; who objects meanwhile is left
// out by the last statement.
func Rebuild(ctx context.Context, d *db.DB, set setting.Values, now time.Time) error {
	scores, found, err := All(ctx, d, set, now)
	if err != nil {
		return err
	}
	words, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("write the model of values: %w", err)
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		var version int64
		if err := tx.Query(ctx).Raw("SELECT coalesce(max(version), 0) + 1 FROM value_models").Scan(&version).Error; err != nil {
			return fmt.Errorf("read the model of values: %w", err)
		}
		had, err := classes(ctx, tx)
		if err != nil {
			return err
		}
		for _, sql := range []string{"DELETE FROM value_models", "DELETE FROM customer_values"} {
			if err := tx.Query(ctx).Exec(sql).Error; err != nil {
				return fmt.Errorf("write values: %w", err)
			}
		}
		err = tx.Query(ctx).Exec("INSERT INTO value_models (version, made_at, definition, found) VALUES (?, ?, ?, ?)", version, db.At(now), Definition, string(words)).Error
		if err != nil {
			return fmt.Errorf("write the model of values: %w", err)
		}
		rows := make([][]any, len(scores))
		for i, s := range scores {
			counts, err := json.Marshal(s.Counts)
			if err != nil {
				return fmt.Errorf("write values: %w", err)
			}
			rows[i] = []any{int64(s.Customer), version, string(s.Class), s.Recency, s.Frequency, int64(s.Net), int64(s.NetBefore), int64(s.NetEver), int64(s.Contribution),
				s.R, s.F, s.M, string(counts), int64(s.Spending), int(s.Alive*10_000 + .5), s.Departments,
				int64(s.Costed), int64(s.Earned), int64(s.Lost), s.Returns, s.Questions}
		}
		_, err = tx.Insert(ctx, "customer_values", []string{"customer_id", "version", "class", "recency", "frequency", "net", "net_before", "net_ever", "contribution",
			"r", "f", "m", "counts", "spending", "alive", "departments", "costed", "earned", "lost", "returned", "asked"}, rows, true)
		if err != nil {
			return fmt.Errorf("write values: %w", err)
		}
		gone := "DELETE FROM customer_values WHERE customer_id IN (" + objected + ") OR customer_id IN (SELECT id FROM customers WHERE erased_at <> 0)"
		if err := tx.Query(ctx).Exec(gone).Error; err != nil {
			return fmt.Errorf("write values: %w", err)
		}
		return classMoves(ctx, tx, had, scores, &found, version, now)
	})
}

// Refresh takes out what is kept of somebody who has just said no. A yes
// counts at the next rebuild.
func Refresh(ctx context.Context, tx *db.Tx, id customer.ID) error {
	for _, sql := range []string{"DELETE FROM customer_values WHERE customer_id = ?", "DELETE FROM value_moves WHERE kind = 'class' AND customer_id = ?"} {
		if err := tx.Query(ctx).Exec(sql+" AND customer_id IN ("+objected+")", int64(id)).Error; err != nil {
			return fmt.Errorf("take out the value of customer %d: %w", id, err)
		}
	}
	return nil
}

// Kept is the last count, and how it was made; nil before the first.
func Kept(ctx context.Context, q db.Q) (*Found, error) {
	var words []string
	if err := q.Query(ctx).Raw("SELECT found FROM value_models ORDER BY version DESC LIMIT 1").Scan(&words).Error; err != nil {
		return nil, fmt.Errorf("read the model of values: %w", err)
	}
	if len(words) == 0 {
		return nil, nil
	}
	var found Found
	if err := json.Unmarshal([]byte(words[0]), &found); err != nil {
		return nil, fmt.Errorf("read the model of values: %w", err)
	}
	return &found, nil
}

// scoreRow is a kept score.
type scoreRow struct {
	CustomerID  customer.ID
	Email, Name string
	Simulated   bool
	Tier        Tier
	Class       Class
	Recency     int
	Frequency   int
	Net         money.Amount
	NetBefore   money.Amount
	NetEver     money.Amount

	Contribution money.Amount
	R, F, M      int
	Counts       string
	Spending     money.Amount
	Alive        int
	Departments  int

	Costed, Earned, Lost money.Amount
	Returned, Asked      int
}

func (r *scoreRow) score() (Score, error) {
	s := Score{Customer: r.CustomerID, Class: r.Class, Recency: r.Recency, Frequency: r.Frequency, Net: r.Net, NetBefore: r.NetBefore, NetEver: r.NetEver,
		Contribution: r.Contribution, R: r.R, F: r.F, M: r.M, Spending: r.Spending, Alive: float64(r.Alive) / 10_000, Departments: r.Departments,
		Costed: r.Costed, Earned: r.Earned, Lost: r.Lost, Returns: r.Returned, Questions: r.Asked}
	err := json.Unmarshal([]byte(r.Counts), &s.Counts)
	return s, err
}

const scoreColumns = "v.customer_id, v.class, v.recency, v.frequency, v.net, v.net_before, v.net_ever, v.contribution, v.r, v.f, v.m, v.counts, v.spending, v.alive, v.departments, v.costed, v.earned, v.lost, v.returned, v.asked"

// Of reads what is kept of one customer; nil if nothing is. no says that they
// objected to it.
func Of(ctx context.Context, q db.Q, id customer.ID) (score *Score, no bool, err error) {
	var rows []scoreRow
	if err := q.Query(ctx).Raw("SELECT "+scoreColumns+" FROM customer_values v WHERE v.customer_id = ? AND v.customer_id NOT IN ("+objected+")", int64(id)).Scan(&rows).Error; err != nil {
		return nil, false, fmt.Errorf("read the value of customer %d: %w", id, err)
	}
	if len(rows) == 0 {
		var n int
		err := q.Query(ctx).Raw("SELECT count(*) FROM consents WHERE customer_id = ? AND customer_id IN ("+objected+")", int64(id)).Scan(&n).Error
		if err != nil {
			err = fmt.Errorf("read the consents of customer %d: %w", id, err)
		}
		return nil, n > 0, err
	}
	s, err := rows[0].score()
	return &s, false, err
}

// Lists of people that staff look for.
const (
	Gold    = "gold"   // A, and likely still here
	Costly  = "costly" // cost more than they bring
	Fading  = "fading" // of last year's best, half or less this year
	Narrow  = "narrow" // come often, to one department only
	perPage = 50
)

// Lists in the order of the page.
var Lists = []string{Gold, Fading, Narrow, Costly}

var listed = map[string]string{
	Gold:   "v.class = 'A' AND v.alive >= 5000",
	Costly: "v.class = 'D'",
	Fading: "v.net_before > 0 AND v.net * 2 <= v.net_before AND v.net_before >= coalesce((SELECT net_before FROM customer_values WHERE net_before > 0 ORDER BY net_before DESC LIMIT 1 OFFSET (SELECT (count(*) - 1) / 5 FROM customer_values WHERE net_before > 0)), 0)",
	Narrow: "v.departments = 1 AND v.frequency >= 2",
}

// Filter chooses people of the list; empty fields choose all. Sort is net
// (the default), forecast, alive, recency or contribution.
type Filter struct {
	Class Class
	Tier  Tier
	List  string
	Sort  string
	Page  int
}

// Member is a customer in a list of values.
type Member struct {
	Score
	Email, Name string
	Simulated   bool
	Tier        Tier
}

// Orders of a list; each ends with the person, so that pages do not overlap, in
// the direction of an index.
var orders = map[string]string{"": "v.net DESC, v.customer_id DESC", "net": "v.net DESC, v.customer_id DESC", "forecast": "v.spending DESC, v.customer_id DESC",
	"contribution": "v.contribution DESC, v.customer_id DESC", "alive": "v.alive DESC, v.customer_id DESC", "recency": "v.recency, v.customer_id"}

// where is the condition of a filter on customer_values alone.
func (f Filter) where() (string, []any) {
	where, args := "v.customer_id NOT IN ("+objected+")", []any{}
	if slices.Contains(Classes, f.Class) {
		where, args = where+" AND v.class = ?", append(args, string(f.Class))
	}
	switch {
	case f.Tier == Occasional: // most have no row
		where += " AND v.customer_id NOT IN (SELECT customer_id FROM customer_tiers WHERE tier <> 'occasional')"
	case slices.Contains(Tiers, f.Tier):
		where, args = where+" AND v.customer_id IN (SELECT customer_id FROM customer_tiers WHERE tier = ?)", append(args, string(f.Tier))
	}
	if sql, ok := listed[f.List]; ok {
		where += " AND " + sql
	}
	return where, args
}

// People lists customers by what they are worth, and how many there are. Who is
// on the page is found first, and read after: a page costs the same however
// many people there are.
func People(ctx context.Context, q db.Q, f Filter) ([]Member, int, error) {
	where, args := f.where()
	order, ok := orders[f.Sort]
	if !ok {
		order = orders[""]
	}
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM customer_values v WHERE "+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count values: %w", err)
	}
	var rows []scoreRow
	err := q.Query(ctx).Raw("SELECT "+scoreColumns+", c.email, c.name, c.simulated, coalesce(t.tier, 'occasional') AS tier FROM (SELECT v.customer_id FROM customer_values v WHERE "+where+
		" ORDER BY "+order+" LIMIT ? OFFSET ?) p JOIN customer_values v ON v.customer_id = p.customer_id JOIN customers c ON c.id = v.customer_id LEFT JOIN customer_tiers t ON t.customer_id = v.customer_id ORDER BY "+order,
		append(args, perPage, perPage*max(0, f.Page-1))...).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list values: %w", err)
	}
	all := make([]Member, len(rows))
	for i := range rows {
		s, err := rows[i].score()
		if err != nil {
			return nil, 0, fmt.Errorf("list values: %w", err)
		}
		all[i] = Member{s, rows[i].Email, rows[i].Name, rows[i].Simulated, rows[i].Tier}
	}
	return all, total, nil
}

// ClassCounts counts the customers of each class and what they contribute.
func ClassCounts(ctx context.Context, q db.Q) (people map[Class]int, contribution map[Class]money.Amount, err error) {
	var rows []struct {
		Class Class
		N     int
		Sum   money.Amount
	}
	err = q.Query(ctx).Raw("SELECT class, count(*) AS n, CAST(sum(contribution) AS BIGINT) AS sum FROM customer_values GROUP BY class").Scan(&rows).Error
	if err != nil {
		return nil, nil, fmt.Errorf("count classes: %w", err)
	}
	people, contribution = map[Class]int{}, map[Class]money.Amount{}
	for _, r := range rows {
		people[r.Class], contribution[r.Class] = r.N, r.Sum
	}
	return people, contribution, nil
}
