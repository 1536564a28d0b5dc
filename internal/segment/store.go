package segment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

var changes db.Changes

// Live is List for the pages that ask over and over: a change shows at the next
// view in this process and within a second in others.
type Live struct{ kept db.Kept[[]Segment] }

// List is the function List. What it returns is shared: nobody may change it.
func (l *Live) List(ctx context.Context, q db.Q) ([]Segment, error) {
	return l.kept.Get(&changes, func() ([]Segment, error) { return List(ctx, q) })
}

// List returns every segment in order of position.
func List(ctx context.Context, q db.Q) ([]Segment, error) {
	var all []Segment
	if err := q.Query(ctx).Order("position, key").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	return all, nil
}

var facts = []string{"occupation", "life", "interest", "hobby", "for", "bought"}

// Put keeps a segment as given.
func Put(ctx context.Context, tx *db.Tx, s Segment) error {
	var form fault.Form
	if s.Key == "" || len(s.Key) > 40 {
		form.Wrong("key", "segment.key.invalid")
	}
	for _, c := range s.Rule.Any {
		if !slices.Contains(facts, c.Fact) || c.Is == "" || c.AtLeast < 0 || c.Days < 0 {
			form.Wrong("rule", "segment.rule.invalid", "fact", c.Fact)
		}
	}
	if s.Key == Default && len(s.Rule.Any) > 0 {
		form.Wrong("rule", "segment.rule.default")
	}
	if err := form.Err(); err != nil {
		return err
	}
	changes.Announce()
	if err := tx.Query(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "key"}}, UpdateAll: true}).Create(&s).Error; err != nil {
		return fmt.Errorf("put segment %s: %w", s.Key, err)
	}
	return nil
}

// Of decides for whoever is asking. The reason is empty for Default, so that a
// page without personal parts is the same for everybody.
func Of(ctx context.Context, q db.Q, p *customer.Person, now time.Time) (Segment, i18n.Text, error) {
	all, err := List(ctx, q)
	if err != nil {
		return Segment{}, i18n.Text{}, err
	}
	known, err := KnownOf(ctx, q, all, p, now)
	if err != nil {
		return Segment{}, i18n.Text{}, err
	}
	key, reason := Decide(all, known)
	for _, s := range all {
		if s.Key == key {
			return s, reason, nil
		}
	}
	return Segment{Key: Default}, i18n.Text{}, nil
}

// KnownOf reads what segments may look at of whoever is asking: nothing of
// strangers and of who does not let pages be personal, and purchases only
// where one of the segments asks for them and the person lets them be used.
func KnownOf(ctx context.Context, q db.Q, segments []Segment, p *customer.Person, now time.Time) (Known, error) {
	if !p.SignedIn() || !p.Personalized() {
		return Known{Now: now}, nil
	}
	known := Known{Personalized: true, Occupation: p.Customer.Occupation, Interests: p.Interests, Now: now}
	if p.MayUseHistory() && asksBought(segments) {
		bought, err := readBought(ctx, q, p.CustomerID())
		if err != nil {
			return Known{}, err
		}
		known.Bought = bought[p.CustomerID()]
	}
	return known, nil
}

func asksBought(all []Segment) bool {
	return slices.ContainsFunc(all, func(s Segment) bool {
		return slices.ContainsFunc(s.Rule.Any, func(c Condition) bool { return c.Fact == "bought" })
	})
}

// Facts reads what a decision about one customer may look at, by the same
// queries as a rebuild.
func Facts(ctx context.Context, q db.Q, id customer.ID, now time.Time) (Known, error) {
	all, err := readFacts(ctx, q, id, true, now)
	if err != nil {
		return Known{}, err
	}
	if k, ok := all[id]; ok {
		return *k, nil
	}
	return Known{Now: now}, nil
}

// readFacts reads, in three queries, what is known of one customer, or of all
// (id 0) who let pages be personal. Nothing is read of the others.
func readFacts(ctx context.Context, q db.Q, id customer.ID, bought bool, now time.Time) (map[customer.ID]*Known, error) {
	var people []struct {
		ID         customer.ID
		Occupation string
	}
	only, args := justOne("c.id", id)
	err := q.Query(ctx).Raw(`SELECT c.id, c.occupation FROM customers c
		JOIN consents s ON s.customer_id = c.id AND s.purpose = 'personalize' AND s.given = TRUE
		WHERE c.erased_at = 0`+only, args...).Scan(&people).Error
	if err != nil {
		return nil, fmt.Errorf("read facts about customers: %w", err)
	}
	all := make(map[customer.ID]*Known, len(people))
	for _, p := range people {
		all[p.ID] = &Known{Personalized: true, Occupation: p.Occupation, Now: now}
	}
	if len(all) == 0 {
		return all, nil
	}
	var interests []customer.Interest
	only, args = justOne("customer_id", id)
	err = q.Query(ctx).Raw("SELECT customer_id, kind, value, source, at FROM interests WHERE source = 'said'"+only+
		" ORDER BY customer_id, kind, value", args...).Scan(&interests).Error
	if err != nil {
		return nil, fmt.Errorf("read interests: %w", err)
	}
	for _, i := range interests {
		if k := all[i.CustomerID]; k != nil {
			k.Interests = append(k.Interests, i)
		}
	}
	if !bought {
		return all, nil
	}
	days, err := readBought(ctx, q, id)
	if err != nil {
		return nil, err
	}
	for who, b := range days {
		if k := all[who]; k != nil {
			k.Bought = b
		}
	}
	return all, nil
}

