package catalog

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"regulars/internal/db"
	"regulars/internal/jobs"
	"regulars/internal/money"
)

// Live is the catalogue as pages read it over and over: the tree, cards,
// lists, relations and details are kept for moments instead of being read for
// every page. It is the one place that decides how long. The zero value is
// ready; one belongs to one database.
//
// What staff change through this package (texts, prices, publication,
// categories, relations) shows at the next view in this process and within
// keepFor in others. Stock is never kept: it moves with every order.
type Live struct {
	mu     sync.Mutex
	asOf   uint64 // changes when the keeping began
	weight int
	kept   *map[any]any
}

const (
	keepFor = time.Second
	// A change is announced inside its transaction, and nobody hears of the
	// commit. For so long nothing is kept, so that what was read before the
	// commit is not shown after it.
	settleFor = 5 * time.Second
	// mostKept bounds the memory: about a kilobyte each.
	mostKept  = 20_000
	mostInOne = 5_000
)

// changes counts what was announced, settled is the latest that is long over.
var changes, settled atomic.Uint64

// changing announces that a transaction is about to change the catalogue.
func changing() uint64 {
	n := changes.Add(1)
	time.AfterFunc(settleFor, func() {
		for was := settled.Load(); was < n && !settled.CompareAndSwap(was, n); was = settled.Load() {
		}
	})
	return n
}

// lately are the products that were announced as changing, the latest last.
var lately struct {
	mu  sync.Mutex
	all []announced
	any atomic.Bool
}

type announced struct {
	id ProductID
	n  uint64 // of changes
}

// mostLately bounds lately: whoever copies the catalogue reads these again and
// again, and gets the rest by jobs.
const mostLately = 64

// tell announces which products a transaction changes: to this process now,
// and by a job after the commit to whoever derives something from them.
func Tell(ctx context.Context, tx *db.Tx, ids ...ProductID) error {
	if len(ids) == 0 {
		return nil
	}
	n := changing()
	c := Changed{}
	lately.mu.Lock()
	for at, id := range ids {
		if at >= len(ids)-mostLately {
			lately.all = append(lately.all, announced{id, n})
		}
		c.More = append(c.More, int64(id))
	}
	lately.all = slices.Clone(lately.all[max(0, len(lately.all)-mostLately):])
	lately.any.Store(true)
	lately.mu.Unlock()
	if len(ids) == 1 {
		c = Changed{Product: int64(ids[0])}
	}
	return jobs.Enqueue(ctx, tx, c)
}

