package catalog

import (
	"cmp"
	"slices"
)

// Tree is every category in memory: there are dozens, and each page asks for
// paths and children. It is made by LoadTree and never changes.
type Tree struct {
	byID     map[CategoryID]Category
	bySlug   map[string]CategoryID
	children map[CategoryID][]Category // 0: the departments
}

func newTree(all []Category) *Tree {
	t := &Tree{make(map[CategoryID]Category, len(all)), make(map[string]CategoryID, len(all)), map[CategoryID][]Category{}}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Category) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	for _, c := range all {
		t.byID[c.ID] = c
		t.bySlug[c.Slug] = c.ID
		var parent CategoryID
		if c.ParentID != nil {
			parent = *c.ParentID
		}
		t.children[parent] = append(t.children[parent], c)
	}
	return t
}

// Roots lists the departments in order.
func (t *Tree) Roots() []Category { return t.children[0] }

// Children lists what stands directly below a category, in order.
func (t *Tree) Children(id CategoryID) []Category {
	if id == 0 {
		return nil
	}
	return t.children[id]
}

// ByID finds a category by its row id.
func (t *Tree) ByID(id CategoryID) (Category, bool) {
	c, ok := t.byID[id]
	return c, ok
}

// BySlug finds a category by its address.
func (t *Tree) BySlug(slug string) (Category, bool) {
	id, ok := t.bySlug[slug]
	return t.byID[id], ok
}

// Path leads from the department down to the category itself; it is empty for
// an unknown one.
func (t *Tree) Path(id CategoryID) []Category {
	var path []Category
	for range len(t.byID) { // a ring in the data ends here instead of never
		c, ok := t.byID[id]
		if !ok {
			break
		}
		path = append(path, c)
		if c.ParentID == nil {
			break
		}
		id = *c.ParentID
	}
	slices.Reverse(path)
	return path
}

// Department is the root above a category, or the zero category.
func (t *Tree) Department(id CategoryID) Category {
	if path := t.Path(id); len(path) > 0 {
		return path[0]
	}
	return Category{}
}

// Under lists the category itself and all below it.
func (t *Tree) Under(id CategoryID) []CategoryID {
	if _, ok := t.byID[id]; !ok {
		return nil
	}
	ids := []CategoryID{id}
	for i := 0; i < len(ids) && len(ids) <= len(t.byID); i++ {
		for _, c := range t.children[ids[i]] {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
