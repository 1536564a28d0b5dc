package setting

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// FactsOld is after how long what a person said is asked about again; 0 days
// in the setting: never.
func (v Values) FactsOld() time.Duration {
	n, _ := strconv.Atoi(v.Get("profile.stale.days"))
	if n == 0 {
		n = 100_000
	}
	return time.Duration(n) * 24 * time.Hour
}

// TileShelves are the shelves that tiles of "What I like" move up, where the
// shop has other ones than usual: tile → slug of a category, "" for none.
func (v Values) TileShelves() map[string]string {
	all, _ := parseTiles(v.Get("tiles.shelves"))
	return all
}

func parseTiles(s string) (map[string]string, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	all := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		tile, shelf, ok := strings.Cut(part, "=")
		if tile = strings.TrimSpace(tile); !ok || tile == "" || strings.ContainsAny(strings.TrimSpace(shelf), " =") {
			return nil, fmt.Errorf("wants tiles with the address of a category such as tools=workshop, baby=nursery")
		}
		all[tile] = strings.TrimSpace(shelf)
	}
	return all, nil
}

func checkTiles(s string) error { _, err := parseTiles(s); return err }
