package segment

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// kept is what person_facts, person_spent and person_bought hold of somebody: a
// copy of what rules ask most, short enough to ask of everybody at once. What
// the person does not allow is not in it.
type kept struct {
	row    keptRow
	spent  []keptSpent  // in order of currency
	bought []keptBought // in order of order and product
}

type keptRow struct {
	CustomerID                                               customer.ID
	JoinedAt                                                 int64
	FirstAt, LastAt, CartWorth, CartAt, CheckoutAt           sql.NullInt64
	OrderCount, CartPieces                                   sql.NullInt64
	OpenQuestions, Allowed                                   int64
	Personal, Past, Simulated                                bool
	CartCurrency, Country, Lang, Occupation, BirthDate, Zone sql.NullString
	Contact                                                  string
}

type keptSpent struct {
	CustomerID      customer.ID
	Currency        string
	OrderCount, Net int64
}

type keptBought struct {
	CustomerID customer.ID
	OrderID    int64
	ProductID  int64
	At         int64
}

var factColumns = []string{"customer_id", "joined_at", "first_at", "last_at", "cart_worth", "cart_at", "checkout_at", "order_count", "cart_pieces", "open_questions", "allowed",
	"personal", "past", "simulated", "cart_currency", "country", "lang", "occupation", "birth_date", "zone", "contact"}

func (r *keptRow) values() []any {
	return []any{int64(r.CustomerID), r.JoinedAt, r.FirstAt, r.LastAt, r.CartWorth, r.CartAt, r.CheckoutAt, r.OrderCount, r.CartPieces, r.OpenQuestions, r.Allowed,
		r.Personal, r.Past, r.Simulated, r.CartCurrency, r.Country, r.Lang, r.Occupation, r.BirthDate, r.Zone, r.Contact}
}

// consentBit is where a purpose stands in person_facts.allowed.
func consentBit(purpose string) int64 {
	return 1 << max(0, slices.Index(purposes(), purpose))
}

// What is not to be known leaves no value behind, so that two such rows are
// equal.
func number64(n int64, has bool) sql.NullInt64 {
	if !has {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: n, Valid: true}
}

func orNull(s string, may bool) sql.NullString {
	if !may || s == "" {
		return sql.NullString{}
	}
	return sql.NullString{String: s, Valid: true}
}

// keptOf makes the copy of one person's facts.
func keptOf(id customer.ID, k *Known) *kept {
	past := k.Personalized && k.History
	row := keptRow{CustomerID: id, JoinedAt: k.Joined.Milli(), OpenQuestions: k.Questions, Personal: k.Personalized, Past: past, Simulated: k.Simulated, Contact: k.Contact,
		Country: orNull(k.Country, true), Lang: orNull(k.Lang, true), Zone: orNull(k.Zone, true), Occupation: orNull(k.Occupation, k.Personalized), BirthDate: orNull(k.BirthDate, k.Personalized),
		OrderCount: number64(int64(len(k.Orders)), past), CartPieces: number64(k.Cart.Pieces, k.Personalized), CartCurrency: orNull(k.Cart.Currency, k.Cart.Pieces > 0),
		CartWorth: number64(k.Cart.Worth, k.Cart.Pieces > 0), CartAt: number64(k.Cart.Active.Milli(), !k.Cart.Active.IsZero()), CheckoutAt: number64(k.Cart.Checkout.Milli(), !k.Cart.Checkout.IsZero())}
	for _, p := range k.Consents {
		row.Allowed |= consentBit(p)
	}
	out := &kept{row: row}
	if n := len(k.Orders); n > 0 {
		out.row.FirstAt, out.row.LastAt = number64(k.Orders[0].At.Milli(), true), number64(k.Orders[n-1].At.Milli(), true)
	}
	for _, o := range k.Orders {
		i, found := slices.BinarySearchFunc(out.spent, o.Currency, func(s keptSpent, currency string) int { return cmp.Compare(s.Currency, currency) })
		if !found {
			out.spent = slices.Insert(out.spent, i, keptSpent{CustomerID: id, Currency: o.Currency})
		}
		out.spent[i].OrderCount, out.spent[i].Net = out.spent[i].OrderCount+1, out.spent[i].Net+o.Net
	}
	return out
}

// copied is what the copy has to hold of some people.
func copied(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known) (map[customer.ID]*kept, error) {
	out := make(map[customer.ID]*kept, len(all))
	for id, k := range all {
		out[id] = keptOf(id, k)
	}
	past := allowing(ids, all, true)
	if len(past) == 0 {
		return out, nil
	}
	var rows []keptBought
	err := q.Query(ctx).Raw(`SELECT o.customer_id, o.id AS order_id, l.product_id, max(o.placed_at) AS at FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty
		WHERE `+paidOrders+" AND l.product_id IS NOT NULL AND o.customer_id IN ? GROUP BY o.customer_id, o.id, l.product_id ORDER BY o.customer_id, o.id, l.product_id", past).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what customers bought: %w", err)
	}
	for _, r := range rows {
		out[r.CustomerID].bought = append(out[r.CustomerID].bought, r)
	}
	return out, nil
}

