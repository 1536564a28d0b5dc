package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/jobs"
	"regulars/internal/order"
)

// Forget takes a person out of the book of mails when their account is erased
// (a customer.Forget; before order.Forget, which blanks what it looks for). That
// something was sent stays, to whom does not; what still waits is not sent.
// Links in their mails end. A stop that the address asked for outlives the
// account under the address's hash, so that it still binds us.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
	key, nobody := customer.EmailKey(email), fmt.Sprintf("erased:%d@erased.invalid", id)
	const (
		mails    = "(customer_id = @id OR email <> '' AND email = @key)"
		orders   = "SELECT id FROM orders WHERE customer_id = @id OR customer_id IS NULL AND email <> '' AND lower(email) = @key"
		question = "SELECT id FROM questions WHERE customer_id = @id OR email <> '' AND lower(email) = @key"
	)
	values := map[string]any{"id": int64(id), "key": key, "nobody": nobody, "now": db.At(now), "hash": tombstone(key)}
	statements := []string{
		"UPDATE sends SET state = 'withheld', reason = 'erased', updated_at = @now WHERE " + mails + " AND state IN ('queued', 'deferred')",
		"UPDATE mail_links SET email_key = @nobody, used_at = CASE WHEN used_at = 0 THEN CAST(@now AS BIGINT) ELSE used_at END WHERE send_id IN (SELECT id FROM sends WHERE " + mails + ") OR email_key <> '' AND email_key = @key",
		// What was taken back in the account binds us as a stop by link does, also against an import.
		"INSERT INTO suppressions (email_key, purpose, reason, at) SELECT @hash, purpose, '" + stopUnsubscribed + "', at FROM consents WHERE @key <> '' AND customer_id = @id AND purpose LIKE 'mail.%' AND said = FALSE ON CONFLICT (email_key, purpose) DO NOTHING",
		"DELETE FROM suppressions WHERE email_key = @hash AND EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key <> '' AND s.email_key = @key AND s.purpose = suppressions.purpose)",
		"UPDATE suppressions SET email_key = @hash WHERE email_key <> '' AND email_key = @key",
		"DELETE FROM mail_preferences WHERE email_key = @key",
		"UPDATE special_weeks SET after_key = '' WHERE after_key <> '' AND after_key = @key", // begins anew; nobody gets two
	}
	for _, code := range []string{"refused-by-server", "mail-away", "unknown-outcome"} {
		statements = append(statements, "UPDATE sends SET reason = '"+code+"' WHERE "+mails+" AND reason LIKE '"+code+": %'")
	}
	statements = append(statements, "UPDATE sends SET email = @nobody, subject = '' WHERE "+mails)
	if err := forgetArms(ctx, tx, id, key); err != nil {
		return err
	}
	if err := forgetKept(ctx, tx, id, key); err != nil {
		return err
	}
	if err := forgetFiles(ctx, tx, mails, values); err != nil {
		return fmt.Errorf("forget the mails of customer %d: %w", id, err)
	}
	for _, sql := range statements {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("forget the mails of customer %d: %w", id, err)
		}
	}
	// Queued mails carry address and secret; what a mail server said of a failed one may quote the address.
	const addressed = "CAST(args ->> 'customer' AS BIGINT) = @id OR lower(args ->> 'email') <> '' AND lower(args ->> 'email') = @key"
	err := jobs.Drop(ctx, tx, AccountMail{}, addressed, values)
	if err == nil {
		err = jobs.Drop(ctx, tx, CartMail{}, addressed, values)
	}
	if err == nil {
		err = jobs.Hush(ctx, tx, []jobs.Args{order.Placed{}, order.Moved{}, order.Sent{}, OrderMailAgain{}}, "CAST(args ->> 'order' AS BIGINT) IN ("+orders+")", values)
	}
	if err == nil {
		err = jobs.Hush(ctx, tx, []jobs.Args{QuestionMail{}}, "CAST(args ->> 'question' AS BIGINT) IN ("+question+")", values)
	}
	if err != nil {
		return fmt.Errorf("forget the mails of customer %d: %w", id, err)
	}
	return nil
}

// ForgetMails is the job that deletes the files of mails in the folder, after
// the person they went to has been erased. A Message-ID names nobody.
type ForgetMails struct {
	IDs []string `json:"ids"`
}

// Kind names the job.
func (ForgetMails) Kind() string { return "mail.forget" }

func forgetFiles(ctx context.Context, tx *db.Tx, whose string, values map[string]any) error {
	var ids []string
	if err := tx.Query(ctx).Raw("SELECT message_id FROM sends WHERE "+whose+" AND attempts > 0 ORDER BY id", values).Scan(&ids).Error; err != nil {
		return err
	}
	for some := range slices.Chunk(ids, 500) {
		if err := jobs.Enqueue(ctx, tx, ForgetMails{some}); err != nil {
			return err
		}
	}
	return nil
}

// tombstone is what is kept of an address that asked us to stop, once its
// account is erased.
func tombstone(key string) string {
	sum := sha256.Sum256([]byte("stop\n" + key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
