package customer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// noted is a row about a fact. A fact without one was said when the account
// was made.
type noted struct {
	Fact      string
	Place     Place
	SaidAt    db.Time
	KeptAt    db.Time
	DroppedAt db.Time
}

// note keeps that facts were said now; nobody has confirmed them since.
func note(ctx context.Context, tx *db.Tx, id ID, place Place, now time.Time, facts ...string) error {
	for _, fact := range facts {
		err := tx.Query(ctx).Exec(`INSERT INTO profile_facts (customer_id, fact, place, said_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (customer_id, fact) DO UPDATE SET place = excluded.place, said_at = excluded.said_at, kept_at = 0`,
			int64(id), fact, string(place), db.At(now)).Error
		if err != nil {
			return fmt.Errorf("note when customer %d said %s: %w", id, fact, err)
		}
	}
	return nil
}

func unnote(ctx context.Context, tx *db.Tx, id ID, fact string) error {
	if err := tx.Query(ctx).Exec("DELETE FROM profile_facts WHERE customer_id = ? AND fact = ?", int64(id), fact).Error; err != nil {
		return fmt.Errorf("forget when customer %d said %s: %w", id, fact, err)
	}
	return nil
}

// noteChanged notes which fields differ from what the row said before. The row
// must be locked.
func noteChanged(ctx context.Context, tx *db.Tx, was, is *Customer, place Place, now time.Time) error {
	for _, key := range fields {
		if was.field(key) != is.field(key) {
			if err := note(ctx, tx, was.ID, place, now, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func notes(ctx context.Context, q db.Q, id ID) (map[string]noted, error) {
	var rows []noted
	if err := q.Query(ctx).Raw("SELECT fact, place, said_at, kept_at, dropped_at FROM profile_facts WHERE customer_id = ?", int64(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read when customer %d said things: %w", id, err)
	}
	all := make(map[string]noted, len(rows))
	for _, r := range rows {
		all[r.Fact] = r
	}
	return all, nil
}

// Facts lists what an account holds about its person that the person said, in
// the order pages show it.
func Facts(ctx context.Context, q db.Q, c *Customer) ([]Fact, error) {
	said, err := notes(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	interests, err := Interests(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	dates, err := Dates(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	addresses, err := Addresses(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	first := AtSignUp
	if c.Imported {
		first = AtImport
	}
	var all []Fact
	for _, key := range fields {
		if v := c.field(key); v != "" {
			f := Fact{Key: key, Value: v, Place: first, SaidAt: c.CreatedAt}
			if n, ok := said[key]; ok && !n.SaidAt.IsZero() {
				f.Place, f.SaidAt = n.Place, n.SaidAt
			}
			f.KeptAt = said[key].KeptAt
			all = append(all, f)
		}
	}
	add := func(f Fact) {
		n := said[f.Key]
		if f.KeptAt = n.KeptAt; n.Place != "" {
			f.Place = n.Place
		}
		all = append(all, f)
	}
	for _, kind := range Kinds {
		f := Fact{Key: kind, Place: AtAccount}
		var values []string
		for _, i := range interests {
			if i.Kind == kind && i.Source == "said" {
				values = append(values, i.Value)
				if f.SaidAt.IsZero() || i.At.Before(f.SaidAt.Time) { // the oldest of them
					f.SaidAt = i.At
				}
			}
		}
		if f.Value = strings.Join(values, " "); f.Value != "" {
			add(f)
		}
	}
	for _, d := range dates {
		add(Fact{Key: "date:" + d.Token, Place: AtAccount, SaidAt: d.At, Guess: d.Size != ""})
	}
	for _, a := range addresses {
		add(Fact{Key: "address:" + a.Token, Place: AtAccount, SaidAt: a.At})
	}
	return all, nil
}

// StillRight keeps that facts still hold. Keys that name nothing of this account
// are passed over: another tab may have removed them.
func StillRight(ctx context.Context, tx *db.Tx, id ID, keys []string, now time.Time) error {
	if err := touch(ctx, tx, id, now); err != nil {
		return err
	}
	c, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	has, err := Facts(ctx, tx, c)
	if err != nil {
		return err
	}
	for _, f := range has {
		if !slices.Contains(keys, f.Key) {
			continue
		}
		said := db.Time{}
		if slices.Contains(fields, f.Key) {
			said = f.SaidAt
		}
		err := tx.Query(ctx).Exec(`INSERT INTO profile_facts (customer_id, fact, place, said_at, kept_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (customer_id, fact) DO UPDATE SET kept_at = excluded.kept_at`, int64(id), f.Key, string(f.Place), said, db.At(now)).Error
		if err != nil {
			return fmt.Errorf("confirm %s of customer %d: %w", f.Key, id, err)
		}
	}
	return nil
}

// DropFact deletes a fact, whatever kind it is; of tiles all of the kind.
func DropFact(ctx context.Context, tx *db.Tx, id ID, key string, now time.Time) error {
	kind, token, _ := strings.Cut(key, ":")
	if !IsFact(key) {
		return fault.New(fault.NotFound, "customer.unknown")
	}
	if err := touch(ctx, tx, id, now); err != nil {
		return err
	}
	switch {
	case kind == "date":
		return DropDate(ctx, tx, id, token)
	case kind == "address":
		return DropAddress(ctx, tx, id, token)
	case kind == "hour":
		// The looks stay for what else they are for; the conclusion begins anew.
		err := tx.Query(ctx).Exec(`INSERT INTO profile_facts (customer_id, fact, dropped_at) VALUES (?, 'hour', ?)
			ON CONFLICT (customer_id, fact) DO UPDATE SET dropped_at = excluded.dropped_at`, int64(id), db.At(now)).Error
		if err != nil {
			return fmt.Errorf("forget the hour of customer %d: %w", id, err)
		}
		return nil
	case slices.Contains(Kinds, kind):
		if err := tx.Query(ctx).Exec("DELETE FROM interests WHERE customer_id = ? AND kind = ? AND source = 'said'", int64(id), kind).Error; err != nil {
			return fmt.Errorf("drop tiles of customer %d: %w", id, err)
		}
	default: // the columns are those of fields, which IsFact has checked
		if err := tx.Query(ctx).Exec("UPDATE customers SET "+kind+" = '' WHERE id = ?", int64(id)).Error; err != nil {
			return fmt.Errorf("drop %s of customer %d: %w", kind, id, err)
		}
	}
	return unnote(ctx, tx, id, key)
}

// Old is a fact that nobody has said, or said to hold still, for long.
type Old struct {
	CustomerID ID
	Fact       string
	Since      db.Time
}

// factRows are all facts of all live accounts with the moment from which their
// age counts: customer_id, fact, since.
func factRows() string {
	since := func(said string) string {
		return "CASE WHEN coalesce(f.kept_at, 0) > " + said + " THEN f.kept_at ELSE " + said + " END"
	}
	var parts []string
	for _, key := range fields {
		parts = append(parts, "SELECT c.id AS customer_id, '"+key+"' AS fact, "+since("coalesce(nullif(f.said_at, 0), c.created_at)")+
			" AS since FROM customers c LEFT JOIN profile_facts f ON f.customer_id = c.id AND f.fact = '"+key+"' WHERE c.erased_at = 0 AND c."+key+" <> ''")
	}
	parts = append(parts,
		"SELECT i.customer_id, i.kind, "+since("min(i.at)")+" FROM interests i JOIN customers c ON c.id = i.customer_id AND c.erased_at = 0 "+
			"LEFT JOIN profile_facts f ON f.customer_id = i.customer_id AND f.fact = i.kind WHERE i.source = 'said' GROUP BY i.customer_id, i.kind, f.kept_at",
		"SELECT d.customer_id, 'date:' || d.token, "+since("d.at")+" FROM important_dates d JOIN customers c ON c.id = d.customer_id AND c.erased_at = 0 "+
			"LEFT JOIN profile_facts f ON f.customer_id = d.customer_id AND f.fact = 'date:' || d.token",
		"SELECT a.customer_id, 'address:' || a.token, "+since("a.at")+" FROM addresses a JOIN customers c ON c.id = a.customer_id AND c.erased_at = 0 "+
			"LEFT JOIN profile_facts f ON f.customer_id = a.customer_id AND f.fact = 'address:' || a.token")
	return strings.Join(parts, " UNION ALL ")
}

// Stale lists the facts whose last word is from before a moment, all of them
// with most 0, by customer and fact.
func Stale(ctx context.Context, q db.Q, before time.Time, simulated bool, most int) ([]Old, error) {
	sql, args := "SELECT customer_id, fact, since FROM ("+factRows()+") r WHERE since < ? AND customer_id IN (SELECT id FROM customers WHERE simulated = ?) ORDER BY customer_id, fact", []any{db.At(before), simulated}
	if most > 0 {
		sql, args = sql+" LIMIT ?", append(args, most)
	}
	var rows []Old
	if err := q.Query(ctx).Raw(sql, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list stale facts: %w", err)
	}
	return rows, nil
}

// Counted is how many accounts hold a fact, and of how many it is stale.
type Counted struct {
	Kind         string
	Known, Stale int
}

// StaleCounts counts facts by kind (date and address as a whole), of real people
// or of simulated ones.
func StaleCounts(ctx context.Context, q db.Q, before time.Time, simulated bool) ([]Counted, error) {
	var rows []Counted
	err := q.Query(ctx).Raw(`SELECT kind, count(*) AS known, sum(CASE WHEN since < ? THEN 1 ELSE 0 END) AS stale FROM (
		SELECT CASE WHEN fact LIKE 'date:%' THEN 'date' WHEN fact LIKE 'address:%' THEN 'address' ELSE fact END AS kind, since FROM (`+factRows()+`) r
			WHERE customer_id IN (SELECT id FROM customers WHERE simulated = ?)) k
		GROUP BY kind ORDER BY kind`, db.At(before), simulated).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count stale facts: %w", err)
	}
	return rows, nil
}
