package setting

import (
	"fmt"
	"strconv"
)

// CouponPercent is what the coupon of the last reminder takes off.
func (v Values) CouponPercent() int {
	n, _ := strconv.Atoi(v.Get("followup.coupon.percent"))
	return n
}

// CouponMargin is how many percent above what they cost goods stay with it.
func (v Values) CouponMargin() int {
	n, _ := strconv.Atoi(v.Get("followup.coupon.margin"))
	return n
}

func checkWhole(least, most int) func(string) error {
	return func(s string) error {
		if n, err := strconv.Atoi(s); err != nil || n < least || n > most {
			return fmt.Errorf("wants a whole number from %d to %d", least, most)
		}
		return nil
	}
}
