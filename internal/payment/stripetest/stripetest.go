// Package stripetest is a Stripe of our own for tests: it remembers sessions,
// payment intents, refunds and idempotency keys as Stripe does, signs its
// events, and fails when told to.
package stripetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Secret signs the events.
const Secret = "whsec_0123456789abcdef0123456789abcdef"

// Fault is what goes wrong with one request.
type Fault string

const (
	DropBefore Fault = "drop before" // the connection ends, nothing was done
	DropAfter  Fault = "drop after"  // it was done, the answer is lost
	Busy       Fault = "429"         // refused, to be tried again
	Broken     Fault = "500"         // an answer that is remembered for the key
	BrokenDone Fault = "500 done"    // the same, and it was done
)

// Session is a hosted page as Stripe knows it.
type Session struct {
	ID, Token, Key, Intent, Currency string
	Total, Received, Returned        int64
	Status, Paid                     string // open complete expired; unpaid paid
	IntentState                      string
	Ends                             time.Time
	Disputed                         bool
	Form                             map[string]string
}

// Refund is money sent back.
type Refund struct {
	ID, Intent, Op string
	Amount         int64
	Status         string
}

// Event is a signed message.
type Event struct {
	Body   []byte
	Header string
}

type answer struct {
	request string
	status  int
	body    any
}

// Server is the fake. Its fields may be read while no request runs.
type Server struct {
	URL      string
	Version  string // of the events; Stripe's own API version by default
	Sessions []*Session
	Refunds  []*Refund
	Calls    map[string]int // "POST /v1/refunds" → requests that came

	now    func() time.Time
	mu     sync.Mutex
	http   *httptest.Server
	keys   map[string]answer
	faults map[string][]Fault
	events []Event
	last   int
	// RefundsFail makes new refunds fail at the bank.
	RefundsFail bool
}

// New starts a fake that lives until Close; now is the clock of the test.
func New(now func() time.Time) *Server {
	s := &Server{now: now, keys: map[string]answer{}, faults: map[string][]Fault{}, Calls: map[string]int{}, Version: "2024-06-20"}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

// Transport is a way to the fake without a network, in the goroutine of the
// caller: a simulation repeats itself to the letter.
func (s *Server) Transport() http.RoundTripper { return direct{s} }

type direct struct{ s *Server }

func (d direct) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		if gone := recover(); gone == http.ErrAbortHandler {
			answer, err = nil, io.ErrUnexpectedEOF
		} else if gone != nil {
			panic(gone)
		}
	}()
	w := httptest.NewRecorder()
	d.s.serve(w, r)
	return w.Result(), nil
}

// Calm forgets what was to go wrong.
func (s *Server) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// Close ends it.
func (s *Server) Close() { s.http.Close() }

