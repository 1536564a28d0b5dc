package segment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// ideaPeople is about how many buyers are looked at: more change no judgement
// that is worth a segment, and cost time.
const ideaPeople = 20_000

// backDays is how long ago a purchase must lie to ask who came back since.
const backDays = 180

type buyer struct {
	CustomerID customer.ID
	OrderCount int
	Net        int64
	Pays       bool // has paid in the currency that is looked at
	Occupation string
	Country    string
	Lang       string
}

// Ideas looks for groups that differ: by what people told, alone and in pairs,
// in whether they ordered again and in what they spent; and by shelf, in whether
// who bought there came back since. The same rows give the same ideas. Left out
// is what is a segment already and what staff answered. simulated says that
// simulated people are among those looked at.
func (b *Book) Ideas(ctx context.Context, q db.Q, currency money.Currency, now time.Time) (ideas []Idea, simulated bool, err error) {
	all, middle, simulated, err := tellers(ctx, q, currency)
	if err != nil {
		return nil, false, err
	}
	shelves, err := b.shelvesBought(ctx, q, now)
	if err != nil {
		return nil, false, err
	}
	var answered []string
	if err := q.Query(ctx).Raw("SELECT idea FROM segment_ideas").Scan(&answered).Error; err != nil {
		return nil, false, fmt.Errorf("read which ideas were answered: %w", err)
	}
	for _, s := range b.Segments {
		if s.live() {
			answered = append(answered, s.Rule.String())
		}
	}
	ideas = slices.DeleteFunc(judge(append(all, shelves...)), func(i Idea) bool {
		return slices.Contains(answered, i.Key()) || b.Check(Segment{Key: "idea", Rule: i.Rule, Purpose: Audience}) != nil
	})
	ideas = ideas[:min(len(ideas), mostIdeas)]
	for i := range ideas {
		ideas[i].Middle = middle
	}
	return ideas, simulated, nil
}

// tellers tallies buyers by what they told. Only who allows personal pages and the
// use of history is among them: of others the copy holds no orders.
func tellers(ctx context.Context, q db.Q, currency money.Currency) (all []candidate, middle int64, simulated bool, err error) {
	var total struct{ N, Simulated int }
	if err := q.Query(ctx).Raw("SELECT count(*) AS n, coalesce(sum(CASE WHEN simulated THEN 1 ELSE 0 END), 0) AS simulated FROM person_facts WHERE order_count >= 1").Scan(&total).Error; err != nil {
		return nil, 0, false, fmt.Errorf("count buyers: %w", err)
	}
	each := max(1, (total.N+ideaPeople-1)/ideaPeople)
	var buyers []buyer
	err = q.Query(ctx).Raw(`SELECT f.customer_id, f.order_count, coalesce(s.net, 0) AS net, s.customer_id IS NOT NULL AS pays, coalesce(f.occupation, '') AS occupation, coalesce(f.country, '') AS country, coalesce(f.lang, '') AS lang
		FROM person_facts f LEFT JOIN person_spent s ON s.currency = ? AND s.customer_id = f.customer_id WHERE f.order_count >= 1 AND f.customer_id % ? = 0 ORDER BY f.customer_id`, string(currency), each).Scan(&buyers).Error
	if err != nil {
		return nil, 0, false, fmt.Errorf("read buyers: %w", err)
	}
	var tiles []struct {
		CustomerID  customer.ID
		Kind, Value string
	}
	err = q.Query(ctx).Raw(`SELECT i.customer_id, i.kind, i.value FROM interests i JOIN person_facts f ON f.customer_id = i.customer_id WHERE i.source = 'said' AND f.order_count >= 1 AND f.customer_id % ? = 0
		ORDER BY i.customer_id, i.kind, i.value`, each).Scan(&tiles).Error
	if err != nil {
		return nil, 0, false, fmt.Errorf("read what buyers told: %w", err)
	}
	type fact struct{ kind, value string }
	of := map[customer.ID][]fact{}
	for _, t := range tiles {
		of[t.CustomerID] = append(of[t.CustomerID], fact{t.Kind, t.Value})
	}
	if len(buyers) == 0 {
		return nil, 0, false, nil
	}
	var sums []int64
	for _, p := range buyers {
		if p.Pays {
			sums = append(sums, p.Net)
		}
	}
	if slices.Sort(sums); len(sums) > 0 {
		middle = sums[len(sums)/2]
	}
	for _, measure := range []struct {
		name string
		so   func(*buyer) bool
	}{{AgainMeasure, func(p *buyer) bool { return p.OrderCount >= 2 }}, {SpentMeasure, func(p *buyer) bool { return p.Net > middle }}} {
		var everybody tally
		single, pair := map[fact]tally{}, map[[2]fact]tally{}
		for i := range buyers {
			p := &buyers[i]
			if measure.name == SpentMeasure && !p.Pays { // another currency is not less money
				continue
			}
			facts := slices.Clone(of[p.CustomerID])
			for _, f := range []fact{{"occupation", p.Occupation}, {"country", p.Country}, {"language", p.Lang}} {
				if f.value != "" {
					facts = append(facts, f)
				}
			}
			so := measure.so(p)
			everybody.add(so)
			for i, f := range facts {
				t := single[f]
				t.add(so)
				single[f] = t
				for _, g := range facts[i+1:] {
					t := pair[[2]fact{f, g}]
					t.add(so)
					pair[[2]fact{f, g}] = t
				}
			}
		}
		for f, in := range single {
			all = append(all, candidate{allOf(saidClause(f.kind, f.value)), measure.name, nil, in, everybody.without(in)})
		}
		for f, in := range pair {
			x, y := saidClause(f[0].kind, f[0].value), saidClause(f[1].kind, f[1].value)
			all = append(all, candidate{allOf(x, y), measure.name, []string{allOf(x).String(), allOf(y).String()}, in, everybody.without(in)})
		}
	}
	slices.SortFunc(all, func(x, y candidate) int { // halves first
		return cmp.Or(cmp.Compare(len(x.parts), len(y.parts)), cmp.Compare(x.rule.String(), y.rule.String()), cmp.Compare(x.measure, y.measure))
	})
	return all, middle, total.Simulated > 0, nil
}

