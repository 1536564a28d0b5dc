package outreach

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	text "text/template"
	"text/template/parse"

	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// What staff may change of a mail is its words. Theirs hold placeholders out
// of the list that the mail's own template gives: each is something of it that
// differs from letter to letter, a number or a whole paragraph. They are put in
// once, from left to right, and what they put in is looked at no more, so that
// nothing anybody types is ever run.

// Form is a mail as staff may write it anew.
type Form struct {
	Template      string
	Lang          i18n.Lang
	Subject, Body string // the shop's own words
	Places        []Place
}

// Place is one placeholder. Must: the mail owes its reader what it stands for.
type Place struct {
	Name  string
	Must  bool
	value *text.Template // nil: the reader's name, or a word for it
}

// offered are the mails that nobody is owed: of them only the link must stay.
var offered = map[string]bool{FollowUpMail: true, TierRisen: true, OccasionMail: true, CardMail: true, SpecialsMail: true, RefillMail: true, PicksMail: true, ListMail: true, OwnerRelease: true, FindsMail: true}

func isOffer(template string) bool {
	base, _, _ := strings.Cut(template, "-")
	return offered[template] || base == FollowUpMail
}

// Editable lists every mail whose words staff may change: all that go to
// people outside of the shop, but for campaigns, whose words are their own.
func Editable() []string {
	all := slices.DeleteFunc(slices.Clone(Templates), func(name string) bool { return name == OrderNew || name == ReportMail || name == CampaignMail })
	for _, what := range abouts {
		all = append(all, FollowUpMail+"-"+what)
	}
	return all
}

func (f *Form) place(name string) *Place {
	for i := range f.Places {
		if f.Places[i].Name == name {
			return &f.Places[i]
		}
	}
	return nil
}

// Form reads what of a mail may be changed out of its template.
func (d *Desk) Form(name string, lang i18n.Lang) (*Form, error) {
	if !slices.Contains(Editable(), name) || !slices.Contains(i18n.Langs, lang) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	t, err := d.template(name, lang)
	if err != nil {
		return nil, err
	}
	made, err := parsed("form "+name+"."+string(lang), t.Root.String(), func() (any, error) { return newForm(name, lang, t) })
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", errTemplate, name, err)
	}
	return made.(*Form), nil
}

func newForm(name string, lang i18n.Lang, t *text.Template) (*Form, error) {
	f := &Form{Template: name, Lang: lang}
	sources := map[string]string{}
	var b strings.Builder
	for _, node := range t.Root.Nodes {
		if words, ok := node.(*parse.TextNode); ok {
			b.Write(words.Text)
			continue
		}
		source := node.String()
		field := fieldOf(node)
		if field == "" {
			return nil, fmt.Errorf("%s names nothing", source)
		}
		as := placeName(node, field)
		for n := 2; sources[as] != "" && sources[as] != source; n++ {
			as = fmt.Sprintf("%s-%d", placeName(node, field), n)
		}
		if sources[as] == "" {
			sources[as] = source
			value, err := text.New(as).Option("missingkey=error").Parse(source)
			if err != nil {
				return nil, err
			}
			f.Places = append(f.Places, Place{Name: as, Must: f.owes(as), value: value})
		}
		before, after := breaks(node)
		b.WriteString(strings.Repeat("\n", before) + "{" + as + "}" + strings.Repeat("\n", after))
	}
	if f.place("greeting") != nil && f.place("name") == nil {
		f.Places = append(f.Places, Place{Name: "name"})
	}
	head, body, ok := strings.Cut(b.String(), "\n\n")
	subject, isSubject := strings.CutPrefix(head, "Subject: ")
	if !ok || !isSubject {
		return nil, errors.New("it begins with no subject")
	}
	f.Subject, f.Body = subject, tidyParagraphs(body)
	return f, nil
}

// owes reports whether the mail must say what a placeholder stands for.
func (f *Form) owes(place string) bool {
	if isOffer(f.Template) {
		return place == "link"
	}
	return !slices.Contains([]string{"shop", "name", "greeting", "part", "part-2", "hours-2"}, place) // the rest of a word
}

// fieldOf is the first part of the letter that a node asks for.
func fieldOf(n parse.Node) string {
	switch n := n.(type) {
	case *parse.FieldNode:
		return strings.Join(n.Ident, ".")
	case *parse.ChainNode: // (index .Picks 0).Name
		return fieldOf(n.Node) + "." + strings.Join(n.Field, ".")
	case *parse.ActionNode:
		return fieldOf(n.Pipe)
	case *parse.IfNode:
		return fieldOf(n.Pipe)
	case *parse.RangeNode:
		return fieldOf(n.Pipe)
	case *parse.WithNode:
		return fieldOf(n.Pipe)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			for _, a := range c.Args {
				if f := fieldOf(a); f != "" {
					return f
				}
			}
		}
	}
	return ""
}

