package storefront

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/search"
	"regulars/internal/web"
)

// completions is the most of one kind that are offered while somebody types.
const completions = 4

// completion is a row of /search/suggest: a query to search for, a shelf or a
// product to go to.
type completion struct {
	Kind    string `json:"kind"` // query, shelf, product
	Text    string `json:"text"`
	URL     string `json:"url"`
	Picture string `json:"picture,omitempty"`
	Dark    string `json:"dark,omitempty"` // the picture on a dark ground
	Price   string `json:"price,omitempty"`
}

// searchSuggest lists what completes what is being typed: from the names in
// memory; only where no name begins so, the search itself is asked, which
// knows synonyms, pinyin and misspelt words.
func (s *Shop) searchSuggest(c echo.Context) error {
	out := struct {
		Suggestions []completion `json:"suggestions"`
		Said        string       `json:"said"` // how many, in words
	}{Suggestions: []completion{}}
	if words := searchWords(c); words != "" {
		tree, err := s.tree(c)
		if err != nil {
			return err
		}
		found, err := s.types.Complete(c.Request().Context(), s.DB, tree, web.Lang(c), words, completions, s.Now())
		if err != nil {
			return err
		}
		if len(found.Products) == 0 {
			if found.Products, err = s.begun(c, words); err != nil {
				return err
			}
		}
		for _, q := range found.Queries {
			out.Suggestions = append(out.Suggestions, completion{Kind: "query", Text: q, URL: web.URL(c, "/search?"+url.Values{"q": {q}}.Encode())})
		}
		for _, id := range found.Shelves {
			if k, ok := tree.ByID(id); ok {
				out.Suggestions = append(out.Suggestions, completion{Kind: "shelf", Text: in(c, k.Name), URL: web.URL(c, "/c/"+k.Slug)})
			}
		}
		goods, err := s.completed(c, found.Products)
		if err != nil {
			return err
		}
		out.Suggestions = append(out.Suggestions, goods...)
	}
	out.Said = t(c, "layout.search.offered", "count", len(out.Suggestions))
	return web.JSON(c, http.StatusOK, out)
}

// begun is what the search makes of words that are still being typed, where no
// name begins so.
func (s *Shop) begun(c echo.Context, words string) (ids []catalog.ProductID, err error) {
	u, err := s.Reader.Begun(c.Request().Context(), web.Lang(c), words, s.Now())
	if err != nil {
		return nil, err
	}
	found, err := s.Finder.Find(c.Request().Context(), search.Query{Lang: web.Lang(c), Words: u.Words, Currency: s.currency(c), PerPage: completions})
	if err != nil {
		return nil, err
	}
	return found.IDs, nil
}

// completed are products as the database has them now: price and picture.
func (s *Shop) completed(c echo.Context, ids []catalog.ProductID) (out []completion, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cards, err := s.shelves.Cards(c.Request().Context(), s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	for _, k := range cards {
		w := s.worded(c, k)
		out = append(out, completion{Kind: "product", Text: w.Name, URL: w.URL, Picture: w.Picture.Smallest(), Dark: w.Picture.Dark, Price: w.Price.Now})
	}
	return out, nil
}
