package search

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// picture is what narrowing, sorting and counting need to know of every
// document, at one moment. Nobody changes one that is shown: a change copies
// what it touches (columns whole, the sets one by one) and the rest is shared.
// A product keeps its ordinal for good; one that is gone is not in live.
type picture struct {
	last int64 // number of the latest document in it
	of   uint64

	places    *places
	ids       []catalog.ProductID
	position  []int32
	published []int64
	ratings   []catalog.Rating
	names     []string // English, folded for the order by name
	prices    map[money.Currency][]money.Amount
	held      [][]*fact
	paths     [][]catalog.CategoryID

	live    *set
	priced  map[money.Currency]*set
	shelves map[catalog.CategoryID]*set
	facets  map[string]*values

	orders *orders
}

// orders are all products of a picture as a sort has them, each made when it
// is first asked for. What a change does not touch goes on to the next picture.
type orders struct {
	mu sync.Mutex
	by map[string][]uint32
}

func (o *orders) copy() *orders {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &orders{by: maps.Clone(o.by)}
}

// get returns the order of that name, or makes it.
func (o *orders) get(name string, sort func() []uint32) []uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.by[name]
	if list == nil {
		list = sort()
		o.by[name] = list
	}
	return list
}

// orderOf names the order of a sort; prices have one a currency.
func orderOf(sort string, currency money.Currency) string {
	if sort == "price" || sort == "price-desc" {
		return sort + " " + string(currency)
	}
	return sort
}

// fact is one of the things that products can be filtered by, as they say it:
// two spellings of a value are two facts of one code. Each stands in memory
// once.
type fact struct {
	key, code   string
	name, value i18n.Text
	position    int
}

// values are the facts of a key, and which products have them.
type values struct {
	of  uint64
	all map[*fact]*set
}

const noPrice money.Amount = -1

// change is a picture while it is made of another.
type change struct {
	*picture
	facts map[fact]*fact // of all changes; one runs at a time
	begun bool           // the picture is one's own
}

func (c *change) begin() {
	if !c.begun {
		c.picture, c.begun = c.picture.copy(), true
	}
}

// places are the ordinals of products. They only grow in number, so that all
// pictures share them; a picture knows those below its own length.
type places struct {
	mu sync.RWMutex
	of map[catalog.ProductID]uint32
}

func (p *places) find(id catalog.ProductID) (uint32, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	i, ok := p.of[id]
	return i, ok
}

// findAll is the ordinals of those ids that are in o, in the order of ids.
func (p *places) findAll(ids []catalog.ProductID, size int, o ordinals) []uint32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := make([]uint32, 0, len(ids))
	for _, id := range ids {
		if i, ok := p.of[id]; ok && int(i) < size && o.has(i) {
			list = append(list, i)
		}
	}
	return list
}

func emptyPicture() *picture {
	return &picture{places: &places{of: map[catalog.ProductID]uint32{}}, live: &set{}, orders: &orders{by: map[string][]uint32{}}, prices: map[money.Currency][]money.Amount{}, priced: map[money.Currency]*set{}, shelves: map[catalog.CategoryID]*set{}, facets: map[string]*values{}}
}

func (p *picture) copy() *picture {
	next := &picture{last: p.last, of: p.of + 1, places: p.places,
		ids: slices.Clone(p.ids), position: slices.Clone(p.position), published: slices.Clone(p.published), ratings: slices.Clone(p.ratings),
		names: slices.Clone(p.names), held: slices.Clone(p.held), paths: slices.Clone(p.paths), prices: make(map[money.Currency][]money.Amount, len(p.prices)),
		live: p.live.copy(p.of + 1), orders: p.orders.copy(), priced: maps.Clone(p.priced), shelves: maps.Clone(p.shelves), facets: maps.Clone(p.facets)}
	for currency, column := range p.prices {
		next.prices[currency] = slices.Clone(column)
	}
	return next
}

// own is a set that this change may write into, kept under k.
func own[K comparable](of uint64, sets map[K]*set, k K) *set {
	s := sets[k]
	if s == nil {
		s = &set{of: of}
		sets[k] = s
	} else if s.of != of {
		s = s.copy(of)
		sets[k] = s
	}
	return s
}

