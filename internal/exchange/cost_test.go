package exchange_test

import (
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
)

func TestCostsComeInAndGoOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put := func(file string) *exchange.Summary {
			return imported(t, d, exchange.Products, file, exchange.Options{})
		}
		put("code,name_en,sku,price,currency,cost\nCUP-R,Red cup,CUP-R,12.00,USD,4.50\nCUP-B,Blue cup,CUP-B,12.00,USD,\nPOT,Pot,POT,30.00,USD,11\n")
		costs := func() string {
			var all []string
			if err := d.Query(ctx).Raw("SELECT sku || '=' || coalesce(CAST(cost AS TEXT), '-') FROM variants WHERE sku IN ('CUP-R', 'CUP-B', 'POT') ORDER BY sku").Scan(&all).Error; err != nil {
				t.Fatal(err)
			}
			return strings.Join(all, " ")
		}
		if got := costs(); got != "CUP-B=- CUP-R=450 POT=1100" {
			t.Errorf("kept %s", got)
		}
		if s := put("code,sku,cost\nPOT,POT,\nCUP-R,CUP-R,4.50\nCUP-B,CUP-B,x\n"); s.Updated != 1 || s.ErrorsTotal != 1 {
			t.Errorf("a wrong cell leaves its product alone: %+v", s)
		}
		if got := costs(); got != "CUP-B=- CUP-R=450 POT=-" {
			t.Errorf("kept %s", got)
		}
		if s := put("code,sku,price,currency\nCUP-R,CUP-R,12.00,USD\n"); s.Unchanged != 1 || costs() != "CUP-B=- CUP-R=450 POT=-" {
			t.Errorf("a file without the column changed %+v to %s", s, costs())
		}
		put("code,sku,cost\nPOT,POT,11.5\n")
		out := exported(t, d, exchange.Products)
		if s := put(out); s.Updated+s.Created != 0 || s.ErrorsTotal != 0 || costs() != "CUP-B=- CUP-R=450 POT=1150" {
			t.Errorf("its own export changed %+v to %s", s, costs())
		}
	})
}
