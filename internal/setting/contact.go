package setting

import (
	"fmt"
	"strconv"
)

// UnreachableDays is how long the file of somebody rests, whom nobody can reach
// any more, before it is blanked.
func (v Values) UnreachableDays() int {
	n, _ := strconv.Atoi(v.Get("contact.unreachable.days"))
	return n
}

// InactiveMonths is after how long the file of somebody goes who never bought
// and was not seen since.
func (v Values) InactiveMonths() int {
	n, _ := strconv.Atoi(v.Get("contact.inactive.months"))
	return n
}

func checkRest(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 1200 {
		return fmt.Errorf("wants a whole number from 1 to 1200")
	}
	return nil
}
