package exchange

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
)

// OrderHeader is the header of order files: one row a line, the rows of an
// order together; what belongs to the order is read from its first row.
// number, sku, qty, unit_price and placed_at are needed. customer is the
// external id or the address of an account; one that does not exist is made,
// an empty one is a guest. Times are RFC 3339, without a zone UTC. Tax is
// inside the prices. Without states an order is completed, paid, delivered.
var OrderHeader = []string{"number", "external_id", "placed_at", "customer", "email", "phone", "lang", "ship_name", "country", "line1", "line2",
	"city", "region", "postcode", "currency", "state", "payment_state", "delivery_state", "payment", "delivery_method", "delivery", "tax",
	"paid_at", "closed_at", "simulated", "tax_included", "sku", "name", "name_zh", "choices", "choices_zh", "qty", "unit_price", "discount", "line_tax", "cancelled_qty"}

const orderBatch = 200

// record is one order of the file.
type record struct {
	line  int
	rows  []cells
	bad   bool
	who   string
	order order.Order
	lines []order.Line
}

func (j *job) orders() error {
	if missing := j.t.missing([]string{"unitprice", "placedat"}); len(missing) > 0 {
		return badColumns(missing)
	}
	if err := j.ensureCurrency(nil); err != nil {
		return err
	}
	var batch []*record
	seen := map[string]bool{}
	err := j.each(func(r row) error {
		number := r.key("number")
		var last *record
		if len(batch) > 0 {
			last = batch[len(batch)-1]
		}
		same := last != nil && last.rows[0].key("number") == number
		switch {
		case r.broken && r.fields == nil:
			if last != nil {
				last.bad = true // whose line it was cannot be known; most likely this one's
			}
			return nil
		case number == "":
			if !r.broken {
				j.sum.wrong(r.line, "exchange.order.nonumber")
			}
			return nil
		case !same && seen[number]:
			j.sum.wrong(r.line, "exchange.order.apart", "order", cut(number, 40))
			return nil
		case !same && len(batch) >= orderBatch:
			if err := j.writeRecords(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		c := cells{r.line, map[string]string{}}
		for _, name := range OrderHeader {
			if f := fold(name); r.has(f) {
				c.m[name] = r.text(f)
			}
		}
		if !same {
			seen[number] = true
			batch = append(batch, &record{line: r.line})
			last = batch[len(batch)-1]
		}
		last.rows = append(last.rows, c)
		last.bad = last.bad || r.broken
		return nil
	})
	if err != nil {
		return err
	}
	return j.writeRecords(batch)
}

func (j *job) writeRecords(batch []*record) error {
	var sound []*record
	for _, rec := range batch {
		if !rec.bad {
			j.readOrder(rec)
		}
		if rec.bad {
			j.sum.wrong(rec.line, "exchange.order.left", "order", cut(rec.rows[0].key("number"), 40))
			j.sum.Skipped[skipLeftOut] += len(rec.rows)
			continue
		}
		sound = append(sound, rec)
	}
	if len(sound) == 0 {
		return nil
	}
	if err := j.takeCurrency(sound[0].order.Currency); err != nil {
		return err
	}
	var created, updated, unchanged int
	sum := *j.sum
	err := j.inTx(func(tx *db.Tx) error {
		*j.sum, created, updated, unchanged = sum, 0, 0, 0
		have, err := ordersOf(j.ctx, tx, sound)
		if err != nil {
			return err
		}
		var fresh []*record
		var replaced []order.ID
		for _, rec := range sound {
			old := have.find(rec)
			switch {
			case old == nil:
				created++
			case sameOrder(old, rec):
				unchanged++
				continue
			case !old.order.Imported:
				j.sum.wrong(rec.line, "exchange.order.ours", "order", rec.order.Number)
				continue
			default:
				updated++
				replaced = append(replaced, old.order.ID)
				rec.order.AccessHash, rec.order.PlaceKey = old.order.AccessHash, old.order.PlaceKey
			}
			fresh = append(fresh, rec)
		}
		if len(fresh) == 0 {
			return nil
		}
		if err := order.DropImported(j.ctx, tx, replaced); err != nil {
			return err
		}
		return j.create(tx, fresh)
	})
	j.sum.Created += created
	j.sum.Updated += updated
	j.sum.Unchanged += unchanged
	return err
}

// create writes new orders with the products and people they name.
func (j *job) create(tx *db.Tx, fresh []*record) error {
	if err := j.nameGoods(tx, fresh); err != nil {
		return err
	}
	if err := j.namePeople(tx, fresh); err != nil {
		return err
	}
	orders := make([]order.Order, len(fresh))
	lines := make([][]order.Line, len(fresh))
	for i, rec := range fresh {
		orders[i], lines[i] = rec.order, rec.lines
	}
	return order.CreateImported(j.ctx, tx, orders, lines)
}

func (j *job) nameGoods(tx *db.Tx, fresh []*record) error {
	latest := map[string]catalog.Draft{}
	var skus []string
	for _, rec := range fresh {
		for _, l := range rec.lines {
			if _, ok := latest[l.SKU]; !ok {
				skus = append(skus, l.SKU)
			}
			if d, ok := latest[l.SKU]; !ok || d.PublishedAt.Before(rec.order.PlacedAt.Time) {
				latest[l.SKU] = importedProduct(l.SKU, l.Name, rec.order.Currency, l.UnitPrice, rec.order.PlacedAt.Time)
			}
		}
	}
	have, err := variantsBySKU(j.ctx, tx, skus)
	if err != nil {
		return err
	}
	var drafts []catalog.Draft
	for _, sku := range skus {
		if have[sku].Variant == 0 {
			drafts = append(drafts, latest[sku])
		}
	}
	taken, err := codesTaken(j.ctx, tx, drafts)
	if err != nil {
		return err
	}
	for i := range drafts {
		if taken[drafts[i].Code] {
			drafts[i].Code = cut(drafts[i].Code, 57) + "-import"
		}
	}
	outcomes, err := catalog.PutMany(j.ctx, tx, drafts, j.opt.Now)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		if o.Err != nil {
			return o.Err
		}
		have[drafts[i].Variants[0].SKU] = variantRef{Variant: o.Variants[drafts[i].Variants[0].SKU], Product: o.ID}
	}
	for _, rec := range fresh {
		for i := range rec.lines {
			v := have[rec.lines[i].SKU]
			rec.lines[i].VariantID, rec.lines[i].ProductID = v.Variant, v.Product
		}
	}
	return nil
}

// namePeople finds or makes the customers of orders that are not a guest's.
func (j *job) namePeople(tx *db.Tx, fresh []*record) error {
	for _, rec := range fresh {
		if rec.who == "" {
			continue
		}
		found, err := customersBy(j.ctx, tx, "external_id", rec.who)
		if err == nil && len(found) == 0 {
			found, err = customersBy(j.ctx, tx, "email_key", customer.EmailKey(rec.who))
		}
		if err == nil && len(found) == 0 {
			c := customer.Imported{ExternalID: rec.who, Email: rec.order.Email, Name: rec.order.Name, Country: rec.order.Country, Currency: string(rec.order.Currency),
				Since: rec.order.PlacedAt, Simulated: rec.order.Simulated}
			if err = customer.Import(j.ctx, tx, []customer.Imported{c}, j.opt.Now); err == nil {
				found, err = customersBy(j.ctx, tx, "external_id", rec.who)
			}
			if err == nil && len(found) == 0 { // the address is another account's
				found, err = customersBy(j.ctx, tx, "email_key", customer.EmailKey(rec.order.Email))
			}
		}
		if err != nil {
			return err
		}
		if len(found) > 0 {
			rec.order.CustomerID = &found[0].ID
		}
	}
	return nil
}

// cleanOrderNumber is a number in the letters that a search for it takes.
func cleanOrderNumber(s string) string {
	s = order.CleanNumber(strings.TrimPrefix(s, "#"))
	if s == "" || len(s) > 40 || strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
		return ""
	}
	return s
}

