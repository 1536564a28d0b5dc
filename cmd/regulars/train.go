package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/order"
	"regulars/internal/recommend"
)

type trainCmd struct {
	folder
	JSON bool `help:"Print one JSON object."`
}

func (c trainCmd) Run(w *world) error {
	d, err := c.open(w.ctx, w.env, migrateEmbedded, true)
	if err != nil {
		return err
	}
	defer d.Close()
	t, err := train(w.ctx, d, w.now)
	if err != nil {
		return err
	}
	choice, err := weigh(w.ctx, d, w.now)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(w.out).Encode(t)
	}
	verdict := "accepted; running shops take it within seconds"
	if !t.Accepted {
		verdict = "refused: it foretells worse than the model in use or than plain popularity; that one stays"
	}
	fmt.Fprintf(w.out, "%d products, %d orders, %.2f s, %d bytes: model %s %s\n", t.Products, t.Orders, t.Seconds, t.Bytes, t.Version, verdict)
	sayChoice(w.out, choice)
	return nil
}

// training is what `train --json` prints.
type training struct {
	Products int     `json:"products"`
	Orders   int     `json:"orders"`
	Seconds  float64 `json:"seconds"`
	Bytes    int     `json:"bytes"`
	Version  string  `json:"version"`
	Accepted bool    `json:"accepted"`
}

// What the check before acceptance may cost: a tenth of the orders, but no
// more than this many, and none so large that it alone takes a second.
const (
	heldOrders  = 400
	heldLargest = 40
)

// train builds a model of all orders, after one of the first nine tenths has
// been tried on the last tenth, and files it. It is the one path for the
// command, the nightly job and the demo.
func train(ctx context.Context, d *db.DB, now func() time.Time) (training, error) {
	start := now()
	through, err := order.Seen(ctx, d)
	if err != nil {
		return training{}, err
	}
	var all []recommend.Basket
	for b, err := range baskets(order.Baskets(ctx, d, time.Time{})) {
		if err != nil {
			return training{}, err
		}
		all = append(all, b)
	}
	before := all[:len(all)-len(all)/10]
	var held []recommend.Basket
	for _, b := range all[len(before):] {
		if len(b.Items) >= 2 && len(b.Items) <= heldLargest {
			held = append(held, b)
		}
	}
	if len(held) > heldOrders {
		held = held[:heldOrders]
	}
	candidate, err := recommend.Build(ctx, list(before), recommend.Options{Now: start})
	if err != nil {
		return training{}, err
	}
	score, err := candidate.Check(ctx, list(held), 10)
	if err != nil {
		return training{}, err
	}
	inUse, err := scoreInUse(ctx, d)
	if err != nil {
		return training{}, err
	}
	accepted := score.Good(inUse)
	model, err := recommend.Build(ctx, list(all), recommend.Options{Now: start})
	if err != nil {
		return training{}, err
	}
	text, err := json.Marshal(score)
	if err != nil {
		return training{}, err
	}
	took := now().Sub(start)
	t := training{Products: model.Products(), Orders: model.Orders(), Seconds: took.Seconds(), Bytes: len(model.Encode()), Accepted: accepted}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		t.Version, err = recommend.Save(ctx, tx, model, start, took, string(text), accepted, through)
		return err
	})
	return t, err
}

// scoreInUse is the score that the model in use was accepted with.
func scoreInUse(ctx context.Context, q db.Q) (recommend.Score, error) {
	var score recommend.Score
	past, err := recommend.Trainings(ctx, q)
	if err != nil {
		return score, err
	}
	for _, t := range past {
		if t.Accepted {
			if t.Score == "" {
				return score, nil
			}
			return score, json.Unmarshal([]byte(t.Score), &score)
		}
	}
	return score, nil
}

