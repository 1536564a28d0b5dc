package storefront

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/search"
	"regulars/internal/web"
)

const (
	mostTried   = 5 // words of a query that are looked for one by one
	helpMatches = 3
)

// nearest is what a search without a hit has to say.
type nearest struct {
	All   string // what all words together came to
	Tried []crumb
	Shelf *crumb
	Help  []crumb
}

// nothing says what was tried for words that find nothing, and what is nearest.
func (s *Shop) nothing(c echo.Context, tree *catalog.Tree, words string, exact bool) (*nearest, error) {
	out := &nearest{All: t(c, "shop.nearest.all")}
	if exact {
		out.All = t(c, "shop.nearest.exact")
	}
	var near map[catalog.CategoryID]int
	fewest := 0
	parts := partsOf(words)
	for _, word := range parts[:min(len(parts), mostTried)] {
		l, _, _, err := s.find(c, narrowing{query: search.Query{Lang: web.Lang(c), Currency: s.currency(c), PerPage: 1}}, word, true)
		if err != nil {
			return nil, err
		}
		if l.Total == 0 {
			out.Tried = append(out.Tried, crumb{Name: t(c, "shop.nearest.word.none", "word", word)})
			continue
		}
		out.Tried = append(out.Tried, crumb{t(c, "shop.nearest.word", "word", word, "count", l.Total), web.URL(c, "/search?"+url.Values{"q": {word}}.Encode())})
		if fewest == 0 || l.Total < fewest { // the rarer word says more
			fewest, near = l.Total, l.Under
		}
	}
	if len(parts) == 1 {
		out.Tried = nil // it was tried above
	}
	if k, ok := s.shelfNear(tree, parts, near); ok {
		out.Shelf = &crumb{in(c, k.Name), web.URL(c, "/c/"+k.Slug)}
	}
	var err error
	out.Help, err = s.written(c, words)
	return out, err
}

// shelfNear is the shelf that has most of what a word finds, else one whose
// name a word begins.
func (s *Shop) shelfNear(tree *catalog.Tree, words []string, near map[catalog.CategoryID]int) (best catalog.Category, ok bool) {
	most := 0
	for _, top := range tree.Roots() {
		for _, k := range append(slices.Clone(tree.Children(top.ID)), top) {
			if near[k.ID] > most { // a department only where no shelf of it has as many
				best, most = k, near[k.ID]
			}
		}
	}
	for i := 0; most == 0 && i < len(words); i++ {
		if utf8.RuneCountInString(words[i]) < 2 {
			continue
		}
		for _, id := range search.ShelvesNamed(tree, words[i], 1) {
			return tree.ByID(id)
		}
	}
	return best, most > 0
}

// partsOf are the words of a query; a run of Chinese, which has no blanks, is
// taken by pairs of characters.
func partsOf(words string) (out []string) {
	for _, word := range strings.Fields(words) {
		runes := []rune(word)
		if len(runes) < 3 || !unicode.Is(unicode.Han, runes[0]) {
			out = append(out, word)
			continue
		}
		for i := 0; i+1 < len(runes); i++ {
			out = append(out, string(runes[i:i+2]))
		}
	}
	return slices.Compact(out)
}

// written are the shop's own words that answer a search for no thing: articles
// of help and the pages of terms whose titles hold a word of it, those with
// most of its words first.
func (s *Shop) written(c echo.Context, words string) ([]crumb, error) {
	list, err := ask.Articles(c.Request().Context(), s.DB, false)
	if err != nil {
		return nil, err
	}
	asked := search.Terms(words)
	type match struct {
		crumb
		hits int
	}
	var found []match
	add := func(title, path string) {
		terms, hits := search.Terms(title), 0
		for i, word := range asked {
			if utf8.RuneCountInString(word) < 2 { // a Chinese character tells only beside the next
				if i+1 < len(asked) && strings.Contains(strings.Join(terms, ""), word+asked[i+1]) {
					hits++
				}
				continue
			}
			if len(word) > 3 && slices.ContainsFunc(terms, func(x string) bool { return strings.HasPrefix(x, word) || strings.HasPrefix(word, x) && len(x) > 3 }) {
				hits++
			}
		}
		if hits > 0 {
			found = append(found, match{crumb{title, web.URL(c, path)}, hits})
		}
	}
	for _, name := range []string{"delivery", "returns"} {
		add(t(c, "layout."+name), "/"+name)
	}
	for _, a := range list {
		add(in(c, a.Title), "/help/"+a.Slug)
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(b.hits, a.hits) })
	var out []crumb
	for _, m := range found[:min(len(found), helpMatches)] {
		out = append(out, m.crumb)
	}
	return out, nil
}
