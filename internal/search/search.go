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

	"regulars/internal/fault"
	"regulars/internal/i18n"
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

func fold(text string) string {
	return norm.NFKD.String(strings.ToLower(norm.NFKC.String(text)))
}

// singular is a small English fold that both sides of the search go through:
// bottles and bottle meet, glass stays what it is.
func singular(word string) string {
	n := len(word)
	switch {
	case n < 4 || word[n-1] != 's' || slices.Contains(alwaysPlural, word):
		return word
	case strings.HasSuffix(word, "ies") && n > 4:
		return word[:n-3] + "y"
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "shes"), strings.HasSuffix(word, "ches"),
		strings.HasSuffix(word, "xes"), strings.HasSuffix(word, "zes"):
		return word[:n-2]
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"):
		return word
	}
	return word[:n-1]
}

var alwaysPlural = []string{"lens", "canvas", "always", "series", "species", "news", "plus", "atlas", "christmas"}

// indexTerms are the terms of a document: each word as written, so that a
// half-typed plural is found, and in the singular.
func indexTerms(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		for _, term := range Terms(text) {
			b.WriteString(term)
			b.WriteByte(' ')
			if s := singular(term); s != term {
				b.WriteString(s)
				b.WriteByte(' ')
			}
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// queryTerms are the terms a query looks for: all of them must be there, the
// last word may be unfinished.
func queryTerms(query string) ([]string, error) {
	if !utf8.ValidString(query) || strings.ContainsRune(query, 0) {
		return nil, fault.New(fault.Invalid, "search.query.wrong")
	}
	if utf8.RuneCountInString(query) > mostRunes {
		query = string([]rune(query)[:mostRunes])
	}
	var terms []string
	words := Terms(query)
	for i, word := range words {
		term := singular(word)
		if first, _ := utf8.DecodeRuneInString(word); i == len(words)-1 && !unicode.Is(unicode.Han, first) {
			term += "*"
		}
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms, nil
}

// other is the language to look in where the shopper's own has nothing: people
// in an English page type Chinese words, and the other way round.
func other(lang i18n.Lang) i18n.Lang {
	if lang == i18n.Chinese {
		return i18n.English
	}
	return i18n.Chinese
}
