package outreach

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// The folders inside of the one that returned mails are laid into.
const (
	backDone   = "done"   // read, and noted
	backOthers = "others" // for a person: no report, or about nobody we know
)

// mostBack is how many returned mails a sweep reads.
const mostBack = 200

// ReadBack reads the mails that a mail server laid into the folder of returned
// ones (Desk.Back): delivery reports (RFC 3464), reports of people who called a
// mail junk (RFC 5965), and mails that ask to stop (the mailto of
// List-Unsubscribe). Each is noted under a key of its content and then moved to
// "done", or to "others" where it says nothing; read again it changes nothing.
func (d *Desk) ReadBack(ctx context.Context, now time.Time) error {
	if d.Back == "" {
		return nil
	}
	entries, err := os.ReadDir(d.Back)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read returned mails: %w", err)
	}
	read := 0
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".eml") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if read++; read > mostBack || ctx.Err() != nil {
			break
		}
		to := backDone
		if err := d.readBack(ctx, filepath.Join(d.Back, e.Name()), now); err != nil {
			if fault.Kind(err) != fault.Invalid && fault.Kind(err) != fault.NotFound {
				return fmt.Errorf("read returned mail %s: %w", e.Name(), err)
			}
			to = backOthers
		}
		if err := os.MkdirAll(filepath.Join(d.Back, to), 0o700); err != nil {
			return fmt.Errorf("put a returned mail away: %w", err)
		}
		if err := os.Rename(filepath.Join(d.Back, e.Name()), filepath.Join(d.Back, to, e.Name())); err != nil {
			return fmt.Errorf("put a returned mail away: %w", err)
		}
	}
	return nil
}

func (d *Desk) readBack(ctx context.Context, path string, now time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(f, mostOfReport))
	f.Close()
	if err != nil {
		return err
	}
	text := string(b)
	if token := stopMail(text); token != "" {
		return d.DB.InTx(ctx, func(tx *db.Tx) error {
			_, err := Unsubscribe(ctx, tx, token, true, now)
			return err
		})
	}
	if r, ok := readComplaint(text); ok {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return Junk(ctx, tx, r, now) })
	}
	reports, err := ReadReport(text)
	if err != nil {
		return err
	}
	noted, refused := 0, error(nil)
	for _, r := range reports {
		err := d.DB.InTx(ctx, func(tx *db.Tx) error {
			_, err := CameBack(ctx, tx, r, customer.FromReport, now)
			return err
		})
		switch {
		case err == nil:
			noted++
		case fault.Kind(err) == fault.Invalid:
			refused = err
		default:
			return err
		}
	}
	if noted == 0 {
		return refused
	}
	return nil
}

// stopMail is the token in the subject of a mail that asks to stop; "" if it is none.
func stopMail(text string) string {
	msg, err := mail.ReadMessage(strings.NewReader(strings.TrimLeft(text, "\r\n\t ")))
	if err != nil {
		return ""
	}
	token, ok := strings.CutPrefix(strings.TrimSpace(msg.Header.Get("Subject")), stopWord)
	if !ok || len(token) != 43 {
		return ""
	}
	return token
}

// readComplaint reads a feedback report; false: it is none of somebody who
// called a mail junk.
func readComplaint(text string) (r Report, ok bool) {
	msg, err := mail.ReadMessage(strings.NewReader(strings.TrimLeft(text, "\r\n\t ") + "\n"))
	if err != nil {
		return r, false
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["report-type"] != "feedback-report" || params["boundary"] == "" {
		return r, false
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for range 8 {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		head, _ := textproto.NewReader(bufio.NewReader(part)).ReadMIMEHeader()
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "message/feedback-report":
			ok = strings.EqualFold(strings.TrimSpace(head.Get("Feedback-Type")), "abuse")
			if to := strings.Trim(strings.TrimSpace(head.Get("Original-Rcpt-To")), "<>"); to != "" {
				r.Email = to
			}
		case "message/rfc822", "text/rfc822-headers":
			r.MessageID = strings.Trim(head.Get("Message-Id"), " <>")
			if to, err := mail.ParseAddress(head.Get("To")); err == nil && r.Email == "" {
				r.Email = to.Address
			}
		}
	}
	return r, ok
}

// Junk notes that somebody called one of our mails junk: nothing of consent goes
// to that address any more, for good, and what waits is withheld. Only addresses
// that the shop wrote to are believed.
func Junk(ctx context.Context, tx *db.Tx, r Report, now time.Time) error {
	send, email, err := meant(ctx, tx, r)
	if err != nil {
		return err
	}
	l := &link{SendID: send, EmailKey: customer.EmailKey(email)}
	if err := oneAtATime(ctx, tx, l.EmailKey); err != nil {
		return err
	}
	if err := stopWaiting(ctx, tx, l, mailPurposes, now); err != nil {
		return err
	}
	err = tx.Query(ctx).Exec("INSERT INTO suppressions (email_key, purpose, reason, at) VALUES (?, '*', ?, ?) ON CONFLICT (email_key, purpose) DO NOTHING", l.EmailKey, stopJunk, db.At(now)).Error
	if err != nil {
		return fmt.Errorf("stop mail to who called it junk: %w", err)
	}
	return l.withdraw(ctx, tx, mailPurposes, now)
}

// stopJunk is the reason of a stop for good.
const stopJunk = "complaint"