// Fail makes the next requests of that method and path prefix go wrong.
func (s *Server) Fail(what string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[what] = append(s.faults[what], faults...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if id, ok := strings.CutPrefix(r.URL.Path, "/pay/"); ok {
		s.hosted(w, r, id)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.ParseForm()
	what := r.Method + " " + r.URL.Path
	s.Calls[what]++
	fault := Fault("")
	for prefix, list := range s.faults {
		if strings.HasPrefix(what, prefix) && len(list) > 0 {
			fault, s.faults[prefix] = list[0], list[1:]
			break
		}
	}
	switch fault {
	case DropBefore:
		panic(http.ErrAbortHandler)
	case Busy:
		write(w, http.StatusTooManyRequests, failure("rate_limit", "too many requests"))
		return
	}
	key, request := r.Header.Get("Idempotency-Key"), what+"?"+r.Form.Encode()
	got, known := s.keys[key]
	switch {
	case key != "" && known && got.request != request:
		write(w, http.StatusBadRequest, failure("idempotency_error", "keys for idempotent requests can only be used with the same parameters"))
		return
	case key == "" || !known:
		got = answer{request: request, status: http.StatusInternalServerError, body: failure("api_error", "we failed")}
		if fault != Broken {
			status, body := s.route(r)
			if fault != BrokenDone {
				got.status, got.body = status, body
			}
		}
		if key != "" {
			s.keys[key] = got
		}
	}
	if fault == DropAfter {
		panic(http.ErrAbortHandler)
	}
	write(w, got.status, got.body)
}

// hosted is the page itself, for tests in a browser: one button that pays.
func (s *Server) hosted(w http.ResponseWriter, r *http.Request, id string) {
	s.mu.Lock()
	x := s.find(id)
	s.mu.Unlock()
	switch {
	case x == nil:
		http.NotFound(w, r)
	case r.Method == "POST" && s.Pay(x):
		http.Redirect(w, r, x.Form["success_url"], http.StatusSeeOther)
	default:
		fmt.Fprintf(w, `<!doctype html><title>Pay</title><form method="post"><button id="hosted">Pay %d %s</button></form>`, x.Total, x.Currency)
	}
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func failure(kind, words string) any {
	return map[string]any{"error": map[string]any{"type": kind, "message": words}}
}

func (s *Server) route(r *http.Request) (int, any) {
	path, found := strings.CutPrefix(r.URL.Path, "/v1/")
	parts := strings.Split(path, "/")
	switch {
	case found && r.Method == "POST" && path == "checkout/sessions":
		return s.create(r)
	case found && len(parts) == 3 && parts[1] == "sessions" && r.Method == "GET":
		if x := s.find(parts[2]); x != nil {
			return http.StatusOK, s.session(x, true)
		}
	case found && len(parts) == 4 && parts[3] == "expire" && r.Method == "POST":
		if x := s.find(parts[2]); x != nil {
			if s.state(x); x.Status != "open" {
				return http.StatusBadRequest, failure("invalid_request_error", "this session is not open")
			}
			s.expire(x)
			return http.StatusOK, s.session(x, false)
		}
	case found && len(parts) == 2 && parts[0] == "payment_intents" && r.Method == "GET":
		for _, x := range s.Sessions {
			if x.Intent == parts[1] {
				return http.StatusOK, s.intent(x)
			}
		}
	case found && path == "refunds" && r.Method == "POST":
		return s.refund(r)
	case found && path == "refunds":
		list := []any{}
		for _, x := range s.Refunds {
			if x.Intent == r.Form.Get("payment_intent") {
				list = append(list, x.json())
			}
		}
		return http.StatusOK, map[string]any{"object": "list", "data": list, "has_more": false, "url": "/v1/refunds"}
	}
	return http.StatusNotFound, failure("invalid_request_error", "no such thing: "+r.URL.Path)
}

func (s *Server) create(r *http.Request) (int, any) {
	ends, err := strconv.ParseInt(r.Form.Get("expires_at"), 10, 64)
	end := time.Unix(ends, 0)
	total, errTotal := strconv.ParseInt(r.Form.Get("line_items[0][price_data][unit_amount]"), 10, 64)
	if err != nil || errTotal != nil || total <= 0 || r.Form.Get("success_url") == "" || r.Form.Get("mode") != "payment" {
		return http.StatusBadRequest, failure("invalid_request_error", "a parameter is missing")
	}
	if end.Before(s.now().Add(30*time.Minute)) || end.After(s.now().Add(24*time.Hour)) {
		return http.StatusBadRequest, failure("invalid_request_error", "expires_at must be 30 minutes to 24 hours from now")
	}
	s.last++
	x := &Session{ID: fmt.Sprintf("cs_test_%d", s.last), Token: r.Form.Get("client_reference_id"), Key: r.Header.Get("Idempotency-Key"),
		Currency: r.Form.Get("line_items[0][price_data][currency]"), Total: total, Status: "open", Paid: "unpaid", Ends: end, Form: map[string]string{}}
	for k := range r.Form {
		x.Form[k] = r.Form.Get(k)
	}
	s.Sessions = append(s.Sessions, x)
	return http.StatusOK, s.session(x, false)
}

func (s *Server) refund(r *http.Request) (int, any) {
	amount, _ := strconv.ParseInt(r.Form.Get("amount"), 10, 64)
	for _, x := range s.Sessions {
		if x.Intent == "" || x.Intent != r.Form.Get("payment_intent") {
			continue
		}
		if amount <= 0 || x.Returned+amount > x.Received {
			return http.StatusBadRequest, failure("invalid_request_error", "more than is left of the charge")
		}
		s.last++
		y := &Refund{fmt.Sprintf("re_%d", s.last), x.Intent, r.Form.Get("metadata[op]"), amount, "succeeded"}
		if s.RefundsFail {
			y.Status = "failed"
		} else {
			x.Returned += amount
		}
		s.Refunds = append(s.Refunds, y)
		s.event("charge.refunded", map[string]any{"id": "ch_" + x.ID, "object": "charge", "payment_intent": x.Intent})
		return http.StatusOK, y.json()
	}
	return http.StatusNotFound, failure("invalid_request_error", "no such payment_intent")
}

func (y *Refund) json() any {
	return map[string]any{"id": y.ID, "object": "refund", "amount": y.Amount, "status": y.Status, "payment_intent": y.Intent, "metadata": map[string]string{"op": y.Op}}
}

func (s *Server) find(id string) *Session {
	for _, x := range s.Sessions {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// state lets a page end by the clock.
func (s *Server) state(x *Session) {
	if x.Status == "open" && !s.now().Before(x.Ends) {
		s.expire(x)
	}
}

func (s *Server) expire(x *Session) {
	x.Status = "expired"
	s.event("checkout.session.expired", s.session(x, false))
}

func (s *Server) session(x *Session, whole bool) any {
	if whole {
		s.state(x)
	}
	m := map[string]any{"id": x.ID, "object": "checkout.session", "client_reference_id": x.Token, "amount_total": x.Total, "currency": x.Currency,
		"status": x.Status, "payment_status": x.Paid, "expires_at": x.Ends.Unix()}
	if x.Status == "open" {
		m["url"] = s.URL + "/pay/" + x.ID
	}
	if x.Intent != "" {
		m["payment_intent"] = x.Intent
		if whole {
			m["payment_intent"] = s.intent(x)
		}
	}
	return m
}

func (s *Server) intent(x *Session) any {
	return map[string]any{"id": x.Intent, "object": "payment_intent", "status": x.IntentState, "amount_received": x.Received,
		"metadata":      map[string]string{"payment": x.Form["payment_intent_data[metadata][payment]"]},
		"latest_charge": map[string]any{"id": "ch_" + x.ID, "object": "charge", "amount_refunded": x.Returned, "disputed": x.Disputed}}
}

// Page is the newest hosted page.
func (s *Server) Page() *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Sessions[len(s.Sessions)-1]
}

// Pay is the shopper paying on the page; false: it is not open any more.
func (s *Server) Pay(x *Session) bool {
	return s.complete(x, "paid", "succeeded", "checkout.session.completed")
}

// PayLater is a payment whose bank answers afterwards: by Clear or Bounce.
func (s *Server) PayLater(x *Session) bool {
	return s.complete(x, "unpaid", "processing", "checkout.session.completed")
}

func (s *Server) complete(x *Session, paid, intent, kind string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state(x); x.Status != "open" {
		return false
	}
	x.Status, x.Paid, x.IntentState, x.Intent = "complete", paid, intent, "pi_"+x.ID
	if paid == "paid" {
		x.Received = x.Total
		s.event("payment_intent.succeeded", s.intent(x))
	}
	s.event(kind, s.session(x, false))
	return true
}

// Decline is a card that was refused: the page stays open.
func (s *Server) Decline(x *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.Intent, x.IntentState = "pi_"+x.ID, "requires_payment_method"
	s.event("payment_intent.payment_failed", s.intent(x))
}

// Clear is the bank's yes to a payment for later, Bounce its no.
func (s *Server) Clear(x *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.Paid, x.IntentState, x.Received = "paid", "succeeded", x.Total
	s.event("checkout.session.async_payment_succeeded", s.session(x, false))
}

// Bounce is the bank's no.
func (s *Server) Bounce(x *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.IntentState = "requires_payment_method"
	s.event("checkout.session.async_payment_failed", s.session(x, false))
}

// Dispute is a cardholder who wants the money back through the bank.
func (s *Server) Dispute(x *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.Disputed = true
	s.event("charge.dispute.created", map[string]any{"id": "dp_" + x.ID, "object": "dispute", "payment_intent": x.Intent})
}

// event is what Stripe would send now.
func (s *Server) event(kind string, object any) {
	s.last++
	body, err := json.Marshal(map[string]any{"id": fmt.Sprintf("evt_%d", s.last), "object": "event", "type": kind, "api_version": s.Version, "data": map[string]any{"object": object}})
	if err != nil {
		panic(err)
	}
	s.events = append(s.events, Event{body, Sign(body, Secret, s.now())})
}

// Events returns what was to be sent since it was last asked.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.events
	s.events = nil
	return all
}

// Sign is the header that Stripe sends with a body.
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
