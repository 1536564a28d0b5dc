package recommend

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// lastDay is where the calendar day of the history's last row begins, in the
// zone that row was written in.
func (h *history) lastDay() int64 {
	last := h.clicks[len(h.clicks)-1]
	zone := time.FixedZone("", int(last.zone))
	y, m, d := time.UnixMilli(last.at).In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UnixMilli()
}

// session asks after each click of the last day's sessions for the next one,
// in the order in which the clicks came, whatever session they belong to. The
// weights are chosen on training's own last tenth.
func (t *trial) session(ctx context.Context) error {
	day := t.h.lastDay()
	t.train()
	index := &Sessions{Most: len(t.h.clicks)}
	for _, o := range t.h.orders {
		if o.at >= day {
			continue
		}
		w := index.begin()
		for _, c := range o.clicks {
			index.click(w, ProductID(c.product)+1)
			t.sold[c.product]++
		}
		if index.fresh.clicks > max(1<<14, len(index.packed.clicks)/4) {
			index.pack(false)
		}
	}
	index.pack(false)
	choice := index.Choose()
	index.Use(choice.Weights)
	t.choice = &choice
	t.trainedTo(index.Bytes())
	t.rank()
	running := map[uint32][]ProductID{}
	learned := map[uint32]*walk{}
	for i, c := range t.h.clicks {
		if t.h.orders[c.order].at < day {
			continue
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if seen := running[c.order]; len(seen) > 0 {
			t.nextClick(index, Path{Clicks: seen, K: t.opt.K, own: learned[c.order]}, c.product)
		}
		running[c.order] = append(running[c.order], ProductID(c.product)+1)
		if t.opt.Online {
			if learned[c.order] == nil {
				learned[c.order] = index.begin()
			}
			index.click(learned[c.order], ProductID(c.product)+1)
			t.sold[c.product]++
		}
	}
	return nil
}

func (t *trial) nextClick(index *Sessions, path Path, hidden uint32) {
	if !t.knows(hidden) {
		if t.opt.Miss {
			t.cases++
			t.groups++
		}
		return
	}
	hit, rr := single(t.ask(func() []Suggestion { return index.Next(path) }), hidden)
	t.cases++
	t.groups++
	t.recall += hit
	t.mrr += rr
	if slices.Contains(t.ranking[:min(t.opt.K, len(t.ranking))], hidden) {
		t.pop++
	}
	if t.opt.Peer {
		hit, rr := single(index.peer(path), hidden)
		t.peerRecall += hit
		t.peerMRR += rr
	}
}

// Settings of the peer, from its papers.
const (
	peerNeighbours = 300
	peerSample     = 500
)

// peer answers as V-SKNN does (Ludewig and Jannach 2018; session-rec's vsknn:
// the newest sessions sampled, both weightings "div"), to be measured beside.
func (s *Sessions) peer(q Path) []Suggestion {
	place := map[uint32]int{} // per product of the path its last place, from 1
	for i, c := range q.Clicks {
		if p, ok := s.number[c]; ok {
			place[p] = i + 1
		}
	}
	first := uint32(s.packed.sessions())
	var sessions []uint32
	for p := range place {
		old := s.packed.of(p)
		sessions = append(sessions, old[max(0, len(old)-peerSample):]...)
		for _, n := range s.fresh.visits[p] {
			if s.fresh.sessions[n] != q.own {
				sessions = append(sessions, first+n)
			}
		}
	}
	slices.SortFunc(sessions, func(a, b uint32) int { return cmp.Compare(b, a) })
	sessions = slices.Compact(sessions)
	sessions = sessions[:min(len(sessions), peerSample)]
	near := make([]candidate, len(sessions))
	clicks := func(n uint32) []uint32 {
		if n < first {
			return s.packed.session(n)
		}
		return s.fresh.sessions[n-first].clicks
	}
	distinct := func(n uint32) []uint32 {
		out := slices.Clone(clicks(n))
		slices.Sort(out)
		return slices.Compact(out)
	}
	for i, n := range sessions {
		var sim float64
		for _, p := range distinct(n) {
			sim += float64(place[p]) / float64(len(q.Clicks))
		}
		near[i] = candidate{product: n, score: float32(sim / float64(len(place)))}
	}
	if len(near) > peerNeighbours {
		partition(near, peerNeighbours)
		near = near[:peerNeighbours]
	}
	scores := map[uint32]float64{}
	for _, n := range near {
		last := 0
		for _, p := range clicks(n.product) {
			last = max(last, place[p])
		}
		decay := 1 / float64(len(q.Clicks)-last+1)
		for _, p := range distinct(n.product) {
			scores[p] += float64(n.score) * decay
		}
	}
	var best []candidate
	for p, v := range scores {
		best = append(best, candidate{product: p, score: float32(v)})
	}
	slices.SortFunc(best, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	out := make([]Suggestion, min(len(best), q.K))
	for i := range out {
		out[i] = Suggestion{Product: s.items[best[i].product], Score: float64(best[i].score)}
	}
	return out
}

// beside fills in what the peer found.
func (t *trial) beside(r *Report) {
	r.Choice, r.PeerRecall, r.PeerMRR = t.choice, math.NaN(), math.NaN()
	if t.opt.Peer && t.groups > 0 {
		r.PeerRecall, r.PeerMRR = t.peerRecall/float64(t.groups), t.peerMRR/float64(t.groups)
	}
}
