package exchange

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
)

const (
	retailCurrency = money.Currency("GBP")
	retailPrefix   = "online-retail:"
	retailDomain   = "@online-retail.example" // a reserved name: no mail can go there
	ordersAtOnce   = 1000
	productsAtOnce = 1000
)

// write brings products and customers in first, then the orders in the order
// of time, some thousand a transaction: a shop that runs beside can write in
// between.
func (r *retail) write() error {
	if err := r.takeCurrency(retailCurrency); err != nil {
		return err
	}
	variants, err := r.writeGoods()
	if err != nil {
		return err
	}
	people, err := r.writePeople()
	if err != nil {
		return err
	}
	var sound []*invoice
	for _, in := range r.invoices {
		if !in.left && len(in.lines) > 0 {
			sound = append(sound, in)
		}
	}
	for start := 0; start < len(sound); start += ordersAtOnce {
		chunk := sound[start:min(start+ordersAtOnce, len(sound))]
		if err := r.writeOrders(chunk, variants, people); err != nil {
			return err
		}
	}
	return nil
}

// writeGoods makes sure that every stock code is a product, and returns their
// variants. A product that exists stays as the merchant has it.
func (r *retail) writeGoods() (map[int32]variantRef, error) {
	var need []int32
	var skus []string
	for i := range r.codes {
		if r.codes[i].price > 0 {
			need = append(need, int32(i))
			skus = append(skus, r.codes[i].code)
		}
	}
	have, err := variantsBySKU(r.ctx, r.d, skus)
	if err != nil {
		return nil, err
	}
	var drafts []catalog.Draft
	for _, i := range need {
		if g := &r.codes[i]; have[g.code].Variant == 0 {
			drafts = append(drafts, r.draft(g))
		}
	}
	taken, err := codesTaken(r.ctx, r.d, drafts)
	if err != nil {
		return nil, err
	}
	for i := range drafts {
		if taken[drafts[i].Code] {
			drafts[i].Code += "-import"
		}
	}
	for start := 0; start < len(drafts); start += productsAtOnce {
		chunk := drafts[start:min(start+productsAtOnce, len(drafts))]
		err := r.inTx(func(tx *db.Tx) error {
			outcomes, err := catalog.PutMany(r.ctx, tx, chunk, r.opt.Now)
			if err != nil {
				return err
			}
			for i, o := range outcomes {
				if o.Err != nil {
					return fmt.Errorf("make product %s: %w", chunk[i].Code, o.Err)
				}
				for sku, id := range o.Variants {
					have[sku] = variantRef{SKU: sku, Variant: id, Product: o.ID}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	variants := make(map[int32]variantRef, len(need))
	for _, i := range need {
		variants[i] = have[r.codes[i].code]
	}
	return variants, nil
}

func (r *retail) draft(g *goods) catalog.Draft {
	name := r.words[g.words]
	if name == "" {
		name = g.code
	}
	return importedProduct(g.code, i18n.Text{En: name}, retailCurrency, money.Amount(g.price), time.UnixMilli(g.firstAt))
}

// importedProduct is what an order names and the shop does not have yet:
// published, not counted, at its last price.
func importedProduct(sku string, name i18n.Text, currency money.Currency, price money.Amount, since time.Time) catalog.Draft {
	code := strings.ToLower(catalog.Slug(sku))
	slug := strings.Trim(cut(catalog.Slug(name.En), max(1, 94-len(code))), "-")
	slug = strings.Trim(slug+"-"+code, "-")
	return catalog.Draft{
		Product: catalog.Product{Code: sku, Slug: slug, Name: name, Published: true, PublishedAt: db.At(since), Imported: true},
		Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: sku, Active: true},
			Prices: map[money.Currency]catalog.PriceIn{currency: {Amount: price}}}},
	}
}

func (r *retail) writePeople() (map[string]customer.ID, error) {
	var fresh []customer.Imported
	var keys []string
	seen := map[string]int{}
	for _, in := range r.invoices {
		if in.left || len(in.lines) == 0 || in.customer == "" {
			continue
		}
		i, ok := seen[in.customer]
		if !ok {
			i = len(fresh)
			seen[in.customer] = i
			fresh = append(fresh, customer.Imported{ExternalID: retailPrefix + in.customer, Email: in.customer + retailDomain, Currency: string(retailCurrency), Since: db.At(time.UnixMilli(in.at))})
			keys = append(keys, retailPrefix+in.customer)
		}
		fresh[i].Country = in.country
	}
	have, err := r.people(keys, fresh)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]customer.ID, len(have))
	for external, id := range have {
		byID[strings.TrimPrefix(external, retailPrefix)] = id
	}
	return byID, nil
}

