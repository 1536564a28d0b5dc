package storefront

// SitemapOf lets a file of the sitemap hold so few products until restored.
func SitemapOf(n int) (restore func()) {
	was := sitemapMost
	sitemapMost = n
	return func() { sitemapMost = was }
}
