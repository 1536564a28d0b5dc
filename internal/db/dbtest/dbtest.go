// Package dbtest runs a test on a fresh, migrated database of each kind the
// shop supports.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for creating test databases

	"regulars/internal/db"
	"regulars/migrations"
)

// Each runs test on SQLite, then on Postgres if REGULARS_TEST_POSTGRES names a
// server where databases may be created (make test starts one). Without it the
// Postgres half is skipped with a word, and fails under REGULARS_TEST=all.
func Each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

var template struct {
	sync.Once
	bytes []byte
	err   error
}

// SQLite is a fresh migrated database in a file of its own.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	template.Do(func() { template.bytes, template.err = migratedFile() })
	if template.err != nil {
		t.Fatal(template.err)
	}
	path := filepath.Join(t.TempDir(), "shop.db")
	if err := os.WriteFile(path, template.bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return opened(t, db.Options{Path: path})
}

// migratedFile migrates once per test binary; every test gets a copy.
func migratedFile() ([]byte, error) {
	dir, err := os.MkdirTemp("", "regulars-test")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	d, err := db.Open(context.Background(), db.Options{Path: filepath.Join(dir, "shop.db")})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.Migrate(context.Background(), migrations.Files); err != nil {
		return nil, err
	}
	whole := filepath.Join(dir, "whole.db")
	if err := d.Backup(context.Background(), whole); err != nil {
		return nil, err
	}
	return os.ReadFile(whole)
}

// run names this process's databases: a process number comes again, and one
// that was killed left its own behind.
var run = strings.ToLower(rand.Text())

var (
	serial     atomic.Int64
	pgTemplate struct {
		sync.Once
		name string
		err  error
	}
)

// Postgres is a fresh migrated database on the test server.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	server := os.Getenv("REGULARS_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("REGULARS_TEST") == "all" {
			t.Fatal("REGULARS_TEST=all needs a Postgres server in REGULARS_TEST_POSTGRES; make test starts one")
		}
		t.Skip("no Postgres server in REGULARS_TEST_POSTGRES; make test starts one")
	}
	admin, err := sql.Open("pgx", server+"/postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	pgTemplate.Do(func() { pgTemplate.name, pgTemplate.err = migratedTemplate(admin, server) })
	if pgTemplate.err != nil {
		t.Fatal(pgTemplate.err)
	}
	name := fmt.Sprintf("regulars_test_%s_%d", run, serial.Add(1))
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + pgTemplate.name); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	d := opened(t, db.Options{URL: server + "/" + name})
	t.Cleanup(func() {
		d.Close()
		if admin, err := sql.Open("pgx", server+"/postgres"); err == nil {
			admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
			admin.Close()
		}
	})
	return d
}

func migratedTemplate(admin *sql.DB, server string) (string, error) {
	name := "regulars_template_" + run
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		return "", fmt.Errorf("create template database: %w", err)
	}
	d, err := db.Open(context.Background(), db.Options{URL: server + "/" + name})
	if err != nil {
		return "", err
	}
	defer d.Close()
	return name, d.Migrate(context.Background(), migrations.Files)
}

// ErrFault is what a transaction broken by a Fault answers.
var ErrFault = errors.New("broken by the test")

// Fault breaks one transaction: the Nth time (from 1) that a transaction under
// its context reaches the moment. With Cancel the context ends there instead,
// as when a browser goes away. With Hold no transaction commits that was not
// struck either, so that a test can look for the last point there is.
type Fault struct {
	At     db.Moment
	Nth    int
	Cancel bool
	Hold   bool
	struck atomic.Bool
}

// In is a context whose transactions meet the fault; stop lets go of it.
func (f *Fault) In(ctx context.Context) (faulty context.Context, stop context.CancelFunc) {
	ctx, stop = context.WithCancel(ctx)
	var seen atomic.Int64
	return db.WithFault(ctx, func(m db.Moment) error {
		if m != f.At || seen.Add(1) != int64(f.Nth) {
			if f.Hold && m == db.BeforeCommit {
				return ErrFault
			}
			return nil
		}
		f.struck.Store(true)
		if f.Cancel {
			stop()
			return nil
		}
		return ErrFault
	}), stop
}

// Struck reports whether it came to it.
func (f *Fault) Struck() bool { return f.struck.Load() }

func opened(t testing.TB, opt db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}
