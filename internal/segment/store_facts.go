package segment

import (
	"context"
	"fmt"
	"slices"

	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/setting"
)

// Read reads all segments with what their rules name.
func Read(ctx context.Context, q db.Q) (*Book, error) {
	all, err := List(ctx, q)
	if err != nil {
		return nil, err
	}
	return readBook(ctx, q, all)
}

func readBook(ctx context.Context, q db.Q, all []Segment) (*Book, error) {
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return nil, err
	}
	set, err := setting.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	b := NewBook(all, tree)
	b.Zone = set.Zone()
	var ids []catalog.CategoryID
	if err := q.Query(ctx).Raw("SELECT DISTINCT category_id FROM products WHERE sensitive = TRUE AND category_id IS NOT NULL").Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("read sensitive shelves: %w", err)
	}
	b.sensitive = map[catalog.CategoryID]bool{}
	for _, id := range ids {
		b.sensitive[id] = true
	}
	return b, nil
}

// needs are the kinds of facts that rules ask for, by the name of their rows;
// nothing else is read about anybody.
type needs map[string]bool

// needs are those of the live segments that want reports true of, of the
// segments these name, and of every exclusion.
func (b *Book) needs(want func(*Segment) bool) needs {
	n, seen := needs{}, map[string]bool{}
	var take func(s *Segment)
	take = func(s *Segment) {
		if seen[s.Key] || !s.live() {
			return
		}
		seen[s.Key] = true
		s.Rule.Clauses(func(c *Clause) { n.clause(c) })
		for _, key := range s.Rule.names() {
			if i := b.index(key); i >= 0 {
				take(&b.Segments[i])
			}
		}
	}
	for i := range b.Segments {
		if s := &b.Segments[i]; want(s) || s.Purpose == Exclusion {
			take(s)
		}
	}
	return n
}

// copies are the kinds that the copy of facts needs, whatever the rules ask.
var copies = []string{"orders", "cart", "questions-open"}

func (n needs) clause(c *Clause) {
	for _, key := range []string{c.Field, thenField(c)} {
		f := FieldOf(key)
		switch {
		case f == nil:
		case f.Kind == DeedKind:
			n[f.deed.name] = true
		case f.Table != "":
			n["field:"+f.Key] = true
		case f.Group == "orders":
			n["orders"] = true
		case f.Group == "cart":
			n["cart"] = true
		case f.Kind == SetKind && f.Group == "person" && key != "consent":
			n["said"] = true
		default:
			n[key] = true
		}
		if f != nil && f.Gate == Past {
			n["past"] = true
		}
		if key == "age" || key == "birthday" || c.Op == Before || c.Op == After || f != nil && f.Kind == DeedKind && f.deed.name == bought.name {
			n["zone"] = true
		}
	}
	for _, w := range c.Where {
		if w.By == "category" || w.By == "department" {
			n["tree"] = true
		}
	}
	if c.Then != nil {
		n.clause(&Clause{Field: c.Then.Field, Where: c.Then.Where})
	}
}

func thenField(c *Clause) string {
	if c.Then == nil {
		return ""
	}
	return c.Then.Field
}

// Facts reads what a decision about one customer may look at, by the same
// queries as a rebuild.
func Facts(ctx context.Context, q db.Q, id customer.ID, now time.Time) (Known, error) {
	b, err := Read(ctx, q)
	if err != nil {
		return Known{}, err
	}
	return b.Facts(ctx, q, id, now)
}

// Facts are those of one customer.
func (b *Book) Facts(ctx context.Context, q db.Q, id customer.ID, now time.Time) (Known, error) {
	all, err := b.facts(ctx, q, []customer.ID{id}, b.needs(func(*Segment) bool { return true }), now)
	if k := all[id]; err == nil && k != nil {
		k.in, _ = b.Members(k)
		return *k, nil
	}
	return Known{Now: now.In(b.zone()), book: b}, err
}

