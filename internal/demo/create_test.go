package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/value"
)

var hasher = customer.NewHasher()

var firstStart = time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)

func made(t *testing.T, d *db.DB, shoppers, days int) *Made {
	t.Helper()
	m, err := Create(context.Background(), d, Options{Shoppers: shoppers, Days: days, Now: firstStart,
		Secret: []byte("a secret of thirty-two bytes or more"), Hasher: hasher})
	if err != nil {
		t.Fatal(err)
	}
	m.Phases = nil
	return m
}

func rows[T any](t *testing.T, q db.Q, sql string, args ...any) []T {
	t.Helper()
	var all []T
	if err := q.Query(context.Background()).Raw(sql, args...).Scan(&all).Error; err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

func one[T any](t *testing.T, q db.Q, sql string, args ...any) T {
	t.Helper()
	all := rows[T](t, q, sql, args...)
	if len(all) != 1 {
		t.Fatalf("%s: %d rows", sql, len(all))
	}
	return all[0]
}

// digest is what the shop holds, without random tokens.
func digest(t *testing.T, d *db.DB) string {
	t.Helper()
	sum := sha256.New()
	for _, sql := range []string{
		"SELECT email || ' ' || name || ' ' || birth_date || ' ' || occupation || ' ' || created_at FROM customers ORDER BY email",
		"SELECT number || ' ' || email || ' ' || total || ' ' || payment_state || ' ' || delivery_state || ' ' || placed_at FROM orders ORDER BY number",
		"SELECT o.number || ' ' || l.sku || ' ' || l.qty || ' ' || l.total FROM order_lines l JOIN orders o ON o.id = l.order_id ORDER BY o.number, l.position",
		"SELECT c.started_at || ' ' || c.active_at || ' ' || c.state || ' ' || c.device || ' ' || v.sku || ' ' || l.qty FROM carts c JOIN cart_lines l ON l.cart_id = c.id JOIN variants v ON v.id = l.variant_id ORDER BY c.id, l.id",
		"SELECT kind || ' ' || at || ' ' || detail FROM cart_steps ORDER BY id",
		"SELECT kind || ' ' || at || ' ' || lang || ' ' || detail FROM events ORDER BY id",
		"SELECT v.sku || ' ' || s.on_hand || ' ' || s.reserved FROM stock s JOIN variants v ON v.id = s.variant_id ORDER BY v.sku",
		"SELECT body || answer || created_at || answered_at FROM questions ORDER BY id",
		"SELECT c.email || m.segment || m.reason FROM segment_members m JOIN customers c ON c.id = m.customer_id ORDER BY c.email",
	} {
		// The two databases sort text each in its own way.
		all := rows[string](t, d, sql)
		if strings.Contains(sql, "email") || strings.Contains(sql, "number") || strings.Contains(sql, "v.sku || ' ' || s.on_hand") {
			slices.Sort(all)
		}
		fmt.Fprintln(sum, len(all), strings.Join(all, "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func TestTheSameSeedMakesTheSameShop(t *testing.T) {
	var first string
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := made(t, d, 40, 60)
		if m.Shoppers != 40 || m.Orders < 20 || m.Carts <= m.Orders || m.Sessions < 100 {
			t.Errorf("made %+v", *m)
		}
		got := digest(t, d)
		if first == "" {
			first = got
			again := dbtest.SQLite(t)
			made(t, again, 40, 60)
			if second := digest(t, again); second != first {
				t.Error("made twice, the shop is not the same")
			}
			return
		}
		if got != first {
			t.Error("the other database holds another shop")
		}
	})
	other := dbtest.SQLite(t)
	if _, err := Create(context.Background(), other, Options{Shoppers: 40, Days: 60, Seed: 7, Now: firstStart, Hasher: hasher}); err != nil {
		t.Fatal(err)
	}
	if digest(t, other) == first {
		t.Error("another seed made the same crowd")
	}
}

func TestAShopThatIsThereIsNotTouched(t *testing.T) {
	d := dbtest.SQLite(t)
	ctx := context.Background()
	if is, err := IsDemo(ctx, d); is || err != nil {
		t.Errorf("an empty shop: %v, %v", is, err)
	}
	made(t, d, 5, 30)
	if is, err := IsDemo(ctx, d); !is || err != nil {
		t.Errorf("the demo shop: %v, %v", is, err)
	}
	_, err := Create(ctx, d, Options{Now: firstStart, Hasher: hasher})
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("created over a shop: %v", err)
	}
}

func TestACrowdOfAnySizeCanBeMade(t *testing.T) {
	for _, size := range [][2]int{{-1, 30}, {1, 1}, {3, 3650}, {200, 2}} {
		d := dbtest.SQLite(t)
		m := made(t, d, size[0], size[1])
		if want := max(0, size[0]); m.Shoppers != want || m.People != 12 {
			t.Errorf("%v: made %+v", size, *m)
		}
		if wrong, err := inventory.Check(context.Background(), d, firstStart); err != nil || len(wrong) > 0 {
			t.Errorf("%v: %v %v", size, wrong, err)
		}
	}
}

func TestEverybodyHasTheirStory(t *testing.T) {
	d := dbtest.SQLite(t)
	ctx := context.Background()
	made(t, d, 20, 40)
	find := func(email string) *customer.Customer {
		t.Helper()
		c, err := customer.ByEmail(ctx, d, email)
		if err != nil {
			t.Fatalf("%s: %v", email, err)
		}
		return c
	}
	bought := func(c *customer.Customer, sku string) []int64 {
		return rows[int64](t, d, `SELECT o.placed_at FROM orders o JOIN order_lines l ON l.order_id = o.id
			WHERE o.customer_id = ? AND l.sku LIKE ? AND o.payment_state = 'paid' ORDER BY 1`, int64(c.ID), sku)
	}
	for _, p := range SignIns() {
		if p.Role != "" {
			continue
		}
		c := find(p.Email)
		person, err := customer.Read(ctx, d, "", c.ID)
		if err != nil {
			t.Fatal(err)
		}
		home, _, err := segment.Of(ctx, d, person, firstStart)
		if err != nil {
			t.Fatal(err)
		}
		// Priya draws for a living, but what she told us is a hobby: photography.
		if want := p.Persona; home.Key != want && p.Name != "Priya Raman" {
			t.Errorf("%s sees the home of %s, want %s", p.Name, home.Key, want)
		}
		for _, o := range p.Owns {
			if got := bought(c, o.Product+"%"); len(got) == 0 {
				t.Errorf("%s never bought %s", p.Name, o.Product)
			}
		}
		if age, ok := c.Age(firstStart); p.BirthMonth > 0 && (!ok || age != p.Age) {
			t.Errorf("%s is %d, want %d", p.Name, age, p.Age)
		}
		for _, purpose := range customer.Purposes {
			want := p.Mail
			if purpose == customer.Personalize || purpose == customer.History {
				want = p.Personalize
			}
			if person.Given(purpose) != want {
				t.Errorf("%s allows %s: %v", p.Name, purpose, !want)
			}
		}
		if _, err := customer.SignIn(ctx, d, hasher, p.Email, Password, firstStart); err != nil {
			t.Errorf("%s cannot sign in: %v", p.Name, err)
		}
	}
	years := map[int]bool{}
	for _, at := range bought(find("gifter@demo.example"), "GF01%") {
		if when := time.UnixMilli(at).UTC(); when.Month() == time.May {
			years[when.Year()] = true
		}
	}
	if !years[2025] || !years[2026] {
		t.Errorf("Lin Yue bought flowers in the Mays of %v", years)
	}
	yearAgo := firstStart.AddDate(-1, 0, 0).UnixMilli()
	if n := one[int](t, d, "SELECT count(*) FROM orders WHERE customer_id = ? AND placed_at > ?", int64(find("loyal@demo.example").ID), yearAgo); n < 6 {
		t.Errorf("Grace ordered %d times in a year", n)
	}
	set, err := setting.Read(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	grace := find("loyal@demo.example")
	if tier, err := value.TierOf(ctx, d, set, customer.NewPerson(nil, grace, nil, nil), firstStart); err != nil || tier != value.VeryLoyal {
		t.Errorf("Grace is %s (%v)", tier, err)
	}
	if born, _ := time.Parse(time.DateOnly, find("loyal@demo.example").BirthDate); born.YearDay() != firstStart.AddDate(0, 0, 4).YearDay() {
		t.Errorf("Grace's birthday is %v", born)
	}
	if c := find("lapsed@demo.example"); c.Contact != "dead" {
		t.Errorf("Kenji's address is %s", c.Contact)
	}
	tom := find("builder@demo.example")
	left := rows[string](t, d, `SELECT v.sku FROM carts c JOIN cart_lines l ON l.cart_id = c.id JOIN variants v ON v.id = l.variant_id
		WHERE c.customer_id = ? AND c.state = 'open' AND c.simulated = FALSE`, int64(tom.ID))
	if len(left) != 1 || left[0] != "CO04-G32-INK" {
		t.Errorf("Tom left %v behind", left)
	}
	if n := one[int](t, d, "SELECT count(*) FROM questions WHERE customer_id = ? AND answered_at = 0", int64(tom.ID)); n != 1 {
		t.Errorf("Tom waits for %d answers", n)
	}
	if n := one[int](t, d, "SELECT count(*) FROM orders WHERE customer_id = ?", int64(find("private@demo.example").ID)); n != 0 {
		t.Errorf("Zhao Qiang has %d made-up orders", n)
	}
	child := one[int64](t, d, "SELECT month + 12 * year FROM important_dates WHERE kind = 'child' AND customer_id = ?", int64(find("parent@demo.example").ID))
	if want := int64(6 + 12*2026); child != want {
		t.Errorf("Li Na's baby was born in month %d, want %d", child, want)
	}
	if n := one[int](t, d, "SELECT count(*) FROM products WHERE code = 'SW02' AND published = TRUE"); n != 0 {
		t.Error("Plotline 3 is still on sale")
	}
}

func TestWhatIsMadeUpSaysSo(t *testing.T) {
	d := dbtest.SQLite(t)
	m := made(t, d, 60, 120)
	for _, table := range []string{"customers", "visitors"} {
		real := one[int](t, d, "SELECT count(*) FROM "+table+" WHERE simulated = FALSE")
		if want := map[string]int{"customers": 12}[table]; real != want {
			t.Errorf("%s: %d are not marked as simulated, want %d", table, real, want)
		}
	}
	for _, table := range []string{"carts", "questions"} { // Tom's
		if real := one[int](t, d, "SELECT count(*) FROM "+table+" WHERE simulated = FALSE"); real != 1 {
			t.Errorf("%s: %d are not marked as simulated, want Tom's", table, real)
		}
	}
	if real := one[int](t, d, "SELECT count(*) FROM orders WHERE simulated = FALSE"); real != 0 {
		t.Errorf("%d orders are not marked as simulated", real)
	}
	tom := one[int64](t, d, "SELECT id FROM customers WHERE email = 'builder@demo.example'")
	if real := one[int](t, d, "SELECT count(*) FROM events WHERE simulated = FALSE AND customer_id <> ?", tom); real != 0 {
		t.Errorf("%d events of the crowd are not marked as simulated", real)
	}
	for _, sql := range []string{"SELECT email FROM customers", "SELECT email FROM orders", "SELECT email FROM carts WHERE email <> ''", "SELECT email FROM questions WHERE email <> ''"} {
		for _, email := range rows[string](t, d, sql) {
			if !strings.HasSuffix(email, ".example") {
				t.Errorf("%s gives %s, which somebody may own", sql, email)
			}
		}
	}
	if n := one[int](t, d, "SELECT count(*) FROM customers WHERE simulated = TRUE AND password_hash <> ''"); n != 0 {
		t.Errorf("%d simulated people can be signed in as", n)
	}
	// No consent, no name in the log.
	if n := one[int](t, d, `SELECT count(*) FROM events e JOIN consents s ON s.customer_id = e.customer_id AND s.purpose = 'personalize' AND s.given = TRUE
		WHERE e.customer_id <> 0`); n != one[int](t, d, "SELECT count(*) FROM events WHERE customer_id <> 0") {
		t.Error("the log names people who do not allow it")
	}
	if got := one[int](t, d, "SELECT count(*) FROM events"); got < m.Events {
		t.Errorf("%d events, %d made", got, m.Events)
	}
}

func TestThePastIsSoundAsIfItHadHappened(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		made(t, d, 60, 120)
		wrong, err := inventory.Check(context.Background(), d, firstStart)
		if err != nil || len(wrong) > 0 {
			t.Errorf("stock: %v %v", wrong, err)
		}
		for what, sql := range map[string]string{
			"totals that do not add up": `SELECT count(*) FROM orders o WHERE o.total <> o.subtotal - o.discount + o.delivery
				OR o.subtotal <> (SELECT sum(l.unit_price * l.qty) FROM order_lines l WHERE l.order_id = o.id)`,
			"prices that did not hold": `SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id
				JOIN prices p ON p.variant_id = l.variant_id AND p.currency = o.currency WHERE p.list_amount <> l.unit_price`,
			"goods sold before they were on sale": `SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id
				JOIN products p ON p.id = l.product_id WHERE o.placed_at < p.published_at`,
			"paid orders without the money": `SELECT count(*) FROM orders o WHERE o.payment_state = 'paid'
				AND o.total <> coalesce((SELECT sum(captured - refunded) FROM payments p WHERE p.order_id = o.id), 0)`,
			"orders of carts that are still open": `SELECT count(*) FROM orders o JOIN carts c ON c.id = o.cart_id WHERE c.state <> 'converted'`,
			"converted carts without an order":    `SELECT count(*) FROM carts c WHERE c.state = 'converted' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.cart_id = c.id)`,
			"things that have not happened yet": `SELECT count(*) FROM (SELECT at FROM events UNION ALL SELECT at FROM cart_steps UNION ALL SELECT at FROM order_history
				UNION ALL SELECT created_at FROM customers UNION ALL SELECT answered_at FROM questions) AS a WHERE at > ` + fmt.Sprint(firstStart.UnixMilli()),
			"purchases twice in the log": `SELECT count(*) FROM (SELECT order_id FROM events WHERE kind = 'bought' GROUP BY order_id HAVING count(*) > 1) AS a`,
			"paid orders not in the log": `SELECT count(*) FROM orders o WHERE o.paid_at > 0 AND NOT EXISTS (SELECT 1 FROM events e WHERE e.kind = 'bought' AND e.order_id = o.id)`,
			"jobs about the past":        `SELECT count(*) FROM river_job WHERE kind = 'order.placed'`,
		} {
			if n := one[int](t, d, sql); n != 0 {
				t.Errorf("%d %s", n, what)
			}
		}
	})
}

