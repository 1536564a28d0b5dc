package segment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/segment"
)

// clock is a shop whose time the test moves.
type clock struct {
	t    *testing.T
	d    *db.DB
	now  time.Time
	turn *segment.Turner
}

func newClock(t *testing.T, d *db.DB, rules ...string) *clock {
	t.Helper()
	c := &clock{t: t, d: d, now: now}
	c.turn = &segment.Turner{DB: d, Now: func() time.Time { return c.now }}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for i, text := range rules {
			key, text, _ := strings.Cut(text, ": ")
			purpose, key, found := strings.Cut(key, " ")
			if !found {
				purpose, key = segment.Audience, purpose
			}
			rule, wrong := segment.Parse(text)
			if wrong != nil {
				return wrong
			}
			if err := segment.Put(ctx, tx, segment.Segment{Key: key, Position: 20 + i, Name: i18n.Text{En: key}, Rule: rule, Purpose: purpose, Pageless: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.step(0)
	return c
}

// step lets time pass and the turn come round.
func (c *clock) step(d time.Duration) {
	c.t.Helper()
	c.now = c.now.Add(d)
	if err := c.turn.Turn(ctx); err != nil {
		c.t.Fatal(err)
	}
}

// in lists who is in what, and holds it against a rebuild.
func (c *clock) in() string {
	c.t.Helper()
	read := func() string {
		var rows []string
		if err := c.d.Query(ctx).Raw("SELECT m.segment || ' ' || c.name FROM segment_members m JOIN customers c ON c.id = m.customer_id ORDER BY m.segment, c.name").Scan(&rows).Error; err != nil {
			c.t.Fatal(err)
		}
		return strings.Join(rows, ", ")
	}
	turned := read()
	if wrong, err := segment.Misplaced(ctx, c.d, c.now); err != nil || len(wrong) > 0 {
		c.t.Errorf("at %s misplaced: %v, %v", c.now, wrong, err)
	}
	if err := segment.Renew(ctx, c.d, segment.ByRebuild, c.now); err != nil {
		c.t.Fatal(err)
	}
	if again := read(); again != turned {
		c.t.Errorf("at %s the turns gave %q, a rebuild %q", c.now, turned, again)
	}
	return turned
}

func (c *clock) moves(name string) string {
	c.t.Helper()
	var rows []string
	if err := c.d.Query(ctx).Raw(`SELECT CASE WHEN m.entered THEN '+' ELSE '-' END || m.segment || ' ' || m.cause FROM segment_moves m
		JOIN customers c ON c.id = m.customer_id WHERE c.name = ? ORDER BY m.id`, name).Scan(&rows).Error; err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(rows, ", ")
}

func (c *clock) signUp(name, birth string) *customer.Customer {
	c.t.Helper()
	who := signUp(c.t, c.d, customer.SignUpForm{Email: name + "@shop.example", Name: name, Personalize: true, History: true})
	c.do("UPDATE customers SET birth_date = ?, updated_at = ? WHERE id = ?", birth, db.At(c.now), int64(who.ID))
	return who
}

func (c *clock) do(sql string, args ...any) {
	c.t.Helper()
	if err := c.d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql, args...).Error }); err != nil {
		c.t.Fatal(err)
	}
}

func TestTimeAloneMovesPeopleOnTheMinute(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		c := newClock(t, d, "recent: last-order in last 30d", "quiet: last-order over 30d ago", "grown: age >= 21", "birthday: birthday in next 3d")
		ann := c.signUp("ann", "")
		c.step(time.Second)
		if in := c.in(); in != "" {
			t.Errorf("before anything: %s", in)
		}
		buy(t, d, ann, 1, "placed", "paid", "2026-11-22") // at 9 o'clock
		c.do("INSERT INTO order_history (order_id, axis, from_state, to_state, actor, at) SELECT max(id), 'payment', 'pending', 'paid', 'test', 1 FROM orders")
		c.step(time.Second)
		if in := c.in(); in != "recent ann" {
			t.Errorf("a second after the order: %s", in)
		}
		left := time.Date(2026, 12, 22, 9, 0, 0, 0, time.UTC) // 30 days after the order
		c.now = left.Add(-time.Minute)
		c.step(0)
		if in := c.in(); in != "recent ann" {
			t.Errorf("a minute before: %s", in)
		}
		c.step(time.Minute)
		if in := c.in(); in != "quiet ann" {
			t.Errorf("at the minute: %s", in)
		}
		if m := c.moves("ann"); m != "+recent order, -recent time, +quiet time" {
			t.Errorf("moves: %s", m)
		}
	})
}

