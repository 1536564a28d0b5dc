package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Save stores what the editor changed, over the version the editor had read.
// An older version is fault.Conflict: nobody's work is overwritten unseen.
func Save(ctx context.Context, tx *db.Tx, id ProductID, version int, e Edit, now time.Time) error {
	changing()
	p, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if p.Version != version {
		return fault.New(fault.Conflict, "catalog.product.changed", "code", p.Code)
	}
	var f fault.Form
	if e.Slug == "" {
		e.Slug = p.Slug
	}
	checkTexts(&f, e.Slug, e.Brand, e.Synonyms, e.Name, e.Line, e.About)
	if e.MaxQty < 0 {
		f.Wrong("max_qty", "catalog.number.negative")
	}
	if e.CategoryID != nil {
		var known []CategoryID
		if err := tx.Query(ctx).Raw("SELECT id FROM categories WHERE id = ?", *e.CategoryID).Scan(&known).Error; err != nil {
			return fmt.Errorf("look for category %d: %w", *e.CategoryID, err)
		}
		if len(known) == 0 {
			f.Wrong("category", "catalog.category.unknown")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	var owner []string
	if err := tx.Query(ctx).Raw("SELECT code FROM products WHERE slug = ? AND id <> ?", e.Slug, id).Scan(&owner).Error; err != nil {
		return fmt.Errorf("look for taken slug %s: %w", e.Slug, err)
	}
	if len(owner) > 0 {
		f.Wrong("slug", "catalog.slug.taken", "slug", e.Slug, "product", p.Code, "owner", owner[0])
		return f.Err()
	}
	want := *p
	want.Slug, want.CategoryID, want.Brand, want.Name, want.Line, want.About = e.Slug, e.CategoryID, e.Brand, e.Name, e.Line, e.About
	want.Synonyms, want.Published, want.MaxQty = e.Synonyms, e.Published, e.MaxQty
	if want.Published && want.PublishedAt.IsZero() {
		want.PublishedAt = db.At(now)
	}
	if sameJSON(want, *p) {
		return nil
	}
	if err := writeProduct(ctx, tx, want, db.At(now)); err != nil {
		return err
	}
	if want.Slug != p.Slug {
		b := &batch{now: db.At(now)}
		b.oldSlug("product", p.Slug, want.Slug, int64(id))
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
	}
	if !sameJSON(want.CategoryID, p.CategoryID) { // into a sale, or out of one
		if err := settleProducts(ctx, tx, []ProductID{id}, now); err != nil {
			return err
		}
	}
	return Tell(ctx, tx, id)
}

// SetPrice sets the list price of a variant from now on; a sale goes on from
// there. was announces a reduction, 0 = none: the earlier price that is shown
// comes from the log (Earlier). The same price again changes nothing.
func SetPrice(ctx context.Context, tx *db.Tx, v VariantID, currency money.Currency, amount, was money.Amount, now time.Time) error {
	changing()
	var f fault.Form
	if amount < 0 || was < 0 || amount > maxPrice || was > maxPrice {
		f.Wrong("price", "catalog.price.wrong", "sku", "")
	}
	if known, err := money.ParseCurrency(string(currency)); err != nil || known != currency {
		f.Wrong("price", "catalog.currency.unknown", "currency", string(currency))
	}
	if err := f.Err(); err != nil {
		return err
	}
	var products []ProductID
	if err := tx.Query(ctx).Raw("SELECT product_id FROM variants WHERE id = ?", v).Scan(&products).Error; err != nil {
		return fmt.Errorf("price variant %d: %w", v, err)
	}
	if len(products) == 0 {
		return fault.New(fault.NotFound, "error.not-found")
	}
	changed, err := writePrice(ctx, tx, v, currency, PriceIn{amount, was}, db.At(now))
	if err != nil || !changed {
		return err
	}
	if _, err := settle(ctx, tx, now, "pr.variant_id = ? AND pr.currency = ?", v, string(currency)); err != nil {
		return err
	}
	return touch(ctx, tx, products[0], now)
}

// Publish shows or hides a product. It is no error if it already is so.
func Publish(ctx context.Context, tx *db.Tx, id ProductID, on bool, now time.Time) error {
	changing()
	r := tx.Query(ctx).Exec("UPDATE products SET published = ?, version = version + 1, updated_at = ? WHERE id = ? AND published <> ?", on, db.At(now), id, on)
	if r.Error != nil {
		return fmt.Errorf("publish product %d: %w", id, r.Error)
	}
	if r.RowsAffected == 0 {
		_, err := ByID(ctx, tx, id)
		return err
	}
	if on {
		err := tx.Query(ctx).Exec("UPDATE products SET published_at = ? WHERE id = ? AND published_at = 0", db.At(now), id).Error
		if err != nil {
			return fmt.Errorf("publish product %d: %w", id, err)
		}
	}
	return Tell(ctx, tx, id)
}

func touch(ctx context.Context, tx *db.Tx, id ProductID, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE products SET version = version + 1, updated_at = ? WHERE id = ?", db.At(now), id).Error
	if err != nil {
		return fmt.Errorf("note change of product %d: %w", id, err)
	}
	return Tell(ctx, tx, id)
}

// PutRelation stores a relation, found by its two ends and its kind.
func PutRelation(ctx context.Context, tx *db.Tx, r Relation) error {
	changing()
	var f fault.Form
	if !slices.Contains(RelationKinds, r.Kind) {
		f.Wrong("kind", "catalog.relation.kind", "kind", r.Kind)
	}
	if r.FromID == r.ToID {
		f.Wrong("to", "catalog.relation.self")
	}
	checkText(&f, "reason", r.Reason, maxName)
	checkText(&f, "premise", r.Premise, maxName)
	if err := f.Err(); err != nil {
		return err
	}
	if r.Source == "" {
		r.Source = "author"
	}
	r.ID = 0
	err := tx.Query(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "from_id"}, {Name: "to_id"}, {Name: "kind"}},
		DoUpdates: clause.AssignmentColumns([]string{"reason", "premise", "source", "weight"}),
	}).Create(&r).Error
	if err != nil {
		return fmt.Errorf("put relation %d %s %d: %w", r.FromID, r.Kind, r.ToID, err)
	}
	return nil
}

