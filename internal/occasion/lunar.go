package occasion

import "time"

// lunarMonths tells the months of the Chinese years from 2000 to 2050, as the
// Hong Kong Observatory publishes them: bits 15 to 4 are the months 1 to 12, set
// for 30 days, else 29; bits 3 to 0 name the month after which a leap month
// comes (0: none), which has 30 days if bit 16 is set. A test computes the new
// years again from the moon.
var lunarMonths = [...]int{
	0x0c960, 0x0d954, 0x0d4a0, 0x0da50, 0x07552, 0x056a0, 0x0abb7, 0x025d0, 0x092d0, 0x0cab5,
	0x0a950, 0x0b4a0, 0x0baa4, 0x0ad50, 0x055d9, 0x04ba0, 0x0a5b0, 0x15176, 0x052b0, 0x0a930,
	0x07954, 0x06aa0, 0x0ad50, 0x05b52, 0x04b60, 0x0a6e6, 0x0a4e0, 0x0d260, 0x0ea65, 0x0d530,
	0x05aa0, 0x076a3, 0x096d0, 0x04afb, 0x04ad0, 0x0a4d0, 0x1d0b6, 0x0d250, 0x0d520, 0x0dd45,
	0x0b5a0, 0x056d0, 0x055b2, 0x049b0, 0x0a577, 0x0a4b0, 0x0aa50, 0x1b255, 0x06d20, 0x0ada0, 0x14b63,
}

// lunarFirst is the first day of the Chinese year 2000.
var lunarFirst = day(2000, time.February, 5)

// lunar is a day of a Chinese year; month and day of its own calendar.
func lunar(year, month, d int) time.Time {
	at := lunarFirst
	for y := FirstYear; y < year; y++ {
		at = at.AddDate(0, 0, lunarDays(lunarMonths[y-FirstYear], 13))
	}
	return at.AddDate(0, 0, lunarDays(lunarMonths[year-FirstYear], month)+d-1)
}

// lunarDays counts the days before a month of a year; 13: of all of it.
func lunarDays(months, before int) (n int) {
	long := func(set bool) int {
		if set {
			return 30
		}
		return 29
	}
	for m := 1; m < before; m++ {
		n += long(months&(0x10000>>m) != 0)
		if months&0xf == m {
			n += long(months&0x10000 != 0)
		}
	}
	return n
}

// moon is a feast of the Chinese calendar. Those we know all fall into the
// year of our calendar that their own is named after.
func moon(month, d int) func(int) []time.Time {
	return func(year int) []time.Time { return []time.Time{lunar(year, month, d)} }
}

// qingming is when the sun stands at 15°, in China: a rule of the years 2001 to
// 2099, of which a test asks the sun.
func qingming(year int) time.Time {
	y := year - 2000
	if y == 0 {
		return day(year, time.April, 4)
	}
	return day(year, time.April, (2422*y+48100)/10000-y/4)
}

// hijriEpoch is the first day of the Islamic era, 19 July 622 in our calendar.
var hijriEpoch = day(622, time.July, 19)

// hijri is a feast of the Islamic calendar by its tables (30-year cycle, leap
// years 2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29). In a year of ours it can be
// twice, or, for a feast, the year between.
func hijri(month, d int) func(int) []time.Time {
	return func(year int) (days []time.Time) {
		about := (year-622)*33/32 - 1
		for h := about; h < about+5; h++ {
			n := (h-1)*354 + (3+11*h)/30 + 29*(month-1) + month/2 + d - 1
			if at := hijriEpoch.AddDate(0, 0, n); at.Year() == year {
				days = append(days, at)
			}
		}
		return days
	}
}
