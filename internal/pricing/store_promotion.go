package pricing

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// TableName is promotions.
func (Promotion) TableName() string { return "promotions" }

// TableName is promotion_codes.
func (Code) TableName() string { return "promotion_codes" }

// Buyer is who a promotion is counted for: an account, an address, or both.
type Buyer struct {
	Customer customer.ID
	Email    string
}

// Find reads what may apply to a basket on a day of the shop. The shopper's
// segment and tier are the caller's to fill in.
func Find(ctx context.Context, q db.Q, day, coupon string, who Buyer) (Deals, error) {
	d := Deals{Day: day}
	var promotion PromotionID
	if key := CodeKey(coupon); key != "" {
		var found []Code
		if err := q.Query(ctx).Where("code = ?", key).Limit(1).Find(&found).Error; err != nil {
			return d, fmt.Errorf("look up a code: %w", err)
		}
		if len(found) == 1 {
			d.Code, promotion = &found[0], found[0].PromotionID
		}
	}
	err := q.Query(ctx).Where("state = 'live' AND (id = ? OR needs_code = ? AND (ends_on = '' OR ends_on >= ?))", int64(promotion), false, day).
		Order("id").Find(&d.Promotions).Error
	if err != nil {
		return d, fmt.Errorf("read promotions: %w", err)
	}
	if err := d.spread(ctx, q); err != nil {
		return d, err
	}
	if err := d.readBound(ctx, q); err != nil {
		return d, err
	}
	return d, d.count(ctx, q, who)
}

// spread writes beside each category all those below it.
func (d *Deals) spread(ctx context.Context, q db.Q) error {
	if !slices.ContainsFunc(d.Promotions, func(p Promotion) bool { return len(p.Categories) > 0 }) {
		return nil
	}
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return err
	}
	for i := range d.Promotions {
		var all []catalog.CategoryID
		for _, id := range d.Promotions[i].Categories {
			all = append(all, tree.Under(id)...)
		}
		if len(d.Promotions[i].Categories) > 0 && len(all) == 0 {
			all = []catalog.CategoryID{-1} // its categories are gone: nothing is in it, not everything
		}
		d.Promotions[i].Categories = all
	}
	return nil
}

func (d *Deals) count(ctx context.Context, q db.Q, who Buyer) error {
	var ids []int64
	for _, p := range d.Promotions {
		if p.LimitPerson > 0 {
			ids = append(ids, int64(p.ID))
		}
	}
	if len(ids) == 0 || who == (Buyer{}) {
		return nil
	}
	var rows []struct {
		PromotionID PromotionID
		N           int
	}
	err := q.Query(ctx).Raw(`SELECT promotion_id, count(*) AS n FROM redemptions WHERE promotion_id IN ? AND state <> 'released'
		AND (person = ? OR customer_id <> 0 AND customer_id = ?) GROUP BY promotion_id`, ids, personKey(who), int64(who.Customer)).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("count promotions of a person: %w", err)
	}
	d.Mine = map[PromotionID]int{}
	for _, r := range rows {
		d.Mine[r.PromotionID] = r.N
	}
	return nil
}

// Promotions lists all promotions, live ones first, then the newest.
func Promotions(ctx context.Context, q db.Q) ([]Promotion, error) {
	var all []Promotion
	if err := q.Query(ctx).Order("state, id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list promotions: %w", err)
	}
	return all, countUses(ctx, q, all)
}

// countUses fills in the uses of promotions that keep no count, since nothing
// limits them.
func countUses(ctx context.Context, q db.Q, all []Promotion) error {
	var rows []struct {
		PromotionID PromotionID
		N           int
	}
	err := q.Query(ctx).Raw("SELECT promotion_id, count(*) AS n FROM redemptions WHERE state = 'held' GROUP BY promotion_id").Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("count the uses of promotions: %w", err)
	}
	uses := map[PromotionID]int{}
	for _, r := range rows {
		uses[r.PromotionID] = r.N
	}
	for i := range all {
		all[i].Used = uses[all[i].ID]
	}
	return nil
}

// ByToken reads a promotion as it is stored; fault.NotFound if there is none.
func ByToken(ctx context.Context, q db.Q, token string) (*Promotion, error) {
	var found []Promotion
	if err := q.Query(ctx).Where("token = ?", token).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read promotion %s: %w", token, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "pricing.promotion.unknown")
	}
	return &found[0], countUses(ctx, q, found)
}

// columns are what the form of a promotion decides.
func (p *Promotion) columns() []string {
	return []string{"Name", "Kind", "Value", "Currency", "Buy", "Free", "MinSubtotal", "Categories", "Products", "Segments", "Tiers", "StartsOn", "EndsOn",
		"NeedsCode", "LimitAll", "LimitPerson", "Priority", "Exclusive", "Used", "UpdatedAt"}
}

