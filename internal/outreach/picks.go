package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/recommend"
	"regulars/internal/setting"
)

// Goods in a mail of consent: chosen for one person, each with a reason that
// is literally true, none that cannot be had at the moment of sending.

const (
	pastOrders  = 200 // of a person, that choices rest on
	pastGoods   = 20  // the last different ones of them
	modelPicks  = 48
	oneInFifty  = 50 // of mails with goods that are taken to sell one of them, until more is known
	perShelfOne = 1  // a mail shows no two of one shelf before each other shelf had its turn
)

// pick is one product of a mail.
type pick struct {
	Card   catalog.Card
	Reason i18n.Text
}

// pickWords is a product as a mail says it.
type pickWords struct {
	Name, Price, Was, Reason, Link string
}

// wares is what mails of goods and days say; part of letter.
type wares struct {
	Day   *dayWords
	Picks []pickWords
	Week  *weekWords
	Used  *refillWords
	Found *foundWords
	List  *listWords
}

// bought is what a person bought and kept, the newest first, one entry a line.
type bought struct {
	order.Line
	At time.Time
}

// purchases reads what an account bought and paid, without what was cancelled
// or given back. The caller asked whether history may be used.
func purchases(ctx context.Context, q db.Q, id customer.ID) ([]bought, error) {
	ago, err := order.LongAgoOf(ctx, q, id)
	if err != nil {
		return nil, err
	}
	orders, _, err := order.Since(ctx, q, id, ago.Through.Time, pastOrders)
	if err != nil {
		return nil, err
	}
	orders = slices.DeleteFunc(orders, func(o order.Order) bool {
		return o.State == order.Cancelled || o.PaymentState != order.Paid && o.PaymentState != order.PartlyRefunded && o.PaymentState != order.Processing
	})
	ids := make([]order.ID, len(orders))
	for i := range orders {
		ids[i] = orders[i].ID
	}
	lines, err := order.LinesOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	var all []bought
	for _, o := range orders {
		for _, l := range lines[o.ID] {
			if l.Qty > l.CancelledQty+l.ReturnedQty {
				all = append(all, bought{l, o.PlacedAt.Time})
			}
		}
	}
	for _, g := range ago.Goods { // of these the product and the month is all that is known
		all = append(all, bought{order.Line{ProductID: g.ProductID, Qty: g.Units}, order.MonthStart(g.LastMonth, time.UTC)})
	}
	return all, nil
}

// mayUseHistory is the gate of pages, asked for a mail: personal use and
// history both.
func mayUseHistory(ctx context.Context, q db.Q, c *customer.Customer) (bool, error) {
	given, err := customer.Consents(ctx, q, c.ID)
	if err != nil {
		return false, err
	}
	return customer.NewPerson(nil, c, given, nil).MayUseHistory(), nil
}

// readsIn is the currency in which prices are told to somebody.
func readsIn(set setting.Values, c *customer.Customer) money.Currency {
	if c != nil && slices.Contains(set.Currencies(), money.Currency(c.Currency)) {
		return money.Currency(c.Currency)
	}
	return set.Currency()
}

// zoneOf is the zone of somebody's day.
func zoneOf(set setting.Values, c *customer.Customer) *time.Location {
	if c != nil && c.Zone != "" && c.Zone != "Local" {
		if zone, err := time.LoadLocation(c.Zone); err == nil {
			return zone
		}
	}
	return set.Zone()
}

// chainPicks are at most n products that go with what a person bought: what
// the shop's authors wrote first, then what orders say. Nothing they bought
// before or have in the cart, nothing sensitive or sold out, one of a shelf.
// Empty where history may not be used.
func (d *Desk) chainPicks(ctx context.Context, q db.Q, c *customer.Customer, n int) ([]pick, error) {
	if ok, err := mayUseHistory(ctx, q, c); err != nil || !ok {
		return nil, err
	}
	past, err := purchases(ctx, q, c.ID)
	if err != nil || len(past) == 0 {
		return nil, err
	}
	has := map[catalog.ProductID]bool{}
	var at []catalog.ProductID
	for _, b := range past {
		if !has[b.ProductID] && len(at) < pastGoods {
			at = append(at, b.ProductID)
		}
		has[b.ProductID] = true
	}
	if err := inCart(ctx, q, c, has); err != nil {
		return nil, err
	}
	currency := readsIn(d.Settings.Now(), c)
	of, err := cardsOf(ctx, q, at, currency)
	if err != nil {
		return nil, err
	}
	at = slices.DeleteFunc(at, func(id catalog.ProductID) bool { return of[id].ID == 0 || of[id].Sensitive })
	return d.goesWithAll(ctx, q, at, of, has, currency, n)
}

// inCart adds what lies in the account's open cart.
func inCart(ctx context.Context, q db.Q, c *customer.Customer, has map[catalog.ProductID]bool) error {
	open, err := cart.Open(ctx, q, customer.NewPerson(nil, c, nil, nil))
	if err != nil || open == nil {
		return err
	}
	view, err := cart.Items(ctx, q, open)
	if err != nil {
		return err
	}
	for _, item := range view.Items {
		has[item.Buyable.ProductID] = true
	}
	return nil
}

// chained are the kinds of relations that say what goes with a thing; the
// complex chain presumes something about a person, which no mail does.
var chained = []string{"needs", "fits", "refill", "part", "moment", "next"}

