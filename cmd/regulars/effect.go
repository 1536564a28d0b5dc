package main

import (
	"context"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/campaign"
)

// effects are the jobs that say what follow-up causes: the sums of both sides,
// the share that is left to the shop, and the weekly report.
func (a *app) effects() {
	a.runner.Every("followup.tests", time.Hour, func(ctx context.Context) error {
		if err := analytics.RetestFollowUp(ctx, a.db, a.settings.Now(), a.now()); err != nil {
			return err
		}
		return a.mails.ReviewHoldout(ctx, a.now())
	})
	a.runner.Every("campaigns.credit", 10*time.Minute, func(ctx context.Context) error { return campaign.CreditNew(ctx, a.db, a.now()) })
	a.runner.Every("report.mail", time.Hour, func(ctx context.Context) error {
		return a.mails.SendReports(ctx, a.now())
	})
}
