package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"regulars/internal/admin"
	"regulars/internal/analytics"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/exchange"
	"regulars/internal/jobs"
	"regulars/internal/keep"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
	"regulars/internal/person"
	"regulars/internal/picture"
	"regulars/internal/recommend"
	"regulars/internal/roster"
	"regulars/internal/search"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/storefront"
	"regulars/internal/web"
	"regulars/static"
	"regulars/templates"
)

// app is the running shop: every part wired once, the same for serve, demo
// and the tests that drive a whole shop.
type app struct {
	db       *db.DB
	log      *slog.Logger
	now      func() time.Time
	settings *setting.Live
	events   *event.Log
	alarms   *staff.Alarms
	engine   *recommend.Engine
	desk     *checkout.Desk
	mails    *outreach.Desk
	runner   *jobs.Runner
	web      *web.Server
	model    *follower
	views    *viewer
	either   *search.Either // nil: there is no Meilisearch
	pusher   *search.Pusher
}

// appOptions is what differs between serve, demo and tests.
type appOptions struct {
	env    environment
	folder folder
	base   string // address in mails and links; the environment's if it has one
	demo   bool
	dev    bool
	people []storefront.DemoSignIn
	ready  func(net.Addr)
	now    func() time.Time
	log    *slog.Logger
}

func logger(env environment, w *world) *slog.Logger {
	opt := &slog.HandlerOptions{Level: env.LogLevel}
	if env.LogJSON {
		return slog.New(slog.NewJSONHandler(w.errOut, opt))
	}
	return slog.New(slog.NewTextHandler(w.errOut, opt))
}

// assemble wires the shop over an open, migrated database.
func assemble(ctx context.Context, d *db.DB, opt appOptions) (*app, error) {
	secret, err := opt.folder.secret(opt.env)
	if err != nil {
		return nil, err
	}
	base := opt.env.BaseURL
	if base == "" {
		base = opt.base
	}
	a := &app{db: d, log: opt.log, now: opt.now, settings: &setting.Live{}, engine: &recommend.Engine{}}
	if err := a.settings.Refresh(ctx, d); err != nil {
		return nil, err
	}
	a.events = event.NewLog(d, opt.log)
	a.alarms = &staff.Alarms{DB: d, Log: opt.log}
	a.desk = &checkout.Desk{DB: d, Now: opt.now, Settings: a.settings, Log: opt.log, Secret: secret}
	if a.desk.Pay, err = providers(opt, base, secret); err != nil {
		return nil, err
	}
	a.model = &follower{engine: a.engine, log: opt.log}
	if err := a.model.look(ctx, d); err != nil {
		// A shop without suggestions is still a shop.
		opt.log.Error("model not loaded", "error", err)
	}

	a.views = &viewer{index: &recommend.Sessions{}}
	if err := a.views.look(ctx, d, opt.now()); err != nil {
		opt.log.Error("sessions not loaded", "error", err)
	}

	pages, assets := fs.FS(templates.Files), fs.FS(static.Files)
	if opt.dev {
		pages, assets = os.DirFS("templates"), os.DirFS("static")
	}
	mailer, err := outreach.Open(opt.env.SMTPURL, opt.folder.path("mail"), opt.now)
	if err != nil {
		return nil, err
	}
	a.mails = &outreach.Desk{DB: d, Mailer: mailer, Settings: a.settings, BaseURL: base, Templates: pages, Now: opt.now, Log: opt.log, Demo: opt.demo, Engine: a.engine,
		AccessKey: func(number string) string { return order.AccessKey(secret, number) }, Pay: a.desk.Pay,
		CardCode: func(token string) string { return credit.Code(secret, token) },
		Back:     opt.folder.path("bounces"),
		Alarm:    func(kind, subject string) { a.alarms.Sound(kind, subject, opt.now()) }}
	if err := a.mails.Check(); err != nil {
		return nil, err
	}

	a.web, err = web.New(web.Options{Log: opt.log, BaseURL: opt.env.BaseURL, TrustedProxies: opt.env.TrustedProxies, Secret: secret,
		Templates: pages, Static: assets, Dev: opt.dev, Now: opt.now, DB: d, Ready: opt.ready, Ignored: a.alarms.Ignored(opt.now)})
	if err != nil {
		return nil, err
	}
	hasher := customer.NewHasher()
	if err := search.Prepare(ctx, d, opt.log); err != nil {
		return nil, err
	}
	finder := search.NewEmbedded(d)
	if err := finder.Refresh(ctx); err != nil { // before the first shopper waits for it
		return nil, err
	}
	a.mails.Finder = finder
	shop := &storefront.Shop{DB: d, Web: a.web, Engine: a.engine, Finder: a.finder(finder, opt), Reader: finder, Sessions: a.views.index, Events: a.events, Settings: a.settings, Desk: a.desk, Hasher: hasher,
		Alarms: a.alarms, Folder: opt.folder.Data, Demo: opt.demo, People: opt.people, Version: version, Now: opt.now, Log: opt.log}
	shop.Routes()
	office := &admin.Office{DB: d, Search: a.either, Web: a.web, Settings: a.settings, Desk: a.desk, Mailer: mailer, Mails: a.mails, Names: net.DefaultResolver, Reader: finder, Door: hasher, Demo: opt.demo, Now: opt.now, Log: opt.log}
	office.Routes()
	a.work()
	return a, nil
}

