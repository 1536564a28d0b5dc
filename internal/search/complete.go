package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Completer says how what is being typed may go on: what people looked for and
// found, shelves, products, by the words of their names. It holds the names in
// memory and asks nobody per letter. The zero value is ready; it looks for
// newer documents every few seconds, whoever asks meanwhile gets the names as
// they were.
type Completer struct {
	Simulated bool // what simulated people look for counts, too

	filling sync.Mutex
	held    atomic.Pointer[names]
}

const (
	namesFor   = 5 * time.Second
	queriesFor = 10 * time.Minute
	queriesOf  = 28 * 24 * time.Hour
	// LeastAsked is from how many different visitors a query is shown to
	// others: fewer could be told by it.
	LeastAsked = 5
	mostAsked  = 500 // queries held
)

// Completion is what typed words may become, best first.
type Completion struct {
	Queries  []string
	Shelves  []catalog.CategoryID
	Products []catalog.ProductID
}

// names is a picture of the shop's names; nothing in it changes once it is
// held.
type names struct {
	looked, asked time.Time
	last          int64
	products      map[catalog.ProductID]*named
	ways          map[i18n.Lang][]way
	queries       []query
}

type named struct {
	id       catalog.ProductID
	position int
	in       map[i18n.Lang]string // folded terms, a blank between two
}

// way leads from the rest of a name, from any of its words on, to the product.
type way struct {
	rest string
	at   *named
}

type query struct {
	text, folded string
	lang         i18n.Lang
}

// Complete answers for the words typed so far, at most so many of each kind.
// tree is the shop's, as its pages have it.
func (s *Completer) Complete(ctx context.Context, d *db.DB, tree *catalog.Tree, lang i18n.Lang, typed string, most int, now time.Time) (Completion, error) {
	var out Completion
	prefix := folded(typed)
	if prefix == "" {
		return out, nil
	}
	n, err := s.names(ctx, d, now)
	if err != nil {
		return out, err
	}
	for _, q := range n.queries {
		if len(out.Queries) < most && q.lang == lang && begins(q.folded, prefix) && q.folded != prefix {
			out.Queries = append(out.Queries, q.text)
		}
	}
	out.Products = n.beginning(lang, prefix, most)
	if len(out.Products) == 0 {
		out.Products = n.beginning(other(lang), prefix, most)
	}
	out.Shelves = ShelvesNamed(tree, typed, most)
	return out, nil
}

// begins reports whether a name's words go on from prefix, from any word.
func begins(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) || strings.Contains(name, " "+prefix)
}

func folded(text string) string { return strings.Join(Terms(text), " ") }

// beginning is the products with the prefix at the start of a word of their
// name, those first that the shop puts first.
func (n *names) beginning(lang i18n.Lang, prefix string, most int) []catalog.ProductID {
	ways := n.ways[lang]
	from, _ := slices.BinarySearchFunc(ways, prefix, func(w way, p string) int { return cmp.Compare(w.rest, p) })
	var best []*named
	for _, w := range ways[from:] {
		if !strings.HasPrefix(w.rest, prefix) {
			break
		}
		if len(best) == most && !before(w.at, best[most-1]) || slices.Contains(best, w.at) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, w.at, byPlace)
		best = slices.Insert(best, at, w.at)
		best = best[:min(len(best), most)]
	}
	out := make([]catalog.ProductID, len(best))
	for i, b := range best {
		out[i] = b.id
	}
	return out
}

func byPlace(a, b *named) int {
	return cmp.Or(cmp.Compare(a.position, b.position), cmp.Compare(a.id, b.id))
}

func before(a, b *named) bool { return byPlace(a, b) < 0 }

// ShelvesNamed are the shelves that have the words typed so far at the start of
// a word of their name in either language, departments first.
func ShelvesNamed(tree *catalog.Tree, typed string, most int) (out []catalog.CategoryID) {
	prefix := folded(typed)
	if prefix == "" {
		return nil
	}
	var below []catalog.CategoryID
	says := func(k catalog.Category) bool {
		return begins(folded(k.Name.En), prefix) || begins(folded(k.Name.Zh), prefix)
	}
	for _, top := range tree.Roots() {
		if says(top) {
			out = append(out, top.ID)
		}
		for _, k := range tree.Children(top.ID) {
			if says(k) {
				below = append(below, k.ID)
			}
		}
	}
	out = append(out, below...)
	return out[:min(len(out), most)]
}

// names is what is held, looked after where it is due: by one asker, while the
// others go on with what there was.
func (s *Completer) names(ctx context.Context, d *db.DB, now time.Time) (*names, error) {
	n := s.held.Load()
	if n != nil && now.Sub(n.looked) < namesFor && !now.Before(n.looked) {
		return n, nil
	}
	if n == nil {
		s.filling.Lock()
	} else if !s.filling.TryLock() {
		return n, nil
	}
	defer s.filling.Unlock()
	if n = s.held.Load(); n != nil && now.Sub(n.looked) < namesFor && !now.Before(n.looked) {
		return n, nil
	}
	fresh, err := s.renewed(ctx, d, n, now)
	if err != nil {
		return nil, err
	}
	s.held.Store(fresh)
	return fresh, nil
}

// learn takes documents that changed into a picture of its own.
func (n *names) learn(c *Changes) {
	for _, id := range c.Gone {
		delete(n.products, id)
	}
	for _, doc := range c.Documents {
		p := &named{id: doc.ID, position: doc.Position, in: map[i18n.Lang]string{}}
		for _, lang := range i18n.Langs {
			if name := doc.Name.In(lang); name != "" {
				p.in[lang] = folded(name)
			}
		}
		n.products[doc.ID] = p
	}
	n.last = c.Last
}

// order puts the ways to all products in the order of their letters.
func (n *names) order() {
	n.ways = map[i18n.Lang][]way{}
	for _, lang := range i18n.Langs {
		var ways []way
		for _, p := range n.products {
			name := p.in[lang]
			for at := 0; name != ""; {
				ways = append(ways, way{name[at:], p})
				next := strings.IndexByte(name[at:], ' ')
				if next < 0 {
					break
				}
				at += next + 1
			}
		}
		slices.SortFunc(ways, func(a, b way) int { return cmp.Or(strings.Compare(a.rest, b.rest), byPlace(a.at, b.at)) })
		n.ways[lang] = ways
	}
}

// other is the language to look in where the shopper's own has nothing: people
// in an English page type Chinese words, and the other way round.
func other(lang i18n.Lang) i18n.Lang {
	if lang == i18n.Chinese {
		return i18n.English
	}
	return i18n.Chinese
}
