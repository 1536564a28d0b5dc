package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// stored is a product as the database has it, in the shape of a tidied draft.
type stored struct {
	Product
	optionRows []Option
	variants   map[string]Variant // by SKU
	prices     map[VariantID]map[money.Currency]PriceIn
	images     []Image
	facts      []Fact
}

func (s *stored) options() []Option {
	list := append([]Option{}, s.optionRows...)
	for i := range list {
		list[i].ID, list[i].ProductID = 0, 0
	}
	return list
}

func (s *stored) priced(id VariantID, currency money.Currency) bool {
	_, ok := s.prices[id][currency]
	return ok
}

// readStored reads the products of the plans by code, six queries for all.
func readStored(ctx context.Context, q db.Q, plans []plan) (map[string]*stored, error) {
	known := map[string]*stored{}
	if len(plans) == 0 {
		return known, nil
	}
	codes := make([]string, len(plans))
	for i, p := range plans {
		codes[i] = p.draft.Code
	}
	var products []Product
	if err := q.Query(ctx).Where("code IN ?", codes).Find(&products).Error; err != nil {
		return nil, fmt.Errorf("read products to compare: %w", err)
	}
	if len(products) == 0 {
		return known, nil
	}
	byID := map[ProductID]*stored{}
	var ids []ProductID
	for _, p := range products {
		s := &stored{Product: p, variants: map[string]Variant{}, prices: map[VariantID]map[money.Currency]PriceIn{}}
		known[p.Code], byID[p.ID] = s, s
		ids = append(ids, p.ID)
	}
	return known, readChildren(ctx, q, ids, byID)
}

func readChildren(ctx context.Context, q db.Q, ids []ProductID, byID map[ProductID]*stored) error {
	var options []Option
	var variants []Variant
	var images []Image
	var facts []Fact
	var prices []struct {
		ProductID   ProductID
		VariantID   VariantID
		Currency    money.Currency
		Amount, Was money.Amount
	}
	if err := q.Query(ctx).Where("product_id IN ?", ids).Order("product_id, position").Find(&options).Error; err != nil {
		return fmt.Errorf("read options to compare: %w", err)
	}
	if err := q.Query(ctx).Where("product_id IN ?", ids).Find(&variants).Error; err != nil {
		return fmt.Errorf("read variants to compare: %w", err)
	}
	for _, part := range []struct {
		query string
		into  any
	}{
		{"SELECT product_id, position, src, alt FROM product_images WHERE product_id IN ? ORDER BY product_id, position", &images},
		{"SELECT product_id, position, key, name, value_code, value, facet FROM product_facts WHERE product_id IN ? ORDER BY product_id, position", &facts},
		{"SELECT v.product_id, p.variant_id, p.currency, p.list_amount AS amount, p.typed_was AS was FROM prices p JOIN variants v ON v.id = p.variant_id WHERE v.product_id IN ?", &prices},
	} {
		if err := q.Query(ctx).Raw(part.query, ids).Scan(part.into).Error; err != nil {
			return fmt.Errorf("read parts to compare: %w", err)
		}
	}
	for _, o := range options {
		byID[o.ProductID].optionRows = append(byID[o.ProductID].optionRows, o)
	}
	for _, v := range variants {
		byID[v.ProductID].variants[v.SKU] = v
	}
	for _, i := range images {
		s := byID[i.ProductID]
		i.ProductID = 0
		s.images = append(s.images, i)
	}
	for _, f := range facts {
		s := byID[f.ProductID]
		f.ProductID = 0
		s.facts = append(s.facts, f)
	}
	for _, p := range prices {
		in := byID[p.ProductID].prices
		if in[p.VariantID] == nil {
			in[p.VariantID] = map[money.Currency]PriceIn{}
		}
		in[p.VariantID][p.Currency] = PriceIn{p.Amount, p.Was}
	}
	return nil
}

// taken knows which SKUs and slugs belong to whom, in the database and in the
// drafts before.
type taken struct {
	skus  map[string]string // SKU → product code
	slugs map[string]string // slug → product code
}

// readTaken also gives each draft without a slug its own: the stored one, or
// one made from the name.
func readTaken(ctx context.Context, q db.Q, plans []plan, known map[string]*stored) (*taken, error) {
	t := &taken{map[string]string{}, map[string]string{}}
	var skus, slugs []string
	for _, p := range plans {
		for _, v := range p.draft.Variants {
			skus = append(skus, v.SKU)
		}
		if old := known[p.draft.Code]; p.draft.Slug == "" && old != nil {
			p.draft.Slug = old.Slug
		}
		if p.draft.Slug != "" {
			slugs = append(slugs, p.draft.Slug)
		} else {
			slugs = append(slugs, madeSlugs(p.draft)...)
		}
	}
	var owners []struct{ Key, Code string }
	for start := 0; start < len(skus); start += 5000 {
		owners = nil
		if err := q.Query(ctx).Raw("SELECT v.sku AS key, p.code FROM variants v JOIN products p ON p.id = v.product_id WHERE v.sku IN ?",
			skus[start:min(start+5000, len(skus))]).Scan(&owners).Error; err != nil {
			return nil, fmt.Errorf("look for taken SKUs: %w", err)
		}
		for _, o := range owners {
			t.skus[o.Key] = o.Code
		}
	}
	owners = nil
	if len(slugs) > 0 {
		if err := q.Query(ctx).Raw("SELECT slug AS key, code FROM products WHERE slug IN ?", slugs).Scan(&owners).Error; err != nil {
			return nil, fmt.Errorf("look for taken slugs: %w", err)
		}
	}
	for _, o := range owners {
		t.slugs[o.Key] = o.Code
	}
	return t, nil
}

