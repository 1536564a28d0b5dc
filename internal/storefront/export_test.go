package storefront

import "regulars/internal/catalog"

// SitemapOf lets a file of the sitemap hold so few products until restored.
func SitemapOf(n int) (restore func()) {
	was := sitemapMost
	sitemapMost = n
	return func() { sitemapMost = was }
}

// Lifted is what a search found in the order of somebody who leans to history.
func Lifted(history map[catalog.ProductID]float64, found, first []catalog.ProductID) []catalog.ProductID {
	y := yours{leaning: &leaning{history: history, warm: 1}}
	return y.lift(found, first)
}
