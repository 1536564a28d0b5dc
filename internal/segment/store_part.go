package segment

import "time"

// PartOf finds the people whom a segment's rule holds of, as a part that another
// statement can ask for.
func (b *Book) PartOf(s Segment, now time.Time) (Part, error) {
	st, err := b.compile(s, now)
	if err != nil {
		return Part{}, wrongRule(err)
	}
	return Part{Key: s.Key, SQL: "SELECT f.customer_id" + st.from(), Args: st.args}, nil
}
