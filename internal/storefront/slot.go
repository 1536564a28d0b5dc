package storefront

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/homepage"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// viaName is the parameter by which links and forms say which place of the
// shop led there. It names no person and never leads anywhere by itself.
const viaName = "via"

// impression is a place that the page of this request shows, or would show to
// somebody who does not go without it.
type impression struct {
	mark     slot.Mark
	products []catalog.ProductID
}

// arm is the side of the test of a place on which whoever asks is. In the demo
// everybody who really looks sees everything: its crowd alone is tested. So do
// staff who look at a page as somebody else.
func (s *Shop) arm(c echo.Context, key slot.Key) (slot.Arm, error) {
	p, err := s.person(c)
	if err != nil || !p.Personalized() || s.Demo || s.visit(c).look != nil {
		return slot.Outside, err
	}
	rules, err := s.slots.Rules(c.Request().Context(), s.DB)
	if err != nil {
		return slot.Outside, err
	}
	return rules.Arm(key, p), nil
}

// stands notes that a place is on this page with these products, none where it
// was left out; the page counts it once it is sent (showed).
func (s *Shop) stands(c echo.Context, m slot.Mark, list []catalog.Card) slot.Mark {
	seen := impression{mark: m}
	for _, k := range list {
		seen.products = append(seen.products, k.ID)
	}
	v := s.visit(c)
	v.shown = append(v.shown, seen)
	return m
}

// stand is stands for a place whose side nobody asked for yet. Where that
// cannot be read the page goes on: it only is not counted in a test.
func (s *Shop) stand(c echo.Context, key slot.Key, page string, list []catalog.Card) slot.Mark {
	return s.stands(c, slot.Mark{Slot: key, Arm: s.side(c, key), Page: page}, list)
}

// standing is the set of products that stand in a place of this page already.
func (s *Shop) standing(c echo.Context, key slot.Key) map[catalog.ProductID]bool {
	ids := map[catalog.ProductID]bool{}
	for _, seen := range s.visit(c).shown {
		if seen.mark.Slot == key {
			for _, id := range seen.products {
				ids[id] = true
			}
		}
	}
	return ids
}

func (s *Shop) side(c echo.Context, key slot.Key) slot.Arm {
	arm, err := s.arm(c, key)
	if err != nil {
		s.Log.Warn("side of a test not read", "slot", key, "error", err)
	}
	return arm
}

// showed counts every place of the page that is about to be sent: one event a
// place. Staff at work are nobody's shoppers.
func (s *Shop) showed(c echo.Context) {
	v := s.visit(c)
	for _, seen := range v.shown {
		ids := make([]int64, len(seen.products))
		for i, id := range seen.products {
			ids[i] = int64(id)
		}
		s.noteSlot(c, event.Event{Kind: event.SlotShown, Detail: seen.mark.Seen(ids)})
	}
	v.shown = nil
}

func (s *Shop) noteSlot(c echo.Context, e event.Event) {
	if p, err := s.person(c); err != nil || p != nil && p.Staff || web.Session(c).StaffID() != 0 {
		return
	}
	s.note(c, e)
}

// via is the place that led to this request, with the side its shopper is on,
// and whether it was just clicked. A name that is no place is nothing.
func (s *Shop) via(c echo.Context) (slot.Mark, bool) {
	m, clicked := slot.ParseTag(c.FormValue(viaName))
	if m.Slot == "" {
		return m, false
	}
	arm, err := s.arm(c, m.Slot)
	if err != nil {
		return slot.Mark{}, false
	}
	m.Arm = arm
	return m, clicked
}

// clicked counts the place by whose link this product page was opened.
func (s *Shop) clicked(c echo.Context, id catalog.ProductID) {
	if m, on := s.via(c); on {
		s.noteSlot(c, event.Event{Kind: event.SlotClick, ProductID: int64(id), Detail: m.String()})
	}
}

// kept is the parameter for links that stay with the product.
func (s *Shop) kept(c echo.Context, q url.Values) url.Values {
	if m, _ := s.via(c); m.Slot != "" {
		q.Set(viaName, m.Carry())
	}
	return q
}

// tagged makes a finished card's links say which place they stand in.
func tagged(k card, m slot.Mark) card {
	tag := m.Tag()
	if tag == "" {
		return k
	}
	query := "?" + url.Values{viaName: {tag}}.Encode()
	switch {
	case k.HTML == "":
		k.URL += query
		return k
	case k.head == 0:
		return k
	}
	at := k.head + len(query)
	out := make([]byte, 0, len(k.HTML)+len(query))
	out = append(append(append(out, k.HTML[:k.head]...), query...), k.HTML[k.head:]...)
	k.HTML, k.head = template.HTML(out), at
	return k
}

// headOf finds where the address of a card ends in its HTML; 0 if it is not
// the one link that a card has.
func headOf(html, address string) int {
	href := `href="` + template.HTMLEscapeString(address) + `"`
	if strings.Count(html, href) != 1 {
		return 0
	}
	return strings.Index(html, href) + len(href) - 1
}

// placed draws cards for a place.
func (s *Shop) placed(c echo.Context, m slot.Mark, list []catalog.Card) []card {
	out := s.cards(c, list)
	for i := range out {
		out[i] = tagged(out[i], m)
	}
	return out
}

