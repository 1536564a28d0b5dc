package payment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	stripe "github.com/stripe/stripe-go/v79"
	"github.com/stripe/stripe-go/v79/checkout/session"
	"github.com/stripe/stripe-go/v79/paymentintent"
	"github.com/stripe/stripe-go/v79/refund"

	"regulars/internal/money"
)

// Stripe takes payments by Stripe's hosted page. It holds its own key and
// connection; the library's global ones stay empty.
type Stripe struct {
	online
	sessions session.Client
	intents  paymentintent.Client
	refunds  refund.Client
	secret   string   // signs webhooks
	origins  []string // where its pages are
}

// StripeKeys are what a shop has from Stripe. Base is another address of its
// API, for tests. Retries are the library's own, with the same key.
type StripeKeys struct {
	Key, Webhook, Base string
	Retries            int64
	HTTP               *http.Client
}

// LeastSecret is the length below which a webhook secret is refused: anybody
// could sign with an empty one.
const LeastSecret = 16

// NewStripe makes the provider; a webhook secret that protects nothing is an
// error.
func NewStripe(k StripeKeys) (*Stripe, error) {
	if len(k.Webhook) < LeastSecret {
		return nil, fmt.Errorf("the webhook secret of Stripe has %d characters; %d are needed", len(k.Webhook), LeastSecret)
	}
	if k.HTTP == nil {
		k.HTTP = &http.Client{Timeout: 10 * time.Second} // a shopper waits
	}
	conf := &stripe.BackendConfig{HTTPClient: k.HTTP, MaxNetworkRetries: stripe.Int64(k.Retries), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	s := &Stripe{secret: k.Webhook, origins: []string{"https://checkout.stripe.com"}}
	if k.Base != "" {
		conf.URL = stripe.String(k.Base)
		u, err := url.Parse(k.Base)
		if err != nil {
			return nil, fmt.Errorf("read the address of Stripe's API: %w", err)
		}
		s.origins = append(s.origins, u.Scheme+"://"+u.Host)
	}
	b := stripe.GetBackendWithConfig(stripe.APIBackend, conf)
	s.sessions, s.intents, s.refunds = session.Client{B: b, Key: k.Key}, paymentintent.Client{B: b, Key: k.Key}, refund.Client{B: b, Key: k.Key}
	return s, nil
}

// Stripe counts krónur in hundredths although nobody pays them, and takes
// thousandths in tens only.
func toStripe(p money.Price) (int64, error) {
	switch {
	case p.Currency == "ISK":
		return int64(p.Amount) * 100, nil
	case p.Currency.Digits() == 3 && p.Amount%10 != 0:
		return 0, fmt.Errorf("Stripe takes %s in steps of ten, not %d", p.Currency, p.Amount)
	}
	return int64(p.Amount), nil
}

func fromStripe(n int64, c stripe.Currency) money.Price {
	p := money.Price{Amount: money.Amount(n), Currency: money.Currency(strings.ToUpper(string(c)))}
	if p.Currency == "ISK" {
		p.Amount /= 100
	}
	return p
}

// Start makes the hosted page of a payment: one line, the order's total.
func (s *Stripe) Start(ctx context.Context, c Charge) (Started, error) {
	amount, err := toStripe(c.Price())
	if err != nil {
		return Started{}, err
	}
	about := map[string]string{"order": c.Number, "payment": c.Token}
	in := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), ClientReferenceID: stripe.String(c.Token), Locale: stripe.String(string(c.Lang)),
		SuccessURL: stripe.String(c.Back), CancelURL: stripe.String(c.Back), ExpiresAt: stripe.Int64(c.Ends.Unix()),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String(strings.ToLower(string(c.Currency))), UnitAmount: stripe.Int64(amount),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(c.Number)}}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: about, Description: stripe.String(c.Number)},
		Metadata:          about,
	}
	if c.Email != "" {
		in.CustomerEmail = stripe.String(c.Email)
	}
	in.Context = ctx
	in.SetIdempotencyKey(c.Key)
	got, err := s.sessions.New(in)
	if err != nil {
		return Started{}, fmt.Errorf("start payment at Stripe: %w", err)
	}
	return Started{URL: got.URL, Ref: got.ID}, nil
}

// Report is what a provider says about a payment when it is asked. An empty
// Outcome: its page is still open, at URL.
type Report struct {
	Provider, Token, Ref string
	URL                  string
	Outcome              Outcome
	Paid                 money.Price // what was taken, with OutcomePaid
	Returned             money.Amount
	Disputed             bool
	intent               string
}