func TestABirthdayChangesSegmentsWithoutAnEdit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		c := newClock(t, d, "grown: age >= 21", "birthday: birthday in next 3d")
		c.signUp("leap", "2008-02-29")
		c.signUp("may", "2008-05-20")
		for _, s := range []struct{ at, in string }{
			{"2026-11-23T00:00:00Z", ""},
			{"2027-02-25T23:59:30Z", "birthday leap"}, // on 1 March, in a year without 29 February; three days ahead with the 26th
			{"2027-02-26T00:00:00Z", "birthday leap"},
			{"2027-03-01T12:00:00Z", "birthday leap"},
			{"2027-03-02T00:00:00Z", ""},
			{"2029-02-28T23:59:59Z", "birthday leap"},
			{"2029-03-01T00:00:30Z", "birthday leap, grown leap"},
			{"2029-05-19T23:59:00Z", "birthday may, grown leap"},
			{"2029-05-20T00:00:30Z", "birthday may, grown leap, grown may"},
		} {
			at, err := time.Parse(time.RFC3339, s.at)
			if err != nil {
				t.Fatal(err)
			}
			c.now = at
			c.step(0)
			want := s.in
			if s.at == "2027-02-25T23:59:30Z" { // 26, 27, 28 February: not yet
				want = strings.TrimPrefix(want, "birthday leap")
			}
			if in := c.in(); in != want {
				t.Errorf("%s: %q, want %q", s.at, in, want)
			}
		}
	})
}

func TestWhatHappensIsFollowed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		c := newClock(t, d, "looker: viewed(category = feeding) >= 2 in last 7d", "filled: cart-pieces >= 1", "service asks: questions-open >= 1",
			"exclusion sender: returned >= 1", "speaks: language = zh")
		bo := c.signUp("bo", "")
		id := int64(bo.ID)
		c.step(time.Second)
		c.do("INSERT INTO events (at, kind, customer_id, product_id) VALUES (?, 'item.seen', ?, 1)", db.At(c.now), id)
		c.do("INSERT INTO carts (id, token, customer_id, currency, created_at, active_at) VALUES (1, 'c', ?, 'USD', 1, ?)", id, db.At(c.now))
		c.do("INSERT INTO cart_lines (cart_id, token, variant_id, qty, added_at) VALUES (1, 'l', 1, 2, 1)")
		c.do("INSERT INTO cart_steps (cart_id, kind, at) VALUES (1, 'add', 1)")
		c.step(time.Second)
		c.do("INSERT INTO questions (token, kind, customer_id, body, created_at) VALUES ('q', 'contact', ?, 'Where?', 1)", id)
		c.step(time.Second)
		if in := c.in(); in != "asks bo, filled bo" {
			t.Errorf("cart and question: %s", in)
		}
		c.do("INSERT INTO events (at, kind, customer_id, product_id) VALUES (?, 'item.seen', ?, 1)", db.At(c.now), id)
		c.step(time.Second)
		c.do("UPDATE questions SET answered_at = ?", db.At(c.now))
		c.step(time.Second)
		c.do("UPDATE customers SET lang = 'zh', updated_at = ?", db.At(c.now))
		c.step(time.Second)
		if in := c.in(); in != "filled bo, looker bo, speaks bo" {
			t.Errorf("answered, looked twice, another language: %s", in)
		}
		c.step(7 * 24 * time.Hour)
		if in := c.in(); in != "filled bo, speaks bo" {
			t.Errorf("a week later: %s", in)
		}
		buy(t, d, bo, 1, "placed", "paid", "2026-11-20")
		c.do("INSERT INTO returns (order_id, number, key, kind, state, asked_at) SELECT max(id), 'R', 'R', 'return', 'asked', 1 FROM orders")
		c.do("INSERT INTO return_steps (return_id, from_state, to_state, actor, at) SELECT max(id), '', 'asked', 'test', 1 FROM returns")
		c.step(time.Second)
		if in := c.in(); in != "sender bo" {
			t.Errorf("excluded: %s", in)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, bo.ID, customer.Personalize, false, "preferences", c.now)
		}); err != nil {
			t.Fatal(err)
		}
		c.step(time.Second)
		if in := c.in(); in != "" {
			t.Errorf("personal pages off: %s", in)
		}
		if m := c.moves("bo"); m != "+filled cart, +asks question, +looker behaviour, -asks question, +speaks profile, -looker time, -filled order, -speaks order, +sender order, -sender profile" {
			t.Errorf("moves: %s", m)
		}
	})
}

func TestTwoDecisionsAtOnceTellAMoveOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		c := newClock(t, d, "speaks: language = en")
		var people []customer.ID
		for i := range 20 {
			people = append(people, c.signUp(fmt.Sprint("p", i), "").ID)
		}
		failed := make(chan error, 6)
		for range cap(failed) {
			go func() { failed <- segment.Renew(ctx, d, segment.ByProfile, c.now) }()
		}
		for range cap(failed) {
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM segment_moves").Scan(&n).Error; err != nil || n != len(people) {
			t.Errorf("%d moves of %d people, %v", n, len(people), err)
		}
	})
}
