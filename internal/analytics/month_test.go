package analytics_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
)

// outcome is what a generated cart must count as, said by what was made up and
// not by what is counted.
type outcome struct {
	excluded                                  string
	checkout, abandoned, converted, recovered int
	lost, reach                               int
	cause, rule, coupon                       string
	net, refunded                             money.Amount
}

// course is one way a generated cart goes; minutes are from its start.
type course struct {
	name     string
	share    int // of a hundred
	steps    []act
	met      []cart.Friction
	late     []cart.Friction // told hours after they happened, when the day was counted already
	bought   time.Duration   // 0: never
	unpaid   bool            // the order ended unpaid
	refund   money.Amount
	kind     string
	state    cart.State
	expected outcome
}

func courses() []course {
	begun, contact := act{cart.StepCheckout, 2 * minute}, act{cart.StepContact, 3 * minute}
	whole := []act{begun, contact, {cart.StepDelivery, 4 * minute}, {cart.StepPayment, 4 * minute}}
	left := func(cause, rule string) outcome {
		return outcome{abandoned: 1, lost: 1, cause: cause, rule: rule, coupon: "none"}
	}
	deep := func(o outcome, reach int) outcome { o.checkout, o.reach = 1, reach; return o }
	bought := outcome{checkout: 1, converted: 1, reach: 5, coupon: "none", net: 1000}
	back, returned, refused := bought, bought, left("coupon", "last")
	back.abandoned, back.recovered = 1, 1
	returned.net, returned.refunded = 600, 400
	refused.coupon = "refused"
	return []course{
		{name: "bought", share: 17, steps: whole, bought: 5 * minute, expected: bought},
		{name: "bought in two tabs", share: 5, steps: append([]act{{cart.StepAdd, 0}, {cart.StepSeen, minute}, {cart.StepSeen, minute}}, whole...), bought: 5 * minute, expected: bought},
		{name: "bought and partly sent back", share: 3, steps: whole, bought: 5 * minute, refund: 400, expected: returned},
		{name: "bought on the third day", share: 4, steps: []act{{cart.StepChange, 60 * hour}, {cart.StepCheckout, 60*hour + minute}}, bought: 60*hour + 3*minute, expected: back},
		{name: "only looked", share: 27, steps: []act{{cart.StepSeen, 3 * minute}}, expected: left("looking", "quiet")},
		{name: "coupon", share: 8, met: []cart.Friction{friction(cart.CouponRefused, 3*minute, "x"), friction(cart.CouponRefused, 3*minute+time.Second, "x")}, expected: refused},
		{name: "cost", share: 9, steps: []act{begun}, met: []cart.Friction{toldCost("cart", minute, 0), toldCost("checkout", 2*minute, 500), toldCost("checkout", 3*minute, 500)},
			expected: deep(left("cost", "last"), 1)},
		{name: "mended field", share: 5, steps: []act{begun, contact}, met: []cart.Friction{friction(cart.FormError, 2*minute+1, "checkout email")}, expected: deep(left("unknown", "none"), 2)},
		{name: "payment refused", share: 4, steps: append(slices.Clone(whole), act{cart.StepFailed, 6 * minute}), bought: 5 * minute, unpaid: true, expected: deep(left("payment", "last"), 4)},
		{name: "told a day later", share: 6, met: []cart.Friction{friction(cart.SearchEmpty, 6*minute, "")}, late: []cart.Friction{friction(cart.Told, 30*hour, "price")}, expected: left("dear", "told")},
		{name: "written late", share: 4, late: []cart.Friction{friction(cart.StockLost, 4*minute, "baby")}, expected: left("stock", "last")},
		{name: "a bot", share: 3, kind: "bot", expected: outcome{excluded: "bot"}},
		{name: "staff", share: 2, kind: "staff", expected: outcome{excluded: "staff"}},
		{name: "merged", share: 3, state: cart.Merged, expected: outcome{excluded: "merged"}},
	}
}

