// Package catalog is what the shop sells: categories, products with their
// variants and prices, pictures, facts and the relations between products,
// and the questions pages ask about them. It reads the stock to know what can
// be bought; only package inventory writes it.
package catalog

import (
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Row ids. They never leave the shop: outside a product is its slug, a
// variant its SKU.
type (
	ProductID  int64
	VariantID  int64
	CategoryID int64
)

// Category is a department (no parent) or a shelf below one.
type Category struct {
	ID        CategoryID
	ParentID  *CategoryID
	Code      string
	Slug      string
	Position  int
	Hue       int    // OKLCH hue of its ground, 0–359
	Form      string // the drawing of its tile
	Name      i18n.Text
	Help      i18n.Text
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is the table of the row.
func (Category) TableName() string { return "categories" }

// Product is one thing the shop sells, in one or more variants.
type Product struct {
	ID          ProductID
	Code        string // the merchant's key; imports and the demo find a product by it
	Slug        string
	CategoryID  *CategoryID
	Brand       string
	Name        i18n.Text
	Line        i18n.Text // the benefit in one line
	About       i18n.Text
	Synonyms    string // search words of both languages, separated by spaces
	Published   bool
	PublishedAt db.Time
	Version     int // grows with every change; part of every cache key
	Tier        string
	Durable     bool // bought once: not suggested to who owns it
	RefillDays  int  // a pack lasts so long; 0 = no refill
	Sensitive   bool // never recommended, discounted or configured
	Gift        bool
	Digital     bool
	GiftCard    bool     // its units are gift cards worth their price; digital
	MaxQty      int      // most units an order may hold; 0 = the cart's own limit
	TaxClass    string   // one of setting.TaxClasses; "" = standard
	Moments     []string `gorm:"serializer:json"`
	Position    int
	Imported    bool
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt   db.Time `gorm:"autoUpdateTime:false"`
	RatingCount int     `gorm:"->"` // copies of the published reviews, see Rate
	RatingSum   int     `gorm:"->"`
}

// TableName is the table of the row.
func (Product) TableName() string { return "products" }

// Choice is one value of an option, such as a colour or a size.
type Choice struct {
	Code   string    `json:"code"`
	Name   i18n.Text `json:"name"`
	Accent string    `json:"accent,omitempty"` // colour key of the drawings
}

// Option is a question the shopper answers to pick a variant.
type Option struct {
	ID        int64
	ProductID ProductID
	Position  int
	Code      string
	Name      i18n.Text
	Choices   []Choice `gorm:"serializer:json"`
}

// TableName is the table of the row.
func (Option) TableName() string { return "product_options" }

// Variant is what is really sold, priced, counted and shipped.
type Variant struct {
	ID        VariantID
	ProductID ProductID
	SKU       string
	Position  int
	Choices   map[string]string `gorm:"serializer:json"` // option code → choice code
	Accent    string
	Active    bool    // an inactive variant stays for the orders that name it
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is the table of the row.
func (Variant) TableName() string { return "variants" }

// Image is a picture of a product: "art:FORM-HUE-ACCENT-SEED" is drawn by
// package art, "media:FILE" lies in the data folder.
type Image struct {
	ProductID ProductID
	Position  int
	Src       string
	Alt       i18n.Text
}

// Fact is one row of the facts table; a facet can be filtered by.
type Fact struct {
	ProductID ProductID
	Position  int
	Key       string
	Name      i18n.Text
	ValueCode string
	Value     i18n.Text
	Facet     bool
}

// Relation leads from one product to another, with a reason that is true.
type Relation struct {
	ID      int64
	FromID  ProductID
	ToID    ProductID
	Kind    string // one of RelationKinds
	Reason  i18n.Text
	Premise i18n.Text // of a complex chain: what it presumes about the shopper
	Source  string    // author, data or rule
	Weight  float64
}

// TableName is the table of the row.
func (Relation) TableName() string { return "relations" }

// RelationKinds lists what a relation can say; "never" forbids a pair.
var RelationKinds = []string{"needs", "fits", "refill", "moment", "alike", "next", "upgrade", "replaced", "part", "instead", "never"}

// Card is a product as lists show it. A cached drawing of it must be keyed by
// Version and by InStock, Waits, Preorder, Left and Price: stock moves without a
// new version.
type Card struct {
	ID          ProductID
	Code        string
	Slug        string
	Name        i18n.Text
	Line        i18n.Text
	Image       Image
	Price       money.Price  // of the cheapest active variant
	Was         money.Amount // the lowest of the 30 days before it fell (Earlier), 0 = none
	Said        bool         // Was is the merchant's word: the shop never asked anything else
	From        bool         // variants differ in price
	InStock     bool         // it can be bought
	Waits       bool         // it can be bought, but none of it is there yet
	Preorder    bool         // Waits, and it is sold ahead of its first day
	Left        int          // units there of the best variant; -1 = not counted
	CategoryID  CategoryID
	Version     int
	Tier        string
	Durable     bool
	Sensitive   bool
	Digital     bool
	Gift        bool
	Colours     int    // distinct colours among the variants
	SKU         string // the variant to add: the first that can be bought, else the first
	Variants    int
	PublishedAt db.Time
	Published   bool // false only where unpublished ones were asked for
	Priced      bool // false only there, too: no price in the currency
	Rating      Rating
}

// ListQuery asks for a page of products.
type ListQuery struct {
	Categories []CategoryID // any of these; empty = everywhere
	IDs        []ProductID  // nil = all; else only these, in this order while Sort is ""
	InStock    bool         // only what can be sent at once
	Sort       string       // "" or "featured", "price", "price-desc", "new", "name", "rating"
	Page       int          // from 1
	PerPage    int          // 0 = 24, at most 100
	Currency   money.Currency
	All        bool   // for staff: unpublished and unpriced ones too
	Text       string // for staff: code, SKU or name holds this
}

// FacetValue is one value to filter by. Count is the number of products that
// choosing it (beside the other facets) would leave; 0 is shown greyed.
type FacetValue struct {
	Code   string
	Value  i18n.Text
	Count  int
	Chosen bool
}

// Facet is a fact that the products of a list can be filtered by.
type Facet struct {
	Key    string
	Name   i18n.Text
	Values []FacetValue
}

// Band is a range of prices, both ends inclusive; Max 0 = no upper end.
type Band struct {
	Min, Max money.Amount
	Count    int
	Chosen   bool
}

// Listing is a page of products and what can narrow it.
type Listing struct {
	Cards   []Card
	Total   int
	Page    int // the page shown: the last one if a later was asked for
	PerPage int
	Facets  []Facet
	Bands   []Band
	Under   map[CategoryID]int // of a search: how many stand under each shelf
}

// VariantInfo is a variant with what a product page says of it.
type VariantInfo struct {
	Variant
	Price     money.Price
	Was       money.Amount
	Said      bool      // of Was, as on a Card
	List      PriceIn   // what the merchant wrote, before any sale
	Sale      i18n.Text // the sale that made the price; empty = none
	Priced    bool
	ForOwners bool // only who owns what it upgrades may buy it (package owner)
	Available int  // as Supply says
	Supply    Supply
	Inside    []Component // what a bundle is made of
}

// Detail is everything a product page shows of a product.
type Detail struct {
	Product
	Card     Card
	Options  []Option
	Variants []VariantInfo
	Images   []Image
	Facts    []Fact
}

// Buyable is a variant as cart and checkout see it: what it is, what it costs
// now, and whether it can be had.
type Buyable struct {
	VariantID  VariantID
	ProductID  ProductID
	SKU        string
	Slug       string
	Name       i18n.Text
	Choices    i18n.Text // "Sage / 240 ml"
	Image      Image
	Price      money.Price
	Was        money.Amount
	List       money.Amount // what the merchant wrote, before any sale
	Sale       i18n.Text    // the sale that made the price; empty = none
	TaxClass   string
	Available  int // as Supply says; -1 = not counted
	Supply     Supply
	Bundle     bool // it is made of Components
	Published  bool
	Active     bool
	Priced     bool
	MaxQty     int
	Sensitive  bool
	Digital    bool
	GiftCard   bool
	Durable    bool
	CategoryID CategoryID
	Cost       *money.Amount // of a unit to the shop, in its own currency; nil: nobody said
}

// PriceIn is what the merchant asks in one currency: the list price, and a
// former price by which a reduction is announced, 0 = none. What shoppers see
// follows from it by the sales and the log.
type PriceIn struct{ Amount, Was money.Amount }

// DraftVariant is a variant to be written. OnHand is not written by Put: the
// caller hands it to inventory.Count under the id that Put returns.
type DraftVariant struct {
	Variant
	Prices map[money.Currency]PriceIn
	OnHand *int
}

// Draft is a whole product to be written by Put.
type Draft struct {
	Product
	Options  []Option
	Variants []DraftVariant
	Images   []Image
	Facts    []Fact
}

// Change says what writing did.
type Change string

const (
	Created   Change = "created"
	Updated   Change = "updated"
	Unchanged Change = "unchanged"
)

// Outcome is what PutMany did with one draft. A draft with Err wrote nothing.
type Outcome struct {
	ID       ProductID
	Change   Change
	Variants map[string]VariantID // by SKU
	Err      error
}

// Edit is what the product editor may change about a product itself. Prices
// go through SetPrice, units through inventory.
type Edit struct {
	Slug       string
	CategoryID *CategoryID
	Brand      string
	Name       i18n.Text
	Line       i18n.Text
	About      i18n.Text
	Synonyms   string
	Published  bool
	MaxQty     int
}

// Changed is the job that a change of products leaves for derived data.
type Changed struct {
	Product int64   `json:"product,omitempty"`
	More    []int64 `json:"more,omitempty"` // many at once: imports, renamed categories
}

// Kind names the job.
func (Changed) Kind() string { return "catalog.changed" }

// IDs lists the products that changed.
func (c Changed) IDs() []ProductID {
	ids := make([]ProductID, 0, len(c.More)+1)
	if c.Product != 0 {
		ids = append(ids, ProductID(c.Product))
	}
	for _, id := range c.More {
		ids = append(ids, ProductID(id))
	}
	return ids
}