// Put stores a promotion: a new one without an ID, else the change of a live
// one. A change that started from an older state than the stored one (UpdatedAt),
// or would set a limit below what is used already, is fault.Conflict.
func Put(ctx context.Context, tx *db.Tx, p *Promotion, now time.Time) error {
	if err := p.check(); err != nil {
		return err
	}
	p.Categories, p.Products = append([]catalog.CategoryID{}, p.Categories...), append([]catalog.ProductID{}, p.Products...) // [] in the row, not null
	p.Segments, p.Tiers = append([]string{}, p.Segments...), append([]string{}, p.Tiers...)
	if p.ID == 0 {
		var b [12]byte
		rand.Read(b[:])
		p.Token, p.State, p.Used = base64.RawURLEncoding.EncodeToString(b[:]), Live, 0
		p.CreatedAt, p.UpdatedAt = db.At(now), db.At(now)
		if err := tx.Query(ctx).Create(p).Error; err != nil {
			return fmt.Errorf("store promotion %s: %w", p.Name.En, err)
		}
		return nil
	}
	if err := p.recount(ctx, tx); err != nil {
		return err
	}
	if p.LimitAll > 0 && p.Used > p.LimitAll {
		return fault.New(fault.Conflict, "pricing.promotion.changed")
	}
	before := p.UpdatedAt
	p.UpdatedAt = db.At(now)
	if !p.UpdatedAt.After(before.Time) {
		p.UpdatedAt = db.At(before.Add(time.Millisecond))
	}
	done := tx.Query(ctx).Model(&Promotion{}).Select(p.columns()).
		Where("id = ? AND state = 'live' AND updated_at = ?", int64(p.ID), before).Updates(p)
	if done.Error != nil {
		return fmt.Errorf("store promotion %s: %w", p.Name.En, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "pricing.promotion.changed")
	}
	return nil
}

// recount takes the promotion's row and counts its orders: those that were
// placed while nothing limited it are in no counter.
func (p *Promotion) recount(ctx context.Context, tx *db.Tx) error {
	if err := tx.Query(ctx).Exec("UPDATE promotions SET used = used WHERE id = ?", int64(p.ID)).Error; err != nil {
		return fmt.Errorf("store promotion %s: %w", p.Name.En, err)
	}
	p.Used = 0
	if p.LimitAll == 0 && p.LimitPerson == 0 {
		return nil
	}
	err := tx.Query(ctx).Raw("SELECT count(*) FROM redemptions WHERE promotion_id = ? AND state = 'held'", int64(p.ID)).Scan(&p.Used).Error
	if err != nil {
		return fmt.Errorf("count the uses of promotion %s: %w", p.Name.En, err)
	}
	return nil
}

// Stop ends a promotion at once and for good; false if it was stopped before.
func Stop(ctx context.Context, tx *db.Tx, id PromotionID, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE promotions SET state = 'stopped', updated_at = ? WHERE id = ? AND state = 'live'", db.At(now), int64(id))
	if done.Error != nil {
		return false, fmt.Errorf("stop promotion %d: %w", id, done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Batch is a bundle of codes with what was used of it; Code is the first one,
// all there is to a code that was chosen singly.
type Batch struct {
	Batch string
	Code  string
	Codes int
	Used  int
}

// Batches lists the codes of a promotion by bundle, oldest first.
func Batches(ctx context.Context, q db.Q, id PromotionID) ([]Batch, error) {
	var all []Batch
	err := q.Query(ctx).Raw(`SELECT batch, min(code) AS code, count(*) AS codes, sum(CASE WHEN limit_all > 0 THEN used ELSE (
		SELECT count(*) FROM redemptions r WHERE r.promotion_id = promotion_codes.promotion_id AND r.code_id = promotion_codes.id AND r.state = 'held') END) AS used
		FROM promotion_codes WHERE promotion_id = ?
		GROUP BY batch ORDER BY min(id)`, int64(id)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	return all, nil
}

// Codes lists the codes of one bundle.
func Codes(ctx context.Context, q db.Q, id PromotionID, batch string) ([]Code, error) {
	var all []Code
	if err := q.Query(ctx).Where("promotion_id = ? AND batch = ?", int64(id), batch).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list codes: %w", err)
	}
	return all, nil
}

// AddCode gives a promotion a code of the merchant's choice, good as often as
// the promotion is.
func AddCode(ctx context.Context, tx *db.Tx, id PromotionID, code string, now time.Time) error {
	var form fault.Form
	key := CodeKey(code)
	if !plainCode(key) {
		form.Wrong("code", "pricing.promotion.code")
		return form.Err()
	}
	n, err := tx.Insert(ctx, "promotion_codes", []string{"promotion_id", "code", "batch", "limit_all", "created_at"},
		[][]any{{int64(id), key, key, 0, db.At(now)}}, true)
	if err == nil && n == 0 {
		form.Wrong("code", "pricing.promotion.code-taken", "code", key)
		err = form.Err()
	}
	return err
}

// MostCodes is the largest batch.
const MostCodes = 10_000

// AddBatch makes n codes of 100 random bits, each good for one order.
func AddBatch(ctx context.Context, tx *db.Tx, id PromotionID, n int, now time.Time) (batch string, err error) {
	if n < 1 || n > MostCodes {
		var form fault.Form
		form.Wrong("codes", "pricing.promotion.codes", "most", MostCodes)
		return "", form.Err()
	}
	batch = newCode()[:8]
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = []any{int64(id), newCode(), batch, 1, db.At(now)}
	}
	_, err = tx.Insert(ctx, "promotion_codes", []string{"promotion_id", "code", "batch", "limit_all", "created_at"}, rows, false)
	return batch, err
}

// check says what of a promotion cannot be stored.
func (p *Promotion) check() error {
	var form fault.Form
	if p.Name.En == "" || len(p.Name.En) > 120 || len(p.Name.Zh) > 120 {
		form.Wrong("name_en", "pricing.promotion.name")
	}
	if p.Currency != "" {
		if _, err := money.ParseCurrency(string(p.Currency)); err != nil {
			form.Wrong("currency", "pricing.method.currency")
		}
	}
	switch p.Kind {
	case Percent:
		if p.Value < 1 || p.Value > 10_000 {
			form.Wrong("value", "pricing.promotion.percent")
		}
	case Amount, Fixed:
		if p.Value < 1 || p.Value > mostPrice || p.Currency == "" {
			form.Wrong("value", "pricing.promotion.value")
		}
	case Bundle:
		if p.Buy < 1 || p.Free < 1 || p.Buy+p.Free > MostOf {
			form.Wrong("buy", "pricing.promotion.bundle", "most", MostOf)
		}
	case Delivery:
	default:
		form.Wrong("kind", "pricing.promotion.kind")
	}
	if p.MinSubtotal < 0 || p.MinSubtotal > mostPrice || p.MinSubtotal > 0 && p.Currency == "" {
		form.Wrong("min_subtotal", "pricing.promotion.min")
	}
	for name, day := range map[string]string{"starts_on": p.StartsOn, "ends_on": p.EndsOn} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			form.Wrong(name, "pricing.promotion.day")
		}
	}
	if p.StartsOn != "" && p.EndsOn != "" && p.EndsOn < p.StartsOn {
		form.Wrong("ends_on", "pricing.promotion.days")
	}
	if p.LimitAll < 0 || p.LimitAll > 1_000_000 {
		form.Wrong("limit_all", "pricing.promotion.limit")
	}
	if p.LimitPerson < 0 || p.LimitPerson > 1_000_000 {
		form.Wrong("limit_person", "pricing.promotion.limit")
	}
	return form.Err()
}

