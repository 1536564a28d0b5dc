package storefront

import (
	"html/template"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/web"
)

// drawings are finished cards: html/template takes many times longer over a
// card than joining what it made before. The key holds all that a card shows
// (stock moves without a new version), so nothing needs to be thrown away when
// something changes. Nothing in them is of a person: a reason is put in when
// the card is handed out.
type drawings struct {
	mu   sync.RWMutex
	kept map[drawingKey]drawing
}

// mostDrawings bounds the memory; a drawing has about 700 bytes.
const mostDrawings = 8192

type drawingKey struct {
	id         catalog.ProductID
	version    int
	lang       i18n.Lang
	scheme     string
	price      money.Price
	was        money.Amount
	said, from bool
	inStock    bool
	waits      bool
	preorder   bool
	left       int // 0 where it is not said
	colours    int
	mark       string // the shop's own words, such as "in your cart"
	reasoned   bool
	rating     catalog.Rating
}

// drawing is a card around the place of its reason.
type drawing struct {
	before, after template.HTML
	head          int // where the address of its link ends, in before; 0 = unknown
}

// reasonHere stands for the reason while a card is drawn: a character that no
// text has, since it means nothing.
const reasonHere = "\ue000"

func (d *drawings) find(k drawingKey) (drawing, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found, ok := d.kept[k]
	return found, ok
}

func (d *drawings) keep(k drawingKey, made drawing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil || len(d.kept) >= mostDrawings {
		d.kept = map[drawingKey]drawing{}
	}
	d.kept[k] = made
}

// card is a product as the template "card" takes it: drawn already, unless
// drawing failed; then the page fails over it and says why.
func (s *Shop) card(c echo.Context, k catalog.Card, reason string) card {
	return s.badged(c, k, "", reason)
}

func (s *Shop) badged(c echo.Context, k catalog.Card, mark, reason string) card {
	key := drawingKey{k.ID, k.Version, web.Lang(c), web.Scheme(c), k.Price, k.Was, k.Said, k.From, k.InStock, k.Waits, k.Preorder, 0, k.Colours, mark, reason != "", k.Rating}
	if k.Left > 0 && k.Left <= lowStock {
		key.left = k.Left
	}
	d, ok := s.drawn.find(key)
	if !ok {
		words := s.worded(c, k)
		words.Mark = mark
		if reason != "" {
			words.Reason = reasonHere
		}
		html, err := s.Web.Piece("card", words)
		before, after, has := strings.Cut(string(html), reasonHere)
		if err != nil || has != (reason != "") || strings.Contains(after, reasonHere) {
			words.Reason = reason
			return words
		}
		d = drawing{template.HTML(before), template.HTML(after), headOf(before, words.URL)}
		s.drawn.keep(key, d)
	}
	if reason == "" {
		return card{HTML: d.before, head: d.head}
	}
	return card{HTML: d.before + template.HTML(template.HTMLEscapeString(reason)) + d.after, head: d.head}
}

func (s *Shop) cards(c echo.Context, list []catalog.Card) []card {
	out := make([]card, len(list))
	for i, k := range list {
		out[i] = s.card(c, k, "")
	}
	return out
}
