package recommend_test

import (
	"slices"
	"testing"

	"regulars/internal/recommend"
)

// A product that nobody has bought has neighbours by what it is.
func TestAlikeByWhatTheCatalogSays(t *testing.T) {
	fresh := recommend.Content{Product: 1, Shelf: 10, Department: 1, Tier: "good", Price: 4000, Moments: []string{"exam"}, Facts: []string{"paper=squared", "size=a5"}}
	all := []recommend.Content{fresh,
		{Product: 2, Shelf: 10, Department: 1, Tier: "fine", Price: 90_000, Facts: []string{"size=a4"}},
		{Product: 3, Shelf: 10, Department: 1, Tier: "good", Price: 4200, Facts: []string{"paper=squared", "size=a5"}},
		{Product: 4, Shelf: 11, Department: 1, Tier: "good", Price: 4000, Facts: []string{"size=a5"}},
		{Product: 5, Shelf: 20, Department: 2, Tier: "good", Price: 4000, Moments: []string{"exam"}},
		{Product: 6, Shelf: 20, Department: 2, Tier: "good", Price: 4000, Facts: []string{"paper=squared", "size=a5"}},
		{Product: 7},
	}
	got := recommend.Alike([]recommend.Content{fresh}, all, 10, nil)
	var ids []recommend.ProductID
	for _, l := range got {
		ids = append(ids, l.Product)
	}
	// The nearest of the shelf first; what shares neither shelf, department nor
	// moment has no reason and is left out, however alike its paper.
	if !slices.Equal(ids, []recommend.ProductID{3, 2, 5, 4}) {
		t.Fatalf("got %+v", got)
	}
	if !got[0].SameShelf || got[2].Moment != "exam" || got[2].SameDepartment || !got[3].SameDepartment || got[3].SameShelf {
		t.Errorf("reasons %+v", got)
	}
	if got := recommend.Alike([]recommend.Content{fresh}, all, 1, func(p recommend.ProductID) bool { return p == 3 }); len(got) != 1 || got[0].Product != 2 {
		t.Errorf("without the first: %+v", got)
	}
	if got := recommend.Alike([]recommend.Content{{Product: 9}}, all, 5, nil); len(got) != 0 {
		t.Errorf("of a product of which nothing is known: %+v", got)
	}
}
