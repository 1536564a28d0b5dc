// Package segment tells customers apart: a rule over what a person said, did
// and allows decides who belongs to a segment, and every answer says why. One
// rule has three forms (a tree that staff click, a text, a sentence) and two
// ways to be asked: as one statement over everybody, and over the facts of one
// person. Membership is derived; one function decides it, for one person now
// and for everybody in a rebuild.
package segment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Default is the key of guests, of everybody with personal pages switched off,
// and of whom no rule matches.
const Default = "default"

// What a segment is for. An audience gets pages, prices and mail, and holds
// only people who let pages be personal. An exclusion takes its people out of
// every audience. Service is for the work on what people asked of the shop: it
// needs no leave, and its fields that do need one stay unknown without it.
const (
	Audience  = "audience"
	Exclusion = "exclusion"
	Service   = "service"
)

// Purposes lists what a segment may be for.
var Purposes = []string{Audience, Exclusion, Service}

// Segment is a kind of customer. Title and Why are what a home page made for
// it begins with.
type Segment struct {
	Key        string `gorm:"primaryKey"`
	Position   int    // what somebody is mainly called is the first of these they are in
	Name       i18n.Text
	Title      i18n.Text
	Why        i18n.Text
	Rule       Rule   `gorm:"serializer:json"`
	Purpose    string // audience, exclusion, service; "" is audience
	Pageless   bool   // never what somebody is mainly called
	ArchivedAt db.Time
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`
}

func (Segment) TableName() string { return "segments" }

// live reports whether the segment's rule is asked at all.
func (s *Segment) live() bool { return s.ArchivedAt.IsZero() && s.Key != Default }

// page reports whether the segment may be what somebody is mainly called.
func (s *Segment) page() bool {
	return s.live() && !s.Pageless && (s.Purpose == Audience || s.Purpose == "")
}

// Book is what rules name: segments, shelves, and which of these are
// sensitive. It is read together with the rules and never changed.
type Book struct {
	Segments  []Segment // in order of position
	Tree      *catalog.Tree
	Zone      *time.Location // of the shop's days; nil is UTC
	sensitive map[catalog.CategoryID]bool
	order     []int // of Segments: whoever is named by another comes first
}

// NewBook makes a book of segments; rules about shelves need a tree.
func NewBook(segments []Segment, tree *catalog.Tree) *Book {
	b := &Book{Segments: segments, Tree: tree}
	done := map[string]bool{}
	var put func(i int, depth int)
	put = func(i, depth int) {
		s := &b.Segments[i]
		if done[s.Key] || depth > len(b.Segments) {
			return
		}
		for _, key := range s.Rule.names() {
			if j := b.index(key); j >= 0 && j != i {
				put(j, depth+1)
			}
		}
		if !done[s.Key] {
			done[s.Key] = true
			b.order = append(b.order, i)
		}
	}
	for _, first := range []bool{true, false} {
		for i := range b.Segments {
			if (b.Segments[i].Purpose == Exclusion) == first {
				put(i, 0)
			}
		}
	}
	return b
}

func (b *Book) index(key string) int {
	return slices.IndexFunc(b.Segments, func(s Segment) bool { return s.Key == key })
}

// Find returns the live segment of a key.
func (b *Book) Find(key string) (Segment, bool) {
	if i := b.index(key); i >= 0 && b.Segments[i].live() {
		return b.Segments[i], true
	}
	return Segment{}, false
}

// names lists the segments that a rule names.
func (r Rule) names() (keys []string) {
	r.Clauses(func(c *Clause) {
		if c.Field == "segment" {
			keys = append(keys, c.Values...)
		}
	})
	return keys
}

// shelves are the categories that a filter by category or department means,
// with all below them.
func (b *Book) shelves(f Filter) (ids []catalog.CategoryID) {
	if b.Tree == nil {
		return nil
	}
	for _, v := range f.In {
		if k, ok := b.shelf(f.By, v); ok {
			ids = append(ids, b.Tree.Under(k.ID)...)
		}
	}
	return ids
}

func (b *Book) shelf(by, value string) (catalog.Category, bool) {
	if by == "category" {
		return b.Tree.BySlug(value)
	}
	for _, d := range b.Tree.Roots() {
		if d.Code == value {
			return d, true
		}
	}
	return catalog.Category{}, false
}

// Check refuses a rule whose shape cannot work, that names what does not exist
// or what is sensitive, or that would lead back to its own segment.
func (b *Book) Check(s Segment) *Wrong {
	if w := s.Rule.Check(); w != nil {
		return w
	}
	var wrong *Wrong
	s.Rule.Clauses(func(c *Clause) {
		if wrong == nil {
			wrong = b.checkNames(s, c)
		}
	})
	if wrong == nil && b.leadsTo(s.Rule.names(), s.Key, 0) {
		wrong = wrongly("segment.rule.cycle", "what", s.Key)
	}
	return wrong
}

func (b *Book) checkNames(s Segment, c *Clause) *Wrong {
	where := c.Where
	if c.Then != nil {
		where = append(slices.Clone(where), c.Then.Where...)
	}
	for _, f := range where {
		if f.By != "category" && f.By != "department" {
			continue
		}
		for _, v := range f.In {
			if b.Tree == nil {
				continue
			}
			k, ok := b.shelf(f.By, v)
			switch {
			case !ok:
				return wrongly("segment.rule.shelf", "what", show(v))
			case b.sensitive[k.ID]:
				return wrongly("segment.rule.sensitive", "what", show(v))
			}
		}
	}
	if c.Field != "segment" {
		return nil
	}
	for _, v := range c.Values {
		i := b.index(v)
		switch {
		case i < 0 || v == Default, b.Segments[max(i, 0)].ArchivedAt != (db.Time{}):
			return wrongly("segment.rule.segment", "what", show(v))
		case v == s.Key, s.Purpose == Exclusion && b.Segments[i].Purpose != Service && b.Segments[i].Purpose != Exclusion:
			return wrongly("segment.rule.cycle", "what", show(v))
		}
	}
	return nil
}

// leadsTo reports whether one of the keys names the target, itself or by the
// segments its rule names, or goes deeper than a rule may.
func (b *Book) leadsTo(keys []string, target string, depth int) bool {
	if depth >= mostDepth {
		return len(keys) > 0
	}
	return slices.ContainsFunc(keys, func(key string) bool {
		i := b.index(key)
		return key == target || i >= 0 && b.leadsTo(b.Segments[i].Rule.names(), target, depth+1)
	})
}

// Member is a segment somebody is in, with the sentence that says why.
type Member struct {
	Segment Segment
	Reason  i18n.Text
}

// Members decides every segment of the book for one person, in order of
// position, and when time alone may change that (zero: never).
func (b *Book) Members(k *Known) (in []Member, flips time.Time) {
	k.Segments = nil
	excluded := false
	for _, i := range b.order {
		s := &b.Segments[i]
		if !s.live() {
			continue
		}
		is, at := s.Rule.holds(b, k)
		flips = sooner(flips, at)
		if is != yes || s.Purpose != Service && !k.Personalized || excluded && (s.Purpose == Audience || s.Purpose == "") {
			continue
		}
		excluded = excluded || s.Purpose == Exclusion
		k.Segments = append(k.Segments, s.Key)
		in = append(in, Member{*s, b.reason(s, k)})
	}
	slices.SortStableFunc(in, func(x, y Member) int { return cmp.Compare(x.Segment.Position, y.Segment.Position) })
	return in, flips
}

// Holds reports whether somebody is in the segment, whatever else they are in,
// with the sentence that says why. Nobody is in Default. The facts come from
// KnownOf or Facts.
func (s Segment) Holds(k Known) (reason i18n.Text, ok bool) {
	if !k.Personalized {
		return i18n.Text{}, false
	}
	for _, m := range k.in {
		if m.Segment.Key == s.Key {
			return m.Reason, true
		}
	}
	return i18n.Text{}, false
}

// Decide returns the first segment by position that the facts lead to and that
// is not Pageless, with the sentence that says why, or Default and no reason. It is pure: the
// same facts always decide the same. segments are in order of position.
func Decide(segments []Segment, k Known) (key string, reason i18n.Text) {
	if !k.Personalized {
		return Default, i18n.Text{}
	}
	var tree *catalog.Tree
	if k.book != nil {
		tree = k.book.Tree
	}
	in, _ := NewBook(segments, tree).Members(&k)
	for _, m := range in {
		if m.Segment.page() {
			return m.Segment.Key, m.Reason
		}
	}
	return Default, i18n.Text{}
}

// reason says in a sentence to the person which clause put them into a segment:
// the first that is true, said to be so in the words for its field. None is
// given where only something that is not so decides.
func (b *Book) reason(s *Segment, k *Known) i18n.Text {
	r := s.Rule.normal()
	if c := b.first(&r.When, k); c != nil {
		return b.because(c, k)
	}
	return i18n.Text{}
}

func (b *Book) first(g *Group, k *Known) *Clause {
	if g.Op == None {
		return nil
	}
	for _, i := range g.Items {
		if i.Group != nil {
			if is, _ := i.Group.holds(b, k); is == yes {
				if c := b.first(i.Group, k); c != nil {
					return c
				}
			}
		} else if is, _ := i.Clause.holds(b, k); is == yes && !i.Clause.denies() {
			return i.Clause
		}
	}
	return nil
}

// denies are clauses that are true because something is not so.
func (c *Clause) denies() bool {
	return c.Op == NotIn || c.Op == NotSet || c.Op == Unlike || c.Op == ThenNot || c.Field == "segment"
}

func (b *Book) because(c *Clause, k *Known) i18n.Text {
	f := FieldOf(c.Field)
	switch {
	case c.Field == "occupation" && (c.Op == Equal || c.Op == In):
		return told("segment.reason.occupation", "what", customer.OccupationName(k.Occupation))
	case f.Kind == SetKind && c.Op == In && k.Said[c.Field] != nil:
		for _, v := range c.Values {
			if !slices.Contains(k.Said[c.Field], v) {
				continue
			}
			if specific := "segment.reason." + c.Field + "." + v; i18n.Has(i18n.English, specific) {
				return told(specific)
			}
			return told("segment.reason."+c.Field, "what", customer.TileName(c.Field, v))
		}
	case f.Kind == DeedKind && f.deed.name == bought.name && len(c.Where) == 1 && len(c.Where[0].In) == 1 && (c.Op == AtLeast || c.Op == More):
		if shelf, ok := b.shelf(c.Where[0].By, c.Where[0].In[0]); ok {
			return b.boughtOn(c, shelf.Name, k)
		}
	}
	var words i18n.Text
	for _, l := range i18n.Langs {
		put(&words, l, i18n.T(l, "segment.reason.by."+f.Group, "what", b.Clause(l, c)))
	}
	return words
}

// boughtOn tells the days truly: "on 3 days since August" only if no purchase
// of August lies before the window, else with the exact day.
func (b *Book) boughtOn(c *Clause, what i18n.Text, k *Known) i18n.Text {
	var all []time.Time
	for _, d := range k.Done[bought.name] {
		if on := day(time.UnixMilli(d.At).In(k.Now.Location())); b.concerns(c.Where, d) && !slices.Contains(all, on) {
			all = append(all, on)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	days := all
	if last, ok := span(c.Last); ok {
		days = slices.DeleteFunc(slices.Clone(all), func(t time.Time) bool { return t.Before(day(k.Now.Add(-last))) })
	}
	if len(days) == 0 {
		return i18n.Text{}
	}
	first, reason := days[0], i18n.Text{}
	for _, l := range i18n.Langs {
		since := i18n.Date(l, first)
		if before := len(all) - len(days); before == 0 || all[before-1].Before(begins(first.Year(), first.Month(), 1, first.Location())) {
			since = month(l, first, k.Now)
		}
		words := i18n.T(l, "segment.reason.bought", "what", what.In(l), "count", len(days), "since", since)
		if len(days) == 1 {
			words = i18n.T(l, "segment.reason.bought.once", "what", what.In(l), "day", i18n.Date(l, first))
		}
		put(&reason, l, words)
	}
	return reason
}

func told(key string, args ...any) i18n.Text {
	var t i18n.Text
	for _, l := range i18n.Langs {
		put(&t, l, i18n.T(l, key, args...))
	}
	return t
}

func put(t *i18n.Text, l i18n.Lang, words string) {
	if l == i18n.Chinese {
		t.Zh = words
	} else {
		t.En = words
	}
}

// month names the month of t, with its year where "since August" alone would
// mean another one.
func month(l i18n.Lang, t, now time.Time) string {
	thisYear := now.AddDate(0, -11, 0).Before(t) && t.Year() == now.Year()
	switch {
	case l == i18n.Chinese && thisYear:
		return fmt.Sprintf("%d月", t.Month())
	case l == i18n.Chinese:
		return fmt.Sprintf("%d年%d月", t.Year(), t.Month())
	case thisYear:
		return t.Format("January")
	}
	return t.Format("January 2006")
}

// ValidKey reports whether a key can name a segment.
func ValidKey(key string) bool {
	return key != "" && len(key) <= 40 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Sensitive reports whether no rule may name a category, since it holds
// sensitive goods.
func (b *Book) Sensitive(id catalog.CategoryID) bool { return b.sensitive[id] }
