package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/setting"
)

// ChooseHoldout says which share of people goes without follow-up, as the
// setting has it. A share that is named begins a run at once; what is left to
// the shop is decided by the next review.
func ChooseHoldout(ctx context.Context, tx *db.Tx, value string, now time.Time) error {
	if err := setting.Set(ctx, tx, "followup.holdout", value, now); err != nil {
		return err
	}
	share, suggested := setting.Of(map[string]string{"followup.holdout": value}).FollowupHoldout()
	latest, err := LatestRun(ctx, tx, false)
	if err != nil || suggested || latest != nil && latest.Held == share {
		return err
	}
	_, err = Begin(ctx, tx, latest, Run{Held: share, Why: "chosen"}, now)
	return err
}

// ReviewHoldout looks whether the share that is left to the shop is to change:
// once its volume is large enough to learn from, and once the effect was seen.
// A test that runs is not stopped before; it is the daily job.
func (d *Desk) ReviewHoldout(ctx context.Context, now time.Time) error {
	if _, suggested := d.Settings.Now().FollowupHoldout(); !suggested {
		return nil
	}
	latest, err := LatestRun(ctx, d.DB, false)
	if err != nil {
		return err
	}
	volume, err := analytics.VolumeOf(ctx, d.DB, false, now)
	if err != nil {
		return err
	}
	all, err := analytics.FollowUps(ctx, d.DB, false)
	if err != nil {
		return err
	}
	seen := latest != nil && len(all) > 0 && all[0].Run.ID == latest.ID && all[0].Seen()
	s := volume.Suggest(seen)
	if begins := latest == nil || latest.Held == 0 && s.Held > 0 || seen && latest.Held > s.Held; !begins {
		return nil
	}
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := Begin(ctx, tx, latest, Run{Held: s.Held, Planned: s.Planned, Why: s.Why}, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("review who goes without follow-up: %w", err)
	}
	return nil
}
