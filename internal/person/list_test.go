package person_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/person"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// shelves are a shop of five departments with one thing each.
func (s *shop) shelves() (lines []order.Line) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		for _, code := range []string{"AA", "BB", "CC", "DD", "EE"} {
			root, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: code, Slug: "shelf-" + strings.ToLower(code), Name: i18n.Text{En: "Shelf " + code}}, now)
			if err != nil {
				return err
			}
			p, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: code + "1", CategoryID: &root, Name: i18n.Text{En: "Thing " + code}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code + "1", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}}}, now)
			if err != nil {
				return err
			}
			lines = append(lines, order.Line{ProductID: p, VariantID: ids[code+"1"], SKU: code + "1", Name: i18n.Text{En: "Thing " + code}})
		}
		return nil
	})
	return lines
}

// bought writes a paid order of some things, for so much each.
func (s *shop) bought(who *customer.Customer, at time.Time, amount money.Amount, things ...order.Line) {
	s.t.Helper()
	external := fmt.Sprint(who.ID, at.Unix())
	total := amount.Times(len(things))
	for i := range things {
		things[i].Qty, things[i].UnitPrice, things[i].Total = 1, amount, amount
	}
	s.tx(func(tx *db.Tx) error {
		o := order.Order{ExternalID: &external, CustomerID: &who.ID, Currency: "USD", Subtotal: total, Total: total, TaxIncluded: true, State: order.Completed,
			PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(at), PaidAt: db.At(at), ClosedAt: db.At(at)}
		return order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{things})
	})
}

func (s *shop) list(name string, at, today time.Time) (p *person.Page, who []string) {
	s.t.Helper()
	p, err := person.ListOf(ctx, s.d, setting.Values{}, name, at, 1, today)
	s.must(err)
	for _, r := range p.Rows {
		who = append(who, r.Name)
	}
	slices.Sort(who)
	return p, who
}

func TestListsHoldWhomTheirRuleNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &shop{t, d}
		all := s.shelves()
		thing := func(i int) order.Line { return all[i] }
		back := func(days int) time.Time { return now.AddDate(0, 0, -days) }
		half, more, wide, one := s.person("half@mail.example", "Half", ""), s.person("more@mail.example", "More", ""), s.person("wide@mail.example", "Wide", ""), s.person("one@mail.example", "One", "")
		s.bought(half, back(500), 400_00, thing(0), thing(1))
		s.bought(half, back(100), 400_00, thing(0)) // half of the year before
		s.bought(more, back(500), 700_00, thing(0), thing(1))
		s.bought(more, back(100), 770_00, thing(0), thing(1)) // a tenth more
		for i := range 4 {
			s.bought(wide, back(200+i), 10_00, thing(1), thing(2), thing(3), thing(4))
			s.bought(one, back(150+i), 10_00, thing(0)) // often, of one department
		}
		s.must(value.Rebuild(ctx, d, setting.Values{}, now))
		if _, who := s.list(person.Fading, time.Time{}, now); slices.Contains(who, "More") {
			t.Errorf("fading are %v", who)
		}
		// Only the best fifth of the year before counts; of two that is one: more is above half.
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("DELETE FROM customer_values WHERE customer_id = ?", int64(more.ID)).Error
		})
		p, who := s.list(person.Fading, time.Time{}, now)
		if !slices.Equal(who, []string{"Half"}) || p.Rows[0].Drop() != 50 {
			t.Errorf("fading are %v", who)
		}
		s.must(value.Rebuild(ctx, d, setting.Values{}, now))
		p, who = s.list(person.Narrow, time.Time{}, now)
		if !slices.Equal(who, []string{"One"}) || len(p.Rows[0].Misses) < 3 {
			t.Errorf("narrow are %v: %+v", who, p.Rows)
		}
		if _, who = s.list(person.Gold, time.Time{}, now); !slices.Contains(who, "More") {
			t.Errorf("gold are %v", who)
		}
		if p, who = s.list(person.Costly, time.Time{}, now); len(who) != 0 || p.AllNet == 0 {
			t.Errorf("costly are %v", who)
		}
	})
}

