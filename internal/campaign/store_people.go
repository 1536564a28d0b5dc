package campaign

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/segment"
)

// audience is the statement that finds whom a campaign is for: a segment by its
// rule now, or every account but those an exclusion holds. A segment that is
// gone holds nobody.
func (c *Campaign) audience(ctx context.Context, q db.Q, now time.Time) (segment.Part, bool, error) {
	if c.Audience == "" {
		return segment.Part{SQL: "SELECT id FROM customers WHERE erased_at = 0"}, true, nil
	}
	b, err := segment.Read(ctx, q)
	if err != nil {
		return segment.Part{}, false, err
	}
	s, ok := b.Find(c.Audience)
	if !ok || !s.ArchivedAt.IsZero() {
		return segment.Part{}, false, nil
	}
	p, err := b.PartOf(s, now)
	return p, true, err
}

// The parts of an audience that Look tells apart before those it is given.
const (
	PartSimulated = "simulated" // made up; the gate writes to none of them
	PartExcluded  = "excluded"  // a segment that excludes holds them
	PartKept      = "kept"      // drawn to get no mail of consent at all; the last that is asked
)

// Looked is an audience as steps of subtraction.
type Looked struct {
	All   int
	Parts map[string]int // by the key of a part
	Later int            // of those the mail may go to, who had as many as may be and get it once they may again
	Held  int            // of those it may go to, who go without
	Goes  int            // gets it, now or later
}

// Look asks of everybody in the audience what the gate would say: parts, in
// their order, keep the mail from somebody (outreach.Reach); the one called
// later only puts it off. kept says of an account and its address whether they
// get no mail at all (outreach.KeptFrom). Whoever nothing keeps it from is drawn.
func (c *Campaign) Look(ctx context.Context, q db.Q, parts []segment.Part, later string, kept func(customer.ID, string) bool, now time.Time) (*Looked, error) {
	whom, ok, err := c.audience(ctx, q, now)
	out := &Looked{Parts: map[string]int{}}
	if err != nil || !ok {
		return out, err
	}
	all := []segment.Part{}
	if !c.Simulated {
		all = append(all, segment.Part{Key: PartSimulated, SQL: "SELECT id FROM customers WHERE simulated = TRUE"})
	}
	if c.Audience == "" {
		more, err := exclusions(ctx, q, now)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	all = append(all, parts...)
	kind, args := "CASE", []any{}
	for i, p := range all {
		kind += fmt.Sprintf(" WHEN c.id IN (%s) THEN %d", p.SQL, i+1)
		args = append(args, p.Args...)
	}
	kind += " ELSE 0 END"
	var rows []struct {
		ID       customer.ID
		EmailKey string
		Part     int
	}
	err = q.Query(ctx).Raw("SELECT c.id, c.email_key, "+kind+" AS part FROM customers c WHERE c.erased_at = 0 AND c.id IN ("+whom.SQL+")", append(args, whom.Args...)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look whom campaign %s reaches: %w", c.Name, err)
	}
	out.All = len(rows)
	for _, r := range rows {
		waits := r.Part > 0 && all[r.Part-1].Key == later
		switch {
		case r.Part > 0 && !waits:
			out.Parts[all[r.Part-1].Key]++
		case kept(r.ID, r.EmailKey):
			out.Parts[PartKept]++
		case c.Draws(r.ID) == Held:
			out.Held++
		default:
			out.Goes++
			if waits {
				out.Later++
			}
		}
	}
	return out, nil
}

func exclusions(ctx context.Context, q db.Q, now time.Time) (all []segment.Part, err error) {
	b, err := segment.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, s := range b.Segments {
		if s.Purpose == segment.Exclusion && s.ArchivedAt.IsZero() {
			p, err := b.PartOf(s, now)
			if err != nil {
				return nil, err
			}
			p.Key = PartExcluded
			all = append(all, p)
		}
	}
	return all, nil
}

// Live lists campaigns that run, and those whose time has come, which begin
// now. Of two that begin one at once, one does.
func Live(ctx context.Context, d *db.DB, now time.Time) ([]Campaign, error) {
	var all []Campaign
	if err := d.Query(ctx).Where("state = 'running' OR state = 'scheduled' AND starts_at <= ?", db.At(now)).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read which campaigns run: %w", err)
	}
	for i := range all {
		if c := &all[i]; c.State == Scheduled {
			err := d.InTx(ctx, func(tx *db.Tx) error {
				done := tx.Query(ctx).Exec("UPDATE campaigns SET state = 'running', started_at = ?, updated_at = ? WHERE id = ? AND state = 'scheduled'", db.At(now), db.At(now), int64(c.ID))
				return done.Error
			})
			if err != nil {
				return nil, fmt.Errorf("begin campaign %s: %w", c.Name, err)
			}
			c.State, c.StartedAt = Running, db.At(now)
		}
	}
	return all, nil
}

