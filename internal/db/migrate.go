package db

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"database/sql"
)

// JobDriver is the job library's driver for this database; its statements run
// in the caller's *sql.Tx.
func (d *DB) JobDriver() riverdriver.Driver[*sql.Tx] {
	if d.postgres {
		return riverdatabasesql.New(d.writeSQL)
	}
	return riversqlite.New(d.writeSQL)
}

// ListenURL is the address of a database that can announce new jobs by
// itself, or "" where the queue has to be polled.
func (d *DB) ListenURL() string { return d.url }

func (d *DB) migrations(files fs.FS) (*goose.Provider, error) {
	dialect, folder := goose.DialectSQLite3, "sqlite"
	var options []goose.ProviderOption
	if d.postgres {
		dialect, folder = goose.DialectPostgres, "postgres"
		// Replicas that boot together wait for each other.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, d.writeSQL, sub, options...)
}

// Migrate brings the schema up to date, the job tables included. files holds
// sqlite/ and postgres/ (package migrations).
func (d *DB) Migrate(ctx context.Context, files fs.FS) error {
	p, err := d.migrations(files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	m, err := rivermigrate.New(d.JobDriver(), nil)
	if err != nil {
		return fmt.Errorf("read job migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("bring the job tables up to date: %w", err)
	}
	return nil
}

// Pending lists the migrations still to run, by file name.
func (d *DB) Pending(ctx context.Context, files fs.FS) (applied int, pending []string, err error) {
	p, err := d.migrations(files)
	if err != nil {
		return 0, nil, fmt.Errorf("read migrations: %w", err)
	}
	all, err := p.Status(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("read the schema's version: %w", err)
	}
	for _, s := range all {
		if s.State == goose.StateApplied {
			applied++
		} else {
			pending = append(pending, s.Source.Path)
		}
	}
	return applied, pending, nil
}

// Backup writes a consistent copy of the embedded database to file while the
// shop goes on.
func (d *DB) Backup(ctx context.Context, file string) error {
	if d.postgres {
		return fmt.Errorf("back up: Postgres has its own tool")
	}
	if _, err := d.writeSQL.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return fmt.Errorf("back up to %s: %w", file, err)
	}
	return nil
}

// JobDriver is a driver without a pool, good for inserting into this
// transaction, and the name of its dialect.
func (t *Tx) JobDriver() (riverdriver.Driver[*sql.Tx], string) {
	if t.postgres {
		return riverdatabasesql.New(nil), "postgres"
	}
	return riversqlite.New(nil), "sqlite"
}
