package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
)

// mostKept is how many statements one connection keeps prepared.
const mostKept = 400

// openKept opens SQLite with connections that keep their statements prepared:
// parsing was a third of what placing an order cost, and the shop says the same
// few hundred things all day. Postgres' driver does so by itself.
func openKept(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn) // connects to nothing yet
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	return sql.OpenDB(keeper{plain.Driver(), dsn}), nil
}

type keeper struct {
	driver driver.Driver
	dsn    string
}

func (k keeper) Driver() driver.Driver { return k.driver }

func (k keeper) Connect(context.Context) (driver.Conn, error) {
	c, err := k.driver.Open(k.dsn)
	if err != nil {
		return nil, err
	}
	return &keptConn{sqliteConn: c.(sqliteConn), kept: map[string]*keptStmt{}}, nil
}

// sqliteConn is all that database/sql asks of modernc's connection.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type keptStmt struct {
	driver.Stmt
	busy bool // its rows are being read: it cannot be asked again meanwhile
}

// keptConn is used by one goroutine at a time, as database/sql promises.
type keptConn struct {
	sqliteConn
	kept map[string]*keptStmt
}

// stmt is the prepared statement of a text, or nil where the connection itself
// has to be asked: for scripts, and while the statement's rows are open.
func (c *keptConn) stmt(ctx context.Context, text string) (*keptStmt, error) {
	if s := c.kept[text]; s != nil {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(text) > 4000 || strings.Contains(text, ";") || !repeats(text) {
		return nil, nil
	}
	if len(c.kept) >= mostKept {
		for old, s := range c.kept { // any one: what is asked often comes back
			if !s.busy {
				delete(c.kept, old)
				if err := s.Close(); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	made, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s := &keptStmt{Stmt: made}
	c.kept[text] = s
	return s, nil
}

// repeats reports whether a text is worth keeping: reads and writes of rows
// are, changes of the schema are not.
func repeats(text string) bool {
	text = strings.TrimLeft(text, " \t\n")
	for strings.HasPrefix(text, "--") { // the job queue names its statements
		_, text, _ = strings.Cut(text, "\n")
		text = strings.TrimLeft(text, " \t\n")
	}
	word, _, _ := strings.Cut(text, " ")
	switch strings.ToUpper(strings.TrimSpace(word)) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return true
	}
	return false
}

// ExecContext runs a statement that returns no rows.
func (c *keptConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a statement that returns rows.
func (c *keptConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{rows.(sqliteRows), s}, nil
}

// Close lets go of the statements, then of the connection.
func (c *keptConn) Close() error {
	for _, s := range c.kept {
		s.Close()
	}
	clear(c.kept)
	return c.sqliteConn.Close()
}

type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

type keptRows struct {
	sqliteRows
	of *keptStmt
}

// Close makes the statement free to be asked again.
func (r *keptRows) Close() error {
	err := r.sqliteRows.Close()
	r.of.busy = false
	return err
}
