package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/owner"
)

// drafting is Plotline 3, no longer sold, and Plotline 4 with its upgrade.
type drafting struct {
	*shop
	old, new         catalog.ProductID
	three, four, upg catalog.VariantID
}

func sellsDrafting(s *shop) *drafting {
	p := &drafting{shop: s}
	fact := func(key, name, value string) catalog.Fact {
		return catalog.Fact{Key: key, Name: i18n.Text{En: name}, ValueCode: key, Value: i18n.Text{En: value}}
	}
	variant := func(sku, edition string, amount money.Amount) catalog.DraftVariant {
		v := catalog.Variant{SKU: sku, Active: true}
		if edition != "" {
			v.Choices = map[string]string{"edition": edition}
		}
		return catalog.DraftVariant{Variant: v, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: amount}}}
	}
	s.tx(func(tx *db.Tx) error {
		id, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "SW02", Slug: "plotline-3", Name: i18n.Text{En: "Plotline 3", Zh: "绘线三"}, Digital: true, Durable: true},
			Variants: []catalog.DraftVariant{variant("SW02", "", 11900)}, Facts: []catalog.Fact{fact("system", "System", "Windows"), fact("licence", "Licence", "Perpetual")}}, monday)
		if err != nil {
			return err
		}
		p.old, p.three = id, ids["SW02"]
		id, _, ids, err = catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "SW01", Slug: "plotline-4", Name: i18n.Text{En: "Plotline 4", Zh: "绘线四"}, Published: true, Digital: true, Durable: true},
			Options:  []catalog.Option{{Code: "edition", Name: i18n.Text{En: "Edition"}, Choices: []catalog.Choice{{Code: "full", Name: i18n.Text{En: "Full"}}, {Code: "upgrade", Name: i18n.Text{En: "Upgrade"}}}}},
			Variants: []catalog.DraftVariant{variant("SW01", "full", 14900), variant("SW01-UP", "upgrade", 5900)},
			Facts:    []catalog.Fact{fact("system", "System", "Windows, Linux"), fact("licence", "Licence", "Perpetual")}}, monday)
		if err != nil {
			return err
		}
		p.new, p.four, p.upg = id, ids["SW01"], ids["SW01-UP"]
		if err := catalog.PutRelation(ctx, tx, catalog.Relation{FromID: p.old, ToID: p.new, Kind: "replaced", Reason: i18n.Text{En: "The version sold today"}, Source: "author", Weight: 1}); err != nil {
			return err
		}
		return owner.SetUpgrade(ctx, tx, p.upg, p.old, "", true)
	})
	return p
}

// bought notes an order of somebody, of an account or a guest's address.
func (p *drafting) bought(who *customer.Person, email string, product catalog.ProductID, v catalog.VariantID, paid order.Payment, at time.Time) (number string) {
	p.Helper()
	p.tx(func(tx *db.Tx) error {
		external := fmt.Sprint(email, who != nil, v, at.UnixNano())
		o := order.Order{ExternalID: &external, Email: email, Currency: "USD", Subtotal: 11900, Total: 11900, TaxIncluded: true, State: order.Completed,
			PaymentState: paid, DeliveryState: order.Delivered, PlacedAt: db.At(at), PaidAt: db.At(at), ClosedAt: db.At(at), Imported: true, Lang: i18n.English}
		if who != nil {
			o.CustomerID = &who.Customer.ID
		}
		all := []order.Order{o}
		return order.CreateImported(ctx, tx, all, [][]order.Line{{{ProductID: product, VariantID: v, SKU: "X", Name: i18n.Text{En: "Plotline"}, Qty: 1, UnitPrice: 11900, Total: 11900}}})
	})
	p.must(p.db.Query(ctx).Raw("SELECT number FROM orders ORDER BY id DESC LIMIT 1").Scan(&number).Error)
	return number
}

func (p *drafting) release() *owner.Notice {
	p.Helper()
	n := &owner.Notice{Kind: owner.Release, ProductID: p.old, ToID: p.new, Facts: "system", Title: i18n.Text{En: "Plotline 4 is here", Zh: "绘线四来了"},
		Body: i18n.Text{En: "Sections follow the model.", Zh: "剖面随模型更新。"}, Steps: i18n.Text{En: "- Buy the upgrade\n- Type the new key", Zh: "- 购买升级\n- 输入新密钥"}}
	p.tx(func(tx *db.Tx) error { return owner.Put(ctx, tx, n, monday) })
	return n
}

func (p *drafting) start(n *owner.Notice, at time.Time) (count int, err error) {
	err = p.db.InTx(ctx, func(tx *db.Tx) (err error) {
		count, err = owner.Start(ctx, tx, n.Token, "staff:1", at)
		return err
	})
	return count, err
}

