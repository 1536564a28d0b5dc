package occasion

import (
	"slices"
	"time"

	"regulars/internal/i18n"
)

// Feast is a day of the year that has a name and, mostly, moves.
type Feast struct {
	Key         string
	Name        i18n.Text
	Countries   []string // where it is what people there mean by it; nil: everywhere
	Chinese     bool     // of the Chinese calendar: also of who reads Chinese, wherever they live
	Approximate bool     // within a day: the real one waits for the moon to be seen
	On          func(year int) []time.Time
}

// The years that the feasts are known for.
const (
	FirstYear = 2000
	LastYear  = 2050
)

var (
	// Orthodox churches that keep Easter by the Julian calendar.
	orthodox = []string{"BG", "BY", "CY", "GR", "MD", "ME", "MK", "RO", "RS", "RU", "UA"}
	// Where the second Sunday of May is not Mother's Day.
	otherMothers = []string{"GB", "IE", "FR", "ES", "PT", "HU", "PL", "SE", "NO", "AR", "EG", "RU", "TH", "MX", "KR"}
	muslim       = []string{"AE", "BD", "BH", "DZ", "EG", "ID", "IQ", "IR", "JO", "KW", "LB", "MA", "MY", "OM", "PK", "QA", "SA", "TN", "TR"}
	chinese      = []string{"CN", "HK", "MO", "TW", "SG"}
	lunarYear    = append(slices.Clone(chinese), "MY", "VN", "KR")
)

// Feasts lists every feast, those first that are kept in the fewest places.
var Feasts = []Feast{
	{Key: "mothering-sunday", Name: i18n.Text{En: "Mothering Sunday", Zh: "英国母亲节"}, Countries: []string{"GB", "IE"}, On: about(func(y int) time.Time { return Easter(y).AddDate(0, 0, -21) })},
	{Key: "mothers-day-fr", Name: i18n.Text{En: "Mother’s Day in France", Zh: "法国母亲节"}, Countries: []string{"FR"}, On: about(frenchMothers)},
	{Key: "mothers-day", Name: i18n.Text{En: "Mother’s Day", Zh: "母亲节"}, On: about(func(y int) time.Time { return nth(y, time.May, time.Sunday, 2) })},
	{Key: "fathers-day", Name: i18n.Text{En: "Father’s Day", Zh: "父亲节"}, On: about(func(y int) time.Time { return nth(y, time.June, time.Sunday, 3) })},
	{Key: "easter", Name: i18n.Text{En: "Easter", Zh: "复活节"}, On: about(Easter)},
	{Key: "orthodox-easter", Name: i18n.Text{En: "Orthodox Easter", Zh: "东正教复活节"}, Countries: orthodox, On: about(orthodoxEaster)},
	{Key: "thanksgiving", Name: i18n.Text{En: "Thanksgiving", Zh: "感恩节"}, Countries: []string{"US"}, On: about(func(y int) time.Time { return nth(y, time.November, time.Thursday, 4) })},
	{Key: "thanksgiving-ca", Name: i18n.Text{En: "Thanksgiving in Canada", Zh: "加拿大感恩节"}, Countries: []string{"CA"}, On: about(func(y int) time.Time { return nth(y, time.October, time.Monday, 2) })},
	{Key: "lunar-new-year", Name: i18n.Text{En: "Lunar New Year", Zh: "春节"}, Countries: lunarYear, Chinese: true, On: moon(1, 1)},
	{Key: "lantern", Name: i18n.Text{En: "Lantern Festival", Zh: "元宵节"}, Countries: chinese, Chinese: true, On: moon(1, 15)},
	{Key: "qingming", Name: i18n.Text{En: "Qingming", Zh: "清明节"}, Countries: chinese, Chinese: true, On: about(qingming)},
	{Key: "dragon-boat", Name: i18n.Text{En: "Dragon Boat Festival", Zh: "端午节"}, Countries: chinese, Chinese: true, On: moon(5, 5)},
	{Key: "qixi", Name: i18n.Text{En: "Qixi", Zh: "七夕"}, Countries: chinese, Chinese: true, On: moon(7, 7)},
	{Key: "mid-autumn", Name: i18n.Text{En: "Mid-Autumn Festival", Zh: "中秋节"}, Countries: lunarYear, Chinese: true, On: moon(8, 15)},
	{Key: "double-ninth", Name: i18n.Text{En: "Double Ninth", Zh: "重阳节"}, Countries: chinese, Chinese: true, On: moon(9, 9)},
	{Key: "eid-al-fitr", Name: i18n.Text{En: "Eid al-Fitr", Zh: "开斋节"}, Countries: muslim, Approximate: true, On: hijri(10, 1)},
	{Key: "eid-al-adha", Name: i18n.Text{En: "Eid al-Adha", Zh: "宰牲节"}, Countries: muslim, Approximate: true, On: hijri(12, 10)},
	{Key: "valentine", Name: i18n.Text{En: "Valentine’s Day", Zh: "情人节"}, On: about(func(y int) time.Time { return day(y, time.February, 14) })},
	{Key: "christmas", Name: i18n.Text{En: "Christmas", Zh: "圣诞节"}, On: about(func(y int) time.Time { return day(y, time.December, 25) })},
}

