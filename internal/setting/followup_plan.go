package setting

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"regulars/internal/money"
)

// A follow-up has at most so many steps, and none comes sooner than this.
const (
	MostSteps = 3
	LeastStep = time.Hour
)

// FollowupDelays are the times of the follow-up mails, from the last activity.
func (v Values) FollowupDelays() []time.Duration {
	all, _ := parseDurations(v.Get("followup.delays"))
	return all
}

// FollowupFloors is what a cart has to be worth for each step, by currency; an
// empty one: every cart is. Steps behind the last have none.
func (v Values) FollowupFloors() []map[money.Currency]money.Amount {
	all, _ := floors(v.Get("followup.floors"), v.Currency())
	return all
}

// FollowupOn says of each step whether it goes out; those behind the last do.
func (v Values) FollowupOn() []bool {
	all, _ := switches(v.Get("followup.steps"))
	return all
}

// FollowupCoupon reports whether the last step may bring a coupon.
func (v Values) FollowupCoupon() bool { return v.Get("followup.coupon") == "on" }

func parseDurations(s string) ([]time.Duration, error) {
	var all []time.Duration
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if err := checkDuration(part); err != nil {
			return nil, fmt.Errorf("wants times in rising order such as 24h,72h")
		}
		d, _ := time.ParseDuration(part)
		if len(all) > 0 && d <= all[len(all)-1] {
			return nil, fmt.Errorf("wants times in rising order such as 24h,72h")
		}
		all = append(all, d)
	}
	return all, nil
}

// checkDelays is what can be set today; what was set before goes on working.
func checkDelays(s string) error {
	all, err := parseDurations(s)
	if err == nil && (len(all) > MostSteps || all[0] < LeastStep) {
		err = fmt.Errorf("wants at most three times in rising order, the first one hour or more, such as 24h,72h")
	}
	return err
}

// floors reads "0; 50, 350 CNY": one list of amounts a step.
func floors(s string, own money.Currency) (all []map[money.Currency]money.Amount, err error) {
	for part := range strings.SplitSeq(s, ";") {
		one, err := amounts(part, own)
		if err != nil {
			return nil, fmt.Errorf("wants an amount a step such as 0; 50, or 0; 50, 350 CNY")
		}
		all = append(all, one)
	}
	return all, nil
}

func checkFloors(s string) error {
	all, err := floors(s, "USD")
	if err == nil && len(all) > MostSteps {
		err = fmt.Errorf("wants at most three amounts, one a step, such as 0; 50")
	}
	return err
}

func switches(s string) (all []bool, err error) {
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if err := checkSwitch(part); err != nil || len(all) == MostSteps {
			return nil, fmt.Errorf("wants on or off a step, at most three, such as on,on")
		}
		all = append(all, part == "on")
	}
	return all, nil
}

func checkSwitches(s string) error { _, err := switches(s); return err }

// With is the same reading with some settings as they might be set.
func (v Values) With(changed map[string]string) Values {
	all := maps.Clone(v.set)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, changed)
	return Values{all}
}
