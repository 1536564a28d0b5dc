package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// later is a statement that waits for company.
type later struct {
	doing string
	query string
	args  []any
	row   func(scan func(...any) error) error // reads the one row that came back; nil = nothing is asked
	count func(rows int64) error              // judges how many rows it changed; nil = any number
}

// Later runs a statement whose answer nobody waits for: with the next one that
// somebody does wait for, or at the commit. On Postgres those that wait
// together travel together, since a journey there costs as much as a small
// statement does; on SQLite there is no journey, and it runs at once. So every
// later statement of the transaction sees its effect, and an error of it ends
// the transaction at the latest with the commit. doing says in the error what
// was being done. count, if given, judges the number of rows.
//
// Placeholders are "?", and no other question mark may stand in the query.
func (t *Tx) Later(ctx context.Context, doing string, count func(rows int64) error, query string, args ...any) error {
	return t.put(ctx, later{doing: doing, query: query, args: args, count: count})
}

// LaterRow is Later for a statement that gives back at most one row: row is
// asked to scan it, and not asked if none came.
func (t *Tx) LaterRow(ctx context.Context, doing string, row func(scan func(...any) error) error, query string, args ...any) error {
	return t.put(ctx, later{doing: doing, query: query, args: args, row: row})
}

// InsertLater is Later for rows of one table; more than fit into one statement
// are written at once.
// With count given, rows whose unique key is taken are passed over, and count
// judges how many were written.
func (t *Tx) InsertLater(ctx context.Context, table string, columns []string, rows [][]any, count func(rows int64) error) error {
	if len(rows) == 0 {
		return nil
	}
	if count == nil && len(rows)*len(columns) > 30_000 {
		_, err := t.Insert(ctx, table, columns, rows, false)
		return err
	}
	args := make([]any, 0, len(rows)*len(columns))
	for _, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("insert into %s: a row has %d values for %d columns", table, len(row), len(columns))
		}
		args = append(args, row...)
	}
	return t.putReady(ctx, later{doing: "insert into " + table, query: t.insertSQL(table, columns, len(rows), count != nil), args: args, count: count})
}

func (t *Tx) put(ctx context.Context, l later) error {
	if t.postgres {
		l.query = numbered(l.query)
	}
	return t.putReady(ctx, l)
}

func (t *Tx) putReady(ctx context.Context, l later) error {
	if err := faultAt(ctx, BeforeStatement); err != nil {
		return fmt.Errorf("%s: %w", l.doing, err)
	}
	if t.postgres {
		t.waiting = append(t.waiting, l)
		return nil
	}
	return t.fail(l.run(ctx, t))
}

// run runs the statement by itself.
func (l *later) run(ctx context.Context, t *Tx) error {
	if l.row == nil {
		result, err := t.sql.ExecContext(ctx, l.query, l.args...)
		if err != nil {
			return fmt.Errorf("%s: %w", l.doing, err)
		}
		n, err := result.RowsAffected()
		if err != nil || l.count == nil {
			return err
		}
		return l.count(n)
	}
	rows, err := t.sql.QueryContext(ctx, l.query, l.args...)
	if err != nil {
		return fmt.Errorf("%s: %w", l.doing, err)
	}
	defer rows.Close()
	if rows.Next() {
		if err := l.row(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", l.doing, err)
		}
	}
	return rows.Err()
}

// Flush sends what waits, in the order in which it was put off. Every other
// statement of the transaction does so first, and so does the commit; it is
// for callers who need the answers now.
func (t *Tx) Flush(ctx context.Context) error {
	if t.failed != nil || len(t.waiting) == 0 {
		return t.failed
	}
	waiting := t.waiting
	t.waiting = nil
	var batch pgx.Batch
	for _, l := range waiting {
		batch.Queue(l.query, l.args...)
	}
	return t.fail(t.conn.Raw(func(driver any) error {
		sent := driver.(*stdlib.Conn).Conn().SendBatch(ctx, &batch)
		defer sent.Close()
		for i := range waiting {
			if err := waiting[i].read(sent); err != nil {
				return err
			}
		}
		return nil
	}))
}

// read takes the statement's answer out of a batch.
func (l *later) read(sent pgx.BatchResults) error {
	if l.row == nil {
		tag, err := sent.Exec()
		if err != nil {
			return fmt.Errorf("%s: %w", l.doing, err)
		}
		if l.count == nil {
			return nil
		}
		return l.count(tag.RowsAffected())
	}
	rows, err := sent.Query()
	if err != nil {
		return fmt.Errorf("%s: %w", l.doing, err)
	}
	defer rows.Close()
	if rows.Next() {
		if err := l.row(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", l.doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", l.doing, err)
	}
	return nil
}

// fail remembers the first error of a statement that was put off: whoever
// comes next is not the one who caused it, and the commit must not pass.
func (t *Tx) fail(err error) error {
	if err == nil {
		return nil
	}
	if translated := t.g.Dialector.(gorm.ErrorTranslator).Translate(rootOf(err)); errors.Is(translated, gorm.ErrDuplicatedKey) {
		err = errors.Join(err, gorm.ErrDuplicatedKey)
	}
	if t.failed == nil {
		t.failed = err
	}
	return err
}

func rootOf(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// numbered turns "?" into "$1", "$2", ….
func numbered(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
