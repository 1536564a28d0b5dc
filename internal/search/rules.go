package search

import (
	_ "embed"
	"slices"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
)

//go:embed rules.txt
var commonRules string

// Rules are what a shop says its words mean: words that mean the same, and
// products that stand first for a query. They begin with what is so in any shop.
type Rules struct {
	forms map[i18n.Lang]map[string][]string // of both languages under ""
	words []string                          // Latin ones that are known though no document may hold them
	pins  map[i18n.Lang]map[string][]catalog.ProductID
}

// mostPhrase words of a rule stand for one.
const mostPhrase = 4

// NewRules are the common ones.
func NewRules() *Rules {
	r := &Rules{forms: map[i18n.Lang]map[string][]string{}, pins: map[i18n.Lang]map[string][]catalog.ProductID{}}
	for line := range strings.Lines(commonRules) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			r.say("", line)
		}
	}
	return r
}

// normal is what a text is recognized by.
func normal(text string) string { return join(queryTokens(text)) }

// parseRule reads "a = b = c" and "a > b" (also →); ok says that it is one.
func parseRule(text string) (from, to []string, ok bool) {
	left, right, oneWay := strings.Cut(strings.NewReplacer("→", ">", "->", ">", "＝", "=", "=>", ">").Replace(text), ">")
	words := func(s string) (all []string) {
		for w := range strings.SplitSeq(s, "=") {
			if n := normal(w); n != "" && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
		return all
	}
	from, to = words(left), words(right)
	if oneWay {
		return from, to, len(from) > 0 && len(to) > 0 && !strings.Contains(right, ">")
	}
	return from, from, len(from) > 1
}

// say adds a rule; one that is none is passed over.
func (r *Rules) say(lang i18n.Lang, text string) {
	from, to, ok := parseRule(text)
	if !ok {
		return
	}
	if r.forms[lang] == nil {
		r.forms[lang] = map[string][]string{}
	}
	for _, f := range from {
		for _, t := range to {
			if t != f && !slices.Contains(r.forms[lang][f], t) {
				r.forms[lang][f] = append(r.forms[lang][f], t)
			}
		}
		if !strings.Contains(f, " ") && !isHan(f) && !slices.Contains(r.words, f) {
			r.words = append(r.words, f)
		}
	}
}

// beside are the forms that mean the same as a word.
func (r *Rules) beside(lang i18n.Lang, word string) []string {
	return append(slices.Clone(r.forms[""][word]), r.forms[lang][word]...)
}

func (r *Rules) knows(word string) bool {
	for _, forms := range r.forms {
		if len(forms[word]) > 0 {
			return true
		}
	}
	return false
}

// phrases makes one piece of several that a rule names together.
func (r *Rules) phrases(l *Lexicon, lang i18n.Lang, pieces []piece) []piece {
	var all []piece
next:
	for i := 0; i < len(pieces); {
		for n := min(mostPhrase, len(pieces)-i); n > 1; n-- {
			var words, seen []string
			for _, p := range pieces[i : i+n] {
				words, seen = append(words, singular(p.text)), append(seen, p.shown)
			}
			phrase := strings.Join(words, " ")
			if forms := r.beside(lang, phrase); len(forms) > 0 {
				all = append(all, piece{kind: 'a', text: phrase, shown: strings.Join(seen, " "), any: append([]string{phrase}, forms...), known: true})
				i += n
				continue next
			}
		}
		all = append(all, pieces[i])
		i++
	}
	return all
}

func (r *Rules) pinned(lang i18n.Lang, typed string) []catalog.ProductID {
	key := normal(typed)
	return append(slices.Clone(r.pins[lang][key]), r.pins[""][key]...)
}

// fillers say what somebody wants to do, not what with.
var fillers = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(`a an the of for to in on at by from and or with without w my me i we our you your it is are be that this these those some any something
		anything thing stuff want need like looking look find search buy buying get shop order please can could would do does have has best good great nice cheap cheaper cheapest
		affordable inexpensive budget sale price old new s someone somebody who which what where
		我 我们 我要 我想 我想买 想买 要买 买 买个 买一个 想要 需要 找 求 求购 请问 有没有 有 给 送 送给 用 用的 的 和 与 或 适合 合适 推荐 什么 哪种 哪个 哪款 怎么 便宜 便宜的 实惠 平价 好用
		好用的 最好 最好的 一个 一款 个 款 些 吗 呢 啊 以下 以内 左右 多少钱 价格 新款`) {
		all[w] = true
	}
	return all
}()

// priceWords stand before an amount of money, or behind it in Chinese.
var priceWords = []string{"under", "below", "less", "than", "max", "over", "above", "around", "about", "元以下", "元以内", "块以下", "块以内", "以下", "以内", "元左右", "块钱"}
