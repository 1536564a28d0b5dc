package search

import (
	"context"

	"regulars/internal/catalog"
)

// Calm is e where nothing changed lately, for tests that ask and ask.
func (e *Embedded) Calm() *Embedded {
	e.lately = func() []catalog.ProductID { return nil }
	return e
}

// OrderName is what the server orders names by.
func OrderName(name string) string { return orderName(name) }

// Hold takes the copy and keeps it.
func (p *Pusher) Hold(ctx context.Context) error { return p.hold(ctx) }
