package ask

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"regulars/internal/search"
)

// word is a term of a text: a stem of Latin letters, a number, or one Chinese
// character. Chinese is compared by pairs of neighbours, since it has no gaps.
type word = string

func han(w word) bool { r, _ := utf8.DecodeRuneInString(w); return unicode.Is(unicode.Han, r) }

func number(w word) bool { r, _ := utf8.DecodeRuneInString(w); return unicode.IsDigit(r) }

// wordsOf cuts a text as the search does and takes English endings off.
func wordsOf(text string) []word {
	terms := search.Terms(text)
	for i, t := range terms {
		terms[i] = stem(t)
	}
	return terms
}

// stem folds what English does to a word at its end: fits, fitted, fitting are
// fit; washes is wash; arrive and arriving meet at arriv.
func stem(w string) string {
	n := len(w)
	switch {
	case n < 4 || w[0] >= utf8.RuneSelf:
		return w
	case strings.HasSuffix(w, "ies") && n > 4:
		w = w[:n-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "zes"):
		w = w[:n-2]
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
	case w[n-1] == 's':
		w = w[:n-1]
	}
	for _, end := range []string{"ing", "ed"} {
		if base, ok := strings.CutSuffix(w, end); ok && len(base) >= 3 && strings.ContainsAny(base, "aeiouy") {
			if m := len(base); m > 3 && base[m-1] == base[m-2] && !strings.ContainsRune("lsz", rune(base[m-1])) {
				base = base[:m-1]
			}
			w = base
			break
		}
	}
	if len(w) > 3 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}

// matter is what people ask about: see trade.txt.
type matter struct {
	name          string
	facts         []string
	asked, beside [][]word
	told          [][]word
}

//go:embed trade.txt
var tradeText string

//go:embed fillers.txt
var fillerText string

var (
	matters = readTrade(tradeText)
	fillers = phrases(readFillers(fillerText))
)

func readTrade(text string) map[string]*matter {
	all := map[string]*matter{}
	var at *matter
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		kind, rest, more := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case !more:
			at = &matter{name: line}
			all[line] = at
		case kind == "facts":
			at.facts = strings.Fields(rest)
		case kind == "asked":
			at.asked = phrases(strings.Split(rest, ","))
		case kind == "beside":
			at.beside = phrases(strings.Split(rest, ","))
		case kind == "told":
			at.told = phrases(strings.Split(rest, ","))
		}
	}
	return all
}

func readFillers(text string) (all []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "how long") {
			all = append(all, "how long")
			continue
		}
		all = append(all, strings.Fields(line)...)
	}
	return all
}

func phrases(list []string) (all [][]word) {
	for _, p := range list {
		if ws := wordsOf(p); len(ws) > 0 {
			all = append(all, ws)
		}
	}
	return all
}

// MattersOf names what a fact of this key, called this, is about.
func MattersOf(key string) (names []string) {
	for name, m := range matters {
		if slices.Contains(m.facts, key) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// told names what a sentence speaks of.
func told(text string) (names []string) {
	ws := wordsOf(text)
	for name, m := range matters {
		if slices.ContainsFunc(m.told, func(p []word) bool { return at(ws, p) >= 0 }) || name == "size" && measured.MatchString(text) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func at(text, phrase []word) int {
	for i := 0; i+len(phrase) <= len(text); i++ {
		if slices.Equal(text[i:i+len(phrase)], phrase) {
			return i
		}
	}
	return -1
}

// mark notes where the phrases stand in a text and returns the length of the
// longest, in words of a language that has them and pairs in one that has not.
func mark(text []word, list [][]word, seen []bool) (longest int) {
	for _, p := range list {
		for i := 0; i+len(p) <= len(text); i++ {
			if slices.Equal(text[i:i+len(p)], p) {
				for j := range p {
					seen[i+j] = true
				}
				longest = max(longest, len(p))
			}
		}
	}
	return longest
}

// known is the words of some texts, to look a question's words up in.
type known struct {
	single map[word]bool
	pair   map[[2]word]bool // neighbours in Chinese
}

func knows(texts ...string) known {
	k := known{map[word]bool{}, map[[2]word]bool{}}
	for _, text := range texts {
		ws := wordsOf(text)
		for i, w := range ws {
			if !han(w) {
				k.single[w] = true
			} else if i+1 < len(ws) && han(ws[i+1]) {
				k.pair[[2]word{w, ws[i+1]}] = true
			}
		}
	}
	return k
}

// mark notes which words of a text are known.
func (k known) mark(text []word, seen []bool) {
	for i, w := range text {
		if k.single[w] {
			seen[i] = true
		} else if i+1 < len(text) && k.pair[[2]word{w, text[i+1]}] {
			seen[i], seen[i+1] = true, true
		}
	}
}

var (
	measured = regexp.MustCompile(`(?i)\d\s*(cm|mm|m|inch|inches|ml|l)\b|\d\s*(厘米|毫米|米|寸|升)`)
	lasting  = regexp.MustCompile(`(?i)(\d|\b(a|an|one|two|three|four|five|six|seven|eight|nine|ten|half|about a|yearly|monthly|weekly|daily)\b).{0,12}?\b(h|hours?|minutes?|min|seconds?|days?|weeks?|months?|years?)\b|yearly|without end|perpetual|[\d一二三四五六七八九十两半几] ?(个)?(秒|分钟|小时|天|日|周|星期|月|年)|永久|每年|长期`)
	counted  = regexp.MustCompile(`(?i)\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|single|pair|dozen|none|no)\b|[一二三四五六七八九十两双单无]`)
)
