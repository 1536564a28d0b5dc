package trait

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// Changed asks for everybody to be decided and counted again, after a rule was
// edited.
type Changed struct {
	Trait string `json:"trait"`
}

// Kind names the job.
func (Changed) Kind() string { return "trait.changed" }

// Register works the count that a changed rule asks for.
func Register(runner *jobs.Runner, d *db.DB, settings *setting.Live, now func() time.Time) {
	jobs.Work(runner, func(ctx context.Context, _ Changed) error { return Rebuild(ctx, d, settings.Now().Currency(), now()) })
}

// Read reads every trait with its links, and what decides beside them.
func Read(ctx context.Context, q db.Q) (*Rules, error) {
	r := &Rules{sensitive: map[catalog.CategoryID]bool{}}
	if err := q.Query(ctx).Order("position, key").Find(&r.Traits).Error; err != nil {
		return nil, fmt.Errorf("read traits: %w", err)
	}
	var links []Link
	if err := q.Query(ctx).Find(&links).Error; err != nil {
		return nil, fmt.Errorf("read trait links: %w", err)
	}
	sortLinks(links)
	for _, l := range links {
		if t := r.Find(l.Trait); t != nil {
			t.Links = append(t.Links, l)
		}
	}
	return r, r.shelves(ctx, q)
}

func (r *Rules) shelves(ctx context.Context, q db.Q) (err error) {
	if r.Tree, err = catalog.LoadTree(ctx, q); err != nil {
		return err
	}
	var ids []catalog.CategoryID
	err = q.Query(ctx).Raw("SELECT DISTINCT category_id FROM products WHERE sensitive = TRUE AND category_id IS NOT NULL").Scan(&ids).Error
	if err != nil {
		return fmt.Errorf("read sensitive shelves: %w", err)
	}
	for _, id := range ids {
		r.sensitive[id] = true
	}
	return nil
}

// family is what people said of which no trait is made: what follows from a
// child is shown for the goods at hand, never concluded about somebody.
var family = []Condition{{Fact: "life", Is: "parent"}, {Fact: "interest", Is: "baby"}}

// Family reports whether no trait may be made of what somebody said.
func Family(fact, value string) bool {
	return slices.Contains(family, Condition{Fact: fact, Is: value})
}

// Check refuses a trait that cannot work or must not be.
func (r *Rules) Check(t *Trait) error {
	var form fault.Form
	if t.Key == "" || len(t.Key) > 40 || strings.Trim(t.Key, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		form.Wrong("key", "trait.key.invalid")
	}
	if t.Name.En == "" {
		form.Wrong("name_en", "trait.name.missing")
	}
	if t.Who.En == "" {
		form.Wrong("who_en", "trait.who.missing")
	}
	if t.ExpiresDays < 0 || t.ExpiresDays > 3650 {
		form.Wrong("expires_days", "trait.days.invalid")
	}
	if len(t.Rule.Any) == 0 {
		form.Wrong("rule", "trait.rule.empty")
	}
	for _, c := range t.Rule.Any {
		if key := r.wrong(c, t); key != "" {
			form.Wrong("rule", key)
		}
	}
	return form.Err()
}

func (r *Rules) wrong(c Condition, t *Trait) string {
	if c.Fact != Bought {
		switch {
		case c.Fact != "occupation" && !slices.Contains([]string{"life", "interest", "hobby"}, c.Fact), c.Is == "", c.Tier != "", c.Price != 0, c.AtLeast != 0, c.Days != 0:
			return "trait.rule.invalid"
		case Family(c.Fact, c.Is):
			return "trait.rule.family"
		}
		return ""
	}
	k, ok := r.Tree.BySlug(c.Is)
	switch {
	case !ok:
		return "trait.rule.shelf"
	case r.sensitive[k.ID]:
		return "trait.rule.sensitive"
	case c.Tier != "" && !slices.Contains(tiers, c.Tier), c.Price < 0, c.AtLeast < 0, c.AtLeast > 100, c.Days < 0, c.Days > 3650:
		return "trait.rule.invalid"
	case t.Goods.En == "":
		return "trait.goods.missing"
	}
	return ""
}

// Recount leaves the job that decides everybody and counts again.
func Recount(ctx context.Context, tx *db.Tx, key string) error {
	return jobs.Enqueue(ctx, tx, Changed{key})
}