// providers are the ways to take real money that the environment has keys for.
func providers(opt appOptions, base string, secret []byte) (*payment.Providers, error) {
	p := &payment.Providers{Log: opt.log, Back: func(number string) string {
		return base + "/orders/" + number + "?key=" + order.AccessKey(secret, number) + "&back=1"
	}}
	if opt.env.StripeKey == "" || opt.demo {
		return p, nil
	}
	var err error
	p.Stripe, err = payment.NewStripe(payment.StripeKeys{Key: opt.env.StripeKey, Webhook: opt.env.StripeWebhook, Base: opt.env.StripeBase, Retries: 1})
	return p, err
}

// warnings passes on what a person may have to act on: the job library counts
// its jobs into the log every minute otherwise.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// work says who does which job, and what happens by the clock.
func (a *app) work() {
	a.runner = jobs.NewRunner(a.db, slog.New(warnings{a.log.Handler()}).With("part", "jobs"))
	search.Register(a.runner, a.db)
	a.runner.Every("search.sold", 24*time.Hour, func(ctx context.Context) error { return resold(ctx, a.db, a.now()) })
	a.runner.Every("search", 24*time.Hour, func(ctx context.Context) error {
		n, err := search.Mend(ctx, a.db)
		if n > 0 {
			a.log.Warn("search was behind the catalog and is mended", "products", n)
		}
		return err
	})
	exchange.Register(a.runner, a.db, a.now)
	a.desk.Register(a.runner)
	a.mails.Register(a.runner)
	a.traits()
	a.values()
	a.occasions()
	a.effects()
	a.runner.Every("abandonment", time.Minute, func(ctx context.Context) error {
		return analytics.Refresh(ctx, a.db, a.settings.Now(), a.now())
	})
	a.runner.Every("slots", 10*time.Minute, func(ctx context.Context) error {
		return analytics.RefreshSlots(ctx, a.db, a.settings.Now(), a.now())
	})
	a.runner.Every("slots.tests", 24*time.Hour, func(ctx context.Context) error {
		return analytics.RebuildSlots(ctx, a.db, a.settings.Now(), a.now())
	})
	a.runner.Every("reports.sales", 10*time.Minute, func(ctx context.Context) error {
		return analytics.RefreshSales(ctx, a.db, a.settings.Now(), a.now())
	})
	a.runner.Every("reports.sales.all", 24*time.Hour, func(ctx context.Context) error {
		return analytics.RecountSales(ctx, a.db, "", "", a.settings.Now(), a.now())
	})
	zone := func() *time.Location { return a.settings.Now().Zone() }
	a.runner.Every("sales", time.Minute, func(ctx context.Context) error { return catalog.TurnSales(ctx, a.db, zone(), a.now) })
	a.runner.Every("prices", time.Hour, func(ctx context.Context) error { return catalog.Reprice(ctx, a.db, zone(), a.now) })
	a.runner.Every("sweep", 10*time.Minute, func(ctx context.Context) error {
		return a.db.InTx(ctx, func(tx *db.Tx) error {
			_, err := customer.Sweep(ctx, tx, a.now())
			return err
		})
	})
	keeper := &keep.Keeper{DB: a.db, Desk: a.mails, Settings: a.settings, Now: a.now}
	a.runner.Every("keep", 24*time.Hour, keeper.Run)
	picture.Register(a.runner, a.db, a.now)
	segment.Register(a.runner, a.db, a.now)
	roster.Register(a.runner, a.db, a.settings, a.now, a.log)
	a.runner.Every("train", 24*time.Hour, func(ctx context.Context) error {
		_, err := train(ctx, a.db, a.now)
		return err
	})
	a.runner.Every("visits", 24*time.Hour, func(ctx context.Context) error {
		_, err := weigh(ctx, a.db, a.now)
		return err
	})
}

