package pricing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// goods is a thing with a number of its own, in a category.
func goods(id int, amount money.Amount, category int) catalog.Buyable {
	b := thing(amount)
	b.VariantID, b.ProductID, b.CategoryID = catalog.VariantID(id), catalog.ProductID(id), catalog.CategoryID(category)
	return b
}

func named(id PromotionID, kind Kind, value int64) Promotion {
	return Promotion{ID: id, Name: i18n.Text{En: fmt.Sprint("Promotion ", id)}, State: Live, Kind: kind, Value: value}
}

func quote(t *testing.T, in Input) *Quote {
	t.Helper()
	in.Currency = "USD"
	q, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestEachKindTakesOffWhatItSays(t *testing.T) {
	bottle, spoon := Wanted{goods(1, 1200, 7), 2}, Wanted{goods(2, 350, 8), 3}
	bundle := named(1, Bundle, 0)
	bundle.Buy, bundle.Free = 2, 1
	spoons := named(1, Percent, 5000)
	spoons.Categories = []catalog.CategoryID{8}
	one := named(1, Fixed, 1000)
	one.Products = []catalog.ProductID{1}
	for _, c := range []struct {
		name     string
		p        Promotion
		bottles  money.Amount
		spoons   money.Amount
		delivery money.Amount
	}{
		{"10 % off all", named(1, Percent, 1000), 240, 105, 500},
		{"half of one category", spoons, 0, 525, 500},
		{"5.00 off, over the lines by what they cost", named(1, Amount, 500), 348, 152, 500},
		{"more off than there is", named(1, Amount, 99_999), 2400, 1050, 500},
		{"a bottle for 10.00", one, 400, 0, 500},
		{"a price above the price", named(1, Fixed, 5000), 0, 0, 500},
		{"three for two: the cheapest of five pieces", bundle, 0, 350, 500},
		{"free delivery", named(1, Delivery, 0), 0, 0, 0},
	} {
		q := quote(t, Input{Lines: []Wanted{bottle, spoon}, Deals: Deals{Promotions: []Promotion{c.p}, Day: "2026-11-22"},
			Method: &Method{Code: "post", Currency: "USD", Price: 500}, Taxes: Taxes{Standard: 20_000}})
		if q.Lines[0].Discount != c.bottles || q.Lines[1].Discount != c.spoons || q.Delivery != c.delivery {
			t.Errorf("%s: %d off the bottles, %d off the spoons, delivery %d", c.name, q.Lines[0].Discount, q.Lines[1].Discount, q.Delivery)
		}
		saved := c.bottles + c.spoons + 500 - c.delivery
		if saved > 0 && (len(q.Applied) != 1 || q.Applied[0].Amount != saved) || saved == 0 && len(q.Applied) != 0 {
			t.Errorf("%s: applied %+v", c.name, q.Applied)
		}
	}
	q := quote(t, Input{Lines: []Wanted{bottle}, Deals: Deals{Promotions: []Promotion{named(1, Percent, 1000)}}})
	if w := q.Lines[0].Words.En; w != "2 × $12.00; Promotion 1 −$2.40" {
		t.Errorf("the line says %q", w)
	}
}

func TestMedicinesAreNeverReduced(t *testing.T) {
	pills := goods(1, 1000, 7)
	pills.Sensitive = true
	bundle := named(3, Bundle, 0)
	bundle.Buy, bundle.Free = 1, 1
	all := Deals{Promotions: []Promotion{named(1, Percent, 5000), named(2, Amount, 300), bundle, named(4, Fixed, 1)}}
	if q := quote(t, Input{Lines: []Wanted{{pills, 4}}, Deals: all}); q.Discount != 0 || q.Total != 4000 {
		t.Errorf("pills were reduced: %+v", q)
	}
	if q := quote(t, Input{Lines: []Wanted{{pills, 1}, {goods(2, 500, 7), 1}}, Deals: all}); q.Lines[0].Discount != 0 || q.Lines[1].Discount != 500 {
		t.Errorf("beside other goods: %+v", q.Lines)
	}
}

func TestRefusedCouponsSayWhichRuleFailed(t *testing.T) {
	now := time.Date(2026, 12, 24, 23, 30, 0, 0, time.UTC)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	mine := func(change func(*Promotion)) Promotion {
		p := named(1, Percent, 1000)
		p.NeedsCode = true
		change(&p)
		return p
	}
	for _, c := range []struct {
		words string
		zone  *time.Location
		p     Promotion
	}{
		{"", time.UTC, mine(func(p *Promotion) { p.StartsOn, p.EndsOn = "2026-12-24", "2026-12-24" })}, // both days count
		{"pricing.coupon.ended", shanghai, mine(func(p *Promotion) { p.EndsOn = "2026-12-24" })},       // there it is the 25th
		{"pricing.coupon.early", time.UTC, mine(func(p *Promotion) { p.StartsOn = "2026-12-25" })},
		{"pricing.coupon.currency", time.UTC, mine(func(p *Promotion) { p.Currency = "EUR" })},
		{"pricing.coupon.min", time.UTC, mine(func(p *Promotion) { p.MinSubtotal = 1201 })},
		{"", time.UTC, mine(func(p *Promotion) { p.MinSubtotal = 1200 })},
		{"pricing.coupon.others", time.UTC, mine(func(p *Promotion) { p.Segments = []string{"student"} })},
		{"pricing.coupon.others", time.UTC, mine(func(p *Promotion) { p.Tiers = []string{"A"} })},
		{"pricing.coupon.goods", time.UTC, mine(func(p *Promotion) { p.Products = []catalog.ProductID{9} })},
		{"pricing.coupon.used-up", time.UTC, mine(func(p *Promotion) { p.LimitAll, p.Used = 3, 3 })},
		{"pricing.coupon.yours", time.UTC, mine(func(p *Promotion) { p.LimitPerson = 2 })},
		{"pricing.coupon.unknown", time.UTC, mine(func(p *Promotion) { p.State = Stopped })},
		{"pricing.coupon.nothing", time.UTC, mine(func(p *Promotion) { p.Kind = Delivery })},
	} {
		q := quote(t, Input{Lines: []Wanted{{goods(1, 1200, 7), 1}}, Coupon: "ADVENT", Deals: Deals{Promotions: []Promotion{c.p}, Code: &Code{ID: 5, PromotionID: 1},
			Day: Day(now, c.zone), Segment: "default", Tier: "C", Mine: map[PromotionID]int{1: 2}}})
		got := ""
		if q.Refused != nil {
			got = q.Refused.Words
			if !i18n.Has(i18n.Chinese, got) {
				t.Errorf("%s has no words", got)
			}
		}
		if got != c.words || (got == "") != (q.Discount == 120) {
			t.Errorf("%+v: refused with %q, want %q; %d off", c.p, got, c.words, q.Discount)
		}
	}
	if q := quote(t, Input{Lines: []Wanted{{goods(1, 1200, 7), 1}}, Deals: Deals{Promotions: []Promotion{mine(func(*Promotion) {})}}}); q.Discount != 0 {
		t.Error("a promotion that needs a code came without one")
	}
}

func TestExclusivePromotionsStandAlone(t *testing.T) {
	lines := []Wanted{{goods(1, 1000, 7), 1}}
	small, big, only := named(1, Percent, 1000), named(2, Percent, 2000), named(3, Percent, 500)
	only.Exclusive = true
	saved := func(all ...Promotion) string {
		q := quote(t, Input{Lines: lines, Deals: Deals{Promotions: all}})
		var ids []PromotionID
		for _, a := range q.Applied {
			ids = append(ids, a.ID)
		}
		return fmt.Sprint(ids, q.Discount)
	}
	if got := saved(small, big); got != "[1 2] 300" {
		t.Errorf("two of one priority both see the list price: %s", got)
	}
	if got := saved(small, big, only); got != "[3] 50" {
		t.Errorf("an exclusive one of the same priority goes alone: %s", got)
	}
	big.Priority = 1
	if got := saved(small, big, only); got != "[2 1] 280" {
		t.Errorf("after one of higher priority an exclusive one cannot be alone: %s", got)
	}
	only.NeedsCode = true
	q := quote(t, Input{Lines: lines, Coupon: "ONLY", Deals: Deals{Promotions: []Promotion{big, only}, Code: &Code{PromotionID: 3}}})
	if q.Refused == nil || q.Refused.Words != "pricing.coupon.alone" {
		t.Errorf("the coupon that cannot be combined: %+v", q.Refused)
	}
}

// anyDeals draws a handful of promotions of all kinds and priorities.
func anyDeals(t *rapid.T) Deals {
	d := Deals{Day: "2026-11-22"}
	for i := range rapid.IntRange(0, 6).Draw(t, "promotions") {
		p := named(PromotionID(i+1), rapid.SampledFrom(Kinds).Draw(t, "kind"), 0)
		p.Value = rapid.Int64Range(1, 10_000).Draw(t, "value")
		p.Buy, p.Free = rapid.IntRange(1, 3).Draw(t, "buy"), rapid.IntRange(1, 2).Draw(t, "free")
		p.MinSubtotal = money.Amount(rapid.SampledFrom([]int64{0, 0, 5000}).Draw(t, "min"))
		p.Priority = rapid.IntRange(0, 1).Draw(t, "priority")
		p.Exclusive = rapid.IntRange(0, 4).Draw(t, "exclusive") == 0
		if c := rapid.IntRange(0, 3).Draw(t, "category"); c > 0 {
			p.Categories = []catalog.CategoryID{catalog.CategoryID(c)}
		}
		d.Promotions = append(d.Promotions, p)
	}
	d.Segment = rapid.SampledFrom([]string{"", "student"}).Draw(t, "segment")
	for i := range rapid.IntRange(0, 2).Draw(t, "lists") {
		d.Lists = append(d.Lists, PriceList{ID: ListID(i + 1), Name: i18n.Text{En: fmt.Sprint("List ", i+1)}, State: Live, Currency: "USD", Segment: "student",
			Percent: money.BasisPoints(rapid.Int64Range(0, 4000).Draw(t, "percent")), Entries: map[catalog.VariantID]money.Amount{2: money.Amount(rapid.Int64Range(1, 9000).Draw(t, "entry"))}})
	}
	return d
}

func TestReducedQuotesAddUpInWhateverOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := money.Rate(rapid.Int64Range(0, 30_000).Draw(t, "rate"))
		in := Input{Currency: "USD", Taxes: Taxes{Standard: rate, Reduced: rate / 2, Added: rapid.Bool().Draw(t, "added")}, Deals: anyDeals(t)}
		for i := range rapid.IntRange(0, 8).Draw(t, "lines") {
			b := goods(i+1, money.Amount(rapid.Int64Range(0, 20_000).Draw(t, "price")), rapid.IntRange(0, 3).Draw(t, "in"))
			b.List = b.Price.Amount + money.Amount(rapid.Int64Range(0, 500).Draw(t, "list"))
			b.Sensitive = rapid.IntRange(0, 5).Draw(t, "sensitive") == 0
			b.TaxClass = rapid.SampledFrom([]string{"", "standard", "reduced", "zero"}).Draw(t, "class")
			in.Lines = append(in.Lines, Wanted{b, rapid.IntRange(1, 9).Draw(t, "qty")})
		}
		if rapid.Bool().Draw(t, "carried") {
			in.Method = &Method{Code: "x", Currency: "USD", Price: money.Amount(rapid.Int64Range(0, 900).Draw(t, "delivery")), FreeFrom: money.Amount(rapid.Int64Range(0, 50_000).Draw(t, "from"))}
		}
		q, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		var subtotal, discount, tax, applied money.Amount
		for _, l := range q.Lines {
			var parts money.Amount
			for _, p := range l.Parts {
				if p.Amount <= 0 {
					t.Fatalf("a part of %d", p.Amount)
				}
				parts += p.Amount
			}
			if parts != l.Discount || l.Discount < 0 || l.Total < 0 || l.Total != l.Unit.Times(l.Qty)-l.Discount || l.Tax != taxed(in.Taxes, l.Total, l.TaxClass) || l.Sensitive && l.Discount != 0 {
				t.Fatalf("line %+v does not add up", l)
			}
			subtotal, discount, tax = subtotal+l.Unit.Times(l.Qty), discount+l.Discount, tax+l.Tax
		}
		for _, m := range q.Members {
			if m.Amount <= 0 || in.Deals.Segment == "" {
				t.Fatalf("a stranger pays the price of a group: %+v", m)
			}
			applied += m.Amount
		}
		for i, a := range q.Applied {
			if a.Amount <= 0 || a.Exclusive && len(q.Applied) > 1 {
				t.Fatalf("applied %d: %+v beside %d others", i, a, len(q.Applied)-1)
			}
			if a.Kind != Delivery {
				applied += a.Amount
			}
		}
		total := subtotal - discount + q.Delivery
		if in.Taxes.Added {
			total += q.Tax
		}
		if q.Subtotal != subtotal || q.Discount != discount || applied != discount || q.Tax != tax+taxed(in.Taxes, q.Delivery, "standard") || q.Total != total || q.Total < 0 || q.TaxIncluded == in.Taxes.Added {
			t.Fatalf("the quote %+v does not add up", q)
		}
		for range 3 { // another order, and other ids: the shopper pays the same
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 1))
			other := in
			other.Deals.Promotions = slices.Clone(in.Deals.Promotions)
			r.Shuffle(len(other.Deals.Promotions), func(i, j int) {
				a, b := &other.Deals.Promotions[i], &other.Deals.Promotions[j]
				*a, *b = *b, *a
			})
			for i := range other.Deals.Promotions {
				other.Deals.Promotions[i].ID = PromotionID(i + 1)
			}
			again, err := Make(other)
			if err != nil || again.Total != q.Total || again.Discount != q.Discount {
				t.Fatalf("in another order it costs %d with %d off instead of %d with %d off (%v)", again.Total, again.Discount, q.Total, q.Discount, err)
			}
		}
	})
}

