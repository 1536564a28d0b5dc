package outreach

import (
	"context"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
)

// reminder writes the mail with its two links. What stood in the way of the
// cart is answered first; only where nothing did the goods are named.
func (d *Desk) reminder(ctx context.Context, tx *db.Tx, s *Send, c *cart.Cart, to Address, now time.Time) (Mail, error) {
	view, err := cart.Items(ctx, tx, c)
	if err != nil {
		return Mail{}, err
	}
	restore, err := newLink(ctx, tx, linkRestore, s, RestoreFor, now)
	if err != nil {
		return Mail{}, err
	}
	stop, err := newLink(ctx, tx, linkUnsubscribe, s, unsubscribeFor, now)
	if err != nil {
		return Mail{}, err
	}
	w := letter{Name: to.Name, Link: d.url(s.Lang, "/r/"+restore), Hours: int(RestoreFor.Hours()),
		footer: footer{why: "mail.foot.why.followup", unsubscribe: d.url(s.Lang, "/u/"+stop)}}
	w.list(s.Lang, view, c.Currency)
	name, err := d.speak(ctx, tx, s, c, &w, now)
	if err != nil {
		return Mail{}, err
	}
	if name == FollowUpMail {
		if w.Coupon, err = d.coupon(ctx, tx, s, c, view, now); err != nil {
			return Mail{}, err
		}
	}
	mail, err := d.compose(ctx, tx, name, s, to, w, now)
	d.stoppable(&mail, stop)
	return mail, err
}
