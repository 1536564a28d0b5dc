package order

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Filter chooses orders for a list. Zero fields do not restrict.
type Filter struct {
	State     State
	Payment   Payment
	Delivery  Delivery
	Customer  customer.ID
	Text      string // number, e-mail or name, from its beginning
	From, To  time.Time
	Simulated *bool
	Imported  *bool
	Flagged   bool
	ToShip    bool // may leave the house and is still here
	Page      int  // from 1
	PerPage   int  // 0: 50, at most 200
}

// Page is one page of a list, newest first. Total counts to CountTo and no
// further; More says that there are more.
type Page struct {
	Orders  []Order
	Total   int
	More    bool
	Page    int
	PerPage int
}

// CountTo is how far a list counts: beyond it nobody reads a number, and
// counting a million orders takes longer than showing fifty.
const CountTo = 10_000

// List reads one page of orders for staff.
func List(ctx context.Context, q db.Q, f Filter) (*Page, error) {
	page := &Page{Page: max(1, f.Page), PerPage: f.PerPage}
	if page.PerPage <= 0 || page.PerPage > 200 {
		page.PerPage = 50
	}
	rare, err := f.rare(ctx, q)
	if err != nil {
		return nil, err
	}
	var total int64
	some := f.where(q.Query(ctx).Table("orders"), rare).Select("1").Limit(CountTo + 1)
	if err := q.Query(ctx).Raw("SELECT count(*) FROM (?) x", some).Scan(&total).Error; err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	page.Total, page.More = min(int(total), CountTo), total > CountTo
	// The ids of the page first: what comes before it is passed by in an index,
	// and no row of it is read.
	ids := f.where(q.Query(ctx).Table("orders"), rare).Select("id").Order("placed_at DESC, id DESC").Offset((page.Page - 1) * page.PerPage).Limit(page.PerPage)
	err = q.Query(ctx).Where("id IN (?)", ids).Order("placed_at DESC, id DESC").Find(&page.Orders).Error
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return page, nil
}

// beginnings are the conditions by which the text finds orders.
func (f Filter) beginnings(g *gorm.DB) (conditions []string, args [][]any) {
	text := strings.ToLower(strings.TrimSpace(f.Text))
	conditions, args = []string{"number = ?"}, [][]any{{CleanNumber(text)}}
	for _, column := range []string{"lower(email)", "lower(name)"} {
		condition, with := db.Begins(g, column, text)
		conditions, args = append(conditions, condition), append(args, with)
	}
	return conditions, args
}

// rare reports whether the text finds so few orders that looking them up by it
// is quicker than reading the newest until a page is full.
func (f Filter) rare(ctx context.Context, q db.Q) (bool, error) {
	if strings.TrimSpace(f.Text) == "" {
		return false, nil
	}
	conditions, args := f.beginnings(q.Query(ctx))
	for i, condition := range conditions {
		var n int64
		err := q.Query(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM orders WHERE "+condition+" LIMIT ?) x", append(args[i], CountTo+1)...).Scan(&n).Error
		if err != nil || n > CountTo {
			if err != nil {
				err = fmt.Errorf("count orders by a word: %w", err)
			}
			return false, err
		}
	}
	return true, nil
}

// where names states as they stand, not as parameters: only then do the
// databases see that an index of the few open or cancelled orders serves.
func (f Filter) where(g *gorm.DB, rare bool) *gorm.DB {
	if name := string(f.State); name != "" && steps[OrderAxis][name] == nil && name != string(Completed) {
		g = g.Where("1 = 0")
	} else if name != "" {
		g = g.Where("state = '" + name + "'")
	}
	equal := func(column, value string) {
		if value != "" {
			g = g.Where(column+" = ?", value)
		}
	}
	equal("payment_state", string(f.Payment))
	if f.Payment == Pending || f.Payment == Processing || f.Payment == Failed {
		g = g.Where("payment_state IN ('pending','processing','failed')") // the words of the index orders_unpaid
	}
	equal("delivery_state", string(f.Delivery))
	if f.Customer != 0 {
		g = g.Where("customer_id = ?", int64(f.Customer))
	}
	if strings.TrimSpace(f.Text) != "" {
		conditions, args := f.beginnings(g)
		if rare {
			g = g.Where("id IN (SELECT id FROM orders WHERE "+strings.Join(conditions, " UNION SELECT id FROM orders WHERE ")+")", slices.Concat(args...)...)
		} else {
			g = g.Where("("+strings.Join(conditions, " OR ")+")", slices.Concat(args...)...)
		}
	}
	if !f.From.IsZero() {
		g = g.Where("placed_at >= ?", db.At(f.From))
	}
	if !f.To.IsZero() {
		g = g.Where("placed_at < ?", db.At(f.To))
	}
	if f.Simulated != nil && *f.Simulated {
		g = g.Where("simulated = TRUE")
	} else if f.Simulated != nil {
		g = g.Where("simulated = FALSE")
	}
	if f.Imported != nil {
		g = g.Where("imported = ?", *f.Imported)
	}
	if f.ToShip {
		g = g.Where("state = 'placed' AND delivery_state = 'unshipped' AND (payment_state = 'paid' OR at_door AND payment_state = 'pending')")
	}
	if f.Flagged {
		g = g.Where("id IN (SELECT order_id FROM order_history WHERE substr(note, 1, 6) = '" + Flag + "')")
	}
	return g
}

