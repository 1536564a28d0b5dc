package pricing

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

func TestBandsOfADelivery(t *testing.T) {
	m := Method{Code: "post", Currency: "USD", Price: 990, Bands: []Band{{3000, 590}, {6000, 290}, {9000, 0}}}
	for goods, want := range map[money.Amount][3]money.Amount{ // costs, free at, more to free
		0: {990, 9000, 9000}, 2999: {990, 9000, 6001}, 3000: {590, 9000, 6000}, 8999: {290, 9000, 1}, 9000: {0, 0, 0}} {
		if got := [3]money.Amount{m.Cost(goods), m.FreeAt(goods), m.ToFree(goods)}; got != want {
			t.Errorf("for goods of %d: %v, want %v", goods, got, want)
		}
	}
	if m.FreeFrom = 7000; m.Cost(7000) != 0 || m.ToFree(6500) != 500 {
		t.Error("free from 7000 is not")
	}
	never := Method{Price: 500, Bands: []Band{{1000, 900}}} // heavier baskets may cost more
	if never.Cost(1000) != 900 || never.ToFree(0) != 0 {
		t.Error("what is never free")
	}
}

func TestZonesOfADelivery(t *testing.T) {
	m := Method{Countries: "DE, US CA， us new york"}
	for at, want := range map[[2]string]bool{{"DE", ""}: true, {"DE", "Bayern"}: true, {"US", ""}: true, {"US", "ca"}: true, {"US", " CA "}: true,
		{"US", "TX"}: false, {"US", "New York"}: true, {"FR", ""}: false, {"", ""}: true} {
		if got := m.Serves(at[0], at[1]); got != want {
			t.Errorf("serves %v: %v", at, got)
		}
	}
}

// Later than the hour a day more is promised, by the clock of the shop.
func TestCutoffOfADelivery(t *testing.T) {
	m := Method{DaysMin: 1, DaysMax: 2, Cutoff: 15}
	berlin := time.FixedZone("Berlin", 3600)
	before, after := time.Date(2026, 11, 22, 13, 59, 0, 0, time.UTC), time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	if got := m.By(before, berlin); !got.Equal(before.AddDate(0, 0, 2)) {
		t.Errorf("before the hour: %s", got)
	}
	if got := m.By(after, berlin); !got.Equal(after.AddDate(0, 0, 3)) {
		t.Errorf("after the hour: %s", got)
	}
	if m.Cutoff = 0; !m.By(after, berlin).Equal(after.AddDate(0, 0, 2)) {
		t.Error("no hour, and a day more")
	}
}

func TestDeliveriesAreAddedAndChangedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		in := func(do func(tx *db.Tx) error) error { return d.InTx(ctx, do) }
		m := Method{Code: "post", Currency: "USD", Name: i18n.Text{En: "Post", Zh: "邮寄"}, Price: 500, DaysMin: 1, DaysMax: 3, Active: true, Bands: []Band{{2000, 300}, {4000, 100}}}
		if err := in(func(tx *db.Tx) error { k := m; return AddMethod(ctx, tx, &k) }); err != nil {
			t.Fatal(err)
		}
		if err := in(func(tx *db.Tx) error { k := m; return AddMethod(ctx, tx, &k) }); len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Name != "code" {
			t.Errorf("the same code again: %v", err)
		}
		got, err := MethodBy(ctx, d, "post", "USD")
		if err != nil || len(got.Bands) != 2 || got.Bands[1] != (Band{4000, 100}) || got.Version != 1 || got.TaxClass != "standard" {
			t.Fatalf("%+v %v", got, err)
		}
		one, two := *got, *got
		one.Bands, one.Price = []Band{{5000, 0}}, 600
		two.Active = false
		if err := in(func(tx *db.Tx) error { k := one; return ChangeMethod(ctx, tx, &k) }); err != nil {
			t.Fatal(err)
		}
		if err := in(func(tx *db.Tx) error { k := two; return ChangeMethod(ctx, tx, &k) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("two staff at once: %v", err)
		}
		all, err := Methods(ctx, d, "USD", "DE", "")
		if err != nil || len(all) != 1 || all[0].Price != 600 || len(all[0].Bands) != 1 || !all[0].Active || all[0].Version != 2 {
			t.Errorf("%+v %v", all, err)
		}
		two = all[0]
		two.Active = false
		if err := in(func(tx *db.Tx) error { k := two; return ChangeMethod(ctx, tx, &k) }); err != nil {
			t.Fatal(err)
		}
		if all, err = Methods(ctx, d, "USD", "DE", ""); err != nil || len(all) != 0 {
			t.Errorf("switched off, and still offered: %+v %v", all, err)
		}
		if _, err := MethodBy(ctx, d, "post", "EUR"); !errors.Is(err, fault.NotFound) {
			t.Errorf("in another currency: %v", err)
		}
		for field, bad := range map[string]func(*Method){"bands": func(m *Method) { m.Bands = []Band{{100, 1}, {100, 2}} }, "bands ": func(m *Method) { m.FreeFrom = 3000 }, "cutoff": func(m *Method) { m.Cutoff = 24 },
			"code": func(m *Method) { m.Code = "new" }, "days_max": func(m *Method) { m.DaysMax = 0 }, "tax_class": func(m *Method) { m.TaxClass = "luxury" }} {
			k := m
			bad(&k)
			if err := in(func(tx *db.Tx) error { return AddMethod(ctx, tx, &k) }); len(fault.Fields(err)) != 1 || fault.Fields(err)[0].Name != strings.TrimSpace(field) {
				t.Errorf("a wrong %s: %v", field, err)
			}
		}
	})
}