var (
	devices = []string{"phone", "desktop", "tablet"}
	tongues = []i18n.Lang{i18n.English, i18n.Chinese}
	// What led a visit here, and what must be said of it.
	arrivals = []struct {
		is   cart.Arrival
		said [5]string // channel, referrer, campaign, landing, entry
	}{
		{cart.Arrival{Channel: "search", Referrer: "google.com", Landing: "product", Entry: "bottle", Browser: "chrome", Version: "1", Arm: "shown"}, [5]string{"search", "google.com", "", "product", "bottle"}},
		{cart.Arrival{Channel: "mail", Source: "letter", Medium: "email", Campaign: "may", Landing: "home", Browser: "safari", Version: "1", Arm: "held"}, [5]string{"mail", "letter", "may", "home", ""}},
		{cart.Arrival{Channel: "direct", Browser: "wechat", Version: "2"}, [5]string{"direct"}},
		{}, // made before any of it was kept
	}
	regions = []string{"", "CA", "NY"}
)

// key names the cell of a generated cart in each dimension that is compared.
type monthCart struct {
	at     time.Time
	course *course
	values map[string]string
	led    int
	region string
}

func TestAGeneratedMonthEqualsItsGroundTruth(t *testing.T) {
	rows, err := strconv.Atoi(os.Getenv("EVENTS"))
	if err != nil {
		rows = 6000
	}
	zone := values.Zone()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle, _ := goods(t, d)
		rng := rand.New(rand.NewPCG(7, 0x0017))
		all := courses()
		var deck []*course
		for i := range all {
			for range all[i].share {
				deck = append(deck, &all[i])
			}
		}
		if len(deck) != 100 {
			t.Fatalf("the courses are %d of a hundred", len(deck))
		}
		var made []monthCart
		written := 0
		for written < rows {
			k := monthCart{at: midnight.Add(time.Duration(rng.Int64N(int64(30 * day)))).Truncate(time.Second), course: deck[rng.IntN(100)]}
			device, lang, local := devices[rng.IntN(3)], tongues[rng.IntN(2)], k.at.In(zone)
			o := k.course.expected
			k.values = map[string]string{"device": device, "lang": string(lang), "day": local.Format(time.DateOnly), "hour": strconv.Itoa(local.Hour()),
				"weekday": strconv.Itoa((int(local.Weekday())+6)%7 + 1), "cause": o.cause, "rule": o.rule, "step": strconv.Itoa(o.reach), "coupon": o.coupon}
			k.led, k.region = rng.IntN(len(arrivals)), regions[rng.IntN(3)]
			led := arrivals[k.led]
			for i, dim := range []string{"channel", "referrer", "campaign", "landing", "entry"} {
				k.values[dim] = led.said[i]
			}
			k.values["browser"], k.values["version"], k.values["arm"], k.values["items"] = led.is.Browser, led.is.Version, led.is.Arm, "1"
			if k.course.bought > 0 && k.region != "" {
				k.values["region"] = "US-" + k.region
			}
			if k.course.expected.lost == 1 {
				k.values["followup"] = []string{"", "treat", "held"}[rng.IntN(3)]
			}
			if k.course.name == "cost" {
				k.values["promise"] = "3"
			}
			made = append(made, k)
			written += 3 + len(k.course.steps) + len(k.course.met) + len(k.course.late) // cart, line, first add
		}
		now := midnight.Add(31*day + 2*hour)
		must(t, d.InTx(ctx, func(tx *db.Tx) error {
			_, err := tx.Insert(ctx, "followup_runs", []string{"id", "number", "simulated", "held", "planned", "salt", "why", "since"}, [][]any{{1, 1, false, 1000, 0, "s", "chosen", 0}}, false)
			return err
		}))
		month := func(part []monthCart) { writeMonth(t, d, bottle, part) }
		for chunk := range slices.Chunk(made, 5000) {
			month(chunk)
		}
		must(t, analytics.Recount(ctx, d, "", "", values, now))
		lateRows(t, d, made)
		must(t, analytics.Recount(ctx, d, "", "", values, now.Add(40*day)))
		began := time.Now()
		first := factRows(t, d)
		must(t, analytics.Recount(ctx, d, "", "", values, now.Add(40*day)))
		t.Logf("%d rows in %d carts, counted again in %v", written, len(made), time.Since(began))
		if !reflect.DeepEqual(first, factRows(t, d)) {
			t.Error("counted again, the facts are others")
		}
		compareMonth(t, d, made)
	})
}

