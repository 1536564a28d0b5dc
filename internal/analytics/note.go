package analytics

import (
	"crypto/rand"
	"encoding/base64"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Note is what staff know about a day: a chart without it would be read
// wrongly.
type Note struct {
	ID        int64
	Token     string // names it outside
	Day, Body string
	StaffID   int64
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
}

// TableName is report_notes.
func (Note) TableName() string { return "report_notes" }

// noteRunes is the longest note, in characters.
const noteRunes = 200

func token() string {
	var b [12]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (n *Note) check() error {
	var form fault.Form
	n.Body = strings.TrimSpace(n.Body)
	if _, err := time.Parse(time.DateOnly, n.Day); err != nil {
		form.Wrong("day", "analytics.day", "day", n.Day)
	}
	if size := utf8.RuneCountInString(n.Body); size == 0 || size > noteRunes {
		form.Wrong("body", "analytics.note.body", "most", noteRunes)
	}
	return form.Err()
}

// Band is how much of a step's carts usually go no further, and how much went
// no further in the last week that is finished.
type Band struct {
	Step             int
	Week, Usual      Rate
	Low, High        float64 // percent
	OutOf, TooFewFor bool
}

// fewestInBand is the number of carts at a step below which a week says nothing.
const fewestInBand = 100

// BandsOf holds a week against the eight before it: out of its band is what
// chance alone leaves three times in a thousand (three standard deviations of
// a share among so many).
func BandsOf(week, before Sums) []Band {
	var all []Band
	for step := range len(Steps) - 1 {
		b := Band{Step: step, Week: Rate{week.Reached(step) - week.Reached(step+1), week.Reached(step)}, Usual: Rate{before.Reached(step) - before.Reached(step+1), before.Reached(step)}}
		if b.TooFewFor = b.Week.Of < fewestInBand || b.Usual.Of < fewestInBand; !b.TooFewFor {
			p := float64(b.Usual.Part) / float64(b.Usual.Of)
			off := 3 * math.Sqrt(p*(1-p)*(1/float64(b.Week.Of)+1/float64(b.Usual.Of)))
			b.Low, b.High = 100*max(0, p-off), 100*min(1, p+off)
			now := 100 * float64(b.Week.Part) / float64(b.Week.Of)
			b.OutOf = now < b.Low || now > b.High
		}
		all = append(all, b)
	}
	return all
}
