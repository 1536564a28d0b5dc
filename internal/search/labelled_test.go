package search_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/demo"
	"regulars/internal/i18n"
	"regulars/internal/search"
)

func demoLexicon(t testing.TB) (*search.Lexicon, map[catalog.ProductID]string) {
	w, err := demo.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := search.NewLexicon()
	codes := map[catalog.ProductID]string{}
	text := func(x demo.Text) i18n.Text { return i18n.Text{En: x.En, Zh: x.Zh} }
	shelf, n := catalog.CategoryID(0), 0
	for _, d := range w.Departments {
		shelf++
		department := search.Shelf{ID: shelf, Name: text(d.Name)}
		for _, s := range d.Shelves {
			shelf++
			for _, p := range s.Products {
				n++
				doc := &search.Document{ID: catalog.ProductID(n), Code: p.Code, Brand: p.Brand, Name: text(p.Name), Line: text(p.Line), Synonyms: p.Synonyms, Position: n,
					Shelves: []search.Shelf{department, {ID: shelf, Name: text(s.Name)}}}
				for _, f := range p.Facts {
					doc.Facts = append(doc.Facts, catalog.Fact{Value: text(f.Value)})
				}
				doc.SKUs = []string{p.Code}
				for _, o := range p.Options {
					for _, v := range o.Values {
						doc.Options = append(doc.Options, text(v.Name))
					}
				}
				codes[doc.ID] = p.Code
				l.Put(doc)
			}
		}
	}
	return l, codes
}

// TestLabelledQueries holds what a shopper finds of 200 queries: the right
// product among the first five, and at the top. With -v it prints each class
// and each query whose first product is another. The held-out queries are only
// counted: nobody may tune for them.
func TestLabelledQueries(t *testing.T) {
	l, codes := demoLexicon(t)
	all, five, first := labelled(t, l, codes, "testdata/queries.txt", true)
	if all < 200 || five*100 < all*95 || first*100 < all*85 {
		t.Errorf("of %d queries %d find the right product in the first five and %d at the top; 95 %% and 85 %% is the promise", all, five, first)
	}
	labelled(t, l, codes, "testdata/heldout.txt", false)
}

func labelled(t *testing.T, l *search.Lexicon, codes map[catalog.ProductID]string, file string, say bool) (all, five, first int) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rules := search.NewRules()
	classes := map[string][3]int{}
	for line := range strings.Lines(string(data)) {
		if line[0] == '#' {
			continue
		}
		field := strings.Split(strings.TrimSpace(line), " | ")
		class, lang, typed, right := field[0], i18n.Lang(field[1]), field[2], strings.Fields(field[3])
		for _, code := range right {
			if !slices.Contains(slices.Collect(maps.Values(codes)), code) {
				t.Fatalf("%s: there is no %s", typed, code)
			}
		}
		u, err := l.Understand(rules, lang, typed, false)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, id := range l.Matched(u.Words, 5) {
			got = append(got, codes[id])
		}
		n := classes[class]
		n[0]++
		if slices.ContainsFunc(got, func(c string) bool { return slices.Contains(right, c) }) {
			n[1]++
		}
		if len(got) > 0 && slices.Contains(right, got[0]) {
			n[2]++
		} else if say {
			t.Logf("%s %q: %v, not %v (mended %q, without %q)", class, typed, got, right, u.Mended, u.Without)
		}
		classes[class] = n
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		n := classes[class]
		t.Logf("%-12s %3d queries, right in five %3d, first %3d", class, n[0], n[1], n[2])
		all, five, first = all+n[0], five+n[1], first+n[2]
	}
	t.Logf("%s: %d queries, right in five %d, first %d", file, all, five, first)
	return all, five, first
}