// batch is how many people a transaction takes in.
const batch = 500

// reader is somebody of an audience and where they are.
type reader struct {
	ID   customer.ID
	Zone string
}

// next reads the people of the audience behind ListedTo, and the last account
// that was looked at for it. A segment's rule is asked of everybody at once, by
// the first batch of a sweep: asked per batch it would read the shop once each.
func (c *Campaign) next(ctx context.Context, q db.Q, now time.Time) (people []reader, to int64, all bool, err error) {
	const who = "SELECT id, zone FROM customers WHERE erased_at = 0 AND simulated = ? AND "
	if c.Audience == "" {
		err = q.Query(ctx).Raw(who+"id > ? ORDER BY id LIMIT ?", c.Simulated, c.ListedTo, batch).Scan(&people).Error
	} else if c.found == nil {
		err = c.find(ctx, q, now)
	}
	if err != nil {
		return nil, 0, false, fmt.Errorf("list the people of campaign %s: %w", c.Name, err)
	}
	to = c.ListedTo
	if c.Audience == "" {
		if len(people) > 0 {
			to = int64(people[len(people)-1].ID)
		}
		return people, to, len(people) < batch, nil
	}
	ids := (*c.found)[:min(batch, len(*c.found))]
	if len(ids) > 0 {
		to = int64(ids[len(ids)-1])
		if err = q.Query(ctx).Raw(who+"id IN ? ORDER BY id", c.Simulated, ids).Scan(&people).Error; err != nil {
			return nil, 0, false, fmt.Errorf("list the people of campaign %s: %w", c.Name, err)
		}
	}
	rest := (*c.found)[len(ids):]
	c.found = &rest
	return people, to, len(rest) == 0, nil
}

// find asks the rule of the audience: eight bytes a person until all are in.
func (c *Campaign) find(ctx context.Context, q db.Q, now time.Time) error {
	whom, ok, err := c.audience(ctx, q, now)
	found := []customer.ID{}
	if err == nil && ok {
		err = q.Query(ctx).Raw("SELECT DISTINCT a.customer_id FROM ("+whom.SQL+") a WHERE a.customer_id > ? ORDER BY a.customer_id", append(slices.Clone(whom.Args), c.ListedTo)...).Scan(&found).Error
	}
	c.found = &found
	return err
}

// TakeIn writes down the next people of the audience, each once. A crash
// between two batches loses nobody and doubles nobody; once all are in, c says
// Listed. more: there may be others.
func (c *Campaign) TakeIn(ctx context.Context, d *db.DB, zone *time.Location, now time.Time) (more bool, err error) {
	if c.Listed {
		return false, nil
	}
	people, last, all, err := c.next(ctx, d, now)
	if err != nil {
		return false, err
	}
	rows := make([][]any, len(people))
	for i, p := range people {
		own := zone
		if p.Zone != "" && p.Zone != "Local" {
			if loc, err := time.LoadLocation(p.Zone); err == nil {
				own = loc
			}
		}
		rows[i] = []any{int64(c.ID), int64(p.ID), Key(c.ID, p.ID), string(NoSide), db.At(c.due(own, now))}
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		done := tx.Query(ctx).Exec("UPDATE campaigns SET listed_to = ?, listed = ? WHERE id = ? AND listed_to = ? AND state = 'running'", last, all, int64(c.ID), c.ListedTo)
		if done.Error != nil || done.RowsAffected == 0 {
			more = false // somebody else is at it, or it was stopped
			return done.Error
		}
		more = !all
		_, err := tx.Insert(ctx, "campaign_people", []string{"campaign_id", "customer_id", "send_key", "arm", "due_at"}, rows, true)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write down the people of campaign %s: %w", c.Name, err)
	}
	c.ListedTo, c.Listed = last, all
	return more, nil
}

