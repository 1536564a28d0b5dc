package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Understood is what a query means.
type Understood struct {
	Typed  string // as it was typed, cut to what is read
	Words  Words
	Mended string // what is looked for instead where a word was misspelt; "" = nothing was
	// Without are the words that had to be left out because nothing has all of
	// them; Words is then Loose and holds the rest.
	Without []string
	Chosen  bool // products stand first because the shop chose so (Words.First)
}

// how a query is read.
type reading int

const (
	asMeant reading = iota
	asTyped         // word by word: nothing mended, nothing put beside
	soFar           // while it is typed: the last word may be unfinished
)

// piece is a word of a query on the way to a term.
type piece struct {
	kind  byte     // 'a' letters, '1' number, 'h' Chinese, 'm' measured, 'c' code
	text  string   // as the index holds it
	shown string   // as people write it
	any   []string // forms, once they are known
	begun bool     // may go on
	known bool
	rest  bool // a single character that was left of a run
}

// Understand reads a query by what the documents hold and the shop's rules
// say; exact takes it word by word. One with NUL or broken UTF-8 is
// fault.Invalid.
func (l *Lexicon) Understand(rules *Rules, lang i18n.Lang, typed string, exact bool) (*Understood, error) {
	if exact {
		return l.understand(rules, lang, typed, asTyped)
	}
	return l.understand(rules, lang, typed, asMeant)
}

// Begun reads what is typed so far: its last word may be unfinished.
func (l *Lexicon) Begun(rules *Rules, lang i18n.Lang, typed string) (*Understood, error) {
	return l.understand(rules, lang, typed, soFar)
}

// understand reads a query in one of the ways.
func (l *Lexicon) understand(rules *Rules, lang i18n.Lang, typed string, how reading) (*Understood, error) {
	if !utf8.ValidString(typed) || strings.ContainsRune(typed, 0) {
		return nil, fault.New(fault.Invalid, "search.query.wrong")
	}
	if utf8.RuneCountInString(typed) > mostRunes {
		typed = string([]rune(typed)[:mostRunes])
	}
	typed = strings.TrimSpace(typed)
	u := &Understood{Typed: typed}
	pieces := l.pieces(typed)
	if len(pieces) == 0 {
		u.Words.Text = typed
		return u, nil
	}
	if how != asTyped {
		u.Words.First = rules.pinned(lang, typed)
		u.Chosen = len(u.Words.First) > 0
		pieces = l.joined(pieces)
		pieces = l.cutChinese(rules, pieces)
		pieces = l.telling(pieces)
	}
	mended := false
	for i := range pieces {
		last := i == len(pieces)-1
		mended = l.mean(rules, lang, &pieces[i], last, how) || mended
	}
	if how != asTyped {
		pieces = rules.phrases(l, lang, pieces)
	}
	if mended {
		u.Mended = shown(pieces)
	}
	if how == asTyped || len(pieces) == 1 && len(pieces[0].any) > 0 && pieces[0].known || l.someHold(termsOf(pieces)) {
		u.Words = wordsOf(u.Words.First, pieces)
		return u, nil
	}
	kept := l.loosened(pieces)
	if len(kept) == 0 || len(kept) == len(pieces) { // nothing to be found, and said so
		u.Words = wordsOf(u.Words.First, pieces)
		return u, nil
	}
	for _, p := range pieces {
		if !slices.ContainsFunc(kept, func(k piece) bool { return k.text == p.text }) {
			u.Without = append(u.Without, p.shown)
		}
	}
	u.Words = wordsOf(u.Words.First, kept)
	u.Words.Loose = true
	return u, nil
}

func termsOf(pieces []piece) []Term {
	var terms []Term
	for _, p := range pieces {
		t := Term{Any: p.any, Prefix: p.begun}
		if !slices.ContainsFunc(terms, func(o Term) bool { return slices.Equal(o.Any, t.Any) }) {
			terms = append(terms, t)
		}
	}
	return terms
}

func wordsOf(first []catalog.ProductID, pieces []piece) Words {
	return Words{Text: shown(pieces), Terms: termsOf(pieces), First: first}
}

// shown puts the words together again: no blanks between Chinese ones.
func shown(pieces []piece) string {
	var words []string
	for _, p := range pieces {
		words = append(words, p.shown)
	}
	return join(words)
}

func (l *Lexicon) someHold(terms []Term) bool { return l.hold(terms, absent) > 0 }

// hold is how many documents hold all terms at a level better than one.
func (l *Lexicon) hold(terms []Term, below uint8) (n int) {
	levels, _ := l.levels(terms)
	for i, level := range levels {
		if level < below && !l.gone[i] {
			n++
		}
	}
	return n
}

