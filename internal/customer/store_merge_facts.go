package customer

import (
	"context"
	"fmt"
	"slices"

	"regulars/internal/db"
)

// uniteNotes keeps, of two accounts that become one, where and when each thing
// was said that stays. Nothing gets younger by it: a tile that both chose is as
// old as the older word about it, and what one took out stays out.
func uniteNotes(ctx context.Context, tx *db.Tx, from, into *Customer, wins []Field) error {
	theirs, err := notes(ctx, tx, from.ID)
	if err != nil {
		return err
	}
	own, err := notes(ctx, tx, into.ID)
	if err != nil {
		return err
	}
	keep := func(fact string, n noted) {
		if err == nil {
			err = tx.Query(ctx).Exec(`INSERT INTO profile_facts (customer_id, fact, place, said_at, kept_at, dropped_at) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (customer_id, fact) DO UPDATE SET place = excluded.place, said_at = excluded.said_at, kept_at = excluded.kept_at, dropped_at = excluded.dropped_at`,
				int64(into.ID), fact, string(n.Place), n.SaidAt, n.KeptAt, n.DroppedAt).Error
		}
	}
	// A field without a note was said when its account was made, which the one
	// account they become will not tell any more.
	said := func(c *Customer, all map[string]noted, key string) noted {
		n := all[key]
		if n.SaidAt.IsZero() {
			n.SaidAt, n.Place = c.CreatedAt, AtSignUp
			if c.Imported {
				n.Place = AtImport
			}
		}
		return n
	}
	for _, key := range fields {
		switch won := slices.ContainsFunc(wins, func(f Field) bool { return f.Name == key && f.FromWins }); {
		case won:
			keep(key, said(from, theirs, key))
		case into.field(key) != "":
			keep(key, said(into, own, key))
		}
	}
	has, readErr := Interests(ctx, tx, into.ID)
	if readErr != nil {
		return readErr
	}
	for _, kind := range Kinds {
		a, b := theirs[kind], own[kind]
		some := slices.ContainsFunc(has, func(i Interest) bool { return i.Kind == kind && i.Source == "said" })
		if a.Fact != "" && (!some || b.Fact != "" && a.KeptAt.Before(b.KeptAt.Time)) {
			keep(kind, a)
		}
	}
	if a, b := theirs["hour"], own["hour"]; a.DroppedAt.After(b.DroppedAt.Time) {
		keep("hour", a)
	}
	if err != nil {
		return fmt.Errorf("unite what customers %d and %d said: %w", from.ID, into.ID, err)
	}
	for _, sql := range []string{
		"UPDATE profile_facts SET customer_id = @into WHERE customer_id = @from AND (fact LIKE 'date:%' OR fact LIKE 'address:%')",
		"DELETE FROM profile_facts WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, map[string]any{"from": int64(from.ID), "into": int64(into.ID)}).Error; err != nil {
			return fmt.Errorf("unite what customers %d and %d said: %w", from.ID, into.ID, err)
		}
	}
	return nil
}