// shelvesBought tallies, of who bought anything half a year ago or before, who
// ordered since, by the shelves they had bought from by then.
func (b *Book) shelvesBought(ctx context.Context, q db.Q, now time.Time) (all []candidate, err error) {
	cut := db.At(now.AddDate(0, 0, -backDays))
	var everybody struct{ N, Again int }
	if err := q.Query(ctx).Raw("SELECT count(*) AS n, coalesce(sum(CASE WHEN last_at > ? THEN 1 ELSE 0 END), 0) AS again FROM person_facts WHERE first_at <= ?", cut, cut).Scan(&everybody).Error; err != nil {
		return nil, fmt.Errorf("count earlier buyers: %w", err)
	}
	var rows []struct {
		CategoryID catalog.CategoryID
		N, Again   int
	}
	err = q.Query(ctx).Raw(`SELECT category_id, count(*) AS n, sum(again) AS again FROM (SELECT p.category_id, x.customer_id, CASE WHEN f.last_at > ? THEN 1 ELSE 0 END AS again FROM person_bought x
		JOIN products p ON p.id = x.product_id AND p.sensitive = FALSE JOIN person_facts f ON f.customer_id = x.customer_id WHERE x.at <= ? AND p.category_id IS NOT NULL
		GROUP BY p.category_id, x.customer_id, f.last_at) y GROUP BY category_id ORDER BY category_id`, cut, cut).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count who came back by shelf: %w", err)
	}
	for _, r := range rows {
		k, ok := b.Tree.ByID(r.CategoryID)
		if !ok || b.sensitive[r.CategoryID] || len(b.Tree.Children(r.CategoryID)) > 0 { // a rule about it would hold more people
			continue
		}
		in := tally{r.N, r.Again}
		rule := allOf(Item{Clause: &Clause{Field: "bought", Op: AtLeast, Values: []string{"1"}, Where: []Filter{{"category", []string{k.Slug}}}}})
		all = append(all, candidate{rule, BackMeasure, nil, in, tally{everybody.N, everybody.Again}.without(in)})
	}
	return all, nil
}

// Answer remembers what staff said to an idea: it is not suggested again. The
// first answer stands.
func Answer(ctx context.Context, tx *db.Tx, idea, answer, by string, now time.Time) error {
	r, wrong := Parse(idea)
	if wrong != nil || answer != "adopted" && answer != "dismissed" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	return one(tx.Query(ctx).Exec("INSERT INTO segment_ideas (idea, answer, staff, at) VALUES (?, ?, ?, ?) ON CONFLICT (idea) DO NOTHING", r.String(), answer, by, db.At(now)), "remember what was said to an idea")
}
