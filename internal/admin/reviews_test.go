package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/restock"
	"regulars/internal/review"
	"regulars/internal/staff"
)

// reviewed has nobody's review of a bottle wait, and returns its token.
func (f *office) reviewed() string {
	f.t.Helper()
	ctx := context.Background()
	p, err := catalog.ByCode(ctx, f.DB, "BB01")
	f.must(err)
	f.must(f.DB.InTx(ctx, func(tx *db.Tx) error {
		return review.KeepMany(ctx, tx, []review.Review{{ProductID: p.ID, Stars: 1, Lang: "en", Title: "Leaks <b>", Body: "All over.", Less: "quality", State: review.Waiting, CreatedAt: db.At(f.now), WrittenAt: db.At(f.now)}})
	}))
	list, _, err := review.List(ctx, f.DB, review.Query{})
	f.must(err)
	return list[0].Token
}

func TestReviewsAreDecidedForAReason(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	f.want(f.get("/admin/reviews"), 200, "No review here", "never refused because it is bad")
	at := "/admin/reviews/" + f.reviewed()
	f.want(f.get("/admin"), 200, "1 review to look at")
	f.want(f.get("/admin/reviews?state=waiting&stars=1"), 200, "Leaks &lt;b&gt;", "Waits for the shop")
	f.want(f.get("/admin/reviews?state=refused"), 200, "No review here")
	f.want(f.get(at), 200, "All over.", "Quality", "offers by mail rest")
	f.want(f.post(at, url.Values{"do": {"refuse"}, "version": {"1"}}), 422, "Few stars are no reason")
	f.want(f.post(at, url.Values{"do": {"refuse"}, "version": {"1"}, "reason": {"bad"}}), 422, "Few stars are no reason")
	f.want(f.post(at, url.Values{"do": {"publish"}, "version": {"9"}}), 409, "changed this review meanwhile")
	f.want(f.post(at, url.Values{"do": {"refuse"}, "version": {"1"}, "reason": {"insult"}}), 303)
	f.want(f.get("/admin/reviews?state=refused"), 200, "Leaks", "100")
	f.want(f.post(at, url.Values{"do": {"publish"}, "version": {"1"}}), 303)
	f.want(f.post(at, url.Values{"do": {"answer"}, "answer": {"We send another."}}), 303)
	f.want(f.get(at), 200, "We send another.", "Shown")
	f.want(f.get("/admin/reviews/none"), 404)
	if lines := f.audited("review.refuse"); len(lines) != 1 {
		t.Errorf("audit %q", lines)
	}
	f.as(staff.Marketer).want(f.get("/admin/reviews"), 404)
}

func TestStaffSeeWhoWaitsForGoods(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	ctx := context.Background()
	v, err := catalog.VariantBySKU(ctx, f.DB, "BB01-S")
	f.must(err)
	f.must(f.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := restock.Want(ctx, tx, v.ID, restock.Asker{Email: "Heron@example.com"}, f.now)
		return err
	}))
	f.want(f.get("/admin/stock?q=BB01-S"), 200, "1 waits")
	f.want(f.get("/admin/stock/BB01-S"), 200, "Want to be told", "heron@example.com", "2 people for each unit")
}
