package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/demo"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/storefront"
)

type demoCmd struct {
	Addr     string `help:"Where to listen." default:"127.0.0.1:8080" variable:"REGULARS_ADDR"`
	Data     string `help:"Folder of the demo; a temporary one without it. Started again on it, the demo keeps what is there." variable:"REGULARS_DATA" placeholder:"DIR"`
	Shoppers int    `help:"Simulated shoppers." default:"1200"`
	Days     int    `help:"Days of simulated history, ending today." default:"913"`
	Seed     uint64 `help:"Another seed, another crowd." default:"20020501"`
	Fresh    bool   `help:"Begin anew on a folder that a demo made."`
}

// marker names the file by which a demo knows its own folder.
const marker = "demo.json"

func (c demoCmd) Run(w *world) error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return &wrongUse{fmt.Sprintf("--addr %q should look like 127.0.0.1:8080", c.Addr)}
	}
	if c.Shoppers < 0 || c.Shoppers > 100_000 || c.Days < 1 || c.Days > 3650 {
		return &wrongUse{"--shoppers wants 0 to 100000, --days 1 to 3650"}
	}
	if w.env.StripeKey != "" || w.env.BaseURL != "" {
		return errors.New("the demo takes pretended payments, so it does not run with STRIPE_SECRET_KEY or REGULARS_BASE_URL set; unset them")
	}
	w.env.DatabaseURL, w.env.SMTPURL = "", "" // a demo stays inside its folder
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "regulars-demo-")
		if err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		c.Data = dir
	}
	f := folder{Data: c.Data}
	if err := f.make(); err != nil {
		return err
	}
	lock, err := f.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	made, err := c.prepare(f)
	if err != nil {
		return err
	}
	if !w.env.LogSet {
		w.env.LogLevel = slog.LevelWarn // the tour is read on the same terminal
	}
	log := logger(w.env, w)
	d, err := f.open(w.ctx, w.env, migrateAlways, false)
	if err != nil {
		return err
	}
	defer d.Close()
	fmt.Fprintf(w.out, "Regulars %s, %s, data in %s\n", version, d.Version(), c.Data)
	if !made {
		if err := c.create(w, f, d); err != nil {
			return err
		}
	}
	people := signIns()
	a, err := assemble(w.ctx, d, appOptions{env: w.env, folder: f, base: "http://" + c.Addr, demo: true, people: people, now: w.now, log: log,
		ready: func(at net.Addr) { sayDemo(w, at.String(), people) }})
	if err != nil {
		return err
	}
	return a.run(w.ctx, c.Addr, roleAll)
}

// prepare tells whether the folder holds a finished demo. It refuses a folder
// that no demo made, and clears one that was left half made or is to be fresh.
func (c demoCmd) prepare(f folder) (made bool, err error) {
	entries, err := os.ReadDir(f.Data)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", f.Data, plain(err))
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Name() != "lock" {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return false, os.WriteFile(f.path(marker), []byte("{}\n"), 0o600)
	}
	if !slices.Contains(names, marker) {
		return false, fmt.Errorf("%s holds something that no demo made; name an empty folder with --data", f.Data)
	}
	state, err := readMarker(f)
	if err != nil {
		return false, err
	}
	if state.Made && !c.Fresh {
		return true, nil
	}
	for _, name := range names {
		if name == marker {
			continue
		}
		if !slices.Contains([]string{"shop.db", "shop.db-wal", "shop.db-shm", "secret", "mail", "media"}, name) {
			return false, fmt.Errorf("%s holds %s, which no demo made; move it away first", f.Data, name)
		}
		if err := os.RemoveAll(filepath.Join(f.Data, name)); err != nil {
			return false, fmt.Errorf("clear %s: %w", f.Data, err)
		}
	}
	return false, os.WriteFile(f.path(marker), []byte("{}\n"), 0o600)
}

