package review

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
)

// kept is the condition of an order's line, l of o, that makes its buyer one:
// paid, received and not given back. It wants the moment before which goods
// that left count as received.
const kept = `o.payment_state IN ('paid','partly-refunded') AND l.qty > l.cancelled_qty AND l.qty > l.refunded_qty AND l.qty > l.returned_qty
	AND (o.delivery_state = 'delivered' OR o.delivery_state = 'shipped' AND o.placed_at <= ? AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.order_id = o.id AND s.at > ?))`

// Bought finds the order by which somebody may call themselves a buyer of a
// product; 0 if there is none.
func Bought(ctx context.Context, q db.Q, product catalog.ProductID, by Author, now time.Time) (order.ID, error) {
	whose, arg := "o.customer_id = ?", int64(0)
	switch {
	case by.Customer != nil:
		arg = int64(by.Customer.ID)
	case by.Order != nil:
		whose, arg = "o.id = ?", int64(by.Order.ID)
	default:
		return 0, nil
	}
	var ids []int64
	err := q.Query(ctx).Raw("SELECT o.id FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE "+whose+" AND l.product_id = ? AND "+kept+" ORDER BY o.placed_at DESC, o.id DESC LIMIT 1",
		arg, int64(product), reachedBy(now), reachedBy(now)).Scan(&ids).Error
	if err != nil {
		return 0, fmt.Errorf("look who bought product %d: %w", product, err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	return order.ID(ids[0]), nil
}

// Own returns what somebody said of a product, or nil. An account that proved
// its address also finds what it said as a guest.
func Own(ctx context.Context, q db.Q, product catalog.ProductID, by Author) (*Review, error) {
	id, email := by.key()
	if id == 0 && email == "" {
		return nil, nil
	}
	where, args := "customer_id IS NULL AND email = ?", []any{email}
	if id != 0 {
		if where, args = "customer_id = ?", []any{int64(id)}; by.Customer.Verified() {
			where, args = "(customer_id = ? OR customer_id IS NULL AND email = ?)", []any{int64(id), by.Customer.EmailKey}
		}
	}
	var rows []Review
	err := q.Query(ctx).Where("product_id = ? AND "+where, append([]any{int64(product)}, args...)...).Order("CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END, id").Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read a person's review of product %d: %w", product, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// Write keeps what somebody says of a product; staff look at it before it is
// shown. Said again it takes the place of what was said before, which stays as
// a version; the same words again change nothing.
func Write(ctx context.Context, tx *db.Tx, product catalog.ProductID, by Author, w Words, now time.Time) (*Review, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	id, email := by.key()
	if id == 0 && email == "" {
		return nil, fault.New(fault.SignIn, "error.sign-in")
	}
	who := sha256.Sum256([]byte(email)) // names of turns outlive what they are for by minutes
	if err := customer.Turn(ctx, tx, fmt.Sprintf("review:%d:%d:%x", product, id, who[:8])); err != nil {
		return nil, err
	}
	bought, err := Bought(ctx, tx, product, by, now)
	if err != nil {
		return nil, err
	}
	r, err := Own(ctx, tx, product, by)
	if err != nil {
		return nil, err
	}
	fresh := Review{ProductID: product, Email: email, OrderID: bought, Verified: bought != 0, Name: w.Name, Lang: i18n.ParseLang(string(w.Lang)), Stars: w.Stars, Title: ask.Mask(w.Title),
		Body: ask.Mask(w.Body), Good: clicked(w.Good), Less: clicked(w.Less), State: Waiting, Version: 1, CreatedAt: db.At(now), WrittenAt: db.At(now)}
	if id != 0 {
		fresh.CustomerID, fresh.Simulated = &id, by.Customer.Simulated
	} else {
		fresh.Simulated = by.Order.Simulated
	}
	if r == nil {
		var b [12]byte
		rand.Read(b[:])
		fresh.Token = base64.RawURLEncoding.EncodeToString(b[:])
		if err := tx.Query(ctx).Create(&fresh).Error; err != nil {
			return nil, fmt.Errorf("keep a review: %w", err)
		}
		return &fresh, nil
	}
	if r.says(&fresh) {
		return r, nil
	}
	return &fresh, r.change(ctx, tx, &fresh, now)
}

// says reports that two versions say the same.
func (r *Review) says(o *Review) bool {
	return r.Stars == o.Stars && r.Title == o.Title && r.Body == o.Body && r.Good == o.Good && r.Less == o.Less && r.Name == o.Name
}

// change puts fresh in the place of r and keeps r as a version.
func (r *Review) change(ctx context.Context, tx *db.Tx, fresh *Review, now time.Time) error {
	old := Version{r.ID, r.Version, r.Stars, r.Title, r.Body, r.Good, r.Less, r.State, r.Reason, r.WrittenAt, db.At(now)}
	if err := tx.Query(ctx).Create(&old).Error; err != nil {
		return fmt.Errorf("keep a version of review %d: %w", r.ID, err)
	}
	fresh.ID, fresh.Token, fresh.Version, fresh.CreatedAt = r.ID, r.Token, r.Version+1, r.CreatedAt
	var owner any
	if fresh.CustomerID != nil {
		owner = int64(*fresh.CustomerID)
	}
	done := tx.Query(ctx).Exec(`UPDATE reviews SET customer_id = ?, email = ?, order_id = ?, verified = ?, name = ?, lang = ?, stars = ?, title = ?, body = ?, good = ?, less = ?,
		version = version + 1, state = 'waiting', reason = '', decided_at = 0, decided_by = 0, written_at = ? WHERE id = ? AND version = ?`,
		owner, fresh.Email, int64(fresh.OrderID), fresh.Verified, fresh.Name, string(fresh.Lang), fresh.Stars, fresh.Title, fresh.Body, string(fresh.Good), string(fresh.Less),
		db.At(now), r.ID, r.Version)
	if done.Error != nil {
		return fmt.Errorf("change review %d: %w", r.ID, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "review.changed")
	}
	return Count(ctx, tx, r.ProductID)
}

// Drop takes somebody's own review back, with all of its versions.
func Drop(ctx context.Context, tx *db.Tx, product catalog.ProductID, by Author) error {
	r, err := Own(ctx, tx, product, by)
	if err != nil || r == nil {
		return err
	}
	if err := tx.Query(ctx).Exec("DELETE FROM reviews WHERE id = ?", r.ID).Error; err != nil {
		return fmt.Errorf("take back review %d: %w", r.ID, err)
	}
	return Count(ctx, tx, product)
}

func (w *Words) check() error {
	var form fault.Form
	if w.Stars < 1 || w.Stars > 5 {
		form.Wrong("stars", "review.stars.none")
	}
	for _, t := range w.Good {
		if slices.Contains(w.Less, t) {
			form.Wrong("less", "review.tile.both")
			break
		}
	}
	text(&form, "title", &w.Title, titleRunes, false)
	text(&form, "body", &w.Body, bodyRunes, true)
	text(&form, "name", &w.Name, nameRunes, false)
	return form.Err()
}

// text cleans what was typed and says what is wrong with it.
func text(form *fault.Form, input string, s *string, most int, lines bool) {
	*s = norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n")))
	odd := func(r rune) bool { return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t')) }
	switch {
	case utf8.RuneCountInString(*s) > most:
		form.Wrong(input, "ask.text.long", "most", most)
	case !utf8.ValidString(*s) || strings.ContainsFunc(*s, odd):
		form.Wrong(input, "ask.text.letters")
	}
}

// ByToken returns one review; fault.NotFound if there is none.
func ByToken(ctx context.Context, q db.Q, token string) (*Review, error) {
	return one(ctx, q, "token = ?", token)
}

// ByID returns one review; fault.NotFound if there is none.
func ByID(ctx context.Context, q db.Q, id int64) (*Review, error) { return one(ctx, q, "id = ?", id) }

func one(ctx context.Context, q db.Q, where string, arg any) (*Review, error) {
	var rows []Review
	if err := q.Query(ctx).Where(where, arg).Limit(1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read a review: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "review.unknown")
	}
	return &rows[0], nil
}

// Report notes that a reader finds that a review breaks the rules; once a
// reader. false: they had said so already.
func Report(ctx context.Context, tx *db.Tx, token, reporter string, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec(`INSERT INTO review_reports (review_id, reporter, at) SELECT id, ?, ? FROM reviews WHERE token = ? AND state = 'published'
		ON CONFLICT (review_id, reporter) DO NOTHING`, reporter, db.At(now).Milli(), token)
	if done.Error != nil {
		return false, fmt.Errorf("report review %s: %w", token, done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Count brings the copies on products to what is published; without products,
// all of them. Every change of a review that may be shown calls it.
func Count(ctx context.Context, tx *db.Tx, products ...catalog.ProductID) error {
	where, args := "r.state = 'published'", []any{}
	if len(products) > 0 {
		where, args = where+" AND r.product_id IN ?", append(args, products)
	} else if err := tx.Query(ctx).Raw("SELECT id FROM products WHERE rating_count <> 0 OR rating_sum <> 0").Scan(&products).Error; err != nil {
		return fmt.Errorf("read rated products: %w", err)
	}
	all := make(map[catalog.ProductID]catalog.Rating, len(products))
	for _, id := range products {
		all[id] = catalog.Rating{}
	}
	var rows []struct {
		ProductID  catalog.ProductID
		Count, Sum int
	}
	err := tx.Query(ctx).Raw("SELECT r.product_id, count(*) AS count, sum(r.stars) AS sum FROM reviews r WHERE "+where+" GROUP BY r.product_id", args...).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("count reviews: %w", err)
	}
	for _, r := range rows {
		all[r.ProductID] = catalog.Rating{Count: r.Count, Sum: r.Sum}
	}
	return catalog.Rate(ctx, tx, all)
}
