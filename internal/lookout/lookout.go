// Package lookout is the searches that people keep: words, shelf and filters
// under a name, and whether to tell of what they find anew. What was there when
// somebody was last told is kept by product, so that "new" is what they have
// not seen in it, whatever made it so: a new product, a lower price, a fact.
package lookout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/search"
)

const (
	// Most is how many searches one person may keep.
	Most = 20
	// Widest is how much a search may find for its person to be told of more:
	// so much is remembered, and mail about half the shop helps nobody.
	Widest     = 240
	MostName   = 80   // characters
	mostFilter = 2000 // bytes
)

// Again is how long after a mail the next may follow, whatever is found.
const Again = 7 * 24 * time.Hour

// Daily is how often a search is asked whether it finds something new.
const Daily = 24 * time.Hour

// Search is one that somebody keeps, and its row.
type Search struct {
	ID         int64
	Token      string // names it outside the shop
	CustomerID customer.ID
	Print      string // of all that makes two of them the same
	Name       string
	Lang       i18n.Lang
	Currency   money.Currency // of the prices in Filters
	Shelf      catalog.CategoryID
	Words      string // "": the shelf, narrowed
	Exact      bool
	Filters    string // as search.Address.Filters
	Tell       bool
	Seen       string // JSON, ids of products
	SeenAt     db.Time
	NextAt     db.Time // when it is asked again, while Tell
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
}

// TableName is saved_searches.
func (Search) TableName() string { return "saved_searches" }

// check brings a search into its one spelling; fault.Invalid (input "name") for
// a name that cannot be one, or for a search of nothing.
func (s *Search) check() error {
	s.Words, s.Name = strings.TrimSpace(s.Words), strings.Join(strings.Fields(s.Name), " ")
	filters, _ := url.ParseQuery(s.Filters)
	a := search.ReadAddress(filters, s.Lang, s.Currency)
	s.Filters = a.Filters()
	if s.Words == "" && (s.Shelf == 0 || s.Filters == "") || len(s.Filters) > mostFilter || len([]rune(s.Words)) > 200 || !search.Clean(s.Words) {
		return fault.New(fault.Invalid, "lookout.nothing")
	}
	if err := checkName(s.Name); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%d\n%q\n%t\n%s", s.Lang, s.Currency, s.Shelf, s.Words, s.Exact, s.Filters)))
	s.Print = hex.EncodeToString(sum[:16])
	return nil
}

func checkName(name string) error {
	var form fault.Form
	if name == "" || len([]rune(name)) > MostName || !search.Clean(name) {
		form.Wrong("name", "lookout.name.wrong", "count", MostName)
	}
	return form.Err()
}

// Query is the part of the search's address behind the question mark.
func (s *Search) Query(tree *catalog.Tree) string {
	v, _ := url.ParseQuery(s.Filters)
	if s.Words != "" {
		v.Set("q", s.Words)
		if s.Exact {
			v.Set("exact", "1")
		}
		if k, ok := tree.ByID(s.Shelf); ok {
			v.Set("in", k.Slug)
		}
	}
	if v.Has("min") || v.Has("max") {
		v.Set("currency", string(s.Currency))
	}
	return v.Encode()
}

// Path is where the search is shown, without a language; "" where its shelf is
// gone.
func (s *Search) Path(tree *catalog.Tree) string {
	if s.Words != "" {
		return "/search?" + s.Query(tree)
	}
	k, ok := tree.ByID(s.Shelf)
	if !ok {
		return ""
	}
	return "/c/" + k.Slug + "?" + s.Query(tree)
}

// Found is what a search finds.
type Found struct {
	Total int                 // as its page counts
	IDs   []catalog.ProductID // of what has all its words, at most Widest; the newest first
	Wide  bool                // there is more than that
}

// Find asks a search. What finds only something near, with words left out,
// counts for its page and is no find of the search itself.
func (s *Search) Find(ctx context.Context, q db.Q, e *search.Embedded, tree *catalog.Tree, now time.Time) (*Found, error) {
	filters, _ := url.ParseQuery(s.Filters)
	a := search.ReadAddress(filters, s.Lang, s.Currency)
	ask := a.Query
	ask.Sort, ask.PerPage = "new", Widest
	if s.Shelf != 0 {
		if ask.Shelves = tree.Under(s.Shelf); len(ask.Shelves) == 0 {
			return &Found{}, nil // the shelf is gone
		}
	}
	if s.Words != "" {
		u, err := e.Understand(ctx, s.Lang, s.Words, s.Exact, now)
		if err != nil {
			return nil, fmt.Errorf("read a saved search: %w", err)
		}
		if ask.Words = u.Words; len(u.Words.Terms) == 0 && len(u.Words.First) == 0 {
			return &Found{}, nil
		}
	}
	if a.InStock {
		var err error
		if ask.Without, err = catalog.SoldOut(ctx, q, s.Currency); err != nil {
			return nil, err
		}
	}
	r, err := e.Find(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("ask a saved search: %w", err)
	}
	f := &Found{Total: r.Total, Wide: r.Total > Widest}
	if !ask.Words.Loose {
		f.IDs = r.IDs
	}
	return f, nil
}

// New is what of found its person has not seen yet and can be had, and what
// they will have seen once they were told of it. What is sold out and was not
// seen stays unseen, so that it is news when it comes.
func (s *Search) New(found []catalog.ProductID, soldOut []catalog.ProductID) (news, seen []catalog.ProductID) {
	before := s.seen()
	for _, id := range found {
		switch {
		case slices.Contains(before, id):
			seen = append(seen, id)
		case !slices.Contains(soldOut, id):
			news, seen = append(news, id), append(seen, id)
		}
	}
	return news, seen
}

func (s *Search) seen() (ids []catalog.ProductID) {
	_ = json.Unmarshal([]byte(s.Seen), &ids) // what is no list says that nothing was seen
	return ids
}

func written(ids []catalog.ProductID) string {
	if len(ids) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(ids)
	return string(b)
}