const codeSigns = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford: nothing to mistake

// newCode draws 20 signs of 5 bits each.
func newCode() string {
	var b [20]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = codeSigns[b[i]&31]
	}
	return string(b[:])
}

func plainCode(key string) bool {
	if len(key) < 3 || len(key) > 40 {
		return false
	}
	for _, r := range key {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// NeedsSegment reports whether any of the deals asks for the shopper's segment.
func (d *Deals) NeedsSegment() bool {
	return slices.ContainsFunc(d.Promotions, func(p Promotion) bool { return len(p.Segments) > 0 }) ||
		slices.ContainsFunc(d.Lists, func(l PriceList) bool { return l.Segment != "" })
}

// NeedsTier reports whether any of the deals asks for the shopper's tier.
func (d *Deals) NeedsTier() bool {
	return slices.ContainsFunc(d.Promotions, func(p Promotion) bool { return len(p.Tiers) > 0 }) ||
		slices.ContainsFunc(d.Lists, func(l PriceList) bool { return l.Tier != "" })
}

// Taken is what a promotion or a price list took off an order, under the name it had then. Off
// is what it took off the goods; the rest of Amount is delivery that was free.
type Taken struct {
	Name        i18n.Text
	Amount, Off money.Amount
}

// TakenOff lists the price lists and promotions of an order as they were when
// it was placed.
func TakenOff(ctx context.Context, q db.Q, order int64) ([]Taken, error) {
	var all []Taken
	err := q.Query(ctx).Raw(`SELECT name, amount, amount AS off FROM (SELECT min(name) AS name, sum(amount) AS amount, min(position) AS place
		FROM line_members WHERE order_id = ? GROUP BY list_id) m ORDER BY place`, order).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read price lists of order %d: %w", order, err)
	}
	var promotions []Taken
	err = q.Query(ctx).Raw(`SELECT CASE WHEN r.name = '{"en":""}' THEN p.name ELSE r.name END AS name, r.amount,
		(SELECT coalesce(sum(d.amount), 0) FROM line_discounts d WHERE d.order_id = r.order_id AND d.promotion_id = r.promotion_id) AS off
		FROM redemptions r JOIN promotions p ON p.id = r.promotion_id WHERE r.order_id = ? ORDER BY r.id`, order).Scan(&promotions).Error
	if err != nil {
		return nil, fmt.Errorf("read promotions of order %d: %w", order, err)
	}
	return append(all, promotions...), nil
}

// Only is a reading in which there is this promotion and no other, on its own
// terms; one that cannot be stored is fault.Invalid.
func Only(ctx context.Context, q db.Q, p Promotion) (Deals, error) {
	d := Deals{Promotions: []Promotion{p}}
	if err := p.check(); err != nil {
		return d, err
	}
	return d, d.spread(ctx, q)
}