// writeMonth writes generated carts with their orders and payments.
func writeMonth(t *testing.T, d *db.DB, bottle catalog.VariantID, part []monthCart) {
	t.Helper()
	carts, lines, steps := make([]cart.Cart, len(part)), make([][]cart.Line, len(part)), make([][]cart.Trace, len(part))
	for i, k := range part {
		w := k.course
		c := cart.Cart{State: cart.StateOpen, Currency: "USD", Lang: i18n.Lang(k.values["lang"]), Device: k.values["device"], CreatedAt: db.At(k.at), StartedAt: db.At(k.at), ActiveAt: db.At(k.at), Kind: "shopper"}
		steps[i] = []cart.Trace{{Kind: cart.StepAdd, VariantID: bottle, Qty: 1, At: db.At(k.at)}}
		for _, a := range w.steps {
			at := db.At(k.at.Add(a.at))
			steps[i] = append(steps[i], cart.Trace{Kind: a.kind, At: at})
			if a.kind == cart.StepCheckout {
				c.CheckoutAt = at
			}
			if a.kind != cart.StepSeen {
				c.ActiveAt = at
			}
		}
		if w.bought > 0 {
			c.State, c.ClosedAt, c.ActiveAt = cart.Converted, db.At(k.at.Add(w.bought)), db.At(k.at.Add(w.bought))
		}
		if w.kind != "" {
			c.Kind = w.kind
		}
		if w.state != "" {
			c.State = w.state
		}
		carts[i], lines[i] = c, []cart.Line{{VariantID: bottle, Qty: 1, SeenPrice: 1000, AddedAt: db.At(k.at)}}
	}
	must(t, d.InTx(ctx, func(tx *db.Tx) error {
		if err := cart.CreateMany(ctx, tx, carts, lines, steps); err != nil {
			return err
		}
		var led []cart.Arrival
		for i, k := range part {
			if a := arrivals[k.led].is; a != (cart.Arrival{}) {
				a.CartID = carts[i].ID
				led = append(led, a)
			}
		}
		if err := cart.ArriveMany(ctx, tx, led); err != nil {
			return err
		}
		var sides [][]any
		for i, k := range part {
			if side := k.values["followup"]; side != "" {
				sides = append(sides, []any{int64(carts[i].ID), carts[i].ActiveAt, 1, fmt.Sprint("p", carts[i].ID), side, 1000, false, k.at.UnixMilli()})
			}
		}
		if _, err := tx.Insert(ctx, "followup_arms", []string{"cart_id", "active_at", "run_id", "person", "arm", "share", "simulated", "assigned_at"}, sides, false); err != nil {
			return err
		}
		var payments [][]any
		for i, k := range part {
			for _, f := range k.course.met { // the second of the same minute is the same
				f.CartID = carts[i].ID
				if err := cart.Meet(ctx, tx, f, k.at.Add(f.At.Sub(midnight))); err != nil {
					return err
				}
			}
			if k.course.bought == 0 {
				continue
			}
			at := k.at.Add(k.course.bought)
			o := &order.Order{PlaceKey: fmt.Sprint("k", carts[i].ID), CartID: &carts[i].ID, Email: "a@example.com", Country: "US", Region: k.region, Lang: "en", Currency: "USD", Subtotal: 1000, Total: 1000, TaxIncluded: true}
			if _, err := order.Create(ctx, tx, o, nil, order.HashAccess, at); err != nil {
				return err
			}
			axis, to, captured := order.PaymentAxis, string(order.Paid), money.Amount(1000)
			if k.course.unpaid {
				axis, to, captured = order.OrderAxis, string(order.Cancelled), 0
			}
			if _, err := o.Move(ctx, tx, axis, to, "test", "", at.Add(minute)); err != nil {
				return err
			}
			payments = append(payments, []any{int64(o.ID), "test", fmt.Sprint("p", o.ID), 1, 1000, "USD", "succeeded", int64(captured), int64(k.course.refund), at.UnixMilli(), at.UnixMilli()})
		}
		_, err := tx.Insert(ctx, "payments", []string{"order_id", "provider", "token", "attempt", "amount", "currency", "state", "captured", "refunded", "created_at", "updated_at"}, payments, false)
		return err
	}))
}