// baskets hands orders to the recommender, which knows no orders.
func baskets(orders iter.Seq2[order.Basket, error]) iter.Seq2[recommend.Basket, error] {
	return func(yield func(recommend.Basket, error) bool) {
		for o, err := range orders {
			b := recommend.Basket{Customer: recommend.CustomerID(o.Customer), At: o.At.Time, Items: make([]recommend.Item, len(o.Products))}
			for i, item := range o.Products {
				b.Items[i] = recommend.Item{Product: recommend.ProductID(item.Product), Qty: item.Qty}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

func list(all []recommend.Basket) iter.Seq2[recommend.Basket, error] {
	return func(yield func(recommend.Basket, error) bool) {
		for _, b := range all {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// follower keeps an engine on the newest accepted model, whichever process
// built it, and teaches it the orders paid since: one path for one process or
// ten. All of them read the same history, so they give the same answers within
// the second they look.
type follower struct {
	engine  *recommend.Engine
	version string
	through int64 // the entry of the order history that training has seen
	entry   int64 // the entry read so far
	learned map[order.ID]bool
	log     *slog.Logger
}

const (
	// learnOnce is how many orders are learned at a look, so that a long way to
	// catch up is gone in steps.
	learnOnce = 200
	// lookBack is how many entries of the history are read again: on Postgres an
	// entry may come to light after one with a higher number.
	lookBack = 100
	// learnMost is how many orders a model is taught; after an import of a whole
	// history the next training is the quicker way.
	learnMost = 5000
)

func (f *follower) look(ctx context.Context, q db.Q) error {
	latest, err := recommend.LatestVersion(ctx, q)
	if err != nil || latest == "" {
		return err
	}
	if latest != f.version {
		m, through, err := recommend.Load(ctx, q, latest)
		if err != nil {
			return err
		}
		if through == 0 { // filed by a release that did not note it
			if through, err = order.Seen(ctx, q); err != nil {
				return err
			}
		}
		f.engine.Use(m)
		f.version, f.through, f.entry, f.learned = latest, through, through, map[order.ID]bool{}
		f.log.Info("model in use", "version", latest, "products", m.Products(), "orders", m.Orders())
	}
	if len(f.learned) >= learnMost {
		return nil
	}
	return f.learn(ctx, q)
}

func (f *follower) learn(ctx context.Context, q db.Q) error {
	paid, last, err := order.PaidSince(ctx, q, max(f.through, f.entry-lookBack), learnOnce)
	if err != nil {
		return err
	}
	paid = slices.DeleteFunc(paid, func(id order.ID) bool { return f.learned[id] })
	if len(paid) > 0 {
		m := f.engine.Model()
		for b, err := range baskets(order.BasketsOf(ctx, q, paid)) {
			if err != nil {
				return err
			}
			m = m.Learn(b)
		}
		f.engine.Use(m)
		for _, id := range paid {
			f.learned[id] = true
		}
	}
	f.entry = max(f.entry, last)
	return nil
}

type evalCmd struct {
	File     string `arg:"" help:"History file, .csv or .csv.gz."`
	Protocol string `required:"" help:"basket, session, next-basket or profile."`
	Profiles string `help:"File of customers' attributes (protocol profile)."`
	K        int    `default:"10" help:"How many suggestions count."`
	Online   bool   `help:"Learn each test order after it was scored."`
	Unseen   string `default:"skip" enum:"skip,miss" help:"What hidden products count as that training never saw."`
	JSON     bool   `help:"Print one JSON object."`
}

func (c evalCmd) Run(w *world) error {
	protocol, err := recommend.ParseProtocol(c.Protocol)
	if err != nil {
		return &wrongUse{err.Error()}
	}
	if c.K < 1 || c.K > 1000 {
		return &wrongUse{"--k wants a number from 1 to 1000"}
	}
	if (c.Profiles != "") != (protocol == recommend.Profile) {
		return &wrongUse{"--profiles goes with --protocol profile, and that one needs it"}
	}
	report, err := recommend.Evaluate(w.ctx, protocol, c.File, recommend.EvalOptions{K: c.K, Profiles: c.Profiles, Online: c.Online, Miss: c.Unseen == "miss",
		Peer: protocol == recommend.Session && !c.JSON})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(w.out).Encode(report)
	}
	fmt.Fprintf(w.out, "protocol %s on %s, %d cases, top %d\n", report.Protocol, report.File, report.Cases, report.K)
	fmt.Fprintf(w.out, "recall %.4f (most sold products: %.4f), mrr %.4f, ndcg %.4f, coverage %.3f\n", report.Recall, report.PopularityRecall, report.MRR, report.NDCG, report.Coverage)
	fmt.Fprintf(w.out, "trained in %.2f s, query p50 %.0f µs, p99 %.0f µs, model %d bytes, peak memory %d bytes\n",
		report.TrainSeconds, report.QueryP50, report.QueryP99, report.ModelBytes, report.PeakRSS)
	saySessions(w.out, report)
	if report.Left > 0 {
		fmt.Fprintf(w.out, "%d rows were no purchase and are left out\n", report.Left)
	}
	return nil
}
