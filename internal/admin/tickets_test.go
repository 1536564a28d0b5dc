package admin

import (
	"context"
	"net/url"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestCartsThatNeedSomebodyStandUntilTheyAreDone(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	f.want(f.get("/admin/questions/tickets"), 200, "No cart waits for you")
	ctx := context.Background()
	f.must(f.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := cart.CreateMany(ctx, tx, []cart.Cart{{Token: "broken-cart", State: cart.StateOpen, Currency: "USD", Lang: "en", Kind: "shopper", CreatedAt: db.At(f.now), StartedAt: db.At(f.now), ActiveAt: db.At(f.now)}}, [][]cart.Line{nil}, [][]cart.Trace{nil}); err != nil {
			return err
		}
		return tx.Query(ctx).Exec("INSERT INTO cart_tickets (key, cart_id, cause, about, opened_at) SELECT 'error:1', id, 'error', '500', ? FROM carts WHERE token = 'broken-cart'", db.At(f.now.Add(-time.Hour))).Error
	}))
	f.want(f.get("/admin"), 200, "1 cart was left over something you have to mend")
	f.want(f.get("/admin/questions/tickets"), 200, "An error page", "500", "Mark as done")
	f.want(f.get("/admin/questions/tickets?lang=zh"), 200, "标为已处理")
	f.get("/admin/questions/tickets?lang=en")
	f.want(f.post("/admin/questions/tickets/nobody", url.Values{"cause": {"error"}}), 303)
	for range 2 {
		f.want(f.post("/admin/questions/tickets/broken-cart", url.Values{"cause": {"error"}}), 303)
	}
	f.want(f.get("/admin/questions/tickets"), 200, "!Mark as done", "Done ")
	f.want(f.get("/admin"), 200, "!left over something")
	if got := f.audited("ticket.close"); len(got) != 1 {
		t.Errorf("%d lines in the audit", len(got))
	}
	f.want(f.as(staff.Analyst).get("/admin/questions/tickets"), 404)
}
