package setting

import "fmt"

// FollowupHoldout is how many hundredths of a percent of people get no
// reminders of their carts; suggested: what the shop's own volume allows.
func (v Values) FollowupHoldout() (share int, suggested bool) {
	s := v.Get("followup.holdout")
	if s == "auto" {
		return 0, true
	}
	n, _ := parseShare(s)
	return int(n), false
}

func checkHoldout(s string) error {
	if s == "auto" {
		return nil
	}
	if n, err := parseShare(s); err != nil || n > 5000 {
		return fmt.Errorf("wants auto, or a percentage from 0 to 50")
	}
	return nil
}
