package admin

import (
	"context"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// The page says that nobody goes without, then that it is too early, and claims
// no figure.
func TestWhatAllMailBringsIsShown(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.as(staff.Analyst)
	f.want(f.get(keptOutPath), 200, "Nobody goes without now", "Nobody was drawn yet", "Not tested")
	f.readers(8)
	f.tx(func(ctx context.Context, tx *db.Tx) error { return setting.Set(ctx, tx, "mail.holdout", "5", f.now) })
	f.must(f.Settings.Refresh(context.Background(), f.DB))
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		q := tx.Query(ctx)
		if err := q.Exec("INSERT INTO mail_holdout_runs (number, held, salt, since) VALUES (1, 500, 's', ?)", db.At(f.now.AddDate(0, 0, -100))).Error; err != nil {
			return err
		}
		return q.Exec("INSERT INTO mail_holdout (run_id, person, customer_id, arm, assigned_at) SELECT 1, 'p' || id, id, CASE WHEN id % 4 = 0 THEN 'held' ELSE 'treat' END, ? FROM customers", db.At(f.now.AddDate(0, 0, -95))).Error
	})
	f.want(f.get(keptOutPath), 200, "5 % of people get none now", "too early to say", "May be written to", "Get none")
	f.want(f.get(keptOutPath+"?lang=zh"), 200)
	f.want(f.get("/admin/experiments"), 200, keptOutPath)
}
