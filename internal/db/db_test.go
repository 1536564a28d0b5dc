package db_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

func TestInstantSurvivesTheRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		far := time.Date(2026, 5, 10, 23, 59, 59, 999_999_999, time.FixedZone("far", 13*3600))
		err := d.InTx(ctx, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO settings (key, value, updated_at) VALUES (?, ?, ?)", "a", "b", db.At(far)).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		var row struct{ UpdatedAt db.Time }
		if err := d.Query(ctx).Raw("SELECT updated_at FROM settings WHERE updated_at = ?", db.At(far)).Scan(&row).Error; err != nil {
			t.Fatal(err)
		}
		if !row.UpdatedAt.Equal(far.Truncate(time.Millisecond)) || row.UpdatedAt.Location() != time.UTC {
			t.Errorf("stored %v, read %v", far, row.UpdatedAt)
		}
	})
}

func TestFailedTransactionLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, stop := context.Background(), errors.New("stop")
		insert := func(tx *db.Tx, key string) error {
			return tx.Query(ctx).Exec("INSERT INTO settings (key, value, updated_at) VALUES (?, '', 0)", key).Error
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			if err := insert(tx, "gone"); err != nil {
				return err
			}
			return stop
		}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return insert(tx, "kept") }); err != nil {
			t.Fatal(err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return insert(tx, "kept") }); !db.Duplicate(err) {
			t.Errorf("a taken key must read as Duplicate, got %v", err)
		}
		var keys []string
		d.Query(ctx).Raw("SELECT key FROM settings").Scan(&keys)
		if !slices.Equal(keys, []string{"kept"}) {
			t.Errorf("rows after one rollback and one commit: %v", keys)
		}
	})
}

func TestGuardedCounterReachesItsSum(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO attempts (key, slot, count) VALUES ('k', 1, 0)").Error
		}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					if err := d.InTx(ctx, func(tx *db.Tx) error {
						return tx.Query(ctx).Exec("UPDATE attempts SET count = count + 1 WHERE key = 'k'").Error
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int
		d.Query(ctx).Raw("SELECT count FROM attempts").Scan(&n)
		if n != 160 {
			t.Errorf("8 writers of 20 reached %d, want 160", n)
		}
	})
}

func TestBulkInsertPassesOverTakenKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		rows := make([][]any, 1200)
		for i := range rows {
			rows[i] = []any{"k", i, 1}
		}
		for try, want := range []int64{1200, 0} {
			var got int64
			err := d.InTx(ctx, func(tx *db.Tx) (err error) {
				got, err = tx.Insert(ctx, "attempts", []string{"key", "slot", "count"}, rows, true)
				return err
			})
			if err != nil || got != want {
				t.Errorf("try %d wrote %d rows, %v; want %d", try, got, err, want)
			}
		}
	})
}
