package main

import (
	"context"
	"crypto/rand"
	"time"

	"regulars/internal/db"
	"regulars/internal/search"
)

// pusher keeps the Meilisearch server of the environment in step.
func pusher(d *db.DB, env environment, embedded *search.Embedded, now func() time.Time) *search.Pusher {
	m := search.NewMeili(search.MeiliAt{URL: env.MeiliURL, Key: env.MeiliKey}, embedded)
	return &search.Pusher{DB: d, Meili: m, Now: now, Name: rand.Text()}
}

// finder is what the shop searches with. A demo needs no server.
func (a *app) finder(embedded *search.Embedded, opt appOptions) search.Engine {
	if opt.env.MeiliURL == "" || opt.demo {
		return embedded
	}
	a.pusher = pusher(a.db, opt.env, embedded, opt.now)
	a.either = &search.Either{Embedded: embedded, Meili: a.pusher.Meili, DB: a.db, Now: opt.now, Log: opt.log}
	return a.either
}

// pushSearch sends what changed to Meilisearch, each second.
func (a *app) pushSearch(ctx context.Context) {
	if a.pusher == nil {
		return
	}
	eachSecond(ctx, func() {
		if err := a.pusher.Push(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("Meilisearch is not current", "why", search.Why(err), "error", err)
		}
	})
}

// resent makes the index again, and sends it to Meilisearch where there is
// one.
func resent(w *world, d *db.DB) error {
	if err := research(w.ctx, d, w.now()); err != nil || w.env.MeiliURL == "" {
		return err
	}
	return pusher(d, w.env, search.NewEmbedded(d), w.now).Rebuild(w.ctx)
}