// A quarter of the usual crowd, in the same 30 months.
func TestPlantedTruthsAreFoundAgain(t *testing.T) {
	d := dbtest.SQLite(t)
	ctx := context.Background()
	made(t, d, 300, usualDays)
	share := one[float64](t, d, "SELECT avg(CASE WHEN state = 'converted' THEN 0.0 ELSE 1.0 END) FROM carts WHERE simulated = TRUE")
	if share < .68 || share > .72 {
		t.Errorf("%.3f of the carts are left behind, want 0.70", share)
	}
	answered := `SELECT avg(CASE WHEN c.state = 'converted' THEN 0.0 ELSE 1.0 END) FROM questions q
		JOIN events e ON e.kind = 'question.asked' AND e.at = q.created_at AND e.product_id = q.product_id JOIN carts c ON c.id = e.cart_id
		WHERE q.answered_at > 0 AND q.answered_at - q.created_at `
	if share := one[float64](t, d, answered+"<= 600000"); share < .36 || share > .46 {
		t.Errorf("%.3f left after an answer within ten minutes, want 0.41", share)
	}
	if share := one[float64](t, d, answered+"> 86400000"); share < .74 || share > .86 {
		t.Errorf("%.3f left after an answer that took a day, want 0.80", share)
	}
	// Bought together: what the author put beside the bottle stands out.
	count, both, all := map[int64]int{}, map[[2]int64]int{}, 0
	for basket, err := range order.Baskets(ctx, d, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		all++
		for _, a := range basket.Products {
			count[int64(a.Product)]++
			for _, c := range basket.Products {
				both[[2]int64{int64(a.Product), int64(c.Product)}]++
			}
		}
	}
	id := func(code string) int64 { return one[int64](t, d, "SELECT id FROM products WHERE code = ?", code) }
	for _, pair := range [][2]string{{"BB01", "BB03"}, {"BB01", "BB05"}, {"BB01", "BB09"}, {"TL12", "TL11"}, {"CO03", "CO13"}, {"IN01", "BK04"}, {"HC01", "GF08"}, {"SP01", "SP02"}} {
		a, c := id(pair[0]), id(pair[1])
		n := both[[2]int64{a, c}]
		lift := float64(n) * float64(all) / float64(max(1, count[a])) / float64(max(1, count[c]))
		if n < 3 || lift < 1.5 {
			t.Errorf("%s with %s: %d orders of %d and %d, lift %.1f", pair[0], pair[1], n, count[a], count[c], lift)
		}
	}
	// Presents a day around the second Sunday of May, against any day.
	presents := func(from, to time.Time) float64 {
		n := one[int](t, d, `SELECT count(*) FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE l.sku LIKE 'GF%' AND o.placed_at BETWEEN ? AND ?`,
			from.UnixMilli(), to.UnixMilli())
		return float64(n) / (to.Sub(from).Hours() / 24)
	}
	may := func(year int) float64 {
		return presents(time.Date(year, 4, 29, 0, 0, 0, 0, time.UTC), time.Date(year, 5, 17, 0, 0, 0, 0, time.UTC))
	}
	mays, usual := (may(2025)+may(2026))/2, presents(firstStart.AddDate(0, 0, -usualDays), firstStart)
	if mays < 1.6*usual {
		t.Errorf("%.2f presents a day in May, %.2f on any day", mays, usual)
	}
	t.Logf("%.2f presents a day in May, %.2f on any day", mays, usual)
}
