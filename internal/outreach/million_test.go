package outreach_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
)

// A crowd lives through 24 days of carts: they leave them, come back, order on
// other devices and under other addresses, say stop, complain. Every sweep of
// the follow-up meanwhile breaks somewhere: before a statement, before or after
// a commit, in the hands of the mail server, or with the whole process. What
// must never happen is looked at by the mail server itself, which knows what
// the people did, and not by the rows; at the end every cart is accounted for.
//
//	CARTS=1000000 go test -run TestAMillionCarts ./internal/outreach
const (
	cartsARound  = 2500
	ticksADay    = 3 // one of them at night
	crowdDays    = 24
	faultyDays   = 12
	mostStartDay = 8
)

func TestAMillionCarts(t *testing.T) {
	carts, seed := number(t, "CARTS", 500), number(t, "CARTS_SEED", 1)
	began := time.Now()
	total := map[string]int{}
	play := func(t *testing.T, open func(testing.TB) *db.DB, n int) {
		for done, told := 0, 0; done < n; seed++ {
			size := min(n-done+100, cartsARound) // some only come back to a cart they have
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				w := newCrowd(t, open(t), uint64(seed), size)
				w.live()
				for what, n := range w.count {
					total[what] += n
				}
				done += w.count["carts"]
			})
			if t.Failed() {
				return
			}
			if n > 4*cartsARound && done-told >= 10*cartsARound {
				told = done
				fmt.Fprintf(os.Stderr, "%8d carts, %v: %v\n", done, time.Since(began).Round(time.Second), total)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { play(t, dbtest.SQLite, carts) })
	t.Run("postgres", func(t *testing.T) { play(t, dbtest.Postgres, min(carts, 150)) })
	for _, what := range []string{"sent", "faults", "deaths", "unknown", "ordered", "newer-cart", "suppressed", "complaint", "no-consent", "holdout"} {
		if carts >= 500 && total[what] == 0 {
			t.Errorf("no cart met %q: %v", what, total)
		}
	}
	t.Logf("%v", total)
}

func number(t testing.TB, name string, or int) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(or)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// soul is somebody with one address.
type soul struct {
	n         int
	email     string
	account   *customer.ID
	visitor   customer.VisitorID // of the account
	never     string             // why they never get a reminder
	ordered   time.Time
	out       bool
	complains bool
	annoyed   bool // complained some time
	held      bool
	mails     []time.Time
	left      []*left
}

// left is a cart, and the moments at which it was left.
type left struct {
	id      cart.ID
	visitor customer.VisitorID
	epochs  []time.Time
	qty     int
	state   string // open, ordered, emptied
	steps   map[int]bool
}

func (s *soul) last() *left { return s.left[len(s.left)-1] }

func (l *left) epoch() time.Time { return l.epochs[len(l.epochs)-1] }

// about is what a Message-ID of the follow-up means.
type about struct {
	soul  *soul
	cart  *left
	epoch time.Time
	step  int
}

type crowd struct {
	*shop
	size    int
	r       *rand.Rand
	at      time.Time
	faulty  bool
	dead    bool // this process died; nothing it tries succeeds
	souls   []*soul
	byEmail map[string]*soul
	ids     map[string]about
	taken   map[string]int
	scripts map[int][]act // by tick
	writes  batch
	guests  int64
	count   map[string]int
	wrong   int
}

type act struct {
	s    *soul
	what string
}

func newCrowd(t *testing.T, d *db.DB, seed uint64, size int) *crowd {
	w := &crowd{shop: open(t, d), size: size, r: rand.New(rand.NewPCG(seed, 2026)), at: monday, byEmail: map[string]*soul{}, ids: map[string]about{}, taken: map[string]int{},
		scripts: map[int][]act{}, count: map[string]int{}}
	w.set("followup.holdout", "10")
	w.restart()
	w.people()
	return w
}

// restart is a new process, which remembers nothing.
func (w *crowd) restart() {
	old := w.desk
	w.desk, w.dead = &outreach.Desk{DB: old.DB, Mailer: w, Settings: old.Settings, BaseURL: old.BaseURL, Templates: old.Templates, Now: old.Now, Log: old.Log, Demo: old.Demo, AccessKey: old.AccessKey, Alarm: old.Alarm}, false
}

func (w *crowd) fault(format string, args ...any) {
	if w.wrong++; w.wrong < 20 {
		w.Errorf("%s: "+format, append([]any{w.at.Format("02T15:04")}, args...)...)
	}
}