// taxed is what a line of a class should be taxed, written down once more.
func taxed(in Taxes, a money.Amount, class string) money.Amount {
	rate := map[string]money.Rate{"standard": in.Standard, "reduced": in.Reduced, "zero": in.Zero}[class]
	if in.Added {
		return rate.Of(a)
	}
	return rate.Inside(a)
}

func TestCodesAreReadAsPeopleWriteThem(t *testing.T) {
	for _, s := range []string{"late10", " LATE-10 ", "Late 10", "ＬＡＴＥ１０"} {
		if got := CodeKey(s); got != "LATE10" {
			t.Errorf("%q is read as %q", s, got)
		}
	}
	seen := map[string]bool{}
	for range 1000 {
		c := newCode()
		if len(c) != 20 || CodeKey(c) != c || seen[c] {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
	}
}

func TestASegmentsPriceIsForTheSegmentAlone(t *testing.T) {
	students := named(1, Percent, 1000)
	students.Segments = []string{"student"}
	for segment, off := range map[string]money.Amount{"student": 120, "parent": 0, "default": 0, "": 0} {
		q := quote(t, Input{Lines: []Wanted{{goods(1, 1200, 7), 1}}, Deals: Deals{Promotions: []Promotion{students}, Segment: segment}})
		if q.Discount != off || off > 0 && q.Applied[0].Name != students.Name {
			t.Errorf("segment %q: %d off, told as %+v", segment, q.Discount, q.Applied)
		}
	}
}

func TestAGroupPaysItsPriceWhereItIsLower(t *testing.T) {
	b := goods(1, 1000, 7) // on sale: the list says 1200
	b.List = 1200
	list := PriceList{ID: 1, Name: i18n.Text{En: "Student price"}, State: Live, Currency: "USD", Segment: "student", Percent: 2500}
	change := func(do func(*PriceList)) PriceList {
		l := list
		do(&l)
		return l
	}
	for name, c := range map[string]struct {
		list    PriceList
		segment string
		b       catalog.Buyable
		off     money.Amount // of two pieces
	}{
		"off the list price, not the sale's":  {list, "student", b, 200},
		"somebody else":                       {list, "parent", b, 0},
		"a guest":                             {list, "", b, 0},
		"the sale is cheaper":                 {change(func(l *PriceList) { l.Percent = 1000 }), "student", b, 0},
		"a price of its own":                  {change(func(l *PriceList) { l.Entries = map[catalog.VariantID]money.Amount{1: 700} }), "student", b, 600},
		"a price of its own that is higher":   {change(func(l *PriceList) { l.Entries = map[catalog.VariantID]money.Amount{1: 1100} }), "student", b, 0},
		"stopped":                             {change(func(l *PriceList) { l.State = Stopped }), "student", b, 0},
		"another currency":                    {change(func(l *PriceList) { l.Currency = "EUR" }), "student", b, 0},
		"sensitive goods cost what they cost": {list, "student", func() catalog.Buyable { s := b; s.Sensitive = true; return s }(), 0},
	} {
		q := quote(t, Input{Lines: []Wanted{{c.b, 2}}, Deals: Deals{Lists: []PriceList{c.list}, Segment: c.segment}})
		if q.Discount != c.off || q.Total != 2000-c.off || (len(q.Members) > 0) != (c.off > 0) {
			t.Errorf("%s: %d off, %+v", name, q.Discount, q.Members)
		}
	}
	// A promotion comes on top, and a piece that is given away is worth what the group pays.
	gift := named(1, Bundle, 0)
	gift.Buy, gift.Free = 1, 1
	if q := quote(t, Input{Lines: []Wanted{{b, 2}}, Deals: Deals{Lists: []PriceList{list}, Segment: "student", Promotions: []Promotion{gift}}}); q.Total != 900 || q.Discount != 1100 {
		t.Errorf("buy one, get one free: %+v", q)
	}
}
