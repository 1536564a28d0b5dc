package ask

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind of a source says how a question must meet it to be answered by it.
type Kind int

const (
	Stated  Kind = iota // one value of one subject: a fact, an option, a term of the shop
	Told                // a sentence that tells several things
	Fits                // how one product goes with another
	Earlier             // a question that was answered before
)

// Source is one thing that somebody wrote down. An answer is its Text, word
// for word, with where it stands; nothing is ever put together from two.
type Source struct {
	Key     string   // names it in the record: "fact:wash", "delivery", "asked:TOKEN"
	Kind    Kind     // how it is met
	Matters []string // subjects of trade.txt; a Stated one answers no other
	Name    string   // a fact's own name, by which it may be asked for, too
	Title   string   // where it stands, in words
	URL     string   // and by address
	Asked   string   // the question it answers, of an Earlier one
	Text    string   // what it says
	Says    []string // what it says in every language, to be compared with
}

// mostWords of a question are read: a letter is no question for a machine.
const mostWords = 60

// Instant looks for the one source that answers a question. Every word of the
// question has to be accounted for: by what the question is about (names of
// the goods), by the subject that was asked for, by the source, or by being a
// word of no weight. A word left over may turn the question into another, so
// there is no answer then, and a person gets it. It invents nothing: what it
// answers is a source.
func Instant(question string, about []string, sources []Source) (*Source, bool) {
	ws := wordsOf(question)
	if len(ws) == 0 || len(ws) > mostWords || utf8.RuneCountInString(question) > 4*mostWords {
		return nil, false
	}
	a := asking{words: ws, base: make([]bool, len(ws)), light: make([]bool, len(ws)), text: strings.ToLower(question), found: map[string]int{}}
	mark(ws, fillers, a.light)
	copy(a.base, a.light)
	knows(about...).mark(ws, a.base)
	var best *Source
	most := 0
	for i := range sources {
		if score := a.meets(&sources[i]); score > most {
			best, most = &sources[i], score
		}
	}
	return best, best != nil
}

// asking is a question taken apart.
type asking struct {
	words []word
	light []bool // words of no weight
	base  []bool // these, and the names of what is asked about
	text  string
	found map[string]int // kept: how much of a matter is asked for
}

func (a *asking) asks(name string) int {
	if n, ok := a.found[name]; ok {
		return n
	}
	n := 0
	if m := matters[name]; m != nil {
		n = mark(a.words, m.asked, make([]bool, len(a.words)))
	}
	a.found[name] = n
	return n
}

// meets is how well a source answers; 0 for not at all.
func (a *asking) meets(s *Source) int {
	own := knows(s.Says...)
	seen, fromSource := slices.Clone(a.base), make([]bool, len(a.words))
	own.mark(a.words, fromSource)
	asked := 0
	for _, name := range s.Matters {
		if n := a.asks(name); n > 0 {
			mark(a.words, matters[name].asked, seen)
			mark(a.words, matters[name].beside, seen)
			asked = max(asked, n)
		}
	}
	if s.Name != "" {
		asked = max(asked, mark(a.words, weighty(s.Name), seen))
	}
	evidence, strong := a.evidence(fromSource)
	for i := range seen {
		seen[i] = seen[i] || fromSource[i] || s.Kind == Stated && asked > 0 && number(a.words[i])
	}
	if slices.Contains(seen, false) || !a.rightKind(s) {
		return 0
	}
	switch s.Kind {
	case Stated:
		if asked == 0 {
			return 0
		}
		return 10 + 4*asked + evidence
	case Told:
		if asked == 0 && evidence < 2 && !strong && !(evidence == 1 && a.whether() && lists(s.Text)) {
			return 0
		}
		return 4*asked + 2*evidence
	case Fits:
		if asked == 0 || evidence == 0 {
			return 0
		}
		return 8 + 4*asked + evidence
	}
	return a.again(s, evidence)
}

// weighty is a fact's name as a phrase, unless it is all words of no weight.
func weighty(name string) [][]word {
	ws := wordsOf(name)
	light := make([]bool, len(ws))
	mark(ws, fillers, light)
	if !slices.Contains(light, false) {
		return nil
	}
	return [][]word{ws}
}

// evidence counts the words of weight that a source holds: in Chinese three
// characters in a row are as good as two words. Strong ones stand for
// themselves.
func (a *asking) evidence(from []bool) (n int, strong bool) {
	run := 0
	var seen []word
	for i, w := range a.words {
		if !from[i] || a.base[i] || number(w) {
			run = 0
			continue
		}
		if slices.Contains(seen, w) {
			continue
		}
		seen = append(seen, w)
		if !han(w) {
			n++
			strong = strong || standsAlone[w]
			continue
		}
		if run++; run == 2 {
			strong = strong || standsAlone[a.words[i-1]+w]
			n++
		} else if run == 3 {
			n++
		}
	}
	return n, strong
}

