// Package demo is the shop that shows itself: an authored catalogue, the people
// of the tour, and the simulated crowd. Everything in it is invented, and what
// people did in it is marked as simulated.
package demo

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.json
var files embed.FS

// departmentFiles are in the order the shop shows its departments.
var departmentFiles = []string{"bk", "sp", "en", "tl", "in", "bb", "co", "ph", "ht", "sw", "gf", "hc"}

// Text is one text written in both languages.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// Department is a top category. Form is the drawing of its tile and Hue the
// ground of all its pictures.
type Department struct {
	Code    string  `json:"code"`
	Slug    string  `json:"slug"`
	Hue     int     `json:"hue"`
	Form    string  `json:"form"`
	Name    Text    `json:"name"`
	Help    Text    `json:"help"`
	Shelves []Shelf `json:"shelves"`
}

// Shelf is a category below a department.
type Shelf struct {
	Code     string    `json:"code"`
	Slug     string    `json:"slug"`
	Name     Text      `json:"name"`
	Help     Text      `json:"help"`
	Products []Product `json:"products"`
}

// Product is one authored product. USD and CNY are the minor units of the price
// of its base variant, the one whose values add nothing.
type Product struct {
	Code  string `json:"code"`
	Slug  string `json:"slug"`
	Brand string `json:"brand"`
	Form  string `json:"form"`

	Name  Text `json:"name"`
	Line  Text `json:"line"`  // what it is in numbers: at most 60 characters, 30 in Chinese
	About Text `json:"about"` // two to four sentences

	USD int64 `json:"usd"`
	CNY int64 `json:"cny"`

	Options  []Option `json:"options"` // at most three
	Facts    []Fact   `json:"facts"`   // each key once
	Synonyms string   `json:"synonyms"`
	Moments  []string `json:"moments"`
	Tier     string   `json:"tier"` // plain, good or fine

	Durable    bool `json:"durable"`    // who owns one needs no second
	RefillDays int  `json:"refillDays"` // days one pack lasts, 0 for things that are not used up
	Gift       bool `json:"gift"`       // worth wrapping
	Sensitive  bool `json:"sensitive"`  // never configured, discounted or recommended
	Digital    bool `json:"digital"`    // delivered by mail: no stock, no parcel
	GiftCard   bool `json:"gift_card"`  // worth its price; digital, too
	MaxQty     int  `json:"maxQty"`     // in one order, 0 for no limit
	Limited    bool `json:"limited"`    // made in small numbers
	NotSold    bool `json:"notSold"`    // kept for its owners, no longer on sale
	Stock      int  `json:"stock"`      // opening units of each variant, 0 where stock is not tracked

	Inside []string `json:"inside"` // of a bundle: the variants in it, one of each; it has no stock of its own

	Question Question `json:"question"`
}

// Question is what an owner was asked, and answered.
type Question struct {
	Ask    Text `json:"ask"`
	Answer Text `json:"answer"`
}

// Option is one choice to make before buying.
type Option struct {
	Code   string  `json:"code"`
	Name   Text    `json:"name"`
	Values []Value `json:"values"`
}

// Value is one answer to an option. USD and CNY are added to the base price and
// may be negative (an upgrade costs less than a first licence).
type Value struct {
	Code    string `json:"code"`
	Name    Text   `json:"name"`
	Accent  string `json:"accent"` // colour key of the drawing, empty when the value is no colour
	USD     int64  `json:"usd"`
	CNY     int64  `json:"cny"`
	Digital bool   `json:"digital"` // this edition is sent by mail although the product is not
}

// Fact is one line of the facts table; a Facet is also a filter, and its Code
// the value that stands in the address.
type Fact struct {
	Key       string `json:"key"`
	Name      Text   `json:"name"`
	Value     Text   `json:"value"`
	ValueCode string `json:"code"`
	Facet     bool   `json:"facet"`
}

// Relation says that To goes with From. Reason is true of the two things
// themselves; it makes no claim about what people bought. Premise is set for
// the kind alike only: what is supposed about the person.
type Relation struct {
	From    string  `json:"from"`
	To      string  `json:"to"`
	Kind    string  `json:"kind"`
	Weight  float64 `json:"weight"` // 0 to 1, the author's order within one From
	Reason  Text    `json:"reason"`
	Premise Text    `json:"premise"`
}

// Kinds of relations. "never" keeps a pair apart whatever the orders say.
var Kinds = []string{"needs", "fits", "refill", "moment", "alike", "next", "upgrade", "replaced", "part", "instead", "never"}

