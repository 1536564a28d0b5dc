package outreach

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

const (
	linkRestore     = "restore"
	linkUnsubscribe = "unsubscribe"

	// stopUnsubscribed is the reason of a stop that the person asked for.
	stopUnsubscribed = "unsubscribed"
	// sourceLink is where a consent was withdrawn: a link in a mail.
	sourceLink = "mail link"
)

type link struct {
	SendID    int64
	CartID    cart.ID
	EmailKey  string
	ExpiresAt db.Time
	UsedAt    db.Time
}

// newLink makes a link of 256 random bits; only its hash is kept.
func newLink(ctx context.Context, tx *db.Tx, purpose string, s *Send, ttl time.Duration, now time.Time) (string, error) {
	var b [32]byte
	rand.Read(b[:])
	token := base64.RawURLEncoding.EncodeToString(b[:])
	err := tx.Query(ctx).Exec("INSERT INTO mail_links (hash, purpose, send_id, cart_id, email_key, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
		linkHash(token), purpose, s.ID, int64(s.CartID), customer.EmailKey(s.Email), db.At(now.Add(ttl))).Error
	if err != nil {
		return "", fmt.Errorf("make a %s link: %w", purpose, err)
	}
	return token, nil
}

func linkHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func noLink() error { return fault.New(fault.NotFound, "outreach.link.unknown") }

func findLink(ctx context.Context, q db.Q, token, purpose string) (*link, error) {
	var found []link
	err := q.Query(ctx).Raw("SELECT send_id, cart_id, email_key, expires_at, used_at FROM mail_links WHERE hash = ? AND purpose = ?",
		linkHash(token), purpose).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("read a %s link: %w", purpose, err)
	}
	if len(found) == 0 && purpose == linkUnsubscribe { // its mail has gone, and the address with it
		err := q.Query(ctx).Raw("SELECT email_key, used_at FROM mail_stops WHERE hash = ?", linkHash(token)).Scan(&found).Error
		if err != nil {
			return nil, fmt.Errorf("read an old link: %w", err)
		}
	}
	if len(found) == 0 {
		return nil, noLink()
	}
	return &found[0], nil
}

// source is the cart a restore link speaks of; one that was bought or
// discarded since is nobody's to restore.
func source(ctx context.Context, q db.Q, id cart.ID) (*cart.Cart, error) {
	c, err := cart.ByID(ctx, q, id)
	if err != nil {
		return nil, err
	}
	if c.State != cart.StateOpen && c.State != cart.Merged {
		return nil, noLink()
	}
	return c, nil
}

// savedCart is a link to the cart a question was asked from, for the mail with
// its answer; "" once there is nothing in it to go on with.
func (d *Desk) savedCart(ctx context.Context, s *Send, id cart.ID, now time.Time) (url string, err error) {
	if id == 0 {
		return "", nil
	}
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		url = ""
		c, err := source(ctx, tx, id)
		if fault.Kind(err) == fault.NotFound {
			return nil // bought or gone since
		}
		if err != nil {
			return err
		}
		view, err := cart.Items(ctx, tx, c)
		if err != nil || len(view.Items) == 0 {
			return err
		}
		row := *s
		row.State = Queued
		if _, err := d.put(ctx, tx, &row, now); err != nil {
			return err
		}
		have, err := byKey(ctx, tx, s.Key)
		if err != nil || have.State == Sent || have.State == Withheld {
			return err
		}
		have.CartID = id // of the link alone: the mail is about the question
		token, err := newLink(ctx, tx, linkRestore, have, RestoreFor, now)
		url = d.url(s.Lang, "/r/"+token)
		return err
	})
	return url, err
}

// RestorePreview shows the goods a restore link leads to, and nothing about
// the person: the view has no cart, since a mail can be forwarded. It changes
// nothing. Forged, spent and expired links are the same NotFound.
func RestorePreview(ctx context.Context, q db.Q, token string, now time.Time) (*cart.View, error) {
	l, err := findLink(ctx, q, token, linkRestore)
	if err != nil {
		return nil, err
	}
	if !l.UsedAt.IsZero() || !l.ExpiresAt.After(now) {
		return nil, noLink()
	}
	c, err := source(ctx, q, l.CartID)
	if err != nil {
		return nil, err
	}
	view, err := cart.Items(ctx, q, c)
	if err != nil {
		return nil, err
	}
	if len(view.Items) == 0 {
		return nil, noLink()
	}
	view.Cart = nil
	for i := range view.Items {
		view.Items[i].Line.Token, view.Items[i].Line.CartID, view.Items[i].Line.ID = "", 0, 0
	}
	return view, nil
}

