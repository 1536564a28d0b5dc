package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gorm.io/gorm"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
)

// TableName is sends.
func (Send) TableName() string { return "sends" }

// messageID is the same for the same message, on whatever machine and however
// often it is written.
func (d *Desk) messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	host := "localhost"
	if u, err := url.Parse(d.BaseURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return hex.EncodeToString(sum[:16]) + "@" + host
}

// put writes a decision under its key; false means that the key is taken.
func (d *Desk) put(ctx context.Context, tx *db.Tx, s *Send, now time.Time) (bool, error) {
	s.MessageID = d.messageID(s.Key)
	s.CreatedAt, s.UpdatedAt = db.At(now), db.At(now)
	if s.DueAt.IsZero() {
		s.DueAt = db.At(now)
	}
	result := db.IgnoreConflict(tx.Query(ctx)).Create(s)
	if result.Error != nil {
		return false, fmt.Errorf("note mail %s: %w", s.Key, result.Error)
	}
	return result.RowsAffected == 1, nil
}

// byKey reads the decision of that key, or nil.
func byKey(ctx context.Context, q db.Q, key string) (*Send, error) {
	var found []Send
	if err := q.Query(ctx).Where("key = ?", key).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read mail %s: %w", key, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// byID reads the decision of that row, or nil.
func byID(ctx context.Context, q db.Q, id int64) (*Send, error) {
	var found []Send
	if err := q.Query(ctx).Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read mail %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// nextID is the Message-ID of a mail that is sent again after so many tries.
// Its file keeps its name (fileID), so that erasing a person finds it.
func nextID(messageID string, attempts int) string {
	local, host, _ := strings.Cut(messageID, "@")
	local, _, _ = strings.Cut(local, ".")
	return fmt.Sprintf("%s.%d@%s", local, attempts, host)
}

// move takes a message from one state to another; false: it is elsewhere.
func move(ctx context.Context, tx *db.Tx, id int64, from State, set map[string]any, now time.Time) (bool, error) {
	set["updated_at"] = db.At(now)
	result := tx.Query(ctx).Model(&Send{}).Where("id = ? AND state = ?", id, string(from)).Updates(set)
	if result.Error != nil {
		return false, fmt.Errorf("move mail %d from %s: %w", id, from, result.Error)
	}
	return result.RowsAffected == 1, nil
}

// dueAgain lists deferred reminders whose time has come, oldest first.
func dueAgain(ctx context.Context, q db.Q, now time.Time, limit int) ([]Send, error) {
	var due []Send
	err := q.Query(ctx).Where("state = 'deferred' AND template = ? AND due_at <= ?", FollowUpMail, db.At(now)).Order("due_at, id").Limit(limit).Find(&due).Error
	if err != nil {
		return nil, fmt.Errorf("read deferred mails: %w", err)
	}
	return due, nil
}

// Filter chooses decisions for a list. Zero fields do not restrict.
type Filter struct {
	State     State
	Class     Class
	Template  string
	Customer  customer.ID
	Cart      cart.ID
	Order     order.ID
	Topic     Topic
	Reason    string // its code
	Text      string // from the beginning of the address
	Simulated *bool
	Page      int // from 1
	PerPage   int // 0: 50, at most 200
}

// Page is one page of decisions, newest first.
type Page struct {
	Sends   []Send
	Total   int
	Page    int
	PerPage int
}

// Sends lists what was sent, put off and withheld, with the reason of each.
func Sends(ctx context.Context, q db.Q, f Filter) (*Page, error) {
	page := &Page{Page: max(1, f.Page), PerPage: f.PerPage}
	if page.PerPage <= 0 || page.PerPage > 200 {
		page.PerPage = 50
	}
	var total int64
	if err := f.where(q.Query(ctx).Model(&Send{})).Count(&total).Error; err != nil {
		return nil, fmt.Errorf("count mails: %w", err)
	}
	page.Total = int(total)
	err := f.where(q.Query(ctx)).Order("created_at DESC, id DESC").Offset((page.Page - 1) * page.PerPage).Limit(page.PerPage).Find(&page.Sends).Error
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	return page, nil
}

func (f Filter) where(g *gorm.DB) *gorm.DB {
	for _, w := range []struct {
		column string
		value  any
		set    bool
	}{
		{"state", string(f.State), f.State != ""}, {"class", string(f.Class), f.Class != ""}, {"template", f.Template, f.Template != ""}, {"topic", string(f.Topic), f.Topic != ""},
		{"customer_id", int64(f.Customer), f.Customer != 0}, {"cart_id", int64(f.Cart), f.Cart != 0}, {"order_id", int64(f.Order), f.Order != 0},
	} {
		if w.set {
			g = g.Where(w.column+" = ?", w.value)
		}
	}
	if f.Reason != "" { // a server's words may follow the code
		g = g.Where("(reason = ? OR reason LIKE ?)", f.Reason, strings.NewReplacer("%", "", "_", "").Replace(f.Reason)+": %")
	}
	if text := strings.ToLower(strings.TrimSpace(f.Text)); text != "" {
		g = g.Where(`email LIKE ? ESCAPE '\'`, strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)+"%")
	}
	if f.Simulated != nil {
		g = g.Where("simulated = ?", *f.Simulated)
	}
	return g
}

// meant finds the mail and the address that a report is about.
func meant(ctx context.Context, q db.Q, r Report) (send int64, email string, err error) {
	var found []struct {
		ID    int64
		Email string
	}
	// A mail that was sent again has a mark behind its name (nextID).
	local, host, _ := strings.Cut(r.MessageID, "@")
	local, _, _ = strings.Cut(local, ".")
	err = q.Query(ctx).Raw(`SELECT id, email FROM sends WHERE message_id <> '' AND message_id IN (?, ?) AND email NOT LIKE 'erased:%' ORDER BY id LIMIT 1`,
		r.MessageID, local+"@"+host).Scan(&found).Error
	if err != nil {
		return 0, "", fmt.Errorf("find the mail that came back: %w", err)
	}
	if len(found) == 1 {
		return found[0].ID, found[0].Email, nil
	}
	var n int
	key := customer.EmailKey(r.Email)
	err = q.Query(ctx).Raw(`SELECT (SELECT count(*) FROM customers WHERE email_key = ? AND erased_at = 0) + (SELECT count(*) FROM (SELECT 1 FROM sends WHERE email = ? LIMIT 1) x)`, key, key).Scan(&n).Error
	if err != nil {
		return 0, "", fmt.Errorf("find whose mail came back: %w", err)
	}
	if n == 0 || key == "" {
		var form fault.Form
		form.Wrong("email", "outreach.report.stranger", "email", key)
		return 0, "", form.Err()
	}
	return 0, key, nil
}
