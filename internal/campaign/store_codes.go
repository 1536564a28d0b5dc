package campaign

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
)

// free are the codes of a batch that nobody has used or was given, while their
// promotion goes on.
const free = "k.promotion_id = @of AND k.batch = @batch AND k.limit_all = 1 AND k.used = 0 AND NOT EXISTS (SELECT 1 FROM campaign_codes g WHERE g.code_id = k.id) AND NOT EXISTS (SELECT 1 FROM code_bounds b WHERE b.code_id = k.id)" +
	" AND EXISTS (SELECT 1 FROM promotions p WHERE p.id = k.promotion_id AND p.state = 'live')"

func (c *Campaign) batchNames() map[string]any {
	return map[string]any{"of": int64(c.BatchOf), "batch": c.Batch, "campaign": int64(c.ID)}
}

// CodesLeft is how many codes of its batch are still to be given; 0 also where
// the promotion is stopped.
func (c *Campaign) CodesLeft(ctx context.Context, q db.Q) (n int, err error) {
	err = q.Query(ctx).Raw("SELECT count(*) FROM promotion_codes k WHERE "+free, c.batchNames()).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count the codes of campaign %s: %w", c.Name, err)
	}
	return n, nil
}

// CodeOf gives somebody a code of the batch, in the transaction that decides on
// their mail: the one they have, if the mail is tried again. "" says that none
// is left. Whoever comes at the same moment with another campaign of the same
// batch gets another one: the key of the row decides.
func (c *Campaign) CodeOf(ctx context.Context, tx *db.Tx, p *Person, now time.Time) (string, error) {
	values := c.batchNames()
	values["person"] = p.ID
	for _, from := range []string{" AND k.id > coalesce((SELECT max(g.code_id) FROM campaign_codes g WHERE g.campaign_id = @campaign), 0)", ""} {
		for {
			var have []string
			err := tx.Query(ctx).Raw("SELECT k.code FROM campaign_codes g JOIN promotion_codes k ON k.id = g.code_id WHERE g.person_id = @person", values).Scan(&have).Error
			if err != nil {
				return "", fmt.Errorf("read the code of somebody in campaign %s: %w", c.Name, err)
			}
			if len(have) == 1 {
				return have[0], nil
			}
			var next []int64
			if err := tx.Query(ctx).Raw("SELECT k.id FROM promotion_codes k WHERE "+free+from+" ORDER BY k.id LIMIT 1", values).Scan(&next).Error; err != nil {
				return "", fmt.Errorf("find a code of campaign %s: %w", c.Name, err)
			}
			if len(next) == 0 {
				break // behind the last one given there is none; there may be before it
			}
			if _, err := tx.Insert(ctx, "campaign_codes", []string{"code_id", "campaign_id", "person_id", "at"}, [][]any{{next[0], int64(c.ID), p.ID, db.At(now)}}, true); err != nil {
				return "", fmt.Errorf("give somebody a code of campaign %s: %w", c.Name, err)
			}
		}
	}
	return "", nil
}

// Given is what became of a campaign's personal codes.
type Given struct{ Codes, Used int }

// CodesGiven counts them.
func (c *Campaign) CodesGiven(ctx context.Context, q db.Q) (g Given, err error) {
	err = q.Query(ctx).Raw(`SELECT count(*) AS codes, coalesce(sum(CASE WHEN k.used > 0 THEN 1 ELSE 0 END), 0) AS used
		FROM campaign_codes g JOIN promotion_codes k ON k.id = g.code_id WHERE g.campaign_id = ?`, int64(c.ID)).Scan(&g).Error
	if err != nil {
		return g, fmt.Errorf("count the codes campaign %s gave: %w", c.Name, err)
	}
	return g, nil
}

// Batch is a batch of a promotion's codes that a campaign can give away.
type Batch struct {
	Of    pricing.PromotionID `gorm:"column:promotion_id"`
	Token string              // of the promotion
	Name  i18n.Text
	Batch string
	Left  int `gorm:"column:free"`
}

// Batches lists the batches that have codes left, of promotions that go on, the
// newest first.
func Batches(ctx context.Context, q db.Q) (all []Batch, err error) {
	err = q.Query(ctx).Raw(`SELECT p.id AS promotion_id, p.token, p.name, k.batch, count(*) AS free FROM promotion_codes k JOIN promotions p ON p.id = k.promotion_id AND p.state = 'live'
		WHERE k.limit_all = 1 AND k.used = 0 AND k.batch <> '' AND NOT EXISTS (SELECT 1 FROM campaign_codes g WHERE g.code_id = k.id)
			AND NOT EXISTS (SELECT 1 FROM code_bounds b WHERE b.code_id = k.id)
		GROUP BY p.id, p.token, p.name, k.batch ORDER BY max(k.id) DESC LIMIT 50`).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list batches of codes: %w", err)
	}
	return all, nil
}
