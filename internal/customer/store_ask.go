package customer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

const (
	// ConfirmFor is how long the link that confirms a yes works.
	ConfirmFor = 72 * time.Hour
	// asksADay is how many such mails one address gets in 24 hours.
	asksADay = 3
	// guestYes is how long a guest's confirmed yes stands for later carts.
	guestYes = 365 * 24 * time.Hour
)

// Ask is a yes that waits for its link; CustomerID is nil for a guest.
type Ask struct {
	CustomerID *ID
	EmailKey   string
	Purposes   []Purpose
	Source     string
	Lang       i18n.Lang
	Once       bool // not again while a link still works
	CreatedAt  db.Time
}

// AskToConfirm makes the link that confirms what an address said yes to, and
// returns its token for the one mail that carries it; "" if nothing waits or
// the address was asked often enough today. Older links of the address end.
func AskToConfirm(ctx context.Context, tx *db.Tx, a Ask, now time.Time) (string, error) {
	a.EmailKey = EmailKey(a.EmailKey)
	if a.EmailKey == "" || len(a.Purposes) == 0 {
		return "", nil
	}
	if err := Turn(ctx, tx, "confirm:"+tokenHash(a.EmailKey)); err != nil {
		return "", err
	}
	var n int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM consent_asks WHERE email_key = ? AND created_at > ?", a.EmailKey, db.At(now.Add(-24*time.Hour))).Scan(&n).Error; err != nil {
		return "", fmt.Errorf("count links to confirm: %w", err)
	}
	open := 0
	if a.Once {
		if err := tx.Query(ctx).Raw("SELECT count(*) FROM consent_asks WHERE email_key = ? AND used_at = 0 AND expires_at > ?", a.EmailKey, db.At(now)).Scan(&open).Error; err != nil {
			return "", fmt.Errorf("count links to confirm: %w", err)
		}
	}
	if n >= asksADay || open > 0 {
		return "", nil
	}
	if err := tx.Query(ctx).Exec("UPDATE consent_asks SET expires_at = ? WHERE email_key = ? AND used_at = 0 AND expires_at > ?", db.At(now), a.EmailKey, db.At(now)).Error; err != nil {
		return "", fmt.Errorf("end older links to confirm: %w", err)
	}
	names := make([]string, len(a.Purposes))
	var words []string
	for i, p := range a.Purposes {
		names[i] = string(p)
		w, err := keepWords(ctx, tx, Wording(a.Source, p), now)
		if err != nil {
			return "", err
		}
		words = append(words, w)
	}
	var owner any
	if a.CustomerID != nil {
		owner = int64(*a.CustomerID)
	}
	token := newToken()
	err := tx.Query(ctx).Exec(`INSERT INTO consent_asks (hash, customer_id, email_key, purposes, source, lang, wording, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tokenHash(token), owner, a.EmailKey, strings.Join(names, " "), a.Source, string(i18n.ParseLang(string(a.Lang))), strings.Join(words, " "), db.At(now), db.At(now.Add(ConfirmFor))).Error
	if err != nil {
		return "", fmt.Errorf("make a link to confirm: %w", err)
	}
	return token, nil
}

func findAsk(ctx context.Context, q db.Q, token string, now time.Time) (*Ask, error) {
	var rows []struct {
		CustomerID                 *ID
		EmailKey, Purposes, Source string
		Lang                       i18n.Lang
		CreatedAt                  db.Time
	}
	err := q.Query(ctx).Raw("SELECT customer_id, email_key, purposes, source, lang, created_at FROM consent_asks WHERE hash = ? AND used_at = 0 AND expires_at > ?",
		tokenHash(token), db.At(now)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read a link to confirm: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "customer.link.spent")
	}
	a := Ask{CustomerID: rows[0].CustomerID, EmailKey: rows[0].EmailKey, Source: rows[0].Source, Lang: rows[0].Lang, CreatedAt: rows[0].CreatedAt}
	for name := range strings.FieldsSeq(rows[0].Purposes) {
		a.Purposes = append(a.Purposes, Purpose(name))
	}
	return &a, nil
}

// PeekAsk says what a link would confirm, and changes nothing: scanners open
// every link. Forged, spent and ended ones are the same NotFound.
func PeekAsk(ctx context.Context, q db.Q, token string, now time.Time) (*Ask, error) {
	return findAsk(ctx, q, token, now)
}

// Confirm spends a link: what it names counts from now on, as far as it was
// not taken back since. Of an account the address is proved by it, too.
func Confirm(ctx context.Context, tx *db.Tx, token string, now time.Time) (*Ask, error) {
	a, err := findAsk(ctx, tx, token, now)
	if err != nil {
		return nil, err
	}
	err = one(tx.Query(ctx).Exec("UPDATE consent_asks SET used_at = ? WHERE hash = ? AND used_at = 0", db.At(now), tokenHash(token)), "confirm a consent")
	if err != nil || a.CustomerID == nil {
		return a, err
	}
	err = tx.Query(ctx).Exec(`UPDATE customers SET contact = 'verified', updated_at = ?, email_verified_at = CASE WHEN email_verified_at = 0 THEN ? ELSE email_verified_at END
		WHERE id = ? AND email_key = ? AND erased_at = 0`, db.At(now), db.At(now).Milli(), int64(*a.CustomerID), a.EmailKey).Error
	if err != nil {
		return nil, fmt.Errorf("confirm a consent: %w", err)
	}
	return a, confirm(ctx, tx, *a.CustomerID, a.Purposes, "link mailed "+a.CreatedAt.UTC().Format(time.RFC3339), now)
}

// ConfirmWaiting makes all count that an account is waiting to confirm: the
// link that proves the address at sign-up names them, and is their link, too.
func ConfirmWaiting(ctx context.Context, tx *db.Tx, id ID, evidence string, now time.Time) error {
	all, err := Waiting(ctx, tx, id)
	if err != nil || len(all) == 0 {
		return err
	}
	return confirm(ctx, tx, id, all, evidence, now)
}

// GuestMayBeMailed reports whether the tick of a guest counts: under the pack
// for all countries, since a guest's is not known before they order.
func GuestMayBeMailed(ctx context.Context, q db.Q, email string, p Purpose, now time.Time) (bool, error) {
	packs, err := Packs(ctx, q)
	if err != nil || packs.For("") == PackSingle {
		return err == nil, err
	}
	var rows []string
	err = q.Query(ctx).Raw("SELECT purposes FROM consent_asks WHERE email_key = ? AND customer_id IS NULL AND used_at > ?", EmailKey(email), db.At(now.Add(-guestYes))).Scan(&rows).Error
	if err != nil {
		return false, fmt.Errorf("ask whether a guest may be mailed: %w", err)
	}
	return slices.ContainsFunc(rows, func(r string) bool { return slices.Contains(strings.Fields(r), string(p)) }), nil
}
