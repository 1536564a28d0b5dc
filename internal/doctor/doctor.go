// Package doctor recomputes from the rows what must always be true of the
// shop: its money, stock, orders, payments and mails. It trusts no stored sum
// and no state. It runs after every fault test and each night in production,
// and names what is wrong by order number, SKU or token.
//
// Of imported orders it asks only what a history can hold. That no column of
// money is a float is not asked here: the schema's own test does, on both
// databases.
package doctor

import (
	"context"
	"io/fs"
	"slices"
	"time"

	"regulars/internal/db"
)

// Shown is how many offending ids a report lists of one invariant.
const Shown = 20

// Options says when it is: holds and payments have their time.
type Options struct {
	Now       time.Time
	Templates fs.FS // of the mails; nil: the words of mails are not looked at
}

// Broken is one invariant that does not hold. IDs are order numbers, SKUs,
// tokens or addresses, at most Shown of them.
type Broken struct {
	Code  string   `json:"code"`
	Means string   `json:"means"`
	Count int      `json:"count"`
	IDs   []string `json:"ids"`
}

// Report is the answer. Checked counts the invariants that were asked.
type Report struct {
	OK      bool     `json:"ok"`
	Checked int      `json:"checked"`
	Codes   []string `json:"codes"`
	Broken  []Broken `json:"broken"`
}

// Check asks every invariant. An error means that the database could not be
// read; what it found broken is in the report.
func Check(ctx context.Context, q db.Q, opt Options) (*Report, error) {
	r := &Report{Broken: []Broken{}}
	for _, rule := range slices.Concat(rules(opt.Now), stockRules(), proofRules(), registerRules(opt.Now), personRules(), couponRules(), shelfRules(), listRules(), occasionRules(), campaignRules(),
		cardRules(), ownerRules(opt.Now), historyRules(), gateRules(), staffRules()) {
		r.Checked++
		r.Codes = append(r.Codes, rule.code)
		found, err := rule.ask(ctx, q)
		if err != nil {
			return nil, err
		}
		if found.Count > 0 {
			r.Broken = append(r.Broken, found)
		}
	}
	asked := judgements
	if opt.Templates != nil {
		asked = append(slices.Clone(judgements), wordless(opt.Templates))
	}
	for _, j := range asked {
		r.Checked++
		r.Codes = append(r.Codes, j.code)
		found, err := j.ask(ctx, q, opt.Now)
		if err != nil {
			return nil, err
		}
		if found.Count > 0 {
			r.Broken = append(r.Broken, found)
		}
	}
	r.OK = len(r.Broken) == 0
	return r, nil
}

// rule is an invariant. Its statement returns the offenders as text in one
// column, id; each offender once.
type rule struct {
	code, means, sql string
	args             []any
}