// eachSecond does something until ctx ends.
func eachSecond(ctx context.Context, do func()) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}

// watch keeps this process in step with what others change: settings, model.
func (a *app) watch(ctx context.Context) {
	eachSecond(ctx, func() {
		if err := a.settings.Refresh(ctx, a.db); err != nil && ctx.Err() == nil {
			a.log.Error("settings not read", "error", err)
		}
		if err := a.model.look(ctx, a.db); err != nil && ctx.Err() == nil {
			a.log.Error("model not current", "error", err)
		}
		if err := a.views.look(ctx, a.db, a.now()); err != nil && ctx.Err() == nil {
			a.log.Error("sessions not current", "error", err)
		}
	})
}

// turn keeps segments, and the keys by which people are found, in step with what happens and with the clock.
func (a *app) turn(ctx context.Context) {
	turner := &segment.Turner{DB: a.db, Now: a.now}
	eachSecond(ctx, func() {
		if err := turner.Turn(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("segments not current", "error", err)
		}
		if err := person.Follow(ctx, a.db); err != nil && ctx.Err() == nil {
			a.log.Error("people not found by their newest names", "error", err)
		}
	})
}

// The parts a process may play.
const (
	roleAll    = "all"
	roleWeb    = "web"
	roleWorker = "worker"
)

// run serves and works until ctx ends, then stops in order: no new requests,
// running ones end, buffered events are written, jobs end.
func (a *app) run(ctx context.Context, addr, role string) error {
	var background sync.WaitGroup
	// Events must outlive the last request.
	eventsCtx, stopEvents := context.WithCancel(context.WithoutCancel(ctx))
	background.Go(func() { a.events.Run(eventsCtx) })
	background.Go(func() { a.alarms.Run(eventsCtx) })
	background.Go(func() { a.watch(ctx) })
	if role != roleWeb {
		background.Go(func() { a.turn(ctx) })
		background.Go(func() { a.pushSearch(ctx) })
		if err := a.runner.Start(ctx); err != nil {
			stopEvents()
			return err
		}
	}
	var err error
	if role == roleWorker {
		<-ctx.Done()
	} else if err = a.web.Serve(ctx, addr); err != nil {
		err = fmt.Errorf("serve on %s: %w", addr, err)
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if stopErr := a.runner.Stop(stopCtx); stopErr != nil {
		a.log.Warn("jobs did not end in time", "error", stopErr)
	}
	stopEvents()
	background.Wait()
	return err
}
