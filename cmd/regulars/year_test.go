package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	questions "regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// A year of the demo world whose people are taken for real: they leave carts,
// buy, complain, change their minds, stop mails and come back, and everything
// that sends by the clock runs under a clock of its own. Each mail that leaves
// is then judged by rules written down here once more, not by the gate.
// YEAR=1 lives it with the whole crowd, hour by hour.
func TestAYearOfMails(t *testing.T) {
	shoppers, days, off := 24, 365, 45
	if os.Getenv("YEAR") != "" {
		shoppers, days, off = 0, 365, 365
	}
	y := newYear(t, shoppers)
	y.walk(days)
	y.judge()
	if len(y.mails) < days/3 {
		t.Errorf("%d mails of consent in %d days", len(y.mails), days)
	}
	before := y.cells()
	// Then the shop keeps all but its most loyal from everything but what they ask for.
	for _, topic := range outreach.Topics {
		y.set("contact."+string(topic), "very-loyal")
	}
	began := len(y.mails)
	y.walk(off)
	y.judge()
	for _, m := range y.mails[began:] {
		if m.tier != "very-loyal" {
			t.Errorf("%s to somebody %s after the cell was off", m.row.Topic, m.tier)
		}
	}
	for _, reason := range []string{"no-consent", "suppressed", "topic-off", "tier-matrix", "complaint", "dead", "ordered", "paused", "quiet-hours", "their-hour", "cap-week", "cap-own"} {
		if !y.said[reason] {
			t.Errorf("nothing was kept back for %s: the year proves nothing about it (%v)", reason, y.said)
		}
	}
	t.Logf("%d mails of consent, by topic and tier %v; after the cells were off %d; %d steps; decisions %v", began, before, len(y.mails)-began, y.steps, y.reasons())
}

// year is a town with a clock of its own.
type year struct {
	*testing.T
	a       *app
	r       *rand.Rand
	now     time.Time
	hourly  bool
	people  []*actor
	byEmail map[string]*actor
	goods   []ware
	mails   []posted
	judged  int
	steps   int
	orders  int
	keys    map[string]bool
	said    map[string]bool // every reason that stood somewhere on some day
}

type ware struct {
	ID      catalog.VariantID
	Product catalog.ProductID
	SKU     string
	Price   int64
}

// actor is somebody with what they said and when, as the judge remembers it.
type actor struct {
	person     *customer.Person
	zone       *time.Location
	given      map[customer.Purpose]bool
	wish       outreach.Preference
	complaint  string // the open one
	complained time.Time
	dead       bool
	minor      bool
	latest     string  // the newest mail of consent
	appetite   float64 // orders a day
}

// posted is a mail as it left, with what was so at that moment.
type posted struct {
	mail      outreach.Mail
	at        time.Time
	who       *actor
	row       outreach.Send
	tier      string
	cells     string // the tiers that the shop sends the topic to
	given     bool
	wish      outreach.Preference
	complains bool
}

