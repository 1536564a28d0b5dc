package outreach_test

import (
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/review"
)

// Whoever was not content is sold nothing: until a week after the shop
// answered, or for thirty days where it did not. Three stars are no trouble.
func TestNothingIsSoldAfterABadReview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		ann, bo := s.account("ann@example.com", nil), s.account("bo@example.com", nil)
		const day = 24 * time.Hour
		want := func(p *customer.Person, after time.Duration, reason string) {
			t.Helper()
			s.tx(func(tx *db.Tx) error {
				v, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailCart, Email: p.Customer.Email, Customer: p.Customer}, monday.Add(after))
				if v.Reason != reason {
					t.Errorf("%s after %s: %q, want %q", p.Customer.Email, after, v.Reason, reason)
				}
				return err
			})
		}
		var bad *review.Review
		s.tx(func(tx *db.Tx) (err error) {
			for _, r := range []struct {
				by    *customer.Person
				stars int
			}{{bo, 3}, {ann, 2}} {
				id := r.by.Customer.ID
				all := []review.Review{{CustomerID: &id, Stars: r.stars, State: review.Waiting, Lang: "en", CreatedAt: db.At(monday), WrittenAt: db.At(monday)}}
				if err := tx.Query(ctx).Raw("SELECT min(id) FROM products").Scan(&all[0].ProductID).Error; err != nil {
					return err
				}
				if err := review.KeepMany(ctx, tx, all); err != nil {
					return err
				}
				bad = &all[0]
			}
			return nil
		})
		want(bo, day, "")
		want(ann, day, "bad-review")
		want(ann, 29*day, "bad-review")
		want(ann, 31*day, "")
		s.tx(func(tx *db.Tx) error {
			return review.Answer(ctx, tx, bad.Token, 1, "We send another.", monday.Add(2*day))
		})
		want(ann, 8*day, "bad-review")
		want(ann, 10*day, "")
	})
}
