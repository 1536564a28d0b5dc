// Package occasion is the needs that come back each year: flowers bought in
// May of two years running are wanted in the third. It finds them in what a
// person bought, or takes them from the dates they told, says when to bring one
// up and what would fit, and keeps what the person made of it: a name, another
// day, "yes, each year", "not again".
package occasion

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Event is one kind of thing bought on one day.
type Event struct {
	Kind    catalog.CategoryID
	Day     time.Time // midnight in UTC stands for the shop's day
	Order   string    // number
	Product catalog.ProductID
	Gift    bool // bought as one: a gift by its nature, or sent to somebody else
	Back    bool // it went back, or its money did: no evidence, and a word against
}

// Buyer is whose history is looked at.
type Buyer struct {
	Country string
	Lang    i18n.Lang
	Since   time.Time // the day of the first order; zero: that of the first event
	Events  []Event   // the oldest first
	Told    []Anchor  // days that matter to them, as they said
}

// Anchor is where in the year a need lies: around a calendar day, or around a
// feast, then with the days by which people are usually early (below zero).
type Anchor struct {
	Feast string
	Shift int
	Month int
	Day   int
}

// In is the day of the year it is about: the feast, or the calendar day. false
// where a feast has none in that year.
func (a Anchor) In(year int) (time.Time, bool) {
	if a.Feast == "" {
		d := day(year, time.Month(a.Month), a.Day)
		if d.Day() != a.Day { // 29 February
			d = d.AddDate(0, 0, -d.Day())
		}
		return d, true
	}
	if year < FirstYear || year > LastYear || len(feastDays[a.Feast]) == 0 {
		return time.Time{}, false
	}
	at := feastDays[a.Feast][year-FirstYear]
	return at, !at.IsZero()
}

// usual is the day on which the need was met so far.
func (a Anchor) usual(year int) (time.Time, bool) {
	d, ok := a.In(year)
	return d.AddDate(0, 0, a.Shift), ok
}

// feastDays holds the first day of each feast in each year: asked very often.
var feastDays = func() map[string][]time.Time {
	all := map[string][]time.Time{}
	for _, f := range Feasts {
		days := make([]time.Time, LastYear-FirstYear+1)
		for i := range days {
			if on := f.On(FirstYear + i); len(on) > 0 {
				days[i] = on[0]
			}
		}
		all[f.Key] = days
	}
	return all
}()

// near reports whether two anchors are about the same weeks of the year.
func (a Anchor) near(b Anchor) bool {
	if a.Feast != "" && a.Feast == b.Feast {
		return true
	}
	x, ok := a.usual(calm)
	y, found := b.usual(calm)
	return ok && found && apart(x, y) <= window
}

// calm is a year like most, to compare days of the year by.
const calm = 2026

// apart counts the days between two days of the year, the shorter way around.
func apart(a, b time.Time) int {
	n := a.YearDay() - b.YearDay()
	if n < 0 {
		n = -n
	}
	return min(n, 365-n)
}

// Found is a need that a history speaks for.
type Found struct {
	Anchor
	Kinds      []catalog.CategoryID // the surest first
	Confidence float64              // that it is one: prior odds of the kind times what the years say
	Years, Of  int                  // in so many of so many years
	Evidence   []Event              // the oldest first
}

// The reminder comes within this span before the day: what is ordered then
// arrives with a week to spare.
const (
	RemindFrom = 21 // days before
	RemindTo   = 14
)

// Habit is what the shop's orders say of one kind of goods, over all people who
// let their history be used.
type Habit struct {
	Season [yearDays]float64 // the share of a year's purchases on each day, smoothed; sums up to 1
	Rate   float64           // purchases a year of somebody who bought it
	Gift   bool              // most of its purchases are marked as gifts
	Pairs  int               // purchases with a whole year after them
	Again  int               // of these, bought again around the same day
	Chance float64           // so many of them would have been by season and own rate alone
	Recurs float64           // the share that comes back by itself, shrunk
}

const yearDays = 366

// State says what a person made of a need.
type State string

// A need that was found is a candidate until a reminder asked about it.
const (
	Candidate State = "candidate"
	Asked     State = "asked"
	Confirmed State = "confirmed" // "yes, each year", or a date they told
	NotAgain  State = "not-again"
)

// Where a need is known from.
const (
	FromOrders = "found"
	FromPerson = "told"
)