// madeSlugs are the slugs a new product may get, the nicest first.
func madeSlugs(d *Draft) []string {
	name, code := Slug(d.Name.En), Slug(d.Code)
	if code == "" {
		code = "product"
	}
	if name == "" {
		return []string{code, code + "-" + Slug(fmt.Sprintf("%x", d.Code))[:min(16, 2*len(d.Code))]}
	}
	return []string{name, strings.TrimRight(name[:min(len(name), max(1, 95-len(code)))], "-") + "-" + code}
}

// claim gives the draft its SKUs and its slug, or says who has them.
func (t *taken) claim(p plan) error {
	var f fault.Form
	d := p.draft
	for _, v := range d.Variants {
		if owner, ok := t.skus[v.SKU]; ok && owner != d.Code {
			f.Wrong("sku", "catalog.sku.taken", "sku", v.SKU, "product", d.Code, "owner", owner)
		}
	}
	if d.Slug == "" {
		for _, s := range madeSlugs(d) {
			if _, ok := t.slugs[s]; !ok && validSlug(s) {
				d.Slug = s
				break
			}
		}
	}
	if owner, ok := t.slugs[d.Slug]; d.Slug == "" || ok && owner != d.Code {
		f.Wrong("slug", "catalog.slug.taken", "slug", d.Slug, "product", d.Code, "owner", owner)
	}
	if err := f.Err(); err != nil {
		return err
	}
	for _, v := range d.Variants {
		t.skus[v.SKU] = d.Code
	}
	t.slugs[d.Slug] = d.Code
	return nil
}

type newVariant struct {
	out     *Outcome
	product ProductID
	draft   DraftVariant
}

// batch gathers rows, to be written table by table.
type batch struct {
	now         db.Time
	newVariants []newVariant
	changed     []ProductID

	products, options, variants, prices, log, images, facts, slugs, versions [][]any
	freed                                                                    []string
	versioned                                                                []ProductID
}

func (b *batch) variant(id VariantID, product ProductID, v DraftVariant) VariantID {
	choices, _ := json.Marshal(v.Choices)
	b.variants = append(b.variants, []any{int64(id), int64(product), v.SKU, v.Position, string(choices), v.Accent, v.Active, b.now.Milli(), b.now.Milli()})
	for _, currency := range sortedKeys(v.Prices) {
		p := v.Prices[currency]
		b.prices = append(b.prices, []any{int64(id), string(currency), int64(p.Amount), int64(p.Amount), int64(p.Was), b.now.Milli()})
		b.log = append(b.log, []any{int64(id), string(currency), int64(p.Amount), b.now.Milli()})
	}
	return id
}

func (b *batch) option(product ProductID, options []Option) {
	for _, o := range options {
		choices, _ := json.Marshal(o.Choices)
		b.options = append(b.options, []any{int64(product), o.Position, o.Code, o.Name, string(choices)})
	}
}

func (b *batch) image(product ProductID, images []Image) {
	for _, i := range images {
		b.images = append(b.images, []any{int64(product), i.Position, i.Src, i.Alt})
	}
}

func (b *batch) fact(product ProductID, facts []Fact) {
	for _, f := range facts {
		b.facts = append(b.facts, []any{int64(product), f.Position, f.Key, f.Name, f.ValueCode, f.Value, f.Facet})
	}
}

// oldSlug keeps a former address alive, and frees the new one if it was one.
func (b *batch) oldSlug(kind, from, to string, target int64) {
	b.slugs = append(b.slugs, []any{kind, from, target, b.now.Milli()})
	b.freed = append(b.freed, from, to)
}

func (b *batch) insert(ctx context.Context, tx *db.Tx) error {
	if len(b.freed) > 0 {
		if err := tx.Query(ctx).Exec("DELETE FROM old_slugs WHERE kind = 'product' AND slug IN ?", b.freed).Error; err != nil {
			return fmt.Errorf("free former slugs: %w", err)
		}
	}
	for _, part := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"products", []string{"id", "code", "slug", "category_id", "brand", "name", "line", "about", "synonyms", "published", "published_at",
			"version", "tier", "durable", "refill_days", "sensitive", "gift", "digital", "gift_card", "max_qty", "tax_class", "moments", "position", "imported", "created_at", "updated_at"}, b.products},
		{"product_options", []string{"product_id", "position", "code", "name", "choices"}, b.options},
		{"variants", []string{"id", "product_id", "sku", "position", "choices", "accent", "active", "created_at", "updated_at"}, b.variants},
		{"prices", []string{"variant_id", "currency", "amount", "list_amount", "typed_was", "since"}, b.prices},
		{"price_log", []string{"variant_id", "currency", "amount", "at"}, b.log},
		{"product_images", []string{"product_id", "position", "src", "alt"}, b.images},
		{"product_facts", []string{"product_id", "position", "key", "name", "value_code", "value", "facet"}, b.facts},
		{"old_slugs", []string{"kind", "slug", "target_id", "at"}, b.slugs},
		{"product_versions", []string{"product_id", "number", "at", "by_staff", "way", "body"}, b.versions},
	} {
		if _, err := tx.Insert(ctx, part.table, part.columns, part.rows, false); err != nil {
			return err
		}
	}
	return nil
}