// Add keeps a new trait. A key that is taken is fault.Invalid. Who holds it
// and what follows is not known until it is counted (Recount, Rebuild).
func Add(ctx context.Context, tx *db.Tx, t *Trait, now time.Time) error {
	if err := checked(ctx, tx, t, now); err != nil {
		return err
	}
	added := db.IgnoreConflict(tx.Query(ctx)).Create(t)
	if added.Error != nil {
		return fmt.Errorf("add trait %s: %w", t.Key, added.Error)
	}
	if added.RowsAffected == 0 {
		var form fault.Form
		form.Wrong("name_en", "trait.taken")
		return form.Err()
	}
	changing()
	return nil
}

// Edit keeps a changed trait if it still is as it was read (was); else it is
// fault.Conflict. Its links and who holds it stay until they are counted again.
func Edit(ctx context.Context, tx *db.Tx, t *Trait, was db.Time, now time.Time) error {
	if err := checked(ctx, tx, t, now); err != nil {
		return err
	}
	if !t.UpdatedAt.After(was.Time) { // two edits within a millisecond are two versions
		t.UpdatedAt = db.At(was.Add(time.Millisecond))
	}
	set := tx.Query(ctx).Model(&Trait{}).Where("key = ? AND updated_at = ?", t.Key, was).
		Select("name", "goods", "who", "rule", "expires_days", "updated_at").Updates(t)
	if set.Error != nil {
		return fmt.Errorf("edit trait %s: %w", t.Key, set.Error)
	}
	if set.RowsAffected == 0 {
		return fault.New(fault.Conflict, "trait.edited")
	}
	changing()
	return nil
}

func checked(ctx context.Context, tx *db.Tx, t *Trait, now time.Time) error {
	r := &Rules{sensitive: map[catalog.CategoryID]bool{}}
	if err := r.shelves(ctx, tx); err != nil {
		return err
	}
	t.UpdatedAt = db.At(now)
	return r.Check(t)
}

// Switch turns a trait on or off, at once for everybody.
func Switch(ctx context.Context, tx *db.Tx, key string, on bool, now time.Time) error {
	changing()
	set := tx.Query(ctx).Exec("UPDATE traits SET active = ?, updated_at = ? WHERE key = ?", on, db.At(now), key)
	if err := found(set.RowsAffected, set.Error, "switch trait "+key); err != nil {
		return err
	}
	return Recount(ctx, tx, key)
}

// SwitchLink turns one link on or off, at once.
func SwitchLink(ctx context.Context, tx *db.Tx, key string, shelf catalog.CategoryID, on bool) error {
	changing()
	set := tx.Query(ctx).Exec("UPDATE trait_links SET active = ? WHERE trait = ? AND category_id = ?", on, key, int64(shelf))
	return found(set.RowsAffected, set.Error, "switch a link of "+key)
}

