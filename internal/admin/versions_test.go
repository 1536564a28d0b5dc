package admin

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestAnEarlierVersionIsComparedAndRestored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		path := "/admin/products/BB01"
		f.want(f.get(path+"/versions"), 200, "No change yet")
		first, err := catalog.ByCode(context.Background(), d, "BB01")
		f.must(err)
		f.want(f.post(path, f.editor("name_en", "Still Bottle", "price:BB01-S", "21.00", "slug", "still")), 303)
		f.want(f.post(path, f.editor("name_en", "Loud Bottle", "slug", "still", "price:BB01-S", "21.00", "stock:BB01-S", "5")), 303)
		f.want(f.get(path), 200, "/p/"+first.Slug) // the former address
		f.want(f.get(path+"/versions"), 200, "The merchant · in the back office", "Name, English", "Price of BB01-S in USD", "Compare with now")
		compared := fmt.Sprintf("%s/versions?from=%d&to=now", path, first.Version)
		f.want(f.get(compared), 200, "Calm Bottle", "Loud Bottle", "$19.00", "$21.00", "Address", "Restore: Before the change of")
		f.want(f.get(compared+"&lang=zh"), 200, "历史版本", "恢复：")

		stale := url.Values{"seen": {fmt.Sprint(first.Version)}, "number": {fmt.Sprint(first.Version)}}
		restore := path + "/versions"
		f.want(f.post(restore, stale), 409, "Somebody else changed BB01")
		now, err := catalog.ByCode(context.Background(), d, "BB01")
		f.must(err)
		seen := url.Values{"seen": {fmt.Sprint(now.Version)}, "number": {fmt.Sprint(first.Version)}}
		f.want(f.post(restore, url.Values{"seen": seen["seen"], "number": {"999"}}), 409, "only the newest are kept")
		f.want(f.post(restore, seen), 303)
		f.want(f.get(path), 200, "Calm Bottle", "19.00", `name="stock:BB01-S" inputmode="numeric" value="5"`, "/p/still")
		f.want(f.get(fmt.Sprintf("%s/versions?from=%d&to=now", path, now.Version)), 200, "Loud Bottle")
		if got := f.audited("product.restore"); len(got) != 1 {
			t.Errorf("audit: %q", got)
		}
		f.want(f.as(staff.Analyst).post(restore, seen), 404)
	})
}

// Gone for good and published at once is refused with what was typed.
func TestAProductIsGoneForGoodOrPublished(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	path := "/admin/products/BB01"
	f.want(f.post(path, f.editor("ended", "1", "name_en", "A name typed")), 422, "cannot be published", "A name typed")
	in := f.editor("ended", "1")
	in.Del("published")
	f.want(f.post(path, in), 303)
	f.want(f.get(path), 200, `name="ended" id="ended" value="1" checked`)
}
