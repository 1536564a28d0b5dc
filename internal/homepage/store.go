package homepage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/staff"
)

var changes db.Changes

// Live is List for the pages that ask over and over: what staff publish shows
// at the next view in this process and within a second in others.
type Live struct{ kept db.Kept[[]Variant] }

// List is the function List. What it returns is shared: nobody may change it.
func (l *Live) List(ctx context.Context, q db.Q) ([]Variant, error) {
	return l.kept.Get(&changes, func() ([]Variant, error) { return List(ctx, q) })
}

// List returns every variant in the order in which they are asked, the default
// last.
func List(ctx context.Context, q db.Q) ([]Variant, error) {
	var all []Variant
	if err := q.Query(ctx).Order("CASE WHEN key = 'default' THEN 1 ELSE 0 END, position, key").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list home pages: %w", err)
	}
	return all, nil
}

// ByKey finds a variant; fault.NotFound if there is none.
func ByKey(ctx context.Context, q db.Q, key string) (*Variant, error) {
	var v Variant
	err := q.Query(ctx).Where("key = ?", key).Take(&v).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	if err != nil {
		return nil, fmt.Errorf("read home page %s: %w", key, err)
	}
	return &v, nil
}

// check refuses a variant that must not be.
func (v *Variant) check() error {
	var form fault.Form
	if v.Name.En == "" {
		form.Wrong("name_en", "homepage.name.missing")
	} else if v.Key == "" || len(v.Key) > 40 || strings.Trim(v.Key, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		form.Wrong("name_en", "homepage.key.invalid")
	}
	short(&form, "name", v.Name, 60)
	for _, day := range []struct{ name, value string }{{"starts_on", v.StartsOn}, {"ends_on", v.EndsOn}} {
		if _, err := time.Parse(time.DateOnly, day.value); day.value != "" && err != nil {
			form.Wrong(day.name, "homepage.day.invalid")
		}
	}
	if v.StartsOn != "" && v.EndsOn != "" && v.EndsOn < v.StartsOn {
		form.Wrong("ends_on", "homepage.day.order")
	}
	if v.Key == Default && (v.Audience != "" || v.StartsOn != "" || v.EndsOn != "" || !v.Active) {
		form.Wrong("audience", "homepage.default.fixed")
	}
	return form.Err()
}

// Add makes a variant that is off, last before the default, with Page as its
// draft. The seventeenth is fault.Invalid, and so is a key that is taken.
func Add(ctx context.Context, tx *db.Tx, v *Variant, now time.Time) error {
	v.Active, v.Draft, v.DraftAt, v.Page, v.Version = false, v.Page, db.At(now), Page{}, 0
	v.CreatedAt, v.UpdatedAt = db.At(now), db.At(now)
	if err := v.check(); err != nil {
		return err
	}
	changes.Announce()
	var all []Variant
	if err := tx.Query(ctx).Select("key", "slot", "position").Find(&all).Error; err != nil {
		return fmt.Errorf("read home pages: %w", err)
	}
	taken := map[int]bool{}
	for _, other := range all {
		taken[other.Slot] = true
		if other.Key == v.Key {
			return invalid("name_en", "homepage.key.taken")
		}
		if other.Key != Default {
			v.Position = max(v.Position, other.Position+1)
		}
	}
	for v.Slot = 1; taken[v.Slot]; v.Slot++ {
	}
	if v.Slot > Most {
		return invalid("name_en", "homepage.most", "most", Most)
	}
	// Two hands may have found the same slot free: the unique key lets one in.
	made := db.IgnoreConflict(tx.Query(ctx)).Create(v)
	if made.Error != nil {
		return fmt.Errorf("add home page %s: %w", v.Key, made.Error)
	}
	if made.RowsAffected == 0 {
		return fault.New(fault.Conflict, "homepage.edited")
	}
	return nil
}

func invalid(field, words string, args ...any) error {
	var form fault.Form
	form.Wrong(field, words, args...)
	return form.Err()
}

