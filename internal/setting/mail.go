package setting

import (
	"fmt"
	"strconv"
	"time"
)

// The most that mail.caps can be set to: a shop that wants more wants junk.
const (
	mostADay   = 2
	mostAWeek  = 5
	mostAMonth = 12
)

// MailCaps is how many messages of consent one person gets at most in 24 hours,
// in 7 days and in 30 days, over all that sends.
func (v Values) MailCaps() (day, week, month int) {
	day, week, month, err := parseCaps(v.Get("mail.caps"))
	if err != nil {
		return 1, 2, 6
	}
	return day, week, month
}

func parseCaps(s string) (day, week, month int, err error) {
	n, err := fmt.Sscanf(s, "%d/24h %d/7d %d/30d", &day, &week, &month)
	if err != nil || n != 3 || s != fmt.Sprintf("%d/24h %d/7d %d/30d", day, week, month) ||
		day < 1 || day > mostADay || week < day || week > mostAWeek || month < week || month > mostAMonth {
		return 0, 0, 0, fmt.Errorf("wants counts such as 1/24h 2/7d 6/30d, none above %d/24h %d/7d %d/30d and none below the one before", mostADay, mostAWeek, mostAMonth)
	}
	return day, week, month, nil
}

func checkCaps(s string) error { _, _, _, err := parseCaps(s); return err }

func checkMaybeMail(s string) error {
	if s == "" {
		return nil
	}
	return checkMail(s)
}

// MailHoldout is how many hundredths of a percent of people get no message of
// consent at all, so that it can be told what all of them together cause.
func (v Values) MailHoldout() int {
	n, err := parseShare(v.Get("mail.holdout"))
	if err != nil {
		return 0
	}
	return int(n)
}

// checkPart wants a percentage of at most so much.
func checkPart(most int) func(string) error {
	return func(s string) error {
		if n, err := parseShare(s); err != nil || int(n) > most*100 {
			return fmt.Errorf("wants a percentage from 0 to %d, with at most two digits after the point", most)
		}
		return nil
	}
}

// ComplaintRest is how long nothing of consent goes to somebody whose complaint
// or return was settled.
func (v Values) ComplaintRest() time.Duration {
	n, err := strconv.Atoi(v.Get("complaint.rest.days"))
	if err != nil {
		n = 7
	}
	return time.Duration(n) * 24 * time.Hour
}
