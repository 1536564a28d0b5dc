package recommend

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Protocol names one way to measure; contract.md, "History files for eval",
// defines each.
type Protocol string

// The protocols.
const (
	Baskets    Protocol = "basket"
	Session    Protocol = "session"
	NextBasket Protocol = "next-basket"
	Profile    Protocol = "profile"
)

// ParseProtocol reads a protocol's name.
func ParseProtocol(name string) (Protocol, error) {
	p := Protocol(name)
	switch p {
	case Baskets, Session, NextBasket, Profile:
		return p, nil
	}
	return "", fmt.Errorf("protocol %q is not known; use basket, session, next-basket or profile", name)
}

// EvalOptions are the flags of `regulars eval`.
type EvalOptions struct {
	K int // 10 when 0
	// Profiles is the path of the file of attributes; protocol profile needs it.
	Profiles string
	// Online learns each test order (or click) after it was scored.
	Online bool
	// Miss counts hidden products that training never saw as misses
	// (--unseen miss) instead of leaving them out.
	Miss bool
	// Peer asks V-SKNN the same questions (protocol session), which takes its time.
	Peer bool
	// Build shapes the model under test.
	Build Options
}

// Report is what an evaluation found. It marshals to the JSON object of
// contract.md; figures that mean nothing for the protocol are NaN here and null there.
type Report struct {
	Protocol         Protocol
	File             string
	K                int
	Cases            int
	Recall           float64
	MRR              float64
	NDCG             float64
	Coverage         float64
	TrainSeconds     float64
	QueryP50         float64 // microseconds
	QueryP99         float64
	ModelBytes       int
	PeakRSS          int64 // 0 where the system does not tell
	PopularityRecall float64
	// GainLow and GainHigh are the 95 % interval of Recall less PopularityRecall,
	// by a bootstrap over the customers; of protocols about customers only.
	GainLow, GainHigh float64
	// Left counts rows of the file that were no purchase (quantity 0 or less).
	Left int
	// Of protocol session, beyond the contract's figures: the weights chosen, and
	// what V-SKNN found if it was asked.
	Choice              *Choice
	PeerRecall, PeerMRR float64
}

// MarshalJSON writes the contract's object.
func (r Report) MarshalJSON() ([]byte, error) {
	var peak *int64
	if r.PeakRSS > 0 {
		peak = &r.PeakRSS
	}
	return json.Marshal(struct {
		Protocol         Protocol `json:"protocol"`
		File             string   `json:"file"`
		K                int      `json:"k"`
		Cases            int      `json:"cases"`
		Recall           *float64 `json:"recall"`
		MRR              *float64 `json:"mrr"`
		NDCG             *float64 `json:"ndcg"`
		Coverage         *float64 `json:"coverage"`
		TrainSeconds     *float64 `json:"train_seconds"`
		QueryP50         *float64 `json:"query_us_p50"`
		QueryP99         *float64 `json:"query_us_p99"`
		ModelBytes       int      `json:"model_bytes"`
		PeakRSS          *int64   `json:"peak_rss_bytes"`
		PopularityRecall *float64 `json:"popularity_recall"`
	}{r.Protocol, r.File, r.K, r.Cases, figure(r.Recall), figure(r.MRR), figure(r.NDCG), figure(r.Coverage),
		figure(r.TrainSeconds), figure(r.QueryP50), figure(r.QueryP99), r.ModelBytes, peak, figure(r.PopularityRecall)})
}

func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = math.Round(v*1e6) / 1e6
	return &v
}

// Evaluate measures the recommender on a history file, .csv or .csv.gz. A file
// it cannot read whole is an error that names the line. The clock is used only
// to measure.
func Evaluate(ctx context.Context, protocol Protocol, path string, opt EvalOptions) (Report, error) {
	if opt.K == 0 {
		opt.K = 10
	}
	if opt.K < 0 {
		return Report{}, fmt.Errorf("k must be 1 or more, not %d", opt.K)
	}
	if _, err := ParseProtocol(string(protocol)); err != nil {
		return Report{}, err
	}
	if protocol == Profile && opt.Profiles == "" {
		return Report{}, fmt.Errorf("protocol profile needs a file of profiles (--profiles FILE)")
	}
	h, err := loadHistory(ctx, path)
	if err != nil {
		return Report{}, fmt.Errorf("evaluate: %w", err)
	}
	t := &trial{h: h, opt: opt, shown: make([]bool, len(h.products)), sold: make([]int, len(h.products))}
	switch protocol {
	case Baskets:
		err = t.basket(ctx)
	case Session:
		err = t.session(ctx)
	case NextBasket:
		err = t.nextBasket(ctx)
	case Profile:
		err = t.profile(ctx)
	}
	if err != nil {
		return Report{}, fmt.Errorf("evaluate %s: %w", path, err)
	}
	r := t.report()
	r.Protocol, r.File = protocol, path
	t.beside(&r)
	if protocol == Baskets || protocol == Session {
		r.NDCG = math.NaN()
	} else {
		r.MRR = math.NaN()
	}
	return r, nil
}