func (p *drafting) told(n *owner.Notice) string {
	p.Helper()
	all, err := owner.Count(ctx, p.db, n.ID)
	p.must(err)
	out := map[string]int{}
	for _, t := range all {
		out[strings.TrimSuffix(string(t.State)+" "+t.Reason, " ")] += t.Count
	}
	return strings.TrimPrefix(fmt.Sprint(out), "map")
}

func allowsUpgrades(f *customer.SignUpForm) { f.MailOffers, f.MailUpgrades = true, true }

// S71: owners of version 3 get the notice with differences, upgrade path and
// price, once, however often it is started and swept; owners of 4, those who got
// their money back, gave it away or said no do not.
func TestOwnersOfTheVersionBeforeAreToldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := sellsDrafting(open(t, d))
		year := monday.AddDate(-1, 0, 0)
		ann, bob := p.account("ann@mail.test", allowsUpgrades), p.account("bob@mail.test", nil)
		cleo, dan := p.account("cleo@mail.test", allowsUpgrades), p.account("dan@mail.test", allowsUpgrades)
		eve, fay := p.account("eve@mail.test", allowsUpgrades), p.account("fay@mail.test", allowsUpgrades)
		p.bought(ann, "ann@mail.test", p.old, p.three, order.Paid, year)
		p.bought(ann, "ann@mail.test", p.old, p.three, order.Paid, year.Add(hour))
		p.bought(bob, "bob@mail.test", p.old, p.three, order.Paid, year)
		p.bought(cleo, "cleo@mail.test", p.old, p.three, order.Refunded, year)
		p.bought(dan, "dan@mail.test", p.old, p.three, order.Paid, year)
		p.bought(dan, "dan@mail.test", p.new, p.four, order.Paid, monday.Add(-hour))
		p.bought(eve, "eve@mail.test", p.new, p.four, order.Paid, year)
		given := p.bought(fay, "fay@mail.test", p.old, p.three, order.Paid, year)
		p.bought(nil, "guest@mail.test", p.old, p.three, order.Paid, year)
		p.tx(func(tx *db.Tx) error {
			return owner.GiveAway(ctx, tx, fay.Customer.ID, given, "plotline-3", true, monday)
		})
		n := p.release()
		all, steps, err := owner.Steps(ctx, d, n)
		p.must(err)
		if got := fmt.Sprint(all, steps); got != "6 [{gave-back 1} {gave-away 1} {newer 1} {guest 1} {no-consent 1} { 1}]" {
			t.Errorf("steps %s", got)
		}
		if count, err := p.start(n, monday); err != nil || count != 3 {
			t.Fatalf("%d people, %v", count, err)
		}
		if _, err := p.start(n, monday); err == nil {
			t.Error("started twice")
		}
		for i := range 3 {
			p.must(p.desk.TellOwners(ctx, monday.Add(time.Duration(i)*time.Minute)))
		}
		mails := p.mails()
		if len(mails) != 1 || address(mails[0].To) != "ann@mail.test" {
			t.Fatalf("%d mails, %s", len(mails), p.told(n))
		}
		for _, want := range []string{"you own Plotline 3", "Plotline 4", "System: Windows → Windows, Linux", "Sections follow", "Type the new key", "$59", "$149", "/p/plotline-4?v=SW01-UP", "/u/"} {
			if !strings.Contains(mails[0].Text, want) {
				t.Errorf("no %q in\n%s", want, mails[0].Text)
			}
		}
		if strings.Contains(mails[0].Text, "Licence") {
			t.Error("a fact that is the same is told as a difference")
		}
		if got := p.told(n); got != "[told:1 withheld no-consent:2]" {
			t.Errorf("told %s", got)
		}
		if n, err = owner.ByToken(ctx, d, n.Token); err != nil || n.State != owner.Done {
			t.Errorf("%+v %v", n, err)
		}
		// Another notice of the same version is the same news.
		again := p.release()
		if _, err := p.start(again, monday.AddDate(0, 1, 0)); err != nil {
			t.Fatal(err)
		}
		p.must(p.desk.TellOwners(ctx, monday.AddDate(0, 1, 0)))
		if len(p.mails()) != 1 {
			t.Error("told of one version twice")
		}
	})
}

