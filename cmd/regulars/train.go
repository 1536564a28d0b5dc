package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"regulars/internal/customer"
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

// What the check before acceptance may cost: the newest orders, at most a tenth
// of all and so many that this number can be asked about; none so large that it
// alone takes a second.
const (
	heldOrders  = 400
	heldLargest = 40
)

// train builds a model of all orders but the newest, tries it on these, teaches
// it these as well, and files it. It is the one path for the command, the
// nightly job and the demo.
func train(ctx context.Context, d *db.DB, now func() time.Time) (training, error) {
	start := now()
	through, err := order.Seen(ctx, d)
	if err != nil {
		return training{}, err
	}
	all, err := everything(ctx, d, start)
	if err != nil {
		return training{}, err
	}
	before, after, asked := apart(all)
	until := time.Time{}
	if len(all) > 0 {
		until = all[len(all)-1].At
	}
	model, err := recommend.Build(ctx, list(before), recommend.Options{Now: start, Until: until})
	if err != nil {
		return training{}, err
	}
	score, err := model.Check(ctx, list(asked), 10)
	if err != nil {
		return training{}, err
	}
	inUse, err := scoreInUse(ctx, d)
	if err != nil {
		return training{}, err
	}
	accepted := score.Good(inUse)
	if model, err = model.LearnAll(ctx, list(after)); err != nil {
		return training{}, err
	}
	if model, err = model.WithPrior(ctx, people(ctx, d)); err != nil {
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

// everything reads all orders in the order of time; one dated later than now,
// by a wrong date of an import, counts as of now.
func everything(ctx context.Context, d *db.DB, now time.Time) ([]recommend.Basket, error) {
	var all []recommend.Basket
	for b, err := range baskets(order.Baskets(ctx, d, time.Time{})) {
		if err != nil {
			return nil, err
		}
		if b.At.After(now) {
			b.At = now
		}
		all = append(all, b)
	}
	return all, nil
}

// apart divides orders in time: what comes before the trial, what comes after,
// and what of the latter is asked about.
func apart(all []recommend.Basket) (before, after, asked []recommend.Basket) {
	cut := len(all)
	for least := len(all) - len(all)/10; cut > least && len(asked) < heldOrders; {
		cut--
		if n := len(all[cut].Items); n >= 2 && n <= heldLargest {
			asked = append(asked, all[cut])
		}
	}
	return all[:cut], all[cut:], asked
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
			b := recommend.Basket{Order: recommend.OrderID(o.Order), Customer: recommend.CustomerID(o.Customer), At: o.At.Time, Items: make([]recommend.Item, len(o.Products))}
			for i, item := range o.Products {
				b.Items[i] = recommend.Item{Product: recommend.ProductID(item.Product), Qty: item.Qty}
			}
			for _, id := range o.Back {
				b.Back = append(b.Back, recommend.ProductID(id))
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// people are who allows it, with what they said of themselves.
func people(ctx context.Context, q db.Q) iter.Seq2[recommend.Person, error] {
	return func(yield func(recommend.Person, error) bool) {
		for p, err := range customer.AllTold(ctx, q) {
			if !yield(recommend.Person{Customer: recommend.CustomerID(p.ID), Features: p.Facts}, err) {
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
	if protocol == recommend.Profile || protocol == recommend.NextBasket {
		fmt.Fprintf(w.out, "recall above the most sold products: %.4f, 95 %% between %.4f and %.4f\n", report.Recall-report.PopularityRecall, report.GainLow, report.GainHigh)
	}
	if report.Left > 0 {
		fmt.Fprintf(w.out, "%d rows were no purchase and are left out\n", report.Left)
	}
	return nil
}