// people makes accounts and guests, and what each of them will do.
func (w *crowd) people() {
	var newcomers []customer.Newcomer
	var accounts []*soul
	planned := 0
	for planned < w.size {
		s := &soul{n: len(w.souls), email: fmt.Sprintf("soul%d@mail.example", len(w.souls))}
		w.souls, w.byEmail[s.email] = append(w.souls, s), s
		member := w.r.IntN(10) < 6
		carts := min(1+w.r.IntN(4), w.size-planned)
		planned += carts
		w.script(s, carts, member)
		if !member {
			if w.r.IntN(10) == 0 {
				s.never = "unconfirmed"
			}
			continue
		}
		n := customer.Newcomer{Customer: customer.Customer{Email: s.email, Name: "Soul", Lang: i18n.English, Contact: "verified", EmailVerifiedAt: db.At(monday), CreatedAt: db.At(monday)},
			Given: []customer.Purpose{customer.MailCart}, Source: "sign-up"}
		switch w.r.IntN(30) {
		case 0:
			s.never, n.Customer.BirthDate = "under-age", "2012-05-20"
		case 1:
			s.never, n.Given, n.Refused = "no-consent", nil, n.Given
		case 2:
			s.never = "staff"
		}
		newcomers, accounts = append(newcomers, n), append(accounts, s)
	}
	w.tx(func(tx *db.Tx) error { return customer.CreateMany(ctx, tx, newcomers) })
	for i, s := range accounts {
		s.account = &newcomers[i].Customer.ID
		s.visitor = w.visitor(newcomers[i].Customer.ID)
		w.writes.add("consents", "UPDATE consents SET given = TRUE, confirmed = TRUE WHERE said = TRUE AND customer_id IN ?", int64(*s.account))
	}
	for _, s := range w.souls {
		switch {
		case s.account == nil && s.never == "":
			w.writes.row("consent_asks", []string{"hash", "email_key", "purposes", "source", "lang", "created_at", "expires_at", "used_at"},
				fmt.Sprint("ask", s.n), s.email, string(customer.MailCart), "checkout", "en", db.At(monday), db.At(monday.Add(hour)), db.At(monday.Add(1)))
		case s.never == "staff":
			w.writes.row("staff", []string{"email", "email_key", "role", "password_hash", "created_at", "updated_at"}, s.email, s.email, "support", "x", db.At(monday), db.At(monday))
		}
	}
}

// script decides beforehand when somebody leaves carts, and what comes between.
func (w *crowd) script(s *soul, carts int, member bool) {
	say := func(tick int, what string) {
		tick = max(0, min(tick, crowdDays*ticksADay-1))
		w.scripts[tick] = append(w.scripts[tick], act{s, what})
	}
	tick := w.r.IntN(4)
	for range carts {
		say(tick, "leave")
		switch w.r.IntN(20) {
		case 0, 1, 2, 3, 4, 5, 6:
			say(tick+1+w.r.IntN(2), "order")
		case 7, 8:
			say(tick+1+w.r.IntN(2), "empty")
		case 9, 10:
			say(tick+1+w.r.IntN(10), "return")
		case 11, 12, 13:
			say(tick+4+w.r.IntN(12), "order")
		case 14:
			say(tick+2+w.r.IntN(9), "order elsewhere")
		}
		tick = min(tick+2+w.r.IntN(7), mostStartDay*ticksADay)
	}
	switch w.r.IntN(20) {
	case 0:
		say(w.r.IntN(16*ticksADay), "stop")
	case 1:
		at := w.r.IntN(12 * ticksADay)
		say(at, "complain")
		if w.r.IntN(2) == 0 {
			say(at+2+w.r.IntN(15), "be answered")
		}
	case 2:
		if member {
			say(w.r.IntN(16*ticksADay), "take back")
		}
	}
}

func (w *crowd) visitor(owner customer.ID) customer.VisitorID {
	w.guests++
	id := 1_000_000 + w.guests
	var account any
	if owner != 0 {
		account = int64(owner)
	}
	w.writes.row("visitors", []string{"id", "token_hash", "customer_id", "created_at", "seen_at"}, id, fmt.Sprint("v", id), account, db.At(w.at), db.At(w.at))
	return customer.VisitorID(id)
}

// live is the whole story.
func (w *crowd) live() {
	w.at = monday.Add(-hour) // nine in the morning
	for tick := range crowdDays * ticksADay {
		w.faulty = tick < faultyDays*ticksADay
		w.happen(w.scripts[tick])
		for range 40 {
			if w.sweeps() == 0 && !w.dead {
				break
			}
			w.restart()
		}
		w.at = w.at.Add(24 * hour / ticksADay)
	}
	w.account()
}