var orderColumns = []string{"id", "number", "place_key", "place_hash", "access_hash", "cart_id", "customer_id", "email", "phone", "lang",
	"name", "country", "line1", "line2", "city", "region", "postcode", "currency", "subtotal", "discount", "delivery", "tax", "tax_included",
	"total", "delivery_code", "delivery_name", "delivery_by", "payment_code", "state", "payment_state", "delivery_state", "placed_at",
	"paid_at", "closed_at", "imported", "external_id", "simulated", "delivery_tax", "delivery_rate"}

func (o *Order) values() []any {
	var cartID, customerID any
	if o.CartID != nil {
		cartID = int64(*o.CartID)
	}
	if o.CustomerID != nil {
		customerID = int64(*o.CustomerID)
	}
	var external any
	if o.ExternalID != nil {
		external = *o.ExternalID
	}
	return []any{int64(o.ID), o.Number, o.PlaceKey, o.PlaceHash, o.AccessHash, cartID, customerID, o.Email, o.Phone, string(o.Lang),
		o.Name, o.Country, o.Line1, o.Line2, o.City, o.Region, o.Postcode, string(o.Currency), int64(o.Subtotal), int64(o.Discount),
		int64(o.Delivery), int64(o.Tax), o.TaxIncluded, int64(o.Total), o.DeliveryCode, o.DeliveryName, o.DeliveryBy, o.PaymentCode,
		string(o.State), string(o.PaymentState), string(o.DeliveryState), o.PlacedAt, o.PaidAt, o.ClosedAt, o.Imported, external, o.Simulated, int64(o.DeliveryTax), int64(o.DeliveryRate)}
}

// CreateImported writes orders of a former shop with few statements; lines[i]
// belong to orders[i]. States, times and amounts are taken as they are. An
// order without number, place key, access hash or language gets one; the
// secret link of such an order is nobody's. It fills in ids. The caller has
// left out orders that are there already (external_id).
func CreateImported(ctx context.Context, tx *db.Tx, orders []Order, lines [][]Line) error {
	if len(orders) != len(lines) {
		return fmt.Errorf("import orders: %d orders, %d sets of lines", len(orders), len(lines))
	}
	ids, err := tx.NextIDs(ctx, "orders", len(orders))
	if err != nil {
		return fmt.Errorf("import orders: %w", err)
	}
	orderRows := make([][]any, len(orders))
	pastRows := make([][]any, len(orders))
	var lineRows [][]any
	for i := range orders {
		o := &orders[i]
		o.ID = ID(ids[i])
		o.complete()
		o.DeliveryRate = Unrated
		orderRows[i] = o.values()
		pastRows[i] = []any{ids[i], string(OrderAxis), "", string(o.State), "import", "", o.PlacedAt}
		for p := range lines[i] {
			lines[i][p].OrderID, lines[i][p].Position, lines[i][p].TaxRate = o.ID, p+1, Unrated
			lineRows = append(lineRows, lines[i][p].values(o.ID))
		}
	}
	if _, err := tx.Insert(ctx, "orders", orderColumns, orderRows, false); err != nil {
		return fmt.Errorf("import orders: %w", err)
	}
	if _, err := tx.Insert(ctx, "order_lines", lineColumns, lineRows, false); err != nil {
		return fmt.Errorf("import orders: %w", err)
	}
	if _, err := tx.Insert(ctx, "order_history", historyColumns, pastRows, false); err != nil {
		return fmt.Errorf("import orders: %w", err)
	}
	if len(ids) > 0 {
		return uncount(ctx, tx, "customer_id IN (SELECT customer_id FROM orders WHERE id BETWEEN ? AND ?)", ids[0], ids[len(ids)-1])
	}
	return nil
}

// complete gives an imported order what the table needs and the file lacked.
func (o *Order) complete() {
	o.Imported = true
	var b [32]byte
	rand.Read(b[:])
	random := hex.EncodeToString(b[:])
	if o.Number == "" {
		o.Number = NewNumber() + NewNumber()[:4] // 60 bits: bulk rows cannot be drawn again
	}
	if o.PlaceKey == "" {
		o.PlaceKey = "import:" + random[:32]
	}
	if o.AccessHash == "" {
		o.AccessHash = HashAccess(random)
	}
	if o.Lang == "" {
		o.Lang = "en"
	}
	if o.State == "" {
		o.State, o.PaymentState, o.DeliveryState = Completed, Paid, Delivered
	}
}

// DropImported takes imported orders out, so that they are written anew from a
// history that says something else. Orders of the shop's own stay.
func DropImported(ctx context.Context, tx *db.Tx, ids []ID) error {
	if len(ids) == 0 {
		return nil
	}
	for _, statement := range []string{
		"DELETE FROM order_history WHERE order_id IN (SELECT id FROM orders WHERE imported = TRUE AND id IN ?)",
		"DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE imported = TRUE AND id IN ?)",
		"DELETE FROM orders WHERE imported = TRUE AND id IN ?",
	} {
		if err := tx.Query(ctx).Exec(statement, ids).Error; err != nil {
			return fmt.Errorf("replace %d imported orders: %w", len(ids), err)
		}
	}
	return nil
}