// readKept reads the copy.
func readKept(ctx context.Context, q db.Q, ids []customer.ID) (map[customer.ID]*kept, error) {
	var rows []keptRow
	if err := q.Query(ctx).Raw("SELECT * FROM person_facts WHERE customer_id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the copy of facts: %w", err)
	}
	out := make(map[customer.ID]*kept, len(rows))
	of := func(id customer.ID) *kept {
		if out[id] == nil {
			out[id] = &kept{}
		}
		return out[id]
	}
	for _, r := range rows {
		of(r.CustomerID).row = r
	}
	var spent []keptSpent
	if err := q.Query(ctx).Raw("SELECT * FROM person_spent WHERE customer_id IN ? ORDER BY customer_id, currency", ids).Scan(&spent).Error; err != nil {
		return nil, fmt.Errorf("read the copy of sums: %w", err)
	}
	for _, s := range spent {
		of(s.CustomerID).spent = append(of(s.CustomerID).spent, s)
	}
	var bought []keptBought
	if err := q.Query(ctx).Raw("SELECT * FROM person_bought WHERE customer_id IN ? ORDER BY customer_id, order_id, product_id", ids).Scan(&bought).Error; err != nil {
		return nil, fmt.Errorf("read the copy of purchases: %w", err)
	}
	for _, b := range bought {
		of(b.CustomerID).bought = append(of(b.CustomerID).bought, b)
	}
	return out, nil
}

// keepFacts brings the copy in step with the facts of some people. It belongs to
// decide, whose locks make two of them follow each other.
func keepFacts(ctx context.Context, tx *db.Tx, ids []customer.ID, all map[customer.ID]*Known) error {
	want, err := copied(ctx, tx, ids, all)
	if err != nil {
		return err
	}
	had, err := readKept(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, t := range []struct {
		table   string
		columns []string
		same    func(a, b *kept) bool
		rows    func(*kept) [][]any
	}{
		{"person_facts", factColumns, func(a, b *kept) bool { return a.row == b.row }, func(k *kept) [][]any { return [][]any{k.row.values()} }},
		{"person_spent", []string{"customer_id", "currency", "order_count", "net"}, func(a, b *kept) bool { return slices.Equal(a.spent, b.spent) }, (*kept).spentRows},
		{"person_bought", []string{"customer_id", "order_id", "product_id", "at"}, func(a, b *kept) bool { return slices.Equal(a.bought, b.bought) }, (*kept).boughtRows},
	} {
		var gone []int64
		var rows [][]any
		for _, id := range ids {
			a, b := cmp.Or(had[id], &kept{}), want[id]
			if b == nil {
				b = &kept{}
			}
			if t.same(a, b) {
				continue
			}
			if had[id] != nil {
				gone = append(gone, int64(id))
			}
			if want[id] != nil {
				rows = append(rows, t.rows(b)...)
			}
		}
		if len(gone) > 0 {
			if err := one(tx.Query(ctx).Exec("DELETE FROM "+t.table+" WHERE customer_id IN ?", gone), "write the copy of facts anew"); err != nil {
				return err
			}
		}
		if _, err := tx.Insert(ctx, t.table, t.columns, rows, false); err != nil {
			return err
		}
	}
	return nil
}

func (k *kept) spentRows() (rows [][]any) {
	for _, s := range k.spent {
		rows = append(rows, []any{int64(s.CustomerID), s.Currency, s.OrderCount, s.Net})
	}
	return rows
}

func (k *kept) boughtRows() (rows [][]any) {
	for _, b := range k.bought {
		rows = append(rows, []any{int64(b.CustomerID), b.OrderID, b.ProductID, b.At})
	}
	return rows
}

func (k *kept) equal(o *kept) bool {
	return k.row == o.row && slices.Equal(k.spent, o.spent) && slices.Equal(k.bought, o.bought)
}

// Miscopied names by their addresses the people whose copy of facts is not what
// the rows behind it say: nothing is asked of whoever waits for the next turn,
// nor before everybody was copied once.
func Miscopied(ctx context.Context, q db.Q, now time.Time) (emails []string, err error) {
	b, err := Read(ctx, q)
	if err != nil {
		return nil, err
	}
	if done, err := b.Gathered(ctx, q); err != nil || !done {
		return nil, err
	}
	waiting, err := b.waiting(ctx, q, now)
	if err != nil {
		return nil, err
	}
	err = everybody(ctx, q, func(ids []customer.ID) error {
		all, err := b.facts(ctx, q, ids, copying(needs{}), now)
		if err != nil {
			return err
		}
		want, err := copied(ctx, q, ids, all)
		if err != nil {
			return err
		}
		had, err := readKept(ctx, q, ids)
		if err != nil {
			return err
		}
		var wrong []customer.ID
		for _, id := range ids {
			if want[id] != nil && !waiting[id] && (had[id] == nil || !had[id].equal(want[id])) {
				wrong = append(wrong, id)
			}
		}
		if len(wrong) == 0 {
			return nil
		}
		var found []string
		if err := q.Query(ctx).Raw("SELECT email FROM customers WHERE id IN ? ORDER BY id", wrong).Scan(&found).Error; err != nil {
			return fmt.Errorf("name whose facts are not copied: %w", err)
		}
		emails = append(emails, found...)
		return nil
	})
	return emails, err
}

// copying are the facts that the copy needs, whatever the rules ask.
func copying(n needs) needs {
	for _, kind := range copies {
		n[kind] = true
	}
	return n
}

// shape changes when person_facts is filled in another way.
const shape = 1

// mark names what the copy was made under: how it is filled, what the bits of
// consents stand for, and the zone that days are counted in.
func (b *Book) mark() int64 {
	return int64(crc32.ChecksumIEEE(fmt.Appendf(nil, "%d %v %s", shape, purposes(), b.zone())))
}

// Gathered reports whether counts over everybody can be trusted: after an update
// of the shop or a change of its zone the first turn makes them so.
func (b *Book) Gathered(ctx context.Context, q db.Q) (bool, error) {
	at, _, err := followed(ctx, q, "facts")
	return at == b.mark(), err
}

func (b *Book) markGathered(ctx context.Context, tx *db.Tx) error {
	return one(tx.Query(ctx).Exec("INSERT INTO segment_tails (source, entry) VALUES ('facts', ?) ON CONFLICT (source) DO UPDATE SET entry = excluded.entry", b.mark()), "note that facts were copied")
}
