// Package db is the thin kernel under every noun: it opens SQLite or
// PostgreSQL, hands out readers and transactions, brings the schema up to
// date, and is the only place that knows which of the two it is.
//
// The type says whether a transaction is open: readers take a Q, writers take
// a *Tx, and only DB.InTx makes one, so transactions cannot nest.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"regulars/internal/fault"
)

// Q is anything that can be read: the database, or a transaction in progress.
type Q interface {
	Query(ctx context.Context) *gorm.DB
}

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	read, write *gorm.DB
	readSQL     *sql.DB
	writeSQL    *sql.DB
	postgres    bool
	url         string
	version     string
}

// Tx is an open transaction. It is made by DB.InTx alone.
type Tx struct {
	g        *gorm.DB
	sql      *sql.Tx
	conn     *sql.Conn // what sql runs on
	postgres bool
	waiting  []later // statements put off, see Later
	failed   error   // of one of those
}

// Options says which database to open.
type Options struct {
	URL     string        // postgres://…; empty means SQLite at Path
	Path    string        // file of the embedded database
	Timeout time.Duration // longest statement on Postgres; 0 = 5 s, negative = none (imports, rebuilds)
}

// The first SQLite without the WAL-reset corruption (fixed 2026-03-13).
const leastSQLite = "3.51.3"

// Open opens the database that opt names and checks that it can be trusted:
// it answers, and its version is not one known to lose data.
func Open(ctx context.Context, opt Options) (*DB, error) {
	d := &DB{postgres: opt.URL != "", url: opt.URL}
	open := d.openSQLite
	if d.postgres {
		open = d.openPostgres
	}
	if err := open(ctx, opt); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		Logger:                 logger.Discard,
		DisableAutomaticPing:   true,
	}
}

func (d *DB) openSQLite(ctx context.Context, opt Options) error {
	abs, err := filepath.Abs(opt.Path)
	if err != nil {
		return fmt.Errorf("open database %s: %w", opt.Path, err)
	}
	dsn := func(extra string) string {
		return "file:" + (&url.URL{Path: abs}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
			"&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)" +
			"&_pragma=secure_delete(ON)" + // what was erased is overwritten, not only let go
			"&_pragma=journal_size_limit(200000000)" + extra
	}
	// One writer with immediate transactions and a pool of readers: with
	// deferred transactions in one pool, most concurrent writers fail "locked".
	if d.writeSQL, err = openKept(dsn("&_txlock=immediate")); err != nil {
		return fmt.Errorf("open database %s: %w", abs, err)
	}
	d.writeSQL.SetMaxOpenConns(1)
	if err := d.writeSQL.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&d.version); err != nil {
		return fmt.Errorf("open database %s: %w", abs, err)
	}
	if olderThan(d.version, leastSQLite) {
		return fmt.Errorf("SQLite %s can corrupt its write-ahead log; %s or newer is needed", d.version, leastSQLite)
	}
	if d.readSQL, err = openKept(dsn("&_pragma=query_only(ON)")); err != nil {
		return fmt.Errorf("open database %s: %w", abs, err)
	}
	readers := max(4, 2*runtime.NumCPU())
	d.readSQL.SetMaxOpenConns(readers)
	d.readSQL.SetMaxIdleConns(readers)
	if d.write, err = gorm.Open(sqliteDialector{d.writeSQL}, gormConfig()); err != nil {
		return fmt.Errorf("open database %s: %w", abs, err)
	}
	if d.read, err = gorm.Open(sqliteDialector{d.readSQL}, gormConfig()); err != nil {
		return fmt.Errorf("open database %s: %w", abs, err)
	}
	d.version = "SQLite " + d.version
	return nil
}

func olderThan(version, least string) bool {
	have, want := strings.Split(version, "."), strings.Split(least, ".")
	for i := range min(len(have), len(want)) {
		h, _ := strconv.Atoi(have[i])
		w, _ := strconv.Atoi(want[i])
		if h != w {
			return h < w
		}
	}
	return false
}

