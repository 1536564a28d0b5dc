package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// The limits of a product; they keep one page, one row and one option grid
// within what a person can use.
const (
	MaxOptions  = 3
	MaxChoices  = 60
	MaxVariants = 250
	MaxImages   = 40
	MaxFacts    = 100
	maxName     = 200
	maxLine     = 400
	maxAbout    = 20_000
	maxSynonyms = 2_000
	maxPrice    = 1_000_000_000_00 // leaves room for 99 of them in a sum
)

var (
	skuShape   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	slugShape  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	tiers      = []string{"plain", "good", "fine"}
	plainFolds = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "&", " and ", "'", "", "’", "")
)

// Slug makes the last part of an address from a name: lower-case ASCII letters
// and digits with single hyphens, at most 96 bytes. A name without any, such
// as one in Chinese only, gives ""; use the slug of the code then.
func Slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(plainFolds.Replace(strings.ToLower(name))) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r):
			gap = true
		}
	}
	s := b.String()
	if len(s) > 96 {
		s = strings.TrimRight(s[:96], "-")
	}
	return s
}

func validSlug(s string) bool { return len(s) <= 96 && slugShape.MatchString(s) }

// tidy fills in what a draft may leave out and puts everything into the one
// shape that is stored, so that comparing tells whether anything changed.
func (d *Draft) tidy() {
	d.Code = strings.TrimSpace(d.Code)
	d.Digital = d.Digital || d.GiftCard
	if d.TaxClass == "" {
		d.TaxClass = setting.TaxClasses[0]
	}
	if d.Tier == "" {
		d.Tier = "good"
	}
	if d.Moments == nil {
		d.Moments = []string{}
	}
	d.Options = append([]Option{}, d.Options...)
	for i := range d.Options {
		d.Options[i].ID, d.Options[i].ProductID, d.Options[i].Position = 0, 0, i
		if d.Options[i].Choices == nil {
			d.Options[i].Choices = []Choice{}
		}
	}
	d.Variants = slices.Clone(d.Variants)
	for i := range d.Variants {
		d.Variants[i].Position = i
		if d.Variants[i].Choices == nil {
			d.Variants[i].Choices = map[string]string{}
		}
	}
	d.Images = slices.Clone(d.Images)
	for i := range d.Images {
		d.Images[i].ProductID, d.Images[i].Position = 0, i
	}
	d.Facts = slices.Clone(d.Facts)
	for i := range d.Facts {
		d.Facts[i].ProductID, d.Facts[i].Position = 0, i
	}
}

// check refuses what may not be stored, naming each field.
func (d *Draft) check() error {
	var f fault.Form
	if d.Code == "" || utf8.RuneCountInString(d.Code) > 64 || !clean(d.Code) {
		f.Wrong("code", "catalog.code.wrong")
	}
	if !slices.Contains(setting.TaxClasses, d.TaxClass) {
		f.Wrong("tax_class", "catalog.tax-class.wrong")
	}
	if !slices.Contains(tiers, d.Tier) {
		f.Wrong("tier", "catalog.tier.wrong")
	}
	if d.MaxQty < 0 || d.RefillDays < 0 {
		f.Wrong("max_qty", "catalog.number.negative")
	}
	if len(d.Images) > MaxImages {
		f.Wrong("images", "catalog.images.many", "most", MaxImages)
	}
	checkTexts(&f, d.Slug, d.Brand, d.Synonyms, d.Name, d.Line, d.About)
	d.checkOptions(&f)
	d.checkVariants(&f)
	d.checkFacts(&f)
	return f.Err()
}

func checkTexts(f *fault.Form, slug, brand, synonyms string, name, line, about i18n.Text) {
	if slug != "" && !validSlug(slug) {
		f.Wrong("slug", "catalog.slug.wrong")
	}
	if strings.TrimSpace(name.En) == "" && strings.TrimSpace(name.Zh) == "" {
		f.Wrong("name", "catalog.name.missing")
	}
	for _, t := range []struct {
		field string
		text  i18n.Text
		most  int
	}{
		{"brand", i18n.Text{En: brand}, maxName}, {"synonyms", i18n.Text{En: synonyms}, maxSynonyms},
		{"name", name, maxName}, {"line", line, maxLine}, {"about", about, maxAbout},
	} {
		checkText(f, t.field, t.text, t.most)
	}
}

func checkText(f *fault.Form, field string, t i18n.Text, most int) {
	if utf8.RuneCountInString(t.En) > most || utf8.RuneCountInString(t.Zh) > most {
		f.Wrong(field, "catalog.text.long", "most", most)
	}
	if !clean(t.En) || !clean(t.Zh) {
		f.Wrong(field, "catalog.text.broken")
	}
}