// people finds customers by their id elsewhere and makes those that are not
// there.
func (j *job) people(keys []string, all []customer.Imported) (map[string]customer.ID, error) {
	have, err := customersByExternal(j.ctx, j.d, keys)
	if err != nil {
		return nil, err
	}
	var missing []customer.Imported
	for _, c := range all {
		if have[c.ExternalID] == 0 {
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 {
		return have, nil
	}
	err = j.inTx(func(tx *db.Tx) error {
		if err := customer.Import(j.ctx, tx, missing, j.opt.Now); err != nil {
			return err
		}
		have, err = customersByExternal(j.ctx, tx, keys)
		return err
	})
	return have, err
}

func (r *retail) writeOrders(chunk []*invoice, variants map[int32]variantRef, people map[string]customer.ID) error {
	externals := make([]string, len(chunk))
	numbers := make([]string, len(chunk))
	for i, in := range chunk {
		externals[i], numbers[i] = retailPrefix+in.number, retailNumber(in.number)
	}
	known, err := importedOrders(r.ctx, r.d, externals, numbers)
	if err != nil {
		return err
	}
	var fresh []order.Order
	var lines [][]order.Line
	var replaced []order.ID
	created, updated, unchanged := 0, 0, 0
	for i, in := range chunk {
		hash := r.hash(in)
		have, ok := known.byExternal[externals[i]]
		switch {
		case ok && have.hash == hash:
			unchanged++
			continue
		case ok:
			updated++
			replaced = append(replaced, have.id)
		case known.numbers[numbers[i]]:
			r.sum.wrong(in.first, "exchange.order.number", "order", numbers[i])
			continue
		default:
			created++
		}
		o, ls := r.order(in, externals[i], numbers[i], hash, variants, people)
		fresh, lines = append(fresh, o), append(lines, ls)
	}
	if len(fresh) > 0 && !r.opt.DryRun {
		err := r.inTx(func(tx *db.Tx) error {
			if err := order.DropImported(r.ctx, tx, replaced); err != nil {
				return err
			}
			return order.CreateImported(r.ctx, tx, fresh, lines)
		})
		if err != nil {
			return err
		}
	}
	r.sum.Created += created
	r.sum.Updated += updated
	r.sum.Unchanged += unchanged
	return nil
}

// retailNumber is the order's number in the form that a search for it takes.
// An invoice with letters that such a search folds could meet another's number;
// it gets one drawn from its own name.
func retailNumber(invoice string) string {
	if order.CleanNumber(invoice) == invoice {
		return order.CleanNumber("OR" + invoice)
	}
	sum := sha256.Sum256([]byte(invoice))
	return order.CleanNumber("OR" + base32.StdEncoding.EncodeToString(sum[:8]))
}

func (r *retail) order(in *invoice, external, number, hash string, variants map[int32]variantRef, people map[string]customer.ID) (order.Order, []order.Line) {
	at := db.At(time.UnixMilli(in.at))
	o := order.Order{Number: number, PlaceKey: external, PlaceHash: hash, ExternalID: &external, Country: in.country, Currency: retailCurrency,
		Delivery: money.Amount(in.postage), TaxIncluded: true, Lang: i18n.English, State: order.Completed, PaymentState: order.Paid,
		DeliveryState: order.Delivered, PlacedAt: at, PaidAt: at, ClosedAt: at, Imported: true}
	if id := people[in.customer]; in.customer != "" && id != 0 {
		o.CustomerID, o.Email = &id, in.customer+retailDomain
	}
	lines := make([]order.Line, len(in.lines))
	for i, s := range in.lines {
		v := variants[s.code]
		name := r.words[s.words]
		if name == "" {
			name = r.words[r.codes[s.code].words]
		}
		if name == "" {
			name = v.SKU
		}
		total := money.Amount(s.price).Times(int(s.qty))
		lines[i] = order.Line{ProductID: v.Product, VariantID: v.Variant, SKU: v.SKU, Name: i18n.Text{En: name}, Qty: int(s.qty),
			UnitPrice: money.Amount(s.price), Total: total, CancelledQty: int(s.gone)}
		o.Subtotal += total
	}
	o.Total = o.Subtotal + o.Delivery
	return o, lines
}
