package segment

import (
	"fmt"
	"strings"
	"time"
)

// Days are those of the shop's zone: an instant's day is what the clock on the
// shop's wall says. Spans ("in last 30d") are not days but times, of 24 hours
// each, so that they end on the minute and are equally long in March.

// day is when the day of t began, in the zone of t.
func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return begins(y, m, d, t.Location())
}

// daysOn is when the day n days after that of t begins.
func daysOn(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	return begins(y, m, d+n, t.Location())
}

// begins is the first instant of a day: midnight, but where clocks are put on
// at midnight there is none, and where they are put back there are two.
func begins(y int, m time.Month, d int, zone *time.Location) time.Time {
	is := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if t.Day() != is {
		_, end := t.ZoneBounds()
		return end.In(zone)
	}
	if start, _ := t.ZoneBounds(); start.Equal(t) {
		if before := t.Add(-time.Hour); before.Day() == is {
			return before
		}
	}
	return t
}

// bounds are the first instants of a day and of the next, in Unix milliseconds.
func bounds(on string, zone *time.Location) (from, to int64) {
	t, err := time.Parse(time.DateOnly, on)
	if err != nil {
		return 0, 0
	}
	y, m, d := t.Date()
	return begins(y, m, d, zone).UnixMilli(), begins(y, m, d+1, zone).UnixMilli()
}

// zone is where the shop's days begin and end.
func (b *Book) zone() *time.Location {
	if b == nil || b.Zone == nil {
		return time.UTC
	}
	return b.Zone
}

// dayOf is a column of Unix milliseconds as a number of days, those of the
// shop's zone: what its clocks were ahead by is looked up by time, since no two
// databases agree about zones.
func (b *Book) dayOf(column string, now time.Time) string {
	var when strings.Builder
	t := now.In(b.zone()).AddDate(2, 0, 0) // an imported order may lie ahead
	for range 400 {
		start, _ := t.ZoneBounds()
		_, ahead := t.Zone()
		if start.IsZero() || start.UnixMilli() <= 0 {
			fmt.Fprintf(&when, "ELSE %d END", ahead*1000)
			break
		}
		fmt.Fprintf(&when, "WHEN %s >= %d THEN %d ", column, start.UnixMilli(), ahead*1000)
		t = start.Add(-time.Millisecond)
	}
	offset := when.String()
	if simple, ok := strings.CutPrefix(offset, "ELSE "); ok {
		offset = strings.TrimSuffix(simple, " END")
	} else {
		offset = "CASE " + offset
	}
	return "(" + column + " + " + offset + ") / 86400000"
}