// tested puts the sides of the two tests of a product's page into effect: for
// whoever goes without, complements give way to what else stands on the shelf,
// the complex chain to nothing. Where nobody wrote and nobody bought enough
// both sides see the shelf, which tests nothing.
func (s *Shop) tested(c echo.Context, d *catalog.Detail, found []suggestion) ([]suggestion, error) {
	page := pageName(d)
	marks := map[bool]slot.Mark{}
	for _, f := range found {
		complex := f.Kind == "complex"
		if _, known := marks[complex]; known {
			continue
		}
		m := slot.Mark{Slot: slot.Complements, Page: page}
		if complex {
			m.Slot = slot.Complex
		}
		if !f.fallback() {
			var err error
			if m.Arm, err = s.arm(c, m.Slot); err != nil {
				return nil, err
			}
		}
		marks[complex] = m
	}
	var out []suggestion
	for _, f := range found {
		if f.mark = marks[f.Kind == "complex"]; f.mark.Arm != slot.Without {
			out = append(out, f)
		}
	}
	if m := marks[true]; m.Arm == slot.Without {
		s.stands(c, m, nil)
	}
	if m := marks[false]; m.Arm == slot.Without {
		shelf, err := s.plainShelf(c, d)
		if err != nil {
			return nil, err
		}
		var list []catalog.Card
		for i := range shelf {
			shelf[i].mark = m
			list = append(list, shelf[i].Card)
		}
		s.stands(c, m, list) // also where too little is left for a block
		out = append(shelf, out...)
	}
	return out, nil
}

// plainShelf is what stands beside a product for people who go without its
// complements: nothing that an order or an author said.
func (s *Shop) plainShelf(c echo.Context, d *catalog.Detail) ([]suggestion, error) {
	at := []catalog.ProductID{d.ID}
	barred, err := s.barred(c, at, at)
	if err != nil {
		return nil, err
	}
	found, err := s.resembling(c, at, nil, barred, 2*shelfCards)
	found = slices.DeleteFunc(found, func(f suggestion) bool { return !f.fallback() })
	return found[:min(len(found), shelfCards)], err
}

// fallback reports whether a suggestion only stands there for want of one that
// an author or an order gave.
func (f suggestion) fallback() bool {
	return f.Group == "shelf" || f.Group == "near" || f.Group == "now"
}

// pageName is a product's page as marks name it; a sensitive one is not named.
func pageName(d *catalog.Detail) string {
	if d.Sensitive {
		return ""
	}
	return slot.Page(d.Code)
}

// row is a row of suggestions, for people who do not go without it.
func (s *Shop) row(c echo.Context, key slot.Key, title string, found []suggestion) (*shelf, error) {
	arm, err := s.arm(c, key)
	m := slot.Mark{Slot: key, Arm: arm}
	if err != nil || arm == slot.Without {
		s.stands(c, m, nil)
		return nil, err
	}
	sh := &shelf{ID: "goes-with", Title: title}
	var list []catalog.Card
	for _, f := range found {
		sh.Cards, list = append(sh.Cards, tagged(s.card(c, f.Card, in(c, f.alone())), m)), append(list, f.Card)
	}
	s.stands(c, m, list)
	return sh, nil
}

// withOrWithout is the home page that whoever asks sees: the one of their
// audience, or everybody's for people who go without theirs. Staff who look at
// a page see it as it is written.
func (s *Shop) withOrWithout(c echo.Context, own *homepage.Variant, everybodys func() *homepage.Variant) (*homepage.Variant, error) {
	m := slot.Mark{Slot: slot.Home, Page: homepage.Default}
	if own.Audience != "" { // others see one and the same page on both sides
		var err error
		if m.Arm, err = s.arm(c, slot.Home); err != nil {
			return nil, err
		}
		m.Page = slot.Page(own.Audience)
	}
	s.visit(c).audience = m.Page
	s.stands(c, m, nil)
	if m.Arm == slot.Without {
		return everybodys(), nil
	}
	return own, nil
}

// holdBack takes out of a home page the sections that whoever asks goes
// without. They are filled before, so that both sides of a test count the same
// people.
func (s *Shop) holdBack(c echo.Context, w *welcome) error {
	out := w.Sections[:0]
	for _, sec := range w.Sections {
		held, err := s.heldBack(c, sec.Kind)
		if err != nil {
			return err
		}
		if !held {
			out = append(out, sec)
		}
	}
	if w.Sections = out; len(w.Continue) == 0 {
		return nil
	}
	held, err := s.heldBack(c, "continue")
	if held {
		w.Continue = nil
	}
	return err
}

func (s *Shop) heldBack(c echo.Context, kind string) (bool, error) {
	key := slot.Section(kind)
	arm, err := s.arm(c, key)
	if err != nil || arm != slot.Without {
		return false, err
	}
	s.stands(c, slot.Mark{Slot: key, Arm: arm, Page: s.visit(c).audience}, nil)
	return true, nil
}

// section draws the cards of a section of the home page.
func (s *Shop) section(c echo.Context, kind string, list []catalog.Card) []card {
	if len(list) == 0 { // words, no products
		return nil
	}
	return s.placed(c, s.stand(c, slot.Section(kind), s.visit(c).audience, list), list)
}
