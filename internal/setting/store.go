package setting

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/db"
	"regulars/internal/fault"
)

type row struct {
	Key       string `gorm:"primaryKey"`
	Value     string
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

func (row) TableName() string { return "settings" }

// Read reads every setting at once.
func Read(ctx context.Context, q db.Q) (Values, error) {
	var rows []row
	if err := q.Query(ctx).Find(&rows).Error; err != nil {
		return Values{}, fmt.Errorf("read settings: %w", err)
	}
	set := make(map[string]string, len(rows))
	for _, r := range rows {
		set[r.Key] = r.Value
	}
	return Values{set}, nil
}

// Set checks and stores one setting.
func Set(ctx context.Context, tx *db.Tx, name, value string, now time.Time) error {
	k, err := Find(name)
	if err != nil {
		return err
	}
	if err := k.Check(value); err != nil {
		f := fault.New(fault.Invalid, "setting.invalid", "name", name, "value", value, "wants", err.Error())
		f.Fields = []fault.Field{{Name: name, Words: "setting.invalid", Args: f.Args}}
		return f
	}
	r := row{name, value, db.At(now)}
	if err := tx.Query(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return fmt.Errorf("store setting %s: %w", name, err)
	}
	return nil
}

// Live is the reading that requests share: Now costs nothing, Refresh is
// called after a change in this process and every second for those of others.
type Live struct{ values atomic.Pointer[Values] }

// Now returns the latest reading.
func (l *Live) Now() Values {
	if v := l.values.Load(); v != nil {
		return *v
	}
	return Values{}
}

// Refresh reads the settings again.
func (l *Live) Refresh(ctx context.Context, q db.Q) error {
	v, err := Read(ctx, q)
	if err == nil {
		l.values.Store(&v)
	}
	return err
}
