package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/money"
	"regulars/internal/slot"
)

// What places of the shop bring is simulated for as long as its single
// impressions are kept. Planted: students click the shelves of their own home
// page 2.1 times as often as everybody's, engineers 1.8 times, gift-givers no
// more often; the block on the bottle's page adds 0.46 things each time it is
// shown, the complex chain of the fine laptops 0.07; nobody clicks what is for
// a baby of another age.
var (
	homeLift  = map[string]float64{"student": 2.1, "engineer": 1.8, "gift-giver": 1}
	blockAdds = map[string]float64{"BB01": .46, "CO01": .3, "CO02": .3}
	chainAdds = map[string]float64{"CO01": .07, "CO02": .07}
)

const (
	homeClicks  = .2 // each time everybody's page is shown
	usualLift   = 1.3
	usualAdds   = .25
	usualChain  = .03
	glances     = .1 // clicks that lead to nothing
	heldInTests = 5000
	heldInCart  = 1000
)

// unitCost is what a thing costs the shop, as a share of its price in
// hundredths, by department.
var unitCost = map[string]money.BasisPoints{"BK": 5600, "SP": 5200, "EN": 6100, "TL": 5900, "IN": 5400, "BB": 5500, "CO": 7800, "PH": 7100, "HT": 7200, "SW": 1500, "GF": 4600, "HC": 4900}

// places sets up costs, and tests of half of the crowd each.
func (b *builder) places(ctx context.Context, tx *db.Tx) error {
	costs := map[catalog.VariantID]*money.Amount{}
	var ids []catalog.VariantID
	for i := range b.goods {
		ids = append(ids, b.goods[i].ids...)
	}
	priced, err := catalog.Buyables(ctx, tx, ids, "USD")
	if err != nil {
		return err
	}
	for i := range b.goods {
		g := &b.goods[i]
		for _, id := range g.ids {
			if p := priced[id]; p.Priced && !p.GiftCard {
				cost := unitCost[g.department].Of(p.List)
				costs[id] = &cost
			}
		}
	}
	if err := catalog.SetCosts(ctx, tx, costs); err != nil {
		return err
	}
	for _, s := range slot.Slots {
		held, people := 0, 0
		switch s.Key {
		case slot.Home:
			held, people = heldInTests, 200 // of one segment
		case slot.Complements, slot.Complex:
			held, people = heldInTests, 1000 // who come by in so many days
		case slot.CartChain:
			held = heldInCart
		}
		if s.Held == slot.Always || held == 0 {
			continue
		}
		if err := slot.SetHeld(ctx, tx, s.Key, held, people, b.tested()); err != nil {
			return err
		}
	}
	return nil
}

// tested is when the tests began.
func (b *builder) tested() time.Time { return b.now.AddDate(0, 0, 1-analytics.SlotDays) }

// due fills rates: of n asked each gets its part, to within a half.
type due map[string]float64

func (d due) owes(key string, rate float64) { d[key] += rate }

// pays answers how many of most are due by now.
func (d due) pays(key string, most int) int {
	n := min(most, int(d[key]+.5))
	d[key] -= float64(n)
	return n
}

// side is the arm of a shopper, drawn as the shop's own pages would.
func (t *teller) side(key slot.Key, s *shopper, c *told) slot.Arm {
	var p *customer.Person
	switch {
	case c != nil && c.guest >= 0:
		if !c.personal {
			return slot.Outside
		}
		p = customer.NewPerson(&customer.Visitor{ID: t.nextVisitor + customer.VisitorID(c.guest), Personalize: "on"}, nil, nil, nil)
	case s.remember:
		p = customer.NewPerson(nil, &customer.Customer{ID: s.id}, map[customer.Purpose]bool{customer.Personalize: true}, nil)
	}
	return t.rules.Arm(key, p)
}

func (t *teller) placed(s *shopper, kind event.Kind, m slot.Mark, at time.Time, on *good, shown ...*good) event.Event {
	e := t.happened(s, kind, on, m.String(), at)
	if kind == event.SlotShown {
		ids := make([]int64, len(shown))
		for i, g := range shown {
			ids[i] = int64(g.id)
		}
		e.Detail = m.Seen(ids)
	}
	return e
}

// atHome is a look at the home page: seen by its segment or by everybody's
// page, clicked as often as was planted.
func (t *teller) atHome(s *shopper, g *good, at time.Time) []event.Event {
	if at.Before(t.tested()) {
		return nil
	}
	m := slot.Mark{Slot: slot.Home, Page: "default"}
	section := slot.Mark{Slot: slot.Section("category"), Page: "default"}
	rate := homeClicks
	if s.remember {
		m.Page, section.Page, section.Arm = kinds[s.kind].segment, kinds[s.kind].segment, slot.Shown
		if m.Arm = t.side(slot.Home, s, nil); m.Arm == slot.Shown {
			lift, planted := homeLift[m.Page]
			if !planted {
				lift = usualLift
			}
			rate *= lift
		}
	}
	log := []event.Event{t.placed(s, event.SlotShown, m, at, nil), t.placed(s, event.SlotShown, section, at, nil, t.shelfOf(g, 4)...)}
	key := "home " + m.Page + " " + string(m.Arm)
	t.dues.owes(key, rate)
	if t.dues.pays(key, 1) == 1 {
		click := section
		click.Page = "" // a link does not name the segment
		log = append(log, t.placed(s, event.SlotClick, click, at.Add(15*time.Second), g), t.happened(s, event.ItemSeen, g, "", at.Add(15*time.Second)))
	}
	return log
}