// sweeps is one run of the worker's minute; it returns the number of mails.
func (w *crowd) sweeps() int {
	c := ctx
	if w.faulty {
		c = db.WithFault(ctx, w.breaks)
	}
	n, err := w.desk.FollowUp(c, w.at)
	if err != nil && !w.faulty {
		w.fault("in the calm: %v", err)
	}
	return n
}

// breaks is asked at every moment of every transaction.
func (w *crowd) breaks(m db.Moment) error {
	odds := map[db.Moment]int{db.BeforeStatement: 60, db.BeforeCommit: 12, db.AfterCommit: 25}[m]
	if !w.dead && w.r.IntN(odds) > 0 {
		return nil
	}
	if !w.dead {
		w.count["faults"]++
		w.count[fmt.Sprint("fault at ", m)]++
		if w.r.IntN(30) == 0 {
			w.die()
		}
	}
	return dbtest.ErrFault
}

func (w *crowd) die() {
	w.dead = true
	w.count["deaths"]++
}

// Send is the mail server: it knows what the people did.
func (w *crowd) Send(_ context.Context, m outreach.Mail) error {
	outcome := 99
	if w.faulty {
		outcome = w.r.IntN(60)
	}
	switch outcome {
	case 0, 1, 2, 3:
		w.count["not now"]++
		return outreach.ErrLater
	case 4:
		w.count["refused"]++
		return outreach.ErrRefused
	}
	w.take(m)
	switch outcome {
	case 5:
		return errors.New("the line broke after the mail was taken")
	case 6:
		w.die()
	}
	return nil
}

func (w *crowd) take(m outreach.Mail) {
	w.count["mails"]++
	a, known := w.ids[m.ID]
	s := w.byEmail[m.To.Email]
	if !known || a.soul != s {
		w.fault("a mail to %s of nothing known", m.To.Email)
		return
	}
	if w.taken[m.ID]++; w.taken[m.ID] > 1 {
		w.fault("%s got step %d twice", s.email, a.step)
	}
	for what, bad := range map[string]bool{
		"after a purchase":                   !s.ordered.Before(a.epoch),
		"after the opt-out":                  s.out,
		"while a complaint is open":          s.complains,
		"though " + s.never:                  s.never != "",
		"of a cart that is " + a.cart.state:  a.cart.state != "open",
		"of a cart they came back to":        a.epoch != a.cart.epoch(),
		"of an older cart":                   a.cart != s.last(),
		"too soon":                           w.at.Sub(a.epoch) < 24*hour || a.step == 2 && w.at.Sub(a.epoch) < 72*hour,
		"of the second step before its time": a.step == 2 && !a.cart.steps[1],
		"of the second step for a small one": a.step == 2 && a.cart.qty*1250 < 5000,
		"at night":                           w.at.Hour() < 9 || w.at.Hour() >= 21,
		"within a day of another":            len(s.mails) > 0 && w.at.Sub(s.mails[len(s.mails)-1]) < 24*hour,
		"as the third in a week":             len(s.mails) > 1 && w.at.Sub(s.mails[len(s.mails)-2]) < 7*24*hour,
	} {
		if bad {
			w.fault("%s got step %d of cart %d, left %s, %s", s.email, a.step, a.cart.id, a.epoch.Format("02T15:04"), what)
		}
	}
	s.mails = append(s.mails, w.at)
	a.cart.steps[a.step] = true
}

// batch is rows and statements that go into one transaction.
type batch struct {
	tables  []string
	columns map[string][]string
	rows    map[string][][]any
	sets    map[string][]any
}

func (b *batch) row(table string, columns []string, values ...any) {
	if b.rows == nil {
		b.rows, b.columns = map[string][][]any{}, map[string][]string{}
	}
	if b.columns[table] == nil {
		b.tables, b.columns[table] = append(b.tables, table), columns
	}
	b.rows[table] = append(b.rows[table], values)
}

func (b *batch) add(_, sql string, id any) {
	if b.sets == nil {
		b.sets = map[string][]any{}
	}
	b.sets[sql] = append(b.sets[sql], id)
}

func (w *crowd) flush() {
	b := w.writes
	w.writes = batch{}
	w.tx(func(tx *db.Tx) error {
		for _, table := range b.tables {
			if _, err := tx.Insert(ctx, table, b.columns[table], b.rows[table], false); err != nil {
				return err
			}
		}
		for _, sql := range slices.Sorted(maps.Keys(b.sets)) {
			for some := range slices.Chunk(b.sets[sql], 500) {
				if err := tx.Query(ctx).Exec(sql, some).Error; err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (w *crowd) line(l *left) []cart.Line {
	return []cart.Line{{VariantID: catalog.VariantID(w.variants["BOTTLE"]), Qty: l.qty, SeenPrice: money.Amount(1250), AddedAt: db.At(w.at)}}
}