// loosened leaves out what nothing has, then the word that most have, until
// something has all that is left.
func (l *Lexicon) loosened(pieces []piece) []piece {
	counts := make(map[string]int, len(pieces))
	var kept []piece
	for _, p := range pieces {
		n := l.hold([]Term{{Any: p.any, Prefix: p.begun}}, absent)
		if counts[p.text] = n; n > 0 {
			kept = append(kept, p)
		}
	}
	// One character of a word that nobody knows is no word.
	if slices.ContainsFunc(pieces, func(p piece) bool { return p.rest && counts[p.text] == 0 }) {
		kept = slices.DeleteFunc(kept, func(p piece) bool { return p.rest })
	}
	for len(kept) > 1 && !l.someHold(termsOf(kept)) {
		most := 0
		for i, p := range kept {
			// A number or a measure says less than a word that as many have.
			if n, m := counts[p.text], counts[kept[most].text]; n > m || n == m && p.kind != 'a' && p.kind != 'h' {
				most = i
			}
		}
		kept = slices.Delete(kept, most, most+1)
	}
	return kept
}

// pieces cuts a text: codes, measures, then runs of letters, of digits, of
// Chinese characters.
func (l *Lexicon) pieces(text string) (pieces []piece) {
	text = fold(text)
	if code := compact(text); mixed(code) && !strings.ContainsFunc(code, func(r rune) bool { return isHan(string(r)) }) && l.holds(code) > 0 && len(measures(text)) == 0 {
		return []piece{{kind: 'c', text: code, shown: text, any: []string{code}, known: true}}
	}
	for _, chunk := range strings.Fields(joinUnits(text)) {
		code := compact(chunk)
		if mixed(code) && len(code) >= 3 && !strings.ContainsFunc(code, func(r rune) bool { return isHan(string(r)) }) {
			if l.holds(code) > 0 || len(measures(chunk)) == 0 && l.begins(code) {
				pieces = append(pieces, piece{kind: 'c', text: code, shown: chunk, any: []string{code}, begun: l.holds(code) == 0, known: true})
				continue
			}
		}
		at := 0
		for _, m := range measures(chunk) {
			pieces = append(pieces, runs(chunk[at:m.from])...)
			plain := strings.Join(Terms(chunk[m.from:m.to]), " ")
			pieces = append(pieces, piece{kind: 'm', text: m.token, shown: strings.ReplaceAll(chunk[m.from:m.to], "\u2060", " "), any: []string{m.token, plain}})
			at = m.to
		}
		pieces = append(pieces, runs(chunk[at:])...)
	}
	return pieces
}

// joinUnits keeps "500 g" in one piece.
func joinUnits(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range measures(text) {
		b.WriteString(text[at:m.from])
		b.WriteByte(' ')
		b.WriteString(strings.ReplaceAll(text[m.from:m.to], " ", "-"))
		b.WriteByte(' ')
		at = m.to
	}
	b.WriteString(text[at:])
	return b.String()
}

func mixed(code string) bool {
	return strings.ContainsFunc(code, unicode.IsLetter) && strings.ContainsFunc(code, unicode.IsDigit)
}

func runs(text string) (pieces []piece) {
	for _, t := range Terms(text) {
		kind := byte('a')
		switch {
		case isHan(t):
			if n := len(pieces); n > 0 && pieces[n-1].kind == 'h' {
				pieces[n-1].text += t
				pieces[n-1].shown += t
				continue
			}
			kind = 'h'
		case isNumber(t):
			kind = '1'
		}
		pieces = append(pieces, piece{kind: kind, text: t, shown: t})
	}
	return pieces
}

// joined makes one word of two where the shop writes it so: head phones.
func (l *Lexicon) joined(pieces []piece) []piece {
	var all []piece
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		if i+1 < len(pieces) && p.kind == 'a' && pieces[i+1].kind == 'a' && !fillers[p.text] && !fillers[pieces[i+1].text] {
			whole := p.text + singular(pieces[i+1].text)
			apart := p.text + " " + singular(pieces[i+1].text)
			if len(p.text) > 1 && len(pieces[i+1].text) > 1 && l.holds(whole) > 0 {
				all = append(all, piece{kind: 'a', text: whole, shown: p.shown + " " + pieces[i+1].shown, any: []string{whole, apart}, known: true})
				i++
				continue
			}
		}
		all = append(all, p)
	}
	return all
}

// telling leaves out words that say what somebody wants to do (buy, for,
// cheap), unless a name holds them all or nothing else is left. What somebody
// would pay is left out too: filters are for that.
func (l *Lexicon) telling(pieces []piece) []piece {
	var kept []piece
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		if p.kind == 'a' && slices.Contains(priceWords, p.text) && i+1 < len(pieces) && pieces[i+1].kind == '1' {
			i++
			continue
		}
		if p.kind == '1' && i+1 < len(pieces) && pieces[i+1].kind == 'h' && slices.Contains(priceWords, pieces[i+1].text) {
			i++
			continue
		}
		if p.kind == 'a' && fillers[p.text] || p.kind == 'h' && fillers[p.text] {
			continue
		}
		kept = append(kept, p)
	}
	if len(kept) == 0 || len(kept) == len(pieces) || l.inAName(pieces) {
		return pieces
	}
	return kept
}

