package outreach

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Answer is what a mail server said when it did not take a message. Recipient
// is true where it spoke of the address, not of the message or of us.
type Answer struct {
	Code      int    // 550
	Status    string // 5.1.1; "" where it gave none
	Recipient bool
	err       error
}

func (a *Answer) Error() string {
	if a.err != nil {
		return a.err.Error()
	}
	return strings.TrimSpace(strconv.Itoa(a.Code) + " " + a.Status)
}

func (a *Answer) Unwrap() error { return a.err }

// news is what an answer says of the address; false: nothing. A server that
// does not like us (5.7) or is broken itself tells nothing of the mailbox, and
// one that is full is full for now, whatever the first digit.
func (a *Answer) news() (kind, code string, ok bool) {
	code = a.Status
	if code == "" {
		code = strconv.Itoa(a.Code)
	}
	_, subject, _ := strings.Cut(a.Status, ".")
	about := strings.HasPrefix(subject, "1.") || strings.HasPrefix(subject, "2.")
	switch {
	case !a.Recipient && !about, strings.HasPrefix(subject, "7."):
		return "", "", false
	case a.Code >= 400 && a.Code < 500, strings.HasPrefix(a.Status, "4."), subject == "2.2", strings.HasPrefix(subject, "3."), strings.HasPrefix(subject, "4."):
		return customer.NewsSoft, code, true
	}
	return customer.NewsHard, code, true
}

// heard notes what a failure to send tells of the address: a hard answer at
// once, one for now when the message was tried for the last time. Nobody's
// address is to blame where our own mail server is away.
func (d *Desk) heard(ctx context.Context, tx *db.Tx, s *Send, failure error, now time.Time) error {
	var a *Answer
	if failure == nil || s.Template == OrderNew || !errors.As(failure, &a) {
		return nil
	}
	kind, code, ok := a.news()
	if !ok {
		return nil
	}
	key := fmt.Sprintf("smtp:%d:%d", s.ID, s.Attempts)
	if kind == customer.NewsSoft {
		if s.Attempts < mostAttempts && errors.Is(failure, ErrLater) {
			return nil
		}
		key = fmt.Sprintf("smtp:%d:soft", s.ID)
	}
	_, err := customer.Hear(ctx, tx, customer.News{Key: key, Email: s.Email, Kind: kind, Code: code, Source: customer.FromServer, SendID: s.ID}, now)
	return err
}

// Report is what a mail that came back says of one address.
type Report struct {
	Email     string
	MessageID string // of the mail that came back, where the report names it
	Status    string // 5.1.1
	Lasting   bool
}

// The longest report that is read; what follows is the mail itself.
const mostOfReport = 256 << 10

var statusShape = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}`)

// ReadReport reads a delivery report (RFC 3464) as a mail server sends it. It
// returns an address a failed recipient, and none for what is no report.
func ReadReport(text string) ([]Report, error) {
	notOne := fault.New(fault.Invalid, "outreach.report.unreadable")
	msg, err := mail.ReadMessage(io.LimitReader(strings.NewReader(strings.TrimLeft(text, "\r\n\t ")+"\n"), mostOfReport))
	if err != nil {
		return nil, notOne
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" {
		return nil, notOne
	}
	var all []Report
	original := ""
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for range 8 {
		part, err := parts.NextPart()
		if err != nil {
			break // the end, or a report that was cut off: what came before counts
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "message/delivery-status", "message/global-delivery-status":
			all = append(all, recipients(part)...)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			head, _ := textproto.NewReader(bufio.NewReader(part)).ReadMIMEHeader()
			original = strings.Trim(head.Get("Message-Id"), " <>")
		}
	}
	if len(all) == 0 {
		return nil, notOne
	}
	for i := range all {
		all[i].MessageID = original
	}
	return all, nil
}

// recipients reads the groups of fields of a delivery status.
func recipients(part io.Reader) (all []Report) {
	in := textproto.NewReader(bufio.NewReader(part))
	for range 100 {
		fields, err := in.ReadMIMEHeader()
		_, address, typed := strings.Cut(fields.Get("Final-Recipient"), ";")
		if original := fields.Get("Original-Recipient"); original != "" {
			if _, a, ok := strings.Cut(original, ";"); ok { // what we wrote to, before it was forwarded
				address, typed = a, true
			}
		}
		status := statusShape.FindString(strings.TrimSpace(fields.Get("Status")))
		action := strings.ToLower(strings.TrimSpace(fields.Get("Action")))
		if typed && status != "" && (action == "failed" || action == "delayed") {
			all = append(all, Report{Email: strings.Trim(strings.TrimSpace(address), "<>"), Status: status, Lasting: action == "failed"})
		}
		if err != nil {
			break
		}
	}
	return all
}

// CameBack notes a report, once however often it is handed in. Only addresses
// that the shop wrote to, or has an account of, are believed: a report is
// nothing but a mail that anybody can write. It returns the address it is of.
func CameBack(ctx context.Context, tx *db.Tx, r Report, source string, now time.Time) (string, error) {
	send, email, err := meant(ctx, tx, r)
	if err != nil {
		return "", err
	}
	code, _ := strconv.Atoi(strings.ReplaceAll(r.Status, ".", ""))
	a := Answer{Status: r.Status, Recipient: true, Code: code}
	kind, status, ok := a.news()
	if !ok || !r.Lasting && kind == customer.NewsHard {
		return "", fault.New(fault.Invalid, "outreach.report.nothing", "status", r.Status)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{customer.EmailKey(email), r.MessageID, r.Status}, "\n")))
	key := "report:" + hex.EncodeToString(sum[:12])
	if r.MessageID == "" {
		key += now.UTC().Format(":2006-01-02") // a report without the mail it is of counts once a day
	}
	_, err = customer.Hear(ctx, tx, customer.News{Key: key, Email: email, Kind: kind, Code: status, Source: source, SendID: send}, now)
	return email, err
}

// Told notes what staff know of an address: kind is one of customer's, key the
// form's. An address that the shop never wrote to is refused.
func Told(ctx context.Context, tx *db.Tx, email, kind, code, key string, now time.Time) error {
	if len(key) < 16 {
		return fault.New(fault.Invalid, "error.invalid")
	}
	if err := customer.CheckEmail(email); err != nil {
		return err
	}
	if _, _, err := meant(ctx, tx, Report{Email: email}); err != nil {
		return err
	}
	_, err := customer.Hear(ctx, tx, customer.News{Key: "staff:" + key, Email: email, Kind: kind, Code: code, Source: customer.FromStaff}, now)
	return err
}

// ReportPath is the page on which staff hand in what came back.
const ReportPath = "/admin/mail/back"
