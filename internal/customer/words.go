package customer

import (
	"slices"

	"regulars/internal/i18n"
)

// The vocabularies of the tiles. Each value has a message customer.<kind>.<value>;
// what choosing it changes is asked of the shop (storefront).
var (
	Lives         = []string{"student", "engineer", "teacher", "parent", "retired", "maker", "designer", "office"}
	InterestTiles = []string{"books", "sport", "games", "music", "tools", "instruments", "baby", "computers",
		"cameras", "home-theatre", "software", "gifts", "home", "cooking", "plants"}
	ForWhom = []string{"self", "partner", "child", "parents", "friend", "colleague"}
	Hobbies = []string{"reading", "running", "camping", "photography", "playing-music", "gaming", "coding",
		"gardening", "baking", "woodwork", "drawing", "films"}

	// Occupations are offered in a list; any other text is kept as written.
	Occupations = []string{"student", "engineer", "teacher", "designer", "architect", "health", "office", "trade",
		"shopkeeper", "writer", "at-home", "retired"}

	DateKinds = []string{"birthday", "anniversary", "child", "gift", "other"}
)

// Kinds lists the kinds of tiles in the order the page shows them.
var Kinds = []string{"life", "interest", "for", "hobby"}

// Tiles returns the values of a kind of tile, nil for an unknown kind.
func Tiles(kind string) []string {
	switch kind {
	case "life":
		return Lives
	case "interest":
		return InterestTiles
	case "for":
		return ForWhom
	case "hobby":
		return Hobbies
	}
	return nil
}

// TileName names a tile in both languages; a value of no tile (an import's)
// stands as it is.
func TileName(kind, value string) i18n.Text {
	if !slices.Contains(Tiles(kind), value) {
		return i18n.Text{En: value}
	}
	return both("customer." + kind + "." + value)
}

// OccupationName names an occupation in both languages; one that is not in the
// list stands as the person wrote it.
func OccupationName(value string) i18n.Text {
	if !slices.Contains(Occupations, value) {
		return i18n.Text{En: value}
	}
	return both("customer.occupation." + value)
}

func both(key string) i18n.Text {
	return i18n.Text{En: i18n.T(i18n.English, key), Zh: i18n.T(i18n.Chinese, key)}
}
