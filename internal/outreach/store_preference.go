package outreach

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// AnyHour is the hour of who did not choose one.
const AnyHour = -1

// Preference is how somebody wants to hear from the shop, by their address:
// guests have a say, too. It narrows what consent allows and never widens it.
// What is owed and services do not ask it.
type Preference struct {
	Off      []Topic   // nothing about these
	On       []Topic   // of what only those get who asked for it (Specials)
	Avoid    []string  // occasions not to speak of, by their key
	PerMonth int       // at most so many in 30 days; 0: the shop's limits, which are never exceeded
	Hour     int       // of their day, 0 to 23; AnyHour: none chosen
	Paused   time.Time // nothing until then; zero: no pause
	At       time.Time // when it was said; zero: never
}

type preferenceRow struct {
	EmailKey    string `gorm:"primaryKey"`
	OffTopics   string // separated by blanks, as the other lists
	OnTopics    string
	Avoided     string
	PerMonth    int
	Hour        int
	PausedUntil db.Time
	UpdatedAt   db.Time `gorm:"autoUpdateTime:false"`
}

func (preferenceRow) TableName() string { return "mail_preferences" }

// PreferenceOf reads what an address wished; the shop's own way if it never said.
func PreferenceOf(ctx context.Context, q db.Q, email string) (Preference, error) {
	var rows []preferenceRow
	if err := q.Query(ctx).Where("email_key = ?", customer.EmailKey(email)).Find(&rows).Error; err != nil {
		return Preference{}, fmt.Errorf("read how %s wants to hear from us: %w", masked(email), err)
	}
	if len(rows) == 0 {
		return Preference{Hour: AnyHour}, nil
	}
	r := rows[0]
	return Preference{Off: topics(r.OffTopics), On: topics(r.OnTopics), Avoid: strings.Fields(r.Avoided), PerMonth: r.PerMonth, Hour: r.Hour, Paused: r.PausedUntil.Time, At: r.UpdatedAt.Time}, nil
}

// Prefer keeps what an address wishes, whole, in place of what it wished before.
// The caller has its turn at the address where it changes only a part.
func Prefer(ctx context.Context, tx *db.Tx, email string, p Preference, now time.Time) error {
	row := preferenceRow{EmailKey: customer.EmailKey(email), OffTopics: words(p.Off), OnTopics: words(p.On), Avoided: strings.Join(p.Avoid, " "),
		PerMonth: p.PerMonth, Hour: p.Hour, PausedUntil: db.At(p.Paused), UpdatedAt: db.At(now)}
	if row.EmailKey == "" {
		return fmt.Errorf("keep how somebody wants to hear from us: no address")
	}
	if err := tx.Query(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("keep how %s wants to hear from us: %w", masked(email), err)
	}
	return nil
}

// Subscribe asks for (or no longer for) a topic that only those get who asked.
func Subscribe(ctx context.Context, tx *db.Tx, email string, topic Topic, on bool, now time.Time) error {
	if err := oneAtATime(ctx, tx, email); err != nil {
		return err
	}
	p, err := PreferenceOf(ctx, tx, email)
	if err != nil {
		return err
	}
	p.On = slices.DeleteFunc(p.On, func(t Topic) bool { return t == topic })
	if on {
		p.On = append(p.On, topic)
		p.Off = slices.DeleteFunc(p.Off, func(t Topic) bool { return t == topic })
	}
	return Prefer(ctx, tx, email, p, now)
}

func topics(s string) (all []Topic) {
	for word := range strings.FieldsSeq(s) {
		all = append(all, Topic(word))
	}
	return all
}

func words(all []Topic) string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	return strings.Join(out, " ")
}
