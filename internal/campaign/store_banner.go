package campaign

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/slot"
)

// Banners lists every banner, the newest first.
func Banners(ctx context.Context, q db.Q) ([]Banner, error) {
	var all []Banner
	if err := q.Query(ctx).Order("created_at DESC, id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list banners: %w", err)
	}
	return all, nil
}

// BannerByToken reads one banner.
func BannerByToken(ctx context.Context, q db.Q, token string) (*Banner, error) {
	var found []Banner
	if err := q.Query(ctx).Where("token = ?", token).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read a banner: %w", err)
	}
	if len(found) == 0 {
		return nil, gone()
	}
	return &found[0], nil
}

// PutBanner stores a banner, a new one or as it was when staff read it.
func PutBanner(ctx context.Context, tx *db.Tx, b *Banner, seen db.Time, now time.Time) error {
	if err := b.check(); err != nil {
		return err
	}
	if err := shelved(ctx, tx, b); err != nil {
		return err
	}
	b.before()
	b.UpdatedAt = db.At(now)
	if b.ID == 0 {
		if b.CreatedAt = db.At(now); b.Token == "" { // a made-up shop brings its own, to be the same again
			b.Token = strings.ToLower(rand.Text())
		}
		if err := tx.Query(ctx).Create(b).Error; err != nil {
			return fmt.Errorf("store a banner: %w", err)
		}
		bannerChanges.Add(1)
		return nil
	}
	done := tx.Query(ctx).Model(&Banner{}).Where("id = ? AND updated_at = ?", b.ID, seen).Updates(map[string]any{"spot": b.Place, "place": b.Before, "title": b.Title, "words": b.Words, "label": b.Label, "shelf": b.Shelf,
		"audience": b.Audience, "starts_on": b.StartsOn, "ends_on": b.EndsOn, "cost_fixed": b.CostFixed, "cost_mille": b.CostMille, "active": b.Active, "updated_at": b.UpdatedAt})
	if done.Error != nil {
		return fmt.Errorf("store a banner: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return newer()
	}
	bannerChanges.Add(1)
	return nil
}

// shelved looks whether the shelf and the segment that a banner names are there.
// A sensitive shelf is advertised to nobody.
func shelved(ctx context.Context, q db.Q, b *Banner) error {
	var shelves, segments int
	err := q.Query(ctx).Raw("SELECT (SELECT count(*) FROM categories c WHERE c.slug = ? AND NOT EXISTS (SELECT 1 FROM products p WHERE p.category_id = c.id AND p.sensitive = TRUE)), (SELECT count(*) FROM segments WHERE key = ? AND purpose = ? AND archived_at = 0)",
		b.Shelf, b.Audience, segment.Audience).Row().Scan(&shelves, &segments)
	if err != nil {
		return fmt.Errorf("look at what a banner names: %w", err)
	}
	var form fault.Form
	if shelves == 0 {
		form.Wrong("shelf", "banner.form.shelf")
	}
	if b.Audience != "" && segments == 0 {
		form.Wrong("audience", "campaign.form.audience")
	}
	return form.Err()
}

var bannerChanges atomic.Uint64

// LiveBanners keeps the banners for the pages that ask for them over and over,
// for keepBanners at most. The zero value is ready; one belongs to one database.
type LiveBanners struct{ kept atomic.Pointer[keptBanners] }

type keptBanners struct {
	all  []Banner
	asOf uint64
}

// keepBanners is how long another process may still show what was changed.
const keepBanners = 30 * time.Second

// List returns every banner. It is shared: nobody may change it.
func (l *LiveBanners) List(ctx context.Context, q db.Q) ([]Banner, error) {
	asOf := bannerChanges.Load()
	if k := l.kept.Load(); k != nil && k.asOf == asOf {
		return k.all, nil
	}
	all, err := Banners(ctx, q)
	if err == nil {
		k := &keptBanners{all, asOf}
		l.kept.Store(k)
		time.AfterFunc(keepBanners, func() { l.kept.CompareAndSwap(k, nil) })
	}
	return all, err
}

// ReportBanners lays both sides of a place beside each other, of the last
// analytics.SlotDays days: views and clicks as they were noted, sales of the
// people of each side since they first saw a banner.
func ReportBanners(ctx context.Context, q db.Q, place slot.Key, simulated bool, v setting.Values, now time.Time) (*BannerReport, error) {
	pages, err := analytics.SlotPages(ctx, q, place, simulated, 1000, v, now)
	if err != nil {
		return nil, err
	}
	all, err := Banners(ctx, q)
	if err != nil {
		return nil, err
	}
	slots, err := analytics.Slots(ctx, q, simulated, v, now)
	if err != nil {
		return nil, err
	}
	r := &BannerReport{Place: place, From: slots.From, To: slots.To}
	views := map[string]map[slot.Arm]analytics.Placed{}
	for _, p := range pages {
		views[p.Page] = p.Arms
	}
	for _, b := range all {
		if b.Place != place {
			continue
		}
		row := BannerViews{Banner: b}
		for _, p := range views[b.Token] {
			row.Views, row.Clicks = row.Views+p.Shown, row.Clicks+p.Clicks
		}
		r.Banners = append(r.Banners, row)
		r.Outside += views[b.Token][slot.Outside].Shown
		for side, arm := range map[*BannerSide]slot.Arm{&r.Targeted: slot.Shown, &r.Random: slot.Without} {
			p := views[b.Token][arm]
			side.Views, side.Clicks = side.Views+p.Shown, side.Clicks+p.Clicks
			side.Cost += b.CostMille.Part(int64(p.Shown), 1000)
			if row.Views > 0 {
				side.Cost += b.CostFixed.Part(int64(p.Shown), int64(row.Views))
			}
		}
	}
	for _, f := range slots.Slots {
		if f.Slot.Key != place {
			continue
		}
		r.Result, r.Margin = f.Test.Result, !f.Test.Revenue
		r.Targeted.People, r.Random.People = f.Test.Shown.N, f.Test.Result.Held.N
		r.Targeted.Sales, r.Random.Sales = sumOf(f.Test.Shown), sumOf(f.Test.Result.Held)
		r.Ratio, r.Says = experiment.Ratio(f.Test.Shown, f.Test.Result.Held)
	}
	return r, nil
}
