package order

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

func in(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// goods puts two products on the shelf and returns one line of each.
func goods(t *testing.T, d *db.DB) (a, b Line) {
	t.Helper()
	line := func(code string) (l Line) {
		in(t, d, func(tx *db.Tx) error {
			id, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{
				Product:  catalog.Product{Code: code, Slug: code, Name: i18n.Text{En: code}, Published: true, Tier: "good"},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}},
			}, now)
			l = Line{ProductID: id, VariantID: ids[code], SKU: code, Name: i18n.Text{En: code}, Qty: 1, UnitPrice: 1000, Total: 1000}
			return err
		})
		return l
	}
	return line("a"), line("b")
}

func blank(key string) *Order {
	return &Order{PlaceKey: key, Email: "li@mail.example", Lang: i18n.English, Currency: "USD", Subtotal: 1000, Total: 1000}
}

func TestATakenNumberIsDrawnAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		create := func(o *Order) (created bool) {
			t.Helper()
			in(t, d, func(tx *db.Tx) (err error) {
				created, err = Create(ctx, tx, o, []Line{a}, HashAccess, now)
				return err
			})
			return created
		}
		first, second, again := blank("one"), blank("two"), blank("one")
		first.Number, second.Number, again.Number = "AAAA0000", "AAAA0000", "BBBB0000"
		if !create(first) || !create(second) {
			t.Fatal("two different forms are two orders")
		}
		if second.Number == first.Number || len(second.Number) != 8 {
			t.Errorf("the second order is called %q", second.Number)
		}
		if create(again) || again.ID != first.ID || again.Number != first.Number {
			t.Errorf("the first form again made %+v", again)
		}
		for _, typed := range []string{"AAAA0000", "aaaa-0000", " aaaa oooo"} {
			if o, err := ByNumber(ctx, d, typed); err != nil || o.ID != first.ID {
				t.Errorf("%q finds %v, %v", typed, o, err)
			}
		}
		if _, err := ByNumber(ctx, d, "'; DROP TABLE orders"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a number made up: %v", err)
		}
	})
}

func TestOnlyLegalStepsAreTaken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		o := blank("one")
		in(t, d, func(tx *db.Tx) error {
			_, err := Create(ctx, tx, o, []Line{a}, HashAccess, now)
			return err
		})
		move := func(axis Axis, to string) (moved bool) {
			t.Helper()
			in(t, d, func(tx *db.Tx) (err error) {
				moved, err = walk(tx, o.ID, axis, to, "staff:1")
				return err
			})
			return moved
		}
		for _, step := range []struct {
			axis Axis
			to   string
			want bool
		}{
			{PaymentAxis, "refunded", false}, {DeliveryAxis, "delivered", false}, {PaymentAxis, "paid", true}, {PaymentAxis, "paid", false},
			{PaymentAxis, "failed", false}, {PaymentAxis, "nonsense", false}, {DeliveryAxis, "shipped", true}, {OrderAxis, "completed", true}, {OrderAxis, "cancelled", false},
		} {
			if got := move(step.axis, step.to); got != step.want {
				t.Errorf("%s to %s: moved is %v, want %v", step.axis, step.to, got, step.want)
			}
		}
		if past, err := Past(ctx, d, o.ID); err != nil || len(past) != 4 {
			t.Errorf("history %v, %v; want the placing and three steps", past, err)
		}
	})
}

