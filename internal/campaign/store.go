package campaign

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/segment"
)

func gone() error { return fault.New(fault.NotFound, "error.not-found") }

// newer is the answer to a change of something that somebody else changed, or
// that has begun.
func newer() error { return fault.New(fault.Conflict, "campaign.newer") }

func one(ctx context.Context, q db.Q, where string, arg any) (*Campaign, error) {
	var found []Campaign
	if err := q.Query(ctx).Where(where, arg).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read a campaign: %w", err)
	}
	if len(found) == 0 {
		return nil, gone()
	}
	return &found[0], nil
}

// ByToken reads the campaign of that token.
func ByToken(ctx context.Context, q db.Q, token string) (*Campaign, error) {
	return one(ctx, q, "token = ?", token)
}

// List lists campaigns, the newest first.
func List(ctx context.Context, q db.Q, simulated bool) ([]Campaign, error) {
	var all []Campaign
	if err := q.Query(ctx).Where("simulated = ?", simulated).Order("created_at DESC, id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list campaigns: %w", err)
	}
	return all, nil
}

// Put stores a campaign that nobody is written to yet: a new one, or the draft
// of that version. One that was scheduled or has begun is not changed.
func Put(ctx context.Context, tx *db.Tx, c *Campaign, now time.Time) error {
	c.Name = strings.TrimSpace(c.Name)
	if err := c.check(); err != nil {
		return err
	}
	if err := named(ctx, tx, c); err != nil {
		return err
	}
	c.UpdatedAt = db.At(now)
	if c.ID == 0 {
		c.Token, c.Salt, c.State, c.Version, c.CreatedAt = strings.ToLower(rand.Text()), rand.Text(), Draft, 1, db.At(now)
		if err := tx.Query(ctx).Create(c).Error; err != nil {
			return fmt.Errorf("store campaign %s: %w", c.Name, err)
		}
		return nil
	}
	done := tx.Query(ctx).Model(&Campaign{}).Where("id = ? AND state = 'draft' AND version = ?", c.ID, c.Version).Updates(map[string]any{
		"name": c.Name, "audience": c.Audience, "subject": c.Subject, "words": c.Words, "products": c.Products, "pick": c.Pick, "code": c.Code, "batch": c.Batch, "batch_of": c.BatchOf, "weighed_at": db.Time{},
		"cost_fixed": c.CostFixed, "cost_each": c.CostEach, "held": c.Held, "starts_on": c.StartsOn, "hour": c.Hour, "days": c.Days, "credit_days": c.CreditDays,
		"version": c.Version + 1, "updated_at": c.UpdatedAt})
	if done.Error != nil {
		return fmt.Errorf("store campaign %s: %w", c.Name, done.Error)
	}
	if done.RowsAffected == 0 {
		return newer()
	}
	c.Version++
	return nil
}

// named looks whether what a campaign names is there: segment, goods and code.
func named(ctx context.Context, q db.Q, c *Campaign) error {
	var form fault.Form
	has := func(field, words, sql string, args ...any) error {
		var n int
		if err := q.Query(ctx).Raw(sql, args...).Scan(&n).Error; err != nil {
			return fmt.Errorf("look at what campaign %s names: %w", c.Name, err)
		}
		if n == 0 {
			form.Wrong(field, words, "what", args[0])
		}
		return nil
	}
	if c.Audience != "" {
		if err := has("audience", "campaign.form.audience", "SELECT count(*) FROM segments WHERE key = ? AND purpose = ? AND archived_at = 0", c.Audience, segment.Audience); err != nil {
			return err
		}
	}
	if c.Code != "" {
		if err := has("code", "campaign.form.code", "SELECT count(*) FROM promotion_codes k JOIN promotions p ON p.id = k.promotion_id WHERE k.code = ? AND p.state = 'live'", c.Code); err != nil {
			return err
		}
	}
	if c.Batch != "" {
		n, err := c.CodesLeft(ctx, q)
		if err != nil {
			return err
		}
		if n == 0 {
			form.Wrong("batch", "campaign.form.batch")
		}
	}
	for _, code := range c.Codes() {
		if err := has("products", "campaign.form.product", "SELECT count(*) FROM products WHERE code = ? AND published = TRUE AND sensitive = FALSE", code); err != nil {
			return err
		}
	}
	return form.Err()
}

