package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words that nothing in the shop is called are mended: one wrong letter from
// five letters on, two from nine, by Damerau-Levenshtein distance with the
// first letter right; where that finds none, with the first letter alone wrong. Only words that documents
// hold are put instead.
const (
	oneFrom  = 5
	twoFrom  = 9
	mostWord = 24 // longer runs are codes, not words
)

// join puts terms together again: blanks between Latin words, none between
// Chinese characters.
func join(words []string) string {
	var b strings.Builder
	wasHan := true
	for i, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		han := unicode.Is(unicode.Han, first)
		if i > 0 && !(han && wasHan) {
			b.WriteByte(' ')
		}
		b.WriteString(w)
		wasHan = han
	}
	return b.String()
}

func mendable(word string) bool {
	n := utf8.RuneCountInString(word)
	first, _ := utf8.DecodeRuneInString(word)
	return n >= oneFrom && n <= mostWord && unicode.IsLetter(first) && !unicode.Is(unicode.Han, first)
}

func key(word string, length int) string {
	first, _ := utf8.DecodeRuneInString(word)
	return string(first) + string(rune('a'+length))
}

// nearest is the word closest to a misspelt one, the more common one of two
// equally close, then the one first in the alphabet; "" if none is near enough.
func (l *Lexicon) nearest(rules *Rules, word string) string {
	n := utf8.RuneCountInString(word)
	allowed := 1
	if n >= twoFrom {
		allowed = 2
	}
	best, bestDistance, bestHolds := "", allowed+1, 0
	try := func(w string, holds int) {
		d := distance([]rune(word), []rune(w), allowed)
		if holds > 0 && (d < bestDistance || d == bestDistance && d <= allowed && (holds > bestHolds || holds == bestHolds && w < best)) {
			best, bestDistance, bestHolds = w, d, holds
		}
	}
	for length := n - allowed; length <= n+allowed; length++ {
		for _, at := range l.near[key(word, length)] {
			if e := &l.tokens[at]; e.said {
				try(e.text, l.holds(e.text))
			}
		}
	}
	first, _ := utf8.DecodeRuneInString(word)
	for _, w := range rules.words {
		if r, _ := utf8.DecodeRuneInString(w); r == first {
			try(w, 1)
		}
	}
	if best == "" {
		best = l.otherwiseBegun(word)
	}
	return best
}

// otherwiseBegun is the most common word that differs in its first letter
// alone (nottle, ottle, bbottle, obttle): asked last, since people rarely miss
// that one, and by a look-up a letter, so that it costs nothing to speak of.
func (l *Lexicon) otherwiseBegun(word string) (best string) {
	_, size := utf8.DecodeRuneInString(word)
	rest, holds := word[size:], 0
	try := func(w string) {
		at, ok := l.token[w]
		if !ok || !l.tokens[at].said {
			return
		}
		if n := l.holds(w); n > holds || n == holds && n > 0 && w < best {
			best, holds = w, n
		}
	}
	try(rest)
	if second, n := utf8.DecodeRuneInString(rest); n > 0 {
		try(string(second) + word[:size] + rest[n:])
	}
	for c := 'a'; c <= 'z'; c++ {
		try(string(c) + rest)
		try(string(c) + word)
	}
	return best
}

// distance is the number of letters added, left out, changed or swapped with
// their neighbour between two words (optimal string alignment), or most+1 as
// soon as it must be more than most.
func distance(a, b []rune, most int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
