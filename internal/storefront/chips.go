package storefront

import (
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/web"
)

type shelfChip struct {
	URL, Text string
	Current   bool
	Picture   *picture // what stands on it; nil for all of them
}

// shelfChips are the shelves of a department, the present one marked.
func shelfChips(c echo.Context, tree *catalog.Tree, k catalog.Category) []shelfChip {
	top := k
	if len(tree.Children(k.ID)) == 0 && k.ParentID != nil {
		top, _ = tree.ByID(*k.ParentID)
	}
	children := tree.Children(top.ID)
	if len(children) == 0 {
		return nil
	}
	out := []shelfChip{{web.URL(c, "/c/"+top.Slug), t(c, "shop.list.all"), top.ID == k.ID, nil}}
	for _, child := range children {
		out = append(out, shelfChip{web.URL(c, "/c/"+child.Slug), in(c, child.Name), child.ID == k.ID, shelfPicture(c, child)})
	}
	return out
}

// shelfPicture is the drawing of a shelf; nil where it has none of its own.
func shelfPicture(c echo.Context, k catalog.Category) *picture {
	if !slices.Contains(art.Forms(), k.Form) {
		return nil
	}
	p := drawn(c, art.Piece{Form: k.Form, Hue: k.Hue}, art.Whole, picture{Size: 32, High: 32})
	return &p
}

// scope narrows a search to a department; false where the address names none.
func (n *narrowing) scope(tree *catalog.Tree, slug string) bool {
	k, ok := tree.BySlug(slug)
	if !ok || k.ParentID != nil {
		return false
	}
	n.values.Set("in", k.Slug)
	n.scoped = k.Slug
	n.query.Shelves = tree.Under(k.ID)
	return true
}

// scopes are the departments of what was found, with how much of it each has.
func (s *Shop) scopes(c echo.Context, tree *catalog.Tree, n narrowing, l *catalog.Listing) (out []band) {
	path := web.URL(c, "/search")
	for _, k := range tree.Roots() {
		if count := l.Under[k.ID]; count > 0 || n.scoped == k.Slug {
			out = append(out, band{n.link(path, "in", k.Slug), shortName(web.Lang(c), k), count, n.scoped == k.Slug})
		}
	}
	if len(out) < 2 && n.scoped == "" {
		return nil // everything stands in one department: nothing to choose
	}
	all := 0
	for _, b := range out {
		all += b.Count
	}
	return append([]band{{n.link(path, "in", ""), t(c, "shop.scope.all"), all, n.scoped == ""}}, out...)
}
