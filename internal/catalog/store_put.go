package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// putAtOnce products are read, compared and written together: the number of
// statements a chunk needs hardly grows with it.
const putAtOnce = 250

// Put writes a whole product, found by its code. What is stored already stays
// untouched: Unchanged means no write, no new version, no job. A variant that
// the draft leaves out becomes inactive, since orders may name it; prices in
// currencies that the draft leaves out stay. Without a slug a product keeps
// its own, a new one is named after its English name. A bad draft is
// fault.Invalid with its fields; a change by somebody else at the same moment
// is fault.Conflict.
func Put(ctx context.Context, tx *db.Tx, d Draft, now time.Time) (ProductID, Change, map[string]VariantID, error) {
	outcomes, changed, err := putChunk(ctx, tx, []Draft{d}, now)
	if err != nil {
		return 0, "", nil, fmt.Errorf("put product %s: %w", d.Code, err)
	}
	o := outcomes[0]
	if o.Err != nil {
		return 0, "", nil, fmt.Errorf("put product %s: %w", d.Code, o.Err)
	}
	if err := Tell(ctx, tx, changed...); err != nil {
		return 0, "", nil, fmt.Errorf("put product %s: %w", d.Code, err)
	}
	return o.ID, o.Change, o.Variants, nil
}

// PutMany writes many products with few statements, for imports. Each draft
// has its own outcome in the same place; a bad one writes nothing and does not
// stop the others. An error is the database's and spoils the transaction.
func PutMany(ctx context.Context, tx *db.Tx, drafts []Draft, now time.Time) ([]Outcome, error) {
	all := make([]Outcome, 0, len(drafts))
	for start := 0; start < len(drafts); {
		end, codes := start, map[string]bool{}
		for end < len(drafts) && end-start < putAtOnce && !codes[drafts[end].Code] {
			codes[drafts[end].Code] = true // the same code again must see the first one stored
			end++
		}
		outcomes, changed, err := putChunk(ctx, tx, drafts[start:end], now)
		if err != nil {
			return nil, fmt.Errorf("put %d products: %w", end-start, err)
		}
		if err := Tell(ctx, tx, changed...); err != nil {
			return nil, err
		}
		all = append(all, outcomes...)
		start = end
	}
	return all, nil
}

// plan is what one good draft comes to.
type plan struct {
	outcome int
	draft   *Draft
	old     *stored // nil: a new product
}

func putChunk(ctx context.Context, tx *db.Tx, drafts []Draft, now time.Time) ([]Outcome, []ProductID, error) {
	changing()
	outcomes := make([]Outcome, len(drafts))
	var plans []plan
	for i := range drafts {
		d := drafts[i]
		d.tidy()
		if outcomes[i].Err = d.check(); outcomes[i].Err == nil {
			plans = append(plans, plan{i, &d, nil})
		}
	}
	known, err := readStored(ctx, tx, plans)
	if err != nil {
		return nil, nil, err
	}
	taken, err := readTaken(ctx, tx, plans, known)
	if err != nil {
		return nil, nil, err
	}
	b := &batch{now: db.At(now)}
	var fresh []plan
	for _, p := range plans {
		p.old = known[p.draft.Code]
		out := &outcomes[p.outcome]
		if out.Err = taken.claim(p); out.Err != nil {
			continue
		}
		if p.old == nil {
			fresh = append(fresh, p)
			continue
		}
		out.ID, out.Change, out.Variants = p.old.ID, Unchanged, map[string]VariantID{}
		changed, err := b.update(ctx, tx, p, out)
		if err != nil {
			return nil, nil, err
		}
		if changed {
			out.Change = Updated
			b.changed = append(b.changed, out.ID)
		}
	}
	if err := b.create(ctx, tx, fresh, outcomes); err != nil {
		return nil, nil, err
	}
	if err := b.insert(ctx, tx); err != nil {
		return nil, nil, err
	}
	if err := keepNewest(ctx, tx, b.versioned); err != nil {
		return nil, nil, err
	}
	return outcomes, b.changed, settleProducts(ctx, tx, b.changed, now)
}

