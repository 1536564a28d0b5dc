package admin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// optionInputs is what a product's options look like in the form: the English
// name of a choice, a bar, the Chinese one, one a line.
func optionInputs(d catalog.Draft) inputs {
	in := inputs{"version": strconv.Itoa(d.Version)}
	for i, o := range d.Options {
		at := fmt.Sprintf("option%d_", i+1)
		in[at+"code"], in[at+"en"], in[at+"zh"] = o.Code, o.Name.En, o.Name.Zh
		var lines []string
		for _, k := range o.Choices {
			line := k.Name.En
			if k.Name.Zh != "" {
				line += " | " + k.Name.Zh
			}
			lines = append(lines, line)
		}
		in[at+"choices"] = strings.Join(lines, "\n")
	}
	return in
}

// typedOptions reads the options of the form. What stood there before keeps
// its code, by which variants name it: an option by its place, a choice by its
// name, and where as many lines stand there as before, by its line, so that a
// choice can be renamed.
func typedOptions(form *fault.Form, in inputs, before []catalog.Option) []catalog.Option {
	var out []catalog.Option
	colours := art.Colours()
	for i := 1; i <= catalog.MaxOptions; i++ {
		at := fmt.Sprintf("option%d_", i)
		o, ok := newOption(form, in, at)
		if !ok {
			continue
		}
		old := slices.IndexFunc(before, func(b catalog.Option) bool { return b.Code == in[at+"code"] })
		for j := range o.Choices {
			k := &o.Choices[j]
			if _, drawn := colours[k.Code]; drawn {
				k.Accent = k.Code
			}
			if old < 0 {
				continue
			}
			had := before[old].Choices
			same := slices.IndexFunc(had, func(b catalog.Choice) bool { return b.Code == k.Code || b.Name.En == k.Name.En })
			if same < 0 && len(had) == len(o.Choices) && !slices.ContainsFunc(o.Choices, func(n catalog.Choice) bool { return n.Name.En == had[j].Name.En }) {
				same = j
			}
			if same >= 0 {
				k.Code, k.Accent = had[same].Code, had[same].Accent
			}
		}
		if old >= 0 {
			o.Code = before[old].Code
		}
		if slices.ContainsFunc(out, func(b catalog.Option) bool { return b.Code == o.Code }) {
			form.Wrong(at+"en", "options.twice", "name", o.Name.En)
		}
		out = append(out, o)
	}
	return out
}

// rearranged is the product with these options. A variant keeps its SKU as
// long as its answers fit: where an option is new it answers with the first
// choice. Of variants that come to the same only the first is sold on, and
// what answers with a choice that is gone is not. With all, every combination
// that is missing is made, at the prices of the first variant.
func rearranged(d catalog.Draft, options []catalog.Option, all bool) (out catalog.Draft, made []string) {
	out = d
	out.Options, out.Variants = options, nil
	sold := map[string]bool{}
	place := map[string]int{} // of a combination that is not sold
	skus := map[string]bool{}
	var prices map[money.Currency]catalog.PriceIn
	old := slices.Clone(d.Variants)
	slices.SortStableFunc(old, func(a, b catalog.DraftVariant) int { return cmp.Compare(b2i(b.Active), b2i(a.Active)) })
	for _, v := range old {
		skus[v.SKU] = true
		answers, fits := answersTo(options, d.Options, v.Choices)
		if fits {
			v.Choices, v.Accent = answers, accentOf(options, answers, v.Accent)
		}
		key := combinationOf(options, answers)
		if v.Active = v.Active && fits && !sold[key]; v.Active {
			sold[key] = true
			if prices == nil {
				prices = v.Prices
			}
		} else if _, known := place[key]; fits && !known {
			place[key] = len(out.Variants)
		}
		out.Variants = append(out.Variants, v)
	}
	if !all {
		return out, nil
	}
	for _, v := range combinations(d.Code, options) {
		key := combinationOf(options, v.Choices)
		if sold[key] {
			continue
		}
		if at, ok := place[key]; ok { // it was sold once: it comes back under its SKU
			out.Variants[at].Active = true
			made = append(made, out.Variants[at].SKU)
			continue
		}
		for n, base := 2, v.SKU; skus[v.SKU]; n++ {
			v.SKU = fmt.Sprintf("%s-%d", base, n)
		}
		skus[v.SKU] = true
		v.Accent, v.Prices = accentOf(options, v.Choices, ""), map[money.Currency]catalog.PriceIn{}
		for currency, p := range prices {
			v.Prices[currency] = catalog.PriceIn{Amount: p.Amount}
		}
		out.Variants = append(out.Variants, v)
		made = append(made, v.SKU)
	}
	return out, made
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// answersTo is what a variant answers to the options; it fits while each of
// its answers is still one of the choices.
func answersTo(options, before []catalog.Option, has map[string]string) (map[string]string, bool) {
	answers := map[string]string{}
	for _, o := range options {
		answer, answered := has[o.Code]
		if !answered && !slices.ContainsFunc(before, func(b catalog.Option) bool { return b.Code == o.Code }) {
			answer = o.Choices[0].Code
		}
		if !slices.ContainsFunc(o.Choices, func(k catalog.Choice) bool { return k.Code == answer }) {
			return maps.Clone(has), false
		}
		answers[o.Code] = answer
	}
	return answers, true
}

func combinationOf(options []catalog.Option, answers map[string]string) string {
	var b strings.Builder
	for _, o := range options {
		fmt.Fprintf(&b, "%q ", answers[o.Code])
	}
	return b.String()
}

// accentOf is the colour that a variant is drawn in.
func accentOf(options []catalog.Option, answers map[string]string, otherwise string) string {
	for _, o := range options {
		for _, k := range o.Choices {
			if k.Code == answers[o.Code] && k.Accent != "" {
				return k.Accent
			}
		}
	}
	return otherwise
}
