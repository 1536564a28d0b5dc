package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// LoadTree reads every category.
func LoadTree(ctx context.Context, q db.Q) (*Tree, error) {
	var all []Category
	if err := q.Query(ctx).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	return newTree(all), nil
}

// BySlug finds a published product by its address, or fault.NotFound.
func BySlug(ctx context.Context, q db.Q, slug string) (*Product, error) {
	return oneProduct(ctx, q, "slug = ? AND published = TRUE", slug)
}

// ByCode finds a product, published or not, by the merchant's key.
func ByCode(ctx context.Context, q db.Q, code string) (*Product, error) {
	return oneProduct(ctx, q, "code = ?", code)
}

// ByID finds a product, published or not, by its row id.
func ByID(ctx context.Context, q db.Q, id ProductID) (*Product, error) {
	return oneProduct(ctx, q, "id = ?", id)
}

func oneProduct(ctx context.Context, q db.Q, where string, arg any) (*Product, error) {
	var p Product
	if s, ok := arg.(string); ok && !clean(s) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	err := q.Query(ctx).Where(where, arg).Take(&p).Error
	if db.NotFound(err) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	if err != nil {
		return nil, fmt.Errorf("read product %v: %w", arg, err)
	}
	return &p, nil
}

// Moved says where the product or category (kind) that once had this slug
// answers now.
func Moved(ctx context.Context, q db.Q, kind, slug string) (string, bool, error) {
	query := "SELECT p.slug FROM old_slugs o JOIN products p ON p.id = o.target_id AND p.published = TRUE WHERE o.kind = 'product' AND o.slug = ?"
	if kind == "category" {
		query = "SELECT c.slug FROM old_slugs o JOIN categories c ON c.id = o.target_id WHERE o.kind = 'category' AND o.slug = ?"
	}
	if !validSlug(slug) {
		return "", false, nil
	}
	var now []string
	if err := q.Query(ctx).Raw(query, slug).Scan(&now).Error; err != nil {
		return "", false, fmt.Errorf("look for moved %s %s: %w", kind, slug, err)
	}
	if len(now) == 0 {
		return "", false, nil
	}
	return now[0], true, nil
}

// VariantBySKU finds a variant, or fault.NotFound.
func VariantBySKU(ctx context.Context, q db.Q, sku string) (*Variant, error) {
	var v Variant
	if !skuShape.MatchString(sku) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	err := q.Query(ctx).Where("sku = ?", sku).Take(&v).Error
	if db.NotFound(err) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	if err != nil {
		return nil, fmt.Errorf("read variant %s: %w", sku, err)
	}
	return &v, nil
}

// priceRow is the joined price of a variant; no row means "not priced".
type priceRow struct{ amount, was, list, typed, until, sale sql.NullInt64 }

// said reports that the earlier price rests on the merchant's word alone.
func (p priceRow) said() bool { return p.until.Int64 > 0 }

// earlier is the former price where it was higher: only then is it news.
func (p priceRow) earlier() money.Amount {
	if p.was.Int64 <= p.amount.Int64 {
		return 0
	}
	return money.Amount(p.was.Int64)
}

// Detailed reads everything a product page shows, in five queries. It does
// not ask whether the product is published.
func Detailed(ctx context.Context, q db.Q, id ProductID, currency money.Currency) (*Detail, error) {
	d, err := described(ctx, q, id)
	if err != nil {
		return nil, err
	}
	return d, d.priced(ctx, q, currency)
}

// described reads what does not move with price and stock.
func described(ctx context.Context, q db.Q, id ProductID) (*Detail, error) {
	p, err := ByID(ctx, q, id)
	if err != nil {
		return nil, err
	}
	d := &Detail{Product: *p}
	if err := q.Query(ctx).Where("product_id = ?", id).Order("position, id").Find(&d.Options).Error; err != nil {
		return nil, fmt.Errorf("read options of product %d: %w", id, err)
	}
	err = q.Query(ctx).Raw("SELECT product_id, position, src, alt FROM product_images WHERE product_id = ? ORDER BY position", id).Scan(&d.Images).Error
	if err != nil {
		return nil, fmt.Errorf("read pictures of product %d: %w", id, err)
	}
	err = q.Query(ctx).Raw("SELECT product_id, position, key, name, value_code, value, facet FROM product_facts WHERE product_id = ? ORDER BY position, key, value_code", id).Scan(&d.Facts).Error
	if err != nil {
		return nil, fmt.Errorf("read facts of product %d: %w", id, err)
	}
	return d, nil
}

func (d *Detail) priced(ctx context.Context, q db.Q, currency money.Currency) (err error) {
	if d.Variants, err = variantInfos(ctx, q, d.ID, currency); err != nil {
		return err
	}
	d.Card = d.card(currency)
	return nil
}