// move takes a campaign from one state to another, as it was when staff saw it.
func move(ctx context.Context, tx *db.Tx, c *Campaign, from []State, set map[string]any, now time.Time) error {
	set["updated_at"] = db.At(now)
	done := tx.Query(ctx).Model(&Campaign{}).Where("id = ? AND state IN ? AND version = ?", c.ID, from, c.Version).Updates(set)
	if done.Error != nil {
		return fmt.Errorf("move campaign %s: %w", c.Name, done.Error)
	}
	if done.RowsAffected == 0 {
		return newer()
	}
	return nil
}

// Schedule makes a draft go out by itself, at once or from its day on.
func Schedule(ctx context.Context, tx *db.Tx, c *Campaign, zone *time.Location, now time.Time) error {
	if err := named(ctx, tx, c); err != nil {
		return err
	}
	if c.StartsOn != "" && c.StartsOn < now.In(zone).Format(time.DateOnly) {
		var form fault.Form
		form.Wrong("starts_on", "campaign.form.past")
		return form.Err()
	}
	begins := c.begins(zone, now)
	end := begins.Add(time.Duration(c.Days) * 24 * time.Hour)
	if c.StartsOn != "" && c.Hour != AnyHour {
		end = end.Add(2 * farthest) // the last zone has its days, too
	}
	return move(ctx, tx, c, []State{Draft}, map[string]any{"state": Scheduled, "starts_at": db.At(begins), "expires_at": db.At(end)}, now)
}

// Unschedule makes a campaign that has not begun a draft again.
func Unschedule(ctx context.Context, tx *db.Tx, c *Campaign, now time.Time) error {
	return move(ctx, tx, c, []State{Scheduled}, map[string]any{"state": Draft, "starts_at": db.Time{}, "expires_at": db.Time{}}, now)
}

// Pause holds a campaign: nobody more is written to until it goes on.
func Pause(ctx context.Context, tx *db.Tx, c *Campaign, now time.Time) error {
	return move(ctx, tx, c, []State{Running}, map[string]any{"state": Paused}, now)
}

// Resume lets it go on where it stood.
func Resume(ctx context.Context, tx *db.Tx, c *Campaign, now time.Time) error {
	return move(ctx, tx, c, []State{Paused}, map[string]any{"state": Running}, now)
}

// Stop ends a campaign for good. Whoever holds mails of it that wait lets them
// go in the same transaction.
func Stop(ctx context.Context, tx *db.Tx, c *Campaign, now time.Time) error {
	if err := move(ctx, tx, c, []State{Scheduled, Running, Paused}, map[string]any{"state": Stopped, "ended_at": db.At(now)}, now); err != nil {
		return err
	}
	return settleAll(ctx, tx, c.ID)
}

func settleAll(ctx context.Context, tx *db.Tx, id ID) error {
	if err := tx.Query(ctx).Exec("UPDATE campaign_people SET due_at = 0 WHERE campaign_id = ? AND due_at > 0", int64(id)).Error; err != nil {
		return fmt.Errorf("let the people of campaign %d be: %w", id, err)
	}
	return nil
}

// Copy is a new draft that says the same, for the next time.
func Copy(ctx context.Context, tx *db.Tx, c *Campaign, name string, now time.Time) (*Campaign, error) {
	n := Campaign{Name: name, Audience: c.Audience, Subject: c.Subject, Words: c.Words, Products: c.Products, Pick: c.Pick, Code: c.Code, Batch: c.Batch, BatchOf: c.BatchOf, CostFixed: c.CostFixed, CostEach: c.CostEach,
		Held: c.Held, Hour: c.Hour, Days: c.Days, CreditDays: c.CreditDays}
	return &n, Put(ctx, tx, &n, now)
}
