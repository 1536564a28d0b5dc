package demo

import (
	"context"
	"fmt"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/db"
)

// Help is an article about the shop or about some of its goods.
type Help struct {
	Slug     string   `json:"slug"`
	Products []string `json:"products"` // codes; none: the whole shop
	Title    Text     `json:"title"`
	Body     Text     `json:"body"`
}

// help writes the articles; each says what this program really does, or what
// stands on the goods' own pages.
func (b *builder) help(ctx context.Context, tx *db.Tx) error {
	for i, h := range b.Help {
		a := ask.Article{Slug: h.Slug, Title: h.Title.text(), Body: h.Body.text(), Published: true, Position: i}
		for _, code := range h.Products {
			g := b.byCode[code]
			if g == nil {
				return fmt.Errorf("help %s is about %s, which nobody sells", h.Slug, code)
			}
			a.Products = append(a.Products, catalog.ProductID(g.id))
		}
		if err := ask.PutArticle(ctx, tx, a, b.opening); err != nil {
			return err
		}
	}
	return nil
}