var standsAlone = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(`oven microwave freezer fridge dishwasher hdmi usb bluetooth wifi camera microphone charger
		gluten nickel sugar salt lactose bpa tripod leaflet manual instructions`) {
		all[stem(w)] = true
	}
	for _, w := range strings.Fields("烤箱 冰箱 冷冻 沸水 煮沸 盒子 话筒 电源 充电 说明") {
		all[w] = true
	}
	return all
}()

// whether reports a question for whether something is there.
func (a *asking) whether() bool {
	for _, p := range []string{"is there", "are there", "does it have", "do they have", "does it come with", "has it", "have a", "have any", "with a", "include", "contain", "有", "带", "附", "含"} {
		if strings.Contains(a.text, p) {
			return true
		}
	}
	return false
}

// lists reports a sentence that says what is there or is not.
func lists(text string) bool {
	text = " " + strings.ToLower(text) + " "
	for _, p := range []string{" comes with ", "included", "in the box", " no ", " without ", " with a ", " with two ", "附", "内含", "不含", "无", "没有", "带"} {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// rightKind holds that a question for a time gets one and a question for a
// number gets one.
func (a *asking) rightKind(s *Source) bool {
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(p string) bool { return strings.Contains(a.text, p) })
	}
	for _, why := range []string{"why ", "为什么", "为何", " who ", "whose", "哪里产", "产地"} {
		if strings.Contains(" "+a.text, why) && s.Kind != Earlier {
			return false
		}
	}
	isLong := slices.Contains(s.Matters, "length") || slices.Contains(s.Matters, "cable") || slices.Contains(s.Matters, "message")
	if !isLong && has("how long", "how many hours", "how many days", "how many months", "how many years", "多久", "多长时间", "几天", "几年", "几个月", "几小时") && !lasting.MatchString(s.Text) {
		return false
	}
	if has("how many", "几个", "几件", "几只", "几片", "多少个", "多少件") && !counted.MatchString(s.Text) {
		return false
	}
	return true
}

// again is how well a question that was answered before is the same one: at
// least half of what it asked is asked now.
func (a *asking) again(s *Source, evidence int) int {
	if evidence == 0 {
		return 0
	}
	now := knows(strings.Join(a.words, " "), a.text)
	best := 0
	for _, text := range s.Says[:len(s.Says)/2] { // questions first, then their answers
		ws := wordsOf(text)
		light, same := make([]bool, len(ws)), make([]bool, len(ws))
		mark(ws, fillers, light)
		now.mark(ws, same)
		weight, met := 0, 0
		for i := range ws {
			if !light[i] {
				weight++
				if same[i] {
					met++
				}
			}
		}
		if met > 0 && 2*met >= weight {
			best = max(best, 14+6*met/weight*2+evidence)
		}
	}
	return best
}

// Sentences cuts prose where a sentence ends, so that one of them can answer.
func Sentences(text string) (all []string) {
	start := 0
	runes := []rune(text)
	for i, r := range runes {
		end := r == '。' || r == '！' || r == '？' || r == '\n' ||
			(r == '.' || r == '!' || r == '?') && (i+1 == len(runes) || runes[i+1] == ' ' || runes[i+1] == '\n')
		if end || i == len(runes)-1 {
			if s := strings.TrimSpace(string(runes[start : i+1])); s != "" {
				all = append(all, s)
			}
			start = i + 1
		}
	}
	return all
}

// Prose makes a source of each sentence of a text written in two languages:
// shown in one of them, compared in both where they have as many sentences.
func Prose(s Source, shown, other string) (all []Source) {
	here, there := Sentences(shown), Sentences(other)
	for i, text := range here {
		one := s
		one.Kind, one.Text, one.Says = Told, text, []string{text}
		if len(here) == len(there) {
			one.Says = append(one.Says, there[i])
		}
		one.Matters = told(strings.Join(one.Says, " "))
		all = append(all, one)
	}
	return all
}

// Names reports whether a question calls something by one of its names: by all
// words of weight of one of them.
func Names(question string, names ...string) bool {
	ws := wordsOf(question)
	for _, name := range names {
		own := wordsOf(name)
		light, met := make([]bool, len(own)), make([]bool, len(own))
		mark(own, fillers, light)
		knows(strings.Join(ws, " "), question).mark(own, met)
		whole := len(own) > 0
		for i := range own {
			whole = whole && (light[i] || met[i] || number(own[i]))
		}
		if whole && slices.Contains(met, true) {
			return true
		}
	}
	return false
}
