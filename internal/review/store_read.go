package review

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/order"
)

// OfProduct returns a page of the published reviews of a product, and how many
// there are under the filter.
func OfProduct(ctx context.Context, q db.Q, product catalog.ProductID, f Filter) ([]Review, int, error) {
	where, args := "product_id = ? AND state = 'published'", []any{int64(product)}
	if f.Stars > 0 {
		where, args = where+" AND stars = ?", append(args, f.Stars)
	}
	if f.Verified {
		where += " AND verified = TRUE"
	}
	sort := "written_at DESC, id DESC"
	switch f.Sort {
	case "best":
		sort = "stars DESC, " + sort
	case "worst":
		sort = "stars, " + sort
	}
	per := f.PerPage
	if per <= 0 {
		per = 10
	}
	var rows []Review
	if err := q.Query(ctx).Where(where, args...).Order(sort).Offset((max(1, f.Page) - 1) * per).Limit(per).Find(&rows).Error; err != nil {
		return nil, 0, fmt.Errorf("read reviews of product %d: %w", product, err)
	}
	if f.Page <= 1 && len(rows) < per {
		return rows, len(rows), nil
	}
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM reviews WHERE "+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count reviews of product %d: %w", product, err)
	}
	return rows, total, nil
}

// SpreadOf counts the published reviews of a product.
func SpreadOf(ctx context.Context, q db.Q, product catalog.ProductID) (*Spread, error) {
	var rows []struct {
		Stars               int
		Verified, Simulated bool
		Good, Less          Clicked
		N                   int
	}
	err := q.Query(ctx).Raw("SELECT stars, verified, simulated, good, less, count(*) AS n FROM reviews WHERE product_id = ? AND state = 'published' GROUP BY stars, verified, simulated, good, less",
		int64(product)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count reviews of product %d: %w", product, err)
	}
	s := &Spread{Good: map[string]int{}, Less: map[string]int{}}
	for _, r := range rows {
		s.Stars[r.Stars] += r.N
		s.Count += r.N
		s.Sum += r.N * r.Stars
		if r.Verified {
			s.Verified += r.N
		}
		if r.Simulated {
			s.Simulated += r.N
		} else {
			s.RealSum += r.N * r.Stars
		}
		for _, tile := range r.Good.List() {
			s.Good[tile] += r.N
		}
		for _, tile := range r.Less.List() {
			s.Less[tile] += r.N
		}
	}
	return s, nil
}

// Mine is a review with the product it is about, or a product somebody bought
// and said nothing of (Token "").
type Mine struct {
	Review
	Slug        string
	ProductName i18n.Text
}

// OfCustomer lists what an account said, newest first.
func OfCustomer(ctx context.Context, q db.Q, id customer.ID) ([]Mine, error) {
	var rows []Mine
	err := q.Query(ctx).Raw(`SELECT r.*, p.slug, p.name AS product_name FROM reviews r JOIN products p ON p.id = r.product_id WHERE r.customer_id = ?
		ORDER BY r.written_at DESC, r.id DESC LIMIT 100`, int64(id)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the reviews of customer %d: %w", id, err)
	}
	return rows, nil
}

// Unsaid lists what an account bought, has, and said nothing of yet, the last
// bought first.
func Unsaid(ctx context.Context, q db.Q, id customer.ID, limit int, now time.Time) ([]Mine, error) {
	var rows []Mine
	err := q.Query(ctx).Raw(`SELECT p.slug, p.name AS product_name FROM (SELECT l.product_id, max(o.placed_at) AS at FROM order_lines l JOIN orders o ON o.id = l.order_id
			WHERE o.customer_id = ? AND `+kept+` GROUP BY l.product_id) b JOIN products p ON p.id = b.product_id AND p.published = TRUE
		WHERE NOT EXISTS (SELECT 1 FROM reviews r WHERE r.product_id = p.id AND r.customer_id = ?) ORDER BY b.at DESC, p.id LIMIT ?`,
		int64(id), reachedBy(now), reachedBy(now), int64(id), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what customer %d may review: %w", id, err)
	}
	return rows, nil
}

