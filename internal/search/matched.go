package search

import (
	"context"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Typed is what a query says, word by word as it was typed. One with NUL or
// broken UTF-8 is fault.Invalid.
func Typed(text string) (Words, error) {
	terms, err := queryTerms(text)
	if err != nil {
		return Words{}, err
	}
	w := Words{Text: text}
	for _, term := range terms {
		word := strings.TrimSuffix(term, "*")
		w.Terms = append(w.Terms, Term{Any: []string{word}, Prefix: word != term})
	}
	return w, nil
}

// matched returns products that the words lead to, best first.
func matched(ctx context.Context, d *db.DB, lang i18n.Lang, words Words, limit int) ([]catalog.ProductID, error) {
	var terms []string
	for _, t := range words.Terms {
		term := t.Any[0]
		if t.Prefix {
			term += "*"
		}
		terms = append(terms, term)
	}
	documents, err := d.MatchTerms(ctx, string(lang), terms, limit)
	if err == nil && len(documents) == 0 {
		documents, err = d.MatchTerms(ctx, string(other(lang)), terms, limit)
	}
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.ProductID, len(documents))
	for i, document := range documents {
		ids[i] = productID(document)
	}
	return ids, nil
}
