package recommend

// A pair of products is worth a sentence from so many common orders on; where
// there are many orders, chance alone makes pairs too, so more is asked and
// they must meet half as often again as chance would have it.
const (
	fewTogether  = 3
	manyOrders   = 1000
	manyTogether = 8
	manyLift     = 1.5
)

// Worth counts the orders behind a suggestion: of those (of) that held what it
// rests on, so many (together) held both; ok says that this is enough to tell
// people.
func (m *Model) Worth(s Suggestion) (together, of int, ok bool) {
	if m == nil || s.Because == 0 {
		return 0, 0, false
	}
	together, _, of, lift := m.Pair(s.Product, s.Because)
	few := together < fewTogether || lift <= 1 || m.Orders() >= manyOrders && (together < manyTogether || lift < manyLift)
	return together, of, !few
}