// readBought reads the days on which customers (one, or all for 0) who let
// their history be used paid for something, by department. Sensitive goods
// are never a trait of anybody, whatever the consent.
func readBought(ctx context.Context, q db.Q, id customer.ID) (map[customer.ID][]Bought, error) {
	var rows []struct {
		CustomerID customer.ID
		Code       string
		Name       i18n.Text
		Day        int64 // days since 1970, UTC
	}
	only, args := justOne("o.customer_id", id)
	err := q.Query(ctx).Raw(`WITH RECURSIVE under (id, code, name) AS (
			SELECT id, code, name FROM categories WHERE parent_id IS NULL
			UNION ALL SELECT c.id, under.code, under.name FROM categories c JOIN under ON c.parent_id = under.id)
		SELECT o.customer_id, under.code, under.name, o.placed_at / 86400000 AS day
		FROM orders o
		JOIN consents h ON h.customer_id = o.customer_id AND h.purpose = 'history' AND h.given = TRUE
		JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty
		JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE
		JOIN under ON under.id = p.category_id
		WHERE o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded')`+only+`
		GROUP BY o.customer_id, under.code, under.name, o.placed_at / 86400000
		ORDER BY o.customer_id, under.code, day`, args...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what customers bought: %w", err)
	}
	all := map[customer.ID][]Bought{}
	for _, r := range rows {
		mine := all[r.CustomerID]
		if len(mine) == 0 || mine[len(mine)-1].Department != r.Code {
			mine = append(mine, Bought{Department: r.Code, Name: r.Name})
		}
		last := &mine[len(mine)-1]
		last.Days = append(last.Days, time.Unix(r.Day*86400, 0).UTC())
		all[r.CustomerID] = mine
	}
	return all, nil
}

// justOne narrows a query to one customer, or to none in particular for 0. Two
// texts, not one with "? = 0 OR", so that the one customer is found by index.
func justOne(column string, id customer.ID) (string, []any) {
	if id == 0 {
		return "", nil
	}
	return " AND " + column + " = ?", []any{int64(id)}
}

// member is where a customer was put, and since when.
type member struct {
	CustomerID customer.ID
	Segment    string
	Reason     i18n.Text
	Since      db.Time
}

// Refresh decides one customer again, after they changed what we know or may
// use. Default leaves no row.
func Refresh(ctx context.Context, tx *db.Tx, id customer.ID, now time.Time) error {
	return decide(ctx, tx, id, now)
}

// Forget takes a person out of their segment.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	if err := tx.Query(ctx).Exec("DELETE FROM segment_members WHERE customer_id = ?", int64(id)).Error; err != nil {
		return fmt.Errorf("take customer %d out of their segment: %w", id, err)
	}
	return nil
}

// Rebuild decides everybody again, to the same rows as the single decisions
// gave. Who stays in a segment keeps the day they came in.
func Rebuild(ctx context.Context, tx *db.Tx, now time.Time) error {
	return decide(ctx, tx, 0, now)
}

func decide(ctx context.Context, tx *db.Tx, id customer.ID, now time.Time) error {
	segments, err := List(ctx, tx)
	if err != nil {
		return err
	}
	known, err := readFacts(ctx, tx, id, asksBought(segments), now)
	if err != nil {
		return err
	}
	var had []member
	only, args := justOne("customer_id", id)
	err = tx.Query(ctx).Raw("SELECT customer_id, segment, reason, since FROM segment_members WHERE 1 = 1"+only, args...).Scan(&had).Error
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	want := make(map[customer.ID]member, len(known))
	for who, k := range known {
		if key, reason := Decide(segments, *k); key != Default {
			want[who] = member{who, key, reason, db.At(now)}
		}
	}
	var gone []int64
	for _, m := range had {
		w, ok := want[m.CustomerID]
		if ok && w.Segment == m.Segment {
			if w.Reason == m.Reason {
				delete(want, m.CustomerID)
				continue
			}
			w.Since = m.Since
			want[m.CustomerID] = w
		}
		gone = append(gone, int64(m.CustomerID))
	}
	slices.Sort(gone)
	for chunk := range slices.Chunk(gone, 500) {
		if err := tx.Query(ctx).Exec("DELETE FROM segment_members WHERE customer_id IN ?", chunk).Error; err != nil {
			return fmt.Errorf("drop members: %w", err)
		}
	}
	ids := make([]customer.ID, 0, len(want))
	for who := range want {
		ids = append(ids, who)
	}
	slices.Sort(ids)
	rows := make([][]any, len(ids))
	for i, who := range ids {
		m := want[who]
		reason, err := m.Reason.Value()
		if err != nil {
			return fmt.Errorf("write a reason: %w", err)
		}
		rows[i] = []any{int64(who), m.Segment, reason, m.Since.Milli()}
	}
	// Two refreshes of one person at once write the same row; the second may
	// pass over it.
	_, err = tx.Insert(ctx, "segment_members", []string{"customer_id", "segment", "reason", "since"}, rows, true)
	return err
}

// Counts returns how many customers each segment holds.
func Counts(ctx context.Context, q db.Q) (map[string]int, error) {
	var rows []struct {
		Segment string
		N       int
	}
	if err := q.Query(ctx).Raw("SELECT segment, count(*) AS n FROM segment_members GROUP BY segment").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count members: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Segment] = r.N
	}
	return counts, nil
}
