package outreach_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

// rises makes n people who allow offers, and whose tier rose this morning.
func (s *shop) rises(n int) {
	s.Helper()
	s.tx(func(tx *db.Tx) error {
		people := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) `
		at := db.At(monday.Add(-hour))
		for _, sql := range []string{
			people + `INSERT INTO customers (id, email, email_key, name, contact, email_verified_at, created_at, updated_at)
				SELECT i, 'p' || i || '@mail.example', 'p' || i || '@mail.example', 'Person ' || i, 'verified', 1, 1, 1 FROM n`,
			people + `INSERT INTO consents (customer_id, purpose, given, source, at) SELECT i, 'mail.offers', TRUE, 'preferences', 1 FROM n`,
		} {
			if err := tx.Query(ctx).Exec(sql, n).Error; err != nil {
				return err
			}
		}
		if err := tx.Query(ctx).Exec(people+`INSERT INTO tier_grants (key, customer_id, tier, reason, actor, since, ended_at)
			SELECT 'grant-of-person-' || i, i, 'loyal', 'test', 'staff', ?, ? FROM n`, n, at, db.At(monday.AddDate(1, 0, 0))).Error; err != nil {
			return err
		}
		return tx.Query(ctx).Exec(people+`INSERT INTO value_moves (customer_id, kind, was, became, cause, since, at, numbers)
			SELECT i, 'tier', 'occasional', 'loyal', 'grant', ?, ?, '{}' FROM n`, n, at, at).Error
	})
}

// Ten thousand mails are decided, written and handed to a mail server in a
// minute on two cores, and the last thousand needs no more memory than the
// first.
//
//	MAILS=10000 go test -v -run TenThousand ./internal/outreach
func TestTenThousandMails(t *testing.T) {
	n := number(t, "MAILS", 150)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if n > 1000 {
			t.Logf("%d mails", n)
		}
		s := open(t, d)
		server := startRelay(t, nil, nil)
		s.sendsOver(server, "").Patience = 20 * time.Second
		s.rises(n)
		var first, most uint64
		var watch sync.Mutex
		server.set(func(verb string) error {
			if verb != "TAKEN" {
				return nil
			}
			watch.Lock()
			defer watch.Unlock()
			server.Lock()
			k := len(server.taken)
			server.Unlock()
			if n >= 1000 && k%1000 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				if most = max(most, m.HeapAlloc); first == 0 {
					first = m.HeapAlloc
				}
			}
			return nil
		})
		began := time.Now()
		s.must(s.desk.TellTiers(ctx, monday))
		took := time.Since(began)
		once(t, server, n)
		if states := s.states(); states[outreach.Sent] != n || len(states) != 1 {
			t.Errorf("the rows say %v", states)
		}
		if n < 1000 {
			return
		}
		t.Logf("%d mails in %v, %.0f a second over %d connections; heap after 1,000: %d MB, the most: %d MB", n, took.Round(time.Millisecond),
			float64(n)/took.Seconds(), server.sessions, first>>20, most>>20)
		if took > time.Duration(n)*6*time.Millisecond {
			t.Errorf("%d mails took %v", n, took)
		}
		if most > first+16<<20 {
			t.Errorf("the heap grew from %d to %d bytes", first, most)
		}
	})
}

// once asserts that the server took each of n mails, and each once.
func once(t *testing.T, server *relay, n int) {
	t.Helper()
	got := server.holds()
	for id, times := range got {
		if times != 1 {
			t.Errorf("%s was taken %d times", id, times)
		}
	}
	if len(got) != n {
		t.Errorf("the server took %d different mails of %d", len(got), n)
	}
}

func (s *shop) states() map[outreach.State]int {
	s.Helper()
	var rows []struct {
		State outreach.State
		N     int
	}
	s.must(s.db.Query(ctx).Raw("SELECT state, count(*) AS n FROM sends GROUP BY state").Scan(&rows).Error)
	all := map[outreach.State]int{}
	for _, r := range rows {
		all[r.State] = r.N
	}
	return all
}

// The mail server goes down in the middle, answers slowly, refuses some for
// now and one for good, and hangs up on some after it took them. Afterwards
// each mail is there once, or its row says why it is not.
func TestThousandsOfMailsThroughABadDay(t *testing.T) {
	n := number(t, "MAILS", 120)
	s := open(t, dbtest.SQLite(t))
	server := startRelay(t, nil, nil)
	s.sendsOver(server, "").Patience = 150 * time.Millisecond
	s.rises(n)
	var turn sync.Mutex
	count := map[string]int{}
	server.set(func(verb string) error {
		turn.Lock()
		defer turn.Unlock()
		count[verb]++
		k := count[verb]
		switch {
		case verb == "HELO" && k%5 == 0:
			return says(421, 4, 3, 2)
		case verb == "MAIL" && k%11 == 0:
			return says(451, 4, 3, 0)
		case verb == "MAIL" && k%13 == 0:
			return drops
		case verb == "RCPT" && k%7 == 0:
			return says(450, 4, 2, 1)
		case verb == "RCPT" && k%17 == 0:
			return says(550, 5, 1, 1)
		case verb == "DATA" && k%9 == 0:
			return says(452, 4, 3, 1)
		case verb == "DATA" && k == 20:
			return hangs
		case verb == "TAKEN" && k%10 == 0:
			return drops
		}
		return nil
	})
	for i := range 4 { // tries are a quarter of an hour apart
		s.must(s.desk.TellTiers(ctx, monday.Add(time.Duration(i)*20*time.Minute)))
		if i == 1 { // and for one sweep nobody answers at all
			s.sendsOver(&relay{url: "127.0.0.1:1"}, "")
			s.must(s.desk.TellTiers(ctx, monday.Add(30*time.Minute)))
			s.sendsOver(server, "").Patience = 150 * time.Millisecond
		}
	}
	server.set(nil)
	for i := range 4 {
		s.must(s.desk.TellTiers(ctx, monday.Add(2*hour+time.Duration(i)*20*time.Minute)))
	}
	taken := server.holds()
	rows, err := outreach.Sends(ctx, s.db, outreach.Filter{PerPage: 200})
	s.must(err)
	all := rows.Sends
	for len(all) < rows.Total {
		next, err := outreach.Sends(ctx, s.db, outreach.Filter{PerPage: 200, Page: len(all)/200 + 1})
		s.must(err)
		all = append(all, next.Sends...)
	}
	why := map[string]int{}
	for _, row := range all {
		times := taken["<"+row.MessageID+">"]
		code, _, _ := strings.Cut(row.Reason, ": ")
		why[string(row.State)+" "+code]++
		switch {
		case row.State == outreach.Sent && times == 1:
		case row.State == outreach.Failed && code == "unknown-outcome" && times <= 1:
		case row.State == outreach.Failed && (code == "refused-by-server" || code == "mail-away") && times == 0:
		case row.State == outreach.Withheld && times == 0:
		default:
			t.Errorf("%s is %s %q and was taken %d times", row.Key, row.State, row.Reason, times)
		}
	}
	if len(all) != n || len(why) < 3 {
		t.Errorf("%d rows of %d: %v", len(all), n, why)
	}
	t.Log(why)
}

// subscribe makes n people who allow offers and asked for the week's specials.
func (s *shop) subscribe(n int) {
	s.Helper()
	const portion = 10_000
	for from := 1; from <= n; from += portion {
		numbers := fmt.Sprintf("WITH RECURSIVE n(i, key) AS (SELECT CAST(%d AS BIGINT), 'p' || substr('0000000' || %d, -7) || '@mail.example' UNION ALL SELECT i + 1, 'p' || substr('0000000' || (i + 1), -7) || '@mail.example' FROM n WHERE i < %d) ", from, from, min(from+portion-1, n))
		s.tx(func(tx *db.Tx) error {
			for _, sql := range []string{
				`INSERT INTO customers (id, email, email_key, name, contact, email_verified_at, created_at, updated_at) SELECT i, key, key, 'Person ' || i, 'verified', 1, 1, 1 FROM n`,
				`INSERT INTO consents (customer_id, purpose, given, source, at) SELECT i, 'mail.offers', TRUE, 'preferences', 1 FROM n`,
				`INSERT INTO mail_preferences (email_key, on_topics, updated_at) SELECT key, 'specials', 1 FROM n`,
			} {
				if err := tx.Query(ctx).Exec(numbers + sql).Error; err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// A sweep of the week's specials reads only whom it comes to: what somebody
// costs is the same in a shop of any size, and the last of them need no more
// memory than the first.
//
//	SUBSCRIBERS=400000 go test -v -run SpecialsCost ./internal/outreach
func TestSpecialsCostTheSameInALargeShop(t *testing.T) {
	n := number(t, "SUBSCRIBERS", 60)
	sent := min(2000, n/2) // of the last ones, behind everybody else
	s := open(t, dbtest.SQLite(t))
	for _, code := range []string{"CUP", "PLATE", "SPOON"} {
		s.product(code, nil)
	}
	s.set("specials.day", "mon")
	s.set("specials.hour", "9")
	s.subscribe(n)
	s.tx(func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("INSERT INTO special_weeks (week, after_key, began_at) VALUES ('2026-W10', ?, 1)", fmt.Sprintf("p%07d@mail.example", n-sent)).Error
	})
	began, heap := time.Now(), heapNow()
	s.must(s.desk.SendSpecials(ctx, monday))
	took := time.Since(began)
	if states := s.states(); states[outreach.Sent] != sent || len(states) != 1 {
		t.Errorf("the rows say %v, want %d", states, sent)
	}
	t.Logf("%d of %d subscribers in %v, %v each; the heap grew by %d KB", sent, n, took.Round(time.Millisecond), (took / time.Duration(sent)).Round(time.Microsecond), (int64(heapNow())-int64(heap))>>10)
	began = time.Now()
	s.must(s.desk.SendSpecials(ctx, monday.Add(time.Minute)))
	t.Logf("the sweep behind it: %v", time.Since(began).Round(time.Microsecond))
	if states := s.states(); states[outreach.Sent] != sent {
		t.Errorf("another sweep changed the rows to %v", states)
	}
}

// leaveMany lets n people have left a cart in the last 25 days, whose step was
// decided on.
func (s *shop) leaveMany(n int) {
	s.Helper()
	s.subscribe(n)
	const portion = 10_000
	for from := 1; from <= n; from += portion {
		numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", from, min(from+portion-1, n))
		at := fmt.Sprintf("%d - CAST(i AS BIGINT) * %d", monday.Add(-26*hour).UnixMilli(), 25*24*hour.Milliseconds()/int64(n))
		s.tx(func(tx *db.Tx) error {
			for _, sql := range []string{
				`INSERT INTO carts (id, token, customer_id, state, currency, created_at, started_at, active_at) SELECT i, 'C' || i, i, 'open', 'USD', 1, 1, ` + at + ` FROM n`,
				fmt.Sprintf(`INSERT INTO cart_lines (cart_id, token, variant_id, qty, seen_price, added_at) SELECT i, 'L' || i, %d, 1, 1250, 1 FROM n`, int64(s.variants["BOTTLE"])),
				`INSERT INTO sends (key, class, template, cart_id, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at)
					SELECT 'followup:' || i || ':' || (` + at + `) || ':1', 'relationship', 'followup', i, i, '', 'en', 'm' || i, 'withheld', 1, 1, 1, 1 FROM n`,
			} {
				if err := tx.Query(ctx).Exec(numbers + sql).Error; err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// The follow-up looks each minute for carts that came to their step. It does
// not look at all that were left in a month for that, and misses none.
//
//	LEFT=200000 go test -v -run FollowUpFinds ./internal/outreach
func TestFollowUpFindsTheNewOnesAmongManyCarts(t *testing.T) {
	n := number(t, "LEFT", 40)
	s := open(t, dbtest.SQLite(t))
	s.set("quiet.hours", "off")
	s.leaveMany(n)
	sweep := func(at time.Time, want int) {
		t.Helper()
		began := time.Now()
		sent, err := s.desk.FollowUp(ctx, at)
		if s.must(err); sent != want {
			t.Errorf("%d mails at %s, want %d", sent, at.Format("02T15:04"), want)
		}
		t.Logf("%s: %v", at.Format("02T15:04"), time.Since(began).Round(time.Microsecond))
	}
	sweep(monday, 0) // all of them
	ann, bob := s.account("ann@mail.test", nil), s.account("bob@mail.test", nil)
	s.leaves(ann, monday.Add(-24*hour+5*time.Minute))
	s.leaves(bob, monday.Add(-30*hour)) // only a look at all finds what came so late
	sweep(monday.Add(time.Minute), 0)
	sweep(monday.Add(5*time.Minute), 1)
	sweep(monday.Add(6*time.Minute), 0)
	sweep(monday.Add(time.Hour), 1)
	sweep(monday.Add(time.Hour+time.Minute), 0)
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
