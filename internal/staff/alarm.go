package staff

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"regulars/internal/db"
)

// Kinds of alarm: what somebody does to the shop that no shopper does.
const (
	AlarmCards  = "cards"  // one declined payment after another from one address
	AlarmOrder  = "order"  // one order paid without success as often as it may be
	AlarmHoard  = "hoard"  // goods held by orders that nobody pays
	AlarmCodes  = "codes"  // codes of promotions or gift cards guessed
	AlarmFields = "fields" // fields sent that no form of ours has
)

// Alarm is a row of the record: how often something happened on a day (UTC).
// Subject says where: a network, an order, a route. It holds no value that
// anybody typed.
type Alarm struct {
	Kind    string
	Subject string
	Day     string
	Times   int
	FirstAt db.Time
	LastAt  db.Time
	SeenAt  db.Time
}

// TableName is alarms.
func (Alarm) TableName() string { return "alarms" }

// Alarms counts in memory and writes now and then: whoever sets off a thousand
// alarms writes one row. A nil one counts nothing.
type Alarms struct {
	DB  *db.DB
	Log *slog.Logger

	mu   sync.Mutex
	open map[alarmKey]*Alarm
}

type alarmKey struct{ kind, subject, day string }

// mostAlarms is how many rows may wait to be written; what comes beyond is
// counted together.
const mostAlarms = 200

// alarmsEvery is how long a count may wait in memory; a crash loses it.
const alarmsEvery = 5 * time.Second

// Sound counts one time.
func (a *Alarms) Sound(kind, subject string, now time.Time) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = map[alarmKey]*Alarm{}
	}
	key := alarmKey{kind, cut(subject, 200), now.UTC().Format(time.DateOnly)}
	if a.open[key] == nil && len(a.open) >= mostAlarms {
		key.subject = "…"
	}
	one := a.open[key]
	if one == nil {
		one = &Alarm{Kind: kind, Subject: key.subject, Day: key.day, FirstAt: db.At(now)}
		a.open[key] = one
	}
	one.Times, one.LastAt = one.Times+1, db.At(now)
}

// Run writes what was counted until ctx ends, and then the rest.
func (a *Alarms) Run(ctx context.Context) {
	tick := time.NewTicker(alarmsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, stop := context.WithTimeout(context.WithoutCancel(ctx), alarmsEvery)
			defer stop()
			a.write(last)
			return
		case <-tick.C:
			a.write(ctx)
		}
	}
}

func (a *Alarms) write(ctx context.Context) {
	if err := a.Flush(ctx); err != nil && ctx.Err() == nil {
		a.Log.Error("alarms not written", "error", err)
	}
}

// Flush writes what was counted. What could not be written is counted on.
func (a *Alarms) Flush(ctx context.Context) error {
	a.mu.Lock()
	counted := a.open
	a.open = nil
	a.mu.Unlock()
	if len(counted) == 0 {
		return nil
	}
	rows := make([]Alarm, 0, len(counted))
	for _, one := range counted {
		rows = append(rows, *one)
	}
	slices.SortFunc(rows, func(x, y Alarm) int {
		return strings.Compare(x.Kind+x.Subject+x.Day, y.Kind+y.Subject+y.Day) // the order in which rows are locked
	})
	err := a.DB.InTx(ctx, func(tx *db.Tx) error { return ring(ctx, tx, rows) })
	if err != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.open == nil {
			a.open = map[alarmKey]*Alarm{}
		}
		for key, one := range counted {
			if later := a.open[key]; later != nil {
				one.Times, one.LastAt = one.Times+later.Times, later.LastAt
			}
			a.open[key] = one
		}
	}
	return err
}

// Network is the part of an address that is kept: whoever guards the shop can
// act on it, and it names nobody's machine.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	bits := 24
	if ip = ip.Unmap(); ip.Is6() {
		bits = 48
	}
	p, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// tempting are names that a form of a worse shop would believe. Others are only
// logged and counted in the metrics: browsers and their add-ons send things too.
var tempting = []string{"admin", "amount", "captured", "currency", "customer_id", "delivery_price", "demo", "discount", "imported", "is_admin", "is_demo", "paid", "paid_at", "payment_state",
	"price", "role", "simulated", "staff", "state", "status", "subtotal", "tax", "total", "unit_price", "user", "user_id"}

// Ignored is what to call with the fields that a form was sent beside its own.
func (a *Alarms) Ignored(clock func() time.Time) func(route string, names []string) {
	return func(route string, names []string) {
		if subject, tempting := fields(route, names); tempting {
			a.Sound(AlarmFields, subject, clock())
		}
	}
}

// fields words which of the fields that nobody asked for somebody hoped to be
// believed; false: none of them is such.
func fields(route string, names []string) (string, bool) {
	var known []string
	for _, name := range names {
		if name = strings.ToLower(name); slices.Contains(tempting, name) && !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	return route + ": " + strings.Join(known, ", "), len(known) > 0
}
