package outreach

import (
	"encoding/json"
	"time"

	"regulars/internal/money"
	"regulars/internal/setting"
)

// Step is one mail of the follow-up.
type Step struct {
	N      int                             `json:"-"`     // from 1
	Delay  time.Duration                   `json:"delay"` // since the cart was last touched
	Floor  map[money.Currency]money.Amount `json:"floor,omitempty"`
	On     bool                            `json:"on"`
	Coupon bool                            `json:"coupon,omitempty"` // may bring a coupon; only the last step that is on can
}

// Reaches reports whether a cart worth so much gets the step. Once there is a
// floor, a currency that has none gets nothing: its worth cannot be judged.
func (s Step) Reaches(worth money.Price) bool {
	floor, ok := s.Floor[worth.Currency]
	return len(s.Floor) == 0 || ok && worth.Amount >= floor
}

// Plan is the follow-up as the shop set it.
type Plan []Step

// PlanOf reads the plan from the settings.
func PlanOf(v setting.Values) Plan {
	var p Plan
	floors, on := v.FollowupFloors(), v.FollowupOn()
	last := -1
	for i, delay := range v.FollowupDelays() {
		s := Step{N: i + 1, Delay: max(delay, setting.LeastStep), On: true}
		if i < len(floors) {
			s.Floor = floors[i]
		}
		if i < len(on) {
			s.On = on[i]
		}
		if s.On {
			last = i
		}
		p = append(p, s)
	}
	if last >= 0 {
		p[last].Coupon = v.FollowupCoupon()
	}
	return p
}

// Step is the step of that number, nil if there is none or it is off.
func (p Plan) Step(n int) *Step {
	if n < 1 || n > len(p) || !p[n-1].On {
		return nil
	}
	return &p[n-1]
}

// before is the step that a cart must have got first; nil for the first one.
func (p Plan) before(n int) *Step {
	for i := n - 1; i >= 1; i-- {
		if s := p.Step(i); s != nil {
			return s
		}
	}
	return nil
}

// String is the plan as it is kept: what tells one version from another.
func (p Plan) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return err.Error() // amounts, times and switches can be written
	}
	return string(b)
}