// FeastOf finds a feast by its key.
func FeastOf(key string) (Feast, bool) {
	i := slices.IndexFunc(Feasts, func(f Feast) bool { return f.Key == key })
	if i < 0 {
		return Feast{}, false
	}
	return Feasts[i], true
}

// Kept reports whether somebody who lives there and reads that language is
// likely to mean this feast.
func (f *Feast) Kept(country string, lang i18n.Lang) bool {
	if f.Key == "mothers-day" && slices.Contains(otherMothers, country) {
		return false
	}
	return f.Countries == nil || slices.Contains(f.Countries, country) || f.Chinese && lang == i18n.Chinese
}

// Days lists when the feast is from the day from on and before the day to.
func (f *Feast) Days(from, to time.Time) (days []time.Time) {
	for y := from.Year(); y <= to.Year(); y++ {
		if y < FirstYear || y > LastYear {
			continue
		}
		for _, d := range f.On(y) {
			if !d.Before(from) && d.Before(to) {
				days = append(days, d)
			}
		}
	}
	return days
}

// day is a day of the calendar: midnight in UTC stands for it everywhere.
func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

func about(on func(int) time.Time) func(int) []time.Time {
	return func(year int) []time.Time { return []time.Time{on(year)} }
}

// nth is the nth such weekday of a month.
func nth(year int, month time.Month, weekday time.Weekday, n int) time.Time {
	first := day(year, month, 1)
	return first.AddDate(0, 0, (int(weekday)-int(first.Weekday())+7)%7+7*(n-1))
}

// Easter is Easter Sunday of the Gregorian calendar, by the anonymous rule of
// 1876 (Meeus, Astronomical Algorithms, chapter 8).
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (b - (b+8)/25 + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return day(year, time.Month(n/31), n%31+1)
}

// orthodoxEaster is the Julian one in our calendar, which is 13 days ahead
// from 1900 to 2099 (the same chapter).
func orthodoxEaster(year int) time.Time {
	d := (19*(year%19) + 15) % 30
	e := (2*(year%4) + 4*(year%7) - d + 34) % 7
	n := d + e + 114
	return day(year, time.Month(n/31), n%31+1).AddDate(0, 0, 13)
}

// frenchMothers is the last Sunday of May, or the first of June where that is
// Pentecost (Code de l'action sociale, D215-1).
func frenchMothers(year int) time.Time {
	sunday := nth(year, time.June, time.Sunday, 1).AddDate(0, 0, -7)
	if sunday.Equal(Easter(year).AddDate(0, 0, 49)) {
		sunday = sunday.AddDate(0, 0, 7)
	}
	return sunday
}