// The lists add up to what the orders do; a return and letters make somebody a
// cost; complaints are counted as the tables have them.
func TestWhatCostsAndWhoComplained(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &shop{t, d}
		all := s.shelves()
		set := setting.Of(map[string]string{"value.question.cost": "5", "value.return.cost": "20"})
		loud, calm := s.person("loud@mail.example", "Loud", ""), s.person("calm@mail.example", "Calm", "")
		s.bought(loud, now.AddDate(0, 0, -200), 20_00, all[0])
		s.bought(calm, now.AddDate(0, 0, -200), 2_00, all[1])
		s.tx(func(tx *db.Tx) error {
			for i := range 4 {
				who := customer.NewPerson(nil, loud, nil, nil)
				if i == 3 {
					who = customer.NewPerson(nil, calm, nil, nil)
				}
				at := now.AddDate(0, 0, -10-i)
				if i == 0 {
					at = now.AddDate(0, 0, -364)
				}
				if _, err := ask.Contact(ctx, tx, ask.Message{Person: who, Lang: i18n.English, Body: "Broken again"}, at); err != nil {
					return err
				}
			}
			_, err := ask.Contact(ctx, tx, ask.Message{Person: customer.NewPerson(nil, loud, nil, nil), Lang: i18n.English, Body: "Long ago"}, now.AddDate(0, 0, -366))
			return err
		})
		read := func(list string, at time.Time) *person.Page {
			t.Helper()
			p, err := person.ListOf(ctx, d, set, list, at, 1, now)
			s.must(err)
			return p
		}
		s.must(value.Rebuild(ctx, d, set, now))
		p := read(person.Costly, time.Time{})
		var ledger money.Amount
		s.must(d.Query(ctx).Raw("SELECT CAST(sum(total) AS BIGINT) FROM orders WHERE paid_at > 0").Scan(&ledger).Error)
		if p.AllNet != ledger || len(p.IDs) != 2 || p.Contribution != p.All || p.All != 8_00-15_00+80-5_00 {
			t.Errorf("net %d of %d, %+v", p.AllNet, ledger, p)
		}
		if p = read(person.Complained, time.Time{}); len(p.IDs) != 0 {
			t.Errorf("of nobody big %+v", p.Rows)
		}
		s.tx(func(tx *db.Tx) error {
			err := value.Give(ctx, tx, set, loud.ID, value.Grant{Key: "grant-of-this-test-1", Tier: value.VeryLoyal, Reason: "for the trouble", Actor: "staff:1", Until: now.AddDate(0, 1, 0)}, now.AddDate(0, 0, -1))
			return err
		})
		p = read(person.Complained, time.Time{})
		var counted int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM questions WHERE customer_id = ? AND kind = 'contact' AND created_at > ?", int64(loud.ID), db.At(now.AddDate(0, 0, -365))).Scan(&counted).Error)
		if len(p.Rows) != 1 || p.Rows[0].Letters != counted || counted != 3 {
			t.Errorf("%d letters, %+v", counted, p.Rows)
		}
		tasks := func(day int) (n int) {
			s.tx(func(tx *db.Tx) (err error) {
				n, err = person.TaskEach(ctx, tx, person.Complained, p.IDs, "Call them", now.AddDate(0, 0, day), 1, now)
				return err
			})
			return n
		}
		if tasks(3) != 1 || tasks(3) != 0 || tasks(4) != 1 {
			t.Error("a list made a task twice for one day, or none for another")
		}
	})
}

// A list of a past day comes out as it was on that day.
func TestListsOfThePastComeFromTheirRule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &shop{t, d}
		all := s.shelves()
		var people []*customer.Customer
		for i := range 12 {
			people = append(people, s.person(fmt.Sprintf("p%d@mail.example", i), fmt.Sprintf("P%02d", i), ""))
		}
		then := now.AddDate(0, 0, -120)
		buy := func(from, to int) {
			for i, who := range people {
				for n := from; n < to; n++ {
					s.bought(who, now.AddDate(0, 0, -700+n*60+i), money.Amount(1000*(1+(i*7+n*3)%11)), all[(i*n)%5])
				}
			}
		}
		buy(0, 9) // until 149 days ago at the latest
		s.must(value.Rebuild(ctx, d, setting.Values{}, then))
		type seen struct {
			who []string
			sum money.Amount
		}
		was := map[string]seen{}
		for _, l := range person.Lists {
			p, who := s.list(l, time.Time{}, then)
			was[l] = seen{who, p.Contribution}
		}
		buy(10, 11) // 100 to 89 days ago
		s.must(value.Rebuild(ctx, d, setting.Values{}, now))
		differ := false
		for _, l := range person.Lists {
			p, who := s.list(l, then, now)
			if !slices.Equal(who, was[l].who) || p.Contribution != was[l].sum {
				t.Errorf("%s was %v, comes out as %v", l, was[l], who)
			}
			_, today := s.list(l, time.Time{}, now)
			differ = differ || !slices.Equal(today, who)
		}
		if !differ || len(was[person.Gold].who) == 0 {
			t.Error("nothing changed, or nobody was gold: the test sees nothing")
		}
	})
}