// Put makes a variant as given and its Page public; one that exists keeps its
// slot, its versions and, if it has one, its draft. For shops that are made by
// a program.
func Put(ctx context.Context, tx *db.Tx, v Variant, now time.Time) error {
	if err := errors.Join(v.check(), v.Page.Check()); err != nil {
		return err
	}
	page, active, position := v.Page, v.Active, v.Position
	had, err := ByKey(ctx, tx, v.Key)
	if errors.Is(err, fault.NotFound) {
		if err = Add(ctx, tx, &v, now); err != nil {
			return err
		}
		had = &v
	}
	if err != nil {
		return err
	}
	changes.Announce()
	if err := publish(ctx, tx, v.Key, had.Version+1, page, 0, now); err != nil {
		return err
	}
	err = tx.Query(ctx).Model(&Variant{}).Where("key = ?", v.Key).Updates(map[string]any{"name": v.Name, "audience": v.Audience, "starts_on": v.StartsOn, "ends_on": v.EndsOn,
		"active": active, "position": position, "draft_at": had.DraftAt, "updated_at": db.At(now)}).Error
	if err != nil {
		return fmt.Errorf("put home page %s: %w", v.Key, err)
	}
	if had.Version == 0 { // the draft that Add made is the page
		return DropDraft(ctx, tx, v.Key, now)
	}
	return nil
}

// publish makes a page the public one of a variant, under its next number.
func publish(ctx context.Context, tx *db.Tx, key string, number int, page Page, by staff.ID, now time.Time) error {
	version := Version{Variant: key, Number: number, Page: page, StaffID: by, PublishedAt: db.At(now)}
	made := db.IgnoreConflict(tx.Query(ctx)).Create(&version)
	if made.Error != nil {
		return fmt.Errorf("keep version %d of home page %s: %w", number, key, made.Error)
	}
	if made.RowsAffected == 0 {
		return fault.New(fault.Conflict, "homepage.edited")
	}
	return set(ctx, tx, Variant{Key: key, Page: page, Version: number, UpdatedAt: db.At(now)}, "key = ?", []any{key}, "page", "version", "updated_at")
}

// set writes columns of a variant where a condition holds; nothing written is
// fault.Conflict.
func set(ctx context.Context, tx *db.Tx, v Variant, where string, args []any, columns ...string) error {
	changes.Announce()
	done := tx.Query(ctx).Model(&Variant{}).Where(where, args...).Select(columns).Updates(&v)
	if done.Error != nil {
		return fmt.Errorf("change home page %s: %w", v.Key, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "homepage.edited")
	}
	return nil
}

// SaveDraft keeps what staff are writing. was is the draft's time as the form
// showed it (0 = none); if somebody else has written since, it is
// fault.Conflict.
func SaveDraft(ctx context.Context, tx *db.Tx, key string, page Page, was db.Time, now time.Time) error {
	at := db.At(now)
	if at.Milli() <= was.Milli() { // two clicks in one millisecond
		at = db.At(was.Add(time.Millisecond))
	}
	return set(ctx, tx, Variant{Key: key, Draft: page, DraftAt: at}, "key = ? AND draft_at = ?", []any{key, was}, "draft", "draft_at")
}

// DropDraft throws away what was written and not published.
func DropDraft(ctx context.Context, tx *db.Tx, key string, now time.Time) error {
	return set(ctx, tx, Variant{Key: key}, "key = ?", []any{key}, "draft", "draft_at")
}

// Publish makes the draft the public page, if it can be shown and is the one
// that was looked at (was).
func Publish(ctx context.Context, tx *db.Tx, key string, was db.Time, by staff.ID, now time.Time) (version int, err error) {
	v, err := ByKey(ctx, tx, key)
	if err != nil {
		return 0, err
	}
	if v.DraftAt.IsZero() || v.DraftAt != was {
		return 0, fault.New(fault.Conflict, "homepage.edited")
	}
	if err := v.Draft.Check(); err != nil {
		return 0, err
	}
	if err := set(ctx, tx, Variant{Key: key}, "key = ? AND draft_at = ?", []any{key, was}, "draft", "draft_at"); err != nil {
		return 0, err
	}
	return v.Version + 1, publish(ctx, tx, key, v.Version+1, v.Draft, by, now)
}

