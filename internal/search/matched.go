package search

import (
	"cmp"
	"slices"
	"strings"

	"regulars/internal/catalog"
)

// Levels of a find, the best first: how the words of the query stand in the
// document. Words of unlike places are as good as the least of them. Within a
// level what sold more stands first, then the shop's own order.
const (
	byCode       = iota * 2
	byWholeName  // the name is the query
	byShelf      // the query is what the shelf is called
	byNoun       // the name ends in the query: a bottle before a bottle warmer
	byPhrase     // the name holds the query in one piece
	byName       // all words in the name, anywhere
	bySynonyms   // in the name and what the shop calls it besides
	byShelfWords // and brand and shelf
	byLine
	byFacts
	absent = 255
)

var levelOf = [placesOf]uint8{byCode, byName, bySynonyms, byShelfWords, byLine, byFacts}

// mostCompared names are compared in full; behind that many the words alone
// decide, since a query that half the shop answers says little.
const mostCompared = 5000

// Matched returns the products that hold all words, best first; those the shop
// chose for the query stand before them.
func (l *Lexicon) Matched(words Words, limit int) []catalog.ProductID {
	ids := make([]catalog.ProductID, 0, min(limit, 64))
	for _, id := range words.First {
		if _, ok := l.at[id]; ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	first := len(ids)
	if len(words.Terms) > 0 {
		for _, f := range l.found(words.Terms) {
			if len(ids) >= limit {
				break
			}
			if id := l.ids[f.ordinal]; first == 0 || !slices.Contains(ids[:first], id) {
				ids = append(ids, id)
			}
		}
	}
	return ids[:min(limit, len(ids))]
}

// find is a document that holds all terms: at the level of the least of them,
// and at which levels together.
type find struct {
	ordinal uint32
	level   uint8
	sum     uint16
}

func (l *Lexicon) found(terms []Term) []find {
	var finds []find
	levels, sums := l.levels(terms)
	for i, level := range levels {
		if level != absent && !l.gone[i] {
			finds = append(finds, find{uint32(i), level, sums[i]})
		}
	}
	if len(finds) <= mostCompared {
		phrase := phraseOf(terms)
		shelves := l.called(phrase)
		for i := range finds {
			finds[i].level = l.compare(finds[i], phrase, shelves)
		}
	}
	slices.SortFunc(finds, func(a, b find) int {
		x, y := &l.about[a.ordinal], &l.about[b.ordinal]
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.sum, b.sum), cmp.Compare(y.sold, x.sold), cmp.Compare(x.position, y.position), cmp.Compare(l.ids[a.ordinal], l.ids[b.ordinal]))
	})
	return finds
}

// levels says of each ordinal how well it holds all terms.
func (l *Lexicon) levels(terms []Term) (all []uint8, sums []uint16) {
	sums = make([]uint16, len(l.ids))
	for _, t := range terms {
		one := l.blank()
		for _, form := range t.Any {
			l.holding(form, t.Prefix, one)
		}
		if len(terms) > 1 {
			for i, level := range one {
				sums[i] += uint16(level)
			}
		}
		all = both(all, one)
	}
	return all, sums
}

func (l *Lexicon) blank() []uint8 {
	levels := make([]uint8, len(l.ids))
	for i := range levels {
		levels[i] = absent
	}
	return levels
}

// both is the worse of two levels, in a.
func both(a, b []uint8) []uint8 {
	if a == nil {
		return b
	}
	for i, level := range b {
		a[i] = max(a[i], level)
	}
	return a
}

// holding lowers the levels of the documents that hold a form: all of its
// tokens, in any place.
func (l *Lexicon) holding(form string, prefix bool, levels []uint8) {
	tokens := tokensOf(form)
	if len(tokens) == 1 {
		l.holdingToken(tokens[0], prefix, levels)
		return
	}
	var all []uint8
	for i, t := range tokens {
		one := l.blank()
		l.holdingToken(t, prefix && i == len(tokens)-1, one)
		all = both(all, one)
	}
	for i, level := range all {
		levels[i] = min(levels[i], level)
	}
}

