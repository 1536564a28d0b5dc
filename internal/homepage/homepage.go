// Package homepage decides what the front door of the shop looks like to whom.
// A variant is a page for an audience; whoever asks sees the first live one, by
// position, whose audience they are in, and else the default, which is always
// there. A page is written as a draft, looked at, and published; every page
// that was public can be gone back to.
package homepage

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Default is the key of the page for everybody else: guests, people with
// personal pages switched off, and whom no other variant is for. It cannot be
// switched off, scheduled or removed.
const Default = "default"

// Most is how many variants a shop has, the default included.
const Most = 16

// Bounds of a page.
const (
	MostSections = 8
	MostProducts = 24
	MostWords    = 12
	Cards        = 4 // in a section that does not say
	MostCards    = 12
)

// Variant is a home page for an audience.
type Variant struct {
	Key      string `gorm:"primaryKey"`
	Slot     int    // 1…16, each once
	Position int    // who is first decides; the default is last, whatever stands here
	Name     i18n.Text
	Audience string // a segment's key, "" = everybody
	Active   bool
	StartsOn string // first and last day in the shop's zone, "2026-12-24"; "" = no bound
	EndsOn   string
	Page     Page    `gorm:"serializer:json"` // what the public sees
	Version  int     // of Page; 0 = never published
	Draft    Page    `gorm:"serializer:json"` // what staff are writing
	DraftAt  db.Time // 0 = no draft

	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

func (Variant) TableName() string { return "home_variants" }

// Page is what a home page shows.
type Page struct {
	Title       i18n.Text            `json:"title"`                 // heading; none = the shop's own
	Lead        i18n.Text            `json:"lead"`                  // says for whom the page is made
	Hero        catalog.ProductID    `json:"hero,omitempty"`        // whose picture stands beside; 0 = the first section's first
	Departments []catalog.CategoryID `json:"departments,omitempty"` // those first, in this order; the others follow
	Sections    []Section            `json:"sections"`
}

// Kinds of sections. Those of a person are empty for who has no history or
// does not let it be used.
const (
	Category = "category" // a category's products in its own order
	Best     = "best"     // what sells now, of the category or of all
	New      = "new"      // added last, of the category or of all
	Reduced  = "reduced"  // cheaper than in the 30 days before, of the category or of all
	Picked   = "picked"   // products chosen by hand
	Banner   = "banner"   // words and a way to a category, no products
	Searches = "searches" // words to search for
	Again    = "again"    // what the person buys again and again
	Goes     = "goes"     // what goes with what the person bought
	Looked   = "looked"   // what others looked at after what the person looked at last
)

// Kinds lists every kind of section, in the order in which staff choose.
var Kinds = []string{Category, Best, New, Reduced, Picked, Banner, Searches, Again, Goes, Looked}

// Own reports whether a kind of section is about the person, and so has words
// of its own, which are always true.
func Own(kind string) bool { return kind == Again || kind == Goes || kind == Looked }

// Section is one part of a page.
type Section struct {
	Kind     string              `json:"kind"`
	Category catalog.CategoryID  `json:"category,omitempty"`
	Products []catalog.ProductID `json:"products,omitempty"` // of Picked, in this order
	Words    []i18n.Text         `json:"words,omitempty"`    // of Searches
	Title    i18n.Text           `json:"title"`
	Reason   i18n.Text           `json:"reason"`
	Cards    int                 `json:"cards,omitempty"` // how many; 0 = Cards
}

// Most is how many cards the section shows.
func (s Section) Most() int {
	if s.Cards > 0 {
		return s.Cards
	}
	return Cards
}

// HasProducts reports whether the section shows cards.
func (s Section) HasProducts() bool { return s.Kind != Banner && s.Kind != Searches }

// Check refuses a page that cannot be shown. Fields are named as the editor
// names them: title_en, and kind_0 for the first section.
func (p Page) Check() error {
	var form fault.Form
	short(&form, "title", p.Title, 80)
	short(&form, "lead", p.Lead, 200)
	if len(p.Sections) > MostSections {
		form.Wrong("sections", "homepage.sections.most", "most", MostSections)
	}
	for i, s := range p.Sections {
		s.check(&form, "_"+strconv.Itoa(i))
		if Own(s.Kind) && slices.ContainsFunc(p.Sections[:i], func(o Section) bool { return o.Kind == s.Kind }) {
			form.Wrong("kind_"+strconv.Itoa(i), "homepage.kind.twice")
		}
	}
	return form.Err()
}

func (s Section) check(form *fault.Form, at string) {
	if !slices.Contains(Kinds, s.Kind) {
		form.Wrong("kind"+at, "homepage.kind.invalid")
	}
	if s.Title.En == "" && !Own(s.Kind) {
		form.Wrong("title_en"+at, "homepage.title.missing")
	}
	short(form, "title", s.Title, 80, at)
	short(form, "reason", s.Reason, 200, at)
	if s.Category == 0 && (s.Kind == Category || s.Kind == Banner) {
		form.Wrong("category"+at, "homepage.category.missing")
	}
	if s.Kind == Picked && (len(s.Products) == 0 || len(s.Products) > MostProducts) {
		form.Wrong("products"+at, "homepage.products.missing", "most", MostProducts)
	}
	if s.Kind == Searches && (len(s.Words) == 0 || len(s.Words) > MostWords) {
		form.Wrong("words_en"+at, "homepage.words.missing", "most", MostWords)
	}
	if s.Cards < 0 || s.Cards > MostCards {
		form.Wrong("cards"+at, "homepage.cards.invalid", "most", MostCards)
	}
}

func short(form *fault.Form, name string, t i18n.Text, most int, at ...string) {
	end := strings.Join(at, "")
	if utf8.RuneCountInString(t.En) > most {
		form.Wrong(name+"_en"+end, "homepage.words.long", "most", most)
	}
	if utf8.RuneCountInString(t.Zh) > most {
		form.Wrong(name+"_zh"+end, "homepage.words.long", "most", most)
	}
}

// Live reports whether a variant may be shown on a day of the shop's zone.
func (v *Variant) Live(today string) bool {
	return v.Key == Default || v.Active && v.Version > 0 && (v.StartsOn == "" || v.StartsOn <= today) && (v.EndsOn == "" || today <= v.EndsOn)
}

// Written reports whether anybody has written the public page. The default
// of a fresh shop is not: the shop then shows what it has.
func (v *Variant) Written() bool { return v.Version > 0 }

// Choose returns the first live variant for whom in answers yes; in is asked
// with the key of a segment. variants are in order (List), so that the last
// one is the default: a shop that lost it gets an empty one. It is pure.
func Choose(variants []Variant, in func(audience string) bool, today string) *Variant {
	for i := range variants {
		v := &variants[i]
		if v.Key == Default || v.Live(today) && (v.Audience == "" || in(v.Audience)) {
			return v
		}
	}
	return &Variant{Key: Default, Active: true}
}

// Audiences lists the segments that variants live on a day ask for.
func Audiences(variants []Variant, today string) (keys []string) {
	for i := range variants {
		if v := &variants[i]; v.Audience != "" && v.Live(today) {
			keys = append(keys, v.Audience)
		}
	}
	return keys
}

// Arranged lists the departments of a shop, those of a page first.
func Arranged(departments []catalog.Category, first []catalog.CategoryID) []catalog.Category {
	place := func(k catalog.Category) int {
		if i := slices.Index(first, k.ID); i >= 0 {
			return i
		}
		return len(first)
	}
	all := slices.Clone(departments)
	slices.SortStableFunc(all, func(a, b catalog.Category) int { return place(a) - place(b) })
	return all
}
