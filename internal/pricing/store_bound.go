package pricing

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// givenAgainAfter is how long nobody gets a second bound code; who used one
// gets none for noneAfterUse.
const (
	givenAgainAfter = 180 * 24 * time.Hour
	noneAfterUse    = 365 * 24 * time.Hour
)

// MayGive reports whether a person may be given a code: none within half a
// year, and none used within a year, so that nobody learns to leave carts for
// it. The caller has its turn at the person.
func MayGive(ctx context.Context, q db.Q, who Buyer, now time.Time) (bool, error) {
	var n int
	err := q.Query(ctx).Raw(`SELECT count(*) FROM code_bounds b WHERE (b.person <> '' AND b.person = ? OR b.customer_id > 0 AND b.customer_id = ?) AND (b.made_at > ?
		OR EXISTS (SELECT 1 FROM redemptions r WHERE r.code_id = b.code_id AND r.state <> 'released' AND r.at > ?))`,
		personKey(who), int64(who.Customer), db.At(now.Add(-givenAgainAfter)), db.At(now.Add(-noneAfterUse))).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look whether somebody may have a code: %w", err)
	}
	return n == 0, nil
}

// Give makes a code for one person: good for one order, for these goods, until
// then. What it was given with (ref) has one code, asked again the same. The
// promotion behind it stands for all codes of its size; nil: staff stopped it.
func Give(ctx context.Context, tx *db.Tx, ref string, who Buyer, percent int, goods []BoundGoods, until, now time.Time) (*Given, error) {
	if have, err := GivenWith(ctx, tx, ref); err != nil || have != nil {
		return have, err
	}
	p, err := standing(ctx, tx, percent, now)
	if err != nil || p == nil {
		return nil, err
	}
	code := newCode()
	if _, err := tx.Insert(ctx, "promotion_codes", []string{"promotion_id", "code", "batch", "limit_all", "created_at"},
		[][]any{{int64(p.ID), code, "followup", 1, db.At(now)}}, false); err != nil {
		return nil, err
	}
	var made Code
	if err := tx.Query(ctx).Where("code = ?", code).Take(&made).Error; err != nil {
		return nil, fmt.Errorf("give a code: %w", err)
	}
	b := Bound{CodeID: made.ID, Ref: ref, CustomerID: who.Customer, Person: personKey(who), Goods: goods, MadeAt: db.At(now), Until: db.At(until)}
	if err := tx.Query(ctx).Create(&b).Error; err != nil {
		return nil, fmt.Errorf("give a code: %w", err)
	}
	rows := make([][]any, len(goods))
	for i, g := range goods {
		rows[i] = []any{made.ID, int64(g.Variant), int64(g.Least)}
	}
	if _, err := tx.Insert(ctx, "code_goods", []string{"code_id", "variant_id", "least"}, rows, false); err != nil {
		return nil, err
	}
	return &Given{b, code, percent}, nil
}

// standing is the promotion behind the codes of one size. It goes last, so that
// the price it must not go below is that after everything else.
func standing(ctx context.Context, tx *db.Tx, percent int, now time.Time) (*Promotion, error) {
	token, words := fmt.Sprintf("followup-%d", percent), fmt.Sprintf("%d%%", percent)
	_, err := tx.Insert(ctx, "promotions", []string{"token", "name", "state", "kind", "value", "needs_code", "priority", "created_at", "updated_at"},
		[][]any{{token, i18n.Text{En: words + " off, for a cart left behind", Zh: "购物车提醒优惠 " + words}, Live, string(Percent), int64(percent) * 100, true, -1000, db.At(now), db.At(now)}}, true)
	if err != nil {
		return nil, err
	}
	p, err := ByToken(ctx, tx, token)
	if err != nil || p.State != Live || p.Value != int64(percent)*100 {
		return nil, err
	}
	return p, nil
}

// GivenWith is the code that was given with something, nil if none was.
func GivenWith(ctx context.Context, q db.Q, ref string) (*Given, error) {
	var found []Bound
	if err := q.Query(ctx).Where("ref = ?", ref).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read a given code: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	if err := found[0].readGoods(ctx, q); err != nil {
		return nil, err
	}
	var c struct {
		Code  string
		Value int64
	}
	err := q.Query(ctx).Raw("SELECT c.code, p.value FROM promotion_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.id = ?", found[0].CodeID).Scan(&c).Error
	if err != nil {
		return nil, fmt.Errorf("read a given code: %w", err)
	}
	return &Given{found[0], c.Code, int(c.Value / 100)}, nil
}

func (b *Bound) readGoods(ctx context.Context, q db.Q) error {
	err := q.Query(ctx).Raw("SELECT variant_id AS variant, least FROM code_goods WHERE code_id = ? ORDER BY variant_id", b.CodeID).Scan(&b.Goods).Error
	if err != nil {
		return fmt.Errorf("read the goods of a given code: %w", err)
	}
	return nil
}

// readBound fills in whom the deals' code was given to; until Bind it is barred.
func (d *Deals) readBound(ctx context.Context, q db.Q) error {
	if d.Code == nil {
		return nil
	}
	var b Bound
	err := q.Query(ctx).Where("code_id = ?", d.Code.ID).Take(&b).Error
	if db.NotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read whom a code was given to: %w", err)
	}
	if err := b.readGoods(ctx, q); err != nil {
		return err
	}
	d.bound, d.bar = &b, "pricing.coupon.given"
	d.tie()
	return nil
}

// Forget ends the codes of a person whose account is erased (a
// customer.Forget). What they saved stays with their orders.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
	err := tx.Query(ctx).Exec(`UPDATE code_bounds SET customer_id = 0, person = '', until = CASE WHEN until > ? AND made_at < ? THEN ? ELSE until END
		WHERE customer_id = ? OR person <> '' AND person = ?`, db.At(now), db.At(now), db.At(now), int64(id), personKey(Buyer{Email: email})).Error
	if err != nil {
		return fmt.Errorf("forget the codes of customer %d: %w", id, err)
	}
	return nil
}
