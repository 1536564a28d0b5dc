// Package event is the shopper log: what people looked at and did, written in
// batches, read in order. It may lose its last second in a crash; whatever
// must not be lost (orders, cart steps) is written by its noun in its own
// transaction and derived from there.
package event

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"regulars/internal/db"
)

// Kind names a step; the numbers are those of the shop's funnel. In brackets
// GA4's name for the same step.
type Kind string

const (
	ListShown   Kind = "list.shown"   // 1 [view_item_list]
	ListClick   Kind = "list.click"   // 2 [select_item]
	ItemSeen    Kind = "item.seen"    // 3 [view_item]
	CartAdd     Kind = "cart.add"     // 4 [add_to_cart]
	CartRemove  Kind = "cart.remove"  // 4 [remove_from_cart]
	CartSeen    Kind = "cart.seen"    // 5 [view_cart]
	Checkout    Kind = "checkout"     // 6 [begin_checkout]
	Contact     Kind = "contact"      // 7
	Delivery    Kind = "delivery"     // 8 [add_shipping_info]
	PaymentTry  Kind = "payment"      // 9 [add_payment_info]
	PaymentFail Kind = "payment.fail" // 9
	Bought      Kind = "bought"       // 10 [purchase]
	Refunded    Kind = "refunded"     // 11 [refund]

	// Friction, and what surrounds the funnel.
	HomeSeen     Kind = "home.seen"
	SearchDone   Kind = "search"
	SearchEmpty  Kind = "search.empty"
	FormError    Kind = "form.error" // detail: page and field
	PolicySeen   Kind = "policy.seen"
	StockLost    Kind = "stock.lost"
	PriceChanged Kind = "price.changed"
	CouponNo     Kind = "coupon.refused"
	Asked        Kind = "question.asked"
	Answered     Kind = "question.answered"
	SlotShown    Kind = "slot.shown" // detail: mark and products (package slot)
	SlotClick    Kind = "slot.click" // detail: mark
	SignedIn     Kind = "signed.in"
	ErrorPage    Kind = "error.page"
)

// Event is one row of the log. Zero ids mean "not known or not to be known":
// the person's ids are filled in only past the consent gate (package customer).
type Event struct {
	ID         int64
	At         db.Time
	Kind       Kind
	VisitorID  int64
	CustomerID int64
	CartID     int64
	OrderID    int64
	ProductID  int64
	Lang       string
	Device     string
	Detail     string
	Key        *string // set where the same event may be told twice; unique
	Bot        bool
	Simulated  bool
}

// Log buffers events and writes them in batches. Add never blocks and never
// fails; Run writes until its context ends, then writes the rest.
type Log struct {
	db      *db.DB
	log     *slog.Logger
	mu      sync.Mutex
	buffer  []Event
	writing []Event // on their way into the database
	dropped int
	full    chan struct{}
}

// Batch and wait: at most a second of behaviour is lost with the process. The
// cap holds memory when the database is away.
const (
	batch    = 500
	flushAt  = time.Second
	capacity = 50_000
)

// NewLog makes a log that writes to d once Run is called.
func NewLog(d *db.DB, log *slog.Logger) *Log {
	return &Log{db: d, log: log, full: make(chan struct{}, 1)}
}

// Add notes an event.
func (l *Log) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.buffer) >= capacity {
		l.dropped++
		return
	}
	l.buffer = append(l.buffer, e)
	if len(l.buffer) >= batch {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

// Run writes batches until ctx ends, then flushes once more.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(flushAt)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := l.Flush(last); err != nil {
				l.log.Error("events lost at stop", "error", err)
			}
			return
		case <-tick.C:
		case <-l.full:
		}
		if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("events not written, will try again", "error", err)
		}
	}
}

// Flush writes what is buffered. On failure the events go back to the buffer.
func (l *Log) Flush(ctx context.Context) error {
	l.mu.Lock()
	events, dropped := l.buffer, l.dropped
	l.buffer, l.dropped, l.writing = nil, 0, l.buffer
	l.mu.Unlock()
	if dropped > 0 {
		l.log.Error("events dropped, the buffer was full", "count", dropped)
	}
	if len(events) == 0 {
		return nil
	}
	err := l.db.InTx(ctx, func(tx *db.Tx) error { return Write(ctx, tx, events) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing = nil
	if err != nil {
		l.buffer = append(events, l.buffer...)[:min(capacity, len(events)+len(l.buffer))]
		return fmt.Errorf("flush %d events: %w", len(events), err)
	}
	return nil
}