func (l *Lexicon) holdingToken(token string, prefix bool, levels []uint8) {
	if at, ok := l.token[token]; ok {
		l.lower(at, 0, levels)
	}
	if prefix && !isHan(token) && !isNumber(token) {
		l.beginning(token, func(at int32) bool {
			if len(l.tokens[at].text) > len(token) {
				l.lower(at, 1, levels)
			}
			return true
		})
	}
}

func (l *Lexicon) lower(at int32, by uint8, levels []uint8) {
	for _, p := range l.tokens[at].posts {
		for place := range placesOf {
			if p&(1<<place) != 0 {
				i := p >> placeBits
				levels[i] = min(levels[i], levelOf[place]+by)
				break
			}
		}
	}
}

// tokensOf are the tokens that a form asks for: Chinese by its pairs, since a
// text is one row of characters.
func tokensOf(form string) (tokens []string) {
	for part := range strings.FieldsSeq(form) {
		if !isHan(part) {
			tokens = append(tokens, part)
			continue
		}
		run := []rune(part)
		if len(run) == 1 {
			tokens = append(tokens, part)
		}
		for i := 0; i+1 < len(run); i++ {
			tokens = append(tokens, string(run[i:i+2]))
		}
	}
	return tokens
}

// phraseOf is what a name in one piece would say: for each term its forms in
// the tokens of names.
func phraseOf(terms []Term) (phrase [][]string) {
	for _, t := range terms {
		var forms []string
		for _, form := range t.Any {
			forms = append(forms, strings.Join(Terms(form), " "))
		}
		phrase = append(phrase, forms)
	}
	return phrase
}

// called are the shelves that are called as the phrase says.
func (l *Lexicon) called(phrase [][]string) map[catalog.CategoryID]bool {
	shelves := map[catalog.CategoryID]bool{}
	for id, names := range l.shelf {
		for _, name := range names {
			if at, end := within(name, phrase); at == 0 && end == len(name) && name != "" {
				shelves[id] = true
			}
		}
	}
	return shelves
}

func (l *Lexicon) compare(f find, phrase [][]string, shelves map[catalog.CategoryID]bool) uint8 {
	a := &l.about[f.ordinal]
	best := f.level
	if f.level >= byName && f.level < bySynonyms {
		for i, name := range a.names {
			at, end := within(name, phrase)
			if at < 0 {
				continue
			}
			head := len(name)
			if i == 0 {
				head = endOf(name, a.head)
			}
			switch {
			case at == 0 && end == len(name):
				best = min(best, byWholeName)
			case end == len(name) || end == head:
				best = min(best, byNoun)
			default:
				best = min(best, byPhrase)
			}
		}
	}
	if best > byShelf && shelves[a.shelf] {
		return byShelf
	}
	return best
}

// endOf is where the n-th token of a name ends.
func endOf(name string, n int) int {
	for i := range len(name) {
		if name[i] == ' ' {
			if n--; n == 0 {
				return i
			}
		}
	}
	return len(name)
}

// within is where a name holds a phrase in one piece; the last such place.
func within(name string, phrase [][]string) (at, end int) {
	for at = len(name); at >= 0; at = strings.LastIndexByte(name[:at], ' ') {
		start := at + 1
		if at == len(name) {
			continue
		}
		if end, ok := along(name, start, phrase); ok {
			return start, end
		}
	}
	end, ok := along(name, 0, phrase)
	if !ok {
		return -1, -1
	}
	return 0, end
}

func along(name string, at int, phrase [][]string) (end int, ok bool) {
	if len(phrase) == 0 {
		return max(at-1, 0), true
	}
	for _, form := range phrase[0] {
		rest := name[min(at, len(name)):]
		if form == "" || !strings.HasPrefix(rest, form) || len(rest) > len(form) && rest[len(form)] != ' ' {
			continue
		}
		if end, ok := along(name, at+len(form)+1, phrase[1:]); ok {
			return end, true
		}
	}
	return -1, false
}