// Proof is one purchase that speaks for a need.
type Proof struct {
	Order   string             `json:"order"`
	Day     string             `json:"day"` // 2006-01-02, of the shop's zone
	Kind    catalog.CategoryID `json:"kind"`
	Product catalog.ProductID  `json:"product"`
}

// Occasion is a need of one person, and its row.
type Occasion struct {
	ID         int64
	Token      string // names it outside the shop
	CustomerID customer.ID
	Source     string
	State      State
	Feast      string
	Shift      int
	Month, Day int
	Kinds      []catalog.CategoryID `gorm:"serializer:json"` // the surest first; none of a date that was told
	Evidence   []Proof              `gorm:"serializer:json"` // the oldest first
	Years      int                  // bought in so many years
	OfYears    int                  // of so many
	Confidence float64
	Name       string // the person's own word for it
	MovedMonth int    // the day they moved it to; 0: they did not
	MovedDay   int
	DateToken  string  // of the date they told
	RemindAt   db.Time // brought up next; never: it is not
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`
	DeletedAt  db.Time
}

// TableName is the table of the row.
func (Occasion) TableName() string { return "occasions" }

// found is where it was found.
func (o *Occasion) found() Anchor { return Anchor{o.Feast, o.Shift, o.Month, o.Day} }

// Anchor is where it lies now: where the person put it, else where it was found.
func (o *Occasion) Anchor() Anchor {
	if o.MovedMonth > 0 {
		return Anchor{Month: o.MovedMonth, Day: o.MovedDay}
	}
	return o.found()
}

// Next is the first day of it from a day on; false if there is none any more.
func (o *Occasion) Next(from time.Time) (time.Time, bool) {
	for y := from.Year(); y <= from.Year()+2; y++ {
		if d, ok := o.Anchor().In(y); ok && !d.Before(from) {
			return d, true
		}
	}
	return time.Time{}, false
}

// Speaks reports whether it may be brought up at all.
func (o *Occasion) Speaks() bool { return o.DeletedAt.IsZero() && o.State != NotAgain }

// Today is the day that now is in the shop's zone.
func Today(now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	return day(y, m, d)
}

// Span is when a reminder of a day may go: from and until (without that moment).
func Span(on time.Time, zone *time.Location) (from, until time.Time) {
	at := func(before int) time.Time {
		y, m, d := on.AddDate(0, 0, -before).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	return at(RemindFrom), at(RemindTo - 1)
}

// remind is when it is next brought up, after what the person was already
// reminded of.
func (o *Occasion) remind(now time.Time, zone *time.Location, told []time.Time) db.Time {
	if !o.Speaks() {
		return db.Time{}
	}
	from := Today(now, zone).AddDate(0, 0, RemindTo)
	for range 4 {
		on, ok := o.Next(from)
		if !ok {
			break
		}
		if !slices.ContainsFunc(told, func(t time.Time) bool { n := between(t, on); return n >= -window && n <= window }) {
			at, _ := Span(on, zone)
			return db.At(at)
		}
		from = on.AddDate(0, 0, window+1)
	}
	return db.Time{}
}

// Year is one reminder that was given, and its row.
type Year struct {
	ID         int64
	OccasionID int64
	CustomerID customer.ID
	Year       int
	OnDay      db.Time
	Products   []catalog.ProductID `gorm:"serializer:json"`
	AnswerHash string
	Answer     string // yes, no, or none yet
	ToldAt     db.Time
	AnsweredAt db.Time
}

// TableName is the table of the row.
func (Year) TableName() string { return "occasion_years" }

// nameRunes is the longest word a person has for a need.
const nameRunes = 80

// checkName refuses a name that is no line of at most 80 characters.
func checkName(name string) error {
	if utf8.RuneCountInString(name) > nameRunes || strings.ContainsFunc(name, unicode.IsControl) {
		var form fault.Form
		form.Wrong("name", "occasion.name.invalid", "most", nameRunes)
		return form.Err()
	}
	return nil
}

// InOrder sorts needs by their next day from a day on.
func InOrder(list []Occasion, from time.Time) {
	next := func(o *Occasion) int64 {
		if on, ok := o.Next(from); ok {
			return on.Unix()
		}
		return 1 << 62
	}
	slices.SortStableFunc(list, func(a, b Occasion) int { return cmp.Compare(next(&a), next(&b)) })
}
