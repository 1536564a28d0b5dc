package setting

import "fmt"

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
