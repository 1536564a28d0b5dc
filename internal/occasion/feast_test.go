package occasion

import (
	"math"
	"testing"
	"time"

	"regulars/internal/i18n"
)

// Days that were kept or are announced, from calendars of the places.
func TestFeastsAreOnTheirDays(t *testing.T) {
	for key, days := range map[string][]string{
		"easter":           {"2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25", "2049-04-18"},
		"orthodox-easter":  {"2000-04-30", "2010-04-04", "2019-04-28", "2021-05-02", "2024-05-05", "2025-04-20", "2026-04-12"},
		"mothers-day":      {"2000-05-14", "2002-05-12", "2024-05-12", "2025-05-11", "2026-05-10", "2027-05-09"},
		"mothering-sunday": {"2008-03-02", "2019-03-31", "2024-03-10", "2025-03-30", "2026-03-15"},
		"mothers-day-fr":   {"2019-05-26", "2020-06-07", "2023-06-04", "2024-05-26", "2025-05-25", "2026-05-31"},
		"fathers-day":      {"2019-06-16", "2024-06-16", "2025-06-15", "2026-06-21"},
		"thanksgiving":     {"2019-11-28", "2024-11-28", "2025-11-27", "2026-11-26"},
		"thanksgiving-ca":  {"2024-10-14", "2025-10-13"},
		"lunar-new-year": {"2000-02-05", "2003-02-01", "2008-02-07", "2012-01-23", "2019-02-05", "2020-01-25", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17",
			"2027-02-06", "2030-02-03", "2033-01-31", "2034-02-19", "2050-01-23"},
		"lantern":      {"2019-02-19", "2024-02-24", "2025-02-12", "2026-03-03"},
		"qingming":     {"2000-04-04", "2003-04-05", "2008-04-04", "2019-04-05", "2023-04-05", "2024-04-04", "2026-04-05"},
		"dragon-boat":  {"2009-05-28", "2019-06-07", "2020-06-25", "2024-06-10", "2025-05-31", "2026-06-19"},
		"qixi":         {"2012-08-23", "2019-08-07", "2020-08-25", "2024-08-10", "2025-08-29"},
		"mid-autumn":   {"2012-09-30", "2019-09-13", "2020-10-01", "2023-09-29", "2024-09-17", "2025-10-06", "2026-09-25", "2033-09-08"},
		"double-ninth": {"2019-10-07", "2023-10-23", "2024-10-11", "2025-10-29"},
	} {
		f, ok := FeastOf(key)
		if !ok {
			t.Fatalf("no feast %s", key)
		}
		for _, want := range days {
			at, _ := time.Parse(time.DateOnly, want)
			if got := f.On(at.Year()); len(got) != 1 || !got[0].Equal(at) {
				t.Errorf("%s of %d is %v, want %s", key, at.Year(), got, want)
			}
		}
	}
	// The tables of Islamic years may be a day beside what was seen.
	for key, days := range map[string][]string{
		"eid-al-fitr": {"2000-01-08", "2000-12-27", "2019-06-04", "2021-05-13", "2023-04-21", "2024-04-10", "2025-03-30", "2026-03-20"},
		"eid-al-adha": {"2019-08-11", "2021-07-20", "2023-06-28", "2024-06-16", "2025-06-06"},
	} {
		f, _ := FeastOf(key)
		for _, want := range days {
			at, _ := time.Parse(time.DateOnly, want)
			near := f.Days(at.AddDate(0, 0, -1), at.AddDate(0, 0, 2))
			if len(near) != 1 || !f.Approximate {
				t.Errorf("%s is not within a day of %s: %v", key, want, f.On(at.Year()))
			}
		}
	}
}

// No feast is missing in a year and none wanders out of its season.
func TestEveryYearHasEveryFeast(t *testing.T) {
	for _, f := range Feasts {
		if f.Name.En == "" || f.Name.Zh == "" {
			t.Errorf("%s has no name", f.Key)
		}
		for y := FirstYear; y <= LastYear; y++ {
			days := f.On(y)
			for _, d := range days {
				if d.Year() != y {
					t.Errorf("%s of %d is on %v", f.Key, y, d)
				}
			}
			if want := 1; len(days) != want && !f.Approximate {
				t.Errorf("%s is %d times in %d", f.Key, len(days), y)
			}
		}
	}
}

