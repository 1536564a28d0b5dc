package checkout_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// calm is the time after the faults: everything is retried, all news arrives,
// and within two days of the shop's clock everything has to be decided.
func (w *world) calm() {
	must := func(what string, err error) {
		if err != nil && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound) && !usedUp(err) {
			w.wrong("in the calm, %s: %v", what, err)
		}
	}
	w.till.calm(w)
	for _, t := range w.tabs {
		if !t.done {
			must("a form again", w.post(ctx, t))
		}
	}
	for len(w.told) > 0 {
		must("news", w.hear(ctx))
	}
	w.till.settle(w, 3, must)
	for range 2 {
		w.at = w.at.Add(payment.Patience)
		must("sweep", w.sweep(ctx))
		_, err := w.jobs.RunDue(ctx, w.at)
		must("jobs", err)
		_, err = w.mail.FollowUp(ctx, w.at)
		must("reminders", err)
	}
	w.deliver()
	w.handsCalm(must)
	for _, o := range w.orders() {
		if o.State == order.StatePlaced && (o.PaymentState == order.Paid || o.PaymentState == order.PartlyRefunded) {
			if o.DeliveryState == order.Unshipped {
				if err := w.desk.Ship(ctx, o.ID, "staff:1"); err != nil {
					w.wrong("order %s is paid and cannot go out: %v", o.Number, err)
				}
			}
			if err := w.desk.Deliver(ctx, o.ID, "staff:1"); err != nil {
				w.wrong("order %s is sent and cannot arrive: %v", o.Number, err)
			}
		}
	}
	w.till.settle(w, 2, must) // refunds of orders that ended
	for range 3 {             // what was sent and arrived is told, in the shop's waking hours
		w.at = w.at.Add(8 * time.Hour)
		_, err := w.jobs.RunDue(ctx, w.at)
		must("the last jobs", err)
	}
	for what, query := range map[string]string{
		"holds are open":                      "SELECT count(*) FROM holds WHERE state IN ('open','committed')",
		"orders wait":                         "SELECT count(*) FROM orders WHERE state = 'placed'",
		"payments are undecided":              "SELECT count(*) FROM payments WHERE state IN ('planned','sent','processing')",
		"units are promised to nobody":        "SELECT count(*) FROM stock WHERE reserved <> 0",
		"requests to the provider are open":   "SELECT count(*) FROM payment_ops WHERE state IN ('planned','sent')",
		"jobs wait":                           "SELECT count(*) FROM river_job WHERE kind <> 'tick'",
		"orders have no confirmation decided": "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM sends s WHERE s.order_id = o.id AND s.template = 'order-confirmation' AND (s.state = 'sent' OR s.state = 'failed' AND s.reason LIKE 'refused%'))",
	} {
		if n := w.count(query); n != 0 {
			w.wrong("in the calm %d %s", n, what)
		}
	}
}

func (w *world) orders() (all []order.Order) {
	if err := w.db.Query(ctx).Order("id").Find(&all).Error; err != nil {
		w.wrong("read orders: %v", err)
	}
	return all
}

func (w *world) count(query string, args ...any) (n int) {
	if err := w.db.Query(ctx).Raw(query, args...).Scan(&n).Error; err != nil {
		w.wrong("%s: %v", query, err)
	}
	return n
}

// examine asks the doctor, and compares the rows with what shoppers and
// provider remember.
func (w *world) examine(when string) {
	w.till.quiet(w)
	if err := w.sweep(ctx); err != nil {
		w.wrong("%s, sweep: %v", when, err)
	}
	w.till.examine(w, when)
	report, err := doctor.Check(ctx, w.db, doctor.Options{Now: w.at})
	if err != nil {
		w.wrong("%s: %v", when, err)
		return
	}
	for _, b := range report.Broken {
		w.wrong("%s, %s: not so that %s: %d, such as %v", when, b.Code, b.Means, b.Count, b.IDs)
	}
	if wrong, err := inventory.Check(ctx, w.db, w.at); err != nil || len(wrong) > 0 {
		w.wrong("%s, inventory finds %v %v", when, wrong, err)
	}
	numbers, forms, ended := map[string]bool{}, map[string]bool{}, map[order.ID]bool{}
	for _, t := range w.tabs {
		forms[t.form.Key] = true
	}
	for _, o := range w.orders() {
		numbers[o.Number], ended[o.ID] = true, o.State == order.Cancelled
		if !forms[o.PlaceKey] && o.Replaces == 0 {
			w.wrong("%s: order %s was placed by no form", when, o.Number)
		}
	}
	for _, t := range w.tabs {
		if t.number != "" && !numbers[t.number] {
			w.wrong("%s: the acknowledged order %s is lost", when, t.number)
		}
	}
	var all []payment.Payment
	if err := w.db.Query(ctx).Order("id").Find(&all).Error; err != nil {
		w.wrong("%s, read payments: %v", when, err)
	}
	var later []payment.ID // the test gateway pays these itself
	if err := w.db.Query(ctx).Raw("SELECT payment_id FROM payment_events WHERE kind = 'later'").Scan(&later).Error; err != nil {
		w.wrong("%s, read news: %v", when, err)
	}
	w.examineSlips(when)
	kept := map[order.ID]int{}
	for _, p := range all {
		if p.FromCredit() { // the doctor holds it against the cards
			if p.Captured > p.Refunded && ended[p.OrderID] {
				w.wrong("%s: order %d is cancelled and keeps what a card paid", when, p.OrderID)
			}
			continue
		}
		if handPaid(&p) {
			w.examineHand(&p, ended[p.OrderID], when)
		} else if p.Captured > 0 && !w.paid[p.Token] && !slices.Contains(later, p.ID) {
			w.wrong("%s: payment %d has money that the provider never took", when, p.ID)
		}
		if w.paid[p.Token] && p.Captured == 0 && len(w.told) == 0 && (w.till == nil || when == calmly) {
			w.wrong("%s: the provider took money for payment %d, the shop knows of none", when, p.ID)
		}
		if p.Captured > p.Refunded {
			kept[p.OrderID]++
		}
		if kept[p.OrderID] > 0 && ended[p.OrderID] {
			w.wrong("%s: order %d is cancelled and keeps its money", when, p.OrderID)
		}
		if kept[p.OrderID] > 1 {
			w.wrong("%s: order %d was paid twice", when, p.OrderID)
		}
	}
}

