package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/setting"
)

// RetestFollowUp sums up both sides of every run anew, from who was on which
// side, what they paid for and what they said. It is the one way to these
// sums, for the job and for "rebuild reports".
func RetestFollowUp(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	runs, err := followRuns(ctx, d)
	if err != nil || len(runs) == 0 {
		return err
	}
	lines, err := sales(ctx, d, runs[0].Since.Add(-lookBack), now.Add(time.Second), v.Currency())
	if err != nil {
		return err
	}
	var rows [][]any
	for _, r := range runs {
		all, err := followers(ctx, d, r)
		if err != nil {
			return err
		}
		if err := all.gather(ctx, d, lines, now); err != nil {
			return err
		}
		for _, s := range sidesOf(r, all.people, now.UnixMilli()) {
			arm := "treat"
			if s.held {
				arm = "held"
			}
			rows = append(rows, []any{r.ID, arm, r.Simulated, s.measure, s.raw.N, s.raw.Buyers, s.raw.Sum, s.raw.Sq, s.raw.Cross,
				s.cut.Sum, s.cut.Sq, s.cut.Cross, s.raw.BeforeSum, s.raw.BeforeSq, db.At(now)})
		}
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.Turn(ctx, tx, "recount-followup"); err != nil {
			return err
		}
		if err := tx.Query(ctx).Exec("DELETE FROM followup_tests").Error; err != nil {
			return fmt.Errorf("sum up the follow-up: %w", err)
		}
		_, err := tx.Insert(ctx, "followup_tests", strings.Fields(`run_id arm simulated measure people with_any raw_sum raw_sq raw_cross
			capped_sum capped_sq capped_cross before_sum before_sq counted_at`), rows, false)
		return err
	})
}

func followRuns(ctx context.Context, q db.Q) ([]FollowRun, error) {
	var all []FollowRun
	if err := q.Query(ctx).Raw("SELECT id, number, simulated, held, planned, salt, why, since FROM followup_runs ORDER BY since, id").Scan(&all).Error; err != nil {
		return nil, fmt.Errorf("read the runs of the follow-up: %w", err)
	}
	return all, nil
}

// followed are the people of one run, by what stands for them, by account and
// by the hash of their address.
type followed struct {
	run        FollowRun
	people     map[string]*follower
	byCustomer map[int64]*follower
}