func newYear(t *testing.T, shoppers int) *year {
	a, _ := town(t, shoppers, cmp0(shoppers, 913, 200))
	y := &year{T: t, a: a, r: rand.New(rand.NewPCG(8, 1)), now: a.now().Truncate(time.Hour), byEmail: map[string]*actor{}, keys: map[string]bool{}, said: map[string]bool{}, hourly: shoppers == 0}
	// From here on time is ours.
	a.now = func() time.Time { return y.now }
	a.mails.Now, a.desk.Now, a.mails.Mailer = a.now, a.now, y
	a.work()
	for _, table := range []string{"customers", "carts", "orders", "visitors", "questions", "reviews", "sends", "events"} {
		y.exec("UPDATE " + table + " SET simulated = FALSE WHERE simulated = TRUE")
	}
	y.exec("UPDATE carts SET active_at = active_at - 2678400000 WHERE state = 'open'") // their old carts are forgotten
	y.do(a.db.Query(ctxYear).Raw(`SELECT v.id, v.product_id AS product, v.sku, min(p.amount) AS price FROM variants v JOIN prices p ON p.variant_id = v.id AND p.currency = 'USD' JOIN products g ON g.id = v.product_id AND g.published = TRUE
		WHERE v.active = TRUE GROUP BY v.id, v.product_id, v.sku ORDER BY v.sku`).Scan(&y.goods).Error)
	var all []customer.Customer
	y.do(a.db.Query(ctxYear).Where("erased_at = 0 AND email <> ''").Order("email").Find(&all).Error)
	zones := []string{"", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Sydney"}
	for i := range all {
		k := &all[i]
		zone := zones[y.r.IntN(len(zones))]
		y.exec("UPDATE customers SET zone = ?, email_verified_at = CASE WHEN email_verified_at = 0 THEN created_at ELSE email_verified_at END WHERE id = ?", zone, int64(k.ID))
		p := &actor{given: map[customer.Purpose]bool{}, zone: time.UTC, appetite: []float64{0.001, 0.004, 0.02}[i%3]}
		if zone != "" {
			p.zone, _ = time.LoadLocation(zone)
		}
		y.tx(func(tx *db.Tx) error {
			_, v, err := customer.NewVisitor(ctxYear, tx, k.Lang, y.now)
			if err != nil {
				return err
			}
			for _, purpose := range customer.Purposes { // three of four allow each kind
				if p.given[purpose] = y.r.IntN(4) > 0; p.given[purpose] {
					err = customer.Say(ctxYear, tx, k.ID, customer.Saying{Purpose: purpose, Given: true, Source: "preferences", Method: customer.MethodImport, Evidence: "a year of tests"}, y.now)
				} else {
					err = customer.SetConsent(ctxYear, tx, k.ID, purpose, false, "preferences", y.now)
				}
				if err != nil {
					return err
				}
			}
			k.Zone = zone
			p.person = customer.NewPerson(v, k, nil, nil)
			p.wish, err = outreach.PreferenceOf(ctxYear, tx, k.Email) // some of the tour have asked for something
			return err
		})
		age, known := k.Age(y.now.AddDate(2, 0, 0)) // who will not be eighteen all the while
		p.minor = known && age < 18
		y.people, y.byEmail[k.EmailKey] = append(y.people, p), p
	}
	y.needs()
	if len(y.people) < 20 || len(y.goods) < 50 {
		t.Fatalf("%d people, %d goods", len(y.people), len(y.goods))
	}
	return y
}

var ctxYear = context.Background()

func cmp0(n, zero, other int) int {
	if n == 0 {
		return zero
	}
	return other
}

func (y *year) do(err error) {
	y.Helper()
	if err != nil {
		y.Fatalf("%v: %v", y.now, err)
	}
}

func (y *year) tx(do func(tx *db.Tx) error) {
	y.Helper()
	y.do(y.a.db.InTx(ctxYear, do))
}

func (y *year) exec(sql string, args ...any) {
	y.Helper()
	y.tx(func(tx *db.Tx) error { return tx.Query(ctxYear).Exec(sql, args...).Error })
}

func (y *year) set(name, value string) {
	y.Helper()
	y.tx(func(tx *db.Tx) error { return setting.Set(ctxYear, tx, name, value, y.now) })
	y.do(y.a.settings.Refresh(ctxYear, y.a.db))
}

// Send takes a mail as a mail server does, and writes down what was so then.
func (y *year) Send(ctx context.Context, m outreach.Mail) error {
	p := y.byEmail[customer.EmailKey(m.To.Email)]
	if m.Unsubscribe == "" || p == nil {
		return nil // what is owed
	}
	post := posted{mail: m, at: y.now, who: p, wish: p.wish, complains: p.complaint != ""}
	set := y.a.settings.Now()
	if err := y.a.db.Query(ctx).Where("message_id = ?", m.ID).Take(&post.row).Error; err != nil {
		return err
	}
	facts, err := value.FactsOf(ctx, y.a.db, set, p.person.Customer.ID, y.now)
	if err != nil {
		return err
	}
	post.tier, post.cells, post.given = string(facts.At(y.now).Tier), set.Get("contact."+string(post.row.Topic)), p.given[post.row.Purpose]
	y.mails = append(y.mails, post)
	p.latest = m.Text
	return nil
}

// walk lives some days: four moments of each, or every hour, and every moment
// at which something that was put off is due.
func (y *year) walk(days int) {
	y.Helper()
	end := y.now.AddDate(0, 0, days)
	gap := 7 * time.Hour // so that every hour of the day has its turn
	if y.hourly {
		gap = time.Hour
	}
	for next, day := y.now, -1; y.now.Before(end); {
		if !y.now.Before(next) {
			y.live(gap)
			next = y.now.Add(gap)
		}
		if y.now.YearDay() != day {
			day = y.now.YearDay()
			y.daily()
		}
		for _, sweep := range y.a.mails.Sweeps() {
			if err := sweep.Do(ctxYear, y.now); err != nil {
				y.Fatalf("%s at %v: %v", sweep.Name, y.now, err)
			}
		}
		y.steps++
		var due []db.Time
		y.do(y.a.db.Query(ctxYear).Raw("SELECT due_at FROM sends WHERE state = 'deferred' AND due_at > ? AND due_at < ? ORDER BY due_at LIMIT 1", db.At(y.now), db.At(next)).Scan(&due).Error)
		if len(due) == 1 {
			y.now = due[0].Add(time.Second).Truncate(time.Second) // milliseconds of a long sweep
			continue
		}
		y.now = next
	}
}

// daily is what goes by the clock beside the senders, but for what only looks,
// learns or tidies up.
func (y *year) daily() {
	var reasons []string
	y.do(y.a.db.Query(ctxYear).Raw("SELECT DISTINCT reason FROM sends WHERE state IN ('withheld','deferred')").Scan(&reasons).Error)
	for _, reason := range reasons {
		code, _, _ := strings.Cut(reason, ": ")
		y.said[code] = true
	}
	leave := []string{"train", "visits", "abandonment", "slots", "slots.tests", "followup.tests", "report.mail", "keep", "values", "traits", "traits.moved", "duplicates", "roster", "sweep", "prices", "sales",
		"payment.sweep", "checkout.sweep", "checkout.preorders", "questions", "reviews", "segments"}
	for name := range y.a.runner.Periods() {
		if slices.ContainsFunc(y.a.mails.Sweeps(), func(s outreach.Sweep) bool { return s.Name == name }) || slices.Contains(leave, name) {
			continue
		}
		if err := y.a.runner.Do(ctxYear, name); err != nil {
			y.Fatalf("%s at %v: %v", name, y.now, err)
		}
	}
}

// live lets people do things: what is rare happens rarely.
func (y *year) live(gap time.Duration) {
	day := gap.Hours() / 24
	for _, p := range y.people {
		k := p.person.Customer
		chance := func(perDay float64) bool { return y.r.Float64() < perDay*day }
		switch {
		case chance(0.03):
			y.leaves(p)
		case chance(p.appetite):
			y.buys(p)
		case chance(0.01):
			p.wish = y.wish()
			y.tx(func(tx *db.Tx) error { return outreach.Prefer(ctxYear, tx, k.Email, p.wish, y.now) })
		case p.complaint == "" && chance(0.004):
			y.tx(func(tx *db.Tx) error {
				q, err := questions.Contact(ctxYear, tx, questions.Message{Person: p.person, Email: k.Email, Body: "It came broken.", Complaint: true}, y.now)
				if err == nil {
					p.complaint, p.complained = q.Token, y.now
				}
				return err
			})
		case p.complaint != "" && y.now.Sub(p.complained) > 48*time.Hour && chance(0.1):
			y.tx(func(tx *db.Tx) error {
				if _, err := questions.Answer(ctxYear, tx, p.complaint, 1, "Sorry; another one is on its way.", false, y.now); err != nil {
					return err
				}
				return questions.Close(ctxYear, tx, p.complaint, 1, y.now)
			})
			p.complaint = ""
		case p.latest != "" && chance(0.004):
			y.stops(p)
		case chance(0.004):
			y.agrees(p, customer.Purposes[2+y.r.IntN(4)])
		case chance(0.0003) && p.latest != "":
			y.tx(func(tx *db.Tx) error {
				return outreach.Told(ctxYear, tx, k.Email, customer.NewsHard, "5.1.1", fmt.Sprint("gone for good ", k.ID, y.now), y.now)
			})
			p.dead = true
		}
	}
}

func (y *year) leaves(p *actor) {
	ware := y.goods[y.r.IntN(len(y.goods))]
	qty := 1 + y.r.IntN(2)
	err := y.a.db.InTx(ctxYear, func(tx *db.Tx) error {
		c, err := cart.Ensure(ctxYear, tx, p.person, "USD", i18n.English, "phone", y.now)
		if err != nil {
			return err
		}
		return cart.Add(ctxYear, tx, c.ID, ware.ID, qty, y.now)
	})
	if fault.Kind(err) != fault.Invalid && fault.Kind(err) != fault.Conflict { // sold out, or the basket is full
		y.do(err)
	}
}

// needs gives some people a past: what they bought at one time of two years
// running comes back in this one.
func (y *year) needs() {
	now := y.now
	for i, p := range y.people[:min(len(y.people), 12)] {
		ware := y.goods[(i*17)%len(y.goods)]
		for back := range 2 {
			y.now = now.AddDate(-1-back, 0, 60+20*i)
			y.buy(p, ware)
		}
	}
	y.now = now
}

func (y *year) buys(p *actor) { y.buy(p, y.goods[y.r.IntN(len(y.goods))]) }

func (y *year) buy(p *actor, ware ware) {
	id := p.person.Customer.ID
	y.orders++
	external := fmt.Sprint("year-", y.orders)
	y.tx(func(tx *db.Tx) error {
		amount := money.Amount(ware.Price)
		o := order.Order{ExternalID: &external, CustomerID: &id, Email: p.person.Customer.Email, Currency: "USD", Subtotal: amount, Total: amount, TaxIncluded: true, State: order.Completed,
			PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(y.now), PaidAt: db.At(y.now), ClosedAt: db.At(y.now), Imported: true}
		l := order.Line{ProductID: ware.Product, VariantID: ware.ID, SKU: ware.SKU, Name: i18n.Text{En: ware.SKU, Zh: ware.SKU}, Qty: 1, UnitPrice: amount, Total: amount}
		if err := order.CreateImported(ctxYear, tx, []order.Order{o}, [][]order.Line{{l}}); err != nil {
			return err
		}
		return value.RefreshTier(ctxYear, tx, y.a.settings.Now(), id, y.now)
	})
}

func (y *year) wish() (w outreach.Preference) {
	w.Hour = outreach.AnyHour
	for _, topic := range outreach.Topics {
		if y.r.IntN(6) == 0 {
			w.Off = append(w.Off, topic)
		}
	}
	if y.r.IntN(2) == 0 && !slices.Contains(w.Off, outreach.Specials) {
		w.On = []outreach.Topic{outreach.Specials}
	}
	if y.r.IntN(3) == 0 {
		w.PerMonth = 1 + y.r.IntN(2)
	}
	if y.r.IntN(3) == 0 {
		w.Hour = 9 + y.r.IntN(12)
	}
	if y.r.IntN(5) == 0 {
		w.Paused = y.now.AddDate(0, 1+2*y.r.IntN(2), 0)
	}
	return w
}

// stops follows the link at the foot of the newest mail: one click, or the one
// for that kind alone.
func (y *year) stops(p *actor) {
	m := linkShape.FindStringSubmatch(p.latest)
	if m == nil {
		y.Fatalf("no way to stop in:\n%s", p.latest)
	}
	all := y.r.IntN(2) == 0
	y.tx(func(tx *db.Tx) error {
		left, err := outreach.Unsubscribe(ctxYear, tx, m[1], all, y.now)
		if err == nil {
			p.given[left.Purpose] = false
		}
		return err
	})
	if all {
		for _, purpose := range customer.Purposes[2:] {
			p.given[purpose] = false
		}
	}
}

var linkShape = regexp.MustCompile(`/u/([A-Za-z0-9_-]+)`)

// agrees says yes once more, on the preference page, and follows the link.
func (y *year) agrees(p *actor, purpose customer.Purpose) {
	id := p.person.Customer.ID
	y.tx(func(tx *db.Tx) error {
		if err := customer.Say(ctxYear, tx, id, customer.Saying{Purpose: purpose, Given: true, Source: "preferences", Signed: true}, y.now); err != nil {
			return err
		}
		return customer.ConfirmWaiting(ctxYear, tx, id, "link", y.now)
	})
	p.given[purpose] = true
}

// judge asks of each mail that left what the shop promises, and of each
// decision to say nothing whether it says why.
func (y *year) judge() {
	y.Helper()
	sent := map[*actor][]posted{}
	for i := range y.mails {
		m := &y.mails[i]
		who, before := m.who, sent[m.who]
		sent[m.who] = append(before, *m)
		if i < y.judged {
			continue
		}
		local := m.at.In(who.zone)
		wrong := func(what string) {
			y.Errorf("%s: %s %q to %s, %v: %+v", what, m.row.Class, m.row.Key, who.person.Customer.Email, local, m.wish)
		}
		if !m.given {
			wrong("nobody allowed it")
		}
		if !slices.Contains(strings.Split(m.cells, ", "), m.tier) {
			wrong("not for " + m.tier)
		}
		if local.Hour() >= 21 || local.Hour() < 9 {
			wrong("by night")
		}
		if m.complains {
			wrong("while they complain")
		}
		if who.dead && m.at.After(y.now) || who.minor && m.row.Class == outreach.Marketing {
			wrong("to a dead address, or to a child")
		}
		if slices.Contains(m.wish.Off, m.row.Topic) || m.row.Topic == outreach.Specials && !slices.Contains(m.wish.On, outreach.Specials) {
			wrong("not of what they wished")
		}
		if m.wish.Paused.After(m.at) {
			wrong("while they paused")
		}
		if m.wish.Hour != outreach.AnyHour && local.Hour() != m.wish.Hour {
			wrong("not at their hour")
		}
		most := 6
		if m.wish.PerMonth > 0 {
			most = min(most, m.wish.PerMonth)
		}
		within := func(window time.Duration) (n int) {
			for _, one := range before {
				if m.at.Sub(one.at) < window {
					n++
				}
			}
			return n
		}
		if within(24*time.Hour) >= 1 || within(7*24*time.Hour) >= 2 || within(30*24*time.Hour) >= most {
			wrong("more than the caps")
		}
		for _, one := range before {
			if m.row.Content != "" && one.row.Content == m.row.Content && m.at.Sub(one.at) < 365*24*time.Hour {
				wrong("the same again")
			}
		}
		if y.keys[m.row.Key] {
			wrong("twice under one key")
		}
		y.keys[m.row.Key] = true
		if m.row.State != outreach.Claimed || m.row.Topic == "" || m.row.Class == "" || m.row.Purpose == "" {
			wrong("not by the gate")
		}
	}
	y.judged = len(y.mails)
	var silent []outreach.Send
	y.do(y.a.db.Query(ctxYear).Where("state IN ('withheld','deferred') AND class IN ('relationship','marketing')").Find(&silent).Error)
	for i := range silent {
		for _, l := range i18n.Langs {
			if words := silent[i].Words(l); words == "" || strings.HasPrefix(words, "outreach.") {
				y.Errorf("%s %s %q: no words in %s", silent[i].State, silent[i].Key, silent[i].Reason, l)
			}
		}
	}
	if len(silent) == 0 {
		y.Error("nothing was withheld")
	}
}

func (y *year) cells() map[string]int {
	n := map[string]int{}
	for _, m := range y.mails {
		n[string(m.row.Topic)+" "+m.tier]++
	}
	return n
}

func (y *year) reasons() map[string]int {
	var rows []struct {
		State, Reason string
		N             int
	}
	y.do(y.a.db.Query(ctxYear).Raw("SELECT state, reason, count(*) AS n FROM sends WHERE class IN ('relationship','marketing') GROUP BY state, reason").Scan(&rows).Error)
	n := map[string]int{}
	for _, r := range rows {
		n[r.State+" "+r.Reason] = r.N
	}
	return n
}
