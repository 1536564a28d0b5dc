// Package trait is what the shop concludes about people, and what follows from
// it: who bought a laptop of the fine class chooses fine equipment, and such
// people also buy cameras. The first step is a rule that staff read and edit;
// the second is learned from orders and shown only where it is sure. Whoever a
// trait is held about sees it, with its evidence, and takes it out for good.
package trait

import (
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Trait is one inference.
type Trait struct {
	Key         string `gorm:"primaryKey"`
	Position    int
	Name        i18n.Text // "Fine equipment"
	Goods       i18n.Text // "Laptops of this class"; empty if no purchase speaks for it
	Who         i18n.Text // "people who choose fine equipment"
	Rule        Rule      `gorm:"serializer:json"`
	ExpiresDays int       // after the last purchase that speaks for it; 0: never
	Active      bool
	CountedAt   db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt   db.Time `gorm:"autoUpdateTime:false"`
	Links       []Link  `gorm:"-"` // the surest first
}

func (Trait) TableName() string { return "traits" }

// Rule holds of a person if any of its conditions does.
type Rule struct {
	Any []Condition `json:"any,omitempty"`
}

// Bought is the fact of a condition about purchases. The others are kinds of
// what a person said: occupation, life, interest, hobby.
const Bought = "bought"

// Condition is one fact. For purchases, Is is the address (slug) of a shelf or
// department, Tier and Price the least class of the goods, AtLeast the orders
// it takes (0 is one), within the last Days (0: ever).
type Condition struct {
	Fact    string       `json:"fact"`
	Is      string       `json:"is"`
	Tier    string       `json:"tier,omitempty"`
	Price   money.Amount `json:"price,omitempty"` // as listed today, in the shop's currency
	AtLeast int          `json:"at_least,omitempty"`
	Days    int          `json:"days,omitempty"`
}

// Purchase is one product of a paid order.
type Purchase struct {
	Product  catalog.ProductID
	Name     i18n.Text
	Category catalog.CategoryID
	Tier     string
	Price    money.Amount // as listed today, 0 if it is not
	Order    string       // number
	At       time.Time
}

// Known is what a decision may look at. Of a person who does not allow both
// personal pages and the use of their history, it is empty.
type Known struct {
	Occupation string
	Interests  []customer.Interest
	Bought     []Purchase // the oldest first; nothing sensitive among it
	Now        time.Time
}

// Held is a trait that the facts speak for.
type Held struct {
	Trait      string
	Evidence   i18n.Text // a sentence that is literally true
	Order      string    // the newest order that speaks for it, and what was bought
	Product    catalog.ProductID
	Since      time.Time // zero: since it was said
	Expires    time.Time // zero: not while the facts stand
	Confidence float64   // 1 what was said; n/(n+1) after n orders
}

// Rules is everything that decides, read at one moment.
type Rules struct {
	Traits    []Trait // by position
	Tree      *catalog.Tree
	sensitive map[catalog.CategoryID]bool // shelves that hold a sensitive product
}

var tiers = []string{"plain", "good", "fine"}

// Decide returns the traits that the facts speak for, in order of position. It
// is pure, and the one decision for a page, a single refresh and a rebuild.
func (r *Rules) Decide(k Known) []Held {
	var held []Held
	for i := range r.Traits {
		t := &r.Traits[i]
		if !t.Active {
			continue
		}
		var best *Held
		for _, c := range t.Rule.Any {
			if h, ok := r.match(c, t.ExpiresDays, k); ok && (best == nil || h.Confidence > best.Confidence) {
				h.Trait = t.Key
				best = &h
			}
		}
		if best != nil {
			held = append(held, *best)
		}
	}
	return held
}

func (r *Rules) match(c Condition, expires int, k Known) (Held, bool) {
	switch c.Fact {
	case Bought:
		return r.bought(c, expires, k)
	case "occupation":
		if c.Is != "" && k.Occupation == c.Is {
			return Held{Evidence: both("segment.reason.occupation", "what", customer.OccupationName(c.Is)), Confidence: 1}, true
		}
	default:
		for _, i := range k.Interests {
			if i.Source == "said" && i.Kind == c.Fact && i.Value == c.Is {
				return Held{Evidence: said(c), Confidence: 1}, true
			}
		}
	}
	return Held{}, false
}

func said(c Condition) i18n.Text {
	if own := "segment.reason." + c.Fact + "." + c.Is; i18n.Has(i18n.English, own) {
		return both(own)
	}
	return both("segment.reason."+c.Fact, "what", customer.TileName(c.Fact, c.Is))
}

// bought counts the orders of the window that have goods of the class.
func (r *Rules) bought(c Condition, expires int, k Known) (Held, bool) {
	var orders []Purchase // one a order, the oldest first
	for _, p := range k.Bought {
		inWindow := c.Days == 0 || p.At.AddDate(0, 0, c.Days).After(k.Now)
		if inWindow && r.class(c, p.Category, p.Tier, p.Price) && (len(orders) == 0 || orders[len(orders)-1].Order != p.Order) {
			orders = append(orders, p)
		}
	}
	least := max(1, c.AtLeast)
	if len(orders) < least {
		return Held{}, false
	}
	last := orders[len(orders)-1]
	h := Held{Order: last.Order, Product: last.Product, Since: orders[least-1].At, Confidence: float64(len(orders)) / float64(len(orders)+1)}
	if c.Days > 0 { // the day on which too few are left in the window
		h.Expires = orders[len(orders)-least].At.AddDate(0, 0, c.Days)
	}
	if expires > 0 {
		if end := last.At.AddDate(0, 0, expires); h.Expires.IsZero() || end.Before(h.Expires) {
			h.Expires = end
		}
	}
	if !h.Expires.IsZero() && !h.Expires.After(k.Now) {
		return Held{}, false
	}
	h.Evidence = evidence(last, orders[0].At, len(orders))
	return h, true
}

func evidence(last Purchase, first time.Time, n int) i18n.Text {
	var out i18n.Text
	for _, l := range i18n.Langs {
		words := i18n.T(l, "trait.bought", "name", last.Name.In(l), "day", i18n.Date(l, last.At))
		if n > 1 {
			words = i18n.T(l, "trait.bought.more", "name", last.Name.In(l), "day", i18n.Date(l, last.At), "count", n, "since", i18n.Date(l, first))
		}
		put(&out, l, words)
	}
	return out
}

// class reports whether a product is of the goods that a condition names.
// Nothing on a sensitive shelf ever is.
func (r *Rules) class(c Condition, shelf catalog.CategoryID, tier string, price money.Amount) bool {
	return c.Fact == Bought && r.within(shelf, c.Is) && !r.sensitive[shelf] && price >= c.Price && slices.Index(tiers, tier) >= slices.Index(tiers, c.Tier)
}

func (r *Rules) within(shelf catalog.CategoryID, slug string) bool {
	return slices.ContainsFunc(r.Tree.Path(shelf), func(k catalog.Category) bool { return k.Slug == slug })
}

// Speaks says what a product says about whoever looks at it: Yes if buying it
// once would give them the trait, No if it stands on the same shelf but is of
// another class, Nothing otherwise. A sale changes no class.
func (r *Rules) Speaks(t *Trait, k catalog.Card) Answer {
	answer := Nothing
	for _, c := range t.Rule.Any {
		if c.Fact != Bought || k.Sensitive || r.sensitive[k.CategoryID] || !r.within(k.CategoryID, c.Is) {
			continue
		}
		switch {
		case !r.class(c, k.CategoryID, k.Tier, max(k.Price.Amount, k.Was)):
			if answer == Nothing {
				answer = No
			}
		case c.AtLeast <= 1:
			return Yes
		}
	}
	return answer
}

// Answer is what a product says about a trait.
type Answer int

const (
	Nothing Answer = iota
	Yes
	No
)

// Near reports whether a trait has to do with a department: its rule looks at
// purchases there, or a link that is shown leads there.
func (r *Rules) Near(t *Trait, department catalog.CategoryID) bool {
	for _, c := range t.Rule.Any {
		if k, ok := r.Tree.BySlug(c.Is); ok && c.Fact == Bought && r.Tree.Department(k.ID).ID == department {
			return true
		}
	}
	return slices.ContainsFunc(t.Links, func(l Link) bool {
		return r.Why(l) == Shown && r.Tree.Department(l.CategoryID).ID == department
	})
}

// Tier is the least class that a trait's rule asks of goods, "" if none.
func (t *Trait) Tier() string {
	tier := ""
	for _, c := range t.Rule.Any {
		if slices.Index(tiers, c.Tier) > slices.Index(tiers, tier) {
			tier = c.Tier
		}
	}
	return tier
}

// Find returns the trait of that key, nil if there is none.
func (r *Rules) Find(key string) *Trait {
	for i := range r.Traits {
		if r.Traits[i].Key == key {
			return &r.Traits[i]
		}
	}
	return nil
}

// Sensitive reports whether a shelf holds a sensitive product.
func (r *Rules) Sensitive(shelf catalog.CategoryID) bool { return r.sensitive[shelf] }

func both(key string, args ...any) i18n.Text {
	var out i18n.Text
	for _, l := range i18n.Langs {
		put(&out, l, i18n.T(l, key, args...))
	}
	return out
}

func put(t *i18n.Text, l i18n.Lang, words string) {
	if l == i18n.Chinese {
		t.Zh = words
	} else {
		t.En = words
	}
}
