package recommend

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"regulars/internal/db"
)

// chosen is a choice of weights as it is kept.
type chosen struct {
	ID        int64
	Choice    string
	Sessions  int
	Clicks    int
	CreatedAt db.Time
}

func (chosen) TableName() string { return "session_weights" }

// SaveChoice files the weights chosen on an index of that size; older ones than
// the last three go.
func SaveChoice(ctx context.Context, tx *db.Tx, c Choice, sessions, clicks int, at time.Time) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	row := chosen{Choice: string(text), Sessions: sessions, Clicks: clicks, CreatedAt: db.At(at)}
	if err := tx.Query(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("save session weights: %w", err)
	}
	err = tx.Query(ctx).Exec("DELETE FROM session_weights WHERE id <= ?", row.ID-keepTrainings).Error
	if err != nil {
		return fmt.Errorf("drop old session weights: %w", err)
	}
	return nil
}

// ChoiceAfter reads the newest choice of weights if it was filed after the one
// of that number; its number is 0 if there is none.
func ChoiceAfter(ctx context.Context, q db.Q, id int64) (Choice, int64, error) {
	var rows []chosen
	var c Choice
	if err := q.Query(ctx).Where("id > ?", id).Order("id DESC").Limit(1).Find(&rows).Error; err != nil {
		return c, 0, fmt.Errorf("read session weights: %w", err)
	}
	if len(rows) == 0 {
		return c, 0, nil
	}
	if err := json.Unmarshal([]byte(rows[0].Choice), &c); err != nil {
		return c, 0, fmt.Errorf("read session weights %d: %w", rows[0].ID, err)
	}
	return c, rows[0].ID, nil
}
