package person

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// Page is a part of a list with what all of it adds up to. Found is what the
// values were counted by; nil before the first count.
type Page struct {
	Rows         []Listed
	People       int
	Net          money.Amount
	Contribution money.Amount
	All          money.Amount // what everybody contributes
	AllNet       money.Amount
	Found        *value.Found
	IDs          []customer.ID // of the whole list
}

// PerPage is how many of a list stand on a page.
const PerPage = 50

// ListOf reads a list as it is by the last count of values (at zero), or as it
// was at an instant: then everything is counted from the orders, refunds,
// letters and returns until then, by the margin and the costs that are set now.
// Whoever said no to being counted, or is gone, since then is in neither.
func ListOf(ctx context.Context, q db.Q, set setting.Values, list string, at time.Time, page int, now time.Time) (*Page, error) {
	if !slices.Contains(Lists, list) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	var all []Listed
	p := &Page{}
	var err error
	if at.IsZero() {
		if p.Found, err = value.Kept(ctx, q); err != nil || p.Found == nil {
			return p, err
		}
		all, err = kept(ctx, q)
	} else {
		now = at
		var found value.Found
		all, found, err = past(ctx, q, set, at)
		p.Found = &found
	}
	if err != nil {
		return nil, err
	}
	c := cuts{lastA: p.Found.LastA, margin: set.ValueMargin()}
	before := make([]money.Amount, len(all))
	for i := range all {
		before[i], p.All, p.AllNet = all[i].NetBefore, p.All+all[i].Contribution, p.AllNet+all[i].Net
	}
	c.big = bigOf(before)
	if list == Complained {
		all, err = complained(ctx, q, set, all, at, now)
		if err != nil {
			return nil, err
		}
	} else {
		all = slices.DeleteFunc(all, func(l Listed) bool { return !c.in(list, &l) })
	}
	order(list, all)
	for i := range all {
		p.IDs, p.Net, p.Contribution = append(p.IDs, all[i].Customer), p.Net+all[i].Net, p.Contribution+all[i].Contribution
	}
	p.People = len(all)
	from := min(len(all), PerPage*(max(1, page)-1))
	p.Rows = all[from:min(len(all), from+PerPage)]
	return p, dress(ctx, q, set, list, p.Rows, at, now)
}

// kept reads what the last count found of everybody.
func kept(ctx context.Context, q db.Q) ([]Listed, error) {
	var all []Listed
	err := q.Query(ctx).Raw(`SELECT v.customer_id AS customer, v.class, v.recency, v.frequency, v.departments, v.net, v.net_before, v.net_ever, v.contribution, v.spending, v.alive / 10000.0 AS alive
		FROM customer_values v WHERE v.customer_id NOT IN (SELECT customer_id FROM consents WHERE purpose IN ('personalize','history') AND given = FALSE)`).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read values: %w", err)
	}
	return all, nil
}

// past counts everybody's values as of an instant.
func past(ctx context.Context, q db.Q, set setting.Values, at time.Time) ([]Listed, value.Found, error) {
	scores, found, err := value.All(ctx, q, set, at)
	all := make([]Listed, len(scores))
	for i, s := range scores {
		all[i] = Listed{Customer: s.Customer, Class: s.Class, Recency: s.Recency, Frequency: s.Frequency, Departments: s.Departments, Net: s.Net, NetBefore: s.NetBefore, NetEver: s.NetEver,
			Contribution: s.Contribution, Spending: s.Spending, Alive: s.Alive}
	}
	return all, found, err
}

// counted is how often somebody wrote, and sent something back.
type counted struct {
	ID               customer.ID
	Letters, Returns int
}

// troubles counts the letters and returns of the 365 days before an instant:
// of everybody with at least so many of both, or of some people.
func troubles(ctx context.Context, q db.Q, ids []customer.ID, least int, now time.Time) ([]counted, error) {
	from := db.At(now.AddDate(0, 0, -value.Window))
	const sql = `SELECT id, CAST(sum(letter) AS BIGINT) AS letters, CAST(sum(back) AS BIGINT) AS returns FROM (
		SELECT customer_id AS id, 1 AS letter, 0 AS back FROM questions WHERE customer_id IS NOT NULL AND kind = 'contact' AND created_at > ? AND created_at <= ?
		UNION ALL SELECT o.customer_id, 0, 1 FROM returns r JOIN orders o ON o.id = r.order_id WHERE o.customer_id IS NOT NULL AND r.state <> 'refused' AND r.asked_at > ? AND r.asked_at <= ?) x`
	args := []any{from, db.At(now), from, db.At(now)}
	where := ""
	if ids != nil {
		where, args = " WHERE id IN ?", append(args, ids)
	}
	var rows []counted
	if err := q.Query(ctx).Raw(sql+where+" GROUP BY id HAVING count(*) >= ?", append(args, least)...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count letters and returns: %w", err)
	}
	return rows, nil
}