// Restore spends a restore link: the goods go into the person's own open cart
// (made if there is none), the larger quantity of each winning. It returns
// that cart and how many lines came. A link works once.
func Restore(ctx context.Context, tx *db.Tx, token string, p *customer.Person, currency money.Currency, lang i18n.Lang, device string, now time.Time) (*cart.Cart, int, error) {
	var spent []link
	err := tx.Query(ctx).Raw(`UPDATE mail_links SET used_at = ? WHERE hash = ? AND purpose = 'restore' AND used_at = 0 AND expires_at > ?
		RETURNING send_id, cart_id, email_key`, db.At(now), linkHash(token), db.At(now)).Scan(&spent).Error
	if err != nil {
		return nil, 0, fmt.Errorf("spend a restore link: %w", err)
	}
	if len(spent) == 0 {
		return nil, 0, noLink()
	}
	if err := customer.Works(ctx, tx, spent[0].EmailKey, customer.FromPerson, now); err != nil {
		return nil, 0, err
	}
	from, err := source(ctx, tx, spent[0].CartID)
	if err != nil {
		return nil, 0, err
	}
	into, err := cart.Ensure(ctx, tx, p, currency, lang, device, now)
	if err != nil {
		return nil, 0, fmt.Errorf("restore a cart: %w", err)
	}
	n, err := cart.Restore(ctx, tx, from.ID, into.ID, now)
	if err != nil {
		return nil, 0, fmt.Errorf("restore a cart: %w", err)
	}
	if n == 0 {
		return nil, 0, noLink()
	}
	return into, n, nil
}

// Leaving is what an unsubscribe page says. Address is masked: a mail can be
// forwarded.
type Leaving struct {
	Address string
	Purpose customer.Purpose // the kind of mail the link came with
	Stopped bool             // that kind is stopped already
	All     time.Time        // since when everything is; zero: not everything
}

// UnsubscribePreview shows what an unsubscribe link would stop. It changes
// nothing: scanners open every link.
func UnsubscribePreview(ctx context.Context, q db.Q, token string) (*Leaving, error) {
	l, err := findLink(ctx, q, token, linkUnsubscribe)
	if err != nil {
		return nil, err
	}
	return l.leaving(ctx, q)
}

func (l *link) leaving(ctx context.Context, q db.Q) (*Leaving, error) {
	var n int
	purpose, err := l.purpose(ctx, q)
	if err != nil {
		return nil, err
	}
	err = q.Query(ctx).Raw(`SELECT count(*) FROM suppressions s WHERE s.email_key = ? AND s.purpose = ?
		AND NOT EXISTS (SELECT 1 FROM consents c JOIN customers k ON k.id = c.customer_id
			WHERE k.email_key = s.email_key AND c.purpose = s.purpose AND c.given = TRUE AND c.at > s.at)`, l.EmailKey, string(purpose)).Scan(&n).Error
	if err != nil {
		return nil, fmt.Errorf("read stops of an address: %w", err)
	}
	all, err := stoppedAt(ctx, q, l.EmailKey)
	return &Leaving{Address: masked(l.EmailKey), Purpose: purpose, Stopped: n > 0, All: all}, err
}

// purpose is the kind of mail that a link came with.
func (l *link) purpose(ctx context.Context, q db.Q) (customer.Purpose, error) {
	s, err := byID(ctx, q, l.SendID)
	if err == nil && s != nil && s.Purpose != "" {
		return s.Purpose, nil
	}
	return customer.MailCart, err
}

// mailPurposes are all that mail of consent is allowed for.
var mailPurposes = []customer.Purpose{customer.MailCart, customer.MailOffers, customer.MailOccasions, customer.MailUpgrades}

