package main

import (
	"fmt"
	"io"

	"regulars/internal/recommend"
)

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