func (d *Desk) goesWithAll(ctx context.Context, q db.Q, at []catalog.ProductID, of map[catalog.ProductID]catalog.Card, has map[catalog.ProductID]bool, currency money.Currency, n int) ([]pick, error) {
	relations, err := catalog.RelationsFrom(ctx, q, at)
	if err != nil {
		return nil, err
	}
	never := map[catalog.ProductID]bool{}
	var found []pick
	for _, from := range at { // what was bought last speaks first
		for _, r := range relations {
			if r.Kind == "never" {
				never[r.ToID] = true
			}
			if r.FromID == from && slices.Contains(chained, r.Kind) && r.Reason.En != "" {
				found = append(found, pick{catalog.Card{ID: r.ToID}, inBoth("mail.picks.author", "name", of[from].Name, "reason", r.Reason)})
			}
		}
	}
	if d.Engine != nil {
		var asked []recommend.ProductID
		for _, id := range at {
			asked = append(asked, recommend.ProductID(id))
		}
		model := d.Engine.Model()
		for _, s := range model.Suggest(recommend.Query{Cart: asked, K: modelPicks, Exclude: func(id recommend.ProductID) bool { return has[catalog.ProductID(id)] }}) {
			if together, n, ok := model.Worth(s); ok {
				key := "mail.picks.together"
				if d.Demo {
					key = "mail.picks.together.simulated"
				}
				found = append(found, pick{catalog.Card{ID: catalog.ProductID(s.Product)}, inBoth(key, "name", of[catalog.ProductID(s.Because)].Name, "n", together, "m", n)})
			}
		}
	}
	return stocked(ctx, q, found, currency, n, func(k catalog.Card) bool { return !has[k.ID] && !never[k.ID] })
}

// stocked keeps of found what can be had now and may be shown, one of a shelf
// at first, at most n.
func stocked(ctx context.Context, q db.Q, found []pick, currency money.Currency, n int, may func(catalog.Card) bool) ([]pick, error) {
	ids := make([]catalog.ProductID, len(found))
	for i, f := range found {
		ids[i] = f.Card.ID
	}
	cards, err := cardsOf(ctx, q, ids, currency)
	if err != nil {
		return nil, err
	}
	var out []pick
	taken, shelf := map[catalog.ProductID]bool{}, map[catalog.CategoryID]int{}
	for round := range 2 {
		for _, f := range found {
			k, ok := cards[f.Card.ID]
			if !ok || len(out) == n || taken[k.ID] || !k.InStock || k.Waits || k.Sensitive || !may(k) || round == 0 && shelf[k.CategoryID] >= perShelfOne {
				continue
			}
			taken[k.ID] = true
			shelf[k.CategoryID]++
			out = append(out, pick{k, f.Reason})
		}
	}
	return out, nil
}

func cardsOf(ctx context.Context, q db.Q, ids []catalog.ProductID, currency money.Currency) (map[catalog.ProductID]catalog.Card, error) {
	all := make(map[catalog.ProductID]catalog.Card, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	list, err := catalog.Cards(ctx, q, ids, currency)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		all[k.ID] = k
	}
	return all, nil
}

// inBoth says a reason in both languages; texts among the arguments go in each
// in its own.
func inBoth(key string, args ...any) i18n.Text {
	in := func(l i18n.Lang) string {
		own := slices.Clone(args)
		for i, a := range own {
			if t, ok := a.(i18n.Text); ok {
				own[i] = headerLine(t.In(l))
			}
		}
		return i18n.T(l, key, own...)
	}
	return i18n.Text{En: in(i18n.English), Zh: in(i18n.Chinese)}
}

// lay puts products into a letter, with their drawings.
func (d *Desk) lay(w *letter, l i18n.Lang, picks []pick) {
	for _, p := range picks {
		words := pickWords{Name: headerLine(p.Card.Name.In(l)), Price: i18n.Money(l, p.Card.Price), Reason: p.Reason.In(l), Link: d.url(l, "/p/"+p.Card.Slug)}
		if p.Card.From {
			words.Price = i18n.T(l, "mail.picks.from", "price", words.Price)
		}
		if p.Card.Was > p.Card.Price.Amount {
			words.Was = i18n.Money(l, money.Price{Amount: p.Card.Was, Currency: p.Card.Price.Currency})
		}
		w.Picks = append(w.Picks, words)
		w.stand(p.Card.Image)
	}
}

// stand lays a picture on the table of the mail, if it is a drawing.
func (w *letter) stand(img catalog.Image) {
	p, ok := art.Source(img.Src)
	if ok && len(w.things) < mostDepicted && !slices.Contains(w.things, p) {
		w.things = append(w.things, p)
	}
}

// worthOf is the margin that a mail with these goods is expected to bring, in
// minor units of the shop's currency: that of the one bought by one in fifty.
// Prices in other currencies count nothing.
func (d *Desk) worthOf(picks []pick) int64 {
	set := d.Settings.Now()
	sum, n := money.Amount(0), money.Amount(0)
	for _, p := range picks {
		if p.Card.Price.Currency == set.Currency() {
			sum, n = sum+set.ValueMargin().Of(p.Card.Price.Amount), n+1
		}
	}
	if n == 0 {
		return 0
	}
	return int64(sum / n / oneInFifty)
}

// printOf is the fingerprint of goods: the same whatever their order.
func printOf(kind string, picks []pick) string {
	names := make([]string, len(picks))
	for i, p := range picks {
		names[i] = fmt.Sprint(int64(p.Card.ID))
	}
	slices.Sort(names)
	return printWords(kind, names)
}

func printWords(kind string, names []string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, " ")))
	return kind + ":" + hex.EncodeToString(sum[:10])
}
