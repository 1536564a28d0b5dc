package storefront

import (
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/web"
)

// sitemapMost is the most addresses one file may hold (sitemaps.org: 50,000);
// each product has one in each language.
const sitemapMost = 24_000

// sitemap lists what crawlers may read. Addresses are absolute, so it needs
// the base URL; without one they are paths.
func (s *Shop) sitemap(c echo.Context) error {
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	slugs, err := publishedSlugs(c.Request().Context(), s.DB, sitemapMost)
	if err != nil {
		return err
	}
	paths := []string{"/"}
	for _, d := range tree.Roots() {
		paths = append(paths, "/c/"+d.Slug)
		for _, k := range tree.Children(d.ID) {
			paths = append(paths, "/c/"+k.Slug)
		}
	}
	for _, slug := range slugs {
		paths = append(paths, "/p/"+slug)
	}
	paths = append(paths, "/contact", "/privacy")
	for _, name := range policies {
		paths = append(paths, "/"+name)
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	for _, path := range paths {
		for _, l := range i18n.Langs {
			b.WriteString("<url><loc>")
			if err := xml.EscapeText(&b, []byte(s.Web.AbsoluteURL(l, path))); err != nil {
				return err
			}
			b.WriteString("</loc></url>\n")
		}
	}
	b.WriteString("</urlset>\n")
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/xml; charset=utf-8", []byte(b.String()))
}

func (s *Shop) robots(c echo.Context) error {
	text := "User-agent: *\n"
	for _, path := range []string{"/cart", "/checkout", "/orders/", "/account", "/signin", "/signup", "/admin", "/search", "/gateway/", "/r/", "/u/"} {
		text += "Disallow: " + path + "\n"
		if in := web.In(i18n.Chinese, path); in != path {
			text += "Disallow: " + in + "\n"
		}
	}
	text += "Disallow: /*?*" + viaName + "=\n"                                              // the same pages, counted as a way of coming
	if at := s.Web.AbsoluteURL(i18n.English, "/sitemap.xml"); !strings.HasPrefix(at, "/") { // a path alone is not a valid line
		text += "Sitemap: " + at + "\n"
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.String(http.StatusOK, text)
}
