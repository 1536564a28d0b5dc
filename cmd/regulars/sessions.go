package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/recommend"
)

// viewer keeps an index of sessions on the shopper log, whichever process
// wrote it: each look reads what was entered since. The first ones read the
// log from its beginning.
type viewer struct {
	index  *recommend.Sessions
	entry  int64          // the newest read
	late   map[int64]bool // read, and no further back than lookBack
	barred time.Time      // when the sensitive products were asked for
	choice int64          // the weights in use
	full   bool           // the log has been read to its end once
}

const (
	viewsOnce  = 20_000
	viewsAtOne = 200_000 // a look ends there, so that a start does not wait for years of clicks
	barredFor  = 30 * time.Second
	// viewsBack is how many entries are read again: on Postgres an entry may come
	// to light after one with a higher number, a batch of another process late.
	viewsBack = 600
)

func (v *viewer) look(ctx context.Context, q db.Q, now time.Time) error {
	c, id, err := recommend.ChoiceAfter(ctx, q, v.choice)
	if err != nil {
		return err
	}
	if id != 0 {
		v.index.Use(c.Weights)
		v.choice = id
	}
	if now.Sub(v.barred).Abs() >= barredFor { // before anything is learned
		ids, err := catalog.Sensitive(ctx, q)
		if err != nil {
			return err
		}
		barred := make([]recommend.ProductID, len(ids))
		for i, id := range ids {
			barred[i] = recommend.ProductID(id)
		}
		v.index.Bar(barred)
		v.barred = now
	}
	for read := 0; read < viewsAtOne; {
		n, err := v.read(ctx, q)
		if err != nil {
			return err
		}
		if read += n; n < viewsOnce/2 {
			if !v.full {
				v.full = true
				v.index.Pack()
			}
			return nil
		}
	}
	return nil
}

// read learns the next looks and says how many there were.
func (v *viewer) read(ctx context.Context, q db.Q) (int, error) {
	from := v.entry
	if v.full {
		from = max(0, v.entry-viewsBack)
	}
	views, err := event.ViewsAfter(ctx, q, from, viewsOnce)
	if err != nil {
		return 0, err
	}
	clicks := make([]recommend.Click, 0, len(views))
	for _, e := range views {
		if !v.late[e.ID] {
			clicks = append(clicks, recommend.Click{Who: e.Who, At: e.At, Product: recommend.ProductID(e.Product)})
		}
	}
	v.index.Learn(clicks)
	if v.late == nil {
		v.late = map[int64]bool{}
	}
	for _, e := range views {
		v.late[e.ID] = true
		v.entry = max(v.entry, e.ID)
	}
	maps.DeleteFunc(v.late, func(id int64, _ bool) bool { return id <= v.entry-viewsBack })
	return len(clicks), nil
}

// weigh chooses the weights by the whole log and files them; every process
// takes them within seconds.
func weigh(ctx context.Context, d *db.DB, now func() time.Time) (recommend.Choice, error) {
	v := &viewer{index: &recommend.Sessions{}}
	for !v.full {
		if err := v.look(ctx, d, now()); err != nil {
			return recommend.Choice{}, err
		}
	}
	c := v.index.Choose()
	sessions, clicks := v.index.Size()
	return c, d.InTx(ctx, func(tx *db.Tx) error { return recommend.SaveChoice(ctx, tx, c, sessions, clicks, now()) })
}

// saySessions prints what protocol session tells beyond the contract's figures.
func saySessions(out io.Writer, r recommend.Report) {
	if r.Choice == nil {
		return
	}
	fmt.Fprintf(out, "V-SKNN on the same questions: recall %.4f, mrr %.4f\n", r.PeerRecall, r.PeerMRR)
	sayChoice(out, *r.Choice)
}

func sayChoice(out io.Writer, c recommend.Choice) {
	if c.Recall == 0 {
		fmt.Fprintf(out, "weights of sessions: the usual ones, since %d questions are too few to choose by\n", c.Cases)
		return
	}
	w := c.Weights
	fmt.Fprintf(out, "weights of sessions, chosen by %d questions held out (recall@20 %.4f, mrr %.4f; the usual ones %.4f, %.4f):\n", c.Cases, c.Recall, c.MRR, c.UsualRecall, c.UsualMRR)
	fmt.Fprintf(out, "  decay %g, match %g, near %g, before %g, next %g, age %g, length %g, popular %g, repeat %g\n", w.Decay, w.Match, w.Near, w.Before, w.Next, w.Age, w.Length, w.Popular, w.Repeat)
}