func (l *Lexicon) inAName(pieces []piece) bool {
	var terms []Term
	for _, p := range pieces {
		any := p.any
		if any == nil {
			any = []string{p.text, singular(p.text)}
		}
		terms = append(terms, Term{Any: any})
	}
	return l.hold(terms, bySynonyms) > 0
}

// mean finds the forms of a word, and says whether it had to be mended.
func (l *Lexicon) mean(rules *Rules, lang i18n.Lang, p *piece, last bool, how reading) (mended bool) {
	if p.any != nil {
		return false
	}
	switch p.kind {
	case '1':
		p.any = []string{p.text}
		return false
	case 'h':
		p.any = []string{p.text}
		if how != asTyped {
			p.any = append(p.any, rules.beside(lang, p.text)...)
		}
		return false
	}
	one := singular(p.text)
	beside := rules.beside(lang, one)
	p.known = l.holds(p.text)+l.holds(one) > 0 || len(beside) > 0
	begins := last && l.begins(p.text)
	p.begun = last && (!p.known || how == soFar)
	if how == asTyped {
		p.any, p.begun = []string{p.text}, false
		if one != p.text {
			p.any = append(p.any, one)
		}
		return false
	}
	p.any = append([]string{one}, beside...)
	if p.begun && one != p.text {
		p.any = append(p.any, p.text)
	}
	if p.known || begins {
		if len(p.text) >= 6 && len(beside) == 0 {
			p.any = append(p.any, l.sounding(p.text)...)
		}
		return false
	}
	for i := 3; i+3 <= len(p.text); i++ {
		if isASCII(p.text) && l.holds(p.text[:i]) > 0 && l.holds(singular(p.text[i:])) > 0 {
			if form := p.text[:i] + " " + singular(p.text[i:]); l.someHold([]Term{{Any: []string{form}}}) {
				p.any, p.begun = append(p.any, form), false
				return false
			}
		}
	}
	if heard := l.sounding(p.text); len(heard) > 0 {
		p.any, p.begun, p.shown = append(p.any, heard...), false, heard[0]
		return false
	}
	if mendable(p.text) {
		if better := l.nearest(rules, p.text); better != "" {
			p.shown, p.begun = better, false
			p.text = singular(better)
			p.any = append([]string{p.text}, rules.beside(lang, p.text)...)
			return true
		}
	}
	if heard := l.initialled(p.text); len(heard) > 0 {
		p.any, p.begun, p.shown = heard, false, heard[0]
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cutChinese parts a run of characters into the words the shop writes, where
// nothing has the run in one piece.
func (l *Lexicon) cutChinese(rules *Rules, pieces []piece) []piece {
	var all []piece
	for _, p := range pieces {
		if p.kind != 'h' || utf8.RuneCountInString(p.text) < 2 || l.someHold([]Term{{Any: []string{p.text}}}) || rules.knows(p.text) {
			all = append(all, p)
			continue
		}
		for _, word := range l.segments(rules, []rune(p.text)) {
			all = append(all, piece{kind: 'h', text: word, shown: word, rest: utf8.RuneCountInString(word) == 1})
		}
	}
	return all
}

// segments cuts a run so that as few characters as can be are in no word, then
// into as few words as can be.
func (l *Lexicon) segments(rules *Rules, run []rune) []string {
	type way struct{ lost, words, from int }
	best := make([]way, len(run)+1)
	for end := 1; end <= len(run); end++ {
		best[end] = way{best[end-1].lost + 1, best[end-1].words + 1, end - 1}
		for from := max(0, end-8); from < end-1; from++ {
			word := string(run[from:end])
			lost := 0
			switch {
			case fillers[word], rules.knows(word), l.alone(word):
			case end-from == 2 && l.holds(word) > 0:
				lost = 1 // a pair that stands in some text may be the end of one word and the begin of another
			default:
				continue
			}
			w := way{best[from].lost + lost, best[from].words + 1, from}
			if w.lost < best[end].lost || w.lost == best[end].lost && w.words < best[end].words {
				best[end] = w
			}
		}
	}
	var words []string
	for end := len(run); end > 0; end = best[end].from {
		words = append(words, string(run[best[end].from:end]))
	}
	slices.Reverse(words)
	return words
}

func (l *Lexicon) alone(word string) bool {
	i, ok := l.token[word]
	return ok && l.tokens[i].whole > 0
}