func (d *DB) openPostgres(ctx context.Context, opt Options) error {
	config, err := pgx.ParseConfig(opt.URL)
	if err != nil {
		return errors.New("DATABASE_URL cannot be read; it should look like postgres://user:password@host:5432/name")
	}
	timeout := opt.Timeout
	if timeout == 0 {
		timeout = 5 * time.Second
	}
	set := func(key, value string) {
		if config.RuntimeParams[key] == "" {
			config.RuntimeParams[key] = value
		}
	}
	set("application_name", "regulars")
	// Counts over everybody hash people, and compiling such a statement would
	// take longer than running it.
	set("work_mem", "32MB")
	set("jit", "off")
	set("lock_timeout", "2s")
	set("idle_in_transaction_session_timeout", "10s")
	set("statement_timeout", strconv.FormatInt(max(timeout, 0).Milliseconds(), 10))
	d.writeSQL = stdlib.OpenDB(*config)
	d.readSQL = d.writeSQL
	d.writeSQL.SetMaxOpenConns(20)
	d.writeSQL.SetMaxIdleConns(20)
	if err := d.writeSQL.QueryRowContext(ctx, "SHOW server_version").Scan(&d.version); err != nil {
		return fmt.Errorf("connect to Postgres at %s: %w", config.Host, err)
	}
	if d.write, err = gorm.Open(postgres.New(postgres.Config{Conn: d.writeSQL}), gormConfig()); err != nil {
		return fmt.Errorf("connect to Postgres at %s: %w", config.Host, err)
	}
	d.read = d.write
	d.version = "PostgreSQL " + d.version
	return nil
}

// Close lets go of every connection.
func (d *DB) Close() error {
	var err error
	if d.readSQL != nil && d.readSQL != d.writeSQL {
		err = d.readSQL.Close()
	}
	if d.writeSQL != nil {
		err = errors.Join(err, d.writeSQL.Close())
	}
	return err
}

// GroupsBySorting says that GROUP BY here sorts every row it reads by its whole
// key, as SQLite does: hundreds of thousands of rows are added up three times
// as fast by reading them as they lie.
func GroupsBySorting(q Q) bool {
	return q.Query(context.Background()).Name() == (sqliteDialector{}).Name()
}

// Version names the engine and its version, for people.
func (d *DB) Version() string { return d.version }

// Settle writes the log of the embedded database into its file and empties it,
// so that what was deleted is gone from the disk, too; readers at work may keep
// it from emptying until the next time. Postgres does this by itself (vacuum).
func (d *DB) Settle(ctx context.Context) error {
	if d.postgres {
		return nil
	}
	var busy, pages, done int
	if err := d.writeSQL.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done); err != nil {
		return fmt.Errorf("write out the log: %w", err)
	}
	return nil
}

// Embedded reports whether the database lives in this process's data folder,
// which only one serving process may hold.
func (d *DB) Embedded() bool { return !d.postgres }

// Query starts a read. It sees only what is committed.
func (d *DB) Query(ctx context.Context) *gorm.DB { return d.read.WithContext(ctx) }

// Query starts a statement inside the transaction.
func (t *Tx) Query(ctx context.Context) *gorm.DB {
	g := t.g.WithContext(ctx)
	err := t.Flush(ctx)
	if err == nil {
		err = faultAt(ctx, BeforeStatement)
	}
	if err != nil {
		g.AddError(err)
	}
	return g
}

// SQL is the transaction for libraries that bring their own statements.
func (t *Tx) SQL(ctx context.Context) (*sql.Tx, error) { return t.sql, t.Flush(ctx) }

// Writable reports whether a transaction can be opened and rolled back now.
func (d *DB) Writable(ctx context.Context) error {
	tx, err := d.writeSQL.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("open a transaction: %w", err)
	}
	return tx.Rollback()
}