// inPlaces is what a visit without a cart saw of places: on the home page, and
// on the first page of what it came for.
func (t *teller) inPlaces(s *shopper, g *good, seen []event.Event) (log []event.Event) {
	for _, e := range seen {
		switch {
		case e.Kind == event.HomeSeen:
			log = append(log, t.atHome(s, g, e.At.Time)...)
			seen, err := t.atBanner(s, e.At.Time)
			log, t.wrong = append(log, seen...), errors.Join(t.wrong, err)
		case e.Kind == event.ItemSeen && e.ProductID == int64(g.id):
			_, more := t.atProduct(s, nil, []wish{{good: g}}, e.At.Time)
			return append(log, more...)
		}
	}
	return log
}

// shelfOf are other goods of the same shelf.
func (t *teller) shelfOf(g *good, most int) (list []*good) {
	for i := range t.goods {
		if o := &t.goods[i]; o != g && o.shelf == g.shelf && !o.Sensitive && !o.NotSold && len(list) < most {
			list = append(list, o)
		}
	}
	return list
}

// along are what the page of a thing names for it: complements, or the complex
// chain.
func (t *teller) along(g *good, complex bool, at time.Time) (list []*good) {
	for _, p := range t.pulls[g.Code] {
		if p.complex == complex && p.to.inSeason(at) && len(list) < 8 {
			list = append(list, p.to)
		}
	}
	return list
}

// atProduct is a look at a product's page with its two places. What was led
// into the cart by them is told of each wish; who goes without did not wish it.
func (t *teller) atProduct(s *shopper, c *told, wishes []wish, at time.Time) ([]wish, []event.Event) {
	g := wishes[0].good
	if at.Before(t.tested()) || g.Sensitive {
		return wishes, nil
	}
	var log []event.Event
	for _, complex := range []bool{false, true} {
		goods := t.along(g, complex, at)
		if len(goods) == 0 {
			continue
		}
		m, rates, usual := slot.Mark{Slot: slot.Complements, Page: slot.Page(g.Code)}, blockAdds, usualAdds
		if complex {
			m.Slot, rates, usual = slot.Complex, chainAdds, usualChain
		}
		m.Arm = t.side(m.Slot, s, c)
		shown := goods
		if m.Arm == slot.Without {
			if shown = nil; !complex {
				shown = t.shelfOf(g, 4)
			}
		}
		log = append(log, t.placed(s, event.SlotShown, m, at, nil, shown...))
		rate, planted := rates[g.Code]
		if !planted {
			rate = usual
		}
		key := m.String()
		if planted && complex { // so few that each page alone would miss by much
			key = "planted chain " + string(m.Arm)
		}
		t.dues.owes(key, rate)
		var led []int
		for i := 1; i < len(wishes); i++ {
			if wishes[i].origin == "" && slices.Contains(goods, wishes[i].good) {
				led = append(led, i)
			}
		}
		if planted && len(led) == 0 && m.Arm == slot.Shown && c != nil && t.dues[key] >= 1 { // nobody wished it by themselves for too long
			if i := slices.IndexFunc(goods, func(o *good) bool {
				return o.suits(s, at) && !slices.ContainsFunc(wishes, func(w wish) bool { return w.good == o })
			}); i >= 0 {
				wishes = append(wishes, wish{good: goods[i], qty: 1})
				led = append(led, len(wishes)-1)
			}
		}
		led = led[:t.dues.pays(key, len(led))]
		if m.Arm == slot.Without {
			slices.Reverse(led)
			for _, i := range led {
				wishes = slices.Delete(wishes, i, i+1)
			}
			continue
		}
		for n, i := range led {
			wishes[i].origin = m.String()
			log = append(log, t.placed(s, event.SlotClick, m, at.Add(time.Duration(5+5*n)*time.Second), wishes[i].good))
		}
		t.dues.owes("glance"+key, glances)
		if i := slices.IndexFunc(goods, func(o *good) bool { return o.suits(s, at) }); i >= 0 && t.dues.pays("glance"+key, 1) == 1 {
			log = append(log, t.placed(s, event.SlotClick, m, at.Add(25*time.Second), goods[i]))
		}
	}
	return wishes, log
}

// known fails where the ids that sides were drawn by are not those that the
// browsers got.
func (t *teller) known() error {
	for i := range t.guests {
		if want := t.nextVisitor + customer.VisitorID(i); t.guests[i].ID != want {
			return fmt.Errorf("a simulated browser got the number %d instead of %d", t.guests[i].ID, want)
		}
	}
	t.nextVisitor += customer.VisitorID(len(t.guests))
	return nil
}