// lateRows writes what was told late, each twice.
func lateRows(t *testing.T, d *db.DB, made []monthCart) {
	t.Helper()
	var ids []int64
	must(t, d.Query(ctx).Raw("SELECT id FROM carts ORDER BY id").Scan(&ids).Error)
	must(t, d.InTx(ctx, func(tx *db.Tx) error {
		for i, k := range made {
			for _, f := range k.course.late {
				for range 2 {
					at := k.at.Add(f.At.Sub(midnight))
					f.CartID = cart.ID(ids[i])
					err := cart.Meet(ctx, tx, f, at)
					if f.Kind == cart.Told {
						err = cart.Tell(ctx, tx, f.CartID, f.Detail, at)
					}
					if err != nil {
						return err
					}
				}
			}
		}
		return nil
	}))
}

// add says what so many carts of an outcome add to their cell.
func (o outcome) add(s *analytics.Sums, n int) {
	if o.excluded != "" {
		s.Excluded += n
		return
	}
	worth := money.Amount(1000 * n * o.lost)
	s.Started += n
	s.Checkout += n * o.checkout
	s.Abandoned += n * o.abandoned
	s.Converted += n * o.converted
	s.Recovered += n * o.recovered
	s.Lost += n * o.lost
	s.Value += money.Amount(1000 * n)
	s.LostValue += worth
	s.AbandonedValue += worth
	s.Net += money.Amount(n) * o.net
	s.Refunded += money.Amount(n) * o.refunded
	if o.recovered == 1 {
		s.RecoveredValue += money.Amount(n) * o.net
	}
	if o.reach >= 1 {
		s.LostCheckout += n * o.lost
	}
	if o.reach >= 2 {
		s.Contact += n
	}
	if o.reach >= 3 {
		s.Delivery += n
		s.LostAtPayment += worth
	}
	if o.reach >= 4 {
		s.Payment += n
	}
}

// compareMonth holds every cell of every pair of dimensions against what was
// made up. Carts of one course add the same, so a cell is first how many of
// each course are in it.
func compareMonth(t *testing.T, d *db.DB, made []monthCart) {
	t.Helper()
	dims := []string{"device", "lang", "day", "hour", "weekday", "cause", "rule", "step", "coupon",
		"channel", "referrer", "campaign", "landing", "entry", "browser", "version", "arm", "items", "region", "promise", "followup"}
	ask := analytics.Question{From: "2026-03-01", To: "2026-04-10"}
	type place struct {
		a, b   string
		course *course
	}
	wrong := 0
	for _, a := range dims {
		for _, b := range dims {
			carts := map[place]int{}
			for i := range made {
				carts[place{made[i].values[a], made[i].values[b], made[i].course}]++
			}
			want := map[[2]string]analytics.Sums{}
			for at, n := range carts {
				s := want[[2]string{at.a, at.b}]
				at.course.expected.add(&s, n)
				want[[2]string{at.a, at.b}] = s
			}
			cells, err := analytics.Cross(ctx, d, ask, a, b)
			must(t, err)
			if len(cells) != len(want) {
				t.Errorf("%s × %s: %d cells, made up %d", a, b, len(cells), len(want))
			}
			for _, c := range cells {
				if w := want[[2]string{c.A, c.B}]; c.Sums != w && wrong < 5 {
					wrong++
					t.Errorf("%s %q × %s %q\ncounted %+v\nmade up %+v", a, c.A, b, c.B, c.Sums, w)
				}
			}
		}
	}
}
