package payment

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	stripe "github.com/stripe/stripe-go/v79"

	"regulars/internal/i18n"
	"regulars/internal/money"
)

// stripeMock is the release whose description of Stripe is the nearest to our
// library that installs. It remembers nothing: what it says no to is the shape
// of a request, and flows are tried against stripetest.
const stripeMock = "github.com/stripe/stripe-mock@v0.189.0"

// startMock builds stripe-mock from its module, which is none of ours, and
// returns its address.
func startMock(t *testing.T) string {
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "install", stripeMock)
	build.Dir, build.Env = dir, append(os.Environ(), "GOBIN="+dir)
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("REGULARS_TEST") == "all" {
			t.Fatalf("%s cannot be built: %v\n%s", stripeMock, err, out)
		}
		t.Skipf("%s cannot be built here, so the shape of our requests is not looked over; REGULARS_TEST=all makes this a failure: %v\n%s", stripeMock, err, out)
	}
	mock := exec.CommandContext(t.Context(), filepath.Join(dir, "stripe-mock"), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := mock.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mock.Process.Kill(); mock.Wait() })
	said := bufio.NewScanner(out)
	for said.Scan() {
		if _, at, ok := strings.Cut(said.Text(), "HTTP at address: "); ok {
			go func() {
				for said.Scan() {
				}
			}()
			return "http://" + at
		}
	}
	t.Fatal("stripe-mock names no address")
	return ""
}

// line keeps what went over it: method and path, and headers.
type line struct {
	mu    sync.Mutex
	asked []string
	wrong []string
}

var ids = regexp.MustCompile(`(cs|pi|re)_[A-Za-z0-9_]+`)

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what := r.Method + " " + ids.ReplaceAllString(r.URL.Path, "ID")
	l.asked = append(l.asked, what)
	if v := r.Header.Get("Stripe-Version"); v != "2024-06-20" {
		l.wrong = append(l.wrong, what+" asks for version "+v)
	}
	if key := r.Header.Get("Idempotency-Key"); r.Method == "POST" && !strings.HasPrefix(key, "key-") {
		l.wrong = append(l.wrong, what+" goes out under the key "+key)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestStripeTakesTheShapeOfEveryRequest(t *testing.T) {
	way := &line{}
	s, err := NewStripe(StripeKeys{Key: "sk_test_123", Webhook: strings.Repeat("w", LeastSecret), Base: startMock(t), HTTP: &http.Client{Transport: way, Timeout: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Charge{
		{Payment: Payment{Token: "token-1", Amount: 1234, Currency: "USD"}, Email: "li@mail.example", Lang: i18n.English},
		{Payment: Payment{Token: "token-2", Amount: 5000, Currency: "JPY"}, Lang: i18n.Chinese},
		{Payment: Payment{Token: "token-3", Amount: 700, Currency: "ISK"}, Lang: i18n.English},
	} {
		c.Number, c.Key, c.Ends, c.Back = "K7M2QX", "key-start-"+c.Token, time.Now().Add(time.Hour), "https://shop.example/orders/K7M2QX?key=k&back=1"
		if got, err := s.Start(ctx, c); err != nil || got.Ref == "" {
			t.Errorf("a page for %s: %+v, %v", c.Currency, got, err)
		}
	}
	if _, err := s.Ask(ctx, "cs_test_1"); err != nil {
		t.Errorf("ask about a page: %v", err)
	}
	if err := s.Expire(ctx, "cs_test_1", "key-expire"); err != nil {
		t.Errorf("close a page: %v", err)
	}
	for _, again := range []bool{false, true} {
		if ref, err := s.Refund(ctx, "pi_1", money.Price{Amount: 500, Currency: "USD"}, "refund:token-1:form", "key-refund", again); err != nil || ref == "" {
			t.Errorf("refund, again %v: %q, %v", again, ref, err)
		}
	}
	if _, err := s.tokenOf(ctx, "pi_1"); err != nil {
		t.Errorf("ask about an intent: %v", err)
	}
	for _, want := range []string{"POST /v1/checkout/sessions", "GET /v1/checkout/sessions/ID", "POST /v1/checkout/sessions/ID/expire",
		"POST /v1/refunds", "GET /v1/refunds", "GET /v1/payment_intents/ID"} {
		if !slices.Contains(way.asked, want) {
			t.Errorf("%s was not asked, of %v", want, way.asked)
		}
	}
	for _, words := range way.wrong {
		t.Error(words)
	}
	// The mock does look: a parameter that Stripe does not have is refused.
	odd := &stripe.RefundParams{PaymentIntent: stripe.String("pi_1")}
	odd.AddExtra("amoun", "5")
	odd.SetIdempotencyKey("key-odd")
	var said *stripe.Error
	if _, err := s.refunds.New(odd); !errors.As(err, &said) || said.HTTPStatusCode != http.StatusBadRequest {
		t.Errorf("a parameter that does not exist: %v", err)
	}
}
