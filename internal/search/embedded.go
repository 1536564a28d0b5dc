package search

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Embedded is the engine inside the shop: words are found by a lexicon of all
// documents, everything else by a picture of them, both in memory. One belongs
// to one database and is shared by all requests.
//
// What this process changes through the catalog shows at the next question,
// also before its document is kept; what others change within a second of
// being kept.
type Embedded struct {
	db     *db.DB
	last   db.Kept[int64]
	lately func() []catalog.ProductID

	now  atomic.Pointer[picture]
	runs atomic.Uint64 // begun

	mu      sync.Mutex // of whoever makes the next picture
	failed  bool       // the latest run
	facts   map[fact]*fact
	pending map[catalog.ProductID]string // read ahead of their documents lately, by the hash of what was read; "" = to be read
	ahead   atomic.Bool                  // pending is not empty

	reading sync.RWMutex // of words
	words   *Lexicon
	rules   db.Kept[*Rules]
}

// written counts the documents that this process kept.
var written db.Changes

// readAtOnce documents are in memory beside the picture.
const readAtOnce = 1000

const everything = math.MaxInt32

// NewEmbedded is an engine that has read nothing yet: the first question, or
// Refresh, reads every document.
func NewEmbedded(d *db.DB) *Embedded {
	return &Embedded{db: d, lately: catalog.ChangedLately, facts: map[fact]*fact{}, pending: map[catalog.ProductID]string{}, words: NewLexicon()}
}

// Refresh takes in what changed, as every question does.
func (e *Embedded) Refresh(ctx context.Context) error {
	_, err := e.current(ctx)
	return err
}

// Holds is how many products can be found.
func (e *Embedded) Holds() int {
	if p := e.now.Load(); p != nil {
		return p.live.n
	}
	return 0
}

// current is a picture that holds everything this process committed before it
// was asked for.
func (e *Embedded) current(ctx context.Context) (*picture, error) {
	asked := e.runs.Load()
	last, err := e.last.Get(&written, func() (int64, error) { return LastNumber(ctx, e.db) })
	if err != nil {
		return nil, err
	}
	p := e.now.Load()
	if p != nil && p.last == last && !e.ahead.Load() && len(e.lately()) == 0 {
		return p, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p = e.now.Load(); e.runs.Load() > asked && !e.failed && p.last >= last {
		return p, nil // made by somebody who began after we had asked
	}
	e.runs.Add(1)
	c, err := e.next(ctx, last)
	e.failed = err != nil
	e.now.Store(c.picture) // as far as it came: products have their places in it
	return c.picture, err
}

// next makes the picture of now, as far as it can.
func (e *Embedded) next(ctx context.Context, last int64) (*change, error) {
	c := &change{picture: e.now.Load(), facts: e.facts}
	if c.picture == nil || c.last > last { // a database that was put back is read anew
		e.facts = map[fact]*fact{}
		c = &change{picture: emptyPicture(), facts: e.facts, begun: true}
		e.reading.Lock()
		e.words = NewLexicon()
		e.reading.Unlock()
	}
	for c.last < last {
		changes, err := ChangesSince(ctx, e.db, c.last, readAtOnce)
		if err != nil {
			return c, err
		}
		c.begin()
		for _, id := range changes.Gone {
			e.drop(c, id)
			e.forget(id)
		}
		for _, d := range changes.Documents {
			e.put(c, d)
			e.forget(d.ID)
		}
		if c.last = changes.Last; len(changes.Gone)+len(changes.Documents) == 0 {
			c.last = last // the latest number belongs to no document any more
		}
	}
	return c, e.readAhead(ctx, c)
}

func (e *Embedded) put(c *change, d *Document) {
	c.put(d)
	e.reading.Lock()
	defer e.reading.Unlock()
	e.words.Put(d)
}

func (e *Embedded) drop(c *change, id catalog.ProductID) {
	c.drop(id)
	e.reading.Lock()
	defer e.reading.Unlock()
	e.words.Drop(id)
}

func (e *Embedded) forget(id catalog.ProductID) {
	if _, is := e.pending[id]; is {
		e.pending[id] = ""
	}
}

// readAhead makes the documents of what changed a moment ago, which jobs will
// keep soon: staff see what they did at the next page.
func (e *Embedded) readAhead(ctx context.Context, c *change) error {
	lately := e.lately()
	for _, id := range lately {
		if _, is := e.pending[id]; !is {
			e.pending[id] = ""
		}
	}
	if len(e.pending) == 0 {
		return nil
	}
	e.ahead.Store(true)
	tree, err := catalog.LoadTree(ctx, e.db)
	if err != nil {
		return err
	}
	ids := slices.Sorted(maps.Keys(e.pending))
	documents, err := Documents(ctx, e.db, tree, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		body, hash, err := documents[id].sealed()
		if err != nil {
			return err
		}
		if hash = cmp.Or(hash, "none"); hash != e.pending[id] {
			c.begin()
			if e.pending[id] = hash; body == "" {
				e.drop(c, id)
			} else {
				e.put(c, documents[id])
			}
		}
		if !slices.Contains(lately, id) {
			delete(e.pending, id)
		}
	}
	e.ahead.Store(len(e.pending) > 0)
	return nil
}

// Find is of Engine.
func (e *Embedded) Find(ctx context.Context, q Query) (*Result, error) {
	p, err := e.current(ctx)
	if err != nil {
		return nil, err
	}
	if len(q.Words.Terms) == 0 && len(q.Words.First) == 0 {
		if q.Words.Text != "" { // nothing in it can be looked for
			return &Result{Page: 1}, nil
		}
		return p.find(q, nil), nil
	}
	e.reading.RLock()
	found := e.words.Matched(q.Words, everything)
	e.reading.RUnlock()
	return p.find(q, found), nil
}

// Understand says what a query means to this shop; exact takes it word by
// word, with nothing mended and nothing put beside. One with NUL or broken
// UTF-8 is fault.Invalid.
func (e *Embedded) Understand(ctx context.Context, lang i18n.Lang, typed string, exact bool, now time.Time) (*Understood, error) {
	how := asMeant
	if exact {
		how = asTyped
	}
	return e.understand(ctx, lang, typed, how, now)
}

// Begun says what is meant by what is typed so far.
func (e *Embedded) Begun(ctx context.Context, lang i18n.Lang, typed string, now time.Time) (*Understood, error) {
	return e.understand(ctx, lang, typed, soFar, now)
}

func (e *Embedded) understand(ctx context.Context, lang i18n.Lang, typed string, how reading, now time.Time) (*Understood, error) {
	if _, err := e.current(ctx); err != nil {
		return nil, err
	}
	rules, err := e.rules.Get(&ruled, func() (*Rules, error) { return ReadRules(ctx, e.db, now) })
	if err != nil {
		return nil, err
	}
	e.reading.RLock()
	defer e.reading.RUnlock()
	return e.words.understand(rules, lang, typed, how)
}
