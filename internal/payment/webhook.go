package payment

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v79"
	"github.com/stripe/stripe-go/v79/webhook"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
)

// Tolerance is how old, or how far ahead, an event's signature may be.
const Tolerance = 300 * time.Second

// MostEvent is the largest webhook body that is read.
const MostEvent = 64 << 10

// verify checks a webhook's signature over the raw bytes, and its age by the
// shop's clock.
func (s *Stripe) verify(body []byte, header string, now time.Time) error {
	if err := webhook.ValidatePayloadIgnoringTolerance(body, header, s.secret); err != nil {
		return &fault.Fault{Kind: fault.Invalid, Words: "payment.signature", Cause: err}
	}
	for part := range strings.SplitSeq(header, ",") {
		if at, ok := strings.CutPrefix(strings.TrimSpace(part), "t="); ok {
			seconds, err := strconv.ParseInt(at, 10, 64)
			if age := now.Sub(time.Unix(seconds, 0)).Abs(); err == nil && age <= Tolerance {
				return nil
			}
		}
	}
	return &fault.Fault{Kind: fault.Invalid, Words: "payment.signature", Cause: webhook.ErrTooOld}
}

// Receive takes an event of Stripe in: signature first, then its id, once; a
// job asks Stripe about the object it names. An event of another version of
// the API is as good as any, since nothing else of it is believed, but the log
// says so. fault.Invalid: it is not from Stripe.
func (p *Providers) Receive(ctx context.Context, d *db.DB, body []byte, header string, now time.Time) error {
	s := p.stripe()
	if s == nil {
		return fault.New(fault.NotFound, "payment.unknown")
	}
	if err := s.verify(body, header, now); err != nil {
		return err
	}
	var e struct {
		ID      string `json:"id"`
		Type    string `json:"type"`
		Version string `json:"api_version"`
		Data    struct {
			Object struct {
				ID     string          `json:"id"`
				Intent json.RawMessage `json:"payment_intent"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" || len(e.ID) > 255 {
		return &fault.Fault{Kind: fault.Invalid, Words: "payment.event", Cause: err}
	}
	if e.Version != stripe.APIVersion {
		p.warn("webhook of another Stripe API version; it is accepted and the payment asked for", "event", e.ID, "version", e.Version, "cure", "create the endpoint with API version "+stripe.APIVersion)
	}
	object := e.Data.Object.ID
	if !strings.HasPrefix(object, "cs_") && !strings.HasPrefix(object, "pi_") {
		object = "" // a charge, a refund, a dispute: its intent leads to the payment
		if json.Unmarshal(e.Data.Object.Intent, &object) != nil || !strings.HasPrefix(object, "pi_") {
			return nil // nothing we asked for
		}
	}
	if len(object) > 255 || url.PathEscape(object) != object {
		return fault.New(fault.Invalid, "payment.event")
	}
	m := message{Provider: StripeCode, EventID: e.ID, Kind: e.Type, Object: object, At: db.At(now)}
	return d.InTx(ctx, func(tx *db.Tx) error {
		fresh, err := m.file(ctx, tx)
		if err != nil || !fresh {
			return err
		}
		return jobs.Enqueue(ctx, tx, Heard{e.ID})
	})
}

// refOf is the hosted page that an event's object belongs to, empty if it is
// none of ours.
func (p *Providers) refOf(ctx context.Context, d *db.DB, object string) (string, error) {
	if strings.HasPrefix(object, "cs_") {
		return object, nil
	}
	token, err := p.Stripe.tokenOf(ctx, object)
	if err != nil || token == "" {
		return "", err
	}
	pay, err := ByToken(ctx, d, token)
	if err != nil {
		return "", err
	}
	return pay.ProviderRef, nil
}

// fromProvider reports whether it was the provider, or the way to it, that
// failed.
func fromProvider(err error) bool {
	var said *stripe.Error
	var way *url.Error
	return errors.As(err, &said) || errors.As(err, &way) || errors.Is(err, context.DeadlineExceeded)
}
