package outreach

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Past is a reminder of a history that is made up: to nobody who exists, and
// marked as simulated. A zero Stopped: it was not what ended mails to them.
type Past struct {
	Cart     cart.ID
	Customer *customer.ID
	Rested   db.Time // when the cart was touched last before it
	Step     int
	Email    string
	Lang     i18n.Lang
	At       time.Time
	Stopped  time.Time
}

// TellMany writes reminders of the past with few statements, as if FollowUp had
// sent them then; nothing goes out. A stop stands under the address as one by
// the mail's link.
func TellMany(ctx context.Context, tx *db.Tx, all []Past) error {
	ids, err := tx.NextIDs(ctx, "sends", len(all))
	if err != nil {
		return fmt.Errorf("tell reminders: %w", err)
	}
	var sends, links, stops [][]any
	for i, p := range all {
		key, at := followUpKey(p.Cart, p.Rested, p.Step), db.At(p.At)
		var owner any
		if p.Customer != nil {
			owner = int64(*p.Customer)
		}
		email := customer.EmailKey(p.Email)
		sends = append(sends, []any{ids[i], key, string(Marketing), FollowUpMail, owner, int64(p.Cart), email, string(p.Lang), fmt.Sprintf("simulated-%d@sends.invalid", ids[i]),
			string(Sent), 1, at, at, at, at, true})
		if p.Stopped.IsZero() {
			continue
		}
		var b [32]byte
		rand.Read(b[:])
		stop := db.At(p.Stopped)
		links = append(links, []any{linkHash(base64.RawURLEncoding.EncodeToString(b[:])), "unsubscribe", ids[i], int64(p.Cart), email, stop, stop})
		stops = append(stops, []any{email, string(customer.MailCart), stopUnsubscribed, stop})
	}
	_, err = tx.Insert(ctx, "sends", []string{"id", "key", "class", "template", "customer_id", "cart_id", "email", "lang", "message_id", "state", "attempts", "due_at", "sent_at",
		"created_at", "updated_at", "simulated"}, sends, false)
	if err == nil {
		_, err = tx.Insert(ctx, "mail_links", []string{"hash", "purpose", "send_id", "cart_id", "email_key", "expires_at", "used_at"}, links, false)
	}
	if err == nil {
		_, err = tx.Insert(ctx, "suppressions", []string{"email_key", "purpose", "reason", "at"}, stops, true)
	}
	if err != nil {
		return fmt.Errorf("tell reminders: %w", err)
	}
	return nil
}

// PastMail is what the gate said of one mail of a campaign in a history that is
// made up: sent, or withheld for a reason.
type PastMail struct {
	Customer customer.ID
	Email    string
	Lang     i18n.Lang
	At       time.Time
	Reason   string // "" = it went out
}

// TellCampaign writes the mails of a campaign of the past, each marked as
// simulated; nothing goes out.
func TellCampaign(ctx context.Context, tx *db.Tx, c *campaign.Campaign, all []PastMail) error {
	ids, err := tx.NextIDs(ctx, "sends", len(all))
	if err != nil {
		return fmt.Errorf("tell the mails of campaign %s: %w", c.Name, err)
	}
	rows := make([][]any, len(all))
	for i, p := range all {
		at, sent, state, tries := db.At(p.At), db.At(p.At), Sent, 1
		if p.Reason != "" {
			sent, state, tries = db.Time{}, Withheld, 0
		}
		rows[i] = []any{ids[i], campaign.Key(c.ID, p.Customer), string(Marketing), CampaignMail, string(Recommendations), string(customer.MailOffers), c.Content(), int64(p.Customer),
			customer.EmailKey(p.Email), string(p.Lang), fmt.Sprintf("simulated-%d@sends.invalid", ids[i]), string(state), p.Reason, tries, at, sent, at, at, true}
	}
	_, err = tx.Insert(ctx, "sends", []string{"id", "key", "class", "template", "topic", "purpose", "content", "customer_id", "email", "lang", "message_id", "state", "reason", "attempts",
		"due_at", "sent_at", "created_at", "updated_at", "simulated"}, rows, false)
	if err != nil {
		return fmt.Errorf("tell the mails of campaign %s: %w", c.Name, err)
	}
	return nil
}