// create gives new products and variants their ids and notes their rows.
func (b *batch) create(ctx context.Context, tx *db.Tx, fresh []plan, outcomes []Outcome) error {
	if len(fresh) == 0 && len(b.newVariants) == 0 {
		return nil
	}
	variants := len(b.newVariants)
	for _, p := range fresh {
		variants += len(p.draft.Variants)
	}
	productIDs, err := tx.NextIDs(ctx, "products", len(fresh))
	if err != nil {
		return err
	}
	variantIDs, err := tx.NextIDs(ctx, "variants", variants)
	if err != nil {
		return err
	}
	next := func() (id VariantID) {
		id, variantIDs = VariantID(variantIDs[0]), variantIDs[1:]
		return id
	}
	for _, v := range b.newVariants {
		v.out.Variants[v.draft.SKU] = b.variant(next(), v.product, v.draft)
	}
	for i, p := range fresh {
		out, d := &outcomes[p.outcome], p.draft
		out.ID, out.Change, out.Variants = ProductID(productIDs[i]), Created, map[string]VariantID{}
		if d.Published && d.PublishedAt.IsZero() {
			d.PublishedAt = b.now
		}
		moments, _ := json.Marshal(d.Moments)
		b.products = append(b.products, []any{int64(out.ID), d.Code, d.Slug, d.CategoryID, d.Brand, d.Name, d.Line, d.About, d.Synonyms,
			d.Published, d.PublishedAt.Milli(), 1, d.Tier, d.Durable, d.RefillDays, d.Sensitive, d.Gift, d.Digital, d.GiftCard, d.MaxQty, d.TaxClass,
			string(moments), d.Position, d.Imported, b.now.Milli(), b.now.Milli()})
		b.option(out.ID, d.Options)
		b.image(out.ID, d.Images)
		b.fact(out.ID, d.Facts)
		for _, v := range d.Variants {
			out.Variants[v.SKU] = b.variant(next(), out.ID, v)
		}
		b.changed = append(b.changed, out.ID)
	}
	return nil
}

// update writes what differs from the stored product and reports whether
// anything did.
func (b *batch) update(ctx context.Context, tx *db.Tx, p plan, out *Outcome) (bool, error) {
	d, old := p.draft, p.old
	children, err := b.updateVariants(ctx, tx, d, old, out)
	if err != nil {
		return false, err
	}
	options := old.options()
	for _, part := range []struct {
		table string
		same  bool
		write func()
	}{
		{"product_options", sameJSON(options, d.Options), func() { b.option(old.ID, d.Options) }},
		{"product_images", slices.Equal(old.images, d.Images), func() { b.image(old.ID, d.Images) }},
		{"product_facts", slices.Equal(old.facts, d.Facts), func() { b.fact(old.ID, d.Facts) }},
	} {
		if part.same {
			continue
		}
		if err := tx.Query(ctx).Exec("DELETE FROM "+part.table+" WHERE product_id = ?", old.ID).Error; err != nil {
			return false, fmt.Errorf("replace rows of %s for %s: %w", part.table, d.Code, err)
		}
		part.write()
		children = true
	}
	if d.PublishedAt.IsZero() {
		d.PublishedAt = old.PublishedAt
		if d.Published && d.PublishedAt.IsZero() {
			d.PublishedAt = b.now
		}
	}
	want, have := d.Product, old.Product
	want.ID, want.Version, want.CreatedAt, want.UpdatedAt = have.ID, have.Version, have.CreatedAt, have.UpdatedAt
	want.PublishedAt = db.At(want.PublishedAt.Time)
	want.RatingCount, want.RatingSum = have.RatingCount, have.RatingSum // the reviews' own copies, see Rate
	if !children && sameJSON(want, have) {
		return false, nil
	}
	if want.Slug != have.Slug {
		b.oldSlug("product", have.Slug, want.Slug, int64(have.ID))
	}
	if err := b.version(ctx, old); err != nil {
		return false, err
	}
	return true, writeProduct(ctx, tx, want, b.now)
}

