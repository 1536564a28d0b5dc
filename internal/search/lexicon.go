package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
)

// Lexicon is every word of every document with where it stands, in memory: it
// finds, and it knows what can be found, so that mending a word never leads to
// one that finds nothing. It is filled with documents one by one; whoever
// holds it keeps writers and readers apart.
//
// A product that changes gets a new ordinal and the old one dies; when a
// quarter is dead, all is put together again.
type Lexicon struct {
	ids   []catalog.ProductID
	at    map[catalog.ProductID]uint32
	gone  []bool
	dead  int
	about []about
	shelf map[catalog.CategoryID][len(tongues)]string // names in tokens

	token  map[string]int32
	tokens []entry
	sorted []int32            // by their text, for words half typed
	late   []int32            // tokens younger than sorted
	near   map[string][]int32 // Latin words by first letter and length
	sounds map[string][]int32 // pairs of Chinese characters by "nai ping", and by their initials "n p"
}

// tongues are the languages whose names are compared as a whole.
var tongues = [...]i18n.Lang{i18n.English, i18n.Chinese}

// about is what the order of what was found asks for.
type about struct {
	names    [len(tongues)]string // in tokens between blanks
	head     int                  // tokens of the English name up to its noun
	shelf    catalog.CategoryID
	sold     int
	position int
}

// entry is a word: posts are ordinals with the places it stands at, ascending.
type entry struct {
	text  string
	posts []uint32
	said  bool // as people write it, not a fold
	heard bool // its sound is known
	whole int  // how often it stands by itself in Chinese
}

// Places of a word, the most telling first.
const (
	inCode = iota
	inName
	inSynonyms
	inShelf
	inLine
	inFacts
	placesOf
)

const placeBits = 6

func post(ordinal uint32, places uint8) uint32 { return ordinal<<placeBits | uint32(places) }

// NewLexicon is an empty one.
func NewLexicon() *Lexicon {
	return &Lexicon{at: map[catalog.ProductID]uint32{}, shelf: map[catalog.CategoryID][len(tongues)]string{},
		token: map[string]int32{}, near: map[string][]int32{}, sounds: map[string][]int32{}}
}

// Drop takes a product out.
func (l *Lexicon) Drop(id catalog.ProductID) {
	i, ok := l.at[id]
	if !ok {
		return
	}
	delete(l.at, id)
	l.gone[i] = true
	l.dead++
	if l.dead > 1000 && l.dead*4 > len(l.ids) {
		l.tidy()
	}
}

// Put takes a document in, instead of what is known of its product.
func (l *Lexicon) Put(d *Document) {
	l.Drop(d.ID)
	ordinal := uint32(len(l.ids))
	l.at[d.ID] = ordinal
	a := about{sold: d.Sold, position: d.Position}
	words := map[string]uint8{}
	l.say(d, func(place int, token string) { words[token] |= 1 << place })
	for i, lang := range tongues {
		tokens := Terms(d.Name.In(lang))
		for j, t := range tokens {
			tokens[j] = singular(t)
		}
		if a.names[i] = strings.Join(tokens, " "); lang == i18n.English {
			a.head = headOf(tokens)
		}
	}
	for _, s := range d.Shelves {
		a.shelf = s.ID
		var names [len(tongues)]string
		for i, lang := range tongues {
			names[i] = strings.Join(queryTokens(s.Name.In(lang)), " ")
		}
		l.shelf[s.ID] = names
	}
	delete(words, "")
	for token, places := range words {
		e := l.entry(token)
		e.posts = append(e.posts, post(ordinal, places))
	}
	for _, text := range []string{d.Name.Zh, d.Synonyms} {
		l.hear(text)
	}
	for _, s := range d.Shelves {
		l.hear(s.Name.Zh)
	}
	l.ids, l.gone, l.about = append(l.ids, d.ID), append(l.gone, false), append(l.about, a)
}

