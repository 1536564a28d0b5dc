package main

import (
	"context"
	"log/slog"
	"slices"

	"regulars/internal/db"
	"regulars/internal/order"
	"regulars/internal/recommend"
)

// follower keeps an engine on the newest accepted model, whichever process
// built it, and teaches it what happened to orders since: paid, cancelled, paid
// back in part or whole. One path for one process or ten. All of them read the
// same history, so they give the same answers within the second they look.
type follower struct {
	engine  *recommend.Engine
	version string
	through int64          // the entry of the order history that training has seen
	entry   int64          // the entry read so far
	seen    map[int64]bool // the entries read, of those that may be read again
	taught  int
	log     *slog.Logger
}

const (
	// learnOnce is how many entries are read at a look, so that a long way to
	// catch up is gone in steps.
	learnOnce = 200
	// lookBack is how many entries of the history are read again: on Postgres an
	// entry may come to light after one with a higher number.
	lookBack = 100
	// learnMost is how many orders a model is taught; after an import of a whole
	// history the next training is the quicker way.
	learnMost = 5000
)

func (f *follower) look(ctx context.Context, q db.Q) error {
	latest, err := recommend.LatestVersion(ctx, q)
	if err != nil || latest == "" {
		return err
	}
	if latest != f.version {
		m, through, err := recommend.Load(ctx, q, latest)
		if err != nil {
			return err
		}
		if through == 0 { // filed by a release that did not note it
			if through, err = order.Seen(ctx, q); err != nil {
				return err
			}
		}
		f.engine.Use(m)
		f.version, f.through, f.entry, f.taught, f.seen = latest, through, through, 0, map[int64]bool{}
		f.log.Info("model in use", "version", latest, "products", m.Products(), "orders", m.Orders())
	}
	if f.taught >= learnMost {
		return nil
	}
	return f.learn(ctx, q)
}

// learn teaches the model the orders that the history told of. An order is
// taught as it is now, whatever happened to it: paid and cancelled since, it is
// not there; with a line come back, without it.
func (f *follower) learn(ctx context.Context, q db.Q) error {
	told, err := order.Told(ctx, q, max(f.through, f.entry-lookBack), learnOnce)
	if err != nil {
		return err
	}
	var ids []order.ID
	for _, e := range told {
		if !f.seen[e.ID] && !slices.Contains(ids, e.Order) {
			ids = append(ids, e.Order)
		}
	}
	if len(ids) > 0 {
		m := f.engine.Model()
		left := slices.Clone(ids)
		for b, err := range baskets(order.BasketsOf(ctx, q, ids)) {
			if err != nil {
				return err
			}
			m = m.Learn(b)
			left = slices.DeleteFunc(left, func(id order.ID) bool { return recommend.OrderID(id) == b.Order })
		}
		for _, id := range left { // cancelled, or not paid yet
			m = m.Learn(recommend.Basket{Order: recommend.OrderID(id)})
		}
		f.engine.Use(m)
	}
	for _, e := range told {
		f.seen[e.ID] = true
		f.entry = max(f.entry, e.ID)
	}
	f.taught += len(ids)
	for id := range f.seen {
		if id < f.entry-2*lookBack {
			delete(f.seen, id)
		}
	}
	return nil
}
