package setting

import "strconv"

// What people wait for: for how long, and how many are told of one unit.
var shelfKeys = []Key{
	{"restock.keep", "180 days", checkTerm},
	{"restock.per-unit", "2", checkCount},
}

func init() { Keys = append(Keys, shelfKeys...) }

// RestockPerUnit is how many people are told of one unit that came.
func (v Values) RestockPerUnit() int {
	n, err := strconv.Atoi(v.Get("restock.per-unit"))
	if err != nil {
		return 1
	}
	return max(1, n)
}