// facts reads the facts of some customers, a query for each kind needed.
// Erased people have none.
func (b *Book) facts(ctx context.Context, q db.Q, ids []customer.ID, n needs, now time.Time) (map[customer.ID]*Known, error) {
	var people []customer.Customer
	err := q.Query(ctx).Raw("SELECT id, occupation, birth_date, lang, country, zone, contact, simulated, created_at FROM customers WHERE erased_at = 0 AND id IN ?", ids).Scan(&people).Error
	if err != nil {
		return nil, fmt.Errorf("read facts about customers: %w", err)
	}
	all := make(map[customer.ID]*Known, len(people))
	for i := range people {
		k := &Known{Now: now.In(b.zone()), book: b}
		k.account(&people[i])
		all[people[i].ID] = k
	}
	var consents []customer.Consent
	if err := q.Query(ctx).Raw("SELECT customer_id, purpose FROM consents WHERE given = TRUE AND customer_id IN ? ORDER BY customer_id, purpose", ids).Scan(&consents).Error; err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	for _, c := range consents {
		if k := all[c.CustomerID]; k != nil {
			k.Consents = append(k.Consents, string(c.Purpose))
			k.Personalized = k.Personalized || c.Purpose == customer.Personalize
			k.History = k.History || c.Purpose == customer.History
		}
	}
	if n["said"] {
		if err := saidTiles(ctx, q, ids, all); err != nil {
			return nil, err
		}
	}
	return all, deeds(ctx, q, ids, all, n)
}

func (k *Known) account(c *customer.Customer) {
	k.Occupation, k.BirthDate, k.Lang, k.Country, k.Zone, k.Contact, k.Joined = c.Occupation, c.BirthDate, string(c.Lang), c.Country, c.Zone, c.Contact, c.CreatedAt
	k.Simulated = c.Simulated
}

// say keeps a tile that the person chose: inferred facts never put anybody
// into a segment, since the sentence says "you told us", and it must be so.
func (k *Known) say(i customer.Interest) {
	if i.Source != "said" {
		return
	}
	if k.Said == nil {
		k.Said = map[string][]string{}
	}
	k.Said[i.Kind] = append(k.Said[i.Kind], i.Value)
}

func saidTiles(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known) error {
	var tiles []customer.Interest
	err := q.Query(ctx).Raw("SELECT customer_id, kind, value, source FROM interests WHERE source = 'said' AND customer_id IN ? ORDER BY customer_id, kind, value", ids).Scan(&tiles).Error
	if err != nil {
		return fmt.Errorf("read interests: %w", err)
	}
	for _, t := range tiles {
		if k := all[t.CustomerID]; k != nil {
			k.say(t)
		}
	}
	return nil
}

// allowing narrows ids to those whose facts pass a gate.
func allowing(ids []customer.ID, all map[customer.ID]*Known, past bool) []customer.ID {
	return slices.DeleteFunc(slices.Clone(ids), func(id customer.ID) bool {
		k := all[id]
		return k == nil || !k.Personalized || past && !k.History
	})
}

// deeds reads what people did and have. Nothing is read of who does not allow
// it.
func deeds(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known, n needs) error {
	past, personal := allowing(ids, all, true), allowing(ids, all, false)
	if n["orders"] {
		if err := paid(ctx, q, past, all); err != nil {
			return err
		}
	}
	for _, d := range []*deedSource{&bought, &ordered, &returned, &viewed, &searched} {
		who := past
		if d == &viewed || d == &searched {
			who = personal
		}
		if n[d.name] {
			if err := d.read(ctx, q, who, all); err != nil {
				return err
			}
		}
	}
	if n["cart"] {
		if err := carted(ctx, q, personal, all); err != nil {
			return err
		}
	}
	if n["questions-open"] {
		err := each(ctx, q, ids, "SELECT customer_id, count(*) AS n FROM questions WHERE answered_at = 0 AND customer_id IN ? GROUP BY customer_id", func(id customer.ID, n int64, _ string) {
			if k := all[id]; k != nil {
				k.Questions = n
			}
		})
		if err != nil {
			return err
		}
	}
	if n["trait"] {
		err := each(ctx, q, past, "SELECT customer_id, trait AS t FROM customer_traits WHERE deleted_at = 0 AND customer_id IN ? ORDER BY customer_id, trait", func(id customer.ID, _ int64, t string) {
			all[id].Traits = append(all[id].Traits, t)
		})
		if err != nil {
			return err
		}
	}
	return registered(ctx, q, ids, all, n)
}