type demoState struct {
	Made     bool      `json:"made"`
	Seed     uint64    `json:"seed"`
	Shoppers int       `json:"shoppers"`
	Days     int       `json:"days"`
	At       time.Time `json:"at"`
}

func readMarker(f folder) (demoState, error) {
	var s demoState
	b, err := os.ReadFile(f.path(marker))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read %s: %w", f.path(marker), err)
	}
	return s, nil
}

func (c demoCmd) create(w *world, f folder, d *db.DB) error {
	start := w.now()
	crowd := c.Shoppers
	if crowd == 0 {
		crowd = -1 // the people of the tour alone
	}
	if err := populate(w.ctx, d, f, w.env, demo.Options{Shoppers: crowd, Days: c.Days, Seed: c.Seed, Now: start}, func(line string) { fmt.Fprintln(w.out, line) }); err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	weighed := make(chan error, 1)
	go func() {
		_, err := weigh(w.ctx, d, w.now)
		weighed <- err
	}()
	t, err := train(w.ctx, d, w.now)
	if err = errors.Join(err, <-weighed); err != nil {
		return fmt.Errorf("train the demo: %w", err)
	}
	b, err := json.Marshal(demoState{true, c.Seed, c.Shoppers, c.Days, start.UTC()})
	if err == nil {
		err = os.WriteFile(f.path(marker), append(b, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("mark the demo as made: %w", err)
	}
	fmt.Fprintf(w.out, "made in %.1f s; the model learned %d products from %d simulated orders\n", w.now().Sub(start).Seconds(), t.Products, t.Orders)
	return nil
}

// populate writes the demo world and everything derived from it.
func populate(ctx context.Context, d *db.DB, f folder, env environment, opt demo.Options, say func(string)) error {
	secret, err := f.secret(env)
	if err != nil {
		return err
	}
	opt.Secret, opt.Hasher, opt.Log = secret, customer.NewHasher(), say
	if _, err := demo.Create(ctx, d, opt); err != nil {
		return err
	}
	if err := research(ctx, d, opt.Now); err != nil {
		return err
	}
	if err := retrait(ctx, d, opt.Now); err != nil {
		return err
	}
	if err := reneed(ctx, d, opt.Now); err != nil {
		return err
	}
	if err := revalue(ctx, d, opt.Now); err != nil {
		return err
	}
	// After traits and tiers, which rules ask for.
	if err := segment.Renew(ctx, d, segment.ByRebuild, opt.Now); err != nil {
		return err
	}
	set, err := setting.Read(ctx, d)
	if err != nil {
		return err
	}
	return analytics.Rebuild(ctx, d, set, opt.Now)
}

func signIns() []storefront.DemoSignIn {
	var all []storefront.DemoSignIn
	for _, p := range demo.SignIns() {
		label := i18n.Text{En: p.Name, Zh: p.NameZh}
		if p.Role != "" {
			role := staff.Role(p.Role)
			label = i18n.Text{En: p.Name + "\n" + role.Name(i18n.English), Zh: p.NameZh + "\n" + role.Name(i18n.Chinese)}
		} else if p.Notes.En != "" {
			label = i18n.Text{En: p.Name + "\n" + p.Notes.En, Zh: p.NameZh + "\n" + p.Notes.Zh}
		}
		all = append(all, storefront.DemoSignIn{Label: label, Email: p.Email})
	}
	return all
}

func sayDemo(w *world, at string, people []storefront.DemoSignIn) {
	fmt.Fprintf(w.out, "\n  shop         http://%s/     Chinese: http://%s/zh/\n  back office  http://%s/admin\n\n  password of everybody: %s\n", at, at, at, storefront.DemoPassword)
	for _, p := range people {
		fmt.Fprintf(w.out, "  %-26s %s\n", p.Email, strings.Replace(p.Label.En, "\n", ": ", 1))
	}
	fmt.Fprintf(w.out, "\nEverything here is simulated. Ctrl-C ends it.\n")
}