// trial runs one evaluation. Product n of the file is ProductID n+1 to the model.
type trial struct {
	h   *history
	opt EvalOptions

	sold    []int    // training's sales, a product counted once an order
	ranking []uint32 // by sold, the floor to beat
	shown   []bool
	micros  []float32
	started time.Time
	trained time.Duration
	bytes   int

	cases                  int
	groups                 int // what the figures are averaged over
	recall, mrr, ndcg, pop float64

	choice              *Choice
	peerRecall, peerMRR float64
	each, floors        []float64 // recall of each customer asked about, and popularity's
}

func (t *trial) train() { t.started = time.Now() }

func (t *trial) trainedTo(bytes int) { t.trained, t.bytes = time.Since(t.started), bytes }

// ask times one query.
func (t *trial) ask(query func() []Suggestion) []Suggestion {
	start := time.Now()
	out := query()
	t.micros = append(t.micros, float32(time.Since(start).Nanoseconds())/1000)
	for _, s := range out {
		t.shown[s.Product-1] = true
	}
	return out
}

// sells counts a training order for the popularity floor.
func (t *trial) sells(lines []uint32) {
	for _, p := range lines {
		t.sold[p]++
	}
}

func (t *trial) rank() {
	t.ranking = t.ranking[:0]
	for p, n := range t.sold {
		if n > 0 {
			t.ranking = append(t.ranking, uint32(p))
		}
	}
	slices.SortStableFunc(t.ranking, func(a, b uint32) int { return t.sold[b] - t.sold[a] })
}

// knows tells whether training saw the product.
func (t *trial) knows(p uint32) bool { return t.sold[p] > 0 }

// popular is the floor's answer: the k most sold that are not barred.
func (t *trial) popular(barred func(uint32) bool) []uint32 {
	out := make([]uint32, 0, t.opt.K)
	for _, p := range t.ranking {
		if len(out) == t.opt.K {
			break
		}
		if barred == nil || !barred(p) {
			out = append(out, p)
		}
	}
	return out
}

func (t *trial) report() Report {
	r := Report{
		K: t.opt.K, Cases: t.cases, Left: t.h.left, TrainSeconds: t.trained.Seconds(), ModelBytes: t.bytes,
		PeakRSS: peakRSS(), Recall: math.NaN(), MRR: math.NaN(), NDCG: math.NaN(), Coverage: math.NaN(),
		QueryP50: math.NaN(), QueryP99: math.NaN(), PopularityRecall: math.NaN(),
	}
	if t.groups > 0 {
		n := float64(t.groups)
		r.Recall, r.MRR, r.NDCG, r.PopularityRecall = t.recall/n, t.mrr/n, t.ndcg/n, t.pop/n
	}
	r.GainLow, r.GainHigh = interval(t.each, t.floors)
	if len(t.ranking) > 0 {
		shown := 0
		for _, p := range t.ranking {
			if t.shown[p] {
				shown++
			}
		}
		r.Coverage = float64(shown) / float64(len(t.ranking))
	}
	if len(t.micros) > 0 {
		slices.Sort(t.micros)
		at := func(q float64) float64 {
			return float64(t.micros[min(len(t.micros)-1, int(q*float64(len(t.micros))))])
		}
		r.QueryP50, r.QueryP99 = at(.5), at(.99)
	}
	return r
}

// single scores an answer to one hidden product: whether it is there and 1/rank.
func single(out []Suggestion, hidden uint32) (hit, rr float64) {
	for i, s := range out {
		if s.Product == ProductID(hidden)+1 {
			return 1, 1 / float64(i+1)
		}
	}
	return 0, 0
}

// several scores an answer to a set of hidden products: the share found, and
// NDCG with binary gain and the ideal of min(k, hidden) hits on top. missing
// counts hidden products beyond the set that cannot be found.
func several(out []Suggestion, hidden map[uint32]bool, missing, k int) (recall, ndcg float64) {
	var hits int
	var gain, ideal float64
	for i, s := range out {
		if hidden[uint32(s.Product-1)] {
			hits++
			gain += 1 / math.Log2(float64(i)+2)
		}
	}
	n := len(hidden) + missing
	for i := range min(k, n) {
		ideal += 1 / math.Log2(float64(i)+2)
	}
	return float64(hits) / float64(n), gain / ideal
}

// distinct lists the different products of an order, in order of first sight.
func (o past) distinct(into []uint32) []uint32 {
	into = into[:0]
	if len(o.clicks) < 32 {
		for _, c := range o.clicks {
			if !slices.Contains(into, c.product) {
				into = append(into, c.product)
			}
		}
		return into
	}
	seen := make(map[uint32]bool, len(o.clicks))
	for _, c := range o.clicks {
		if !seen[c.product] {
			seen[c.product] = true
			into = append(into, c.product)
		}
	}
	return into
}

func (o past) asBasket() Basket {
	b := Basket{Customer: CustomerID(o.customer), At: time.UnixMilli(o.at).UTC(), Items: make([]Item, len(o.clicks))}
	for i, c := range o.clicks {
		b.Items[i] = Item{Product: ProductID(c.product) + 1, Qty: 1}
	}
	return b
}

// peakRSS is the most memory the process ever held, as Linux tells it.
func peakRSS() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