// ChangedLately lists products that changed in this process a moment ago, or
// are about to: a copy of them may be behind. Of many it names the latest.
func ChangedLately() []ProductID {
	if !lately.any.Load() {
		return nil
	}
	lately.mu.Lock()
	defer lately.mu.Unlock()
	long := settled.Load()
	lately.all = slices.DeleteFunc(lately.all, func(a announced) bool { return a.n <= long })
	lately.any.Store(len(lately.all) > 0)
	ids := make([]ProductID, len(lately.all))
	for i, a := range lately.all {
		ids[i] = a.id
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// look finds what is kept under key. asOf is for put, to be taken before the
// database is read.
func (l *Live) look(key any) (found any, ok bool, asOf uint64) {
	asOf = changes.Load()
	if settled.Load() < asOf {
		return nil, false, asOf
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asOf != asOf {
		l.kept = nil
	}
	if l.kept != nil {
		found, ok = (*l.kept)[key]
	}
	return found, ok, asOf
}

func (l *Live) put(key, value any, weight int, asOf uint64) {
	if weight > mostInOne || changes.Load() != asOf || settled.Load() < asOf {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil || l.asOf != asOf || l.weight+weight > mostKept {
		fresh := &map[any]any{}
		l.kept, l.asOf, l.weight = fresh, asOf, 0
		time.AfterFunc(keepFor, func() { l.drop(fresh) })
	}
	(*l.kept)[key] = value
	l.weight += weight
}

// drop lets go of what was kept for long enough, unless it is gone already.
func (l *Live) drop(old *map[any]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == old {
		l.kept = nil
	}
}

// kept returns what is kept under key, or reads and keeps it. What it returns
// is shared: nobody may change it.
func kept[T any](l *Live, key any, weigh func(T) int, read func() (T, error)) (T, error) {
	found, ok, asOf := l.look(key)
	if ok {
		return found.(T), nil
	}
	value, err := read()
	if err == nil {
		l.put(key, value, weigh(value), asOf)
	}
	return value, err
}

// Keys of what is kept: a type of their own each.
type (
	treeKey struct{}
	baseKey struct {
		id       ProductID
		currency money.Currency
	}
	listKey struct {
		categories string
		currency   money.Currency
		named      bool
	}
	orderKey struct {
		listKey
		sort string
	}
	insideKey    struct{}
	reducedKey   money.Currency
	slugKey      string
	detailKey    ProductID
	relationsKey ProductID
	variantKey   VariantID
)

// Tree is LoadTree.
func (l *Live) Tree(ctx context.Context, d *db.DB) (*Tree, error) {
	return kept(l, treeKey{}, func(*Tree) int { return 1 }, func() (*Tree, error) { return LoadTree(ctx, d) })
}

// Cards is the function Cards with one query, for the stock.
func (l *Live) Cards(ctx context.Context, d *db.DB, ids []ProductID, currency money.Currency) ([]Card, error) {
	have := make(map[ProductID]*base, len(ids))
	var missing []ProductID
	asOf := changes.Load()
	for _, id := range ids {
		if found, ok, _ := l.look(baseKey{id, currency}); ok {
			have[id] = found.(*base)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		read, err := readBases(ctx, d, missing, currency, false)
		if err != nil {
			return nil, err
		}
		for _, id := range missing {
			have[id] = read[id] // nil: known not to be there
			l.put(baseKey{id, currency}, read[id], 1, asOf)
		}
	}
	return dress(ctx, d, ids, have, false)
}

func keyOf(lq ListQuery) listKey {
	b := make([]byte, 0, 64)
	for _, id := range lq.Categories {
		b = binary.LittleEndian.AppendUint64(b, uint64(id))
	}
	return listKey{string(b), lq.Currency, lq.Sort == "name"}
}

// Order lists the products of categories (none = all) in the order of sort,
// in stock or not.
func (l *Live) Order(ctx context.Context, d *db.DB, categories []CategoryID, sort string, currency money.Currency) ([]ProductID, error) {
	lq := ListQuery{Categories: categories, Sort: sort, Currency: currency}
	key := orderKey{keyOf(lq), sort}
	return kept(l, key, func(ids []ProductID) int { return 1 + len(ids)/32 }, func() ([]ProductID, error) {
		all, err := candidates(ctx, d, lq)
		if err != nil {
			return nil, err
		}
		order(all, lq)
		ids := make([]ProductID, len(all))
		for i, c := range all {
			ids[i] = c.id
		}
		return ids, nil
	})
}

// Reduced is the function Reduced.
func (l *Live) Reduced(ctx context.Context, d *db.DB, currency money.Currency) (map[ProductID]bool, error) {
	return kept(l, reducedKey(currency), func(all map[ProductID]bool) int { return 1 + len(all)/32 }, func() (map[ProductID]bool, error) { return Reduced(ctx, d, currency) })
}

// Inside says which products are in the bundles of each product.
func (l *Live) Inside(ctx context.Context, d *db.DB) (map[ProductID][]ProductID, error) {
	return kept(l, insideKey{}, func(all map[ProductID][]ProductID) int { return 1 + len(all) }, func() (map[ProductID][]ProductID, error) { return readInside(ctx, d) })
}

// Relations is RelationsFrom.
func (l *Live) Relations(ctx context.Context, d *db.DB, ids []ProductID) ([]Relation, error) {
	have := make(map[ProductID][]Relation, len(ids))
	var missing []ProductID
	asOf := changes.Load()
	for _, id := range ids {
		if found, ok, _ := l.look(relationsKey(id)); ok {
			have[id] = found.([]Relation)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		read, err := RelationsFrom(ctx, d, missing)
		if err != nil {
			return nil, err
		}
		for _, r := range read {
			have[r.FromID] = append(have[r.FromID], r)
		}
		for _, id := range missing {
			l.put(relationsKey(id), have[id], 1+len(have[id]), asOf)
		}
	}
	var all []Relation
	for _, id := range ids {
		all = append(all, have[id]...)
		delete(have, id) // an id given twice counts once
	}
	return all, nil
}

// ProductsOf lists the products of variants, each once, in their order.
func (l *Live) ProductsOf(ctx context.Context, d *db.DB, ids []VariantID) ([]ProductID, error) {
	of := make(map[VariantID]ProductID, len(ids))
	var missing []VariantID
	asOf := changes.Load()
	for _, id := range ids {
		if found, ok, _ := l.look(variantKey(id)); ok {
			of[id] = found.(ProductID)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		read, err := productsOf(ctx, d, missing)
		if err != nil {
			return nil, err
		}
		for id, product := range read {
			of[id] = product
			l.put(variantKey(id), product, 1, asOf)
		}
	}
	var products []ProductID
	for _, id := range ids {
		if p := of[id]; p != 0 && !slices.Contains(products, p) {
			products = append(products, p)
		}
	}
	return products, nil
}

// BySlug is the function BySlug.
func (l *Live) BySlug(ctx context.Context, d *db.DB, slug string) (*Product, error) {
	return kept(l, slugKey(slug), func(*Product) int { return 1 }, func() (*Product, error) { return BySlug(ctx, d, slug) })
}

// Detailed is the function Detailed with one query, for variants, prices and
// stock.
func (l *Live) Detailed(ctx context.Context, d *db.DB, id ProductID, currency money.Currency) (*Detail, error) {
	fixed, err := kept(l, detailKey(id), func(d *Detail) int { return 1 + len(d.Facts) }, func() (*Detail, error) { return described(ctx, d, id) })
	if err != nil {
		return nil, err
	}
	whole := *fixed
	return &whole, whole.priced(ctx, d, currency)
}