func (c *change) values(key string) *values {
	v := c.facets[key]
	if v == nil {
		v = &values{of: c.of, all: map[*fact]*set{}}
		c.facets[key] = v
	} else if v.of != c.of {
		v = &values{of: c.of, all: maps.Clone(v.all)}
		c.facets[key] = v
	}
	return v
}

// ordinal is the number of a product in the picture, a new one if need be.
func (c *change) ordinal(id catalog.ProductID) uint32 {
	if i, ok := c.places.find(id); ok {
		return i
	}
	i := uint32(len(c.ids))
	clear(c.orders.by)
	c.places.mu.Lock()
	c.places.of[id] = i
	c.places.mu.Unlock()
	c.ids, c.position, c.published = append(c.ids, id), append(c.position, 0), append(c.published, 0)
	c.ratings, c.names, c.held, c.paths = append(c.ratings, catalog.Rating{}), append(c.names, ""), append(c.held, nil), append(c.paths, nil)
	for currency := range c.prices {
		c.prices[currency] = append(c.prices[currency], noPrice)
	}
	return i
}

// drop takes a product out.
func (c *change) drop(id catalog.ProductID) {
	i, ok := c.places.find(id)
	if !ok {
		return
	}
	c.live.drop(i)
	for _, shelf := range c.paths[i] {
		own(c.of, c.shelves, shelf).drop(i)
	}
	for _, f := range c.held[i] {
		v := c.values(f.key)
		s := own(c.of, v.all, f)
		if s.drop(i); s.n == 0 {
			delete(v.all, f)
		}
		if len(v.all) == 0 {
			delete(c.facets, f.key)
		}
	}
	for currency, column := range c.prices {
		if column[i] != noPrice {
			column[i] = noPrice
			own(c.of, c.priced, currency).drop(i)
		}
	}
	c.held[i], c.paths[i] = nil, nil
}

// reorder forgets the orders in which a document stands elsewhere than what is
// known of its product.
func (c *change) reorder(i uint32, d *Document) {
	switch {
	case len(c.orders.by) == 0:
		return
	case c.position[i] != int32(d.Position): // all ties go by it
		clear(c.orders.by)
		return
	case c.published[i] != d.PublishedAt:
		delete(c.orders.by, "new")
	}
	if c.names[i] != strings.ToLower(d.Name.In(i18n.English)) {
		delete(c.orders.by, "name")
	}
	if c.ratings[i] != (catalog.Rating{Count: d.RatingCount, Sum: d.RatingSum}) {
		delete(c.orders.by, "rating")
	}
	for name := range c.orders.by {
		sort, currency, of := strings.Cut(name, " ")
		if !of {
			continue
		}
		was, is := noPrice, noPrice
		if column := c.prices[money.Currency(currency)]; column != nil {
			was = column[i]
		}
		if now, priced := d.Prices[money.Currency(currency)]; priced {
			is = now
		}
		if was != is {
			delete(c.orders.by, orderOf(sort, money.Currency(currency)))
		}
	}
}

// put takes a document in, instead of what is known of its product.
func (c *change) put(d *Document) {
	i := c.ordinal(d.ID)
	c.reorder(i, d)
	c.drop(d.ID)
	size := len(c.ids)
	c.position[i], c.published[i], c.ratings[i] = int32(d.Position), d.PublishedAt, catalog.Rating{Count: d.RatingCount, Sum: d.RatingSum}
	c.names[i] = strings.ToLower(d.Name.In(i18n.English))
	c.live.add(i, size)
	for _, s := range d.Shelves {
		own(c.of, c.shelves, s.ID).add(i, size)
		c.paths[i] = append(c.paths[i], s.ID)
	}
	for currency, amount := range d.Prices {
		column := c.prices[currency]
		if column == nil {
			column = make([]money.Amount, size)
			for at := range column {
				column[at] = noPrice
			}
			c.prices[currency] = column
		}
		column[i] = amount
		own(c.of, c.priced, currency).add(i, size)
	}
	for _, f := range d.Facts {
		if !f.Facet {
			continue
		}
		one := fact{f.Key, f.ValueCode, f.Name, f.Value, f.Position}
		known := c.facts[one]
		if known == nil {
			known = &one
			c.facts[one] = known
		}
		own(c.of, c.values(f.Key).all, known).add(i, size)
		c.held[i] = append(c.held[i], known)
	}
}