type orderReader struct {
	*job
	rec *record
	row cells
}

func (o *orderReader) fail(words string, args ...any) {
	o.rec.bad = true
	o.sum.wrong(o.row.line, words, args...)
}

func (o *orderReader) amount(name string) money.Amount {
	s := strings.ReplaceAll(o.row.key(name), " ", "")
	if s == "" {
		return 0
	}
	a, err := money.Parse(s, o.rec.order.Currency)
	if err != nil || a < 0 || a > maxPence {
		o.fail("exchange.row.price", "value", cut(s, 40))
		return 0
	}
	return a
}

func (o *orderReader) time(name string) db.Time {
	s := o.row.key(name)
	if s == "" {
		return db.Time{}
	}
	t, ok := parseTime(s, time.UTC)
	if !ok {
		o.fail("exchange.row.time", "value", cut(s, 40))
	}
	return db.At(t)
}

func (o *orderReader) one(name string, allowed ...string) string {
	s := o.row.key(name)
	if s != "" && !slices.Contains(allowed, s) {
		o.fail("exchange.row.oneof", "column", name, "value", cut(s, 40), "allowed", strings.Join(allowed, ", "))
	}
	return s
}

// readOrder checks the rows of an order and sums them up. A bad one marks the
// whole.
func (j *job) readOrder(rec *record) {
	o := &orderReader{j, rec, rec.rows[0]}
	first := rec.rows[0]
	ord := &rec.order
	raw := first.key("number")
	external := first.key("external_id")
	if external == "" && first.has("external_id") && cleanOrderNumber(raw) == raw {
		ord.ExternalID = nil // a number of this shop's own kind names it well enough
	} else {
		if external == "" {
			external = "order:" + raw
		}
		ord.ExternalID = &external
	}
	if ord.Number = cleanOrderNumber(raw); ord.Number == "" {
		o.fail("exchange.order.shape", "order", cut(raw, 40))
	}
	currency := first.key("currency")
	if currency == "" {
		currency = string(j.opt.Currency)
	}
	c, err := money.ParseCurrency(currency)
	if err != nil {
		o.fail("exchange.row.currency", "value", cut(currency, 20))
		c = "USD"
	}
	ord.Currency, ord.TaxIncluded, ord.Imported = c, true, true
	if ord.PlacedAt = o.time("placed_at"); ord.PlacedAt.IsZero() && !rec.bad {
		o.fail("exchange.row.time", "value", "")
	}
	rec.who = first.key("customer")
	ord.Email, ord.Phone, ord.Lang = first.key("email"), first.key("phone"), i18n.ParseLang(first.key("lang"))
	if ord.Email == "" && strings.Contains(rec.who, "@") {
		ord.Email = rec.who
	}
	if ord.Email != "" && customer.CheckEmail(ord.Email) != nil {
		o.fail("exchange.order.email", "value", cut(ord.Email, 80))
	}
	if rec.who != "" && ord.Email == "" {
		o.fail("exchange.order.email", "value", "")
	}
	ord.Name, ord.Country, ord.Line1, ord.Line2 = first.m["ship_name"], first.key("country"), first.m["line1"], first.m["line2"]
	ord.City, ord.Region, ord.Postcode = first.m["city"], first.m["region"], first.m["postcode"]
	ord.PaymentCode, ord.DeliveryCode = first.key("payment"), first.key("delivery_method")
	ord.State = order.State(o.one("state", "placed", "cancelled", "completed"))
	ord.PaymentState = order.Payment(o.one("payment_state", "pending", "processing", "paid", "failed", "refunded", "partly-refunded", "void"))
	ord.DeliveryState = order.Delivery(o.one("delivery_state", "unshipped", "shipped", "delivered", "returned"))
	states(ord)
	ord.PaidAt, ord.ClosedAt = o.time("paid_at"), o.time("closed_at")
	if simulated, ok := parseYes(first.key("simulated")); ok {
		ord.Simulated = simulated
	} else {
		o.fail("exchange.row.switch", "column", "simulated", "value", cut(first.key("simulated"), 40))
	}
	if s := first.key("tax_included"); s != "" { // files without the column have it inside
		inside, ok := parseYes(s)
		if !ok {
			o.fail("exchange.row.switch", "column", "tax_included", "value", cut(s, 40))
		}
		ord.TaxIncluded = inside
	}
	ord.Delivery, ord.Tax = o.amount("delivery"), o.amount("tax")
	for _, row := range rec.rows {
		o.row = row
		o.readLine()
	}
	var tax money.Amount
	for _, l := range rec.lines {
		ord.Subtotal += l.UnitPrice.Times(l.Qty)
		ord.Discount += l.Discount
		tax += l.Tax
	}
	if !first.has("tax") || first.key("tax") == "" {
		ord.Tax = tax
	}
	o.row = first
	if ord.Tax < tax || ord.Tax > tax+ord.Delivery {
		o.fail("exchange.order.tax")
	}
	ord.Total = ord.Subtotal - ord.Discount + ord.Delivery
	if !ord.TaxIncluded {
		ord.Total += ord.Tax
	}
}

