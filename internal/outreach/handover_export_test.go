package outreach

import (
	"context"
	"time"
)

// HandOver is the last step of a claimed message, for stories about what
// happens right before it.
func (d *Desk) HandOver(ctx context.Context, s Send, m Mail, now time.Time) error {
	_, err := d.deliver(ctx, &s, m, now)
	return err
}
