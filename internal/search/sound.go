package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// mostHeard words are looked for beside a run of Latin letters that sounds
// like them.
const mostHeard = 8

// sounding are the Chinese words of the shop that a word is the pinyin of:
// naiping is 奶瓶. One syllable is no word: too many English ones are one.
func (l *Lexicon) sounding(word string) []string {
	if len(word) < 4 || len(word) > 30 || !isASCII(word) {
		return nil
	}
	var words []string
	for _, cut := range syllables(word) {
		if len(cut) > 1 {
			words = append(words, l.heardAs(cut)...)
		}
	}
	return l.likely(words)
}

// initialled are the Chinese words that letters are the initials of: np.
func (l *Lexicon) initialled(word string) []string {
	if len(word) < 2 || len(word) > 6 || !isASCII(word) {
		return nil
	}
	return l.likely(l.heardAs(strings.Split(word, "")))
}

// heardAs follows the pairs of characters that sound so from the first to the
// last.
func (l *Lexicon) heardAs(sounds []string) (words []string) {
	for i := 0; i+1 < len(sounds); i++ {
		pairs := l.sounds[sounds[i]+" "+sounds[i+1]]
		var longer []string
		for _, at := range pairs {
			pair := l.tokens[at].text
			if l.holds(pair) == 0 {
				continue
			}
			if i == 0 {
				longer = append(longer, pair)
				continue
			}
			first, n := utf8.DecodeRuneInString(pair)
			for _, w := range words {
				if last, _ := utf8.DecodeLastRuneInString(w); last == first {
					longer = append(longer, w+pair[n:])
				}
			}
		}
		if words = longer; len(words) > 200 {
			words = words[:200]
		}
	}
	return words
}

// likely keeps the words that stand somewhere, those that stand by themselves
// most often first; if any does, the others are parts of words.
func (l *Lexicon) likely(words []string) []string {
	slices.Sort(words)
	words = slices.Compact(words)
	alone := func(w string) int {
		if i, ok := l.token[w]; ok {
			return l.tokens[i].whole
		}
		return 0
	}
	slices.SortStableFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(alone(b), alone(a)), cmp.Compare(l.holds(b), l.holds(a)))
	})
	if i := slices.IndexFunc(words, func(w string) bool { return alone(w) == 0 }); i > 0 {
		words = words[:i]
	}
	var kept []string
	for _, w := range words {
		if len(kept) == mostHeard {
			break
		}
		if l.someHold([]Term{{Any: []string{w}}}) {
			kept = append(kept, w)
		}
	}
	return kept
}
