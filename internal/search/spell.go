package search

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"regulars/internal/db"
)

// Speller mends words that nothing in the shop is called: one wrong letter
// from five letters on, two from nine, by Damerau-Levenshtein distance with
// the first letter right (people rarely miss that one). It knows the words of
// the index itself, so it never leads to a word that finds nothing. The zero
// value is ready; it reads the words anew when they are older than a minute.
type Speller struct {
	mu    sync.Mutex
	words map[string]int // a word, and how many documents hold it
	byKey map[string][]string
	read  time.Time
}

const (
	oneFrom  = 5
	twoFrom  = 9
	wordsFor = time.Minute
	mostWord = 24 // longer runs are codes, not words
)

// Mend returns the query with the words replaced that find nothing and have a
// near neighbour that does, and whether any was. Chinese characters, numbers
// and words that find something stay as they are.
func (s *Speller) Mend(ctx context.Context, d *db.DB, query string, now time.Time) (string, bool, error) {
	words := Terms(query)
	if len(words) == 0 || len(words) > 12 {
		return query, false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.words == nil || now.Sub(s.read) > wordsFor {
		counts, err := vocabulary(ctx, d)
		if err != nil {
			return query, false, err
		}
		s.learn(counts)
		s.read = now
	}
	mended := false
	for i, word := range words {
		if s.words[word] > 0 || s.words[singular(word)] > 0 || !mendable(word) {
			continue
		}
		if better := s.nearest(word); better != "" {
			words[i], mended = better, true
		}
	}
	if !mended {
		return query, false, nil
	}
	return join(words), true, nil
}

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

// learn files each word under its first letter and length, so that a look-up
// compares with few.
func (s *Speller) learn(counts map[string]int) {
	s.words, s.byKey = counts, map[string][]string{}
	for w := range counts {
		if n := utf8.RuneCountInString(w); n >= oneFrom-1 && n <= mostWord && mendable(w+"xxxxx"[:max(0, oneFrom-n)]) {
			k := key(w, n)
			s.byKey[k] = append(s.byKey[k], w)
		}
	}
}

func key(word string, length int) string {
	first, _ := utf8.DecodeRuneInString(word)
	return string(first) + string(rune('a'+length))
}

// nearest is the word closest to a misspelt one, the more common one of two
// equally close, then the one first in the alphabet; "" if none is near enough.
func (s *Speller) nearest(word string) string {
	n := utf8.RuneCountInString(word)
	allowed := 1
	if n >= twoFrom {
		allowed = 2
	}
	best, bestDistance := "", allowed+1
	for length := n - allowed; length <= n+allowed; length++ {
		for _, w := range s.byKey[key(word, length)] {
			d := distance([]rune(word), []rune(w), allowed)
			if d < bestDistance || d == bestDistance && d <= allowed && (s.words[w] > s.words[best] || s.words[w] == s.words[best] && w < best) {
				best, bestDistance = w, d
			}
		}
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