// PutCategory stores a category, found by its code, or by its slug where it
// has no code. Its former slug leads on to the new one.
func PutCategory(ctx context.Context, tx *db.Tx, c Category, now time.Time) (CategoryID, error) {
	changing()
	if c.Slug == "" {
		c.Slug = Slug(c.Name.En)
	}
	var f fault.Form
	if !validSlug(c.Slug) {
		f.Wrong("slug", "catalog.slug.wrong")
	}
	checkTexts(&f, "", c.Code, "", c.Name, c.Help, i18n.Text{})
	if c.Hue < 0 || c.Hue > 359 {
		f.Wrong("hue", "catalog.hue.wrong")
	}
	tree, err := LoadTree(ctx, tx)
	if err != nil {
		return 0, err
	}
	old, found := tree.find(c)
	if c.ParentID != nil {
		if _, ok := tree.ByID(*c.ParentID); !ok || found && slices.Contains(tree.Under(old.ID), *c.ParentID) {
			f.Wrong("parent", "catalog.parent.wrong")
		}
	}
	if other, ok := tree.BySlug(c.Slug); ok && (!found || other.ID != old.ID) {
		f.Wrong("slug", "catalog.slug.taken", "slug", c.Slug, "product", c.Code, "owner", other.Code)
	}
	if err := f.Err(); err != nil {
		return 0, err
	}
	c.ID, c.CreatedAt, c.UpdatedAt = old.ID, old.CreatedAt, old.UpdatedAt
	if found && sameJSON(c, old) {
		return old.ID, nil
	}
	c.UpdatedAt = db.At(now)
	if !found {
		c.CreatedAt = db.At(now)
		r := db.IgnoreConflict(tx.Query(ctx)).Create(&c)
		if r.Error != nil {
			return 0, fmt.Errorf("put category %s: %w", c.Slug, r.Error)
		}
		if r.RowsAffected == 0 {
			return 0, fault.New(fault.Conflict, "catalog.slug.taken", "slug", c.Slug, "product", c.Code, "owner", "")
		}
		return c.ID, nil
	}
	return c.ID, moveCategory(ctx, tx, c, old, tree)
}