// Ask reads what became of a hosted page. It is the only source of outcomes:
// what an event says is not believed.
func (s *Stripe) Ask(ctx context.Context, ref string) (Report, error) {
	in := &stripe.CheckoutSessionParams{}
	in.Context = ctx
	in.AddExpand("payment_intent.latest_charge")
	got, err := s.sessions.Get(ref, in)
	if err != nil {
		return Report{}, fmt.Errorf("ask Stripe about %s: %w", ref, err)
	}
	r := Report{Provider: StripeCode, Token: got.ClientReferenceID, Ref: got.ID, URL: got.URL}
	if pi := got.PaymentIntent; pi != nil {
		r.intent = pi.ID
		if pi.LatestCharge != nil {
			r.Disputed, r.Returned = pi.LatestCharge.Disputed, fromStripe(pi.LatestCharge.AmountRefunded, got.Currency).Amount
		}
	}
	switch {
	case got.Status == stripe.CheckoutSessionStatusExpired:
		r.Outcome = OutcomeDeclined
	case got.Status != stripe.CheckoutSessionStatusComplete:
		return r, nil
	case got.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid:
		r.Outcome, r.Paid = OutcomePaid, fromStripe(got.AmountTotal, got.Currency)
		if conv := got.CurrencyConversion; conv != nil { // the shopper saw another currency
			r.Paid = fromStripe(conv.AmountTotal, conv.SourceCurrency)
		} else if pi := got.PaymentIntent; pi != nil && pi.AmountReceived < got.AmountTotal {
			r.Paid = fromStripe(pi.AmountReceived, got.Currency)
		}
	case got.PaymentIntent != nil && got.PaymentIntent.Status != stripe.PaymentIntentStatusProcessing && got.PaymentIntent.Status != stripe.PaymentIntentStatusSucceeded:
		r.Outcome = OutcomeDeclined // promised for later, and then it failed
	default:
		r.Outcome = OutcomeLater
	}
	return r, nil
}

// Expire closes a page that is still open.
func (s *Stripe) Expire(ctx context.Context, ref, key string) error {
	in := &stripe.CheckoutSessionExpireParams{}
	in.Context = ctx
	in.SetIdempotencyKey(key)
	if _, err := s.sessions.Expire(ref, in); err != nil {
		return fmt.Errorf("close %s at Stripe: %w", ref, err)
	}
	return nil
}

// errRefund is a refund that Stripe took on and then could not make.
var errRefund = errors.New("the refund failed")

// Refund sends money back and returns the refund's name. again looks first
// whether an earlier call did it: the key may be forgotten after a day, the
// name in the refund's own data is not.
func (s *Stripe) Refund(ctx context.Context, intent string, back money.Price, name, key string, again bool) (string, error) {
	if again {
		list := &stripe.RefundListParams{PaymentIntent: stripe.String(intent)}
		list.Context = ctx
		found := s.refunds.List(list)
		for found.Next() {
			if r := found.Refund(); r.Metadata["op"] == name && failedRefund(r) == nil {
				return r.ID, nil
			}
		}
		if err := found.Err(); err != nil {
			return "", fmt.Errorf("look for refund %s at Stripe: %w", name, err)
		}
	}
	amount, err := toStripe(back)
	if err != nil {
		return "", err
	}
	in := &stripe.RefundParams{PaymentIntent: stripe.String(intent), Amount: stripe.Int64(amount), Metadata: map[string]string{"op": name}}
	in.Context = ctx
	in.SetIdempotencyKey(key)
	r, err := s.refunds.New(in)
	if err != nil {
		return "", fmt.Errorf("refund by Stripe: %w", err)
	}
	return r.ID, failedRefund(r)
}

func failedRefund(r *stripe.Refund) error {
	if r.Status == stripe.RefundStatusFailed || r.Status == stripe.RefundStatusCanceled {
		return fmt.Errorf("%w: %s %s", errRefund, r.ID, r.FailureReason)
	}
	return nil
}

// tokenOf is the payment that an intent was made for, empty if it is none of
// ours: an account may serve other shops.
func (s *Stripe) tokenOf(ctx context.Context, intent string) (string, error) {
	in := &stripe.PaymentIntentParams{}
	in.Context = ctx
	got, err := s.intents.Get(intent, in)
	if err != nil {
		return "", fmt.Errorf("ask Stripe about %s: %w", intent, err)
	}
	return got.Metadata["payment"], nil
}

// refused reports whether the provider said no for good. Everything else may
// have had its effect or may have it next time.
func refused(err error) bool {
	var said *stripe.Error
	if errors.As(err, &said) {
		return said.HTTPStatusCode >= 400 && said.HTTPStatusCode < 500 && said.HTTPStatusCode != http.StatusConflict &&
			said.HTTPStatusCode != http.StatusTooManyRequests && said.HTTPStatusCode != http.StatusUnauthorized && said.HTTPStatusCode != http.StatusForbidden
	}
	return errors.Is(err, errRefund)
}

// broke reports whether the provider itself failed; it repeats that answer for
// the same key.
func broke(err error) bool {
	var said *stripe.Error
	return errors.As(err, &said) && said.HTTPStatusCode >= 500
}

func unknownThere(err error) bool {
	var said *stripe.Error
	return errors.As(err, &said) && said.HTTPStatusCode == http.StatusNotFound
}