// say gives every token that a document is found by, with its place.
func (l *Lexicon) say(d *Document, give func(place int, token string)) {
	add := func(place int, text string) { l.cut(text, func(token string) { give(place, token) }) }
	for _, lang := range tongues {
		add(inName, d.Name.In(lang))
		add(inLine, d.Line.In(lang))
		for _, f := range d.Facts {
			add(inFacts, f.Value.In(lang))
		}
		for _, o := range d.Options {
			add(inFacts, o.In(lang))
		}
		for _, s := range d.Shelves {
			add(inShelf, s.Name.In(lang))
		}
	}
	add(inShelf, d.Brand)
	add(inSynonyms, d.Synonyms)
	for _, code := range append([]string{d.Code}, d.SKUs...) {
		add(inFacts, code)
		give(inCode, compact(code))
	}
}

// cut gives the tokens a text is found by: each word as it is written and in
// the singular, two words as one (head phones), each Chinese character, each
// pair of neighbours, and what is measured.
func (l *Lexicon) cut(text string, give func(token string)) {
	before := ""
	for _, t := range Terms(text) {
		give(t)
		switch {
		case isHan(t):
			if isHan(before) {
				give(before + t)
			}
		case !isNumber(t):
			l.entry(t).said = true
			one := singular(t)
			if one != t {
				give(one)
			}
			if before != "" && !isHan(before) && !isNumber(before) && len(before) > 2 && len(one) > 2 {
				give(before + one)
			}
		}
		before = t
	}
	folded := fold(text)
	for _, m := range measures(folded) {
		give(m.token)
	}
	if strings.Contains(folded, "-") { // e-book is an ebook, too
		for chunk := range strings.FieldsSeq(folded) {
			if parts := Terms(chunk); len(parts) == 2 && strings.Contains(chunk, "-") && isLatin(parts[0]) && isLatin(parts[1]) {
				give(parts[0] + singular(parts[1]))
			}
		}
	}
}

// entry is the one of a token, a new one if need be; it holds until the next.
func (l *Lexicon) entry(token string) *entry {
	i, ok := l.token[token]
	if !ok {
		i = int32(len(l.tokens))
		token = strings.Clone(token)
		l.token[token] = i
		l.tokens = append(l.tokens, entry{text: token})
		if l.late = append(l.late, i); len(l.late) > 2000 {
			l.sort()
		}
		if n := utf8.RuneCountInString(token); n >= oneFrom-1 && n <= mostWord && isLatin(token) {
			k := key(token, n)
			l.near[k] = append(l.near[k], i)
		}
	}
	return &l.tokens[i]
}

func (l *Lexicon) sort() {
	byText := func(a, b int32) int { return strings.Compare(l.tokens[a].text, l.tokens[b].text) }
	slices.SortFunc(l.late, byText)
	all := make([]int32, 0, len(l.sorted)+len(l.late))
	i, j := 0, 0
	for i < len(l.sorted) && j < len(l.late) {
		if byText(l.sorted[i], l.late[j]) < 0 {
			all = append(all, l.sorted[i])
			i++
		} else {
			all = append(all, l.late[j])
			j++
		}
	}
	all = append(append(all, l.sorted[i:]...), l.late[j:]...)
	l.sorted, l.late = all, l.late[:0]
}

// hear notes how the pairs of a Chinese text sound, and which runs of it stand
// by themselves.
func (l *Lexicon) hear(text string) {
	for _, run := range hanRuns(text) {
		l.entry(string(run)).whole++
		for i := 0; i+1 < len(run); i++ {
			pair := string(run[i : i+2])
			e := l.entry(pair)
			at := l.token[pair]
			if e.heard {
				continue
			}
			e.heard = true
			for _, a := range pinyin().of[run[i]] {
				for _, b := range pinyin().of[run[i+1]] {
					for _, k := range []string{a + " " + b, a[:1] + " " + b[:1]} {
						if !slices.Contains(l.sounds[k], at) {
							l.sounds[k] = append(l.sounds[k], at)
						}
					}
				}
			}
		}
	}
}

