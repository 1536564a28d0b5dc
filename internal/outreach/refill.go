package outreach

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
)

// A refill is a consumable that should be used up by now. How long a pack lasts
// is a log-normal of the gaps between purchases, divided by the packs bought,
// shrunk: the product's towards what its author wrote, a person's towards the
// product's.

// RefillMail is the template of a reminder to buy a consumable again.
const RefillMail = "refill"

const (
	authorGaps   = 10 // what the author wrote weighs as many gaps
	peopleGaps   = 5  // fewer gaps of all people are not spoken of
	ownGaps      = 2  // from so many of their own on a person's count, and the product's weigh as many
	longestGap   = 6  // times what the author wrote: whoever waited longer had stopped
	refillThink  = 2  // days, beside those of the delivery
	refillLate   = 7  // days after it ran out in which a reminder is still one
	refillPast   = 2  // years of purchases
	refillJoined = 5  // days in which others that run out go into the same mail
	datesTold    = 2  // of the last purchases
	refillSells  = 5  // of so many reminders one is taken to sell, until more is known
)

// refillWords is what the mail about refills says beside its goods.
type refillWords struct{ More bool }

// Consumable is a product that is used up. Days is how long a pack lasts by
// what people bought again, Written what its author says.
type Consumable struct {
	ProductID catalog.ProductID
	Written   int
	Days      float64
	Gaps      int
	learned   time.Time
}

// oneBuy is a purchase of a consumable.
type oneBuy struct {
	OrderID   int64
	VariantID catalog.VariantID
	At        time.Time
	Qty       int
}

// gapsOf are the days that a pack lasted between the purchases of one person,
// the oldest first, as the sum of their logarithms.
func gapsOf(buys []oneBuy, written int) (sum float64, n int) {
	for i := 1; i < len(buys); i++ {
		days := buys[i].At.Sub(buys[i-1].At).Hours() / 24
		if days < 1 || days > float64(longestGap*written*buys[i-1].Qty) {
			continue
		}
		sum, n = sum+math.Log(days/float64(buys[i-1].Qty)), n+1
	}
	return sum, n
}

// learned shrinks the gaps of all people towards what the author wrote.
func learned(written int, sum float64, n int) float64 {
	return math.Exp((authorGaps*math.Log(float64(written)) + sum) / float64(authorGaps+n))
}

// lasts is how long a pack lasts a person, and whether that is their own pace.
func (k *Consumable) lasts(buys []oneBuy) (days float64, own bool) {
	days = float64(k.Written)
	if k.Gaps >= peopleGaps {
		days = k.Days
	}
	sum, n := gapsOf(buys, k.Written)
	if n < ownGaps {
		return days, false
	}
	return math.Exp((ownGaps*math.Log(days) + sum) / float64(ownGaps+n)), true
}

// Refill is a consumable of a person with the day on which it should run out.
type Refill struct {
	Consumable
	Buys  []oneBuy // the oldest first
	Lasts float64  // days, a pack
	Own   bool     // by their own purchases
	Ends  time.Time
}

func (k *Consumable) refill(buys []oneBuy) Refill {
	days, own := k.lasts(buys)
	last := buys[len(buys)-1]
	return Refill{*k, buys, days, own, last.At.Add(time.Duration(days * float64(last.Qty) * 24 * float64(time.Hour)))}
}

// near reports whether a reminder is due: lead days before it runs out, until
// some days after.
func (r *Refill) near(now time.Time, lead int) bool {
	return !now.Before(r.Ends.AddDate(0, 0, -lead)) && now.Before(r.Ends.AddDate(0, 0, refillLate))
}

func (r *Refill) last() oneBuy { return r.Buys[len(r.Buys)-1] }

// Variant is what was bought last.
func (r *Refill) Variant() catalog.VariantID { return r.last().VariantID }

