package storefront

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

// sitemapMost is the most products one file holds; sitemaps.org lets it have
// 50,000 addresses, and each product has one in each language.
var sitemapMost = 20_000

// sitemap lists what crawlers may read, each address with its twins in the
// other languages. Addresses are absolute, so it needs the base URL; without
// one they are paths. A shop too large for one file answers with a list of
// files.
func (s *Shop) sitemap(c echo.Context) error {
	count, err := publishedCount(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	if count <= sitemapMost {
		return s.sitemapPart(c, 1)
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	for part := 1; (part-1)*sitemapMost < count; part++ {
		b.WriteString("<sitemap><loc>")
		if err := xml.EscapeText(&b, []byte(s.Web.AbsoluteURL(i18n.English, "/sitemap/"+strconv.Itoa(part)+".xml"))); err != nil {
			return err
		}
		b.WriteString("</loc></sitemap>\n")
	}
	b.WriteString("</sitemapindex>\n")
	return sitemapFile(c, b.String())
}

// sitemapFile is a part of a large shop's sitemap: /sitemap/2.xml.
func (s *Shop) sitemapFile(c echo.Context) error {
	name, is := strings.CutSuffix(c.Param("file"), ".xml")
	part, err := strconv.Atoi(name)
	if !is || err != nil || part < 1 || part > 10_000 {
		return ended()
	}
	return s.sitemapPart(c, part)
}

func (s *Shop) sitemapPart(c echo.Context, part int) error {
	slugs, err := publishedSlugs(c.Request().Context(), s.DB, sitemapMost, (part-1)*sitemapMost)
	if err != nil {
		return err
	}
	if len(slugs) == 0 && part > 1 {
		return ended()
	}
	var paths []string
	if part == 1 {
		if paths, err = s.standingPaths(c); err != nil {
			return err
		}
	}
	for _, slug := range slugs {
		paths = append(paths, "/p/"+slug)
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">` + "\n")
	for _, path := range paths {
		var twins strings.Builder
		for _, twin := range web.Alternates(func(l i18n.Lang) string { return s.Web.AbsoluteURL(l, path) }) {
			twins.WriteString(`<xhtml:link rel="alternate" hreflang="` + twin.Lang + `" href="`)
			if err := xml.EscapeText(&twins, []byte(twin.URL)); err != nil {
				return err
			}
			twins.WriteString(`"/>`)
		}
		for _, l := range i18n.Langs {
			b.WriteString("<url><loc>")
			if err := xml.EscapeText(&b, []byte(s.Web.AbsoluteURL(l, path))); err != nil {
				return err
			}
			b.WriteString("</loc>" + twins.String() + "</url>\n")
		}
	}
	b.WriteString("</urlset>\n")
	return sitemapFile(c, b.String())
}

func sitemapFile(c echo.Context, text string) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/xml; charset=utf-8", []byte(text))
}

// standingPaths are the pages besides those of products.
func (s *Shop) standingPaths(c echo.Context) ([]string, error) {
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	paths := []string{"/"}
	for _, d := range tree.Roots() {
		paths = append(paths, "/c/"+d.Slug)
		for _, k := range tree.Children(d.ID) {
			paths = append(paths, "/c/"+k.Slug)
		}
	}
	articles, err := ask.Articles(c.Request().Context(), s.DB, false)
	if err != nil {
		return nil, err
	}
	paths = append(paths, "/help")
	for _, a := range articles {
		paths = append(paths, "/help/"+a.Slug)
	}
	paths = append(paths, "/contact", "/privacy")
	for _, name := range policies {
		paths = append(paths, "/"+name)
	}
	return paths, nil
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