// registered reads the fields that other nouns count, one row a customer.
func registered(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known, n needs) error {
	for _, f := range fields {
		if f.Table == "" || !n["field:"+f.Key] {
			continue
		}
		column := f.Column + " AS n"
		if f.Kind == TextKind {
			column = f.Column + " AS t"
		}
		err := each(ctx, q, ids, "SELECT customer_id, "+column+" FROM "+f.Table+" WHERE "+f.Column+" IS NOT NULL AND customer_id IN ?", func(id customer.ID, n int64, t string) {
			k := all[id]
			if k == nil || f.Kind == TextKind && t == "" {
				return
			}
			if k.More == nil {
				k.More = map[string]value{}
			}
			k.More[f.Key] = value{t, n}
		})
		if err != nil {
			return err
		}
		for _, k := range all {
			if _, has := k.More[f.Key]; !has && f.Sure {
				if k.More == nil {
					k.More = map[string]value{}
				}
				k.More[f.Key] = value{}
			}
		}
	}
	return nil
}

func each(ctx context.Context, q db.Q, ids []customer.ID, sql string, visit func(id customer.ID, n int64, t string)) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		CustomerID customer.ID
		N          int64
		T          string
	}
	if err := q.Query(ctx).Raw(sql, ids).Scan(&rows).Error; err != nil {
		return fmt.Errorf("read facts about customers: %w", err)
	}
	for _, r := range rows {
		visit(r.CustomerID, r.N, r.T)
	}
	return nil
}

func paid(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		CustomerID customer.ID
		PlacedAt   db.Time
		Currency   string
		Net        int64
	}
	err := q.Query(ctx).Raw(`SELECT o.customer_id, o.placed_at, o.currency, o.total - coalesce((SELECT sum(p.refunded) FROM payments p WHERE p.order_id = o.id), 0) AS net
		FROM orders o WHERE `+paidOrders+" AND o.customer_id IN ? ORDER BY o.customer_id, o.placed_at, o.id", ids).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read what customers spent: %w", err)
	}
	for _, r := range rows {
		all[r.CustomerID].Orders = append(all[r.CustomerID].Orders, Paid{r.PlacedAt, r.Net, r.Currency})
	}
	return nil
}

func carted(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		CustomerID customer.ID
		Carted
		ActiveAt, CheckoutAt db.Time
	}
	err := q.Query(ctx).Raw(openCarts+" AND t.customer_id IN ? GROUP BY t.customer_id, t.currency, t.active_at, t.checkout_at", ids).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read open carts: %w", err)
	}
	for _, r := range rows {
		r.Carted.Active, r.Carted.Checkout = r.ActiveAt, r.CheckoutAt
		all[r.CustomerID].Cart = r.Carted
	}
	return nil
}

// read reads the rows of one kind of deed. Sensitive goods are no deed at all,
// whatever the consent.
func (d *deedSource) read(ctx context.Context, q db.Q, ids []customer.ID, all map[customer.ID]*Known) error {
	if len(ids) == 0 {
		return nil
	}
	what := d.who + " AS customer_id, " + d.at + " AS done, " + d.one + " AS one"
	if d.goods {
		what += ", p.code AS product, p.brand AS brand, coalesce(p.category_id, 0) AS category"
	}
	var rows []struct {
		CustomerID     customer.ID
		Done, One      int64
		Product, Brand string
		Category       catalog.CategoryID
	}
	if err := q.Query(ctx).Raw("SELECT "+what+" "+d.rows+" AND "+d.who+" IN ?", ids).Scan(&rows).Error; err != nil {
		return fmt.Errorf("read what customers did: %w", err)
	}
	for _, r := range rows {
		k := all[r.CustomerID]
		if k == nil {
			continue
		}
		if k.Done == nil {
			k.Done = map[string][]Done{}
		}
		k.Done[d.name] = append(k.Done[d.name], Done{At: r.Done, One: r.One, Product: r.Product, Brand: r.Brand, Category: r.Category})
	}
	return nil
}

// facts of whoever asks a page: what the request has read already, and what
// the rules need besides.
func (b *Book) ofPerson(ctx context.Context, q db.Q, p *customer.Person, n needs, now time.Time) (*Known, error) {
	k := &Known{Now: now.In(b.zone()), Personalized: true, History: p.MayUseHistory(), book: b}
	k.account(p.Customer)
	for _, purpose := range customer.Purposes {
		if p.Given(purpose) {
			k.Consents = append(k.Consents, string(purpose))
		}
	}
	for _, i := range p.Interests {
		k.say(i)
	}
	id := p.CustomerID()
	return k, deeds(ctx, q, []customer.ID{id}, map[customer.ID]*Known{id: k}, n)
}