// Due lists people behind after who are to be asked about now.
func (c *Campaign) Due(ctx context.Context, q db.Q, after int64, limit int, now time.Time) ([]Person, error) {
	var all []Person
	err := q.Query(ctx).Where("campaign_id = ? AND due_at > 0 AND due_at <= ? AND id > ? AND customer_id IS NOT NULL AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = campaign_id AND c.state = 'running')",
		c.ID, db.At(now), after).Order("id").Limit(limit).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read who is due of campaign %s: %w", c.Name, err)
	}
	return all, nil
}

// Side says in the transaction that decides on somebody's mail, once nothing
// else keeps it from them, on which side they are, and writes it down. It holds
// the campaign, so that one that is stopped meanwhile is seen as stopped.
func (c *Campaign) Side(ctx context.Context, tx *db.Tx, p *Person, now time.Time) (State, Side, error) {
	var states []State
	if err := db.ForUpdate(tx.Query(ctx)).Table("campaigns").Where("id = ?", c.ID).Pluck("state", &states).Error; err != nil || len(states) == 0 {
		return "", "", fmt.Errorf("read the state of campaign %s: %w", c.Name, err)
	}
	if states[0] != Running || p.CustomerID == nil {
		return states[0], NoSide, nil
	}
	arm := c.Draws(*p.CustomerID)
	if p.Arm != NoSide {
		arm = p.Arm // they were drawn before, perhaps as another account
	}
	err := tx.Query(ctx).Exec("UPDATE campaign_people SET arm = ?, assigned_at = ? WHERE id = ? AND arm = ''", string(arm), db.At(now), p.ID).Error
	if err != nil {
		return "", "", fmt.Errorf("note the side of somebody in campaign %s: %w", c.Name, err)
	}
	return Running, arm, nil
}

// Settle notes when somebody is asked about again; zero: never.
func Settle(ctx context.Context, tx *db.Tx, p *Person, due db.Time) error {
	err := tx.Query(ctx).Exec("UPDATE campaign_people SET due_at = ? WHERE id = ? AND due_at > 0", due, p.ID).Error
	if err != nil {
		return fmt.Errorf("settle somebody of a campaign: %w", err)
	}
	return nil
}

// Finish ends a campaign that has nobody left to ask, or whose time is over.
func (c *Campaign) Finish(ctx context.Context, tx *db.Tx, now time.Time) error {
	over := c.Ends(now)
	sql := "UPDATE campaigns SET state = 'done', ended_at = ?, updated_at = ? WHERE id = ? AND state = 'running'"
	if !over {
		sql += " AND listed = TRUE AND NOT EXISTS (SELECT 1 FROM campaign_people p WHERE p.campaign_id = campaigns.id AND p.due_at > 0)"
	}
	done := tx.Query(ctx).Exec(sql, db.At(now), db.At(now), int64(c.ID))
	if done.Error != nil {
		return fmt.Errorf("finish campaign %s: %w", c.Name, done.Error)
	}
	if done.RowsAffected == 0 || !over {
		return nil
	}
	return settleAll(ctx, tx, c.ID)
}

// Forget takes an erased person out of every campaign (a customer.Forget): that
// somebody was in it stays.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE campaign_people SET customer_id = NULL, due_at = 0 WHERE customer_id = ?", int64(id)).Error; err != nil {
		return fmt.Errorf("forget customer %d in campaigns: %w", id, err)
	}
	return nil
}

// Merge puts one person's places in campaigns under another's who is the same
// (a customer.Merge). Where both were in one they are counted once, and not in
// its test if they were on two sides.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	values := map[string]any{"from": int64(from), "into": int64(into)}
	for _, sql := range []string{
		`UPDATE campaign_people SET mixed = TRUE WHERE customer_id = @into AND EXISTS (SELECT 1 FROM campaign_people f WHERE f.customer_id = @from AND f.campaign_id = campaign_people.campaign_id
			AND f.arm <> '' AND f.arm <> campaign_people.arm)`,
		`UPDATE campaign_people SET customer_id = NULL, due_at = 0 WHERE customer_id = @from AND campaign_id IN (SELECT k.campaign_id FROM campaign_people k WHERE k.customer_id = @into)`,
		"UPDATE campaign_people SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the campaigns of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}
