package occasion

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
)

// Why says, in a sentence that is literally true, what speaks for a need: what
// was bought in which months, or that the person told the date.
func (o *Occasion) Why(l i18n.Lang, tree *catalog.Tree) string {
	if len(o.Evidence) == 0 {
		return i18n.T(l, "occasion.why."+o.Source)
	}
	var months []string
	for _, p := range o.Evidence {
		at, err := time.Parse(time.DateOnly, p.Day)
		if m := monthOf(l, at); err == nil && !slices.Contains(months, m) {
			months = append(months, m)
		}
	}
	return i18n.T(l, "occasion.why.bought", "kinds", o.KindNames(l, tree), "months", and(l, months))
}

// KindNames are the shelves of a need, in words; "" of a date that was told.
func (o *Occasion) KindNames(l i18n.Lang, tree *catalog.Tree) string {
	var names []string
	for _, k := range o.Kinds {
		if shelf, ok := tree.ByID(k); ok {
			names = append(names, i18n.T(l, "occasion.kind", "name", shelf.Name.In(l)))
		}
	}
	return and(l, names)
}

func monthOf(l i18n.Lang, at time.Time) string {
	if l == i18n.Chinese {
		return fmt.Sprintf("%d年%d月", at.Year(), int(at.Month()))
	}
	return fmt.Sprintf("%s %d", at.Month(), at.Year())
}

// and lists words as a sentence does.
func and(l i18n.Lang, words []string) string {
	comma, last := ", ", " and "
	if l == i18n.Chinese {
		comma, last = "、", "和"
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], comma) + last + words[len(words)-1]
}

// DayWords is a day of a year as people say it, without the year: for l's
// readers it is the next one.
func DayWords(l i18n.Lang, at time.Time) string {
	if l == i18n.Chinese {
		return fmt.Sprintf("%d月%d日", int(at.Month()), at.Day())
	}
	return fmt.Sprintf("%d %s", at.Day(), at.Month())
}