func (d *Detail) card(currency money.Currency) Card {
	b := cardBuilder{Card: Card{ID: d.ID, Code: d.Code, Slug: d.Slug, Name: d.Name, Line: d.Line, Version: d.Version,
		Tier: d.Tier, Durable: d.Durable, Sensitive: d.Sensitive, Digital: d.Digital, Gift: d.Gift,
		Published: d.Published, PublishedAt: d.PublishedAt, Rating: d.Rating(), Price: money.Price{Currency: currency}}}
	if len(d.Images) > 0 {
		b.Image = d.Images[0]
	}
	if d.Product.CategoryID != nil {
		b.CategoryID = *d.Product.CategoryID
	}
	for _, v := range d.Variants {
		if v.Active && !v.ForOwners {
			b.add(offer{sku: v.SKU, accent: v.Accent, priced: v.Priced, amount: v.Price.Amount, was: v.Was, said: v.Said}, v.Supply)
		}
	}
	return b.Card
}

func variantInfos(ctx context.Context, q db.Q, id ProductID, currency money.Currency) ([]VariantInfo, error) {
	rows, err := q.Query(ctx).Raw(`SELECT v.id, v.sku, v.position, v.choices, v.accent, v.active, v.created_at, v.updated_at,
		pr.amount, pr.was, pr.list_amount, pr.typed_was, pr.was_until, coalesce(sl.name, '{"en":""}'), EXISTS (SELECT 1 FROM upgrades u WHERE u.variant_id = v.id), `+supplyColumns+`
		FROM variants v LEFT JOIN prices pr ON pr.variant_id = v.id AND pr.currency = ? LEFT JOIN sales sl ON sl.id = pr.sale_id LEFT JOIN stock s ON s.variant_id = v.id
		WHERE v.product_id = ? ORDER BY v.position, v.id`, string(currency), id).Rows()
	if err != nil {
		return nil, fmt.Errorf("read variants of product %d: %w", id, err)
	}
	defer rows.Close()
	var list []VariantInfo
	var bundles []VariantID
	for rows.Next() {
		v := VariantInfo{Variant: Variant{ProductID: id}}
		var choices string
		var price priceRow
		var stock stockRow
		if err := rows.Scan(&v.ID, &v.SKU, &v.Position, &choices, &v.Accent, &v.Active, &v.CreatedAt, &v.UpdatedAt,
			&price.amount, &price.was, &price.list, &price.typed, &price.until, &v.Sale, &v.ForOwners, &stock.tracked, &stock.onHand, &stock.reserved,
			&stock.beyond, &stock.policy, &stock.readyAt, &stock.expectedAt, &stock.bundle); err != nil {
			return nil, fmt.Errorf("read variants of product %d: %w", id, err)
		}
		if v.Choices, err = parseChoices(choices); err != nil {
			return nil, fmt.Errorf("read choices of %s: %w", v.SKU, err)
		}
		v.Price = money.Price{Amount: money.Amount(price.amount.Int64), Currency: currency}
		v.Was, v.Said, v.Priced, v.Supply = price.earlier(), price.said(), price.amount.Valid, stock.supply()
		v.List = PriceIn{money.Amount(price.list.Int64), money.Amount(price.typed.Int64)}
		if stock.bundle {
			bundles = append(bundles, v.ID)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read variants of product %d: %w", id, err)
	}
	rows.Close() // before the next query: a transaction has one connection
	made, err := supplies(ctx, q, bundles)
	if err != nil {
		return nil, err
	}
	inside, err := Components(ctx, q, bundles)
	for i := range list {
		if s, ok := made[list[i].ID]; ok {
			list[i].Supply = s
		}
		list[i].Available, list[i].Inside = list[i].Supply.Available, inside[list[i].ID]
	}
	return list, err
}

// Buyables reads variants as cart and checkout see them, in two queries, with
// bundles in three. An unknown id is absent; a variant that cannot be had is present and says so.
func Buyables(ctx context.Context, q db.Q, ids []VariantID, currency money.Currency) (map[VariantID]Buyable, error) {
	found := make(map[VariantID]Buyable, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	rows, err := q.Query(ctx).Raw(`SELECT v.id, v.product_id, v.sku, v.choices, v.accent, v.active,
		p.slug, p.name, p.published, p.max_qty, p.sensitive, p.digital, p.gift_card, p.durable, p.tax_class, coalesce(p.category_id, 0),
		coalesce(i.src, ''), i.alt, pr.amount, pr.was, pr.list_amount, pr.sale_id, v.cost, `+supplyColumns+`
		FROM variants v JOIN products p ON p.id = v.product_id
		LEFT JOIN product_images i ON i.product_id = p.id AND i.position = 0
		LEFT JOIN prices pr ON pr.variant_id = v.id AND pr.currency = ?
		LEFT JOIN stock s ON s.variant_id = v.id WHERE v.id IN ?`, string(currency), ids).Rows()
	if err != nil {
		return nil, fmt.Errorf("read %d variants: %w", len(ids), err)
	}
	defer rows.Close()
	choices := map[VariantID]map[string]string{}
	var products []ProductID
	var bundles []VariantID
	sales := map[VariantID]int64{}
	for rows.Next() {
		var b Buyable
		var chosen, accent string
		var price priceRow
		var stock stockRow
		if err := rows.Scan(&b.VariantID, &b.ProductID, &b.SKU, &chosen, &accent, &b.Active,
			&b.Slug, &b.Name, &b.Published, &b.MaxQty, &b.Sensitive, &b.Digital, &b.GiftCard, &b.Durable, &b.TaxClass, &b.CategoryID,
			&b.Image.Src, &b.Image.Alt, &price.amount, &price.was, &price.list, &price.sale, &b.Cost, &stock.tracked, &stock.onHand, &stock.reserved,
			&stock.beyond, &stock.policy, &stock.readyAt, &stock.expectedAt, &stock.bundle); err != nil {
			return nil, fmt.Errorf("read %d variants: %w", len(ids), err)
		}
		b.Image.ProductID = b.ProductID
		b.Image = b.Image.WithAccent(accent)
		b.Price = money.Price{Amount: money.Amount(price.amount.Int64), Currency: currency}
		b.Was, b.Priced, b.Supply = price.earlier(), price.amount.Valid, stock.supply()
		b.List = money.Amount(price.list.Int64)
		b.Available = b.Supply.Available
		if b.Bundle = stock.bundle; b.Bundle {
			bundles = append(bundles, b.VariantID)
		}
		if price.sale.Int64 != 0 {
			sales[b.VariantID] = price.sale.Int64
		}
		if chosen != "{}" {
			if choices[b.VariantID], err = parseChoices(chosen); err != nil {
				return nil, fmt.Errorf("read choices of %s: %w", b.SKU, err)
			}
			products = append(products, b.ProductID)
		}
		found[b.VariantID] = b
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %d variants: %w", len(ids), err)
	}
	rows.Close() // before the next query: a transaction has one connection
	made, err := supplies(ctx, q, bundles)
	if err != nil {
		return nil, err
	}
	for id, s := range made {
		b := found[id]
		b.Supply, b.Available = s, s.Available
		found[id] = b
	}
	if err := nameSales(ctx, q, found, sales); err != nil {
		return nil, err
	}
	return found, nameChoices(ctx, q, found, choices, products)
}

// nameSales reads the names of the sales that made the prices: few prices have
// one, and a join would make all of them pay for it.
func nameSales(ctx context.Context, q db.Q, found map[VariantID]Buyable, of map[VariantID]int64) error {
	if len(of) == 0 {
		return nil
	}
	var sales []struct {
		ID   int64
		Name i18n.Text
	}
	if err := q.Query(ctx).Raw("SELECT id, name FROM sales WHERE id IN ?", slices.Collect(maps.Values(of))).Scan(&sales).Error; err != nil {
		return fmt.Errorf("read the sales of %d variants: %w", len(of), err)
	}
	names := make(map[int64]i18n.Text, len(sales))
	for _, s := range sales {
		names[s.ID] = s.Name
	}
	for id, sale := range of {
		b := found[id]
		b.Sale = names[sale]
		found[id] = b
	}
	return nil
}

func nameChoices(ctx context.Context, q db.Q, found map[VariantID]Buyable, choices map[VariantID]map[string]string, products []ProductID) error {
	if len(products) == 0 {
		return nil
	}
	var all []Option
	if err := q.Query(ctx).Where("product_id IN ?", products).Find(&all).Error; err != nil {
		return fmt.Errorf("read options of %d products: %w", len(products), err)
	}
	options := map[ProductID][]Option{}
	for _, o := range all {
		options[o.ProductID] = append(options[o.ProductID], o)
	}
	for id, chosen := range choices {
		b := found[id]
		b.Choices = ChoiceText(options[b.ProductID], chosen)
		found[id] = b
	}
	return nil
}

// RelationsFrom reads what leads away from these products.
func RelationsFrom(ctx context.Context, q db.Q, ids []ProductID) ([]Relation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var list []Relation
	if err := q.Query(ctx).Where("from_id IN ?", ids).Order("from_id, weight DESC, id").Find(&list).Error; err != nil {
		return nil, fmt.Errorf("read relations of %d products: %w", len(ids), err)
	}
	return list, nil
}

// Cards reads the cards of products in the order of ids, in two queries.
// Unpublished ones and those without a price in the currency are left out.
func Cards(ctx context.Context, q db.Q, ids []ProductID, currency money.Currency) ([]Card, error) {
	return cards(ctx, q, ids, currency, false)
}

func cards(ctx context.Context, q db.Q, ids []ProductID, currency money.Currency, all bool) ([]Card, error) {
	found, err := readBases(ctx, q, ids, currency, all)
	if err != nil {
		return nil, err
	}
	return dress(ctx, q, ids, found, all)
}

// base is a card before the stock is known.
type base struct {
	Card
	offers []offer // of the active variants, in order
}

type offer struct {
	id          VariantID
	sku, accent string
	priced      bool
	amount, was money.Amount
	said        bool
}

func readBases(ctx context.Context, q db.Q, ids []ProductID, currency money.Currency, all bool) (map[ProductID]*base, error) {
	found := make(map[ProductID]*base, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	published, open := " AND p.published = TRUE", forEverybody
	if all {
		published, open = "", ""
	}
	rows, err := q.Query(ctx).Raw(`SELECT p.id, p.code, p.slug, p.name, p.line, coalesce(p.category_id, 0), p.version, p.tier,
		p.durable, p.sensitive, p.digital, p.gift, p.published, p.published_at, p.rating_count, p.rating_sum, coalesce(i.src, ''), coalesce(i.alt, '{"en":""}'),
		coalesce(v.id, 0), coalesce(v.sku, ''), coalesce(v.accent, ''), pr.amount, pr.was, pr.was_until
		FROM products p
		LEFT JOIN product_images i ON i.product_id = p.id AND i.position = 0
		LEFT JOIN variants v ON v.product_id = p.id AND v.active = TRUE`+open+`
		LEFT JOIN prices pr ON pr.variant_id = v.id AND pr.currency = ?
		WHERE p.id IN ?`+published+` ORDER BY p.id, v.position, v.id`, string(currency), ids).Rows()
	if err != nil {
		return nil, fmt.Errorf("read %d cards: %w", len(ids), err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Card
		var name, line, alt string
		var o offer
		var price priceRow
		if err := rows.Scan(&c.ID, &c.Code, &c.Slug, &name, &line, &c.CategoryID, &c.Version, &c.Tier,
			&c.Durable, &c.Sensitive, &c.Digital, &c.Gift, &c.Published, &c.PublishedAt, &c.Rating.Count, &c.Rating.Sum, &c.Image.Src, &alt,
			&o.id, &o.sku, &o.accent, &price.amount, &price.was, &price.until); err != nil {
			return nil, fmt.Errorf("read %d cards: %w", len(ids), err)
		}
		b := found[c.ID]
		if b == nil { // texts are read from JSON once a product, not once a variant
			for _, t := range []struct {
				to   *i18n.Text
				from string
			}{{&c.Name, name}, {&c.Line, line}, {&c.Image.Alt, alt}} {
				if err := t.to.Scan(t.from); err != nil {
					return nil, fmt.Errorf("read card %s: %w", c.Code, err)
				}
			}
			c.Image.ProductID, c.Price.Currency = c.ID, currency
			b = &base{Card: c}
			found[c.ID] = b
		}
		if o.id != 0 {
			o.priced, o.amount, o.was, o.said = price.amount.Valid, money.Amount(price.amount.Int64), price.earlier(), price.said()
			b.offers = append(b.offers, o)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %d cards: %w", len(ids), err)
	}
	return found, nil
}

// dress makes cards of bases in the order of ids with the stock as it is now.
func dress(ctx context.Context, q db.Q, ids []ProductID, found map[ProductID]*base, all bool) ([]Card, error) {
	var variants []VariantID
	for _, b := range found {
		if b != nil {
			for _, o := range b.offers {
				variants = append(variants, o.id)
			}
		}
	}
	left, err := supplies(ctx, q, variants)
	if err != nil {
		return nil, err
	}
	list := make([]Card, 0, len(ids))
	shown := make(map[ProductID]bool, len(ids))
	for _, id := range ids {
		b := found[id]
		if b == nil || shown[id] { // an id given twice is shown once
			continue
		}
		shown[id] = true
		k := cardBuilder{Card: b.Card}
		for _, o := range b.offers {
			supply, counted := left[o.id]
			if !counted {
				supply = Uncounted
			}
			k.add(o, supply)
		}
		if all || k.Priced {
			list = append(list, k.Card)
		}
	}
	return list, nil
}

func productsOf(ctx context.Context, q db.Q, ids []VariantID) (map[VariantID]ProductID, error) {
	var rows []struct {
		ID        VariantID
		ProductID ProductID
	}
	if err := q.Query(ctx).Raw("SELECT id, product_id FROM variants WHERE id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("find products of %d variants: %w", len(ids), err)
	}
	of := make(map[VariantID]ProductID, len(rows))
	for _, r := range rows {
		of[r.ID] = r.ProductID
	}
	return of, nil
}