func (t *Tree) find(c Category) (Category, bool) {
	if c.Code == "" {
		return t.BySlug(c.Slug)
	}
	for _, have := range t.byID {
		if have.Code == c.Code {
			return have, true
		}
	}
	return Category{}, false
}

func moveCategory(ctx context.Context, tx *db.Tx, c, old Category, tree *Tree) error {
	err := tx.Query(ctx).Exec(`UPDATE categories SET parent_id = ?, code = ?, slug = ?, position = ?, hue = ?, form = ?, name = ?, help = ?,
		updated_at = ? WHERE id = ?`, c.ParentID, c.Code, c.Slug, c.Position, c.Hue, c.Form, c.Name, c.Help, c.UpdatedAt, c.ID).Error
	if err != nil {
		return fmt.Errorf("put category %s: %w", c.Slug, err)
	}
	if c.Slug != old.Slug {
		err := tx.Query(ctx).Exec("DELETE FROM old_slugs WHERE kind = 'category' AND slug IN ?", []string{c.Slug, old.Slug}).Error
		if err != nil {
			return fmt.Errorf("free former slug %s: %w", c.Slug, err)
		}
		err = tx.Query(ctx).Exec("INSERT INTO old_slugs (kind, slug, target_id, at) VALUES ('category', ?, ?, ?)", old.Slug, c.ID, c.UpdatedAt).Error
		if err != nil {
			return fmt.Errorf("keep former slug %s: %w", old.Slug, err)
		}
	}
	if c.Name == old.Name && sameJSON(c.ParentID, old.ParentID) {
		return nil
	}
	// Products are found by the names of the categories they stand in.
	var ids []ProductID
	if err := tx.Query(ctx).Raw("SELECT id FROM products WHERE category_id IN ? ORDER BY id", tree.Under(c.ID)).Scan(&ids).Error; err != nil {
		return fmt.Errorf("find products of category %s: %w", c.Slug, err)
	}
	if len(ids) == 0 {
		return nil
	}
	if !sameJSON(c.ParentID, old.ParentID) { // sales on a category are on all below it
		if err := settleProducts(ctx, tx, ids, c.UpdatedAt.Time); err != nil {
			return err
		}
	}
	return Tell(ctx, tx, ids...)
}

// SetCosts says what a unit of each variant costs the shop, in its own
// currency; nil takes back what was said. Orders keep what was true when they
// were placed.
func SetCosts(ctx context.Context, tx *db.Tx, costs map[VariantID]*money.Amount) error {
	for _, id := range slices.Sorted(maps.Keys(costs)) {
		var cost any
		if c := costs[id]; c != nil {
			if *c < 0 {
				return fault.New(fault.Invalid, "catalog.number.negative")
			}
			cost = int64(*c)
		}
		if err := tx.Query(ctx).Exec("UPDATE variants SET cost = ? WHERE id = ?", cost, int64(id)).Error; err != nil {
			return fmt.Errorf("keep the cost of variant %d: %w", id, err)
		}
	}
	if len(costs) == 0 {
		return nil
	}
	// A form that was drawn before must not put the old costs back.
	ids := slices.Collect(maps.Keys(costs))
	if err := tx.Query(ctx).Exec("UPDATE products SET version = version + 1 WHERE id IN (SELECT product_id FROM variants WHERE id IN ?)", ids).Error; err != nil {
		return fmt.Errorf("keep costs: %w", err)
	}
	return nil
}

// Costs reads what a unit of each variant costs the shop; what nobody said is
// absent.
func Costs(ctx context.Context, q db.Q, ids []VariantID) (map[VariantID]money.Amount, error) {
	var rows []struct {
		ID   VariantID
		Cost money.Amount
	}
	if len(ids) > 0 {
		if err := q.Query(ctx).Raw("SELECT id, cost FROM variants WHERE cost IS NOT NULL AND id IN ?", ids).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read costs: %w", err)
		}
	}
	out := make(map[VariantID]money.Amount, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Cost
	}
	return out, nil
}