// Reason says in words what the day rests on; every figure can be counted again.
func (r *Refill) Reason(l i18n.Lang, zone *time.Location, simulated bool) string {
	var dates []string
	for _, b := range r.Buys[max(0, len(r.Buys)-datesTold):] {
		dates = append(dates, i18n.Date(l, b.At.In(zone)))
	}
	bought := i18n.T(l, "mail.refill.bought", "dates", strings.Join(slices.Compact(dates), i18n.T(l, "mail.refill.and")))
	if n := r.last().Qty; n > 1 {
		bought += i18n.T(l, "mail.refill.packs", "n", n)
	}
	key := "mail.refill.written"
	switch {
	case r.Own:
		key = "mail.refill.own"
	case r.Gaps >= peopleGaps && simulated:
		key = "mail.refill.people.simulated"
	case r.Gaps >= peopleGaps:
		key = "mail.refill.people"
	}
	return bought + i18n.T(l, key, "days", int(math.Round(r.Lasts)), "date", i18n.Date(l, r.Ends.In(zone)))
}

// RemindRefills mails people of what should be running out, once a purchase:
// several things in one mail. Only who allows offers by mail and the use of
// their purchases is looked at.
func (d *Desk) RemindRefills(ctx context.Context, now time.Time) error {
	lead, err := d.refillLead(ctx)
	if err != nil {
		return err
	}
	failures := d.eachDue(ctx, RefillMail, now, func(s *Send) (bool, error) {
		if s.CustomerID == nil {
			return false, nil
		}
		return false, d.remindRefill(ctx, *s.CustomerID, lead, now)
	})
	all, err := learnRefills(ctx, d.DB, now)
	if err != nil {
		return errors.Join(failures, err)
	}
	seen := map[customer.ID]bool{}
	for i := range all {
		people, err := runsOut(ctx, d.DB, &all[i], lead, now)
		if err != nil {
			return errors.Join(failures, err)
		}
		for _, id := range people {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			if seen[id] {
				continue
			}
			seen[id] = true
			if err := d.remindRefill(ctx, id, lead, now); err != nil {
				failures = errors.Join(failures, fmt.Errorf("remind customer %d of refills: %w", id, err))
			}
		}
	}
	return failures
}

// refillLead is how many days before something runs out people hear of it: the
// quickest delivery and two days to think.
func (d *Desk) refillLead(ctx context.Context) (int, error) {
	methods, err := pricing.AllMethods(ctx, d.DB)
	if err != nil {
		return 0, err
	}
	quickest := -1
	for _, m := range methods {
		if m.Active && (quickest < 0 || m.DaysMax < quickest) {
			quickest = m.DaysMax
		}
	}
	return max(0, quickest) + refillThink, nil
}

// RefillsOf are the consumables of an account, what runs out first before others;
// none where its purchases may not be used.
func RefillsOf(ctx context.Context, q db.Q, c *customer.Customer, now time.Time) ([]Refill, error) {
	if ok, err := mayUseHistory(ctx, q, c); err != nil || !ok {
		return nil, err
	}
	past, err := purchases(ctx, q, c.ID)
	if err != nil || len(past) == 0 {
		return nil, err
	}
	by := map[catalog.ProductID][]oneBuy{}
	for _, b := range slices.Backward(past) {
		if b.VariantID != 0 && b.At.After(now.AddDate(-refillPast, 0, 0)) {
			by[b.ProductID] = append(by[b.ProductID], oneBuy{int64(b.OrderID), b.VariantID, b.At, b.Qty - b.CancelledQty - b.ReturnedQty})
		}
	}
	known, err := consumables(ctx, q)
	if err != nil {
		return nil, err
	}
	var all []Refill
	for i := range known {
		if buys := by[known[i].ProductID]; len(buys) > 0 {
			all = append(all, known[i].refill(buys))
		}
	}
	slices.SortStableFunc(all, func(a, b Refill) int { return a.Ends.Compare(b.Ends) })
	return all, nil
}

// RefillsDue are those that run out within ahead days, or ran out late days ago at most.
func RefillsDue(ctx context.Context, q db.Q, c *customer.Customer, ahead, late int, now time.Time) ([]Refill, error) {
	all, err := RefillsOf(ctx, q, c, now)
	return slices.DeleteFunc(all, func(r Refill) bool {
		return now.Before(r.Ends.AddDate(0, 0, -ahead)) || !now.Before(r.Ends.AddDate(0, 0, late))
	}), err
}

