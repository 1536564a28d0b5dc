package setting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SpecialsAt is the day and the hour, in the shop's zone, at which the week's
// specials go out.
func (v Values) SpecialsAt() (time.Weekday, int) {
	day := slices.Index(weekdays, strings.ToLower(strings.TrimSpace(v.Get("specials.day"))))
	hour, _ := strconv.Atoi(v.Get("specials.hour"))
	return time.Weekday(max(0, day)), hour
}

func checkWeekday(s string) error {
	if !slices.Contains(weekdays, strings.ToLower(strings.TrimSpace(s))) {
		return fmt.Errorf("wants one of %s", strings.Join(weekdays, ", "))
	}
	return nil
}
