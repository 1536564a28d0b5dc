package customer

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Size is a child's size as clothes are labelled: from so many months of age,
// up to but not including so many.
type Size struct {
	Key      string
	From, To int
}

// Sizes are the sizes a child grows through, each beginning where the one
// before ends.
var Sizes = []Size{{"0-3m", 0, 3}, {"3-6m", 3, 6}, {"6-9m", 6, 9}, {"9-12m", 9, 12}, {"12-18m", 12, 18}, {"18-24m", 18, 24},
	{"2-3y", 24, 36}, {"3-4y", 36, 48}, {"4-6y", 48, 72}, {"6-8y", 72, 96}, {"8-10y", 96, 120}, {"10-12y", 120, 144}}

// SizeOf finds a size by its key.
func SizeOf(key string) (Size, bool) {
	i := slices.IndexFunc(Sizes, func(s Size) bool { return s.Key == key })
	if i < 0 {
		return Size{}, false
	}
	return Sizes[i], true
}

// SizeAt is the size at an age, none for children who have outgrown them all.
func SizeAt(months int) (Size, bool) {
	i := slices.IndexFunc(Sizes, func(s Size) bool { return months >= s.From && months < s.To })
	if i < 0 {
		return Size{}, false
	}
	return Sizes[i], true
}

var spanOfAge = regexp.MustCompile(`^(\d{1,2})-(\d{1,2})(m|y)$`)

// Fits reports whether the code of a choice ("3-6m", "2-3y") names a span of
// ages that holds a child of so many months. Other codes fit nobody.
func Fits(code string, months int) bool {
	m := spanOfAge.FindStringSubmatch(code)
	if m == nil {
		return false
	}
	from, _ := strconv.Atoi(m[1])
	to, _ := strconv.Atoi(m[2])
	if m[3] == "y" {
		from, to = from*12, to*12
	}
	return months >= from && months < to
}

// IsSpan reports whether the code of a choice names a span of ages.
func IsSpan(code string) bool { return spanOfAge.MatchString(code) }

// estimate is the month of birth of a child who wears a size on a day: in the
// middle of the size, so that it grows out of it at a likely time. Counted from
// the middle of the estimated month the child still wears that size that day.
func (s Size) estimate(on time.Time) (year, month int) {
	born := time.Date(on.Year(), on.Month(), on.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, -(s.From+s.To)*365/24)
	return born.Year(), int(born.Month())
}

// Born is the day a child was born, false where the year is not known. "Just
// the month" counts from its middle.
func (d *Date) Born() (time.Time, bool) {
	if d.Kind != "child" || d.Year == 0 {
		return time.Time{}, false
	}
	day := d.Day
	if day == 0 {
		day = 15
	}
	return time.Date(d.Year, time.Month(d.Month), day, 0, 0, 0, 0, time.UTC), true
}

// Months is how many months old a child is on the day of now. A month is full
// on the day of birth's number; where a month has no such day, on the first of
// the next one, as birthdays are counted (Age).
func (d *Date) Months(now time.Time) (int, bool) {
	born, ok := d.Born()
	if !ok {
		return 0, false
	}
	n := monthsBetween(born, now)
	return n, n >= 0
}

func monthsBetween(born, now time.Time) int {
	n := (now.Year()-born.Year())*12 + int(now.Month()) - int(born.Month())
	if now.Day() < born.Day() {
		n--
	}
	return n
}
