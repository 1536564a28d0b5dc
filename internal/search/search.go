// Package search finds products by words of either language. Its index is a
// copy of what the catalog says, made by one function and rebuilt at will;
// whoever shows what was found asks the catalog again what may be shown.
package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mostRunes of a query are read; the rest of a pasted page is not looked for.
const mostRunes = 200

// Terms cuts a text into the terms that are indexed and looked for: lower
// case, width and compatibility forms folded (NFKC), accents off. A run of
// Latin letters is a term, so is a run of digits ("240ml" is 240 and ml, as
// "240 ml" is), and each Chinese character is one: two-character words such as
// 奶瓶 are missed by the tokenizers of both databases.
func Terms(text string) []string {
	var terms []string
	var run []rune
	kind := 0 // of the run: 1 letters, 2 digits
	end := func() {
		if len(run) > 0 {
			terms = append(terms, string(run))
			run = run[:0]
		}
	}
	for _, r := range fold(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue // an accent, cut from its letter by NFKD
		case unicode.Is(unicode.Han, r):
			end()
			if unicode.IsLetter(r) {
				terms = append(terms, string(r))
			}
			kind = 0
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			k := 1
			if unicode.IsDigit(r) {
				k = 2
			}
			if k != kind {
				end()
			}
			kind = k
			run = append(run, r)
		case r == '\'' || r == '’': // don't stays one word
		default:
			end()
			kind = 0
		}
	}
	end()
	return terms
}

// fold is lower case, width and compatibility forms as one, accents cut from
// their letters, traditional characters as simplified ones.
func fold(text string) string {
	ascii := true
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	text = strings.ToLower(text)
	if ascii {
		return text
	}
	table := simplified()
	return strings.Map(func(r rune) rune {
		if r < 0x3400 {
			return r
		}
		if s, ok := table[r]; ok {
			return s
		}
		return r
	}, norm.NFKD.String(strings.ToLower(norm.NFKC.String(text))))
}

// singular is a small English fold that both sides of the search go through:
// bottles and bottle meet, glass stays what it is.
func singular(word string) string {
	n := len(word)
	if one, ok := plurals[word]; ok {
		return one
	}
	switch {
	case n > 4 && strings.HasSuffix(word, "ie"): // hoodie and hoodies meet at hoody
		return word[:n-2] + "y"
	case n < 4 || word[n-1] != 's' || slices.Contains(alwaysPlural, word):
		return word
	case strings.HasSuffix(word, "ies") && n > 4:
		return word[:n-3] + "y"
	case strings.HasSuffix(word, "toes"):
		return word[:n-2]
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "shes"), strings.HasSuffix(word, "ches"),
		strings.HasSuffix(word, "xes"), strings.HasSuffix(word, "zes"):
		return word[:n-2]
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"):
		return word
	}
	return word[:n-1]
}

// plurals that no rule makes.
var plurals = map[string]string{"lenses": "lens", "knives": "knife", "shelves": "shelf", "leaves": "leaf", "scarves": "scarf", "wolves": "wolf", "halves": "half",
	"loaves": "loaf", "mice": "mouse", "children": "child", "kids": "kid", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth", "toes": "toe",
	"buses": "bus", "geese": "goose", "people": "person", "ties": "tie", "pies": "pie", "zombie": "zomby"}

var alwaysPlural = []string{"lens", "canvas", "always", "series", "species", "news", "plus", "atlas", "christmas"}
