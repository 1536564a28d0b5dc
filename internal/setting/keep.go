package setting

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// How long what is about people stays, as crm.md 7 lists it.
var keepKeys = []Key{
	{"keep.browsing", "90 days", checkTerm},
	{"keep.carts", "25 months", checkTerm},
	{"keep.contacts", "30 days", checkTerm},
	{"keep.visitors", "13 months", checkTerm},
	{"keep.guests", "30 days", checkTerm},
	{"keep.bodies", "180 days", checkTerm},
	{"keep.campaigns", "24 months", checkTerm},
	{"keep.decisions", "24 months", checkTerm},
	{"keep.looks", "24 months", checkTerm},
	{"keep.history", "36 months", checkHistory},
}

func init() { Keys = append(Keys, keepKeys...) }

// Since is the moment before which a term is over at now.
func (v Values) Since(name string, now time.Time) time.Time {
	n, months, err := parseTerm(v.Get(name))
	if err != nil {
		return time.Time{} // nothing goes by a term that nobody can read
	}
	if months {
		return now.AddDate(0, -n, 0)
	}
	return now.AddDate(0, 0, -n)
}

// Term is how long something stays, as a number of days or of months.
func (v Values) Term(name string) (n int, months bool) {
	n, months, _ = parseTerm(v.Get(name)) // what cannot be read is never stored
	return n, months
}

func parseTerm(s string) (n int, months bool, err error) {
	number, unit, _ := strings.Cut(strings.TrimSpace(s), " ")
	n, err = strconv.Atoi(number)
	unit = strings.TrimSuffix(strings.TrimSpace(unit), "s")
	months = unit == "month"
	if err == nil && (unit != "day" && !months || n < 7 && !months || n < 1 || n > 3650 || months && n > 120) {
		err = fmt.Errorf("%q is no term", s)
	}
	return n, months, err
}

// checkHistory keeps a year and a month of single purchases at least: what
// comes back each year could not be told otherwise.
func checkHistory(value string) error {
	if n, months, err := parseTerm(value); err != nil || months && n < 13 || !months && n < 396 {
		return errors.New("wants 13 months or more, up to 120, such as 36 months")
	}
	return nil
}

func checkTerm(value string) error {
	if _, _, err := parseTerm(value); err != nil {
		return errors.New("wants 7 days or more, or months up to 120, such as 90 days or 25 months")
	}
	return nil
}