// Person is a shopper of the tour or a member of staff. Dates are told relative
// to the first start so that the tour is the same in any year.
type Person struct {
	Email      string   `json:"email"`
	Name       string   `json:"name"`
	NameZh     string   `json:"nameZh"`
	Lang       string   `json:"lang"`
	Role       string   `json:"role"` // staff only
	Age        int      `json:"age"`
	BirthMonth int      `json:"birthMonth"` // 0 when not told
	BirthDay   int      `json:"birthDay"`
	BirthdayIn int      `json:"birthdayInDays"` // days from the first start; stands instead of BirthMonth and BirthDay
	BabyMonths int      `json:"babyMonths"`     // age of the baby at the first start, 0 without one
	Occupation string   `json:"occupation"`
	Life       []string `json:"life"`
	Interests  []string `json:"interests"`
	Hobbies    []string `json:"hobbies"`
	ForWhom    []string `json:"forWhom"`
	Persona    string   `json:"persona"` // a segment of Homes
	Tier       string   `json:"tier"`
	Device     string   `json:"device"` // phone, desktop or tablet

	Personalize bool `json:"personalize"`
	Mail        bool `json:"mail"`
	LargeText   bool `json:"largeText"`
	NightBuyer  bool `json:"nightBuyer"`
	Bounces     bool `json:"bounces"`

	Owns          []Owned    `json:"owns"`
	OwnsOlder     []Older    `json:"ownsOlder"`
	Occasions     []Occasion `json:"occasions"`
	BoughtEachMay []string   `json:"boughtEachMay"` // product codes bought in each of the last MayYears Mays
	MayYears      int        `json:"mayYears"`
	Abandoned     *Abandoned `json:"abandoned"`

	Notes Text `json:"notes"` // who this is and what to look at
}

// Owned is something bought MonthsAgo months before the first start. SKU is
// empty for a product without options.
type Owned struct {
	Product   string `json:"product"`
	SKU       string `json:"sku"`
	MonthsAgo int    `json:"monthsAgo"`
}

// Older is an earlier version of a program the catalogue no longer lists.
type Older struct {
	Product   string `json:"product"`
	Version   string `json:"version"`
	MonthsAgo int    `json:"monthsAgo"`
}

// Occasion is a date that comes back every year.
type Occasion struct {
	Kind  string `json:"kind"`
	Name  Text   `json:"name"`
	Month int    `json:"month"`
	Day   int    `json:"day"`
}

// Abandoned is a cart left after a question that nobody answered in time.
type Abandoned struct {
	SKU      string `json:"sku"`
	Question Text   `json:"question"`
}

// People are those who can be signed in as with one click.
type People struct {
	Shoppers []Person `json:"shoppers"`
	Staff    []Person `json:"staff"`
}

// Names are the parts the simulated crowd is named from. The two languages of a
// part are not translations of each other: a person has a name in one of them.
type Names struct {
	Given  []Text `json:"given"`
	Family []Text `json:"family"`
}

// Home is the first page of one segment.
type Home struct {
	Segment  string    `json:"segment"`
	Name     Text      `json:"name"`
	Title    Text      `json:"title"`
	Why      Text      `json:"why"`
	Sections []Section `json:"sections"`
}

// Section is one shelf of a home page: the products of a category, the best
// sellers or the newest. Category is the slug of a department or shelf, or empty
// for the whole shop where Kind is best or new.
type Section struct {
	Title    Text   `json:"title"`
	Reason   Text   `json:"reason"`
	Kind     string `json:"kind"`
	Category string `json:"category"`
}

// World is the whole authored shop.
type World struct {
	Departments []Department
	Relations   []Relation
	People      People
	Names       Names
	Help        []Help
	Homes       []Home // "default" is always among them

	products map[string]*Product
}

// Variant is one buyable form of a product.
type Variant struct {
	SKU     string
	Values  []Value // one for each option, in order
	USD     int64
	CNY     int64
	Digital bool
	Accent  string // colour of the drawing, empty when no option is a colour
}

// Variants is the full matrix of the product's options, first option slowest.
// A product without options has one variant whose SKU is the product's code.
func (p *Product) Variants() []Variant {
	out := []Variant{{SKU: p.Code, USD: p.USD, CNY: p.CNY, Digital: p.Digital}}
	for _, option := range p.Options {
		var next []Variant
		for _, v := range out {
			for _, value := range option.Values {
				w := v
				w.SKU += "-" + strings.ToUpper(value.Code)
				w.Values = append(slices.Clone(v.Values), value)
				w.USD += value.USD
				w.CNY += value.CNY
				w.Digital = w.Digital || value.Digital
				if value.Accent != "" {
					w.Accent = value.Accent
				}
				next = append(next, w)
			}
		}
		out = next
	}
	return out
}

// Product finds a product by its code, nil when there is none.
func (w *World) Product(code string) *Product { return w.products[code] }

// Products lists all products in the order of the shelves.
func (w *World) Products() []*Product {
	var out []*Product
	for i := range w.Departments {
		for j := range w.Departments[i].Shelves {
			shelf := &w.Departments[i].Shelves[j]
			for k := range shelf.Products {
				out = append(out, &shelf.Products[k])
			}
		}
	}
	return out
}

// Load reads the embedded shop and checks it. The world is shared: read only.
func Load() (*World, error) { return load() }

var load = sync.OnceValues(func() (*World, error) {
	w := &World{products: map[string]*Product{}}
	for _, name := range departmentFiles {
		var d Department
		if err := decode(name, &d); err != nil {
			return nil, err
		}
		w.Departments = append(w.Departments, d)
	}
	for name, into := range map[string]any{"relations": &w.Relations, "people": &w.People, "names": &w.Names, "homes": &w.Homes, "help": &w.Help} {
		if err := decode(name, into); err != nil {
			return nil, err
		}
	}
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("demo shop: %w", err)
	}
	return w, nil
})

// decode refuses fields it does not know, so that a misspelt one is an error
// and not a silent default.
func decode(name string, into any) error {
	f, err := files.Open("data/" + name + ".json")
	if err != nil {
		return fmt.Errorf("open demo file %s: %w", name, err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read demo file %s: %w", name, err)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("read demo file %s: more than one document", name)
	}
	return nil
}
