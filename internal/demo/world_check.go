package demo

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// forms are the drawings the shop can make of a product.
var forms = []string{"bag", "ball", "bar", "bike", "book", "bottle", "box", "camera", "card", "case", "cube", "disc",
	"flower", "garment", "gift", "handheld", "instrument", "keys", "lamp", "laptop", "notebook", "pack", "pad", "panel",
	"phones", "pistol", "plant", "pot", "racket", "roll", "screen", "shoe", "speaker", "stand", "strap", "strings",
	"tent", "tin", "tower", "toy", "tube"}

// accents are the colours a drawing can take.
var accents = []string{"sage", "ink", "clay", "aqua", "rose", "sand", "oak", "smoke", "white", "black", "red", "blue",
	"green", "yellow", "natural", "indigo", "grey", "plum", "sky", "moss", "rust", "cream", "teal", "lilac"}

var (
	tiers   = []string{"plain", "good", "fine"}
	moments = []string{"term-start", "exam", "new-job", "new-baby", "moving", "may", "year-end"}

	slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	skuPattern  = regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)*$`)
	// A comma or point between two figures belongs to the number, not the sentence.
	inNumber = regexp.MustCompile(`[0-9][.,][0-9]`)
)

// check names every fault it finds by the code it belongs to.
func (w *World) check() error {
	var faults []error
	fault := func(code, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", code, fmt.Sprintf(format, args...)))
	}
	slugs, skus := map[string]string{}, map[string]string{}
	slug := func(code, s string) {
		if !slugPattern.MatchString(s) {
			fault(code, "slug %q", s)
		}
		if other, taken := slugs[s]; taken {
			fault(code, "slug %q is taken by %s", s, other)
		}
		slugs[s] = code
	}
	categories := map[string]bool{"": true}
	for i := range w.Departments {
		d := &w.Departments[i]
		slug(d.Code, d.Slug)
		categories[d.Slug] = true
		prose(fault, d.Code, d.Name, d.Help)
		if !slices.Contains(forms, d.Form) || d.Hue < 0 || d.Hue > 359 {
			fault(d.Code, "form %q, hue %d", d.Form, d.Hue)
		}
		for j := range d.Shelves {
			s := &d.Shelves[j]
			slug(s.Code, s.Slug)
			categories[s.Slug] = true
			prose(fault, s.Code, s.Name, s.Help)
			for k := range s.Products {
				p := &s.Products[k]
				slug(p.Code, p.Slug)
				if w.products[p.Code] != nil {
					fault(p.Code, "code is used twice")
				}
				w.products[p.Code] = p
				p.check(func(format string, args ...any) { fault(p.Code, format, args...) })
				for _, v := range p.Variants() {
					if other, taken := skus[v.SKU]; taken {
						fault(p.Code, "SKU %s is taken by %s", v.SKU, other)
					}
					skus[v.SKU] = p.Code
				}
			}
		}
	}
	w.checkRelations(fault)
	w.checkPeople(fault, skus)
	w.checkHomes(fault, categories)
	for _, part := range slices.Concat(w.Names.Given, w.Names.Family) {
		if part.En == "" || !chinese(part.Zh) {
			fault("names", "part %q %q", part.En, part.Zh)
		}
	}
	return errors.Join(faults...)
}

func (p *Product) check(fault func(string, ...any)) {
	about := func(_, format string, args ...any) { fault(format, args...) }
	prose(about, p.Code, p.Name, p.Line, p.About, p.Question.Ask, p.Question.Answer)
	if utf8.RuneCountInString(p.Line.En) > 60 || utf8.RuneCountInString(p.Line.Zh) > 30 {
		fault("line is too long")
	}
	if !slices.Contains(forms, p.Form) {
		fault("form %q", p.Form)
	}
	if !slices.Contains(tiers, p.Tier) || p.Brand == "" || p.Synonyms == "" {
		fault("tier %q, brand %q, synonyms %q", p.Tier, p.Brand, p.Synonyms)
	}
	for _, m := range p.Moments {
		if !slices.Contains(moments, m) {
			fault("moment %q", m)
		}
	}
	if p.Digital && p.Stock != 0 || !p.Digital && p.Stock <= 0 {
		fault("stock %d", p.Stock)
	}
	if len(p.Options) > 3 || len(p.Facts) < 4 || len(p.Facts) > 8 {
		fault("%d options, %d facts", len(p.Options), len(p.Facts))
	}
	for _, o := range p.Options {
		prose(about, p.Code, o.Name)
		if len(o.Values) < 2 {
			fault("option %s gives no choice", o.Code)
		}
		for _, v := range o.Values {
			if v.Name.En == "" || v.Name.Zh == "" || v.Accent != "" && !slices.Contains(accents, v.Accent) {
				fault("option %s value %q, colour %q", o.Code, v.Code, v.Accent)
			}
		}
	}
	keys := map[string]bool{}
	for _, f := range p.Facts {
		if f.Value.En == "" || f.Value.Zh == "" || keys[f.Key] || f.Facet != (f.ValueCode != "") {
			fault("fact %s", f.Key)
		}
		keys[f.Key] = true
		prose(about, p.Code, f.Name)
	}
	for _, v := range p.Variants() {
		if len(v.SKU) > 32 || !skuPattern.MatchString(v.SKU) {
			fault("SKU %s", v.SKU)
		}
		if v.USD <= 0 || !yuan(v.CNY) {
			fault("%s costs %d and %d", v.SKU, v.USD, v.CNY)
		}
	}
}

// yuan reports whether an amount ends as the Chinese price list ends: in 9 below
// a thousand, in 99 above.
func yuan(minor int64) bool {
	if minor <= 0 || minor%100 != 0 {
		return false
	}
	if y := minor / 100; y >= 1000 {
		return y%100 == 99
	}
	return minor/100%10 == 9
}

func (w *World) checkRelations(fault func(string, string, ...any)) {
	seen := map[[3]string]bool{}
	for _, r := range w.Relations {
		code := r.From + " " + r.Kind + " " + r.To
		to := w.products[r.To]
		switch {
		case w.products[r.From] == nil || to == nil || r.From == r.To:
			fault(code, "does not join two products")
			continue
		case to.Sensitive || to.NotSold:
			fault(code, "points at a product that may not be recommended")
		case !slices.Contains(Kinds, r.Kind):
			fault(code, "unknown kind")
		case seen[[3]string{r.From, r.To, r.Kind}]:
			fault(code, "stands twice")
		case r.Weight <= 0 || r.Weight > 1:
			fault(code, "weight %v", r.Weight)
		case (r.Kind == "alike") != (r.Premise != Text{}):
			fault(code, "a premise belongs to alike, and alike needs one")
		}
		seen[[3]string{r.From, r.To, r.Kind}] = true
		prose(fault, code, r.Reason)
		if utf8.RuneCountInString(r.Reason.En) > 46 || utf8.RuneCountInString(r.Reason.Zh) > 24 {
			fault(code, "reason is too long")
		}
		if r.Kind == "alike" {
			prose(fault, code, r.Premise)
		}
	}
}

func (w *World) checkPeople(fault func(string, string, ...any), skus map[string]string) {
	seen := map[string]bool{}
	for _, p := range slices.Concat(w.People.Shoppers, w.People.Staff) {
		if seen[p.Email] || p.Name == "" || !chinese(p.NameZh) || p.Lang != "en" && p.Lang != "zh" {
			fault(p.Email, "name %q %q, language %q, or known twice", p.Name, p.NameZh, p.Lang)
		}
		seen[p.Email] = true
		prose(fault, p.Email, p.Notes)
		for _, o := range p.Owns {
			sku := o.SKU
			if sku == "" {
				sku = o.Product
			}
			if skus[sku] != o.Product {
				fault(p.Email, "owns %s %s, which is not sold", o.Product, o.SKU)
			}
		}
		for _, o := range p.OwnsOlder {
			if w.products[o.Product] == nil {
				fault(p.Email, "owns an older %s", o.Product)
			}
		}
		for _, code := range p.BoughtEachMay {
			if w.products[code] == nil {
				fault(p.Email, "bought %s in May", code)
			}
		}
		for _, o := range p.Occasions {
			prose(fault, p.Email, o.Name)
		}
		if p.Abandoned != nil && skus[p.Abandoned.SKU] == "" {
			fault(p.Email, "left %s behind", p.Abandoned.SKU)
		}
		if p.Role == "" && !slices.ContainsFunc(w.Homes, func(h Home) bool { return h.Segment == p.Persona }) {
			fault(p.Email, "persona %q has no home page", p.Persona)
		}
	}
}

func (w *World) checkHomes(fault func(string, string, ...any), categories map[string]bool) {
	if !slices.ContainsFunc(w.Homes, func(h Home) bool { return h.Segment == "default" }) {
		fault("homes", "no default")
	}
	for _, h := range w.Homes {
		prose(fault, h.Segment, h.Name, h.Title, h.Why)
		for _, s := range h.Sections {
			prose(fault, h.Segment, s.Title, s.Reason)
			if !categories[s.Category] || s.Kind == "category" && s.Category == "" ||
				!slices.Contains([]string{"category", "best", "new"}, s.Kind) {
				fault(h.Segment, "section %s of %q", s.Kind, s.Category)
			}
		}
	}
}

// prose holds what people read to the rule of the house: both languages are
// written, and Chinese uses its own punctuation.
func prose(fault func(string, string, ...any), code string, texts ...Text) {
	for _, t := range texts {
		if t.En == "" || !chinese(t.Zh) {
			fault(code, "text %q %q", t.En, t.Zh)
		}
		for _, r := range inNumber.ReplaceAllString(t.Zh, "") {
			if r == ',' || r == '.' || r == '!' || r == '?' || r == ';' {
				fault(code, "Chinese text %q has Latin punctuation", t.Zh)
				break
			}
		}
	}
}

func chinese(s string) bool {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}
