package db_test

import (
	"context"
	"errors"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

func category(tx *db.Tx, slug string) error {
	return tx.Later(context.Background(), "write "+slug, nil, "INSERT INTO categories (code, slug, name, created_at, updated_at) VALUES (?, ?, '{}', 1, 1)", slug, slug)
}

func slugs(t *testing.T, q db.Q) (all []string) {
	t.Helper()
	if err := q.Query(t.Context()).Raw("SELECT slug FROM categories ORDER BY slug").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatIsPutOffIsSeenByTheNextStatement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			if err := errors.Join(category(tx, "books"), category(tx, "tools")); err != nil {
				return err
			}
			if got := slugs(t, tx); len(got) != 2 {
				t.Errorf("the transaction sees %v", got)
			}
			return category(tx, "toys") // goes with the commit
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := slugs(t, d); len(got) != 3 {
			t.Errorf("after the commit: %v", got)
		}
	})
}

func TestWhatWasPutOffAnswersOnFlush(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			var id, none int64
			read := func(into *int64) func(func(...any) error) error {
				return func(scan func(...any) error) error { return scan(into) }
			}
			ctx := t.Context()
			insert := "INSERT INTO categories (code, slug, name, created_at, updated_at) VALUES (?, ?, '{}', 1, 1) RETURNING id"
			if err := tx.LaterRow(ctx, "write books", read(&id), insert, "books", "books"); err != nil {
				return err
			}
			if err := tx.LaterRow(ctx, "rename tools", read(&none), "UPDATE categories SET name = '{}' WHERE slug = ? RETURNING id", "tools"); err != nil {
				return err
			}
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			if id == 0 || none != 0 {
				t.Errorf("ids %d and %d, want one and none", id, none)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAFailureOfWhatWasPutOffEndsTheTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		refused := errors.New("no row changed")
		for name, body := range map[string]func(tx *db.Tx) error{
			"a taken key": func(tx *db.Tx) error {
				return errors.Join(category(tx, "books"), category(tx, "books"))
			},
			"a count that is refused": func(tx *db.Tx) error {
				if err := category(tx, "books"); err != nil {
					return err
				}
				return tx.Later(t.Context(), "rename tools", func(rows int64) error {
					if rows == 0 {
						return refused
					}
					return nil
				}, "UPDATE categories SET name = '{}' WHERE slug = ?", "tools")
			},
			"one that nobody looked at": func(tx *db.Tx) error {
				category(tx, "books")
				category(tx, "books")
				var n int
				tx.Query(t.Context()).Raw("SELECT count(*) FROM categories").Scan(&n)
				return nil
			},
		} {
			err := d.InTx(t.Context(), body)
			if err == nil || len(slugs(t, d)) != 0 {
				t.Errorf("%s: %v, and %v is there", name, err, slugs(t, d))
			}
			if want := name == "a count that is refused"; errors.Is(err, refused) != want || db.Duplicate(err) == want {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