// complained are those of class A, and the very loyal, who wrote or sent back
// again and again.
func complained(ctx context.Context, q db.Q, set setting.Values, all []Listed, at, now time.Time) ([]Listed, error) {
	rows, err := troubles(ctx, q, nil, Complaints, now)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	worth := make(map[customer.ID]*Listed, len(all))
	for i := range all {
		worth[all[i].Customer] = &all[i]
	}
	var found []Listed
	for _, r := range rows {
		l := Listed{Customer: r.ID}
		if w := worth[r.ID]; w != nil {
			l = *w
		}
		l.Letters, l.Returns = r.Letters, r.Returns
		found = append(found, l)
	}
	if err := tiers(ctx, q, set, found, at); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(l Listed) bool { return l.Class != value.ClassA && l.Tier != value.VeryLoyal }), nil
}

// tiers fills in the tier of each: as kept, or as it was at an instant.
func tiers(ctx context.Context, q db.Q, set setting.Values, rows []Listed, at time.Time) error {
	ids := make([]customer.ID, len(rows))
	for i := range rows {
		ids[i], rows[i].Tier = rows[i].Customer, value.Occasional
	}
	if at.IsZero() {
		for part := range slices.Chunk(rows, 1000) {
			var has []struct {
				ID   customer.ID
				Tier value.Tier
			}
			if err := q.Query(ctx).Raw("SELECT customer_id AS id, tier FROM customer_tiers WHERE customer_id IN ?", idsOf(part)).Scan(&has).Error; err != nil {
				return fmt.Errorf("read tiers: %w", err)
			}
			for _, h := range has {
				for i := range part {
					if part[i].Customer == h.ID {
						part[i].Tier = h.Tier
					}
				}
			}
		}
		return nil
	}
	for i := range rows {
		f, err := value.FactsOf(ctx, q, set, ids[i], at)
		if err != nil {
			return err
		}
		rows[i].Tier = f.At(at).Tier
	}
	return nil
}

func idsOf(rows []Listed) []customer.ID {
	ids := make([]customer.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].Customer
	}
	return ids
}

// dress fills in of a page who it is, and what its list gives as the reason.
func dress(ctx context.Context, q db.Q, set setting.Values, list string, rows []Listed, at, now time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	ids := idsOf(rows)
	var people []struct {
		ID                  customer.ID
		Number, Email, Name string
		Simulated           bool
	}
	if err := q.Query(ctx).Raw("SELECT id, number, email, name, simulated FROM customers WHERE id IN ?", ids).Scan(&people).Error; err != nil {
		return fmt.Errorf("read who is in a list: %w", err)
	}
	said, err := troubles(ctx, q, ids, 1, now)
	if err != nil {
		return err
	}
	var gaps map[customer.ID][]value.Gap
	if list == Narrow {
		if gaps, err = value.Missing(ctx, q, ids, 3); err != nil {
			return err
		}
	}
	for i := range rows {
		r := &rows[i]
		for _, k := range people {
			if k.ID == r.Customer {
				r.Number, r.Email, r.Name, r.Simulated = k.Number, k.Email, k.Name, k.Simulated
			}
		}
		for _, s := range said {
			if s.ID == r.Customer {
				r.Letters, r.Returns = s.Letters, s.Returns
			}
		}
		r.Misses = gaps[r.Customer]
	}
	return tiers(ctx, q, set, rows, at)
}

// Goal is who answers for a list, how many people it is to hold, and by which
// day (of the shop).
type Goal struct {
	List      string
	OwnerID   int64
	Target    int
	Until     string
	UpdatedAt db.Time
}

// GoalOf reads the goal of a list; an empty one if none was set.
func GoalOf(ctx context.Context, q db.Q, list string) (Goal, error) {
	g := Goal{List: list}
	if err := q.Query(ctx).Raw("SELECT list, owner_id, target, until, updated_at FROM list_goals WHERE list = ?", list).Scan(&g).Error; err != nil {
		return g, fmt.Errorf("read the goal of %s: %w", list, err)
	}
	return g, nil
}

// SetGoal keeps the goal of a list.
func SetGoal(ctx context.Context, tx *db.Tx, g Goal, now time.Time) error {
	var form fault.Form
	if !slices.Contains(Lists, g.List) {
		return fault.New(fault.NotFound, "error.not-found")
	}
	if g.Target < 0 || g.Target > 1_000_000 {
		form.Wrong("target", "person.goal.target")
	}
	if _, err := time.Parse(time.DateOnly, g.Until); g.Until != "" && err != nil {
		form.Wrong("until", "person.goal.until")
	}
	if err := form.Err(); err != nil {
		return err
	}
	err := tx.Query(ctx).Exec(`INSERT INTO list_goals (list, owner_id, target, until, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (list) DO UPDATE SET owner_id = excluded.owner_id, target = excluded.target, until = excluded.until, updated_at = excluded.updated_at`,
		g.List, g.OwnerID, g.Target, g.Until, db.At(now)).Error
	if err != nil {
		return fmt.Errorf("keep the goal of %s: %w", g.List, err)
	}
	return nil
}