// Versions returns what a review said before, the newest first.
func Versions(ctx context.Context, q db.Q, id int64) ([]Version, error) {
	var rows []Version
	if err := q.Query(ctx).Where("review_id = ?", id).Order("version DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read versions of review %d: %w", id, err)
	}
	return rows, nil
}

// openReports counts the reports since the last decision about r.
const openReports = "(SELECT count(*) FROM review_reports x WHERE x.review_id = r.id AND x.at >= r.decided_at)"

// List returns a page of reviews for staff and how many there are: what waits
// first, the longest waiting on top, then the newest.
func List(ctx context.Context, q db.Q, f Query) ([]Listed, int, error) {
	where, args := "1 = 1", []any{}
	if f.State != "" {
		where, args = where+" AND r.state = ?", append(args, string(f.State))
	}
	if f.Reported {
		where += " AND r.state = 'published' AND " + openReports + " > 0"
	}
	if f.Stars > 0 {
		where, args = where+" AND r.stars = ?", append(args, f.Stars)
	}
	if f.Product != "" {
		where, args = where+" AND r.product_id = (SELECT id FROM products WHERE slug = ?)", append(args, f.Product)
	}
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM reviews r WHERE "+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count reviews: %w", err)
	}
	var rows []Listed
	err := q.Query(ctx).Raw(`SELECT r.*, p.slug AS product_slug, p.code AS product_code, p.name AS product_name, `+openReports+` AS reports
		FROM reviews r JOIN products p ON p.id = r.product_id WHERE `+where+`
		ORDER BY CASE WHEN r.state = 'waiting' THEN 0 ELSE 1 END, CASE WHEN r.state = 'waiting' THEN r.written_at ELSE -r.written_at END, r.id LIMIT 50 OFFSET ?`,
		append(args, (max(1, f.Page)-1)*50)...).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list reviews: %w", err)
	}
	return rows, total, nil
}

// Shares says of each number of stars what became of its reviews, so that an
// owner sees if bad ones are refused more often.
func Shares(ctx context.Context, q db.Q) ([]Share, error) {
	var rows []struct {
		Stars, N int
		State    State
	}
	if err := q.Query(ctx).Raw("SELECT stars, state, count(*) AS n FROM reviews GROUP BY stars, state").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count reviews by state: %w", err)
	}
	all := make([]Share, 5)
	for i := range all {
		all[i].Stars = 5 - i
	}
	for _, r := range rows {
		s := &all[5-r.Stars]
		switch r.State {
		case Published:
			s.Published = r.N
		case Waiting:
			s.Waiting = r.N
		case Refused:
			s.Refused = r.N
		}
	}
	return all, nil
}

// Open counts what staff have to look at: what waits, and what was reported.
func Open(ctx context.Context, q db.Q) (n int, err error) {
	err = q.Query(ctx).Raw("SELECT count(*) FROM reviews r WHERE r.simulated = FALSE AND (r.state = 'waiting' OR r.state = 'published' AND " + openReports + " > 0)").Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count open reviews: %w", err)
	}
	return n, nil
}

// Buyer is somebody who may call themselves a buyer of a product.
type Buyer struct {
	ProductID  catalog.ProductID
	CustomerID customer.ID
	OrderID    order.ID
	Name       string
	Lang       i18n.Lang
	At         db.Time // when the order was placed
}

// Buyers lists the simulated buyers of all products, each once a product, by
// their last order: those whose reviews are made up.
func Buyers(ctx context.Context, q db.Q, now time.Time) ([]Buyer, error) {
	var rows []Buyer
	err := q.Query(ctx).Raw(`SELECT l.product_id, o.customer_id, max(o.id) AS order_id, max(o.name) AS name, max(o.lang) AS lang, max(o.placed_at) AS at
		FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN customers c ON c.id = o.customer_id AND c.simulated = TRUE
		WHERE o.simulated = TRUE AND `+kept+` GROUP BY l.product_id, o.customer_id ORDER BY l.product_id, o.customer_id`, reachedBy(now), reachedBy(now)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read simulated buyers: %w", err)
	}
	return rows, nil
}
