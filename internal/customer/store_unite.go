package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// dropLedger takes a person's ledger away, whole; the account has ended.
func dropLedger(ctx context.Context, tx *db.Tx, id ID) error {
	for _, sql := range []string{"DELETE FROM consent_log WHERE customer_id = ?", "DELETE FROM consent_heads WHERE customer_id = ?", "DELETE FROM consents WHERE customer_id = ?",
		"DELETE FROM consent_asks WHERE customer_id = ?"} {
		if err := tx.Query(ctx).Exec(sql, int64(id)).Error; err != nil {
			return fmt.Errorf("take away the ledger of customer %d: %w", id, err)
		}
	}
	return nil
}

// uniteConsents leaves only what both allowed, and confirmed. Every entry of
// the account that ends is said again at the end of the survivor's chain, with
// its day and where it stood; then follows what the merge makes of it.
func uniteConsents(ctx context.Context, tx *db.Tx, from, into ID, now time.Time) error {
	for _, id := range []ID{min(from, into), max(from, into)} {
		if _, _, err := lockHead(ctx, tx, id); err != nil {
			return err
		}
	}
	seq, head, err := lockHead(ctx, tx, into)
	if err != nil {
		return err
	}
	theirs, _, err := Ledger(ctx, tx, from)
	if err != nil {
		return err
	}
	own, err := states(ctx, tx, into)
	if err != nil {
		return err
	}
	said, err := states(ctx, tx, from)
	if err != nil {
		return err
	}
	who, err := speakerOf(ctx, tx, into)
	if err != nil {
		return err
	}
	all := map[Purpose]State{}
	for p, s := range own {
		all[p] = s
	}
	add := func(e Entry) error {
		if err := write(ctx, tx, into, &e, all[e.Purpose], who.Country, seq, head); err != nil {
			return err
		}
		all[e.Purpose], seq, head = all[e.Purpose].after(&e), e.Seq, e.Hash
		return nil
	}
	for _, e := range theirs {
		e.Evidence += fmt.Sprintf(" (entry %d of the account that was merged in)", e.Seq)
		e.ID = 0
		if err := add(e); err != nil {
			return err
		}
	}
	packs, err := Packs(ctx, tx)
	if err != nil {
		return err
	}
	for _, p := range Purposes {
		a, also := said[p]
		b, asked := own[p]
		if !also && !asked {
			continue
		}
		yes, proved := a.Said && b.Said, a.Confirmed && b.Confirmed
		e := Entry{Purpose: p, Act: ActWithdrawn, Given: yes, Source: "merge", Lang: who.Lang, Method: MethodMerge, At: db.At(now)}
		switch {
		case yes && all[p].Confirmed && !proved:
			e.Act = ActGiven
		case yes || !all[p].Said:
			// A yes of both keeps the survivor's day: a merge is no new yes, and lifts no stop.
			if asked && yes {
				kept := all[p]
				kept.At, kept.Source = b.At, b.Source
				if err := keepState(ctx, tx, into, p, kept, packs.For(who.Country)); err != nil {
					return err
				}
			}
			continue
		}
		if err := add(e); err != nil {
			return err
		}
	}
	return nil
}