// The moon and the sun decide the Chinese year; the table is asked against
// them. Whether the moon turns new before or after midnight is within minutes
// in some years, which this rough moon does not know: there it may say the day
// beside.
func TestTheLunarTableFollowsTheMoon(t *testing.T) {
	for y := FirstYear; y <= LastYear; y++ {
		at := lunar(y, 1, 1)
		new := newMoonAround(julian(at)) + 8.0/24 // in China
		got := math.Floor(new-0.5) + 0.5          // the midnight before
		if off := math.Abs(got - julian(at)); off > 0 && math.Abs(new-math.Round(new-0.5)-0.5) > 0.02 {
			t.Errorf("the year %d begins on %s, the moon is new %.2f days off", y, at.Format(time.DateOnly), new-julian(at))
		}
		// The year begins between 21 January and 21 February, as the sun asks.
		if at.YearDay() < 21 || at.YearDay() > 52 {
			t.Errorf("the year %d begins on %s", y, at.Format(time.DateOnly))
		}
		q := julian(qingming(y)) - 8.0/24
		if a, b := sun(q), sun(q+1); a > 15.01 || b < 14.99 {
			t.Errorf("on %s the sun goes from %.2f° to %.2f°", qingming(y).Format(time.DateOnly), a, b)
		}
	}
}

func julian(at time.Time) float64 { return float64(at.Unix())/86400 + 2440587.5 }

// newMoonAround is the moment of the new moon next to a day (Meeus, chapter 49,
// the largest terms), in UT to some minutes.
func newMoonAround(jd float64) float64 {
	k := math.Round((jd - 2451550.09766) / 29.530588861)
	T := k / 1236.85
	rad := math.Pi / 180
	M, N, F := (2.5534+29.10535670*k)*rad, (201.5643+385.81693528*k+0.0107582*T*T)*rad, (160.7108+390.67050284*k)*rad
	O := (124.7746 - 1.56375588*k) * rad
	e := 2451550.09766 + 29.530588861*k + 0.00015437*T*T
	e += -0.40720*math.Sin(N) + 0.17241*math.Sin(M) + 0.01608*math.Sin(2*N) + 0.01039*math.Sin(2*F) + 0.00739*math.Sin(N-M) - 0.00514*math.Sin(N+M) + 0.00208*math.Sin(2*M) -
		0.00111*math.Sin(N-2*F) - 0.00057*math.Sin(N+2*F) + 0.00056*math.Sin(2*N+M) - 0.00042*math.Sin(3*N) + 0.00042*math.Sin(M+2*F) + 0.00038*math.Sin(M-2*F) -
		0.00024*math.Sin(2*N-M) - 0.00017*math.Sin(O)
	return e - 68.0/86400
}

// sun is the sun's apparent longitude in degrees (Meeus, chapter 25).
func sun(jd float64) float64 {
	T := (jd - 2451545) / 36525
	M := (357.52911 + 35999.05029*T) * math.Pi / 180
	c := (1.914602-0.004817*T)*math.Sin(M) + 0.019993*math.Sin(2*M) + 0.000289*math.Sin(3*M)
	return math.Mod(280.46646+36000.76983*T+c-0.00569-0.00478*math.Sin((125.04-1934.136*T)*math.Pi/180), 360)
}

func TestWhereAFeastIsMeant(t *testing.T) {
	for _, c := range []struct {
		key, country string
		lang         i18n.Lang
		kept         bool
	}{
		{"mothers-day", "US", i18n.English, true}, {"mothers-day", "CN", i18n.Chinese, true}, {"mothers-day", "GB", i18n.English, false},
		{"mothering-sunday", "GB", i18n.English, true}, {"mothering-sunday", "US", i18n.English, false},
		{"lunar-new-year", "US", i18n.English, false}, {"lunar-new-year", "US", i18n.Chinese, true}, {"thanksgiving", "DE", i18n.English, false},
	} {
		f, _ := FeastOf(c.key)
		if f.Kept(c.country, c.lang) != c.kept {
			t.Errorf("%s is kept in %s by who reads %s: %v", c.key, c.country, c.lang, !c.kept)
		}
	}
}
