package demo

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func world(t *testing.T) *World {
	t.Helper()
	w, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheShopHasTheShelvesAndPricesItPromises(t *testing.T) {
	w := world(t)
	// Products of each shelf, department by department.
	want := map[string][]int{
		"BK": {4, 4, 3, 3}, "SP": {4, 4, 3, 2}, "EN": {3, 3, 3, 3}, "TL": {4, 4, 4, 1},
		"IN": {4, 3, 3, 2}, "BB": {4, 4, 3, 4}, "CO": {3, 2, 4, 4}, "PH": {4, 2, 4, 2},
		"HT": {3, 4, 2, 2}, "SW": {3, 3, 3}, "GF": {3, 4, 4, 2}, "HC": {4, 3, 3, 3},
	}
	shelves, products := 0, 0
	for _, d := range w.Departments {
		var got []int
		for _, s := range d.Shelves {
			got = append(got, len(s.Products))
			products += len(s.Products)
			for _, p := range s.Products {
				if !strings.HasPrefix(p.Code, d.Code) || !strings.HasPrefix(s.Code, d.Code) {
					t.Errorf("%s stands on shelf %s of %s", p.Code, s.Code, d.Code)
				}
			}
		}
		shelves += len(got)
		if !slices.Equal(got, want[d.Code]) {
			t.Errorf("%s has shelves of %v products, want %v", d.Code, got, want[d.Code])
		}
	}
	if len(w.Departments) != 12 || shelves != 47 || products != 150 {
		t.Errorf("%d departments, %d shelves, %d products", len(w.Departments), shelves, products)
	}

	var bands [4]int
	least, most := w.Products()[0].USD, int64(0)
	for _, p := range w.Products() {
		least, most = min(least, p.USD), max(most, p.USD)
		switch {
		case p.USD < 25_00:
			bands[0]++
		case p.USD < 100_00:
			bands[1]++
		case p.USD < 400_00:
			bands[2]++
		default:
			bands[3]++
		}
	}
	if bands != [4]int{38, 75, 22, 15} || least != 4_00 || most != 1890_00 {
		t.Errorf("price bands %v from %d to %d", bands, least, most)
	}
}

func TestVariantsAreTheFullMatrixAndSoldUnderTheirOwnNumber(t *testing.T) {
	w := world(t)
	count, seen := 0, map[string]bool{}
	for _, p := range w.Products() {
		want := 1
		for _, o := range p.Options {
			want *= len(o.Values)
		}
		variants := p.Variants()
		if len(variants) != want {
			t.Errorf("%s has %d variants, want %d", p.Code, len(variants), want)
		}
		if first := variants[0]; len(p.Options) > 0 && !slices.ContainsFunc(variants, func(v Variant) bool { return v.USD == p.USD }) {
			t.Errorf("%s: no variant costs the base price, the first costs %d", p.Code, first.USD)
		}
		for _, v := range variants {
			if seen[v.SKU] || len(v.SKU) > 32 || !skuPattern.MatchString(v.SKU) {
				t.Errorf("SKU %s", v.SKU)
			}
			seen[v.SKU] = true
			if !yuan(v.CNY) {
				t.Errorf("%s costs %d fen", v.SKU, v.CNY)
			}
		}
		count += want
	}
	if count < 360 || count > 440 {
		t.Errorf("%d variants", count)
	}

	prices := map[string]int64{
		"SW01-PERPETUAL": 149_00, "SW01-YEAR": 59_00, "SW01-UPGRADE": 59_00, "SW03-UPGRADE": 39_00, "SW09-UPGRADE": 25_00,
		"BB01-240-ROSE": 14_00, "CO01-32-1TB-SAGE": 1450_00, "GF12-200": 200_00, "TL01-BARE": 99_00, "HC12": 4_00,
	}
	for _, p := range w.Products() {
		for _, v := range p.Variants() {
			if want, named := prices[v.SKU]; named && v.USD != want {
				t.Errorf("%s costs %d, want %d", v.SKU, v.USD, want)
			}
			delete(prices, v.SKU)
		}
	}
	if len(prices) > 0 {
		t.Errorf("not sold: %v", prices)
	}
}

func TestTheMarksOfTheCatalogueStand(t *testing.T) {
	w := world(t)
	with := func(has func(*Product) bool) (codes []string) {
		for _, p := range w.Products() {
			if has(p) {
				codes = append(codes, p.Code)
			}
		}
		return codes
	}
	for name, c := range map[string]struct {
		got  []string
		want string
	}{
		"sensitive": {with(func(p *Product) bool { return p.Sensitive }), "BB07 HC12 HC13"},
		"limited":   {with(func(p *Product) bool { return p.Limited }), "SP11 IN02 PH06 HT05"},
		"not sold":  {with(func(p *Product) bool { return p.NotSold }), "SW02"},
		"digital":   {with(func(p *Product) bool { return p.Digital }), "EN12 SW01 SW02 SW03 SW04 SW05 SW06 SW07 SW08 SW09 GF12"},
		"refill": {with(func(p *Product) bool { return p.RefillDays > 0 }),
			"SP02 TL12 BB03 BB05 BB06 BB07 BB08 PH12 SW05 SW06 SW08 HC08 HC10"},
	} {
		if got := strings.Join(c.got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if max := w.Product("HC12").MaxQty; max != 2 {
		t.Errorf("HC12 sells up to %d packs an order, want 2", max)
	}
}

func TestRelationsAreTrueToTheirRules(t *testing.T) {
	w := world(t)
	if n := len(w.Relations); n < 240 || n > 290 {
		t.Errorf("%d relations, about 260 were meant", n)
	}
	leads := map[string][]string{}
	for _, r := range w.Relations {
		leads[r.From+" "+r.Kind] = append(leads[r.From+" "+r.Kind], r.To)
		if w.Product(r.To) == nil || w.Product(r.To).Sensitive {
			t.Errorf("%s leads to %s", r.From, r.To)
		}
		if utf8.RuneCountInString(r.Reason.En) > 46 || utf8.RuneCountInString(r.Reason.Zh) > 24 {
			t.Errorf("%s to %s: reason is too long", r.From, r.To)
		}
		for _, claim := range []string{"bought", "customers", "people", "% of", "popular"} {
			if strings.Contains(strings.ToLower(r.Reason.En), claim) {
				t.Errorf("%s to %s claims data: %s", r.From, r.To, r.Reason.En)
			}
		}
	}
	for _, c := range []struct{ from, to string }{
		{"BB01 needs", "BB03"}, {"BB01 fits", "BB02 BB04"},
		{"BB01 moment", "BB05 BB06 BB09 BB11 BB12 BB13 BB14"}, {"BB01 alike", "BB15 HC11 PH03 SW08"},
		{"CO01 alike", "PH01 PH02 HT05 HT02 HT08"}, {"CO03 alike", "SP01 EN04"}, {"SW02 upgrade", "SW01"},
		{"PH03 refill", "PH12"}, {"HC01 alike", "HC07 BK09 HC05"}, {"GF10 part", "BB09 BB13 BB14 GF04"},
	} {
		for _, to := range strings.Fields(c.to) {
			if !slices.Contains(leads[c.from], to) {
				t.Errorf("%s does not lead to %s", c.from, to)
			}
		}
	}
}

func TestEveryProductThatMayBeRecommendedAroundLeadsSomewhere(t *testing.T) {
	w := world(t)
	from := map[string]bool{}
	for _, r := range w.Relations {
		from[r.From] = from[r.From] || r.Kind != "never"
	}
	for _, p := range w.Products() {
		if from[p.Code] == p.Sensitive {
			t.Errorf("%s: sensitive %v, leads somewhere %v", p.Code, p.Sensitive, from[p.Code])
		}
	}
}

func TestPeopleNamesAndHomesAreWhole(t *testing.T) {
	w := world(t)
	if len(w.People.Shoppers) != 12 || len(w.People.Staff) != 5 {
		t.Errorf("%d shoppers, %d staff", len(w.People.Shoppers), len(w.People.Staff))
	}
	for _, part := range [][]Text{w.Names.Given, w.Names.Family} {
		en, zh := map[string]bool{}, map[string]bool{}
		for _, n := range part {
			en[n.En], zh[n.Zh] = true, true
		}
		if len(en) != 120 || len(zh) != 120 {
			t.Errorf("%d English and %d Chinese parts, want 120 each", len(en), len(zh))
		}
	}
	first := map[string]string{
		"student": "reference-exams sport play", "engineer": "tools instruments computers create",
		"new-parent": "feeding", "default": "",
	}
	var segments []string
	for _, h := range w.Homes {
		segments = append(segments, h.Segment)
		var slugs []string
		for _, s := range h.Sections {
			slugs = append(slugs, s.Category)
		}
		if got := strings.Join(slugs, " "); !strings.HasPrefix(got, first[h.Segment]) {
			t.Errorf("home of %s shows %s", h.Segment, got)
		}
	}
	want := []string{"student", "engineer", "teacher", "new-parent", "maker", "gamer", "audio-photo", "gift-giver", "home-care", "default"}
	if !slices.Equal(segments, want) {
		t.Errorf("home pages for %v", segments)
	}
}

// The check is what keeps an edit of the data files honest: each of these edits
// must be refused, and by the code it belongs to.
func TestAFaultInTheDataIsNamedByItsCode(t *testing.T) {
	good := func() *Product {
		p := *world(t).Product("BB01")
		return &p
	}
	for name, spoil := range map[string]func(*Product){
		"missing Chinese": func(p *Product) { p.About.Zh = "" },
		"Latin comma":     func(p *Product) { p.About.Zh = "玻璃奶瓶,耐热。" },
		"unknown form":    func(p *Product) { p.Form = "jug" },
		"unknown colour": func(p *Product) {
			p.Options = []Option{{Code: "c", Name: p.Name, Values: []Value{{Code: "a", Name: p.Name, Accent: "mauve"}, {Code: "b", Name: p.Name}}}}
		},
		"SKU not writable": func(p *Product) { p.Code = "BB 01" },
		"price below zero": func(p *Product) { p.USD = -1 },
		"yuan ending":      func(p *Product) { p.CNY = 90_00 },
		"long line":        func(p *Product) { p.Line.En = strings.Repeat("x", 61) },
		"nothing to choose": func(p *Product) {
			p.Options = []Option{{Code: "c", Name: p.Name, Values: []Value{{Code: "a", Name: p.Name}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := good()
			spoil(p)
			w := &World{products: map[string]*Product{}, Departments: []Department{{
				Code: "BB", Slug: "baby", Form: "bottle", Name: p.Name, Help: p.Name,
				Shelves: []Shelf{{Code: "BB-1", Slug: "feeding", Name: p.Name, Help: p.Name, Products: []Product{*p}}},
			}}, Homes: []Home{{Segment: "default", Name: p.Name, Title: p.Name, Why: p.Name}}}
			err := w.check()
			if err == nil || !strings.Contains(err.Error(), p.Code+": ") {
				t.Errorf("check said %v", err)
			}
		})
	}
}