// Words for parts of a letter whose own name says little.
var placeNames = map[string]string{"Shelf.Name": "product", "Shelf.Price": "price", "List.Name": "list", "List.More": "not-named", "List.Out": "sold-out", "Picks.Name": "first", "Picks": "goods", "Order.By": "delivered-by", "By": "answer-by", "Order.Pay": "how-to-pay",
	"Order.After": "to-do", "Order.Back": "refund", "Order.Sums": "amounts", "Order.Credit": "credit", "Words": "answer", "Asked": "question", "Help": "articles",
	"Status": "open-orders", "Order.Waits": "waiting", "Order.Part": "part", "Order.Track": "follow", "Return.Address": "send-to", "Return.Number": "return", "Order.Paid": "payment",
	"Tier.To": "next-tier", "Card.Words": "message"}

func placeName(n parse.Node, field string) string {
	_, plain := n.(*parse.ActionNode)
	if field == "Name" && !plain {
		return "greeting"
	}
	if as := placeNames[field]; as != "" {
		return as
	}
	return strings.ToLower(field[strings.LastIndexByte(field, '.')+1:])
}

// breaks is how many line ends a part of the template brings along before and
// after its words: they stand outside of the placeholder.
func breaks(n parse.Node) (before, after int) {
	ends := func(lists ...*parse.ListNode) (before, after int) {
		for _, l := range lists {
			if l == nil {
				continue
			}
			b, a := 0, 0
			for _, n := range l.Nodes {
				more, _ := breaks(n)
				if b += more; !blank(n) {
					break
				}
			}
			for _, n := range slices.Backward(l.Nodes) {
				_, more := breaks(n)
				if a += more; !blank(n) {
					break
				}
			}
			before, after = max(before, b), max(after, a)
		}
		return before, after
	}
	switch n := n.(type) {
	case *parse.TextNode:
		s := string(n.Text)
		return len(s) - len(strings.TrimLeft(s, "\n")), len(s) - len(strings.TrimRight(s, "\n"))
	case *parse.IfNode:
		return ends(n.List, n.ElseList)
	case *parse.RangeNode:
		return ends(n.List, n.ElseList)
	case *parse.WithNode:
		return ends(n.List, n.ElseList)
	}
	return 0, 0
}

func blank(n parse.Node) bool {
	t, ok := n.(*parse.TextNode)
	return ok && strings.Trim(string(t.Text), "\n") == ""
}

// values is what each placeholder stands for in a letter.
func (f *Form) values(w letter) (map[string]string, error) {
	all := make(map[string]string, len(f.Places))
	for _, p := range f.Places {
		if p.value == nil {
			if all[p.Name] = w.Name; w.Name == "" {
				all[p.Name] = i18n.T(f.Lang, "mail.text.nobody")
			}
			continue
		}
		var b strings.Builder
		if err := p.value.Execute(&b, w); err != nil {
			return nil, err
		}
		all[p.Name] = strings.Trim(b.String(), "\n")
	}
	return all, nil
}

// fill writes a text of staff's with the values of a letter. A line of nothing
// but placeholders that say nothing this time is left out.
func fill(words string, values map[string]string) (string, error) {
	var out []string
	for n, line := range strings.Split(strings.ReplaceAll(words, "\r\n", "\n"), "\n") {
		var b strings.Builder
		said, places := false, 0
		wrong := scan(line, func(literal, place string) error {
			if place == "" {
				b.WriteString(literal)
				said = said || strings.TrimSpace(literal) != ""
				return nil
			}
			value, ok := values[place]
			if !ok {
				return fmt.Errorf("line %d: {%s} is no placeholder of this mail", n+1, place)
			}
			b.WriteString(value)
			places++
			said = said || value != ""
			return nil
		})
		if wrong != nil {
			return "", wrong
		}
		if said || places == 0 {
			out = append(out, b.String())
		}
	}
	return strings.Join(out, "\n"), nil
}

// What is wrong with braces.
var (
	errUnclosed = errors.New("a brace is not closed")
	errNested   = errors.New("a brace within braces")
	errStray    = errors.New("a brace that closes nothing")
)

// scan hands over a line piece by piece: words, or the name in braces.
func scan(line string, each func(literal, place string) error) error {
	for line != "" {
		i := strings.IndexAny(line, "{}")
		if i < 0 {
			return each(line, "")
		}
		if line[i] == '}' {
			return errStray
		}
		if i > 0 {
			if err := each(line[:i], ""); err != nil {
				return err
			}
		}
		end := strings.IndexAny(line[i+1:], "{}")
		switch {
		case end < 0:
			return errUnclosed
		case line[i+1+end] == '{':
			return errNested
		}
		name := strings.TrimSpace(line[i+1 : i+1+end])
		if name == "" {
			name = " " // no placeholder is called that
		}
		if err := each("", name); err != nil {
			return err
		}
		line = line[i+end+2:]
	}
	return nil
}
