package storefront

import (
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/order"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// confirming is how long after an order was placed its page is the
// confirmation, with what goes with the goods. A link opened later tells what
// became of the order, and nothing else.
const confirming = time.Hour

// goesTogether are the groups of suggestions that make a complement. What only
// stands near, or sells now, is none.
var goesTogether = []string{"needed", "moment", "bought", "alike"}

// complements are what goes with some products: said by an author, shown by
// orders, or made for the same moment, at most two of a category.
func (s *Shop) complements(c echo.Context, at []catalog.ProductID) ([]suggestion, error) {
	found, err := s.suggest(c, at, shelfCards)
	found = slices.DeleteFunc(found, func(f suggestion) bool { return !slices.Contains(goesTogether, f.Group) })
	shelves := map[catalog.CategoryID]int{}
	found = slices.DeleteFunc(found, func(f suggestion) bool {
		shelves[f.Card.CategoryID]++
		return f.Card.CategoryID != 0 && shelves[f.Card.CategoryID] > perShelf
	})
	if len(found) < leastToShow {
		return nil, err
	}
	return found, err
}

// along is a short list beside the button, where a shelf has no room.
type along struct {
	Title string
	Rows  []alongRow
}

type alongRow struct {
	URL, Name, Reason, Price string
	Picture                  picture
}

func (s *Shop) along(c echo.Context, title string, at catalog.ProductID) (*along, error) {
	found, err := s.complements(c, []catalog.ProductID{at})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	arm, err := s.arm(c, slot.Added)
	m := slot.Mark{Slot: slot.Added, Arm: arm}
	if err != nil || arm == slot.Without {
		s.stands(c, m, nil)
		return nil, err
	}
	a := &along{Title: title}
	var list []catalog.Card
	for _, f := range found {
		k := tagged(s.worded(c, f.Card), m)
		a.Rows, list = append(a.Rows, alongRow{k.URL, k.Name, in(c, f.alone()), k.Price.Now, k.Picture}), append(list, f.Card)
	}
	s.stands(c, m, list)
	return a, nil
}

func (s *Shop) complementShelf(c echo.Context, key slot.Key, title string, at []catalog.ProductID) (*shelf, error) {
	found, err := s.complements(c, at)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return s.row(c, key, title, found)
}

// addedCookie names what was put into the cart, for the page that follows.
const addedCookie = "added"

// withAdded is what goes with the product that was put into the cart a moment
// ago. Only what is in this cart counts.
func (s *Shop) withAdded(c echo.Context, view *cart.View) (*shelf, error) {
	sku := web.Cookie(c, addedCookie)
	if sku != "" {
		web.SetCookie(c, addedCookie, "", 0)
	}
	for _, item := range view.Items {
		if b := item.Buyable; b.SKU == sku && sku != "" {
			return s.complementShelf(c, slot.Added, t(c, "shop.chain.title", "name", b.Name), []catalog.ProductID{b.ProductID})
		}
	}
	return nil, nil
}

// withOrder is what goes with the goods of an order that was just placed and
// is not in it. Its owner sees what any page of theirs would show. Whoever else
// holds the link learns only what follows from the order's own lines: nobody's
// history, nobody's traits.
func (s *Shop) withOrder(c echo.Context, p *orderPage, o *order.Order, lines []order.Line) error {
	if o.State != order.StatePlaced || p.CanPay || s.Now().Sub(o.PlacedAt.Time) >= confirming {
		return nil
	}
	var err error
	if p.Survey, err = s.afterOrder(c); err != nil {
		return err
	}
	person, err := s.person(c)
	if err != nil {
		return err
	}
	if _, _, err := s.openCart(c); err != nil { // what is in this browser's cart is not suggested, whoever it is
		return err
	}
	if o.CustomerID == nil || !person.SignedIn() || *o.CustomerID != person.CustomerID() {
		v := s.visit(c)
		whole := *v
		*v = visit{asked: true, tree: v.tree, carted: true, cart: v.cart, count: v.count, currency: v.currency}
		defer func() {
			whole.shown = v.shown
			*v = whole
		}()
	}
	at, err := s.ordered(c, lines)
	if err != nil {
		return err
	}
	p.Cross, err = s.complementShelf(c, slot.Confirmation, t(c, "shop.order.goes-with"), at)
	return err
}

// ordered lists the products of an order that may speak for others: what is
// sensitive, or is not coming, does not.
func (s *Shop) ordered(c echo.Context, lines []order.Line) ([]catalog.ProductID, error) {
	var ids []catalog.ProductID
	for _, l := range lines {
		if l.Qty > l.CancelledQty {
			ids = append(ids, l.ProductID)
		}
	}
	cards, err := s.shelves.Cards(c.Request().Context(), s.DB, unique(ids), s.currency(c))
	ids = ids[:0]
	for _, k := range cards {
		if !k.Sensitive {
			ids = append(ids, k.ID)
		}
	}
	return ids, err
}