// followers reads who was on which side. Whoever was on two, since two
// accounts became one, is on the survivor's (outreach.ArmOf).
func followers(ctx context.Context, q db.Q, r FollowRun) (*followed, error) {
	f := &followed{r, map[string]*follower{}, map[int64]*follower{}}
	err := each(ctx, q, "SELECT person, coalesce(customer_id, 0), arm, assigned_at FROM followup_arms WHERE run_id = ? ORDER BY merged, id", []any{r.ID}, func(rows *sql.Rows) error {
		var person, arm string
		var owner, at int64
		if err := rows.Scan(&person, &owner, &arm, &at); err != nil {
			return err
		}
		p := f.people[person]
		if p == nil {
			p = &follower{held: arm == "held", simulated: r.Simulated, at: at}
			f.people[person] = p
		}
		if owner != 0 {
			f.byCustomer[owner] = p
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the people of run %d: %w", r.Number, err)
	}
	return f, nil
}

// whose finds a person by account or by address.
func (f *followed) whose(customerID int64, email string) *follower {
	if p := f.byCustomer[customerID]; p != nil && customerID != 0 {
		return p
	}
	if email == "" {
		return nil
	}
	return f.people[experiment.Person(f.run.Salt, customer.EmailKey(email))]
}

// gather reads what became of the people of a run.
func (f *followed) gather(ctx context.Context, q db.Q, lines []sold, now time.Time) error {
	if len(f.people) == 0 {
		return nil
	}
	since := f.run.Since.Add(-lookBack)
	closed := map[int64]bool{} // accounts whose past is not to be used
	err := each(ctx, q, "SELECT DISTINCT customer_id FROM consents WHERE purpose IN ('history', 'personalize') AND given = FALSE", nil, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		closed[id] = true
		return err
	})
	if err != nil {
		return fmt.Errorf("read whose past is closed: %w", err)
	}
	type bought struct {
		who *follower
		own bool // of an account that lets its past be used
	}
	orders := map[int64]bought{}
	err = each(ctx, q, `SELECT id, coalesce(customer_id, 0), email, placed_at, payment_state FROM orders
		WHERE placed_at >= ? AND placed_at < ? AND simulated = ? AND imported = FALSE AND replaces = 0 AND state <> 'cancelled' AND payment_state IN ('paid', 'partly-refunded', 'refunded')`,
		[]any{db.At(since), db.At(now.Add(time.Second)), f.run.Simulated}, func(rows *sql.Rows) error {
			var id, owner, at int64
			var email, paid string
			if err := rows.Scan(&id, &owner, &email, &at, &paid); err != nil {
				return err
			}
			p := f.whose(owner, email)
			if p == nil {
				return nil
			}
			orders[id] = bought{p, owner != 0 && !closed[owner]}
			if p.within(at, Window) {
				p.flags[0] = true
			}
			if p.within(at, YieldWithin) && paid != "paid" {
				p.flags[3] = true
			}
			return nil
		})
	if err != nil {
		return fmt.Errorf("read what the people of run %d bought: %w", f.run.Number, err)
	}
	for _, l := range lines {
		b := orders[l.order]
		switch {
		case b.who == nil:
		case b.who.within(l.at, YieldWithin):
			b.who.yield += l.revenue
		case b.own && l.at < b.who.at && l.at >= b.who.at-lookBack.Milliseconds():
			b.who.before += l.revenue
		}
	}
	return f.guards(ctx, q)
}

// within reports whether something happened in the time after the cart rested.
func (p *follower) within(at int64, span time.Duration) bool {
	return at >= p.at && at < p.at+span.Milliseconds()
}

// guards reads who said no, complained or gave back.
func (f *followed) guards(ctx context.Context, q db.Q) error {
	since := db.At(f.run.Since.Time)
	for _, ask := range []struct {
		flag int
		sql  string
	}{
		{1, "SELECT customer_id, '', at FROM consents WHERE purpose LIKE 'mail.%' AND given = FALSE AND at >= ?"},
		{1, "SELECT 0, email_key, at FROM suppressions WHERE reason <> 'complaint' AND at >= ?"},
		{2, "SELECT 0, email_key, at FROM suppressions WHERE reason = 'complaint' AND at >= ?"},
		{2, "SELECT coalesce(customer_id, 0), email, complaint_at FROM questions WHERE complaint_at > 0 AND complaint_at >= ?"},
	} {
		err := each(ctx, q, ask.sql, []any{since}, func(rows *sql.Rows) error {
			var owner, at int64
			var email string
			if err := rows.Scan(&owner, &email, &at); err != nil {
				return err
			}
			if p := f.whose(owner, email); p != nil && p.within(at, YieldWithin) {
				p.flags[ask.flag] = true
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read what the people of run %d said: %w", f.run.Number, err)
		}
	}
	return nil
}

// FollowUps judges every run in which somebody went without, the newest first.
func FollowUps(ctx context.Context, q db.Q, simulated bool) ([]Followed, error) {
	runs, err := followRuns(ctx, q)
	if err != nil {
		return nil, err
	}
	sides, counted := map[int64]map[string][2]side{}, map[int64]int64{}
	err = each(ctx, q, `SELECT run_id, arm, measure, people, with_any, raw_sum, raw_sq, raw_cross, capped_sum, capped_sq, capped_cross, before_sum, before_sq, counted_at
		FROM followup_tests WHERE simulated = ?`, []any{simulated}, func(rows *sql.Rows) error {
		var s side
		var arm string
		var at int64
		if err := rows.Scan(&s.run, &arm, &s.measure, &s.raw.N, &s.raw.Buyers, &s.raw.Sum, &s.raw.Sq, &s.raw.Cross,
			&s.cut.Sum, &s.cut.Sq, &s.cut.Cross, &s.raw.BeforeSum, &s.raw.BeforeSq, &at); err != nil {
			return err
		}
		s.cut.N, s.cut.Buyers, s.cut.BeforeSum, s.cut.BeforeSq = s.raw.N, s.raw.Buyers, s.raw.BeforeSum, s.raw.BeforeSq
		if sides[s.run] == nil {
			sides[s.run] = map[string][2]side{}
		}
		two := sides[s.run][s.measure]
		two[map[string]int{"held": 1}[arm]] = s
		sides[s.run][s.measure], counted[s.run] = two, at
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tests of the follow-up: %w", err)
	}
	var all []Followed
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if r.Simulated != simulated || r.Held == 0 {
			continue
		}
		at := db.Time{}
		if counted[r.ID] > 0 {
			at = db.At(time.UnixMilli(counted[r.ID]))
		}
		f := judgedRun(r, sides[r.ID], at)
		until := db.At(time.UnixMilli(math.MaxInt64))
		for _, next := range runs[i+1:] {
			if next.Simulated == simulated {
				until = next.Since
				break
			}
		}
		if err := f.coupons(ctx, q, until); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// coupons adds up what coupons that came with reminders took off.
func (f *Followed) coupons(ctx context.Context, q db.Q, until db.Time) error {
	err := q.Query(ctx).Raw(`SELECT count(*), coalesce(sum(r.amount), 0) FROM code_bounds b JOIN redemptions r ON r.code_id = b.code_id AND r.state <> 'released'
		JOIN orders o ON o.id = r.order_id WHERE b.ref LIKE 'followup:%' AND b.made_at >= ? AND b.made_at < ? AND o.simulated = ?`, f.Run.Since, until, f.Run.Simulated).Row().Scan(&f.Redeemed, &f.Coupons)
	if err != nil {
		return fmt.Errorf("add up the coupons of run %d: %w", f.Run.Number, err)
	}
	return nil
}

// CreditOf counts what came back of the carts of a question.
func CreditOf(ctx context.Context, q db.Q, ask Question) (Credit, error) {
	var joins []string
	where, args, err := ask.where(&joins)
	if err != nil {
		return Credit{}, err
	}
	query := `SELECT coalesce(sum(r), 0), count(*), coalesce(sum(recovered), 0), coalesce(sum(recovered * r), 0), coalesce(sum(by_mail), 0), coalesce(sum(by_mail * r), 0),
		coalesce(sum(by_link), 0), coalesce(sum(by_link * r), 0), coalesce(sum(c), 0), coalesce(sum(c * r), 0), coalesce(sum(recovered * net), 0), coalesce(sum(c * net), 0) FROM (
		SELECT f.recovered, f.by_mail, f.by_link, f.net, CASE WHEN f.followup <> '' THEN 1 ELSE 0 END AS r,
		CASE WHEN f.by_link = 1 AND EXISTS (SELECT 1 FROM cart_steps s WHERE s.cart_id = f.cart_id AND s.kind = 'restored' AND s.at <= f.converted_at AND s.at >= f.converted_at - ?) THEN 1 ELSE 0 END AS c
		FROM cart_facts f` + strings.Join(joins, "") + ` WHERE f.abandoned = 1 AND ` + where + ") x"
	var c Credit
	err = q.Query(ctx).Raw(query, append([]any{CreditWithin.Milliseconds()}, args...)...).Row().Scan(&c.Reachable, &c.Abandoned, &c.Recovered, &c.RecoveredReachable,
		&c.ByMail, &c.ByMailReachable, &c.ByLink, &c.ByLinkReachable, &c.Credited, &c.CreditedReachable, &c.RecoveredValue, &c.CreditedValue)
	if err != nil {
		return Credit{}, fmt.Errorf("count what came back: %w", err)
	}
	return c, nil
}

// volumeDays is how far back a shop's volume is looked at.
const volumeDays = 56

// VolumeOf is how many people a week there are to learn from: whoever was
// drawn in the last eight weeks, and before anybody was, whose abandoned carts
// say that they may be written to.
func VolumeOf(ctx context.Context, q db.Q, simulated bool, now time.Time) (Volume, error) {
	since, ripe := db.At(now.AddDate(0, 0, -volumeDays)), db.At(now.Add(-Window))
	var v Volume
	var people int64
	row := func(into *int64, query string, args ...any) error {
		if err := q.Query(ctx).Raw(query, args...).Row().Scan(into); err != nil {
			return fmt.Errorf("count the people to learn from: %w", err)
		}
		return nil
	}
	if err := row(&people, "SELECT count(DISTINCT person) FROM followup_arms WHERE assigned_at >= ? AND simulated = ?", since, simulated); err != nil {
		return v, err
	}
	var n, back int64
	const reachable = ` FROM cart_facts f JOIN carts c ON c.id = f.cart_id WHERE f.abandoned = 1 AND f.simulated = ? AND f.started_at >= ? AND (c.customer_id IS NULL AND c.mail_ok = TRUE
		OR EXISTS (SELECT 1 FROM consents n WHERE n.customer_id = c.customer_id AND n.purpose = 'mail.cart' AND n.given = TRUE))`
	if people == 0 {
		if err := row(&people, "SELECT count(DISTINCT CASE WHEN c.customer_id IS NULL THEN -c.id ELSE c.customer_id END)"+reachable, simulated, since); err != nil {
			return v, err
		}
	}
	v.PerWeek = float64(people) / (volumeDays / 7)
	err := q.Query(ctx).Raw(`SELECT coalesce(sum(t.people), 0), coalesce(sum(t.with_any), 0) FROM followup_tests t WHERE t.measure = ? AND t.arm = 'held' AND t.simulated = ?`, Returned, simulated).Row().Scan(&n, &back)
	if err != nil {
		return v, fmt.Errorf("count who came back by themselves: %w", err)
	}
	if v.Known = n >= experiment.FewestPeople; !v.Known {
		if err := q.Query(ctx).Raw("SELECT count(*), coalesce(sum(f.recovered), 0)"+reachable+" AND f.started_at <= ?", simulated, since, ripe).Row().Scan(&n, &back); err != nil {
			return v, fmt.Errorf("count who came back: %w", err)
		}
	}
	// A share needs some people to be one; crm.md's tenth until then.
	v.Of, v.Natural = int(n), .1
	if n >= experiment.FewestPeople {
		v.Natural = min(.9, max(.01, float64(back)/float64(n)))
	}
	return v, nil
}