// simulateCount is how many seeds a test lives through.
func simulateCount(t *testing.T) (first, n uint64) {
	if text := os.Getenv("SIM_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return seed, 1
	}
	if text := os.Getenv("SIM_SEEDS"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return 1, n
	}
	return 1, simulateSeeds
}

// tally sums up what many worlds lived through.
type tally struct {
	sync.Mutex
	seeds, steps, struck, mails, orders int
	done                                map[string]int
}

func (a *tally) add(w *world) {
	a.Lock()
	defer a.Unlock()
	a.seeds, a.steps, a.struck, a.mails, a.orders = a.seeds+1, a.steps+w.steps, a.struck+w.struck, a.mails+w.box.mails, a.orders+w.count("SELECT count(*) FROM orders")
	for name, n := range w.done {
		a.done[name] += n
	}
}

func (a *tally) report(t *testing.T) {
	t.Logf("%d seeds, %d steps, %d transactions broken, %d orders, %d mails; went through: %v", a.seeds, a.steps, a.struck, a.orders, a.mails, a.done)
	for _, name := range []string{"fill", "place", "form again", "sign in", "pay", "news", "retry", "ship", "deliver", "cancel", "receive",
		"withdraw", "readdress", "pack", "parcel", "part back", "return page", "ask to return", "withdraw from the contract", "step of a return", "with a coupon", "money by hand", "slip again", "refused at the door", "paid at Stripe", "event of Stripe", "request spoilt", "told again", "time", "sweep", "jobs", "reminders"} {
		if a.done[name] == 0 && a.seeds >= 50 {
			t.Errorf("no %s went through in %d seeds; they prove nothing about it", name, a.seeds)
		}
	}
	if a.seeds >= 50 && a.struck < a.steps/20 {
		t.Errorf("only %d of %d steps were broken", a.struck, a.steps)
	}
}

// tellFailure prints what a seed did, the way it can be repeated.
func tellFailure(t *testing.T, w *world) {
	slices.SortFunc(w.faults, cmp.Compare[string])
	t.Errorf("seed %d: %s\nagain: SIM_SEED=%d go test -run '%s' ./internal/checkout\nits last steps:\n\t%s", w.seed, strings.Join(w.faults, "\n"), w.seed,
		t.Name(), strings.Join(w.trail[max(0, len(w.trail)-40):], "\n\t"))
}

func TestSimulation(t *testing.T) {
	first, n := simulateCount(t)
	t.Run("sqlite", func(t *testing.T) {
		d := dbtest.SQLite(t)
		from := newTemplate(t, d)
		dir := memoryDir(t)
		if err := d.Backup(ctx, filepath.Join(dir, "template.db")); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(filepath.Join(dir, "template.db"))
		if err != nil {
			t.Fatal(err)
		}
		sum := &tally{done: map[string]int{}}
		var wg sync.WaitGroup
		var next, failed atomic.Uint64
		next.Store(first)
		for hand := range 3 {
			wg.Go(func() {
				for failed.Load() < 3 {
					seed := next.Add(1) - 1
					if seed >= first+n {
						return
					}
					w, err := liveOnSQLite(seed, from, whole, filepath.Join(dir, fmt.Sprintf("world%d.db", hand)), sum)
					if err != nil {
						t.Errorf("seed %d: %v", seed, err)
						failed.Add(1)
					} else if len(w.faults) > 0 {
						tellFailure(t, w)
						failed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		sum.report(t)
	})
	t.Run("postgres", func(t *testing.T) {
		sum := &tally{done: map[string]int{}}
		for seed := first; seed < first+max(1, n/100) && !t.Failed(); seed++ {
			t.Run("", func(t *testing.T) { // a database that is gone with its seed
				d := dbtest.Postgres(t)
				w := newWorld(seed, newTemplate(t, d), d)
				if w.live(); len(w.faults) > 0 {
					tellFailure(t, w)
				}
				sum.add(w)
			})
		}
		if !t.Failed() {
			sum.report(t)
		}
	})
}

func liveOnSQLite(seed uint64, from *template, whole []byte, path string, sum *tally) (*world, error) {
	for _, old := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, db.Options{Path: path})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	w := newWorld(seed, from, d)
	w.live()
	sum.add(w)
	return w, nil
}

// memoryDir is a folder in memory where the system has one: what a disk takes
// to keep a commit says nothing here.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "regulars-simulation")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
