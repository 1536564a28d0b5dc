package segment

import (
	"maps"
	"slices"
)

// Suppose is what would be known, and who would be in which segment, if a tile
// were chosen, or were not: so that a page can say before the click what the
// click changes. Nothing is read or written.
func (k Known) Suppose(kind, value string, chosen bool) Known {
	if k.book == nil {
		return k
	}
	k.Said = maps.Clone(k.Said)
	if k.Said == nil {
		k.Said = map[string][]string{}
	}
	said := slices.DeleteFunc(slices.Clone(k.Said[kind]), func(v string) bool { return v == value })
	if chosen {
		said = append(said, value)
	}
	slices.Sort(said)
	k.Said[kind] = said
	k.in, _ = k.book.Members(&k)
	return k
}
