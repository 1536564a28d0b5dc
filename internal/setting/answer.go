package setting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Answering is when the shop answers people: the days, the hours of each, and
// how many such days an answer may take.
type Answering struct {
	Days     [7]bool // by time.Weekday
	From, To int     // hours of the shop's zone, From < To ≤ 24
	Within   int
}

// Answering returns the shop's hours for questions.
func (v Values) Answering() (a Answering) {
	a.Days, _ = parseWeekdays(v.Get("answer.days"))
	a.From, a.To, _ = parseOpening(v.Get("answer.hours"))
	a.Within, _ = strconv.Atoi(v.Get("answer.within"))
	return a
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseWeekdays reads days and spans of days: "mon-fri", "tue, thu-sat".
func parseWeekdays(s string) (days [7]bool, err error) {
	bad := fmt.Errorf("wants days such as mon-fri or tue, thu-sat")
	for part := range strings.SplitSeq(s, ",") {
		first, last, span := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "-")
		from := slices.Index(weekdays, strings.TrimSpace(first))
		to := from
		if span {
			to = slices.Index(weekdays, strings.TrimSpace(last))
		}
		if from < 0 || to < 0 {
			return [7]bool{}, bad
		}
		for d := from; ; d = (d + 1) % 7 {
			days[d] = true
			if d == to {
				break
			}
		}
	}
	return days, nil
}

func parseOpening(s string) (from, to int, err error) {
	a, b, ok := strings.Cut(strings.TrimSpace(s), "-")
	from, e1 := strconv.Atoi(a)
	to, e2 := strconv.Atoi(b)
	if !ok || e1 != nil || e2 != nil || from < 0 || to > 24 || from >= to {
		return 0, 0, fmt.Errorf("wants hours of a day such as 09-17")
	}
	return from, to, nil
}

func checkWeekdays(s string) error { _, err := parseWeekdays(s); return err }
func checkOpening(s string) error  { _, _, err := parseOpening(s); return err }

func checkWithin(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 30 {
		return fmt.Errorf("wants a whole number from 1 to 30")
	}
	return nil
}

// SurveyQuestions is how many questions a survey may have.
func (v Values) SurveyQuestions() int {
	n, _ := strconv.Atoi(v.Get("survey.questions"))
	return n
}

func checkSurvey(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 10 {
		return fmt.Errorf("wants a whole number from 1 to 10")
	}
	return nil
}

// By is the end of the time an answer may take that is asked for at t: so many
// days' hours after it, counting open hours alone, in the shop's zone.
func (a Answering) By(t time.Time, zone *time.Location) time.Time {
	left := time.Duration(a.Within*(a.To-a.From)) * time.Hour
	t = t.In(zone)
	for range 400 {
		y, m, d := t.Date()
		open, end := time.Date(y, m, d, a.From, 0, 0, 0, zone), time.Date(y, m, d, a.To, 0, 0, 0, zone)
		if a.Days[t.Weekday()] && t.Before(end) {
			if t.Before(open) {
				t = open
			}
			if has := end.Sub(t); left <= has {
				return t.Add(left)
			} else {
				left -= has
			}
		}
		t = time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	}
	return t
}