// writeProduct stores the row of a product over the version it was read at.
func writeProduct(ctx context.Context, tx *db.Tx, p Product, now db.Time) error {
	moments, _ := json.Marshal(p.Moments)
	r := tx.Query(ctx).Exec(`UPDATE products SET slug = ?, category_id = ?, brand = ?, name = ?, line = ?, about = ?, synonyms = ?,
		published = ?, published_at = ?, version = version + 1, tier = ?, durable = ?, refill_days = ?, sensitive = ?, gift = ?,
		digital = ?, gift_card = ?, max_qty = ?, tax_class = ?, moments = ?, position = ?, imported = ?, updated_at = ? WHERE id = ? AND version = ?`,
		p.Slug, p.CategoryID, p.Brand, p.Name, p.Line, p.About, p.Synonyms, p.Published, p.PublishedAt, p.Tier, p.Durable,
		p.RefillDays, p.Sensitive, p.Gift, p.Digital, p.GiftCard, p.MaxQty, p.TaxClass, string(moments), p.Position, p.Imported, now, p.ID, p.Version)
	if r.Error != nil {
		return fmt.Errorf("write product %s: %w", p.Code, r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.New(fault.Conflict, "catalog.product.changed", "code", p.Code)
	}
	return nil
}

func (b *batch) updateVariants(ctx context.Context, tx *db.Tx, d *Draft, old *stored, out *Outcome) (changed bool, err error) {
	kept := map[string]bool{}
	for _, v := range d.Variants {
		kept[v.SKU] = true
		have, ok := old.variants[v.SKU]
		if !ok {
			b.newVariants = append(b.newVariants, newVariant{out, old.ID, v})
			changed = true
			continue
		}
		out.Variants[v.SKU] = have.ID
		if v.Position != have.Position || v.Accent != have.Accent || v.Active != have.Active || !sameJSON(v.Choices, have.Choices) {
			changed = true
			choices, _ := json.Marshal(v.Choices)
			err := tx.Query(ctx).Exec("UPDATE variants SET position = ?, choices = ?, accent = ?, active = ?, updated_at = ? WHERE id = ?",
				v.Position, string(choices), v.Accent, v.Active, b.now, have.ID).Error
			if err != nil {
				return false, fmt.Errorf("write variant %s: %w", v.SKU, err)
			}
		}
		for _, currency := range sortedKeys(v.Prices) {
			if old.prices[have.ID][currency] == v.Prices[currency] && old.priced(have.ID, currency) {
				continue
			}
			changed = true
			if _, err := writePrice(ctx, tx, have.ID, currency, v.Prices[currency], b.now); err != nil {
				return false, err
			}
		}
	}
	for _, sku := range sortedKeys(old.variants) {
		if v := old.variants[sku]; !kept[sku] && v.Active {
			changed = true
			if err := tx.Query(ctx).Exec("UPDATE variants SET active = FALSE, updated_at = ? WHERE id = ?", b.now, v.ID).Error; err != nil {
				return false, fmt.Errorf("end variant %s: %w", sku, err)
			}
		}
	}
	return changed, nil
}

// writePrice stores what the merchant asks, where it differs. What is asked in
// the end, and its history, is for settle to write.
func writePrice(ctx context.Context, tx *db.Tx, v VariantID, currency money.Currency, p PriceIn, now db.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE prices SET list_amount = ?, typed_was = ? WHERE variant_id = ? AND currency = ? AND (list_amount <> ? OR typed_was <> ?)",
		int64(p.Amount), int64(p.Was), v, string(currency), int64(p.Amount), int64(p.Was))
	if done.Error != nil {
		return false, fmt.Errorf("write price of variant %d: %w", v, done.Error)
	}
	if done.RowsAffected > 0 {
		return true, nil
	}
	// Before the price: the history asks whether there was any.
	err := tx.Query(ctx).Exec(`INSERT INTO price_log (variant_id, currency, amount, at)
		SELECT v.id, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM variants v WHERE v.id = ?
		AND NOT EXISTS (SELECT 1 FROM prices p WHERE p.variant_id = v.id AND p.currency = ?)`,
		string(currency), int64(p.Amount), now, v, string(currency)).Error
	if err != nil {
		return false, fmt.Errorf("note price of variant %d: %w", v, err)
	}
	done = tx.Query(ctx).Exec(`INSERT INTO prices (variant_id, currency, amount, list_amount, typed_was, since) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (variant_id, currency) DO NOTHING`, v, string(currency), int64(p.Amount), int64(p.Amount), int64(p.Was), now)
	if done.Error != nil {
		return false, fmt.Errorf("write price of variant %d: %w", v, done.Error)
	}
	return done.RowsAffected > 0, nil
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
