package search

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed pinyin.txt
var pinyinText string

//go:embed simplified.txt
var simplifiedText string

// simplified says which simplified character a traditional one becomes; both
// sides of the search are folded, so that a character that is its own in
// either writing (后) meets itself.
var simplified = sync.OnceValue(func() map[rune]rune {
	all := make(map[rune]rune, 3000)
	for line := range strings.Lines(simplifiedText) {
		if line[0] == '#' {
			continue
		}
		pair := []rune(strings.TrimSpace(line))
		for i := 0; i+1 < len(pair); i += 2 {
			all[pair[i]] = pair[i+1]
		}
	}
	return all
})

// readings are the syllables a character is read as, without tones: some have
// several (乐 is le and yue).
type readings struct {
	of        map[rune][]string
	syllables map[string]bool
}

var pinyin = sync.OnceValue(func() *readings {
	r := &readings{make(map[rune][]string, 28000), make(map[string]bool, 420)}
	for line := range strings.Lines(pinyinText) {
		syllable, characters, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || syllable == "#" {
			continue
		}
		r.syllables[syllable] = true
		for _, c := range characters {
			r.of[c] = append(r.of[c], syllable)
		}
	}
	return r
})

// longestSyllable is zhuang, chuang, shuang.
const longestSyllable = 6

// most ways of cutting a word into syllables are tried: xian is xian and xi an.
const mostCuts = 6

// syllables cuts a run of Latin letters into syllables of pinyin in all ways,
// those with fewer syllables first as far as the longest first finds them; none
// if it is not pinyin.
func syllables(word string) (cuts [][]string) {
	known := pinyin().syllables
	dead := make([]bool, len(word)+1)
	var walk func(at int, sofar []string) bool
	walk = func(at int, sofar []string) bool {
		if at == len(word) {
			cuts = append(cuts, append([]string(nil), sofar...))
			return true
		}
		if dead[at] || len(cuts) >= mostCuts {
			return false
		}
		whole := false
		for n := min(longestSyllable, len(word)-at); n > 0; n-- {
			if known[word[at:at+n]] && walk(at+n, append(sofar, word[at:at+n])) {
				whole = true
			}
		}
		dead[at] = !whole && len(cuts) < mostCuts
		return whole
	}
	walk(0, nil)
	return cuts
}

func isHan(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.Is(unicode.Han, r)
}

func isNumber(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsDigit(r)
}
