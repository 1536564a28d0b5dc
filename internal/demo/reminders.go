package demo

import (
	"context"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/outreach"
)

// Planted: of the first reminders of a cart 7.5 in a hundred bring somebody
// back, of the second 3, of the third 1; six in a thousand of the third end
// the mails to somebody. The third was tried for so many carts of the last two years and then left.
var (
	reminded     = []time.Duration{24 * time.Hour, 72 * time.Hour, 168 * time.Hour}
	returnShare  = []float64{.075, .03, .01}
	stopShare    = .006
	thirdsTried  = 500
	thirdsSince  = 23 * 30 * 24 * time.Hour
	latestReturn = 20 * time.Hour // after the reminder
)

// reminders deals out simulated mails about left carts and what they bring. It
// draws nothing.
type reminders struct {
	sent, back []int
	stops      int
	stopped    map[string]bool
}

func newReminders() *reminders {
	return &reminders{sent: make([]int, len(reminded)), back: make([]int, len(reminded)), stopped: map[string]bool{}}
}

// due is how many returns of a step are still owed.
func (r *reminders) due(step int) int {
	return int(returnShare[step]*float64(r.sent[step])+.5) - r.back[step]
}

func (r *reminders) send(c *told, s *shopper, step int, rested db.Time, at time.Time) {
	r.sent[step]++
	c.reminders = append(c.reminders, outreach.Past{Rested: rested, Step: step + 1, Email: s.form.Email, Lang: s.lang, At: at})
}

// remind sends a left cart what it gets, until somebody comes back. Every other
// return of the first step, and some of the second, is kept for who then buys.
func (t *teller) remind(s *shopper, c *told) {
	r, rested := t.reminders, c.cart.ActiveAt
	if c.cart.Email == "" || !c.cart.MailOK {
		return
	}
	for step, delay := range reminded {
		at := rested.Add(delay + 11*time.Minute)
		if at.Add(latestReturn+time.Hour).After(t.now) || r.stopped[s.form.Email] || step == 2 && (r.sent[2] >= thirdsTried || t.now.Sub(at) > thirdsSince) {
			return
		}
		r.send(c, s, step, rested, at)
		wanted := 1
		if step == 0 && r.back[0]%2 == 0 || step == 1 && r.back[1]%3 == 0 {
			wanted = 2
		}
		if r.due(step) >= wanted {
			r.back[step]++
			c.step(cart.StepRestored, 0, len(c.lines), "", at.Add(2*time.Hour+time.Duration(r.sent[step]%17)*time.Hour))
			return
		}
		if step == 2 && int(stopShare*float64(r.sent[2])+1e-9) > r.stops {
			r.stops++
			r.stopped[s.form.Email] = true
			c.reminders[len(c.reminders)-1].Stopped = at.Add(3 * time.Hour)
		}
	}
}

// recall is the way back of somebody who buys after all: which reminders they
// got in so long a gap, and whether one of them is due to have brought them.
func (t *teller) recall(s *shopper, c *told, gap time.Duration) bool {
	r, rested := t.reminders, c.cart.ActiveAt
	if r.stopped[s.form.Email] {
		return false
	}
	step := -1
	for i, delay := range reminded[:2] {
		if gap > delay+20*time.Minute {
			step = i
		}
	}
	if step < 0 || r.due(step) < 1 || r.back[step]%(step+2) != 0 {
		return false
	}
	for i := 0; i <= step; i++ {
		r.send(c, s, i, rested, rested.Add(reminded[i]+11*time.Minute))
	}
	r.back[step]++
	return true
}

// writeReminders writes the mails about the carts of a batch.
func (t *teller) writeReminders(ctx context.Context, tx *db.Tx, all []told) error {
	var past []outreach.Past
	for i := range all {
		for _, p := range all[i].reminders {
			p.Cart, p.Customer = all[i].cart.ID, all[i].cart.CustomerID
			past = append(past, p)
		}
	}
	return outreach.TellMany(ctx, tx, past)
}
