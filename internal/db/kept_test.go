package db_test

import (
	"context"
	"fmt"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// Connections of SQLite keep their statements: asked again while its rows are
// open, after the schema changed, and when there are too many to keep, each
// answers as if it were new.
func TestKeptStatementsAnswerAsNewOnes(t *testing.T) {
	ctx := context.Background()
	d := dbtest.SQLite(t)
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for i := range 3 {
			if err := tx.Query(ctx).Exec("INSERT INTO settings (key, value, updated_at) VALUES (?, ?, 1)", fmt.Sprint("k", i), fmt.Sprint(i)).Error; err != nil {
				return err
			}
		}
		const all = "SELECT value FROM settings WHERE key LIKE 'k%' ORDER BY key"
		held, err := tx.SQL(ctx)
		if err != nil {
			return err
		}
		outer, err := held.QueryContext(ctx, all)
		if err != nil {
			return err
		}
		defer outer.Close()
		got := ""
		for outer.Next() {
			var value string
			if err := outer.Scan(&value); err != nil {
				return err
			}
			inner, err := held.QueryContext(ctx, all) // the same, while the first is being read
			if err != nil {
				return err
			}
			for inner.Next() {
				var same string
				if err := inner.Scan(&same); err != nil {
					return err
				}
				got += value + same + " "
			}
			if err := inner.Close(); err != nil {
				return err
			}
		}
		if want := "00 01 02 10 11 12 20 21 22 "; got != want {
			t.Errorf("read %q, want %q", got, want)
		}
		return outer.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	columns := func() int {
		rows, err := d.Query(ctx).Raw("SELECT * FROM settings WHERE key = 'k1'").Rows()
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil || !rows.Next() {
			t.Fatal(err)
		}
		return len(names)
	}
	if n := columns(); n != 3 {
		t.Errorf("%d columns", n)
	}
	err = d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec("ALTER TABLE settings ADD COLUMN more TEXT").Error })
	if err != nil {
		t.Fatal(err)
	}
	if n := columns(); n != 4 {
		t.Errorf("%d columns after one was added", n)
	}
	for round := range 2 {
		for i := range 400 {
			var n int
			if err := d.Query(ctx).Raw(fmt.Sprintf("SELECT %d + ?", i), round).Scan(&n).Error; err != nil || n != i+round {
				t.Fatalf("%d + %d = %d, %v", i, round, n, err)
			}
		}
	}
}