// PutLink writes a merchant's own link; a learned one to the same shelf
// becomes theirs and keeps its numbers. Sensitive shelves are refused.
func PutLink(ctx context.Context, tx *db.Tx, l Link, now time.Time) error {
	var form fault.Form
	if l.Reason.En == "" {
		form.Wrong("reason_en", "trait.link.reason")
	}
	var bad int64
	err := tx.Query(ctx).Raw("SELECT count(*) FROM products WHERE sensitive = TRUE AND category_id = ?", int64(l.CategoryID)).Scan(&bad).Error
	if err != nil {
		return fmt.Errorf("read whether a shelf is sensitive: %w", err)
	}
	if bad > 0 {
		form.Wrong("category", "trait.rule.sensitive")
	}
	if err := form.Err(); err != nil {
		return err
	}
	l.Source, l.Active = "author", true
	err = tx.Query(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "trait"}, {Name: "category_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"source", "active", "reason"})}).Create(&l).Error
	if err != nil {
		return fmt.Errorf("link %s to a shelf: %w", l.Trait, err)
	}
	changing()
	return Recount(ctx, tx, l.Trait)
}

// DropLink takes a merchant's own link away; the orders may bring it back as a
// learned one.
func DropLink(ctx context.Context, tx *db.Tx, key string, shelf catalog.CategoryID) error {
	changing()
	set := tx.Query(ctx).Exec("DELETE FROM trait_links WHERE trait = ? AND category_id = ? AND source = 'author'", key, int64(shelf))
	if err := found(set.RowsAffected, set.Error, "drop a link of "+key); err != nil {
		return err
	}
	return Recount(ctx, tx, key)
}

func found(rows int64, err error, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if rows == 0 {
		return fault.New(fault.NotFound, "trait.unknown")
	}
	return nil
}

// Mine is what is held about whoever asks, and what they took out.
type Mine struct {
	Held []Held
	Gone map[string]bool
}

// Of decides for whoever is asking, from the facts as they are now: an order,
// a changed profile, a switch and a deletion count at the next page. Without
// both consents nothing is read.
func Of(ctx context.Context, q db.Q, r *Rules, p *customer.Person, currency money.Currency, now time.Time) (Mine, error) {
	mine := Mine{Gone: map[string]bool{}}
	if len(r.Traits) == 0 || !p.SignedIn() || !p.Personalized() {
		return mine, nil
	}
	var gone []string
	err := q.Query(ctx).Raw("SELECT trait FROM customer_traits WHERE customer_id = ? AND deleted_at <> 0", int64(p.CustomerID())).Scan(&gone).Error
	if err != nil {
		return mine, fmt.Errorf("read what a person took out: %w", err)
	}
	for _, key := range gone {
		mine.Gone[key] = true
	}
	if !p.MayUseHistory() {
		return mine, nil
	}
	known := Known{Occupation: p.Customer.Occupation, Interests: p.Interests, Now: now}
	for one, err := range purchases(ctx, q, r, p.CustomerID(), currency) {
		if err != nil {
			return mine, err
		}
		known.Bought = append(known.Bought, one.Purchase)
	}
	for _, h := range r.Decide(known) {
		if !mine.Gone[h.Trait] {
			mine.Held = append(mine.Held, h)
		}
	}
	return mine, nil
}

// Delete takes a trait out of what is held about a person, for good.
func Delete(ctx context.Context, tx *db.Tx, id customer.ID, key string, now time.Time) error {
	var known int64
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM traits WHERE key = ?", key).Scan(&known).Error; err != nil || known == 0 {
		return found(known, err, "delete a trait")
	}
	err := tx.Query(ctx).Exec(`INSERT INTO customer_traits (customer_id, trait, deleted_at) VALUES (?, ?, ?)
		ON CONFLICT (customer_id, trait) DO UPDATE SET evidence = excluded.evidence, order_number = '', since = 0, expires_at = 0, confidence = 0,
		deleted_at = excluded.deleted_at`, int64(id), key, db.At(now)).Error
	if err != nil {
		return fmt.Errorf("delete a trait of customer %d: %w", id, err)
	}
	return nil
}

// Forget erases what is held about a person. It is a customer.Forget.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	if err := tx.Query(ctx).Exec("DELETE FROM customer_traits WHERE customer_id = ?", int64(id)).Error; err != nil {
		return fmt.Errorf("forget the traits of customer %d: %w", id, err)
	}
	return nil
}

// Counts returns how many people hold each trait.
func Counts(ctx context.Context, q db.Q) (map[string]int, error) {
	var rows []struct {
		Trait string
		N     int
	}
	if err := q.Query(ctx).Raw("SELECT trait, count(*) AS n FROM customer_traits WHERE deleted_at = 0 GROUP BY trait").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count who holds traits: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Trait] = r.N
	}
	return counts, nil
}

// Merge puts what one customer took out under another who is the same person (a
// customer.Merge). What is concluded is decided anew by Refresh.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO customer_traits (customer_id, trait, deleted_at) SELECT CAST(? AS BIGINT), trait, deleted_at FROM customer_traits WHERE customer_id = ? AND deleted_at > 0
			ON CONFLICT (customer_id, trait) DO UPDATE SET evidence = '{"en":""}', order_number = '', since = 0, expires_at = 0, confidence = 0,
			deleted_at = CASE WHEN customer_traits.deleted_at > 0 THEN customer_traits.deleted_at ELSE excluded.deleted_at END`, []any{int64(into), int64(from)}},
		{"DELETE FROM customer_traits WHERE customer_id = ?", []any{int64(from)}},
	} {
		if err := tx.Query(ctx).Exec(s.sql, s.args...).Error; err != nil {
			return fmt.Errorf("put the traits of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}