// Place says where and when a variant is asked: its name, audience and days.
func Place(ctx context.Context, tx *db.Tx, v *Variant, now time.Time) error {
	if err := v.check(); err != nil {
		return err
	}
	v.UpdatedAt = db.At(now)
	return set(ctx, tx, *v, "key = ?", []any{v.Key}, "name", "audience", "starts_on", "ends_on", "updated_at")
}

// Switch turns a variant on or off. The default stays on, and what was never
// published stays off: fault.Invalid.
func Switch(ctx context.Context, tx *db.Tx, key string, on bool, now time.Time) error {
	err := set(ctx, tx, Variant{Key: key, Active: on, UpdatedAt: db.At(now)}, "key = ? AND key <> ? AND version > 0", []any{key, Default}, "active", "updated_at")
	if errors.Is(err, fault.Conflict) {
		return fault.New(fault.Invalid, "homepage.switch.not")
	}
	return err
}

// Move exchanges a variant with its neighbour, towards the first or the last.
// The default stays last; whoever stands at the end already stays there.
func Move(ctx context.Context, tx *db.Tx, key string, up bool, now time.Time) error {
	var locked []string
	if err := db.ForUpdate(tx.Query(ctx)).Model(&Variant{}).Where("key <> ?", Default).Order("key").Pluck("key", &locked).Error; err != nil {
		return fmt.Errorf("lock home pages: %w", err)
	}
	all, err := List(ctx, tx)
	if err != nil {
		return err
	}
	all = all[:max(0, len(all)-1)]
	for i := range all {
		to := i + 1
		if up {
			to = i - 1
		}
		if all[i].Key != key || to < 0 || to >= len(all) {
			continue
		}
		all[i], all[to] = all[to], all[i]
		break
	}
	for i, v := range all {
		if v.Position != i+1 {
			if err := set(ctx, tx, Variant{Key: v.Key, Position: i + 1, UpdatedAt: db.At(now)}, "key = ?", []any{v.Key}, "position", "updated_at"); err != nil {
				return err
			}
		}
	}
	return nil
}

// Drop removes a variant that is off, and its versions. The default cannot be.
func Drop(ctx context.Context, tx *db.Tx, key string) error {
	changes.Announce()
	gone := tx.Query(ctx).Exec("DELETE FROM home_variants WHERE key = ? AND key <> 'default' AND active = FALSE", key)
	if gone.Error != nil {
		return fmt.Errorf("remove home page %s: %w", key, gone.Error)
	}
	if gone.RowsAffected == 0 {
		return fault.New(fault.Invalid, "homepage.remove.not")
	}
	return nil
}

// Version is a page that was public once.
type Version struct {
	Variant     string `gorm:"primaryKey"`
	Number      int    `gorm:"primaryKey"`
	Page        Page   `gorm:"serializer:json"`
	StaffID     staff.ID
	PublishedAt db.Time
}

func (Version) TableName() string { return "home_versions" }

// Versions lists the newest pages of a variant, without what is on them, and
// who published them.
func Versions(ctx context.Context, q db.Q, key string, limit int) ([]Published, error) {
	var all []Published
	err := q.Query(ctx).Raw(`SELECT v.number, v.published_at, coalesce(s.name, '') AS name, coalesce(s.email, '') AS email
		FROM home_versions v LEFT JOIN staff s ON s.id = v.staff_id WHERE v.variant = ? ORDER BY v.number DESC LIMIT ?`, key, limit).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list versions of home page %s: %w", key, err)
	}
	return all, nil
}

// Published says of a version when it was made public and by whom ("" = by the
// shop itself).
type Published struct {
	Number      int
	PublishedAt db.Time
	Name, Email string
}

// Restore makes an earlier page the draft, to be looked at and published.
func Restore(ctx context.Context, tx *db.Tx, key string, number int, now time.Time) error {
	var old Version
	err := tx.Query(ctx).Where("variant = ? AND number = ?", key, number).Take(&old).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.New(fault.NotFound, "error.not-found")
	}
	if err != nil {
		return fmt.Errorf("read version %d of home page %s: %w", number, key, err)
	}
	return set(ctx, tx, Variant{Key: key, Draft: old.Page, DraftAt: db.At(now)}, "key = ?", []any{key}, "draft", "draft_at")
}

// Named is the variant's name, for records.
func (v *Variant) Named(l i18n.Lang) string { return v.Name.In(l) }
