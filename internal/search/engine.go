package search

import (
	"context"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Engine finds, narrows and counts products. There are two: Embedded, which
// lives in the shop's database and memory, and Meili, which asks a Meilisearch
// server. What both must do alike is written down in the conformance suite.
type Engine interface {
	// Find returns a page of what a query means. Counts are exact: the count of
	// a facet's value is the Total of the same query with that value chosen
	// instead of the facet's other ones. A page behind the last is the last.
	Find(ctx context.Context, q Query) (*Result, error)
}

// Query is what is looked for. The zero query is the whole shop.
type Query struct {
	Lang     i18n.Lang
	Words    Words                // none: everything, in the order of Sort
	Shelves  []catalog.CategoryID // any of these; empty = everywhere
	Facets   map[string][]string  // key → codes: OR inside of a key, AND across; keys that nothing found has are passed over
	Currency money.Currency       // products without a price in it are not found
	Min, Max money.Amount         // inclusive; 0 = open
	Without  []catalog.ProductID  // never found: what is sold out, where only what is there was asked for
	Sort     string               // "" (best first; the shop's order without words), "price", "price-desc", "new", "name", "rating"
	Page     int                  // from 1
	PerPage  int                  // 0 = 24, at most 240
}

// Result is a page of what was found.
type Result struct {
	IDs    []catalog.ProductID
	Total  int
	Page   int
	Facets []catalog.Facet
	Bands  []catalog.Band
}

// Words is what a query says once it is understood. All of Terms must be there.
type Words struct {
	Text  string // in plain words, for an engine that cuts texts itself
	Terms []Term
	Loose bool                // words were left out of Terms, since nothing has them all (Understood.Without)
	First []catalog.ProductID // stand first, whether they hold the words or not: the shop chose them
}

// Term is one word of a query, or any of what means the same. A form is words
// separated by blanks that must all be there, Chinese ones without blanks
// between their characters (奶瓶), folded and in the singular.
type Term struct {
	Any    []string
	Prefix bool // the last word may be unfinished
}

// Document is what the shop says of a published product to whoever searches:
// the one thing both engines are filled with.
type Document struct {
	ID          catalog.ProductID               `json:"id"`
	Code        string                          `json:"code"`
	SKUs        []string                        `json:"skus"`
	Brand       string                          `json:"brand,omitempty"`
	Name        i18n.Text                       `json:"name"`
	Line        i18n.Text                       `json:"line"`
	Synonyms    string                          `json:"synonyms,omitempty"`
	Shelves     []Shelf                         `json:"shelves,omitempty"` // from the department down to its own shelf
	Facts       []catalog.Fact                  `json:"facts,omitempty"`   // in their order; Facet says which can be filtered by
	Options     []i18n.Text                     `json:"options,omitempty"` // what can be chosen: 240 ml, sage
	Sold        int                             `json:"sold,omitempty"`    // roughly how much lately, see SetSold
	Prices      map[money.Currency]money.Amount `json:"prices"`            // of the cheapest active variant that anybody may buy
	Position    int                             `json:"position"`
	PublishedAt int64                           `json:"published_at"` // Unix milliseconds
	RatingCount int                             `json:"rating_count,omitempty"`
	RatingSum   int                             `json:"rating_sum,omitempty"`
}

// Shelf is one step of the way to a product.
type Shelf struct {
	ID   catalog.CategoryID `json:"id"`
	Name i18n.Text          `json:"name"`
}
