package customer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
)

func TestAccountsMadeTogetherAreAsSignedUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, at := context.Background(), time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
		newcomer := func(email string) customer.Newcomer {
			return customer.Newcomer{Customer: customer.Customer{Email: email, Name: "Ada", Contact: "verified", Lang: "en", CreatedAt: db.At(at)},
				Given: []customer.Purpose{customer.Personalize}, Source: "import", Interests: []customer.Interest{{Kind: "life", Value: "teacher", Source: "said"}}}
		}
		create := func(all ...customer.Newcomer) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return customer.CreateMany(ctx, tx, all) })
		}
		if err := create(newcomer("Ada@Sim.example"), newcomer("bo@sim.example")); err != nil {
			t.Fatal(err)
		}
		c, err := customer.ByEmail(ctx, d, "ada@sim.EXAMPLE")
		if err != nil {
			t.Fatal(err)
		}
		who, err := customer.Read(ctx, d, "", c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !who.Personalized() || who.MayUseHistory() || len(who.Interests) != 1 {
			t.Errorf("read back as %+v", who)
		}
		if log, err := customer.ConsentLog(ctx, d, c.ID); err != nil || len(log) != 1 || log[0].Source != "import" {
			t.Errorf("consent log %v, %v", log, err)
		}
		if err := create(newcomer("cy@sim.example"), newcomer("ADA@sim.example")); !errors.Is(err, fault.Conflict) {
			t.Errorf("an address that is taken: %v", err)
		}
		if err := create(newcomer("no address")); err == nil {
			t.Error("an address that is none was taken")
		}
		if _, err := customer.ByEmail(ctx, d, "cy@sim.example"); !errors.Is(err, fault.NotFound) {
			t.Errorf("half of a refused batch is there: %v", err)
		}
	})
}