func TestBasketsOfAnImportedHistory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, b := goods(t, d)
		var who *customer.Customer
		in(t, d, func(tx *db.Tx) (err error) {
			who, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: "li@mail.example", PasswordHash: "x", Lang: i18n.English}, now)
			return err
		})
		of := func(days int, external string) Order {
			o := *blank("")
			o.ExternalID, o.PlacedAt = &external, db.At(now.AddDate(0, 0, days))
			return o
		}
		half := b
		half.Qty, half.CancelledQty = 3, 2
		gone := a
		gone.CancelledQty = 1
		later, earlier, cancelled, unpaid := of(2, "x-2"), of(1, "x-1"), of(1, "x-3"), of(1, "x-4")
		earlier.CustomerID = &who.ID
		cancelled.State, cancelled.PaymentState, cancelled.DeliveryState = Cancelled, Refunded, Unshipped
		unpaid.State, unpaid.PaymentState, unpaid.DeliveryState = StatePlaced, Failed, Unshipped
		orders := []Order{later, earlier, cancelled, unpaid}
		in(t, d, func(tx *db.Tx) error {
			return CreateImported(ctx, tx, orders, [][]Line{{gone, half}, {a, b, a}, {a}, {b}})
		})
		var got []Basket
		for basket, err := range Baskets(ctx, d, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, basket)
		}
		if len(got) != 2 || got[0].Order != orders[1].ID || got[0].Customer != int64(who.ID) || got[1].Customer >= 0 || !got[0].At.Before(got[1].At.Time) {
			t.Fatalf("baskets %+v; want the two that stand, the earlier first", got)
		}
		if p := got[0].Products; len(p) != 2 || p[0] != (Item{a.ProductID, 2}) || p[1] != (Item{b.ProductID, 1}) {
			t.Errorf("the earlier basket holds %+v", p)
		}
		if p := got[1].Products; len(p) != 1 || p[0] != (Item{b.ProductID, 1}) {
			t.Errorf("what was cancelled is still in %+v", p)
		}
		for basket, err := range Baskets(ctx, d, now.AddDate(0, 0, 2)) {
			if err != nil || basket.Order != orders[0].ID {
				t.Errorf("since the second day: %+v, %v", basket, err)
			}
			break // leaving early must give the connection back
		}
		own, err := OfCustomer(ctx, d, who.ID, 10)
		if err != nil || len(own) != 1 || !own[0].Imported || own[0].Number == "" || own[0].State != Completed {
			t.Errorf("the customer sees %+v, %v", own, err)
		}
		// An order made after an import gets an id of its own.
		in(t, d, func(tx *db.Tx) error {
			o := blank("fresh")
			created, err := Create(ctx, tx, o, []Line{a}, HashAccess, now)
			if !created || o.ID <= orders[3].ID {
				t.Errorf("the next order is %+v", o)
			}
			return err
		})
	})
}

func TestListFindsWhatStaffType(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		in(t, d, func(tx *db.Tx) error {
			for i, mail := range []string{"li@mail.example", "LO_1@mail.example", "lox1@mail.example"} {
				o := blank(mail)
				o.Email, o.Simulated = mail, i == 2
				if _, err := Create(ctx, tx, o, []Line{a}, HashAccess, now.Add(time.Duration(i)*time.Hour)); err != nil {
					return err
				}
			}
			return nil
		})
		no := false
		for _, c := range []struct {
			filter Filter
			want   int
		}{
			{Filter{}, 3}, {Filter{Text: "lo_1"}, 1}, {Filter{Text: "L"}, 3}, {Filter{Text: "%"}, 0}, {Filter{Simulated: &no}, 2},
			{Filter{Payment: Paid}, 0}, {Filter{From: now.Add(time.Hour)}, 2}, {Filter{Text: strings.Repeat("x", 5000)}, 0}, {Filter{Page: 2, PerPage: 2}, 3},
		} {
			page, err := List(ctx, d, c.filter)
			if err != nil || page.Total != c.want {
				t.Errorf("%+v finds %+v, %v; want %d", c.filter, page, err, c.want)
			}
		}
	})
}

func TestARemarkIsNobodysDoing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := blank("key")
		in(t, d, func(tx *db.Tx) error {
			if _, err := Create(ctx, tx, o, nil, HashAccess, now); err != nil {
				return err
			}
			if _, err := o.Move(ctx, tx, OrderAxis, string(Cancelled), ActorHold, "", now); err != nil {
				return err
			}
			return Remark(ctx, tx, o, "rang twice", "staff:1", now)
		})
		if by, err := ActorOf(ctx, d, o.ID, OrderAxis, string(Cancelled)); err != nil || by != ActorHold {
			t.Errorf("cancelled by %q, %v; want %q: who remarked on it did not cancel it", by, err, ActorHold)
		}
	})
}

func TestAnImportedOrderIsNotOurSweepsToEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		theirs := blank("")
		theirs.State, theirs.PaymentState, theirs.DeliveryState, theirs.PlacedAt = StatePlaced, Pending, Unshipped, db.At(now.AddDate(-1, 0, 0))
		in(t, d, func(tx *db.Tx) error { return CreateImported(ctx, tx, []Order{*theirs}, [][]Line{{a}}) })
		ours := blank("key")
		in(t, d, func(tx *db.Tx) error {
			_, err := Create(ctx, tx, ours, nil, HashAccess, now.Add(-time.Hour))
			return err
		})
		ids, err := Overdue(ctx, d, now, now, nil, 10)
		if err != nil || len(ids) != 1 || ids[0] != ours.ID {
			t.Errorf("overdue are %v, %v; want only our own, %d", ids, err, ours.ID)
		}
	})
}

// walk takes one step of the order as its row says it is.
func walk(tx *db.Tx, id ID, axis Axis, to, by string) (bool, error) {
	o, err := Lock(ctx, tx, id)
	if err != nil {
		return false, err
	}
	return o.Move(ctx, tx, axis, to, by, "", now)
}