// clean: Postgres refuses NUL and broken UTF-8 with an error that would be ours.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (d *Draft) checkOptions(f *fault.Form) {
	if len(d.Options) > MaxOptions {
		f.Wrong("options", "catalog.options.many", "most", MaxOptions)
	}
	codes := map[string]bool{}
	for _, o := range d.Options {
		if o.Code == "" || codes[o.Code] || len(o.Choices) == 0 || len(o.Choices) > MaxChoices || !clean(o.Code) {
			f.Wrong("options", "catalog.option.wrong", "option", o.Code)
		}
		codes[o.Code] = true
		checkText(f, "options", o.Name, maxName)
		values := map[string]bool{}
		for _, c := range o.Choices {
			if c.Code == "" || values[c.Code] || !clean(c.Code) {
				f.Wrong("options", "catalog.option.wrong", "option", o.Code)
			}
			values[c.Code] = true
			checkText(f, "options", c.Name, maxName)
		}
	}
}

func (d *Draft) checkVariants(f *fault.Form) {
	if len(d.Variants) == 0 {
		f.Wrong("variants", "catalog.variants.none")
	}
	if len(d.Variants) > MaxVariants {
		f.Wrong("variants", "catalog.variants.many", "most", MaxVariants)
	}
	skus, combinations := map[string]bool{}, map[string]string{}
	for _, v := range d.Variants {
		if !skuShape.MatchString(v.SKU) {
			f.Wrong("sku", "catalog.sku.wrong", "sku", v.SKU)
		}
		if skus[v.SKU] {
			f.Wrong("sku", "catalog.sku.twice", "sku", v.SKU)
		}
		skus[v.SKU] = true
		key := d.combination(v)
		if v.Active && !d.chosen(v) { // what is not sold any more may answer options of former times
			f.Wrong("variants", "catalog.variant.choices", "sku", v.SKU)
		}
		if other, ok := combinations[key]; ok && v.Active {
			f.Wrong("variants", "catalog.variant.same", "sku", v.SKU, "other", other)
		} else if v.Active {
			combinations[key] = v.SKU
		}
		for currency, p := range v.Prices {
			if p.Amount < 0 || p.Was < 0 || p.Amount > maxPrice || p.Was > maxPrice {
				f.Wrong("price", "catalog.price.wrong", "sku", v.SKU)
			}
			if known, err := money.ParseCurrency(string(currency)); err != nil || known != currency {
				f.Wrong("price", "catalog.currency.unknown", "currency", string(currency))
			}
		}
	}
}

// chosen: a variant answers each option with one of its choices, and no other.
func (d *Draft) chosen(v DraftVariant) bool {
	if len(v.Choices) != len(d.Options) {
		return false
	}
	for _, o := range d.Options {
		if !slices.ContainsFunc(o.Choices, func(c Choice) bool { return c.Code == v.Choices[o.Code] }) {
			return false
		}
	}
	return true
}

func (d *Draft) combination(v DraftVariant) string {
	var b strings.Builder
	for _, o := range d.Options {
		fmt.Fprintf(&b, "%q=%q ", o.Code, v.Choices[o.Code])
	}
	return b.String()
}

func (d *Draft) checkFacts(f *fault.Form) {
	if len(d.Facts) > MaxFacts {
		f.Wrong("facts", "catalog.facts.many", "most", MaxFacts)
	}
	seen := map[[2]string]bool{}
	for _, fact := range d.Facts {
		key := [2]string{fact.Key, fact.ValueCode}
		if fact.Key == "" || fact.ValueCode == "" || seen[key] || !clean(fact.Key) || !clean(fact.ValueCode) {
			f.Wrong("facts", "catalog.fact.wrong", "fact", fact.Key)
		}
		seen[key] = true
		checkText(f, "facts", fact.Name, maxName)
		checkText(f, "facts", fact.Value, maxLine)
	}
}

// WithAccent is the picture in a variant's colour: a drawing takes it, a
// photo stays what it is.
func (i Image) WithAccent(accent string) Image {
	parts := strings.Split(i.Src, "-")
	if accent == "" || !strings.HasPrefix(i.Src, "art:") || len(parts) < 4 {
		return i
	}
	parts[2] = accent // art:FORM-HUE-ACCENT-SEED
	i.Src = strings.Join(parts, "-")
	return i
}

// ChoiceText says in words what a variant is: the names of its choices in the
// order of the options, joined by " / ".
func ChoiceText(options []Option, choices map[string]string) i18n.Text {
	options = slices.Clone(options)
	slices.SortFunc(options, func(a, b Option) int { return cmp.Compare(a.Position, b.Position) })
	var en, zh []string
	for _, o := range options {
		for _, c := range o.Choices {
			if c.Code == choices[o.Code] {
				en, zh = append(en, c.Name.In(i18n.English)), append(zh, c.Name.In(i18n.Chinese))
			}
		}
	}
	t := i18n.Text{En: strings.Join(en, " / "), Zh: strings.Join(zh, " / ")}
	if t.Zh == t.En {
		t.Zh = ""
	}
	return t
}

func sortedKeys[M ~map[K]V, K cmp.Ordered, V any](m M) []K { return slices.Sorted(maps.Keys(m)) }
