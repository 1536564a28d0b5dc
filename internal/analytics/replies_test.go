package analytics_test

import (
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/ask"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/slot"
)

// S32: a reply that names goods is counted by its own link, and credited with
// what was bought by it in three days; no more, and nothing of others.
func TestRepliesAreCreditedWithWhatTheirLinksBrought(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		at := midnight.Add(9 * hour)
		var numbers []string
		for _, answer := range []string{"This one: /p/baby?via=rq.", "That one: /p/books?via=rq.", ""} {
			s.tx(func(tx *db.Tx) error {
				q, err := ask.Contact(ctx, tx, ask.Message{Email: "eve@demo.example", Body: "Which one?"}, at)
				if err != nil {
					return err
				}
				numbers = append(numbers, q.Number)
				if answer != "" {
					answer += q.Number
				}
				_, err = ask.Answer(ctx, tx, q.Token, 1, answer+" .", false, at)
				return err
			})
		}
		mark := func(i int) slot.Mark { return slot.Mark{Slot: slot.Reply, Page: numbers[i]} }
		s.saw(event.SlotClick, mark(0), at.Add(hour), s.who)
		s.saw(event.SlotClick, mark(0), at.Add(hour), 0) // allowed nothing: counted, as nobody's
		s.saw(event.SlotClick, mark(2), at.Add(hour), s.who)
		s.saw(event.SlotClick, block, at.Add(hour), s.who)
		s.buys(mark(0), 2, at.Add(2*hour))
		s.buys(mark(0), 1, at.Add(analytics.RepliedFor+minute)) // too late
		s.buys(mark(2), 1, at.Add(2*hour))                      // that reply named nothing
		s.buys(block, 1, at.Add(2*hour))
		got, err := analytics.CountReplies(ctx, d, at.Add(-hour), at.Add(96*hour), "USD", false)
		if want := (analytics.Replies{N: 2, Clicks: 2, Orders: 1, Revenue: 1900}); err != nil || got != want {
			t.Errorf("%+v, want %+v, %v", got, want, err)
		}
		if got, err := analytics.CountReplies(ctx, d, at.Add(-hour), at.Add(96*hour), "USD", true); err != nil || got != (analytics.Replies{}) {
			t.Errorf("simulated: %+v, %v", got, err)
		}
	})
}
