package storefront

import (
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

// linkedTrail is the way to a page as schema.org's BreadcrumbList, from the
// home page; last names a page below the shelves, "" = the last shelf is it.
func (s *Shop) linkedTrail(c echo.Context, path []catalog.Category, last string) map[string]any {
	lang := web.Lang(c)
	items := []map[string]any{{"@type": "ListItem", "position": 1, "name": t(c, "shop.home"), "item": s.Web.AbsoluteURL(lang, "/")}}
	for _, k := range path {
		items = append(items, map[string]any{"@type": "ListItem", "position": len(items) + 1, "name": in(c, k.Name), "item": s.Web.AbsoluteURL(lang, "/c/"+k.Slug)})
	}
	if last != "" {
		items = append(items, map[string]any{"@type": "ListItem", "position": len(items) + 1, "name": last})
	}
	return map[string]any{"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}
}

// linkedList is the page of a list as schema.org's ItemList: where each of its
// products has its page. Places are counted from the first page on.
func (s *Shop) linkedList(c echo.Context, l *catalog.Listing) map[string]any {
	items := make([]map[string]any, len(l.Cards))
	for i, k := range l.Cards {
		items[i] = map[string]any{"@type": "ListItem", "position": (l.Page-1)*l.PerPage + i + 1, "url": s.Web.AbsoluteURL(web.Lang(c), "/p/"+k.Slug)}
	}
	return map[string]any{"@context": "https://schema.org", "@type": "ItemList", "numberOfItems": l.Total, "itemListElement": items}
}

// linkedPicture is where a picture lies, absolute, as a file that every reader
// of structured data takes (they pass SVG over).
func (s *Shop) linkedPicture(img catalog.Image) string {
	if file, ok := strings.CutPrefix(img.Src, "media:"); ok {
		return s.Web.AbsoluteURL(i18n.English, "/media/"+file)
	}
	if file := art.Picture(piece(img.Src).Path(art.Whole, false), 1200); file != "" {
		return s.Web.AbsoluteURL(i18n.English, "/art/"+file)
	}
	return ""
}