// InTx runs fn in one transaction and commits if it returns nil. It is for
// writing; plain reads run without. fn may be run again (at most three times)
// when Postgres reports a deadlock or a serialization failure, so it must not
// keep what it learned in an earlier run, and must not touch the network.
func (d *DB) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	for try := 0; ; try++ {
		err := d.once(ctx, fn)
		if err == nil || try == 3 || !retryable(err) {
			return away(err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(5+rand.IntN(20*(try+1))) * time.Millisecond):
		}
	}
}

func (d *DB) once(ctx context.Context, fn func(tx *Tx) error) error {
	tx, err := d.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.conn.Close()
	done := false
	defer func() {
		if !done { // fn panicked
			tx.sql.Rollback()
		}
	}()
	err = fn(tx)
	done = true
	if err == nil {
		err = tx.Flush(ctx)
	}
	if err != nil {
		tx.sql.Rollback()
		return err
	}
	if err := faultAt(ctx, BeforeCommit); err != nil {
		tx.sql.Rollback()
		return fmt.Errorf("commit: %w", err)
	}
	if err := tx.sql.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := faultAt(ctx, AfterCommit); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// begin opens a transaction on a connection of its own, so that statements can
// be sent past database/sql, which knows no batches. A connection that died in
// the pool is taken for another, as database/sql does for its own.
func (d *DB) begin(ctx context.Context) (*Tx, error) {
	for try := 0; ; try++ {
		conn, err := d.writeSQL.Conn(ctx)
		if err != nil {
			return nil, err
		}
		started, err := conn.BeginTx(ctx, nil)
		if err == nil {
			g := d.write.Session(&gorm.Session{Context: ctx, NewDB: true})
			g.Statement.ConnPool = started
			return &Tx{g: g, sql: started, conn: conn, postgres: d.postgres}, nil
		}
		conn.Close()
		if try == 2 || !errors.Is(err, driver.ErrBadConn) {
			return nil, err
		}
	}
}

// away makes what only time or a person can mend fault.Unavailable: a full
// disk, a disk that fails, a server that is gone or out of room.
func away(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var gone *pgconn.ConnectError
	switch {
	case errors.As(err, &lite) && (lite.Code()&0xff == sqlite3.SQLITE_FULL || lite.Code()&0xff == sqlite3.SQLITE_IOERR),
		errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P")),
		errors.As(err, &gone):
		return &fault.Fault{Kind: fault.Unavailable, Cause: err}
	}
	return err
}

func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Duplicate reports whether err is a broken unique key. Inside a transaction
// prefer "on conflict do nothing" and the row count: Postgres aborts the
// transaction on the error.
func Duplicate(err error) bool { return errors.Is(err, gorm.ErrDuplicatedKey) }

// NotFound reports whether err says that a single row was asked for and there
// was none.
func NotFound(err error) bool { return errors.Is(err, gorm.ErrRecordNotFound) }

// IgnoreConflict makes an insert skip rows whose unique key is taken.
func IgnoreConflict(g *gorm.DB) *gorm.DB {
	return g.Clauses(clause.OnConflict{DoNothing: true})
}

// ForShare keeps the rows read from changing until the transaction ends, and
// lets others read them so, too; see ForUpdate for SQLite.
func ForShare(g *gorm.DB) *gorm.DB {
	return g.Clauses(clause.Locking{Strength: "SHARE"})
}

// ForUpdate locks the rows read until the transaction ends. SQLite has no row
// locks and needs none, since it has one writer; guarded updates decide on both.
func ForUpdate(g *gorm.DB) *gorm.DB {
	return g.Clauses(clause.Locking{Strength: "UPDATE"})
}

// Begins is the condition that a text expression begins with a prefix, as a
// range that an index of the expression serves: byte order on both databases,
// whatever language the database sorts by. Postgres wants that index with
// COLLATE "C".
func Begins(g *gorm.DB, expression, prefix string) (string, []any) {
	if g.Name() == "postgres" {
		expression = "(" + expression + `) COLLATE "C"`
	}
	return expression + " >= ? AND " + expression + " < ?", []any{prefix, prefix + "\U0010FFFF"}
}
