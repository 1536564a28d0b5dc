package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
)

// sums are what the rows of a campaign say of people together.
type sums struct {
	People, Mails, Withheld, Without, Clicks, Clickers int
	Sent, Held                                         experiment.Sample
}

// settled reads the sums of a campaign whose people were let go; nil: it still
// names them, or did so until a moment ago.
func settled(ctx context.Context, q db.Q, id ID) (*sums, db.Time, error) {
	var rows []struct {
		Sums string
		At   db.Time
	}
	if err := q.Query(ctx).Raw("SELECT sums, at FROM campaign_sums WHERE campaign_id = ?", int64(id)).Scan(&rows).Error; err != nil {
		return nil, db.Time{}, fmt.Errorf("read the sums of campaign %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, db.Time{}, nil
	}
	var s sums
	if err := json.Unmarshal([]byte(rows[0].Sums), &s); err != nil {
		return nil, db.Time{}, fmt.Errorf("read the sums of campaign %d: %w", id, err)
	}
	return &s, rows[0].At, nil
}

// fill makes a result of what is kept: the same as before its people went.
func (r *Result) fill(s *sums, at db.Time) {
	r.LetGo, r.People, r.Mails, r.Withheld, r.Without, r.Clicks, r.Clickers = at, s.People, s.Mails, s.Withheld, s.Without, s.Clicks, s.Clickers
	r.sides(s.Sent, s.Held)
}

// Age takes the people out of campaigns that began before, at most limit rows,
// and keeps their sums. A campaign that goes on, or whose orders may still
// come, is left alone. Orders stay with the campaign they belong to.
func Age(ctx context.Context, tx *db.Tx, before time.Time, currency money.Currency, now time.Time, limit int) (gone int64, err error) {
	var old []Campaign
	err = tx.Query(ctx).Raw(`SELECT c.* FROM campaigns c WHERE c.state IN ('stopped', 'done') AND c.started_at < ? AND c.simulated = FALSE
		AND CASE WHEN c.ended_at > c.started_at THEN c.ended_at ELSE c.started_at END + (c.credit_days + 1) * CAST(86400000 AS BIGINT) <= ?
		AND NOT EXISTS (SELECT 1 FROM campaign_sums s WHERE s.campaign_id = c.id AND s.done = TRUE) ORDER BY c.id`, db.At(before), db.At(now)).Scan(&old).Error
	if err != nil {
		return 0, fmt.Errorf("find campaigns of long ago: %w", err)
	}
	for i := range old {
		if gone >= int64(limit) {
			break
		}
		n, err := old[i].letGo(ctx, tx, currency, now, limit-int(gone))
		if gone += n; err != nil {
			return gone, err
		}
	}
	return gone, nil
}

func (c *Campaign) letGo(ctx context.Context, tx *db.Tx, currency money.Currency, now time.Time, limit int) (int64, error) {
	have, _, err := settled(ctx, tx, c.ID)
	if err == nil && have == nil {
		err = c.keepSums(ctx, tx, currency, now)
	}
	if err != nil {
		return 0, err
	}
	done := tx.Query(ctx).Exec("UPDATE campaign_people SET customer_id = NULL, due_at = 0, send_key = 'past:' || id WHERE id IN (SELECT id FROM campaign_people WHERE campaign_id = ? AND send_key NOT LIKE 'past:%' ORDER BY id LIMIT ?)", int64(c.ID), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("let the people of campaign %s go: %w", c.Name, done.Error)
	}
	if int(done.RowsAffected) < limit {
		if err := tx.Query(ctx).Exec("UPDATE campaign_sums SET done = TRUE WHERE campaign_id = ?", int64(c.ID)).Error; err != nil {
			return 0, fmt.Errorf("let the people of campaign %s go: %w", c.Name, err)
		}
	}
	return done.RowsAffected, nil
}

func (c *Campaign) keepSums(ctx context.Context, tx *db.Tx, currency money.Currency, now time.Time) error {
	r, err := ResultOf(ctx, tx, *c, currency, now)
	if err != nil {
		return err
	}
	words, err := json.Marshal(sums{r.People, r.Mails, r.Withheld, r.Without, r.Clicks, r.Clickers, r.Effect.Shown, r.Effect.Held})
	if err == nil {
		_, err = tx.Insert(ctx, "campaign_sums", []string{"campaign_id", "people", "sums", "at"}, [][]any{{int64(c.ID), r.People, string(words), db.At(now)}}, true)
	}
	if err != nil {
		return fmt.Errorf("keep the sums of campaign %s: %w", c.Name, err)
	}
	return nil
}
