package analytics

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/setting"
)

// astrayDays is how many of the newest days Astray makes again.
const astrayDays = 31

// Astray names the carts whose facts are not what their story makes of them,
// the lost carts that do not have exactly one cause, and the days that are not
// the sum of their facts. The newest 31 days are made again as of the moment
// they were counted; what was written since waits for the next count. Of what
// the catalog or a profile may change later (value, department, country)
// nothing is held against an older count.
func Astray(ctx context.Context, q db.Q, v setting.Values) ([]string, error) {
	var wrong []string
	err := q.Query(ctx).Raw(`SELECT 'cart ' || CAST(cart_id AS TEXT) FROM cart_facts
			WHERE lost = 1 AND (cause NOT IN ? OR rule NOT IN ?) OR lost = 0 AND (cause <> '' OR rule <> '') OR started = 1 AND excluded <> '' OR started = 0 AND (excluded = '' OR lost = 1)
		UNION SELECT 'day ' || d.day FROM cart_days d LEFT JOIN (SELECT day, simulated, sum(started) AS started, sum(checkout) AS checkout, sum(abandoned) AS abandoned,
			sum(converted) AS converted, sum(recovered) AS recovered, sum(by_link) AS by_link, sum(1 - started) AS excluded,
			sum(CASE WHEN abandoned = 1 AND recovered = 0 THEN value ELSE 0 END) AS worth FROM cart_facts GROUP BY day, simulated) f ON f.day = d.day AND f.simulated = d.simulated
			WHERE d.department = '' AND d.definition >= ? AND (f.day IS NULL OR f.started <> d.started OR f.checkout <> d.checkout OR f.abandoned <> d.abandoned OR f.converted <> d.converted
			OR f.recovered <> d.recovered OR f.by_link <> d.by_link OR f.excluded <> d.excluded OR f.worth <> d.abandoned_value)`,
		Causes, CauseRules, int64(DefinitionVersion)*1e18).Scan(&wrong).Error
	if err != nil {
		return nil, fmt.Errorf("hold facts against days: %w", err)
	}
	again, err := strayed(ctx, q, v)
	return append(wrong, again...), err
}

func strayed(ctx context.Context, q db.Q, v setting.Values) ([]string, error) {
	var days []struct {
		Day        string
		Definition int64
		CountedAt  db.Time
	}
	err := q.Query(ctx).Raw("SELECT day, min(definition) AS definition, min(counted_at) AS counted_at FROM cart_days WHERE department = '' GROUP BY day ORDER BY day DESC LIMIT ?", astrayDays).Scan(&days).Error
	if err != nil || len(days) == 0 {
		return nil, err
	}
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return nil, err
	}
	d := definitionOf(v)
	var wrong []string
	for _, day := range days {
		from, err := time.ParseInLocation(time.DateOnly, day.Day, v.Zone())
		if err != nil || day.Definition != d.code() {
			continue
		}
		var kept []Fact
		if err := q.Query(ctx).Raw("SELECT * FROM cart_facts WHERE day = ?", day.Day).Scan(&kept).Error; err != nil {
			return nil, fmt.Errorf("read the facts of %s: %w", day.Day, err)
		}
		by := map[int64]*Fact{}
		for i := range kept {
			by[kept[i].CartID] = &kept[i]
		}
		stories, err := read(ctx, q, tree, from, nextDay(from, 1), v.Currency())
		if err != nil {
			return nil, err
		}
		for _, s := range stories {
			f := by[s.id]
			if counted := day.CountedAt.Milli(); s.changed >= counted || s.created >= counted || s.gone {
				continue
			}
			if f == nil || f.core() != s.fact(d, v.Zone(), v.Currency(), day.CountedAt.UnixMilli()).core() {
				wrong = append(wrong, fmt.Sprintf("cart %d", s.id))
			}
		}
	}
	return wrong, nil
}

// core is what only the cart's own story decides.
func (f *Fact) core() Fact {
	return Fact{CartID: f.CartID, Day: f.Day, Hour: f.Hour, Weekday: f.Weekday, Simulated: f.Simulated, Excluded: f.Excluded, Started: f.Started, Checkout: f.Checkout,
		Abandoned: f.Abandoned, Converted: f.Converted, Recovered: f.Recovered, ByMail: f.ByMail, ByLink: f.ByLink, Lost: f.Lost, Reach: f.Reach, StartedAt: f.StartedAt,
		CheckoutAt: f.CheckoutAt, ContactAt: f.ContactAt, DeliveryAt: f.DeliveryAt, PaymentAt: f.PaymentAt, ConvertedAt: f.ConvertedAt, LeftAt: f.LeftAt,
		Items: f.Items, Asked: f.Asked, Waited: f.Waited, Cause: f.Cause, Rule: f.Rule, About: f.About, Channel: f.Channel,
		Referrer: f.Referrer, Campaign: f.Campaign, Landing: f.Landing, Entry: f.Entry, Promise: f.Promise, Browser: f.Browser, Version: f.Version, Arm: f.Arm, Followup: f.Followup}
}
