package outreach

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// Senders is how many mails a sweep has under way at once: as many as there
// are connections to the mail server, since most of sending is waiting for it;
// one, in order, where mails become files.
func (d *Desk) Senders() int {
	if _, ok := d.Mailer.(*SMTP); ok {
		return mostLines
	}
	return 1
}

// Each does something for the numbers below n, Senders of them at a time, and
// returns when all are done. Once ctx ends it begins no further one. What do
// changes besides its own number has to bear company.
func (d *Desk) Each(ctx context.Context, n int, do func(i int) error) error {
	failures := make([]error, min(n, d.Senders()))
	var next atomic.Int64
	var wait sync.WaitGroup
	for w := range failures {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				failures[w] = errors.Join(failures[w], do(i))
			}
		})
	}
	wait.Wait()
	return errors.Join(failures...)
}