// refillKey is one reminder a purchase.
func refillKey(id customer.ID, r *Refill) string {
	return fmt.Sprintf("%s:%d:%d:%d", RefillMail, int64(id), int64(r.ProductID), r.last().OrderID)
}

// remindRefill decides on one person's mail: what runs out first names it,
// what runs out soon after goes along.
func (d *Desk) remindRefill(ctx context.Context, id customer.ID, lead int, now time.Time) error {
	owner, err := customer.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	due, err := d.dueRefills(ctx, owner, lead, now)
	if err != nil || len(due) == 0 {
		return err
	}
	set := d.Settings.Now()
	ids := make([]catalog.VariantID, len(due))
	for i := range due {
		ids[i] = due[i].Variant()
	}
	there, err := catalog.Buyables(ctx, d.DB, ids, readsIn(set, owner))
	if err != nil {
		return err
	}
	due = slices.DeleteFunc(due, func(r Refill) bool { return units(there[r.Variant()]) == 0 })
	if len(due) == 0 || !due[0].near(now, lead) {
		return nil // sold out: asked again while it is worth a word
	}
	s := &Send{Key: refillKey(id, &due[0]), Class: Marketing, Template: RefillMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang, Simulated: owner.Simulated}
	w := letter{Name: owner.Name, Link: d.url(owner.Lang, "/account"), wares: wares{Used: &refillWords{len(due) > 1}}}
	worth, keys := money.Amount(0), []string{}
	for i := range due {
		b := there[due[i].Variant()]
		w.Picks = append(w.Picks, d.refillLine(&due[i], b, owner))
		w.stand(b.Image)
		keys = append(keys, refillKey(id, &due[i]))
		if b.Price.Currency == set.Currency() {
			worth += set.ValueMargin().Of(b.Price.Amount)
		}
	}
	went, err := d.offer(ctx, s, Candidate{Class: Marketing, Purpose: customer.MailOffers, Topic: Refills, Email: owner.Email, Customer: owner,
		Content: printWords(RefillMail, keys), Worth: int64(worth / refillSells), Expires: due[0].Ends.AddDate(0, 0, refillLate)}, Address{owner.Name, owner.Email}, w, now)
	if err != nil || !went {
		return err
	}
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return wentAlong(ctx, tx, d, s, keys[1:], now) })
}

func (d *Desk) refillLine(r *Refill, b catalog.Buyable, c *customer.Customer) pickWords {
	name := headerLine(b.Name.In(c.Lang))
	if choices := headerLine(b.Choices.In(c.Lang)); choices != "" {
		name += i18n.T(c.Lang, "mail.goods.choices", "choices", choices)
	}
	return pickWords{Name: name, Price: i18n.Money(c.Lang, b.Price), Link: d.url(c.Lang, "/p/"+b.Slug+"?v="+b.SKU),
		Reason: r.Reason(c.Lang, zoneOf(d.Settings.Now(), c), d.Demo)}
}

// dueRefills are what one mail may name: near its end, or soon; not decided on
// yet, and not in the cart or ordered meanwhile under the same address.
func (d *Desk) dueRefills(ctx context.Context, c *customer.Customer, lead int, now time.Time) ([]Refill, error) {
	all, err := RefillsDue(ctx, d.DB, c, lead+refillJoined, refillLate, now)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	has := map[catalog.ProductID]bool{}
	if err := inCart(ctx, d.DB, c, has); err != nil {
		return nil, err
	}
	var due []Refill
	for i := range all {
		r := &all[i]
		have, err := byKey(ctx, d.DB, refillKey(c.ID, r))
		if err != nil {
			return nil, err
		}
		if has[r.ProductID] || have != nil && (have.State != Deferred || have.DueAt.After(now)) {
			continue
		}
		newer, err := orderedSince(ctx, d.DB, c, r.ProductID, r.last().At)
		if err != nil {
			return nil, err
		}
		if !newer {
			due = append(due, *r)
		}
	}
	return due, nil
}