func (o *orderReader) readLine() {
	r := o.row
	l := order.Line{SKU: r.key("sku"), Name: i18n.Text{En: r.m["name"], Zh: r.m["name_zh"]}, Choices: i18n.Text{En: r.m["choices"], Zh: r.m["choices_zh"]},
		UnitPrice: o.amount("unit_price"), Discount: o.amount("discount"), Tax: o.amount("line_tax")}
	if r.key("unit_price") == "" {
		o.fail("exchange.row.price", "value", "")
	}
	if !skuShape(l.SKU) {
		o.fail("exchange.order.sku", "value", cut(l.SKU, 80))
	}
	if l.Name.En == "" && l.Name.Zh == "" {
		l.Name.En = l.SKU
	}
	l.Name.En, l.Name.Zh = cut(l.Name.En, 200), cut(l.Name.Zh, 200)
	qty, ok := parseInt([]byte(strings.ReplaceAll(r.key("qty"), " ", "")))
	if !ok || qty <= 0 {
		o.fail("exchange.row.qty", "value", cut(r.key("qty"), 40))
		return
	}
	l.Qty = int(qty)
	if s := r.key("cancelled_qty"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > l.Qty {
			o.fail("exchange.row.number", "column", "cancelled_qty", "value", cut(s, 40))
		}
		l.CancelledQty = n
	}
	l.Total = l.UnitPrice.Times(l.Qty) - l.Discount
	if l.Total < 0 || l.Tax > l.Total {
		o.fail("exchange.order.line", "sku", l.SKU)
		return
	}
	o.rec.lines = append(o.rec.lines, l)
}

func skuShape(s string) bool {
	if s == "" || len(s) > 64 || strings.IndexByte("._-", s[0]) >= 0 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("._-", r)
	})
}
