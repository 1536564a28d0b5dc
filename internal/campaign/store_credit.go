package campaign

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/money"
	"regulars/internal/slot"
)

// day is a day in the milliseconds of rows.
const day = 24 * 60 * 60 * 1000

type belonging struct {
	of  ID
	how string
}

func belongings(ctx context.Context, q db.Q) (map[int64]belonging, error) {
	var rows []struct {
		OrderID    int64
		CampaignID ID
		Touch      string
	}
	if err := q.Query(ctx).Raw("SELECT order_id, campaign_id, touch FROM campaign_orders").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the orders of campaigns: %w", err)
	}
	all := make(map[int64]belonging, len(rows))
	for _, r := range rows {
		all[r.OrderID] = belonging{r.CampaignID, r.Touch}
	}
	return all, nil
}

// Reported says what came back of the campaigns that began within days, of real
// people or of simulated ones, never both in one figure.
func Reported(ctx context.Context, q db.Q, simulated bool, days int, currency money.Currency, now time.Time) (*Report, error) {
	r := &Report{From: now.AddDate(0, 0, -days), To: now, Simulated: simulated}
	all, err := List(ctx, q, simulated)
	if err != nil {
		return nil, err
	}
	at := map[ID]int{}
	for _, c := range all {
		if c.StartedAt.Milli() >= r.From.UnixMilli() {
			at[c.ID] = len(r.Rows)
			r.Rows = append(r.Rows, Result{Campaign: c, How: map[string]int{}})
		}
	}
	sales, err := analytics.Sales(ctx, q, r.From.AddDate(0, 0, -lookBack), now.Add(time.Second), currency)
	if err != nil {
		return nil, err
	}
	belongs, err := belongings(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, s := range sales {
		if s.Simulated != simulated || s.At.Before(r.From) {
			continue
		}
		r.Total.add(s)
		b, of := belongs[s.Order]
		i, shown := at[b.of]
		switch {
		case !of:
			r.None.add(s)
		case shown:
			r.Rows[i].add(s)
			r.Rows[i].How[b.how]++
		default:
			r.Earlier.add(s)
		}
	}
	for i := range r.Rows {
		if err := r.Rows[i].count(ctx, q, sales, now); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// ResultOf says what came back of one campaign since it began.
func ResultOf(ctx context.Context, q db.Q, c Campaign, currency money.Currency, now time.Time) (*Result, error) {
	r := &Result{Campaign: c, How: map[string]int{}}
	if c.StartedAt.IsZero() {
		return r, r.count(ctx, q, nil, now)
	}
	sales, err := analytics.Sales(ctx, q, c.StartedAt.AddDate(0, 0, -lookBack), now.Add(time.Second), currency)
	if err != nil {
		return nil, err
	}
	belongs, err := belongings(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, s := range sales {
		if b, of := belongs[s.Order]; of && b.of == c.ID && s.Simulated == c.Simulated {
			r.add(s)
			r.How[b.how]++
		}
	}
	return r, r.count(ctx, q, sales, now)
}

// count fills what a campaign's own rows say.
func (r *Result) count(ctx context.Context, q db.Q, sales []analytics.Sale, now time.Time) error {
	kept, at, err := settled(ctx, q, r.ID)
	if err != nil {
		return err
	}
	if kept != nil {
		r.fill(kept, at)
		r.Cost = r.CostFixed + r.CostEach.Times(r.Mails)
		return nil
	}
	err = q.Query(ctx).Raw(`SELECT count(*), coalesce(sum(CASE WHEN s.state = 'sent' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN p.due_at > 0 THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN s.state IN ('withheld', 'failed') AND p.arm <> 'held' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN p.arm = 'held' THEN 1 ELSE 0 END), 0)
		FROM campaign_people p LEFT JOIN sends s ON s.key = p.send_key WHERE p.campaign_id = ?`, int64(r.ID)).Row().Scan(&r.People, &r.Mails, &r.Waits, &r.Withheld, &r.Without)
	if err == nil {
		err = q.Query(ctx).Raw("SELECT count(*), count(DISTINCT CASE WHEN customer_id <> 0 THEN customer_id END) FROM events WHERE kind = 'slot.click' AND bot = FALSE AND simulated = ? AND detail IN ?",
			r.Simulated, r.marks()).Row().Scan(&r.Clicks, &r.Clickers)
	}
	if err != nil {
		return fmt.Errorf("count what became of campaign %s: %w", r.Name, err)
	}
	if r.StartedAt.Milli() > 0 {
		r.Cost = r.CostFixed + r.CostEach.Times(r.Mails)
	}
	return r.judge(ctx, q, sales, now)
}

// lookBack is how many days before a person's spending tells luck from effect.
const lookBack = 90

// judge compares what people brought who got it and who went without, drawn
// alike: all who were drawn, whatever became of their mail.
func (r *Result) judge(ctx context.Context, q db.Q, sales []analytics.Sale, now time.Time) error {
	type in struct {
		arm           Side
		at            int64
		after, before money.Amount
		closed        bool
	}
	people := map[int64]*in{}
	rows, err := q.Query(ctx).Raw(`SELECT p.customer_id, p.arm, p.assigned_at, CASE WHEN EXISTS (SELECT 1 FROM consents k WHERE k.customer_id = p.customer_id AND k.purpose IN ('history', 'personalize') AND k.given = FALSE) THEN 1 ELSE 0 END
		FROM campaign_people p WHERE p.campaign_id = ? AND p.arm <> '' AND p.mixed = FALSE AND p.customer_id IS NOT NULL`, int64(r.ID)).Rows()
	if err != nil {
		return fmt.Errorf("read the sides of campaign %s: %w", r.Name, err)
	}
	err = scan(rows, func() error {
		var who, closed int64
		var p in
		err := rows.Scan(&who, &p.arm, &p.at, &closed)
		p.closed = closed == 1
		people[who] = &p
		return err
	})
	if err != nil {
		return fmt.Errorf("read the sides of campaign %s: %w", r.Name, err)
	}
	window := r.Window().Milliseconds()
	for _, s := range sales {
		p := people[s.Who]
		if p == nil {
			continue
		}
		switch at := s.At.UnixMilli(); {
		case at >= p.at && at < p.at+window:
			p.after += s.Revenue
		case at < p.at && at >= p.at-lookBack*day && !p.closed:
			p.before += s.Revenue
		}
	}
	var sent, held experiment.Sample
	for _, who := range slices.Sorted(maps.Keys(people)) { // sums of floats depend on their order
		p := people[who]
		if p.at+window > now.UnixMilli() {
			r.Young++
			continue
		}
		if p.arm == Held {
			held.Add(float64(p.after), float64(p.before))
		} else {
			sent.Add(float64(p.after), float64(p.before))
		}
	}
	r.sides(sent, held)
	return nil
}

func (r *Result) sides(sent, held experiment.Sample) {
	r.Effect = experiment.Judge(experiment.Plan{Held: r.Share(), People: sent.N + held.N + r.Young}, sent, held)
}

func scan(rows *sql.Rows, each func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// marks are what clicks on its links leave behind.
func (c *Campaign) marks() []string {
	return []string{slot.Mark{Slot: slot.Campaign, Page: c.Token}.String(), slot.Mark{Slot: slot.Campaign, Arm: slot.Shown, Page: c.Token}.String()}
}

// Recipient is what is known of somebody a campaign was for. Opens are not
// among it: nothing in our mails tells when one is opened.
type Recipient struct {
	Number, Name, Email, Lang string
	Arm                       Side
	State, Reason             string // of the mail; "" while it is not decided
	SentAt                    db.Time
	ClickedAt                 db.Time // first, of people who let themselves be known
	AskedAt                   db.Time // a question or letter after the mail, within CreditDays
	Orders                    int     // that belong to the campaign
	Bought                    string  // the number of the first of them
	Simulated                 bool
}

// Recipients lists everybody a campaign was for, limit of them from the offset on.
func (c *Campaign) Recipients(ctx context.Context, q db.Q, offset, limit int) ([]Recipient, error) {
	var all []Recipient
	err := q.Query(ctx).Raw(`SELECT k.number, k.name, k.email, k.lang, k.simulated, p.arm, coalesce(s.state, '') AS state, coalesce(s.reason, '') AS reason, coalesce(s.sent_at, 0) AS sent_at,
		coalesce((SELECT min(e.at) FROM events e WHERE e.customer_id = k.id AND e.customer_id <> 0 AND e.kind = 'slot.click' AND e.detail IN ?), 0) AS clicked_at,
		CASE WHEN coalesce(s.sent_at, 0) = 0 THEN 0 ELSE coalesce((SELECT min(a.created_at) FROM questions a WHERE a.customer_id = k.id AND a.created_at >= s.sent_at AND a.created_at < s.sent_at + ?), 0) END AS asked_at,
		(SELECT count(*) FROM campaign_orders b JOIN orders o ON o.id = b.order_id WHERE b.campaign_id = p.campaign_id AND o.customer_id = k.id) AS orders,
		coalesce((SELECT min(o.number) FROM campaign_orders b JOIN orders o ON o.id = b.order_id WHERE b.campaign_id = p.campaign_id AND o.customer_id = k.id), '') AS bought
		FROM campaign_people p JOIN customers k ON k.id = p.customer_id AND k.erased_at = 0 LEFT JOIN sends s ON s.key = p.send_key WHERE p.campaign_id = ? ORDER BY p.id LIMIT ? OFFSET ?`,
		c.marks(), c.Window().Milliseconds(), int64(c.ID), limit, offset).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list the people of campaign %s: %w", c.Name, err)
	}
	return all, nil
}
