package pricing

import (
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

func thing(amount money.Amount) catalog.Buyable {
	return catalog.Buyable{VariantID: 1, ProductID: 1, SKU: "B-1", Name: i18n.Text{En: "Calm Bottle", Zh: "静心奶瓶"},
		Price: money.Price{Amount: amount, Currency: "USD"}, Priced: true, Published: true, Active: true, Available: -1}
}

func TestQuoteOfABottle(t *testing.T) {
	post := &Method{Code: "standard", Currency: "USD", Price: 420, FreeFrom: 5000}
	q, err := Make(Input{Lines: []Wanted{{thing(1200), 2}}, Currency: "USD", Method: post, Taxes: Taxes{Standard: 20_000}})
	if err != nil {
		t.Fatal(err)
	}
	if q.Subtotal != 2400 || q.Delivery != 420 || q.Total != 2820 || q.Tax != 400+70 {
		t.Errorf("2 × $12.00 and delivery: %+v", q)
	}
	if w := q.Lines[0].Words; w.En != "2 × $12.00" || w.Zh != "2 × US$12.00" {
		t.Errorf("the line says %q and %q", w.En, w.Zh)
	}
	if free, _ := Make(Input{Lines: []Wanted{{thing(2500), 2}}, Currency: "USD", Method: post}); free.Delivery != 0 {
		t.Errorf("delivery from $50.00 on costs %d, want nothing", free.Delivery)
	}
	if left := post.ToFree(4400); left != 600 {
		t.Errorf("%d more is said to be free, want 600", left)
	}
}

func TestQuoteRefusesWhatHasNoPrice(t *testing.T) {
	_, err := Make(Input{Lines: []Wanted{{thing(1200), 1}}, Currency: "EUR"})
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("a dollar price asked for in euro: %v, want a conflict and never a guess", err)
	}
	q, err := Make(Input{Lines: []Wanted{{thing(1200), 1}}, Currency: "USD", Coupon: "SUMMER"})
	if err != nil || q.Refused == nil || q.Refused.Words != "pricing.coupon.unknown" || q.Total != 1200 {
		t.Errorf("a coupon nobody issued: %+v, %v; want it refused and the basket priced", q, err)
	}
}

func TestPartsOfAQuoteAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := money.Rate(rapid.Int64Range(0, 30_000).Draw(t, "rate"))
		in := Input{Currency: "USD", Taxes: Taxes{Standard: rate}}
		for range rapid.IntRange(0, 12).Draw(t, "lines") {
			price := money.Amount(rapid.Int64Range(0, 10_000_000).Draw(t, "price"))
			in.Lines = append(in.Lines, Wanted{thing(price), rapid.IntRange(1, MostOf).Draw(t, "qty")})
		}
		if rapid.Bool().Draw(t, "carried") {
			in.Method = &Method{Code: "x", Currency: "USD", Price: money.Amount(rapid.Int64Range(0, 9000).Draw(t, "delivery")),
				FreeFrom: money.Amount(rapid.Int64Range(0, 100_000).Draw(t, "free"))}
		}
		q, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		var subtotal, discount, tax money.Amount
		for _, l := range q.Lines {
			if l.Unit < 0 || l.Total < 0 || l.Tax < 0 || l.Tax > l.Total || l.Total != l.Unit.Times(l.Qty)-l.Discount {
				t.Fatalf("line %+v does not add up", l)
			}
			subtotal, discount, tax = subtotal+l.Unit.Times(l.Qty), discount+l.Discount, tax+l.Tax
		}
		tax += rate.Inside(q.Delivery)
		if q.Subtotal != subtotal || q.Discount != discount || q.Tax != tax || q.Total != subtotal-discount+q.Delivery || q.Total < 0 {
			t.Fatalf("the quote %+v does not add up", q)
		}
		again, _ := Make(in)
		if again.Total != q.Total || again.Tax != q.Tax {
			t.Fatal("the same basket was priced twice and differs")
		}
	})
}

func TestDeliveriesOffered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		offered := func(c money.Currency, country string) (codes string) {
			t.Helper()
			all, err := Methods(ctx, d, c, country, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				codes += m.Code + " "
			}
			return codes
		}
		if got := offered("USD", "US"); got != "standard " {
			t.Errorf("a shop that set up nothing offers %q, want its plain delivery", got)
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, m := range []Method{
				{Code: "post", Currency: "USD", Position: 1, Name: i18n.Text{En: "Post"}, Price: 420, DaysMin: 2, DaysMax: 4, Active: true},
				{Code: "bike", Currency: "USD", Position: 2, Name: i18n.Text{En: "Bike"}, Countries: "US, CA", Price: 900, DaysMin: 1, DaysMax: 1, Active: true},
				{Code: "old", Currency: "USD", Position: 3, Name: i18n.Text{En: "Old"}, DaysMax: 1},
				{Code: "post", Currency: "USD", Position: 1, Name: i18n.Text{En: "Post"}, Price: 500, DaysMin: 2, DaysMax: 4, Active: true},
			} {
				if err := PutMethod(ctx, tx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if us, de, eur := offered("USD", "US"), offered("USD", "DE"), offered("EUR", "DE"); us != "post bike " || de != "post " || eur != "" {
			t.Errorf("offered to US %q, to DE %q, in euro %q", us, de, eur)
		}
		if all, _ := Methods(ctx, d, "USD", "", ""); all[0].Price != 500 {
			t.Errorf("stored again, post costs %d, want 500", all[0].Price)
		}
		bad := d.InTx(ctx, func(tx *db.Tx) error {
			return PutMethod(ctx, tx, Method{Code: "a b", Currency: "XXX", Price: -1, DaysMin: 3, DaysMax: 1})
		})
		if len(fault.Fields(bad)) != 4 {
			t.Errorf("a method wrong in four places: %v", bad)
		}
	})
}

func TestAmountsTooLargeToAddUpAreRefused(t *testing.T) {
	for _, price := range []money.Amount{100_000_000_000 + 1, 1 << 60} {
		if q, err := Make(Input{Lines: []Wanted{{thing(price), MostOf}}, Currency: "USD", Taxes: Taxes{Standard: 20_000}}); !errors.Is(err, fault.Conflict) {
			t.Errorf("%d × %d became %+v, %v; want a conflict", MostOf, price, q, err)
		}
		m := Method{Code: "x", Currency: "USD", Price: price}
		if err := m.check(); !errors.Is(err, fault.Invalid) {
			t.Errorf("delivery for %d: %v, want it refused", price, err)
		}
	}
	in := Input{Currency: "USD", Taxes: Taxes{Standard: 100_000}}
	for range 100 {
		in.Lines = append(in.Lines, Wanted{thing(100_000_000_000), MostOf})
	}
	if q, err := Make(in); err != nil || q.Total != 100_000_000_000*MostOf*100 || q.Tax != q.Total/2 {
		t.Errorf("the largest cart: %+v, %v", q, err)
	}
}
