package customer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Hear keeps one piece of news of an address and lets the account of that
// address, if there is one, stand as all of them say. The same key again
// changes nothing, and false says so.
func Hear(ctx context.Context, tx *db.Tx, n News, now time.Time) (bool, error) {
	key := EmailKey(n.Email)
	if key == "" {
		return false, fault.New(fault.Invalid, "customer.email.empty")
	}
	// What two servers say at once is added up one after the other.
	if err := Turn(ctx, tx, "address:"+tokenHash(key)[:24]); err != nil {
		return false, err
	}
	done := tx.Query(ctx).Exec(`INSERT INTO address_news (key, email_key, kind, code, source, send_id, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
		n.Key, key, n.Kind, n.Code, n.Source, n.SendID, db.At(now))
	if done.Error != nil {
		return false, fmt.Errorf("keep news of an address: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return false, nil
	}
	s, err := heardOf(ctx, tx, key)
	if err != nil {
		return false, err
	}
	err = tx.Query(ctx).Exec(`UPDATE customers SET contact = CASE WHEN ? <> '' THEN ? WHEN email_verified_at > 0 THEN 'verified' ELSE 'unverified' END,
		contact_reason = ?, contact_at = ?, rest_until = ?, updated_at = ? WHERE email_key = ? AND erased_at = 0`,
		s.State, s.State, s.Reason, s.Since.Milli(), s.RestUntil.Milli(), db.At(now), key).Error
	if err != nil {
		return false, fmt.Errorf("note how an address stands: %w", err)
	}
	return true, nil
}

// Works notes that somebody reads mail at an address: they followed a link that
// was sent there. An address that nothing bad was heard of needs no note.
func Works(ctx context.Context, tx *db.Tx, email, source string, now time.Time) error {
	s, err := StandingOf(ctx, tx, email)
	if err != nil || s == (Standing{}) {
		return err
	}
	_, err = Hear(ctx, tx, News{Key: fmt.Sprintf("works:%s:%d", tokenHash(EmailKey(email))[:24], now.UnixMilli()), Email: email, Kind: NewsWorks, Source: source}, now)
	return err
}

func heardOf(ctx context.Context, q db.Q, key string) (Standing, error) {
	var all []News
	err := q.Query(ctx).Raw(`SELECT kind, code, at FROM address_news WHERE email_key = ? AND email_key <> '' ORDER BY id`, key).Scan(&all).Error
	if err != nil {
		return Standing{}, fmt.Errorf("read what was heard of an address: %w", err)
	}
	return judge(all), nil
}

// StandingOf is how an address stands, an account's or not.
func StandingOf(ctx context.Context, q db.Q, email string) (Standing, error) {
	var own []struct {
		Contact, ContactReason string
		ContactAt, RestUntil   db.Time
	}
	err := q.Query(ctx).Raw("SELECT contact, contact_reason, contact_at, rest_until FROM customers WHERE email_key = ? AND erased_at = 0", EmailKey(email)).Scan(&own).Error
	if err != nil {
		return Standing{}, fmt.Errorf("read how an address stands: %w", err)
	}
	if len(own) == 1 && (own[0].Contact == "bouncing" || own[0].Contact == "dead") {
		return Standing{own[0].Contact, own[0].ContactReason, own[0].ContactAt, own[0].RestUntil}, nil
	}
	return heardOf(ctx, q, EmailKey(email)) // a guest's, or one that was heard of before it had an account
}

// JudgePhone notes what staff found out about the number somebody has now:
// verified, dead, or "" to take that back.
func JudgePhone(ctx context.Context, tx *db.Tx, id ID, state string, now time.Time) error {
	if state != "" && state != "verified" && state != "dead" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	return one(tx.Query(ctx).Exec("UPDATE customers SET phone_contact = ?, phone_judged = phone, phone_at = ?, updated_at = ? WHERE id = ? AND erased_at = 0 AND phone <> ''",
		state, db.At(now), db.At(now), int64(id)), "note the state of a number")
}

// forgetContact takes out what was heard of an address.
func forgetContact(ctx context.Context, tx *db.Tx, c *Customer) error {
	if err := tx.Query(ctx).Exec("DELETE FROM address_news WHERE email_key = ?", c.EmailKey).Error; err != nil {
		return fmt.Errorf("forget what was heard of the address of customer %d: %w", c.ID, err)
	}
	err := tx.Query(ctx).Exec("UPDATE customers SET contact_reason = '', contact_at = 0, rest_until = 0, phone_contact = '', phone_judged = '', phone_at = 0, seen_at = 0 WHERE id = ?", int64(c.ID)).Error
	if err != nil {
		return fmt.Errorf("forget how customer %d stands: %w", c.ID, err)
	}
	// The other numbers by which a former shop knew them.
	if err := tx.Query(ctx).Exec("UPDATE customers SET external_id = NULL WHERE merged_into = ?", int64(c.ID)).Error; err != nil {
		return fmt.Errorf("forget what customer %d was called elsewhere: %w", c.ID, err)
	}
	return nil
}

// Retire erases an account for another reason than its person's wish: nobody
// can reach them any more, they went quiet, or they live on in another account.
func Retire(ctx context.Context, tx *db.Tx, id ID, cause string, now time.Time, forget ...Forget) error {
	if err := Erase(ctx, tx, id, now, forget...); err != nil {
		return err
	}
	return one(tx.Query(ctx).Exec("UPDATE customers SET erased_for = ? WHERE id = ?", cause, int64(id)), "note why a customer went")
}

// NewsOf lists what was heard of addresses, the newest first, and how much
// there is. email, if not empty, is the beginning of an address.
func NewsOf(ctx context.Context, q db.Q, email string, page, per int) ([]News, int, error) {
	where, args := "kind <> 'works'", []any{}
	if email = EmailKey(email); email != "" {
		where += ` AND email_key LIKE ? ESCAPE '\'`
		args = append(args, strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(email)+"%")
	}
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM address_news WHERE "+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count news of addresses: %w", err)
	}
	var all []News
	err := q.Query(ctx).Raw("SELECT key, email_key AS email, kind, code, source, send_id, at FROM address_news WHERE "+where+" ORDER BY id DESC LIMIT ? OFFSET ?",
		append(args, per, (max(1, page)-1)*per)...).Scan(&all).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read news of addresses: %w", err)
	}
	return all, total, nil
}