// hanRuns are the Chinese words of a text as far as blanks and other signs say.
func hanRuns(text string) (runs [][]rune) {
	var run []rune
	end := func() {
		if len(run) > 0 {
			runs, run = append(runs, run), nil
		}
	}
	for _, r := range fold(text) {
		if isHan(string(r)) {
			run = append(run, r)
		} else {
			end()
		}
	}
	end()
	return runs
}

// tidy gives the living new ordinals, in their order, and forgets the dead.
func (l *Lexicon) tidy() {
	next := make([]uint32, len(l.ids))
	n := uint32(0)
	for i := range l.ids {
		if next[i] = n; !l.gone[i] {
			l.ids[n], l.about[n] = l.ids[i], l.about[i]
			l.at[l.ids[n]] = n
			n++
		}
	}
	for i := range l.tokens {
		kept := l.tokens[i].posts[:0]
		for _, p := range l.tokens[i].posts {
			if old := p >> placeBits; !l.gone[old] {
				kept = append(kept, post(next[old], uint8(p&(1<<placeBits-1))))
			}
		}
		l.tokens[i].posts = slices.Clip(kept)
	}
	l.ids, l.about, l.gone, l.dead = l.ids[:n], l.about[:n], make([]bool, n), 0
}

// holds is how many documents have a token, counting at most 64 of them if
// some have died.
func (l *Lexicon) holds(token string) int {
	i, ok := l.token[token]
	if !ok {
		return 0
	}
	posts := l.tokens[i].posts
	if l.dead == 0 {
		return len(posts)
	}
	n := 0
	for at, p := range posts {
		if !l.gone[p>>placeBits] {
			n++
		}
		if n == 64 {
			return n + len(posts) - at
		}
	}
	return n
}

// beginning calls with each token that begins so, in no order, until it says no.
func (l *Lexicon) beginning(prefix string, give func(at int32) bool) {
	from, _ := slices.BinarySearchFunc(l.sorted, prefix, func(at int32, p string) int { return strings.Compare(l.tokens[at].text, p) })
	for _, at := range l.sorted[from:] {
		if !strings.HasPrefix(l.tokens[at].text, prefix) {
			break
		}
		if !give(at) {
			return
		}
	}
	for _, at := range l.late {
		if strings.HasPrefix(l.tokens[at].text, prefix) && !give(at) {
			return
		}
	}
}

// begins says whether any document has a word that begins so.
func (l *Lexicon) begins(prefix string) (found bool) {
	l.beginning(prefix, func(at int32) bool {
		found = l.holds(l.tokens[at].text) > 0
		return !found
	})
	return found
}

// compact is a code without what people leave out: BB01-SAGE and bb 01 sage.
func compact(code string) string { return strings.Join(Terms(code), "") }

// queryTokens are the words of a text in the singular.
func queryTokens(text string) []string {
	tokens := Terms(text)
	for i, t := range tokens {
		tokens[i] = singular(t)
	}
	return tokens
}

// headOf is how many tokens of an English name end with its noun: Ember Tent
// for Two is a tent, Daypath Pack 22 L a pack.
func headOf(tokens []string) int {
	n := len(tokens)
	for i, t := range tokens {
		if i > 0 && slices.Contains([]string{"for", "of", "with", "in", "from", "to", "without", "by"}, t) {
			n = i
			break
		}
	}
	for n > 1 {
		_, isUnit := units[tokens[n-1]]
		if !isNumber(tokens[n-1]) && !isUnit && tokens[n-1] != "×" {
			break
		}
		n--
	}
	return n
}

func isLatin(word string) bool {
	for _, r := range word {
		return !isHan(string(r)) && !(r >= '0' && r <= '9')
	}
	return false
}
