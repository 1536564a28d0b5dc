package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/migrations"
)

// folder is the data folder: the embedded database, media, mail, the secret.
type folder struct {
	Data string `help:"Folder of the embedded database, media and mail." default:"./data" variable:"REGULARS_DATA" placeholder:"DIR"`
}

func (f folder) path(name string) string { return filepath.Join(f.Data, name) }

// make creates the folder, or says in one line why the shop cannot live there.
func (f folder) make() error {
	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return fmt.Errorf("the data folder %s cannot be made: %w; name another with --data", f.Data, plain(err))
	}
	probe, err := os.CreateTemp(f.Data, ".probe")
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be written: %w; name another with --data", f.Data, plain(err))
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// plain drops the path from a file error whose path was already told.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// lock keeps a second serving process off this folder until the file closes.
func (f folder) lock() (*os.File, error) {
	file, err := os.OpenFile(f.path("lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("another regulars process serves from %s; stop it first, or name another folder with --data", f.Data)
	}
	return file, nil
}

// secret returns what the shop signs with.
func (f folder) secret(env environment) ([]byte, error) {
	if env.Secret != "" {
		return []byte(env.Secret), nil
	}
	if env.DatabaseURL != "" {
		return nil, errors.New("REGULARS_SECRET is required with Postgres: all replicas must sign alike; make one with: openssl rand -hex 32")
	}
	b, err := os.ReadFile(f.path("secret"))
	if err == nil && len(strings.TrimSpace(string(b))) >= 32 {
		return []byte(strings.TrimSpace(string(b))), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the shop's secret: %w", err)
	}
	fresh := make([]byte, 32)
	rand.Read(fresh)
	text := hex.EncodeToString(fresh)
	if err := os.WriteFile(f.path("secret"), []byte(text+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the shop's secret: %w", err)
	}
	return []byte(text), nil
}

// migration says what a command does about a schema that is behind.
type migration int

const (
	migrateEmbedded migration = iota // SQLite is brought up to date, Postgres must be
	migrateAlways                    // serve, migrate up
	migrateNever                     // migrate status
)

// open opens the configured database. patient commands (import, rebuild) may
// run longer statements than a page may.
func (f folder) open(ctx context.Context, env environment, when migration, patient bool) (*db.DB, error) {
	opt := db.Options{URL: env.DatabaseURL}
	if patient {
		opt.Timeout = -1
	}
	if opt.URL == "" {
		if err := f.make(); err != nil {
			return nil, err
		}
		opt.Path = f.path("shop.db")
	}
	d, err := db.Open(ctx, opt)
	if err != nil {
		return nil, err
	}
	if err := upToDate(ctx, d, when); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func upToDate(ctx context.Context, d *db.DB, when migration) error {
	if when == migrateNever {
		return nil
	}
	if when == migrateAlways || d.Embedded() {
		if err := d.Migrate(ctx, migrations.Files); err != nil {
			return err
		}
		_, err := customer.Seal(ctx, d)
		return err
	}
	_, pending, err := d.Pending(ctx, migrations.Files)
	if err == nil && len(pending) > 0 {
		err = fmt.Errorf("the database lacks %d migrations; run: regulars migrate up", len(pending))
	}
	return err
}
