package db

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// Insert writes many rows of one table with few statements: GORM costs twice
// the CPU of the statement itself, which shows in a million rows. columns and
// table are ours, never a person's. With ignore set, rows whose unique key is
// taken are passed over. It returns the number of rows written.
func (t *Tx) Insert(ctx context.Context, table string, columns []string, rows [][]any, ignore bool) (int64, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	if err := faultAt(ctx, BeforeStatement); err != nil {
		return 0, fmt.Errorf("insert into %s: %w", table, err)
	}
	if err := t.Flush(ctx); err != nil {
		return 0, err
	}
	perStatement := max(1, min(500, 30_000/len(columns)))
	if !t.postgres {
		perStatement = max(1, min(100, 30_000/len(columns)))
	}
	// One statement is prepared for all full chunks: parsing it is a fifth of
	// the cost of writing them.
	var whole *sql.Stmt
	if len(rows) >= 2*perStatement {
		var err error
		if whole, err = t.sql.PrepareContext(ctx, t.insertSQL(table, columns, perStatement, ignore)); err != nil {
			return 0, fmt.Errorf("insert into %s: %w", table, err)
		}
		defer whole.Close()
	}
	var written int64
	args := make([]any, 0, min(len(rows), perStatement)*len(columns))
	for start := 0; start < len(rows); start += perStatement {
		chunk := rows[start:min(start+perStatement, len(rows))]
		args = args[:0]
		for _, row := range chunk {
			if len(row) != len(columns) {
				return written, fmt.Errorf("insert into %s: a row has %d values for %d columns", table, len(row), len(columns))
			}
			args = append(args, row...)
		}
		var result sql.Result
		var err error
		if whole != nil && len(chunk) == perStatement {
			result, err = whole.ExecContext(ctx, args...)
		} else {
			result, err = t.sql.ExecContext(ctx, t.insertSQL(table, columns, len(chunk), ignore), args...)
		}
		if err != nil {
			return written, fmt.Errorf("insert into %s: %w", table, err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return written, fmt.Errorf("insert into %s: %w", table, err)
		}
		written += n
	}
	return written, nil
}

func (t *Tx) insertSQL(table string, columns []string, rows int, ignore bool) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range columns {
			if c > 0 {
				b.WriteByte(',')
			}
			n++
			if t.postgres {
				b.WriteByte('$')
				b.WriteString(strconv.Itoa(n))
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	if ignore {
		b.WriteString(" ON CONFLICT DO NOTHING")
	}
	return b.String()
}

// NextIDs reserves n ids of a table for rows that are written with their id
// given. Bulk writers use it to know the ids of parents before their children
// are written.
func (t *Tx) NextIDs(ctx context.Context, table string, n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	if err := t.Flush(ctx); err != nil {
		return nil, err
	}
	if !t.postgres {
		// Safe: the transaction is SQLite's only writer.
		var last int64
		if err := t.sql.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM "+table).Scan(&last); err != nil {
			return nil, fmt.Errorf("next ids of %s: %w", table, err)
		}
		for i := range n {
			ids = append(ids, last+1+int64(i))
		}
		return ids, nil
	}
	rows, err := t.sql.QueryContext(ctx, "SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)", table, n)
	if err != nil {
		return nil, fmt.Errorf("next ids of %s: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("next ids of %s: %w", table, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
