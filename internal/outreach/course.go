package outreach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/setting"
)

// Where a cart stands in its follow-up.
const (
	CourseActive   = "active"   // touched lately
	CourseWatching = "watching" // at rest, no step is due yet
	CourseDue      = "due"      // decided on in the next sweep
	CoursePutOff   = "put-off"  // asked again At, because of Reason
	CourseGoing    = "going"    // claimed, and about to be sent
	CourseNext     = "next"     // Step was sent; the next one is due At
	CourseDone     = "done"     // every step was sent
	CourseUnknown  = "unknown"  // nobody knows whether Step arrived
	CourseEnded    = "ended"    // because of Reason
)

// Course is where a cart stands in its follow-up, for people who look at it.
type Course struct {
	State  string
	Step   int
	At     time.Time
	Reason string // as a Send has it
	Plan   int64  // the version it was decided under; 0: nothing was decided
}

// CourseOf reads it from the rows and the plan. It decides nothing: what speaks
// against a step is asked when it is due.
func CourseOf(ctx context.Context, q db.Q, set setting.Values, id cart.ID, now time.Time) (*Course, error) {
	c, err := cart.ByID(ctx, q, id)
	if errors.Is(err, fault.NotFound) {
		return &Course{State: CourseEnded, Reason: "closed"}, nil
	}
	if err != nil {
		return nil, err
	}
	lines, err := cart.Lines(ctx, q, id)
	if err != nil {
		return nil, err
	}
	plan := PlanOf(set)
	last, err := lastOf(ctx, q, c)
	if err != nil {
		return nil, err
	}
	if last != nil && last.State != Sent {
		return last.course(), nil
	}
	if reason := over(c, len(lines), set, now); reason != "" {
		return &Course{State: CourseEnded, Reason: reason}, nil
	}
	if last != nil {
		return plan.after(last), nil
	}
	return plan.first(c, set, now), nil
}

// lastOf is the decision on the latest step since the cart was last touched,
// nil if there is none.
func lastOf(ctx context.Context, q db.Q, c *cart.Cart) (last *Send, err error) {
	for n := 1; n <= setting.MostSteps; n++ {
		s, err := byKey(ctx, q, followUpKey(c.ID, c.ActiveAt, n))
		if err != nil {
			return nil, err
		}
		if s != nil {
			last = s
		}
	}
	return last, nil
}

// course is where a cart stands by a decision that is not a mail sent.
func (s *Send) course() *Course {
	k := &Course{Step: s.step(), Reason: s.Reason, Plan: s.Plan}
	switch {
	case s.State == Claimed:
		k.State = CourseGoing
	case s.State == Deferred:
		k.State, k.At = CoursePutOff, s.DueAt.Time
	case s.State == Failed && strings.HasPrefix(s.Reason, unknownOutcome):
		k.State = CourseUnknown
	default:
		k.State = CourseEnded
	}
	return k
}

// step is the number of the step of a reminder, by its key.
func (s *Send) step() (n int) {
	var id, at int64
	fmt.Sscanf(s.Key, FollowUpMail+":%d:%d:%d", &id, &at, &n) // 0 for what is no reminder
	return n
}

// after is what follows a step that was sent.
func (p Plan) after(s *Send) *Course {
	sent := s.step()
	for n := sent + 1; n <= len(p); n++ {
		step := p.Step(n)
		if before := p.before(n); step != nil && before != nil && before.N == sent {
			return &Course{State: CourseNext, Step: sent, At: s.SentAt.Add(step.Delay - before.Delay), Plan: s.Plan}
		}
	}
	return &Course{State: CourseDone, Step: sent, Plan: s.Plan}
}

// first is where a cart stands before anything was decided.
func (p Plan) first(c *cart.Cart, set setting.Values, now time.Time) *Course {
	idle := set.CartIdle()
	if !c.CheckoutAt.IsZero() {
		idle = set.CheckoutIdle()
	}
	for n := range p {
		if step := p.Step(n + 1); step != nil {
			k := &Course{State: CourseWatching, Step: step.N, At: c.ActiveAt.Add(max(step.Delay, idle))}
			switch {
			case !k.At.After(now):
				k.State = CourseDue
			case now.Sub(c.ActiveAt.Time) < idle:
				k.State = CourseActive
			}
			return k
		}
	}
	return &Course{State: CourseEnded, Reason: "step-off"}
}

// over is why a cart is not followed up any more, by itself.
func over(c *cart.Cart, lines int, set setting.Values, now time.Time) string {
	switch {
	case c.State == cart.Converted:
		return "ordered"
	case c.State != cart.StateOpen || c.StartedAt.IsZero():
		return "closed"
	case c.Kind == "bot":
		return "bot"
	case c.Kind != "shopper":
		return "staff"
	case lines == 0:
		return "empty"
	case c.CustomerID == nil && c.Email == "":
		return "no-address"
	case now.Sub(c.ActiveAt.Time) > set.CartLost():
		return "lost"
	}
	return ""
}
