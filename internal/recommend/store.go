package recommend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Training is one build as it is kept. Data is empty for one that was refused:
// nothing may serve it, only its figures are of interest.
type Training struct {
	ID        int64
	Version   string
	Products  int
	Orders    int
	Seconds   float64
	Score     string // what the check before acceptance measured, JSON
	Accepted  bool
	Through   int64 // the last entry of the shop's order history that was seen; 0 = not known
	Data      []byte
	CreatedAt db.Time
}

// TableName is the table of trainings.
func (Training) TableName() string { return "models" }

// keepTrainings is how many of each kind, accepted and refused, are kept: the
// one in use and two to go back to.
const keepTrainings = 3

// Save files a build made at the given moment and returns its version. The same
// model saved again for the same moment stays one row. Older ones than the last
// three go, accepted and refused counted apart, so that refusals cannot push
// out the model in use.
func Save(ctx context.Context, tx *db.Tx, m *Model, at time.Time, took time.Duration, score string, accepted bool, through int64) (string, error) {
	blob := m.Encode()
	t := Training{
		Version:  at.UTC().Format("20060102T150405.000Z") + "-" + Fingerprint(blob),
		Products: m.Products(), Orders: m.Orders(), Seconds: took.Seconds(), Score: score, Accepted: accepted, Through: through,
		Data: []byte{}, CreatedAt: db.At(at),
	}
	if accepted {
		t.Data = blob
	}
	if err := tx.Query(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&t).Error; err != nil {
		return "", fmt.Errorf("save model %s: %w", t.Version, err)
	}
	var keep []int64
	err := tx.Query(ctx).Model(&Training{}).Where("accepted = ?", accepted).Order("id DESC").Limit(keepTrainings).Pluck("id", &keep).Error
	if err == nil {
		err = tx.Query(ctx).Where("accepted = ? AND id NOT IN ?", accepted, keep).Delete(&Training{}).Error
	}
	if err != nil {
		return "", fmt.Errorf("drop models older than %s: %w", t.Version, err)
	}
	return t.Version, nil
}

// LatestVersion is the newest accepted version, empty when there is none yet.
// Processes ask for it often; it reads no model.
func LatestVersion(ctx context.Context, q db.Q) (string, error) {
	var versions []string
	err := q.Query(ctx).Model(&Training{}).Where("accepted = ?", true).Order("id DESC").Limit(1).Pluck("version", &versions).Error
	if err != nil {
		return "", fmt.Errorf("find the latest model: %w", err)
	}
	if len(versions) == 0 {
		return "", nil
	}
	return versions[0], nil
}

// Load reads an accepted model and how far in the order history it has seen;
// fault.NotFound when the version is unknown, refused or no longer kept. A
// broken one is an error.
func Load(ctx context.Context, q db.Q, version string) (*Model, int64, error) {
	var t Training
	err := q.Query(ctx).Where("version = ? AND accepted = ?", version, true).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, 0, fmt.Errorf("load model %s: %w", version, fault.NotFound)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("load model %s: %w", version, err)
	}
	m, err := Decode(t.Data)
	if err != nil {
		return nil, 0, fmt.Errorf("load model %s: %w", version, err)
	}
	return m, t.Through, nil
}

// Trainings lists the kept builds, newest first, without their data.
func Trainings(ctx context.Context, q db.Q) ([]Training, error) {
	var all []Training
	if err := q.Query(ctx).Omit("data").Order("id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	return all, nil
}