// stopWaiting withholds at once what waits to go to whoever the link is of. What
// is claimed is asked about once more before it is handed over (standsStill).
func stopWaiting(ctx context.Context, tx *db.Tx, l *link, purposes []customer.Purpose, now time.Time) error {
	err := tx.Query(ctx).Exec(`UPDATE sends SET state = 'withheld', reason = 'suppressed', updated_at = @now WHERE state = 'deferred' AND class IN ('relationship','marketing') AND purpose IN @purposes
		AND (email = @key OR customer_id IN (SELECT id FROM customers WHERE erased_at = 0 AND (email_key = @key OR id = (SELECT s.customer_id FROM sends s WHERE s.id = @send))))`,
		map[string]any{"now": db.At(now), "purposes": purposes, "key": l.EmailKey, "send": l.SendID}).Error
	if err != nil {
		return fmt.Errorf("stop what waits: %w", err)
	}
	return nil
}

// stoppable gives a message of consent the ways to end such mails that mail
// programs offer by themselves (RFC 2369, RFC 8058): an address that one POST
// stops, and, if the shop has one, an address to write to.
func (d *Desk) stoppable(mail *Mail, token string) {
	mail.Unsubscribe = d.BaseURL + "/u/" + token // one POST, no redirect to a language
	if to := d.Settings.Now().Get("mail.stop"); to != "" {
		mail.StopBy = "mailto:" + to + "?subject=" + stopWord + token
	}
}

// stopWord begins the subject of a mail that asks to stop.
const stopWord = "stop-"

// Unsubscribe stops the kind of mail that the link came with, or all mail but
// what is owed, from this moment on and for mails already waiting. It may be
// asked any number of times with the same outcome. An unknown link is
// NotFound.
func Unsubscribe(ctx context.Context, tx *db.Tx, token string, everything bool, now time.Time) (*Leaving, error) {
	l, err := findLink(ctx, tx, token, linkUnsubscribe)
	if err != nil {
		return nil, err
	}
	// A mail about to be claimed for this address waits, and then sees the stop.
	if err := oneAtATime(ctx, tx, l.EmailKey); err != nil {
		return nil, err
	}
	if err := customer.Works(ctx, tx, l.EmailKey, customer.FromPerson, now); err != nil {
		return nil, err
	}
	purpose, err := l.purpose(ctx, tx)
	if err != nil {
		return nil, err
	}
	purposes := []customer.Purpose{purpose}
	if everything {
		purposes = mailPurposes
	}
	if err := stopWaiting(ctx, tx, l, purposes, now); err != nil {
		return nil, err
	}
	// The account is that of the address now, or the one the mail went to.
	var accounts []int64
	err = tx.Query(ctx).Raw(`SELECT id FROM customers WHERE erased_at = 0 AND (email_key = ? OR id = (SELECT customer_id FROM sends WHERE id = ?)) ORDER BY id`,
		l.EmailKey, l.SendID).Scan(&accounts).Error
	if err != nil {
		return nil, fmt.Errorf("find accounts of an address: %w", err)
	}
	for _, purpose := range purposes {
		// Asked again, the stop is renewed: it must be later than a consent in between.
		err := tx.Query(ctx).Exec(`INSERT INTO suppressions (email_key, purpose, reason, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (email_key, purpose) DO UPDATE SET at = excluded.at WHERE suppressions.reason = excluded.reason`,
			l.EmailKey, string(purpose), stopUnsubscribed, db.At(now)).Error
		if err != nil {
			return nil, fmt.Errorf("stop mail to an address: %w", err)
		}
		for _, id := range accounts {
			if err := customer.SetConsent(ctx, tx, customer.ID(id), purpose, false, sourceLink, now); err != nil {
				return nil, err
			}
		}
	}
	for _, sql := range []string{"UPDATE mail_links SET used_at = ? WHERE hash = ? AND used_at = 0", "UPDATE mail_stops SET used_at = ? WHERE hash = ? AND used_at = 0"} {
		if err := tx.Query(ctx).Exec(sql, db.At(now), linkHash(token)).Error; err != nil {
			return nil, fmt.Errorf("note a spent unsubscribe link: %w", err)
		}
	}
	// Their restore links end with the permission that made them.
	err = tx.Query(ctx).Exec("UPDATE mail_links SET used_at = ? WHERE email_key = ? AND purpose = 'restore' AND used_at = 0", db.At(now), l.EmailKey).Error
	if err != nil {
		return nil, fmt.Errorf("revoke restore links: %w", err)
	}
	return l.leaving(ctx, tx)
}

// masked is an address as its owner recognises it and nobody else reads it.
func masked(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return "…"
	}
	return string([]rune(local)[0]) + "…@" + domain
}
