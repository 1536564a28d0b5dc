package storefront

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/money"
	"regulars/internal/search"
	"regulars/internal/web"
)

type searchPage struct {
	web.Page
	Words, Heading string
	Mended         string // what was looked for instead of Words, which finds nothing
	Chosen         bool   // the first products were chosen by the shop
	Without        string // words left out, since nothing has them all
	Typed          string
	Price          string // the words of it that were read as a price
	ExactURL       string // looks for Typed all the same
	Found          bool
	List           listing
	Best           []card
	ContactURL     string
	Scopes         []band
	Nearest        *nearest
	Keep           *keeping
}

func (s *Shop) search(c echo.Context) error {
	words := searchWords(c)
	n := s.narrowing(c)
	exact := c.QueryParam("exact") == "1"
	typed, price := words, ""
	if exact {
		n.values.Set("exact", "1")
	} else {
		words, price = n.priced(words)
	}
	n.values.Set("q", words)
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	n.scope(tree, c.QueryParam("in"))
	if err := s.offerYours(c, &n); err != nil {
		return err
	}
	l, any, u, err := s.find(c, n, words, exact)
	if err != nil {
		return err
	}
	mended := u.Mended
	if !any {
		mended = ""
	}
	if n.page != l.Page {
		return ended()
	}
	p := searchPage{Page: s.page(c, "shop.search.title"), Words: words, Heading: t(c, "shop.search.title"), Found: l.Total > 0,
		ContactURL: web.URL(c, "/contact"), Mended: mended, Without: strings.Join(u.Without, " "), Chosen: u.Chosen, Price: price, Typed: typed, ExactURL: web.URL(c, "/search?"+url.Values{"q": {typed}, "exact": {"1"}}.Encode())}
	p.NoIndex, p.Query = true, words
	if words != "" {
		p.Heading = t(c, "shop.search.heading", "words", cmp.Or(mended, words))
		p.Title = p.Heading
		kind := event.SearchDone
		if !any || mended != "" {
			kind = event.SearchEmpty
		}
		s.note(c, event.Event{Kind: kind, Detail: words})
		if err := s.noteMiss(c, u, any); err != nil {
			return err
		}
		if !any {
			if err := s.met(c, cart.SearchEmpty, ""); err != nil {
				return err
			}
		}
	}
	if any {
		p.Scopes = s.scopes(c, tree, n, l)
		if p.List, err = s.listing(c, n, l, web.URL(c, "/search")); err != nil {
			return err
		}
	} else {
		if words != "" {
			if p.Nearest, err = s.nothing(c, tree, words, exact); err != nil {
				return err
			}
			p.Keep = s.keeping(c, n, web.URL(c, "/search"), nil)
			p.ContactURL += "?" + url.Values{"about": {words}}.Encode()
		}
		cards, err := s.best(c)
		if err != nil {
			return err
		}
		p.Best = s.cards(c, cards[:min(len(cards), shelfCards)])
	}
	return web.Render(c, http.StatusOK, "storefront/search", &p)
}

// priced takes a price out of what was typed and narrows the list by it: from
// then on it is a filter as one that was clicked. One that was clicked before
// stands, and the words are words.
func (n *narrowing) priced(words string) (rest, said string) {
	if n.query.Min > 0 || n.query.Max > 0 {
		return words, ""
	}
	p, ok := search.ReadPrice(words, n.query.Currency)
	if !ok {
		return words, ""
	}
	n.query.Min, n.query.Max = p.Min, p.Max
	for name, bound := range map[string]money.Amount{"min": p.Min, "max": p.Max} {
		if bound > 0 {
			n.values.Set(name, bound.Decimal(n.query.Currency))
		}
	}
	return p.Rest, p.Said
}

// find looks for what was typed as it is meant, unless the shopper insists on
// the words. any says that the words alone find something, whatever the list
// is narrowed by.
func (s *Shop) find(c echo.Context, n narrowing, words string, exact bool) (l *catalog.Listing, any bool, u *search.Understood, err error) {
	if words == "" {
		return &catalog.Listing{Page: 1, PerPage: n.query.PerPage}, false, &search.Understood{}, nil
	}
	if u, err = s.Reader.Understand(c.Request().Context(), web.Lang(c), words, exact, s.Now()); err != nil {
		return nil, false, nil, err
	}
	n.query.Words = u.Words
	if l, err = s.narrowed(c, n); err != nil || l.Total > 0 || !n.filtered() {
		return l, err == nil && l.Total > 0, u, err
	}
	bare, err := s.Finder.Find(c.Request().Context(), search.Query{Lang: n.query.Lang, Words: n.query.Words, Currency: n.query.Currency, PerPage: 1})
	return l, err == nil && bare.Total > 0, u, err
}

// meant are the products that words most probably mean, best first.
func (s *Shop) meant(c echo.Context, words string, most int) ([]catalog.ProductID, error) {
	u, err := s.Reader.Understand(c.Request().Context(), web.Lang(c), words, false, s.Now())
	if err != nil || len(u.Words.Terms) == 0 && len(u.Words.First) == 0 { // no word at all would be the whole shop
		return nil, err
	}
	found, err := s.Finder.Find(c.Request().Context(), search.Query{Lang: web.Lang(c), Words: u.Words, Currency: s.currency(c), PerPage: most})
	if err != nil {
		return nil, err
	}
	return found.IDs, nil
}

// noteMiss counts words that found nothing as they were typed, of people who
// let the shop see what they do.
func (s *Shop) noteMiss(c echo.Context, u *search.Understood, any bool) error {
	kind := ""
	switch {
	case !any:
		kind = search.Vain
	case u.Mended != "":
		kind = search.Mended
	case u.Words.Loose:
		kind = search.Loose
	default:
		return nil
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	visitor, id := p.Tracked()
	if visitor == 0 && id == 0 || p.Staff || bot(c) || c.QueryParam("page") != "" {
		return nil
	}
	return s.misses.Note(c.Request().Context(), s.DB, u, web.Lang(c), kind, fmt.Sprint(visitor, " ", id), s.Now())
}

// searchWords is what was typed, cut to what anybody types.
func searchWords(c echo.Context) string {
	words := []rune(c.QueryParam("q"))
	text := string(words[:min(len(words), queryRunes)])
	if !search.Clean(text) {
		return ""
	}
	return text
}
