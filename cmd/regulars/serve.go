package main

import (
	"fmt"
	"net"

	"regulars/internal/setting"
)

type serveCmd struct {
	folder
	Addr string `help:"Where to listen." default:"127.0.0.1:8080" variable:"REGULARS_ADDR"`
	Role string `help:"all: web and background work in one process; web; worker." enum:"all,web,worker" default:"all"`
	Dev  bool   `help:"Read templates and static files from the working folder, again for every page." hidden:""`
}

// Help is shown by serve --help.
func (serveCmd) Help() string { return environmentHelp }

func (c serveCmd) Run(w *world) error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return &wrongUse{fmt.Sprintf("--addr %q should look like 127.0.0.1:8080", c.Addr)}
	}
	log := logger(w.env, w)
	d, err := c.open(w.ctx, w.env, migrateAlways, false)
	if err != nil {
		return err
	}
	defer d.Close()
	if d.Embedded() {
		if c.Role != roleAll {
			return &wrongUse{"--role web and --role worker need Postgres (DATABASE_URL): the embedded database serves one process"}
		}
		lock, err := c.lock()
		if err != nil {
			return err
		}
		defer lock.Close()
	}
	if err := c.make(); err != nil {
		return err
	}
	log.Info("starting", "version", version, "database", d.Version())
	if w.env.StripeKey == "" {
		log.Warn("no payment provider: the built-in test gateway takes no money")
	} else if w.env.BaseURL == "" {
		log.Warn("Stripe sends shoppers back to the listening address", "cure", "set REGULARS_BASE_URL")
	}
	if w.env.SMTPURL == "" {
		log.Warn("SMTP_URL is not set: mail goes to files, readable at /admin/mail", "folder", c.path("mail"))
	}
	a, err := assemble(w.ctx, d, appOptions{env: w.env, folder: c.folder, base: "http://" + c.Addr, dev: c.Dev, now: w.now, log: log,
		ready: func(at net.Addr) { log.Info("serving", "address", "http://"+at.String()) }})
	if err != nil {
		return err
	}
	if v, err := setting.Read(w.ctx, d); err == nil && v.Get("shop.address") == setting.Of(nil).Get("shop.address") {
		log.Warn("setting shop.address is still the example; mails carry it", "cure", "regulars settings set shop.address '…'")
	}
	return a.run(w.ctx, c.Addr, c.Role)
}
