package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/outreach"
	"regulars/internal/roster"
	"regulars/internal/search"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/trait"
	"regulars/internal/value"
)

// judgement is an invariant that no statement can decide: the rules behind it
// are code, and that code is asked again.
type judgement struct {
	code, means string
	find        func(ctx context.Context, q db.Q, now time.Time) ([]string, error)
}

var judgements = []judgement{
	{"C1", "a price is the list price, or what the sale of the day makes of it", func(ctx context.Context, q db.Q, now time.Time) ([]string, error) {
		return mispriced(ctx, q, now, false)
	}},
	{"C2", "the earlier price beside a price is the lowest of the 30 days before it fell", func(ctx context.Context, q db.Q, now time.Time) ([]string, error) {
		return mispriced(ctx, q, now, true)
	}},
	{"G1", "everybody is in the segments whose rules hold of them, and in no other", segment.Misplaced},
	{"G2", "the copy of facts that rules count by is what the rows behind it say", segment.Miscopied},
	{"T1", "what is kept of people's traits is what the rules decide from the facts, by the next night", strayed},
	{"L1", "each person's consent ledger is whole: no entry changed, taken out or put elsewhere", func(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
		return customer.Unchained(ctx, q)
	}},
	{"L2", "what counts as allowed is what the ledger and the pack of the country say", func(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
		return customer.Miscopied(ctx, q)
	}},
	{"X3", "what the search knows of each product is what the catalog says, or a job is on its way", func(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
		drifted, err := search.Drifted(ctx, q)
		codes := make([]string, len(drifted))
		for i, d := range drifted {
			codes[i] = d.Code
		}
		return codes, err
	}},
	{"X8", "nobody's file rests longer than its time, unless it is kept or something is open", roster.Overdue},
	{"X9", "nothing names an account that was merged into another, and that one is there", roster.Leftover},
	{"P5", "a loyalty tier is what orders, reviews and grants make of it", mistiered},
	{"A1", "the facts of the abandonment report are what the carts' stories make of them, its days their sums, and a lost cart has exactly one main cause", uncounted},
	{"A4", "the sales of a day add up along products, categories and segments, and are those of its orders", missold},
}

// wordless asks the templates of the mails, which the binary brings along.
func wordless(files fs.FS) judgement {
	return judgement{"E8", "words that staff wrote for a mail can be sent, and none of their versions is missing", func(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
		return outreach.Unsayable(ctx, q, files)
	}}
}

func uncounted(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
	set, err := setting.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	return analytics.Astray(ctx, q, set)
}

func missold(ctx context.Context, q db.Q, _ time.Time) ([]string, error) {
	set, err := setting.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	return analytics.SalesAstray(ctx, q, set)
}

func strayed(ctx context.Context, q db.Q, now time.Time) ([]string, error) {
	set, err := setting.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	return trait.Strayed(ctx, q, set.Currency(), now)
}

// mispriced names the prices that are wrong now and were so a while ago: at
// the beginning of a day the job has its minute.
func mispriced(ctx context.Context, q db.Q, now time.Time, earlier bool) ([]string, error) {
	set, err := setting.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i, at := range []time.Time{now, now.Add(-slack)} {
		wrong, err := catalog.Mispriced(ctx, q, catalog.Day(at, set.Zone()), at)
		if err != nil {
			return nil, err
		}
		var these []string
		for _, w := range wrong {
			if w.Earlier == earlier {
				these = append(these, w.SKU+" "+string(w.Currency))
			}
		}
		if i == 0 {
			ids = these
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(these, id) })
	}
	return ids, nil
}

// mistiered names the customers whose tier is wrong now and was so a while ago:
// what time alone changes has its minute.
func mistiered(ctx context.Context, q db.Q, now time.Time) ([]string, error) {
	set, err := setting.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	ids, err := value.WrongTiers(ctx, q, set, now)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	before, err := value.WrongTiers(ctx, q, set, now.Add(-slack))
	return slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(before, id) }), err
}

func (j judgement) ask(ctx context.Context, q db.Q, now time.Time) (Broken, error) {
	b := Broken{Code: j.code, Means: j.means, IDs: []string{}}
	ids, err := j.find(ctx, q, now)
	if err != nil {
		return b, fmt.Errorf("check %s: %w", j.code, err)
	}
	b.Count = len(ids)
	b.IDs = append(b.IDs, ids[:min(len(ids), Shown)]...)
	return b, nil
}