// What was sent back, or upgraded, between the start and the mail is seen in the
// transaction that sends; what is stopped waits, and goes on where it was.
func TestWhoGaveItBackMeanwhileIsNotTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := sellsDrafting(open(t, d))
		year := monday.AddDate(-1, 0, 0)
		ann, bob, cleo := p.account("ann@mail.test", allowsUpgrades), p.account("bob@mail.test", allowsUpgrades), p.account("cleo@mail.test", allowsUpgrades)
		first := p.bought(ann, "ann@mail.test", p.old, p.three, order.Paid, year)
		p.bought(bob, "bob@mail.test", p.old, p.three, order.Paid, year)
		p.bought(cleo, "cleo@mail.test", p.old, p.three, order.Paid, year)
		n := p.release()
		if count, err := p.start(n, monday); err != nil || count != 3 {
			t.Fatal(count, err)
		}
		p.tx(func(tx *db.Tx) error { return owner.Switch(ctx, tx, n.Token, false, monday) })
		p.must(p.desk.TellOwners(ctx, monday))
		if len(p.mails()) != 0 || p.told(n) != "[waiting:3]" {
			t.Fatalf("a stopped notice went out: %s", p.told(n))
		}
		p.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE orders SET payment_state = 'refunded' WHERE number = ?", first).Error
		})
		p.bought(bob, "bob@mail.test", p.new, p.upg, order.Paid, monday)
		p.tx(func(tx *db.Tx) error { return owner.Switch(ctx, tx, n.Token, true, monday) })
		p.must(p.desk.TellOwners(ctx, monday.Add(hour)))
		if mails := p.mails(); len(mails) != 1 || address(mails[0].To) != "cleo@mail.test" {
			t.Errorf("%d mails", len(mails))
		}
		if got := p.told(n); got != "[gone gave-back:1 gone newer:1 told:1]" {
			t.Errorf("told %s", got)
		}
	})
}

// A recall reaches every buyer of those days, guests and who said no among them,
// holds no offer, is told once, and names who could not be reached.
func TestARecallReachesEverybodyItCan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := sellsDrafting(open(t, d))
		day := monday.AddDate(0, -2, 0)
		bob, cleo := p.account("bob@mail.test", nil), p.account("cleo@mail.test", nil)
		p.bought(bob, "bob@mail.test", p.old, p.three, order.Paid, day)
		p.bought(nil, "bob@mail.test", p.old, p.three, order.Paid, day.Add(hour)) // the same person as a guest
		p.bought(nil, "guest@mail.test", p.old, p.three, order.Paid, day)
		p.bought(cleo, "cleo@mail.test", p.old, p.three, order.Paid, day.AddDate(0, -6, 0)) // before the bad ones
		p.bought(nil, "", p.old, p.three, order.Paid, day)
		n := &owner.Notice{Kind: owner.Recall, ProductID: p.old, BoughtFrom: db.At(day.AddDate(0, -1, 0)), Remedies: "repair,refund", Title: i18n.Text{En: "Recall: Plotline 3", Zh: "召回：绘线三"},
			Body: i18n.Text{En: "It may catch fire. 20% off everything.", Zh: "可能起火。"}, Steps: i18n.Text{En: "Unplug it now.", Zh: "请立即拔下电源。"}}
		p.tx(func(tx *db.Tx) error { return owner.Put(ctx, tx, n, monday) })
		if _, err := p.start(n, monday); err == nil {
			t.Fatal("a recall with an offer in it started")
		}
		n.Body.En = "It may catch fire."
		p.tx(func(tx *db.Tx) error { return owner.Put(ctx, tx, n, monday.Add(time.Second)) })
		if count, err := p.start(n, monday.Add(time.Minute)); err != nil || count != 3 {
			t.Fatal(count, err)
		}
		night := time.Date(2026, 3, 3, 2, 0, 0, 0, time.UTC) // danger does not wait for the morning
		p.must(p.desk.TellOwners(ctx, night))
		p.must(p.desk.TellOwners(ctx, night.Add(hour)))
		to := map[string]int{}
		for _, m := range p.mails() {
			to[address(m.To)]++
			if !strings.Contains(m.Text, "Unplug it now.") || !strings.Contains(m.Text, "your money back") || strings.Contains(m.Text, "/u/") {
				t.Errorf("the mail says\n%s", m.Text)
			}
		}
		if fmt.Sprint(to) != "map[bob@mail.test:1 guest@mail.test:1]" || p.told(n) != "[told:2 withheld no-address:1]" {
			t.Errorf("%v %v", to, p.told(n))
		}
		call, err := owner.People(ctx, d, n.ID, owner.Withheld, 0, 10)
		if err != nil || len(call) != 1 || call[0].OrderNumber == "" || call[0].Reason != "no-address" {
			t.Errorf("%+v %v", call, err)
		}
		// It stands in the account until it was read.
		unread, err := owner.Unread(ctx, d, bob.Customer.ID)
		if err != nil || len(unread) != 1 {
			t.Fatalf("%v %v", unread, err)
		}
		p.tx(func(tx *db.Tx) error { return owner.Read(ctx, tx, n.Token, bob.Customer.ID, 0, night) })
		if unread, _ = owner.Unread(ctx, d, bob.Customer.ID); len(unread) != 0 {
			t.Error("read, and shown again")
		}
	})
}
